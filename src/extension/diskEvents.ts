/**
 * What happens to files below the workspace folders, from one watcher for all who want to know: of each watcher VS Code
 * goes through all events of a checkout, on the extension host, before it looks at its pattern.
 */
import * as vscode from 'vscode';
import { Disposables } from './disposables.ts';

export class DiskEvents extends Disposables {
  readonly #written = this.own(new vscode.EventEmitter<vscode.Uri>());
  readonly #gone = this.own(new vscode.EventEmitter<vscode.Uri>());

  /** A file was made or changed, by whomever. Listeners hear of thousands at once: they look at `uri.path` first. */
  readonly onWritten = this.#written.event;
  readonly onGone = this.#gone.event;

  constructor() {
    super();
    const watcher = this.own(vscode.workspace.createFileSystemWatcher('**/*'));
    this.own(watcher.onDidChange((uri) => this.#written.fire(uri)));
    this.own(watcher.onDidCreate((uri) => this.#written.fire(uri)));
    this.own(watcher.onDidDelete((uri) => this.#gone.fire(uri)));
  }
}
