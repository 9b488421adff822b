import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
type File = { path: string; before: string | null; after: string | null };
const file = (path: string, after: string, before: string | null = null): File => ({ path, before, after });
/** How much is found in the last file. */
const found = async (...files: File[]): Promise<number> =>
  (await classify(files, ctx)).files
    .at(-1)!
    .classification.findings.filter((f) => /^(?:migration-operation|sql-unsafe-migration|sql-data-loss)$/.test(f.rule))
    // That it makes what it drops is a remark, and no loss.
    .filter((f) => f.tier !== 'medium' || !f.message.includes('this very change makes')).length;

const rails = (body: string, way = 'change'): string =>
  `class A < ActiveRecord::Migration[8.0]\n  def ${way}\n    ${body}\n  end\nend\n`;
const made = rails('create_table :keys do |t|\n      t.string :name\n    end');
const op = file('db/migrate/20250103000000_op.rb', rails('remove_column :keys, :name, :string'));
const create = file('db/migrate/20250101000000_create.rb', made);

test('an operation on a table that another new migration makes first is no finding', async () => {
  assert.equal(await found(create, op), 0);
  for (const body of [
    'add_index :keys, :name, unique: true',
    'change_column :keys, :name, :text',
    'rename_column :keys, :name, :title',
    'drop_table :keys',
    'remove_index :keys, :name if index_exists?(:keys, :name)',
  ])
    assert.equal(await found(create, file(op.path, rails(body))), 0, body);
});

test('what may have rows or readers stays found: the table was there, or may have been', async () => {
  assert.equal(await found(op), 1);
  const cases: Record<string, File> = {
    'made later': file('db/migrate/20250105000000_create.rb', made),
    'made by an edited migration': file(create.path, made, `${made}\n`),
    'another folder': file('other/migrate/20250101000000_create.rb', made),
    'another table': file(create.path, made.replaceAll(':keys', ':locks')),
    'only where it is not there': file(create.path, rails('create_table :keys, if_not_exists: true do |t|\n    end')),
    'asked for': file(create.path, rails('create_table :keys unless table_exists?(:keys)')),
    'after a question': file(create.path, rails('return if old?\n    create_table :keys')),
    'in a branch': file(create.path, rails('if fresh?\n      create_table :keys\n    end')),
    'in the way back': file(create.path, rails('create_table :keys', 'down')),
    'in the way back of a block': file(
      create.path,
      rails('reversible do |dir|\n      dir.down do\n        create_table :keys\n      end\n    end'),
    ),
    'never reached': file(create.path, rails('return\n    create_table :keys')),
    'of another tool': file('db/migrate/20250101000000_create.sql', 'CREATE TABLE keys (name text);\n'),
    'in a helper': file(create.path, rails('create_table :keys', 'unused')),
    'in place of the old one': file(create.path, rails('create_table :keys, force: true do |t|\n    end')),
    'in a comment': file(create.path, rails('# create_table :keys')),
    'in another data base': file(create.path, rails('establish_connection(:old)\n    create_table :keys')),
  };
  for (const [name, other] of Object.entries(cases)) assert.equal(await found(other, op), 1, name);
  const schema = file('db/schema.rb', 'create_table "keys"\nx\n', 'create_table "keys"\n');
  assert.equal(await found(create, schema, op), 1, 'the schema had it');
  const gone = { path: 'db/migrate/20200101000000_keys.rb', before: made, after: null };
  assert.equal(await found(gone, create, op), 1, 'a migration that is gone had made it');
});

test('rows that are put in between make it a table like any other', async () => {
  for (const body of [
    'Key.create!(name: "a")',
    'execute "INSERT INTO keys (name) SELECT name FROM users"',
    'execute File.read("fill.sql")',
    'KeyFiller.go',
    'rename_table :orders, :keys',
    'load Rails.root.join("db/keys.rb")',
  ]) {
    assert.equal(await found(create, file('db/migrate/20250102000000_fill.rb', rails(body)), op), 1, body);
    assert.equal(await found(create, file('db/data/20250102000000_fill.rb', rails(body)), op), 1, `data: ${body}`);
    assert.equal(await found(file(create.path, `${made}${rails(body)}`), op), 1, `there: ${body}`);
    assert.equal(
      (await found(create, file(op.path, rails(`${body}\n    remove_column :keys, :name`)))) > 0,
      true,
      body,
    );
  }
});

test('a key waits for both of its tables', async () => {
  const key = file(op.path, rails('add_foreign_key :keys, :users'));
  const users = file('db/migrate/20250102000000_users.rb', made.replaceAll(':keys', ':users'));
  assert.equal(await found(create, key), 1);
  assert.equal(await found(users, key), 1);
  assert.equal(await found(create, users, key), 0);
});

test('of a new table the same file tells, bracket or none, and of no other', async () => {
  const both = (body: string): File => file(create.path, rails(`create_table :keys do |t|\n    end\n    ${body}`));
  assert.equal(await found(both('add_index :keys, :name')), 0);
  assert.equal(await found(both('add_index :users, :name')), 1);
});

