import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
const tiers = async (after: string): Promise<string> =>
  (await classify([{ path: 'web/panel.js', before: null, after }], ctx)).findings
    .filter((f) => f.rule === 'cross-site-scripting')
    .map((f) => f.tier)
    .join(', ');
const posted = (shown: string, head = 'ajaxPost(form, null, null, function (data) {'): string =>
  `function show() {\n  var form = $('#form-save');\n  ${head}\n    ${shown}\n  });\n}\n`;

test('what the own server rendered is a lesser remark, once a file', async () => {
  const shown = "$('#result').html(data);";
  assert.equal(await tiers(posted(shown)), 'medium');
  assert.equal(await tiers(posted(shown) + posted(shown)), 'medium');
  assert.equal(await tiers(posted("document.getElementById('result').innerHTML = data;")), 'medium');
  for (const head of [
    "$.get('ajax/list.php?id=' + id, function (data) {",
    "$.post($(this).data('url'), form.serialize(), (data) => {",
    "ajaxPost($('#form-save'), null, null, async function (data) {",
  ])
    assert.equal(await tiers(posted(shown, head)), 'medium', head);
  assert.equal(
    await tiers("$.ajax({ url: '/panel/list', success: function (data) {\n  $('#result').html(data);\n} });\n"),
    'medium',
  );
});

test('a part of an answer, a changed one, and one from elsewhere stay loud', async () => {
  for (const shown of [
    "$('#result').html(data.message);",
    "$('#result').html('<b>' + data + '</b>');",
    "data = location.hash;\n    $('#result').html(data);",
    "names.forEach(function (data) { $('#result').html(data); });",
    "const draw = (data) => { $('#result').html(data); };\n    draw(location.hash);",
    "$('#result').html(form);",
  ])
    assert.match(await tiers(posted(shown)), /high/, shown);
  for (const head of [
    'ajaxPost(url, null, null, function (data) {',
    "$.get('https://widgets.example.org/list', function (data) {",
    "$.get('//widgets.example.org/list', function (data) {",
    "$.get('/' + place, function (data) {",
    '$.get(location.hash.slice(1), function (data) {',
    "$.get('ajax/list', function (status, data) {",
    "$.get('ajax/list.json', function (data) {",
    "socket.on('ajax/list', function (data) {",
    "each('ajax/list', function (data) {",
  ])
    assert.match(await tiers(posted("$('#result').html(data);", head)), /high/, head);
  assert.equal(
    await tiers(
      "$.ajax({ url: '/a/list', dataType: 'json', success: function (data) {\n  $('#r').html(data);\n} });\n",
    ),
    'high',
  );
  assert.equal(
    await tiers("$.ajax({ url: '/a/list', error: function (data) {\n  $('#r').html(data);\n} });\n"),
    'high',
  );
});
