/**
 * Which lines of the open documents count as AI, as the save guard needs it: at once, from memory. The server's
 * summaries say it exactly; what the edit watcher classified since then, or while the server is down, is added here.
 */
import * as vscode from 'vscode';
import { countsAsAi } from '../core/model.ts';
import type { EditOriginParams, SummaryParams } from '../protocol.ts';
import { Disposables } from './disposables.ts';

interface Known {
  /** Document version the lines were read from; 0 = never. */
  version: number;
  /** Texts of the AI and unknown lines at that version. */
  lines: ReadonlySet<string>;
  aiDeleted: number;
  /** Latest version that an AI or unknown edit produced, as the watcher saw it. */
  lastAiEdit: number;
  /** Latest version whose origin was announced, or at which the document was first seen. */
  settled: number;
}

export interface AiLines {
  /** Texts of AI and unknown lines that are in the document now. */
  readonly lines: ReadonlySet<string>;
  /** An AI or unknown edit came after the lines were read: which lines it made isn't known yet. */
  readonly more: boolean;
  /** Document version of the latest AI or unknown edit; 0 = none seen. */
  readonly lastEdit: number;
  /** Lines from before that AI deleted; they have no text here. */
  readonly deleted: number;
}

/** A watcher that needs longer than this for a verdict on an edit has none: the edit is unknown. */
const settleMs = 700;

export class AiKnowledge extends Disposables {
  readonly #known = new Map<string, Known>();
  readonly #summaries = new Map<string, SummaryParams>();
  readonly #announced = this.own(new vscode.EventEmitter<string>());
  readonly #summarized = this.own(new vscode.EventEmitter<string>());

  constructor() {
    super();
    for (const d of vscode.workspace.textDocuments) this.#entry(d.uri.toString(), d.version);
    this.own(vscode.workspace.onDidOpenTextDocument((d) => this.#entry(d.uri.toString(), d.version)));
    this.own(
      vscode.workspace.onDidCloseTextDocument((d) => {
        this.#known.delete(d.uri.toString());
        this.#summaries.delete(d.uri.toString());
      }),
    );
  }

  summary(uri: vscode.Uri): SummaryParams | undefined {
    return this.#summaries.get(uri.toString());
  }

  /** Resolves at the next summary of the document, or after `ms`. */
  async nextSummary(uri: vscode.Uri, ms: number): Promise<void> {
    await this.#until(this.#summarized, (key) => key === uri.toString(), ms);
  }

  onSummary(params: SummaryParams): void {
    const key = vscode.Uri.parse(params.uri).toString();
    this.#summaries.set(key, params);
    this.#summarized.fire(key);
    const document = vscode.workspace.textDocuments.find((d) => d.uri.toString() === key);
    if (!document || (params.version !== null && params.version !== document.version)) return;
    const lines = new Set<string>();
    for (const mark of params.marks) {
      if (!countsAsAi(mark.origin)) continue;
      for (let i = mark.start; i <= mark.end && i < document.lineCount; i++) lines.add(document.lineAt(i).text);
    }
    const entry = this.#entry(key, document.version);
    entry.version = document.version;
    entry.lines = lines;
    entry.aiDeleted = params.deleted;
  }

  /** Called for every announcement of the edit watcher, before it goes to the server. */
  onEdit(params: EditOriginParams): void {
    const key = vscode.Uri.parse(params.uri).toString();
    const entry = this.#entry(key, params.version);
    entry.settled = Math.max(entry.settled, params.version);
    if (countsAsAi(params.origin)) entry.lastAiEdit = Math.max(entry.lastAiEdit, params.version);
    this.#announced.fire(key);
  }

  /** Whether every edit of the document has been classified. */
  isSettled(document: vscode.TextDocument): boolean {
    return (this.#known.get(document.uri.toString())?.settled ?? 0) >= document.version;
  }

  /** Waits until it is; what nobody classified in time counts as an edit nobody saw. */
  async settle(document: vscode.TextDocument): Promise<void> {
    if (this.isSettled(document)) return;
    await this.#until(this.#announced, () => this.isSettled(document), settleMs);
    if (this.isSettled(document)) return;
    const entry = this.#entry(document.uri.toString(), document.version);
    entry.settled = entry.lastAiEdit = document.version;
  }

  of(document: vscode.TextDocument): AiLines {
    const known = this.#known.get(document.uri.toString());
    if (!known) return { lines: new Set(), more: false, lastEdit: 0, deleted: 0 };
    let lines = known.lines;
    if (lines.size > 0 && known.version !== document.version) {
      // A person may have taken AI lines out since.
      const present = new Set<string>();
      for (let i = 0; i < document.lineCount && present.size < lines.size; i++) {
        const text = document.lineAt(i).text;
        if (lines.has(text)) present.add(text);
      }
      lines = present;
    }
    return { lines, more: known.lastAiEdit > known.version, lastEdit: known.lastAiEdit, deleted: known.aiDeleted };
  }

  async #until(event: vscode.EventEmitter<string>, isDone: (key: string) => boolean, ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        listener.dispose();
        resolve();
      };
      const listener = event.event((key) => {
        if (isDone(key)) done();
      });
      const timer = setTimeout(done, ms);
    });
  }

  #entry(key: string, version: number): Known {
    let entry = this.#known.get(key);
    if (!entry) {
      entry = { version: 0, lines: new Set(), aiDeleted: 0, lastAiEdit: 0, settled: version };
      this.#known.set(key, entry);
    }
    return entry;
  }
}
