import assert from 'node:assert/strict';
import * as vscode from 'vscode';

const id = 'countersign.countersign';

describe('activation', () => {
  it('activates and says so within its budget', async () => {
    const extension = vscode.extensions.getExtension(id);
    assert.ok(extension, 'the extension is installed');
    await extension.activate();
    assert.ok(extension.isActive);
  });

  it('registers exactly the commands that the manifest declares', async () => {
    const extension = vscode.extensions.getExtension(id);
    assert.ok(extension);
    await extension.activate();
    const manifest = extension.packageJSON as { contributes: { commands: { command: string }[] } };
    const declared = manifest.contributes.commands.map((c) => c.command).sort();
    const registered = (await vscode.commands.getCommands(true)).filter((c) => c.startsWith('countersign.'));
    // VS Code makes commands of its own for views: `<view>.focus`, `.open`, `.resetViewLocation` and the like.
    const views = Object.values(
      (extension.packageJSON as { contributes: { views?: Record<string, { id: string }[]> } }).contributes.views ?? {},
    )
      .flat()
      .map((v) => v.id);
    const own = registered.filter((c) => !views.some((v) => c.startsWith(`${v}.`))).sort();
    assert.deepEqual(own, declared);
  });
});
