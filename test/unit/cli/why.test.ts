import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import { why } from '../../../src/cli/commands/why.ts';
import { openAttribution } from '../../../src/platform/attribution.ts';

let dir = '';
const git = (...args: string[]): void => {
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'commit.gpgsign=false', ...args], {
    cwd: dir,
  });
};

before(async () => {
  dir = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'why-')));
  git('init', '-q');
  await fs.mkdir(path.join(dir, 'infra'));
  await fs.writeFile(path.join(dir, 'infra/main.tf'), 'one\ntwo\n');
  git('add', '.');
  git('commit', '-qm', 'start');
  const store = openAttribution({ dir: path.join(dir, '.git/countersign') });
  const text = 'one\nby an agent\ntwo\n';
  await store.record({
    path: 'infra/main.tf',
    before: 'one\ntwo\n',
    after: text,
    origin: { origin: 'ai', evidence: 'hook', agent: 'claude-code', model: 'm\u202e1', session: 's' },
  });
  await fs.writeFile(path.join(dir, 'infra/main.tf'), `${text}from nowhere\n`);
});
after(() => fs.rm(dir, { recursive: true, force: true }));

async function run(...args: string[]): Promise<string> {
  let out = '';
  const code = await why.run(args, {
    stdin: process.stdin,
    out: (text) => (out += text),
    err: () => undefined,
    cwd: dir,
    env: process.env,
    verbose: false,
  });
  assert.equal(code, 0);
  return out;
}

void test('a file: counts, runs of changed lines, the policy that applies', async () => {
  const out = await run('infra/main.tf');
  assert.match(out, /1 AI, 1 unknown, 0 by a person, 0 by tools, 2 unchanged/);
  assert.match(out, /^ {2}2 +ai .*claude-code/m);
  assert.match(out, /^ {2}4 +unknown /m);
  assert.match(out, /infra\/main\.tf: AI must give a reason/);
  assert.doesNotMatch(out, /\u202e/, 'nothing that turns a terminal’s text around');
});

void test('one line', async () => {
  assert.match(
    await run('infra/main.tf:2'),
    /^infra\/main\.tf:2: Written by AI \(claude-code.*the agent itself reported the edit/,
  );
  assert.match(await run('infra/main.tf:1'), /the line was there before/);
  const told = JSON.parse(await run('--json', 'infra/main.tf:4')) as { origin: { origin: string }; policy: string };
  assert.equal(told.origin.origin, 'unknown');
});

void test('misuse says what and where', async () => {
  await assert.rejects(run(), /name one path/);
  await assert.rejects(run('infra/main.tf:9'), /has 4 lines, not 9/);
  await assert.rejects(run('infra/main.tf:0'), /counted from 1/);
  await assert.rejects(run(path.join(os.tmpdir(), 'elsewhere.txt')), /not in a git work tree/);
  await assert.rejects(run('--what', 'x'), /unknown option --what/);
});

void test('asking leaves no trace in a repository without origins', async () => {
  const other = await fs.mkdtemp(path.join(os.tmpdir(), 'why-'));
  const here = dir;
  try {
    dir = await fs.realpath(other);
    git('init', '-q');
    await fs.writeFile(path.join(dir, 'a.ts'), 'x\n');
    assert.match(await run('a.ts'), /1 unknown/);
    await assert.rejects(fs.access(path.join(dir, '.git/countersign/salt')));
    await assert.rejects(fs.access(path.join(dir, '.git/countersign/attribution.jsonl')));
  } finally {
    dir = here;
    await fs.rm(other, { recursive: true, force: true });
  }
});
