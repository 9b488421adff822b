/**
 * Strict mode (policy `guard.strict` or our setting): protected files open read-only until the person has given a
 * reason. The lock is the editor's own and stays while this host is busy or dead. It is set when a file is shown, not
 * through `files.readonlyInclude`: that would write into the repository's settings. It goes by tabs, not by editors:
 * a file of more than 50 MiB has a tab, and no document that an extension could see.
 */
import * as vscode from 'vscode';
import { Disposables } from './disposables.ts';
import { describe, type Log } from './log.ts';
import type { PolicyService } from './policyService.ts';
import type { SaveGate } from './saveGate.ts';
import { settings } from './settings.ts';

export class StrictMode extends Disposables {
  readonly #policies: PolicyService;
  readonly #gate: SaveGate;
  readonly #log: Log;
  readonly #locked = new Set<string>();
  readonly #changed = this.own(new vscode.EventEmitter<void>());

  readonly onDidChange = this.#changed.event;

  constructor(policies: PolicyService, gate: SaveGate, log: Log) {
    super();
    this.#policies = policies;
    this.#gate = gate;
    this.#log = log;
    const look = (): void => {
      this.#look().catch((error: unknown) => log.warn(`strict mode: ${describe(error)}`));
    };
    this.own(vscode.window.onDidChangeActiveTextEditor(look));
    this.own(vscode.window.tabGroups.onDidChangeTabs(look));
    this.own(vscode.window.tabGroups.onDidChangeTabGroups(look));
    this.own(policies.onDidChange(look));
    this.own(settings.onDidChange((affects) => affects('saveGuard.strict') && look()));
    look();
  }

  /** Whether what the person looks at waits for a reason. */
  get isActiveLocked(): boolean {
    const uri = activeUri();
    return uri !== undefined && this.isLocked(uri);
  }

  isLocked(uri: vscode.Uri): boolean {
    return this.#locked.has(uri.toString());
  }

  /** Whether what the person looks at is locked, and too large to be seen by extensions: no reason can be recorded. */
  get isBeyondReach(): boolean {
    return this.isActiveLocked && vscode.window.activeTextEditor === undefined;
  }

  /** Asks for the reason and unlocks; false when the person gave none. */
  async unlock(editor: vscode.TextEditor): Promise<boolean> {
    if (!(await this.#gate.unlock(editor.document))) return false;
    this.#locked.delete(editor.document.uri.toString());
    this.#changed.fire();
    await vscode.window.showTextDocument(editor.document);
    await vscode.commands.executeCommand('workbench.action.files.setActiveEditorWriteableInSession');
    return true;
  }

  /** The lock works on the active editor only, and stays with the file when its tab is closed. */
  async #look(): Promise<void> {
    const uri = activeUri();
    const located = uri && (await this.#policies.locate(uri));
    if (!located || activeUri()?.toString() !== uri.toString()) return;
    const key = uri.toString();
    const isStrict = located.place.policy.policy.guard.strict || settings.strict(uri);
    const wants =
      isStrict &&
      located.verdict.entries.length > 0 &&
      (located.verdict.human === 'justify' || located.verdict.ai === 'justify') &&
      vscode.window.tabGroups.activeTabGroup.activeTab?.isDirty === false &&
      !this.#gate.isGranted(uri, located);
    if (wants === this.#locked.has(key)) return;
    if (wants) this.#locked.add(key);
    else this.#locked.delete(key);
    this.#changed.fire();
    this.#log.info(`${located.path}: ${wants ? 'read-only until justified' : 'writeable'}`);
    await vscode.commands.executeCommand(
      `workbench.action.files.setActiveEditor${wants ? 'Readonly' : 'Writeable'}InSession`,
    );
  }
}

/** The file that the active tab writes to; none for an unsaved one, a terminal and the like. */
function activeUri(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof vscode.TabInputTextDiff) return input.modified;
  return input instanceof vscode.TabInputText ||
    input instanceof vscode.TabInputNotebook ||
    input instanceof vscode.TabInputCustom
    ? input.uri
    : undefined;
}
