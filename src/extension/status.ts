/** The one status bar item: what needs the person first, else what is known about the active file. */
import * as vscode from 'vscode';
import type { AiKnowledge } from './aiKnowledge.ts';
import type { ServerClient } from './client.ts';
import { setContext } from './contextKeys.ts';
import { Disposables } from './disposables.ts';
import type { HeldSave } from './heldSaves.ts';
import type { PolicyService } from './policyService.ts';
import type { SaveGate } from './saveGate.ts';
import type { StrictMode } from './strictMode.ts';

const updatePauseMs = 50;

export class Status extends Disposables {
  readonly #item: vscode.StatusBarItem;
  readonly #parts: {
    client: ServerClient;
    gate: SaveGate;
    knowledge: AiKnowledge;
    policies: PolicyService;
    strict: StrictMode;
  };
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: {
    client: ServerClient;
    gate: SaveGate;
    knowledge: AiKnowledge;
    policies: PolicyService;
    strict: StrictMode;
  }) {
    super();
    this.#parts = parts;
    this.#item = this.own(vscode.window.createStatusBarItem('status', vscode.StatusBarAlignment.Left, 40));
    this.#item.name = 'Countersign';
    this.#item.command = 'countersign.showMenu';
    const soon = (): void => {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#update();
      }, updatePauseMs);
    };
    this.own(parts.client.onHealth(soon));
    this.own(parts.client.onSummary(soon));
    this.own(parts.gate.onDidChange(soon));
    this.own(parts.policies.onDidChange(soon));
    this.own(parts.strict.onDidChange(soon));
    this.own(vscode.window.onDidChangeActiveTextEditor(soon));
    this.own({ dispose: () => clearTimeout(this.#timer) });
    this.#update();
    this.#item.show();
  }

  #update(): void {
    const { text, tooltip } = this.#words();
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    this.#item.accessibilityInformation = { label: `Countersign: ${tooltip}`, role: 'button' };
  }

  #words(): { text: string; tooltip: string } {
    const { client, gate, knowledge, policies, strict } = this.#parts;
    const held = gate.held.length;
    setContext('countersign.heldSaves', held);
    setContext(
      'countersign.hasRepository',
      policies.places.some((p) => p.repository !== undefined),
    );
    setContext(
      'countersign.hasPolicy',
      policies.places.length > 0 && policies.places.every((p) => p.policy.files.length > 0),
    );
    if (held > 0) {
      const paths = (state: HeldSave['state']): string =>
        gate.held
          .filter((h) => h.state === state)
          .map((h) => h.path)
          .join(', ');
      const [waiting, bypassed] = [paths('held'), paths('bypassed')];
      const tooltip = [
        ...(waiting === '' ? [] : [vscode.l10n.t('Not saved, a justification is needed: {0}', waiting)]),
        ...(bypassed === '' ? [] : [vscode.l10n.t('On disk without a justification: {0}', bypassed)]),
      ].join('\n');
      if (waiting === '') return { text: `$(lock) ${vscode.l10n.t('{0} unjustified', held)}`, tooltip };
      return {
        text: `$(lock) ${held === 1 ? vscode.l10n.t('1 save waiting') : vscode.l10n.t('{0} saves waiting', held)}`,
        tooltip,
      };
    }
    if (policies.places.some((p) => p.policy.broken)) {
      return {
        text: `$(warning) ${vscode.l10n.t('Policy broken')}`,
        tooltip: vscode.l10n.t('The policy file has an error; the last good policy stays in force.'),
      };
    }
    if (client.health === 'failed') {
      return {
        text: `$(warning) Countersign`,
        tooltip: vscode.l10n.t('The language server stopped. Saves stay guarded; marks are out of date.'),
      };
    }
    const notes: string[] = [];
    if (gate.vetoMode === 'restore')
      notes.push(
        vscode.l10n.t(
          'This editor does not let extensions stop a save: unjustified changes are taken back on saving and kept aside.',
        ),
      );
    if (!vscode.workspace.isTrusted)
      notes.push(vscode.l10n.t('Restricted Mode: changes are labelled, nothing is recorded.'));
    const document = vscode.window.activeTextEditor?.document;
    const summary = document && knowledge.summary(document.uri);
    const located = document && policies.known(document.uri);
    const isProtected = (located?.verdict.entries.length ?? 0) > 0;
    if (isProtected && located)
      notes.unshift(vscode.l10n.t('Protected: {0}', located.verdict.entries.map((e) => e.name).join(', ')));
    if (strict.isActiveLocked) {
      notes.unshift(vscode.l10n.t('Read-only until you justify what you are about to change'));
      return { text: `$(lock) ${vscode.l10n.t('Justify to edit')}`, tooltip: notes.join('\n') };
    }
    const icon = isProtected ? '$(lock)' : '$(shield)';
    if (summary && summary.ai + summary.unknown > 0) {
      notes.unshift(
        vscode.l10n.t(
          '{0} AI lines ({1} changed since by a person), {2} lines nobody saw; risk {3}',
          summary.ai,
          summary.modified,
          summary.unknown,
          summary.tier,
        ),
      );
      const count = summary.ai > 0 ? vscode.l10n.t('{0} AI', summary.ai) : vscode.l10n.t('{0} unseen', summary.unknown);
      return { text: `${icon} ${count} · ${summary.tier}`, tooltip: notes.join('\n') };
    }
    notes.unshift(vscode.l10n.t('No AI lines in this file'));
    return { text: icon, tooltip: notes.join('\n') };
  }
}
