import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
type File = { path: string; before: string | null; after: string | null };
const file = (path: string, before: string | null, after: string | null): File => ({ path, before, after });
const told = async (...files: File[]): Promise<string> =>
  (await classify(files, ctx)).findings
    .filter((f) => f.rule === 'tests-removed')
    .map((f) => f.tier)
    .join(' ');

const kept = 'def test_other(api):\n    assert api.get() == 1\n';
const tests = (gone: string, path = 'tests/test_hooks.py'): File => file(path, `${kept}\n\n${gone}`, kept);
const key = 'def event_collapse_key(event):\n    return event.endpoint\n\n\n';
const asks = 'def test_one_for_an_endpoint():\n    assert event_collapse_key(a) == event_collapse_key(b)\n';
const task = '@actor(key=event_collapse_key)\ndef failed(event):\n    go(event)\n';
const went = file('hooks/tasks.py', key + task, '@actor()\ndef failed(event):\n    go(event)\n');
/** What looks like the product, and has changed. */
const other = file('hooks/models.py', 'a = 1\n', 'a = 2\n');

test('a test of what the product lost in an edit is only noted', async () => {
  const edited = file('hooks/tasks.py', `x = 1\n${key}${task}`, 'x = 2\n@actor()\ndef failed(event):\n    go(event)\n');
  assert.equal(await told(edited, tests(asks)), 'low');
});

test('a test whose subject is there, has a new name, guards, or only passes by stays told', async () => {
  const edit = (after: string, before = `x = 1\n${key}${task}`): File => file('hooks/tasks.py', before, after);
  const without = 'x = 2\n@actor()\ndef failed(event):\n    go(event)\n';
  assert.equal(await told(other, tests(asks)), 'high', 'nothing went');
  assert.equal(await told(edit(`x = 2\n${key}${task}`), tests(asks)), 'high', 'it is there');
  assert.equal(await told(edit(without), file('hooks/b.py', 'b = 1\n', `b = 1\n${key}`), tests(asks)), 'high', 'moved');
  const renamed = `x = 2\ndef collapse_key_of(event):\n    return 1\n\n\n${task.replace('event_collapse_key', 'collapse_key_of')}`;
  assert.equal(await told(edit(renamed), tests(asks)), 'medium', 'another name');
  const body =
    '    first_part = event.endpoint.strip()\n    second_part = event.kind.lower()\n    return first_part\n\n\n';
  const long = `def event_collapse_key(event):\n${body}`;
  const elsewhere = file('hooks/b.py', 'b = 1\n', `b = 1\n\n\ndef grouping_of(event):\n${body}`);
  assert.equal(await told(edit(without, `x = 1\n${long}${task}`), tests(asks)), 'low');
  assert.equal(
    await told(edit(without, `x = 1\n${long}${task}`), elsewhere, tests(asks)),
    'medium',
    'another name in another file',
  );
  const local = 'def test_failed():\n    rounded_total = failed(a)\n    assert rounded_total == 1\n';
  const inlined = edit(
    'def failed(event):\n    return go(event)\n',
    'def failed(event):\n    rounded_total = go(event)\n    return rounded_total\n',
  );
  assert.equal(await told(inlined, tests(local)), 'high', "the test's own variable");
  const guarded = (text: string): string => text.replaceAll('event_collapse_key', 'event_token_key');
  assert.equal(await told(edit(without, guarded(`x = 1\n${key}${task}`)), tests(guarded(asks))), 'medium', 'guards');
  const patched =
    'def test_failed():\n    with mock.patch("hooks.tasks.event_collapse_key"):\n        assert failed(a) is None\n';
  assert.equal(await told(edit(without), tests(patched)), 'medium', 'only stands in');
  assert.equal(await told(edit(without), tests('def test_failed():\n    assert failed(a) is None\n')), 'high');
  assert.equal(await told(went, file('docs/a.md', 'a\n', 'b\n'), tests(kept.replace('other', 'more'))), 'high');
  // A test that stays names it as well: then it is the tests' own word.
  const named = `${kept}    assert event_collapse_key is None\n`;
  assert.equal(await told(edit(without), file('tests/test_hooks.py', `${named}\n\n${asks}`, named)), 'high');
});

const conf = (names: string[]): string =>
  names.map((n) => `register(\n    '${n}',\n    default='',\n)\n\n`).join('') + 'register(\n    "OTHER",\n)\n';
const defaults = (names: string[]): string => `${names.map((n) => `${n} = ''\n`).join('')}OTHER = ''\n`;
const radius = ['RADIUS_SERVER', 'RADIUS_PORT_NUMBER', 'RADIUS_SECRET'];
const settings = (names = radius, left: string[] = []): File[] => [
  file('sso/conf.py', conf(names), conf(left)),
  file('settings/defaults.py', defaults(names), defaults(left)),
];
const cleanup = file(
  'conf/migrations/0011_remove_radius.py',
  null,
  `KEYS = [\n    'RADIUS_SERVER',\n    'RADIUS_SECRET',\n]\n`,
);
const asksSecret =
  "def test_radius_settings(patch, settings):\n    patch(url, data={'RADIUS_SECRET': 'a'})\n    assert settings.RADIUS_SECRET == 'a'\n";

