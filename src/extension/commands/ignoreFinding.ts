import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import type { Command } from './command.ts';

const minLength = 8;

/** Ignores one finding with a reason. Without an argument: one of those on the cursor's line. */
export const ignoreFinding: Command = {
  id: 'ignoreFinding',
  async run({ client }, target) {
    const finding = isFinding(target) ? target : await atCursor();
    if (!finding) return;
    const reason = await vscode.window.showInputBox({
      title: vscode.l10n.t('Ignore Finding: {0}', finding.rule),
      prompt: finding.message,
      placeHolder: vscode.l10n.t('Why is it fine here?'),
      ignoreFocusOut: true,
      validateInput: (text) =>
        text.trim().length < minLength
          ? {
              message: vscode.l10n.t('{0} more characters, please', minLength - text.trim().length),
              severity: vscode.InputBoxValidationSeverity.Info,
            }
          : undefined,
    });
    if (reason === undefined || reason.trim().length < minLength) return;
    const params: protocol.IgnoreParams = { ...finding, reason: reason.trim() };
    const answer = await client.request<protocol.IgnoreResult>(protocol.ignore, params);
    if (answer?.done !== true)
      void vscode.window.showInformationMessage(vscode.l10n.t('That finding is not there any more.'));
  },
};

const isFinding = (value: unknown): value is protocol.FindingRef =>
  typeof value === 'object' && value !== null && 'rule' in value && 'uri' in value && 'line' in value;

async function atCursor(): Promise<protocol.FindingRef | undefined> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return undefined;
  // The server's own quick fixes know the findings, keys and all.
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    editor.document.uri,
    editor.selection,
    vscode.CodeActionKind.QuickFix.value,
  );
  const found = (actions ?? []).flatMap((a) => {
    const ref: unknown = a.command?.command === 'countersign.ignoreFinding' ? a.command.arguments?.[0] : undefined;
    return isFinding(ref) ? [ref] : [];
  });
  if (found.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('No finding on this line can be ignored.'));
    return undefined;
  }
  if (found.length === 1) return found[0];
  const picked = await vscode.window.showQuickPick(
    found.map((ref) => ({ label: ref.rule, detail: ref.message, ref })),
    { title: vscode.l10n.t('Ignore Which Finding?') },
  );
  return picked?.ref;
}
