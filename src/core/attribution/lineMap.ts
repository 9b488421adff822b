/**
 * Origins of a live editor buffer. Every change is applied at once and its new text is *pending* until somebody tells
 * how the change came to be (`resolveEdit`, some milliseconds later); a pending line counts as unknown.
 *
 * Lines with text of several origins keep spans and are judged by line: AI text left in a line makes it AI, a person's
 * hand in it makes it "AI, modified"; what only moves white space changes no origin.
 */
import type { LineOrigin, Origin, Position } from '../model.ts';
import { diffLines } from '../hunks.ts';
import { unseen, type LineOrigins, type LineParts, type LineState, type OriginCounts } from './model.ts';
import { compressLines, countOrigins, expandLines, looseText, sameOrigin } from './origins.ts';

/** As in LSP: no `range` = the whole text. */
export interface ContentChange {
  readonly range?: { readonly start: Position; readonly end: Position };
  readonly text: string;
}

/** A stretch of one line (0-based UTF-16 columns, end exclusive) and its origin. */
export interface OriginSpan {
  readonly start: number;
  readonly end: number;
  readonly origin: LineOrigin | null;
}

/** One change of the buffer; spans point at it, so that telling its origin once tells it for all its text. */
class Edit {
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

type Source = LineOrigin | null | Edit;

interface Span {
  readonly length: number;
  readonly source: Source;
}

/** Text (more than white space) that was taken out of a line. */
interface Cut {
  readonly by: Source;
  /** Whose text it was. */
  readonly of: readonly Source[];
}

/** A line with text of several origins. */
class Mixed {
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
class Restorable {
  readonly edit: Edit;
  readonly plain: Cell;
  readonly restored: Cell;
  constructor(edit: Edit, plain: Cell, restored: Cell) {
    this.edit = edit;
    this.plain = plain;
    this.restored = restored;
  }
}

type Cell = Source | Mixed | Restorable;

/** The inverse of one splice, for undo. */
interface Inverse {
  readonly first: number;
  readonly added: number;
  readonly lines: readonly string[];
  readonly cells: readonly Cell[];
}

/** The text is again what it was at state number `since`: an undo, perhaps. */
interface Offer {
  readonly edit: Edit;
  readonly since: number;
}

interface PastState {
  readonly print: string;
  /** Some line is the edit's as a whole. */
  hasNew: boolean;
  readonly inverses: Inverse[];
}

export interface LineMapOptions {
  /** Lines kept for undo over all past states. */
  readonly historyLines?: number;
  /** Edits that may wait for their origin at one time; older ones stay unknown. */
  readonly pendingEdits?: number;
}

/** Causes that make text come back rather than into being; see `EditCause`. */
const returning: ReadonlySet<string> = new Set(['undo', 'redo', 'revert', 'vcs', 'external']);
/** Causes that put text in as a whole: lines that were taken out here a moment ago were moved. */
const moving: ReadonlySet<string> = new Set(['paste', 'rearrange']);
/** Edits between cut and paste, and lines that they took out. */
const movedWithin = { edits: 20, lines: 5000 };
const maxHistoryStates = 2000;
const maxDeleted = 5000;
/** Beyond this a single line is not compared by characters. */
const maxBlockPairs = 2500;

export class LineMap {
  #lines: string[];
  #cells: Cell[];
  readonly #pending = new Map<number, Edit>();
  readonly #deleted = new Map<string, Source>();
  #history: PastState[] = [];
  /** States that were dropped from the front of `#history`. */
  #forgotten = 0;
  /** Fingerprint of a text → number of the newest state that had it. */
  #states = new Map<string, number>();
  #offer: Offer | undefined;
  #historyLines = 0;
  #seq = 0;
  readonly #maxHistoryLines: number;
  readonly #maxPending: number;
  // Fingerprint of the text: sums over the lines and over neighbouring pairs, so that an edit costs only its own lines.
  #sum1 = 0;
  #sum2 = 0;

