/**
 * Edits of one document that follow one another without a key press. Several runs may be under way at once (agents that
 * write in different places, a person who types elsewhere): what is edited between moves the others along.
 */
import type { Position } from '../model.ts';
import { comparePositions, insertedEnd, type ChangeEvent, type TextChange, type TextRange } from './editEvents.ts';
import { hasWord, isBlank, isEnter, isForeign, keepsVisible, rearranged, type Place } from './editShapes.ts';
import type { Run, Waiting } from './editState.ts';
import { canBePaste, isPaste } from './editState.ts';

/** Neighbouring edits of one run are nearer than this. */
const runGap = 1500;
/** A stream, once known as one, may pause this long where no cursor is: a model thinks. */
const streamPause = 10_000;
/** At the cursor it may be the person who goes on; nobody takes over from a machine faster than this. */
const reaction = 250;
/** Edits without a person's sign that make a run a stream. */
const streamLength = 4;
/** Nobody types faster for long; recordings of fast typists lie above 45 ms on average. */
const fastestTyping = 45;
/** So many single characters without a key press, where this person's keys are known to show, are no hand's. */
const keylessLength = 12;
const maxRuns = 12;
/** Beyond this an event is a command on the whole text. */
const maxChanges = 100;
const maxCompared = 5000;

/** What an event replaces, as one piece. Positions before the event, `newEnd` after it. */
interface Hull {
  readonly start: Position;
  readonly end: Position;
  readonly newEnd: Position;
  readonly length: number;
  readonly isOneCaret: boolean;
}

export class Runs {
  #runs: Run[] = [];

