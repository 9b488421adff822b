import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageOf } from './harness.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';
import * as fc from 'fast-check';
import { parsePolicy } from '../../../src/core/policy/index.ts';
import {
  placeAt,
  policyCompletions,
  policyDiagnostics,
  policyHover,
  schemaAt,
} from '../../../src/server/policyLanguage.ts';

const sample = `version: 1
protected:
  - name: "production: all"   # a comment: here
    paths: ["infra/**", '!**/x']
    justification: { minLength: 20, ticket: "[A-Z]+-[0-9]+" }
rules:
  disable:
  - tls-verify-off
  custom:
    - { id: no-clock, message: Use the clock, pattern: "Date\\\\.now" }
agents:
  claude-code: { scope: ["src/**"], commands: { deny: ["terraform *"] } }
`;

const grammars = createGrammars();

test('a query is tried on the grammars it is for, and what is wrong stands at its line', async () => {
  const text = `version: 1
rules:
  custom:
    - id: good
      message: m
      languages: [python]
      query: '(call function: (identifier) @finding)'
    - id: misspelt
      message: m
      languages: [python, sql]
      query: '(cal) @finding'
    - id: everywhere
      message: m
      query: '(identifier) @finding'
    - id: open
      message: m
      languages: [go]
      query: >-
        (call_expression
`;
  const found = await policyDiagnostics(text, 'countersign.yaml', new Date(0), grammars);
  assert.deepEqual(
    found.map((d) => [d.range.start.line + 1, d.severity]),
    [
      [11, 1],
      [11, 2],
      [14, 2],
      [18, 1],
    ],
  );
  assert.match(messageOf(found[0]), /misspelt: the query does not fit python: Bad node name 'cal'/);
  assert.match(messageOf(found[1]), /no grammar for 'sql'/);
});

test('no text and no position makes completion or hover fail', async () => {
  const pieces = fc.constantFrom(
    'version',
    'protected',
    ':',
    ' ',
    '  ',
    '\n',
    '- ',
    '-',
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    "'",
    '#',
    'ä',
    '\t',
    '\r',
    'rules',
    'x',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(pieces, { maxLength: 60 }), fc.nat(), fc.nat(), async (parts, a, b) => {
      const lines = parts.join('').split(/\r\n|\n|\r/);
      const line = a % lines.length;
      const at = { line, character: b % ((lines[line]?.length ?? 0) + 1) };
      for (const item of policyCompletions(lines, at)) {
        const edit = item.textEdit as { range: { start: { character: number }; end: { character: number } } };
        assert.ok(edit.range.start.character <= edit.range.end.character && edit.range.start.character >= 0);
      }
      policyHover(lines, at);
      await policyDiagnostics(lines.join('\n'), 'countersign.yaml', new Date(0), grammars);
    }),
    { seed: 42, numRuns: 3000 },
  );
});

test('every position of a sample is found in the schema', () => {
  const lines = sample.split('\n');
  for (const [line, text] of lines.entries()) {
    if (text.trim() === '') continue;
    const indent = text.search(/[^\s-]/);
    const place = placeAt(lines, { line, character: indent });
    assert.ok(schemaAt(place.path), `${line}: ${place.path.join('.')}`);
  }
  assert.deepEqual(placeAt(lines, { line: 2, character: 4 }).path, ['protected', '*']);
  assert.deepEqual(placeAt(lines, { line: 3, character: 14 }).path, ['protected', '*', 'paths', '*']);
  assert.deepEqual(placeAt(lines, { line: 4, character: 22 }).path, ['protected', '*', 'justification']);
  assert.deepEqual(placeAt(lines, { line: 7, character: 6 }).path, ['rules', 'disable', '*']);
  assert.deepEqual(placeAt(lines, { line: 9, character: 8 }).path, ['rules', 'custom', '*']);
  assert.deepEqual(placeAt(lines, { line: 11, character: 50 }).path, ['agents', 'claude-code', 'commands']);
});

test('what completion writes for a new file is a valid policy', () => {
  let text = 'version: 1\n';
  for (const key of ['protected', 'commit', 'guard', 'audit']) {
    const lines = text.split('\n');
    const item = policyCompletions(lines, { line: lines.length - 1, character: 0 }).find((i) => i.label === key);
    assert.ok(item, key);
    // A snippet with its placeholders and first choices taken.
    const inserted = (item.textEdit as { newText: string }).newText
      .replace(/\$\{\d+\|([^,|]*)[^}]*\}/g, '$1')
      .replace(/\$\{\d+:([^}]*)\}/g, '$1')
      .replace(/\$\d+/g, '');
    text += inserted.endsWith('\n') ? inserted : `${inserted}\n`;
    if (/:\n\s*$/.test(text)) {
      const open = text.replace(/\s+$/, '\n  ').split('\n');
      const [inner] = policyCompletions(open, { line: open.length - 1, character: 2 });
      assert.ok(inner, key);
      const value = (inner.textEdit as { newText: string }).newText.replace(/\$\{\d+[|:]([^,|}]*)[^}]*\}/g, '$1');
      text = `${open.join('\n')}${value}\n`;
    }
  }
  assert.deepEqual(parsePolicy(text, 'countersign.yaml').problems, [], text);
});
