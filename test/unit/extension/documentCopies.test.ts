import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type * as vscode from 'vscode';
import { DocumentCopies } from '../../../src/extension/documentCopies.ts';

/** As much of a document as copies need; says how often its text was put together. */
class FakeDocument {
  lines: string[];
  version = 1;
  readonly isClosed = false;
  texts = 0;
  readonly uri: { readonly scheme: string; readonly path: string; toString(): string };

  constructor(lines: string[], scheme = 'file') {
    this.lines = lines;
    this.uri = { scheme, path: '/a.txt', toString: () => `${scheme}:///a.txt` };
  }
  get lineCount(): number {
    return this.lines.length;
  }
  lineAt(line: number): { range: { end: { line: number; character: number } } } {
    return { range: { end: { line, character: this.lines[line]?.length ?? 0 } } };
  }
  offsetAt({ line, character }: { line: number; character: number }): number {
    return this.lines.slice(0, line).reduce((n, l) => n + l.length + 1, 0) + character;
  }
  getText(): string {
    this.texts++;
    return this.lines.join('\n');
  }
  /** Puts a text in front of a line, as an event would tell. */
  insert(line: number, text: string): { range: vscode.Range; text: string; rangeLength: number }[] {
    this.lines[line] = text + (this.lines[line] ?? '');
    this.version++;
    const at = { line, character: 0 };
    return [{ range: { start: at, end: at } as vscode.Range, text, rangeLength: 0 }];
  }
  get asDocument(): vscode.TextDocument {
    return this as unknown as vscode.TextDocument;
  }
}

const uri = 'file:///a.txt';

describe('copies of documents', () => {
  let copies: DocumentCopies;
  beforeEach(() => {
    copies = new DocumentCopies();
  });
  afterEach(() => copies.dispose());

  it('copies a small document at once and follows it', () => {
    const document = new FakeDocument(['one', 'two']);
    copies.open(document.asDocument);
    const { changes, knows } = copies.apply(document.asDocument, uri, document.insert(0, 'x '));
    assert.equal(changes[0]?.deleted, '');
    assert.equal(knows?.('two'), true);
    assert.equal(knows?.('three'), false);
    assert.equal(document.texts, 1);
  });

  it('copies a larger one a turn later', async () => {
    const document = new FakeDocument(Array.from({ length: 6000 }, (_, i) => `line ${i}`));
    copies.open(document.asDocument);
    assert.equal(copies.has(uri), false);
    await pause(20);
    assert.equal(copies.has(uri), true);
  });

  for (const [what, lines] of [
    ['long lines', Array.from({ length: 100 }, () => 'x'.repeat(30_000))],
    ['many lines', Array.from({ length: 60_000 }, () => 'x')],
  ] as const)
    it(`never puts together the text of a document with too ${what}, however often it changes`, async () => {
      const document = new FakeDocument([...lines]);
      copies.open(document.asDocument);
      for (let i = 0; i < 20; i++) {
        const { changes, knows } = copies.apply(document.asDocument, uri, document.insert(3, 'y'));
        assert.equal(changes.length, 1);
        assert.equal(knows, undefined);
        await pause(2);
      }
      assert.equal(document.texts, 0);
    });

  it('begins anew after a version that it has not seen, and after closing', async () => {
    const document = new FakeDocument(['one']);
    copies.open(document.asDocument);
    const change = document.insert(0, 'x');
    document.version = 1;
    assert.equal(copies.apply(document.asDocument, uri, change).knows, undefined);
    await pause(20);
    assert.equal(copies.has(uri), true);
    copies.close(document.asDocument);
    assert.equal(copies.has(uri), false);
  });

  it('leaves the editor’s own surfaces alone', async () => {
    const document = new FakeDocument(['one'], 'output');
    copies.open(document.asDocument);
    await pause(20);
    assert.equal(document.texts, 0);
  });

  it('knows by its path alone which file it may have, whatever the case of a drive’s letter', () => {
    const document = new FakeDocument(['one']);
    Object.assign(document, { uri: { scheme: 'file', path: '/C:/a.txt', toString: () => 'file:///c%3A/a.txt' } });
    assert.equal(copies.mayHave('/c:/a.txt'), false);
    copies.open(document.asDocument);
    assert.deepEqual(
      ['/c:/a.txt', '/C:/a.txt', '/C:/A.txt', '/a.txt'].map((path) => copies.mayHave(path)),
      [true, true, false, false],
    );
    copies.close(document.asDocument);
    assert.equal(copies.mayHave('/c:/a.txt'), false);
  });

  it('keeps at most 200', () => {
    for (let i = 0; i < 210; i++) {
      const document = new FakeDocument(['one']);
      Object.assign(document, { uri: { scheme: 'file', path: `/${i}`, toString: () => `file:///${i}` } });
      copies.open(document.asDocument);
    }
    assert.equal(copies.has('file:///9'), false);
    assert.equal(copies.has('file:///10'), true);
    assert.deepEqual([copies.mayHave('/9'), copies.mayHave('/10')], [false, true]);
  });
});
