/**
 * Origins of a live editor buffer. Every change is applied at once and its new text is *pending* until somebody tells
 * how the change came to be (`resolveEdit`, some milliseconds later); a pending line counts as unknown.
 *
 * Lines with text of several origins keep spans and are judged by line: AI text left in a line makes it AI, a person's
 * hand in it makes it "AI, modified"; what only moves white space changes no origin.
 */
import { diffLines } from '../hunks.ts';
import type { LineOrigin, Position } from '../model.ts';
import { blockCells } from './changedCells.ts';
import { type Cell, Edit, isPending, judge, Mixed, originOf, Restorable, type Source } from './lineCells.ts';
import { cellOf, partsOf } from './lineParts.ts';
import { type LineOrigins, type LineState, type OriginCounts, unseen } from './model.ts';
import { compressLines, countOrigins, expandLines } from './origins.ts';
import { addTo } from '../multimap.ts';

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
    // The empty rest behind the last break is no line: an empty line that the edit appended is not that one.
    if (!exact && this.#lines[oldEnd - 1] === '' && next[newEnd - 1] === '') {
      oldEnd--;
      newEnd--;
    }
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
    const isOld = (cell: Cell): boolean =>
      cell === null || (!(cell instanceof Mixed) && originOf(cell)?.origin === 'unknown');
    if (oldCells.some(isOld))
      // What the block still has, at its place, was not taken out of it.
      for (const hunk of diffLines(oldLines, newLines))
        for (let i = hunk.oldStart - 1; i < hunk.oldStart - 1 + hunk.oldLines; i++)
          if (isOld(oldCells[i]!)) this.#noteDeleted(oldLines[i]!, edit);
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
            addTo(places, line, taken.length);
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
