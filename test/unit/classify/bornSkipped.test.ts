import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
type Pair = readonly [before: string | null, after: string | null];
/** The tiers of what is told of tests that are switched off. */
const told = async (path: string, ...pairs: Pair[]): Promise<string> =>
  (
    await classify(
      pairs.map(([before, after], i) => ({ path: i === 0 ? path : path.replace('sum', `more${i}`), before, after })),
      ctx,
    )
  ).files
    .flatMap((f) => f.classification.findings)
    .filter((f) => f.rule === 'tests-skipped')
    .map((f) => f.tier)
    .join(' ');

const one = (title: string, head = 'test'): string =>
  `${head}('${title}', () => {\n  expect(sum(1, 2)).toBe(3);\n});\n`;
const js = 'src/sum.test.ts';

test('a new test that is skipped beside others that run is little', async () => {
  assert.equal(await told(js, [null, one('adds two') + one('adds many', 'test.skip')]), 'low');
  assert.equal(await told(js, [one('adds two'), one('adds two') + one('adds many', 'it.skip')]), 'low');
});

test('a test that ran, one in its place, a group and a whole file stay loud', async () => {
  const both = one('adds two') + one('adds many');
  const skipped = one('adds many', 'test.skip');
  assert.equal(await told(js, [both, one('adds two') + skipped]), 'high');
  assert.equal(await told(js, [both, one('adds two') + one('adds more', 'test.skip')]), 'high', 'renamed');
  assert.equal(await told(js, [null, skipped]), 'high', 'all of it');
  const most = one('adds two') + skipped + one('adds more', 'xit');
  assert.equal(await told(js, [null, most]), 'high', 'most of it');
  assert.equal(await told(js, [null, `test('none', () => {});\n${skipped}`]), 'high', 'beside nothing');
  assert.equal(await told(js, [one('adds two'), one('adds two') + skipped], [both, one('adds two')]), 'high', 'moved');
  assert.equal(await told(js, [null, `${one('adds two')}describe.skip('all', () => {\n${one('many')}});\n`]), 'high');
  assert.equal(await told(js, [null, one('adds two') + one('adds many', 'test.only')]), 'high');
});

const java = (mark: string, name = 'addsMany', above = ''): string =>
  `${above}class SumTest {\n    @Test\n    void addsTwo() {\n        assertEquals(3, sum(1, 2));\n    }\n\n    @Test\n${mark}    void ${name}() {\n        assertEquals(6, sum(1, 2, 3));\n    }\n}\n`;
const path = 'src/test/java/SumTest.java';

test('annotations stand for the test below them', async () => {
  assert.equal(await told(path, [null, java('    @Disabled\n')]), 'low');
  assert.equal(await told(path, [java(''), java('    @Disabled\n')]), 'high');
  assert.equal(await told(path, [java(''), java('    @Disabled\n', 'addsAll')]), 'high');
  assert.equal(await told(path, [null, java('', 'addsMany', '@Disabled\n')]), 'high', 'a class');
  const nested = java('').replace(
    /\}\n$/,
    `\n    @Disabled\n    @Nested\n    ${java('').replaceAll('\n', '\n    ')}\n}\n`,
  );
  assert.equal(await told(path, [null, nested]), 'high', 'a class in it');
});

test('a function of Kotlin that is an expression ends where it does', async () => {
  const kotlin = (mark: string): string =>
    `class SumTest {\n    @Test\n    fun stress() = StressOptions().check(this::class)\n\n    @Test\n${mark}    fun models() = ModelOptions().check(this::class)\n}\n`;
  const file = 'src/test/kotlin/SumTest.kt';
  assert.equal(await told(file, [null, kotlin('    @Ignore\n')]), 'low');
  assert.equal(await told(file, [kotlin(''), kotlin('    @Ignore\n')]), 'high');
  assert.equal(
    await told(file, [null, kotlin('    @Ignore\n').replace('Test\n    fun s', 'Test\n    @Ignore\n    fun s')]),
    'high',
  );
});
