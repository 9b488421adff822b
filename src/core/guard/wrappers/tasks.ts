/** Task runners whose tasks can be read: make, just, package scripts; and what starts tools of a project. */
import type { Evaluator, Scope } from '../evaluate.ts';
import { noInput, unknownInput } from '../model.ts';
import type { Call, Input } from '../model.ts';
import { firstWord, inner, quote, set, stripVersion, valueOf } from './words.ts';

/** `runner sub… cmd`: the command begins after these words. */
export const runners: Readonly<Record<string, readonly string[]>> = {
  bundle: ['exec'],
  poetry: ['run'],
  pipenv: ['run'],
  uv: ['run'],
  rye: ['run'],
  pdm: ['run'],
  hatch: ['run'],
  doppler: ['run'],
  infisical: ['run'],
  dotenvx: ['run'],
  mise: ['exec', 'x'],
  asdf: ['exec'],
  rbenv: ['exec'],
  pyenv: ['exec'],
  nodenv: ['exec'],
  volta: ['run'],
  conda: ['run'],
  mamba: ['run'],
  micromamba: ['run'],
  op: ['run'],
  devbox: ['run'],
  npm: ['exec', 'x'],
  pnpm: ['exec', 'dlx'],
  yarn: ['exec', 'dlx'],
  bun: ['x'],
  nix: ['develop', 'shell'],
  sail: [],
  rtk: [],
  sbt: [],
  spring: [],
};
const runnerValued = set(
  '-n --name -p --package --project --config --env-file -c -e -d --directory --python --with --extra --group',
);

export function runMake(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  if (call.args.some((a) => /^(?:-n|--dry-run|--just-print|--recon|-q|--question|-p)$/.test(a.text))) return noInput;
  const dir = valueOf(call.args, '-C', '--directory')?.text;
  const file = valueOf(call.args, '-f', '--file', '--makefile')?.text;
  const next: Scope = {
    ...inner(scope),
    ...(dir === undefined ? {} : { dir: scope.dir === '' ? dir : `${scope.dir}/${dir}` }),
  };
  let text: string | undefined;
  if (file === '-' && call.input.kind === 'known') text = call.input.text;
  for (const name of file ? [file] : ['GNUmakefile', 'makefile', 'Makefile']) text ??= ev.readFile(name, next);
  if (text === undefined) return undefined;
  const recipes = readMakefile(text);
  const targets = call.args
    .filter(
      (a, i) =>
        !a.text.startsWith('-') &&
        !a.text.includes('=') &&
        !/^-[CfIjo]$|^--(?:directory|file|makefile)$/.test(call.args[i - 1]?.text ?? ''),
    )
    .map((a) => a.text);
  for (const arg of call.args) {
    const set = /^([A-Za-z_]\w*)=(.*)$/s.exec(arg.text);
    if (set) recipes.variables.set(set[1]!, set[2]!);
  }
  const first = [...recipes.rules.keys()].find((k) => !k.startsWith('.'));
  const todo = targets.length > 0 ? targets : first === undefined ? [] : [first];
  const seen = new Set<string>();
  while (todo.length > 0 && seen.size < 64) {
    const target = todo.pop()!;
    if (seen.has(target)) continue;
    seen.add(target);
    const rule = recipes.rules.get(target);
    if (!rule) continue;
    todo.push(...rule.needs);
    const body = rule.lines.map((l) => expandMake(l.replace(/^[@+-]+\s*/, ''), recipes.variables)).join('\n');
    ev.runText(body, next);
  }
  return unknownInput;
}

interface Makefile {
  readonly variables: Map<string, string>;
  readonly rules: Map<string, { readonly needs: string[]; readonly lines: string[] }>;
}

function readMakefile(text: string): Makefile {
  const out: Makefile = { variables: new Map(), rules: new Map() };
  let current: { readonly needs: string[]; readonly lines: string[] }[] = [];
  for (const line of text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)) {
    if (line.startsWith('\t')) {
      for (const rule of current) rule.lines.push(line.slice(1));
      continue;
    }
    const assign = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*(?::|::|\?|\+|!)?=(.*)$/.exec(line);
    if (assign) {
      out.variables.set(assign[1]!, assign[2]!.trim());
      continue;
    }
    const colon = line.indexOf(':');
    if (colon <= 0 || line.trimStart().startsWith('#')) continue;
    const [needs = '', inline] = line
      .slice(colon + 1)
      .replace(/^:/, '')
      .split(';', 2);
    current = [];
    for (const target of line.slice(0, colon).trim().split(/\s+/).slice(0, 32)) {
      const rule = out.rules.get(target) ?? { needs: [], lines: [] };
      rule.needs.push(
        ...needs
          .split('#')[0]!
          .trim()
          .split(/\s+/)
          .filter((n) => n !== '' && n !== '|')
          .slice(0, 64),
      );
      if (inline !== undefined) rule.lines.push(inline.trim());
      out.rules.set(target, rule);
      current.push(rule);
    }
  }
  return out;
}

