/**
 * One tool call of an agent: judged before it happens, recorded after it. Failure directions are those of `hook`
 * (commands/hook.ts).
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { AgentDecision, AgentEvent, AgentFileEdit } from '../core/agents/model.ts';
import type { EditStep } from '../core/attribution/model.ts';
import type { AuditInput, AuditSubject } from '../core/audit/model.ts';
import type { GuardAnalysis } from '../core/guard/index.ts';
import type { LineOrigin } from '../core/model.ts';
import { defaultPolicy } from '../core/policy/defaults.ts';
import type { Policy } from '../core/policy/model.ts';
import { redact, redactCommand } from '../core/secrets/redact.ts';
import {
  keepBefore,
  modelOfTranscript,
  pruneSessions,
  recallSession,
  rememberSession,
  repositoryAt,
  takeBefore,
  type BeforeFile,
} from '../platform/agentSession.ts';
import { appendAuditNow } from '../platform/auditLogNow.ts';
import { sha256 } from '../platform/crypto.ts';
import { cachedPolicy } from '../platform/policyCache.ts';
import { auditDir, userDir, type Repository } from '../platform/state.ts';
import type { Io } from './command.ts';
import { fine, judgedOf, loadGuard, PlaceGuard, stricter, type Place } from './placeGuard.ts';

/** Larger texts are recorded as a whole-file change of unknown lines by the commit hook. */
const maxTextBytes = 8 * 1024 * 1024;

/** What is decided so far, for the deadline. */
export interface Progress {
  event?: AgentEvent;
  decision?: AgentDecision;
}

export const none: AgentDecision = { decision: 'none', reason: '' };

export class AgentCall {
  readonly event: AgentEvent;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly repository: Repository | undefined;
  readonly #guard: PlaceGuard;
  #policyState: { policy: Policy; digest: string } | undefined;

  constructor(event: AgentEvent, io: Pick<Io, 'env' | 'cwd'>) {
    this.event = event;
    this.env = io.env;
    this.cwd = event.cwd !== undefined && path.isAbsolute(event.cwd) ? event.cwd : io.cwd;
    this.repository = repositoryAt(this.cwd);
    this.#guard = new PlaceGuard(event, io.env, this.cwd);
  }

