/**
 * `hook <agent>`: one tool call of an agent, judged before and recorded after.
 *
 * Failure direction: closed for protected paths, destructive commands and while agents are stopped (also when a
 * payload that announces a tool call can't be read); open otherwise, so that a bug of ours never locks an agent out of
 * ordinary work. Answers well before any host's time-out.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { AgentAdapter, AgentDecision, AgentEvent, AgentFileEdit, AgentReply } from '../../core/agents/model.ts';
import { agentById, agents } from '../../core/agents/index.ts';
import { parsePayload } from '../../core/agents/payload.ts';
import type { AuditInput, AuditSubject } from '../../core/audit/model.ts';
import type { GuardAnalysis } from '../../core/guard/index.ts';
import type { LineOrigin, Tier } from '../../core/model.ts';
import { matchGlobs, toRepoPath } from '../../core/paths.ts';
import { defaultPolicy } from '../../core/policy/defaults.ts';
import { isProtectedHomePath } from '../../core/policy/defaults.ts';
import type { Policy } from '../../core/policy/model.ts';
import { verdictFor } from '../../core/policy/verdict.ts';
import { appendAuditNow } from '../../platform/auditLogNow.ts';
import { cachedPolicy } from '../../platform/policyCache.ts';
import { redact, redactCommand } from '../../core/secrets/redact.ts';
import {
  keepBefore,
  modelOfTranscript,
  pruneSessions,
  realTarget,
  recallSession,
  rememberSession,
  repositoryAt,
  takeBefore,
} from '../../platform/agentSession.ts';
import type { BeforeFile } from '../../platform/agentSession.ts';
import { sha256 } from '../../platform/crypto.ts';
import { auditDir, userDir } from '../../platform/state.ts';
import type { Repository } from '../../platform/state.ts';
import { stoppedNow } from '../../platform/stopSwitch.ts';
import { keepCode, requireCached } from '../codeCache.ts';
import { readInput, UsageError } from '../command.ts';
import type { Command, Io } from '../command.ts';

// A sibling bundle, loaded for commands: most calls are about files, and the guard is larger than all the rest.
let guardModule: typeof import('./guard.ts') | undefined;
const loadGuard = (): typeof import('./guard.ts') =>
  (guardModule ??= requireCached('guard.js', () => require('./guard.js') as unknown) as typeof import('./guard.ts'));

/** Hosts wait 5 s at the least (prompts), 600 s at the most. */
const deadlineMs = 4000;
const maxPayload = 64 * 1024 * 1024;
/** Larger texts are recorded as a whole-file change of unknown lines by the commit hook. */
const maxTextBytes = 8 * 1024 * 1024;

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

