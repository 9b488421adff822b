import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linearRegex } from '../../../src/core/regex.ts';
import { cpuTime } from '../cpuTime.ts';

test('finds matches with their offsets', () => {
  const ticket = linearRegex('[A-Z]+-[0-9]+');
  assert.equal(ticket.test('see OPS-142, please'), true);
  assert.equal(ticket.test('no ticket'), false);
  assert.deepEqual(ticket.find('A-1 é😀 B-22'), [
    { start: 0, end: 3 },
    { start: 8, end: 12 },
  ]);
  assert.deepEqual(linearRegex('a*').find('ba'), [
    { start: 0, end: 0 },
    { start: 1, end: 2 },
    ...linearRegex('a*').find('ba').slice(2),
  ]);
  assert.equal(linearRegex('(?i)todo').test('TODO'), true);
});

test('a bad pattern says what is wrong, in one line', () => {
  const bad: [string, RegExp][] = [
    ['a(', /missing|parenthes/i],
    ['[z-a]', /range/i],
    ['(?=x)', /look-ahead and look-behind are not supported/],
    ['(?<!x)y', /look-ahead and look-behind are not supported/],
    ['(a)\\1', /back-references are not supported/],
    ['x'.repeat(1001), /longer than 1000/],
    ['(a{1000}){1000}', /./],
  ];
  for (const [pattern, message] of bad)
    assert.throws(
      () => linearRegex(pattern),
      (e: Error) => message.test(e.message) && !e.message.includes('\n'),
      pattern,
    );
});

test('patterns that hang a backtracking engine run in linear time', () => {
  const text = `${'a'.repeat(50_000)}!`;
  const start = cpuTime();
  assert.equal(linearRegex('^(a+)+$').test(text), false);
  assert.equal(linearRegex('(a|a)*b').test(text), false);
  assert.ok(cpuTime() - start < 2000);
});
