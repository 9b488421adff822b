import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as vscode from 'vscode';
import { activate, open, replace, revert } from './helpers.ts';

const disk = (document: vscode.TextDocument): Promise<string> => fs.readFile(document.uri.fsPath, 'utf8');

describe('save guard', () => {
  before(activate);

  it('vetoes the save of an unjustified AI edit to a protected file', async () => {
    const document = await open('infra/main.tf');
    const before = await disk(document);
    await replace(document, '10.20.0.0/16', '0.0.0.0/0');
    assert.equal(await document.save(), false, 'save() says it did not save');
    assert.ok(document.isDirty, 'the text is still in the editor');
    assert.ok(document.getText().includes('0.0.0.0/0'));
    assert.equal(await disk(document), before, 'the disk is as it was');
    await revert(document);
  });

  it('vetoes it in Save All as well, and saves the others', async () => {
    const guarded = await open('infra/database.tf');
    const free = await open('src/items.ts');
    const before = await disk(guarded);
    await replace(guarded, 'deletion_protection     = true', 'deletion_protection     = false');
    await replace(free, '/** In cents. */', '/** In cents, tax not included. */');
    await vscode.workspace.saveAll();
    assert.equal(await disk(guarded), before);
    assert.ok(guarded.isDirty);
    assert.match(await disk(free), /tax not included/);
    await revert(guarded);
  });

  it('holds against saveWithoutFormatting', async () => {
    const document = await open('infra/main.tf');
    const before = await disk(document);
    await replace(document, '10.20.0.0/16', '10.0.0.0/8');
    await vscode.commands.executeCommand('workbench.action.files.saveWithoutFormatting');
    assert.equal(await disk(document), before);
    assert.ok(document.isDirty);
    await revert(document);
  });

  it('never comes between an unprotected file and its disk', async () => {
    const document = await open('src/cart.ts');
    await replace(document, 'taxRate = 0.2;', 'taxRate = 0.25;');
    assert.equal(await document.save(), true);
    assert.match(await disk(document), /taxRate = 0\.25;/);
  });

  it('lets a change through that a person takes back to what is on disk', async () => {
    const document = await open('infra/main.tf');
    await replace(document, '10.20.0.0/16', '0.0.0.0/0');
    await replace(document, '0.0.0.0/0', '10.20.0.0/16');
    assert.equal(await document.save(), true);
    await revert(document);
  });
});
