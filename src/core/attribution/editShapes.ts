/** Shapes of a change: what its texts and places alone tell. Linear in the size of the change. */
import type { Position } from '../model.ts';
import { comparePositions, insertedEnd, type ChangeEvent, type TextChange, type TextRange } from './editEvents.ts';
import { format, unclear, type Explanation } from './editVerdict.ts';
import { looseText } from './origins.ts';

/** Lines are compared by their beginning. */
export const maxLine = 500;
/** Files that the editor's own dialogs write. */
export const editorSettings = /(?:^|\/)(?:settings|keybindings|launch|tasks|extensions|mcp)\.json$|\.code-workspace$/;

export const signature = (c: TextChange): string => `${c.text}\u0000${c.deleted ?? c.rangeLength}`;

/**
 * Whether the inserted text starts with what it replaces before the cursor and holds what it replaces after it, as an
 * accepted suggestion does. Abbreviations and refactorings don't.
 */
export function keptAround(
  { deleted, range, rangeLength, text }: TextChange,
  selection: TextRange | undefined,
): boolean {
  if (rangeLength === 0) return true;
  if (deleted === undefined || deleted.includes('\n') || !selection) return false;
  if (comparePositions(selection.start, selection.end) < 0) return false;
  const typed = deleted.slice(0, Math.max(0, selection.start.character - range.start.character)).trimStart();
  const tail = deleted.slice(Math.max(0, selection.start.character - range.start.character));
  return (
    (typed !== '' || tail !== '') &&
    text.trimStart().startsWith(typed) &&
    !hasWord(tail) &&
    Array.from(tail).every((c) => text.includes(c))
  );
}

/** Few selections are gone through one by one. */
const few = 8;
const sortedSelections = new WeakMap<readonly TextRange[], readonly TextRange[]>();

/** By place. Selections of an editor do not overlap: in the order of their starts their ends are in order, too. */
function inOrder(selections: readonly TextRange[]): readonly TextRange[] {
  if (selections.length <= few) return selections;
  let sorted = sortedSelections.get(selections);
  if (!sorted) {
    sorted = [...selections].sort((a, b) => comparePositions(a.start, b.start));
    sortedSelections.set(selections, sorted);
  }
  return sorted;
}

/**
 * Whether a selection between two places, both included, passes the test. Thousands of cursors meet as many changes in
 * one event: each change looks at those near it only.
 */
function someBetween(
  selections: readonly TextRange[],
  from: Position,
  to: Position,
  test: (selection: TextRange) => boolean = () => true,
): boolean {
  const sorted = inOrder(selections);
  let low = 0;
  if (sorted.length > few)
    for (let high = sorted.length; low < high;) {
      const middle = (low + high) >> 1;
      if (comparePositions((sorted[middle] as TextRange).end, from) < 0) low = middle + 1;
      else high = middle;
    }
  for (let i = low; i < sorted.length; i++) {
    const one = sorted[i] as TextRange;
    if (comparePositions(one.start, to) > 0) {
      if (sorted.length > few) return false;
    } else if (comparePositions(one.end, from) >= 0 && test(one)) return true;
  }
  return false;
}

const someOnLines = (
  selections: readonly TextRange[],
  from: number,
  to: number,
  test?: (selection: TextRange) => boolean,
): boolean =>
  someBetween(selections, { line: from, character: 0 }, { line: to, character: Number.POSITIVE_INFINITY }, test);

const touchesOne = ({ start, end }: TextRange, selections: readonly TextRange[]): boolean =>
  someBetween(selections, start, end);

export const isCursorAt = (range: TextRange, at: Position): boolean =>
  comparePositions(range.start, at) === 0 && comparePositions(range.end, at) === 0;

/** After a key press the cursor is in or right behind what it wrote. */
export function followsFrom(change: ChangeEvent, selections: readonly TextRange[]): boolean {
  let shift = 0;
  for (const c of [...change.changes].sort((a, b) => comparePositions(a.range.start, b.range.start))) {
    const end = insertedEnd(c);
    const from = c.range.start.line + shift;
    shift += end.line - c.range.end.line;
    if (!someOnLines(selections, from - 1, from + (end.line - c.range.start.line) + 1)) return false;
  }
  return true;
}

