import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { newHash, sha256 } from '../../../src/platform/crypto.ts';
import { plainSha256 } from '../../../src/platform/sha256.ts';

const nodes = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

test('the plain SHA-256 is Node’s, for every length around a block and for random bytes', () => {
  for (let size = 0; size < 260; size++) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) & 0xff);
    assert.equal(plainSha256(bytes), nodes(bytes), String(size));
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => plainSha256(bytes) === nodes(bytes)));
});

test('sha256 gives the same before and after it has loaded node:crypto', () => {
  for (const text of ['', 'abc', '…'.repeat(2000), 'x'.repeat(100_000), 'abc', 'ü'.repeat(40)])
    assert.equal(sha256(text), nodes(text));
});

test('what is hashed in parts is hashed as a whole, short or long', () => {
  const parts = fc.array(fc.oneof(fc.uint8Array({ maxLength: 3000 }), fc.string({ unit: 'binary', maxLength: 300 })));
  fc.assert(
    fc.property(parts, (list) => {
      const hash = newHash();
      for (const part of list) hash.update(part);
      return hash.hex() === nodes(Buffer.concat(list.map((part) => Buffer.from(part as Uint8Array))));
    }),
  );
});
