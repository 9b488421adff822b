/**
 * What open documents and the journal tell each other: lines that the editor could not tell are asked for, and what is
 * known goes to the journal soon after an edit, at once at a save, and all of it at the end. Failure direction: what can't
 * be kept is unknown later, and the log says so.
 */
import { expandOrigins } from '../core/attribution/origins.ts';
import type { AttributionStore } from '../platform/attribution.ts';
import { describe, type Log } from './log.ts';
import { isBetter, pendingOrigins, type LiveState, type OpenDocument } from './openDocument.ts';
import type { WorkQueue } from './workQueue.ts';

/** Pauses before origins go to the journal, in ms. */
export interface JournalTiming {
  readonly persistMs: number;
  /** A document that never pauses (an agent's stream) is judged, and goes to the journal, this often all the same. */
  readonly maxWaitMs: number;
}

export interface DocumentJournalParts {
  readonly timing: JournalTiming;
  readonly work: WorkQueue;
  readonly log: Log;
  /** The journal knew more about a document's lines than the editor did. */
  learned(document: OpenDocument): void;
}

export class DocumentJournal {
  readonly #parts: DocumentJournalParts;
  /** Under way: begun by a save, or of a document that was closed since. */
  readonly #writes = new Set<Promise<void>>();

  constructor(parts: DocumentJournalParts) {
    this.#parts = parts;
  }

  /** Writes what is known of a document when edits pause. */
  soon(document: OpenDocument): void {
    const now = Date.now();
    document.unwrittenSince ??= now;
    clearTimeout(document.persistTimer);
    // A long text costs a hash per line: less often.
    const { persistMs, maxWaitMs } = this.#parts.timing;
    const rarer = document.text.lineCount > 20_000 ? 5 : 1;
    // An agent's stream has no pause, and a crash must not cost all of it.
    const delay = Math.max(0, Math.min(persistMs * rarer, document.unwrittenSince + maxWaitMs * rarer - now));
    document.persistTimer = setTimeout(() => {
      this.#parts.work.add(`persist:${document.uri}`, () => this.write(document));
    }, delay);
  }

  /** Writes what the journal does not have yet; never rejects. */
  write(document: OpenDocument): Promise<void> {
    clearTimeout(document.persistTimer);
    const { live } = document;
    if (!live?.root.store || document.unwrittenSince === undefined) return Promise.resolve();
    document.unwrittenSince = undefined;
    return this.#track(this.#write(document, live, live.root.store));
  }

  /** An agent opens, edits, saves and closes a file in one go: what it did is written once the rest is known. */
  whenLoaded(document: OpenDocument): Promise<void> {
    return this.#track(document.ready.then(() => this.write(document)));
  }

  /** Writes all that these documents know, and waits for what is under way; for an orderly end. */
  async flush(documents: Iterable<OpenDocument>): Promise<void> {
    for (const document of documents) void this.whenLoaded(document);
    while (this.#writes.size > 0) await Promise.allSettled(this.#writes);
  }

  #track(write: Promise<void>): Promise<void> {
    const tracked = write.finally(() => this.#writes.delete(tracked));
    this.#writes.add(tracked);
    return tracked;
  }

  async #write(document: OpenDocument, live: LiveState, store: AttributionStore): Promise<void> {
    try {
      // What a hook said must not be overwritten by our not knowing.
      if (shouldAsk(document, live) && (await askJournal(document))) this.#parts.learned(document);
      await store.remember(live.repoPath, document.text.getText(), pendingOrigins(live), live.map.deletions());
    } catch (error) {
      document.unwrittenSince ??= Date.now();
      this.#parts.log('warn', `${live.repoPath}: origins can't be kept: ${describe(error)}`);
    }
  }
}

/** Whether there are lines that nobody explained, in a text the journal was not asked about yet. */
export function shouldAsk(document: OpenDocument, live: LiveState): boolean {
  if (!live.root.store || live.askedVersion === document.text.version) return false;
  return live.map.summary().unknown > 0;
}

/**
 * Asks the journal about lines that the editor could not tell: an agent's hook may have recorded this very text,
 * before or after the editor saw it. Never weakens what is known. True when something changed.
 */
export async function askJournal(document: OpenDocument): Promise<boolean> {
  const { live } = document;
  if (!live?.root.store || document.isClosed) return false;
  const version = document.text.version;
  const text = document.text.getText();
  const { origins, deletions } = await live.root.store.resolve(
    live.repoPath,
    text,
    live.root.repo ? { baseline: live.baseline.text } : {},
  );
  // Typed on in the meantime: the next pause asks again.
  if (document.text.version !== version || document.live !== live) return false;
  live.askedVersion = version;
  let changed = false;
  if (deletions.size > 0) {
    const before = live.deletedBefore;
    changed = [...deletions].some(([line, o]) => before.get(line)?.origin !== o.origin);
    live.deletedBefore = deletions;
  }
  expandOrigins(origins).forEach((told, i) => {
    if (told?.origin === 'unknown') return;
    const known = live.map.originAt(i);
    if (told === null) {
      // As in HEAD again (a stash, a checkout of the file): whoever had changed the line, it is an old one now.
      if (live.root.repo && known !== null) live.map.mark(i, i, null);
      return;
    }
    if (!isBetter(told, known)) return;
    live.map.mark(i, i, told);
    changed = true;
  });
  return changed;
}
