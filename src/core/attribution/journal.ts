/**
 * The on-disk form of snapshots: JSON Lines, one record per line, described in docs/attribution.md.
 * A record is a delta to an earlier record of the same path, or full. Anything malformed is refused, never guessed.
 */
import type { LineOrigin, Origin, Evidence } from '../model.ts';
import { evidences } from '../model.ts';
import { diffLines } from '../hunks.ts';
import type { LineParts, LineState, Snapshot } from './model.ts';
import { compressLines, expandLines, isToken, lineCount } from './origins.ts';

/** First line of a journal. A file with another header is another version's and is set aside. */
export const journalFormat = 'countersign/attribution@1';

/** `[old start (0-based), lines taken out, tokens put in (concatenated)]`. */
type Delta = readonly [number, number, string];

export interface SnapshotRecord {
  readonly p: string;
  readonly k: string;
  /** Key of the record this one is a delta to; absent: full. */
  readonly b?: string;
  /** All tokens, concatenated. */
  readonly l?: string;
  readonly d?: readonly Delta[];
  /** Run lengths and indices into `s`; -1 = old. */
  readonly o: readonly (readonly [number, number])[];
  /** Deleted lines: token and index into `s`. */
  readonly x?: readonly (readonly [string, number])[];
  /** The same of lines that were new. */
  readonly g?: readonly (readonly [string, number])[];
  readonly s: readonly LineOrigin[];
  /** Hands in lines of several origins: indices into `s` in order of time, then cuts as `[by, of…]` by hand. */
  readonly h?: readonly (readonly [hands: readonly number[], cuts: readonly (readonly number[])[]])[];
  /** Those lines: number (0-based), index into `h`, then their spans as `LineParts` has them. */
  readonly m?: readonly (readonly number[])[];
  readonly t: string;
  /** Commit. */
  readonly c?: string;
}

const tokenLength = 28;
const origins: ReadonlySet<string> = new Set<Origin>(['human', 'ai', 'tool', 'unknown']);
/** Beyond these a line is known by its verdict alone: a record stays small, whatever is in it. */
const most = { hands: 32, spans: 400, lines: 2000 };

/** One line without its terminator. `base` makes it a delta where that is shorter. */
export function encodeSnapshot(snapshot: Snapshot, base?: Snapshot): string {
  const sources = table<LineOrigin>();
  const indexOf = (origin: LineOrigin | null): number => (origin === null ? -1 : sources.indexOf(origin));
  const o = snapshot.origins.map(({ count, origin }) => [count, indexOf(origin)] as const);
  const x = [...snapshot.deleted].map(([token, origin]) => [token, indexOf(origin)] as const);
  const g = [...(snapshot.gone ?? [])].map(([token, origin]) => [token, indexOf(origin)] as const);
  const hands = table<readonly [readonly number[], readonly (readonly number[])[]]>();
  const m: (readonly number[])[] = [];
  let at = 0;
  for (const { count, parts } of snapshot.origins) {
    if (parts && parts.hands.length <= most.hands && parts.spans.length <= most.spans && m.length < most.lines) {
      const cuts = parts.cuts.map(({ by, of }) => [by, ...of]);
      m.push([at, hands.indexOf([parts.hands.map(indexOf), cuts]), ...parts.spans]);
    }
    at += count;
  }
  const head = { p: snapshot.path, k: snapshot.key };
  const tail = {
    o,
    ...(x.length > 0 ? { x } : {}),
    ...(g.length > 0 ? { g } : {}),
    s: sources.list,
    ...(m.length > 0 ? { h: hands.list, m } : {}),
    t: snapshot.at,
    ...(snapshot.commit ? { c: snapshot.commit } : {}),
  };
  if (base && base.path === snapshot.path) {
    const d: Delta[] = diffLines(base.lines, snapshot.lines).map((h) => {
      const start = h.oldLines === 0 ? h.oldStart : h.oldStart - 1;
      const from = h.newLines === 0 ? h.newStart : h.newStart - 1;
      return [start, h.oldLines, snapshot.lines.slice(from, from + h.newLines).join('')];
    });
    const size = d.reduce((n, [, , tokens]) => n + tokens.length + 12, 0);
    if (size < snapshot.lines.length * tokenLength) return JSON.stringify({ ...head, b: base.key, d, ...tail });
  }
  return JSON.stringify({ ...head, l: snapshot.lines.join(''), ...tail });
}

/** Values by number, each once. */
function table<T>(): { readonly list: readonly T[]; indexOf(value: T): number } {
  const list: T[] = [];
  const numbers = new Map<T | string, number>();
  return {
    list,
    indexOf(value) {
      let at = numbers.get(value);
      if (at !== undefined) return at;
      const text = JSON.stringify(value);
      at = numbers.get(text);
      if (at === undefined) numbers.set(text, (at = list.push(value) - 1));
      numbers.set(value, at);
      return at;
    },
  };
}