  /** The run that a change is part of, a new one if need be. `undefined`: the change ends or is no part of any. */
  join(change: ChangeEvent, place: Place): Run | undefined {
    const { changes, at } = change;
    if (change.reason || changes.length === 0 || changes.length > maxChanges) {
      this.#runs = [];
      return undefined;
    }
    const hull = hullOf(changes);
    this.#runs = this.#runs.filter((run) => at - run.last <= (run.isStream ? streamPause : runGap));
    const found = this.#runs.findLast((run) => at - run.last <= patience(run, place) && continues(run, hull, place));
    this.#runs = this.#runs.filter((run) => run === found || moveAlong(run, changes));
    if (found) {
      extend(found, change, hull, place);
      return found;
    }
    if (changes.length > 1) return undefined;
    const run = begin(change, hull, place);
    this.#runs.push(run);
    if (this.#runs.length > maxRuns) this.#runs.shift();
    return run;
  }

  /** The person has taken over: what comes next begins anew. */
  end(run: Run): void {
    this.#runs = this.#runs.filter((one) => one !== run);
  }

  clear(): void {
    this.#runs = [];
  }
}

/**
 * The members of a run that a machine must have written, or none. `hasKeys`: this person's key presses are known to
 * show in selection events.
 */
export function streamOf(run: Run, hasKeys: boolean): readonly Waiting[] {
  const alone = run.members.filter((w) => w.isDirtyAfter === true && !isPaste(w));
  // A key held down repeats one text; previews of a dialog and counters rewrite one place.
  if (run.open < streamLength || alone.length < streamLength || run.texts.size < 3) return [];
  // The newest member may yet turn out to be a key press, and a paste shows only when the clipboard is read.
  const settled = alone
    .slice(0, -1)
    .every((w) => w.place === 'elsewhere' || !canBePaste(w) || w.clipboard !== undefined);
  const seen = alone.slice(0, -1).filter((w) => w.after !== undefined || w.place === 'elsewhere');
  if (!settled || seen.length < streamLength - 1) return [];
  if (alone.filter((w) => w.hasPlaceholders).length * 2 > alone.length) return [];
  const pace = (run.last - run.first) / (run.count - 1);
  const isChars = run.chars <= run.count * 1.5;
  if (isChars && pace > fastestTyping && !isRegular(run.members) && !isKeyless(run, hasKeys)) return [];
  return alone;
}

/** Characters at the cursor, which follow it as typing does, of a person whose keys would show. */
const isKeyless = (run: Run, hasKeys: boolean): boolean =>
  hasKeys &&
  run.open >= keylessLength &&
  run.members.slice(0, -1).every((w) => w.place === 'cursor' && w.after !== undefined && !w.isKeyboard);

function patience(run: Run, place: Place): number {
  if (!run.isStream) return runGap;
  if (place === 'elsewhere') return streamPause;
  const mean = (run.last - run.first) / Math.max(1, run.count - 1);
  return Math.min(runGap, Math.max(reaction, 4 * mean));
}

/** Whether an edit is where the last one ended, rewrites its tail, or goes on with the next line. */
function continues(run: Run, { start, end, isOneCaret }: Hull, place: Place): boolean {
  if (comparePositions(start, run.end) === 0) return true;
  // A cursor on the line below, after an inserted line.
  if (start.line === run.end.line + 1 && start.character === 0 && isOneCaret) return true;
  // Where no cursor is, lines may be written over one after the other, and an editor trims what stays the same.
  if (place === 'elsewhere' && comparePositions(start, run.end) > 0 && start.line <= run.end.line + 1) return true;
  return comparePositions(start, run.start) >= 0 && comparePositions(end, run.end) === 0;
}

function begin(change: ChangeEvent, hull: Hull, place: Place): Run {
  const [only] = change.changes as readonly [TextChange];
  const isOpen = isSubstance(only) && !isSelected(only, change.selections, place);
  return {
    members: [],
    count: 1,
    open: isOpen ? 1 : 0,
    chars: hull.length,
    first: change.at,
    last: change.at,
    start: hull.start,
    end: hull.newEnd,
    isStream: false,
    texts: new Set([only.text]),
  };
}

function extend(run: Run, change: ChangeEvent, hull: Hull, place: Place): void {
  const isOpen = change.changes.some(
    (c) => isSubstance(c) && !isSelected(c, change.selections, place) && isAdvance(c, run.end),
  );
  run.count++;
  run.chars += hull.length;
  run.last = change.at;
  run.end = hull.newEnd;
  if (comparePositions(hull.start, run.start) < 0) run.start = hull.start;
  if (isOpen) run.open++;
  if (run.texts.size < 3) run.texts.add(change.changes[0]?.text ?? '');
}

/** Blanks and line breaks are anybody's; an input method replaces its own text by as much text. */
const isSubstance = ({ text, rangeLength }: TextChange): boolean =>
  !isBlank(text) && !isEnter(text) && !(rangeLength === text.length && isForeign(text));

/** "Replace" in the search widget selects a match before it replaces it. */
const isSelected = ({ range, rangeLength }: TextChange, selections: readonly TextRange[] = [], place: Place): boolean =>
  place === 'cursor' &&
  rangeLength > 0 &&
  selections.some((s) => comparePositions(s.start, range.start) === 0 && comparePositions(s.end, range.end) === 0);

/** Whether an edit brings the text forward: it is put behind the last one or keeps what it replaces and goes on. */
function isAdvance(change: TextChange, runEnd: Position): boolean {
  const { deleted, rangeLength, text, range } = change;
  if (rangeLength === 0) return true;
  if (rangeLength + text.length <= maxCompared && (keepsVisible([change]) || rearranged([change]))) return false;
  if (comparePositions(range.start, runEnd) >= 0) return true;
  if (deleted === undefined) return text.length > rangeLength;
  let same = 0;
  while (same < deleted.length && deleted[same] === text[same]) same++;
  return text.length > same && !hasWord(deleted.slice(same));
}

/** Moves a run by what is edited before it; false when the edit goes through its borders. */
function moveAlong(run: Run, changes: readonly TextChange[]): boolean {
  const start = moved(run.start, changes);
  const end = moved(run.end, changes);
  if (!start || !end) return false;
  run.start = start;
  run.end = end;
  return true;
}

function moved(at: Position, changes: readonly TextChange[]): Position | undefined {
  let { line, character } = at;
  let nearest: TextChange | undefined;
  for (const c of changes) {
    if (comparePositions(c.range.start, at) >= 0) continue;
    if (comparePositions(c.range.end, at) > 0) return undefined;
    line += insertedEnd(c).line - c.range.end.line;
    if (!nearest || comparePositions(c.range.end, nearest.range.end) > 0) nearest = c;
  }
  // Of several changes in one line only the last one's columns are exact; that is enough to find the place again.
  if (nearest?.range.end.line === at.line) character += insertedEnd(nearest).character - nearest.range.end.character;
  return { line, character };
}

function hullOf(changes: readonly TextChange[]): Hull {
  const [only] = changes as readonly [TextChange];
  if (changes.length === 1)
    return {
      ...only.range,
      newEnd: insertedEnd(only),
      length: only.text.length,
      isOneCaret: comparePositions(only.range.start, only.range.end) === 0,
    };
  const inOrder = [...changes].sort((a, b) => comparePositions(a.range.start, b.range.start));
  const first = inOrder[0] as TextChange;
  const last = inOrder.at(-1) as TextChange;
  let lines = 0;
  let columns = 0;
  for (const c of inOrder.slice(0, -1)) {
    lines += insertedEnd(c).line - c.range.end.line;
    if (c.range.end.line === last.range.start.line) columns += insertedEnd(c).character - c.range.end.character;
  }
  const { line, character } = insertedEnd(last);
  return {
    start: first.range.start,
    end: last.range.end,
    newEnd: { line: line + lines, character: last.text.includes('\n') ? character : character + columns },
    length: changes.reduce((n, c) => n + c.text.length, 0),
    isOneCaret: false,
  };
}

/** A timer's beat, which no hand keeps. */
function isRegular(members: readonly Waiting[]): boolean {
  if (members.length < 8) return false;
  const times = members.map((w) => w.change.at);
  const gaps = times.slice(1).map((t, i) => t - (times[i] as number));
  const mean = gaps.reduce((a, b) => a + b, 0) / gaps.length;
  const variance = gaps.reduce((a, b) => a + (b - mean) ** 2, 0) / gaps.length;
  if (mean > 0 && Math.sqrt(variance) < 0.2 * mean) return true;
  // A busy machine skips a beat now and then.
  const middle = median(gaps);
  return members.length >= 16 && middle > 0 && median(gaps.map((gap) => Math.abs(gap - middle))) < 0.1 * middle;
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;
