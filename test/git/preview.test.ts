import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { buildCli, run, World } from './world.ts';

describe('preview', () => {
  before(() => buildCli());

  it('shows the record that the commit then gets, and changes nothing', async () => {
    const w = await World.make();
    try {
      const preview = (input: string, ...args: string[]) =>
        run(process.execPath, [w.cli, 'preview', ...args], { cwd: w.dir, env: w.env, input });
      const idle = await preview('', '--format', 'json', '--message', '-');
      assert.deepEqual(JSON.parse(idle.out), { staged: false, message: '' });
      await w.ai('src/a.py', 'one()\n');
      await w.human('src/a.py', 'one()\nmine()\n');
      await w.git('add', '.');
      const status = await w.git('status', '--porcelain');
      const shown = await preview('feat: ä\n\nWhy.\n', '--message', '-');
      assert.equal(shown.code, 0, shown.err);
      const text = Buffer.from(shown.out, 'latin1').toString('utf8');
      assert.match(text, /^feat: ä\n\nWhy\.\n\nAssisted-by: Claude:claude-test-1\nAI-Provenance: v1 ai=1\/2 /);
      assert.equal((await preview(text, '--message=-')).out, shown.out, 'twice is once');
      assert.equal(await w.git('status', '--porcelain'), status);
      // In the box at commit: the hook's own record, once.
      await w.tryGit(['commit', '-q', '-F', '-'], { input: text });
      assert.equal(await w.git('log', '-1', '--format=%B'), `${shown.out}\n`);
      // What will be refused is said before.
      await w.ai('infra/a.tf', 'x\n');
      await w.git('add', '.');
      const refused = await preview('x\n');
      assert.equal(refused.code, 1);
      assert.match(refused.out, /^Assisted-by: .*\nAI-Provenance: /);
      assert.match(refused.err, /^refused: infra\/a\.tf: /);
      assert.equal((await preview('', '--what')).code, 2);
    } finally {
      await w.remove();
    }
  });
});
