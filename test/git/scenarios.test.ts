/** Real git, real hooks: the record of every way to make a commit. Numbers as in docs/trailers.md, "Scenarios". */
import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { before, describe, it } from 'node:test';
import { findRepository } from '../../src/platform/git.ts';
import type { Repository } from '../../src/platform/state.ts';
import { buildCli, defaultTestPolicy, World } from './world.ts';

interface Scenario {
  readonly name: string;
  readonly options?: Parameters<typeof World.make>[0];
  run(w: World): Promise<void>;
}

const claude = 'Claude:claude-test-1';
const lines = (...l: string[]): string => l.map((x) => `${x}\n`).join('');

const scenarios: Scenario[] = [
  {
    name: '1: first commit of an empty repository',
    options: { policy: null },
    async run(w) {
      await w.write('countersign.yaml', defaultTestPolicy);
      await w.ai('x.ts', lines('a', 'b', 'c'));
      await w.append('human', 'x.ts', 'd', 'e');
      await w.git('add', 'x.ts');
      await w.commit('first');
      await w.expect('HEAD', { ai: '3/5', unk: 0, agents: [claude], subject: 'first', conf: 'hook' });
    },
  },
  {
    name: '2: interleaved lines',
    async run(w) {
      await w.human('x.ts', lines('one', 'three', 'five'));
      await w.ai('x.ts', lines('one', 'two', 'three', 'four', 'five'));
      await w.git('add', '.');
      await w.commit('mixed');
      await w.expect('HEAD', { ai: '2/5', unk: 0, agents: [claude] });
    },
  },
  {
    name: '3: lines added below a line without a final newline',
    async run(w) {
      await w.human('x.ts', 'one\ntwo');
      await w.git('add', '.');
      await w.commit('base');
      await w.ai('x.ts', 'one\ntwo\nthree\nfour\n');
      await w.git('add', '.');
      await w.commit('append');
      await w.expect('HEAD', { ai: '2/3', unk: 0 });
    },
  },
  {
    name: '4: deleted AI lines do not count, and no agent is named when none is left',
    async run(w) {
      await w.human('x.ts', lines('base'));
      await w.git('add', '.');
      await w.commit('base');
      await w.append('ai', 'x.ts', 'a', 'b', 'c', 'd');
      await w.human('x.ts', lines('base', 'a', 'b'));
      await w.git('add', '.');
      await w.commit('two left');
      await w.expect('HEAD', { ai: '2/2', agents: [claude] });
      await w.append('ai', 'x.ts', 'e', 'f');
      await w.human('x.ts', lines('base', 'a', 'b'));
      await w.human('y.ts', lines('own'));
      await w.git('add', '.');
      await w.commit('none left');
      await w.expect('HEAD', { ai: '0/1', agents: [] });
    },
  },
  {
    name: '5: an AI that only deletes is counted under del=',
    async run(w) {
      await w.human('x.ts', lines('a', 'b', 'c', 'd'));
      await w.git('add', '.');
      await w.commit('base');
      await w.ai('x.ts', lines('a', 'd'));
      await w.git('add', '.');
      await w.commit('remove');
      await w.expect('HEAD', { ai: '0/0', del: '2/2', conf: 'hook' });
      assert.notEqual((await w.record()).provenance.risk, 'none');
    },
  },
  {
    name: '6: a person rewrites one of five AI lines',
    async run(w) {
      await w.ai('x.ts', lines('alpha one', 'beta two', 'gamma three', 'delta four', 'epsilon five'));
      await w.human('x.ts', lines('alpha one', 'beta two', 'gamma three!', 'delta four', 'epsilon five'));
      await w.git('add', '.');
      await w.commit('edited');
      const { provenance: p } = await w.record();
      assert.ok((p.ai === 5 && p.mod === 1) || (p.ai === 4 && p.mod === 0), JSON.stringify(p));
      await w.expect('HEAD', { unk: 0 });
    },
  },
  {
    name: '9: several agents in one commit',
    async run(w) {
      await w.ai('f.ts', lines('a', 'b', 'c'));
      await w.ai('g.ts', lines('x', 'y'), 'codex', 'gpt-test');
      await w.append('human', 'g.ts', 'z');
      await w.git('add', '.');
      await w.commit('two agents');
      await w.expect('HEAD', { ai: '5/6', agents: [claude, 'Codex:gpt-test'] });
    },
  },
  {
    name: '10, 18: only the human file is staged; the AI file stays pending and is counted when it comes',
    async run(w) {
      await w.ai('ai.ts', lines('a', 'b'));
      await w.human('own.ts', lines('x'));
      await w.git('add', 'own.ts');
      await w.commit('own');
      await w.expect('HEAD', { ai: '0/1', agents: [], unk: 0 });
      await w.git('add', 'ai.ts');
      await w.commit('ai');
      await w.expect('HEAD', { ai: '2/2', agents: [claude] });
    },
  },
  {
    name: '11: nothing of the AI text survives',
    async run(w) {
      await w.human('f.ts', lines('base'));
      await w.git('add', '.');
      await w.commit('base');
      await w.append('ai', 'f.ts', 'from ai');
      await w.git('checkout', '-q', '--', 'f.ts');
      await w.append('human', 'f.ts', 'by hand');
      await w.git('add', '.');
      await w.commit('hand');
      await w.expect('HEAD', { ai: '0/1', agents: [], unk: 0 });
    },
  },
  {
    name: '12: commit -a',
    async run(w) {
      await w.human('f.ts', lines('base'));
      await w.git('add', '.');
      await w.commit('base');
      await w.append('ai', 'f.ts', 'more');
      await w.commit('all', '-a');
      await w.expect('HEAD', { ai: '1/1' });
    },
  },
  {
    name: '13: commit <path>',
    async run(w) {
      await w.ai('f.ts', lines('a', 'b'));
      await w.human('g.ts', lines('x'));
      await w.git('add', '.');
      await w.commit('only g', 'g.ts');
      await w.expect('HEAD', { ai: '0/1', agents: [] });
      await w.commit('then f');
      await w.expect('HEAD', { ai: '2/2' });
    },
  },
  {
    name: '15: add -p in two commits',
    async run(w) {
      const middle = Array.from({ length: 20 }, (_, i) => `line ${i}`);
      await w.human('f.ts', lines(...middle));
      await w.git('add', '.');
      await w.commit('base');
      await w.ai('f.ts', lines('t1', 't2', 't3', ...middle, 'e1', 'e2', 'e3'));
      const added = await w.tryGit(['add', '-p'], { input: 'y\nn\n' });
      assert.equal(added.code, 0);
      await w.commit('first hunk');
      await w.expect('HEAD', { ai: '3/3' });
      await w.git('add', '.');
      await w.commit('second hunk');
      await w.expect('HEAD', { ai: '3/3' });
    },
  },
  {
    name: '16: the staged text counts, not the work tree',
    async run(w) {
      await w.ai('f.ts', lines('a', 'b'));
      await w.git('add', '.');
      await w.human('f.ts', lines('mine entirely', 'and this too'));
      await w.commit('staged');
      await w.expect('HEAD', { ai: '2/2', mod: 0 });
    },
  },
  {
    name: '19, 21: editor with template, verbose, scissors and another comment character',
    async run(w) {
      await w.write('../home/template', 'Why:\n\n; notes\n');
      await w.git('config', 'core.commentChar', ';');
      for (const [i, extra] of [
        ['-v'],
        ['--cleanup=scissors', '-v'],
        ['-t', w.path('../home/template')],
        ['--cleanup=verbatim'],
        [],
      ].entries()) {
        await w.ai(`f${i}.ts`, lines('a'));
        await w.git('add', `f${i}.ts`);
        const result = await w.edit('f=$(cat "$1"); printf "Subject typed%s\\n" "$f" > "$1"', 'commit', ...extra);
        assert.equal(result.code, 0, result.err);
        await w.settle();
        assert.match(await w.message(), /^Subject typed/);
        await w.expect('HEAD', { ai: '1/1' });
      }
    },
  },
  {
    name: '20: editor closed without text aborts',
    async run(w) {
      const head = await w.git('rev-parse', 'HEAD');
      await w.ai('f.ts', lines('a'));
      await w.git('add', '.');
      const result = await w.edit('true', 'commit');
      assert.notEqual(result.code, 0);
      assert.equal(await w.git('rev-parse', 'HEAD'), head);
    },
  },
  {
    name: '22: a record that was taken out in the editor comes back whole',
    async run(w) {
      await w.ai('f.ts', lines('a'));
      await w.git('add', '.');
      const result = await w.edit('printf "Mine\\n\\nbody\\n" > "$1"', 'commit');
      assert.equal(result.code, 0, result.err);
      await w.expect('HEAD', { ai: '1/1', subject: 'Mine', agents: [claude] });
    },
  },
  {
    name: '23: --- and BREAKING CHANGE in the body',
    async run(w) {
      await w.ai('f.ts', lines('a'));
      await w.git('add', '.');
      await w.commit('feat: x\n\nbody\n\n---\n\nafter\n\nBREAKING CHANGE: all new\nRefs: #1');
      await w.expect('HEAD', { ai: '1/1', subject: 'feat: x' });
      assert.match(await w.message(), /BREAKING CHANGE: all new\nRefs: #1\n\nAssisted-by/);
    },
  },
  {
    name: '24: Signed-off-by with a free line next to it',
    async run(w) {
      await w.ai('f.ts', lines('a'));
      await w.git('add', '.');
      await w.commit('x\n\nSigned-off-by: A <a@b.example>\n[a@b: note]');
      await w.expect('HEAD', { ai: '1/1', trailers: ['Signed-off-by: A <a@b.example>'] });
    },
  },
  {
    name: '26: --no-verify has its record, and the gate sees the missing reason',
    async run(w) {
      await w.ai('infra/a.tf', lines('a'));
      await w.git('add', '.');
      await w.git('commit', '-q', '--no-verify', '-m', 'bypass');
      assert.equal((await w.record()).provenance.ai, 1);
      const verified = await w.countersign('verify', 'HEAD~1..HEAD');
      assert.equal(verified.code, 1);
      assert.match(verified.out, /justification-missing: infra\/a\.tf/);
    },
  },
  {
    name: '27: a protected change without a reason is refused with one line, without a terminal',
    async run(w) {
      await w.ai('infra/a.tf', lines('a'));
      await w.git('add', '.');
      const result = await w.tryGit(['commit', '-m', 'no reason']);
      assert.equal(result.code, 1);
      assert.equal(result.err.trim().split('\n').length, 1, result.err);
      assert.match(
        result.err,
        /^countersign: commit refused: infra\/a\.tf: production infrastructure: .*countersign\.yaml:3/,
      );
    },
  },
  {
    name: '27a: a protected file that is too large to be judged, or no text, needs its reason, too',
    async run(w) {
      const large = lines('a line of a large file').repeat(230_000);
      await w.write('infra/large.tf', large);
      await fs.writeFile(w.path('infra/plan.bin'), Buffer.from([0xff, 0xfe, 0xfd, 0x0a]));
      await w.git('add', '.');
      await w.git('-c', 'core.hooksPath=/dev/null', 'commit', '-q', '-m', 'base');
      await w.write('infra/large.tf', `${large}open\n`);
      await w.git('add', '.');
      assert.match((await w.tryGit(['commit', '-m', 'x'])).err, /commit refused: infra\/large\.tf/);
      await w.justify('because of OPS-1 at last', ['infra/large.tf']);
      await w.commit('with reason');
      await w.write('infra/large.tf', `${large}open\nwide\n`);
      await w.git('add', '.');
      assert.match((await w.tryGit(['commit', '-m', 'x'])).err, /commit refused: infra\/large\.tf/, 'another line');
      await w.git('reset', '-q', '--hard');
      // Other bytes, the same text as far as text goes.
      await fs.writeFile(w.path('infra/plan.bin'), Buffer.from([0xfd, 0xfe, 0xff, 0x0a]));
      await w.git('add', '.');
      assert.match((await w.tryGit(['commit', '-m', 'x'])).err, /commit refused: infra\/plan\.bin/);
    },
  },
  {
    name: '27b: a signed note lets it pass; an unsigned, altered or expired one does not',
    async run(w) {
      await w.ai('infra/a.tf', lines('a', 'b'));
      await w.git('add', '.');
      for (const [name, change] of [
        ['unsigned', (n) => ({ ...n, sig: undefined as unknown as string })],
        ['altered', (n) => ({ ...n, text: 'another reason OPS-2' })],
        ['longer', (n) => ({ ...n, expires: new Date(Date.now() + 9e9).toISOString() })],
        ['expired', (n) => ({ ...n, at: '2020-01-01T00:00:00.000Z', expires: '2020-01-01T01:00:00.000Z' })],
      ] as [string, Parameters<World['justify']>[2]][]) {
        await w.justify('because of OPS-1 at last', ['infra/a.tf'], change);
        assert.equal((await w.tryGit(['commit', '-m', 'x'])).code, 1, name);
      }
      await w.justify('reason without the number', ['infra/a.tf']);
      assert.equal((await w.tryGit(['commit', '-m', 'x'])).code, 1, 'no ticket');
      await w.justify('because of OPS-1 at last', ['infra/a.tf']);
      await w.commit('with reason');
      await w.expect('HEAD', { ai: '2/2', trailers: ['AI-Justification: because of OPS-1 at last'] });
      assert.notEqual((await w.record()).provenance.note, '-');
      // Message only: the reason stays with its content, even after the note's time.
      await w.git('commit', '-q', '--amend', '-m', 'reworded');
      await w.expect('HEAD', {
        ai: '2/2',
        subject: 'reworded',
        trailers: ['AI-Justification: because of OPS-1 at last'],
      });
    },
  },
  {
    name: '27c: a part of a justified change is covered; a line more is not',
    async run(w) {
      const middle = Array.from({ length: 20 }, (_, i) => `line ${i}`);
      await w.write('infra/a.tf', lines(...middle));
      await w.git('add', '.');
      await w.git('commit', '-q', '--no-verify', '-m', 'base');
      await w.ai('infra/a.tf', lines('top', ...middle, 'end'));
      await w.justify('because of OPS-1 at last', ['infra/a.tf']);
      await w.tryGit(['add', '-p'], { input: 'y\nn\n' });
      await w.commit('part');
      await w.expect('HEAD', { ai: '1/1' });
      await w.ai('infra/a.tf', lines('top', ...middle, 'end', 'more'));
      await w.git('add', '.');
      assert.equal((await w.tryGit(['commit', '-m', 'more'])).code, 1);
    },
  },
  {
    name: '28: without Node on PATH the binary named at install is used; with neither a clear word',
    async run(w) {
      const bin = path.join(path.dirname(w.dir), 'bin');
      await fs.mkdir(bin);
      for (const tool of ['git', 'sh', 'grep', 'rm', 'cat', 'ps', 'uname', 'sed', 'head']) {
        const found = (await w.tryGit(['-c', `alias.w=!command -v ${tool}`, 'w'])).out.trim();
        if (found.startsWith('/')) await fs.symlink(found, path.join(bin, tool));
      }
      await w.ai('f.ts', lines('a'));
      await w.git('add', '.');
      assert.equal((await w.tryGit(['commit', '-m', 'bare'], { env: { PATH: bin } })).code, 0);
      await w.settle();
      await w.expect('HEAD', { ai: '1/1' });
      for (const name of ['prepare-commit-msg', 'commit-msg']) {
        const hook = path.join(w.repo.commonDir, 'hooks', name);
        const text = await fs.readFile(hook, 'utf8');
        await fs.writeFile(hook, text.replace(/^fallback=.*$/m, "fallback='/nowhere/node'"));
      }
      await w.ai('g.ts', lines('a'));
      await w.git('add', '.');
      const open = await w.tryGit(['commit', '-m', 'open'], { env: { PATH: bin } });
      assert.equal(open.code, 0);
      assert.match(open.err, /no provenance record: neither node/);
      assert.equal((await w.message()).includes('AI-Provenance'), false);
      const state = path.join(w.repo.gitDir, 'countersign/hook');
      await fs.writeFile(state, (await fs.readFile(state, 'utf8')).replace('mode record', 'mode required'));
      await w.ai('h.ts', lines('a'));
      await w.git('add', '.');
      const closed = await w.tryGit(['commit', '-m', 'closed'], { env: { PATH: bin } });
      assert.equal(closed.code, 1);
      assert.match(closed.err, /commit refused.*node/);
    },
  },
  {
    name: '29: an alias that commits; plumbing leaves no record and the gate says so',
    async run(w) {
      await w.git('config', 'alias.ci', 'commit -a -m');
      await w.human('f.ts', lines('base'));
      await w.git('add', '.');
      await w.commit('base');
      await w.append('ai', 'f.ts', 'more');
      await w.git('ci', 'alias');
      await w.settle();
      await w.expect('HEAD', { ai: '1/1' });
      const id = (await w.git('commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-m', 'plumbing')).trim();
      await w.git('update-ref', 'HEAD', id);
      const verified = await w.countersign('verify', 'HEAD~1..HEAD');
      assert.equal(verified.code, 1);
      assert.match(verified.out, /record-missing/);
    },
  },
  {
    name: "30: the user's trailer configuration changes and executes nothing",
    async run(w) {
      await w.git('config', 'trailer.separators', '=:');
      await w.git('config', 'trailer.x.key', 'AI-Provenance= ');
      await w.git('config', 'trailer.x.command', 'touch pwned; echo no');
      await w.git('config', 'trailer.ifexists', 'doNothing');
      await w.git('config', 'trailer.where', 'start');
      await w.ai('f.ts', lines('a'));
      await w.git('add', 'f.ts');
      await w.commit('configured');
      assert.match(await w.message(), /^AI-Provenance: v1 ai=1\/1 /m);
      assert.equal(await w.read('pwned'), '');
      await assert.rejects(fs.access(w.path('pwned')));
    },
  },
  {
    name: '37, 38, 39: amend with and without a new message covers the whole commit',
    async run(w) {
      await w.human('f.ts', lines('x', 'y'));
      await w.append('ai', 'f.ts', 'a');
      await w.git('add', '.');
      await w.commit('start');
      await w.expect('HEAD', { ai: '1/3' });
      await w.append('ai', 'f.ts', 'b', 'c');
      await w.git('add', '.');
      await w.git('commit', '-q', '--amend', '--no-edit');
      await w.settle();
      await w.expect('HEAD', { ai: '3/5', subject: 'start' });
      await w.append('ai', 'f.ts', 'd');
      await w.git('commit', '-q', '-a', '--amend', '-m', 'new message');
      await w.settle();
      await w.expect('HEAD', { ai: '4/6', subject: 'new message', unk: 0 });
      const digest = (await w.record()).provenance.patch;
      await w.git('commit', '-q', '--amend', '-m', 'message only');
      await w.expect('HEAD', { ai: '4/6', subject: 'message only' });
      assert.equal((await w.record()).provenance.patch, digest);
      const edited = await w.edit('sed -i "1s/.*/edited subject/" "$1"', 'commit', '--amend');
      assert.equal(edited.code, 0, edited.err);
      await w.expect('HEAD', { ai: '4/6', subject: 'edited subject', agents: [claude] });
    },
  },
  {
    name: '40: an amend that deletes the only AI line names no agent any more',
    async run(w) {
      await w.human('f.ts', lines('x'));
      await w.append('ai', 'f.ts', 'a');
      await w.git('add', '.');
      await w.commit('start');
      await w.human('f.ts', lines('x'));
      await w.git('commit', '-q', '-a', '--amend', '--no-edit');
      await w.expect('HEAD', { ai: '0/1', agents: [], unk: 0 });
    },
  },
  {
    name: '41: an amend does not count AI work in another, unstaged file',
    async run(w) {
      await w.human('f.ts', lines('x'));
      await w.git('add', '.');
      await w.commit('start');
      await w.ai('g.ts', lines('a'));
      await w.append('human', 'f.ts', 'y');
      await w.git('add', 'f.ts');
      await w.git('commit', '-q', '--amend', '--no-edit');
      await w.settle();
      await w.expect('HEAD', { ai: '0/2', agents: [] });
      await w.git('add', 'g.ts');
      await w.commit('g');
      await w.expect('HEAD', { ai: '1/1' });
    },
  },
  {
    name: '43: reset --soft over three commits, and one again',
    async run(w) {
      await w.human('f.ts', lines('h1', 'h2'));
      await w.append('ai', 'f.ts', 'a1', 'a2');
      await w.git('add', '.');
      await w.commit('one');
      await w.ai('g.ts', lines('b1'));
      await w.git('add', '.');
      await w.commit('two');
      await w.human('h.ts', lines('c1', 'c2', 'c3'));
      await w.git('add', '.');
      await w.commit('three');
      await w.git('reset', '-q', '--soft', 'HEAD~3');
      await w.commit('all');
      await w.expect('HEAD', { ai: '3/8', unk: 0, agents: [claude] });
    },
  },
  {
    name: '45: reset --hard, and typed again by hand',
    async run(w) {
      await w.human('f.ts', lines('base'));
      await w.git('add', '.');
      await w.commit('base');
      await w.append('ai', 'f.ts', 'from ai');
      await w.git('reset', '-q', '--hard');
      await w.append('human', 'f.ts', 'typed');
      await w.commit('typed', '-a');
      await w.expect('HEAD', { ai: '0/1', agents: [], unk: 0 });
    },
  },
  {
    name: '47, 53: rebase keeps each record, shifted lines or not; reorder and drop',
    async run(w) {
      await w.human('f.ts', lines(...Array.from({ length: 10 }, (_, i) => `base ${i}`)));
      await w.git('add', '.');
      await w.commit('base');
      await w.git('checkout', '-q', '-b', 'topic');
      await w.append('ai', 'f.ts', 'topic 1');
      await w.commit('one', '-a');
      await w.ai('g.ts', lines('g'));
      await w.git('add', '.');
      await w.commit('two');
      await w.human('h.ts', lines('h'));
      await w.git('add', '.');
      await w.commit('three');
      const messages = await Promise.all(['HEAD~2', 'HEAD~1', 'HEAD'].map((r) => w.message(r)));
      await w.git('checkout', '-q', 'main');
      await w.human('f.ts', `new top\n${await w.read('f.ts')}`);
      await w.commit('upstream', '-a');
      await w.git('checkout', '-q', 'topic');
      await w.git('rebase', '-q', 'main');
      assert.deepEqual(await Promise.all(['HEAD~2', 'HEAD~1', 'HEAD'].map((r) => w.message(r))), messages);
      await w.expect('HEAD~2', { ai: '1/1' });
      await w.expect('HEAD~1', { ai: '1/1' });
      await w.expect('HEAD', { ai: '0/1', agents: [] });
      // Reorder two and three, drop one.
      const result = await w.tryGit(['rebase', '-q', '-i', 'main'], {
        env: { GIT_SEQUENCE_EDITOR: "sed -i -e '1d' -e '2{h;d}' -e '3{G}'", GIT_EDITOR: ':' },
      });
      assert.equal(result.code, 0, result.err);
      await w.expect('HEAD', { ai: '1/1', subject: 'two' });
      await w.expect('HEAD~1', { ai: '0/1', subject: 'three', agents: [] });
    },
  },
  {
    name: '49, 51, 52: conflict in a rebase: AI lines stay AI, unseen lines are unknown; abort and skip',
    async run(w) {
      await w.human('f.ts', lines('base'));
      await w.git('add', '.');
      await w.commit('base');
      await w.git('checkout', '-q', '-b', 'topic');
      await w.ai('f.ts', lines('ai 1', 'ai 2'));
      await w.commit('topic', '-a');
      const topic = (await w.git('rev-parse', 'HEAD')).trim();
      await w.git('checkout', '-q', 'main');
      await w.human('f.ts', lines('upstream'));
      await w.commit('upstream', '-a');
      await w.git('checkout', '-q', 'topic');
      assert.notEqual((await w.tryGit(['rebase', 'main'])).code, 0);
      await w.git('rebase', '--abort');
      assert.equal((await w.git('rev-parse', 'HEAD')).trim(), topic);
      assert.notEqual((await w.tryGit(['rebase', 'main'])).code, 0);
      await w.write('f.ts', lines('upstream', 'ai 1', 'ai 2', 'from nowhere'));
      await w.git('add', 'f.ts');
      const result = await w.tryGit(['-c', 'core.editor=true', 'rebase', '--continue']);
      assert.equal(result.code, 0, result.err);
      await w.expect('HEAD', { ai: '2/3', unk: 1, agents: [claude] });
    },
  },
  {
    name: '54: interactive squash of three gives one record for the sum',
    async run(w) {
      await w.human('base.ts', lines('base'));
      await w.git('add', '.');
      await w.commit('base');
      await w.ai('infra/a.tf', lines('a1', 'a2'));
      await w.justify('because of OPS-7 now', ['infra/a.tf']);
      await w.git('add', '.');
      await w.commit('one');
      await w.ai('b.ts', lines('b1'), 'codex', 'gpt-test');
      await w.git('add', '.');
      await w.commit('two');
      await w.human('c.ts', lines('c1', 'c2'));
      await w.git('add', '.');
      await w.commit('three');
      const result = await w.tryGit(['rebase', '-q', '-i', 'HEAD~3'], {
        env: { GIT_SEQUENCE_EDITOR: "sed -i -e '2,$s/^pick/squash/'", GIT_EDITOR: 'true' },
      });
      assert.equal(result.code, 0, result.err);
      await w.expect('HEAD', {
        ai: '3/5',
        unk: 0,
        agents: [claude, 'Codex:gpt-test'],
        subject: 'one',
        trailers: ['AI-Justification: because of OPS-7 now'],
      });
    },
  },
  {
    name: '55: autosquash fixup',
    async run(w) {
      await w.human('base.ts', lines('base'));
      await w.git('add', '.');
      await w.commit('base');
      await w.ai('a.ts', lines('a1'));
      await w.git('add', '.');
      await w.commit('target');
      await w.human('c.ts', lines('c1'));
      await w.git('add', '.');
      await w.commit('other');
      await w.append('ai', 'a.ts', 'a2');
      await w.git('add', '.');
      await w.git('commit', '-q', '--fixup', 'HEAD~1');
      await w.settle();
      await w.expect('HEAD', { ai: '1/1' });
      const result = await w.tryGit(['rebase', '-q', '-i', '--autosquash', 'HEAD~3'], {
        env: { GIT_SEQUENCE_EDITOR: ':', GIT_EDITOR: ':' },
      });
      assert.equal(result.code, 0, result.err);
      await w.expect('HEAD~1', { ai: '2/2', subject: 'target' });
      await w.expect('HEAD', { ai: '0/1', subject: 'other', agents: [] });
    },
  },
  {
    name: '61, 62: cherry-pick, and with -x',
    async run(w) {
      await w.human('base.ts', lines('base'));
      await w.git('add', '.');
      await w.commit('base');
      await w.git('checkout', '-q', '-b', 'topic');
      await w.ai('a.ts', lines('a1'));
      await w.git('add', '.');
      await w.commit('topic');
      await w.git('checkout', '-q', 'main');
      await w.human('b.ts', lines('b'));
      await w.git('add', '.');
      await w.commit('main');
      await w.git('cherry-pick', '-x', 'topic');
      await w.expect('HEAD', { ai: '1/1', agents: [claude], subject: 'topic' });
      assert.ok((await w.git('log', '-1', '--format=%(trailers)')).includes('(cherry picked from commit'));
    },
  },
  {
    name: '63: cherry-pick with a conflict is no merge',
    async run(w) {
      await w.human('f.ts', lines('base'));
      await w.git('add', '.');
      await w.commit('base');
      await w.git('checkout', '-q', '-b', 'topic');
      await w.ai('f.ts', lines('ai'));
      await w.commit('topic', '-a');
      await w.git('checkout', '-q', 'main');
      await w.human('f.ts', lines('main'));
      await w.commit('main', '-a');
      assert.notEqual((await w.tryGit(['cherry-pick', 'topic'])).code, 0);
      await w.write('f.ts', lines('main', 'ai'));
      await w.git('add', '.');
      const result = await w.edit('true', 'cherry-pick', '--continue');
      assert.equal(result.code, 0, result.err);
      await w.expect('HEAD', { ai: '1/1', agents: [claude] });
      assert.match((await w.record()).provenance.patch, /^d1:/);
    },
  },
  {
    name: '64: cherry-pick --no-commit and a human line later',
    async run(w) {
      await w.human('base.ts', lines('base'));
      await w.git('add', '.');
      await w.commit('base');
      await w.git('checkout', '-q', '-b', 'topic');
      await w.ai('a.ts', lines('a1', 'a2'));
      await w.git('add', '.');
      await w.commit('topic');
      await w.git('checkout', '-q', 'main');
      await w.git('cherry-pick', '--no-commit', 'topic');
      await w.append('human', 'a.ts', 'mine');
      await w.git('add', '.');
      await w.commit('picked');
      await w.expect('HEAD', { ai: '2/3', unk: 0 });
    },
  },
  {
    name: '65: revert of an AI commit, and the revert of that',
    async run(w) {
      await w.human('f.ts', lines('base'));
      await w.git('add', '.');
      await w.commit('base');
      await w.append('ai', 'f.ts', 'a1', 'a2');
      await w.commit('ai', '-a');
      await w.git('revert', '--no-edit', 'HEAD');
      await w.settle();
      await w.expect('HEAD', { ai: '0/0', del: '0/2', agents: [] });
      await w.git('revert', '--no-edit', 'HEAD');
      await w.settle();
      await w.expect('HEAD', { ai: '2/2', unk: 0, agents: [claude] });
    },
  },
  {
    name: '67: merges: clean, and with a conflict solved by hand',
    async run(w) {
      await w.human('f.ts', lines('base'));
      await w.git('add', '.');
      await w.commit('base');
      await w.git('checkout', '-q', '-b', 'topic');
      await w.ai('f.ts', lines('ai'));
      await w.commit('topic', '-a');
      await w.git('checkout', '-q', 'main');
      await w.human('g.ts', lines('g'));
      await w.git('add', '.');
      await w.commit('main');
      await w.git('merge', '-q', '--no-edit', 'topic');
      await w.expect('HEAD', { ai: '0/0', agents: [] });
      assert.equal((await w.record()).provenance.patch, '-');
      await w.git('checkout', '-q', '-b', 'topic2', 'HEAD~1');
      await w.human('f.ts', lines('theirs'));
      await w.commit('theirs', '-a');
      await w.git('checkout', '-q', 'main');
      assert.notEqual((await w.tryGit(['merge', 'topic2'])).code, 0);
      await w.human('f.ts', lines('ai', 'theirs', 'mine'));
      await w.git('add', '.');
      await w.git('commit', '-q', '--no-edit');
      await w.expect('HEAD', { agents: [] });
      assert.equal((await w.record()).provenance.ai, 0);
    },
  },
  {
    name: '68: merge --squash has one record for the sum',
    async run(w) {
      await w.human('base.ts', lines('base'));
      await w.git('add', '.');
      await w.commit('base');
      await w.git('checkout', '-q', '-b', 'topic');
      await w.ai('a.ts', lines('a1'));
      await w.git('add', '.');
      await w.commit('one');
      await w.human('b.ts', lines('b1', 'b2'));
      await w.git('add', '.');
      await w.commit('two');
      await w.git('checkout', '-q', 'main');
      await w.git('merge', '-q', '--squash', 'topic');
      const result = await w.edit('true', 'commit');
      assert.equal(result.code, 0, result.err);
      await w.expect('HEAD', { ai: '1/3', unk: 0, agents: [claude] });
    },
  },
  {
    name: '71: stash and pop',
    async run(w) {
      await w.human('f.ts', lines('base'));
      await w.git('add', '.');
      await w.commit('base');
      await w.append('ai', 'f.ts', 'a1');
      await w.git('stash', '-q');
      await w.human('g.ts', lines('g'));
      await w.git('add', '.');
      await w.commit('between');
      await w.git('stash', 'pop', '-q');
      await w.commit('popped', '-a');
      await w.expect('HEAD', { ai: '1/1', agents: [claude] });
    },
  },
  {
    name: '73: linked worktrees do not mix',
    async run(w) {
      await w.human('f.ts', lines('base'));
      await w.git('add', '.');
      await w.commit('base');
      const other = path.join(path.dirname(w.dir), 'other');
      await w.git('worktree', 'add', '-q', '-b', 'side', other);
      await w.append('ai', 'f.ts', 'a1');
      await fs.writeFile(path.join(other, 'g.ts'), 'seen by nobody\n');
      assert.equal((await w.tryGit(['add', '.'], { cwd: other })).code, 0);
      const [a, b] = await Promise.all([
        w.tryGit(['commit', '-a', '-m', 'here']),
        w.tryGit(['commit', '-m', 'there'], { cwd: other }),
      ]);
      assert.equal(a.code, 0, a.err);
      assert.equal(b.code, 0, b.err);
      await w.expect('main', { ai: '1/1', unk: 0 });
      await w.expect('side', { ai: '0/1', unk: 1, agents: [] });
    },
  },
  {
    name: '75: submodule: the link is no AI text',
    async run(w) {
      const lib = path.join(path.dirname(w.dir), 'lib');
      await w.git('init', '-q', lib);
      await w.tryGit(['commit', '-q', '--allow-empty', '-m', 'lib'], { cwd: lib });
      await w.git('submodule', '--quiet', 'add', lib, 'lib');
      const result = await w.tryGit(['commit', '-m', 'add lib']);
      assert.equal(result.code, 0, result.err);
      const { provenance: p } = await w.record();
      assert.equal(p.ai, 0);
      await w.expect('HEAD', { agents: [] });
    },
  },
  {
    name: '78: detached HEAD and an unborn branch',
    async run(w) {
      await w.git('checkout', '-q', '--detach');
      await w.ai('a.ts', lines('a'));
      await w.git('add', '.');
      await w.commit('detached');
      await w.expect('HEAD', { ai: '1/1' });
      await w.git('checkout', '-q', '--orphan', 'fresh');
      await w.git('rm', '-q', '--cached', 'countersign.yaml');
      await w.commit('root');
      await w.expect('HEAD', { ai: '1/1' });
    },
  },
  {
    name: '80: rename, with an edit: only the edited lines are AI',
    async run(w) {
      await w.human('old.ts', lines(...Array.from({ length: 10 }, (_, i) => `line ${i}`)));
      await w.git('add', '.');
      await w.commit('base');
      await w.git('mv', 'old.ts', 'new.ts');
      await w.append('ai', 'new.ts', 'extra');
      await w.git('add', '.');
      await w.commit('renamed');
      await w.expect('HEAD', { ai: '1/11', unk: 0 });
    },
  },
  {
    name: '82: CRLF with autocrlf',
    async run(w) {
      await w.git('config', 'core.autocrlf', 'true');
      await w.human('f.ts', 'one\r\ntwo\r\n');
      await w.git('add', '.');
      await w.commit('base');
      await w.ai('f.ts', 'one\r\na\r\nb\r\nc\r\ntwo\r\n');
      await w.git('add', '.');
      await w.commit('ai');
      await w.expect('HEAD', { ai: '3/3', unk: 0 });
    },
  },
  {
    name: '84: odd paths',
    async run(w) {
      const names = [
        'é/ü.ts',
        'e\u0301.ts',
        '👩‍💻.ts',
        'שלום.ts',
        '日本.ts',
        'a b "c".ts',
        "it's.ts",
        'new\nline.ts',
        '-dash.ts',
        ':(top)x.ts',
        'tab\there.ts',
      ];
      for (const name of names) await w.ai(name, lines('a', 'b'));
      await w.git('add', '.');
      await w.commit('odd');
      await w.expect('HEAD', { ai: `${names.length * 2}/${names.length * 2}`, unk: 0 });
      const digest = (await w.record()).provenance.patch;
      await w.git('config', 'core.quotePath', 'false');
      await w.git('commit', '-q', '--amend', '--no-edit');
      assert.equal((await w.record()).provenance.patch, digest);
    },
  },
  {
    name: 'ai-only: nothing pending needs no record; AI lines and protected paths do; amend -m keeps it',
    options: { policy: defaultTestPolicy.replace('trailers: record', 'trailers: ai-only') },
    async run(w) {
      await w.human('a.ts', lines('a'));
      await w.git('add', '.');
      await w.commit('by hand');
      assert.doesNotMatch(await w.message(), /AI-Provenance/);
      await w.ai('b.ts', lines('b'));
      await w.git('add', '.');
      await w.commit('ai');
      await w.expect('HEAD', { ai: '1/1' });
      await w.git('commit', '-q', '--amend', '-m', 'reworded ai');
      await w.expect('HEAD', { ai: '1/1', subject: 'reworded ai' });
      await w.human('INFRA.md', lines('x'));
      await w.git('add', '.');
      await w.commit('not protected');
      assert.doesNotMatch(await w.message(), /AI-Provenance/);
      await w.human('infra/x.tf', lines('x'));
      await w.git('add', '.');
      assert.equal((await w.tryGit(['commit', '-m', 'protected'])).code, 1);
    },
  },
  {
    name: 'off: nothing is written',
    options: { policy: defaultTestPolicy.replace('trailers: record', 'trailers: off') },
    async run(w) {
      await w.ai('b.ts', lines('b'));
      await w.git('add', '.');
      await w.commit('ai');
      assert.equal((await w.message()).trim(), 'ai');
    },
  },
  {
    name: 'SHA-256 repository',
    options: { init: ['--object-format=sha256'] },
    async run(w) {
      await w.ai('b.ts', lines('b'));
      await w.git('add', '.');
      await w.commit('ai');
      await w.expect('HEAD', { ai: '1/1' });
    },
  },
  {
    name: "the user's diff configuration and attributes change nothing",
    async run(w) {
      for (const [k, v] of [
        ['diff.noprefix', 'true'],
        ['diff.algorithm', 'patience'],
        ['diff.renames', 'copies'],
        ['diff.external', 'false'],
        ['diff.orderFile', '/dev/null'],
        ['diff.context', '9'],
        ['diff.x.textconv', 'false'],
        ['color.ui', 'always'],
        ['core.pager', 'false'],
      ] as const)
        await w.git('config', k, v);
      await w.write('.gitattributes', '*.ts diff=x -text\n');
      await w.ai('b.ts', lines('b'));
      await w.git('add', 'b.ts');
      await w.commit('ai');
      await w.expect('HEAD', { ai: '1/1' });
    },
  },
  {
    name: 'a commit from a subdirectory, and with GIT_DIR and GIT_WORK_TREE',
    async run(w) {
      await w.ai('sub/b.ts', lines('b'));
      await w.git('add', '.');
      const result = await w.tryGit(['commit', '-m', 'below'], { cwd: w.path('sub') });
      assert.equal(result.code, 0, result.err);
      await w.settle();
      await w.expect('HEAD', { ai: '1/1' });
      await w.ai('c.ts', lines('c'));
      const env = { GIT_DIR: w.path('.git'), GIT_WORK_TREE: w.dir };
      assert.equal((await w.tryGit(['add', '.'], { env, cwd: '/' })).code, 0);
      const other = await w.tryGit(['commit', '-m', 'from afar'], { env, cwd: '/' });
      assert.equal(other.code, 0, other.err);
      await w.expect('HEAD', { ai: '1/1' });
    },
  },
];

describe('git scenarios', { concurrency: 2 }, () => {
  before(() => buildCli());
  for (const s of scenarios)
    it(s.name, async () => {
      const w = await World.make(s.options);
      w.repo = (await findRepository(w.dir)) as Repository;
      try {
        await s.run(w);
      } finally {
        await w.remove();
      }
    });
});
