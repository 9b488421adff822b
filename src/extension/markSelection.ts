/** A person says whose the selected lines are; asked, signed and recorded as said by a person, not as seen. */
import * as vscode from 'vscode';
import * as protocol from '../protocol.ts';
import { describe } from './log.ts';
import type { Services } from './services.ts';

/**
 * Any extension can run our command and select text, but none can press a modal dialog's button: "mine" is asked there.
 * "AI" only makes rules stricter and needs no question.
 */
export async function markSelection(services: Services, as: 'ai' | 'human'): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return;
  const { document } = editor;
  const { version } = document;
  const ranges = editor.selections.map(({ start, end }) => ({
    start: start.line,
    // A selection that ends before the first character of a line does not mean that line.
    end: end.character === 0 && end.line > start.line ? end.line - 1 : end.line,
  }));
  const lines = ranges.flatMap((r) =>
    Array.from({ length: r.end - r.start + 1 }, (_, i) => document.lineAt(r.start + i).text),
  );
  if (as === 'human' && !(await isSaidByPerson(document, lines.length))) return;
  if (document.version !== version) {
    void vscode.window.showWarningMessage(vscode.l10n.t('The text has changed meanwhile; nothing was marked.'));
    return;
  }
  const mark = await record(services, document, as, lines);
  if (mark === undefined && as === 'human') return;
  for (const range of ranges) {
    const params: protocol.MarkLinesParams = { uri: document.uri.toString(), ...range, as, ...(mark && { mark }) };
    services.client.notify(protocol.markLines, params);
  }
}

async function isSaidByPerson(document: vscode.TextDocument, count: number): Promise<boolean> {
  const yes = vscode.l10n.t('I Wrote Them');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('Record {0} lines of {1} as written by you?', count, vscode.workspace.asRelativePath(document.uri)),
    {
      modal: true,
      detail: vscode.l10n.t(
        'Your word is signed and kept in the audit log. On protected paths these lines still need a justification.',
      ),
    },
    yes,
  );
  return answer === yes;
}

/** Id of the signed mark; `undefined` where it can't be signed or kept, which is said for "mine". */
async function record(
  { policies, ledger, log }: Services,
  document: vscode.TextDocument,
  as: 'ai' | 'human',
  lines: readonly string[],
): Promise<string | undefined> {
  try {
    if (!vscode.workspace.isTrusted) throw new Error(vscode.l10n.t('this window is in Restricted Mode'));
    const located = await policies.locate(document.uri);
    if (!located) throw new Error(vscode.l10n.t('the file is in no folder of this window'));
    return await ledger.mark(located.place, located.path, as, lines);
  } catch (error) {
    log.warn(`mark ${document.uri.path}: ${describe(error)}`);
    if (as === 'human')
      void vscode.window.showErrorMessage(vscode.l10n.t('The lines were not marked: {0}', describe(error)));
    return undefined;
  }
}
