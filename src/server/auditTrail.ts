/**
 * What the server tells the audit log: AI edits, gathered per document for a few seconds, and each finding once.
 * A log that can't be written costs a log line here, never an edit.
 */
import type { TextDocumentContentChangeEvent } from 'vscode-languageserver-textdocument';
import type { AuditInput } from '../core/audit/model.ts';
import type { LineOrigin } from '../core/model.ts';
import { appendAudit } from '../platform/auditLog.ts';
import { IgnoredFindings } from './ignored.ts';
import type { LiveFinding } from './judge.ts';
import type { Log, Root } from './workspace.ts';

const gatherMs = 3000;
const maxRanges = 50;
/** Findings remembered as already logged, over all roots. */
const maxLogged = 20_000;

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
  readonly #logged = new Set<string>();
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
      ranges.push([change.range.start.line, change.range.start.line + breaks(change.text)]);
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

  /** Findings of a judgement; each is logged the first time it is seen. */
  found(root: Root, path: string, findings: readonly LiveFinding[]): void {
    const fresh: AuditInput[] = [];
    for (const f of findings) {
      const key = `${root.dir}\n${IgnoredFindings.line(path, f.rule, f.lineText)}`;
      if (this.#logged.has(key)) continue;
      if (this.#logged.size >= maxLogged) this.#logged.clear();
      this.#logged.add(key);
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
    void this.append(root, fresh);
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
  const added = breaks(change.text);
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

const breaks = (text: string): number => text.split(/\r\n|\n|\r/).length - 1;
