/** Hooks from git's configuration (git 2.54). With an older git: that it is told from a newer one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { before, describe, it } from 'node:test';
import {
  configBlock,
  configFile,
  configHookScript,
  editConfig,
  runsConfigHooks,
} from '../../src/platform/configHooks.ts';
import { hookNames, newlyLostHooks } from '../../src/platform/gitHooks.ts';
import { buildCli, defaultTestPolicy, run, World, withWorld } from './world.ts';

const version = /\d+(?:\.\d+)+/.exec(execFileSync('git', ['--version'], { encoding: 'utf8' }))?.[0] ?? '0';
const isNew = runsConfigHooks(version);
const needsNew = isNew ? {} : { skip: `git ${version} runs no hooks from its configuration; npm run test:gitVersions` };
const needsOld = isNew ? { skip: `git ${version} runs hooks from its configuration` } : {};

/** PATH without any git but the first. */
async function onlyFirstGit(w: World): Promise<string> {
  const folder = path.join(path.dirname(w.dir), 'tools');
  await fs.mkdir(folder);
  const folders = (w.env['PATH'] as string).split(path.delimiter);
  for (const dir of folders)
    for (const name of await fs.readdir(dir).catch(() => []))
      await fs.symlink(path.join(dir, name), path.join(folder, name)).catch(() => undefined);
  return folder;
}

const commitAi = async (w: World, file: string): Promise<void> => {
  await w.ai(file, 'a\n');
  await w.git('add', file);
  await w.commit(`ai ${file}`);
  await w.expect('HEAD', { ai: '1/1', agents: ['Claude:claude-test-1'], subject: `ai ${file}` });
};

async function husky(w: World): Promise<void> {
  await w.git('config', 'core.hooksPath', '.husky/_');
  await w.write('.husky/_/.gitignore', '*');
  for (const [name, script] of [
    ['commit-msg', '#!/bin/sh\ntouch ran-manager\n[ ! -f stop ] || exit 7\n'],
    ['prepare-commit-msg', '#!/bin/sh\n[ ! -f rewrite ] || printf "rewritten\\n" >"$1"\n'],
  ] as const) {
    await w.write(`.husky/_/${name}`, script);
    await fs.chmod(w.path(`.husky/_/${name}`), 0o755);
  }
}

