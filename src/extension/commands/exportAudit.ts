import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { version } from '../../../package.json';
import type { AuditFilter } from '../../core/audit/filter.ts';
import type { AuditEvent } from '../../core/audit/model.ts';
import { exporters } from '../../core/exporters/index.ts';
import type { CommitExporter, ExportMeta } from '../../core/exporters/model.ts';
import { auditHead, readAudit } from '../../platform/auditLog.ts';
import { commitFacts } from '../../platform/commitFacts.ts';
import { auditDir } from '../../platform/state.ts';
import { pickPlace } from '../pickPlace.ts';
import type { Place } from '../policyService.ts';
import type { Command } from './command.ts';

const dayMs = 86_400_000;

/** Format, range, file; the formats come from the registry. */
export const exportAudit: Command = {
  id: 'exportAudit',
  async run({ policies, ledger }) {
    const place = await pickPlace(policies, vscode.l10n.t('Export Which Audit Log?'));
    if (!place) return;
    const format = await vscode.window.showQuickPick(
      exporters.map((e) => ({ label: e.title, description: `.${e.extension}`, exporter: e })),
      { title: vscode.l10n.t('Export Audit Log (1/3)'), placeHolder: vscode.l10n.t('Format') },
    );
    if (!format) return;
    const range = await pickRange();
    if (!range) return;
    const { exporter } = format;
    const name = path.basename(place.root);
    const stamp = new Date().toISOString();
    const target = await vscode.window.showSaveDialog({
      title: vscode.l10n.t('Export Audit Log (3/3)'),
      defaultUri: vscode.Uri.file(
        path.join(place.root, '..', `${name}-audit-${stamp.slice(0, 10)}.${exporter.extension}`),
      ),
      filters: { [exporter.title]: [exporter.extension] },
    });
    if (!target) return;
    const dir = auditDir(place.dirs);
    const meta = { repository: name, generated: stamp, version, selection: range.words, head: await auditHead(dir) };
    const count = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Exporting the audit log'),
        cancellable: true,
      },
      async (progress, token) => {
        let events = 0;
        const counted = async function* (): AsyncGenerator<AuditEvent> {
          for await (const event of readAudit(dir, range.filter)) {
            if (token.isCancellationRequested) throw new vscode.CancellationError();
            if (++events % 1000 === 0) progress.report({ message: vscode.l10n.t('{0} events', events) });
            yield event;
          }
        };
        await write(
          target,
          exporter.of === 'events' ? exporter.render(counted(), meta) : commitLines(exporter, counted(), place, meta),
        );
        return events;
      },
    );
    await ledger.audit(place, {
      event: 'export',
      reason: `${exporter.id}, ${count} events${range.words && `, ${range.words}`}`,
    });
    await vscode.commands.executeCommand('vscode.open', target);
  },
};

/** Statements or traces of the commits that the events name. */
async function* commitLines(
  exporter: CommitExporter,
  events: AsyncIterable<AuditEvent>,
  place: Place,
  meta: ExportMeta,
): AsyncGenerator<string> {
  const ids = new Set<string>();
  for await (const e of events) if (e.event === 'commit' && e.subject?.commit !== undefined) ids.add(e.subject.commit);
  for await (const commit of commitFacts(place.root, [...ids], place.repository))
    yield `${exporter.renderCommit(commit, meta)}\n`;
}

async function pickRange(): Promise<{ readonly filter: AuditFilter; readonly words: string } | undefined> {
  const since = (days: number): string => new Date(Date.now() - days * dayMs).toISOString();
  const picked = await vscode.window.showQuickPick(
    [
      { label: vscode.l10n.t('Everything'), days: 0 },
      { label: vscode.l10n.t('Last 24 Hours'), days: 1 },
      { label: vscode.l10n.t('Last 7 Days'), days: 7 },
      { label: vscode.l10n.t('Last 30 Days'), days: 30 },
      { label: vscode.l10n.t('Last 90 Days'), days: 90 },
      { label: vscode.l10n.t('Between Two Dates…'), days: -1 },
    ],
    { title: vscode.l10n.t('Export Audit Log (2/3)'), placeHolder: vscode.l10n.t('Range') },
  );
  if (!picked) return undefined;
  if (picked.days === 0) return { filter: {}, words: '' };
  if (picked.days > 0) {
    const from = since(picked.days);
    return { filter: { since: from }, words: `since ${from}` };
  }
  const from = await askDate(vscode.l10n.t('First Day'), since(30).slice(0, 10));
  const to = from === undefined ? undefined : await askDate(vscode.l10n.t('Last Day'), since(0).slice(0, 10));
  return from === undefined || to === undefined
    ? undefined
    : { filter: { since: from, until: to }, words: `${from}..${to}` };
}

async function askDate(title: string, value: string): Promise<string | undefined> {
  const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
  const text = await vscode.window.showInputBox({
    title,
    value,
    prompt: vscode.l10n.t('A day as YYYY-MM-DD (UTC)'),
    validateInput: (t) => (isDay(t) ? undefined : vscode.l10n.t('A day looks like 2026-01-31')),
  });
  return text !== undefined && isDay(text) ? text : undefined;
}

/** Streams to a file on this machine; any other file system gets it whole. A broken-off export leaves no half file. */
async function write(target: vscode.Uri, pieces: AsyncIterable<string>): Promise<void> {
  if (target.scheme !== 'file') {
    const parts: string[] = [];
    for await (const piece of pieces) parts.push(piece);
    await vscode.workspace.fs.writeFile(target, Buffer.from(parts.join('')));
    return;
  }
  const partial = `${target.fsPath}.partial`;
  const file = await fs.open(partial, 'w', 0o600);
  try {
    for await (const piece of pieces) await file.write(piece);
    await file.close();
    await fs.rename(partial, target.fsPath);
  } catch (error) {
    await file.close().catch(() => undefined);
    await fs.rm(partial, { force: true });
    throw error;
  }
}
