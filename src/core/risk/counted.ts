/** Hits of one side of a change beside those of the other: what there is more of is new, or gone. */
import type { Found, Rule } from '../rules/rule.ts';

/** How many hits there are of each key. */
export function count(found: readonly Found[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const f of found) counts.set(f.key, (counts.get(f.key) ?? 0) + 1);
  return counts;
}

/** Of the hits with one key, as many as there are more than on the other side: those on changed lines first, then near ones. */
export function surplus(
  found: readonly Found[],
  other: ReadonlyMap<string, number>,
  touched: (f: Found) => boolean,
  near?: (f: Found) => boolean,
): Found[] {
  const extra = new Map<string, number>();
  for (const [key, n] of count(found)) extra.set(key, n - (other.get(key) ?? 0));
  const out: Found[] = [];
  const rest: Found[] = [];
  const take = (f: Found): void => {
    const left = extra.get(f.key) ?? 0;
    if (left <= 0) return;
    extra.set(f.key, left - 1);
    out.push(f);
  };
  for (const f of found) {
    if (touched(f)) take(f);
    else if (near?.(f)) rest.push(f);
  }
  for (const f of rest) take(f);
  return out;
}

/** Most hits of a side that are compared one with another. */
const maxPaired = 100;

/** Of hits that are new those that were there before in another form, one for each that is gone. */
export function carried({ isSame }: Rule, brought: readonly Found[], gone: readonly Found[]): ReadonlySet<Found> {
  const same = new Set<Found>();
  if (!isSame || brought.length > maxPaired || gone.length > maxPaired) return same;
  const left = [...gone];
  for (const now of brought) {
    const i = left.findIndex((old) => isSame(old, now));
    if (i < 0) continue;
    left.splice(i, 1);
    same.add(now);
  }
  return same;
}
