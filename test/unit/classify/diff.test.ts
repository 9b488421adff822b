import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffArrays } from 'diff';
import * as fc from 'fast-check';
import { diffLines } from '../../../src/core/hunks.ts';
import type { Hunk } from '../../../src/core/model.ts';
import { differences } from '../../../src/core/myers.ts';

/** The same question to the `diff` package, which is slower by far but widely used. */
function yardstick(a: readonly number[], b: readonly number[]): { at: [number, number]; gone: number; come: number }[] {
  const found: { at: [number, number]; gone: number; come: number }[] = [];
  let [x, y] = [0, 0];
  let open = false;
  for (const part of diffArrays([...a], [...b])) {
    if (!part.added && !part.removed) {
      x += part.count;
      y += part.count;
      open = false;
      continue;
    }
    if (!open) found.push({ at: [x, y], gone: 0, come: 0 });
    open = true;
    const last = found.at(-1)!;
    if (part.removed) {
      last.gone += part.count;
      x += part.count;
    } else {
      last.come += part.count;
      y += part.count;
    }
  }
  return found;
}

test('gives what the diff package gives, replacement for replacement', () => {
  for (const max of [1, 2, 5, 40])
    fc.assert(
      fc.property(
        fc.array(fc.nat(max), { maxLength: 60 }),
        fc.array(fc.nat(max), { maxLength: 60 }),
        fc.boolean(),
        (a, b, related) => {
          const other = related ? [...a.slice(0, a.length / 2), ...b.slice(0, 5), ...a.slice(a.length / 2)] : b;
          assert.deepEqual(
            differences(a, other, { edits: 1000, steps: 1e9 })!.map((r) => ({
              at: [r.oldStart, r.newStart],
              gone: r.oldCount,
              come: r.newCount,
            })),
            yardstick(a, other),
          );
        },
      ),
      { numRuns: 500 },
    );
});

test('says so when the bounds are reached', () => {
  const a = Array.from({ length: 100 }, (_, i) => i);
  const b = a.map((i) => i + 1000);
  assert.equal(differences(a, b, { edits: 199, steps: 1e9 }), undefined);
  assert.equal(differences(a, b, { edits: 200, steps: 1e9 })?.length, 1);
  assert.equal(differences(a, b, { edits: 200, steps: 500 }), undefined);
});

function apply(before: readonly string[], after: readonly string[], hunks: readonly Hunk[]): string[] {
  const out: string[] = [];
  let at = 0;
  for (const h of hunks) {
    const start = h.oldLines === 0 ? h.oldStart : h.oldStart - 1;
    out.push(...before.slice(at, start));
    const from = h.newLines === 0 ? h.newStart : h.newStart - 1;
    out.push(...after.slice(from, from + h.newLines));
    at = start + h.oldLines;
  }
  return [...out, ...before.slice(at)];
}

test('hunks turn one text into the other, also where nothing is alike, all is moved, or few lines are distinct', () => {
  const count = 60_000;
  const lines = (f: (i: number) => string): string[] => Array.from({ length: count }, (_, i) => f(i));
  const plain = lines((i) => `line ${i}`);
  for (const [what, before, after] of [
    ['all lines differ', plain, lines((i) => `other ${i}`)],
    ['reversed', plain, plain.toReversed()],
    ['shuffled', plain, lines((i) => plain[(i * 7919) % count]!)],
    ['every second line differs', plain, lines((i) => (i % 2 ? plain[i]! : `${i}`))],
    ['few distinct lines', lines((i) => 'ab'[i % 2]!), lines((i) => 'bac'[(i * i) % 3]!)],
    ['one line changed', plain, lines((i) => (i === 30_000 ? 'x' : plain[i]!))],
  ] as const) {
    const start = process.cpuUsage();
    const memory = process.memoryUsage().rss;
    const hunks = diffLines(before, after);
    const used = process.cpuUsage(start);
    const ms = (used.user + used.system) / 1000;
    assert.ok(ms < 1500, `${what}: ${ms.toFixed(0)} ms`);
    assert.ok(process.memoryUsage().rss - memory < 300e6, `${what}: memory`);
    assert.deepEqual(apply(before, after, hunks), after, what);
  }
});