/** What is decided so far, for the deadline. */
interface Progress {
  event?: AgentEvent;
  decision?: AgentDecision;
}

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
    timer = setTimeout(() => {
      // Something hangs (a network disk, a lock). Nothing else may keep the process alive.
      setTimeout(() => process.exit(), 200).unref();
      resolve(adapter.reply(progress.event, progress.decision ?? lateDecision(progress.event)));
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
  const session = new HookCall(event, io);
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

const none: AgentDecision = { decision: 'none', reason: '' };

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

const auditPlace = (repository: Repository | undefined, env: NodeJS.ProcessEnv): string =>
  repository ? auditDir(repository) : path.join(userDir(env), 'audit');

/** The log never decides: a full disk must not lock an agent out, nor let it in. */
async function appendTo(dir: string, input: AuditInput): Promise<void> {
  try {
    if (appendAuditNow(dir, [input])) return;
    const { appendAudit } = await import('../../platform/auditLog.ts');
    await appendAudit(dir, [input]);
  } catch {
    // Reported by `doctor` and by `audit verify`.
  }
}

const nocase = process.platform === 'darwin' || process.platform === 'win32';
const windows = process.platform === 'win32';

interface Place {
  /** Absolute, links followed. */
  readonly file: string;
  readonly repository: Repository | undefined;
  /** In the repository: as written, and where it really lands. */
  readonly paths: readonly string[];
}

interface Judged {
  readonly decision: 'allow' | 'ask' | 'deny';
  readonly reason: string;
  readonly rule: string;
  readonly tier: Tier;
}

const fine: Judged = { decision: 'allow', reason: '', rule: '', tier: 'low' };

class HookCall {
  readonly event: AgentEvent;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly repository: Repository | undefined;
  private policyState: { policy: Policy; digest: string } | undefined;

  constructor(event: AgentEvent, io: Pick<Io, 'env' | 'cwd'>) {
    this.event = event;
    this.env = io.env;
    this.cwd = event.cwd !== undefined && path.isAbsolute(event.cwd) ? event.cwd : io.cwd;
    this.repository = repositoryAt(this.cwd);
  }

  async before(progress: Progress): Promise<void> {
    const { event } = this;
    let judged = fine;
    let subject: AuditSubject = {};
    const places = event.files.slice(0, 256).flatMap((f) => this.placesOf(f));
    if (places.length > 0) {
      subject = { path: this.shown(places[0]!) };
      // The built-in protection first: it needs no file to be read, so it also holds when the deadline strikes.
      for (const place of places) judged = stricter(judged, this.judge(place, defaultPolicy, event.action));
      progress.decision = judged.decision === 'allow' ? none : judged;
    }
    let analysis: GuardAnalysis | undefined;
    if (event.command !== undefined) {
      subject = { ...subject, command: redactCommand(event.command) };
      analysis = this.analyse(event.command, undefined);
      judged = stricter(judged, judgedOf(analysis));
      progress.decision = judged.decision === 'allow' ? none : judged;
    }
    if (places.length > 0 || analysis) {
      const { policy } = await this.policy(
        places[0]?.repository ?? this.repository,
        places.flatMap((p) => p.paths),
      );
      judged = fine;
      for (const place of places) {
        const own =
          place.repository?.root === (places[0]?.repository ?? this.repository)?.root
            ? policy
            : (await this.policy(place.repository, place.paths)).policy;
        judged = stricter(judged, this.judge(place, own, event.action));
      }
      if (event.command !== undefined) {
        if (policy.agents[event.agent]) analysis = this.analyse(event.command, policy);
        judged = stricter(judged, judgedOf(analysis));
        for (const write of analysis?.writes ?? []) {
          if (write.dynamic) continue;
          const where = loadGuard().canonical(write.path);
          const target =
            where.startsWith('~/') || path.isAbsolute(where) || write.dir === '' ? where : `${write.dir}/${where}`;
          for (const place of this.placesOf({ path: target, op: 'write' })) {
            const own = (await this.policy(place.repository, place.paths)).policy;
            judged = stricter(judged, this.judge(place, own, 'edit'));
          }
        }
      }
    }
    progress.decision =
      judged.decision === 'allow' ? none : { decision: judged.decision, reason: judged.reason, rule: judged.rule };
    if (judged.decision !== 'deny' && event.event === 'PreToolUse') {
      this.keep(places);
      if (analysis && !analysis.readsOnly && this.repository) {
        const { lookBefore } = await import('../../platform/shellSnapshot.ts');
        await lookBefore(this.repository, this.key());
      }
    }
    await this.audit(progress.decision, {
      subject: { ...subject, ...(judged.rule === '' ? {} : { rule: judged.rule, tier: judged.tier }) },
    });
  }

  async after(progress: Progress): Promise<void> {
    const { event } = this;
    const key = this.key();
    const places = event.files.flatMap((f) => this.placesOf(f));
    const recorded: string[] = [];
    if (event.action === 'edit' || (event.action === 'mcp' && places.length > 0)) {
      for (const [i, place] of places.entries()) {
        const name = place.paths.at(-1);
        if (!place.repository || name === undefined || name === '') continue;
        const before = takeBefore(place.repository, `${key}\0${place.file}`)?.[0]?.text;
        const after = readText(place.file);
        if (after === undefined) continue;
        const from = before === undefined ? undo(event.files[i], after) : before;
        if (from === after) continue;
        await this.record(place.repository, name, from, after);
        recorded.push(name);
      }
    }
    if (event.command !== undefined && this.repository) {
      const { lookAfter } = await import('../../platform/shellSnapshot.ts');
      let worst = fine;
      for (const change of await lookAfter(this.repository, key)) {
        await this.record(this.repository, change.path, change.before, change.after);
        recorded.push(change.path);
        const { policy } = await this.policy(this.repository, [change.path]);
        worst = stricter(
          worst,
          this.judge(
            { file: path.join(this.repository.root, change.path), repository: this.repository, paths: [change.path] },
            policy,
            'edit',
          ),
        );
      }
      // It has happened; the agent is told to take it back rather than to go on from it.
      if (worst.decision === 'deny')
        progress.decision = {
          decision: 'deny',
          rule: worst.rule,
          reason: `This command changed a protected file. ${worst.reason} Restore it now.`,
        };
    }
    await this.audit(progress.decision ?? none, {
      event: recorded.length > 0 ? 'edit' : 'agent.tool',
      subject: {
        ...(recorded[0] === undefined ? {} : { path: recorded[0], origin: 'ai', evidence: 'hook' }),
        ...(event.command === undefined ? {} : { command: redactCommand(event.command) }),
      },
    });
  }

  async sessionEvent(): Promise<void> {
    const { event, repository } = this;
    if (repository && event.session !== undefined) {
      if (event.event === 'SessionStart') {
        rememberSession(repository, {
          agent: event.agent,
          session: event.session,
          ...(event.model === undefined ? {} : { model: event.model }),
        });
        pruneSessions(repository, Date.now());
      }
    }
    await this.audit(none, { event: 'agent.session', reason: event.event });
  }

  /** A change of the agent's own settings in the running session: only an agent's own edit of a hook file is refused. */
  async configChanged(progress: Progress): Promise<void> {
    const off = this.event.files
      .map((f) => readText(path.resolve(this.cwd, f.path)))
      .find((t) => typeof t === 'string' && /"disableAllHooks"\s*:\s*true/.test(t));
    if (off !== undefined)
      progress.decision = {
        decision: 'deny',
        reason: 'This change switches off all hooks, and with them Countersign. A person can do it outside a session.',
        rule: 'hooks-off',
      };
    await this.audit(progress.decision ?? none, {
      event: progress.decision ? 'agent.denied' : 'agent.session',
      subject: this.event.files[0] ? { path: this.event.files[0].path } : {},
      reason: progress.decision?.reason ?? 'ConfigChange',
    });
  }

  // ---- judging ----------------------------------------------------------------------------------------------------

  private analyse(command: string, policy: Policy | undefined): GuardAnalysis {
    const { analyseCommand, fileReader } = loadGuard();
    return analyseCommand(
      { command, cwd: this.cwd, ...(this.event.shell ? { shell: this.event.shell } : {}) },
      { agent: this.event.agent, readText: fileReader(this.cwd), ...(policy ? { policy } : {}) },
    );
  }

  /** The places a path may mean: as written, and with backslashes as separators. */
  private placesOf(file: AgentFileEdit): Place[] {
    const out: Place[] = [];
    for (const given of [file.path, file.to]) {
      if (given === undefined || given.includes('\0')) continue;
      const forms = !windows && given.includes('\\') ? [given, given.replaceAll('\\', '/')] : [given];
      for (const form of forms) {
        const home = /^~(?=\/|$)/.test(form) ? os.homedir() + form.slice(1) : form;
        const lexical = path.resolve(this.cwd, home);
        let real = lexical;
        try {
          real = realTarget(lexical);
        } catch {
          // A loop of links cannot be written through either.
        }
        const repository = repositoryAt(path.dirname(real)) ?? repositoryAt(path.dirname(lexical));
        const paths: string[] = [];
        if (repository)
          for (const candidate of new Set([lexical, real])) {
            const name = toRepoPath(repository.root, candidate, { windows });
            if (name !== undefined) paths.push(name);
          }
        out.push({ file: real, repository, paths });
      }
    }
    return out;
  }

  private judge(place: Place, policy: Policy, action: AgentEvent['action']): Judged {
    if (action === 'read') return this.judgeRead(place);
    const outside = this.judgeOutside(place.file);
    if (outside.decision === 'deny') return outside;
    let worst = outside;
    const scope = Object.hasOwn(policy.agents, this.event.agent) ? policy.agents[this.event.agent]?.scope : undefined;
    if (
      scope &&
      !place.paths.some((p) => matchGlobs(scope, p, { nocase })) &&
      !(place.repository === undefined && inside(place.file, os.tmpdir()))
    )
      worst = {
        decision: 'deny',
        rule: 'scope',
        tier: 'high',
        reason: `${this.shown(place)} is outside what the policy lets ${this.event.agent} change (${scope.join(', ').slice(0, 200)}). Leave it, or ask a person to change the scope.`,
      };
    for (const name of place.paths) {
      const verdict = verdictFor(policy, name, { nocase });
      const entry = verdict.entries[0];
      if (!entry) continue;
      if (verdict.ai === 'prohibit')
        return {
          decision: 'deny',
          rule: 'protected-path',
          tier: verdict.tier,
          reason: `${name} is protected ("${entry.name}"): AI agents may not change it. Leave it, and tell the person what you would change and why.`,
        };
      if (verdict.ai === 'justify')
        worst = stricter(worst, {
          decision: 'ask',
          rule: 'protected-path',
          tier: verdict.tier,
          reason: `${name} is protected ("${entry.name}"): a person must agree, and will be asked for a justification when it is committed.`,
        });
    }
    return worst;
  }

  /** Files that belong to no repository: everybody's own, except what holds the guard in place. */
  private judgeOutside(file: string): Judged {
    const home = os.homedir();
    const below = inside(file, home) ? path.relative(home, file).split(path.sep).join('/') : undefined;
    const own =
      inside(file, userDir(this.env)) ||
      /[\\/]globalStorage[\\/]countersign\b/i.test(file) ||
      /^\/etc\/(?:countersign|claude-code)\//i.test(file) ||
      /\/Application Support\/(?:Countersign|ClaudeCode)\//i.test(file);
    if (own || (below !== undefined && isProtectedHomePath(below)))
      return {
        decision: 'deny',
        rule: 'self-protection',
        tier: 'critical',
        reason: `${file} holds an agent's hooks or settings or Countersign's own state: AI agents may not change it. Ask a person to do it.`,
      };
    return fine;
  }

  private judgeRead(place: Place): Judged {
    const { verdict } = loadGuard().analyseCommand({ command: `cat ${quote(place.file)}`, cwd: this.cwd });
    return verdict.category === 'secrets' ? judgedOf({ verdict, writes: [], readsOnly: true }) : fine;
  }

  private shown(place: Place): string {
    return place.paths.at(-1) ?? place.file;
  }

  /** `paths`: repository paths at stake, for nested policies. The YAML parser is loaded only after a change. */
  private async policy(
    repository: Repository | undefined,
    paths: readonly string[] = [],
  ): Promise<{ policy: Policy; digest: string }> {
    if (!repository) return { policy: defaultPolicy, digest: '' };
    const { root, commonDir } = repository;
    const state =
      cachedPolicy(root, commonDir, paths) ??
      (await (await import('../../platform/policyFile.ts')).loadPolicy(root, { commonDir, paths }));
    if (repository.root === this.repository?.root || !this.policyState) this.policyState = state;
    return state;
  }

  // ---- recording --------------------------------------------------------------------------------------------------

  private key(): string {
    const { event } = this;
    return `${event.session ?? ''}\0${event.toolUseId ?? sha256(`${event.tool ?? ''}\0${event.command ?? ''}`)}`;
  }

  /** Keeps the texts as they are now, for the comparison afterwards. Best effort: without it the lines are unknown. */
  private keep(places: readonly Place[]): void {
    try {
      for (const place of places) {
        if (!place.repository || place.paths.length === 0 || this.event.action === 'read') continue;
        const text = readText(place.file);
        if (text === undefined) continue;
        const file: BeforeFile = { path: place.paths.at(-1)!, text };
        keepBefore(place.repository, `${this.key()}\0${place.file}`, [file]);
      }
    } catch {
      // A read-only or full disk costs attribution, not the edit.
    }
  }

  private async record(
    repository: Repository,
    name: string,
    before: string | null,
    after: string | null,
  ): Promise<void> {
    const { openAttribution } = await import('../../platform/attribution.ts');
    await openAttribution(repository).record({ path: name, before, after, origin: this.origin(repository) });
  }

  private origin(repository: Repository): LineOrigin {
    const { event } = this;
    const model = this.model(repository);
    return {
      origin: 'ai',
      evidence: 'hook',
      agent: event.agent,
      ...(model === undefined ? {} : { model }),
      ...(event.session === undefined ? {} : { session: event.session }),
      at: new Date().toISOString(),
    };
  }

  private modelSeen: string | undefined;
  private model(repository: Repository): string | undefined {
    const { event } = this;
    this.modelSeen ??=
      event.model ??
      (event.transcript === undefined ? undefined : modelOfTranscript(event.transcript)) ??
      (event.session === undefined ? undefined : recallSession(repository, event.agent, event.session)?.model);
    return this.modelSeen;
  }

  async audit(
    decision: AgentDecision,
    extra: { readonly event?: AuditInput['event']; readonly subject?: AuditSubject; readonly reason?: string },
  ): Promise<void> {
    const { event, repository } = this;
    const state = this.policyState;
    const denied = decision.decision === 'deny';
    const reason = extra.reason ?? decision.reason;
    const transcript = state?.policy.audit.reasoning === 'off' ? undefined : transcriptOf(event, denied);
    await appendTo(auditPlace(repository, this.env), {
      event: denied ? 'agent.denied' : (extra.event ?? 'agent.tool'),
      actor: { kind: 'agent', id: event.agent },
      door: 'agent-hook',
      subject: {
        agent: event.agent,
        ...(event.session === undefined ? {} : { session: event.session }),
        ...(event.model === undefined ? {} : { model: event.model }),
        ...(event.tool === undefined ? {} : { tool: event.tool }),
        ...extra.subject,
        ...(transcript ? { transcript } : {}),
      },
      ...(event.phase === 'pre' || denied
        ? { decision: decision.decision === 'none' ? ('allow' as const) : decision.decision }
        : {}),
      ...(state && state.digest !== '' ? { policy: state.digest } : {}),
      ...(reason === '' ? {} : { reason: redact(reason).slice(0, 400) }),
    });
  }
}

function judgedOf(analysis: GuardAnalysis | undefined): Judged {
  const verdict = analysis?.verdict;
  if (!verdict || verdict.decision === 'allow') return fine;
  return { decision: verdict.decision, reason: verdict.reason, rule: verdict.rule, tier: verdict.tier };
}

const rank = { allow: 0, ask: 1, deny: 2 } as const;
const stricter = (a: Judged, b: Judged): Judged => (rank[b.decision] > rank[a.decision] ? b : a);

function inside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A file's text; `null` when there is none; `undefined` when it is no text we keep (binary, too large, unreadable). */
function readText(file: string): string | null | undefined {
  try {
    const stat = fs.statSync(file);
    if (!stat.isFile() || stat.size > maxTextBytes) return undefined;
    const bytes = fs.readFileSync(file);
    return bytes.includes(0) ? undefined : bytes.toString('utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : undefined;
  }
}

/** The text before an edit of which only the end is known (our call before it did not run): the edits taken back. */
function undo(edit: AgentFileEdit | undefined, after: string | null): string | null {
  if (after === null || !edit?.edits) return null;
  let text = after;
  for (const { oldText, newText, replaceAll } of [...edit.edits].reverse()) {
    if (newText === '') continue;
    text = replaceAll ? text.split(newText).join(oldText) : text.replace(newText, () => oldText);
  }
  return text;
}

/** Where the agent's reasoning can be found later. Hashing a long transcript on every call would cost more than the call. */
function transcriptOf(event: AgentEvent, always: boolean): AuditSubject['transcript'] {
  if (event.transcript === undefined) return undefined;
  const limit = always || event.phase === 'stop' || event.event === 'SessionEnd' ? 64 * 1024 * 1024 : 512 * 1024;
  try {
    const stat = fs.statSync(event.transcript);
    if (!stat.isFile() || stat.size > limit) return { path: event.transcript };
    return { path: event.transcript, sha256: sha256(fs.readFileSync(event.transcript)) };
  } catch {
    return { path: event.transcript };
  }
}