describe("hooks from git's configuration", { concurrency: 2 }, () => {
  before(() => buildCli());

  it('without them, does not put hooks under version control, and says what to do', needsOld, () =>
    withWorld({ hooks: false }, async (w) => {
      await w.git('config', 'core.hooksPath', '.githooks');
      await w.write('.githooks/pre-commit', '#!/bin/sh\n');
      await w.git('add', '.githooks');
      const result = await w.countersign('install', '--git');
      assert.equal(result.code, 1);
      assert.match(result.err, /under version control/);
      assert.equal((await w.git('status', '--porcelain', '-uall')).trim(), 'A  .githooks/pre-commit');
      assert.equal((await w.countersign('doctor')).code, 1);
    }),
  );

  it('an older git is told from a newer one, and gets its hooks from the folder', needsOld, () =>
    withWorld({ hooks: false }, async (w) => {
      const was = await fs.readFile(configFile(w.repo));
      const asked = await w.countersign('install', '--hooks=config');
      assert.equal(asked.code, 1);
      assert.match(asked.err, /git 2\.\d+\.\d+ takes no hooks from its configuration; git 2\.54 is the first/);
      assert.match((await w.countersign('install', '--hooks', 'x')).err, /--hooks needs one of folder, config/);
      // A newer git was here before.
      for (const name of hookNames) {
        await fs.mkdir(path.dirname(configHookScript(w.repo, name)), { recursive: true });
        await fs.writeFile(configHookScript(w.repo, name), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
      }
      await editConfig(configFile(w.repo), configBlock(hookNames));
      const doctor = await w.countersign('doctor');
      assert.equal(doctor.code, 1);
      assert.match(doctor.out, /WRONG git hook commit-msg: ignored, because .* git 2\.\d+\.\d+ takes none from there/);
      await w.write('.git/countersign/hook', '');
      assert.equal((await newlyLostHooks(w.repo))?.ignoredBy, version);
      assert.equal((await w.countersign('install', '--git')).code, 0);
      assert.deepEqual(await fs.readFile(configFile(w.repo)), was);
      assert.equal((await w.countersign('doctor')).code, 0);
      await commitAi(w, 'f.ts');
    }),
  );

  it('are used where the hooks folder is under version control, and give every byte back', needsNew, () =>
    withWorld({ hooks: false }, async (w) => {
      await w.git('config', 'core.hooksPath', '.githooks');
      await w.write('.githooks/commit-msg', '#!/bin/sh\ntouch ran-own\n');
      await fs.chmod(w.path('.githooks/commit-msg'), 0o755);
      await w.git('add', '.githooks');
      await w.git('commit', '-q', '-m', 'own hooks');
      // A file as an editor may leave it.
      const bytes = (await fs.readFile(configFile(w.repo), 'utf8')).trimEnd() + '\n[x]\n\ty = "z;#" # no end';
      await fs.writeFile(configFile(w.repo), bytes);
      const dry = await w.countersign('install', '--git', '--dry-run');
      assert.match(dry.out, /would change \.git\/config: .*\n {2}\| # countersign git hooks 1/);
      assert.doesNotMatch(dry.out, /\| \[core\]/);
      assert.equal(await fs.readFile(configFile(w.repo), 'utf8'), bytes);
      const installed = await w.countersign('install', '--git');
      assert.equal(installed.code, 0, installed.err);
      assert.match(installed.out, /ours are in git's configuration/);
      assert.match((await w.countersign('install', '--git')).out, /already installed/);
      const doctor = await w.countersign('doctor');
      assert.equal(doctor.code, 0, doctor.out);
      assert.match(doctor.out, /ok {4}git hook commit-msg: active, from git's configuration/);
      await fs.rm(w.path('ran-own'), { force: true });
      await commitAi(w, 'f.ts');
      await fs.access(w.path('ran-own'));
      assert.equal((await w.countersign('uninstall', '--git')).code, 0);
      assert.equal(await fs.readFile(configFile(w.repo), 'utf8'), bytes);
      await w.ai('g.ts', 'a\n');
      await w.git('add', 'g.ts');
      await w.git('commit', '-q', '-m', 'without');
      assert.doesNotMatch(await w.message(), /AI-Provenance/);
    }),
  );

  it('run beside a manager, whose exit code counts, as ours does, and outlive its reinstalling', needsNew, () =>
    withWorld({ hooks: false }, async (w) => {
      w.env['PATH'] = await onlyFirstGit(w);
      await husky(w);
      const folder = await fs.readdir(w.path('.husky/_'));
      assert.match((await w.countersign('install', '--git')).out, /husky manages hooks here/);
      assert.deepEqual(await fs.readdir(w.path('.husky/_')), folder, 'nothing of ours in there');
      await commitAi(w, 'f.ts');
      await fs.access(w.path('ran-manager'));
      await husky(w);
      assert.equal(await newlyLostHooks(w.repo), undefined);
      assert.equal((await w.countersign('doctor')).code, 0);
      await w.write('stop', '');
      await w.ai('g.ts', 'a\n');
      await w.git('add', 'g.ts');
      assert.notEqual((await w.tryGit(['commit', '-m', 'stopped by the manager'])).code, 0);
      await fs.rm(w.path('stop'));
      await w.commit('went on');
      await w.expect('HEAD', { ai: '1/1' });
      await w.ai('infra/a.tf', 'a\n');
      await w.git('add', 'infra');
      const refused = await w.tryGit(['commit', '-m', 'no reason']);
      assert.equal(refused.code, 1);
      assert.match(refused.err, /^countersign: commit refused/);
      await w.git('rm', '-q', '-f', 'infra/a.tf');
      // The manager runs after ours, and throws our record away: commit-msg puts it back.
      await w.write('rewrite', '');
      await w.ai('h.ts', 'a\n');
      await w.git('add', 'h.ts');
      await w.commit('subject');
      await w.expect('HEAD', { ai: '1/1', subject: 'rewritten' });
      await fs.rm(w.path('rewrite'));
      await editConfig(configFile(w.repo), '');
      assert.deepEqual((await newlyLostHooks(w.repo))?.lost, [...hookNames]);
    }),
  );

  it(
    'see what git is doing: amend, editor, worktree, subdirectory, cherry-pick, rebase, a moved repository',
    needsNew,
    () =>
      withWorld({ hooks: false }, async (w) => {
        assert.equal((await w.countersign('install', '--hooks=config')).code, 0);
        await commitAi(w, 'f.ts');
        await w.ai('f.ts', 'a\nb\n');
        await w.git('commit', '-q', '-a', '--amend', '-m', 'amended');
        await w.expect('HEAD', { ai: '2/2', subject: 'amended' });
        await w.append('ai', 'f.ts', 'c');
        assert.equal((await w.edit('sed -i -e "1s/.*/typed/" "$1"', 'commit', '-a', '-v')).code, 0);
        await w.settle();
        await w.expect('HEAD', { ai: '1/1', subject: 'typed' });
        await w.git('checkout', '-q', '-b', 'side', 'HEAD~1');
        await w.human('own.ts', 'x\n');
        await w.git('add', 'own.ts');
        await w.commit('side');
        await w.git('cherry-pick', 'main');
        await w.expect('HEAD', { ai: '1/1', subject: 'typed' });
        await w.git('checkout', '-q', 'main');
        await w.git('rebase', '-q', 'side');
        await w.expect('HEAD', { ai: '1/1', subject: 'typed' });
        await w.expect('HEAD~1', { ai: '0/1', subject: 'side' });
        const tree = path.join(path.dirname(w.dir), 'tree');
        await w.git('worktree', 'add', '-q', '-b', 'linked', tree);
        const linked = await w.at(tree);
        await commitAi(linked, 'sub/l.ts');
        await linked.append('ai', 'sub/l.ts', 'b');
        await fs.mkdir(linked.path('sub'), { recursive: true });
        assert.equal((await linked.tryGit(['commit', '-q', '-a', '-m', 'below'], { cwd: linked.path('sub') })).code, 0);
        await linked.settle();
        await linked.expect('HEAD', { ai: '1/1', subject: 'below' });
        await w.git('worktree', 'remove', '--force', tree);
        const moved = path.join(path.dirname(w.dir), 'moved');
        await fs.rename(w.dir, moved);
        const there = await w.at(moved);
        await commitAi(there, 'm.ts');
        await fs.rename(moved, w.dir);
        // Without its scripts a commit passes, and doctor says so.
        await fs.rm(path.dirname(configHookScript(w.repo, 'commit-msg')), { recursive: true });
        await w.git('commit', '-q', '--allow-empty', '-m', 'no scripts');
        assert.match((await w.countersign('doctor')).out, /WRONG git hook commit-msg: not installed/);
      }),
  );

  it('and hooks of the folder besides: one record, counted once', needsNew, () =>
    withWorld({ hooks: false, policy: defaultTestPolicy }, async (w) => {
      assert.equal((await w.countersign('install', '--hooks=config')).code, 0);
      const scripts = await Promise.all(hookNames.map((n) => fs.readFile(configHookScript(w.repo, n))));
      assert.equal((await w.countersign('install', '--hooks=folder')).code, 0);
      assert.doesNotMatch(await fs.readFile(configFile(w.repo), 'utf8'), /countersign/);
      for (const [i, name] of hookNames.entries())
        await fs.writeFile(configHookScript(w.repo, name), scripts[i] as Buffer, { mode: 0o755 });
      await editConfig(configFile(w.repo), configBlock(hookNames));
      assert.match((await w.countersign('doctor')).out, /configuration \(.*\) and once more from the hooks folder/);
      await commitAi(w, 'f.ts');
      await w.append('ai', 'f.ts', 'b');
      await w.append('human', 'f.ts', 'c');
      await w.commit('both', '-a');
      await w.expect('HEAD', { ai: '1/2', unk: 0 });
      await w.git('commit', '-q', '--amend', '-m', 'again');
      await w.expect('HEAD', { ai: '1/2', unk: 0, subject: 'again' });
      // Nothing of it stays pending.
      await w.append('human', 'f.ts', 'd');
      await w.commit('own', '-a');
      await w.expect('HEAD', { ai: '0/1', unk: 0, agents: [] });
      assert.equal((await w.countersign('uninstall', '--git')).code, 0);
      assert.match((await w.countersign('uninstall')).out, /nothing of ours/);
    }),
  );

  it('may be switched off, and an older git may stand beside: doctor tells', needsNew, () =>
    withWorld({ hooks: false }, async (w) => {
      const was = await fs.readFile(configFile(w.repo), 'utf8');
      w.env['PATH'] = await onlyFirstGit(w);
      assert.equal((await w.countersign('install', '--hooks=config')).code, 0);
      const fine = await w.countersign('doctor');
      assert.equal(fine.code, 0, fine.out);
      assert.doesNotMatch(fine.out, /ignores hooks/);
      await w.git('config', 'hook.countersign-commit-msg.enabled', 'false');
      assert.match((await w.countersign('doctor')).out, /WRONG git hook commit-msg: switched off/);
      const old = path.join(path.dirname(w.dir), 'old');
      await fs.mkdir(old);
      await fs.writeFile(path.join(old, 'git'), '#!/bin/sh\necho git version 2.41.0\n', { mode: 0o755 });
      w.env['PATH'] += `:${old}`;
      assert.match((await w.countersign('doctor')).out, /note {2}.*old\/git is git 2\.41\.0 and ignores hooks/);
      // With an older git about, a manager's folder is the safer place.
      assert.equal((await w.countersign('uninstall', '--git')).code, 0);
      assert.equal(await fs.readFile(configFile(w.repo), 'utf8'), was);
      await husky(w);
      assert.equal((await w.countersign('install', '--git')).code, 0);
      assert.doesNotMatch(await fs.readFile(configFile(w.repo), 'utf8'), /countersign/);
      const { out } = await run(process.execPath, [w.cli, 'doctor'], { cwd: w.dir, env: w.env });
      assert.match(out, /commit-msg: active, after the hook that was here before/);
    }),
  );
});
