/** Programs that run a command once for each of many items: xargs, parallel, find, fd. */
import type { Evaluator, Scope } from '../evaluate.ts';
import { unknownField, unknownInput } from '../model.ts';
import type { Call, Field, Input } from '../model.ts';
import { programName } from '../names.ts';
import { locate } from '../places.ts';
import { networkToShell, shells, unknownToShell } from './shells.ts';
import { firstWord, inner, quote, set } from './words.ts';

function lines(text: string, nul: boolean): string[] {
  return text.split(nul ? '\0' : /\s+/).filter((w) => w !== '');
}

export function runXargs(call: Call, scope: Scope, ev: Evaluator): Input {
  const valued = set(
    '-I -n -P -d -E -L -s -a --max-args --max-procs --delimiter --eof --max-lines --max-chars --arg-file --process-slot-var --replace -J -R -S',
  );
  const at = firstWord(call.args, valued, 0);
  const words = call.args.slice(at);
  const options = call.args.slice(0, at);
  let marker: string | undefined;
  for (let i = 0; i < options.length; i++) {
    const text = options[i]!.text;
    if (text === '-I' || text === '-J') marker = options[i + 1]?.text;
    else if (text.startsWith('-I') || text.startsWith('-J')) marker = text.slice(2);
    else if (text === '-i' || text === '--replace') marker = '{}';
    else if (text.startsWith('--replace=')) marker = text.slice(10);
  }
  const nul = options.some((o) => /^-\w*0|^--null/.test(o.text));
  const known = call.input.kind === 'known' ? lines(call.input.text ?? '', nul) : undefined;
  const items: Field[] = known
    ? known.slice(0, 64).map((text) => ({ text, dynamic: text.includes('$'), quoted: true }))
    : [unknownField];
  const command = words.length > 0 ? words : [{ text: 'echo', dynamic: false, quoted: false }];
  const program = programName(command[0]!);
  const script = scriptOf(command);
  if (
    shells.has(program) &&
    !known &&
    (command.length === 1 || script === 'missing' || (marker !== undefined && script?.includes(marker)))
  )
    ev.hits.push(unknownToShell(program));
  if (marker !== undefined) {
    const m = marker;
    const one = items.length === 0 ? [unknownField] : items;
    for (const item of known ? one.slice(0, 16) : one)
      ev.dispatch(
        command.map((w) =>
          w.text.includes(m) ? { ...w, text: w.text.split(m).join(item.text), dynamic: w.dynamic || item.dynamic } : w,
        ),
        inner(scope),
      );
    return unknownInput;
  }
  // One item after `sh -c` is the script itself; several are its arguments.
  if (shells.has(program) && command.at(-1)!.text.endsWith('c') && known) {
    const joined = nul ? known : (call.input.text ?? '').split('\n').filter((l) => l.trim() !== '');
    for (const text of joined.slice(0, 16)) ev.runText(text, inner(scope));
    return unknownInput;
  }
  return ev.dispatch([...command, ...items], inner(scope));
}

/** The text after `-c` of a shell command; `missing` when `-c` is its last word. */
function scriptOf(command: readonly Field[]): string | undefined {
  const at = command.findIndex((w) => /^-[a-zA-Z]*c$/.test(w.text));
  return at < 0 ? undefined : (command[at + 1]?.text ?? 'missing');
}

