import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { before, describe, it } from 'node:test';
import { hookNames } from '../../src/platform/gitHooks.ts';
import { buildCli, World } from './world.ts';

/** Every file below a folder with its mode and bytes. */
async function snapshot(dir: string): Promise<Record<string, string>> {
  const out: Record<string, string> = {};
  for (const e of await fs.readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!e.isFile()) continue;
    const file = path.join(e.parentPath, e.name);
    out[path.relative(dir, file)] =
      `${((await fs.stat(file)).mode & 0o777).toString(8)} ${await fs.readFile(file, 'base64')}`;
  }
  return out;
}

async function withWorld(options: Parameters<typeof World.make>[0], use: (w: World) => Promise<void>): Promise<void> {
  const w = await World.make(options);
  try {
    await use(w);
  } finally {
    await w.remove();
  }
}

const commitAi = async (w: World, file = 'f.ts'): Promise<void> => {
  await w.ai(file, 'a\n');
  await w.git('add', file);
  await w.commit('ai');
};

describe('install and uninstall', { concurrency: 2 }, () => {
  before(() => buildCli());

  it('gives back every byte, and twice is once', () =>
    withWorld({ hooks: false }, async (w) => {
      const hooks = w.path('.git/hooks');
      await fs.writeFile(path.join(hooks, 'commit-msg'), '#!/bin/sh\nexit 0\n', { mode: 0o744 });
      await fs.writeFile(path.join(hooks, 'post-commit'), '#!/usr/bin/env python3\nprint("not executable")\n', {
        mode: 0o600,
      });
      const was = await snapshot(w.path('.git'));
      const dry = await w.countersign('install', '--git', '--dry-run');
      assert.equal(dry.code, 0);
      assert.match(dry.out, /would move .git\/hooks\/commit-msg to .git\/hooks\/commit-msg.countersign-saved/);
      assert.deepEqual(
        await snapshot(hooks),
        Object.fromEntries(
          Object.entries(was)
            .filter(([k]) => k.startsWith('hooks/'))
            .map(([k, v]) => [k.slice(6), v]),
        ),
      );
      assert.equal((await w.countersign('install', '--git')).code, 0);
      const once = await snapshot(hooks);
      const again = await w.countersign('install', '--git');
      assert.match(again.out, /already installed/);
      assert.deepEqual(await snapshot(hooks), once);
      assert.equal((await w.countersign('doctor')).code, 0);
      assert.equal((await w.countersign('uninstall', '--purge')).code, 0);
      assert.deepEqual(await snapshot(w.path('.git')), was);
      assert.match((await w.countersign('uninstall')).out, /nothing of ours/);
    }));

  it('runs an existing hook first; its exit code counts and its edits stay', () =>
    withWorld({ hooks: false }, async (w) => {
      const hook = w.path('.git/hooks/prepare-commit-msg');
      await fs.writeFile(hook, '#!/bin/sh\necho "Ticket: X-1" >> "$1"\n[ ! -f stop ] || exit 7\n', { mode: 0o755 });
      await w.countersign('install', '--git');
      await w.ai('f.ts', 'a\n');
      await w.git('add', 'f.ts');
      await w.commit('subject\n\nbody\n');
      assert.match(await w.message(), /Ticket: X-1/);
      await w.expect('HEAD', { ai: '1/1', subject: 'subject' });
      await w.write('stop', '');
      await w.ai('g.ts', 'a\n');
      await w.git('add', 'g.ts');
      assert.notEqual((await w.tryGit(['commit', '-m', 'x'])).code, 0);
    }));

  it('runs beside husky 9, whose stubs ask for their own name', () =>
    withWorld({ hooks: false }, async (w) => {
      await w.git('config', 'core.hooksPath', '.husky/_');
      await w.write('.husky/_/.gitignore', '*');
      await w.write(
        '.husky/_/h',
        'n=$(basename "$0")\ns=$(dirname "$(dirname "$0")")/$n\n[ ! -f "$s" ] && exit 0\nsh -e "$s" "$@"\n',
      );
      for (const name of hookNames) {
        await w.write(`.husky/_/${name}`, '#!/usr/bin/env sh\n. "$(dirname "$0")/h"\n');
        await fs.chmod(w.path(`.husky/_/${name}`), 0o755);
      }
      await w.write('.husky/commit-msg', 'touch ran-husky\n');
      const was = await snapshot(w.path('.husky'));
      const result = await w.countersign('install', '--git');
      assert.equal(result.code, 0, result.err);
      assert.match(result.out, /husky/);
      await commitAi(w);
      await w.expect('HEAD', { ai: '1/1' });
      await fs.access(w.path('ran-husky'));
      assert.equal((await w.countersign('uninstall', '--git')).code, 0);
      assert.deepEqual(await snapshot(w.path('.husky')), was);
    }));

  it('does not put hooks under version control, and says what to do', () =>
    withWorld({ hooks: false }, async (w) => {
      await w.git('config', 'core.hooksPath', '.githooks');
      await w.write('.githooks/pre-commit', '#!/bin/sh\n');
      await w.git('add', '.githooks');
      const result = await w.countersign('install', '--git');
      assert.equal(result.code, 1);
      assert.match(result.err, /under version control/);
      assert.equal((await w.git('status', '--porcelain', '-uall')).trim(), 'A  .githooks/pre-commit');
      assert.equal((await w.countersign('doctor')).code, 1);
    }));

  it('notices when something else took the hooks away, and takes its place beside it again', () =>
    withWorld({}, async (w) => {
      await fs.writeFile(w.path('.git/hooks/commit-msg'), '#!/bin/sh\n# lefthook\n', { mode: 0o755 });
      const doctor = await w.countersign('doctor');
      assert.equal(doctor.code, 1);
      assert.match(doctor.out, /WRONG git hook commit-msg/);
      await w.countersign('install', '--git');
      assert.equal((await w.countersign('doctor')).code, 0);
      await w.countersign('uninstall', '--git');
      assert.equal(await fs.readFile(w.path('.git/hooks/commit-msg'), 'utf8'), '#!/bin/sh\n# lefthook\n');
    }));

  it('installs once for all worktrees', () =>
    withWorld({}, async (w) => {
      const other = path.join(path.dirname(w.dir), 'other');
      await w.git('worktree', 'add', '-q', other);
      const { run } = await import('./world.ts');
      assert.match(
        (await run(process.execPath, [w.cli, 'install', '--git'], { cwd: other, env: w.env })).out,
        /already installed/,
      );
    }));

  it("merges an agent's hook into its settings and takes only its own out", () =>
    withWorld({ hooks: false }, async (w) => {
      const settings =
        '{\n    // mine\n    "permissions": { "allow": [] },\n    "hooks": {\n        "PreToolUse": [\n            { "matcher": "Bash", "hooks": [{ "type": "command", "command": "mine" }] }\n        ]\n    }\n}\n';
      await w.write('.claude/settings.local.json', settings);
      const file = w.path('.claude/settings.local.json');
      assert.equal((await w.countersign('install', '--agent', 'claude-code')).code, 0);
      const text = await fs.readFile(file, 'utf8');
      assert.match(text, /\/\/ mine/);
      assert.match(text, /hook claude-code; fi \|\| exit 2/);
      assert.match((await w.countersign('install', '--agent', 'claude-code')).out, /already installed/);
      assert.equal((await w.countersign('uninstall', '--agent', 'claude-code')).code, 0);
      assert.equal(await fs.readFile(file, 'utf8'), settings);
      // Somebody edited the file meanwhile: only our entries go.
      await w.countersign('install', '--agent', 'claude-code');
      await fs.writeFile(file, (await fs.readFile(file, 'utf8')).replace('"allow": []', '"allow": ["Read"]'));
      await w.countersign('uninstall', '--agent', 'claude-code');
      const left = await fs.readFile(file, 'utf8');
      assert.match(left, /"allow": \["Read"\]/);
      assert.match(left, /"command": "mine"/);
      assert.doesNotMatch(left, /hook claude-code/);
      // No file before: none after.
      await fs.rm(file);
      await w.countersign('install', '--agent', 'claude-code');
      await w.countersign('uninstall');
      await assert.rejects(fs.access(file));
    }));
});
