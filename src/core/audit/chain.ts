/** Checks a log's chain, line by line, in constant memory. Pure: the caller reads and hashes. */
import { noHash, parseEvent } from './event.ts';
import type { AuditEvent } from './model.ts';
import { addTo } from '../multimap.ts';

export interface AuditProblem {
  /** File name of the segment. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly seq?: number;
  readonly kind: 'edited' | 'missing' | 'reordered' | 'unreadable' | 'cut-off' | 'anchor';
  /** One sentence: what is wrong and what it means. */
  readonly message: string;
}

export interface AuditReport {
  readonly ok: boolean;
  readonly events: number;
  /** SHA-256 (64 hex) of the last line. */
  readonly head: string;
  readonly first?: string;
  readonly last?: string;
  /** In the order of the log; the first one is the first bad line. At most 100. */
  readonly problems: readonly AuditProblem[];
  /** Problems beyond the 100 listed. */
  readonly more: number;
  /** What is no fault: an event being written right now, clocks set back. */
  readonly notes: readonly string[];
  readonly anchors: { readonly checked: number; readonly missing: number };
}

/** A commit's `log=l1:<16 hex>`: the log's head when the commit's record was written. */
export interface Anchor {
  readonly hash: string;
  /** The commit, for the message. */
  readonly commit?: string;
}

export interface ChainOptions {
  readonly anchors?: readonly Anchor[];
  /** An export may start in the middle of a log; a log itself must not. */
  readonly partial?: boolean;
}

const maxProblems = 100;
const anchorPattern = /^(?:l1:)?([0-9a-f]{16,64})$/;

export class ChainVerifier {
  private readonly problems: AuditProblem[] = [];
  private readonly notes: string[] = [];
  private readonly partial: boolean;
  /** First 16 hex → anchors that have not been seen yet. */
  private readonly open = new Map<string, Anchor[]>();
  private readonly checked: number;
  private more = 0;
  private events = 0;
  private head = noHash;
  private seq = 0;
  private place = { file: '', line: 0 };
  private first: string | undefined;
  private last: string | undefined;
  private setBack = 0;

  constructor(options: ChainOptions = {}) {
    this.partial = options.partial ?? false;
    const anchors = options.anchors ?? [];
    for (const anchor of anchors) {
      const hex = anchorPattern.exec(anchor.hash)?.[1];
      // A record written before the log's first event says so with zeros.
      if (hex !== undefined && /^0+$/.test(hex)) continue;
      const key = hex?.slice(0, 16) ?? anchor.hash;
      addTo(this.open, key, anchor);
    }
    this.checked = anchors.length;
  }

  /** Takes the next line (without its newline) and its SHA-256. Returns the event when it is one. */
  push(line: string, hash: string, file: string, number: number): AuditEvent | undefined {
    const event = parseEvent(line);
    this.events++;
    if (!event) this.report(file, number, 'unreadable', 'this line is no audit event: it was edited or overwritten');
    else {
      this.link(event, file, number);
      if (this.last !== undefined && event.time < this.last) this.setBack++;
      this.first ??= event.time;
      this.last = event.time;
    }
    this.seq = event?.seq ?? this.seq + 1;
    this.head = hash;
    this.place = { file, line: number };
    if (this.open.size > 0) this.open.delete(hash.slice(0, 16));
    return event;
  }

  private link(event: AuditEvent, file: string, line: number): void {
    if (this.events === 1) {
      if (this.partial || (event.seq === 1 && event.prev === noHash)) return;
      this.report(
        file,
        line,
        'cut-off',
        `the log begins with event ${event.seq}: everything before it was cut off`,
        event.seq,
      );
      return;
    }
    const chained = event.prev === this.head;
    if (chained && event.seq === this.seq + 1) return;
    if (event.seq === this.seq + 1)
      // The numbers go on, so the line before is not the one that was chained to.
      this.report(
        this.place.file,
        this.place.line,
        'edited',
        'this event was changed after it was written: its hash is not the one the next event carries',
        this.seq,
      );
    else if (event.seq > this.seq + 1)
      this.report(
        file,
        line,
        'missing',
        event.seq === this.seq + 2
          ? `event ${this.seq + 1} is missing before this line`
          : `events ${this.seq + 1} to ${event.seq - 1} are missing before this line`,
        event.seq,
      );
    else
      this.report(
        file,
        line,
        'reordered',
        `event ${event.seq} stands after event ${this.seq}: reordered or inserted`,
        event.seq,
      );
  }

  private report(file: string, line: number, kind: AuditProblem['kind'], message: string, seq?: number): void {
    if (this.problems.length >= maxProblems) this.more++;
    else this.problems.push({ file, line, kind, message, ...(seq !== undefined && { seq }) });
  }

  /** An incomplete last line: a writer at work, or one that died; the next append repairs it. */
  torn(file: string, bytes: number): void {
    this.notes.push(
      `${file} ends with ${bytes} bytes of an event that is being written or was not written completely; the next append removes and reports them`,
    );
  }

  /** A line the reader gave up on; nothing after it was looked at. */
  unreadable(file: string, line: number, message: string): void {
    this.report(file, line, 'unreadable', message);
  }

  finish(): AuditReport {
    if (this.setBack > 0) this.notes.push(`the clock was set back ${this.setBack} times`);
    let missing = 0;
    for (const anchors of this.open.values())
      for (const anchor of anchors) {
        missing++;
        const who = anchor.commit === undefined ? 'a commit' : `commit ${anchor.commit.slice(0, 12)}`;
        this.report(
          this.place.file,
          this.place.line,
          'anchor',
          `${who} was recorded when the log's head was ${anchor.hash}, which no event here has: the log was cut off, rewritten or replaced`,
        );
      }
    return {
      ok: this.problems.length === 0,
      events: this.events,
      head: this.head,
      ...(this.first !== undefined && { first: this.first }),
      ...(this.last !== undefined && { last: this.last }),
      problems: this.problems,
      more: this.more,
      notes: this.notes,
      anchors: { checked: this.checked, missing },
    };
  }
}
