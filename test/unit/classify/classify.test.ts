import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify, classifyFile } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import type { Policy } from '../../../src/core/policy/model.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
const judge = (path: string, before: string | null, after: string | null, policy: Policy = defaultPolicy) =>
  classifyFile({ path, before, after }, { ...ctx, policy });

const withRules = (rules: Partial<Policy['rules']>): Policy => ({
  ...defaultPolicy,
  rules: { ...defaultPolicy.rules, ...rules },
});

const kinds: readonly [string, string, string | null, string | null, string, string][] = [
  ['blanks in Python', 'a.py', 'x = [1,2]\n', 'x = [1, 2]\n\n', 'formatting', 'low'],
  ['quotes and commas in TypeScript', 'a.ts', "f('a', [1, 2]);\n", 'f("a", [\n  1,\n  2,\n]);\n', 'formatting', 'low'],
  [
    'indentation that changes a Python block',
    'a.py',
    'if a:\n    b()\n    c()\n',
    'if a:\n    b()\nc()\n',
    'feature',
    'medium',
  ],
  [
    'a line break that ends a JavaScript statement',
    'a.js',
    'function f() { return a }\n',
    'function f() { return\na }\n',
    'feature',
    'medium',
  ],
  [
    'a loop whose start becomes its condition',
    'a.js',
    'function f() { a(); }\nfunction g() { for (i();;j()) k(); }\n',
    'function f() { a(); }\nfunction g() { for (;i();j()) k(); }\n',
    'feature',
    'medium',
  ],
  [
    'a loop in Java whose start becomes its condition',
    'A.java',
    'class A { void f() { a(); } void g() { for (i();;j()) k(); } }\n',
    'class A { void f() { a(); } void g() { for (;i();j()) k(); } }\n',
    'feature',
    'medium',
  ],
  [
    'a blank that makes an argument of an index in Ruby',
    'a.rb',
    'class A\n  def a\n    1\n  end\n\n  def b\n    first [1]\n  end\nend\n',
    'class A\n  def a\n    1\n  end\n\n  def b\n    first[1]\n  end\nend\n',
    'feature',
    'medium',
  ],
  [
    'a line that leaves its loop, deep in a class',
    'a.py',
    'class A:\n    def a(self):\n        return 1\n\n    def b(self):\n        for x in y:\n            f(x)\n            g(x)\n',
    'class A:\n    def a(self):\n        return 1\n\n    def b(self):\n        for x in y:\n            f(x)\n        g(x)\n',
    'feature',
    'medium',
  ],
  [
    'one line broken in two, deep in a class',
    'a.ts',
    'class A {\n  a() { return 1; }\n  b() {\n    return f(one, two);\n  }\n  c() { return 2; }\n}\n',
    'class A {\n  a() { return 1; }\n  b() {\n    return f(\n      one,\n      two,\n    );\n  }\n  c() { return 2; }\n}\n',
    'formatting',
    'low',
  ],
  [
    'blanks in a template string',
    'a.ts',
    'class A {\n  a() { return 1; }\n  b() { return `a ${b} c`; }\n}\n',
    'class A {\n  a() { return 1; }\n  b() { return `a ${b}  c`; }\n}\n',
    'feature',
    'medium',
  ],
  [
    'comments in two places, one inside a block',
    'a.ts',
    '/* one\n   two\n   three */\nf(1);\nf(2); // four\n',
    '/* one\n   second\n   three */\nf(1);\nf(2); // fourth\n',
    'comments',
    'low',
  ],
  [
    'a comment behind a line of other code',
    'a.ts',
    'f(1); // one\nf(2);\n',
    'f(3); // one\nf(2);\n',
    'feature',
    'medium',
  ],
  ['a comment', 'a.go', 'package a\n', '// Package a does it.\npackage a\n', 'comments', 'low'],
  [
    'a comment of more lines',
    'a.java',
    'class A {\n  int a;\n}\n',
    'class A {\n  /* one\n   * two */\n  int a; // b\n}\n',
    'comments',
    'low',
  ],
  [
    'a comment that ends a JavaScript statement',
    'a.js',
    'function f() { return /* a */ b }\n',
    'function f() { return /* a\n */ b }\n',
    'feature',
    'medium',
  ],
  [
    'what looks like a comment in JSX',
    'a.tsx',
    'const a = <p>\n// not\n</p>;\n',
    'const a = <p>\n// never\n</p>;\n',
    'feature',
    'medium',
  ],
  [
    'what looks like a comment outside PHP',
    'a.php',
    '<p>\n# one\n<?php f();\n',
    '<p>\n# two\n<?php f();\n',
    'feature',
    'medium',
  ],
  ['a comment that PHP ends early', 'a.php', '<?php f(); // a ?> b\n', '<?php f(); // a ?> c\n', 'feature', 'medium'],
  ['a comment that tools obey', 'a.ts', 'f(x);\n', '// @ts-ignore\nf(x);\n', 'feature', 'medium'],
  [
    'a docstring',
    'a.py',
    'def f():\n    """Does it."""\n    return 1\n',
    'def f():\n    """Does it well."""\n    return 1\n',
    'comments',
    'low',
  ],
  ['a string that is used', 'a.py', 'x = (\n"""a"""\n)\n', 'x = (\n"""b"""\n)\n', 'feature', 'medium'],
  ['a comment in YAML', 'k.yaml', 'a: 1\n', '# one\na: 1\n', 'comments', 'low'],
  ['a hash inside a YAML string', 'k.yaml', "a: 'b'\n", "a: 'b # c'\n", 'configuration', 'medium'],
  ['text in JSX', 'a.tsx', 'const a = <p>not allowed</p>;\n', 'const a = <p>allowed</p>;\n', 'feature', 'medium'],
  ['prose', 'README.md', 'a\n', 'b\n', 'docs', 'low'],
  ['a new test', 'src/a.test.ts', null, "test('a', () => {});\n", 'tests', 'low'],
  ['a workflow', '.github/workflows/ci.yml', null, 'on: push\njobs: {}\n', 'ci-cd', 'high'],
  ['a query', 'q.sql', null, 'SELECT 1;\n', 'feature', 'medium'],
  ['a table', 'q.sql', null, 'CREATE TABLE a (b int);\n', 'schema', 'high'],
  ['a version in a manifest', 'package.json', '{"version":"1.0.0"}', '{"version":"1.0.1"}', 'configuration', 'medium'],
  ['nothing', 'a.ts', 'a\n', 'a\n', 'none', 'low'],
  ['a file without a name we know', 'x.bin', null, 'a\0b', 'feature', 'medium'],
  ['authentication code', 'src/auth/session.ts', 'a();\n', 'b();\n', 'security', 'high'],
  ['an authentication test', 'src/auth/session.test.ts', 'a();\n', 'b();\n', 'tests', 'low'],
];
for (const [what, path, before, after, changeType, tier] of kinds)
  test(`${what}: ${changeType}, ${tier}`, async () => {
    const c = await judge(path, before, after);
    assert.equal(c.changeType, changeType);
    assert.equal(c.tier, tier);
  });

const risky = 'import requests\n\n\ndef load(u):\n    return requests.get(u, verify=False)\n';

test('an old risk that the edit did not touch is silent', async () => {
  const c = await judge('a.py', risky, `${risky}\n\ndef other():\n    return 1\n`);
  assert.deepEqual(c.findings, []);
});

test('a risk that moved or was indented anew is silent', async () => {
  const moved = 'import requests\n\nclass A:\n    def load(self, u):\n        return requests.get(u, verify=False)\n';
  assert.deepEqual((await judge('a.py', risky, moved)).findings, []);
});

test('an edit beside the risk on its own line is silent', async () => {
  assert.deepEqual((await judge('a.py', risky, risky.replace('get(u,', 'get(u.strip(),'))).findings, []);
});

