/** Texts → lines → hunks. The one line diff of the product; linear on hopeless inputs. */
import type { Hunk } from './model.ts';
import { differences } from './myers.ts';

/** Lines without their terminators (`\n`, `\r\n` or a lone `\r`). Text that ends in a terminator has no extra empty line. */
export function splitLines(text: string): string[] {
  if (text === '') return [];
  const lines = text.includes('\r') ? text.split(/\r\n|\n|\r/) : text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/**
 * Edits beyond this many lines are no longer aligned but replaced as a block: Myers' algorithm costs O(lines × edits),
 * and a rewrite of that size has no meaningful alignment (bounds measured in test/bench).
 */
const bounds = { edits: 4000, steps: 60_000_000 };

/** Hunks that turn `before` into `after`, compared line by line; in order, never adjacent. */
export function diffLines(before: readonly string[], after: readonly string[]): Hunk[] {
  let start = 0;
  let endOld = before.length;
  let endNew = after.length;
  while (start < endOld && start < endNew && before[start] === after[start]) start++;
  while (endOld > start && endNew > start && before[endOld - 1] === after[endNew - 1]) {
    endOld--;
    endNew--;
  }
  if (start === endOld && start === endNew) return [];
  const whole = (): Hunk[] => [hunk(start, endOld - start, start, endNew - start)];
  if (start === endOld || start === endNew) return whole();
  // A line that the other side does not have is in no alignment; only the others are aligned, which makes a rewrite cheap.
  const old = linesIn(before, start, endOld, new Set(after.slice(start, endNew)));
  const next = linesIn(after, start, endNew, new Set(before.slice(start, endOld)));
  if (old.length === 0 || next.length === 0) return whole();
  const numbers = new Map<string, number>();
  const numbered = (lines: readonly string[], places: readonly number[]): Int32Array =>
    Int32Array.from(places, (place) => {
      const line = lines[place]!;
      let id = numbers.get(line);
      if (id === undefined) numbers.set(line, (id = numbers.size));
      return id;
    });
  const found = differences(numbered(before, old), numbered(after, next), bounds);
  if (found === undefined) return whole();
  const hunks: Hunk[] = [];
  let o = start;
  let n = start;
  const upTo = (nextOld: number, nextNew: number): void => {
    if (nextOld > o || nextNew > n) hunks.push(hunk(o, nextOld - o, n, nextNew - n));
    o = nextOld;
    n = nextNew;
  };
  let i = 0;
  let j = 0;
  const alike = (until: number): void => {
    while (i < until) {
      upTo(old[i++]!, next[j++]!);
      o++;
      n++;
    }
  };
  for (const r of found) {
    alike(r.oldStart);
    i += r.oldCount;
    j += r.newCount;
  }
  alike(old.length);
  upTo(endOld, endNew);
  return hunks;
}

/** Indices `[start, end)` of lines that `known` has. */
function linesIn(lines: readonly string[], start: number, end: number, known: ReadonlySet<string>): number[] {
  const out: number[] = [];
  for (let i = start; i < end; i++) if (known.has(lines[i] as string)) out.push(i);
  return out;
}

/** From 0-based offsets to git's 1-based convention, where an empty side names the line before it. */
function hunk(o: number, oldLines: number, n: number, newLines: number): Hunk {
  return { oldStart: oldLines === 0 ? o : o + 1, oldLines, newStart: newLines === 0 ? n : n + 1, newLines };
}

/** The hunk that took an old line (from 1) away. */
export const hunkThatTook = (hunks: readonly Hunk[], oldLine: number): Hunk | undefined =>
  hunks.find((h) => oldLine >= h.oldStart && oldLine < h.oldStart + h.oldLines);
