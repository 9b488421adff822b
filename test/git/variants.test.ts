/** Variants of the scenarios: other options, other orders, other people's configuration. Real git, real hooks. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { World } from './world.ts';

const claude = 'Claude:claude-test-1';
const lines = (...l: string[]): string => l.map((x) => `${x}\n`).join('');

interface Scenario {
  readonly name: string;
  run(w: World): Promise<void>;
}

/** A commit with one line of an AI on top of a person's file. */
async function base(w: World, file = 'f.ts', text = lines('h1', 'h2', 'h3')): Promise<void> {
  await w.human(file, text);
  await w.git('add', '.');
  await w.commit('base');
}

const ok = async (run: Promise<{ code: number; err: string }>): Promise<void> => {
  const { code, err } = await run;
  assert.equal(code, 0, err);
};

const scenarios: Scenario[] = [
  {
    name: 'a function that an agent puts behind the others, with an empty line before it',
    async run(w) {
      await base(w);
      await w.append('ai', 'f.ts', '', 'export function more() {', '  return 1;', '}');
      await w.git('add', '.');
      await w.commit('more');
      await w.expect('HEAD', { ai: '4/4', agents: [claude] });
    },
  },
  {
    name: '28: as the Source Control view of VS Code commits: message on standard input, bare PATH of a GUI',
    async run(w) {
      await base(w);
      await w.append('ai', 'f.ts', 'a1');
      await w.git('add', '.');
      const gui = {
        PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
        VSCODE_GIT_COMMAND: 'commit',
        GIT_ASKPASS: '/nowhere/askpass.sh',
        VSCODE_GIT_ASKPASS_NODE: '/nowhere/node',
        GIT_EDITOR: '"/nowhere/git-editor.sh"',
        VSCODE_GIT_EDITOR_NODE: '/nowhere/node',
        ELECTRON_RUN_AS_NODE: '1',
        LANG: 'en_US.UTF-8',
        LC_ALL: 'en_US.UTF-8',
        GIT_PAGER: 'cat',
      };
      const commit = ['-c', 'user.useConfigOnly=true', 'commit', '--quiet', '--allow-empty-message', '--file', '-'];
      await ok(w.tryGit(commit, { env: gui, input: 'From the box\n\nbody' }));
      await w.settle();
      await w.expect('HEAD', { ai: '1/1', agents: [claude], subject: 'From the box' });
      const record = (await w.record()).provenance.patch;
      await ok(w.tryGit([...commit, '--amend'], { env: gui, input: 'Amended in the box' }));
      await w.expect('HEAD', { ai: '1/1', subject: 'Amended in the box' });
      assert.equal((await w.record()).provenance.patch, record);
      await w.append('ai', 'f.ts', 'a2');
      await ok(w.tryGit([...commit, '--all', '--signoff'], { env: gui, input: 'All of it' }));
      await w.expect('HEAD', { ai: '1/1', trailers: ['Signed-off-by: Person <person@example.com>'] });
      // The terminal makes the same record of the same change.
      const inView = (await w.record()).provenance;
      await w.git('reset', '-q', '--soft', 'HEAD~1');
      await w.git('commit', '-q', '-s', '-m', 'All of it');
      assert.deepEqual({ ...(await w.record()).provenance, log: '' }, { ...inView, log: '' });
    },
  },
  {
    name: '31: a hostile justification forges nothing',
    async run(w) {
      await w.ai('infra/a.tf', lines('a'));
      await w.git('add', '.');
      const hostile =
        `because OPS-1\nReviewed-by: Boss <b@x>\r\nSigned-off-by: Boss <b@x>\u2028AI-Provenance: v1 ai=0/0\u202e` +
        'x'.repeat(20_000);
      await w.justify(hostile, ['infra/a.tf']);
      await w.commit('hostile');
      await w.expect('HEAD', { ai: '1/1' });
      const keys = (await w.trailers()).map((t) => t.split(':')[0]);
      assert.deepEqual(
        keys,
        ['Assisted-by', 'AI-Provenance', 'AI-Justification', 'AI-Required-Review'].slice(0, keys.length),
      );
      const line = (await w.trailers()).find((t) => t.startsWith('AI-Justification')) as string;
      assert.ok(Buffer.byteLength(line, 'latin1') <= 450, 'cut');
      assert.doesNotMatch(Buffer.from(line, 'latin1').toString('utf8'), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    },
  },
  {
    name: '50: a conflict solved by an AI: only lines that both sides lack are its own',
    async run(w) {
      await base(w);
      await w.git('checkout', '-q', '-b', 'topic');
      await w.human('f.ts', lines('h1', 'topic by hand', 'h3'));
      await w.commit('topic', '-a');
      await w.git('checkout', '-q', 'main');
      await w.human('f.ts', lines('h1', 'main by hand', 'h3'));
      await w.commit('main', '-a');
      for (const way of ['rebase', 'merge', 'cherry-pick'] as const) {
        await w.git('checkout', '-q', '-B', 'work', way === 'rebase' ? 'topic' : 'main');
        assert.notEqual((await w.tryGit([way, way === 'rebase' ? 'main' : 'topic'])).code, 0);
        await w.ai('f.ts', lines('h1', 'main by hand', 'topic by hand', `by the ai in a ${way}`, 'h3'));
        await w.git('add', 'f.ts');
        await ok(w.edit('true', ...(way === 'merge' ? ['commit'] : [way, '--continue'])));
        await w.settle();
        await w.expect('HEAD', { ai: way === 'merge' ? '1/1' : '1/2', unk: 0, agents: [claude] });
      }
    },
  },
  {
    name: '53: a split, --exec, an empty commit kept, and --root',
    async run(w) {
      await base(w);
      await w.ai('a.ts', lines('a1', 'a2'));
      await w.human('b.ts', lines('b1'));
      await w.git('add', '.');
      await w.commit('both');
      await w.git('commit', '-q', '--allow-empty', '-m', 'nothing');
      await ok(
        w.tryGit(['rebase', '-q', '-i', 'HEAD~2'], {
          env: { GIT_SEQUENCE_EDITOR: "sed -i -e '1s/^pick/edit/'", GIT_EDITOR: ':' },
        }),
      );
      await w.git('reset', '-q', 'HEAD~1');
      await w.git('add', 'a.ts');
      await w.commit('only a');
      await w.git('add', 'b.ts');
      await w.commit('only b');
      await ok(w.tryGit(['rebase', '--continue'], { env: { GIT_EDITOR: ':' } }));
      await w.expect('HEAD~2', { ai: '2/2', agents: [claude], subject: 'only a' });
      await w.expect('HEAD~1', { ai: '0/1', unk: 0, agents: [], subject: 'only b' });
      await w.expect('HEAD', { ai: '0/0', agents: [], subject: 'nothing' });
      await ok(w.tryGit(['rebase', '-q', '--root', '--exec', 'true'], { env: { GIT_EDITOR: ':' } }));
      await w.expect('HEAD~2', { ai: '2/2', agents: [claude] });
      await w.expect('HEAD~1', { ai: '0/1', unk: 0, agents: [] });
      await ok(
        w.tryGit(['rebase', '-q', '-i', 'HEAD~2'], {
          env: { GIT_SEQUENCE_EDITOR: "sed -i -e '1s/^pick/reword/'", GIT_EDITOR: "sed -i -e '1s/.*/said better/'" },
        }),
      );
      await w.expect('HEAD~1', { ai: '0/1', subject: 'said better' });
    },
  },
  {
    name: "57: rebase -r makes the merge again and invents no record for upstream's merges",
    async run(w) {
      await base(w);
      await w.git('checkout', '-q', '-b', 'side');
      await w.ai('s.ts', lines('s1', 's2'));
      await w.git('add', '.');
      await w.commit('side');
      await w.git('checkout', '-q', '-b', 'topic', 'main');
      await w.ai('t.ts', lines('t1'));
      await w.git('add', '.');
      await w.commit('topic');
      await w.git('merge', '-q', '--no-ff', '--no-edit', 'side');
      await w.human('u.ts', lines('u'));
      await w.git('add', '.');
      await w.commit('after');
      // Upstream moves on, with a merge that no hook of ours saw.
      await w.git('checkout', '-q', '-b', 'other', 'main');
      await w.human('o.ts', lines('o'));
      await w.git('add', '.');
      await w.commit('other');
      await w.git('checkout', '-q', 'main');
      await w.human('m.ts', lines('m'));
      await w.git('add', '.');
      await w.commit('main');
      await w.git('-c', 'core.hooksPath=/dev/null', 'merge', '-q', '--no-ff', '-m', 'upstream merge', 'other');
      const upstream = await w.message('main');
      await w.git('checkout', '-q', 'topic');
      await ok(w.tryGit(['rebase', '-q', '-r', 'main'], { env: { GIT_EDITOR: ':' } }));
      assert.equal(await w.message('main'), upstream);
      await w.expect('HEAD', { ai: '0/1', agents: [] });
      await w.expect('HEAD~1', { ai: '0/0', agents: [] });
      assert.equal((await w.record('HEAD~1')).provenance.patch, '-');
      await w.expect('HEAD~1^1', { ai: '1/1', agents: [claude] });
      await w.expect('HEAD~1^2', { ai: '2/2', agents: [claude] });
    },
  },
  {
    name: '59: pull --rebase, by option, configuration and alias, with dirty AI lines and autostash',
    async run(w) {
      await base(w);
      const origin = path.join(path.dirname(w.dir), 'origin.git');
      const other = path.join(path.dirname(w.dir), 'clone');
      await w.git('clone', '-q', '--bare', w.dir, origin);
      await w.git('remote', 'add', 'origin', origin);
      await w.git('fetch', '-q', 'origin');
      await w.git('branch', '-q', '-u', 'origin/main');
      await w.git('clone', '-q', origin, other);
      await w.git('config', 'alias.up', 'pull --rebase --autostash');
      const pulls = [
        ['pull', '-q', '--rebase', '--autostash'],
        ['-c', 'pull.rebase=true', '-c', 'rebase.autoStash=true', 'pull', '-q'],
        ['up', '-q'],
      ];
      for (const [i, pull] of pulls.entries()) {
        await fs.writeFile(path.join(other, `up${i}.ts`), 'upstream\n');
        await ok(w.tryGit(['add', '.'], { cwd: other }));
        await ok(w.tryGit(['commit', '-q', '-m', `upstream ${i}`], { cwd: other }));
        await ok(w.tryGit(['push', '-q'], { cwd: other }));
        await w.ai(`own${i}.ts`, lines('a', 'b'));
        await w.git('add', '.');
        await w.commit(`own ${i}`);
        await w.append('ai', 'f.ts', `dirty ${i}`);
        assert.notEqual((await w.tryGit(['push', '-q'])).code, 0, 'rejected');
        await ok(w.tryGit(pull));
        await w.expect('HEAD', { ai: '2/2', agents: [claude], subject: `own ${i}` });
        await w.commit(`dirty ${i}`, '-a');
        await w.expect('HEAD', { ai: '1/1', unk: 0, agents: [claude] });
        await ok(w.tryGit(['push', '-q']));
        await ok(w.tryGit(['pull', '-q', '--ff-only'], { cwd: other }));
      }
    },
  },
  {
    name: "69: a platform's squash: what the gate says to several records, none, or a quoted one",
    async run(w) {
      await base(w);
      await w.git('checkout', '-q', '-b', 'topic');
      await w.ai('a.ts', lines('a1'));
      await w.git('add', '.');
      await w.commit('one');
      await w.human('b.ts', lines('b1'));
      await w.git('add', '.');
      await w.commit('two');
      const [one, two] = [await w.message('HEAD~1'), await w.message('HEAD')];
      const gate = async (message: string): Promise<string[]> => {
        const id = (
          await w.tryGit(['commit-tree', 'topic^{tree}', '-p', 'main', '-F', '-'], { input: message })
        ).out.trim();
        const { out } = await w.countersign('verify', `main..${id}`, '--format', 'json');
        return (JSON.parse(out) as { problems: { rule: string }[] }).problems.map((p) => p.rule);
      };
      const bullets = (text: string): string => `* ${text.trimEnd()}\n\n`;
      const github = `Both (#7)\n\n${bullets(one)}${bullets(two)}---------\n\nCo-authored-by: Person <person@example.com>\n`;
      assert.notDeepEqual(await gate(github), [], 'two records are no record of the sum');
      assert.deepEqual(await gate('Both (!7)\n'), ['record-missing']);
      const quoted = one.replace(/^/gm, '    ');
      assert.deepEqual(await gate(`Both\n\n${quoted}\n`), ['record-missing']);
    },
  },
  {
    name: 'every way to give a message, and every way to amend one',
    async run(w) {
      await base(w);
      await fs.writeFile(path.join(path.dirname(w.dir), 'msg'), 'From a file\n\nwith a body\n');
      await fs.writeFile(path.join(path.dirname(w.dir), 'tpl'), 'Template subject\n');
      const msg = path.join(path.dirname(w.dir), 'msg');
      // `--trailer` came with git 2.32.
      const { err } = await w.tryGit(['commit', '--dry-run', '--trailer', 'Refs: #7']);
      const hasTrailer = !err.includes('unknown option');
      const ways: [string[], string][] = [
        [['-F', msg], 'From a file'],
        [['-m', 'One', '-m', 'two', ...(hasTrailer ? ['--trailer', 'Refs: #7'] : [])], 'One'],
        [['-C', 'HEAD'], 'One'],
        [['-C', 'HEAD', '--reset-author'], 'One'],
        [['-m', 'Whitespace', '--cleanup=whitespace'], 'Whitespace'],
        [['-m', 'Verbatim', '--cleanup=verbatim'], 'Verbatim'],
        [['-m', 'Scissors', '--cleanup=scissors'], 'Scissors'],
        [['-m', '# kept', '--cleanup=whitespace'], '# kept'],
        [['--fixup', 'HEAD'], 'fixup! # kept'],
        [['-s', '-m', 'Signed'], 'Signed'],
      ];
      for (const [i, [args, subject]] of ways.entries()) {
        await w.append('ai', 'f.ts', `line ${i}`);
        await w.git('add', '.');
        await ok(w.tryGit(['commit', '-q', ...args]));
        await w.settle();
        await w.expect('HEAD', {
          ai: '1/1',
          agents: [claude],
          subject,
          ...(args.includes('--trailer') && { trailers: ['Refs: #7'] }),
          ...(args.includes('-s') && { trailers: ['Signed-off-by: Person <person@example.com>'] }),
        });
      }
      await w.git('config', 'alias.again', 'commit --amend --no-edit -a');
      await w.git('config', 'alias.reword', '!git commit --amend -m reworded');
      const amends: string[][] = [
        ['commit', '--amend', '--no-edit', '-a'],
        ['commit', '--amend', '-a', '-m', 'new words'],
        ['commit', '--amend', '-a', '-C', 'HEAD~2'],
        ['commit', '-a', '--amend', '-F', msg],
        ['commit', '--am', '--no-edit', '-a', '--reset-author', '--date=now'],
        ['again'],
        ['-c', 'alias.other=again -q', 'other'],
      ];
      let count = 1;
      for (const amend of amends) {
        await w.append('ai', 'f.ts', `amended ${++count}`);
        await ok(w.edit('true', ...amend));
        await w.settle();
        await w.expect('HEAD', { ai: `${count}/${count}`, unk: 0, agents: [claude] });
      }
      await w.git('reword');
      await w.expect('HEAD', { ai: `${count}/${count}`, subject: 'reworded' });
      // A template that already is a subject, and comment characters that git chooses.
      await w.git('config', 'core.commentChar', 'auto');
      await w.append('ai', 'f.ts', 'template');
      await ok(
        w.edit('sed -i -e "1s/.*/Typed/" "$1"', 'commit', '-a', '-v', '-t', path.join(path.dirname(w.dir), 'tpl')),
      );
      await w.settle();
      await w.expect('HEAD', { ai: '1/1', subject: 'Typed' });
      await w.git('config', 'i18n.commitEncoding', 'ISO-8859-1');
      await w.append('ai', 'f.ts', 'latin');
      const latin = Buffer.from('gr\u00fcn', 'latin1');
      await fs.writeFile(msg, latin);
      await ok(w.tryGit(['commit', '-q', '-a', '-F', msg]));
      await w.settle();
      await w.expect('HEAD', { ai: '1/1' });
      assert.ok((await w.git('cat-file', 'commit', 'HEAD')).includes('\n\ngr\u00fcn\n'));
    },
  },
  {
    name: 'every way to choose what is committed',
    async run(w) {
      for (const f of ['f.ts', 'g.ts', 'd/h.ts']) await w.human(f, lines('h1', 'h2'));
      await w.git('add', '.');
      await w.commit('base');
      for (const f of ['f.ts', 'g.ts', 'd/h.ts']) await w.append('ai', f, `ai in ${f}`);
      await w.git('add', 'g.ts');
      await w.commit('only f', '--only', 'f.ts');
      await w.expect('HEAD', { ai: '1/1', unk: 0 });
      await w.commit('include h', '--include', 'd/h.ts');
      await w.expect('HEAD', { ai: '2/2', unk: 0 });
      await w.append('ai', 'f.ts', 'from a list');
      await w.append('human', 'g.ts', 'left alone');
      await ok(w.tryGit(['commit', '-q', '-m', 'listed', '--pathspec-from-file=-'], { input: 'f.ts\n' }));
      await w.settle();
      await w.expect('HEAD', { ai: '1/1', unk: 0 });
      await ok(w.tryGit(['commit', '-q', '-p', '-m', 'patch'], { input: 'y\n' }));
      await w.settle();
      await w.expect('HEAD', { ai: '0/1', unk: 0, agents: [] });
      await w.ai('new.ts', lines('n1'));
      await w.git('add', '-N', 'new.ts');
      await w.append('human', 'f.ts', 'beside an intended file');
      await w.git('add', 'f.ts');
      await w.commit('intent to add');
      await w.expect('HEAD', { ai: '0/1', unk: 0, agents: [] });
      await w.commit('now', '-a');
      await w.expect('HEAD', { ai: '1/1', unk: 0 });
      await ok(w.tryGit(['commit', '-q', '--allow-empty', '--allow-empty-message', '-m', '']));
      await w.settle();
      await w.git('rm', '-q', 'g.ts');
      await w.commit('gone');
      await w.expect('HEAD', { ai: '0/0', agents: [] });
    },
  },
  {
    name: 'a conflict solved by nobody knows whom, both sides in another order: only what no side has is of the merge',
    async run(w) {
      await base(w);
      const shared = ['first of both', 'second of both', 'third of both'];
      await w.ai('c.md', lines(...shared));
      await w.git('add', '.');
      await w.commit('shared');
      await w.git('checkout', '-q', '-b', 'topic');
      await w.ai('c.md', lines('topic 1', 'topic 2', 'topic 3', ...shared, 'topic 4'));
      await w.commit('topic', '-a');
      await w.git('checkout', '-q', 'main');
      await w.ai('c.md', lines('main 1', ...shared, 'main 2'));
      await w.commit('main', '-a');
      assert.notEqual((await w.tryGit(['merge', 'topic'])).code, 0);
      await w.write('c.md', lines('main 1', 'unseen', ...shared, 'main 2', 'topic 1', 'topic 2', 'topic 3', 'topic 4'));
      await w.git('add', 'c.md');
      await w.git('commit', '-q', '--no-edit');
      await w.settle();
      await w.expect('HEAD', { ai: '0/1', unk: 1, agents: [] });
    },
  },
  {
    name: 'merges of every kind',
    async run(w) {
      await base(w);
      for (const [i, side] of ['one', 'two', 'three'].entries()) {
        await w.git('checkout', '-q', '-b', side, 'main');
        await w.ai(`${side}.ts`, lines(`s${i}`));
        await w.git('add', '.');
        await w.commit(side);
      }
      await w.git('checkout', '-q', 'main');
      await w.human('m.ts', lines('m'));
      await w.git('add', '.');
      await w.commit('main');
      await w.git('merge', '-q', '--no-edit', 'one', 'two');
      await w.expect('HEAD', { ai: '0/0', agents: [] });
      assert.equal((await w.record()).provenance.patch, '-');
      await w.git('merge', '-q', '--no-commit', '--no-ff', 'three');
      await w.ai('slipped.ts', lines('in'));
      await w.git('add', '.');
      await w.git('commit', '-q', '--no-edit');
      await w.settle();
      await w.expect('HEAD', { ai: '1/1', agents: [claude] });
      await w.git('checkout', '-q', '-b', 'four', 'HEAD~1');
      await w.ai('four.ts', lines('4'));
      await w.git('add', '.');
      await w.commit('four');
      await w.git('checkout', '-q', 'main');
      await w.git('merge', '-q', '-s', 'ours', '--no-edit', 'four');
      await w.expect('HEAD', { ai: '0/0', agents: [] });
      await w.git('merge', '-q', '--ff', 'four');
      await w.git('checkout', '-q', '-b', 'five', 'HEAD~1');
      await w.ai('five.ts', lines('5', '55'));
      await w.git('add', '.');
      await w.commit('five');
      await w.git('checkout', '-q', 'main');
      await w.git('merge', '-q', '--squash', 'five');
      await w.append('human', 'five.ts', 'and mine');
      await w.git('add', '.');
      await w.commit('squashed');
      await w.expect('HEAD', { ai: '2/3', unk: 0, agents: [claude] });
      // An amended merge stays one.
      await w.git('checkout', '-q', '-B', 'six', 'HEAD~1');
      await w.human('six.ts', lines('6'));
      await w.git('add', '.');
      await w.commit('six');
      await w.git('merge', '-q', '--no-edit', 'main');
      await w.ai('late.ts', lines('late'));
      await w.git('add', '.');
      await w.git('commit', '-q', '--amend', '--no-edit');
      await w.settle();
      await w.expect('HEAD', { ai: '1/1', agents: [claude] });
      assert.equal((await w.record()).provenance.patch, '-');
    },
  },
  {
    name: 'picks and reverts: ranges, -x, -n, -m, a conflict skipped and aborted, revert -n',
    async run(w) {
      await base(w);
      await w.git('checkout', '-q', '-b', 'topic');
      for (const i of [1, 2, 3]) {
        await w.ai(`t${i}.ts`, lines(...Array.from({ length: i }, (_, n) => `t${i} ${n}`)));
        await w.git('add', '.');
        await w.commit(`topic ${i}`);
      }
      await w.human('f.ts', lines('h1', 'topic', 'h3'));
      await w.commit('clash', '-a');
      await w.git('checkout', '-q', 'main');
      await w.human('f.ts', lines('h1', 'main', 'h3'));
      await w.commit('main', '-a');
      await w.git('cherry-pick', '-x', 'topic~4..topic~1');
      for (const i of [1, 2, 3])
        await w.expect(`HEAD~${3 - i}`, { ai: `${i}/${i}`, agents: [claude], subject: `topic ${i}` });
      for (const end of ['--skip', '--abort', '--quit']) {
        assert.notEqual((await w.tryGit(['cherry-pick', 'topic'])).code, 0);
        await w.git('cherry-pick', end);
        await w.git('reset', '-q', '--hard');
        await w.append('human', 'f.ts', `after ${end}`);
        await w.commit(`after ${end}`, '-a');
        await w.expect('HEAD', { ai: '0/1', unk: 0, agents: [] });
      }
      await w.git('revert', '-n', 'HEAD~3', 'HEAD~4');
      await w.append('ai', 'f.ts', 'with the reverts');
      await w.git('add', '.');
      await w.commit('reverted two');
      await w.expect('HEAD', { ai: '1/1', del: '0/5', agents: [claude] });
      await w.git('checkout', '-q', '-b', 'merged', 'HEAD~1');
      await w.ai('mm.ts', lines('mm'));
      await w.git('add', '.');
      await w.commit('mm');
      await w.git('checkout', '-q', 'main');
      await w.git('merge', '-q', '--no-ff', '--no-edit', 'merged');
      await w.git('revert', '--no-edit', '-m', '1', 'HEAD');
      await w.settle();
      await w.expect('HEAD', { ai: '0/0', del: '0/1', agents: [] });
      await w.git('revert', '--no-edit', 'HEAD');
      await w.settle();
      await w.expect('HEAD', { ai: '1/1', unk: 0, agents: [claude] });
      await w.git('checkout', '-q', '-b', 'elsewhere', 'HEAD~6');
      await w.git('cherry-pick', '-m', '1', 'main~2');
      await w.settle();
      await w.expect('HEAD', { ai: '1/1', agents: [claude] });
    },
  },
  {
    name: 'stash: -p, -u, pathspec, twice, onto another branch, stash branch',
    async run(w) {
      await base(w);
      await w.append('ai', 'f.ts', 'a1');
      await w.ai('u.ts', lines('u1', 'u2'));
      await w.git('stash', '-q', '-u');
      await w.git('stash', 'apply', '-q');
      await w.git('checkout', '-q', '-f', 'HEAD');
      await w.git('clean', '-q', '-f');
      await w.git('checkout', '-q', '-b', 'other');
      await w.git('stash', 'pop', '-q');
      await w.git('add', '.');
      await w.commit('popped elsewhere');
      await w.expect('HEAD', { ai: '3/3', unk: 0, agents: [claude] });
      await w.append('ai', 'f.ts', 'b1');
      await w.append('ai', 'u.ts', 'b2');
      await w.git('stash', 'push', '-q', '--', 'u.ts');
      await w.commit('f only', '-a');
      await w.expect('HEAD', { ai: '1/1', unk: 0 });
      await w.git('stash', 'branch', 'from-stash');
      await w.append('human', 'u.ts', 'mine');
      await w.commit('stashed', '-a');
      await w.expect('HEAD', { ai: '1/2', unk: 0 });
      await w.append('ai', 'f.ts', 'c1');
      await ok(w.tryGit(['stash', 'push', '-p', '-q'], { input: 'y\n' }));
      await w.git('reset', '-q', '--hard', 'HEAD~1');
      await w.git('stash', 'pop', '-q');
      await w.commit('patch', '-a');
      await w.expect('HEAD', { ai: '1/1', unk: 0 });
    },
  },
  {
    name: 'stash: a line that an agent replaced is replaced again by a pop into a text changed meanwhile',
    async run(w) {
      await w.human('s.ts', lines('h1', 'h2', 'h3', 'h4'));
      await w.git('add', '.');
      await w.commit('base');
      await w.ai('s.ts', lines('h1', 'h2', 'h3', 'a4'));
      await w.git('stash', '-q');
      await w.ai('s.ts', lines('a0', 'h1', 'h2', 'h3', 'h4'));
      await w.commit('meanwhile', '-a');
      await w.git('stash', 'pop', '-q');
      await w.commit('popped', '-a');
      await w.expect('HEAD', { ai: '1/1', del: '1/1', unk: 0 });
      // Brought back by git, and then taken out by nobody we saw: not the agent's.
      await w.ai('s.ts', lines('a0', 'h1', 'h2', 'a4'));
      await w.git('checkout', '-q', 'HEAD', '--', 's.ts');
      await w.ai('s.ts', lines('b0', 'a0', 'h1', 'h2', 'h3', 'a4'));
      await w.commit('added', '-a');
      await w.write('s.ts', lines('b0', 'a0', 'h1', 'h2', 'a4'));
      await w.commit('outside', '-a');
      await w.expect('HEAD', { ai: '0/0', del: '0/1' });
    },
  },
  {
    name: 'del: a line that an agent kept when it rewrote the block is taken out by a program nobody watches',
    async run(w) {
      await base(w, 'k.ts', lines('one', 'two', 'three', 'four'));
      await w.write('k.ts', lines('<<<<<<< ours', 'one', 'two', '=======', 'three', 'four', '>>>>>>> theirs'));
      await w.ai('k.ts', lines('one', 'two', 'three', 'four'));
      await w.write('k.ts', lines('one', 'three', 'four'));
      await w.commit('outside', '-a');
      await w.expect('HEAD', { del: '0/1' });
    },
  },
  {
    name: 'del: a text of an agent that comes back after a look at another branch',
    async run(w) {
      await base(w, 'k.ts', lines('one', 'two', 'three'));
      await w.git('checkout', '-q', '-b', 'side');
      await w.ai('k.ts', lines('one', 'three', 'more'));
      await w.commit('of an agent', '-a');
      await w.git('checkout', '-q', 'main');
      await w.ai('k.ts', lines('one', 'two', 'three', 'other'));
      await w.commit('on main', '-a');
      await w.git('checkout', '-q', 'side');
      await w.git('reset', '-q', '--soft', 'HEAD~1');
      await w.commit('again');
      await w.expect('HEAD', { ai: '1/1', del: '1/1' });
      await w.write('g.ts', lines('g'));
      await w.git('add', 'g.ts');
      await w.git('commit', '-q', '--amend', '--no-edit');
      await w.expect('HEAD', { ai: '1/2', unk: 1, del: '1/1' });
    },
  },
  {
    name: 'no message and no editor: git stops, with --no-verify too, and a merge that is up to date leaves none',
    async run(w) {
      await base(w);
      await w.append('ai', 'f.ts', 'a1');
      await w.git('add', '.');
      await w.git('merge', '-q', '--no-commit', 'HEAD');
      const head = await w.git('rev-parse', 'HEAD');
      for (const more of [[], ['--no-verify'], ['-s']]) {
        const { code, err } = await w.tryGit(['commit', '-q', '--no-edit', ...more]);
        assert.notEqual(code, 0, more.join());
        assert.match(err, /empty commit message/);
        assert.equal(await w.git('rev-parse', 'HEAD'), head);
      }
      await w.commit('with a message');
      await w.expect('HEAD', { ai: '1/1', agents: [claude] });
    },
  },
  {
    name: 'a conflict in a rebase, solved by an unwatched program that puts a line of the picked commit elsewhere',
    async run(w) {
      await base(w, 'r.ts', lines('h1', 'h2'));
      await w.human('r.ts', lines('h1', 'other1', 'other2', 'other3', 'h2'));
      await w.commit('other', '-a');
      await w.git('checkout', '-q', '-b', 'side', 'HEAD~1');
      await w.ai('r.ts', lines('h1', 'a1', 'a2', 'a3', 'h2'));
      await w.commit('of an agent', '-a');
      await w.append('human', 'r.ts', 'own');
      await w.commit('own', '-a');
      assert.notEqual((await w.tryGit(['rebase', 'main'])).code, 0);
      await w.write('r.ts', lines('h1', 'a2', 'a3', 'other1', 'other2', 'other3', 'a1', 'seen by nobody', 'h2'));
      await w.git('add', '.');
      await ok(w.tryGit(['-c', 'core.editor=true', 'rebase', '--continue']));
      await w.settle();
      await w.expect('HEAD~1', { ai: '3/4', unk: 1, agents: [claude] });
      await w.expect('HEAD', { ai: '0/1', unk: 0 });
    },
  },
  {
    name: 'a reason covers its lines when a rebase stops at a conflict beside them',
    async run(w) {
      await w.human('infra/a.tf', lines('one', 'two', 'three', 'four', 'five', 'six', 'seven'));
      await w.human('f.ts', lines('h1'));
      await w.justify('because of OPS-0 before', ['infra/a.tf']);
      await w.git('add', '.');
      await w.commit('base');
      await w.human('f.ts', lines('main'));
      await w.commit('main', '-a');
      await w.git('checkout', '-q', '-b', 'side', 'HEAD~1');
      await w.ai('infra/a.tf', lines('one', 'two', 'three', 'four', 'five', 'six', 'changed'));
      await w.human('f.ts', lines('side'));
      await w.justify('because of OPS-1 at last', ['infra/a.tf']);
      await w.commit('side', '-a');
      assert.notEqual((await w.tryGit(['rebase', 'main'])).code, 0);
      await w.human('f.ts', lines('main', 'side'));
      await w.git('add', '.');
      await ok(w.tryGit(['-c', 'core.editor=true', 'rebase', '--continue']));
      assert.match(await w.git('log', '-1', '--format=%B'), /^AI-Justification: because of OPS-1 at last$/m);
    },
  },
  {
    name: 'all kinds of files and attributes in one commit',
    async run(w) {
      await w.git('config', 'filter.up.clean', "tr 'a-z' 'A-Z'");
      await w.git('config', 'filter.up.smudge', "tr 'A-Z' 'a-z'");
      await w.git('config', 'diff.noprefix', 'true');
      await w.git('config', 'diff.mnemonicPrefix', 'true');
      await w.git('config', 'diff.interHunkContext', '30');
      await w.git('config', 'diff.external', 'false');
      await w.git('config', 'diff.t.textconv', 'false');
      await w.git('config', 'diff.algorithm', 'histogram');
      await w.write(
        '.gitattributes',
        '*.up filter=up\n*.bin binary\n*.t diff=t -text\n*.crlf text eol=crlf\n*.nodiff -diff\n',
      );
      await w.human('plain.up', lines('aaa'));
      await fs.writeFile(w.path('b.bin'), Buffer.from([0, 1, 2, 10, 255, 254, 10]));
      await w.human('x.t', 'one\r\ntwo\r\n');
      await w.human('c.crlf', 'one\r\ntwo\r\n');
      await w.human('mac.txt', 'one\rtwo\rthree\n');
      await w.human('n.nodiff', lines('n1', 'n2'));
      await w.human('mode.sh', lines('#!/bin/sh'));
      await fs.symlink('plain.up', w.path('link'));
      await w.git('add', '.');
      await w.git('commit', '-q', '-m', 'kinds');
      await w.settle();
      assert.equal((await w.countersign('verify', 'HEAD~1..HEAD')).code, 0);
      await w.ai('x.t', 'one\r\nai\r\ntwo\r\n');
      await w.ai('c.crlf', 'one\r\nai\r\ntwo\r\n');
      await w.ai('mac.txt', 'one\rtwo\rthree\nai\n');
      await w.ai('open.txt', 'no end');
      await w.ai('bom.txt', '\ufefffirst\nsecond\n');
      await w.write('empty', '');
      await fs.chmod(w.path('mode.sh'), 0o755);
      await fs.rm(w.path('link'));
      await w.human('link', lines('a file now'));
      await w.git('add', '.');
      await w.commit('more kinds');
      await w.expect('HEAD', { ai: '6/7', unk: 0, agents: [claude] });
      // `git diff --numstat` takes the attribute's word for it that this is binary; the record does not.
      await w.ai('n.nodiff', lines('n1', 'ai', 'n2'));
      await w.commit('no diff', '-a');
      assert.equal((await w.countersign('verify', 'HEAD~1..HEAD')).code, 0);
      assert.deepEqual([(await w.record()).provenance.ai, (await w.record()).provenance.added], [1, 1]);
      await w.ai('open.txt', 'no end\nbut more');
      await w.commit('still open', '-a');
      await w.expect('HEAD', { ai: '1/2', unk: 0 });
      await w.git('update-index', '--chmod=-x', 'mode.sh');
      await w.git('commit', '-q', '-m', 'mode only');
      await w.settle();
      await w.expect('HEAD', { ai: '0/0', agents: [] });
      const big = `${Array.from({ length: 60_000 }, (_, i) => `line ${i} ${'x'.repeat(80)}`).join('\n')}\n`;
      await w.write('big.txt', big);
      await w.git('add', '.');
      await w.git('commit', '-q', '-m', 'too large to read by lines');
      await w.expect('HEAD', { ai: '0/60000', unk: 60_000 });
    },
  },
  {
    name: 'partial clone, orphan branch, and a worktree of a bare repository',
    async run(w) {
      await base(w);
      await w.git('config', 'uploadpack.allowFilter', 'true');
      const partial = path.join(path.dirname(w.dir), 'partial');
      await w.git('clone', '-q', '--filter=blob:none', '--no-checkout', `file://${w.dir}`, partial);
      const there = await w.at(partial);
      await there.git('checkout', '-q', 'main');
      assert.equal((await there.countersign('install', '--git')).code, 0);
      await there.append('ai', 'f.ts', 'in a partial clone');
      await there.commit('partial', '-a');
      await there.expect('HEAD', { ai: '1/1', unk: 0, agents: [claude] });
      await there.git('checkout', '-q', '--orphan', 'fresh');
      await there.git('rm', '-q', '--cached', 'countersign.yaml');
      await there.commit('root again');
      await there.expect('HEAD', { ai: '1/4' });
      const bare = path.join(path.dirname(w.dir), 'bare.git');
      const tree = path.join(path.dirname(w.dir), 'tree');
      await w.git('clone', '-q', '--bare', w.dir, bare);
      await w.git('-C', bare, 'worktree', 'add', '-q', tree, 'main');
      const linked = await w.at(tree);
      assert.equal((await linked.countersign('install', '--git')).code, 0);
      await linked.append('ai', 'f.ts', 'in a linked tree');
      await linked.commit('linked', '-a');
      await linked.expect('HEAD', { ai: '1/1', unk: 0, agents: [claude] });
    },
  },
  {
    name: 'a fixup made under the old name is folded into the commit that renames the file',
    async run(w) {
      const old = lines('h1', 'h2', 'h3', 'h4', 'h5', 'h6');
      await base(w, 'f.ts', old);
      await w.git('mv', 'f.ts', 'g.ts');
      await w.commit('rename');
      await w.git('mv', 'g.ts', 'f.ts');
      await w.commit('and back');
      await w.human('f.ts', lines('p1') + old);
      await w.ai('f.ts', lines('p1') + old + lines('a1', 'a2'));
      await w.git('add', '.');
      await w.commit('fixup! rename');
      await ok(
        w.tryGit(['rebase', '-q', '-i', '--autosquash', 'HEAD~3'], {
          env: { GIT_SEQUENCE_EDITOR: ':', GIT_EDITOR: 'true' },
        }),
      );
      assert.deepEqual((await w.git('show', '-s', '--format=%s', 'HEAD', 'HEAD~')).trim().split('\n'), [
        'and back',
        'rename',
      ]);
      await w.expect('HEAD~', { ai: '2/9', unk: 0, agents: [claude] });
    },
  },
  {
    name: 'lines that come into a file under another name: squash, stash pop, pick without commit, revert of a revert',
    async run(w) {
      const old = lines('h1 one', 'h2 two', 'h3 three', 'h4 four', 'h5 five', 'h6 six');
      await base(w, 'f.ts', old);
      await w.git('checkout', '-q', '-b', 'side');
      await w.ai('f.ts', old + lines('a1', 'a2'));
      await w.commit('an agent appends', '-a');
      await w.git('checkout', '-q', 'main');
      await w.git('mv', 'f.ts', 'g.ts');
      await w.commit('rename');
      for (const take of [
        ['merge', '-q', '--squash', 'side'],
        ['cherry-pick', '-n', 'side'],
      ]) {
        await w.git('checkout', '-q', '-B', 'work', 'main');
        await w.git(...take);
        await w.append('write', 'g.ts', 'nobody saw this');
        await w.git('add', '.');
        await w.commit('taken');
        await w.expect('HEAD', { ai: '2/3', unk: 1, agents: [claude] });
        // What the commit brought is known under the new name from now on.
        await w.commit('said better', '--amend', '-m', 'said better');
        await w.expect('HEAD', { ai: '2/3', unk: 1, agents: [claude] });
      }
      await w.git('checkout', '-q', '-B', 'work', 'main~');
      await w.ai('f.ts', old + lines('a3'));
      await w.git('stash', '-q');
      await w.git('mv', 'f.ts', 'k.ts');
      await w.commit('another name');
      await ok(w.tryGit(['stash', 'pop', '-q']));
      await w.commit('popped', '-a');
      await w.expect('HEAD', { ai: '1/1', unk: 0, agents: [claude] });
      await w.git('checkout', '-q', '-B', 'work', 'side');
      await w.human('f.ts', old);
      await w.commit('back', '-a');
      await w.git('mv', 'f.ts', 'm.ts');
      await w.commit('and renamed');
      await ok(w.tryGit(['revert', '--no-edit', 'HEAD~']));
      await w.settle();
      await w.expect('HEAD', { ai: '2/2', unk: 0, agents: [claude] });
    },
  },
  {
    name: 'del=: what commits outside of history took out is taken out again, by those who did it',
    async run(w) {
      await w.human('f.ts', lines('h1', 'h2', 'h3', 'h4', 'h5', 'h6'));
      await w.git('add', '.');
      await w.commit('base');
      await w.git('checkout', '-q', '-b', 'side');
      await w.ai('f.ts', lines('h2', 'h3', 'h4', 'h5', 'h6'));
      await w.commit('an agent took out h1', '-a');
      await w.human('f.ts', lines('h2', 'h4', 'h5', 'h6'));
      await w.commit('a person took out h3', '-a');
      for (const squash of [
        ['cherry-pick', '-n', 'main..side'],
        ['merge', '-q', '--squash', 'side'],
      ]) {
        await w.git('checkout', '-q', '-B', 'work', 'main');
        await w.git(...squash);
        await w.human('f.ts', lines('h2', 'h4', 'h5', 'h6', 'more'));
        await w.commit('all of it', '-a');
        await w.expect('HEAD', { ai: '0/1', del: '1/2', agents: [] });
      }
      await w.git('checkout', '-q', 'side');
      await w.git('reset', '-q', '--soft', 'HEAD~2');
      await w.commit('in one');
      await w.expect('HEAD', { ai: '0/0', del: '1/2', agents: [] });
      // What history did once is not done again when nobody is seen.
      await w.git('checkout', '-q', '-B', 'work', 'main');
      await w.ai('f.ts', lines('h1', 'h2', 'h3', 'h4', 'h6'));
      await w.commit('an agent took out h5', '-a');
      await w.git('revert', '--no-edit', 'HEAD');
      await w.settle();
      await w.write('f.ts', lines('h1', 'h2', 'h3', 'h4', 'h6', 'x'));
      await w.commit('unseen', '-a');
      await w.expect('HEAD', { ai: '0/1', unk: 1, del: '0/1' });
    },
  },
  {
    name: 'del=: a new line is taken out before the bookkeeping of its commit is done, or while it is staged',
    async run(w) {
      await base(w);
      await w.append('ai', 'f.ts', 'a1', 'a2');
      await w.git('add', '.');
      await w.ai('f.ts', lines('h1', 'h2', 'h3', 'a2'));
      await w.commit('as staged');
      await w.expect('HEAD', { ai: '2/2', del: '0/0' });
      await w.commit('as it is', '-a');
      await w.expect('HEAD', { ai: '0/0', del: '1/1' });
    },
  },
];

describe('variants', { concurrency: 2 }, () => {
  let template: World;
  before(async () => {
    template = await World.make();
  });
  after(() => template.remove());
  for (const s of scenarios)
    it(s.name, async () => {
      const parent = await fs.mkdtemp(path.join(path.dirname(template.dir), 'v-'));
      const w = await template.copyTo(path.join(parent, 'repo'));
      await s.run(w);
    });
});
