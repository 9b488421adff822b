import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { activate, fileUri } from './helpers.ts';

/** As the Settings page does it, and as an agent would: through a document that no tab shows. */
async function writeHidden(text: string): Promise<boolean> {
  const uri = fileUri('.vscode/settings.json');
  const document = await vscode.workspace.openTextDocument(uri);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(uri, new vscode.Range(0, 0, document.lineCount, 0), text);
  await vscode.workspace.applyEdit(edit);
  return document.save();
}

describe('workspace settings', () => {
  const file = (): string => fileUri('.vscode/settings.json').fsPath;

  before(async () => {
    await activate();
    await fs.mkdir(path.dirname(file()), { recursive: true });
    await fs.writeFile(file(), '{}\n');
  });

  after(async () => {
    await vscode.window.showTextDocument(vscode.Uri.file(file()));
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await fs.rm(path.dirname(file()), { recursive: true, force: true });
  });

  it('that neither run nor guard anything are saved without a question', async () => {
    assert.equal(await writeHidden('{ "editor.rulers": [100] }\n'), true);
    assert.match(await fs.readFile(file(), 'utf8'), /rulers/);
  });

  it('that would lift a guard are held', async () => {
    const before = await fs.readFile(file(), 'utf8');
    for (const key of ['countersign.saveGuard.builtInPaths', 'chat.tools.global.autoApprove', 'git.path']) {
      assert.equal(await writeHidden(`{ "editor.rulers": [100], "${key}": false }\n`), false, key);
      assert.equal(await fs.readFile(file(), 'utf8'), before, key);
    }
  });
});
