/** The saves that wait for a person, and the one Error diagnostic on each: an error is only what is truly blocked. */
import * as vscode from 'vscode';
import type { Tier } from '../core/model.ts';
import { Disposables } from './disposables.ts';
import type { Located, Place } from './policyService.ts';

/** A save that waits for its person. */
export interface HeldSave {
  readonly document: vscode.TextDocument | vscode.NotebookDocument;
  readonly place: Place;
  readonly path: string;
  readonly located: Located;
  readonly decision: 'justify' | 'deny';
  readonly tier: Tier;
  readonly reason: string;
  readonly aiLines: number;
  /** Of the document, when it was held. */
  readonly version: number;
  /** `bypassed`: it reached the disk without us, and still needs its note. */
  readonly state: 'held' | 'bypassed';
}

const source = 'Countersign';
const code = 'protected-path';

export class HeldSaves extends Disposables {
  readonly #held = new Map<string, HeldSave>();
  readonly #changed = this.own(new vscode.EventEmitter<void>());
  readonly #diagnostics: vscode.DiagnosticCollection;

  readonly onDidChange = this.#changed.event;

  constructor() {
    super();
    this.#diagnostics = this.own(vscode.languages.createDiagnosticCollection('countersign-guard'));
    this.own(vscode.languages.onDidChangeDiagnostics((e) => this.#dropTwins(e.uris)));
  }

  get all(): readonly HeldSave[] {
    return [...this.#held.values()];
  }

  get keys(): readonly string[] {
    return [...this.#held.keys()];
  }

  get(key: string): HeldSave | undefined {
    return this.#held.get(key);
  }

  keep(key: string, held: HeldSave): void {
    this.#held.set(key, held);
    this.#diagnostics.set(held.document.uri, [diagnosticOf(held)]);
    this.#dropTwins([held.document.uri]);
    this.#changed.fire();
  }

  release(key: string): void {
    const held = this.#held.get(key);
    if (!held) return;
    this.#held.delete(key);
    this.#diagnostics.delete(held.document.uri);
    this.#changed.fire();
  }

  /** The server says the same at the changed lines, once it has looked: its diagnostic is the better one. */
  #dropTwins(uris: readonly vscode.Uri[]): void {
    for (const uri of uris) {
      const held = this.#held.get(uri.toString());
      if (!held) continue;
      const own = diagnosticOf(held);
      const hasTwin = vscode.languages
        .getDiagnostics(uri)
        .some((d) => d.source === source && codeOf(d) === code && d.message !== own.message);
      if (hasTwin !== this.#diagnostics.has(uri)) continue;
      if (hasTwin) this.#diagnostics.delete(uri);
      else this.#diagnostics.set(uri, [own]);
    }
  }
}

function diagnosticOf(held: HeldSave): vscode.Diagnostic {
  const message =
    held.state === 'bypassed'
      ? vscode.l10n.t('On disk without a justification: {0}', held.reason)
      : held.decision === 'deny'
        ? vscode.l10n.t('Not saved: {0}', held.reason)
        : vscode.l10n.t('Not saved until justified: {0}', held.reason);
  const diagnostic = new vscode.Diagnostic(new vscode.Range(0, 0, 0, 0), message, vscode.DiagnosticSeverity.Error);
  diagnostic.source = source;
  diagnostic.code = code;
  return diagnostic;
}

/** The bare code; a server's diagnostic carries a link with it. */
const codeOf = (d: vscode.Diagnostic): unknown => (typeof d.code === 'object' ? d.code.value : d.code);
