import * as vscode from 'vscode';
import type { FindingRef } from '../../protocol.ts';
import type { Command } from './command.ts';

/** The reason for held saves: from the palette all of them, from a quick fix or a view entry that file's. */
export const justify: Command = {
  id: 'justify',
  async run({ gate, strict }, target) {
    const editor = vscode.window.activeTextEditor;
    if (target === undefined && editor && strict.isLocked(editor.document.uri)) {
      await strict.unlock(editor);
      return;
    }
    if (target === undefined && strict.isBeyondReach) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t(
          'VS Code shows files of this size to no extension, so a reason for them is given when you commit. To edit it all the same: "File: Set Active Editor Writeable in Session".',
        ),
      );
      return;
    }
    const uri = uriOf(target) ?? (gate.held.length === 0 ? editor?.document.uri : undefined);
    if (await gate.justify(uri && [uri])) return;
    void vscode.window.showInformationMessage(vscode.l10n.t('Nothing here needs a justification.'));
  },
};

/** A quick fix sends a FindingRef, the view its own item, a menu the resource. */
export function uriOf(target: unknown): vscode.Uri | undefined {
  if (target instanceof vscode.Uri) return target;
  if (typeof target !== 'object' || target === null) return undefined;
  const { uri, resourceUri } = target as Partial<FindingRef> & { resourceUri?: vscode.Uri };
  return resourceUri ?? (typeof uri === 'string' ? vscode.Uri.parse(uri) : undefined);
}
