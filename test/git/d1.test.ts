import { it } from 'node:test';
import { compareDigests, missing } from './d1.ts';

it('an independent implementation of d1 agrees on random commits', { skip: missing() }, async () => {
  await compareDigests(1, 60);
});