test('a second copy of an old risk is one finding, on the new line', async () => {
  const { findings } = await judge(
    'a.py',
    risky,
    `${risky}\n\ndef again(u):\n    return requests.post(u, verify=False)\n`,
  );
  assert.deepEqual(
    findings.map((f) => [f.rule, f.line]),
    [['tls-verify-off', 9]],
  );
});

test('a risk on an unchanged line that the edit brought about is found', async () => {
  const before =
    'def find(cursor):\n    name = "x"\n    cursor.execute("SELECT 1 FROM a WHERE b = \'" + name + "\'")\n';
  const { findings } = await judge('a.py', before, before.replace('name = "x"', 'name = input()'));
  assert.deepEqual(
    findings.map((f) => f.rule),
    ['sql-injection'],
  );
});

test('a removed safeguard is found on the nearest line left', async () => {
  const before = 'a = 1\n\n@login_required\ndef pay(request):\n    return 1\n';
  const { findings } = await judge('a.py', before, before.replace('@login_required\n', ''));
  assert.deepEqual(
    findings.map((f) => [f.rule, f.line, f.removed]),
    [['safeguard-removed', 2, true]],
  );
});

test('line endings and a byte order mark change nothing', async () => {
  const { findings } = await judge('a.py', null, `\uFEFF${risky.replaceAll('\n', '\r\n')}`);
  assert.deepEqual(
    findings.map((f) => [f.rule, f.line]),
    [['tls-verify-off', 5]],
  );
  assert.equal((await judge('a.py', risky, risky.replaceAll('\n', '\r\n'))).tier, 'low');
});

test('a deleted file is judged by what went with it', async () => {
  const c = await judge('infra/db.tf', 'resource "aws_db_instance" "a" {\n  engine = "postgres"\n}\n', null);
  assert.deepEqual(
    c.findings.map((f) => f.rule),
    ['infrastructure-destroyed'],
  );
  assert.equal(c.tier, 'critical');
});

test('the whole is as risky as its riskiest file', async () => {
  const c = await classify(
    [
      { path: 'README.md', before: 'a', after: 'b' },
      { path: 'a.py', before: null, after: risky },
    ],
    ctx,
  );
  assert.equal(c.tier, 'critical');
  assert.deepEqual(
    c.files.map((f) => f.classification.tier),
    ['low', 'critical'],
  );
});

test('a statement of a new migration runs, though a dump of the schema loses the same line', async () => {
  const drop = 'DROP TABLE IF EXISTS sessions;\n';
  const made = 'CREATE TABLE sessions (id int);\n';
  const dump = { path: 'db/schema.sql', before: drop + made, after: '-- nothing\n' };
  const rules = async (after: string | null): Promise<string[]> => {
    const files = [
      { path: 'db/upgrade/4.sql', before: null, after: drop },
      { ...dump, after },
    ];
    return (await classify(files, ctx)).findings.map((f) => f.rule);
  };
  assert.deepEqual(await rules('-- nothing\n'), ['sql-data-loss']);
  assert.deepEqual(await rules(null), [], 'the file itself was moved');
});

test('what moves to another file of the change is silent', async () => {
  const helper = 'import requests\n\n\ndef other():\n    return 1\n';
  const risk = await classify(
    [
      { path: 'a.py', before: risky, after: 'import requests\n' },
      { path: 'b.py', before: helper, after: `${helper}\n\ndef load(u):\n    return requests.get(u, verify=False)\n` },
    ],
    ctx,
  );
  assert.deepEqual(risk.findings, []);
  assert.equal(risk.tier, 'medium');
  const guarded = '@login_required\ndef pay(request):\n    return 1\n';
  const safeguard = await classify(
    [
      { path: 'a.py', before: `x = 1\n${guarded}`, after: 'x = 1\n' },
      { path: 'b.py', before: null, after: guarded },
    ],
    ctx,
  );
  assert.deepEqual(safeguard.findings, []);
});

test('policy: a rule switched off, a tier changed, rules of the team', async () => {
  assert.deepEqual((await judge('a.py', null, risky, withRules({ disable: ['tls-verify-off'] }))).findings, []);
  assert.equal((await judge('a.py', null, risky, withRules({ tiers: { 'tls-verify-off': 'medium' } }))).tier, 'medium');
  const custom = [
    {
      id: 'no-raw-clock',
      message: 'Use the injected clock.',
      tier: 'high',
      languages: ['typescript'],
      pattern: 'Date\\.now\\(',
    },
    {
      id: 'no-debugger',
      message: 'Remove it.',
      tier: 'high',
      languages: ['typescript'],
      query: '(debugger_statement) @finding',
    },
    { id: 'broken', message: 'x', tier: 'high', languages: [], pattern: '(' },
  ] as const;
  const c = await judge(
    'a.ts',
    'const a = Date.now();\n',
    '  const a = Date.now();\nconst b = Date.now() + 1;\ndebugger;\n',
    withRules({ custom }),
  );
  assert.deepEqual(
    c.findings.map((f) => [f.rule, f.line]),
    [
      ['no-raw-clock', 2],
      ['no-debugger', 3],
    ],
  );
});

test('a query of the policy is judged over the diff like any rule, and says when it could not be asked', async () => {
  const rule = (query: string, languages = ['typescript']): Policy =>
    withRules({ custom: [{ id: 'q', message: 'm', tier: 'high', languages, query }] });
  const lines = (c: Awaited<ReturnType<typeof judge>>): number[] => c.findings.map((f) => f.line);
  const debug = rule('(debugger_statement) @finding');
  // Moved, indented anew, or not touched: old. One more than before: new.
  assert.deepEqual(lines(await judge('a.ts', 'debugger;\na();\n', 'if (b) {\n  debugger;\n}\na();\n', debug)), []);
  assert.deepEqual(lines(await judge('a.ts', 'debugger;\na();\n', 'a();\ndebugger;\ndebugger;\n', debug)), [2]);
  const bad = await judge('a.ts', null, 'a();\n', rule('(no_such_node) @finding'));
  assert.deepEqual(bad.findings, []);
  assert.match(bad.note ?? '', /rule q was not asked: Bad node name 'no_such_node'/);
  // Without languages it is meant for the grammar that knows its nodes.
  const any = rule('(debugger_statement) @finding', []);
  assert.equal((await judge('a.py', null, 'a()\n', any)).note, undefined);
  assert.deepEqual(lines(await judge('a.ts', null, 'debugger;\n', any)), [1]);
});

test('no query of a policy can hold the engine up', async () => {
  const policy = withRules({
    custom: [
      {
        id: 'q',
        message: 'm',
        tier: 'high',
        languages: ['typescript'],
        query: '(_ (_) @a (_) @b (_) @c (_) @d (_) @finding)',
      },
    ],
  });
  const start = process.cpuUsage();
  const c = await judge('a.ts', null, 'const x = [1, 2, 3, 4, 5, 6, 7, 8];\n'.repeat(3000), policy);
  const used = process.cpuUsage(start);
  assert.match(c.note ?? '', /rule q was not asked: the query takes too long/);
  assert.ok((used.user + used.system) / 1000 < 6000);
});

test('rules of the policy see files that are too large to parse, line by line', async () => {
  const policy = withRules({
    custom: [
      { id: 'p', message: 'm', tier: 'high', languages: [], pattern: 'forbidden' },
      { id: 'q', message: 'm', tier: 'high', languages: ['javascript'], query: '(debugger_statement) @finding' },
    ],
  });
  const large = 'let a = 1;\n'.repeat(200_000);
  const c = await judge('a.js', large, `${large}forbidden();\n`, policy);
  assert.deepEqual(
    c.findings.map((f) => [f.rule, f.line]),
    [['p', 200_001]],
  );
  assert.match(c.note ?? '', /judged by lines; rule q was not asked: the file is too large to parse/);
});

