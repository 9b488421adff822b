import * as path from 'node:path';
import * as vscode from 'vscode';
import { pickPlace } from '../pickPlace.ts';
import type { Command } from './command.ts';

/** Opens the policy file; where there is none, offers set-up. */
export const openPolicy: Command = {
  id: 'openPolicy',
  async run({ policies }) {
    const place = await pickPlace(policies, vscode.l10n.t('Open Which Policy?'));
    if (!place) return;
    const file = vscode.Uri.file(path.join(place.root, 'countersign.yaml'));
    if (place.policy.files.length > 0) {
      const first = place.policy.files.find((f) => f === file.fsPath) ?? place.policy.files[0] ?? file.fsPath;
      await vscode.window.showTextDocument(vscode.Uri.file(first));
      return;
    }
    const setUp = vscode.l10n.t('Set Up This Repository');
    const answer = await vscode.window.showInformationMessage(
      vscode.l10n.t('{0} has no policy file: built-in defaults apply.', path.basename(place.root)),
      ...(vscode.workspace.isTrusted ? [setUp] : []),
    );
    if (answer === setUp) await vscode.commands.executeCommand('countersign.setUp');
  },
};