test('what a migration cleans up is no more in use, and settings go as a family', async () => {
  assert.equal(await told(...settings(), cleanup, tests(asksSecret)), 'low');
  assert.equal(await told(...settings(radius, ['RADIUS_SECRET']), cleanup, tests(asksSecret)), 'high');
  assert.equal(await told(...settings(['RADIUS_SECRET']), cleanup, tests(asksSecret)), 'medium', 'one setting alone');
  const limits = (text: string): string => text.replaceAll('RADIUS', 'LOCKOUT').replaceAll('radius', 'lockout');
  const guarding = [...settings(radius.map(limits)), cleanup].map((f) => ({ ...f, after: limits(f.after!) }));
  assert.equal(await told(...guarding, tests(limits(asksSecret))), 'medium', 'a guard with all its settings');
});

const spec = (gone: string): File =>
  file(
    'spec/applicant_spec.rb',
    `describe Applicant do\n  it 'has a name' do\n    expect(one.name).to eq 'a'\n  end\n${gone}end\n`,
    "describe Applicant do\n  it 'has a name' do\n    expect(one.name).to eq 'a'\n  end\nend\n",
  );
const offset = file(
  'lib/applicant.rb',
  'class Applicant\n  def date\n    offset = Store.mail_expiration_offset_hours.hours\n    at + offset\n  end\n\n  def mail_expiration_offset_hours\n    0\n  end\nend\n',
  'class Applicant\n  def date\n    at.end_of_day\n  end\nend\n',
);

test('what the heads over a test say, in the words of what went, is its subject; two words are a hint', async () => {
  const gone = (title: string): string =>
    `\n  context '${title}' do\n    it 'shows the day before' do\n      expect(one.day).to eq before\n    end\n  end\n`;
  assert.equal(await told(offset, spec(gone('with an offset to the expiration of a mail'))), 'low');
  assert.equal(await told(offset, spec(gone('with an offset of many hours'))), 'medium');
  assert.equal(await told(offset, spec(gone('with another day'))), 'high');
});

test('a test of what was registered, loaded or called by one word goes with it', async () => {
  const module = (name: string): string => `[submodule "ext/${name}"]\n\tpath = ext/${name}\n`;
  const list = (...names: string[]): string => module('tool-tip') + names.map(module).join('');
  const asksFor = (name: string): string =>
    `def test_${name.replaceAll('-', '_')}_is_there():\n    assert (root / 'ext' / '${name}').exists()\n`;
  const modules = file('.gitmodules', list('block-list-view'), list());
  assert.equal(await told(modules, tests(asksFor('block-list-view'))), 'low');
  const still = file('app/a.py', 'a = 1\n', 'a = "block-list-view"\n');
  assert.equal(await told(modules, still, tests(asksFor('block-list-view'))), 'high', 'the product names it');
  assert.equal(await told(modules, tests(asksFor('other-list-view'))), 'high', 'another');
  const login = file('.gitmodules', list('login-form-view'), list());
  assert.equal(await told(login, tests(asksFor('login-form-view'))), 'high', 'it guards');

  const part = '    if "collapsible-runner" not in names:\n        yield "collapsible-runner.js"\n';
  const files = (more: string): string => `def files(names):\n    yield from names\n${more}`;
  const branch = file('app/files.py', files(part), files(''));
  const runner = tests(
    'def test_adds_collapsible_runner():\n    assert any("collapsible-runner" in f for f in files(a))\n',
  );
  assert.equal(await told(branch, runner), 'medium');
  assert.equal(await told(file('app/files.py', files(part), `${files('')}# ${part}`), runner), 'high', 'still said');

  const rake = 'task :logging do\n  puts "started the task with a name"\n  puts "and finished it in time"\nend\n';
  const spec = file(
    'spec/tasks/logs_spec.rb',
    'describe "it" do\n  before { load Rails.root.join("lib/tasks/logs.rake") }\n\n  it "logs when Task started" do\n    expect(out).to eq("started")\n  end\nend\n',
    null,
  );
  assert.equal(await told(file('lib/tasks/logs.rake', rake, null), spec), 'low');
  assert.equal(
    await told(file('lib/tasks/logs.rake', rake, null), file('lib/tasks/log_lines.rake', null, rake), spec),
    'high',
    'moved',
  );

  const loading = (more: string): File => ({ ...spec, before: `${more}\n${spec.before}` });
  const gone = file('lib/tasks/logs.rake', rake, null);
  assert.equal(await told(gone, loading("require 'support/helper'\nrequire 'json'")), 'low');
  assert.equal(
    await told(gone, loading("require_relative '../../lib/orders/total'")),
    'high',
    'another part is loaded',
  );
  const total = file('lib/orders/total.rb', 'a = 1\n', 'a = 2\n');
  assert.equal(await told(gone, total, loading('require "total"')), 'high', 'another part is loaded');
  assert.equal(await told(gone, file('lib/tasks/lines.rake', null, 'b = 1\n'), spec), 'medium', 'another came');

  const go = 'package a\n\nfunc one() int {\n\treturn 1\n}\n';
  const contains = '\nfunc contains(all []string, s string) bool {\n\treturn find(all, s) >= 0\n}\n';
  const t = 'package a\n\nfunc TestOne(t *testing.T) {\n\tassert.Equal(t, 1, one())\n}\n';
  const taken = file(
    'a/a_test.go',
    `${t}\nfunc TestContains(t *testing.T) {\n\tassert.True(t, contains(all, "a"))\n}\n`,
    t,
  );
  assert.equal(await told(file('a/a.go', go + contains, `${go}\n// end\n`), taken), 'low');
  assert.equal(
    await told(file('other/of.go', go + contains, `${go}\n// end\n`), taken),
    'medium',
    'a short name of another folder',
  );
  assert.equal(
    await told(file('a/a.go', go + contains, go), file('a/b.go', go, go + contains), taken),
    'high',
    'moved',
  );
  assert.equal(
    await told(file('a/a.go', go + contains, `${go}\nvar contains = slices.Contains[[]string]\n`), taken),
    'high',
    'made anew',
  );
});

