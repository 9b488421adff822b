/**
 * How did an edit come to be? A pure classifier over the events an editor's stable API gives, used live and on
 * recordings. It looks ahead a bounded time (a selection, the dirty flag or the clipboard follow some milliseconds
 * later) and has no clock: time comes with the events and with `tick`.
 *
 * Evidence is structural only; size alone is none. A person's edit must never be called AI, so AI needs a positive
 * sign, and what has none, of anybody, is `unknown`.
 */
import {
  comparePositions,
  insertedEnd,
  type ChangeEvent,
  type ClipboardMatch,
  type EditorEvent,
  type TextRange,
} from './editEvents.ts';
import { Runs, streamOf } from './editRuns.ts';
import {
  completesWithImport,
  editorSettings,
  followsFrom,
  hasPlaceholder,
  hasWord,
  isDeletedByHand,
  isProse,
  importLine,
  isBlank,
  isBoilerplate,
  isCommonplace,
  isCursorAt,
  isEnter,
  isImport,
  isNews,
  isOneCharacter,
  isUniform,
  isWord,
  keepsVisible,
  keptAround,
  manyAtCursor,
  maxLine,
  placeOf,
  rearranged,
  signature,
  type Place,
} from './editShapes.ts';
import {
  awaitsClipboard,
  contextOf,
  isComposition,
  isNextTo,
  isPartOfRun,
  isPaste,
  isSelectedAfter,
  isTyped,
  type DocumentState,
  type Run,
  type Waiting,
} from './editState.ts';
import { accepted, format, inline, stream, unclear, type EditVerdict, type Explanation } from './editVerdict.ts';
import { looseText } from './origins.ts';

/** How long after a change something may still be learnt about it. */
const lookAhead = 600;
/** The selection that a key press brings about follows it this soon: 0.4 ms, p99 4.9 ms; hundreds where all is busy. */
const keyWithin = 300;
/** After this long without a sign of the person in a document, an edit elsewhere in it is hardly their command. */
const presence = 60_000;
/** A file's watcher event, a ref's move or a chat document belong to a change within this time. */
const near = 750;
/** A clipboard's answer, without which a paste can't be excluded, and on a busy machine the dirty flag take longer. */
const lateWithin = 2000;
/** After so many key presses it is known that this person's keys show. */
const enoughKeys = 10;
/** The editor gives a save's participants about so long. */
const savingWithin = 1750;
const maxWaiting = 4000;
const maxMembers = 32;
const maxRemoved = 2000;
/** Causes which bring an earlier text back as a whole. */
const takesBack: ReadonlySet<string> = new Set(['revert', 'vcs', 'external']);

/** Documents of the editor's own surfaces; nobody's files. */
const inner =
  /^(chat|output|vscode-scm|comment|git|debug|search-editor|walkthrough|vscode-interactive-input|inmemory|accessible|vscode-terminal|log)/i;

export interface ClassifierOptions {
  /** Another extension takes the keys and edits on the person's behalf (Vim and the like): then no key press shows. */
  readonly hasKeyEmulation?: boolean;
}

export class EditClassifier {
  #waiting: Waiting[] = [];
  readonly #documents = new Map<string, DocumentState>();
  readonly #chatPaths = new Map<string, number>();
  readonly #diskPaths = new Map<string, number>();
  #out: EditVerdict[] = [];
  /** What is older than `lookAhead` then has been looked at. */
  #expiredAt = Number.NEGATIVE_INFINITY;
  #gitAt = Number.NEGATIVE_INFINITY;
  #acceptAt = Number.NEGATIVE_INFINITY;
  /** As in a document's `removed`, over all documents. */
  readonly #removed = new Map<string, number>();
  /** What small edits did lately and in which document: a rename or a search does the same in many. */
  readonly #small = new Map<string, { readonly uris: Set<string>; readonly at: number }>();
  /** When a document had its last small edit where no cursor was. */
  readonly #smallAt = new Map<string, number>();
  /** Key presses that showed in a selection event. */
  #keys = 0;
  readonly #options: ClassifierOptions;

