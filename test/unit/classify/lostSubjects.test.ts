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
