/** What is remembered of one path's records, beside a plain map of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { PathRecords, type Entry } from '../../../src/platform/journalIndex.ts';

const entry = (key: string, offset: number): Entry => ({ key, base: 'full', offset, length: 1, depth: 0 });

test('the last record of a key counts, in the order of those that count', () => {
  const keys = fc.constantFrom('a', 'b', 'c', 'd');
  const step = fc.record({ key: keys, what: fc.constantFrom('add', 'add', 'add', 'ask', 'delete') });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const records = new PathRecords('a.ts');
      const expected = new Map<string, number>();
      for (const [i, { key, what }] of steps.entries()) {
        if (what !== 'ask') expected.delete(key);
        if (what === 'add') {
          records.add(entry(key, i));
          expected.set(key, i);
        } else if (what === 'delete') records.delete(key);
        else assert.equal(records.get(key)?.offset, expected.get(key));
      }
      assert.deepEqual(
        records.entries().map((e) => [e.key, e.offset]),
        [...expected],
      );
      assert.deepEqual(records.keys(), [...expected.keys()]);
      assert.equal(records.size, expected.size);
    }),
  );
});

test('a text is not forgotten because two others came in turn thousands of times', () => {
  const records = new PathRecords('a.ts');
  records.add(entry('first', 0));
  for (let i = 1; i < 5000; i++) records.add(entry(`turn ${i % 2}`, i));
  assert.equal(records.get('first')?.offset, 0);
  assert.deepEqual(records.newest?.offset, 4999);
});

test('of thousands of texts the newest are remembered', () => {
  const records = new PathRecords('a.ts');
  for (let i = 0; i < 5000; i++) records.add(entry(`text ${i}`, i));
  assert.ok(records.size >= 256 && records.size <= 1024, `${records.size}`);
  assert.equal(records.get('text 4744')?.offset, 4744);
  assert.equal(records.get('text 0'), undefined);
});
