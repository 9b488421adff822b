import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activate, append, diagnostics, open, replace, revert, riskyPython, riskyTypeScript } from './helpers.ts';

describe('diagnostics', () => {
  before(activate);

  it("labels another extension's edit on the changed lines only", async () => {
    const document = await open('src/payments.ts');
    const first = document.lineCount - 1;
    await append(document, riskyTypeScript);
    const line = document
      .getText()
      .split('\n')
      .findIndex((l) => l.includes('rejectUnauthorized: false'));
    const found = await diagnostics(document.uri, 'a finding on the changed line', (d) => d.length > 0);
    for (const one of found) {
      assert.ok(one.range.start.line >= first, one.message);
      assert.notEqual(one.severity, vscode.DiagnosticSeverity.Error, 'nothing is blocked here');
      assert.ok(typeof one.code === 'object' && one.code.target.scheme === 'https', 'the code links to its rule');
    }
    assert.ok(
      found.some((one) => one.range.start.line === line),
      found.map((one) => one.message).join(),
    );
    await revert(document);
  });

  it('leaves when the change is taken back', async () => {
    const document = await open('src/report.py');
    await append(document, riskyPython);
    await diagnostics(document.uri, 'a finding', (d) => d.length > 0);
    await vscode.commands.executeCommand('undo');
    await diagnostics(document.uri, 'no finding', (d) => d.length === 0);
    await revert(document);
  });

  it('says nothing about old risks that nobody touched', async () => {
    const document = await open('Dockerfile');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const ours = vscode.languages.getDiagnostics(document.uri).filter((d) => d.source === 'Countersign');
    assert.deepEqual(ours, []);
  });
});

describe('policy file', () => {
  before(activate);

  it('shows an error at the line that is wrong, and takes it away when it is right', async () => {
    const document = await open('countersign.yaml');
    const line = document
      .getText()
      .split('\n')
      .findIndex((l) => l.includes('ai: prohibit'));
    await replace(document, 'ai: prohibit', 'ai: perhaps');
    const found = await diagnostics(document.uri, 'an error', (d) => d.length > 0);
    assert.equal(found[0]?.range.start.line, line);
    assert.equal(found[0]?.severity, vscode.DiagnosticSeverity.Error);
    await replace(document, 'ai: perhaps', 'ai: prohibit');
    await diagnostics(document.uri, 'no error', (d) => d.every((x) => x.severity !== vscode.DiagnosticSeverity.Error));
    await revert(document);
  });

  it('completes keys', async () => {
    const document = await open('countersign.yaml');
    const last = document.lineCount - 1;
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, document.lineAt(last).range.end, '\n');
    await vscode.workspace.applyEdit(edit);
    const at = document.lineAt(document.lineCount - 1).range.end;
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      at,
    );
    const labels = list.items.map((i) => (typeof i.label === 'string' ? i.label : i.label.label));
    assert.ok(
      labels.some((l) => l.startsWith('exceptions')),
      labels.join(', '),
    );
    await revert(document);
  });
});