test('a secret never stands in a message', async () => {
  const secret = `q8Zr1Vt6Lw0Xm3Pd9Hs5Kf2Jc7Ny4Bg`;
  const c = await judge('a.ts', null, `export const apiKey = '${secret}';\n`);
  assert.equal(c.findings.length, 1);
  assert.ok(!JSON.stringify(c).includes(secret.slice(0, 8)));
});

test('a removed safeguard can be put back where it stood, whatever the line ends', async () => {
  const apply = (
    text: string,
    fix: NonNullable<Awaited<ReturnType<typeof judge>>['findings'][number]['fix']>,
  ): string => {
    const edit = fix.edits[0]!;
    const lines = text.split('\n');
    const at = (p: { line: number; character: number }): number =>
      lines.slice(0, p.line).reduce((sum, l) => sum + l.length + 1, 0) + p.character;
    return text.slice(0, at(edit.start)) + edit.newText + text.slice(at(edit.end));
  };
  const guard = '@login_required\n';
  const view = 'def show(request):\n    return page(request)\n';
  const cases: readonly [string, string, string][] = [
    ['at the top', `${guard}${view}`, view],
    ['in the middle', `import a\n\n\n${guard}${view}`, `import a\n\n\n${view}`],
    ['with CRLF', `import a\n${guard}${view}`.replaceAll('\n', '\r\n'), `import a\n${view}`.replaceAll('\n', '\r\n')],
    ['at an end without a line end', 'a()\nverify_signature(b)', 'a()'],
  ];
  for (const [name, before, after] of cases) {
    const c = await judge('app/views.py', before, after);
    const found = c.findings.find((f) => f.rule === 'safeguard-removed');
    assert.ok(found?.fix, name);
    assert.equal(apply(after, found.fix), before, name);
  }
  // Where other lines took its place, nobody can say mechanically where it belongs.
  const replaced = await judge('app/views.py', `${guard}${view}`, `@cached\n${view}`);
  assert.ok(replaced.findings.some((f) => f.rule === 'safeguard-removed' && f.fix === undefined));
  const gone = await judge('app/views.py', `${guard}${view}`, null);
  assert.ok(gone.findings.every((f) => f.fix === undefined));
});

test('what is put back holds no secret', async () => {
  const secret = `q8Zr1Vt6Lw0Xm3Pd9Hs5Kf2Jc7Ny4Bg`;
  const c = await judge('a.py', `api_key = "${secret}"\nverify_signature(b)\na()\n`, 'a()\n');
  assert.ok(c.findings.some((f) => f.rule === 'safeguard-removed'));
  assert.ok(!JSON.stringify(c).includes(secret.slice(0, 8)));
});

test('an old risk whose constant text is edited is no new one', async () => {
  const line = (columns: string, name: string): string =>
    `cur.execute("SELECT ${columns} FROM people WHERE name = '" + ${name} + "'")\n`;
  assert.deepEqual((await judge('a.py', line('id', 'name'), line('id, mail', 'name'))).findings, []);
  assert.equal((await judge('a.py', line('id', 'name'), line('id', 'other'))).findings.length, 1);
  assert.equal((await judge('a.py', line('id', 'name'), line('id', 'name') + line('a', 'name'))).findings.length, 1);
});

test('names that look like constants or keys do not hide what varies', async () => {
  const found = async (path: string, text: string): Promise<string[]> =>
    (await judge(path, null, text)).findings.map((f) => f.rule);
  // `request.GET` is written like a constant, `u` like a string prefix, `name=` is a keyword of another call.
  assert.ok((await found('a.py', 'def v(request):\n    return eval(request.GET["e"])\n')).includes('code-injection'));
  assert.ok(
    (
      await found('a.js', "app.get('/', (req, res) => { const u = req.query.u; res.redirect('https://' + u); });\n")
    ).includes('open-redirect'),
  );
  assert.ok(
    (
      await found(
        'a.py',
        'def f(cur):\n    with lock() as held:\n        q = "DELETE FROM t WHERE n = \'%s\'" % name\n        cur.execute(q)\ng(name="x")\n',
      )
    ).includes('sql-injection'),
  );
});

test('a safeguard that went together with what it guarded is no finding', async () => {
  const gone = async (path: string, before: string, after: string | null): Promise<boolean> =>
    (await judge(path, before, after)).findings.some((f) => f.rule === 'safeguard-removed');
  const view = '@login_required\ndef show(request):\n    return page(request)\n';
  const rest = 'def other():\n    return 1\n';
  assert.ok(!(await gone('app/views.py', view + rest, rest)), 'the view and its decorator');
  assert.ok(!(await gone('app/views.py', view, null)), 'the whole file');
  const drf =
    'class List(APIView):\n    permission_classes = [IsAuthenticated]\n\n    def get(self):\n        return 1\n\n\n';
  assert.ok(!(await gone('app/views.py', drf + rest, rest)), 'the class and its attribute');
  const express = "app.post('/pay', requireAuth, pay);\napp.get('/', home);\n";
  assert.ok(!(await gone('app.js', express, "app.get('/', home);\n")), 'the route and its middleware');
  assert.ok(!(await gone('a.py', `x = _("users that authenticate here")\n${rest}`, rest)), 'a text that mentions it');
  // What it guarded is still there, or may be under another name.
  assert.ok(await gone('app/views.py', view + rest, view.slice(view.indexOf('def')) + rest));
  assert.ok(await gone('app/views.py', view, 'def present(request):\n    return page(request)\n'));
  assert.ok(await gone('app/views.py', drf, drf.replace(/    permission_classes.*\n/, '')));
  assert.ok(await gone('app.js', 'app.use(helmet());\napp.listen(1);\n', 'app.listen(1);\n'));
  assert.ok(await gone('app.js', express, "app.post('/pay', pay);\napp.get('/', home);\n"));
});

test('tests that went with what they tested are no finding, others are', async () => {
  const tests = {
    path: 'shop/tests/test_export.py',
    before: 'def test_export_vouchers():\n    assert export_vouchers(1)\n\n\ndef test_other():\n    assert other()\n',
    after: 'def test_other():\n    assert other()\n',
  };
  const product = 'def export_vouchers(n):\n    return n\n\n\ndef other():\n    return 1\n';
  const removed = async (after: string): Promise<number> => {
    const files = [tests, { path: 'shop/export.py', before: product, after }];
    return (await classify(files, ctx)).findings.filter((f) => f.rule === 'tests-removed').length;
  };
  assert.equal(await removed('def other():\n    return 1\n'), 0, 'the function is gone, too');
  assert.equal(await removed(product.replace('return 1', 'return 2')), 1, 'the function is still there');
  assert.equal(await removed(product.replace('export_vouchers', 'export_all')), 1, 'the function has another name');
  assert.equal(await removed(`${product}# end\n`.replace('    return n\n', '')), 1, 'only its body changed');
});

test('tests of an option go with the option', async () => {
  const tests = {
    path: 'src/test/java/shop/ExportTest.java',
    before:
      'class ExportTest {\n    @Test\n    void honoursTheList() {\n        run(Map.of("voucher_names", List.of("a")));\n    }\n}\n',
    after: 'class ExportTest {\n}\n',
  };
  const product =
    'class Export {\n    Object names(Map<String, Object> source) {\n        Object all = List.of();\n        if (source.containsKey("voucher_names"))\n            all = source.get("voucher_names");\n        return all;\n    }\n}\n';
  const removed = async (after: string): Promise<number> => {
    const files = [tests, { path: 'src/main/java/shop/Export.java', before: product, after }];
    return (await classify(files, ctx)).findings.filter((f) => f.rule === 'tests-removed').length;
  };
  const lines = product.split('\n');
  assert.equal(await removed([...lines.slice(0, 3), ...lines.slice(5)].join('\n')), 0, 'the option is gone, too');
  assert.equal(await removed([...lines.slice(0, 3), ...lines.slice(4)].join('\n')), 1, 'the option is still read');
  tests.before = tests.before.replace('"voucher_names"', 'voucher_names');
  assert.equal(await removed([...lines.slice(0, 3), ...lines.slice(5)].join('\n')), 1, 'the test names something else');
});

