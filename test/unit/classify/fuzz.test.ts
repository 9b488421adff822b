/** A slice of the fuzzer (`npm run fuzz`): the same inputs each time, in this process. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGrammars } from '../../../src/platform/grammars.ts';
import { inputAt, readSeeds, sizeOf } from '../../tools/fuzz/inputs.ts';
import { costOf, limitOf } from '../../tools/fuzz/run.ts';

const seed = 20261121;

for (let slice = 0; slice < 4; slice++)
  test(`mutated changes, commands, policies and patches neither crash nor stall the engine (${slice + 1})`, async () => {
    const seeds = readSeeds();
    const grammars = createGrammars();
    for (let i = slice * 2500; i < (slice + 1) * 2500; i++) {
      const input = inputAt(seeds, seed, i);
      const repeat = `npm run fuzz -- --seed ${seed} --from ${i} --runs 1`;
      try {
        let ms = await costOf(input, grammars, i % 50 === 0);
        for (let again = 0; again < 3 && ms > limitOf(input); again++) ms = Math.min(ms, await costOf(input, grammars));
        assert.ok(ms <= limitOf(input), `${ms.toFixed(0)} ms for ${sizeOf(input)} characters`);
      } catch (error) {
        throw new Error(repeat, { cause: error });
      }
    }
  });
