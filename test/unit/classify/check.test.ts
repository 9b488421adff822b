import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { check } from '../../../src/cli/commands/check.ts';
import { answer } from '../../../src/cli/commands/classify.ts';
import { readPatch } from '../../../src/core/patch.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const safe = 'import requests\n\n\ndef load(u):\n    return requests.get(u)\n';
const risky = safe.replace('get(u)', 'get(u, verify=False)');

async function run(args: string[], cwd: string, stdin = ''): Promise<{ code: number; out: string }> {
  let out = '';
  const code = await check.run(args, {
    stdin: Readable.from([stdin]),
    out: (t) => void (out += t),
    err: () => undefined,
    cwd,
    env: {},
    verbose: false,
  });
  return { code, out };
}

test('check: work tree, index, range and patch say the same', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'countersign-check-'));
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: dir, encoding: 'utf8' });
    git('init', '-q');
    // The first commit of a repository has nothing to be compared with.
    writeFileSync(path.join(dir, 'ü a.py'), safe);
    git('add', '-A');
    assert.equal((await run(['--staged'], dir)).code, 0);
    git('commit', '-qm', 'a');
    writeFileSync(path.join(dir, 'ü a.py'), risky);
    const expected = /^ü a\.py:5: critical: .*\[tls-verify-off\]\n1 file, 1 finding, risk critical\n$/;
    const tree = await run([], dir);
    assert.equal(tree.code, 1);
    assert.match(tree.out, expected);
    git('add', '-A');
    assert.match((await run(['--staged'], dir)).out, expected);
    assert.match((await run(['--patch', '-'], tmpdir(), git('diff', '--cached'))).out, expected);
    git('commit', '-qm', 'b');
    assert.match((await run(['--range', 'HEAD~1..HEAD'], dir)).out, expected);
    assert.equal((await run(['--range', 'HEAD~1..', '--fail-on=critical'], dir)).code, 1);
    assert.equal((await run([], dir)).code, 0);

    const sarif = JSON.parse((await run(['--range', 'HEAD~1..HEAD', '--format', 'sarif'], dir)).out);
    const [result] = sarif.runs[0].results;
    assert.equal(sarif.version, '2.1.0');
    assert.equal(result.ruleId, sarif.runs[0].tool.driver.rules[result.ruleIndex].id);
    assert.equal(result.locations[0].physicalLocation.artifactLocation.uri, '%C3%BC%20a.py');
    assert.deepEqual(result.locations[0].physicalLocation.region, {
      startLine: 5,
      endLine: 5,
      startColumn: 28,
      endColumn: 40,
    });
    assert.match(
      (await run(['--range', 'HEAD~1..HEAD', '--format', 'github'], dir)).out,
      /^::error file=ü a\.py,line=5,endLine=5,title=Countersign%3A tls-verify-off/,
    );
    assert.equal(JSON.parse((await run(['--range', 'HEAD~1..HEAD', '--format', 'json'], dir)).out).tier, 'critical');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('check: misuse is said in one line', async () => {
  for (const args of [
    ['--what'],
    ['--format', 'xml'],
    ['--range', 'abc'],
    ['--range', '-x..y'],
    ['--staged', '--patch', 'a'],
    ['--fail-on', 'huge'],
    ['--patch'],
  ])
    await assert.rejects(run(args, tmpdir()), { name: 'UsageError' }, args.join(' '));
});

test('a patch keeps the line numbers of the file', () => {
  const [change] = readPatch(
    '--- a/x.ts\t2026\n+++ b/x.ts\t2026\n@@ -10,2 +10,3 @@ f\n a\n-b\n+c\n+d\n\\ No newline at end of file\n',
  );
  assert.deepEqual(change, { path: 'x.ts', before: `${'\n'.repeat(9)}a\nb\n`, after: `${'\n'.repeat(9)}a\nc\nd\n` });
  assert.deepEqual(readPatch('--- /dev/null\n+++ "b/\\303\\274.ts"\n@@ -0,0 +1 @@\n+x\n'), [
    { path: 'ü.ts', before: null, after: 'x\n' },
  ]);
  assert.deepEqual(readPatch('no diff at all\n@@ -1 +1 @@\n+x\n'), []);
});

test('classify --jsonl answers every line, bad ones with an error', async () => {
  const grammars = createGrammars();
  const ask = (line: string) => answer(line, defaultPolicy, grammars);
  const good = await ask(JSON.stringify({ id: 7, path: 'a.py', before: safe, after: risky }));
  assert.equal(good['id'], 7);
  assert.equal(good['tier'], 'critical');
  assert.equal(typeof good['ms'], 'number');
  const many = await ask(JSON.stringify({ id: 'x', files: [{ path: 'a.md', before: 'a', after: 'b' }] }));
  assert.deepEqual([many['tier'], (many['files'] as { path: string }[])[0]?.path], ['low', 'a.md']);
  for (const bad of [
    '',
    '[]',
    '{"id":1}',
    '{"id":1,"path":"a","before":5}',
    '{"id":1,"files":3}',
    '{"id":1,"files":[null]}',
  ])
    assert.equal(typeof (await ask(bad))['error'], 'string', bad);
});
