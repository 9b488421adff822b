/**
 * `hook <agent>`: one tool call of an agent, judged before and recorded after.
 *
 * Failure direction: closed for protected paths, destructive commands and while agents are stopped (also when a
 * payload that announces a tool call can't be read); open otherwise, so that a bug of ours never locks an agent out of
 * ordinary work. Answers well before any host's time-out.
 */
import type { AgentAdapter, AgentDecision, AgentEvent, AgentReply } from '../../core/agents/model.ts';
import { agentById, agents } from '../../core/agents/index.ts';
import { parsePayload } from '../../core/agents/payload.ts';
import { defaultPolicy } from '../../core/policy/defaults.ts';
import { verdictFor } from '../../core/policy/verdict.ts';
import { redact } from '../../core/secrets/redact.ts';
import { repositoryAt } from '../../platform/agentSession.ts';
import { stoppedNow } from '../../platform/stopSwitch.ts';
import { AgentCall, appendTo, auditPlace, none, type Progress } from '../agentCall.ts';
import { keepCode } from '../codeCache.ts';
import { readInput, UsageError } from '../command.ts';
import type { Command, Io } from '../command.ts';

/** Hosts wait 5 s at the least (prompts), 600 s at the most; after a deed 10 s. */
const deadlineMs = 4000;
/** After the deed nothing is left to decide, and lines that are not noted in time are unknown for good. */
const moreAfterDeedMs = 4000;
const maxPayload = 64 * 1024 * 1024;
export const hook: Command = {
  name: 'hook',
  summary: "answer an agent's hook call (stdin and stdout in the agent's own protocol)",
  usage: `usage: countersign hook AGENT < PAYLOAD

Called by an AI coding agent before and after each tool call. Reads one payload, answers in the agent's own words.
Agents: ${agents.map((a) => a.id).join(', ')}.

Denies edits of paths the policy prohibits and commands that destroy; asks where the policy wants a justification;
records which lines the agent wrote. While agents are stopped ('countersign stop') everything is denied.

'countersign install --agent ${agents[0]?.id ?? 'AGENT'}' registers it.`,
  async run(args, io) {
    const id = args.find((a) => !a.startsWith('-'));
    if (id === undefined) throw new UsageError(`which agent? one of ${agents.map((a) => a.id).join(', ')}`);
    const adapter = agentById(id);
    if (!adapter)
      throw new UsageError(`unknown agent '${id.slice(0, 40)}'; one of ${agents.map((a) => a.id).join(', ')}`);
    const reply = await answerWithin(adapter, await readInput(io, maxPayload), io, deadlineMs);
    if (reply.stdout !== '') io.out(reply.stdout);
    if (reply.stderr !== '') io.err(reply.stderr);
    keepCode();
    return reply.exitCode;
  },
};

/** Answers a payload; after `limitMs` with what is known by then. Exported for tests. */
export async function answerWithin(
  adapter: AgentAdapter,
  source: string,
  io: Pick<Io, 'env' | 'cwd'>,
  limitMs: number,
): Promise<AgentReply> {
  const progress: Progress = {};
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<AgentReply>((resolve) => {
    const giveUp = (): void => {
      // Something hangs (a network disk, a lock). Nothing else may keep the process alive.
      setTimeout(() => process.exit(), 200).unref();
      resolve(adapter.reply(progress.event, progress.decision ?? lateDecision(progress.event)));
    };
    timer = setTimeout(() => {
      if (progress.event?.phase === 'post') timer = setTimeout(giveUp, moreAfterDeedMs);
      else giveUp();
    }, limitMs);
  });
  try {
    return await Promise.race([late, answer(adapter, source, io, progress)]);
  } catch (error) {
    const reason = `Countersign failed (${redact(error instanceof Error ? error.message : String(error)).slice(0, 200)})`;
    return adapter.reply(progress.event, progress.decision ?? lastResort(progress.event, reason));
  } finally {
    clearTimeout(timer);
  }
}

