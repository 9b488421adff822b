/** Many commits at once: several processes in two work trees of one repository, each with many files of an AI. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { openAttribution } from '../../src/platform/attribution.ts';
import { World } from './world.ts';

export interface Burst {
  readonly commits: number;
  readonly files: number;
  readonly processes: number;
}

/** Plays it. Returns how long the commits took, in seconds. @throws AssertionError when a record is missing or wrong. */
export async function burst({ commits, files, processes }: Burst): Promise<number> {
  const w = await World.make({ policy: 'version: 1\ncommit: { trailers: record }\n' });
  try {
    await w.git('config', 'gc.auto', '0');
    await w.git('config', 'maintenance.auto', 'false');
    await w.git('worktree', 'add', '-q', '-b', 'other', path.join(path.dirname(w.dir), 'other'));
    const trees = [w, await w.at(path.join(path.dirname(w.dir), 'other'))];
    const began = performance.now();
    let left = commits;
    await Promise.all(
      Array.from({ length: processes }, async (_, p) => {
        const tree = trees[p % trees.length] as World;
        const store = openAttribution(tree.repo);
        for (let round = 0; left > 0; round++) {
          left--;
          const names = Array.from({ length: files }, (_, f) => `p${p}/r${round}/f${f}.ts`);
          // As one shell call of an agent that writes them all.
          const origin = { origin: 'ai', evidence: 'hook', agent: 'claude-code', model: 'claude-test-1' } as const;
          const steps = names.map((name, f) => ({
            path: name,
            before: null,
            after: `ai ${p} ${round} ${f}\nand more\n`,
            origin,
          }));
          for (const step of steps) await tree.write(step.path, step.after);
          await store.record(...steps);
          await commit(tree, `p${p}/r${round}`, `${p} ${round}`);
        }
      }),
    );
    const seconds = (performance.now() - began) / 1000;
    let found = 0;
    const ids = (await w.git('rev-list', '--min-parents=1', 'main', 'other')).trim().split('\n');
    for (const id of ids) {
      const { provenance: p, assistedBy } = await w.record(id);
      assert.deepEqual([p.ai, p.added, p.unk, p.files, assistedBy.length], [2 * files, 2 * files, 0, files, 1], id);
      found++;
    }
    assert.equal(found, commits);
    for (const branch of ['main', 'other']) {
      const root = (await w.git('rev-list', '--max-parents=0', branch)).trim();
      const verified = await w.countersign('verify', `${root}..${branch}`);
      assert.equal(verified.code, 0, verified.out);
    }
    const log = await w.countersign('audit', 'verify');
    assert.equal(log.code, 0, log.out + log.err);
    return seconds;
  } finally {
    await w.remove();
  }
}

/**
 * Git itself lets only one at a time have a work tree's index; people and agents try again. They look at the lock first:
 * a git that only finds it there costs the processor as much as a tenth of a commit.
 */
async function commit(tree: World, folder: string, message: string): Promise<void> {
  const busy =
    /index\.lock|cannot lock ref|Unable to create|unable to write new_index_file|is at [0-9a-f]+ but expected/;
  for (const args of [
    ['add', '--', folder],
    ['commit', '-q', '-m', message, '--', folder],
  ])
    for (let attempt = 0; ; attempt++) {
      while (existsSync(path.join(tree.repo.gitDir, 'index.lock'))) await pause(20);
      const { code, err } = await tree.tryGit(args);
      if (code === 0) break;
      assert.ok(busy.test(err) && attempt < 500, `git ${args.join(' ')}: ${err}`);
      await pause(50);
    }
}

/** About so many milliseconds. */
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms * (0.5 + Math.random())));
