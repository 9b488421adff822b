/**
 * Saves that nobody guarded: the extension host was killed, or the editor saved before it had started. Each protected
 * file with unsaved text is remembered with the stamp of what is on disk; one whose stamp is another at the next start
 * was written meanwhile. Kept in the window's state, which outlives this host; holds no text.
 */
import * as vscode from 'vscode';

const stateKey = 'countersign.unsaved';

/** Of what is on disk. A file that is not there has one as well. */
async function stampOf(uri: vscode.Uri): Promise<string> {
  return Promise.resolve(vscode.workspace.fs.stat(uri)).then(
    ({ mtime, size }) => `${mtime}:${size}`,
    () => 'none',
  );
}

export class UnwatchedSaves {
  readonly #state: vscode.Memento;
  /** URI → stamp, '' while it is being read. */
  readonly #stamps: Map<string, string>;

  constructor(state: vscode.Memento) {
    this.#state = state;
    this.#stamps = new Map(Object.entries(state.get<Readonly<Record<string, string>>>(stateKey, {})));
  }

  /** A protected document has unsaved text. Cheap when that is known already. */
  remember(uri: vscode.Uri): void {
    const key = uri.toString();
    if (this.#stamps.has(key)) return;
    this.#stamps.set(key, '');
    void stampOf(uri).then((stamp) => {
      if (!this.#stamps.has(key)) return undefined;
      this.#stamps.set(key, stamp);
      return this.#write();
    });
  }

  /** It has none any more. */
  forget(uri: vscode.Uri): void {
    if (this.#stamps.delete(uri.toString())) void this.#write();
  }

  /** The files that were written behind our back, each told once. `isUnsaved`: still has text to be saved. */
  async take(isUnsaved: (uri: vscode.Uri) => boolean): Promise<readonly vscode.Uri[]> {
    const written: vscode.Uri[] = [];
    for (const [key, stamp] of this.#stamps) {
      if (stamp === '') continue;
      const uri = vscode.Uri.parse(key);
      const now = await stampOf(uri);
      const isStill = isUnsaved(uri);
      if (now === stamp && isStill) continue;
      if (now !== stamp) written.push(uri);
      if (isStill) this.#stamps.set(key, now);
      else this.#stamps.delete(key);
    }
    await this.#write();
    return written;
  }

  async #write(): Promise<void> {
    const known = [...this.#stamps].filter(([, stamp]) => stamp !== '');
    await this.#state.update(stateKey, known.length > 0 ? Object.fromEntries(known) : undefined);
  }
}
