/**
 * `guard`: judges shell commands. Fails closed: a command that cannot be checked is asked about, and a batch line
 * that is no request gets an error line, never an "allow".
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { guardCommand } from '../../core/guard/index.ts';
import type { About, GuardInput, GuardVerdict } from '../../core/guard/index.ts';
import type { ReadText } from '../../core/ports.ts';
import type { Policy } from '../../core/policy/model.ts';
import { readInput, UsageError } from '../command.ts';
import type { Command, Io } from '../command.ts';

// For the agents' hook, which loads this bundle when there is a command to judge.
export { analyseCommand } from '../../core/guard/index.ts';
export { canonical } from '../../core/guard/places.ts';

const shells = ['posix', 'powershell', 'cmd'] as const;

export const guard: Command = {
  name: 'guard',
  summary: 'judge shell commands: allow, ask or deny',
  usage: `usage: countersign guard [--shell posix|powershell|cmd] [--agent ID] [--json] COMMAND
       countersign guard [--shell …] < COMMAND
       countersign guard --jsonl < REQUESTS

Says whether an agent may run a shell command. Nothing is executed.

  COMMAND        the command line as one argument (several are joined by spaces); none or "-": standard input
  --shell NAME   how to read it (default posix)
  --agent ID     apply the policy's agents.ID.commands
  --json         answer as one JSON object
  --jsonl        one request per line: {"id","command","cwd"?,"shell"?}
                 → {"id","decision","tier","category","rule","reason"}; a bad line gets {"id","error"}

exit codes: 0 allowed, 1 blocked (ask or deny), 2 misuse. With --jsonl: 0 when every line could be read.

examples:
  countersign guard 'rm -rf ~/'
  echo '{"id":1,"command":"git push --force"}' | countersign guard --jsonl`,
  async run(args, io) {
    let jsonl = false;
    let json = false;
    let agent: string | undefined;
    let shell: GuardInput['shell'];
    const words: string[] = [];
    for (let i = 0; i < args.length; i++) {
      const arg = args[i]!;
      if (arg === '--jsonl') jsonl = true;
      else if (arg === '--json') json = true;
      else if (arg === '--shell') shell = shellNamed(args[++i]);
      else if (arg.startsWith('--shell=')) shell = shellNamed(arg.slice(8));
      else if (arg === '--agent') agent = args[++i];
      else if (arg.startsWith('--agent=')) agent = arg.slice(8);
      else if (arg === '--') {
        words.push(...args.slice(i + 1));
        break;
      } else if (arg.startsWith('--') && words.length === 0)
        throw new UsageError(`unknown option '${arg}'; see 'countersign guard --help'`);
      else words.push(arg);
    }
    if (jsonl) return batch(io, shell, agent);
    const command =
      words.length === 0 || (words.length === 1 && words[0] === '-') ? await readInput(io, maxInput) : words.join(' ');
    const verdict = judge({ command, cwd: io.cwd, ...(shell ? { shell } : {}) }, await policyFor(io.cwd, agent), agent);
    if (json) io.out(`${JSON.stringify(verdict)}\n`);
    else if (verdict.decision === 'allow') io.out('allow\n');
    else io.out(`${verdict.decision}: ${verdict.reason} [${verdict.rule}, ${verdict.tier}]\n`);
    return verdict.decision === 'allow' ? 0 : 1;
  },
};

const maxInput = 64 * 1024 * 1024;

function shellNamed(name: string | undefined): (typeof shells)[number] {
  const found = shells.find((s) => s === name);
  if (!found) throw new UsageError(`--shell takes one of ${shells.join(', ')}, not '${name ?? ''}'`);
  return found;
}

async function batch(io: Io, shell: GuardInput['shell'], agent: string | undefined): Promise<number> {
  const policy = await policyFor(io.cwd, agent);
  const text = await readInput(io, maxInput);
  let bad = false;
  let from = 0;
  while (from < text.length) {
    const end = text.indexOf('\n', from);
    const line = text.slice(from, end < 0 ? text.length : end);
    from = end < 0 ? text.length : end + 1;
    if (line.trim() === '') continue;
    const answer = answerLine(line, io, shell, policy, agent);
    if ('error' in answer) bad = true;
    io.out(`${JSON.stringify(answer)}\n`);
  }
  return bad ? 1 : 0;
}

function answerLine(
  line: string,
  io: Io,
  shell: GuardInput['shell'],
  policy: Policy | undefined,
  agent: string | undefined,
): object {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch (error) {
    return { id: null, error: `not JSON: ${(error as Error).message}` };
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    return { id: null, error: 'a request is a JSON object' };
  const { id = null, command, cwd, shell: named } = request as Record<string, unknown>;
  if (typeof command !== 'string') return { id, error: '"command" must be a string' };
  if (cwd !== undefined && typeof cwd !== 'string') return { id, error: '"cwd" must be a string' };
  const chosen = named === undefined ? shell : shells.find((s) => s === named);
  if (named !== undefined && !chosen) return { id, error: `"shell" must be one of ${shells.join(', ')}` };
  const verdict = judge(
    { command, ...(cwd === undefined ? {} : { cwd }), ...(chosen ? { shell: chosen } : {}) },
    policy,
    agent,
    cwd === undefined ? undefined : io.cwd,
  );
  return { id, ...verdict };
}

function judge(
  input: GuardInput,
  policy: Policy | undefined,
  agent: string | undefined,
  readFrom: string | undefined = input.cwd,
): Omit<GuardVerdict, keyof About> {
  // What a verdict is about is for our own rules: the answer's keys are fixed.
  const {
    object: _object,
    manner: _manner,
    ...told
  } = guardCommand(input, {
    ...(policy ? { policy } : {}),
    ...(agent === undefined ? {} : { agent }),
    ...(readFrom === undefined ? {} : { readText: fileReader(input.cwd ?? readFrom) }),
  });
  return told;
}

/** Reads files a command refers to, relative to `cwd`: regular files up to 256 KiB, anything else is "not there". */
export function fileReader(cwd: string): ReadText {
  return (name) => {
    try {
      const file = path.resolve(cwd, name);
      const stat = fs.statSync(file);
      return stat.isFile() && stat.size <= 256 * 1024 ? fs.readFileSync(file, 'utf8') : undefined;
    } catch {
      return undefined;
    }
  };
}

/** The policy of the repository around `cwd`. It only speaks about commands of a named agent; else none is read. */
async function policyFor(cwd: string, agent: string | undefined): Promise<Policy | undefined> {
  if (agent === undefined) return undefined;
  const { loadPolicyNear } = await import('../../platform/agentSession.ts');
  return loadPolicyNear(cwd);
}
