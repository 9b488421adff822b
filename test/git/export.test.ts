/** Statements and traces made of commits in real repositories. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { before, describe, it } from 'node:test';
import { buildCli, run, World } from './world.ts';

interface Trace {
  readonly vcs: { readonly revision: string };
  readonly files: readonly {
    readonly path: string;
    readonly conversations: readonly {
      readonly contributor: { readonly type: string; readonly model_id?: string };
      readonly ranges: readonly { readonly start_line: number; readonly end_line: number }[];
    }[];
  }[];
}

const parse = <T>(text: string): T[] =>
  text
    .split('\n')
    .filter((l) => l !== '')
    .map((l) => JSON.parse(l) as T);

describe('exports made of commits', () => {
  before(() => buildCli());

  it('say which lines came from whom, as lines, files or notes, and less where less is known', async () => {
    const w = await World.make();
    try {
      await w.human('src/a b.py', 'one()\ntwo()\n');
      await w.git('add', '.');
      await w.commit('own');
      await w.ai('src/a b.py', 'zero()\none()\ntwo()\nthree()\nfour()\n');
      await w.human('src/a b.py', 'zero()\none()\ntwo()\nthree()\nfour()\nmine()\n');
      await w.write('ünseen.txt', 'x\ny\n');
      await w.git('add', '.');
      await w.commit('mixed');
      const [own, mixed] = (await w.git('log', '-2', '--reverse', '--format=%H')).trim().split('\n');
      const trace = await w.countersign('audit', 'export', '--format', 'agent-trace', '--range', 'HEAD~2..HEAD');
      assert.equal(trace.code, 0, trace.err);
      const [first, second, more] = parse<Trace>(trace.out);
      assert.equal(more, undefined);
      assert.equal(first?.vcs.revision, own);
      assert.deepEqual(first?.files, [
        {
          path: 'src/a b.py',
          conversations: [{ contributor: { type: 'human' }, ranges: [{ start_line: 1, end_line: 2 }] }],
        },
      ]);
      assert.equal(second?.vcs.revision, mixed);
      const [code, text] = second?.files ?? [];
      assert.deepEqual(code?.conversations, [
        {
          contributor: { type: 'ai', model_id: 'anthropic/claude-test-1' },
          ranges: [
            { start_line: 1, end_line: 1 },
            { start_line: 4, end_line: 5 },
          ],
        },
        { contributor: { type: 'human' }, ranges: [{ start_line: 6, end_line: 6 }] },
      ]);
      assert.deepEqual(text?.conversations, [
        { contributor: { type: 'unknown' }, ranges: [{ start_line: 1, end_line: 2 }] },
      ]);
      // Of the log: the same commits, the same bytes. (The policy's own commit has no record.)
      assert.equal((await w.countersign('audit', 'export', '--format', 'agent-trace')).out, trace.out);

      // Notes, twice as once.
      const notes = ['audit', 'export', '--format', 'agent-trace', '--range', 'HEAD~2..HEAD', '--notes'];
      assert.equal((await w.countersign(...notes, 'refs/notes/agent-trace')).code, 0);
      const ref = await w.git('rev-parse', 'refs/notes/agent-trace');
      assert.equal(
        await w.git('notes', '--ref=agent-trace', 'show', 'HEAD'),
        `${trace.out.trimEnd().split('\n')[1]}\n`,
      );
      assert.equal((await w.countersign(...notes, 'refs/notes/agent-trace')).code, 0);
      assert.equal(await w.git('rev-parse', 'refs/notes/agent-trace'), ref);
      for (const bad of ['refs/heads/main', '--help-me', 'refs/notes/../heads/x'])
        assert.equal((await w.countersign(...notes, bad)).code, 2, bad);

      // Files, and a bare clone, which knows the records only.
      const bare = path.join(path.dirname(w.dir), 'shop.git');
      await w.git('clone', '-q', '--bare', w.dir, bare);
      const there = (...args: string[]) => run(process.execPath, [w.cli, ...args], { cwd: bare, env: w.env });
      const folder = path.join(path.dirname(w.dir), 'out');
      await fs.mkdir(folder);
      const files = await there('audit', 'export', '--format', 'in-toto', '--range', 'main~2..main', '-o', folder);
      assert.equal(files.code, 0, files.err);
      assert.deepEqual((await fs.readdir(folder)).sort(), [`${own}.json`, `${mixed}.json`].sort());
      const statement = JSON.parse(await fs.readFile(path.join(folder, `${mixed}.json`), 'utf8')) as {
        subject: unknown;
        predicate: { lines: { added: unknown }; content: { matches: boolean } };
      };
      assert.deepEqual(statement.subject, [{ name: 'shop', digest: { gitCommit: mixed } }]);
      assert.deepEqual(statement.predicate.lines.added, { all: 6, ai: 3, aiModified: 0, unknown: 2 });
      assert.equal(statement.predicate.content.matches, true);
      const coarse = parse<Trace>(
        (await there('audit', 'export', '--format', 'agent-trace', '--range', 'main~1..main')).out,
      )[0];
      assert.deepEqual(
        coarse?.files.flatMap((f) => f.conversations.map((c) => c.contributor.type)),
        ['mixed', 'mixed'],
      );
      assert.equal((await there('audit', 'export', '--format', 'in-toto')).code, 2);

      // A record under another content is exported as what it is.
      const lie = await w.message('HEAD~1');
      const made = await w.tryGit(['commit-tree', 'HEAD^{tree}', '-p', 'HEAD~1', '-F', '-'], { input: lie });
      const [said] = parse<{ predicate: { content: { matches: boolean } } }>(
        (await w.countersign('audit', 'export', '--format', 'in-toto', '--range', `HEAD~1..${made.out.trim()}`)).out,
      );
      assert.equal(said?.predicate.content.matches, false);
    } finally {
      await w.remove();
    }
  });
});
