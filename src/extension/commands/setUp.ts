import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { openAttribution } from '../../platform/attribution.ts';
import { applyPlan, planInstall, type PlannedChange } from '../../platform/gitHooks.ts';
import { policyTemplate } from '../../core/policy/template.ts';
import { hookRuntime } from '../hookRuntime.ts';
import { pickPlace } from '../pickPlace.ts';
import { askConsent } from '../planPreview.ts';
import type { Command } from './command.ts';

const quarterMs = 90 * 86_400_000;

/** Writes a commented policy and the git hooks, after showing them. Running it again repairs what is missing. */
export const setUp: Command = {
  id: 'setUp',
  async run(services) {
    const { context, log, policies, ledger } = services;
    const title = vscode.l10n.t('Set Up This Repository');
    const place = await pickPlace(policies, title);
    if (!place) return;
    if (!place.repository) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('{0} is not in a git repository; run "git init" there first.', path.basename(place.root)),
      );
      return;
    }
    const policyFile = path.join(place.root, 'countersign.yaml');
    const changes: PlannedChange[] = [];
    const policyText = policyTemplate({ reviewBy: new Date(Date.now() + quarterMs).toISOString().slice(0, 10) });
    if (!(await exists(policyFile)))
      changes.push({
        kind: 'write',
        path: policyFile,
        text: policyText,
        mode: 0o644,
        why: vscode.l10n.t('the policy, with comments; yours to change and commit'),
      });
    const hooks = await planInstall(place.repository, await hookRuntime(context, log));
    changes.push(...hooks.changes);
    if (hooks.problems.length > 0) log.warn(`set-up: ${hooks.problems.join(' ')}`);
    if (changes.length === 0 && hooks.problems.length === 0) {
      await ledger.publishKey(place);
      void vscode.window.showInformationMessage(vscode.l10n.t('This repository is set up already.'));
      return;
    }
    const answer = await askConsent({
      root: place.root,
      title: vscode.l10n.t('Set up Countersign in {0}?', path.basename(place.root)),
      yes: vscode.l10n.t('Set Up'),
      changes,
      remarks: [
        ...hooks.problems,
        ...hooks.remarks,
        vscode.l10n.t(
          'Also made: a key that signs your justifications; its private half stays in the secret storage of this editor.',
        ),
        vscode.l10n.t('To undo all of it: "Countersign: Remove From This Repository".'),
      ],
    });
    if (answer === undefined) return;
    await applyPlan({ changes });
    await ledger.publishKey(place);
    if (changes.some((c) => c.path === policyFile)) {
      await rememberPolicy(context, policyFile, policyText);
      // Without this nobody saw the lines being written, and the first commit of the policy would be refused as an AI's.
      const origin = { origin: 'tool', evidence: 'editor', agent: 'countersign' } as const;
      await openAttribution(place.repository).record({
        path: 'countersign.yaml',
        before: null,
        after: policyText,
        origin,
      });
    }
    await policies.reload();
    await ledger.audit(place, { event: 'setup', reason: changes.map((c) => path.basename(c.path)).join(', ') });
    log.info(`set up ${place.root}: ${changes.length} changes`);
    await vscode.window.showTextDocument(vscode.Uri.file(policyFile), { preserveFocus: true });
  },
};

/** What set-up wrote, so that removal can tell it from a policy that somebody has made their own. */
export const writtenPolicies = 'countersign.writtenPolicies';

async function rememberPolicy(context: vscode.ExtensionContext, file: string, text: string): Promise<void> {
  const known = context.globalState.get<Record<string, string>>(writtenPolicies, {});
  await context.globalState.update(writtenPolicies, { ...known, [file]: text });
}

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