/** The record on a line, checked; `undefined` when it is none. */
export function parseRecord(line: string): SnapshotRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const r = value as Partial<Record<keyof SnapshotRecord, unknown>>;
  const { p, k, b, l, d, o, s, h, m, t, c } = r;
  if (c !== undefined && typeof c !== 'string') return undefined;
  if (typeof p !== 'string' || !isKey(k) || typeof t !== 'string' || !Array.isArray(o) || !Array.isArray(s))
    return undefined;
  if (!s.every(isOrigin)) return undefined;
  const inSources = (i: unknown): boolean => Number.isInteger(i) && (i as number) >= -1 && (i as number) < s.length;
  if (!o.every((run) => isPair(run) && isCount(run[0]) && inSources(run[1]))) return undefined;
  for (const list of [r.x, r.g])
    if (
      list !== undefined &&
      !(Array.isArray(list) && list.every((e) => isPair(e) && isToken(e[0]) && inSources(e[1])))
    )
      return undefined;
  if (m !== undefined && !areMixed(m, h, inSources)) return undefined;
  if (b === undefined) return typeof l === 'string' && isTokens(l) ? (value as SnapshotRecord) : undefined;
  if (!isKey(b) || !Array.isArray(d)) return undefined;
  const fine = d.every(
    (e) =>
      Array.isArray(e) &&
      e.length === 3 &&
      isCount(e[0]) &&
      isCount(e[1]) &&
      typeof e[2] === 'string' &&
      isTokens(e[2]),
  );
  return fine ? (value as SnapshotRecord) : undefined;
}

/** A record and, for a delta, its base → the snapshot; `undefined` when they do not fit. */
export function toSnapshot(record: SnapshotRecord, base: Snapshot | undefined): Snapshot | undefined {
  let lines: string[];
  if (record.b === undefined) lines = cutTokens(record.l ?? '');
  else {
    if (!base || base.key !== record.b) return undefined;
    lines = [];
    let at = 0;
    for (const [start, count, tokens] of record.d ?? []) {
      if (start < at || start + count > base.lines.length) return undefined;
      while (at < start) lines.push(base.lines[at++] as string);
      for (const token of cutTokens(tokens)) lines.push(token);
      at += count;
    }
    while (at < base.lines.length) lines.push(base.lines[at++] as string);
  }
  const source = (i: number): LineOrigin | null => (i < 0 ? null : (record.s[i] as LineOrigin));
  let runs = record.o.map(([count, i]) => ({ count, origin: source(i) }));
  if (lineCount(runs) !== lines.length) return undefined;
  if (record.m) {
    const states: LineState[] = expandLines(runs);
    for (const [line = 0, template = 0, ...spans] of record.m) {
      const state = states[line];
      const [hands, cuts] = record.h?.[template] ?? [[], []];
      if (!state) return undefined;
      const parts: LineParts = {
        hands: hands.map(source),
        cuts: cuts.map(([by = 0, ...of]) => ({ by, of })),
        spans,
      };
      states[line] = { origin: state.origin, parts };
    }
    runs = [...compressLines(states)];
  }
  const toMap = (list: SnapshotRecord['x']): Map<string, LineOrigin> =>
    new Map((list ?? []).flatMap(([token, i]) => (i >= 0 ? [[token, record.s[i] as LineOrigin] as const] : [])));
  const gone = record.g === undefined ? {} : { gone: toMap(record.g) };
  const commit = record.c === undefined ? {} : { commit: record.c };
  return {
    path: record.p,
    key: record.k,
    lines,
    origins: runs,
    deleted: toMap(record.x),
    ...gone,
    at: record.t,
    ...commit,
  };
}

function cutTokens(tokens: string): string[] {
  const out: string[] = [];
  for (let i = 0; i < tokens.length; i += tokenLength) out.push(tokens.slice(i, i + tokenLength));
  return out;
}

const isTokens = (text: string): boolean => text.length % tokenLength === 0 && /^[0-9a-f]*$/.test(text);
const isKey = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
const isPair = (value: unknown): value is readonly [unknown, unknown] => Array.isArray(value) && value.length === 2;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** The lines of several origins, and the hands they name. */
function areMixed(lines: unknown, hands: unknown, inSources: (i: unknown) => boolean): boolean {
  if (!Array.isArray(lines) || !Array.isArray(hands)) return false;
  const counts: number[] = [];
  for (const entry of hands) {
    if (!isPair(entry)) return false;
    const [own, cuts] = entry;
    if (!Array.isArray(own) || own.length > most.hands || !own.every(inSources) || !Array.isArray(cuts)) return false;
    const isHand = (i: unknown): boolean => isCount(i) && i < own.length;
    if (!cuts.every((cut) => Array.isArray(cut) && cut.length > 1 && cut.every(isHand))) return false;
    counts.push(own.length);
  }
  return lines.every((entry) => {
    if (!Array.isArray(entry) || !entry.every(isCount) || entry.length % 2 !== 0) return false;
    const count = counts[entry[1] ?? -1];
    return count !== undefined && entry.every((n, i) => i < 3 || i % 2 === 0 || n < count);
  });
}

function isOrigin(value: unknown): value is LineOrigin {
  if (typeof value !== 'object' || value === null) return false;
  const o = value as Partial<Record<keyof LineOrigin, unknown>>;
  const text = (v: unknown): boolean => v === undefined || (typeof v === 'string' && v.length <= 300);
  return (
    origins.has(o.origin as string) &&
    evidences.includes(o.evidence as Evidence) &&
    (o.modified === undefined || typeof o.modified === 'boolean') &&
    (o.confidence === undefined || typeof o.confidence === 'number') &&
    text(o.agent) &&
    text(o.model) &&
    text(o.session) &&
    text(o.mark) &&
    text(o.writer) &&
    text(o.at)
  );
}
