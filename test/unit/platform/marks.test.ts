import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { canonicalMark, type LineMark } from '../../../src/core/attribution/mark.ts';
import { expandOrigins } from '../../../src/core/attribution/origins.ts';
import { countsAsAi, type LineOrigin } from '../../../src/core/model.ts';
import { openAttribution } from '../../../src/platform/attribution.ts';
import { generateKeys, signText, type KeyPair } from '../../../src/platform/crypto.ts';
import { addKey, revokeKey } from '../../../src/platform/keys.ts';
import { appendMark } from '../../../src/platform/marks.ts';
import { noteLineHash } from '../../../src/platform/notes.ts';

const text = 'const a = compute(1);\nconst b = compute(2);\n';

interface Setting {
  readonly commonDir: string;
  readonly key: KeyPair;
  readonly say: (mark: Partial<LineMark>, by?: KeyPair | 'nobody') => Promise<void>;
  /** Whose the two lines are, as any other process sees it. */
  readonly ask: (file?: string, content?: string) => Promise<string[]>;
}

/** A journal which says that both lines are human because of the mark `m1`. */
async function setting(t: TestContext, as: 'human' | 'ai' = 'human'): Promise<Setting> {
  const commonDir = await fs.mkdtemp(path.join(os.tmpdir(), 'marks-'));
  t.after(() => fs.rm(commonDir, { recursive: true, force: true }));
  const dir = path.join(commonDir, 'countersign');
  const key = generateKeys();
  await addKey({ commonDir }, { publicKey: key.publicKey });
  const origin: LineOrigin = { origin: as, evidence: 'editor', mark: 'm1' };
  for (const file of ['a.ts', 'b.ts']) await openAttribution({ dir }).remember(file, text, [{ count: 2, origin }]);
  return {
    commonDir,
    key,
    async say(mark, by = key) {
      const lines = text.split('\n').slice(0, 2).map(noteLineHash);
      const at = '2026-03-01T10:00:00.000Z';
      const full: LineMark = { version: 1, id: 'm1', path: 'a.ts', as, lines, by: 'a@b.example', at };
      const signed =
        by === 'nobody' ? full : { ...full, key: by.id, sig: signText(by.privateKey, canonicalMark(full)) };
      await appendMark({ commonDir }, { ...signed, ...mark });
    },
    async ask(file = 'a.ts', content = text) {
      const { origins } = await openAttribution({ dir }).resolve(file, content, { baseline: null });
      return expandOrigins(origins).map((o) => o?.origin ?? 'old');
    },
  };
}

void test('lines that a person’s signed word calls theirs are theirs, and no others', async (t) => {
  const { say, ask } = await setting(t);
  assert.deepEqual(await ask(), ['unknown', 'unknown']);
  await say({});
  assert.deepEqual(await ask(), ['human', 'human']);
  // The same claim on another file is not what was signed.
  assert.deepEqual(await ask('b.ts'), ['unknown', 'unknown']);
});

void test('a line that differs from the one that was signed is unknown', async (t) => {
  const { say, ask } = await setting(t);
  await say({});
  assert.deepEqual(await ask('a.ts', text.replace('(2)', '( 2 )')), ['human', 'unknown']);
});

const forged: Record<string, (s: Setting) => Promise<void>> = {
  'a mark without a signature': ({ say }) => say({}, 'nobody'),
  'a mark of a key that is not listed': ({ say }) => say({}, generateKeys()),
  'a mark whose lines were changed after signing': ({ say }) => say({ lines: [noteLineHash('x')] }),
  'a mark whose file was changed after signing': ({ say }) => say({ by: 'c@d.example' }),
  'a mark of a key that was revoked': async ({ say, commonDir, key }) => {
    await say({});
    await revokeKey({ commonDir }, key.id);
  },
  'a torn mark': async ({ commonDir }) => {
    await fs.writeFile(path.join(commonDir, 'countersign', 'marks.jsonl'), '{"version":1,"id":"m1","path":"a');
  },
};
for (const [name, forge] of Object.entries(forged)) {
  void test(`${name} counts as none`, async (t) => {
    const s = await setting(t);
    await forge(s);
    assert.deepEqual(await s.ask(), ['unknown', 'unknown']);
  });
}

void test('a claim that lines are an AI’s needs no proof: it only makes rules stricter', async (t) => {
  const { ask } = await setting(t, 'ai');
  assert.deepEqual(await ask(), ['ai', 'ai']);
});

void test('on a protected path a person’s word alone lifts no rule', () => {
  assert.equal(countsAsAi({ origin: 'human', evidence: 'editor' }), false);
  assert.equal(countsAsAi({ origin: 'human', evidence: 'editor', mark: 'm1' }), true);
});