/** Tab stops: after an insertion, text inside it is selected, or there are cursors inside it. */
export function hasPlaceholder(change: ChangeEvent, selections: readonly TextRange[]): boolean {
  const [only] = change.changes;
  if (!only || change.changes.length !== 1 || only.text.length < 3) return false;
  const inside: TextRange = { start: only.range.start, end: insertedEnd(only) };
  return selections.every(
    (s) =>
      comparePositions(s.start, inside.start) >= 0 &&
      comparePositions(s.end, inside.end) <= 0 &&
      (comparePositions(s.start, s.end) < 0 || comparePositions(s.end, inside.end) < 0),
  );
}

export const isForeign = (text: string): boolean => /[\u0080-\uffff]/.test(text);

export const isOneCharacter = (text: string): boolean => /^.$/su.test(text);

export const isBlank = (text: string): boolean => !/\S/.test(text);

export const hasWord = (text: string): boolean => /[\p{L}\p{N}]/u.test(text);

/** A line break with what an editor adds by itself: indentation, the next comment or list mark. */
export const isEnter = (text: string): boolean =>
  /^[\r\n]/.test(text) && /^[\s*/#;>+!|-]*$/.test(text.replace(/\[[ x]\]|\b\d{1,4}[.)]/g, '')) && text.length < 200;

/** One name, path or member access, as a completion inserts it. */
export const isWord = (text: string): boolean =>
  text.length <= 200 &&
  // No character belongs to two neighbouring classes, so that the match is linear.
  /^["'`#@&<./\\:-]*[\p{L}\p{N}_$]+(?:[./\\@:?>-]+[\p{L}\p{N}_$]+)*["'`;:,=(){}[\]<>!?.]*\s?$/u.test(text);

export const importLine =
  /^\s*(import|from|using|use|include|#include|require|\}? ?from|const [^=;]{1,80}= ?require)\b/;

export const isImport = (text: string): boolean =>
  text.split(/\r\n|\n|\r/).every((line) => isBlank(line) || importLine.test(line));

/** Comments by which a quick fix silences a checker. */
const suppression =
  /eslint-disable|oxlint-disable|biome-ignore|prettier-ignore|@ts-(?:ignore|expect-error|nocheck)|\bnoqa\b|\bnolint\b|\bnosec\b|NOSONAR|pylint: ?disable|type: ?ignore|pyright: ?ignore|rubocop:disable|phpcs:|@?SuppressWarnings|#pragma warning|cspell:|markdownlint-disable|shellcheck disable/i;
const stub = /not[ _-]?(?:yet )?implemented|auto-?generated|\btodo\b|unimplemented!/i;

/** What language servers write for what is still missing: stubs, and rows of one pattern (cases, fields, accessors). */
export function isBoilerplate({ changes }: ChangeEvent): boolean {
  const lines = changes.flatMap((c) => c.text.split(/\r\n|\n|\r/, 200)).filter(hasWord);
  if (lines.length > 0 && lines.every((line) => suppression.test(line.slice(0, maxLine)))) return true;
  const stubs = lines.filter((line) => stub.test(line.slice(0, maxLine))).length;
  if (stubs > 0 && lines.length <= 4 * stubs + 2) return true;
  if (lines.length < 3) return false;
  const shapes = new Set(
    lines.map((line) =>
      line
        .slice(0, maxLine)
        .replace(/[\p{L}\p{N}_$]+/gu, 'w')
        .replace(/\s+/g, ' '),
    ),
  );
  return shapes.size * 2 <= lines.length;
}

/** Only white space differs, in every change. */
export const keepsVisible = (changes: readonly TextChange[]): boolean =>
  changes.every(
    (c) => isBlank(c.text) && (c.deleted === undefined ? isBlank(c.text) && c.rangeLength === 0 : isBlank(c.deleted)),
  ) || changes.every((c) => c.deleted !== undefined && looseText(c.deleted) === looseText(c.text));

/** The same text, moved, sorted or in another case. */
export function rearranged(changes: readonly TextChange[]): Explanation | undefined {
  if (!changes.every((c) => c.deleted !== undefined)) return undefined;
  const out = changes.map((c) => c.deleted as string).join('\n');
  const put = changes.map((c) => c.text).join('\n');
  // Sorting words takes its time, and this runs in the editor's process.
  if (out.length + put.length > 200_000 || isBlank(out) || isBlank(put)) return undefined;
  const tool: Explanation = { origin: 'tool', cause: 'rearrange', confidence: 0.8 };
  // One side of a merge conflict, or both.
  if (/^<{7}( |$)/m.test(out) && /^>{7}( |$)/m.test(out) && isPartOf(put, out)) return tool;
  const letters = (text: string): string => text.replace(/[^\p{L}\p{N}]+/gu, '').toLowerCase();
  if (letters(out) !== '' && letters(out) === letters(put)) return tool;
  const sorted = (text: string): string =>
    text
      .split(/\r\n|\n|\r/)
      .map(looseText)
      .filter((l) => l !== '')
      .sort()
      .join('\n');
  if (sorted(out) === sorted(put)) return tool;
  const words = (text: string): string => (text.match(/[\p{L}\p{N}_$]+/gu) ?? []).sort().join(' ');
  return words(out) !== '' && words(out) === words(put) ? tool : undefined;
}

/** Whether every visible line of `part` is one of `whole`. */
function isPartOf(part: string, whole: string): boolean {
  const lines = new Set(whole.split(/\r\n|\n|\r/).map(looseText));
  return part.split(/\r\n|\n|\r/).every((line) => isBlank(line) || lines.has(looseText(line)));
}

/** Many places, one text: rename, replace all, comment out. */
export function isUniform({ changes }: ChangeEvent): boolean {
  if (changes.length < 2) return false;
  const [first] = changes as [TextChange];
  return changes.every(
    (c) => c.text === first.text && c.rangeLength === first.rangeLength && c.deleted === first.deleted,
  );
}

const common: ReadonlySet<string> = new Set(
  'abstract and any as assert async await base bool boolean break byte case catch char class const continue debugger def default delete del do double elif else end enum except export extends extern false final finally float fn for foreach from func function global if impl implements import in instanceof int interface internal is lambda let long match mod module mut namespace new nil none not null number object of or override package pass private protected pub public raise readonly ref require return sealed self short static string struct super switch then this throw throws trait true try type typeof undefined union unknown unsafe use using val var virtual void where while with yield error exception implemented method notimplementedexception notimplementederror todo auto generated stub newfunction newlocal newmethod extracted'.split(
    ' ',
  ),
);

const wordsOf = (text: string): string[] => text.match(/[\p{L}_$][\p{L}\p{N}_$]*/gu) ?? [];

/** Keywords and nothing else. */
export const isCommonplace = (text: string): boolean =>
  wordsOf(text).length > 0 && wordsOf(text).every((word) => common.has(word.toLowerCase()));

/** New names or prose, `enough` of them, which stand neither in the text nor in what was replaced: nobody rearranged that. */
export function isNews({ changes, knows, isComplete }: ChangeEvent, enough: number): boolean {
  if (!knows && isComplete) return false;
  const gone = changes.map((c) => c.deleted ?? '').join('\n');
  const pattern = patternWords(changes);
  const seen = new Set<string>();
  let news = 0;
  for (const c of changes) {
    for (const [word] of c.text.matchAll(longWord)) {
      if (seen.size >= 40) return false;
      if (seen.has(word) || common.has(word.toLowerCase()) || pattern.has(word)) continue;
      seen.add(word);
      if (!gone.includes(word) && !knows?.(word)) news++;
      if (news >= enough) return true;
    }
  }
  return false;
}

const longWord = /[\p{L}_$][\p{L}\p{N}_$]{2,}/gu;

/** Words that come in most of several changes are a replacement's own: a search with a pattern, a snippet around each. */
function patternWords(changes: readonly TextChange[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  if (changes.length >= 2)
    for (const c of changes)
      for (const word of new Set(c.text.slice(0, maxLine).match(longWord)))
        counts.set(word, (counts.get(word) ?? 0) + 1);
  return new Set([...counts].filter(([, n]) => n >= 2 && n * 3 >= changes.length * 2).map(([word]) => word));
}

/** A line of its own, or more than a name or a type within one. */
export const isProse = ({ changes }: ChangeEvent): boolean =>
  changes.some((c) => c.text.includes('\n') || (c.text.match(/\S+/g) ?? []).length >= 4);

/**
 * Whether keys or a cut delete so: what is selected, from a cursor on, up to a cursor, or a cursor's own line. Nobody
 * deletes many lines at a cursor without selecting them.
 */
export const isDeletedByHand = ({ changes, selections = [] }: ChangeEvent): boolean =>
  changes.every(
    ({ range: { start, end } }) =>
      someBetween(selections, start, end, (s) => {
        if (comparePositions(s.start, s.end) < 0)
          return comparePositions(start, s.start) >= 0 && comparePositions(end, s.end) <= 0;
        const isBeside = comparePositions(start, s.start) === 0 || comparePositions(end, s.end) === 0;
        return isBeside && end.line - start.line <= 1;
      }) || someOnLines(selections, start.line - 1, end.line + 1, (s) => isOwnLines(start, end, s)),
  );

/** The lines of a selection with one of their line breaks. */
const isOwnLines = (start: Position, end: Position, s: TextRange): boolean =>
  start.line >= s.start.line - 1 &&
  end.line <= s.end.line + 1 &&
  end.line - start.line <= s.end.line - s.start.line + 1;

export function placeOf(change: ChangeEvent): Place {
  const { selections, changes } = change;
  if (!selections || selections.length === 0) return 'elsewhere';
  // A whole line that was copied without a selection is pasted in front of the cursor's line.
  const isLineAt = ({ range: { start }, rangeLength, text }: TextChange): boolean =>
    rangeLength === 0 &&
    start.character === 0 &&
    /[\r\n]$/.test(text) &&
    someOnLines(selections, start.line, start.line, (s) => s.start.line === start.line);
  const isAt = (c: TextChange): boolean => touchesOne(c.range, selections) || isLineAt(c);
  if (changes.every(isAt)) return 'cursor';
  // Whole-line commands (indent, comment, move) work on the lines of the selections.
  const onLines = ({ range: { start, end } }: TextChange): boolean =>
    someOnLines(
      selections,
      end.line - 1,
      start.line + 1,
      (s) => start.line >= s.start.line - 1 && end.line <= s.end.line + 1,
    );
  if (changes.length > 1 && changes.some(isAt)) return changes.every(onLines) ? 'cursor' : 'partly';
  return 'elsewhere';
}

/** One completion at the cursor and its import elsewhere, in one event. */
export function completesWithImport({ changes, selections = [] }: ChangeEvent): boolean {
  const [here, ...more] = changes.filter((c) => touchesOne(c.range, selections));
  const away = changes.filter((c) => c !== here);
  return (
    here !== undefined &&
    more.length === 0 &&
    isWord(here.text) &&
    away.every((c) => isImport(c.text) || !c.text.includes('\n'))
  );
}

/** Where a change lies: at the cursors the person has (or on their lines), only partly so, or elsewhere. */
export type Place = 'cursor' | 'partly' | 'elsewhere';

/** Changes at several cursors (or on their lines), without a key press. */
export function manyAtCursor(change: ChangeEvent): Explanation {
  const { changes, selections = [] } = change;
  if (keepsVisible(changes)) return format;
  const moved = rearranged(changes);
  if (moved) return moved;
  if (changes.every((c) => !hasWord(c.text))) return format;
  // One change for each of several cursors: nobody but the person knows where they all are.
  const isOneEach =
    changes.length === selections.length && changes.length > 1 && changes.every((c) => touchesOne(c.range, selections));
  if (isOneEach) return { origin: 'human', cause: isUniform(change) ? 'typed' : 'paste', confidence: 0.6 };
  return isUniform(change) ? { origin: 'tool', cause: 'replace-all', confidence: 0.7 } : unclear;
}
