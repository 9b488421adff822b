/** Ownership of `on…`/`register…` results: whoever makes them keeps them in one of these. */
import type * as vscode from 'vscode';

/** A store of disposables; what is added after `dispose()` is disposed at once. */
export class Disposables implements vscode.Disposable {
  readonly #items = new Set<vscode.Disposable>();
  #disposed = false;

  get isDisposed(): boolean {
    return this.#disposed;
  }

  own<T extends vscode.Disposable>(item: T): T {
    if (this.#disposed) item.dispose();
    else this.#items.add(item);
    return item;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const errors: unknown[] = [];
    for (const item of [...this.#items].reverse()) {
      try {
        item.dispose();
      } catch (error) {
        errors.push(error);
      }
    }
    this.#items.clear();
    if (errors.length > 0) throw new AggregateError(errors, 'while disposing');
  }
}
