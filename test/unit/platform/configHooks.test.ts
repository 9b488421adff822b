import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import {
  configBlock,
  editConfig,
  gitsWithoutConfigHooks,
  hasConfigBlock,
  runsConfigHooks,
  withConfigBlock,
} from '../../../src/platform/configHooks.ts';

const block = configBlock(['prepare-commit-msg', 'commit-msg']);
const call = promisify(execFile);

async function withFolder(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-config-'));
  try {
    await use(dir);
  } finally {
    await fs.rm(dir, { recursive: true, force: true });
  }
}

describe("our hooks in git's configuration", () => {
  it('go in at the end and come out byte for byte', () => {
    const line = fc.constantFrom(
      '[core]',
      '\tbare = false',
      '# a comment',
      '[hook "lint"]',
      '\tevent = pre-commit',
      '',
    );
    const text = fc
      .tuple(fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n'))), fc.constantFrom('', '[user]', '\tname = Last'))
      .map(([lines, last]) => lines.map(([l, eol]) => l + eol).join('') + last);
    fc.assert(
      fc.property(text, (before) => {
        const after = withConfigBlock(before, block);
        assert.ok(after.startsWith(before));
        assert.ok(hasConfigBlock(after) && !hasConfigBlock(before));
        assert.equal(withConfigBlock(after, block), after, 'twice is once');
        assert.equal(withConfigBlock(after, ''), before);
      }),
    );
  });

  it('come out without what was written after, before or between them', () => {
    const before = '[core]\n\tbare = false\n';
    const after = withConfigBlock(before, block);
    assert.equal(withConfigBlock(`${after}[user]\n\tname = x\n`, ''), `${before}[user]\n\tname = x\n`);
    // As git itself adds a key to one of our sections.
    const [first = '', rest = ''] = after.split('[hook "countersign-commit-msg"]');
    assert.equal(withConfigBlock(`${first}\tenabled = false\n[hook "countersign-commit-msg"]${rest}`, ''), before);
    // A section of somebody else's in the middle of ours stays.
    const mixed = `${first}[user]\n\tname = x\n[hook "countersign-commit-msg"]${rest}[a]\n\tb = c\n`;
    assert.equal(withConfigBlock(mixed, ''), `${before}[user]\n\tname = x\n[a]\n\tb = c\n`);
    // Where something was written behind a file that had no last line break, that line break stays.
    const glued = withConfigBlock('[core]\n\tbare = false', block);
    assert.equal(withConfigBlock(`${glued}[a]\n\tb = c\n`, ''), '[core]\n\tbare = false\n[a]\n\tb = c\n');
  });

  it('say to git what they should, and let a commit pass when the script is gone', () =>
    withFolder(async (dir) => {
      const file = path.join(dir, 'config');
      await fs.writeFile(file, '[core]\n\tbare = false\n', { mode: 0o640 });
      await editConfig(file, block);
      assert.equal((await fs.stat(file)).mode & 0o777, 0o640);
      const get = async (key: string): Promise<string> =>
        (await call('git', ['config', '--file', file, '--get', key])).stdout.trim();
      assert.equal(await get('hook.countersign-commit-msg.event'), 'commit-msg');
      const command = await get('hook.countersign-commit-msg.command');
      // As git runs it: with its arguments after the command.
      const env = { ...process.env, GIT_DIR: path.join(dir, 'git') };
      const run = () => call('sh', ['-c', `${command} "$@"`, command, 'the file', 'b'], { cwd: dir, env });
      await fs.mkdir(path.join(dir, 'git/countersign/git-hooks'), { recursive: true });
      assert.equal((await run()).stdout, '');
      const script = path.join(dir, 'git/countersign/git-hooks/commit-msg');
      await fs.writeFile(script, '#!/bin/sh\necho "$#:$1"\nexit 3\n', { mode: 0o755 });
      await assert.rejects(run(), { code: 3, stdout: '2:the file\n' });
      await editConfig(file, '');
      assert.equal(await fs.readFile(file, 'utf8'), '[core]\n\tbare = false\n');
    }));

  it('wait for a lock of git, and say so when it does not go', () =>
    withFolder(async (dir) => {
      const file = path.join(dir, 'config');
      await fs.writeFile(file, '');
      await fs.writeFile(`${file}.lock`, '');
      setTimeout(() => void fs.rm(`${file}.lock`), 150);
      await editConfig(file, block);
      assert.equal(await fs.readFile(file, 'utf8'), block);
      await fs.writeFile(`${file}.lock`, 'theirs');
      await assert.rejects(editConfig(file, ''), /config\.lock is there/);
      assert.equal(await fs.readFile(`${file}.lock`, 'utf8'), 'theirs');
    }));

  it('need git 2.54; older ones on PATH are found', { skip: process.platform === 'win32' }, () =>
    withFolder(async (dir) => {
      for (const [version, does] of [
        ['2.39.5', false],
        ['2.53.0', false],
        ['2.54', true],
        ['2.54.0.windows.1', true],
        ['3.0.1', true],
        ['1.99', false],
        ['0', false],
      ] as const)
        assert.equal(runsConfigHooks(version), does, version);
      const folders: string[] = [];
      for (const [name, says] of [
        ['new', 'git version 2.55.0'],
        ['old', 'git version 2.39.5 (Apple Git-154)'],
        ['odd', 'not it'],
      ] as const) {
        const folder = path.join(dir, name);
        folders.push(folder);
        await fs.mkdir(folder);
        await fs.writeFile(path.join(folder, 'git'), `#!/bin/sh\necho "${says}"\n`, { mode: 0o755 });
      }
      await fs.mkdir(path.join(dir, 'again'));
      await fs.symlink(path.join(dir, 'old/git'), path.join(dir, 'again/git'));
      const found = await gitsWithoutConfigHooks({ PATH: [...folders, path.join(dir, 'again'), '.', ''].join(':') });
      assert.deepEqual(found, [{ path: path.join(dir, 'old/git'), version: '2.39.5' }]);
    }),
  );
});
