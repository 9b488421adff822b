import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
const told = async (path: string, after: string): Promise<string[]> =>
  (await classify([{ path, before: null, after }], ctx)).findings.map((f) => `${f.tier} ${f.message}`);
const alembic = (...sql: string[]): Promise<string[]> =>
  told(
    'migrations/versions/0001_a.py',
    `from alembic import op\n\n\ndef upgrade():\n${sql.map((s) => `    op.execute(${s})\n`).join('')}`,
  );

test('text that a migration runs is told in the words for SQL of its own', async () => {
  const [check, ...others] = await alembic('"ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0)"');
  assert.match(check!, /^high The constraint checks all rows/);
  assert.deepEqual(others, []);
  assert.match((await alembic('"TRUNCATE a"'))[0]!, /^critical All rows of a table/);
  assert.match((await alembic('"SET lock_timeout = \'1s\'; ALTER TABLE a RENAME TO b"'))[0]!, /^high Code that still/);
  const rails = (sql: string) =>
    told(
      'db/migrate/20260101000000_a.rb',
      `class A < ActiveRecord::Migration[8.0]\n  def up\n    execute ${sql}\n  end\nend\n`,
    );
  assert.match((await rails('"ALTER TABLE a ALTER COLUMN b SET NOT NULL"'))[0]!, /^high SET NOT NULL scans/);
  assert.deepEqual(await rails('"CREATE EXTENSION pgcrypto"'), []);
  assert.deepEqual(await rails('"SET lock_timeout = \'5s\'"'), []);
});

test('a column that a validated check keeps from being empty is a remark', async () => {
  const validate = '"ALTER TABLE a VALIDATE CONSTRAINT c"';
  const set = '"ALTER TABLE a ALTER COLUMN b SET NOT NULL"';
  assert.match((await alembic(validate, set))[0]!, /^medium SET NOT NULL takes moments/);
  const add = '"ALTER TABLE a ADD CONSTRAINT c CHECK (b IS NOT NULL) NOT VALID"';
  for (const sql of [[add, validate, set], [set, validate], [validate.replace(' a ', ' other '), set], [set]])
    assert.match((await alembic(...sql))[0]!, /^high SET NOT NULL scans/);
});

test('what is not known of a text stays with the sentence for all', async () => {
  for (const sql of [
    '"UPDATE a SET b = 1 WHERE c = 2"',
    '"SET lock_timeout = \'1s\'; UPDATE a SET b = 1 WHERE c = 2"',
    '"SELECT purge_everything()"',
    'f"ALTER TABLE {name} ADD COLUMN b int"',
    '"ALTER TABLE a ADD COLUMN b int, DISABLE ROW LEVEL SECURITY"',
    '"CREATE EXTENSION IF NOT EXISTS plpython3u"',
    '"CREATE EXTENSION dblink"',
    '"DO $$ BEGIN PERFORM purge(); END $$"',
  ])
    assert.match((await alembic(sql))[0] ?? '', /^high Migration changes or destroys data/, sql);
});
