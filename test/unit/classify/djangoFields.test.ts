import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
type File = { path: string; before: string | null; after: string | null };
const migration = (number: number, after: number, ...operations: string[]): File => ({
  path: `shop/migrations/000${number}_x.py`,
  before: null,
  after: `from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    dependencies = [("shop", "000${after}_x")]\n    operations = [\n${operations.map((o) => `        ${o},\n`).join('')}    ]\n`,
});
const sets = (operation: string, field: string, name = 'tracked'): string =>
  `migrations.${operation}(model_name="order", name="${name}", field=${field})`;
/** Tiers and sentences of what is said of the last file. */
const found = async (...files: File[]): Promise<string[]> =>
  (await classify(files, ctx)).files
    .at(-1)!
    .classification.findings.filter((f) => f.rule === 'migration-operation')
    .map((f) => `${f.tier} ${f.message.split(' ')[0]}`);

const alter = (field: string): File => migration(3, 2, sets('AlterField', field));
const loud = ['high Type'];

test('a field of which only what Django keeps for itself is written is told softly, any other in full', async () => {
  assert.deepEqual(await found(alter('models.IntegerField(default=0)')), ['medium What']);
  assert.deepEqual(await found(alter('models.TextField(blank=True, help_text="a")')), ['medium What']);
  for (const field of [
    'models.IntegerField()',
    'models.IntegerField(default=0, unique=True)',
    'models.IntegerField(default=0, db_index=True)',
    'models.IntegerField(db_default=0)',
    'models.CharField(default="", max_length=9)',
    'models.ForeignKey("a.B", on_delete=models.CASCADE)',
    'own.MoneyField(default=0)',
  ])
    assert.deepEqual(await found(alter(field)), loud, field);
});

test('what the migration before it in the change tells the database already is no finding', async () => {
  const now = alter('models.BooleanField(default=False)');
  const add = sets('AddField', 'models.BooleanField(default=True)');
  assert.deepEqual(await found(migration(2, 1, add), now), []);
  assert.deepEqual(await found(migration(1, 0, add), migration(2, 1), now), []);
  const key = (how: string): string => `models.ForeignKey("a.B", on_delete=models.${how})`;
  assert.deepEqual(await found(migration(2, 1, sets('AddField', key('SET_NULL'))), alter(key('CASCADE'))), loud);
  const first = migration(2, 1, add);
  for (const [name, other] of Object.entries({
    'it was there': { ...first, before: `${first.after}\n` },
    'another field': migration(2, 1, sets('AddField', 'models.BooleanField(default=True)', 'other')),
    'another application': { ...first, path: 'blog/migrations/0002_x.py' },
    'not the one before': migration(4, 1, add),
    'something unknown since': migration(2, 1, add, 'migrations.RunSQL("SELECT 1")'),
  }))
    assert.deepEqual(await found(other, now), ['medium What'], name);
  for (const field of ['models.BooleanField(default=False, null=True)', 'models.IntegerField(default=1)'])
    assert.deepEqual(await found(migration(2, 1, sets('AddField', field)), now), loud, field);
});

test('a column that only grows is told as such; by models it is never silent', async () => {
  const models = (field: string): File => ({
    path: 'shop/models.py',
    before: `class Cart(models.Model):\n    tracked = models.TextField()\n\n\nclass Order(models.Model):\n    tracked = ${field}\n`,
    after: 'x\n',
  });
  const long = alter('models.URLField(max_length=2048)');
  assert.deepEqual(await found(models('models.URLField()'), long), ['medium Only']);
  assert.deepEqual(await found(migration(2, 1, sets('AddField', 'models.URLField()')), long), ['medium Only']);
  assert.deepEqual(await found(models('models.URLField(blank=True)'), alter('models.URLField(blank=False)')), [
    'medium What',
  ]);
  for (const field of [
    'models.URLField(max_length=4000)',
    'models.URLField(null=True)',
    'models.URLField(max_length=long)',
    'models.TextField()',
  ])
    assert.deepEqual(await found(models(field), long), loud, field);
  assert.deepEqual(await found({ ...models('models.URLField()'), path: 'blog/models.py' }, long), loud);
});

test('where the models change along in what Django keeps for itself, it is only noted', async () => {
  const models = (before: string, after: string): File => ({
    path: 'shop/models.py',
    before: `class Order(models.Model):\n    tracked = ${before}\n`,
    after: `class Order(models.Model):\n    tracked = ${after}\n`,
  });
  const now = 'models.CharField(default=None, max_length=32)';
  const listed = 'models.CharField(choices=KINDS, default=None, max_length=32)';
  assert.deepEqual(await found(models(listed, now), alter(now)), ['low By']);
  assert.deepEqual(await found(models(now, now), alter(now)), ['medium What'], 'they were ahead');
  assert.deepEqual(await found(models(listed.replace('32', '64'), now), alter(now)), loud);
  assert.deepEqual(await found(models(listed.replace(')', ', null=True)'), now), alter(now)), loud);
});

