import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { WordIndex } from '../../../src/core/languages/words.ts';
import { allRules } from '../../../src/core/rules/index.ts';

describe('keyword prefilter', () => {
  const list = ['exec', 'shell_exec', 'a', '0', '_', 'md5', 'drop', 'table', 'aa', 'b'.repeat(64)];

  it('finds exactly the words that a regular expression finds', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...list,
        ...list.map((w) => w.toUpperCase()),
        'Exec',
        'execs',
        'b'.repeat(65),
        '.',
        ' ',
        '\n',
        '-',
      ),
      fc.string({ maxLength: 6, unit: 'binary' }),
    );
    const index = new WordIndex(list);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        const words = new Set((text.match(/[A-Za-z0-9_]+/g) ?? []).map((w) => w.toLowerCase()));
        const found = index.find(text);
        for (const word of list) assert.equal(found.includes(index.idOf(word)), words.has(word), word);
      }),
      { numRuns: 500 },
    );
  });

  it('takes no keyword that could never be found', () => {
    for (const bad of ['', 'Exec', 'a-b', 'é', 'x'.repeat(65)]) assert.throws(() => new WordIndex([bad]), /no keyword/);
  });

  it('knows the keywords of every rule', () => {
    const index = new WordIndex(allRules().flatMap((r) => r.keywords));
    assert.ok(index.size > 200);
    const text = allRules()
      .flatMap((r) => r.keywords)
      .join(' ');
    assert.ok(index.find(text).length === index.size);
  });
});
