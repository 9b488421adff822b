/**
 * Line origins: which line of a text came from whom. Run-length coded, immutable.
 *
 * Lines are compared by hash, never by text, so the state on disk holds no source: `lineHash` (exact, without the
 * line's terminator) and `looseHash` (all white space removed; an equal loose hash keeps the origin when only
 * the white space changed).
 */
import type { LineOrigin } from '../model.ts';

/** `count` consecutive lines with one origin; `null` = the line was there before we looked (HEAD, first open). */
export interface OriginRun {
  readonly count: number;
  readonly origin: LineOrigin | null;
}
export type LineOrigins = readonly OriginRun[];

/** One remembered text: its lines as hashes, and the origin of each. */
export interface Snapshot {
  readonly path: string;
  /** Key of the content: SHA-256/128 over the exact line hashes, 32 hex. Line endings do not matter. */
  readonly key: string;
  readonly lines: readonly string[];
  readonly loose: readonly string[];
  readonly origins: LineOrigins;
  /** Deleted lines against the baseline, by origin, for `del=`. */
  readonly at: string;
}

/** What changed in a snapshot-to-snapshot step. */
export interface EditStep {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly origin: LineOrigin;
}
