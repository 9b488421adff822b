/** A person says whose the selected lines are; recorded as said by a person, not as seen. */
import * as vscode from 'vscode';
import * as protocol from '../protocol.ts';
import type { ServerClient } from './client.ts';

export function markSelection(client: ServerClient, as: 'ai' | 'human'): void {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return;
  for (const { start, end } of editor.selections) {
    // A selection that ends before the first character of a line does not mean that line.
    const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
    const params: protocol.MarkLinesParams = { uri: editor.document.uri.toString(), start: start.line, end: last, as };
    client.notify(protocol.markLines, params);
  }
}
