import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, test } from 'node:test';
import { commitHead, configHead, readFeed, type Fed, type FeedHead } from '../../src/cli/hookFeed.ts';
import { readCommits } from '../../src/platform/commitInMaking.ts';
import { ChangeReader, commitChange, indexChange } from '../../src/platform/git.ts';
import { hookScript, type HookName } from '../../src/platform/gitHooks.ts';
import { git, gitEnv, makeSample } from '../tools/sample.ts';

const base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-feed-')));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const posix = process.platform !== 'win32';

/** What the hook's own script sends in a repository. */
function sent(dir: string, name: HookName, head = ''): Buffer {
  const script = hookScript(name, { cli: '/none/cli.js', fallback: '/none/node' }, 'none');
  const feed = /^feed\(\) \{\n[^]*?\n\}$/m.exec(script)?.[0] ?? assert.fail('the script feeds nobody');
  return execFileSync('sh', ['-c', `state=.git/countersign head=${head}\n${feed}\nfeed 2>/dev/null`], {
    cwd: dir,
    env: { ...process.env, ...gitEnv },
    maxBuffer: 1 << 26,
  });
}

function readBytes<T>(bytes: Buffer, head: (bytes: Buffer) => FeedHead<T> | undefined): Fed<T> | undefined {
  const file = path.join(base, 'bytes');
  fs.writeFileSync(file, bytes);
  const fd = fs.openSync(file, 'r');
  try {
    return readFeed(fd, new ChangeReader(), head);
  } finally {
    fs.closeSync(fd);
  }
}

const hostile = 'Subject\n\nend 0\n\0config 0\ndiff --git a/x b/x\n0123456789012345678901234567890123456789 commit 3\n';

test("what the hooks' scripts send is what git answers when it is asked", { skip: !posix }, async () => {
  const dir = path.join(base, 'repo');
  await makeSample(dir);
  fs.writeFileSync(path.join(dir, 'sp ace é.txt'), 'end 0\nno newline');
  // Larger than one read of the pipe.
  fs.writeFileSync(path.join(dir, 'large.txt'), 'a line of the large file\n'.repeat(30_000));
  fs.rmSync(path.join(dir, 'src/cart.ts'));
  await git(dir, 'add', '--all');
  const staged = readBytes(sent(dir, 'prepare-commit-msg'), configHead);
  assert.deepEqual(staged?.change, await indexChange(dir, 'HEAD'));
  assert.match(staged?.head.toString() ?? '', /\0user\.email\n/);

  await git(dir, 'commit', '-q', '--cleanup=verbatim', '--no-verify', '-m', hostile.replaceAll('\0', ''));
  const head = (await git(dir, 'rev-parse', 'HEAD')).trim();
  const fed = readBytes(sent(dir, 'post-commit', head), commitHead);
  assert.deepEqual(fed?.change, await commitChange(dir, 'HEAD^', 'HEAD'));
  const [commit] = await readCommits(dir, ['HEAD']);
  assert.equal(fed?.head.id, commit?.id);
  assert.ok(commit && fed?.head.raw.endsWith(`\n\n${commit.message}`));
});

test('a first commit, and no commit, are told apart from a change', { skip: !posix }, async () => {
  const dir = path.join(base, 'first');
  fs.mkdirSync(dir);
  await git(dir, 'init', '-q');
  fs.writeFileSync(path.join(dir, 'a'), 'a\n');
  await git(dir, 'add', 'a');
  const staged = readBytes(sent(dir, 'prepare-commit-msg'), configHead);
  assert.ok(staged && staged.change === undefined);
  await git(dir, 'commit', '-q', '-m', 'first');
  const head = (await git(dir, 'rev-parse', 'HEAD')).trim();
  const first = readBytes(sent(dir, 'post-commit', head), commitHead);
  assert.ok(first?.head.id === head && first.change === undefined);
  assert.equal(readBytes(sent(dir, 'post-commit', '0'.repeat(40)), commitHead), undefined);
});

test('what breaks off is no answer', { skip: !posix }, () => {
  const dir = path.join(base, 'repo');
  const head = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: dir, encoding: 'utf8' }).trim();
  const whole = sent(dir, 'post-commit', head);
  const commitEnd = commitHead(whole)?.next ?? assert.fail();
  for (const length of [0, 10, commitEnd - 1])
    assert.equal(readBytes(whole.subarray(0, length), commitHead), undefined);
  for (const length of [commitEnd, commitEnd + 100, whole.length - 7, whole.length - 1])
    assert.equal(readBytes(whole.subarray(0, length), commitHead)?.change, undefined, String(length));
});
