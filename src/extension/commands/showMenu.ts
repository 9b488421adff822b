import * as vscode from 'vscode';
import type { Command } from './command.ts';

type Item = vscode.QuickPickItem & { run?: () => unknown };

/** What the status bar item opens: what waits first, then what there is to do. */
export const showMenu: Command = {
  id: 'showMenu',
  async run({ gate, strict, client, policies }) {
    const command = (label: string, id: string, detail?: string): Item => ({
      label,
      ...(detail !== undefined && { detail }),
      run: () => vscode.commands.executeCommand(id),
    });
    const items: Item[] = [];
    if (gate.held.length > 0) {
      items.push({ label: vscode.l10n.t('Waiting for You'), kind: vscode.QuickPickItemKind.Separator });
      for (const held of gate.held) {
        items.push({
          label: `$(lock) ${held.path}`,
          description:
            held.state === 'held' ? vscode.l10n.t('not saved') : vscode.l10n.t('on disk without a justification'),
          detail: held.reason,
          run: () => gate.justify([held.document.uri]),
        });
      }
      if (gate.held.length > 1)
        items.push(command(`$(check-all) ${vscode.l10n.t('Justify All…')}`, 'countersign.justify'));
    }
    if (strict.isActiveLocked)
      items.push(command(`$(pass) ${vscode.l10n.t('Justify Changes…')}`, 'countersign.justify'));
    if (client.health === 'failed')
      items.push(command(`$(refresh) ${vscode.l10n.t('Restart Server')}`, 'countersign.restartServer'));
    items.push({ label: vscode.l10n.t('Countersign'), kind: vscode.QuickPickItemKind.Separator });
    items.push(command(`$(list-tree) ${vscode.l10n.t('Show AI Changes')}`, 'countersign.showChanges'));
    if (vscode.window.activeTextEditor)
      items.push(command(`$(question) ${vscode.l10n.t('Why Is This Line Marked?')}`, 'countersign.why'));
    const hasPolicy = policies.places.some((p) => p.policy.files.length > 0);
    if (hasPolicy) items.push(command(`$(book) ${vscode.l10n.t('Open Policy')}`, 'countersign.openPolicy'));
    else if (vscode.workspace.isTrusted)
      items.push(command(`$(tools) ${vscode.l10n.t('Set Up This Repository')}`, 'countersign.setUp'));
    if (vscode.workspace.isTrusted)
      items.push(command(`$(export) ${vscode.l10n.t('Export Audit Log…')}`, 'countersign.exportAudit'));
    items.push(command(`$(output) ${vscode.l10n.t('Show Log')}`, 'countersign.showLog'));
    const picked = await vscode.window.showQuickPick(items, { title: 'Countersign' });
    await picked?.run?.();
  },
};
