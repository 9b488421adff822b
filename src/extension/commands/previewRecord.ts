import * as vscode from 'vscode';
import { pickPlace } from '../pickPlace.ts';
import type { Command } from './command.ts';

/** Shows in the commit box what record the commit of the staged changes will carry. */
export const previewRecord: Command = {
  id: 'previewRecord',
  async run({ policies, preview }, source) {
    // From the Source Control view the repository is known.
    const root = (source as { rootUri?: vscode.Uri } | undefined)?.rootUri?.fsPath;
    const at = root ?? (await pickPlace(policies, vscode.l10n.t('Preview for Which Repository?')))?.root;
    if (at === undefined) return;
    const result = await preview.show(at);
    const words = {
      shown: undefined,
      none: vscode.l10n.t('This commit gets no record: the policy asks for none here.'),
      'nothing staged': vscode.l10n.t('Stage the changes first; the record is about what is staged.'),
      'no git': vscode.l10n.t('The Git extension of this editor is not there or turned off.'),
    }[result];
    if (words !== undefined) void vscode.window.showInformationMessage(words);
  },
};
