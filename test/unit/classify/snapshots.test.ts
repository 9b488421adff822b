import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
type File = { path: string; before: string | null; after: string | null };
/** Tiers of what is said of the last file's schema. */
const found = async (...files: File[]): Promise<string[]> =>
  (await classify(files, ctx)).files
    .at(-1)!
    .classification.findings.filter((f) => f.rule === 'sql-unsafe-migration')
    .map((f) => f.tier);

const columns = Array.from({ length: 40 }, (_, i) => `    c${i} text,\n`).join('');
const trigger = 'CREATE TRIGGER told AFTER UPDATE ON Jobs FOR EACH ROW EXECUTE PROCEDURE tell();\n';
const jobs = `CREATE TABLE Jobs (\n${columns}    id int\n);\n`;
const locked = 'LOCK TABLE Jobs;\n';
const schema = (before: string): File => ({ path: 'sql/schema.sql', before, after: `${before}-- more\n` });
const copy = (path: string, after: string): File => ({ path, before: null, after });

test('a definition of a schema makes triggers on its own tables alone', async () => {
  assert.deepEqual(await found(copy('sql/schemas/v1.sql', jobs + trigger)), []);
  assert.deepEqual(await found(copy('sql/schemas/v1.sql', trigger)), ['high']);
  assert.deepEqual(await found(copy('sql/schemas/v1.sql', trigger + jobs)), ['high']);
  assert.deepEqual(await found(copy('sql/schemas/v1.sql', jobs.replace('Jobs', 'old.Jobs') + trigger)), ['high']);
  assert.deepEqual(await found(copy('sql/schemas/v1.sql', jobs.replace('TABLE', 'TABLE IF NOT EXISTS') + trigger)), [
    'high',
  ]);
  assert.deepEqual(await found({ path: 'sql/schema.sql', before: jobs, after: jobs + trigger }), ['medium']);
  // Where it runs, nobody waits for the table, but the trigger's work is new.
  for (const path of ['db/migrations/7_jobs.sql', 'sql/upgrade-7.sql', 'V7__jobs.sql', 'sql/0007_jobs.sql'])
    assert.deepEqual(await found(copy(path, jobs + trigger)), ['medium'], path);
});

test('a copy of how an SQL file was says nothing new, but for what it does not share', async () => {
  const old = schema(jobs + locked);
  assert.deepEqual(await found(old, copy('sql/schemas/v1.sql', jobs + locked)), []);
  assert.deepEqual(await found(copy('sql/schemas/v1.sql', jobs + locked)), ['high']);
  const more = 'ALTER TABLE Users ALTER COLUMN mail SET NOT NULL;\n';
  assert.deepEqual(await found(old, copy('sql/schemas/v1.sql', jobs + locked + more)), ['high']);
  assert.deepEqual(await found(schema(jobs), copy('sql/schemas/v1.sql', locked)), ['high']);
  assert.deepEqual(await found(schema(jobs + locked), copy('sql/schemas/v1.sql', locked)), ['high']);
  assert.deepEqual(await found(old, copy('db/migrations/2_a.sql', jobs + locked)), ['high']);
  for (const path of [
    'sql/upgrade-2.sql',
    'sql/release/b.sql',
    'hotfix_b.sql',
    'db/scripts/b.sql',
    'rollout/b.sql',
    'sql/2.sql',
  ])
    assert.deepEqual(await found(old, copy(path, jobs + locked)), ['high'], path);
});

test('tables of one schema are told apart', async () => {
  const text = 'CREATE TABLE app.a (id int);\nCREATE INDEX i ON app.b (id);\nCREATE INDEX j ON app.c (id);\n';
  const { findings } = await classify([copy('db/migrations/2_a.sql', text)], ctx);
  // Both are told, as one.
  assert.match(findings[0]!.message, /The same holds for line 3\.$/);
});

test('an index that PostgreSQL builds beside running writes, in its own file of the version, is none to wait for', async () => {
  const index = (how = '', name = 'i', on = 'jobs'): string => `CREATE INDEX ${how}${name} ON ${on} (id);\n`;
  const plain = copy('sql/1_a.up.sql', index());
  const base = copy('config/development.yml', 'adapter: sqlite3\n');
  assert.deepEqual(await found(base, copy('sql/1_a.postgres.up.sql', index('CONCURRENTLY ')), plain), []);
  // It may run on PostgreSQL, too, as long as nothing shows another one.
  assert.deepEqual(await found(copy('sql/1_a.postgres.up.sql', index('CONCURRENTLY ')), plain), ['high']);
  for (const other of [
    copy('sql/1_a.postgres.up.sql', index()),
    copy('sql/1_a.mysql.up.sql', index('CONCURRENTLY ')),
    copy('sql/2_a.postgres.up.sql', index('CONCURRENTLY ')),
    copy('other/1_a.postgres.up.sql', index('CONCURRENTLY ')),
    copy('sql/1_a.postgres.up.sql', index('CONCURRENTLY ', 'j')),
    copy('sql/1_a.postgres.up.sql', index('CONCURRENTLY ', 'i', 'users')),
    { ...copy('sql/1_a.postgres.up.sql', index('CONCURRENTLY ')), before: '-- there\n' },
  ])
    assert.deepEqual(await found(base, other, plain), ['high'], other.path);
  const twin = copy('sql/1_a.postgres.up.sql', index('CONCURRENTLY '));
  assert.deepEqual(await found(base, twin, copy('sql/1_a.up.sql', index() + index('', 'k', 'users'))), ['high']);
});
