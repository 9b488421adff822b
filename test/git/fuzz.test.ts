/**
 * Random work with a model that knows each line's origin, because it stands in the line's text. Seeded:
 * COUNTERSIGN_FUZZ_SEED and COUNTERSIGN_FUZZ_RUNS repeat and widen it.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { buildCli, World } from './world.ts';

const runs = Number(process.env['COUNTERSIGN_FUZZ_RUNS'] ?? 4);
const firstSeed = Number(process.env['COUNTERSIGN_FUZZ_SEED'] ?? 1);
const steps = 14;

/** mulberry32. */
function random(seed: number): (n: number) => number {
  let a = seed * 0x9e3779b9;
  return (n) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

async function play(seed: number, log: string[]): Promise<void> {
  const rand = random(seed);
  const w = await World.make({ policy: 'version: 1\ncommit: { trailers: record }\n' });
  const files = ['a.ts', 'dir/b.py', 'c.md'];
  let counter = 0;
  let checked = 0;
  const note = (text: string): void => void log.push(text);
  const say = async (...args: string[]): Promise<boolean> => {
    const result = await w.tryGit(args);
    note(`git ${args.join(' ')} -> ${result.code}`);
    return result.code === 0;
  };
  const edit = async (who: 'ai' | 'human' | 'write'): Promise<void> => {
    const file = files[rand(files.length)] as string;
    const lines = (await w.read(file)).split('\n').filter((l) => l !== '');
    const at = rand(lines.length + 1);
    const remove = rand(3) === 0 ? rand(3) : 0;
    const added = Array.from({ length: 1 + rand(4) }, () => `${who} line ${++counter} of ${seed}`);
    lines.splice(at, remove, ...added);
    note(`${who} ${file} at ${at} -${remove} +${added.length}`);
    await w[who](file, lines.map((l) => `${l}\n`).join(''));
  };
  const check = async (what: string): Promise<void> => {
    await w.settle();
    const patch = await w.git('show', '--format=', '-U0', '--no-renames', '--text', '--no-color', 'HEAD');
    const count = (who: string): number => patch.split('\n').filter((l) => l.startsWith(`+${who} line `)).length;
    const { provenance: p, assistedBy } = await w.record();
    const state = `${what}, seed ${seed}:\n${log.join('\n')}\n${await w.message()}`;
    assert.equal(p.ai, count('ai'), `ai= after ${state}`);
    assert.equal(p.unk, count('write'), `unk= after ${state}`);
    assert.equal(assistedBy.length, count('ai') > 0 ? 1 : 0, `agents after ${state}`);
    await w.expect('HEAD', {});
    checked++;
  };
  try {
    for (const file of files) await w.human(file, `human line ${++counter} of ${seed}\n`);
    await say('add', '.');
    await say('commit', '-q', '-m', 'base');
    await check('base');
    for (let step = 0; step < steps; step++) {
      const action = rand(16);
      // Rewriting history needs a clean tree, and some history.
      if (
        action >= 10 &&
        !(await say('diff', '--quiet', 'HEAD')) &&
        (await say('commit', '-q', '-a', '-m', `before ${step}`))
      )
        await check('commit -a');
      switch (action) {
        case 0:
        case 1:
        case 2:
          await edit('ai');
          break;
        case 3:
        case 4:
          await edit('human');
          break;
        case 5:
          await edit('write');
          break;
        case 6:
          if (await say('commit', '-q', '-a', '-m', `step ${step}`)) await check('commit -a');
          break;
        case 7:
          await say('add', files[rand(files.length)] as string);
          if (await say('commit', '-q', '-m', `part ${step}`)) await check('partial commit');
          break;
        case 8:
          await say('add', '.');
          if (await say('commit', '-q', '--amend', rand(2) === 0 ? '--no-edit' : '-mamended')) await check('amend');
          break;
        case 9:
          if (await say('stash', '-q')) await say('stash', 'pop', '-q');
          break;
        case 10:
          if (
            (await say('rev-parse', '-q', '--verify', 'HEAD~3')) &&
            (await say('reset', '-q', '--soft', 'HEAD~1')) &&
            (await say('commit', '-q', '-m', `soft ${step}`))
          )
            await check('reset --soft');
          break;
        case 11:
          if (await say('diff', '--quiet', 'HEAD')) {
            if ((await say('revert', '--no-edit', 'HEAD')) && (await say('revert', '--no-edit', 'HEAD')))
              await check('revert of a revert');
            else await say('revert', '--abort');
          }
          break;
        case 12:
        case 13:
          if ((await say('diff', '--quiet', 'HEAD')) && (await say('rev-parse', '-q', '--verify', 'HEAD~3'))) {
            const squash = await w.tryGit(['rebase', '-q', '-i', 'HEAD~2'], {
              env: { GIT_SEQUENCE_EDITOR: "sed -i -e '2s/^pick/squash/'", GIT_EDITOR: 'true' },
            });
            note(`squash -> ${squash.code}`);
            if (squash.code === 0) await check('squash');
            else await say('rebase', '--abort');
          }
          break;
        default:
          if (await say('diff', '--quiet', 'HEAD')) {
            await say('checkout', '-q', '-b', `side${step}`, 'HEAD~1');
            await edit('ai');
            if (await say('commit', '-q', '-a', '-m', `side ${step}`)) {
              await check('side');
              if ((await say('checkout', '-q', 'main')) && (await say('cherry-pick', `side${step}`)))
                await check('cherry-pick');
              else await say('cherry-pick', '--abort');
            }
            await say('checkout', '-q', '-f', 'main');
          }
      }
    }
    note(`${checked} commits checked`);
    if (process.env['COUNTERSIGN_FUZZ_LOG'] !== undefined) console.log(log.join('\n'));
  } finally {
    await w.remove();
  }
}

describe('random work', { concurrency: 2 }, () => {
  before(() => buildCli());
  for (let i = 0; i < runs; i++) it(`seed ${firstSeed + i}`, () => play(firstSeed + i, []));
});
