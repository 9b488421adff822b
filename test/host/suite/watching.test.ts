import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as vscode from 'vscode';
import { DiskEvents } from '../../../src/extension/diskEvents.ts';
import { EditWatcher } from '../../../src/extension/editWatcher.ts';
import type { EditOriginParams } from '../../../src/protocol.ts';
import { activate, fileUri } from './helpers.ts';

/** A watcher of our own beside the extension's, so that its verdicts can be seen. */
const verdicts: EditOriginParams[] = [];
let disk: DiskEvents;
let watcher: EditWatcher;
let serial = 0;

const code = `import * as path from 'path';

export interface Item {
    price: number;
    id: number;
}

export function total(items: Item[]): number {
    let sum = 0;
    for (const it of items) {
        sum += it.price;
    }
    return sum;
}
`;

async function scratch(text: string, extension = 'ts'): Promise<vscode.TextEditor> {
  const uri = fileUri(`src/watched${serial++}.${extension}`);
  await fs.writeFile(uri.fsPath, text);
  const editor = await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
  editor.options = { insertSpaces: true, tabSize: 4 };
  return editor;
}

const at = (line: number, character: number, endLine = line, endCharacter = character): vscode.Selection =>
  new vscode.Selection(line, character, endLine, endCharacter);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What the watcher said about the document, once it has said something about its newest version. */
async function said(document: vscode.TextDocument): Promise<EditOriginParams[]> {
  const mine = (): EditOriginParams[] => verdicts.filter((v) => v.uri === document.uri.toString());
  for (let waited = 0; waited < 8000; waited += 50) {
    if (mine().some((v) => v.version === document.version)) break;
    await pause(50);
  }
  return mine();
}

const words = (list: readonly EditOriginParams[]): string =>
  list.map((v) => `${v.origin.origin}/${v.cause}`).join(', ');

interface Command {
  readonly text?: string;
  readonly extension?: string;
  readonly selections: readonly vscode.Selection[];
  readonly run: string | ((editor: vscode.TextEditor) => Thenable<unknown>);
}

/** A command that does nothing until a language server is ready. */
const again =
  (command: string, argument?: unknown) =>
  async ({ document }: vscode.TextEditor): Promise<void> => {
    const before = document.version;
    for (let tries = 0; tries < 20 && document.version === before; tries++) {
      await vscode.commands.executeCommand(command, argument);
      await pause(1500);
    }
  };
const refactor = (kind: string): ReturnType<typeof again> =>
  again('editor.action.codeAction', { kind, apply: 'first' });

const conflict = 'a\n<<<<<<< HEAD\nconst mine = compute(1);\n=======\nconst theirs = evaluate(2);\n>>>>>>> topic\nb\n';
const html = '<body>\n    <p>one</p>\n    ul>li.item*3>a{click}\n</body>\n';

const commands: Record<string, Command> = {
  'upper case': { selections: [at(7, 16, 7, 21)], run: 'editor.action.transformToUppercase' },
  'snake case': { selections: [at(10, 15, 10, 20)], run: 'editor.action.transformToSnakecase' },
  'sorted lines': { selections: [at(3, 0, 4, 15)], run: 'editor.action.sortLinesAscending' },
  'duplicate lines removed': {
    text: 'a one\nb two\na one\n',
    selections: [at(0, 0, 3, 0)],
    run: 'editor.action.removeDuplicateLines',
  },
  'joined lines': { selections: [at(8, 4)], run: 'editor.action.joinLines' },
  'a line deleted': { selections: [at(8, 4)], run: 'editor.action.deleteLines' },
  'a line copied down': { selections: [at(8, 6)], run: 'editor.action.copyLinesDownAction' },
  'a line copied up': { selections: [at(8, 6)], run: 'editor.action.copyLinesUpAction' },
  'a line moved': { selections: [at(8, 6)], run: 'editor.action.moveLinesDownAction' },
  'a selection duplicated': { selections: [at(8, 4, 8, 16)], run: 'editor.action.duplicateSelection' },
  'a line inserted below': { selections: [at(8, 6)], run: 'editor.action.insertLineAfter' },
  'lines commented out': { selections: [at(8, 0, 11, 5)], run: 'editor.action.commentLine' },
  'a block comment': { selections: [at(8, 4, 8, 16)], run: 'editor.action.blockComment' },
  'lines indented': { selections: [at(8, 0, 11, 5)], run: 'editor.action.indentLines' },
  'letters transposed': { selections: [at(8, 6)], run: 'editor.action.transposeLetters' },
  'a tag expanded by Emmet': {
    text: html,
    extension: 'html',
    selections: [at(2, 25)],
    run: 'editor.emmet.action.expandAbbreviation',
  },
  'a tag removed by Emmet': {
    text: html,
    extension: 'html',
    selections: [at(1, 8)],
    run: 'editor.emmet.action.removeTag',
  },
  'a number raised by Emmet': {
    text: 'a { margin: 10px; }\n',
    extension: 'css',
    selections: [at(0, 13)],
    run: 'editor.emmet.action.incrementNumberByOne',
  },
  'our side of a conflict': { text: conflict, selections: [at(2, 3)], run: 'merge-conflict.accept.current' },
  'both sides of a conflict': { text: conflict, selections: [at(2, 3)], run: 'merge-conflict.accept.both' },
  'all of theirs': { text: conflict, selections: [at(0, 0)], run: 'merge-conflict.accept.all-incoming' },
  'a snippet': {
    selections: [at(12, 15)],
    run: () =>
      vscode.commands.executeCommand('editor.action.insertSnippet', {
        snippet: '\nconst ${1:promise} = new Promise((${2:resolve}, reject) => {\n\t$0\n});',
      }),
  },
  'a JSON document sorted': {
    text: '{\n  "zebra": 1,\n  "apple": { "y": 2, "x": 3 }\n}\n',
    extension: 'json',
    selections: [at(1, 3)],
    run: 'json.sort',
  },
  'a document formatted': {
    text: '{"zebra":1,\n"apple":{"y":2,"x":3}}',
    extension: 'json',
    selections: [at(0, 0)],
    run: 'editor.action.formatDocument',
  },
  'trailing blanks trimmed': {
    text: 'a   \nb  \n',
    selections: [at(0, 0)],
    run: 'editor.action.trimTrailingWhitespace',
  },
  'a search with a pattern replaced': {
    selections: [at(0, 0)],
    run: async () => {
      await vscode.commands.executeCommand('editor.actions.findWithArgs', {
        searchString: '(\\w+): number',
        replaceString: 'readonly $1: bigint',
        isRegex: true,
      });
      await pause(500);
      await vscode.commands.executeCommand('editor.action.replaceAll');
      await vscode.commands.executeCommand('closeFindWidget');
    },
  },
  'a function extracted': { selections: [at(9, 4, 11, 5)], run: refactor('refactor.extract.function') },
  'a constant extracted': { selections: [at(10, 15, 10, 23)], run: refactor('refactor.extract.constant') },
  'imports organised': {
    text: "import * as path from 'path';\nimport * as fs from 'fs';\nimport { join } from 'path';\n\nexport const a = join('x');\n",
    selections: [at(4, 0)],
    run: again('editor.action.organizeImports'),
  },
  'an interface implemented': {
    text: 'interface Repository {\n    findAll(): Promise<string[]>;\n    removeOne(key: string): void;\n    countRows(filter: RegExp): number;\n}\n\nexport class Store implements Repository {\n}\n',
    selections: [at(6, 16)],
    run: refactor('quickfix'),
  },
  'a missing function declared': {
    text: 'export const result = calculateEverything(1, "two");\n',
    selections: [at(0, 25)],
    run: refactor('quickfix'),
  },
  'an undo of another extension’s edit': {
    selections: [at(0, 0)],
    run: async (editor) => {
      const edit = new vscode.WorkspaceEdit();
      edit.insert(editor.document.uri, new vscode.Position(1, 0), '\n');
      await vscode.workspace.applyEdit(edit);
      await vscode.commands.executeCommand('undo');
    },
  },
};