test('models are read at any depth and indent, with those that they are made of; a soft word proves no type', async () => {
  const long = alter('models.URLField(max_length=2048)');
  const models = (path: string, before: string): File => ({ path, before, after: 'x\n' });
  for (const [path, text] of [
    ['shop/models.py', 'class Order(models.Model):\n  tracked = models.TextField()\n'],
    ['shop/models/sales/order.py', 'class Order(models.Model):\n    tracked = models.TextField()\n'],
    [
      'shop/models.py',
      'class Priced(models.Model):\n    tracked = models.TextField()\n\n\nclass Order(Priced):\n    pass\n',
    ],
  ] as const) {
    assert.deepEqual(await found(models(path, text), alter('models.IntegerField(default=0)')), loud, text);
    assert.deepEqual(await found(models(path, text.replace('TextField', 'URLField')), long), ['medium Only'], text);
  }
  const decoy = migration(2, 1, sets('AlterField', 'models.IntegerField(choices=[(1, "a")])'));
  assert.deepEqual(await found(decoy, alter('models.IntegerField()')), loud);
});

test('fields of text that Django alone tells apart are one column', async () => {
  const models = (before: string, after: string): File => ({
    path: 'shop/models.py',
    before: `class Order(models.Model):\n    tracked = ${before}\n`,
    after: `class Order(models.Model):\n    tracked = ${after}\n`,
  });
  const now = 'models.CharField(max_length=255, validators=[a])';
  const named = 'models.CharField(_("Tracked"), max_length=255, validators=[a])';
  for (const before of [
    'models.URLField(_("Tracked"), max_length=255)',
    'models.EmailField(max_length=255, null=False)',
    'models.SlugField(max_length=255, db_index=False)',
  ])
    assert.deepEqual(await found(models(before, named), alter(now)), ['low By'], before);
  for (const before of [
    'models.SlugField(max_length=255)',
    'models.URLField(max_length=512)',
    'models.URLField(max_length=255, null=True)',
    'models.URLField(max_length=255, unique=True)',
    'models.TextField(max_length=255)',
    'own.URLField(max_length=255)',
  ])
    assert.ok(!(await found(models(before, named), alter(now)))[0]!.startsWith('low'), before);
  // An index comes, and they were ahead.
  assert.deepEqual(
    await found(
      models('models.CharField(max_length=50)', 'models.SlugField(max_length=50)'),
      alter('models.SlugField(max_length=50)'),
    ),
    loud,
  );
  assert.ok(!(await found(models(named, named), alter(now)))[0]!.startsWith('low'));
});

test('columns of one migration are told once, what is dropped each for itself but for its history', async () => {
  const gone = (model: string, name: string): string => `migrations.RemoveField(model_name="${model}", name="${name}")`;
  const tiers = async (...operations: string[]): Promise<string[]> =>
    (await found(migration(2, 1, ...operations))).map((f) => f.split(' ')[0]!);
  assert.deepEqual(await tiers(gone('historicalorder', 'a'), gone('order', 'a')), ['critical']);
  assert.deepEqual(await tiers(gone('order', 'a'), gone('order', 'b'), gone('cart', 'a')), [
    'critical',
    'critical',
    'critical',
  ]);
  const add = (name: string): string => sets('AddField', 'models.BooleanField(default=False)', name);
  assert.deepEqual(await tiers(add('a'), add('b')), ['high']);
});

test('a reference of which only on_delete is new is told by what becomes of its rows', async () => {
  const model = (how: string, rest = '', to = 'User'): string =>
    `from django.db import models\n\n\nclass Order(models.Model):\n    tracked = models.ForeignKey(${to}, on_delete=models.${how}${rest})\n`;
  const models = (before: string, after: string): File => ({ path: 'shop/models.py', before, after });
  const key = (how: string, rest = ''): File =>
    alter(`models.ForeignKey(on_delete=django.db.models.deletion.${how}, to="auth.user"${rest})`);
  const told = (a: string, b: string, how: string, rest = ''): Promise<string[]> => found(models(a, b), key(how, rest));
  assert.deepEqual(await told(model('CASCADE'), model('PROTECT'), 'PROTECT'), ['low By']);
  assert.deepEqual(await told(model('CASCADE'), model('DO_NOTHING'), 'DO_NOTHING'), ['medium By']);
  assert.deepEqual(await told(model('PROTECT'), model('CASCADE'), 'CASCADE'), ['high Rows']);
  assert.deepEqual(await told(model('CASCADE'), model('PROTECT', '', 'Other'), 'PROTECT'), loud);
  assert.deepEqual(await told(model('CASCADE', ', null=True'), model('PROTECT'), 'PROTECT'), loud);
  assert.deepEqual(await told(model('CASCADE'), model('PROTECT'), 'PROTECT', ', unique=True'), loud);
  assert.deepEqual(await told(model('CASCADE'), model('DB_CASCADE'), 'DB_CASCADE'), loud);
  assert.deepEqual(await found(key('PROTECT')), loud);
  const bySettings = alter('models.ForeignKey(on_delete=models.PROTECT, to=settings.AUTH_USER_MODEL)');
  assert.deepEqual(await found(models(model('CASCADE'), model('PROTECT')), bySettings), ['low By']);
  // The migration refers to another model than those of the change do.
  for (const to of ['"shop.Cart"', '"evil.User"'])
    assert.deepEqual(await told(model('CASCADE', '', to), model('PROTECT', '', to), 'PROTECT'), loud, to);
});
