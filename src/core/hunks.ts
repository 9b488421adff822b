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
  const [old, next] = inBoth(before, start, endOld, after, endNew);
  if (old.places.length === 0) return whole();
  const found = differences(Int32Array.from(old.ids), Int32Array.from(next.ids), bounds);
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
      upTo(old.places[i++]!, next.places[j++]!);
      o++;
      n++;
    }
  };
  for (const r of found) {
    alike(r.oldStart);
    i += r.oldCount;
    j += r.newCount;
  }
  alike(old.places.length);
  upTo(endOld, endNew);
  return hunks;
}

/** Lines of one side that the other side has, too: where they stand, and a number for each text. */
interface Shared {
  readonly places: number[];
  readonly ids: number[];
}

function inBoth(
  before: readonly string[],
  start: number,
  endOld: number,
  after: readonly string[],
  endNew: number,
): readonly [Shared, Shared] {
  const known = new Map<string, number>();
  const all: number[] = [];
  for (let i = start; i < endOld; i++) {
    const line = before[i]!;
    let id = known.get(line);
    if (id === undefined) known.set(line, (id = known.size));
    all.push(id);
  }
  const next: Shared = { places: [], ids: [] };
  const isShared = new Uint8Array(known.size);
  for (let i = start; i < endNew; i++) {
    const id = known.get(after[i]!);
    if (id === undefined) continue;
    isShared[id] = 1;
    next.places.push(i);
    next.ids.push(id);
  }
  const old: Shared = { places: [], ids: [] };
  for (const [i, id] of all.entries()) {
    if (isShared[id] !== 1) continue;
    old.places.push(start + i);
    old.ids.push(id);
  }
  return [old, next];
}

/** From 0-based offsets to git's 1-based convention, where an empty side names the line before it. */
function hunk(o: number, oldLines: number, n: number, newLines: number): Hunk {
  return { oldStart: oldLines === 0 ? o : o + 1, oldLines, newStart: newLines === 0 ? n : n + 1, newLines };
}

/** The hunk that took an old line (from 1) away. */
export const hunkThatTook = (hunks: readonly Hunk[], oldLine: number): Hunk | undefined =>
  hunks.find((h) => oldLine >= h.oldStart && oldLine < h.oldStart + h.oldLines);
