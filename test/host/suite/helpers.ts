/** What the suites share: the workspace folder, edits by "another extension", and waiting for what the user would see. */
import assert from 'node:assert/strict';
import * as path from 'node:path';
import * as vscode from 'vscode';

export const extensionId = 'countersign.countersign';

export function folder(): string {
  const first = vscode.workspace.workspaceFolders?.[0];
  assert.ok(first, 'a folder is open');
  return first.uri.fsPath;
}

export const fileUri = (name: string): vscode.Uri => vscode.Uri.file(path.join(folder(), name));

export async function activate(): Promise<vscode.Extension<unknown>> {
  const extension = vscode.extensions.getExtension(extensionId);
  assert.ok(extension, 'Countersign is installed');
  await extension.activate();
  return extension;
}

export async function open(name: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(fileUri(name));
  await vscode.window.showTextDocument(document);
  return document;
}

/** An edit as an extension makes it: not at the cursor, not by keyboard. */
export async function replace(document: vscode.TextDocument, old: string, text: string): Promise<void> {
  const at = document.getText().indexOf(old);
  assert.ok(at >= 0, `'${old}' is in ${document.uri.fsPath}`);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(document.positionAt(at), document.positionAt(at + old.length)), text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

/** Takes a document back to what is on disk and closes its editor. */
export async function revert(document: vscode.TextDocument): Promise<void> {
  await vscode.window.showTextDocument(document);
  await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
}

/** Our diagnostics of a document as soon as they satisfy `wanted`. */
export async function diagnostics(
  uri: vscode.Uri,
  what: string,
  wanted: (found: readonly vscode.Diagnostic[]) => boolean,
  ms = 60_000,
): Promise<readonly vscode.Diagnostic[]> {
  const ours = (): readonly vscode.Diagnostic[] =>
    vscode.languages.getDiagnostics(uri).filter((d) => d.source === 'Countersign');
  if (wanted(ours())) return ours();
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer);
      listener.dispose();
    };
    const timer = setTimeout(() => {
      done();
      const seen = ours().map((d) => `${d.range.start.line + 1}: ${d.message}`);
      reject(new Error(`not within ${ms} ms: ${what}; seen: ${seen.join(' | ') || 'nothing'}`));
    }, ms);
    const listener = vscode.languages.onDidChangeDiagnostics(() => {
      if (!wanted(ours())) return;
      done();
      resolve(ours());
    });
  });
}

/** New code as an agent writes it: several lines, one of them switches the check of certificates off. */
export const riskyTypeScript = `

/** Charges an order at the staging provider, which has a certificate of its own making. */
export async function charge(order: string, cents: number): Promise<boolean> {
  const options = { method: 'POST', body: String(cents), rejectUnauthorized: false };
  const answer = await send(paymentUrl(order), options);
  return answer.status === 201;
}
`;

export const riskyPython = `


def staging_rates(currency: str) -> dict[str, float]:
    """Rates of the staging provider, which has a certificate of its own making."""
    address = f"https://staging.example.invalid/{currency}"
    answer = requests.get(address, timeout=10, verify=False)
    return answer.json()["rates"]
`;

/** Puts text behind the last line, as an extension does. */
export async function append(document: vscode.TextDocument, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.insert(document.uri, document.lineAt(document.lineCount - 1).range.end, text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}