const sql = (path: string, text: string): File => file(`migrations/${path}`, text);

test('the same for SQL: plain CREATE TABLE earlier, same name and schema, no rows', async () => {
  const born = sql('001_a.sql', 'CREATE TABLE app.keys (name text);\n');
  for (const text of [
    'CREATE INDEX i ON app.keys (name);',
    'ALTER TABLE app.keys ALTER COLUMN name SET NOT NULL;',
    'ALTER TABLE app.keys DROP COLUMN name;',
    'DROP TABLE app.keys;',
  ]) {
    const then = sql('002_b.sql', `${text}\n`);
    assert.equal(await found(born, then), 0, text);
    assert.ok((await found(then)) > 0, text);
    for (const [name, other] of Object.entries({
      'if not exists': sql('001_a.sql', 'CREATE TABLE IF NOT EXISTS app.keys (name text);\n'),
      'another schema': sql('001_a.sql', 'CREATE TABLE old.keys (name text);\n'),
      'a search path': sql('001_a.sql', 'SET search_path TO app;\nCREATE TABLE app.keys (name text);\n'),
      filled: sql('001_a.sql', 'CREATE TABLE app.keys AS SELECT * FROM app.users;\n'),
      'filled behind': sql('001_a.sql', 'CREATE TABLE app.keys (n text);\nINSERT INTO app.keys (n) VALUES (1);\n'),
      'filled by a call': sql('001_a.sql', 'CREATE TABLE app.keys (n text);\nSELECT fill();\n'),
      'in a block': sql('001_a.sql', 'DO $$ BEGIN IF a() THEN CREATE TABLE app.keys (n text); END IF; END $$;\n'),
      'with rows of another': sql('001_a.sql', `${born.after}ALTER TABLE app.keys ATTACH PARTITION app.old DEFAULT;\n`),
      'another by its name': sql('001_a.sql', `${born.after}ALTER TABLE app.orders RENAME TO keys;\n`),
      'of another kind': sql('001_a.up.sql', born.after!),
      temporary: sql('001_a.sql', 'CREATE TEMP TABLE app.keys (name text);\n'),
      undoing: sql('001_a.down.sql', 'CREATE TABLE app.keys (name text);\n'),
    }))
      assert.ok((await found(other, then)) > 0, `${text} ${name}`);
  }
  const key = sql('002_b.sql', 'ALTER TABLE app.keys ADD FOREIGN KEY (u) REFERENCES app.users (id);\n');
  assert.equal(await found(born, key), 1);
  assert.equal(await found(sql('001_a.sql', `${born.after}CREATE TABLE app.users (id int);\n`), key), 0);
  const folder = file('prisma/migrations/20250101_a/migration.sql', 'CREATE TABLE "keys" (name text);\n');
  const next = file('prisma/migrations/20250102_b/migration.sql', 'ALTER TABLE "keys" DROP COLUMN "name";\n');
  assert.equal(await found(folder, next), 0);
});

test('the same for Django, whose own picture of a table is none', async () => {
  const django = (body: string): string =>
    `from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    operations = [\n        ${body},\n    ]\n`;
  const remove = file('shop/migrations/0003_b.py', django('migrations.RemoveField(model_name="key", name="n")'));
  const model = (more = ''): string =>
    `migrations.CreateModel(name="Key", fields=[("n", models.IntegerField())]${more})`;
  const at = (body: string): File => file('shop/migrations/0002_a.py', django(body));
  assert.equal(await found(at(model()), remove), 0);
  assert.equal(await found(file('other/migrations/0002_a.py', django(model())), remove), 1);
  for (const body of [
    model(', options={"managed": False}'),
    model(', options=options'),
    `migrations.SeparateDatabaseAndState(state_operations=[${model()}])`,
    `${model()},\n        migrations.RunPython(fill)`,
  ])
    assert.equal(await found(at(body), remove), 1, body);
  const squashed = django(model()).replace('    operations', '    replaces = [("shop", "0001")]\n    operations');
  assert.equal(await found(file('shop/migrations/0002_a.py', squashed), remove), 1);
});

