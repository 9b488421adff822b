/**
 * Edits of documents that no language server has: before its first start, between a crash and the next start, and in the
 * moment between a start and the document's hand-over. They are kept, from a text that is known on, and given to the
 * server with the document: without them it would find lines that nobody saw. What does not fit here stays `unknown`,
 * which is true.
 */
import * as vscode from 'vscode';
import type * as protocol from '../protocol.ts';
import type { ServerClient } from './client.ts';
import { Disposables } from './disposables.ts';

/** Of larger documents no text is kept. */
const maxLines = 20_000;
/** Edits of one document, and texts and insertions of all; a server that stays away must not cost memory. */
const maxEdits = 5000;
const maxDocuments = 200;
const maxCharacters = 32 * 1024 * 1024;

interface Missed {
  readonly text: string;
  readonly edits: protocol.MissedEditsParams['edits'][number][];
  readonly origins: protocol.EditOriginParams[];
  /** Of its text and insertions. */
  characters: number;
}

export class MissedEdits extends Disposables {
  readonly #documents = new Map<string, Missed>();
  /** URIs of what the running server has. */
  readonly #handedOver = new Set<string>();
  /** Of all texts and insertions kept. */
  #characters = 0;

  constructor(client: ServerClient) {
    super();
    // Once the server has one document, each further one is handed over as it is opened.
    this.own(vscode.workspace.onDidOpenTextDocument((d) => this.#handedOver.size === 0 && this.#keep(d)));
    this.own(vscode.workspace.onDidCloseTextDocument((d) => this.#closed(d.uri.toString())));
    this.own(vscode.workspace.onDidChangeTextDocument((e) => this.#changed(e)));
    this.own(client.onHealth((health) => health !== 'running' && this.#takeAllBack()));
    this.#keepAll();
  }

  /** A verdict; those of edits that the server will see itself are not kept. */
  tell(told: protocol.EditOriginParams): void {
    this.#documents.get(told.uri)?.origins.push(told);
  }

  /** The server gets a document: what was done to it so far, as far as it is known here. */
  handOver(document: vscode.TextDocument): protocol.MissedEditsParams | undefined {
    const uri = document.uri.toString();
    const missed = this.#documents.get(uri);
    this.#drop(uri);
    this.#handedOver.add(uri);
    if (!missed || missed.edits.length === 0) return undefined;
    const { text, edits, origins } = missed;
    return { uri, text, edits, origins };
  }

  /** The server is gone, and with it all that it had. */
  #takeAllBack(): void {
    this.#handedOver.clear();
    this.#keepAll();
  }

  #keepAll(): void {
    for (const document of vscode.workspace.textDocuments) this.#keep(document);
  }

  #keep(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    if (document.uri.scheme !== 'file' || document.lineCount > maxLines || this.#documents.has(key)) return;
    if (this.#documents.size >= maxDocuments || this.#characters >= maxCharacters) return;
    const text = document.getText();
    if (this.#characters + text.length > maxCharacters) return;
    this.#characters += text.length;
    this.#documents.set(key, { text, edits: [], origins: [], characters: text.length });
  }

  #drop(key: string): void {
    this.#characters -= this.#documents.get(key)?.characters ?? 0;
    this.#documents.delete(key);
  }

  #changed({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (contentChanges.length === 0) return;
    const key = document.uri.toString();
    const missed = this.#documents.get(key);
    if (!missed) return;
    const added = contentChanges.reduce((n, { text }) => n + text.length, 0);
    if (missed.edits.length >= maxEdits || this.#characters + added > maxCharacters) return this.#drop(key);
    missed.characters += added;
    this.#characters += added;
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

  #closed(uri: string): void {
    this.#drop(uri);
    this.#handedOver.delete(uri);
  }
}
