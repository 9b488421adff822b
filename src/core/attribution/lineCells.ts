/**
 * What a line of a live text is made of: stretches of text by source, and what was taken out of it. And the one verdict on a
 * line of several origins.
 */
import type { LineOrigin, Origin } from '../model.ts';
import { type LineState, unseen } from './model.ts';
import { looseText, sameOrigin } from './origins.ts';

/** One change of the buffer; spans point at it, so that telling its origin once tells it for all its text. */
export class Edit {
  readonly version: number;
  /** Order of edits in this map. */
  readonly seq: number;
  /** `undefined` until `resolveEdit`. */
  origin: LineOrigin | undefined;
  /** The change took the buffer back to a text it had before, and it was an undo or redo: old origins return. */
  restores = false;
  constructor(version: number, seq: number) {
    this.version = version;
    this.seq = seq;
  }
}

export type Source = LineOrigin | null | Edit;

export interface Span {
  readonly length: number;
  readonly source: Source;
}

/** Text (more than white space) that was taken out of a line. */
export interface Cut {
  readonly by: Source;
  /** Whose text it was. */
  readonly of: readonly Source[];
}

/** A line with text of several origins. */
export class Mixed {
  readonly spans: readonly Span[];
  readonly cut: readonly Cut[];
  /** Kept once nothing in the line is pending any more: what is known of it can't change then. */
  state: LineState | undefined;
  constructor(spans: readonly Span[], cut: readonly Cut[]) {
    this.spans = spans;
    this.cut = cut;
  }
}

/** A line of an edit that may turn out to be an undo. */
export class Restorable {
  readonly edit: Edit;
  readonly plain: Cell;
  readonly restored: Cell;
  constructor(edit: Edit, plain: Cell, restored: Cell) {
    this.edit = edit;
    this.plain = plain;
    this.restored = restored;
  }
}

export type Cell = Source | Mixed | Restorable;

//#region Spans

export function commonEnds(a: string, b: string): { head: number; tail: number } {
  const max = Math.min(a.length, b.length);
  let head = 0;
  while (head < max && a.charCodeAt(head) === b.charCodeAt(head)) head++;
  let tail = 0;
  while (tail < max - head && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)) tail++;
  return { head, tail };
}

export const spansOf = (text: string, cell: Cell): readonly Span[] =>
  cell instanceof Mixed ? cell.spans : [{ length: text.length, source: cell as Source }];
export const cutOf = (cell: Cell): readonly Cut[] => (cell instanceof Mixed ? cell.cut : []);
export const cutsOf = (cells: readonly Cell[]): readonly Cut[] =>
  cells.flatMap(cutOf).reduce(addCut, [] as readonly Cut[]);

/** What an edit took out between the first `head` and the last `tail` characters; `undefined`: white space at most. */
export function cutOut(spans: readonly Span[], text: string, head: number, tail: number, by: Edit): Cut | undefined {
  const of = new Set<Source>();
  let at = head;
  for (const s of cutSpans(spans, head, text.length - tail)) {
    if (looseText(text.slice(at, at + s.length)) !== '') of.add(s.source);
    at += s.length;
  }
  return of.size === 0 ? undefined : { by, of: [...of] };
}

/** Cuts are joined where they say the same: many keystrokes of one person are one hand. */
export function addCut(cuts: readonly Cut[], cut: Cut): readonly Cut[] {
  const out = cuts.filter((c) => c !== cut);
  const same = out.findIndex(
    (c) => isSame(c.by, cut.by) && c.of.length === cut.of.length && c.of.every((o, i) => isSame(o, cut.of[i]!)),
  );
  if (same < 0) return [...out, cut];
  out[same] = { by: joined(out[same]!.by, cut.by), of: out[same]!.of };
  return out;
}

export function cutSpans(spans: readonly Span[], from: number, to: number): Span[] {
  const out: Span[] = [];
  let at = 0;
  for (const s of spans) {
    const length = Math.min(to, at + s.length) - Math.max(from, at);
    if (length > 0) out.push({ length, source: s.source });
    at += s.length;
    if (at >= to) break;
  }
  return out;
}

/** Spans over several lines joined by `glue`, which belongs to the line before it. */
export function flatten(lines: readonly string[], cells: readonly Cell[], glue = '\n'): Span[] {
  const out: Span[] = [];
  for (let i = 0; i < lines.length; i++) {
    const spans = spansOf(lines[i]!, cells[i]!);
    out.push(...spans);
    if (glue !== '' && i < lines.length - 1) out.push({ length: glue.length, source: spans.at(-1)?.source ?? null });
  }
  return out;
}

/** A line's cell with the white space taken out of its spans. */
export function looseCell(text: string, cell: Cell): Cell {
  if (!(cell instanceof Mixed)) return cell;
  let at = 0;
  const spans: Span[] = [];
  for (const s of cell.spans) {
    const length = looseText(text.slice(at, at + s.length)).length;
    at += s.length;
    if (length > 0) spans.push({ length, source: s.source });
  }
  return new Mixed(spans, cell.cut);
}

