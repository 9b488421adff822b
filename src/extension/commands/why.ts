import * as vscode from 'vscode';
import { explainPath } from '../../core/policy/index.ts';
import * as protocol from '../../protocol.ts';
import type { Command } from './command.ts';

/** Says who wrote the cursor's line, how we know, and which policy applies to the file. */
export const why: Command = {
  id: 'why',
  async run({ client, policies }) {
    const editor = vscode.window.activeTextEditor;
    if (!editor) return;
    const { document, selection } = editor;
    const params: protocol.WhyParams = { uri: document.uri.toString(), line: selection.active.line };
    const [answer, located] = await Promise.all([
      client.request<protocol.WhyResult>(protocol.why, params),
      policies.locate(document.uri),
    ]);
    const line =
      answer?.explanation ?? vscode.l10n.t('The language server is not running, so nothing is known about this line.');
    const items: (vscode.QuickPickItem & { run?: () => unknown })[] = [
      { label: vscode.l10n.t('Line {0}', selection.active.line + 1), kind: vscode.QuickPickItemKind.Separator },
      ...line
        .split('\n')
        .filter(Boolean)
        .map((text) => ({ label: text })),
    ];
    if (located) {
      items.push({ label: vscode.l10n.t('Policy'), kind: vscode.QuickPickItemKind.Separator });
      if (!answer)
        for (const text of explainPath(located.place.policy.policy, located.path).split('\n'))
          items.push({ label: text.trim() });
      items.push({
        label: `$(go-to-file) ${vscode.l10n.t('Open Policy')}`,
        run: () => vscode.commands.executeCommand('countersign.openPolicy'),
      });
    }
    const picked = await vscode.window.showQuickPick(items, {
      title: vscode.l10n.t('Why Is This Line Marked?'),
      placeHolder: vscode.workspace.asRelativePath(document.uri),
    });
    await picked?.run?.();
  },
};
