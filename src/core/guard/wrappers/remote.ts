/** Programs that run a command elsewhere: other machines, containers, clusters, terminals. */
import type { Evaluator, Scope } from '../evaluate.ts';
import { unknownInput } from '../model.ts';
import type { Call, Field, Input } from '../model.ts';
import { firstWord, inner, set, valueOf } from './words.ts';

const sshValued = set('-P -pw -pwfile -hostkey -b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w -B');

export function runSsh(call: Call, scope: Scope, ev: Evaluator): Input {
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

/** `pdsh -w hosts CMD…`, `psexec \\\\host CMD…`: all words that are no options or hosts are one command. */
export function runManyHosts(call: Call, scope: Scope, ev: Evaluator): Input {
  const at = firstWord(call.args, set('-w -h -H -l -g -x -t -f -u -p -o -m -R -s --hosts --user --timeout --par'), 0);
  const words = call.args.slice(at).filter((a, i) => i > 0 || !/^\\{1,2}\w|^[-/]r:|^@/.test(a.text));
  if (words.length > 0)
    ev.runText(words.map((w) => w.text).join(' '), { ...inner(scope), remote: true, dir: '' }, call.input);
  return unknownInput;
}

/** `wsl [-d X] [-e|--exec|--] CMD…`: Linux on the same disks, so nothing about it is remote. */
export function runWsl(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  const at = firstWord(call.args, set('-d --distribution -u --user --cd'), 0);
  const words = call.args.slice(at);
  if (words.length === 0) return undefined;
  ev.runText(words.map((w) => w.text).join(' '), { ...inner(scope), shell: 'posix' }, call.input);
  return ev.dispatch(words, { ...inner(scope), shell: 'posix' }, { input: call.input });
}

export function runMultiplexer(call: Call, scope: Scope, ev: Evaluator): Input {
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

/** Images whose entry point is a tool the rules know. */
const toolImages: Readonly<Record<string, string>> = {
  'aws-cli': 'aws',
  terraform: 'terraform',
  opentofu: 'tofu',
  terragrunt: 'terragrunt',
  kubectl: 'kubectl',
  helm: 'helm',
  restic: 'restic',
  rclone: 'rclone',
  mc: 'mc',
  vault: 'vault',
  flyway: 'flyway',
  liquibase: 'liquibase',
};

export function runContainer(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  const { args } = call;
  const globals = set(
    `${call.name === 'nerdctl' ? '-n --namespace -a --address ' : ''}-H --host -c --context --config -l --log-level --tlscacert -f --file -p --project-name --env-file --profile --project-directory --url --connection`,
  );
  let at = firstWord(args, globals, 0);
  if (args[at]?.text === 'compose' || args[at]?.text === 'container') at = firstWord(args, globals, at + 1);
  const verb = args[at]?.text;
  if (verb !== 'exec' && verb !== 'run') return undefined;
  const target = firstWord(args, dockerValued, at + 1);
  const command = args.slice(target + 1);
  const entry = valueOf(args.slice(at, target), '--entrypoint');
  const words = entry ? [entry, ...command] : command;
  // The image of a command line tool runs that tool.
  const image = /(?:^|\/)([a-z0-9-]+)(?:[:@]\S*)?$/.exec(args[target]?.text ?? '')?.[1] ?? '';
  const tool = Object.hasOwn(toolImages, image) ? toolImages[image]! : '';
  if (verb === 'run' && !entry && tool !== '')
    ev.dispatch([{ text: tool, dynamic: false, quoted: false }, ...command], {
      ...inner(scope),
      remote: true,
      dir: '',
    });
  if (words.length > 0) ev.dispatch(words, { ...inner(scope), remote: true, dir: '' }, { input: call.input });
  return unknownInput;
}

export function runAfterDashes(call: Call, verbs: ReadonlySet<string>, scope: Scope, ev: Evaluator): Input | undefined {
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

export function runRemoteTool(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  const { args } = call;
  const next = { ...inner(scope), remote: true, dir: '' };
  if (call.name === 'ansible' || call.name === 'salt') {
    const text = valueOf(args, '-a', '--args') ?? (call.name === 'salt' ? args.at(-1) : undefined);
    const module = valueOf(args, '-m', '--module-name')?.text ?? 'command';
    if (text && /^(?:ansible\.(?:builtin|legacy)\.)?(?:command|shell|raw|script|win_shell|win_command)$/.test(module))
      ev.runText(text.text.replace(/^cmd=/, ''), next);
    return undefined;
  }
  const text = valueOf(args, '-c', '--command', '-C', '--ssh-command', '--scripts');
  const remote =
    args.some((a) =>
      /^(?:ssh|run|exec|console|run:detached|execute-command|shell|enter|send-command|invoke|alloc)$/.test(a.text),
    ) || call.name === 'lxc-attach';
  if (!remote) return undefined;
  if (text) ev.runText(text.text, next);
  if (call.name === 'aws' && args.some((a) => a.text === 'send-command'))
    for (const command of sentCommands(valueOf(args, '--parameters')?.text ?? '')) ev.runText(command, next);
  const dashes = args.findIndex((a) => a.text === '--');
  if (dashes >= 0) ev.dispatch(args.slice(dashes + 1), next);
  else if (inHost.has(call.name)) {
    // `TOOL exec|shell|run [options] [NAME] CMD…`: where a name is expected is not always known, so both are tried.
    const verb = args.findIndex((a) => /^(?:exec|shell|run|enter)$/.test(a.text));
    const at = firstWord(args, set('-s -t -u -n --task --container --workspace-folder -e -c -j --job'), verb + 1);
    if (verb >= 0) {
      ev.runText(
        args
          .slice(at)
          .map((a) => a.text)
          .join(' '),
        next,
      );
      if (at + 1 < args.length) ev.dispatch(args.slice(at + 1), next);
    }
  } else if (call.name === 'heroku' || call.name === 'railway') {
    const at = firstWord(
      args,
      set('-a --app -r --remote -s --size -e --env'),
      args.findIndex((a) => a.text.startsWith('run')) + 1,
    );
    if (at < args.length)
      ev.runText(
        args
          .slice(at)
          .map((a) => a.text)
          .join(' '),
        next,
      );
  }
  return undefined;
}

const inHost = set(
  'adb devcontainer toolbox distrobox machinectl crictl nomad buildah lxc incus multipass limactl flatpak podman',
);

/** The commands in `--parameters commands=["…"]` or `{"commands":["…"]}` of SSM's Run Command. */
function sentCommands(parameters: string): string[] {
  const out: string[] = [];
  for (const m of parameters.slice(0, 20_000).matchAll(/"((?:[^"\\]|\\.){1,4000})"/g))
    if (m[1] !== 'commands') out.push(m[1]!.replace(/\\(.)/g, '$1'));
  if (out.length === 0) {
    const plain = /commands=(.*)$/s.exec(parameters)?.[1];
    if (plain !== undefined) out.push(plain.replace(/^\[|\]$/g, ''));
  }
  return out.slice(0, 64);
}
