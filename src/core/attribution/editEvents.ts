/**
 * What an editor tells about edits, in one form for the live watcher and for recordings, and a copy of a document's
 * lines that knows what an edit took away (the editor only says how long it was).
 */
import type { Position } from '../model.ts';

export interface TextRange {
  readonly start: Position;
  readonly end: Position;
}

/** One content change; ranges are those of the text before the event. */
export interface TextChange {
  readonly range: TextRange;
  readonly text: string;
  /** UTF-16 length of the replaced text. */
  readonly rangeLength: number;
  /** The replaced text; absent when it isn't known. */
  readonly deleted?: string;
  /** The line up to the change; absent when it isn't known. */
  readonly head?: string;
}

/** Answers of one look at the clipboard after a change. */
export interface ClipboardMatch {
  /** The inserted text is the clipboard's. */
  readonly equal: boolean;
  /** The inserted text contains the clipboard's. */
  readonly contains: boolean;
  /** The clipboard's text contains the inserted one. */
  readonly within: boolean;
  readonly length: number;
}

/** `at` is in milliseconds on any clock that only goes forward. `uri` names a document, `path` what it stands for. */
export type EditorEvent =
  | {
      readonly kind: 'change';
      readonly id: number;
      readonly at: number;
      readonly uri: string;
      readonly path: string;
      readonly scheme: string;
      readonly version: number;
      readonly reason?: 'undo' | 'redo';
      /** As seen inside the listener. */
      readonly isDirty: boolean;
      /** The document of the active editor; then `selections` are those before the change. */
      readonly selections?: readonly TextRange[];
      readonly isFocused: boolean;
      readonly changes: readonly TextChange[];
      /** False when changes or their texts were cut off. */
      readonly isComplete: boolean;
      /** Whether a word occurs in the text before the change; absent when that isn't known. */
      readonly knows?: (word: string) => boolean;
    }
  | { readonly kind: 'dirty'; readonly at: number; readonly uri: string; readonly isDirty: boolean }
  | {
      readonly kind: 'selection';
      readonly at: number;
      readonly uri: string;
      readonly by?: 'keyboard' | 'mouse' | 'command';
      readonly selections: readonly TextRange[];
    }
  | ({ readonly kind: 'clipboard'; readonly at: number; readonly id: number } & ClipboardMatch)
  /** A file watcher saw `path` change. */
  | { readonly kind: 'disk'; readonly at: number; readonly path: string }
  /** HEAD, index or a ref moved, or the git extension said so. */
  | { readonly kind: 'git'; readonly at: number }
  | { readonly kind: 'open'; readonly at: number; readonly path: string; readonly scheme: string }
  /** A save begins (its participants may edit now), or is over. */
  | { readonly kind: 'save'; readonly at: number; readonly uri: string; readonly isOver?: boolean }
  /** Our own command is about to accept an inline suggestion, or is done. */
  | { readonly kind: 'inline-accept'; readonly at: number; readonly isOver?: boolean };

export type ChangeEvent = Extract<EditorEvent, { kind: 'change' }>;

/** Where the text of a change ends once it is applied. */
export function insertedEnd(change: Pick<TextChange, 'range' | 'text'>): Position {
  const lines = change.text.split(/\r\n|\n|\r/);
  const last = lines.at(-1) as string;
  const { line, character } = change.range.start;
  return lines.length === 1
    ? { line, character: character + last.length }
    : { line: line + lines.length - 1, character: last.length };
}

export const comparePositions = (a: Position, b: Position): number => a.line - b.line || a.character - b.character;

/** The lines of a document, kept in step with its change events. O(edit). */
export class TextShadow {
  #lines: string[];

  constructor(text: string) {
    this.#lines = text.split(/\r\n|\n|\r/);
  }

  /** Applies the changes of one event (ranges of the text before it) and says what each took away. */
  apply(
    changes: readonly { readonly range: TextRange; readonly text: string; readonly rangeLength: number }[],
  ): TextChange[] {
    const out = changes.map((c) => {
      const { start, end } = c.range;
      return {
        range: c.range,
        text: c.text,
        rangeLength: c.rangeLength,
        deleted: this.#slice(start, end),
        head: (this.#lines[start.line] ?? '').slice(Math.max(0, start.character - 200), start.character),
      };
    });
    // From the end, so that earlier ranges stay valid.
    for (const c of [...changes].sort((a, b) => comparePositions(b.range.start, a.range.start))) {
      const { start, end } = c.range;
      const head = (this.#lines[start.line] ?? '').slice(0, start.character);
      const tail = (this.#lines[end.line] ?? '').slice(end.character);
      const lines = c.text.split(/\r\n|\n|\r/);
      lines[0] = head + (lines[0] as string);
      lines[lines.length - 1] += tail;
      if (lines.length < 10_000) this.#lines.splice(start.line, end.line - start.line + 1, ...lines);
      else this.#lines = [...this.#lines.slice(0, start.line), ...lines, ...this.#lines.slice(end.line + 1)];
    }
    return out;
  }

  /**
   * Whether a word occurs outside the lines that `changes` (applied before) have written. Looks at most `reach` lines
   * away, so that the cost does not grow with the file.
   */
  knows(word: string, changes: readonly TextChange[], reach = 1000): boolean {
    const written = writtenLines(changes);
    const [first] = written;
    const last = written.at(-1);
    if (!first || !last) return false;
    const end = Math.min(this.#lines.length, last.to + reach);
    let next = 0;
    for (let i = Math.max(0, first.from - reach); i < end; i++) {
      while (next < written.length && (written[next] as LineRange).to < i) next++;
      const skip = written[next];
      if (skip && skip.from <= i) i = skip.to;
      else if (this.#lines[i]?.includes(word)) return true;
    }
    return false;
  }

  #slice(start: Position, end: Position): string {
    const first = this.#lines[start.line] ?? '';
    if (start.line === end.line) return first.slice(start.character, end.character);
    const parts = [first.slice(start.character)];
    for (let i = start.line + 1; i < end.line; i++) parts.push(this.#lines[i] ?? '');
    parts.push((this.#lines[end.line] ?? '').slice(0, end.character));
    return parts.join('\n');
  }
}

interface LineRange {
  readonly from: number;
  readonly to: number;
}

/** The lines that changes wrote, in the text after them, in order. */
function writtenLines(changes: readonly TextChange[]): LineRange[] {
  let shift = 0;
  return [...changes]
    .sort((a, b) => comparePositions(a.range.start, b.range.start))
    .map((c) => {
      const from = c.range.start.line + shift;
      const added = insertedEnd(c).line - c.range.start.line;
      shift += added - (c.range.end.line - c.range.start.line);
      return { from, to: from + added };
    });
}
