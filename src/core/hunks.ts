/** Texts → lines → hunks. The one line diff of the product; linear on hopeless inputs. */
import { diffArrays } from 'diff';
import type { Hunk } from './model.ts';

/** Lines without their terminators (`\n`, `\r\n` or a lone `\r`). Text that ends in a terminator has no extra empty line. */
export function splitLines(text: string): string[] {
  if (text === '') return [];
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/**
 * Edits beyond this many lines are no longer aligned but replaced as a block: Myers' algorithm costs O(lines × edits),
 * and a rewrite of that size has no meaningful alignment (bound measured in test/bench).
 */
const maxEditLength = 4000;

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
  const parts = diffArrays(before.slice(start, endOld), after.slice(start, endNew), { maxEditLength });
  if (parts === undefined) return whole();
  const hunks: Hunk[] = [];
  let o = start;
  let n = start;
  let removed = 0;
  let added = 0;
  const flush = (): void => {
    if (removed > 0 || added > 0) hunks.push(hunk(o - removed, removed, n - added, added));
    removed = added = 0;
  };
  for (const part of parts) {
    if (part.removed) {
      o += part.count;
      removed += part.count;
    } else if (part.added) {
      n += part.count;
      added += part.count;
    } else {
      flush();
      o += part.count;
      n += part.count;
    }
  }
  flush();
  return hunks;
}

/** From 0-based offsets to git's 1-based convention, where an empty side names the line before it. */
function hunk(o: number, oldLines: number, n: number, newLines: number): Hunk {
  return { oldStart: oldLines === 0 ? o : o + 1, oldLines, newStart: newLines === 0 ? n : n + 1, newLines };
}
