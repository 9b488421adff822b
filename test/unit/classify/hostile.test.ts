import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { classifyFile } from '../../../src/core/classify.ts';
import { parseTree } from '../../../src/core/languages/tree.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';
import { pieces as fuzzPieces } from '../../tools/fuzz/inputs.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
const paths = [
  'a.ts',
  'a.tsx',
  'a.py',
  'a.go',
  'a.java',
  'a.cs',
  'a.rb',
  'a.php',
  'a.rs',
  'a.c',
  'a.sh',
  'a.ps1',
  'a.sql',
  'a.tf',
  'Dockerfile',
  'a.yaml',
  '.github/workflows/a.yml',
  'a.json',
  'package.json',
  'pom.xml',
  'setup.py',
  'requirements.txt',
  'Jenkinsfile',
  'Makefile',
  'nginx/a.conf',
  '.env',
  'a.prisma',
  'a.html',
  'x',
];
/** Beside what the fuzzer uses. */
const pieces = [
  ...fuzzPieces,
  'a',
  'exec',
  'eval(',
  '= ',
  '=> ',
  'def f(',
  'function ',
  'import ',
  'resource "x" "y" {',
  'ALTER TABLE a ',
  'DROP ',
  'password = "',
  'ghp_',
  '<a>',
  '</a>',
  '%s',
  'run: |\n',
  'uses: a@b\n',
  ',',
];

test('no text makes the engine throw, and findings stay inside the file', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.array(fc.constantFrom(...pieces), { maxLength: 120 }),
      fc.array(fc.constantFrom(...pieces), { maxLength: 120 }),
      fc.nat(3),
      async (path, a, b, shape) => {
        const before = shape === 0 ? null : a.join('');
        const after = shape === 1 ? null : shape === 2 ? `${a.join('')}${b.join('')}` : b.join('');
        const c = await classifyFile({ path, before, after }, ctx);
        const lines = (after ?? '').split(/\r\n|\n|\r/).length;
        for (const f of c.findings)
          assert.ok(
            f.line >= 1 && f.line <= Math.max(1, lines) && f.endLine >= f.line,
            `${path}: ${f.rule} ${f.line}-${f.endLine} of ${lines}`,
          );
      },
    ),
    { numRuns: 1500, seed: 20261121 },
  );
});

/** Processor time, because the machine may be busy. */
async function cost(path: string, text: string): Promise<number> {
  const start = process.cpuUsage();
  await classifyFile({ path, before: null, after: text }, ctx);
  const used = process.cpuUsage(start);
  return (used.user + used.system) / 1000;
}

for (const [path, unit] of [
  ['a.ts', 'exec('],
  ['a.ts', 'a = b + '],
  ['a.py', 'cursor.execute("select a from b" + '],
  ['a.java', '@Consumes("*/*"'],
  ['a.sql', 'ALTER TABLE a ADD '],
  ['a.yaml', '{{'],
  ['a.yaml', '\n'],
  ['.github/workflows/a.yml', '- '],
  ['requirements.txt', 'a\n'],
  ['a.json', '['],
  ['a.tf', 'a {'],
  ['Jenkinsfile', "sh '''"],
  ['pom.xml', '<dependency>'],
  ['a.ini', 'password = "aB3'],
  ['a.sh', '$('],
  ['Dockerfile', 'RUN a \\\n'],
] as const)
  test(`cost is linear: ${path} full of ${JSON.stringify(unit)}`, async () => {
    const text = (n: number): string =>
      Array.from({ length: n }, () => unit.repeat(Math.ceil(2000 / unit.length))).join(unit.includes('\n') ? '' : '\n');
    await cost(path, text(4));
    const small = await cost(path, text(15));
    const large = await cost(path, text(60));
    assert.ok(large < 400 + small * 10, `${small.toFixed(0)} ms, then ${large.toFixed(0)} ms for four times the text`);
  });

test('items nested on one line are cut at some depth, or every question about the way up would cost all of it', () => {
  let [here] = parseTree('- '.repeat(3000), 'yaml');
  let depth = 0;
  for (; here; here = here.children[0]) depth++;
  assert.ok(depth > 100 && depth < 300, `${depth}`);
});

test('values that lead to one another in every way cost no more than their size', async () => {
  const names = Array.from({ length: 40 }, (_, i) => `v${i}`);
  const tangle = names.map((n) => `${n} = ${names.join(' + ')}\n`).join('');
  for (const [path, text] of [
    ['a.js', `const http = require('http');\n${'const a = require(b + '.repeat(400)}`],
    [
      'a.py',
      `import os, subprocess\n${tangle.repeat(4)}subprocess.run(v1, shell=True)\nos.system(v2 + v3)\neval(v4)\n`,
    ],
    [
      'a.js',
      `const { exec } = require('child_process');\n${tangle.repeat(4)}exec('a' + v1);\ndb.query('select ' + v2);\n`,
    ],
    [
      'a.php',
      `<?php\n${tangle.replaceAll('v', '$v').replaceAll('+', '.').repeat(4)}system($v1); mysqli_query($a, $v2);`,
    ],
  ] as const) {
    const ms = await cost(path, text);
    assert.ok(ms < 1500, `${path}: ${ms.toFixed(0)} ms for ${text.length} characters`);
  }
});

test('what is too large to parse is judged by its changed lines', async () => {
  const dump = 'INSERT INTO a VALUES (1);\n'.repeat(100_000);
  const c = await classifyFile({ path: 'dump.sql', before: dump, after: `${dump}DROP TABLE a;\n` }, ctx);
  assert.match(c.note ?? '', /judged by lines/);
  assert.deepEqual(
    c.findings.map((f) => [f.rule, f.line]),
    [['sql-data-loss', 100_001]],
  );
});

test('a line of ten million characters and deep nesting end soon', async () => {
  assert.ok((await cost('a.js', `var a="${'x'.repeat(10_000_000)}";`)) < 5000);
  assert.ok((await cost('a.json', '['.repeat(200_000))) < 5000);
  assert.ok((await cost('a.yaml', Array.from({ length: 50_000 }, (_, i) => `k${i}: v`).join('\n'))) < 5000);
});
