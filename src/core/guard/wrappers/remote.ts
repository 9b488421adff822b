/** Programs that run a command elsewhere: other machines, containers, clusters, terminals. */
import type { Evaluator, Scope } from '../evaluate.ts';
import { unknownInput } from '../model.ts';
import type { Call, Field, Input } from '../model.ts';
import { firstWord, inner, set, valueOf } from './words.ts';

const sshValued = set('-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w -B');

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

export function runContainer(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
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
