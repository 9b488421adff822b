import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyFile } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
const tiers = async (before: string, after: string): Promise<string> =>
  (await classifyFile({ path: 'web/panel.js', before, after }, ctx)).findings
    .filter((f) => f.rule === 'safeguard-removed')
    .map((f) => f.tier)
    .join(', ');
const method = (body: string, name = '_drawRows'): string => `  ${name}(rows) {\n${body}  }\n\n`;
const drawn = (put = 'escapeHtml(row.mode)', into = 'list.innerHTML = html'): string =>
  `    const html = rows.map((row) => \`\n      <li>\${${put}}</li>\n    \`).join('')\n    ${into}\n`;
const panel = (...methods: string[]): string =>
  `import { escapeHtml } from './text'\n\nexport class Panel {\n${methods.join('')}  show(rows) {\n    this.shown = rows\n  }\n}\n`;

test('what escaped a value and went with its method and its sink is a low remark', async () => {
  const before = panel(method(drawn()));
  assert.equal(await tiers(before, panel()), 'low');
  for (const [why, now] of Object.entries({
    'the method stays without it': panel(method(drawn('row.mode'))),
    'the value goes into markup elsewhere': panel().replace('this.shown = rows', 'list.innerHTML = rows[0].mode'),
    'it is still called': panel().replace('this.shown = rows', 'this._drawRows(rows)'),
    'the method has another name': panel(method(drawn('row.mode'), '_draw')),
  }))
    assert.match(await tiers(before, now), /high|critical/, why);
  assert.equal(await tiers(panel(method(drawn(undefined, 'return html'))), panel()), 'high', 'the sink was elsewhere');
  assert.equal(
    await tiers(panel(method(drawn().replace('escapeHtml(row.mode)', 'requireAdmin(row)'))), panel()),
    'critical',
    'no escaping',
  );
});

test('a path that is cleaned to be compared, and resolved for that now, is a low remark', async () => {
  const go = (lines: string): string =>
    `package a\n\nfunc has(all []M, dir, path string) (bool, error) {\n\tfor _, m := range all {\n${lines}\t\t\treturn true, nil\n\t\t}\n\t}\n\treturn false, nil\n}\n`;
  const before = go('\t\tif filepath.Clean(m.Path) == path {\n');
  const now = (made: string, asked = 'found == path'): string =>
    go(`\t\t${made}\n\t\tif err != nil {\n\t\t\treturn false, err\n\t\t}\n\t\tif ${asked} {\n`);
  const weigh = async (was: string, after: string): Promise<string> =>
    (await classifyFile({ path: 'a.go', before: was, after }, ctx)).findings
      .filter((f) => f.rule === 'safeguard-removed')
      .map((f) => f.tier)
      .join(', ');
  assert.equal(await weigh(before, now('found, err := workspace.ResolvePath(dir, m.Path)')), 'low');
  assert.equal(await weigh(before, now('found, err := workspace.ResolvePath(dir, path)')), 'high', 'another path');
  assert.equal(await weigh(before, now('found, err := workspace.Named(dir, m.Path)')), 'high', 'says nothing');
  assert.equal(await weigh(before, now('found, err := workspace.ResolvePath(dir, m.Path)', 'm.Path == path')), 'high');
  assert.equal(await weigh(before, go('\t\tif m.Path == path {\n')), 'high', 'nothing instead');
  const guard = before.replace('== path', '== m.Path');
  assert.equal(await weigh(guard, now('found, err := workspace.ResolvePath(dir, m.Path)', 'found == m.Path')), 'high');
});
