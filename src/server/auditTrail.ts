/**
 * What the server tells the audit log: AI edits, gathered per document for a few seconds, and each finding once.
 * A log that can't be written costs a log line here, never an edit.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { TextDocumentContentChangeEvent } from 'vscode-languageserver-textdocument';
import type { AuditInput } from '../core/audit/model.ts';
import type { LineOrigin } from '../core/model.ts';
import { appendAudit } from '../platform/auditLog.ts';
import { IgnoredFindings } from './ignored.ts';
import type { LiveFinding } from './judge.ts';
import { countBreaks } from './text.ts';
import type { Log } from './log.ts';
import type { Root } from './workspace.ts';

const gatherMs = 3000;
const maxRanges = 50;
const maxLoggedBytes = 1024 * 1024;

type Lines = [number, number];

interface Batch {
  readonly root: Root;
  readonly path: string;
  readonly origin: LineOrigin;
  ranges: Lines[];
}

export class AuditTrail {
  readonly #log: Log;
  /** Lines (0-based, inclusive) that versions changed and nobody has explained yet, by document. */
  readonly #changed = new Map<string, Map<number, Lines[]>>();
  /** By document and origin. */
  readonly #batches = new Map<string, Map<string, Batch>>();
  readonly #logged = new Map<Root, Promise<LoggedFindings>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** A version changed these lines. */
  changed(uri: string, version: number, changes: readonly TextDocumentContentChangeEvent[], lineCount: number): void {
    let ranges: Lines[] = [];
    for (const change of changes) {
      if (!('range' in change)) {
        ranges = [[0, Math.max(0, lineCount - 1)]];
        continue;
      }
      ranges = shiftRanges(ranges, change);
      ranges.push([change.range.start.line, change.range.start.line + countBreaks(change.text)]);
    }
    let versions = this.#changed.get(uri);
    if (!versions) this.#changed.set(uri, (versions = new Map()));
    versions.set(version, mergeRanges(ranges));
    if (versions.size > 500) versions.delete(versions.keys().next().value as number);
  }

  /** Moves what is remembered of a document along with its next change. */
  shift(uri: string, changes: readonly TextDocumentContentChangeEvent[]): void {
    for (const change of changes) {
      for (const [version, ranges] of this.#changed.get(uri) ?? [])
        this.#changed.get(uri)?.set(version, shiftRanges(ranges, change));
      for (const batch of this.#batches.get(uri)?.values() ?? []) batch.ranges = shiftRanges(batch.ranges, change);
    }
  }

  /** The change to a version turned out to be an AI's. */
  edited(uri: string, version: number, path: string, root: Root, origin: LineOrigin): void {
    const ranges = this.#changed.get(uri)?.get(version) ?? [];
    this.#changed.get(uri)?.delete(version);
    let batches = this.#batches.get(uri);
    if (!batches) this.#batches.set(uri, (batches = new Map()));
    const key = [origin.agent, origin.model, origin.session, origin.evidence].join('\n');
    const batch = batches.get(key);
    if (batch) batch.ranges = mergeRanges([...batch.ranges, ...ranges]);
    else batches.set(key, { root, path, origin, ranges });
    this.#timer ??= setTimeout(() => void this.flush(), gatherMs);
    this.#timer.unref();
  }

  /** Findings of a judgement; each is logged the first time it is seen, also over restarts and windows. */
  async found(root: Root, path: string, findings: readonly LiveFinding[]): Promise<void> {
    if (findings.length === 0 || root.auditDir === undefined) return;
    let logged = this.#logged.get(root);
    if (!logged) this.#logged.set(root, (logged = LoggedFindings.open(root.stateDir)));
    const keys = findings.map((f) => IgnoredFindings.line(path, f.rule, f.lineText));
    const news = await (await logged).add(keys);
    const fresh: AuditInput[] = [];
    for (const f of findings) {
      if (!news.delete(IgnoredFindings.line(path, f.rule, f.lineText))) continue;
      fresh.push({
        event: 'finding',
        actor: actorOf(f.origin),
        door: 'server',
        subject: {
          path,
          lines: [[f.line, f.endLine]],
          rule: f.rule,
          tier: f.tier,
          origin: f.origin.origin,
          evidence: f.origin.evidence,
          ...agentOf(f.origin),
        },
        ...(f.decision !== undefined && { decision: f.decision }),
        policy: root.policy.digest,
        reason: f.message,
      });
    }
    await this.append(root, fresh);
  }

  /** Appends at once. True when the log has it. */
  async append(root: Root, inputs: readonly AuditInput[]): Promise<boolean> {
    if (root.auditDir === undefined || inputs.length === 0) return false;
    try {
      await appendAudit(root.auditDir, inputs);
      return true;
    } catch (error) {
      this.#log('warn', `audit log of ${root.dir}: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const byRoot = new Map<Root, AuditInput[]>();
    for (const batches of this.#batches.values())
      for (const { root, path, origin, ranges } of batches.values()) {
        const inputs = byRoot.get(root) ?? [];
        byRoot.set(root, inputs);
        inputs.push({
          event: 'edit',
          actor: actorOf(origin),
          door: 'server',
          subject: {
            path,
            lines: ranges.slice(0, maxRanges).map(([a, b]) => [a + 1, b + 1] as const),
            origin: origin.origin,
            evidence: origin.evidence,
            ...agentOf(origin),
          },
          policy: root.policy.digest,
        });
      }
    this.#batches.clear();
    await Promise.all([...byRoot].map(([root, inputs]) => this.append(root, inputs)));
  }

  forget(uri: string): void {
    this.#changed.delete(uri);
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }
}

/** Keys of findings that the log has, one per line, in our state folder. Losing the file logs a finding twice. */
class LoggedFindings {
  readonly #file: string | undefined;
  #keys = new Set<string>();
  #size = 0;

  private constructor(file: string | undefined) {
    this.#file = file;
  }

  static async open(dir: string | undefined): Promise<LoggedFindings> {
    const logged = new LoggedFindings(dir === undefined ? undefined : path.join(dir, 'findings-logged'));
    await logged.#read();
    return logged;
  }

  /** Of these keys those that are new; they are kept. */
  async add(keys: readonly string[]): Promise<Set<string>> {
    let news = new Set(keys.filter((k) => !this.#keys.has(k)));
    if (news.size === 0) return news;
    // Another window may have been first.
    await this.#read();
    news = new Set([...news].filter((k) => !this.#keys.has(k)));
    for (const key of news) this.#keys.add(key);
    if (this.#file === undefined || news.size === 0) return news;
    try {
      await fs.mkdir(path.dirname(this.#file), { recursive: true, mode: 0o700 });
      const text = `${[...news].join('\n')}\n`;
      if (this.#size > maxLoggedBytes) await fs.rm(this.#file, { force: true });
      await fs.appendFile(this.#file, text, { mode: 0o600 });
    } catch {
      // Remembered in memory only.
    }
    return news;
  }

  async #read(): Promise<void> {
    if (this.#file === undefined) return;
    try {
      const { size } = await fs.stat(this.#file);
      if (size === this.#size || size > 2 * maxLoggedBytes) return;
      this.#size = size;
      for (const key of (await fs.readFile(this.#file, 'utf8')).split('\n')) if (key !== '') this.#keys.add(key);
    } catch {
      // None yet.
    }
  }
}

const agentOf = (o: LineOrigin) => ({
  ...(o.agent !== undefined && { agent: o.agent }),
  ...(o.model !== undefined && { model: o.model }),
  ...(o.session !== undefined && { session: o.session }),
});

function actorOf(origin: LineOrigin): AuditInput['actor'] {
  if (origin.origin === 'ai') return { kind: 'agent', id: origin.agent ?? 'unknown' };
  if (origin.origin === 'human') return { kind: 'human', id: 'editor' };
  return { kind: origin.origin === 'tool' ? 'tool' : 'countersign', id: origin.agent ?? 'unknown' };
}

function shiftRanges(ranges: readonly Lines[], change: TextDocumentContentChangeEvent): Lines[] {
  if (!('range' in change)) return [...ranges];
  const { start, end } = change.range;
  const added = countBreaks(change.text);
  const delta = added - (end.line - start.line);
  if (delta === 0) return [...ranges];
  const move = (line: number): number =>
    line > end.line ? line + delta : line > start.line ? Math.min(line, start.line + added) : line;
  return ranges.map(([a, b]) => [move(a), Math.max(move(a), move(b))]);
}

function mergeRanges(ranges: readonly Lines[]): Lines[] {
  const out: Lines[] = [];
  for (const [a, b] of [...ranges].sort((x, y) => x[0] - y[0])) {
    const last = out.at(-1);
    if (last && a <= last[1] + 1) last[1] = Math.max(last[1], b);
    else out.push([a, b]);
  }
  return out;
}
