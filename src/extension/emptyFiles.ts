/**
 * "Save As" makes the new file, empty, before save participants are asked. When the save is held, an empty file that
 * nobody wanted is left behind: it is removed again where we know that it was made by this very save.
 */
import * as vscode from 'vscode';
import { Disposables } from './disposables.ts';
import { describe, type Log } from './log.ts';

/** From the making of the file to its save; a person who makes a file in the Explorer and types needs longer. */
const saveAsMs = 2000;
/** The held save has to be over first. */
const settleMs = 400;

export class EmptyFiles extends Disposables {
  readonly #log: Log;
  readonly #made = new Map<string, number>();

  constructor(log: Log) {
    super();
    this.#log = log;
    this.own(
      vscode.workspace.onDidCreateFiles(({ files }) => {
        const now = Date.now();
        for (const [key, at] of this.#made) if (now - at > saveAsMs) this.#made.delete(key);
        for (const uri of files) this.#made.set(uri.toString(), now);
      }),
    );
  }

  /** The save of a document was held. `isStillHeld` is asked again right before anything is removed. */
  held(document: vscode.TextDocument, isStillHeld: () => boolean): void {
    const key = document.uri.toString();
    const made = this.#made.get(key);
    this.#made.delete(key);
    if (made === undefined || Date.now() - made > saveAsMs || document.getText() === '') return;
    setTimeout(() => void this.#remove(document.uri, isStillHeld), settleMs);
  }

  async #remove(uri: vscode.Uri, isStillHeld: () => boolean): Promise<void> {
    try {
      const { size, type } = await vscode.workspace.fs.stat(uri);
      if (size !== 0 || type !== vscode.FileType.File || !isStillHeld()) return;
      await vscode.workspace.fs.delete(uri);
      this.#log.info(`${uri.path}: the empty file that "Save As" had made is removed again`);
    } catch (error) {
      this.#log.warn(`${uri.path}: ${describe(error)}`);
    }
  }
}
