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
  const numbers = new Map<string, number>();
  const numbered = (lines: readonly string[], end: number): Int32Array => {
    const ids = new Int32Array(end - start);
    for (let i = start; i < end; i++) {
      const line = lines[i]!;
      let id = numbers.get(line);
      if (id === undefined) numbers.set(line, (id = numbers.size));
      ids[i - start] = id;
    }
    return ids;
  };
  const found = differences(numbered(before, endOld), numbered(after, endNew), bounds);
  if (found === undefined) return whole();
  return found.map((r) => hunk(start + r.oldStart, r.oldCount, start + r.newStart, r.newCount));
}

/** From 0-based offsets to git's 1-based convention, where an empty side names the line before it. */
function hunk(o: number, oldLines: number, n: number, newLines: number): Hunk {
  return { oldStart: oldLines === 0 ? o : o + 1, oldLines, newStart: newLines === 0 ? n : n + 1, newLines };
}
