/**
 * Random work (`randomWork.ts`) over a few seeds. COUNTERSIGN_FUZZ_SEED and COUNTERSIGN_FUZZ_RUNS repeat and widen it;
 * `test/tools/gitFuzz.ts` runs thousands.
 */
import { after, before, describe, it } from 'node:test';
import { play, Template } from './randomWork.ts';

const runs = Number(process.env['COUNTERSIGN_FUZZ_RUNS'] ?? 12);
const firstSeed = Number(process.env['COUNTERSIGN_FUZZ_SEED'] ?? 1);

describe('random work', () => {
  let w: Template;
  before(async () => {
    w = await Template.make();
  });
  after(() => w.remove());
  for (let i = 0; i < runs; i++)
    it(`seed ${firstSeed + i}`, async () => {
      const log: string[] = [];
      try {
        await play(firstSeed + i, w, log);
      } catch (error) {
        console.log(log.join('\n'));
        throw error;
      }
    });
});
