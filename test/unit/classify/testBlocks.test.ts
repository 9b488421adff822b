import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
const one = (title: string): string => `test('${title}', () => {\n  expect(${title}()).toBe('${title}');\n});\n`;

test('tests of one file are one finding at the first of them, which tells how many and names one', async () => {
  const told = async (kept: readonly string[]): Promise<[number, string][]> => {
    const before = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'].map(one).join('\n');
    const files = [{ path: 'src/a.test.ts', before, after: kept.map(one).join('\n') }];
    return (await classify(files, ctx)).findings.map((f) => [f.line, f.message.split(':')[0]!]);
  };
  assert.deepEqual(await told(['first', 'fifth', 'sixth']), [[4, "3 tests were taken out, 'second' first"]]);
  assert.deepEqual(
    (await told(['third', 'fourth'])).map(([, m]) => m),
    ["4 tests were taken out, 'first' first"],
  );
  assert.deepEqual(
    (await told(['first', 'third', 'fourth', 'fifth', 'sixth'])).map(([, m]) => m),
    ["The test 'second' was taken out"],
  );
});

const tiers = async (path: string, before: string, after: string): Promise<string[]> =>
  (await classify([{ path, before, after }], ctx)).findings
    .filter((f) => f.rule === 'tests-removed')
    .map((f) => f.tier);

test('rows that may stand for tests weigh less than none, and so do tests that did not run', async () => {
  const rust = (name: string, code: string): string =>
    `#[test]\nfn ${name}() {\n    assert_eq!(parse("${code}"), 1);\n}\n\n`;
  const before = rust('parses_lists', '[1 2 3]') + rust('parses_records', '{a: 1}');
  const table = (rows: string): string =>
    `#[rstest]\n${rows}fn parses(#[case] code: &str) {\n    assert_eq!(parse(code), 1);\n}\n`;
  const t = (rows: string): Promise<string[]> => tiers('tests/parse.rs', before, table(rows));
  assert.deepEqual(await t('#[case::list("[1 2 3]")]\n#[case::record("{a: 1}")]\n'), []);
  assert.deepEqual(await t('#[case("x + y")]\n#[case("y + z")]\n#[case("z")]\n'), ['medium']);
  assert.deepEqual(await t(''), ['high']);
  const off = `#[ignore]\n${before}`;
  assert.deepEqual(await tiers('tests/parse.rs', off, rust('parses_records', '{a: 1}')), ['low']);
});

test('tests of an architecture are fields', async () => {
  const field = (cls: string, rule: string): string =>
    `class ${cls} {\n\n    @ArchTest\n    static final ArchRule ${rule} = layeredArchitecture()\n        .layer("Web");\n}\n`;
  const gone = {
    path: 'src/test/java/a/ArchTest.java',
    before: 'class ArchTest {\n\n    @Test\n    void layersAreKept() {\n        rule().check(all);\n    }\n}\n',
    after: null,
  };
  const path = 'src/test/java/a/LayersTest.java';
  const left = async (after: string): Promise<number> =>
    (await classify([gone, { path, before: null, after }], ctx)).findings.filter((f) => f.rule === 'tests-removed')
      .length;
  assert.equal(await left(field('LayersTest', 'respectsLayers')), 0);
  assert.equal(await left(field('LayersTest', 'respectsLayers').replace('@ArchTest', '')), 1);
});