test('a test that only moved is not the one that is reported as removed', async () => {
  const before =
    "test('first', () => {\n  check(1);\n});\ntest('second', () => {\n  check(2);\n});\ntest('third', () => {\n  check(3);\n});\n";
  const after =
    "describe('all', () => {\n  test('first', () => {\n    check(1);\n  });\n  test('third', () => {\n    check(3);\n  });\n});\n";
  const { findings } = await judge('src/a.test.ts', before, after);
  assert.deepEqual(
    findings.map((f) => [f.rule, f.line]),
    [['tests-removed', 4]],
  );
});

test('tests of a method without modifiers that is gone are no finding', async () => {
  const product =
    'export class Metrics {\n  metricsKeyExists(key: string): boolean {\n    return key in this;\n  }\n}\n';
  const tests = "it('sees keys', () => {\n  expect(new Metrics().metricsKeyExists('a')).toBe(false);\n});\n";
  const files = [
    { path: 'src/metrics.ts', before: product, after: 'export class Metrics {\n}\n' },
    { path: 'src/metrics.test.ts', before: tests, after: '' },
  ];
  assert.deepEqual((await classify(files, ctx)).findings, []);
  const kept = [{ ...files[0]!, after: product.replace('in this', 'in this.all') }, files[1]!];
  assert.deepEqual(
    (await classify(kept, ctx)).findings.map((f) => f.rule),
    ['tests-removed'],
  );
});

test('indirect modules that follow a direct one are no findings; alone they are', async () => {
  const mod = (direct: string, indirect: string): string =>
    `module example.com/a\n\ngo 1.24\n\nrequire (\n\texample.com/b ${direct}\n)\n\nrequire (\n\texample.com/c ${indirect} // indirect\n)\n`;
  const lines = async (after: string): Promise<number[]> =>
    (await judge('go.mod', mod('v1.0.0', 'v1.0.0'), after)).findings.map((f) => f.line);
  assert.deepEqual(await lines(mod('v1.1.0', 'v1.1.0')), [6]);
  assert.deepEqual(await lines(mod('v1.0.0', 'v1.1.0')), [10]);
});

test('requirements that pip-compile wrote along are no findings; alone they are', async () => {
  const list = (asked: string, along: string): string =>
    `store==${asked} \\\n    --hash=sha256:00\n    # via -r requirements.in\nstorecore==${along}\n    # via\n    #   store\n    #   other\nboth==1.0\n    # via\n    #   -r requirements.in\n    #   store\n`;
  const lines = async (after: string): Promise<number[]> =>
    (await judge('requirements.txt', list('1.0', '1.0'), after)).findings
      .filter((f) => f.rule === 'dependency-changed')
      .map((f) => f.line);
  assert.deepEqual(await lines(list('1.1', '1.1')), [1]);
  assert.deepEqual(await lines(list('1.0', '1.1')), [4]);
  assert.deepEqual(await lines(list('1.0', '1.1').replace('both==1.0', 'both==1.1')), [8]);
  const layered = (n: string): string =>
    list(n, n).replace('# via\n    #   store\n', '# via\n    #   -r base.txt\n    #   store\n');
  assert.deepEqual(
    (await judge('requirements.txt', layered('1.0'), layered('1.1'))).findings.map((f) => f.line),
    [1],
    'what another compiled list brought along',
  );
});

test('a column that may be empty is altered with less ado', async () => {
  const tiers = async (field: string): Promise<string[]> =>
    (
      await judge(
        'shop/migrations/0002_note.py',
        null,
        `from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    operations = [\n        migrations.AlterField(model_name="order", name="note", field=${field}),\n    ]\n`,
      )
    ).findings.map((f) => f.tier);
  assert.deepEqual(await tiers('models.CharField(max_length=200, null=True)'), ['medium']);
  assert.deepEqual(await tiers('models.CharField(max_length=200, validators=[check])'), ['medium']);
  assert.deepEqual(await tiers('models.CharField(max_length=200)'), ['high']);
});

test('indirect modules that follow a direct one of another module are no findings', async () => {
  const mod = (lines: string): string => `module example.com/a\n\ngo 1.24\n\nrequire (\n${lines})\n`;
  const file = (path: string, before: string, after: string) => ({ path, before: mod(before), after: mod(after) });
  const tool = file('tool/go.mod', '\texample.com/b v1.0.0 // indirect\n', '\texample.com/b v1.1.0 // indirect\n');
  const root = file('go.mod', '\texample.com/b v1.0.0\n', '\texample.com/b v1.1.0\n');
  const found = async (files: readonly (typeof tool)[]) =>
    (await classify(files, ctx)).findings.filter((f) => f.rule === 'dependency-changed').length;
  assert.equal(await found([tool, { path: 'README.md', before: 'a', after: 'b' }]), 1);
  assert.equal(await found([tool, root]), 1);
  assert.equal((await classify([tool, root], ctx)).files[0]!.classification.findings.length, 0);
});

test('of tests one that nothing replaced is named before one that has another title now', async () => {
  const before =
    "test('shown when both are on', () => {\n  a();\n});\n\ntest('stays', () => {\n  b();\n});\n\ntest('hidden when one is off', () => {\n  c();\n});\n";
  const after = "test('shown when it is on', () => {\n  a();\n});\n\ntest('stays', () => {\n  b();\n});\n";
  assert.deepEqual(
    (await judge('src/menu.test.ts', before, after)).findings.map((f) => [f.rule, f.line]),
    [['tests-removed', 6]],
  );
});

test('a new column whose default is dropped again is explained as such', async () => {
  const { findings } = await judge(
    'shop/migrations/0003_kind.py',
    null,
    'from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    operations = [\n        migrations.AddField(model_name="order", name="kind", field=models.CharField(default="", max_length=9)),\n    ]\n',
  );
  assert.match(findings.find((f) => f.rule === 'migration-operation')?.message ?? '', /leaves the column out/);
});

test('a token that the file held before is not told again; another one is', async () => {
  const token = (end: string): string => ["use('ghp", `k3Jd82HsmQz91LxVbN4tRw7YpEoA5cGu${end}');\n`].join('_');
  const before = `${token('0fXi')}\n`;
  const rulesOf = async (after: string) => (await judge('src/a.js', before, after)).findings.map((f) => f.rule);
  assert.deepEqual(await rulesOf(`${before}again();\n${token('0fXi')}`), []);
  assert.deepEqual(await rulesOf(`${before}again();\n${token('1gYj')}`), ['secret-token']);
});