const client = (argument: string): string =>
  `import ssl\n\n\nclass Client:\n    def __init__(\n        self,\n${argument}        base: str = "",\n    ) -> None:\n        self.base = base\n`;
const takes = client('        app: typing.Callable[..., typing.Any] | None = None,\n');
const gives = 'def test_shortcut():\n    with pytest.warns(DeprecationWarning):\n        httpx.Client(app=hello)\n';

test('a test of an argument that is taken no more is only noted', async () => {
  assert.equal(await told(file('httpx/client.py', takes, client('')), tests(gives)), 'low');
  const kept = file('httpx/client.py', `${takes}\n\na = 1\n`, `${takes}\n\na = 2\n`);
  assert.equal(await told(kept, tests(gives)), 'high', 'it is taken still');
  const renamed = client('        application: typing.Any = None,\n').replace('base = base', 'app = application');
  assert.equal(await told(file('httpx/client.py', takes, renamed), tests(gives)), 'high', 'kept under its name');
  const loose = client('        **more,\n').replace('base = base', 'hello = more["app"]');
  assert.equal(await told(file('httpx/client.py', takes, loose), tests(gives)), 'high', 'taken among others');
  assert.equal(
    await told(
      file('httpx/other.py', takes.replace('Client', 'Other'), client('').replace('Client', 'Other')),
      tests(gives),
    ),
    'high',
    'of another class',
  );
  const more =
    'def test_refuses_a_debt():\n    a = httpx.Client(app=hello)\n    with pytest.raises(E):\n        a.pay(-1)\n';
  assert.equal(await told(file('httpx/client.py', takes, client('')), tests(more)), 'medium', 'it asks for more');
  const verify = (text: string): string => text.replaceAll('app', 'limit');
  assert.equal(
    await told(file('httpx/client.py', verify(takes), client('')), tests(verify(gives))),
    'medium',
    'it guards something',
  );
});

test('a test of a property that is gone is only noted', async () => {
  const url = (raw: string): string => `class URL:\n    def host(self) -> str:\n        return self.a\n${raw}`;
  const asked = 'def test_url_raw():\n    url = httpx.URL("https://a")\n    assert url.raw == 1\n';
  const raw = '\n    @property\n    def raw(self) -> int:\n        return 1\n';
  assert.equal(await told(file('httpx/urls.py', url(raw), url('')), tests(asked)), 'low');
  assert.equal(
    await told(file('httpx/urls.py', url(raw), url(raw.replace('1', '2'))), tests(asked)),
    'high',
    'only its body changed',
  );
  assert.equal(
    await told(file('httpx/urls.py', url(raw), url('')), tests(asked.replace('_raw', '_host'))),
    'high',
    'the test is about something else',
  );
});

test('a test that sets a field which the settings lost may have lost its subject', async () => {
  const settings = (field: string): string =>
    `package config\n\ntype Config struct {\n\tName string \`name:"name"\`\n${field}}\n`;
  const field = '\tEnableMigration        bool              `name:"enable_migration" default:"false"`\n';
  const stays = 'package a\n\nfunc TestOther(t *testing.T) {\n\tassert.Equal(t, 1, one())\n}\n';
  const gone =
    '\nfunc TestMigrate(t *testing.T) {\n\tc := New(Config{EnableMigration: false})\n\tassert.NoError(t, c.sync())\n}\n';
  const own = file('a/volumes_test.go', stays + gone, stays);
  assert.equal(await told(file('config/config.go', settings(field), settings('')), own), 'medium');
  assert.equal(
    await told(file('config/config.go', settings(field), settings(field.replace('"false"', '"true"'))), own),
    'high',
    'another default',
  );
});
