/**
 * Does this host honour our veto? Tried on a scratch file of our own, off the activation path: where it does not
 * (an old base, a fork), the guard falls back to taking the change back during the save.
 */
import * as vscode from 'vscode';
import { describe, type Log } from './log.ts';
import type { SaveListener } from './veto.ts';

/** The document that is being probed with; the guard holds it, whatever the policy says. */
let scratch: string | undefined;

export const isScratch = (uri: vscode.Uri): boolean => scratch !== undefined && uri.toString() === scratch;

export async function probeVeto(context: vscode.ExtensionContext, log: Log): Promise<boolean> {
  const started = Date.now();
  const uri = vscode.Uri.joinPath(context.globalStorageUri, `probe-${process.pid}-${started}.txt`);
  try {
    await vscode.workspace.fs.createDirectory(context.globalStorageUri);
    await vscode.workspace.fs.writeFile(uri, new Uint8Array());
    // Opened without an editor: no tab, no focus change.
    const document = await vscode.workspace.openTextDocument(uri);
    scratch = uri.toString();
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, new vscode.Position(0, 0), 'probe');
    await vscode.workspace.applyEdit(edit);
    const saved = await document.save();
    const bytes = await vscode.workspace.fs.readFile(uri);
    const isHonoured = !saved && bytes.length === 0;
    // Empty again, it is like on disk: the save passes and leaves nothing dirty behind.
    scratch = undefined;
    const back = new vscode.WorkspaceEdit();
    back.replace(uri, new vscode.Range(0, 0, document.lineCount, 0), '');
    await vscode.workspace.applyEdit(back);
    await document.save();
    log.info(`save veto ${isHonoured ? 'honoured' : 'NOT honoured'} by this editor (${Date.now() - started} ms)`);
    return isHonoured;
  } catch (error) {
    log.warn(`save veto could not be probed: ${describe(error)}`);
    return true;
  } finally {
    scratch = undefined;
    await closeTab(uri);
    await Promise.resolve(vscode.workspace.fs.delete(uri)).catch(() => undefined);
  }
}

/** An edit may open a tab for its document; it is ours to close. */
async function closeTab(uri: vscode.Uri): Promise<void> {
  const ours = vscode.window.tabGroups.all
    .flatMap((g) => g.tabs)
    .filter((t) => t.input instanceof vscode.TabInputText && t.input.uri.toString() === uri.toString());
  if (ours.length > 0) await vscode.window.tabGroups.close(ours, true);
}

/** Puts the probe's document in front of the guard. */
export const withProbe = (guard: SaveListener): SaveListener => ({
  holdDocument: (document, reason) => isScratch(document.uri) || guard.holdDocument(document, reason),
  holdNotebook: (notebook, reason) => guard.holdNotebook(notebook, reason),
  insteadOfVeto: (document) => (isScratch(document.uri) ? undefined : guard.insteadOfVeto?.(document)),
});
