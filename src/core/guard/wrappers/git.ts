/** What git runs: aliases, settings that are commands, `bisect run`, `submodule foreach`, `rebase --exec`. */
import type { Evaluator, Scope } from '../evaluate.ts';
import type { Call, Input } from '../model.ts';
import { firstWord, inner, quote, set, valueOf } from './words.ts';

export function runGit(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  const { args } = call;
  const aliases = new Map<string, string>();
  let at = 0;
  for (; at < args.length; at++) {
    const text = args[at]!.text;
    if (text === '-c' || text === '--config-env') {
      const setting = args[++at]?.text ?? '';
      const equals = setting.indexOf('=');
      const key = setting.slice(0, equals).toLowerCase();
      const value = setting.slice(equals + 1);
      if (key.startsWith('alias.')) aliases.set(key.slice(6), value);
      else if (
        /^(?:core\.(?:pager|editor|sshcommand|fsmonitor|askpass|gitproxy)|sequence\.editor|diff\.external|pager\.\w+|credential\.helper|.*\.(?:cmd|command|textconv|clean|smudge|process))$/.test(
          key,
        )
      )
        ev.runText(value.replace(/^!/, ''), inner(scope));
    } else if (text === '-C' || text === '--git-dir' || text === '--work-tree' || text === '--namespace') at++;
    else if (!text.startsWith('-')) break;
  }
  const verb = args[at]?.text ?? '';
  const rest = args.slice(at + 1);
  const alias = aliases.get(verb.toLowerCase());
  if (alias !== undefined) {
    const tail = rest.map((a) => quote(a.text)).join(' ');
    return ev.runText(alias.startsWith('!') ? `${alias.slice(1)} ${tail}` : `git ${alias} ${tail}`, inner(scope));
  }
  if (verb === 'config') {
    const key = rest.findIndex((a) => /^alias\./i.test(a.text));
    const value = key >= 0 ? rest[key + 1]?.text : undefined;
    if (value !== undefined) ev.runText(value.startsWith('!') ? value.slice(1) : `git ${value}`, inner(scope));
  } else if (verb === 'bisect' && rest[0]?.text === 'run') ev.dispatch(rest.slice(1), inner(scope));
  else if (verb === 'submodule' && rest.some((a) => a.text === 'foreach')) {
    const from = firstWord(rest, set(''), rest.findIndex((a) => a.text === 'foreach') + 1);
    ev.runText(
      rest
        .slice(from)
        .map((a) => a.text)
        .join(' '),
      inner(scope),
    );
  } else if (verb === 'rebase') {
    for (let i = 0; i < rest.length; i++)
      if (rest[i]!.text === '-x' || rest[i]!.text === '--exec') ev.runText(rest[i + 1]?.text ?? '', inner(scope));
      else if (rest[i]!.text.startsWith('--exec=')) ev.runText(rest[i]!.text.slice(7), inner(scope));
  } else if (verb === 'difftool' || verb === 'mergetool' || verb === 'grep') {
    const text = valueOf(rest, '-x', '--extcmd', '--open-files-in-pager');
    if (text && verb !== 'grep') ev.runText(text.text, inner(scope));
  }
  return undefined;
}