test('the same for Alembic, in the order of its revisions, for Laravel and for knex', async () => {
  const alembic = (id: string, down: string, body: string): File =>
    file(
      `alembic/versions/${id}_x.py`,
      `from alembic import op\nimport sqlalchemy as sa\n\nrevision = "${id}"\ndown_revision = ${down}\n\n\ndef upgrade():\n    ${body}\n`,
    );
  const table = 'op.create_table("keys", sa.Column("n", sa.Text()))';
  const index = alembic('aaa', '"bbb"', 'op.create_index("i", "keys", ["n"])');
  assert.equal(await found(alembic('bbb', 'None', table), index), 0);
  assert.equal(await found(alembic('ccc', '"aaa"', table), index), 1);
  assert.equal(await found(alembic('bbb', 'None', table.replace('"keys"', '"keys", schema="old"')), index), 1);
  assert.equal(await found(alembic('bbb', 'None', `${table}\n    session.add(Key())`), index), 1);
  const laravel = (path: string, body: string): File =>
    file(
      `database/migrations/${path}`,
      `<?php\nuse Illuminate\\Database\\Migrations\\Migration;\nreturn new class extends Migration {\n    public function up(): void\n    {\n        ${body}\n    }\n};\n`,
    );
  const drop = laravel(
    '2025_01_02_000000_b.php',
    "Schema::table('keys', function (Blueprint $table) {\n            $table->dropColumn('n');\n        });",
  );
  const born = "Schema::create('keys', function (Blueprint $table) {\n            $table->id();\n        });";
  assert.equal(await found(laravel('2025_01_01_000000_a.php', born), drop), 0);
  assert.ok((await found(laravel('2025_01_03_000000_a.php', born), drop)) > 0);
  assert.ok((await found(laravel('2025_01_01_000000_a.php', born.replace('::', "::connection('old')->")), drop)) > 0);
  assert.ok((await found(laravel('2025_01_01_000000_a.php', `${born}\n        Key::create([]);`), drop)) > 0);
  const knex = (path: string, body: string): File =>
    file(`migrations/${path}`, `exports.up = async function (knex) {\n  ${body}\n};\n`);
  const rename = knex('20250102_b.js', "await knex.schema.alterTable('keys', (t) => {\n    t.dropColumn('n');\n  });");
  const table2 = "await knex.schema.createTable('keys', (t) => {\n    t.text('n');\n  });";
  assert.equal(await found(knex('20250101_a.js', table2), rename), 0);
  assert.ok((await found(knex('20250101_a.js', table2.replace('schema.', "schema.withSchema('a').")), rename)) > 0);
  assert.ok((await found(knex('20250101_a.js', `${table2}\n  await knex('keys').insert({});`), rename)) > 0);
});

test('to make a table and to drop of it in one change is a remark', async () => {
  const { findings } = await classify([create, op], ctx);
  assert.deepEqual(
    findings.map((f) => `${f.tier} ${f.message.slice(0, 12)}`),
    ['medium What goes is'],
  );
});

test('a baseline of a data base that is there makes nothing', async () => {
  const sql = (name: string, text: string): File => file(`db/migration/${name}.sql`, text);
  const created = sql('V1__a', 'CREATE TABLE orders (id int);\n');
  const drop = sql('V2__b', 'ALTER TABLE orders DROP COLUMN total;\n');
  assert.equal(await found(created, drop), 0);
  assert.equal(await found(sql('V1__baseline', created.after!), drop), 1);
  const befores: Record<string, string> = {
    'application.yml': 'flyway:\n  baseline-on-migrate: true\n',
    'deploy.sh': 'python manage.py migrate --fake-initial\n',
    'prisma/schema.prisma': 'model Order {\n  id Int\n  @@map("orders")\n}\n',
    'app/models.py': "class Order(Base):\n    __tablename__ = 'orders'\n",
    'shop/models.py': 'class Orders(models.Model):\n    pass\n',
    'a/Order.java': '@Entity\n@Table(name = "orders")\npublic class Order { }\n',
    'a/Purchase.java': '@Entity\npublic class Orders { }\n',
    'a/order.entity.ts': "@Entity('orders')\nexport class Order {}\n",
    'a/entity.ts': "@Entity({ name: 'orders' })\nexport class Order {}\n",
    'app/models/order.rb': 'class Order < ApplicationRecord\nend\n',
  };
  for (const [path, before] of Object.entries(befores))
    assert.equal(await found(file(path, `${before}\n`, before), created, drop), 1, path);
});

test('a table of another schema, another case in quotes, or a step that does not run everywhere is another one', async () => {
  const cases: Record<string, string> = {
    schema: "SET SCHEMA 'a';\nCREATE TABLE orders (id int);\nSET SCHEMA 'b';\nDROP TABLE orders;\n",
    oracle: 'ALTER SESSION SET CURRENT_SCHEMA = a;\nCREATE TABLE orders (id int);\nDROP TABLE orders;\n',
    case: 'CREATE TABLE "Orders" (id int);\nDROP TABLE orders;\n',
    context: '--changeset b:1 context:test\nCREATE TABLE orders (id int);\n--changeset b:2\nDROP TABLE orders;\n',
    asked: '--changeset b:1\n--preconditions onFail:MARK_RAN\nCREATE TABLE orders (id int);\nDROP TABLE orders;\n',
  };
  for (const [name, text] of Object.entries(cases)) assert.equal(await found(file('db/7_a.sql', text)), 1, name);
  assert.equal(await found(file('db/7_a.sql', 'CREATE TABLE "Orders" (id int);\nDROP TABLE "Orders";\n')), 0);
  const knex = (on: string, of = 'knex'): File =>
    file(
      'migrations/1_a.js',
      `exports.up = async function (${of}) {\n  await ${on}.schema.createTable('a', (t) => {});\n  await ${of}.schema.dropTable('a');\n};\n`,
    );
  assert.equal(await found(knex('knex')), 0);
  assert.equal(await found(knex('db', 'db')), 0);
  assert.equal(await found(knex('archive')), 1);
});
