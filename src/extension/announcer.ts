/** Passes what the edit watcher found on to the save guard and the server, and names the edits that are our own. */
import type * as vscode from 'vscode';
import type { LineOrigin } from '../core/model.ts';
import * as protocol from '../protocol.ts';
import type { AiKnowledge } from './aiKnowledge.ts';
import type { ServerClient } from './client.ts';
import type { MissedEdits } from './missedEdits.ts';

/** Made by us, for a person who asked for it: taking lines back is not an agent's edit. */
const ours: LineOrigin = { origin: 'tool', evidence: 'editor', agent: 'countersign' };

export class Announcer {
  readonly #knowledge: AiKnowledge;
  readonly #client: ServerClient;
  readonly #missed: MissedEdits;
  readonly #own = new Set<string>();

  constructor(knowledge: AiKnowledge, client: ServerClient, missed: MissedEdits) {
    this.#knowledge = knowledge;
    this.#client = client;
    this.#missed = missed;
  }

  send(edit: protocol.EditOriginParams): void {
    const told = this.#own.delete(`${edit.uri}\n${edit.version}`)
      ? { ...edit, origin: ours, cause: 'countersign' }
      : edit;
    this.#knowledge.onEdit(told);
    this.#missed.tell(told);
    this.#client.notify(protocol.editOrigin, told);
  }

  /** Call right before an edit of ours: the document's next version is made by it. */
  expectOwn(document: vscode.TextDocument): void {
    this.#own.add(`${document.uri.toString()}\n${document.version + 1}`);
  }
}
