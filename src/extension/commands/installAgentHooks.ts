import * as vscode from 'vscode';
import { agentInstalls, inspectAgent, planAgentInstall } from '../../platform/agentConfig.ts';
import { applyPlan } from '../../platform/gitHooks.ts';
import { hookRuntime } from '../hookRuntime.ts';
import { pickPlace } from '../pickPlace.ts';
import { askConsent } from '../planPreview.ts';
import type { Command } from './command.ts';

/** Adds our entry to an agent's own hook file, beside what is there, after showing the file as it will be. */
export const installAgentHooks: Command = {
  id: 'installAgentHooks',
  async run({ context, log, policies, ledger }) {
    const place = await pickPlace(policies, vscode.l10n.t('Install Agent Hooks Where?'));
    const repository = place?.repository;
    if (!place || !repository) return;
    const states = await Promise.all(agentInstalls.map(async (a) => inspectAgent(repository, a)));
    const items = agentInstalls.map((install, i) => ({
      label: install.agent,
      description: install.file,
      ...(states[i] === 'active' && { detail: vscode.l10n.t('installed') }),
      install,
    }));
    const picked =
      items.length === 1
        ? items[0]
        : await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Hooks for Which Agent?') });
    if (!picked) return;
    const changes = await planAgentInstall(repository, picked.install, await hookRuntime(context, log));
    if (changes.length === 0) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('The hooks for {0} are installed already.', picked.install.agent),
      );
      return;
    }
    const answer = await askConsent({
      root: place.root,
      title: vscode.l10n.t('Install hooks for {0}?', picked.install.agent),
      yes: vscode.l10n.t('Install'),
      changes,
      remarks: [
        vscode.l10n.t('The agent then asks Countersign before it writes or runs something, and reports what it wrote.'),
        vscode.l10n.t('To undo: "Countersign: Remove From This Repository".'),
      ],
    });
    if (answer === undefined) return;
    await applyPlan({ changes });
    await ledger.audit(place, { event: 'setup', reason: `hooks for ${picked.install.agent}` });
  },
};