  async before(progress: Progress): Promise<void> {
    const { event } = this;
    let judged = fine;
    let subject: AuditSubject = {};
    const places = event.files.slice(0, 256).flatMap((f) => this.#guard.placesOf(f));
    if (places.length > 0) {
      subject = { path: this.#guard.shown(places[0]!) };
      // The built-in protection first: it needs no file to be read, so it also holds when the deadline strikes.
      for (const place of places) judged = stricter(judged, this.#guard.judge(place, defaultPolicy, event.action));
      progress.decision = judged.decision === 'allow' ? none : judged;
    }
    let analysis: GuardAnalysis | undefined;
    if (event.command !== undefined) {
      subject = { ...subject, command: redactCommand(event.command) };
      analysis = this.#guard.analyse(event.command, undefined);
      judged = stricter(judged, judgedOf(analysis));
      progress.decision = judged.decision === 'allow' ? none : judged;
    }
    if (places.length > 0 || analysis) {
      const { policy } = await this.#policy(
        places[0]?.repository ?? this.repository,
        places.flatMap((p) => p.paths),
      );
      judged = fine;
      for (const place of places) {
        const own =
          place.repository?.root === (places[0]?.repository ?? this.repository)?.root
            ? policy
            : (await this.#policy(place.repository, place.paths)).policy;
        judged = stricter(judged, this.#guard.judge(place, own, event.action));
      }
      if (event.command !== undefined) {
        if (policy.agents[event.agent]) analysis = this.#guard.analyse(event.command, policy);
        judged = stricter(judged, judgedOf(analysis));
        for (const write of analysis?.writes ?? []) {
          if (write.dynamic) continue;
          const where = loadGuard().canonical(write.path);
          const target =
            where.startsWith('~/') || path.isAbsolute(where) || write.dir === '' ? where : `${write.dir}/${where}`;
          for (const place of this.#guard.placesOf({ path: target, op: 'write' })) {
            const own = (await this.#policy(place.repository, place.paths)).policy;
            judged = stricter(judged, this.#guard.judge(place, own, 'edit'));
          }
        }
      }
    }
    progress.decision =
      judged.decision === 'allow' ? none : { decision: judged.decision, reason: judged.reason, rule: judged.rule };
    if (judged.decision !== 'deny' && event.event === 'PreToolUse') {
      this.#keep(places);
      if (analysis && !analysis.readsOnly && this.repository) {
        const { lookBefore } = await import('../platform/shellSnapshot.ts');
        await lookBefore(this.repository, this.#key());
      }
    }
    await this.audit(progress.decision, {
      subject: { ...subject, ...(judged.rule === '' ? {} : { rule: judged.rule, tier: judged.tier }) },
    });
  }

  async after(progress: Progress): Promise<void> {
    const { event } = this;
    const key = this.#key();
    const places = event.files.flatMap((f) => this.#guard.placesOf(f));
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
        await this.#record(place.repository, [{ path: name, before: from, after }]);
        recorded.push(name);
      }
    }
    if (event.command !== undefined && this.repository) {
      const { lookAfter } = await import('../platform/shellSnapshot.ts');
      let worst = fine;
      const changes = await lookAfter(this.repository, key);
      await this.#record(this.repository, changes);
      for (const change of changes) {
        recorded.push(change.path);
        const { policy } = await this.#policy(this.repository, [change.path]);
        worst = stricter(
          worst,
          this.#guard.judge(
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

  /** `paths`: repository paths at stake, for nested policies. The YAML parser is loaded only after a change. */
  async #policy(
    repository: Repository | undefined,
    paths: readonly string[] = [],
  ): Promise<{ policy: Policy; digest: string }> {
    if (!repository) return { policy: defaultPolicy, digest: '' };
    const { root, commonDir } = repository;
    const state =
      cachedPolicy(root, commonDir, paths) ??
      (await (await import('../platform/policyFile.ts')).loadPolicy(root, { commonDir, paths }));
    if (repository.root === this.repository?.root || !this.#policyState) this.#policyState = state;
    return state;
  }

  // ---- recording --------------------------------------------------------------------------------------------------

  #key(): string {
    const { event } = this;
    return `${event.session ?? ''}\0${event.toolUseId ?? sha256(`${event.tool ?? ''}\0${event.command ?? ''}`)}`;
  }

  /** Keeps the texts as they are now, for the comparison afterwards. Best effort: without it the lines are unknown. */
  #keep(places: readonly Place[]): void {
    try {
      for (const place of places) {
        if (!place.repository || place.paths.length === 0 || this.event.action === 'read') continue;
        const text = readText(place.file);
        if (text === undefined) continue;
        const file: BeforeFile = { path: place.paths.at(-1)!, text };
        keepBefore(place.repository, `${this.#key()}\0${place.file}`, [file]);
      }
    } catch {
      // A read-only or full disk costs attribution, not the edit.
    }
  }

  async #record(repository: Repository, changes: readonly Omit<EditStep, 'origin'>[]): Promise<void> {
    if (changes.length === 0) return;
    const { openAttribution } = await import('../platform/attribution.ts');
    const origin = this.#origin(repository);
    await openAttribution(repository).record(...changes.map((change) => ({ ...change, origin })));
  }

  #origin(repository: Repository): LineOrigin {
    const { event } = this;
    const model = this.#model(repository);
    return {
      origin: 'ai',
      evidence: 'hook',
      agent: event.agent,
      ...(model === undefined ? {} : { model }),
      ...(event.session === undefined ? {} : { session: event.session }),
      at: new Date().toISOString(),
    };
  }

  #modelSeen: string | undefined;
  #model(repository: Repository): string | undefined {
    const { event } = this;
    this.#modelSeen ??=
      event.model ??
      (event.transcript === undefined ? undefined : modelOfTranscript(event.transcript)) ??
      (event.session === undefined ? undefined : recallSession(repository, event.agent, event.session)?.model);
    return this.#modelSeen;
  }

  async audit(
    decision: AgentDecision,
    extra: { readonly event?: AuditInput['event']; readonly subject?: AuditSubject; readonly reason?: string },
  ): Promise<void> {
    const { event, repository } = this;
    const state = this.#policyState;
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

/** Where an agent's doings are logged: in the repository, else in the user's own state. */
export const auditPlace = (repository: Repository | undefined, env: NodeJS.ProcessEnv): string =>
  repository ? auditDir(repository) : path.join(userDir(env), 'audit');

/** The log never decides: a full disk must not lock an agent out, nor let it in. */
export async function appendTo(dir: string, input: AuditInput): Promise<void> {
  try {
    if (appendAuditNow(dir, [input])) return;
    const { appendAudit } = await import('../platform/auditLog.ts');
    await appendAudit(dir, [input]);
  } catch {
    // Reported by `doctor` and by `audit verify`.
  }
}
