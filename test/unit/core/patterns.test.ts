import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { RegExpParser } from '@eslint-community/regexpp';
import { analyse } from 'scslre';
import { createGrammars } from '../../../src/platform/grammars.ts';

const root = path.join(import.meta.dirname, '../../..');
const parser = new RegExpParser();

/** Whether there are texts for which a pattern takes exponential time: more than one way to read the same repetition. */
function isExponential(literal: string): boolean {
  const end = literal.lastIndexOf('/');
  const flags = parser.parseFlags(literal.slice(end + 1));
  const pattern = parser.parsePattern(literal, 1, end, { unicode: flags.unicode, unicodeSets: flags.unicodeSets });
  return analyse({ pattern, flags }, { reportTypes: { Move: false } }).reports.some((r) => r.exponential);
}

test('a pattern with two ways to read one repetition is known as exponential', () => {
  assert.ok(isExponential(String.raw`/^(?:[\w.]+|--directory)*\)$/`));
  assert.ok(!isExponential(String.raw`/^(?:[ \t]+[\w.-]+)*\)$/`));
});

/** With it each line start reads all blank lines below: the square of those that stand together. */
const crossesLines = (literal: string): boolean =>
  /\^(?:\\s|\[\^\\S\\n\])[*+]/.test(literal) && /\/[a-z]*m[a-z]*$/.test(literal);

test('a pattern for lines whose first blanks may be line ends is known', () => {
  assert.ok(crossesLines(String.raw`/a|^\s*#.*$/gm`));
  // A line separator is a line start, and a blank that is no line feed.
  assert.ok(crossesLines(String.raw`/a|^[^\S\n]*#.*$/gm`));
  assert.ok(!crossesLines(String.raw`/a|^[ \t]*#.*$/gm`));
});

test('no pattern of the product takes exponential time, or the square of empty lines', async () => {
  const grammars = createGrammars();
  await grammars.load('typescript');
  const found = new Map<string, string>();
  for (const name of fs.readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const tree = grammars.parse('typescript', fs.readFileSync(path.join(root, 'src', name), 'utf8'));
    for (const node of tree.rootNode.descendantsOfType('regex'))
      if (node) found.set(node.text, `${name}:${node.startPosition.row + 1}`);
    tree.delete();
  }
  assert.ok(found.size > 4000);
  const slow = [...found].filter(([literal]) => isExponential(literal) || crossesLines(literal));
  assert.deepEqual(
    slow.map(([literal, where]) => `${where} ${literal}`),
    [],
  );
});
