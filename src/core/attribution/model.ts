/**
 * Line origins: which line of a text came from whom. Run-length coded, immutable.
 *
 * On disk lines are known by salted hash, never by text: `LineHasher.line` gives one token per line which holds an
 * exact part (without the line's terminator) and a loose part (all white space removed). An equal loose part keeps the
 * origin when only the white space changed.
 */
import type { LineOrigin } from '../model.ts';

/** What is known of a line: the origin it is judged to have and, where several hands are in it, which. */
export interface LineState {
  /** `null` = the line was there before we looked (HEAD, first open). */
  readonly origin: LineOrigin | null;
  readonly parts?: LineParts;
}

/** The hands in one line, so that the line is judged anew when a part of it goes. Its white space counts for nothing. */
export interface LineParts {
  /** In order of time; `null` = was there before we looked. */
  readonly hands: readonly (LineOrigin | null)[];
  /** Of what was taken out of the line: by which hand, and whose text. Indices into `hands`. */
  readonly cuts: readonly { readonly by: number; readonly of: readonly number[] }[];
  /** Visible characters (UTF-16) from left to right: how many, then whose (index into `hands`), and so on. */
  readonly spans: readonly number[];
}

/** `count` consecutive lines of one state; with `parts` it is one line. */
export interface OriginRun extends LineState {
  readonly count: number;
}
export type LineOrigins = readonly OriginRun[];

/** Nobody saw how the line came to be. */
export const unseen: LineOrigin = { origin: 'unknown', evidence: 'none' };

/** One remembered text: its lines as hash tokens, and the origin of each. */
export interface Snapshot {
  readonly path: string;
  /** Key of the content, 32 hex. Line endings and the final newline do not matter. */
  readonly key: string;
  readonly lines: readonly string[];
  readonly origins: LineOrigins;
  /** Who last deleted or replaced a line that was there before we looked: token → origin. For `del=`. */
  readonly deleted: ReadonlyMap<string, LineOrigin>;
  /** The same of lines that were new then: the commit that brings them may have been made already, or be staged. */
  readonly gone?: ReadonlyMap<string, LineOrigin>;
  /** UTC, ISO 8601 with milliseconds. */
  readonly at: string;
  /** The commit that this text came to be part of (hex), once it did. */
  readonly commit?: string;
}

/** What changed in a snapshot-to-snapshot step. `null` = the file does not exist on that side. */
export interface EditStep {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly origin: LineOrigin;
}

/** Counts of one text's lines by origin. */
export interface OriginCounts {
  /** AI lines, modified ones included. */
  readonly ai: number;
  readonly modified: number;
  readonly unknown: number;
  readonly human: number;
  readonly tool: number;
  /** Lines that were there before. */
  readonly old: number;
}
