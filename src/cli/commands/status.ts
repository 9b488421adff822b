/** `status`: what is active here, in a few lines. Reads only; what cannot be read is said, and never fails the command. */
import { stat } from 'node:fs/promises';
import { agentInstalls, inspectAgent } from '../../platform/agentConfig.ts';
import { openAttribution } from '../../platform/attribution.ts';
import { auditHead, readAudit } from '../../platform/auditLog.ts';
import { findRepository } from '../../platform/git.ts';
import { inspectHooks } from '../../platform/gitHooks.ts';
import { readKeys } from '../../platform/keys.ts';
import { loadPolicy } from '../../platform/policyFile.ts';
import { auditDir, type Repository } from '../../platform/state.ts';
import { stoppedNow } from '../../platform/stopSwitch.ts';
import { UsageError, type Command } from '../command.ts';

export const status: Command = {
  name: 'status',
  summary: 'say what is active: stop switch, policy, hooks, pending AI lines, audit log',
  usage: `usage: countersign status [--json]

One line per part: whether agents are stopped, the policy in force, git hooks and agent hooks, signing keys, lines by AI
and by nobody we saw that wait for a commit, and the audit log. 'countersign doctor' looks for what is wrong.
`,
  async run(args, io) {
    const json = args.includes('--json');
    const unknown = args.find((a) => a !== '--json');
    if (unknown !== undefined)
      throw new UsageError(`unknown argument '${shown(unknown)}'; see 'countersign status --help'`);
    const stopped = stoppedNow(io.env);
    const repo = await findRepository(io.cwd, io.env);
    const parts: Part[] = [
      {
        part: 'agents',
        text: stopped
          ? `STOPPED${stopped.by ? ` by ${stopped.by}` : ''}${stopped.at ? ` at ${stopped.at}` : ''}${stopped.reason ? `: ${stopped.reason}` : ''}; 'countersign resume' lets them go on`
          : 'not stopped',
        data: { stopped: stopped ?? null },
      },
    ];
    if (!repo) parts.push({ part: 'repository', text: `none around ${io.cwd}`, data: { root: null } });
    else {
      parts.push({ part: 'repository', text: repo.root, data: { root: repo.root } });
      for (const look of [policyPart, hooksPart, agentsPart, keysPart, pendingPart, auditPart]) {
        try {
          parts.push(await look(repo));
        } catch (error) {
          parts.push({
            part: look.name.replace('Part', ''),
            text: `cannot be read: ${(error as Error).message}`,
            data: { error: true },
          });
        }
      }
    }
    if (json) io.out(`${JSON.stringify(Object.fromEntries(parts.map((p) => [p.part, p.data])))}\n`);
    else for (const p of parts) io.out(`${`${p.part}:`.padEnd(13)}${shown(p.text)}\n`);
    return 0;
  },
};

interface Part {
  readonly part: string;
  readonly text: string;
  readonly data: Record<string, unknown>;
}

const shown = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '?');

async function policyPart(repo: Repository): Promise<Part> {
  const s = await loadPolicy(repo.root, { commonDir: repo.commonDir });
  const errors = s.problems.filter((p) => p.severity === 'error').length;
  const own = s.policy.protected.filter((e) => e.source !== 'builtin' && e.source !== 'default').length;
  const text = s.broken
    ? `BROKEN (${errors} error${errors === 1 ? '' : 's'}, see 'countersign policy validate'); ${s.usingLastGood ? 'the last good one' : 'the built-in default'} is in force`
    : s.policy.origin === 'none'
      ? 'none: soft built-in guard, no records in commits'
      : `${s.digest}, ${own} protected ${own === 1 ? 'entry' : 'entries'}, trailers ${s.policy.commit.trailers}${s.policy.origin === 'managed' || s.files.length > 1 ? `, from ${s.files.length} files` : ''}`;
  return {
    part: 'policy',
    text,
    data: {
      digest: s.digest,
      origin: s.policy.origin,
      broken: s.broken,
      usingLastGood: s.usingLastGood,
      files: s.files,
      trailers: s.policy.commit.trailers,
    },
  };
}

async function hooksPart(repo: Repository): Promise<Part> {
  const { hooks, manager } = await inspectHooks(repo);
  const active = hooks.filter((h) => h.state === 'active').map((h) => h.name);
  const text =
    active.length === hooks.length
      ? `all ${hooks.length} active${manager === undefined ? '' : `, beside ${manager}`}`
      : active.length === 0
        ? "not installed ('countersign install --git')"
        : `${active.length} of ${hooks.length} active: ${hooks.map((h) => `${h.name} ${h.state}`).join(', ')}`;
  return { part: 'git hooks', text, data: { hooks: hooks.map(({ name, state }) => ({ name, state })) } };
}

async function agentsPart(repo: Repository): Promise<Part> {
  const found: string[] = [];
  for (const install of agentInstalls) if ((await inspectAgent(repo, install)) === 'active') found.push(install.agent);
  return {
    part: 'agent hooks',
    text: found.length > 0 ? found.join(', ') : "none in this repository ('countersign install --agent NAME')",
    data: { active: found },
  };
}

async function keysPart(repo: Repository): Promise<Part> {
  const keys = Object.keys(await readKeys(repo));
  return { part: 'keys', text: keys.length > 0 ? keys.join(', ') : 'none', data: { keys } };
}

async function pendingPart(repo: Repository): Promise<Part> {
  const files = await openAttribution(repo).pending();
  let ai = 0;
  let unknown = 0;
  for (const { origins } of files)
    for (const run of origins) {
      if (run.origin?.origin === 'ai') ai += run.count;
      else if (run.origin?.origin === 'unknown') unknown += run.count;
    }
  const text =
    files.length === 0
      ? 'nothing waits for a commit'
      : `${ai} lines by AI and ${unknown} by nobody we saw, in ${files.length} file${files.length === 1 ? '' : 's'}`;
  return { part: 'pending', text, data: { files: files.length, ai, unknown } };
}

async function auditPart(repo: Repository): Promise<Part> {
  const dir = auditDir(repo);
  if (!(await stat(dir).catch(() => undefined))) return { part: 'audit log', text: 'not begun', data: { events: 0 } };
  let events = 0;
  let last: string | undefined;
  for await (const e of readAudit(dir, {}, { segments: 1 })) {
    events = e.seq;
    last = e.time;
  }
  const head = await auditHead(dir);
  return {
    part: 'audit log',
    text:
      events === 0
        ? 'empty'
        : `${events} events, last at ${last}, head ${head.slice(0, 16)} ('countersign audit verify' checks it)`,
    data: { events, last: last ?? null, head },
  };
}
