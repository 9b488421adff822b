/**
 * Edits made while no language server runs: before its first start, and between a crash and the next start. They are
 * kept, from a text that is known on, and given to the server as soon as it is there: without them it would find lines
 * that nobody saw. What does not fit here stays `unknown`, which is true.
 */
import * as vscode from 'vscode';
import * as protocol from '../protocol.ts';
import type { ServerClient } from './client.ts';
import { Disposables } from './disposables.ts';

/** Of larger documents no text is kept. */
const maxLines = 20_000;
/** Edits of one document; a server that stays away must not cost memory. */
const maxEdits = 5000;

interface Missed {
  readonly text: string;
  readonly edits: protocol.MissedEditsParams['edits'][number][];
  readonly origins: protocol.EditOriginParams[];
}

export class MissedEdits extends Disposables {
  readonly #client: ServerClient;
  readonly #documents = new Map<string, Missed>();

  constructor(client: ServerClient) {
    super();
    this.#client = client;
    this.own(vscode.workspace.onDidOpenTextDocument((d) => this.#isDown && this.#keep(d)));
    this.own(vscode.workspace.onDidCloseTextDocument((d) => this.#documents.delete(d.uri.toString())));
    this.own(vscode.workspace.onDidChangeTextDocument((e) => this.#changed(e)));
    this.own(client.onHealth((health) => (health === 'running' ? this.#send() : this.#keepAll())));
    this.#keepAll();
  }

  /** A verdict; those of edits that the server will see itself are not kept. */
  tell(told: protocol.EditOriginParams): void {
    if (this.#isDown) this.#documents.get(told.uri)?.origins.push(told);
  }

  get #isDown(): boolean {
    return this.#client.health !== 'running';
  }

  #keepAll(): void {
    for (const document of vscode.workspace.textDocuments) this.#keep(document);
  }

  #keep(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    if (document.uri.scheme !== 'file' || document.lineCount > maxLines || this.#documents.has(key)) return;
    this.#documents.set(key, { text: document.getText(), edits: [], origins: [] });
  }

  #changed({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (!this.#isDown || contentChanges.length === 0) return;
    const key = document.uri.toString();
    const missed = this.#documents.get(key);
    if (!missed) return;
    if (missed.edits.length >= maxEdits) this.#documents.delete(key);
    missed.edits.push({
      version: document.version,
      changes: contentChanges.map(({ range: { start, end }, text }) => ({
        range: {
          start: { line: start.line, character: start.character },
          end: { line: end.line, character: end.character },
        },
        text,
      })),
    });
  }

  #send(): void {
    for (const [uri, missed] of this.#documents)
      if (missed.edits.length > 0) this.#client.notify(protocol.missedEdits, { uri, ...missed });
    this.#documents.clear();
  }
}