function expandMake(line: string, variables: ReadonlyMap<string, string>): string {
  return line
    .replace(
      /\$[({]([A-Za-z_][\w.-]*)[)}]/g,
      (whole, name: string) =>
        variables.get(name)?.slice(0, 1024) ??
        (name === 'MAKE' ? 'make' : name === 'HOME' ? '$HOME' : whole.startsWith('$(') ? `$${name}` : whole),
    )
    .replace(/\$\$/g, '$');
}

export function runJust(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  let text: string | undefined;
  for (const name of ['justfile', 'Justfile', '.justfile']) text ??= ev.readFile(name, scope);
  if (text === undefined) return undefined;
  const wanted = new Set(call.args.filter((a) => !a.text.startsWith('-')).map((a) => a.text));
  let on = false;
  let body = '';
  for (const line of text.split(/\r?\n/)) {
    const head = /^@?([A-Za-z_][\w-]*)[^:=]*:(?!=)/.exec(line);
    if (head && !/^\s/.test(line)) on = wanted.has(head[1]!) || (wanted.size === 0 && body === '');
    else if (on && /^\s/.test(line)) body += `${line.trim().replace(/^[@-]+/, '')}\n`;
  }
  if (body !== '') ev.runText(body, inner(scope));
  return unknownInput;
}

const npmBuiltins = set(
  'install i add ci remove rm uninstall un update up upgrade audit publish pack login logout whoami version config init create link unlink outdated ls list info view search cache prune dedupe rebuild dist-tag owner access token team org deprecate unpublish exec x dlx why store help set get doctor fund explain query sbom import patch fetch licenses node self-update',
);

export function runPackageScript(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  const { args } = call;
  const valued = set('-C --prefix --dir --cwd -w --workspace --filter -F');
  let at = firstWord(args, valued, 0);
  let verb = args[at]?.text;
  if (verb === 'run' || verb === 'run-script' || verb === 'rum' || verb === 'task') {
    at = firstWord(args, valued, at + 1);
    verb = args[at]?.text;
  } else if (verb === undefined || (npmBuiltins.has(verb) && verb !== 'test')) return undefined;
  if (verb === 't' || verb === 'tst') verb = 'test';
  if (verb === undefined) return undefined;
  const dir = valueOf(args, '-C', '--prefix', '--dir', '--cwd')?.text;
  const next: Scope = {
    ...inner(scope),
    ...(dir === undefined ? {} : { dir: scope.dir === '' ? dir : `${scope.dir}/${dir}` }),
  };
  const text = ev.readFile('package.json', next);
  if (text === undefined) return undefined;
  let scripts: unknown;
  try {
    scripts = (JSON.parse(text) as { scripts?: unknown } | null)?.scripts;
  } catch {
    return undefined;
  }
  if (typeof scripts !== 'object' || scripts === null) return undefined;
  const rest = args
    .slice(at + 1)
    .filter((a) => a.text !== '--')
    .map((a) => quote(a.text))
    .join(' ');
  for (const name of [`pre${verb}`, verb, `post${verb}`]) {
    const body: unknown = Object.hasOwn(scripts, name) ? (scripts as Record<string, unknown>)[name] : undefined;
    if (typeof body === 'string') ev.runText(name === verb ? `${body} ${rest}` : body, next);
  }
  return unknownInput;
}

export function runRunner(call: Call, words: readonly string[], scope: Scope, ev: Evaluator): Input | undefined {
  let at = 0;
  if (words.length > 0) {
    at = firstWord(call.args, runnerValued, 0);
    if (!words.includes(call.args[at]?.text ?? '')) return undefined;
    at++;
  }
  if (call.name === 'nix') {
    const dash = call.args.findIndex((a) => a.text === '-c' || a.text === '--command');
    return dash < 0 ? undefined : ev.dispatch(call.args.slice(dash + 1), inner(scope));
  }
  const command =
    valueOf(call.args.slice(at), '--command', '--call') ??
    (call.name === 'npm' ? valueOf(call.args.slice(at), '-c') : undefined);
  if (command) return ev.runText(command.text, inner(scope), call.input);
  at = firstWord(call.args, runnerValued, at);
  const rest = call.args.slice(at);
  return rest.length > 0 ? ev.dispatch(stripVersion(rest), inner(scope), { input: call.input }) : undefined;
}

export function runScheduled(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  if (call.input.kind === 'known') {
    const text = call.input.text ?? '';
    ev.runText(
      call.name === 'crontab' ? text.replace(/^[ \t]*(?:@\w+|(?:[\d*/,-]+\s+){5})\s*/gm, '') : text,
      inner(scope),
    );
  }
  return undefined;
}