/** Our own failure before a decision: what guards the guard stays closed, by the text of the path alone; commands are asked about. */
function lastResort(event: AgentEvent | undefined, reason: string): AgentDecision {
  const guarded = event?.phase === 'pre' && event.files.some((f) => f.op !== 'read' && builtinGuards(f.path));
  if (guarded)
    return { decision: 'deny', reason: `${reason}, and this path is protected. Ask a person.`, rule: 'protected-path' };
  return { decision: event?.phase === 'pre' && event.command !== undefined ? 'ask' : 'none', reason };
}

const builtinGuards = (file: string): boolean =>
  verdictFor(defaultPolicy, file.replaceAll('\\', '/').replace(/^(?:[A-Za-z]:)?\/+/, '')).ai === 'prohibit';

const lateDecision = (event: AgentEvent | undefined): AgentDecision => ({
  decision: event?.phase === 'pre' && (event.action === 'edit' || event.action === 'shell') ? 'ask' : 'none',
  reason: 'Countersign could not check this in time; a person should look at it.',
});

async function answer(
  adapter: AgentAdapter,
  source: string,
  io: Pick<Io, 'env' | 'cwd'>,
  progress: Progress,
): Promise<AgentReply> {
  const stopped = stoppedNow(io.env);
  const parsed = parse(adapter, source);
  if ('error' in parsed) return unreadable(adapter, parsed.error, source, stopped !== undefined, io);
  const event = parsed;
  progress.event = event;
  const session = new AgentCall(event, io);
  if (stopped) {
    const reason = `All agents are stopped by a person${stopped.reason === '' ? '' : `: ${redact(stopped.reason).slice(0, 200)}`}. Nothing may be done until a person resumes them.`;
    progress.decision = { decision: 'deny', reason, rule: 'stopped' };
    await session.audit(progress.decision, {});
    return adapter.reply(event, progress.decision);
  }
  switch (event.phase) {
    case 'pre':
      await session.before(progress);
      break;
    case 'post':
      await session.after(progress);
      break;
    case 'session':
      await session.sessionEvent();
      break;
    case 'config':
      await session.configChanged(progress);
      break;
    default:
      if (event.event === 'Stop' || event.event === 'SubagentStop')
        await session.audit(none, { event: 'agent.session' });
  }
  return adapter.reply(event, progress.decision ?? none);
}

function parse(adapter: AgentAdapter, source: string): AgentEvent | { readonly error: string } {
  if (source.trim() === '') return { error: 'empty input' };
  try {
    return adapter.parse(parsePayload(source));
  } catch (error) {
    return { error: `not JSON: ${error instanceof Error ? error.message.slice(0, 80) : 'unreadable'}` };
  }
}

async function unreadable(
  adapter: AgentAdapter,
  error: string,
  source: string,
  stopped: boolean,
  io: Pick<Io, 'env' | 'cwd'>,
): Promise<AgentReply> {
  // A tool call we cannot read may be anything; what announces none has nothing to lose.
  const closed = stopped || /pre_?tool_?use|beforeShell|BeforeTool|preToolUse/i.test(source.slice(0, 1_000_000));
  const reason = stopped
    ? 'All agents are stopped by a person.'
    : `Countersign could not read this hook call (${error}), so it is denied. Check that the hook is installed for the right agent: countersign doctor.`;
  await appendTo(auditPlace(repositoryAt(io.cwd), io.env), {
    event: 'error',
    actor: { kind: 'agent', id: adapter.id },
    door: 'agent-hook',
    reason: `unreadable hook payload: ${redact(error)}`,
    ...(closed ? { decision: 'deny' as const } : {}),
  });
  if (!closed)
    return {
      stdout: '',
      stderr: `countersign: hook call not understood (${error}); nothing was checked\n`,
      exitCode: 0,
    };
  return adapter.reply(undefined, { decision: 'deny', reason });
}
