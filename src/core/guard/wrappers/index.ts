/**
 * Programs that run other programs: sudo, env, xargs, find -exec, ssh, docker exec, shells, interpreters, task runners.
 * `unwrap` follows one such call into what it starts.
 */
import type { Evaluator, Scope } from '../evaluate.ts';
import { interpreterOf, runCode } from '../interpreters.ts';
import { noInput, unknownInput } from '../model.ts';
import type { Call, Input } from '../model.ts';
import { runGit } from './git.ts';
import { runFd, runFind, runParallel, runXargs } from './many.ts';
import { runAfterDashes, runContainer, runManyHosts, runMultiplexer, runRemoteTool, runSsh, runWsl } from './remote.ts';
import { runSed } from './sed.ts';
import { runEval, runScript, runShell, shells } from './shells.ts';
import { wrappers } from './table.ts';
import type { Wrapper } from './table.ts';
import { runJust, runMake, runPackageScript, runRunner, runners, runScheduled } from './tasks.ts';
import { unwrapWindows } from './windows.ts';
import { firstWord, inner, quote, set, shortCluster, stripVersion, valueOf, valuesOf } from './words.ts';

const packageRunners = set('npx bunx uvx pipx pnpx');

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
  if (call.program.text.startsWith('/etc/init.d/'))
    return ev.dispatch(
      [{ ...call.program, text: 'service' }, { ...call.program, text: name }, ...call.args],
      inner(scope),
    );
  switch (name) {
    case 'eval':
      return runEval(call, scope, ev);
    case 'xargs':
      return runXargs(call, scope, ev);
    case 'parallel':
    case 'sem':
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
    case 'plink':
      return runSsh(call, scope, ev);
    case 'pdsh':
    case 'pssh':
    case 'parallel-ssh':
    case 'clush':
    case 'dsh':
    case 'csshx':
      return runManyHosts(call, scope, ev);
    case 'sg':
    case 'capsh':
    case 'su':
    case 'runuser': {
      const text = valueOf(call.args, '-c', '--command', '--session-command') ?? shortCluster(call.args, 'c');
      if (text) return ev.runText(text.text, { ...inner(scope), raised: true });
      const dashes = call.args.findIndex((a) => a.text === '--');
      const at = name === 'runuser' && call.args.some((a) => a.text === '-u') ? firstWord(call.args, set('-u'), 0) : -1;
      const from = dashes >= 0 ? dashes + 1 : at;
      return from >= 0 && from < call.args.length
        ? ev.dispatch(call.args.slice(from), { ...inner(scope), raised: true }, { input: call.input })
        : undefined;
    }
    case 'script': {
      const text = valueOf(call.args, '-c', '--command') ?? shortCluster(call.args, 'c');
      if (text) return ev.runText(text.text, inner(scope));
      // BSD: script [options] FILE COMMAND …
      const at = firstWord(call.args, set('-t -F'), 0) + 1;
      return at < call.args.length ? ev.dispatch(call.args.slice(at), inner(scope)) : undefined;
    }
    case 'entr': {
      const at = firstWord(call.args, set(''), 0);
      const words = call.args.slice(at);
      if (words.length === 0) return undefined;
      return call.args.slice(0, at).some((a) => /^-\w*s/.test(a.text))
        ? ev.runText(words.map((w) => w.text).join(' '), inner(scope))
        : ev.dispatch(words, inner(scope));
    }
    case 'hyperfine':
    case 'multitime':
      for (const arg of call.args) if (/\s/.test(arg.text)) ev.runText(arg.text, inner(scope));
      return unknownInput;
    case 'perf': {
      const at = call.args.findIndex((a) => a.text === '--');
      const from = at >= 0 ? at + 1 : firstWord(call.args, set('-e -o -F -p -t -C -c -g -r'), 1);
      return /^(?:stat|record|trace|mem|kvm|bench)$/.test(call.args[0]?.text ?? '') && from < call.args.length
        ? ev.dispatch(call.args.slice(from), inner(scope), { input: call.input })
        : undefined;
    }
    case 'start-stop-daemon': {
      const program = valueOf(call.args, '-x', '--exec', '-a', '--startas');
      const at = call.args.findIndex((a) => a.text === '--');
      return program ? ev.dispatch([program, ...(at < 0 ? [] : call.args.slice(at + 1))], inner(scope)) : undefined;
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
      return runAfterDashes(call, set('exec debug run rsh'), scope, ev);
    case 'heroku':
    case 'fly':
    case 'flyctl':
    case 'railway':
    case 'vagrant':
    case 'gcloud':
    case 'aws':
    case 'lxc':
    case 'lxc-attach':
    case 'machinectl':
    case 'buildah':
    case 'crictl':
    case 'nomad':
    case 'adb':
    case 'devcontainer':
    case 'doctl':
    case 'az':
    case 'salt-ssh':
    case 'incus':
    case 'distrobox':
    case 'toolbox':
    case 'multipass':
    case 'limactl':
    case 'ansible':
    case 'salt':
      return runRemoteTool(call, scope, ev);
    case 'lvm':
      return call.args.length > 0 ? ev.dispatch(call.args, inner(scope), { input: call.input }) : undefined;
    case 'microk8s':
      return /^(?:kubectl|helm3?|istioctl|linkerd)$/.test(call.args[0]?.text ?? '')
        ? ev.dispatch(call.args, inner(scope), { input: call.input })
        : undefined;
    case 'git':
      return runGit(call, scope, ev);
    case 'make':
    case 'gmake':
      return runMake(call, scope, ev);
    case 'just':
      return runJust(call, scope, ev);
    case 'psexec':
    case 'psexec64':
    case 'winrs':
      return runManyHosts(call, scope, ev);
    case 'wmic': {
      const at = call.args.findIndex((a) => /^create$/i.test(a.text));
      return at < 0
        ? undefined
        : ev.runText(
            call.args
              .slice(at + 1)
              .map((a) => a.text)
              .join(' '),
            { ...inner(scope), shell: 'cmd' },
          );
    }
    case 'wsl':
      return runWsl(call, scope, ev);
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
    case 'gtar':
    case 'bsdtar':
      for (const arg of call.args) {
        const action = /^(?:--checkpoint-action=exec=|--to-command=|--use-compress-program=|--rsh-command=)(.*)$/s.exec(
          arg.text,
        );
        if (action) ev.runText(action[1]!, inner(scope));
      }
      for (const text of valuesOf(call.args, '-I', '-F', '--use-compress-program', '--to-command', '--info-script'))
        ev.runText(text, inner(scope));
      return undefined;
    case 'rsync':
      for (const text of valuesOf(call.args, '-e', '--rsh', '--rsync-path')) ev.runText(text, inner(scope));
      return undefined;
    case 'zip':
      for (const text of valuesOf(call.args, '-TT', '--unzip-command')) ev.runText(text, inner(scope));
      return undefined;
    case 'man':
      for (const text of valuesOf(call.args, '-P', '--pager', '-H', '--html')) ev.runText(text, inner(scope));
      return undefined;
    case 'sed':
    case 'gsed':
      return runSed(call, scope, ev);
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
  if (/[\\/]/.test(call.program.text) || scope.shell === 'cmd') ev.noteRun(call.program.text, scope.dir);
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