test('a column that is loosened, and a view that goes, weigh less than what is read or lost', async () => {
  const tiers = async (path: string, text: string): Promise<string[]> =>
    (await judge(path, null, text)).findings.map((f) => f.tier);
  const rails = (n: boolean): string =>
    `class Loose < ActiveRecord::Migration[7.1]\n  def change\n    change_column_null(:orders, :note, ${n})\n  end\nend\n`;
  assert.deepEqual(await tiers('db/migrate/1_loose.rb', rails(true)), ['medium']);
  assert.deepEqual(await tiers('db/migrate/1_loose.rb', rails(false)), ['high']);
  const alembic = (how: string): string =>
    `from alembic import op\nimport sqlalchemy as sa\n\n\ndef upgrade():\n    op.alter_column("orders", "note", ${how})\n`;
  assert.deepEqual(await tiers('alembic/versions/1_loose.py', alembic('existing_type=sa.Text(), nullable=True')), [
    'medium',
  ]);
  assert.deepEqual(await tiers('alembic/versions/1_loose.py', alembic('nullable=False')), ['high']);
  assert.deepEqual(await tiers('alembic/versions/1_loose.py', alembic('type_=sa.Text(), nullable=True')), ['high']);
  assert.deepEqual(await tiers('migrations/1.sql', 'DROP VIEW open_orders;\n'), ['medium']);
  assert.deepEqual(await tiers('migrations/1.sql', 'DROP VIEW open_orders CASCADE;\n'), ['high']);
  assert.deepEqual(await tiers('migrations/1.sql', 'DROP MATERIALIZED VIEW open_orders;\n'), ['high']);
});

test('a test of what went from the product is no finding, though other tests still name it', async () => {
  const { findings } = await classify(
    [
      { path: 'src/queue.ts', before: 'send({\n  messageGroup: "1",\n  body,\n});\n', after: 'send({\n  body,\n});\n' },
      {
        path: 'src/queue.test.ts',
        before:
          "test('sends the group', () => {\n  expect(sent.messageGroup).toBe('1');\n});\n\ntest('sends', () => {\n  go();\n});\n",
        after: "test('sends', () => {\n  go();\n});\n",
      },
      { path: 'src/list.test.ts', before: 'a({ messageGroup: 1 });\n', after: 'a({ messageGroup: 1 });\nb();\n' },
    ],
    ctx,
  );
  assert.deepEqual(
    findings.map((f) => f.rule),
    [],
  );
});

test('of a dependency in a table the version is named', async () => {
  const { findings } = await judge(
    'pyproject.toml',
    '[tool.poetry.dependencies]\nserver = { extras = ["fast"], version = "^1.0" }\n',
    '[tool.poetry.dependencies]\nserver = { extras = ["fast"], version = "^1.1" }\n',
  );
  assert.match(findings[0]?.message ?? '', /^Dependency server goes from \^1\.0 to \^1\.1: check what changed/);
});

test('a dependency that was there is told as changed, another as new, both as they are written', async () => {
  const gems = (lines: string): string => `source 'https://rubygems.org'\n${lines}`;
  const { findings } = await judge(
    'Gemfile',
    gems("gem 'ldap', '>= 0.5', '< 1.0'\n"),
    gems("gem 'ldap', '>= 0.7', '< 1.0'\ngem 'http',   github: 'a/http'\n"),
  );
  assert.deepEqual(
    findings.filter((f) => f.rule === 'dependency-changed').map((f) => f.message.split(':').slice(0, -1).join(':')),
    ['Dependency ldap goes from >= 0.5, < 1.0 to >= 0.7, < 1.0', 'Dependency http at github a/http is new'],
  );
  const project = (version: string): string =>
    `<Project><ItemGroup><PackageReference Include="Cache" Version="${version}" /></ItemGroup></Project>\n`;
  const nuget = await judge('a.csproj', project('9.0.1'), project('[9.0.12,10)'));
  assert.match(
    nuget.findings[0]?.message ?? '',
    /^Dependency Cache goes from 9\.0\.1 to \[9\.0\.12,10\): check what changed in it\.$/,
  );
});

test('the version of a dependency is named as it is written', async () => {
  const { findings } = await judge(
    'pom.xml',
    '<project/>\n',
    '<project>\n<dependencies>\n<dependency>\n<groupId>org.example</groupId>\n<artifactId>cache</artifactId>\n<version>${cache.version}</version>\n</dependency>\n</dependencies>\n</project>\n',
  );
  assert.ok(
    findings.some((f) => f.message.includes('at ${cache.version} ')),
    JSON.stringify(findings),
  );
});

test('a dependency of several manifests is told once, at the one nearest to the root; another version is told', async () => {
  const file = (path: string, from: string, to: string) => ({
    path,
    before: `{\n  "dependencies": {\n    "left": "${from}"\n  }\n}\n`,
    after: `{\n  "dependencies": {\n    "left": "${to}"\n  }\n}\n`,
  });
  const found = async (...files: ReturnType<typeof file>[]) => {
    const verdict = await classify(files, ctx);
    assert.equal(verdict.tier, 'high');
    return verdict.files.map((f) => f.classification.findings.filter((x) => x.rule === 'dependency-changed').length);
  };
  const deep = file('packages/a/package.json', '1.0.0', '1.1.0');
  assert.deepEqual(await found(deep, file('package.json', '1.0.0', '1.1.0')), [0, 1]);
  assert.deepEqual(await found(deep, file('package.json', '1.0.0', '1.2.0')), [1, 1]);
});

test('a package without a name explains no action of a workflow', async () => {
  const part = (n: string) => ({ name: '', version: n });
  const workflow = 'on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: someone/action@main\n';
  const { findings } = await classify(
    [
      { path: 'package.json', before: JSON.stringify(part('1')), after: JSON.stringify(part('2')) },
      { path: '.github/workflows/a.yml', before: null, after: workflow },
      { path: '.github/workflows/b.yml', before: null, after: workflow },
    ],
    ctx,
  );
  assert.equal(findings.filter((f) => f.rule === 'workflow-unpinned').length, 1);
});

test('parts whose own manifests the change edits are no dependencies', async () => {
  const found = async (files: readonly { path: string; before: string | null; after: string }[]) =>
    (await classify(files, ctx)).findings.filter((f) => f.rule === 'dependency-changed').length;
  const user = (n: string) => `{\n  "name": "@shop/web",\n  "dependencies": {\n    "@shop/prices": "${n}"\n  }\n}\n`;
  const part = (n: string) => `{\n  "name": "@shop/prices",\n  "version": "${n}"\n}\n`;
  const web = { path: 'web/package.json', before: user('1.0.0'), after: user('1.1.0') };
  assert.equal(await found([web, { path: 'README.md', before: 'a', after: 'b' }]), 1);
  assert.equal(await found([web, { path: 'prices/package.json', before: part('1.0.0'), after: part('1.1.0') }]), 0);
  // A manifest that is new could be there to hide what the registry would give.
  assert.equal(await found([web, { path: 'prices/package.json', before: null, after: part('1.1.0') }]), 1);
  const module = (n: string) =>
    `<project>\n<parent>\n<groupId>org.shop</groupId>\n<artifactId>shop</artifactId>\n<version>${n}</version>\n</parent>\n<artifactId>web</artifactId>\n</project>\n`;
  const root = (n: string) =>
    `<project>\n<groupId>org.shop</groupId>\n<artifactId>shop</artifactId>\n<version>${n}</version>\n</project>\n`;
  const pom = { path: 'web/pom.xml', before: module('1'), after: module('2') };
  assert.equal(await found([pom, { path: 'README.md', before: 'a', after: 'b' }]), 1);
  assert.equal(await found([pom, { path: 'pom.xml', before: root('1'), after: root('2') }]), 0);
  const parent =
    '<parent>\n<groupId>org.other</groupId>\n<artifactId>base</artifactId>\n<version>7</version>\n</parent>';
  const above = (n: string) => root(n).replace('<groupId>', `${parent}\n<groupId>`);
  const below = (n: string) => root(n).replace('</project>', `${parent}\n</project>`);
  for (const text of [above, below])
    assert.equal(await found([pom, { path: 'pom.xml', before: text('1'), after: text('2') }]), 0);
  const crate = (n: string) => `[package]\nname = "shop-web"\n\n[dependencies]\nshop-prices = "${n}"\n`;
  const own = (n: string) => `[package]\nedition = "2021"\nname = "shop-prices"\nversion = "${n}"\n`;
  assert.equal(
    await found([
      { path: 'web/Cargo.toml', before: crate('1'), after: crate('2') },
      { path: 'prices/Cargo.toml', before: own('1'), after: own('2') },
    ]),
    0,
  );
  const beside = (n: string) =>
    `[dependencies]\nshop-prices = { path = "../prices", version = "${n}" }\n\n[dev-dependencies.shop-test]\npath = "../test"\nversion = "${n}"\n`;
  const workspace = (n: string) => `[workspace.package]\nversion = "${n}"\n\n[dependencies]\nserde = "1"\n`;
  const member = { path: 'web/Cargo.toml', before: beside('1.0.1'), after: beside('1.0.2') };
  assert.equal(await found([member]), 2);
  assert.equal(await found([member, { path: 'Cargo.toml', before: workspace('1.0.1'), after: workspace('1.0.2') }]), 0);
  assert.equal(await found([member, { path: 'Cargo.toml', before: workspace('1.0.2'), after: workspace('1.0.2') }]), 2);
  const dotted = (n: string) =>
    `[workspace]\npackage.version = "${n}"\n\n[workspace.dependencies]\nshop-prices = { path = "./prices/", version = "=${n}" }\n`;
  assert.equal(await found([{ path: 'Cargo.toml', before: dotted('1.0.0-rc.1'), after: dotted('1.0.0') }]), 0);
});

