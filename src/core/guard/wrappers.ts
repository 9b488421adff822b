/**
 * Programs that run other programs: sudo, env, xargs, find -exec, ssh, docker exec, shells, interpreters, task runners.
 * `unwrap` follows one such call into what it starts.
 */
import { interpreterOf, runCode } from './interpreters.ts';
import { noInput, programName, unknownField, unknownInput } from './evaluate.ts';
import type { Evaluator, Scope, Shell } from './evaluate.ts';
import type { Call, Field, Hit, Input } from './model.ts';
import { hit } from './model.ts';
import { decodeBase64 } from './evaluate.ts';

interface Wrapper {
  /** Options that take the next word. */
  readonly valued: ReadonlySet<string>;
  /** Words before the command (`timeout 5 cmd`). */
  readonly skip?: number;
  /** `VAR=value` words may come first. */
  readonly assigns?: boolean;
  readonly raised?: boolean;
  readonly remote?: boolean;
  /** The rest is one shell text, not an argument list (`watch`, `ssh`). */
  readonly text?: boolean;
  /** With these options it only informs or reads something. */
  readonly inert?: ReadonlySet<string>;
}

const set = (words: string): ReadonlySet<string> => new Set(words === '' ? [] : words.split(' '));

const wrappers: Readonly<Record<string, Wrapper>> = {
  sudo: {
    valued: set(
      '-u --user -g --group -h --host -p --prompt -C --close-from -r --role -t --type -T -U --other-user -D --chdir -R --chroot -c',
    ),
    assigns: true,
    raised: true,
    inert: set('-l --list -v --validate -k -K -V'),
  },
  doas: { valued: set('-u -C -a'), raised: true },
  pkexec: { valued: set('--user'), raised: true },
  gosu: { valued: set(''), skip: 1 },
  env: { valued: set('-u --unset -C --chdir'), assigns: true },
  nohup: { valued: set('') },
  setsid: { valued: set('') },
  time: { valued: set('-f --format -o --output') },
  timeout: { valued: set('-s --signal -k --kill-after'), skip: 1 },
  gtimeout: { valued: set('-s --signal -k --kill-after'), skip: 1 },
  nice: { valued: set('-n --adjustment') },
  ionice: { valued: set('-c --class -n --classdata -p -P -u') },
  chrt: { valued: set('-T -P -D'), skip: 1 },
  taskset: { valued: set(''), skip: 1 },
  numactl: { valued: set('-m -N -C -p') },
  stdbuf: { valued: set('-i --input -o --output -e --error') },
  unbuffer: { valued: set('') },
  command: { valued: set(''), inert: set('-v -V') },
  builtin: { valued: set('') },
  exec: { valued: set('-a') },
  noglob: { valued: set('') },
  nocorrect: { valued: set('') },
  busybox: { valued: set('') },
  toybox: { valued: set('') },
  strace: { valued: set('-o -e -p -s -u -E -a -b -I -O -P -S -X') },
  ltrace: { valued: set('-o -e -p -s -u -a -n -l') },
  catchsegv: { valued: set('') },
  valgrind: { valued: set('') },
  caffeinate: { valued: set('-t -w') },
  chroot: { valued: set('--userspec --groups'), skip: 1 },
  unshare: { valued: set('-S -G') },
  nsenter: { valued: set('-t --target -S -G') },
  firejail: { valued: set('') },
  bwrap: { valued: set('--chdir --uid --gid --hostname --setenv --unsetenv --ro-bind --bind --dev --proc --tmpfs') },
  'systemd-run': { valued: set('-u --unit -p --property -M -H --slice --uid --gid -E --setenv'), raised: true },
  'systemd-inhibit': { valued: set('') },
  proxychains: { valued: set('-f') },
  proxychains4: { valued: set('-f') },
  torsocks: { valued: set('') },
  cpulimit: { valued: set('-l -p -e') },
  fakeroot: { valued: set('') },
  xvfb_run: { valued: set('-s -e -n') },
  'xvfb-run': { valued: set('-s -e -n --server-args') },
  'dbus-run-session': { valued: set('') },
  watch: { valued: set('-n --interval -q --equexit'), text: true },
  setarch: { valued: set(''), skip: 1 },
  'cross-env': { valued: set(''), assigns: true },
  'cross-env-shell': { valued: set(''), assigns: true, text: true },
  dotenv: { valued: set('-e -v -p -c -f --file') },
  rlwrap: { valued: set('') },
  winpty: { valued: set('') },
  entr: { valued: set('') },
  retry: { valued: set('-n -d --times --delay') },
  'aws-vault': { valued: set('-d --duration'), skip: 2 },
  chamber: { valued: set(''), skip: 2 },
  teller: { valued: set(''), skip: 1 },
  'op-run': { valued: set('') },
  direnv: { valued: set(''), skip: 2 },
  start: { valued: set('/d') },
};