  constructor(options: ClassifierOptions = {}) {
    this.#options = options;
  }

  /** Takes the next event and gives the verdicts that are due, in no particular order. */
  push(event: EditorEvent): readonly EditVerdict[] {
    this.#expire(event.at);
    switch (event.kind) {
      case 'change':
        this.#change(event);
        break;
      case 'dirty':
        this.#dirty(event.uri, event.isDirty);
        break;
      case 'selection':
        this.#selection(event.uri, event.at, event.by, event.selections);
        break;
      case 'clipboard':
        this.#clipboard(event.id, event);
        break;
      case 'disk':
        remember(this.#diskPaths, event.path, event.at);
        break;
      case 'git':
        this.#gitAt = event.at;
        break;
      case 'open':
        if (event.scheme.startsWith('chat-editing')) remember(this.#chatPaths, event.path, event.at);
        break;
      case 'save':
        this.#document(event.uri).savingAt = event.isOver ? Number.NEGATIVE_INFINITY : event.at;
        break;
      case 'inline-accept':
        this.#acceptAt = event.isOver ? Number.NEGATIVE_INFINITY : event.at;
        break;
    }
    return this.#take();
  }

  /** Verdicts that are due at a time, without an event. */
  tick(at: number): readonly EditVerdict[] {
    this.#expire(at);
    return this.#take();
  }

  /** All that is left: nothing more will be learnt. */
  flush(): readonly EditVerdict[] {
    this.#expire(Number.POSITIVE_INFINITY);
    return this.#take();
  }

  /** When the oldest change was made of which nothing is known yet. */
  get waitsSince(): number | undefined {
    return this.#waiting[0]?.change.at;
  }

  /** When `tick` is next worth calling; `undefined` when nothing waits. */
  get nextDue(): number | undefined {
    const [oldest] = this.#waiting;
    if (!oldest) return undefined;
    // What was looked at and left waits for an event; without one, for the last moment.
    const next = this.#waiting.find((w) => w.change.at + lookAhead > this.#expiredAt);
    return Math.min(oldest.change.at + lateWithin, next ? next.change.at + lookAhead : Infinity);
  }

  /** Whether the clipboard could explain the change with this id; else don't read it. */
  wantsClipboard(id: number): boolean {
    const waiting = findLast(this.#waiting, (w) => w.change.id === id);
    return waiting !== undefined && awaitsClipboard(waiting);
  }

  /** The document is closed: forget it. */
  close(uri: string): readonly EditVerdict[] {
    for (const w of this.#waiting) if (w.change.uri === uri) this.#finish(w);
    this.#documents.delete(uri);
    return this.#take();
  }

  //#region Events

  #change(change: ChangeEvent): void {
    const document = this.#document(change.uri);
    const wasDirty = document.isDirty;
    document.isDirty = change.isDirty;
    const place = placeOf(change);
    const waiting: Waiting = {
      change,
      document,
      run: isText(change.scheme) ? document.runs.join(change, place) : undefined,
      wasDirty,
      place,
      previous: document.lastAtCursor,
      verdict: undefined,
      isKeyboard: false,
      isStreamed: false,
      isAccepted:
        change.at - this.#acceptAt <= 250 &&
        change.selections !== undefined &&
        change.changes.some((c) => c.text !== ''),
      isDirtyAfter: change.isDirty || hasNoDirtyFlag(change.scheme) ? true : undefined,
      after: undefined,
      hasPlaceholders: false,
      clipboard: undefined,
    };
    if (waiting.isAccepted) this.#acceptAt = Number.NEGATIVE_INFINITY;
    if (place !== 'elsewhere') document.lastAtCursor = waiting;
    const { run } = waiting;
    if (run && !run.isStream) {
      run.members.push(waiting);
      // What is older has had its verdict; a day of edits in one run must not pile up.
      if (run.members.length > maxMembers) run.members.shift();
    }
    this.#noteRemoved(change, document);
    this.#noteSmall(change, place);
    this.#waiting.push(waiting);
    if (this.#waiting.length > maxWaiting) this.#finish(this.#waiting[0] as Waiting);
    const at = this.#atOnce(waiting);
    if (at) this.#decide(waiting, at);
    else if (run?.isStream) {
      if (place === 'elsewhere') this.#decide(waiting, stream);
      else waiting.isStreamed = true;
    } else if (run) this.#judgeRun(run);
  }

  /** What needs no looking ahead. */
  #atOnce(w: Waiting): Explanation | undefined {
    const { change } = w;
    if (change.reason) return { origin: 'human', cause: change.reason, confidence: 0.99, evidence: 'editor' };
    if (!isText(change.scheme)) return { origin: 'unknown', cause: 'no-file', confidence: 0 };
    return undefined;
  }

  #dirty(uri: string, isDirty: boolean): void {
    const document = this.#document(uri);
    document.isDirty = isDirty;
    for (const w of this.#of(uri)) if (w.isDirtyAfter === undefined) w.isDirtyAfter = isDirty;
  }

  #selection(uri: string, at: number, by: string | undefined, selections: readonly TextRange[]): void {
    // The selection that a change brings about follows it at once; a later one is a movement of its own.
    if (by) this.#document(uri).presentAt = at;
    const w = findLast(this.#waiting, (one) => one.change.uri === uri);
    if (!w) {
      this.#moved(uri, at, by);
      return;
    }
    const isFirst = w.after === undefined;
    if (
      by === 'keyboard' &&
      isFirst &&
      isTyped(w) &&
      at - w.change.at <= keyWithin &&
      followsFrom(w.change, selections)
    ) {
      w.after = selections;
      w.isKeyboard = true;
      this.#keyboard(w);
      return;
    }
    if (by !== 'keyboard' && by !== 'mouse' && at - w.change.at <= keyWithin) {
      if (hasPlaceholder(w.change, selections)) w.hasPlaceholders = true;
      w.after ??= selections;
      if (w.isAccepted) this.#decide(w, accepted);
      else if (w.isStreamed) this.#decide(w, stream);
    } else this.#moved(uri, at, by);
  }

  /** The cursor was moved by hand: what came at the cursor before is no context for what comes now. */
  #moved(uri: string, at: number, by: string | undefined): void {
    if (by !== 'keyboard' && by !== 'mouse') return;
    const document = this.#document(uri);
    document.lastAtCursor = undefined;
    if (by === 'mouse') document.mouseAt = at;
  }

  #keyboard(w: Waiting): void {
    const { run } = w;
    this.#keys++;
    if (run) {
      // A key press ends what looked like a run; what came before it is judged alone.
      this.#leave(w);
      w.document.runs.end(run);
    }
    this.#decide(w, { origin: 'human', cause: 'typed', confidence: 0.99, evidence: 'editor' });
  }

  #clipboard(id: number, match: ClipboardMatch): void {
    const w = findLast(this.#waiting, (one) => one.change.id === id);
    if (!w) return;
    w.clipboard = match;
    if (isPaste(w)) {
      this.#leave(w);
      this.#decide(w, { origin: 'human', cause: 'paste', confidence: 0.95 });
    } else if (w.run && !w.run.isStream) this.#judgeRun(w.run);
  }

  //#endregion
  //#region Runs

  #leave(w: Waiting): void {
    const { run } = w;
    if (!run) return;
    const at = run.members.indexOf(w);
    if (at >= 0) run.members.splice(at, 1);
    run.count--;
  }