test('an expression that a script pastes twice is told once for the step', async () => {
  const { findings } = await judge(
    '.github/workflows/a.yml',
    null,
    'on: issues\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: |\n          echo ${{ github.event.issue.title }}\n          echo ${{ github.event.issue.title }}\n      - run: echo ${{ github.event.issue.title }}\n',
  );
  assert.deepEqual(
    findings.filter((f) => f.rule === 'workflow-injection').map((f) => f.line),
    [7, 9],
  );
});

test('tests of how it was without a feature go when the product asks for its flag no more', async () => {
  const product = (asks: string): string => `export const routes = () => {\n${asks}  return all();\n};\n`;
  const kept = "test('shows all', () => {\n  all();\n});\n";
  const gone = "\ntest('shows none while new menus are off', () => {\n  none();\n});\n";
  const found = async (asked: string, asks: string) =>
    (
      await classify(
        [
          { path: 'src/routes.ts', before: product(asked), after: product(asks) },
          { path: 'src/routes.test.ts', before: kept + gone, after: kept },
        ],
        ctx,
      )
    ).findings.filter((f) => f.rule === 'tests-removed').length;
  const ask = '  if (!env.isNewMenusEnabled) return [];\n';
  assert.equal(await found(ask, ''), 0);
  assert.equal(await found(ask, `  log();\n${ask}`), 1);
  assert.equal(await found('  if (!env.isAuditLogEnabled) return [];\n', ''), 1);
  const safeguard = await classify(
    [
      { path: 'src/login.ts', before: product('  if (!env.isTwoFactorEnabled) return [];\n'), after: product('') },
      {
        path: 'src/login.test.ts',
        before: `${kept}\ntest('denies while two factor is off', () => {\n  none();\n});\n`,
        after: kept,
      },
    ],
    ctx,
  );
  assert.ok(safeguard.findings.some((f) => f.rule === 'tests-removed'));
});

test('a certificate check that goes off with an option weighs less than one that is off', async () => {
  const tier = async (condition: string): Promise<string | undefined> =>
    (
      await judge(
        'cmd/client.go',
        null,
        `package cli\n\nfunc f(c Config) *tls.Config {\n\tif ${condition} {\n\t\treturn &tls.Config{InsecureSkipVerify: true}\n\t}\n\treturn nil\n}\n`,
      )
    ).findings.find((f) => f.rule === 'tls-verify-off')?.tier;
  assert.equal(await tier('c.CLI.Insecure'), 'medium');
  assert.equal(await tier('c.SkipTLSVerify'), 'medium');
  assert.equal(await tier('c.UseProxy'), 'critical');
});

test('a test that stood in a block for the flag turned off went with the flag, wherever lines were paired', async () => {
  const tests = (...cases: string[]): string => `describe "page" do\n${cases.join('\n')}end\n`;
  const one = (indent: string, title: string): string => `${indent}it "${title}" do\n${indent}  x\n${indent}end\n`;
  const off = `  context "when it is off", feature_weekly_mails_enabled: false do\n${one('    ', 'has a title')}${one('    ', 'has no box')}  end\n`;
  const on = `  context "when it is on" do\n${one('    ', 'has a title')}  end\n`;
  const found = async (before: string) =>
    (
      await classify(
        [
          {
            path: 'app/page.rb',
            before: 'def box\n  x if enabled?(:weekly_mails_enabled)\nend\n',
            after: 'def box\n  x\nend\n',
          },
          { path: 'spec/page_spec.rb', before, after: tests(one('  ', 'has a title')) },
        ],
        ctx,
      )
    ).findings.filter((f) => f.rule === 'tests-removed').length;
  assert.equal(await found(tests(off, on)), 0);
  assert.equal(await found(tests(off.replaceAll('weekly_mails', 'other'), on)), 1);
});

test('the owner of a file that goes with the same change may go, not that of a folder', async () => {
  const found = async (pattern: string, gone: string) =>
    (
      await classify(
        [
          { path: '.github/CODEOWNERS', before: `* @org/all\n${pattern} @org/ops\n`, after: '* @org/all\n' },
          { path: gone, before: 'a\n', after: null },
        ],
        ctx,
      )
    ).findings.filter((f) => f.rule === 'owners-removed').length;
  assert.equal(await found('.github/workflows/old.yml', '.github/workflows/old.yml'), 0);
  assert.equal(await found('/deploy/old.yml', 'deploy/old.yml'), 0);
  assert.equal(await found('deploy/', 'deploy/old.yml'), 1);
  assert.equal(await found('deploy/*.yml', 'deploy/old.yml'), 1);
  assert.equal(await found('deploy/new.yml', 'deploy/old.yml'), 1);
  assert.equal(await found('old.yml', 'old.yml'), 1);
});

test('a module that one manifest asks for and another only lists is told where it is asked for, and takes the rest along', async () => {
  const mod = (name: string, ...rows: string[]): string =>
    `module example.com/shop/${name}\n\ngo 1.25\n\nrequire (\n${rows.map((r) => `\t${r}\n`).join('')})\n`;
  const { files } = await classify(
    [
      {
        path: 'go.mod',
        before: mod('all', 'example.org/vault v1.0.0 // indirect', 'example.org/wire v1.0.0 // indirect'),
        after: mod('all', 'example.org/vault v1.1.0 // indirect', 'example.org/wire v1.2.0 // indirect'),
      },
      {
        path: 'providers/vault/go.mod',
        before: mod('vault', 'example.org/vault v1.0.0'),
        after: mod('vault', 'example.org/vault v1.1.0'),
      },
    ],
    ctx,
  );
  assert.deepEqual(
    files.map((f) => f.classification.findings.map((x) => x.message.split(' ')[1])),
    [[], ['example.org/vault']],
  );
});

