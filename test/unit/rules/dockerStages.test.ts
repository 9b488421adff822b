import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Source } from '../../../src/core/languages/source.ts';
import { lineOf, stagesOf } from '../../../src/core/rules/kit/dockerStages.ts';

const stages = (...lines: string[]) => stagesOf(new Source('Dockerfile', `${lines.join('\n')}\n`, 'dockerfile').docker);

test('a stage is made from the last one above of that name, else from an image', () => {
  assert.deepEqual(
    stages('FROM alpine AS alpine', 'RUN a', 'FROM --platform=x alpine AS b', 'FROM b', 'FROM c AS c', 'FROM c').map(
      (s) => s.parent,
    ),
    [-1, 0, 1, -1, 3],
  );
});

test('a stage that bears the name of its image is not made from itself', () => {
  const own = stages('FROM alpine AS alpine', 'CMD ["x"]');
  assert.deepEqual(
    [...lineOf(own, 0)].map((s) => s.base),
    ['alpine'],
  );
});

test('whatever the names, what a stage is made from comes to an end', () => {
  const name = fc.constantFrom('a', 'b', 'A', '$X', '');
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name), { maxLength: 12 }), (rows) => {
      const all = stages(...rows.map(([base, as]) => `FROM ${base}${as === '' ? '' : ` AS ${as}`}`));
      for (const [i, { parent }] of all.entries()) assert.ok(parent < i);
      for (const i of all.keys()) assert.ok([...lineOf(all, i)].length <= all.length);
    }),
  );
});