/** `runner sub… cmd`: the command begins after these words. */
const runners: Readonly<Record<string, readonly string[]>> = {
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
  wsl: [],
  rtk: [],
  sbt: [],
  spring: [],
};
const runnerValued = set(
  '-n --name -p --package --project --config --env-file -c -e -d --directory --python --with --extra --group',
);
const packageRunners = set('npx bunx uvx pipx pnpx');

const shells = set('sh bash zsh dash ksh mksh ash fish rbash busybox-sh tcsh csh yash oksh');
const sshValued = set('-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w -B');

/** Follows a call that runs another command. Undefined: it is no wrapper, its own output counts. */
export function unwrap(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  for (const [name, value] of call.env) if (runsItsValue.has(name)) ev.runText(value, scope);
  const { name } = call;
  if (shells.has(name)) return runShell(call, scope, ev);
  if (scope.shell !== 'posix' || name === 'powershell' || name === 'pwsh' || name === 'cmd') {
    const windows = unwrapWindows(call, scope, ev);
    if (windows) return windows;
  }
  const wrapper = Object.hasOwn(wrappers, name) ? wrappers[name] : undefined;
  if (wrapper) return runWrapped(call, wrapper, scope, ev);
  if (packageRunners.has(name)) {
    const at = firstWord(call.args, set('-p --package -c --call --from --with --python --spec'), 0);
    const given = valueOf(call.args, '-c', '--call');
    if (given) return ev.runText(given.text, scope, call.input);
    const words = name === 'pipx' ? call.args.slice(at + 1) : call.args.slice(at);
    return words.length > 0 ? ev.dispatch(stripVersion(words), inner(scope), { input: call.input }) : unknownInput;
  }
  switch (name) {
    case 'eval':
      return runEval(call, scope, ev);
    case 'xargs':
      return runXargs(call, scope, ev);
    case 'parallel':
    case 'rush':
      return runParallel(call, scope, ev);
    case 'find':
    case 'gfind':
    case 'bfs':
      return runFind(call, scope, ev);
    case 'fd':
    case 'fdfind':
      return runFd(call, scope, ev);
    case 'ssh':
    case 'autossh':
    case 'mosh':
      return runSsh(call, scope, ev);
    case 'su':
    case 'runuser': {
      const text = valueOf(call.args, '-c', '--command');
      return text ? ev.runText(text.text, { ...inner(scope), raised: true }) : undefined;
    }
    case 'script': {
      const text = valueOf(call.args, '-c', '--command') ?? shortCluster(call.args, 'c');
      return text ? ev.runText(text.text, inner(scope)) : undefined;
    }
    case 'flock': {
      const text = valueOf(call.args, '-c', '--command');
      if (text) return ev.runText(text.text, inner(scope));
      const at = firstWord(call.args, set('-w --timeout -E'), 0) + 1;
      return at < call.args.length ? ev.dispatch(call.args.slice(at), inner(scope)) : undefined;
    }
    case 'trap':
      return call.args[0] && !call.args[0].text.startsWith('-')
        ? ev.runText(call.args[0].text, inner(scope))
        : undefined;
    case 'alias':
      for (const arg of call.args) {
        const equals = arg.text.indexOf('=');
        if (equals > 0) {
          ev.runText(arg.text.slice(equals + 1), inner(scope));
          const parsed = ev.options.parsers[scope.shell](`${arg.text.slice(equals + 1)} "$@"`);
          scope.functions.set(arg.text.slice(0, equals), parsed.list);
        }
      }
      return noInput;
    case 'tmux':
    case 'screen':
    case 'zellij':
      return runMultiplexer(call, scope, ev);
    case 'docker':
    case 'podman':
    case 'nerdctl':
    case 'docker-compose':
    case 'podman-compose':
    case 'finch':
      return runContainer(call, scope, ev);
    case 'kubectl':
    case 'oc':
    case 'k':
      return runAfterDashes(call, set('exec debug run'), scope, ev);
    case 'heroku':
    case 'fly':
    case 'flyctl':
    case 'railway':
    case 'vagrant':
    case 'gcloud':
    case 'aws':
    case 'lxc':
    case 'incus':
    case 'distrobox':
    case 'toolbox':
    case 'multipass':
    case 'limactl':
    case 'ansible':
    case 'salt':
      return runRemoteTool(call, scope, ev);
    case 'git':
      return runGit(call, scope, ev);
    case 'make':
    case 'gmake':
      return runMake(call, scope, ev);
    case 'just':
      return runJust(call, scope, ev);
    case '.':
    case 'source':
      return call.args[0] ? runScript(call.args[0], call.args.slice(1), call, scope, ev) : undefined;
    case 'crontab':
    case 'at':
    case 'batch':
      return runScheduled(call, scope, ev);
    case 'concurrently':
    case 'npm-run-all':
    case 'nodemon':
      for (const arg of call.args) if (arg.text.includes(' ')) ev.runText(arg.text, inner(scope));
      return unknownInput;
    case 'nix-shell': {
      const text = valueOf(call.args, '--run', '--command');
      return text ? ev.runText(text.text, inner(scope)) : undefined;
    }
    case 'tar':
      for (const arg of call.args) {
        const action = /^(?:--checkpoint-action=exec=|--to-command=|--use-compress-program=)(.*)$/s.exec(arg.text);
        if (action) ev.runText(action[1]!, inner(scope));
      }
      return undefined;
    case 'vim':
    case 'vi':
    case 'nvim':
    case 'ex':
      for (const arg of call.args) {
        const action = /^(?:\+|:)?:?!(.*)$/s.exec(arg.text) ?? /system\(['"](.*)['"]\)/s.exec(arg.text);
        if (action) ev.runText(action[1]!, inner(scope));
      }
      return undefined;
    case 'coproc':
    case 'then':
    case 'do':
      return ev.dispatch(call.args, inner(scope), { input: call.input });
    default:
      break;
  }
  const words = runners[name];
  if (words) {
    const done = runRunner(call, words, scope, ev);
    if (done) return done;
  }
  if (name === 'npm' || name === 'pnpm' || name === 'yarn' || name === 'bun' || name === 'deno') {
    const done = runPackageScript(call, scope, ev);
    if (done) return done;
  }
  if (call.program.text.includes('/')) ev.noteRun(call.program.text, scope.dir);
  const interpreter = interpreterOf(name);
  if (interpreter) return runCode(interpreter, call, scope, ev);
  if (
    call.program.text.includes('/') &&
    !call.program.dynamic &&
    /\.(?:sh|bash|zsh|ksh)$|^(?:\.\/|\.\.\/)?[\w./-]+$/.test(call.program.text) &&
    !/^\/(?:usr|bin|sbin|opt)\//.test(call.program.text)
  )
    return runScript(call.program, call.args, call, scope, ev);
  if (name === '' && call.args.some((a) => /^-\w*c$/.test(a.text))) {
    // `$X -c '…'` where $X is not known: whatever it is, -c takes code.
    const text = shortCluster(call.args, 'c');
    if (text) ev.runText(text.text, inner(scope));
  }
  return undefined;
}

/** Environment variables whose value some program will run. */
const runsItsValue = set(
  'GIT_SSH_COMMAND GIT_SSH GIT_PAGER PAGER GIT_EDITOR EDITOR VISUAL GIT_EXTERNAL_DIFF GIT_PROXY_COMMAND GIT_ASKPASS SSH_ASKPASS BASH_ENV ENV PROMPT_COMMAND GIT_SEQUENCE_EDITOR MANPAGER LESSOPEN RSYNC_RSH',
);

const inner = (scope: Scope): Scope => ({ ...scope, depth: scope.depth + 1 });

/** Index of the first word that is no option (nor an option's value). */
function firstWord(args: readonly Field[], valued: ReadonlySet<string>, from: number): number {
  let i = from;
  for (; i < args.length; i++) {
    const text = args[i]!.text;
    if (text === '--') return i + 1;
    if (!text.startsWith('-') || text === '-') return i;
    if (valued.has(text)) i++;
  }
  return i;
}

function valueOf(args: readonly Field[], ...names: readonly string[]): Field | undefined {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    for (const name of names) {
      if (arg.text === name) return args[i + 1];
      if (name.startsWith('--') && arg.text.startsWith(`${name}=`))
        return { ...arg, text: arg.text.slice(name.length + 1) };
    }
  }
  return undefined;
}

/** The value after a cluster of short options that ends in `letter` (`-qc 'x'`). */
function shortCluster(args: readonly Field[], letter: string): Field | undefined {
  for (let i = 0; i < args.length; i++) {
    const text = args[i]!.text;
    if (/^-[A-Za-z]+$/.test(text) && text.endsWith(letter)) return args[i + 1];
  }
  return undefined;
}

const stripVersion = (words: readonly Field[]): Field[] => {
  const first = words[0]!;
  return [{ ...first, text: first.text.replace(/(.)@[^/]*$/, '$1') }, ...words.slice(1)];
};

function runWrapped(call: Call, wrapper: Wrapper, scope: Scope, ev: Evaluator): Input | undefined {
  const { args } = call;
  let at = 0;
  let skip = wrapper.skip ?? 0;
  let dir = scope.dir;
  const env = new Map(call.env);
  for (; at < args.length; at++) {
    const text = args[at]!.text;
    if (text === '--') {
      at++;
      break;
    }
    if (wrapper.inert?.has(text)) return noInput;
    if (text.startsWith('-') && text.length > 1) {
      if (call.name === 'env' && /^(?:-\w*S|--split-string)/.test(text)) {
        const joined = text.startsWith('--split-string=')
          ? text.slice(15)
          : text.replace(/^-\w*?S/, '').replace(/^--split-string$/, '');
        const rest = args.slice(at + (joined === '' ? 2 : 1)).map((a) => quote(a.text));
        return ev.runText(
          [joined === '' ? (args[at + 1]?.text ?? '') : joined, ...rest].join(' '),
          inner(scope),
          call.input,
        );
      }
      if ((text === '-C' || text === '--chdir' || text === '-D') && (call.name === 'env' || call.name === 'sudo'))
        dir = args[at + 1]?.text ?? dir;
      if (wrapper.valued.has(text)) at++;
      continue;
    }
    if (wrapper.assigns && /^[A-Za-z_]\w*=/.test(text)) {
      const equals = text.indexOf('=');
      env.set(text.slice(0, equals), text.slice(equals + 1));
      continue;
    }
    if (skip > 0) {
      skip--;
      continue;
    }
    break;
  }
  const rest = args.slice(at);
  // `env` and `sudo -i` alone print or open something; that is for the rules.
  if (rest.length === 0) return undefined;
  const next: Scope = {
    ...inner(scope),
    dir,
    raised: scope.raised || wrapper.raised === true,
    remote: scope.remote || wrapper.remote === true,
  };
  if (wrapper.text) return ev.runText(rest.map((f) => f.text).join(' '), next, call.input);
  return ev.dispatch(rest, next, { input: call.input, env });
}

/** A word as one shell word again. */
export const quote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;

function runEval(call: Call, scope: Scope, ev: Evaluator): Input {
  const source = taintOf(call.args);
  if (source === 'network') ev.hits.push(networkToShell('eval'));
  else if (source === 'decoded') ev.hits.push(decodedToShell('eval'));
  return ev.runText(call.args.map((a) => a.text).join(' '), scope, call.input);
}

function taintOf(fields: readonly Field[]): 'network' | 'decoded' | undefined {
  for (const { text, dynamic } of fields) {
    if (!dynamic) continue;
    if (text.includes('$(network)') || text.includes('<(network)')) return 'network';
    if (text.includes('$(decoded)') || text.includes('<(decoded)')) return 'decoded';
  }
  return undefined;
}

const networkToShell = (shell: string): Hit =>
  hit(
    'network-to-shell',
    'critical',
    'supply-chain',
    'deny',
    `This downloads code and runs it in ${shell} unseen`,
    'Download it to a file, read it, check its checksum, then run it',
  );

const decodedToShell = (shell: string): Hit =>
  hit(
    'decoded-to-shell',
    'critical',
    'command-execution',
    'deny',
    `This decodes hidden text and runs it in ${shell}`,
    'Write the command in plain text',
  );

const unknownToShell = (shell: string): Hit =>
  hit(
    'unknown-to-shell',
    'high',
    'command-execution',
    'ask',
    `This builds commands at run time and hands them to ${shell}, so nobody can see beforehand what runs`,
    'Write the commands out, or pass the data as arguments of a fixed command',
  );

function runShell(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  const { args } = call;
  const next = { ...inner(scope), shell: 'posix' as const };
  let at = 0;
  let takesText = false;
  let reads = false;
  for (; at < args.length; at++) {
    const text = args[at]!.text;
    if (text === '--' || text === '-') {
      at++;
      break;
    }
    if (!/^[-+]./.test(text)) break;
    if (
      text === '--rcfile' ||
      text === '--init-file' ||
      text === '-o' ||
      text === '+o' ||
      text === '-O' ||
      text === '+O'
    ) {
      at++;
      continue;
    }
    if (text.startsWith('--')) {
      if (text.startsWith('--command=')) return ev.runText(text.slice(10), next);
      if (text === '--command') takesText = true;
      if (text === '--help' || text === '--version') return noInput;
      continue;
    }
    if (text.startsWith('-') && text.includes('n') && !text.includes('c')) return noInput; // only checks the syntax
    if (text.includes('c') && text.startsWith('-')) takesText = true;
    if (text.includes('s') && text.startsWith('-')) reads = true;
  }
  if (takesText) {
    const text = args[at];
    if (!text) return noInput;
    const source = taintOf([text]);
    if (source === 'network') ev.hits.push(networkToShell(call.name));
    if (source === 'decoded') ev.hits.push(decodedToShell(call.name));
    return ev.runText(text.text, { ...next, positional: args.slice(at + 2) }, call.input);
  }
  const script = reads ? undefined : args[at];
  if (script) return runScript(script, args.slice(at + 1), call, next, ev);
  return runInput(call, next, ev);
}

/** What comes in through standard input is run. */
function runInput(call: Call, scope: Scope, ev: Evaluator): Input {
  switch (call.input.kind) {
    case 'known':
      return ev.runText(call.input.text ?? '', scope);
    case 'network':
      ev.hits.push(networkToShell(call.name));
      return unknownInput;
    case 'decoded':
      ev.hits.push(decodedToShell(call.name));
      return unknownInput;
    case 'unknown':
    case 'secret':
      ev.hits.push(unknownToShell(call.name));
      return unknownInput;
    default:
      return unknownInput;
  }
}

function runScript(script: Field, args: readonly Field[], call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  if (script.dynamic) {
    const source = taintOf([script]);
    if (source === 'network') ev.hits.push(networkToShell(call.name));
    else if (source === 'decoded') ev.hits.push(decodedToShell(call.name));
    else if (script.text.startsWith('<(known)')) return ev.runText(script.text.slice(8), inner(scope));
    else if (script.text.includes('<()')) ev.hits.push(unknownToShell(call.name));
    return unknownInput;
  }
  if (script.text === '/dev/stdin') return runInput(call, scope, ev);
  ev.noteRun(script.text, scope.dir);
  const text = ev.readFile(script.text, scope);
  if (text === undefined) return undefined;
  const shebang = /^#!\s*\S*?\/?(?:env\s+(?:-S\s+)?)?([\w.+-]+)\s*$/m.exec(
    text.slice(0, 200).split('\n')[0] ?? '',
  )?.[1];
  const known =
    shebang === undefined
      ? shells.has(call.name) || call.name === '.' || call.name === 'source' || /\.(?:sh|bash)$/.test(script.text)
      : shells.has(shebang.split('/').at(-1)!);
  if (!known || text.includes('\0')) return undefined;
  return ev.runText(text, { ...inner(scope), positional: args }, call.input);
}

