import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
const path = 'src/sum.test.ts';
/** What is told of a file with tests. */
const told = async (before: string, after: string): Promise<string> =>
  (await classify([{ path, before, after }], ctx)).findings
    .filter((f) => f.rule.startsWith('tests-'))
    .map((f) => `${f.tier} ${f.rule}`)
    .toSorted()
    .join(', ');

const one = (title: string, head = 'it', body = '  expect(sum(1, 2)).toBe(3);\n'): string =>
  `${head}('${title}', async () => {\n${body}});\n`;

test('a test that is skipped under its title is not gone as well', async () => {
  const both = one('adds two') + one('adds many');
  for (const head of ['it.skip', 'xit', 'test.fixme'])
    assert.equal(await told(both, one('adds two') + one('adds many', head)), 'high tests-skipped', head);
});

test('a test that is skipped does not hide another that is gone', async () => {
  const all = one('adds two') + one('adds many') + one('adds none');
  const loud = 'high tests-removed, high tests-skipped';
  assert.equal(await told(all, one('adds two') + one('adds many', 'it.skip')), loud, 'another');
  const other = one('sums', 'it.skip', '  expect(sum(4, 4)).toBe(8);\n');
  assert.equal(await told(all, one('adds two') + one('adds many') + other), loud, 'another title');
  const emptied = one('adds none', 'it.skip', '  await sum(1, 2);\n');
  assert.equal(await told(all, one('adds two') + one('adds many') + emptied), loud, 'asks nothing');
  const twice = one('adds two') + one('adds many') + one('adds many');
  assert.equal(await told(twice, one('adds two') + one('adds many', 'it.skip')), loud, 'one of two');
  const swapped = one('adds two', 'it.skip') + one('adds many') + one('adds none');
  assert.match(await told(swapped, one('adds many', 'it.skip') + one('adds none')), /tests-removed/, 'in its place');
  assert.equal(await told(all, one('adds two') + one('adds many') + "it.todo('adds none');\n"), 'high tests-removed');
});
