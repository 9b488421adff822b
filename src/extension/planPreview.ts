/** Shows what a command is about to write, exactly, and asks; nothing happens before the person says so. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { PlannedChange } from '../platform/gitHooks.ts';

export interface Consent {
  readonly root: string;
  readonly title: string;
  /** Label of the button that does it. */
  readonly yes: string;
  /** A second way to do it, with its own label. */
  readonly other?: string;
  readonly changes: readonly PlannedChange[];
  /** What else happens, and how to undo it; one sentence each. */
  readonly remarks: readonly string[];
}

const scheme = 'countersign-plan';

/** The label that was chosen, `undefined` = cancelled. */
export async function askConsent(consent: Consent): Promise<string | undefined> {
  const details = vscode.l10n.t('Show Every File…');
  const buttons = [consent.yes, ...(consent.other === undefined ? [] : [consent.other])];
  const hasTexts = consent.changes.some((c) => c.kind === 'write' || c.kind === 'config');
  const answer = await vscode.window.showInformationMessage(
    consent.title,
    { modal: true, detail: summarize(consent) },
    ...buttons,
    ...(hasTexts ? [details] : []),
  );
  if (answer !== details) return answer;
  // Read first, then decide: the question comes again as a list above the preview.
  await showPlan(consent);
  return vscode.window
    .showQuickPick([...buttons, vscode.l10n.t('Cancel')], {
      title: consent.title,
      ignoreFocusOut: true,
    })
    .then((picked) => (picked !== undefined && buttons.includes(picked) ? picked : undefined));
}

function summarize({ root, changes, remarks }: Consent): string {
  const lines = changes.map((c) => `• ${verb(c)} ${relative(root, c.path)}: ${c.why}`);
  return [...lines, ...(lines.length > 0 && remarks.length > 0 ? [''] : []), ...remarks].join('\n');
}

const verb = (change: PlannedChange): string =>
  ({
    write: vscode.l10n.t('write'),
    config: vscode.l10n.t('change'),
    move: vscode.l10n.t('keep aside'),
    delete: vscode.l10n.t('delete'),
  })[change.kind];

function relative(root: string, file: string): string {
  const inside = path.relative(root, file);
  return inside.startsWith('..') || path.isAbsolute(inside) ? file : inside;
}

async function showPlan(consent: Consent): Promise<void> {
  const fence = '`````';
  const parts = consent.changes.map((c) => {
    const head = `## ${relative(consent.root, c.path)}\n\n${c.why}\n`;
    if (c.kind === 'move') return `${head}\n→ ${relative(consent.root, c.to)}\n`;
    if (c.kind === 'delete') return `${head}\n${vscode.l10n.t('Is deleted.')}\n`;
    if (c.kind === 'config' && c.text === '') return `${head}\n${vscode.l10n.t('Our lines are taken out.')}\n`;
    return `${head}\n${fence}\n${c.text}${c.text.endsWith('\n') ? '' : '\n'}${fence}\n`;
  });
  const text = [`# ${consent.title}\n`, ...parts, ...consent.remarks].join('\n');
  const uri = vscode.Uri.from({ scheme, path: `/${consent.title}.md` });
  const provider = vscode.workspace.registerTextDocumentContentProvider(scheme, {
    provideTextDocumentContent: () => text,
  });
  try {
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  } finally {
    provider.dispose();
  }
}
