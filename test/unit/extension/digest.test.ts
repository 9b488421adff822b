import assert from 'node:assert/strict';
import { it } from 'node:test';
import type * as vscode from 'vscode';
import { digestOf } from '../../../src/extension/digest.ts';

void it('reads a version of a document once, and the next one anew', () => {
  let [text, version, read] = ['a', 1, 0];
  const document = {
    get version() {
      return version;
    },
    getText() {
      read++;
      return text;
    },
  } as unknown as vscode.TextDocument;
  const first = digestOf(document);
  assert.equal(digestOf(document), first);
  assert.equal(read, 1);
  [text, version] = ['b', 2];
  const second = digestOf(document);
  assert.notEqual(second, first);
  assert.equal(read, 2);
  [text, version] = ['a', 3];
  assert.equal(digestOf(document), first);
});
