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

test('a test that could not fail is a remark when it goes', async () => {
  const java = (body: string): string =>
    `class ATest {\n    @Test\n    public void runs() {\n        assertEquals(2, a.b());\n    }\n\n    @Test${body}\n}\n`;
  const t = (body: string): Promise<string[]> =>
    tiers('src/test/java/a/ATest.java', java(body), java('').replace(/\n {4}@Test\n\}/, '}'));
  assert.deepEqual(await t('\n    public void later() {\n        // TODO\n        Assert.assertEquals(1, 1);\n    }'), [
    'low',
  ]);
  assert.deepEqual(await t('\n    public void later() {\n        Assert.assertEquals(1, a.c());\n    }'), ['high']);
  assert.deepEqual(await t('(expected = X.class)\n    public void later() {\n        a.c();\n    }'), ['high']);
  assert.deepEqual(await t('\n    public void later() {\n        a.run();\n    }'), ['high'], 'it may throw');
});

test('test files that one change deletes are one finding, which names those that guard something first', async () => {
  const gone = (...names: string[]): Promise<string[]> =>
    classify(
      names.map((n) => ({ path: `src/${n}.test.ts`, before: one(n), after: null })),
      ctx,
    ).then((c) => c.findings.filter((f) => f.rule === 'tests-removed').map((f) => `${f.tier} ${f.message}`));
  assert.equal((await gone('first', 'second', 'third')).length, 3);
  const [all, ...others] = await gone('first', 'second', 'third', 'loginFails');
  assert.equal(others.length, 0);
  assert.match(all!, /^high 4 tests were taken out with their 4 files \(loginFails\.test\.ts, first\.test\.ts, /);
});
