import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyFile } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
const tiers = async (after: string): Promise<string> =>
  (await classifyFile({ path: 'web/list.js', before: null, after }, ctx)).findings
    .filter((f) => f.rule === 'cross-site-scripting')
    .map((f) => f.tier)
    .join(', ');

const escapes =
  "const escapeHTML = (s) => String(s).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/\"/g, '&quot;');\n";
const page = (piece: string, head = escapes, more = ''): string =>
  `${head}function row(r) {\n  return \`<i>\${escapeHTML(r.id)}</i>\`;\n}\nfunction show(box, rows) {\n  let html = '<ul>';\n  rows.forEach((r) => {\n    html += \`<li>\${${piece}}</li>\`;\n  });\n${more}  html += '</ul>';\n  box.innerHTML = html;\n}\n`;

test('a page that is put together of escaped pieces, texts and numbers is none', async () => {
  for (const piece of [
    'escapeHTML(r.name)',
    'row(r)',
    'rows.length',
    "r.open ? escapeHTML(r.name) : '–'",
    'r.open ? `<b title="${escapeHTML(r.name)}"></b>` : \'\'',
    "r.tags.map((t) => `<b>${escapeHTML(t)}</b>`).join('')",
  ])
    assert.equal(await tiers(page(piece)), '', piece);
  const imported = "import { escapeHTML } from './text.js';\n";
  assert.equal(await tiers(page('escapeHTML(r.name)', imported)), '');
});

test('a word that the program chooses among others is asked about, and no more', async () => {
  assert.equal(await tiers(page('escapeHTML(r.name) + r.status')), 'medium');
  assert.equal(await tiers(page("'<b class=\"is-' + r.status + '\">' + escapeHTML(r.name)")), 'medium');
  assert.equal(await tiers(page('r.status')), 'high', 'nothing is escaped');
  assert.equal(await tiers(page('escapeHTML(r.name) + `<a href="${r.status}">`')), 'high', 'an address');
  assert.equal(await tiers(page('escapeHTML(r.name) + location.hash.filter')), 'high', 'the address of the page');
});

test('one piece that is not escaped where it stands is enough', async () => {
  for (const piece of [
    'r.name',
    'escapeHTML(r.name) + r.name',
    'r.open ? escapeHTML(r.name) : r.name',
    '`<a href="${escapeHTML(r.name)}"></a>`',
    '`<a title=${escapeHTML(r.name)}></a>`',
    "r.tags.map((t) => `<b>${t}</b>`).join('')",
    "r.tags.map((html) => `<b>${html}</b>${escapeHTML(html)}`).join('')",
    'decode(escapeHTML(r.name))',
    'escapeHTML(r.name).replaceAll("&lt;", "<")',
    'render(r)',
  ])
    assert.equal(await tiers(page(piece)), 'high', piece);
  assert.equal(await tiers(page('escapeHTML(r.name)', 'const escapeHTML = (s) => s;\n')), 'high', 'escapes nothing');
  assert.equal(await tiers(page('escapeHTML(r.name)', escapes, '  html += box.title;\n')), 'high', 'and another one');
  assert.equal(await tiers(page('escapeHTML(r.name)', escapes, '  html = html.replace("x", box.title);\n')), 'high');
  const noQuotes = escapes.replace(".replace(/\"/g, '&quot;')", '');
  assert.equal(await tiers(page('`<b title="${escapeHTML(r.name)}"></b>`', noQuotes)), 'high', 'quotes stay');
});

test('a list of own texts that nobody else gets hold of is joined', async () => {
  const table = (more: string): string =>
    `function head(box, wide, rows) {\n  const cells = ['<th>a</th>', '<th>b</th>'];\n  if (wide) cells.push('<th>c</th>');\n${more}  box.innerHTML = \`<tr>\${cells.join('')}</tr>\`;\n}\n`;
  assert.equal(await tiers(table('')), '');
  assert.equal(await tiers(table('  cells.push(rows[0]);\n')), 'high');
  assert.equal(await tiers(table('  fill(cells, rows);\n')), 'high');
  assert.equal(await tiers(table('  cells[0] = rows[0];\n')), 'high');
});
