import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
type File = { path: string; before: string | null; after: string | null };
const told = async (...files: File[]): Promise<string[]> =>
  (await classify(files, ctx)).findings
    .filter((f) => f.rule === 'prisma-field-removed')
    .map((f) => `${f.tier} ${f.message.split(':')[0]}`);

const user = 'model User {\n  id        String   @id\n  createdAt DateTime @default(now())\n}\n';
const digest =
  '\nmodel Digest {\n  id        String    @id\n  payload   Json\n  sentAt    DateTime?\n  createdAt DateTime @default(now())\n}\n';
const schema = (before: string, after: string, path = 'prisma/schema.prisma'): File => ({ path, before, after });
const gone = schema(user + digest, user);
const made = 'CREATE TABLE "User" (\n  "id" TEXT\n);\n';
const madeToo = 'CREATE TABLE "Digest" (\n  "id" TEXT\n);\n';
const path = 'prisma/migrations/20260101000000_init/migration.sql';
const edited = { path, before: made + madeToo, after: made };
const dropped = {
  path: 'prisma/migrations/20260201000000_drop/migration.sql',
  before: null,
  after: 'DROP TABLE "Digest";\n',
};

test('a model that is gone is one finding, with its name', async () => {
  assert.deepEqual(await told(gone), ["critical Model 'Digest' is gone"]);
  assert.deepEqual(await told(gone, dropped), ["critical Model 'Digest' is gone"]);
});

test('a field of a model that stays is told by its own name, also where the model moved', async () => {
  assert.deepEqual((await told(schema(user, user.replace(/ {2}createdAt.*\n/, '')))).length, 1);
  const less = digest.replace('  payload   Json\n', '');
  const moved = await told(schema(user + digest, user), schema('', less, 'prisma/digest.prisma'));
  assert.deepEqual(moved.length, 1);
  assert.match(moved[0]!, /^critical Field 'payload'/);
  // A model that goes hides no field of another.
  const both = await told(schema(user + digest, user.replace(/ {2}createdAt.*\n/, '')));
  assert.deepEqual(both.length, 2);
  // Another schema has a model of the same name, which stays.
  const two = await told(schema(user + digest, user, 'a/schema.prisma'), schema(digest, less, 'b/schema.prisma'));
  assert.deepEqual(two.length, 2);
});

test('the table that an edited migration makes no more is not dropped', async () => {
  const message = "high Model 'Digest' is gone, and so is its table from the migration that made it";
  assert.deepEqual(await told(gone, edited), [message]);
  const mapped = digest.replace('\n}', '\n  @@map("digests")\n}');
  const asMapped = { ...edited, before: edited.before.replace('"Digest"', '"digests"') };
  assert.deepEqual(await told(schema(user + mapped, user), asMapped), [message]);
  for (const files of [
    [edited, dropped],
    [{ ...edited, before: `${made}-- Digest\n` }],
    [{ ...edited, after: `${made}${madeToo.replace('TEXT', 'TEXT NOT NULL')}` }],
    [asMapped],
    [edited, { ...dropped, after: 'ALTER TABLE "Digest" RENAME TO "Old";\n' }],
  ])
    assert.deepEqual(await told(gone, ...files), ["critical Model 'Digest' is gone"]);
});