describe('watching', () => {
  before(async () => {
    await activate();
    disk = new DiskEvents();
    watcher = new EditWatcher({
      send: (v) => verdicts.push(v),
      log: { debug: () => undefined, warn: () => undefined },
      disk,
    });
  });
  after(async () => {
    watcher.dispose();
    disk.dispose();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
  afterEach(() => vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor'));

  for (const [name, { text, extension, selections, run }] of Object.entries(commands)) {
    it(`does not call an AI: ${name}`, async () => {
      const editor = await scratch(text ?? code, extension);
      editor.selections = selections;
      await pause(100);
      const before = editor.document.version;
      await (typeof run === 'string' ? vscode.commands.executeCommand(run) : run(editor));
      for (let waited = 0; editor.document.version === before && waited < 5000; waited += 50) await pause(50);
      assert.notEqual(editor.document.version, before, 'the command changed the text');
      const list = await said(editor.document);
      assert.ok(list.length > 0, 'there is a verdict');
      assert.ok(!list.some((v) => v.origin.origin === 'ai'), words(list));
    });
  }

  it('calls text of another extension, away from the cursor, likely an AI’s', async () => {
    const editor = await scratch(code);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(
      editor.document.uri,
      new vscode.Position(14, 0),
      '\nexport function average(values: number[], fallback = 0): number {\n    const middle = Math.floor(values.length / 2);\n    return values[middle] ?? fallback;\n}\n',
    );
    await vscode.workspace.applyEdit(edit);
    const list = await said(editor.document);
    assert.match(words(list), /^ai\//);
    assert.equal(list[0]?.origin.evidence, 'heuristic');
  });

  it('calls text streamed by another extension likely an AI’s, from the first piece on', async () => {
    const editor = await scratch(code);
    for (const [i, line] of ['export const rows = [', "    'first',", "    'second',", '];'].entries()) {
      const edit = new vscode.WorkspaceEdit();
      edit.insert(editor.document.uri, new vscode.Position(14 + i, 0), `${line}\n`);
      await vscode.workspace.applyEdit(edit);
      await pause(40);
    }
    const list = await said(editor.document);
    assert.equal(list.length, 4);
    assert.ok(
      list.every((v) => v.origin.origin === 'ai'),
      words(list),
    );
  });

  it('says unknown of a file that another process writes', async () => {
    const editor = await scratch(code);
    await pause(300);
    await fs.writeFile(editor.document.uri.fsPath, `${code}\nexport const outside = true;\n`);
    const before = editor.document.version;
    for (let waited = 0; editor.document.version === before && waited < 10_000; waited += 50) await pause(50);
    assert.match(words(await said(editor.document)), /^unknown\//);
  });

  it('calls a paste at several cursors a person’s', async function () {
    const editor = await scratch(code);
    await vscode.env.clipboard.writeText('first thing \nsecond thing ');
    if ((await vscode.env.clipboard.readText()) === '') this.skip();
    editor.selections = [at(3, 4), at(4, 4)];
    await pause(100);
    const before = editor.document.version;
    await vscode.commands.executeCommand('editor.action.clipboardPasteAction');
    await pause(1000);
    // A browser may refuse a paste without a person's gesture.
    if (editor.document.version === before) this.skip();
    assert.match(words(await said(editor.document)), /^human\//);
  });
});
