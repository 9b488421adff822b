/**
 * Git reads a file of the work tree instead of an object when the index says that they are equal: it may have changed
 * since, and a repository's settings can make git believe anything. What we record and verify is the objects' content.
 */
import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { it } from 'node:test';
import { commitChange, commitDigests, diffDigest, indexChange } from '../../src/platform/git.ts';
import { withWorld, type World } from './world.ts';

/** The work tree holds another text than git believes. */
async function deceive(w: World): Promise<void> {
  const old = new Date('2020-01-01T00:00:00Z');
  await w.git('config', 'core.checkStat', 'minimal');
  await w.git('config', 'core.trustctime', 'false');
  await fs.utimes(w.path('f.txt'), old, old);
  await w.git('update-index', '--refresh');
  await fs.writeFile(w.path('f.txt'), 'six\n');
  await fs.utimes(w.path('f.txt'), old, old);
}

for (const attributes of ['', '* -text\n'])
  it(`of commits${attributes && ', with files that git never converts'}`, async () => {
    await withWorld({ policy: null, hooks: false }, async (w) => {
      await w.write('.gitattributes', attributes);
      await w.write('f.txt', 'one\n');
      await w.git('add', '--all');
      await w.commit('one');
      await w.write('f.txt', 'two\n');
      await w.commit('two', '--all');
      const head = (await w.git('rev-parse', 'HEAD')).trim();
      const known = (await commitDigests(w.dir, [head])).get(head);
      await deceive(w);
      assert.match(await w.git('diff-tree', '-p', 'HEAD~1', 'HEAD'), /\+six/, 'git is deceived');
      assert.deepEqual((await commitDigests(w.dir, [head])).get(head), known);
      assert.deepEqual(await diffDigest(w.dir, 'HEAD~1', 'HEAD'), known);
      const { digest, files } = await commitChange(w.dir, 'HEAD~1', 'HEAD');
      assert.deepEqual([digest, files[0]?.after], [known, 'two\n']);
    });
  });

it('of the index', async () => {
  await withWorld({ policy: null, hooks: false }, async (w) => {
    await w.write('f.txt', 'one\n');
    await w.git('add', '--all');
    await w.commit('one');
    await w.write('f.txt', 'two\n');
    await w.git('add', '--all');
    await deceive(w);
    assert.match(await w.git('diff', '--cached'), /\+six/, 'git is deceived');
    assert.equal((await indexChange(w.dir, 'HEAD')).files[0]?.after, 'two\n');
  });
});
