import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { agentInstalls, planAgentUninstall } from '../../platform/agentConfig.ts';
import { applyPlan, planUninstall, purgeState, type PlannedChange } from '../../platform/gitHooks.ts';
import * as protocol from '../../protocol.ts';
import { pickPlace } from '../pickPlace.ts';
import { askConsent } from '../planPreview.ts';
import type { Command } from './command.ts';
import { writtenPolicies } from './setUp.ts';

/** Takes out what set-up and the agent hooks put in, byte for byte, and our own state. */
export const remove: Command = {
  id: 'remove',
  async run({ context, log, policies, ledger, client }) {
    const place = await pickPlace(policies, vscode.l10n.t('Remove From This Repository'));
    const repository = place?.repository;
    if (!place || !repository) return;
    const hooks = await planUninstall(repository);
    const changes: PlannedChange[] = [...hooks.changes];
    for (const install of agentInstalls) changes.push(...(await planAgentUninstall(repository, install)));
    const policyFile = path.join(place.root, 'countersign.yaml');
    const policy = await fs.readFile(policyFile, 'utf8').catch(() => undefined);
    const written = context.globalState.get<Record<string, string>>(writtenPolicies, {});
    if (policy !== undefined && policy === written[policyFile])
      changes.push({ kind: 'delete', path: policyFile, why: vscode.l10n.t('the policy, as set-up wrote it') });
    const yes = vscode.l10n.t('Remove');
    const keepLog = vscode.l10n.t('Remove, Keep Audit Log');
    const answer = await askConsent({
      root: place.root,
      title: vscode.l10n.t('Remove Countersign from {0}?', path.basename(place.root)),
      yes,
      other: keepLog,
      changes,
      remarks: [
        ...hooks.remarks,
        ...(policy !== undefined && policy !== written[policyFile]
          ? [vscode.l10n.t('countersign.yaml is kept: it is your own by now. Delete it if you want.')]
          : []),
        vscode.l10n.t(
          'Also deleted: what Countersign keeps in the .git folder (audit log, justifications, public keys). "Keep Audit Log" leaves that in place.',
        ),
        vscode.l10n.t('Commits stay as they are. "Set Up This Repository" brings it all back.'),
      ],
    });
    if (answer === undefined) return;
    await applyPlan({ changes });
    if (answer === keepLog) await ledger.audit(place, { event: 'removed', reason: `${changes.length} changes` });
    else await purgeState(repository);
    const { [policyFile]: _, ...rest } = written;
    await context.globalState.update(writtenPolicies, rest);
    await policies.reload();
    client.notify(protocol.refresh, {});
    log.info(`removed from ${place.root}: ${changes.length} changes`);
  },
};