function lines(text: string, nul: boolean): string[] {
  return text.split(nul ? '\0' : /\s+/).filter((w) => w !== '');
}

function runXargs(call: Call, scope: Scope, ev: Evaluator): Input {
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

function runParallel(call: Call, scope: Scope, ev: Evaluator): Input {
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

function runFind(call: Call, scope: Scope, ev: Evaluator): Input {
  const { args } = call;
  for (let i = 0; i < args.length; i++) {
    if (!/^-(?:exec|execdir|ok|okdir)$/.test(args[i]!.text)) continue;
    let end = i + 1;
    while (end < args.length && args[end]!.text !== ';' && !(args[end]!.text === '+' && args[end - 1]!.text === '{}'))
      end++;
    const roots = findRoots(args);
    const placeholder: Field = {
      text: narrowFind(args) ? 'found/node_modules' : roots.length === 1 ? roots[0]! : '{}',
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

function runFd(call: Call, scope: Scope, ev: Evaluator): Input {
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

function runSsh(call: Call, scope: Scope, ev: Evaluator): Input {
  for (const arg of call.args) {
    const proxy = /^(?:-o\s*)?(?:ProxyCommand|LocalCommand)[= ](.*)$/is.exec(arg.text);
    if (proxy) ev.runText(proxy[1]!, inner(scope));
  }
  const host = firstWord(call.args, sshValued, 0);
  const words = call.args.slice(firstWord(call.args, sshValued, host + 1));
  if (words.length > 0)
    ev.runText(
      words.map((w) => w.text).join(' '),
      { ...inner(scope), remote: true, dir: '', shell: 'posix' },
      call.input,
    );
  else if (call.input.kind === 'known')
    ev.runText(call.input.text ?? '', { ...inner(scope), remote: true, dir: '', shell: 'posix' });
  return unknownInput;
}

function runMultiplexer(call: Call, scope: Scope, ev: Evaluator): Input {
  for (const arg of call.args) if (/\s/.test(arg.text)) ev.runText(arg.text, inner(scope));
  const at = call.args.findIndex((a) =>
    /^(?:new-session|new|new-window|split-window|run|run-shell|respawn-pane|--|-dmS|-dm)$/.test(a.text),
  );
  if (at >= 0) {
    const rest = call.args.slice(firstWord(call.args, set('-s -n -t -c -x -y -F -e'), at + 1));
    if (rest.length > 0)
      ev.dispatch(call.name === 'screen' && call.args[at]!.text === '-dmS' ? rest.slice(1) : rest, inner(scope));
  }
  return unknownInput;
}

const dockerValued = set(
  '-e --env --env-file -u --user -w --workdir -v --volume -p --publish --name --network --net -h --hostname --entrypoint -m --memory --cpus -l --label --mount --restart --platform --pull --add-host --device --cap-add --cap-drop --security-opt --tmpfs --shm-size --ulimit --gpus --runtime --log-driver --log-opt --dns --ip --link --expose --pid --ipc --uts --cgroupns --index --detach-keys --volumes-from --health-cmd --cidfile --group-add --isolation --stop-signal --sysctl --userns',
);

function runContainer(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  const { args } = call;
  const globals = set(
    '-H --host -c --context --config -l --log-level --tlscacert -f --file -p --project-name --env-file --profile --project-directory --url --connection',
  );
  let at = firstWord(args, globals, 0);
  if (args[at]?.text === 'compose' || args[at]?.text === 'container') at = firstWord(args, globals, at + 1);
  const verb = args[at]?.text;
  if (verb !== 'exec' && verb !== 'run') return undefined;
  const target = firstWord(args, dockerValued, at + 1);
  const command = args.slice(target + 1);
  const entry = valueOf(args.slice(at, target), '--entrypoint');
  const words = entry ? [entry, ...command] : command;
  if (words.length > 0) ev.dispatch(words, { ...inner(scope), remote: true, dir: '' }, { input: call.input });
  return unknownInput;
}

function runAfterDashes(call: Call, verbs: ReadonlySet<string>, scope: Scope, ev: Evaluator): Input | undefined {
  const { args } = call;
  if (!args.some((a) => verbs.has(a.text))) return undefined;
  const dashes = args.findIndex((a) => a.text === '--');
  const verb = args.findIndex((a) => verbs.has(a.text));
  let words: readonly Field[];
  if (dashes > verb) words = args.slice(dashes + 1);
  else {
    const pod = firstWord(
      args,
      set('-n --namespace -c --container --context --kubeconfig -f --filename --image'),
      verb + 1,
    );
    words = args.slice(pod + 1);
  }
  if (words.length > 0) ev.dispatch(words, { ...inner(scope), remote: true, dir: '' }, { input: call.input });
  return unknownInput;
}

function runRemoteTool(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  const { args } = call;
  const next = { ...inner(scope), remote: true, dir: '' };
  if (call.name === 'ansible' || call.name === 'salt') {
    const text = valueOf(args, '-a', '--args') ?? (call.name === 'salt' ? args.at(-1) : undefined);
    const module = valueOf(args, '-m', '--module-name')?.text ?? 'command';
    if (text && /^(?:ansible\.(?:builtin|legacy)\.)?(?:command|shell|raw|script|win_shell|win_command)$/.test(module))
      ev.runText(text.text.replace(/^cmd=/, ''), next);
    return undefined;
  }
  const text = valueOf(args, '-c', '--command', '-C');
  const remote = args.some((a) => /^(?:ssh|run|exec|console|run:detached|execute-command|shell)$/.test(a.text));
  if (!remote) return undefined;
  if (text) ev.runText(text.text, next);
  const dashes = args.findIndex((a) => a.text === '--');
  if (dashes >= 0) ev.dispatch(args.slice(dashes + 1), next);
  else if (call.name === 'heroku' || call.name === 'railway') {
    const at = firstWord(
      args,
      set('-a --app -r --remote -s --size -e --env'),
      args.findIndex((a) => a.text.startsWith('run')) + 1,
    );
    if (at < args.length) ev.dispatch(args.slice(at), next);
  }
  return undefined;
}

function runGit(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
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

function runMake(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  if (call.args.some((a) => /^(?:-n|--dry-run|--just-print|--recon|-q|--question|-p)$/.test(a.text))) return noInput;
  const dir = valueOf(call.args, '-C', '--directory')?.text;
  const file = valueOf(call.args, '-f', '--file', '--makefile')?.text;
  const next: Scope = {
    ...inner(scope),
    ...(dir === undefined ? {} : { dir: scope.dir === '' ? dir : `${scope.dir}/${dir}` }),
  };
  let text: string | undefined;
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

function runJust(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
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

function runPackageScript(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
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

function runRunner(call: Call, words: readonly string[], scope: Scope, ev: Evaluator): Input | undefined {
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
  const command = valueOf(call.args.slice(at), '--command');
  if (command) return ev.runText(command.text, inner(scope), call.input);
  at = firstWord(call.args, runnerValued, at);
  const rest = call.args.slice(at);
  return rest.length > 0 ? ev.dispatch(stripVersion(rest), inner(scope), { input: call.input }) : undefined;
}

function runScheduled(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  if (call.input.kind === 'known') {
    const text = call.input.text ?? '';
    ev.runText(
      call.name === 'crontab' ? text.replace(/^\s*(?:@\w+|(?:[\d*/,-]+\s+){5})\s*/gm, '') : text,
      inner(scope),
    );
  }
  return undefined;
}

// ---- Windows ------------------------------------------------------------------------------------------------------

function unwrapWindows(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  const { args } = call;
  switch (call.name) {
    case 'powershell':
    case 'pwsh': {
      const next = { ...inner(scope), shell: 'powershell' as Shell };
      for (let i = 0; i < args.length; i++) {
        const text = args[i]!.text.toLowerCase();
        if (
          /^[-/](?:e|ec|en|enc|enco|encod|encode|encoded|encodedc|encodedco|encodedcom|encodedcomm|encodedcomma|encodedcomman|encodedcommand)$/.test(
            text,
          )
        ) {
          const decoded = decodeBase64(args[i + 1]?.text ?? '');
          if (decoded === undefined) ev.hits.push(decodedToShell('PowerShell'));
          else ev.runText(decoded, next, call.input);
          return unknownInput;
        }
        if (/^[-/](?:c|co|com|comm|comma|comman|command)$/.test(text))
          return ev.runText(
            args
              .slice(i + 1)
              .map((a) => a.text)
              .join(' '),
            next,
            call.input,
          );
        if (/^[-/](?:f|fi|fil|file)$/.test(text)) return unknownInput;
        if (
          /^[-/](?:ex|ep|exec|executionpolicy|w|windowstyle|wd|workingdirectory|of|outputformat|if|inputformat|ver|version|config|configurationname)$/.test(
            text,
          )
        )
          i++;
        else if (!/^[-/]/.test(text))
          return ev.runText(
            args
              .slice(i)
              .map((a) => a.text)
              .join(' '),
            next,
            call.input,
          );
      }
      return runInput(call, next, ev);
    }
    case 'cmd': {
      const at = args.findIndex((a) => /^\/[ckr]$/i.test(a.text));
      if (at >= 0)
        return ev.runText(
          args
            .slice(at + 1)
            .map((a) => a.text)
            .join(' '),
          { ...inner(scope), shell: 'cmd' },
          call.input,
        );
      return undefined;
    }
    case 'invoke-expression':
    case 'iex': {
      if (call.input.kind === 'network' || taintOf(args) === 'network') ev.hits.push(networkToShell('PowerShell'));
      else if (call.input.kind === 'decoded' || taintOf(args) === 'decoded') ev.hits.push(decodedToShell('PowerShell'));
      const words = args.filter((a) => !/^-command$/i.test(a.text));
      if (words.length > 0) return ev.runText(words.map((a) => a.text).join(' '), scope);
      if (call.input.kind === 'known') return ev.runText(call.input.text ?? '', scope);
      return unknownInput;
    }
    case '&':
    case 'call':
      return args.length > 0 ? ev.dispatch(args, inner(scope), { input: call.input }) : noInput;
    case 'start-process':
    case 'saps': {
      const file = valueOf(args, '-FilePath', '-filepath') ?? args.find((a) => !a.text.startsWith('-'));
      const list = valueOf(args, '-ArgumentList', '-argumentlist', '-Args');
      if (file) ev.runText(`${quoteWindows(file.text)} ${list?.text.replace(/,/g, ' ') ?? ''}`, inner(scope));
      return unknownInput;
    }
    case 'invoke-command':
    case 'icm':
    case 'start-job':
    case 'foreach-object':
    case '%':
    case 'foreach':
    case 'where-object':
    case '?':
      return undefined;
    default:
      return undefined;
  }
}

const quoteWindows = (text: string): string => (/\s/.test(text) ? `& "${text}"` : text);
