import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
const one = (title: string): string => `test('${title}', () => {\n  expect(${title}()).toBe('${title}');\n});\n`;

test('tests of one block are one finding at the first of them; those of two blocks are two', async () => {
  const told = async (kept: readonly string[]): Promise<[number, string][]> => {
    const before = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'].map(one).join('\n');
    const files = [{ path: 'src/a.test.ts', before, after: kept.map(one).join('\n') }];
    return (await classify(files, ctx)).findings.map((f) => [f.line, f.message.split(':')[0]!]);
  };
  assert.deepEqual(await told(['first', 'fifth', 'sixth']), [[4, '3 tests were taken out']]);
  assert.deepEqual(
    (await told(['third', 'fourth'])).map(([, m]) => m),
    ['2 tests were taken out', '2 tests were taken out'],
  );
  assert.deepEqual(
    (await told(['first', 'third', 'fourth', 'fifth', 'sixth'])).map(([, m]) => m),
    ['Tests were taken out'],
  );
});