export function runParallel(call: Call, scope: Scope, ev: Evaluator): Input {
  const valued = set(
    '-j --jobs -a --arg-file -I -n -N --max-args -S --sshlogin --delay --timeout --retries --joblog --results --tmpdir -P -L -d --delimiter --colsep -C --load --memfree --halt --wd --workdir --tag-string --nice --env --basefile --return --rpl --shuf-seed --block --recstart --recend',
  );
  const at = firstWord(call.args, valued, 0);
  const rest = call.args.slice(at);
  const sep = rest.findIndex((w) => /^:::[:+]*$/.test(w.text));
  const command = sep < 0 ? rest : rest.slice(0, sep);
  const given = sep < 0 ? undefined : rest.slice(sep + 1).filter((w) => !/^:::[:+]*$/.test(w.text));
  const known =
    given ??
    (call.input.kind === 'known'
      ? (call.input.text ?? '')
          .split('\n')
          .filter((l) => l.trim() !== '')
          .map((text) => ({ text, dynamic: false, quoted: true }))
      : undefined);
  if (command.length === 0) {
    if (!known) {
      if (call.input.kind !== 'none')
        ev.hits.push(call.input.kind === 'network' ? networkToShell('parallel') : unknownToShell('parallel'));
    } else for (const item of known.slice(0, 32)) ev.runText(item.text, inner(scope));
    return unknownInput;
  }
  const items = known ?? [unknownField];
  const program = programName(command[0]!);
  if (
    !known &&
    shells.has(program) &&
    command.some((w) => /^-\w*c$/.test(w.text)) &&
    (command.at(-1)!.text === '{}' || /^-\w*c$/.test(command.at(-1)!.text))
  )
    ev.hits.push(unknownToShell(program));
  const template = command.map((w) => w.text).join(' ');
  for (const item of items.slice(0, 16)) {
    const word = item.dynamic ? '"$ITEM"' : quote(item.text);
    const text = /\{[.#/%]*\}|\{\d+\}/.test(template)
      ? template.replace(/\{[./]*\}|\{\d+\}/g, () => word)
      : `${template} ${word}`;
    ev.runText(text, inner(scope));
  }
  return unknownInput;
}

export function runFind(call: Call, scope: Scope, ev: Evaluator): Input {
  const { args } = call;
  for (let i = 0; i < args.length; i++) {
    if (!/^-(?:exec|execdir|ok|okdir)$/.test(args[i]!.text)) continue;
    let end = i + 1;
    while (end < args.length && args[end]!.text !== ';' && !(args[end]!.text === '+' && args[end - 1]!.text === '{}'))
      end++;
    const roots = findRoots(args);
    const [program, ...options] = args.slice(i + 1, end);
    // A single-file `rm` on every match is `-delete`.
    const deletes =
      /(?:^|\/)(?:g?rm|unlink)$/.test(program?.text ?? '') &&
      !options.some((o) => /^-\w*[rR]|^--recursive/.test(o.text)) &&
      !roots.every((root) => scratch(root, scope, ev));
    const placeholder: Field = {
      text: narrowFind(args)
        ? 'found/node_modules'
        : deletes
          ? '{}'
          : roots.length === 1
            ? findTarget(roots[0]!, args)
            : '{}',
      dynamic: true,
      quoted: true,
    };
    const command = args
      .slice(i + 1, end)
      .map((w) =>
        w.text.includes('{}')
          ? { ...placeholder, text: w.text === '{}' ? placeholder.text : w.text, dynamic: true }
          : w,
      );
    if (command.length > 0) ev.dispatch(command, inner(scope));
    i = end;
  }
  return unknownInput;
}

/** Whether a start folder holds only what is made again anyway. */
function scratch(root: string, scope: Scope, ev: Evaluator): boolean {
  const { place } = locate({ text: root, dynamic: root.includes('$'), quoted: false }, scope, ev.options.context);
  return place === 'temp' || place === 'generated';
}

/** What a find hands on: a name it looks for tells more than the folder (`-name .env -exec cat {}`). */
function findTarget(root: string, args: readonly Field[]): string {
  const at = args.findIndex((a) => /^-i?name$/.test(a.text));
  const name = at < 0 ? '' : (args[at + 1]?.text ?? '');
  return /^(?:\.env|id_|\*?\.(?:pem|key|p12|pfx|kdbx|jks)|credentials|\.netrc|\.npmrc|\.pypirc)/.test(name)
    ? `found/${name.replace(/\*/g, 'x')}`
    : root;
}

/** The start folders of a find. */
export function findRoots(args: readonly Field[]): string[] {
  const roots: string[] = [];
  for (const { text } of args) {
    if (/^-[HLPXEdsx]$/.test(text) || /^-O\d$/.test(text)) continue;
    if (text.startsWith('-') || text === '(' || text === '!' || text === '--long') {
      if (text === '--long') continue;
      break;
    }
    roots.push(text);
  }
  return roots;
}

/** Whether a find names only what a build makes again. */
export function narrowFind(args: readonly Field[]): boolean {
  let named = false;
  for (let i = 0; i + 1 < args.length; i++) {
    if (args[i]!.text === '-o' || args[i]!.text === '-or' || args[i]!.text === '!' || args[i]!.text === '-not')
      return false;
    if (/^-i?name$/.test(args[i]!.text)) {
      if (
        !/^(?:\*\.py[co]|__pycache__|\.DS_Store|\*\.tsbuildinfo|node_modules|\.pytest_cache|\.mypy_cache|\.ruff_cache|Thumbs\.db|\*~|\*\.swp)$/.test(
          args[i + 1]!.text,
        )
      )
        return false;
      named = true;
    }
  }
  return named;
}

export function runFd(call: Call, scope: Scope, ev: Evaluator): Input {
  const at = call.args.findIndex(
    (a) => a.text === '-x' || a.text === '-X' || a.text === '--exec' || a.text === '--exec-batch',
  );
  if (at >= 0)
    ev.dispatch(
      [
        ...call.args.slice(at + 1).filter((a) => a.text !== ';'),
        ...(call.args.slice(at).some((a) => a.text.includes('{')) ? [] : [unknownField]),
      ],
      inner(scope),
    );
  return unknownInput;
}