  /** Is this a machine writing piece by piece? */
  #judgeRun(run: Run): void {
    const members = streamOf(run, this.#keys >= enoughKeys && this.#options.hasKeyEmulation !== true);
    if (members.length === 0) return;
    run.isStream = true;
    for (const w of members) {
      // The newest may yet turn out to be a key press.
      if (w.place === 'elsewhere' || w.after !== undefined) this.#decide(w, stream);
      else w.isStreamed = true;
    }
    run.members.length = 0;
  }

  //#endregion
  //#region Verdicts

  #expire(now: number): void {
    this.#expiredAt = now;
    for (let i = 0; i < this.#waiting.length;) {
      const w = this.#waiting[i] as Waiting;
      if (w.change.at + lookAhead > now) break;
      // Verdicts come in order within a document: a later one may lean on an earlier one.
      const isLate = awaitsClipboard(w) || this.#awaitsDirty(w) || (w.previous && !w.previous.verdict);
      if (isLate && w.change.at + lateWithin > now) i++;
      else this.#finish(w);
    }
  }

  /** The text is as on disk, and neither the disk nor git says why: on a busy machine the dirty flag is yet to come. */
  #awaitsDirty({ change: { isDirty, scheme, at, path }, isDirtyAfter }: Waiting): boolean {
    if (isDirty || isDirtyAfter !== undefined || hasNoDirtyFlag(scheme)) return false;
    const diskAt = this.#diskPaths.get(path) ?? Number.NEGATIVE_INFINITY;
    return Math.abs(diskAt - at) > near && Math.abs(this.#gitAt - at) > near;
  }

  /** Nothing more will be learnt about this change. */
  #finish(w: Waiting): void {
    this.#decide(w, this.#explain(w));
  }

  #decide(w: Waiting, explanation: Explanation): void {
    if (w.verdict) return;
    w.verdict = explanation;
    w.previous = undefined;
    const at = this.#waiting.lastIndexOf(w);
    if (at >= 0) this.#waiting.splice(at, 1);
    const { change, document } = w;
    const { origin, cause, confidence } = explanation;
    const evidence = explanation.evidence ?? (origin === 'unknown' ? 'none' : 'heuristic');
    if (cause === 'completion') document.completedAt = change.at;
    if (cause === 'chat') document.chatAt = change.at;
    if (takesBack.has(cause)) this.#forgetRemoved(change, document);
    this.#out.push({ id: change.id, uri: change.uri, version: change.version, origin, evidence, cause, confidence });
  }

  #explain(w: Waiting): Explanation {
    const { change, document, place } = w;
    const { changes } = change;
    const isClean = !change.isDirty && (w.isDirtyAfter !== true || hasNoDirtyFlag(change.scheme));
    if (w.isAccepted) return accepted;
    if (isClean && this.#canReload(w)) return this.#reloaded(w);
    if (isPaste(w)) return { origin: 'human', cause: 'paste', confidence: 0.95 };
    const hasReturned = this.#hasReturned(change, document);
    if (this.#isChat(w) && !hasReturned) return { origin: 'ai', cause: 'chat', confidence: 0.95 };
    if (w.isStreamed) return stream;
    if (changes.every((c) => c.text === '')) {
      if (place === 'cursor' && isDeletedByHand(change)) return { origin: 'human', cause: 'delete', confidence: 0.9 };
      return changes.every((c) => c.deleted !== undefined && isBlank(c.deleted)) ? format : unclear;
    }
    const said = place === 'cursor' ? this.#atCursor(w, hasReturned) : this.#elsewhere(w, hasReturned);
    // While a save's participants are at work, a formatter or a fix is as likely as an agent.
    return said.origin === 'ai' && change.at - document.savingAt <= savingWithin ? unclear : said;
  }

  #elsewhere(w: Waiting, hasReturned: boolean): Explanation {
    const { change, document, place } = w;
    const { changes } = change;
    // An empty line within a run of edits is whoever's the run is, and that isn't known.
    if (keepsVisible(changes)) return isPartOfRun(w) ? unclear : format;
    // Where nobody is, a command may be an agent's as well as a person's, unless it goes through several documents.
    const isCommand = place === 'partly' || this.#isPresent(w) || this.#isInSeveral(change);
    const moved = rearranged(changes);
    if (moved) return isCommand ? moved : unclear;
    if (isUniform(change)) return isCommand ? { origin: 'tool', cause: 'replace-all', confidence: 0.8 } : unclear;
    if (place === 'partly' && completesWithImport(change))
      return { origin: 'tool', cause: 'completion', confidence: 0.8 };
    if (changes.every((c) => isImport(c.text)))
      return change.at - document.completedAt <= 1000 ? { origin: 'tool', cause: 'import', confidence: 0.9 } : unclear;
    if (changes.every((c) => !hasWord(c.text))) return changes.length > 1 ? format : unclear;
    // Dropped text is selected where it lands.
    if (isSelectedAfter(w)) return { origin: 'tool', cause: 'rearrange', confidence: 0.6 };
    if (hasReturned) return { origin: 'tool', cause: 'rearrange', confidence: 0.7 };
    if (this.#isNobodysCommand(w)) return { origin: 'ai', cause: 'workspace-edit', confidence: 0.5 };
    // Many small replacements within lines: a search with a pattern does that, and so may an agent.
    if (changes.length > 1 && changes.every((c) => !c.text.includes('\n'))) return unclear;
    return isProse(change) && isNews(change, 3) && !isBoilerplate(change)
      ? { origin: 'ai', cause: 'workspace-edit', confidence: 0.6 }
      : unclear;
  }

  /** A chat's own document of the file was opened right before, or the chat has just edited here. */
  #isChat({ change, document, place }: Waiting): boolean {
    const { at, path, changes } = change;
    const openedAt = this.#chatPaths.get(path);
    const isNear = openedAt !== undefined && openedAt <= at && at - openedAt <= near;
    if (!isNear && at - document.chatAt > near) return false;
    // Enter, Tab and Backspace show no key press.
    return place === 'elsewhere' || changes.some((c) => !isBlank(c.text) && !isOneCharacter(c.text));
  }

  /** Whether the person has moved the cursor or typed in the document within the last minute. */
  #isPresent({ change, document }: Waiting): boolean {
    if (document.presentAt !== Number.NEGATIVE_INFINITY) return change.at - document.presentAt <= presence;
    // A cursor that isn't where a document opens was put there by somebody whom we did not see.
    return change.selections?.some((s) => s.end.line > 0 || s.end.character > 0) ?? false;
  }

  /** Whether another document had the same small edit at about the same time. */
  #isInSeveral({ changes: [first] }: ChangeEvent): boolean {
    return first !== undefined && (this.#small.get(signature(first))?.uris.size ?? 0) >= 2;
  }

  /** One edit in a document where there is no sign of the person, and none of the tools that work on many files. */
  #isNobodysCommand(w: Waiting): boolean {
    const { change } = w;
    const [only] = change.changes;
    if (change.changes.length !== 1 || !only || this.#isPresent(w)) return false;
    // Without the text around it nothing can be said of a small edit.
    if (only.head === undefined || importLine.test(only.head) || isCommonplace(only.text)) return false;
    if (editorSettings.test(change.path)) return false;
    if (this.#isInSeveral(change) || isBoilerplate(change)) return false;
    // A search with a pattern, or a file's new name, goes through many documents with other texts in each.
    const isSmall = !only.text.includes('\n');
    return !isSmall || ![...this.#smallAt].some(([uri, at]) => uri !== change.uri && Math.abs(at - change.at) <= 1000);
  }

  #noteSmall(change: ChangeEvent, place: Place): void {
    const [first] = change.changes;
    if (!first || first.text.length > 200 || first.rangeLength > 200 || isBlank(first.text)) return;
    if (place === 'elsewhere' && !first.text.includes('\n')) remember(this.#smallAt, change.uri, change.at, 200);
    const key = signature(first);
    const known = this.#small.get(key);
    this.#small.delete(key);
    const uris = known && change.at - known.at <= 3000 ? known.uris : new Set<string>();
    this.#small.set(key, { uris: uris.add(change.uri), at: change.at });
    if (this.#small.size > 500) {
      const [oldest] = this.#small.keys();
      this.#small.delete(oldest as string);
    }
  }

  /** Notebook cells and unnamed documents have no dirty flag that would tell a reload. */
  #canReload({ change }: Waiting): boolean {
    if (!hasNoDirtyFlag(change.scheme)) return true;
    const diskAt = this.#diskPaths.get(change.path);
    return diskAt !== undefined && Math.abs(change.at - diskAt) <= near;
  }

  /** A document that stays clean was read from disk again. */
  #reloaded(w: Waiting): Explanation {
    const { at, path } = w.change;
    if (Math.abs(this.#gitAt - at) <= near) return { origin: 'tool', cause: 'vcs', confidence: 0.9 };
    const diskAt = this.#diskPaths.get(path);
    if (w.wasDirty && (diskAt === undefined || at - diskAt > near))
      return { origin: 'tool', cause: 'revert', confidence: 0.8 };
    return { origin: 'unknown', cause: 'external', confidence: 0 };
  }

  #atCursor(w: Waiting, hasReturned: boolean): Explanation {
    const { change, document } = w;
    const { changes } = change;
    const [only] = changes;
    if (changes.length > 1 || !only) return manyAtCursor(change);
    const { text } = only;
    const before = contextOf(w);
    const afterInline = before !== undefined && ['inline', 'stream', 'inline-accept'].includes(before.cause);
    if (isEnter(text))
      return afterInline || isPartOfRun(w) ? unclear : { origin: 'human', cause: 'enter', confidence: 0.9 };
    const selection = change.selections?.[0];
    const isSelected = selection !== undefined && comparePositions(selection.start, selection.end) < 0;
    if (isSelected && isOneCharacter(text)) return { origin: 'human', cause: 'typed', confidence: 0.9 };
    if (isComposition(only, w.previous)) return { origin: 'human', cause: 'typed', confidence: 0.9 };
    const end = insertedEnd(only);
    const isAtEnd = w.after === undefined || (w.after.length === 1 && isCursorAt(w.after[0] as TextRange, end));
    if (isBlank(text)) {
      if (afterInline) return only.rangeLength === 0 && text === ' ' ? inline : unclear;
      const isTab = text.length > 1 || text === '\t';
      return isTab && !isPartOfRun(w) ? { origin: 'human', cause: 'typed', confidence: 0.7 } : unclear;
    }
    if (keepsVisible(changes)) return format;
    const moved = rearranged(changes);
    if (moved) return moved;
    if (w.hasPlaceholders || !isAtEnd) return { origin: 'tool', cause: 'snippet', confidence: 0.7 };
    if (afterInline && only.rangeLength === 0) return w.clipboard ? inline : unclear;
    if (isWord(text)) {
      if (only.rangeLength > 0) return { origin: 'tool', cause: 'completion', confidence: 0.8 };
      // A completion replaces the word that it completes; an accepted part of a suggestion is put behind it.
      const isMidWord = only.head !== undefined && /[\p{L}\p{N}_]$/u.test(only.head);
      return before?.cause === 'typed' && isMidWord && !isOneCharacter(text) && w.clipboard ? inline : unclear;
    }
    if (!hasWord(text)) return only.rangeLength > 0 ? { origin: 'tool', cause: 'format', confidence: 0.5 } : unclear;
    if (hasReturned) return { origin: 'tool', cause: 'rearrange', confidence: 0.7 };
    // A paste that can't be excluded; also the middle mouse button's, which no clipboard shows.
    if (!w.clipboard || change.at - document.mouseAt <= near) return unclear;
    // Completions of several words: `else if`, an import, a call with its arguments.
    if (!/\S\s+\S/.test(text) || isImport(text) || isCommonplace(text)) return unclear;
    const kept = keptAround(only, selection);
    if (kept && isNextTo(before)) return inline;
    if (this.#options.hasKeyEmulation || !text.includes('\n')) return unclear;
    const isNew = (kept || isSelected) && isNews(change, 5) && !isBoilerplate(change);
    return isNew ? { origin: 'ai', cause: 'inline', confidence: 0.55 } : unclear;
  }

  //#endregion
  //#region Memory

  #document(uri: string): DocumentState {
    let document = this.#documents.get(uri);
    if (!document) {
      document = {
        isDirty: false,
        runs: new Runs(),
        lastAtCursor: undefined,
        completedAt: Number.NEGATIVE_INFINITY,
        mouseAt: Number.NEGATIVE_INFINITY,
        chatAt: Number.NEGATIVE_INFINITY,
        savingAt: Number.NEGATIVE_INFINITY,
        presentAt: Number.NEGATIVE_INFINITY,
        removed: new Map(),
      };
      this.#documents.set(uri, document);
    }
    return document;
  }

  *#of(uri: string): Iterable<Waiting> {
    for (const w of this.#waiting) if (w.change.uri === uri) yield w;
  }

  #noteRemoved(change: ChangeEvent, document: DocumentState): void {
    for (const c of change.changes) {
      if (!c.deleted || c.deleted.length < 4) continue;
      for (const line of c.deleted.split('\n', 500)) {
        if (!hasWord(line)) continue;
        const loose = looseText(line.slice(0, maxLine));
        remember(document.removed, loose, change.at, maxRemoved);
        remember(this.#removed, loose, change.at, maxRemoved);
      }
    }
  }

  /** Text that a reload took out was not cut to go elsewhere: who inserts it again has written it. */
  #forgetRemoved(change: ChangeEvent, document: DocumentState): void {
    for (const c of change.changes)
      for (const line of (c.deleted ?? '').split('\n', 500)) {
        const loose = looseText(line.slice(0, maxLine));
        for (const removed of [document.removed, this.#removed])
          if (removed.get(loose) === change.at) removed.delete(loose);
      }
  }

  /** Whether most of the inserted lines were in this text before, or were taken out of another a moment ago. */
  #hasReturned(change: ChangeEvent, document: DocumentState): boolean {
    const lines = change.changes
      .flatMap((c) => c.text.split(/\r\n|\n|\r/, 500))
      .filter(hasWord)
      .map(looseText);
    const gone = new Set(
      change.changes
        .flatMap((c) => (c.deleted ?? '').split('\n', 500))
        .map((line) => looseText(line.slice(0, maxLine))),
    );
    const isBack = (line: string): boolean => {
      const elsewhere = this.#removed.get(line);
      // Kept lines of a replaced block say nothing.
      if (gone.has(line)) return false;
      return document.removed.has(line) || (elsewhere !== undefined && Math.abs(change.at - elsewhere) <= 3000);
    };
    const news = lines.filter((line) => !gone.has(line));
    return news.length > 0 && news.filter(isBack).length * 10 >= news.length * 6;
  }

  #take(): readonly EditVerdict[] {
    const out = this.#out;
    if (out.length > 0) this.#out = [];
    return out;
  }

  //#endregion
}

const hasNoDirtyFlag = (scheme: string): boolean => scheme === 'vscode-notebook-cell' || scheme === 'untitled';
const isText = (scheme: string): boolean => !inner.test(scheme);

function remember(map: Map<string, number>, key: string, at: number, limit = 2000): void {
  map.delete(key);
  map.set(key, at);
  if (map.size > limit) {
    const [oldest] = map.keys();
    map.delete(oldest as string);
  }
}

//#endregion

function findLast<T>(items: readonly T[], test: (item: T) => boolean): T | undefined {
  for (let i = items.length - 1; i >= 0; i--) if (test(items[i] as T)) return items[i];
  return undefined;
}
