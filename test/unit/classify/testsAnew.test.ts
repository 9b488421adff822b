import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
type File = { path: string; before: string | null; after: string | null };
const told = async (...files: File[]): Promise<string> =>
  (await classify(files, ctx)).findings
    .filter((f) => f.rule === 'tests-removed')
    .map((f) => `${f.tier} ${f.message.split(':')[0]}`)
    .join(', ');

const loop = (asked: string, indent: string): string =>
  [
    'for _, c := range cases {',
    '\t_, err := Open(c.name)',
    asked,
    '\t\tt.Errorf("%s: err = %v", c.name, err)',
    '\t}',
    '}',
  ]
    .map((l) => `${indent}${l}\n`)
    .join('');
const cases = (names: readonly string[], indent: string): string =>
  `${indent}cases := []struct{ name string }{\n${names.map((n) => `${indent}\t{name: "${n}"},\n`).join('')}${indent}}\n`;
const opens = `func TestOpen(t *testing.T) {\n${cases(['one', 'two'], '\t')}${loop('\tif err != nil {', '\t')}`;
const fails = (names: readonly string[], asked = '\tif err == nil {', head = ''): string =>
  cases(names, '\t\t') + head + loop(asked, '\t\t');
const before = `package a\n\n${opens}}\n\nfunc TestOpenError(t *testing.T) {\n${fails(['no name', 'gone'])}}\n`;
const go = (subtest: string): File => ({
  path: 'a/open_test.go',
  before,
  after: `package a\n\n${opens}\n\tt.Run("error", func(t *testing.T) {\n${subtest}\t})\n}\n`,
});

test('a test that is a part of another one now is not gone', async () => {
  assert.equal(await told(go(fails(['no name', 'gone']))), '');
  const taken = /the test 'testopenerror' was|1 tests were|tests/i;
  for (const [why, subtest] of Object.entries({
    'the expectation turned': fails(['no name', 'gone'], '\tif err != nil {'),
    'it is skipped': fails(['no name', 'gone'], undefined, '\t\tt.Skip("flaky")\n'),
    'it may not run': fails(['no name', 'gone'], undefined, '\t\tif os.Getenv("ALL") == "" {\n\t\t\treturn\n\t\t}\n'),
    'it is a comment': `/*\n${fails(['no name', 'gone'])}*/\n`,
    'nothing of it is there': '\t\tOpen("no name")\n',
  }))
    assert.match(await told(go(subtest)), taken, why);
});

test('a part of a test in a block that does not run is gone all the same', async () => {
  const asked = "    expect(open('gone').length).toBe(0);\n    expect(open('gone').isOpen).toBe(false);\n";
  const whole = "    expect(open('one').length).toBe(1);\n";
  const file = (head: string): File => ({
    path: 'src/open.test.ts',
    before: `${head}('open', () => {\n  it('opens', () => {\n${whole}  });\n});\n\ndescribe('gone', () => {\n  it('is not there', () => {\n${asked}  });\n});\n`,
    after: `${head}('open', () => {\n  it('opens', () => {\n${whole}${asked}  });\n});\n`,
  });
  assert.equal(await told(file('describe')), '');
  assert.match(await told(file('describe.skip')), /^high/);
});

const spec = (...tests: string[]): string => `describe Address do\n${tests.join('\n')}end\n`;
const it = (title: string, url: string, raises = 'to raise_error(Blocked)'): string =>
  `  it '${title}' do\n    expect { subject.check_url!('${url}') }\n      .${raises}\n  end\n`;
const rewrite = (after: string, gone = it('skips all', 'http://a.lan/', 'not_to raise_error')): File => ({
  path: 'spec/address_spec.rb',
  before: spec(gone, it('blocks one', 'http://b.lan/'), it('blocks two', 'http://c.lan/')),
  after,
});
const rows =
  "  { 'ten' => '10.0.0.1', 'loop' => '127.0.0.1' }.each do |label, ip|\n    it \"permits #{label}\" do\n      expect { subject.check_url!(ip) }\n        .not_to raise_error\n    end\n  end\n";

test('a test in whose place new ones ask the same thing, and no less, was written anew', async () => {
  assert.equal(
    await told(rewrite(spec(it('blocks all', 'http://d.lan/'), rows))),
    "medium The test 'skips all' was written anew",
  );
  for (const [why, file] of Object.entries({
    'the file asks less': rewrite(spec(it('blocks all', 'http://d.lan/'))),
    'others are called': rewrite(spec(it('blocks all', 'http://d.lan/'), rows).replaceAll('check_url!', 'show_url')),
    'what is asked always holds': rewrite(
      spec(it('blocks all', 'http://d.lan/'), "  it 'runs' do\n    expect(true).to be(true)\n  end\n"),
    ),
    'nothing came in its place': rewrite(spec(it('blocks one', 'http://b.lan/'), it('blocks two', 'http://c.lan/'))),
    'it held somebody off': rewrite(
      spec(it('blocks all', 'http://d.lan/'), rows),
      it('rejects an expired token', 'http://a.lan/'),
    ),
  }))
    assert.match(await told(file), /^high/, why);
});

test('of several tests, one that is not called after what went is named', async () => {
  const py = (name: string, body: string): string => `def ${name}():\n    ${body}\n\n\n`;
  const kept = py('test_one', 'assert make().one == 1');
  const [repr, late] = [
    py('test_Context_repr', "assert repr(make()) == '<Context()>'"),
    py('test_loads_late', "assert 'x' not in loaded()"),
  ];
  const product = (after: string): File => ({
    path: 'a/context.py',
    before: 'import ssl\n\n\nclass Context(ssl.Context):\n    pass\n',
    after,
  });
  const tests = { path: 'tests/test_context.py', before: repr + kept + late, after: kept };
  assert.equal(
    await told(tests, product('import ssl\n\n\ndef make():\n    return ssl.Context()\n')),
    "high 2 tests were taken out, 'test_loads_late' first",
  );
  assert.equal(
    await told(tests, product('class Context:\n    pass\n')),
    "high 2 tests were taken out, 'test_Context_repr' first",
  );
});

test('a test whose lines are comments, or say the obvious, asked nothing', async () => {
  const java = (head: string, gone: string): File => {
    const file = (body: string): string =>
      `${head}class ATest {\n    @Test\n    void adds() {\n        assertEquals(2, add(1, 1));\n    }\n${body}}\n`;
    const body = `\n    @Test\n    void folds() {\n${gone}    }\n`;
    return { path: 'src/test/java/ATest.java', before: file(body), after: file('') };
  };
  const started = '@SpringBootTest\n';
  assert.match(await told(java('', '        // assertThat(fold(1)).isEqualTo(1);\n')), /^low/);
  assert.match(await told(java(started, '        // TODO\n        assertEquals(1, 1);\n')), /^low/);
  assert.match(await told(java('', '        assertThat(fold(1)).isEqualTo(1);\n')), /^high/);
  assert.match(await told(java('', '        // what it is\n        assertEquals("//", fold("//"));\n')), /^high/);
  assert.match(await told(java(started, '        assertEquals(1, 1);\n        fold(1);\n')), /^high/);
  assert.match(await told(java(started, '')), /^high/);
  assert.match(await told(java(started, '        // assertThat(fold(1)).isEqualTo(1);\n')), /^low/);
  assert.match(await told(java(started, '        // starts with all its parts\n')), /^high/);
});
