/**
 * Stopping a save. The API promises no veto (microsoft/vscode #216676), but since 1.95 a save is abandoned when a save
 * participant throws CancellationError, and two ways lead there through the stable API. Measured in 1.100 and 1.139;
 * `probe.ts` checks at start-up that this host honours it.
 *
 * g1: `waitUntil(Promise.reject(e))` where reading `e.message` throws CancellationError: it escapes the code that would
 *     blame (and after four times drop) the listener. Notebooks: the same with `name`.
 * g2: a code action provider of our own kind in `editor.codeActionsOnSave` that throws CancellationError. It has no
 *     time-out, so it holds while the extension host is busy.
 * And `saveWithoutFormatting` skips participants, so a command of that id stands in front of the built-in one.
 */
import * as vscode from 'vscode';
import { Disposables } from './disposables.ts';

/** Held for `will`: decided in memory now, or after a look-up that takes a moment. */
export type Hold = boolean | Promise<boolean>;

export interface SaveListener {
  /** Whether this save must not happen. `reason` is unknown on the paths that do not tell. */
  holdDocument(document: vscode.TextDocument, reason: vscode.TextDocumentSaveReason | undefined): Hold;
  holdNotebook(notebook: vscode.NotebookDocument, reason: vscode.TextDocumentSaveReason): Hold;
  /** Where the host honours no veto: the edits that make this save write the old text again; else `undefined`. */
  insteadOfVeto?(document: vscode.TextDocument): Promise<vscode.TextEdit[]> | undefined;
}

/** The kind that package.json puts into `editor.codeActionsOnSave`. */
export const guardKind = vscode.CodeActionKind.Source.append('countersign');
const saveWithoutFormatting = 'workbench.action.files.saveWithoutFormatting';

function poisoned(property: 'message' | 'name'): Error {
  return Object.defineProperty(new Error(), property, {
    get() {
      throw new vscode.CancellationError();
    },
  });
}

/** Registers g1, g2, the notebook veto and the command override. */
export function registerVeto(listener: SaveListener): vscode.Disposable {
  const store = new Disposables();
  const wait = (hold: Hold, e: { waitUntil(p: Thenable<never>): void }, property: 'message' | 'name'): void => {
    if (hold === false) return;
    const veto = async (): Promise<never> => {
      if (await hold) throw poisoned(property);
      return undefined as never;
    };
    e.waitUntil(veto());
  };
  store.own(
    vscode.workspace.onWillSaveTextDocument((e) => {
      const hold = listener.holdDocument(e.document, e.reason);
      const edits = hold === true ? listener.insteadOfVeto?.(e.document) : undefined;
      if (edits) e.waitUntil(edits);
      else wait(hold, e, 'message');
    }),
  );
  store.own(
    vscode.workspace.onWillSaveNotebookDocument((e) => wait(listener.holdNotebook(e.notebook, e.reason), e, 'name')),
  );
  store.own(
    vscode.languages.registerCodeActionsProvider(
      { pattern: '**' },
      {
        async provideCodeActions(document, _range, context) {
          // Only the save asks for exactly our kind; the Source Action menu must not stumble over us.
          if (context.only?.value !== guardKind.value) return [];
          if (await listener.holdDocument(document, undefined)) throw new vscode.CancellationError();
          return [];
        },
      },
      { providedCodeActionKinds: [guardKind] },
    ),
  );
  let override: vscode.Disposable | undefined;
  const stand = (): void => {
    override = vscode.commands.registerCommand(saveWithoutFormatting, async () => {
      const document = vscode.window.activeTextEditor?.document;
      if (document && (await listener.holdDocument(document, vscode.TextDocumentSaveReason.Manual))) return;
      // Step aside for the built-in command, then stand in front of it again.
      override?.dispose();
      try {
        await vscode.commands.executeCommand(saveWithoutFormatting);
      } finally {
        if (!store.isDisposed) stand();
      }
    });
  };
  stand();
  store.own({ dispose: () => override?.dispose() });
  return store;
}
