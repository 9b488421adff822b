import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { before, describe, it } from 'node:test';
import { hookNames, newlyLostHooks } from '../../src/platform/gitHooks.ts';
import { buildCli, World, withWorld } from './world.ts';

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

  it('says once that something else took its hooks away, and again when it happens again', () =>
    withWorld({ hooks: false }, async (w) => {
      const lost = async (): Promise<readonly string[] | undefined> => (await newlyLostHooks(w.repo))?.lost;
      const steal = (name: string): Promise<void> =>
        fs.writeFile(w.path(`.git/hooks/${name}`), '#!/bin/sh\n# lefthook\n');
      assert.equal(await lost(), undefined, 'never here');
      await w.countersign('install', '--git');
      await commitAi(w);
      assert.equal(await lost(), undefined);
      await steal('commit-msg');
      assert.deepEqual(await lost(), ['commit-msg']);
      assert.equal(await lost(), undefined, 'said');
      await steal('prepare-commit-msg');
      assert.deepEqual(await lost(), ['prepare-commit-msg', 'commit-msg']);
      await w.countersign('install', '--git');
      assert.equal(await lost(), undefined);
      await steal('commit-msg');
      assert.deepEqual(await lost(), ['commit-msg'], 'again');
      // Taken away by the person: nothing to say.
      await w.countersign('uninstall', '--git');
      assert.equal(await lost(), undefined);
    }));

  it('takes its place again beside managers that install their hooks again, and leaves nothing behind', () =>
    withWorld({ hooks: false }, async (w) => {
      const hooks = w.path('.git/hooks');
      const managers: Readonly<Record<string, () => Promise<void>>> = {
        // simple-git-hooks: writes its own, takes all others away.
        async overwriting() {
          for (const name of hookNames) await fs.rm(path.join(hooks, name), { force: true });
          await fs.writeFile(path.join(hooks, 'commit-msg'), '#!/bin/sh\ntouch ran-manager\n', { mode: 0o755 });
        },
        // lefthook: puts aside what is not its own, under a name of its own.
        async renaming() {
          for (const name of ['commit-msg', 'prepare-commit-msg']) {
            const file = path.join(hooks, name);
            const text = await fs.readFile(file, 'utf8').catch(() => '');
            if (text !== '' && !text.includes('# manager')) await fs.rename(file, `${file}.old`);
            await fs.writeFile(file, '#!/bin/sh\n# manager\ntouch ran-manager\n', { mode: 0o755 });
          }
        },
      };
      for (const [name, install] of Object.entries(managers)) {
        for (const hook of await fs.readdir(hooks)) if (!hook.endsWith('.sample')) await fs.rm(path.join(hooks, hook));
        await install();
        const alone = await snapshot(hooks);
        for (let round = 0; round < 3; round++) {
          assert.equal((await w.countersign('install', '--git')).code, 0, name);
          assert.equal((await w.countersign('doctor')).code, 0, name);
          await fs.rm(w.path('ran-manager'), { force: true });
          await commitAi(w, `${name}${round}.ts`);
          await w.expect('HEAD', { ai: '1/1' });
          await fs.access(w.path('ran-manager'));
          await install();
          const doctor = await w.countersign('doctor');
          assert.equal(doctor.code, 1, name);
          assert.match(doctor.out, /WRONG git hook commit-msg: something else took its place/);
        }
        await w.countersign('install', '--git');
        assert.equal((await w.countersign('uninstall', '--git')).code, 0);
        assert.deepEqual(await snapshot(hooks), alone, name);
      }
    }));

  it('goes on beside pre-commit, which keeps the hooks it finds and runs them first', () =>
    withWorld({ hooks: false }, async (w) => {
      const hooks = w.path('.git/hooks');
      await w.write('.pre-commit-config.yaml', 'repos: []\n');
      await fs.writeFile(path.join(hooks, 'commit-msg'), '#!/bin/sh\ntouch ran-before\n', { mode: 0o755 });
      const preCommit = async (): Promise<void> => {
        for (const name of ['commit-msg', 'prepare-commit-msg']) {
          const file = path.join(hooks, name);
          const text = await fs.readFile(file, 'utf8').catch(() => '');
          if (text !== '' && !text.includes('by pre-commit')) await fs.rename(file, `${file}.legacy`);
          await fs.writeFile(
            file,
            '#!/bin/sh\n# made by pre-commit\n[ ! -x "$0.legacy" ] || "$0.legacy" "$@" || exit $?\ntouch ran-manager\n',
            { mode: 0o755 },
          );
        }
      };
      const works = async (file: string): Promise<void> => {
        await fs.rm(w.path('ran-manager'), { force: true });
        await fs.rm(w.path('ran-before'), { force: true });
        await commitAi(w, file);
        await w.expect('HEAD', { ai: '1/1' });
        await fs.access(w.path('ran-manager'));
        assert.equal((await w.countersign('doctor')).code, 0);
      };
      await w.countersign('install', '--git');
      await preCommit();
      await works('a.ts');
      // Again: the hook from before takes part, too, and nothing runs twice.
      await w.countersign('install', '--git');
      await works('b.ts');
      await fs.access(w.path('ran-before'));
      assert.match((await w.countersign('install', '--git')).out, /already installed/);
      assert.equal((await w.countersign('uninstall', '--git')).code, 0);
      const left = (await fs.readdir(hooks)).filter((n) => !n.endsWith('.sample')).sort();
      assert.deepEqual(left, ['commit-msg', 'commit-msg.legacy', 'prepare-commit-msg']);
      assert.equal(await fs.readFile(path.join(hooks, 'commit-msg.legacy'), 'utf8'), '#!/bin/sh\ntouch ran-before\n');
    }));

  it('says in a word where hooks cannot be written', { skip: process.platform === 'win32' }, () =>
    withWorld({ hooks: false }, async (w) => {
      await w.git('config', 'core.hooksPath', '/dev/null');
      const none = await w.countersign('install', '--git');
      assert.equal(none.code, 1);
      assert.match(none.err, /\/dev\/null is no folder; git hooks cannot be put there/);
      await w.write('plain', 'x');
      await w.git('config', 'core.hooksPath', 'plain/hooks');
      const below = await w.countersign('install', '--git');
      assert.equal(below.code, 1);
      assert.match(below.err, /plain/);
      assert.equal((await w.tryGit(['-c', 'core.hooksPath=', 'status'])).code, 0);
    }),
  );

  it('quotes whatever path the CLI has, Windows ones with slashes that its sh knows', async () => {
    const { hookScript } = await import('../../src/platform/gitHooks.ts');
    const { run } = await import('./world.ts');
    for (const [cli, as] of [
      ["C:\\Users\\J O'Neil\\AppData\\cli.js", "C:/Users/J O'Neil/AppData/cli.js"],
      ['/home/$(touch x)/`id`/"q"/cli.js', '/home/$(touch x)/`id`/"q"/cli.js'],
      ['\\\\server\\share\\cli.js', '//server/share/cli.js'],
    ] as const)
      for (const name of hookNames) {
        const text = hookScript(name, { cli, fallback: 'C:\\Program Files\\Code.exe' }, 'none');
        const options = { cwd: '/', env: { PATH: process.env['PATH'] } };
        assert.equal((await run('sh', ['-n', '-c', text], options)).code, 0, text);
        const assignments = text.split('\n').filter((l) => /^(?:cli|fallback)=/.test(l));
        const shown = await run('sh', ['-c', `${assignments.join('\n')}\nprintf '%s|%s' "$cli" "$fallback"`], options);
        assert.equal(shown.out, `${as}|C:/Program Files/Code.exe`);
      }
    assert.throws(() => hookScript('commit-msg', { cli: 'a\nb', fallback: '' }, 'none'), /line break/);
  });

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
