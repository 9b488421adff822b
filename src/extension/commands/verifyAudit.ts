import * as vscode from 'vscode';
import { verifyAudit as verify } from '../../platform/auditLog.ts';
import { auditDir } from '../../platform/state.ts';
import { pickPlace } from '../pickPlace.ts';
import type { Command } from './command.ts';

export const verifyAudit: Command = {
  id: 'verifyAudit',
  async run({ policies, log }) {
    const place = await pickPlace(policies, vscode.l10n.t('Verify Which Audit Log?'));
    if (!place) return;
    const report = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Verifying the audit log') },
      async () => verify(auditDir(place.dirs)),
    );
    for (const note of report.notes) log.info(`audit log: ${note}`);
    if (report.ok) {
      void vscode.window.showInformationMessage(
        report.events === 0
          ? vscode.l10n.t('The audit log is empty.')
          : vscode.l10n.t('The audit log is intact: {0} events, chain unbroken.', report.events),
      );
      return;
    }
    for (const p of report.problems) log.error(`audit log: ${p.file}:${p.line}: ${p.message}`);
    const first = report.problems[0];
    const showLog = vscode.l10n.t('Show Log');
    const answer = await vscode.window.showErrorMessage(
      vscode.l10n.t(
        'The audit log was changed: {0} problems. First: {1}, line {2}: {3}',
        report.problems.length + report.more,
        first?.file ?? '?',
        first?.line ?? 0,
        first?.message ?? '',
      ),
      showLog,
    );
    if (answer === showLog) log.show(true);
  },
};
