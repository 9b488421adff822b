/**
 * Myers' greedy O(ND) difference of two lists of numbers, in the order of decisions of the `diff` package (the tests hold
 * it against that), but on typed arrays: one bit for each point reached instead of a linked list of components, because a
 * rewritten file of some thousand lines took two seconds and as many gigabytes.
 */

/** `old[oldStart, +oldCount)` becomes `new[newStart, +newCount)`; 0-based. */
export interface Replacement {
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
}

export interface DiffBounds {
  /** Most lines added and removed. */
  readonly edits: number;
  /** Most comparisons and points reached, so that long runs of few distinct lines end, too. */
  readonly steps: number;
}

const nowhere = -2;

/** The least replacements that make `b` of `a`, in order, never adjacent; `undefined` beyond the bounds. */
export function differences(a: ArrayLike<number>, b: ArrayLike<number>, bounds: DiffBounds): Replacement[] | undefined {
  const n = a.length;
  const m = b.length;
  const most = Math.min(n + m, bounds.edits);
  const middle = most + 1;
  /** By diagonal (old − new): the farthest place in `a`, −1 = before its start. */
  const far = new Int32Array(2 * most + 3).fill(nowhere);
  /** By number of edits: a bit for each diagonal, set when its last step added a line. */
  const steps: Uint8Array[] = [];
  let left = bounds.steps;
  let least = -Infinity;
  let last = Infinity;

  /** Follows equal lines from a place on a diagonal. */
  const follow = (place: number, diagonal: number): number => {
    let x = place;
    while (x + 1 < n && x + 1 - diagonal < m && a[x + 1] === b[x + 1 - diagonal]) x++;
    left -= x - place + 1;
    return x;
  };

  const start = follow(-1, 0);
  if (start + 1 >= n && start + 1 >= m) return [];
  far[middle] = start;
  for (let d = 1; d <= most && left > 0; d++) {
    const bits = new Uint8Array((d >> 3) + 1);
    steps.push(bits);
    for (let k = Math.max(least, -d); k <= Math.min(last, d); k += 2) {
      const removed = far[middle + k - 1]!;
      const added = far[middle + k + 1]!;
      far[middle + k - 1] = nowhere;
      const canAdd = added !== nowhere && added - k >= 0 && added - k < m;
      const canRemove = removed !== nowhere && removed + 1 < n;
      if (!canAdd && !canRemove) {
        far[middle + k] = nowhere;
        continue;
      }
      const add = !canRemove || (canAdd && removed < added);
      if (add) bits[(k + d) >> 4]! |= 1 << (((k + d) >> 1) & 7);
      const place = follow(add ? added : removed + 1, k);
      if (place + 1 >= n && place - k + 1 >= m) return replay(a, b, steps, d, k);
      far[middle + k] = place;
      if (place + 1 >= n) last = Math.min(last, k - 1);
      if (place - k + 1 >= m) least = Math.max(least, k + 1);
    }
  }
  return undefined;
}

/** From the bits: first back to the start, which gives the order of steps, then forth along the lines. */
function replay(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  steps: readonly Uint8Array[],
  count: number,
  end: number,
): Replacement[] {
  const adds = new Uint8Array(count);
  let k = end;
  for (let d = count; d > 0; d--) {
    const add = (steps[d - 1]![(k + d) >> 4]! >> (((k + d) >> 1) & 7)) & 1;
    adds[d - 1] = add;
    k += add ? 1 : -1;
  }
  const found: Replacement[] = [];
  let x = 0;
  let y = 0;
  for (let i = 0; i < count;) {
    while (x < a.length && y < b.length && a[x] === b[y]) {
      x++;
      y++;
    }
    const [oldStart, newStart] = [x, y];
    do {
      if (adds[i++]) y++;
      else x++;
    } while (i < count && !(x < a.length && y < b.length && a[x] === b[y]));
    found.push({ oldStart, oldCount: x - oldStart, newStart, newCount: y - newStart });
  }
  return found;
}