  /** `origins` has one entry per line of `splitLines(text)`; lines it does not cover are old (`null`). */
  constructor(text: string, origins: LineOrigins = [], options: LineMapOptions = {}) {
    this.#maxHistoryLines = options.historyLines ?? 200_000;
    this.#maxPending = options.pendingEdits ?? 5000;
    this.#lines = editorLines(text);
    this.#cells = this.#cellsOf(origins);
    this.#addPrints(0, this.#lines.length, 1);
  }

  /** Number of lines as git counts them: a final line terminator opens no further line. */
  get lineCount(): number {
    return this.#lines.at(-1) === '' ? this.#lines.length - 1 : this.#lines.length;
  }

  /** The lines as `splitLines` gives them. */
  lines(): readonly string[] {
    return this.#lines.slice(0, this.lineCount);
  }

  /**
   * Applies the content changes of one document version, one after the other as LSP sends them. Positions out of range
   * are clamped. With `origin` the edit is resolved at once.
   */
  apply(version: number, changes: readonly ContentChange[], origin?: LineOrigin): void {
    const edit = new Edit(version, ++this.#seq);
    edit.origin = origin;
    // Another edit comes before the last one was told: from here on the way back could not be found any more.
    if (this.#offer) this.#restore(this.#offer);
    this.#offer = undefined;
    const past: PastState = { print: this.#print(), hasNew: false, inverses: [] };
    for (const change of changes) {
      if (change.range) this.#replaceRange(change.range.start, change.range.end, change.text, edit, past);
      else this.#splice(0, this.#lines.length, editorLines(change.text), edit, past, false);
    }
    if (past.inverses.length === 0) return;
    if (past.hasNew) this.#carryMoved(edit, [past]);
    this.#remember(past, edit);
    if (origin !== undefined) {
      this.#offer = undefined;
      return;
    }
    this.#pending.set(version, edit);
    if (this.#pending.size > this.#maxPending) {
      const [oldest] = this.#pending.keys();
      this.#forgetPending(oldest as number);
    }
  }

  /**
   * Tells how the change to `version` came to be. A cause that brings text back (undo, redo, revert, git, a reload)
   * makes nobody its author: lines of a text that the buffer had before get their former origin, others are unknown.
   * False when the version is not pending (unknown, too old or already told).
   */
  resolveEdit(version: number, origin: LineOrigin, cause?: string): boolean {
    const edit = this.#pending.get(version);
    if (!edit) return false;
    this.#pending.delete(version);
    edit.restores = cause !== undefined && returning.has(cause);
    // Of a change from outside only who may have made it is kept.
    edit.origin = edit.restores
      ? origin.writer === undefined
        ? unseen
        : { ...unseen, writer: origin.writer }
      : origin;
    if (this.#offer?.edit === edit) {
      if (edit.restores) this.#restore(this.#offer);
      this.#offer = undefined;
    }
    if (cause !== undefined && moving.has(cause)) this.#carryMoved(edit, this.#history.slice(-movedWithin.edits));
    return true;
  }

  /** Versions that still wait for their origin. */
  get pendingVersions(): readonly number[] {
    return [...this.#pending.keys()];
  }

  /** A person's word on lines `start`..`end` (0-based, inclusive), or a better origin found elsewhere. */
  mark(start: number, end: number, origin: LineOrigin | null): void {
    for (let i = Math.max(0, start); i <= end && i < this.#cells.length; i++) this.#cells[i] = origin;
  }

  /** Replaces the origins of all lines, e.g. after a commit or a reload. The text stays. */
  setOrigins(origins: LineOrigins): void {
    this.#cells = this.#cellsOf(origins);
    this.#history = [];
    this.#historyLines = 0;
    this.#forgotten = 0;
    this.#states = new Map();
    this.#offer = undefined;
  }

  /** Origins of the lines as `splitLines` counts them. Pending lines are unknown. */
  toOrigins(): LineOrigins {
    const count = this.lineCount;
    const states: LineState[] = Array.from({ length: count });
    let state: LineState | undefined;
    for (let i = 0; i < count; i++) {
      const cell = this.#cells[i];
      if (i === 0 || cell !== this.#cells[i - 1] || cell instanceof Mixed) state = this.#stateAt(i);
      states[i] = state as LineState;
    }
    return compressLines(states);
  }

  /** The origin of one line, 0-based. */
  originAt(line: number): LineOrigin | null {
    return line >= 0 && line < this.#cells.length ? this.#stateAt(line).origin : null;
  }

  /** What a line is made of; one span when it has one origin. */
  spansAt(line: number): readonly OriginSpan[] {
    const text = this.#lines[line];
    const cell = this.#settled(line);
    if (text === undefined || cell === undefined) return [];
    if (!(cell instanceof Mixed)) return [{ start: 0, end: text.length, origin: originOf(cell) }];
    let start = 0;
    return cell.spans.map((s) => ({ start, end: (start += s.length), origin: originOf(s.source) }));
  }

  summary(): OriginCounts & { readonly pending: number } {
    return { ...countOrigins(this.toOrigins()), pending: this.#pending.size };
  }

  /** Who last deleted or replaced a line (by text) that was there before we looked. */
  deletions(): ReadonlyMap<string, LineOrigin> {
    return new Map([...this.#deleted].map(([line, source]) => [line, originOf(source) ?? unseen]));
  }

  //#region Applying

  #replaceRange(start: Position, end: Position, text: string, edit: Edit, past: PastState): void {
    const last = this.#lines.length - 1;
    const from = clamp(start.line, 0, last);
    const to = clamp(end.line, from, last);
    const head = start.line > last ? this.#line(from) : this.#line(from).slice(0, start.character);
    const tail = end.line > last ? '' : this.#line(to).slice(end.character);
    const lines = editorLines(text);
    lines[0] = head + (lines[0] ?? '');
    lines[lines.length - 1] += tail;
    this.#splice(from, to - from + 1, lines, edit, past, true, head === '');
  }

  /** Replaces `count` lines from `first` on. `exact`: the ends of the block are where the edit really was. */
  #splice(
    first: number,
    count: number,
    next: string[],
    edit: Edit,
    past: PastState,
    exact: boolean,
    atLineStart = false,
  ): void {
    let from = first;
    let oldEnd = first + count;
    let newStart = 0;
    let newEnd = next.length;
    const trimStart = (): void => {
      while (from < oldEnd && newStart < newEnd && this.#lines[from] === next[newStart]) {
        from++;
        newStart++;
      }
    };
    // Among equal lines, the one at which the edit happened is the new one.
    if (!atLineStart) trimStart();
    while (oldEnd > from && newEnd > newStart && this.#lines[oldEnd - 1] === next[newEnd - 1]) {
      oldEnd--;
      newEnd--;
    }
    trimStart();
    if (from === oldEnd && newStart === newEnd) return;
    const oldLines = this.#lines.slice(from, oldEnd);
    const oldCells = Array.from({ length: oldEnd - from }, (_, i) => this.#settled(from + i) as Cell);
    const newLines = newStart === 0 && newEnd === next.length ? next : next.slice(newStart, newEnd);
    const newCells = blockCells(oldLines, oldCells, newLines, edit, exact);
    // A line that nobody saw coming may be committed by now.
    for (const [i, cell] of oldCells.entries())
      if (cell === null || (!(cell instanceof Mixed) && originOf(cell)?.origin === 'unknown'))
        this.#noteDeleted(oldLines[i] as string, edit);
    past.hasNew ||= newCells.includes(edit);
    this.#replace(from, oldLines.length, newLines, newCells);
    past.inverses.push({ first: from, added: newLines.length, lines: oldLines, cells: oldCells });
  }

  #replace(first: number, count: number, lines: readonly string[], cells: readonly Cell[]): void {
    this.#addPrints(first, count, -1);
    spliceIn(this.#lines, first, count, lines);
    spliceIn(this.#cells, first, count, cells);
    this.#addPrints(first, lines.length, 1);
  }

  /**
   * Whoever moves a line did not write it. Lines that an edit put in whole and that were taken out before, word for word,
   * keep what was known of them. Lines without letters (`}`) move with a neighbour only.
   */
  #carryMoved(edit: Edit, states: readonly PastState[]): void {
    const taken: { readonly line: string; readonly cell: Cell }[] = [];
    const places = new Map<string, number[]>();
    // Of cuts of the same text the last one.
    for (const { inverses } of states.toReversed())
      for (const { lines, cells } of inverses) {
        if (taken.length + lines.length > movedWithin.lines) break;
        for (let i = 0; i < lines.length; i++) {
          const line = lines[i]!;
          // An old line that is moved is the mover's change: the text before it has no such line there.
          const cell = cells[i]!;
          if (cell !== null && cell !== edit && isTelling(line)) {
            const there = places.get(line);
            if (there) there.push(taken.length);
            else places.set(line, [taken.length]);
          }
          taken.push({ line, cell });
        }
        taken.push({ line: '\n', cell: null });
      }
    if (places.size === 0) return;
    const used = new Set<number>();
    const take = (at: number, from: number): boolean => {
      const source = taken[from];
      if (!source || used.has(from) || source.cell === null || source.cell === edit) return false;
      if (this.#cells[at] !== edit || this.#lines[at] !== source.line) return false;
      used.add(from);
      this.#cells[at] = source.cell;
      return true;
    };
    let previous = -1;
    for (let i = 0; i < this.#cells.length; i++) {
      if (this.#cells[i] !== edit) continue;
      const there = places.get(this.#line(i)) ?? [];
      const from = there.includes(previous + 1) ? previous + 1 : there.find((place) => !used.has(place));
      if (from === undefined || !take(i, from)) continue;
      for (let n = 1; take(i - n, from - n); n++);
      previous = from;
      while (take(i + 1, previous + 1)) {
        i++;
        previous++;
      }
    }
  }

  #noteDeleted(line: string, source: Source): void {
    this.#deleted.delete(line);
    this.#deleted.set(line, source);
    if (this.#deleted.size > maxDeleted) {
      const [oldest] = this.#deleted.keys();
      this.#deleted.delete(oldest as string);
    }
  }

  #forgetPending(version: number): void {
    const edit = this.#pending.get(version);
    if (edit) edit.origin = unseen;
    this.#pending.delete(version);
  }

  //#endregion
  //#region Undo

  /** Gives the lines that changed since an earlier state with the same text their cells of then. */
  #restore({ edit, since }: Offer): void {
    const lines = this.#lines.slice();
    const cells = this.#cells.slice();
    for (let i = this.#history.length - 1; i >= since - this.#forgotten; i--) {
      const { inverses } = this.#history[i] as PastState;
      for (let k = inverses.length - 1; k >= 0; k--) {
        const inverse = inverses[k] as Inverse;
        spliceIn(lines, inverse.first, inverse.added, inverse.lines);
        spliceIn(cells, inverse.first, inverse.added, inverse.cells);
      }
    }
    // The fingerprint is no proof: another text may share it.
    if (lines.length !== this.#lines.length || lines.some((line, i) => line !== this.#lines[i])) return;
    for (let i = 0; i < cells.length; i++) {
      const plain = this.#cells[i] as Cell;
      const restored = cells[i] as Cell;
      if (plain !== restored) this.#cells[i] = edit.restores ? restored : new Restorable(edit, plain, restored);
    }
  }

  /** Keeps the way back, and notes when the text is again what it was at an earlier time. */
  #remember(past: PastState, edit: Edit): void {
    this.#states.set(past.print, this.#forgotten + this.#history.length);
    this.#history.push(past);
    this.#historyLines += sizeOf(past);
    const print = this.#print();
    const since = this.#states.get(print);
    if (since !== undefined && since >= this.#forgotten && print !== past.print) this.#offer = { edit, since };
    if (this.#history.length <= maxHistoryStates && this.#historyLines <= this.#maxHistoryLines) return;
    // Half of it in one go, so that the cost per edit stays constant.
    let drop = Math.max(0, this.#history.length - Math.floor(maxHistoryStates / 2));
    for (let i = 0; i < drop; i++) this.#historyLines -= sizeOf(this.#history[i]);
    while (drop < this.#history.length && this.#historyLines > this.#maxHistoryLines / 2)
      this.#historyLines -= sizeOf(this.#history[drop++]);
    this.#history = this.#history.slice(drop);
    this.#forgotten += drop;
    this.#states = new Map(this.#history.map((state, i) => [state.print, this.#forgotten + i]));
    if (this.#offer && this.#offer.since < this.#forgotten) this.#offer = undefined;
  }

  #print(): string {
    return `${this.#lines.length}:${this.#sum1}:${this.#sum2}`;
  }

  /** Adds (or takes out) what lines `first`..`first+count` and their borders contribute to the fingerprint. */
  #addPrints(first: number, count: number, sign: 1 | -1): void {
    // Borders: the pair before the first line up to the pair after the last one.
    let previous = first > 0 ? lineHash32(this.#line(first - 1)) : 0x51ed27;
    const end = Math.min(first + count, this.#lines.length - 1);
    for (let i = first; i <= end; i++) {
      const hash = lineHash32(this.#line(i));
      this.#sum1 = (this.#sum1 + sign * Math.imul(previous ^ 0x9e3779b9, hash | 1)) | 0;
      this.#sum2 = (this.#sum2 + sign * Math.imul(Math.imul(previous, 31) + hash, 0x85ebca6b)) | 0;
      previous = hash;
    }
  }

  //#endregion
  //#region Judging

  #line(index: number): string {
    return this.#lines[index] as string;
  }

  /** The cell of a line with what has been told since worked in. */
  #settled(index: number): Cell | undefined {
    let cell = this.#cells[index];
    while (cell instanceof Restorable) {
      // Not yet told, but the text is back to the letter: the former origin is the better guess.
      cell = cell.edit.restores || cell.edit.origin === undefined ? cell.restored : cell.plain;
    }
    return cell;
  }

  #cellsOf(origins: LineOrigins): Cell[] {
    const known = expandLines(origins);
    return this.#lines.map((line, i) => cellOf(line, known[i]));
  }

  #stateAt(index: number): LineState {
    let cell = this.#cells[index] as Cell;
    while (cell instanceof Restorable) {
      if (cell.edit.origin === undefined) return { origin: unseen };
      cell = this.#cells[index] = cell.edit.restores ? cell.restored : cell.plain;
    }
    if (cell instanceof Mixed) {
      if (cell.state !== undefined) return cell.state;
      const text = this.#line(index);
      const parts = partsOf(cell, text);
      const state: LineState = { origin: judge(cell, text), ...(parts && { parts }) };
      if (!isPending(cell)) cell.state = state;
      return state;
    }
    return { origin: originOf(cell) };
  }

  //#endregion
}

//#region Cells of changed lines

/** The cells of the lines that replace `oldLines`. */
function blockCells(
  oldLines: readonly string[],
  oldCells: readonly Cell[],
  newLines: readonly string[],
  edit: Edit,
  exact: boolean,
): Cell[] {
  const n = oldLines.length;
  const m = newLines.length;
  if (n === 0) return Array.from({ length: m }, () => edit);
  if (m === 0) return [];
  if (n === 1 && m === 1) return [lineCell(oldLines[0]!, oldCells[0]!, newLines[0]!, edit, exact)];
  if (looseText(oldLines.join('')) === looseText(newLines.join(''))) return reflow(oldLines, oldCells, newLines, edit);
  if (exact) return edgeCells(oldLines, oldCells, newLines, edit);
  const cells: Cell[] = [];
  let at = 0;
  for (const hunk of diffLines(oldLines, newLines)) {
    const oldStart = hunk.oldLines === 0 ? hunk.oldStart : hunk.oldStart - 1;
    const newStart = hunk.newLines === 0 ? hunk.newStart : hunk.newStart - 1;
    while (at < oldStart) cells.push(oldCells[at++]!);
    const o = oldLines.slice(oldStart, oldStart + hunk.oldLines);
    const c = oldCells.slice(oldStart, oldStart + hunk.oldLines);
    cells.push(...hunkCells(o, c, newLines.slice(newStart, newStart + hunk.newLines), edit));
    at = oldStart + hunk.oldLines;
  }
  while (at < n) cells.push(oldCells[at++]!);
  return cells;
}

/** A hunk of a diff: new lines are paired, in order, with the old lines they resemble; the rest is new. */
function hunkCells(
  oldLines: readonly string[],
  oldCells: readonly Cell[],
  newLines: readonly string[],
  edit: Edit,
): Cell[] {
  const n = oldLines.length;
  const m = newLines.length;
  if (n === 0) return Array.from({ length: m }, () => edit);
  if (m === 0) return [];
  if (looseText(oldLines.join('')) === looseText(newLines.join(''))) return reflow(oldLines, oldCells, newLines, edit);
  if (n === m) return newLines.map((line, i) => lineCell(oldLines[i]!, oldCells[i]!, line, edit, false));
  if (n * m > maxBlockPairs) return Array.from({ length: m }, () => edit);
  // Longest common subsequence, weighted by likeness: few lines, so quadratic is cheap.
  const score = Array.from({ length: n + 1 }, () => new Float64Array(m + 1));
  const alike = oldLines.map((o) => newLines.map((l) => likeness(o, l)));
  const best = (i: number, j: number): number => score[i]?.[j] ?? 0;
  const pair = (i: number, j: number): number => alike[i]?.[j] ?? 0;
  for (let i = n - 1; i >= 0; i--)
    for (let j = m - 1; j >= 0; j--)
      score[i]![j] = Math.max(best(i + 1, j), best(i, j + 1), best(i + 1, j + 1) + pair(i, j));
  const cells: Cell[] = [];
  let i = 0;
  for (let j = 0; j < m; j++) {
    // Old lines without a partner are gone.
    while (i < n && best(i, j) === best(i + 1, j) && best(i, j) > best(i, j + 1)) i++;
    const paired = i < n && pair(i, j) > 0 && best(i, j) === best(i + 1, j + 1) + pair(i, j);
    cells.push(paired ? lineCell(oldLines[i]!, oldCells[i]!, newLines[j]!, edit, false) : edit);
    if (paired) i++;
  }
  return cells;
}

/** How much of two lines is the same at their ends, 0 (too little to be the same line) to 1. */
function likeness(a: string, b: string): number {
  const { head, tail } = commonEnds(a, b);
  const kept = looseText(a.slice(0, head)).length + looseText(tail === 0 ? '' : a.slice(-tail)).length;
  const whole = Math.max(looseText(a).length, looseText(b).length);
  return whole > 0 && kept * 2 >= whole ? kept / whole : 0;
}

/** Several lines whose outer ends stay: the middle is the edit's. */
function edgeCells(
  oldLines: readonly string[],
  oldCells: readonly Cell[],
  newLines: readonly string[],
  edit: Edit,
): Cell[] {
  const oldText = oldLines.join('\n');
  const newText = newLines.join('\n');
  const { head, tail } = commonEnds(oldText, newText);
  const flatOld = flatten(oldLines, oldCells);
  const kept = newText.length - head - tail;
  const spans = [
    ...cutSpans(flatOld, 0, head),
    { length: kept, source: edit },
    ...cutSpans(flatOld, oldText.length - tail, oldText.length),
  ];
  // Only the first and the last line hold old text; what they lost inside the cut is the edit's doing.
  return toCells(newLines, spans, oldCells, cutOut(flatOld, oldText, head, tail, edit), edit);
}

/** White space was moved, lines were broken or joined: every visible character keeps its origin. */
function reflow(
  oldLines: readonly string[],
  oldCells: readonly Cell[],
  newLines: readonly string[],
  edit: Edit,
): Cell[] {
  if (oldLines.length === newLines.length && oldLines.every((o, i) => looseText(o) === looseText(newLines[i]!)))
    return newLines.map((line, i) => lineCell(oldLines[i]!, oldCells[i]!, line, edit, true));
  const visible = flatten(
    oldLines.map((line) => looseText(line)),
    oldLines.map((line, i) => looseCell(line, oldCells[i]!)),
    '',
  );
  const cells: Cell[] = [];
  let at = 0;
  for (const line of newLines) {
    const size = looseText(line).length;
    if (size === 0) {
      cells.push(edit);
      continue;
    }
    const part = cutSpans(visible, at, at + size);
    at += size;
    cells.push(widen(line, part, cutsOf(oldCells)));
  }
  return cells;
}

/** The cell of a line that was changed in place. */
function lineCell(oldText: string, oldCell: Cell, newText: string, edit: Edit, exact: boolean): Cell {
  if (oldText === newText) return oldCell;
  const oldLoose = looseText(oldText);
  const newLoose = looseText(newText);
  if (oldLoose === newLoose) {
    if (!(oldCell instanceof Mixed)) return oldCell;
    return widen(newText, cutSpans((looseCell(oldText, oldCell) as Mixed).spans, 0, newLoose.length), oldCell.cut);
  }
  if (oldLoose === '' || newLoose === '') return edit;
  const { head, tail } = commonEnds(oldText, newText);
  const kept = looseText(newText.slice(0, head)).length + looseText(newText.slice(newText.length - tail)).length;
  if (kept === 0) return edit;
  // In a diff without positions, a few equal characters at the ends (`}`, `;`) are no sign of the same line.
  if (!exact && kept * 3 < Math.max(oldLoose.length, newLoose.length)) return edit;
  const spans = spansOf(oldText, oldCell);
  const cut = cutOut(spans, oldText, head, tail, edit);
  return simplify(
    [
      ...cutSpans(spans, 0, head),
      { length: newText.length - head - tail, source: edit },
      ...cutSpans(spans, oldText.length - tail, oldText.length),
    ],
    cut ? addCut(cutOf(oldCell), cut) : cutOf(oldCell),
  );
}

//#endregion
//#region Spans

function commonEnds(a: string, b: string): { head: number; tail: number } {
  const max = Math.min(a.length, b.length);
  let head = 0;
  while (head < max && a.charCodeAt(head) === b.charCodeAt(head)) head++;
  let tail = 0;
  while (tail < max - head && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)) tail++;
  return { head, tail };
}

const spansOf = (text: string, cell: Cell): readonly Span[] =>
  cell instanceof Mixed ? cell.spans : [{ length: text.length, source: cell as Source }];
const cutOf = (cell: Cell): readonly Cut[] => (cell instanceof Mixed ? cell.cut : []);
const cutsOf = (cells: readonly Cell[]): readonly Cut[] => cells.flatMap(cutOf).reduce(addCut, [] as readonly Cut[]);

/** What an edit took out between the first `head` and the last `tail` characters; `undefined`: white space at most. */
function cutOut(spans: readonly Span[], text: string, head: number, tail: number, by: Edit): Cut | undefined {
  const of = new Set<Source>();
  let at = head;
  for (const s of cutSpans(spans, head, text.length - tail)) {
    if (looseText(text.slice(at, at + s.length)) !== '') of.add(s.source);
    at += s.length;
  }
  return of.size === 0 ? undefined : { by, of: [...of] };
}

/** Cuts are joined where they say the same: many keystrokes of one person are one hand. */
function addCut(cuts: readonly Cut[], cut: Cut): readonly Cut[] {
  const out = cuts.filter((c) => c !== cut);
  const same = out.findIndex(
    (c) => isSame(c.by, cut.by) && c.of.length === cut.of.length && c.of.every((o, i) => isSame(o, cut.of[i]!)),
  );
  if (same < 0) return [...out, cut];
  out[same] = { by: joined(out[same]!.by, cut.by), of: out[same]!.of };
  return out;
}

function cutSpans(spans: readonly Span[], from: number, to: number): Span[] {
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
function flatten(lines: readonly string[], cells: readonly Cell[], glue = '\n'): Span[] {
  const out: Span[] = [];
  for (let i = 0; i < lines.length; i++) {
    const spans = spansOf(lines[i]!, cells[i]!);
    out.push(...spans);
    if (glue !== '' && i < lines.length - 1) out.push({ length: glue.length, source: spans.at(-1)?.source ?? null });
  }
  return out;
}

/** A line's cell with the white space taken out of its spans. */
function looseCell(text: string, cell: Cell): Cell {
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
function widen(line: string, visible: readonly Span[], cut: readonly Cut[]): Cell {
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
function toCells(
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
function simplify(spans: readonly Span[], cut: readonly Cut[]): Cell {
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
function isSame(a: Source, b: Source): boolean {
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

const seqOf = (source: Source): number => (source instanceof Edit ? source.seq : 0);

//#endregion
//#region Parts of a line, for the journal

/** The hands in a line in order of time; `undefined` where there is but one. */
function partsOf(cell: Mixed, text: string): LineParts | undefined {
  const visible = (looseCell(text, cell) as Mixed).spans;
  const sources = [...new Set([...visible.map((s) => s.source), ...cell.cut.flatMap((c) => [c.by, ...c.of])])];
  // What was there before comes first.
  const seq = (source: Source): number => (source === null ? Number.MIN_SAFE_INTEGER : seqOf(source));
  const hands: (LineOrigin | null)[] = [];
  const handOf = new Map<Source, number>();
  let last: Source | undefined;
  for (const source of sources.toSorted((a, b) => seq(a) - seq(b))) {
    if (last === undefined || !isSame(last, source)) hands.push(originOf(source));
    handOf.set(source, hands.length - 1);
    last = source;
  }
  if (hands.length < 2) return undefined;
  const spans: number[] = [];
  for (const { length, source } of visible) {
    const hand = handOf.get(source) as number;
    if (spans.at(-1) === hand) spans[spans.length - 2]! += length;
    else spans.push(length, hand);
  }
  const cuts = cell.cut.map(({ by, of }) => ({
    by: handOf.get(by) as number,
    of: [...new Set(of.map((o) => handOf.get(o) as number))],
  }));
  return { hands, cuts, spans };
}

/** A line as the journal knows it. Parts that don't fit the text are not used: the verdict on the whole line is. */
function cellOf(text: string, state: LineState | undefined): Cell {
  const { parts } = state ?? {};
  if (!state || !parts) return state?.origin ?? null;
  // Before all edits that are still to come, and each in its turn.
  const sources = parts.hands.map((origin, i): Source => {
    if (origin === null) return null;
    const edit = new Edit(0, i - parts.hands.length);
    edit.origin = origin;
    return edit;
  });
  const source = (hand: number): Source => sources[hand] ?? null;
  const visible: Span[] = [];
  for (let i = 0; i + 1 < parts.spans.length; i += 2)
    visible.push({ length: parts.spans[i]!, source: source(parts.spans[i + 1]!) });
  if (visible.reduce((n, s) => n + s.length, 0) !== looseText(text).length) return state.origin;
  const cell = widen(
    text,
    visible,
    parts.cuts.map(({ by, of }) => ({ by: source(by), of: of.map(source) })),
  );
  if (!(cell instanceof Mixed)) return state.origin;
  cell.state = state;
  return cell;
}

//#endregion
//#region Verdict on a line

const originOf = (source: Cell): LineOrigin | null =>
  source instanceof Edit ? (source.origin ?? unseen) : (source as LineOrigin | null);

const isPending = (cell: Mixed): boolean => {
  const waits = (s: Source): boolean => s instanceof Edit && s.origin === undefined;
  return cell.spans.some((s) => waits(s.source)) || cell.cut.some((c) => waits(c.by) || c.of.some(waits));
};

/** One verdict for a line of several origins: AI before unknown before human before tool. */
function judge(cell: Mixed, text: string): LineOrigin | null {
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
//#region Text

/** Lines as an editor counts them: there is always one, and a final terminator opens another. */
const editorLines = (text: string): string[] => text.split(/\r\n|\n|\r/);

const clamp = (n: number, min: number, max: number): number => Math.min(Math.max(n, min), max);

/** `splice` without spreading a huge array onto the stack. */
function spliceIn<T>(array: T[], first: number, count: number, items: readonly T[]): void {
  if (items.length < 10_000) {
    array.splice(first, count, ...items);
    return;
  }
  const tail = array.slice(first + count);
  array.length = first;
  for (const item of items) array.push(item);
  for (const item of tail) array.push(item);
}

/** FNV-1a, 32 bit. For fingerprints within one process only. */
function lineHash32(line: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Whether a line has text by which it is known again. */
const isTelling = (line: string): boolean => /[\p{L}\p{N}]/u.test(line);

const sizeOf = (state: PastState | undefined): number =>
  state === undefined ? 0 : state.inverses.reduce((n, inverse) => n + inverse.lines.length + 1, 0);

//#endregion
