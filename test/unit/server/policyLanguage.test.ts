import assert from 'node:assert/strict';
import { test } from 'node:test';
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

test('no text and no position makes completion or hover fail', () => {
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
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), fc.nat(), fc.nat(), (parts, a, b) => {
      const lines = parts.join('').split(/\r\n|\n|\r/);
      const line = a % lines.length;
      const at = { line, character: b % ((lines[line]?.length ?? 0) + 1) };
      for (const item of policyCompletions(lines, at)) {
        const edit = item.textEdit as { range: { start: { character: number }; end: { character: number } } };
        assert.ok(edit.range.start.character <= edit.range.end.character && edit.range.start.character >= 0);
      }
      policyHover(lines, at);
      policyDiagnostics(lines.join('\n'), 'countersign.yaml', new Date(0));
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
