import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diffArrays } from 'diff';
import * as fc from 'fast-check';
import { diffLines } from '../../../src/core/hunks.ts';

const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd', '', 'x1', 'x2'), { maxLength: 40 });

describe('diffLines', () => {
  it('turns one text into the other, with as few lines as possible, in hunks that never touch', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const out: string[] = [];
        let o = 0;
        let changed = 0;
        let last = -1;
        for (const h of diffLines(before, after)) {
          const start = h.oldLines === 0 ? h.oldStart : h.oldStart - 1;
          assert.ok(start > last, 'apart');
          out.push(...before.slice(o, start));
          const from = h.newLines === 0 ? h.newStart : h.newStart - 1;
          assert.equal(from, out.length);
          out.push(...after.slice(from, from + h.newLines));
          o = start + h.oldLines;
          last = o;
          changed += h.oldLines + h.newLines;
        }
        out.push(...before.slice(o));
        assert.deepEqual(out, after);
        const least = diffArrays(before, after).reduce((n, p) => n + (p.added || p.removed ? p.count : 0), 0);
        assert.equal(changed, least);
      }),
      { numRuns: 500 },
    );
  });

  it('replaces a text that was written anew at once, however long it is', () => {
    const lines = (what: string): string[] => Array.from({ length: 20_000 }, (_, i) => `${what} ${i}`);
    const began = performance.now();
    const hunks = diffLines(['same', ...lines('old'), 'end'], ['same', ...lines('new'), 'end']);
    assert.deepEqual(hunks, [{ oldStart: 2, oldLines: 20_000, newStart: 2, newLines: 20_000 }]);
    assert.ok(performance.now() - began < 1000);
  });
});
