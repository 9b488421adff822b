/** Notes of this person that are still good: inside their time, later saves by hand of the same file need no new one. */
import * as vscode from 'vscode';
import type { Justification } from '../core/justification.ts';
import { defaultJustification } from '../core/policy/defaults.ts';
import { noteLineHash } from '../platform/notes.ts';
import type { AiLines } from './aiKnowledge.ts';
import { digestOf } from './digest.ts';
import type { Ledger } from './ledger.ts';
import { describe, type Log } from './log.ts';
import type { Located } from './policyService.ts';
import { problemOf } from './savePrompt.ts';

export interface Grant {
  readonly note: Justification;
  /** Hashes of the lines that it vouches for. */
  readonly lines: ReadonlySet<string>;
  /** How many lines taken away by AI it vouches for. */
  readonly deleted: number;
  /** Document version at which it was given. */
  readonly version: number;
  /** Digest of the text that the latest signed note covers. */
  covered: string;
}

export class Grants {
  readonly #ledger: Ledger;
  readonly #log: Log;
  readonly #grants = new Map<string, Grant>();

  constructor(ledger: Ledger, log: Log) {
    this.#ledger = ledger;
    this.#log = log;
  }

  give(uri: vscode.Uri, grant: Grant): void {
    this.#grants.set(uri.toString(), grant);
  }

  /** The note in force for a file, if it is in time and still what the policy asks for. */
  get(uri: vscode.Uri, located: Located): Grant | undefined {
    const key = uri.toString();
    const grant = this.#grants.get(key);
    if (!grant || located.verdict.ai === 'prohibit') return undefined;
    const rule = located.verdict.justification ?? defaultJustification;
    if (Date.parse(grant.note.expires) > Date.now() && problemOf(grant.note.text, rule) === undefined) return grant;
    this.#grants.delete(key);
    return undefined;
  }

  /** A note that was given before a reload is as good as one given now. */
  async restore(document: vscode.TextDocument, located: Located): Promise<void> {
    const key = document.uri.toString();
    if (!vscode.workspace.isTrusted || this.#grants.has(key)) return;
    try {
      const notes = await this.#ledger.ownNotes(located.place, located.path);
      const [note] = notes;
      if (!note || this.#grants.has(key)) return;
      const covers = notes.flatMap((n) => n.covers.filter((c) => c.path === located.path));
      this.#grants.set(key, {
        note,
        lines: new Set(covers.flatMap((c) => c.added)),
        deleted: Math.max(0, ...covers.map((c) => c.deleted.length)),
        version: document.version,
        covered: document.isDirty ? '' : digestOf(document),
      });
    } catch (error) {
      this.#log.warn(`notes of ${located.place.root}: ${describe(error)}`);
    }
  }
}

/** The AI lines that a note does not know. */
export function beyond(grant: Grant, ai: AiLines): AiLines {
  const lines = new Set([...ai.lines].filter((l) => !grant.lines.has(noteLineHash(l))));
  return {
    lines,
    more: ai.more && ai.lastEdit > grant.version,
    lastEdit: ai.lastEdit,
    deleted: Math.max(0, ai.deleted - grant.deleted),
  };
}