test('packages of the own scope weigh less, and a source says its commit', async () => {
  const tier = async (path: string, text: (v: string) => string) =>
    (await judge(path, text('1.0.0'), text('1.1.0'))).findings.find((f) => f.rule === 'dependency-changed');
  const manifest =
    (name: string) =>
    (v: string): string =>
      `${JSON.stringify({ name: '@shop/web', dependencies: { [name]: v } }, undefined, 2)}\n`;
  assert.equal((await tier('web/package.json', manifest('@shop/prices')))?.tier, 'medium');
  assert.equal((await tier('web/package.json', manifest('@shops/prices')))?.tier, 'high');
  assert.equal((await tier('web/package.json', manifest('prices')))?.tier, 'high');
  // Anybody may own the place that an address names.
  const relay = (v: string): string => manifest('@shop/relay')(`github:somebody/relay#${v}`);
  assert.deepEqual(
    [await tier('web/package.json', relay)].map((f) => [f?.tier, f?.message.split(':')[2]?.slice(0, 20)]),
    [['high', 'somebody/relay#1.1.0']],
  );
  const cargo = (rev: string): string =>
    `[dependencies]\nindex = { git = "https://github.com/example/index/", rev = "${rev}" }\n`;
  assert.match(
    (await tier('Cargo.toml', cargo))?.message ?? '',
    / goes from rev 1\.0\.0 of github\.com\/example\/index\/ to rev 1\.1\.0 of /,
  );
});

test('other parts of the same package weigh less, unless they are those that encrypt or check', async () => {
  const found = async (before: string, after: string) => {
    const { findings } = await judge(
      'Cargo.toml',
      `[dependencies]\nwire = ${before}\n`,
      `[dependencies]\nwire = ${after}\n`,
    );
    return findings.map((f) => `${f.tier} ${f.message.split(':')[0]}`);
  };
  assert.deepEqual(await found('{ version = "1.2" }', '{ version = "1.2", features = ["http"] }'), [
    'medium Dependency wire is taken with other parts now',
  ]);
  assert.deepEqual(await found('{ version = "1.2" }', '{ version = "1.2", features = ["dangerous_configuration"] }'), [
    'high Dependency wire is taken with other parts now',
  ]);
  assert.deepEqual(await found('{ version = "1.2" }', '{ version = "1.3", features = ["http"] }'), [
    'high Dependency wire goes from 1.2 to 1.3',
  ]);
});

test('a dependency that moved to another manifest is no new name there', async () => {
  const manifest = (name: string, dependencies: object): string =>
    `${JSON.stringify({ name, dependencies }, undefined, 2)}\n`;
  const { files } = await classify(
    [
      {
        path: 'package.json',
        before: manifest('shop', {}),
        after: manifest('shop', { popover: '^1.2.0', fresh: '^1.0.0' }),
      },
      { path: 'ui/package.json', before: manifest('ui', { popover: '^1.1.15' }), after: manifest('ui', {}) },
    ],
    ctx,
  );
  assert.deepEqual(
    files.flatMap((f) => f.classification.findings.map((x) => x.message.split(':')[0])),
    [
      'Dependency popover takes nothing below 1.2.0 any more (^1.2.0, it was ^1.1.15)',
      'Dependency fresh at ^1.0.0 is new',
    ],
  );
});

test('a table that is dropped where it is there and made by the next statement weighs less', async () => {
  const tier = async (sql: string) =>
    (await judge('migrations/1/up.sql', null, sql)).findings.find((f) => f.rule === 'sql-data-loss')?.tier;
  assert.equal(await tier('DROP TABLE IF EXISTS notes;\nCREATE TABLE notes (id int);\n'), 'high');
  assert.equal(await tier('DROP TABLE IF EXISTS notes;\nCREATE TABLE others (id int);\n'), 'critical');
  assert.equal(await tier('DROP TABLE notes;\nCREATE TABLE notes (id int);\n'), 'critical');
});

test('a check in the place of another is told once, with less weight; an open door is none', async () => {
  const controller = (guard: string): string =>
    `@Controller('a')\nexport class A {\n${[1, 2].map((n) => `  @Get('${n}')\n  ${guard}\n  public async f${n}() {\n    return ${n};\n  }\n`).join('')}}\n`;
  const found = async (instead: string) =>
    (
      await judge(
        'src/a.controller.ts',
        controller("@UseGuards(AuthGuard('jwt'), HasPermissionGuard)"),
        controller(instead),
      )
    ).findings
      .filter((f) => f.rule === 'safeguard-removed')
      .map((f) => f.tier);
  const instead = await found('@RequiresScope(scopes.read)');
  assert.ok(instead.length > 0 && instead.length <= 2 && instead.every((t) => t === 'high'), instead.join());
  for (const open of ['@PermitAll()', '@AllowAnonymous()', "@Header('a', 'b')", '@SkipAuthorization()'])
    assert.ok((await found(open)).includes('critical'), open);
});

test('a version that is kept in one place is told there', async () => {
  const props = (v: string): string =>
    `<Project>\n<ItemGroup>\n<PackageVersion Include="Wire" Version="${v}" />\n</ItemGroup>\n</Project>\n`;
  const project = (more: string): string =>
    `<Project>\n<ItemGroup>\n<PackageReference Include="Log" />\n${more}</ItemGroup>\n</Project>\n`;
  const reference = {
    path: 'src/a.csproj',
    before: project(''),
    after: project('<PackageReference Include="Wire" />\n'),
  };
  const count = async (...files: { path: string; before: string; after: string }[]) =>
    (await classify(files, ctx)).files.map(
      (f) => f.classification.findings.filter((x) => x.rule === 'dependency-changed').length,
    );
  assert.deepEqual(await count(reference), [1]);
  assert.deepEqual(
    await count(reference, { path: 'Directory.Packages.props', before: props('1.0'), after: props('1.1') }),
    [0, 1],
  );
});

test('inputs of a workflow weigh less than what people outside write', async () => {
  const tier = async (path: string, text: string) =>
    (await judge(path, null, text)).findings.find((f) => f.rule === 'workflow-injection')?.tier;
  const job =
    'permissions: {}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${{ inputs.name }}\n';
  assert.equal(await tier('.github/workflows/a.yml', `on:\n  workflow_call:\n${job}`), 'medium');
  assert.equal(await tier('.github/workflows/a.yml', `on:\n  workflow_call:\n  workflow_dispatch:\n${job}`), 'medium');
  assert.equal(await tier('.github/workflows/a.yml', `on:\n  workflow_dispatch:\n${job}`), 'low');
  const rich = job.replace('{}', '{ contents: write }');
  assert.equal(await tier('.github/workflows/a.yml', `on:\n  workflow_dispatch:\n${rich}`), 'medium');
  const free = job.replace('permissions: {}\n', '');
  assert.equal(await tier('.github/workflows/a.yml', `on:\n  workflow_dispatch:\n${free}`), 'medium');
  const mixed = rich.replace('inputs.name', 'inputs.name || github.head_ref');
  assert.equal(await tier('.github/workflows/a.yml', `on: [workflow_dispatch, pull_request]\n${mixed}`), 'high');
  const action = 'runs:\n  using: composite\n  steps:\n    - run: echo ${{ inputs.name }}\n      shell: bash\n';
  assert.equal(await tier('action.yml', `name: a\ninputs:\n  name: {}\n${action}`), 'high');
});

test('unit tests in a Rust file are tests', async () => {
  const body = 'fn f(p: &str) {\n    Client::builder().danger_accept_invalid_certs(true);\n}\n';
  const found = async (after: string) =>
    (await judge('src/lib.rs', null, after)).findings.filter((f) => f.rule === 'tls-verify-off').length;
  const module = `#[cfg(test)]\nmod tests {\n${body.replace(/^(?=.)/gm, '    ')}}\n`;
  assert.equal(await found(body), 1);
  assert.equal(await found(module), 0);
  assert.equal(await found(`${module}\n${body}`), 1);
  assert.equal(await found(module.replace('#[cfg(test)]', '#[cfg(feature = "test")]')), 1);
});

