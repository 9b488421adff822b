/** What only some gits can do: skipped, with the version it needs, where the git at hand cannot. Real git, real hooks. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { before, describe, it } from 'node:test';
import { buildCli, World } from './world.ts';

const claude = 'Claude:claude-test-1';
const lines = (...l: string[]): string => l.map((x) => `${x}\n`).join('');
const version = /\d+(?:\.\d+)+/.exec(execFileSync('git', ['--version'], { encoding: 'utf8' }))?.[0] ?? '0';

interface Scenario {
  readonly name: string;
  /** The first git that can. */
  readonly since: number;
  readonly options?: Parameters<typeof World.make>[0];
  run(w: World): Promise<void>;
}

const ok = async (run: Promise<{ code: number; err: string }>): Promise<void> => {
  const { code, err } = await run;
  assert.equal(code, 0, err);
};

async function commit(w: World, who: 'ai' | 'human', file: string, ...text: string[]): Promise<void> {
  await w.append(who, file, ...text);
  await w.git('add', file);
  await w.commit(`${who} ${file}`);
}

const scenarios: Scenario[] = [
  {
    name: 'commit --fixup=amend: and --fixup=reword:, folded in by autosquash',
    since: 2.32,
    async run(w) {
      await commit(w, 'human', 'f.ts', 'h1');
      await commit(w, 'ai', 'f.ts', 'a1');
      await commit(w, 'human', 'g.ts', 'g1');
      await w.append('ai', 'f.ts', 'a2');
      await ok(w.edit('sed -i -e "3s/.*/Amended subject/" "$1"', 'commit', '-q', '-a', '--fixup=amend:HEAD~1'));
      await w.settle();
      await ok(w.edit('sed -i -e "3s/.*/Reworded/" "$1"', 'commit', '-q', '--fixup=reword:HEAD~1'));
      await ok(w.tryGit(['rebase', '-q', '-i', '--autosquash', 'HEAD~4'], { env: { GIT_EDITOR: ':' } }));
      await w.expect('HEAD', { ai: '0/1', agents: [] });
      await w.expect('HEAD~1', { ai: '2/2', agents: [claude], unk: 0 });
      assert.equal((await w.git('rev-list', '--count', 'HEAD')).trim(), '4');
    },
  },
  {
    name: 'stash --staged takes the staged AI lines along',
    since: 2.35,
    async run(w) {
      await commit(w, 'human', 'f.ts', 'h1');
      await w.append('ai', 'f.ts', 'a1', 'a2');
      await w.git('add', 'f.ts');
      await w.human('g.ts', lines('own'));
      await w.git('stash', 'push', '-q', '--staged');
      await w.git('add', 'g.ts');
      await w.commit('own');
      await w.expect('HEAD', { ai: '0/1', agents: [] });
      await w.git('stash', 'pop', '-q');
      await w.commit('popped', '-a');
      await w.expect('HEAD', { ai: '2/2', unk: 0, agents: [claude] });
    },
  },
  {
    name: 'rebase --update-refs over two branches',
    since: 2.38,
    async run(w) {
      await commit(w, 'human', 'f.ts', 'h1');
      await w.git('checkout', '-q', '-b', 'lower');
      await commit(w, 'ai', 'a.ts', 'a1', 'a2');
      await w.git('checkout', '-q', '-b', 'upper');
      await commit(w, 'human', 'b.ts', 'b1');
      await w.git('checkout', '-q', 'main');
      await commit(w, 'human', 'm.ts', 'm1');
      await w.git('rebase', '-q', '--update-refs', 'main', 'upper');
      await w.expect('upper', { ai: '0/1', agents: [] });
      await w.expect('lower', { ai: '2/2', agents: [claude] });
      assert.equal(await w.git('rev-parse', 'upper~1'), await w.git('rev-parse', 'lower'));
    },
  },
  {
    name: 'autosquash without -i; a pick that became empty is kept',
    since: 2.45,
    async run(w) {
      await commit(w, 'ai', 'f.ts', 'a1');
      await commit(w, 'human', 'g.ts', 'g1');
      await w.append('ai', 'f.ts', 'a2');
      await w.git('commit', '-q', '-a', '--fixup', 'HEAD~1');
      await w.settle();
      await w.git('rebase', '-q', '--autosquash', 'HEAD~3');
      await w.expect('HEAD~1', { ai: '2/2', agents: [claude], subject: 'ai f.ts' });
      await w.git('checkout', '-q', '-b', 'again', 'HEAD~1');
      await w.git('cherry-pick', '--empty=keep', 'main~1');
      await w.expect('HEAD', { ai: '0/0', agents: [] });
    },
  },
  {
    name: 'a comment string of several characters',
    since: 2.45,
    async run(w) {
      await w.git('config', 'core.commentString', '//');
      await w.ai('f.ts', lines('a1'));
      await w.git('add', 'f.ts');
      await ok(w.edit('grep -q "^// Please enter" "$1" && sed -i -e "1s/.*/# typed/" "$1"', 'commit', '-v'));
      await w.settle();
      await w.expect('HEAD', { ai: '1/1', subject: '# typed' });
      await w.append('ai', 'f.ts', 'a2');
      await w.git('commit', '-q', '-a', '-m', 'next');
      await w.settle();
      await ok(
        w.tryGit(['rebase', '-q', '-i', 'HEAD~2'], {
          env: { GIT_SEQUENCE_EDITOR: 'sed -i -e "2s/^pick/squash/"', GIT_EDITOR: ':' },
        }),
      );
      await w.expect('HEAD', { ai: '2/2', agents: [claude] });
      assert.doesNotMatch(await w.message(), /^\/\//m);
    },
  },
  {
    name: 'refs in tables instead of files',
    since: 2.45,
    options: { init: ['--ref-format=reftable'] },
    async run(w) {
      await commit(w, 'ai', 'f.ts', 'a1');
      await w.expect('HEAD', { ai: '1/1', agents: [claude] });
      await w.append('ai', 'f.ts', 'a2');
      await w.git('commit', '-q', '-a', '--amend', '-m', 'amended');
      await w.expect('HEAD', { ai: '2/2', subject: 'amended' });
      await w.git('checkout', '-q', '-b', 'side', 'HEAD~1');
      await commit(w, 'human', 's.ts', 's1');
      await w.git('cherry-pick', 'main');
      await w.expect('HEAD', { ai: '2/2', subject: 'amended' });
      await w.git('checkout', '-q', '--detach');
      await commit(w, 'human', 's.ts', 's2');
      await w.expect('HEAD', { ai: '0/1', agents: [], unk: 0 });
      const tree = path.join(path.dirname(w.dir), 'tree');
      await w.git('worktree', 'add', '-q', '-b', 'linked', tree, 'main');
      const linked = await w.at(tree);
      await commit(linked, 'ai', 'l.ts', 'l1');
      await linked.expect('HEAD', { ai: '1/1' });
    },
  },
  {
    name: 'sparse checkout, a shallow clone, index version 4 and a split index',
    since: 2.27,
    async run(w) {
      await commit(w, 'human', 'in/f.ts', 'h1');
      await commit(w, 'human', 'out/g.ts', 'g1');
      await w.git('sparse-checkout', 'init', '--cone');
      await w.git('sparse-checkout', 'set', 'in');
      await assert.rejects(fs.access(w.path('out/g.ts')));
      await w.append('ai', 'in/f.ts', 'a1');
      await w.commit('sparse', '-a');
      await w.expect('HEAD', { ai: '1/1', unk: 0, agents: [claude] });
      await w.git('sparse-checkout', 'disable');
      const shallow = path.join(path.dirname(w.dir), 'shallow');
      await w.git('clone', '-q', '--depth=1', `file://${w.dir}`, shallow);
      const there = await w.at(shallow);
      assert.equal((await there.countersign('install', '--git')).code, 0);
      await there.git('update-index', '--index-version', '4');
      await there.git('update-index', '--split-index');
      await there.append('ai', 'in/f.ts', 'a2');
      await there.commit('shallow', '-a');
      await there.expect('HEAD', { ai: '1/1', unk: 0, agents: [claude] });
      // The oldest commit that is here has no parent to compare with; an amended one keeps what it added.
      await there.append('human', 'in/f.ts', 'h2');
      await there.git('commit', '-q', '-a', '--amend', '--no-edit', '--author', 'Other <o@example.com>');
      await there.expect('HEAD', { ai: '1/2' });
    },
  },
  {
    name: 'a submodule in a linked worktree; stash -k; notes beside the record',
    since: 2.25,
    async run(w) {
      const library = path.join(path.dirname(w.dir), 'library');
      await ok(w.tryGit(['init', '-q', library]));
      await ok(w.tryGit(['-C', library, 'commit', '-q', '--allow-empty', '-m', 'start']));
      await w.git('submodule', 'add', '-q', library, 'lib');
      await w.commit('with lib');
      const tree = path.join(path.dirname(w.dir), 'tree');
      await w.git('worktree', 'add', '-q', '-b', 'linked', tree);
      const linked = await w.at(tree);
      await linked.git('submodule', 'update', '-q', '--init');
      const inner = await w.at(linked.path('lib'));
      await inner.write('countersign.yaml', 'version: 1\ncommit: { trailers: record }\n');
      assert.equal((await inner.countersign('install', '--git')).code, 0);
      await inner.ai('x.ts', lines('x1', 'x2'));
      await inner.git('add', 'x.ts');
      await inner.commit('inside');
      await inner.expect('HEAD', { ai: '2/2', agents: [claude] });
      await linked.git('add', 'lib');
      await linked.commit('link');
      await linked.expect('HEAD', { ai: '0/1', agents: [] });
      await w.human('f.ts', lines('h1'));
      await w.git('add', 'f.ts');
      await w.append('ai', 'f.ts', 'a1');
      await w.git('stash', 'push', '-q', '-k');
      await w.commit('what was staged');
      await w.expect('HEAD', { ai: '0/1', agents: [] });
      await w.git('notes', 'add', '-m', 'AI-Provenance: v1 ai=9/9', 'HEAD');
      await w.git('-c', 'notes.rewriteRef=refs/notes/*', 'commit', '-q', '--amend', '-m', 'noted');
      await w.expect('HEAD', { ai: '0/1', agents: [], subject: 'noted' });
      await ok(w.tryGit(['checkout', '-q', 'stash@{0}', '--', 'f.ts']));
      await w.commit('and the rest', '-a');
      await w.expect('HEAD', { ai: '1/1', unk: 0, agents: [claude] });
    },
  },
];

const [major = 0, minor = 0] = version.split('.').map(Number);
const can = (since: number): boolean => {
  const [a = 0, b = 0] = since.toFixed(2).split('.').map(Number);
  return major > a || (major === a && minor >= b);
};

describe('what newer gits can do', { concurrency: 2 }, () => {
  before(() => buildCli());
  for (const s of scenarios)
    it(s.name, can(s.since) ? {} : { skip: `git ${version}; needs ${s.since.toFixed(2)}` }, async () => {
      const w = await World.make(s.options ?? {});
      try {
        await s.run(w);
      } finally {
        await w.remove();
      }
    });
});
