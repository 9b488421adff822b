/** What the edit classifier keeps in mind of a change and of a document, and questions about one waiting change. */
import type { Position } from '../model.ts';
import {
  comparePositions,
  insertedEnd,
  type ChangeEvent,
  type ClipboardMatch,
  type TextChange,
  type TextRange,
} from './editEvents.ts';
import { isBlank, isForeign, isUniform, type Place } from './editShapes.ts';
import type { Runs } from './editRuns.ts';
import type { Explanation } from './editVerdict.ts';

export interface Waiting {
  readonly change: ChangeEvent;
  readonly document: DocumentState;
  readonly run: Run | undefined;
  readonly wasDirty: boolean;
  readonly place: Place;
  /** The change at the cursor before this one; dropped with the verdict. */
  previous: Waiting | undefined;
  verdict: Explanation | undefined;
  isKeyboard: boolean;
  /** Part of a run that is known as a machine's; a key press still outweighs it. */
  isStreamed: boolean;
  /** Our command for accepting suggestions was at work. A key press still outweighs it: the command may find none. */
  readonly isAccepted: boolean;
  isDirtyAfter: boolean | undefined;
  after: readonly TextRange[] | undefined;
  hasPlaceholders: boolean;
  clipboard: ClipboardMatch | undefined;
}

/** Consecutive edits without a key press, each where the last one ended. */
export interface Run {
  readonly members: Waiting[];
  count: number;
  /** Edits with no other explanation. */
  open: number;
  chars: number;
  first: number;
  last: number;
  end: Position;
  start: Position;
  isStream: boolean;
  /** Up to three different texts of its edits. */
  readonly texts: Set<string>;
}

export interface DocumentState {
  isDirty: boolean;
  readonly runs: Runs;
  /** The last change at the cursor, unless the cursor has been moved since. */
  lastAtCursor: Waiting | undefined;
  completedAt: number;
  mouseAt: number;
  /** The last edit that VS Code's chat made here. */
  chatAt: number;
  /** A save's participants are at work since then: formatters, fixes on save. */
  savingAt: number;
  /** When the person last moved the cursor or typed here: their commands work where they are. */
  presentAt: number;
  /** Visible lines that edits took out, newest last: whatever brings them back is no author. */
  readonly removed: Map<string, number>;
}

/** Whether a key press may explain the change: linked places (a closing tag) change along with the cursor's. */
export const isTyped = (w: Waiting): boolean => w.place === 'cursor' || (w.place === 'partly' && isUniform(w.change));

export const canBePaste = ({ place, change }: Waiting): boolean =>
  place !== 'elsewhere' &&
  change.reason === undefined &&
  change.changes.some((c) => c.text.length > 1 && !isBlank(c.text));

export const awaitsClipboard = (w: Waiting): boolean => w.clipboard === undefined && !w.isStreamed && canBePaste(w);

/** What came at the cursor right before, ending where this change starts. */
export function contextOf(w: Waiting): Explanation | undefined {
  const [only] = w.change.changes;
  const before = w.previous;
  const last = before?.change.changes.at(-1);
  if (!only || !before || !last || w.change.at - before.change.at > 30_000) return undefined;
  const end = insertedEnd(last);
  const isNext = comparePositions(end, only.range.start) === 0;
  // A suggestion may replace what was typed before it.
  return isNext || comparePositions(end, only.range.end) === 0 ? before.verdict : undefined;
}

/** Whether other edits without a key press and without an explanation stand right before this one. */
export const isPartOfRun = ({ run }: Waiting): boolean => run !== undefined && run.open >= 2;

/** Suggestions come where a person was typing. */
export const isNextTo = (before: Explanation | undefined): boolean =>
  before?.cause === 'typed' || before?.cause === 'enter';

export function isSelectedAfter({ change, after }: Waiting): boolean {
  const [only] = change.changes;
  if (!only || change.changes.length !== 1 || only.text === '' || after?.length !== 1) return false;
  const [selection] = after as [TextRange];
  return (
    comparePositions(selection.start, only.range.start) === 0 &&
    comparePositions(selection.end, insertedEnd(only)) === 0
  );
}

export function isPaste(w: Waiting): boolean {
  const { clipboard, change } = w;
  if (!clipboard || clipboard.length === 0 || !canBePaste(w)) return false;
  if (clipboard.equal) return true;
  const length = change.changes.reduce((n, c) => n + c.text.length, 0);
  const isMost = Math.min(length, clipboard.length) >= 0.7 * Math.max(length, clipboard.length);
  if (change.changes.length > 1) return clipboard.within || clipboard.contains;
  return (clipboard.contains || clipboard.within) && isMost;
}

/** An input method replaces what it wrote before. */
export function isComposition(change: TextChange, before: Waiting | undefined): boolean {
  const last = before?.change.changes.at(-1);
  if (!isForeign(change.text) || change.text.includes('\n') || !last || before?.verdict?.cause !== 'typed')
    return false;
  return comparePositions(insertedEnd(last), change.range.end) === 0;
}
