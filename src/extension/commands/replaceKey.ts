import * as vscode from 'vscode';
import { revokeKey } from '../../platform/keys.ts';
import { keysFile } from '../../platform/state.ts';
import type { Command } from './command.ts';

/**
 * A new signing key, and the end of the old one in every repository that is open: what it signed before stays good at
 * the gate, from now on it signs nothing. Open justifications must be given again.
 */
export const replaceKey: Command = {
  id: 'replaceKey',
  async run({ policies, ledger, key, log }) {
    const replace = vscode.l10n.t('Replace Key');
    const answer = await vscode.window.showWarningMessage(
      vscode.l10n.t('Replace your signing key?'),
      {
        modal: true,
        detail: vscode.l10n.t(
          'The old key is revoked in the open repositories: commits that it signed until now stay valid, justifications not yet committed must be given again. Hand the new keys.json to whoever pins it.',
        ),
      },
      replace,
    );
    if (answer !== replace) return;
    const old = await key.pair();
    const made = await key.replace();
    for (const place of policies.places) {
      if (!place.repository) continue;
      await revokeKey(place.dirs, old.id);
      await ledger.publishKey(place);
      await ledger.audit(place, { event: 'setup', reason: `key ${old.id} replaced by ${made.id}` });
      log.info(`key ${old.id} replaced by ${made.id} in ${keysFile(place.dirs)}`);
    }
  },
};
