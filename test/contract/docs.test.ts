/** The README's tables are what the code says, and its pictures are there and of a kind that vsce takes. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, it } from 'node:test';
import { withTables } from '../tools/docs.ts';
import { read, root } from './sources.ts';

describe('README', () => {
  const text = read('README.md');

  it('has the tables that the code gives (npm run docs writes them)', () => assert.equal(text, withTables(text)));

  it('shows pictures that exist, as PNG', () => {
    const pictures = [...text.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map((m) => m[1] ?? '');
    assert.ok(pictures.length >= 3, 'a newcomer sees it at work');
    for (const picture of pictures) {
      assert.match(picture, /^media\/readme\/[\w-]+\.png$/);
      const head = fs.readFileSync(path.join(root, picture)).subarray(1, 4).toString();
      assert.equal(head, 'PNG', picture);
    }
  });

  it('says the test command, the start command and the limits', () => {
    for (const needle of ['npm ci && npm test', 'npm ci && npm start', '--no-verify', 'telemetry', '50 MiB']) {
      assert.ok(text.includes(needle), needle);
    }
  });
});

describe('CHANGELOG', () => {
  it('keeps unreleased changes on top', () =>
    assert.match(read('CHANGELOG.md'), /^# Changelog[\s\S]*?\n## \[Unreleased\]\n/));
});