/** From spans over the visible characters of `line` to spans over all of it. */
export function widen(line: string, visible: readonly Span[], cut: readonly Cut[]): Cell {
  const spans: Span[] = [];
  let at = 0;
  for (let i = 0; i < visible.length; i++) {
    let left = visible[i]!.length;
    const start = at;
    while (at < line.length && left > 0) if (!isSpace(line, at++)) left--;
    if (i === visible.length - 1) at = line.length;
    spans.push({ length: at - start, source: visible[i]!.source });
  }
  return simplify(spans, cut);
}

const isSpace = (text: string, at: number): boolean => /\s/u.test(text.charAt(at));

/** Cuts spans over joined lines into one cell per line. */
export function toCells(
  lines: readonly string[],
  spans: readonly Span[],
  oldCells: readonly Cell[],
  cutOut: Cut | undefined,
  edit: Edit,
): Cell[] {
  let at = 0;
  return lines.map((line, i) => {
    const part = cutSpans(spans, at, at + line.length);
    at += line.length + 1;
    const own = part.some((s) => s.source !== edit);
    if (!own) return edit;
    const isFirst = i === 0;
    const isLast = i === lines.length - 1;
    let cut = cutsOf([...(isFirst ? [oldCells[0]!] : []), ...(isLast ? [oldCells.at(-1)!] : [])]);
    if (cutOut !== undefined && (isFirst || isLast)) cut = addCut(cut, cutOut);
    return simplify(part, cut);
  });
}

/** Joins equal neighbours; a line of one source without cuts needs no spans. */
export function simplify(spans: readonly Span[], cut: readonly Cut[]): Cell {
  const out: { length: number; source: Source }[] = [];
  for (const { length, source } of spans) {
    if (length === 0) continue;
    const last = out.at(-1);
    if (last && isSame(last.source, source)) {
      last.length += length;
      last.source = joined(last.source, source);
    } else out.push({ length, source });
  }
  if (out.length === 1 && cut.length === 0) return out[0]!.source;
  return new Mixed(out, cut);
}

/** Whether two sources say the same; the time of a keystroke does not count. */
export function isSame(a: Source, b: Source): boolean {
  if (a === b) return true;
  if ((a instanceof Edit && a.origin === undefined) || (b instanceof Edit && b.origin === undefined)) return false;
  const x = originOf(a);
  const y = originOf(b);
  if (x === null || y === null) return x === y;
  return sameOrigin({ ...x, at: '' }, { ...y, at: '' });
}

/** Of two sources that say the same: an AI's first, a person's last, so that "changed afterwards" stays true. */
const joined = (a: Source, b: Source): Source => {
  const [first, last] = seqOf(a) <= seqOf(b) ? [a, b] : [b, a];
  return originOf(a)?.origin === 'human' ? last : first;
};

export const seqOf = (source: Source): number => (source instanceof Edit ? source.seq : 0);

//#endregion
//#region Verdict on a line

export const originOf = (source: Cell): LineOrigin | null =>
  source instanceof Edit ? (source.origin ?? unseen) : (source as LineOrigin | null);

export const isPending = (cell: Mixed): boolean => {
  const waits = (s: Source): boolean => s instanceof Edit && s.origin === undefined;
  return cell.spans.some((s) => waits(s.source)) || cell.cut.some((c) => waits(c.by) || c.of.some(waits));
};

/** One verdict for a line of several origins: AI before unknown before human before tool. */
export function judge(cell: Mixed, text: string): LineOrigin | null {
  const sources: Source[] = [];
  let at = 0;
  for (const s of cell.spans) {
    if (looseText(text.slice(at, at + s.length)) !== '') sources.push(s.source);
    at += s.length;
  }
  for (const { by, of } of cell.cut) {
    // Taking out one's own text again is no change of the line.
    const who = originOf(by)?.origin;
    if (of.some((o) => originOf(o)?.origin !== who)) sources.push(by);
  }
  const of = (origin: Origin): Source[] => sources.filter((s) => originOf(s)?.origin === origin);
  const [ai] = of('ai');
  if (ai !== undefined) {
    const first = Math.min(...of('ai').map(seqOf));
    const isModified = of('human').some((s) => seqOf(s) > first);
    const origin = originOf(ai) as LineOrigin;
    return isModified && !origin.modified ? { ...origin, modified: true } : origin;
  }
  // A key pressed in a line that somebody only called their own doesn't make it more so.
  const isSaid = (s: Source): boolean => originOf(s)?.mark !== undefined;
  const [other] = [
    ...of('unknown'),
    ...of('human').toSorted((a, b) => Number(isSaid(b)) - Number(isSaid(a))),
    ...of('tool'),
  ];
  return other === undefined ? null : originOf(other);
}

//#endregion