test('a private key of a test is told with less weight', async () => {
  const key = `${'-'.repeat(5)}BEGIN PRIVATE KEY-----\n${'MC4CAQAwBQYDK2VwBCIEIHn0nN3xVb7p1TqLw0Rr5sX'.repeat(2)}\n`;
  const tier = async (path: string, after: string) =>
    (await judge(path, null, after)).findings.find((f) => f.rule === 'secret-private-key')?.tier;
  assert.equal(await tier('src/key.pem', key), 'high');
  assert.equal(await tier('test/fixtures/key.pem', key), 'medium');
  assert.equal(await tier('src/lib.rs', `const K: &str = "${key}";\n`), 'high');
  assert.equal(await tier('src/lib.rs', `#[cfg(test)]\nmod tests {\n    const K: &str = "${key}";\n}\n`), 'medium');
});

test('an action that several workflows of a change use is told once', async () => {
  const workflow = (uses: string): string =>
    `on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: ${uses}\n`;
  const found = async (one: string, two: string) =>
    (
      await classify(
        [
          { path: '.github/workflows/a.yml', before: null, after: workflow(one) },
          { path: '.github/workflows/b.yml', before: null, after: workflow(two) },
        ],
        ctx,
      )
    ).files.map((f) => f.classification.findings.filter((x) => x.rule === 'workflow-unpinned').length);
  assert.deepEqual(await found('acme/deploy@v2', 'acme/deploy@v2'), [1, 0]);
  assert.deepEqual(await found('acme/deploy@v2', 'other/deploy@v2'), [1, 1]);
});

test('tests of a file that is gone, and of a short method that is gone, are no loss', async () => {
  const go = (code: string): string => `package mail\n\n${code}`;
  const found = async (...files: { path: string; before: string; after: string | null }[]) =>
    (await classify(files, ctx)).findings.filter((f) => f.rule === 'tests-removed').length;
  const tests = { path: 'mail/mail_test.go', before: go('func TestSend(t *testing.T) {\n}\n'), after: null };
  assert.equal(await found(tests, { path: 'mail/mail.go', before: go('func Send() {\n}\n'), after: null }), 0);
  assert.equal(await found(tests, { path: 'mail/box.go', before: go('func Send() {\n}\n'), after: null }), 1);
  const method = 'func (l TxLock) String() string {\n\treturn "a"\n}\n';
  const lock = { path: 'db/lock.go', before: go(`type TxLock int\n\n${method}`), after: go('type TxLock int\n') };
  const test = 'func TestTxLockString(t *testing.T) {\n}\n';
  const other = 'func TestOther(t *testing.T) {\n}\n';
  assert.equal(await found(lock, { path: 'db/lock_test.go', before: go(`${other}\n${test}`), after: go(other) }), 0);
  assert.equal(await found(lock, { path: 'db/lock_test.go', before: go(`${test}\n${other}`), after: go(test) }), 1);
});

test('the version of the tool chain is told as such', async () => {
  const { findings } = await judge('go.mod', 'module a\n\ngo 1.25\n', 'module a\n\ngo 1.25\n\ntoolchain go1.26.0\n');
  assert.match(findings[0]?.message ?? '', /^The module is built by go1\.26\.0 or newer now/);
});

test('what changes what runs is neither layout nor a comment', async () => {
  for (const [name, path, before, after] of [
    [
      'an empty statement, no parser',
      'A.kt',
      'fun f(u: U) { if (u.ok) wipe() }\n',
      'fun f(u: U) { if (u.ok); wipe() }\n',
    ],
    [
      'a line that ends a statement',
      'a.swift',
      'func f() {\n  return\n  wipe()\n}\n',
      'func f() {\n  return wipe()\n}\n',
    ],
    [
      'indentation in Scala',
      'a.scala',
      'def f =\n  if ok then\n    a()\n    b()\n',
      'def f =\n  if ok then\n    a()\n  b()\n',
    ],
    ['quotes that put values in', 'a.groovy', "run('$x')\n", 'run("$x")\n'],
    ['quotes of a name', 'a.sql', "SELECT * FROM t WHERE a = 'x';\n", 'SELECT * FROM t WHERE a = "x";\n'],
    ['a character', 'a.c', "int f() { return g('a'); }\n", 'int f() { return g("a"); }\n'],
    ['a line of the preprocessor', 'a.c', '#define A\nwipe();\n', '#define A wipe();\n'],
    ['a comment that goes on', 'a.c', 'f(); // b\ncheck();\n', 'f(); // b \\\ncheck();\n'],
    [
      'C in a comment',
      'a.go',
      'package a\n\n/* int f() { return 1; } */\nimport "C"\n',
      'package a\n\n/* int f() { return 2; } */\nimport "C"\n',
    ],
    ['an annotation', 'A.php', '<?php\n/** @IsGranted("ROLE_ADMIN") */\nclass A {}\n', '<?php\n/** */\nclass A {}\n'],
    ['a comment that MySQL runs', 'a.sql', 'SELECT 1;\n/* drop */\n', 'SELECT 1;\n/*! DROP TABLE users */\n'],
    ['a setting of a type checker', 'a.py', 'x = f()\n', 'x = f()  # pyright: ignore\n'],
    ['a line of a recipe', 'Makefile', 'a:\n\tX=1\n\techo $(X)\n', 'a:\nX=1\n\techo $(X)\n'],
    ['a comment of a makefile that goes on', 'Makefile', '# a\ncheck: ; ./verify\n', '# a \\\ncheck: ; ./verify\n'],
    ['a value with #', 'a.properties', 'a=b #c\n', 'a=b #d\n'],
    [
      'text between three quotes',
      'mise.toml',
      "[tasks.a]\nrun = '''\nverify\n'''\n",
      "[tasks.a]\nrun = '''\n# verify\n'''\n",
    ],
    [
      'indentation between three quotes',
      'mise.toml',
      "a = '''\nif x:\n    b()\n    c()\n'''\n",
      "a = '''\nif x:\n    b()\nc()\n'''\n",
    ],
    ['quotes in PowerShell', 'a.ps1', "Invoke-X '$env:A'\n", 'Invoke-X "$env:A"\n'],
    ['a blank in a page', 'a.tsx', 'const a = <p>Hello {x}</p>;\n', 'const a = <p>Hello{x}</p>;\n'],
    ['a pair', 'a.py', 'x = a[i]\n', 'x = a[i,]\n'],
  ] as const) {
    const { changeType } = await classify([{ path, before, after }], ctx);
    assert.ok(!/^(?:formatting|comments)$/.test(changeType), `${name}: ${changeType}`);
  }
  for (const [name, path, before, after] of [
    ['lines of C', 'a.c', 'int f(int a, int b) { return a; }\n', 'int f(int a,\n      int b) { return a; }\n'],
    ['indentation in Kotlin', 'A.kt', 'fun f() {\n  a()\n}\n', 'fun f() {\n    a()\n}\n'],
    [
      'a line of a page',
      'a.tsx',
      'const a = (\n  <p>Hello {x}</p>\n);\n',
      'const a = (\n  <p>\n    Hello {x}\n  </p>\n);\n',
    ],
    ['a comma behind the last', 'a.py', 'x: Dict[str, int] = f()\n', 'x: Dict[\n    str,\n    int,\n] = f()\n'],
    [
      'a comment of a class',
      'A.php',
      '<?php\n/** @return int */\nclass A {}\n',
      '<?php\n/** @return string */\nclass A {}\n',
    ],
    ['a comment of Go', 'a.go', 'package a\n\n// A\nfunc f() {}\n', 'package a\n\n// B\nfunc f() {}\n'],
    ['a table of TOML', 'a.toml', "a = '''\nb\n'''\n# c\nd = 1\n", "a = '''\nb\n'''\n# e\nd = 1\n"],
    ['a blank line of a makefile', 'Makefile', 'A=1\na:\n\tb\n', 'A=1\n\na:\n\tb\n'],
  ] as const) {
    const { changeType } = await classify([{ path, before, after }], ctx);
    assert.match(changeType, /^(?:formatting|comments)$/, name);
  }
});
