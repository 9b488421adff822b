/** The two sides of a file's change, as rules see them: text, and which of its lines the change touched. */
import type { Language } from '../languages/detect.ts';
import { Source } from '../languages/source.ts';
import type { Hunk } from '../model.ts';

/** Text beyond this is not parsed as a whole: only its changed lines are read. */
export const maxText = 1_500_000;
/** Nor is text with a longer line than this: it was generated or minified. */
const maxLine = 8000;
export const isLong = (line: string): boolean => line.length > maxLine;
/** … and of those not more than this. */
const maxJudged = 1_000_000;

export interface Side {
  readonly source: Source;
  /** 1-based lines of this side that the change touched. */
  readonly changed: ReadonlySet<number>;
  /** Lines next to a deletion (new side). */
  readonly touched: ReadonlySet<number>;
  readonly hunks: readonly Hunk[];
  /** From lines of `source` to lines of the file. */
  readonly original: (line: number) => number;
}
export interface Sides {
  readonly before: Side;
  readonly after: Side;
}

export const identity = (line: number): number => line;
export const isBinary = (text: string): boolean => text.slice(0, 8000).includes('\0');
/** Rules see LF and no BOM; lines and columns stay the same (the BOM is one column on line 1 and cut by every editor). */
export const normalise = (text: string): string =>
  (text.includes('\r') ? text.replace(/\r\n|\r/g, '\n') : text).replace(/^\uFEFF/, '');

export function changedLines(hunks: readonly Hunk[], side: 'old' | 'new'): Set<number> {
  const lines = new Set<number>();
  for (const h of hunks) {
    const [start, count] = side === 'old' ? [h.oldStart, h.oldLines] : [h.newStart, h.newLines];
    for (let i = 0; i < count; i++) lines.add(start + i);
  }
  return lines;
}

export function deletionNeighbours(hunks: readonly Hunk[], total: number): Set<number> {
  const lines = new Set<number>();
  for (const h of hunks) {
    if (h.newLines > 0) continue;
    if (h.newStart >= 1) lines.add(h.newStart);
    if (h.newStart + 1 <= total) lines.add(h.newStart + 1);
  }
  return lines;
}

/** A source made of the changed lines alone, bounded. */
export function excerpt(
  path: string,
  lines: readonly string[],
  hunks: readonly Hunk[],
  side: 'old' | 'new',
  language: Language,
): Side {
  const kept: string[] = [];
  const numbers: number[] = [];
  let size = 0;
  for (const h of hunks) {
    const [start, count] = side === 'old' ? [h.oldStart, h.oldLines] : [h.newStart, h.newLines];
    for (let i = 0; i < count && size < maxJudged; i++) {
      const line = lines[start - 1 + i] ?? '';
      const cut = line.length > maxLine ? line.slice(0, maxLine) : line;
      kept.push(cut);
      numbers.push(start + i);
      size += cut.length + 1;
    }
  }
  return {
    source: new Source(path, kept.join('\n'), language),
    changed: new Set(kept.map((_, i) => i + 1)),
    touched: new Set(),
    hunks,
    original: (line) => numbers[line - 1] ?? line,
  };
}
