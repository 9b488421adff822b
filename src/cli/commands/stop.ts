/** `stop`, `resume`: the kill switch. Stopping is one action for anybody; resuming needs a person at a terminal. */
import { createInterface } from 'node:readline/promises';
import * as os from 'node:os';
import { oneLine } from '../../core/plainText.ts';
import { appendAudit } from '../../platform/auditLog.ts';
import { repositoryAt } from '../../platform/agentSession.ts';
import { auditDir, userDir } from '../../platform/state.ts';
import { resumeAgents, stopAgents, stoppedNow } from '../../platform/stopSwitch.ts';
import { UsageError } from '../command.ts';
import type { Command, Io } from '../command.ts';
import type { AuditInput } from '../../core/audit/model.ts';
import * as path from 'node:path';

export const stop: Command = {
  name: 'stop',
  summary: 'stop all agents: every hook of this user denies until resumed',
  usage: `usage: countersign stop [--reason TEXT]

The kill switch. From now on every agent hook of this user, in every repository, denies every tool call and every
prompt, until a person runs 'countersign resume'. A tool that is running already is not ended.`,
  async run(args, io) {
    let reason = '';
    for (let i = 0; i < args.length; i++) {
      const arg = args[i]!;
      if (arg === '--reason') reason = args[++i] ?? '';
      else if (arg.startsWith('--reason=')) reason = arg.slice(9);
      else throw new UsageError(`unknown argument '${arg.slice(0, 40)}'; see 'countersign stop --help'`);
    }
    const before = stoppedNow(io.env);
    const by = userName();
    await stopAgents({ reason: oneLine(reason, 400), by, at: before?.at || new Date().toISOString() }, io.env);
    await log(io, 'stop', oneLine(reason, 400));
    io.out(`All agents are stopped${before ? ' (they already were)' : ''}. 'countersign resume' lets them go on.\n`);
    return 0;
  },
};

export const resume: Command = {
  name: 'resume',
  summary: 'let agents go on after a stop (asks a person)',
  usage: `usage: countersign resume

Takes back 'countersign stop'. Asks at the terminal, so an agent can't do it: it needs a terminal for input and output,
and refuses inside an agent's session.`,
  async run(args, io) {
    if (args.length > 0) throw new UsageError(`unknown argument '${args[0]!.slice(0, 40)}'; resume takes none`);
    const stopped = stoppedNow(io.env);
    if (!stopped) {
      io.out('Agents are not stopped.\n');
      return 0;
    }
    const agent = agentVariables.find((name) => io.env[name] !== undefined && io.env[name] !== '');
    if (agent !== undefined || !process.stdin.isTTY || !process.stdout.isTTY) {
      io.err(
        `countersign resume: needs a person at a terminal${agent === undefined ? '' : ` (this is an agent's session: ${agent} is set)`}; run it in a terminal of your own, or use "Countersign: Resume Agents" in the editor\n`,
      );
      return 1;
    }
    const code = String(Math.floor(1000 + Math.random() * 9000));
    const prompt = createInterface({ input: process.stdin, output: process.stdout });
    try {
      if (stopped.reason !== '') io.out(`Stopped${stopped.by === '' ? '' : ` by ${stopped.by}`}: ${stopped.reason}\n`);
      const typed = await prompt.question(
        `Type ${Array.from(code).join(' ')} without the spaces to let all agents go on: `,
      );
      if (typed.trim() !== code) {
        io.err('countersign resume: not confirmed; agents stay stopped\n');
        return 1;
      }
    } finally {
      prompt.close();
    }
    await resumeAgents(io.env);
    await log(io, 'resume', '');
    io.out('Agents may go on.\n');
    return 0;
  },
};

/** Set by agents in the shells they start. */
const agentVariables = [
  'CLAUDECODE',
  'CLAUDE_CODE_ENTRYPOINT',
  'CURSOR_AGENT',
  'CODEX_CLI',
  'GEMINI_CLI',
  'COPILOT_CLI',
  'AUGMENT_AGENT',
  'GROK_SESSION_ID',
  'PI_CODING_AGENT',
  'HERMES_SESSION_ID',
] as const;

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    // No entry in the user database (containers).
    return '';
  }
}

/** In the repository's log when there is one, and always in the user's. The log never keeps the switch from working. */
async function log(io: Io, event: 'stop' | 'resume', reason: string): Promise<void> {
  const input: AuditInput = {
    event,
    actor: { kind: 'human', id: userName() },
    door: 'cli',
    ...(reason === '' ? {} : { reason }),
  };
  const repository = repositoryAt(io.cwd);
  for (const dir of [path.join(userDir(io.env), 'audit'), ...(repository ? [auditDir(repository)] : [])])
    await appendAudit(dir, [input]).catch((error: unknown) =>
      io.err(`countersign: not logged: ${error instanceof Error ? error.message : String(error)}\n`),
    );
}
