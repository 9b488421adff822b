/**
 * How did an edit come to be? A pure classifier over the events an editor's stable API gives, used live and on
 * recordings. It looks ahead a bounded time (a selection, the dirty flag or the clipboard follow some milliseconds
 * later) and has no clock: time comes with the events and with `tick`.
 *
 * Evidence is structural only; size alone is none. A person's edit must never be called AI, so AI needs a positive
 * sign, and what has none, of anybody, is `unknown`.
 */
import type { Evidence, Origin, Position } from '../model.ts';
import {
  comparePositions,
  insertedEnd,
  touches,
  type ChangeEvent,
  type ClipboardMatch,
  type EditorEvent,
  type TextChange,
  type TextRange,
} from './editEvents.ts';
import { looseText } from './origins.ts';

/** Short machine words for what decided; also shown by `Why Is This Line Marked?`. */
export type EditCause =
  | 'undo'
  | 'redo'
  | 'typed'
  | 'enter'
  | 'delete'
  | 'paste'
  | 'revert'
  | 'vcs'
  | 'external'
  | 'chat'
  | 'inline-accept'
  | 'inline'
  | 'stream'
  | 'workspace-edit'
  | 'format'
  | 'replace-all'
  | 'rearrange'
  | 'completion'
  | 'snippet'
  | 'import'
  | 'no-file'
  | 'unclear';

export interface EditVerdict {
  readonly id: number;
  readonly uri: string;
  readonly version: number;
  readonly origin: Origin;
  readonly evidence: Evidence;
  readonly cause: EditCause;
  readonly confidence: number;
}

/** How long after a change something may still be learnt about it. */
const lookAhead = 600;
/** Neighbouring edits of one run are nearer than this. */
const runGap = 1500;
/** The selection that a key press brings about follows it this soon (measured: 0.4 ms, p99 4.9 ms). */
const keyWithin = 100;
/** After this long without a sign of the person in a document, an edit elsewhere in it is hardly their command. */
const presence = 60_000;
/** A file's watcher event, a ref's move or a chat document belong to a change within this time. */
const near = 750;
/** Edits without a person's sign that make a run a stream. */
const streamLength = 4;
/** Nobody types faster for long; recordings of fast typists lie above 45 ms on average. */
const fastestTyping = 45;
/** A clipboard's answer may take longer than all else; without it a paste can't be excluded. */
const clipboardWithin = 2000;
const maxWaiting = 4000;
const maxMembers = 32;
const maxRemoved = 2000;
/** Causes which bring an earlier text back as a whole. */
const takesBack: ReadonlySet<string> = new Set(['revert', 'vcs', 'external']);
/** Lines are compared by their beginning. */
const maxLine = 500;

interface Explanation {
  readonly origin: Origin;
  readonly cause: EditCause;
  readonly confidence: number;
  readonly evidence?: Evidence;
}

interface Waiting {
  readonly change: ChangeEvent;
  readonly document: DocumentState;
  readonly run: Run | undefined;
  readonly wasDirty: boolean;
  readonly place: Place;
  /** The change at the cursor before this one; dropped with the verdict. */
  previous: Waiting | undefined;
  verdict: Explanation | undefined;
  isKeyboard: boolean;
  /** Our command for accepting suggestions was at work. A key press still outweighs it: the command may find none. */
  readonly isAccepted: boolean;
  isDirtyAfter: boolean | undefined;
  after: readonly TextRange[] | undefined;
  hasPlaceholders: boolean;
  clipboard: ClipboardMatch | undefined;
}

/** Where a change lies: at the cursors the person has (or on their lines), only partly so, or elsewhere. */
type Place = 'cursor' | 'partly' | 'elsewhere';

/** Consecutive edits without a key press, each where the last one ended. */
interface Run {
  readonly members: Waiting[];
  count: number;
  /** Edits with no other explanation. */
  open: number;
  chars: number;
  first: number;
  last: number;
  end: Position;
  start: Position;
  isStream: boolean;
  /** Single characters only, the same one again and again: a key held down. */
  isOneKey: boolean;
  letter: string;
}

interface DocumentState {
  isDirty: boolean;
  run: Run | undefined;
  /** The last change at the cursor, unless the cursor has been moved since. */
  lastAtCursor: Waiting | undefined;
  completedAt: number;
  mouseAt: number;
  /** When the person last moved the cursor or typed here: their commands work where they are. */
  presentAt: number;
  /** Visible lines that edits took out, newest last: whatever brings them back is no author. */
  readonly removed: Map<string, number>;
}

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
  #gitAt = Number.NEGATIVE_INFINITY;
  #acceptAt = Number.NEGATIVE_INFINITY;
  /** As in a document's `removed`, over all documents. */
  readonly #removed = new Map<string, number>();
  /** What small edits did lately and in which document: a rename or a search does the same in many. */
  readonly #small = new Map<string, { readonly uris: Set<string>; readonly at: number }>();
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

  /** When `tick` is next worth calling; `undefined` when nothing waits. */
  get nextDue(): number | undefined {
    return this.#waiting[0] && this.#waiting[0].change.at + lookAhead;
  }

  /** Whether the clipboard could explain the change with this id; else don't read it. */
  wantsClipboard(id: number): boolean {
    const waiting = findLast(this.#waiting, (w) => w.change.id === id);
    return waiting !== undefined && canBePaste(waiting);
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
      run: this.#join(document, change),
      wasDirty,
      place,
      previous: document.lastAtCursor,
      verdict: undefined,
      isKeyboard: false,
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
    if (place === 'elsewhere') this.#noteSmall(change);
    this.#waiting.push(waiting);
    if (this.#waiting.length > maxWaiting) this.#finish(this.#waiting[0] as Waiting);
    const at = this.#atOnce(waiting);
    if (at) this.#decide(waiting, at);
    else if (waiting.run?.isStream) this.#decide(waiting, stream);
    else if (waiting.run) this.#judgeRun(waiting.run);
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
    if (run && !run.isStream) {
      // A key press ends what looked like a run; what came before it is judged alone.
      this.#leave(w);
      w.document.run = undefined;
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

  #join(document: DocumentState, change: ChangeEvent): Run | undefined {
    const [only] = change.changes;
    if (change.changes.length !== 1 || !only || change.reason || !isText(change.scheme)) {
      document.run = undefined;
      return undefined;
    }
    const { run } = document;
    const text = only.text;
    // Blanks and line breaks are anybody's; an input method replaces its own text by as much text.
    const isOpen = !isBlank(text) && !isEnter(text) && !(only.rangeLength === text.length && isForeign(text));
    if (run && change.at - run.last <= runGap && continues(run, only)) {
      run.count++;
      run.chars += text.length;
      run.last = change.at;
      run.end = insertedEnd(only);
      if (comparePositions(only.range.start, run.start) < 0) run.start = only.range.start;
      if (isOpen) run.open++;
      if (text !== run.letter) run.isOneKey = false;
      return run;
    }
    document.run = {
      members: [],
      count: 1,
      open: isOpen ? 1 : 0,
      chars: text.length,
      first: change.at,
      last: change.at,
      start: only.range.start,
      end: insertedEnd(only),
      isStream: false,
      isOneKey: true,
      letter: text,
    };
    return document.run;
  }

  #leave(w: Waiting): void {
    const { run } = w;
    if (!run) return;
    const at = run.members.indexOf(w);
    if (at >= 0) run.members.splice(at, 1);
    run.count--;
  }

  /** Is this a machine writing piece by piece? */
  #judgeRun(run: Run): void {
    const alone = run.members.filter((w) => w.isDirtyAfter === true && !isPaste(w));
    if (run.open < streamLength || alone.length < streamLength || run.isOneKey) return;
    // The newest member may yet turn out to be a key press, and a paste shows only when the clipboard is read.
    const settled = alone
      .slice(0, -1)
      .every((w) => w.place === 'elsewhere' || !canBePaste(w) || w.clipboard !== undefined);
    const seen = alone.slice(0, -1).filter((w) => w.after !== undefined || w.place === 'elsewhere');
    if (!settled || seen.length < streamLength - 1) return;
    if (alone.filter((w) => w.hasPlaceholders).length * 2 > alone.length) return;
    const pace = (run.last - run.first) / (run.count - 1);
    const isChars = run.chars <= run.count * 1.5;
    if (isChars && pace > fastestTyping && !isRegular(run.members)) return;
    run.isStream = true;
    for (const w of alone) this.#decide(w, stream);
    run.members.length = 0;
  }

  //#endregion
  //#region Verdicts

  #expire(now: number): void {
    for (let i = 0; i < this.#waiting.length;) {
      const w = this.#waiting[i] as Waiting;
      if (w.change.at + lookAhead > now) break;
      // Verdicts come in order within a document: a later one may lean on an earlier one.
      if (w.change.at + clipboardWithin > now && (awaitsClipboard(w) || (w.previous && !w.previous.verdict))) i++;
      else this.#finish(w);
    }
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
    const chatAt = this.#chatPaths.get(change.path);
    if (chatAt !== undefined && change.at - chatAt <= near && chatAt <= change.at && !hasReturned)
      return { origin: 'ai', cause: 'chat', confidence: 0.95 };
    if (changes.every((c) => c.text === '')) {
      if (place === 'cursor') return { origin: 'human', cause: 'delete', confidence: 0.9 };
      return changes.every((c) => c.deleted !== undefined && isBlank(c.deleted)) ? format : unclear;
    }
    if (place === 'cursor') return this.#atCursor(w, hasReturned);
    // An empty line within a run of edits is whoever's the run is, and that isn't known.
    if (keepsVisible(changes)) return isPartOfRun(w) ? unclear : format;
    const moved = rearranged(changes);
    if (moved) return moved;
    if (isUniform(change)) return { origin: 'tool', cause: 'replace-all', confidence: 0.8 };
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
    return isNews(change) && !isBoilerplate(change)
      ? { origin: 'ai', cause: 'workspace-edit', confidence: 0.6 }
      : unclear;
  }

  /** One edit in a document where there is no sign of the person, and none of the tools that work on many files. */
  #isNobodysCommand({ change, document }: Waiting): boolean {
    const [only] = change.changes;
    if (change.changes.length !== 1 || !only || change.at - document.presentAt <= presence) return false;
    // Without the text around it nothing can be said of a small edit.
    if (only.head === undefined || importLine.test(only.head) || isCommonplace(only.text)) return false;
    if (editorSettings.test(change.path)) return false;
    const small = this.#small.get(signature(only));
    return (small === undefined || small.uris.size < 2) && !isBoilerplate(change);
  }

  #noteSmall(change: ChangeEvent): void {
    const [first] = change.changes;
    if (!first || first.text.length > 200 || first.rangeLength > 200) return;
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
      if (afterInline) return only.rangeLength === 0 && text.length === 1 ? inline : unclear;
      const isTab = text.length > 1 || text === '\t';
      return isTab && !isPartOfRun(w) ? { origin: 'human', cause: 'typed', confidence: 0.7 } : unclear;
    }
    if (keepsVisible(changes)) return format;
    const moved = rearranged(changes);
    if (moved) return moved;
    if (w.hasPlaceholders || !isAtEnd) return { origin: 'tool', cause: 'snippet', confidence: 0.7 };
    if (afterInline && only.rangeLength === 0) return inline;
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
    const isNew = (kept || isSelected) && isNews(change) && !isBoilerplate(change);
    return isNew ? { origin: 'ai', cause: 'inline', confidence: 0.55 } : unclear;
  }

  //#endregion
  //#region Memory

  #document(uri: string): DocumentState {
    let document = this.#documents.get(uri);
    if (!document) {
      document = {
        isDirty: false,
        run: undefined,
        lastAtCursor: undefined,
        completedAt: Number.NEGATIVE_INFINITY,
        mouseAt: Number.NEGATIVE_INFINITY,
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

const accepted: Explanation = { origin: 'ai', cause: 'inline-accept', confidence: 0.99, evidence: 'editor' };
const stream: Explanation = { origin: 'ai', cause: 'stream', confidence: 0.8 };
const inline: Explanation = { origin: 'ai', cause: 'inline', confidence: 0.7 };
const format: Explanation = { origin: 'tool', cause: 'format', confidence: 0.8 };
const unclear: Explanation = { origin: 'unknown', cause: 'unclear', confidence: 0 };

const hasNoDirtyFlag = (scheme: string): boolean => scheme === 'vscode-notebook-cell' || scheme === 'untitled';
/** Files that the editor's own dialogs write. */
const editorSettings = /(?:^|\/)(?:settings|keybindings|launch|tasks|extensions|mcp)\.json$|\.code-workspace$/;
const signature = (c: TextChange): string => `${c.text}\u0000${c.deleted ?? c.rangeLength}`;
const isText = (scheme: string): boolean => !inner.test(scheme);

//#region Shapes of a change

function placeOf(change: ChangeEvent): Place {
  const { selections, changes } = change;
  if (!selections || selections.length === 0) return 'elsewhere';
  // A whole line that was copied without a selection is pasted in front of the cursor's line.
  const isLineAt = (c: TextChange, s: TextRange): boolean =>
    c.rangeLength === 0 &&
    c.range.start.character === 0 &&
    /[\r\n]$/.test(c.text) &&
    c.range.start.line === s.start.line;
  const isAt = (c: TextChange): boolean => selections.some((s) => touches(c.range, s) || isLineAt(c, s));
  if (changes.every(isAt)) return 'cursor';
  // Whole-line commands (indent, comment, move) work on the lines of the selections.
  const onLines = (c: TextChange): boolean =>
    selections.some((s) => c.range.start.line >= s.start.line - 1 && c.range.end.line <= s.end.line + 1);
  if (changes.length > 1 && changes.some(isAt)) return changes.every(onLines) ? 'cursor' : 'partly';
  return 'elsewhere';
}

/** Whether a key press may explain the change: linked places (a closing tag) change along with the cursor's. */
const isTyped = (w: Waiting): boolean => w.place === 'cursor' || (w.place === 'partly' && isUniform(w.change));

const canBePaste = ({ place, change }: Waiting): boolean =>
  place !== 'elsewhere' &&
  change.reason === undefined &&
  change.changes.some((c) => c.text.length > 1 && !isBlank(c.text));

const awaitsClipboard = (w: Waiting): boolean => w.clipboard === undefined && canBePaste(w);

/** What came at the cursor right before, ending where this change starts. */
function contextOf(w: Waiting): Explanation | undefined {
  const [only] = w.change.changes;
  const before = w.previous;
  const last = before?.change.changes.at(-1);
  if (!only || !before || !last || w.change.at - before.change.at > 30_000) return undefined;
  const end = insertedEnd(last);
  const isNext = comparePositions(end, only.range.start) === 0;
  // A suggestion may replace what was typed before it.
  return isNext || comparePositions(end, only.range.end) === 0 ? before.verdict : undefined;
}

/** Whether other edits without a key press and without an explanation stand right before this one. */
const isPartOfRun = ({ run }: Waiting): boolean => run !== undefined && run.open >= 2;

/** Suggestions come where a person was typing. */
const isNextTo = (before: Explanation | undefined): boolean => before?.cause === 'typed' || before?.cause === 'enter';

/**
 * Whether the inserted text starts with what it replaces before the cursor and holds what it replaces after it, as an
 * accepted suggestion does. Abbreviations and refactorings don't.
 */
function keptAround({ deleted, range, rangeLength, text }: TextChange, selection: TextRange | undefined): boolean {
  if (rangeLength === 0) return true;
  if (deleted === undefined || deleted.includes('\n') || !selection) return false;
  if (comparePositions(selection.start, selection.end) < 0) return false;
  const typed = deleted.slice(0, Math.max(0, selection.start.character - range.start.character)).trimStart();
  const tail = deleted.slice(Math.max(0, selection.start.character - range.start.character));
  return (
    (typed !== '' || tail !== '') &&
    text.trimStart().startsWith(typed) &&
    !hasWord(tail) &&
    Array.from(tail).every((c) => text.includes(c))
  );
}

const isCursorAt = (range: TextRange, at: Position): boolean =>
  comparePositions(range.start, at) === 0 && comparePositions(range.end, at) === 0;

function isSelectedAfter({ change, after }: Waiting): boolean {
  const [only] = change.changes;
  if (!only || change.changes.length !== 1 || only.text === '' || after?.length !== 1) return false;
  const [selection] = after as [TextRange];
  return (
    comparePositions(selection.start, only.range.start) === 0 &&
    comparePositions(selection.end, insertedEnd(only)) === 0
  );
}

/** Changes at several cursors (or on their lines), without a key press. */
function manyAtCursor(change: ChangeEvent): Explanation {
  const { changes, selections = [] } = change;
  if (keepsVisible(changes)) return format;
  const moved = rearranged(changes);
  if (moved) return moved;
  if (changes.every((c) => !hasWord(c.text))) return format;
  // One change for each of several cursors: nobody but the person knows where they all are.
  const isOneEach =
    changes.length === selections.length &&
    changes.length > 1 &&
    changes.every((c) => selections.some((s) => touches(c.range, s)));
  if (isOneEach) return { origin: 'human', cause: isUniform(change) ? 'typed' : 'paste', confidence: 0.6 };
  return isUniform(change) ? { origin: 'tool', cause: 'replace-all', confidence: 0.7 } : unclear;
}

/** One completion at the cursor and its import elsewhere, in one event. */
function completesWithImport({ changes, selections = [] }: ChangeEvent): boolean {
  const [here, ...more] = changes.filter((c) => selections.some((s) => touches(c.range, s)));
  const away = changes.filter((c) => c !== here);
  return (
    here !== undefined &&
    more.length === 0 &&
    isWord(here.text) &&
    away.every((c) => isImport(c.text) || !c.text.includes('\n'))
  );
}

/** Whether the next edit of a run is where the last one ended, or rewrites its tail. */
function continues(run: Run, change: TextChange): boolean {
  const { start, end } = change.range;
  if (comparePositions(start, run.end) === 0) return true;
  // A cursor on the line below, after an inserted line.
  if (start.line === run.end.line + 1 && start.character === 0 && comparePositions(start, end) === 0) return true;
  return comparePositions(start, run.start) >= 0 && comparePositions(end, run.end) === 0;
}

/** After a key press the cursor is in or right behind what it wrote. */
function followsFrom(change: ChangeEvent, selections: readonly TextRange[]): boolean {
  let shift = 0;
  for (const c of [...change.changes].sort((a, b) => comparePositions(a.range.start, b.range.start))) {
    const end = insertedEnd(c);
    const from = c.range.start.line + shift;
    shift += end.line - c.range.end.line;
    const isNear = selections.some(
      (s) => s.end.line >= from - 1 && s.start.line <= from + (end.line - c.range.start.line) + 1,
    );
    if (!isNear) return false;
  }
  return true;
}

/** Tab stops: after an insertion, text inside it is selected, or there are cursors inside it. */
function hasPlaceholder(change: ChangeEvent, selections: readonly TextRange[]): boolean {
  const [only] = change.changes;
  if (!only || change.changes.length !== 1 || only.text.length < 3) return false;
  const inside: TextRange = { start: only.range.start, end: insertedEnd(only) };
  return selections.every(
    (s) =>
      comparePositions(s.start, inside.start) >= 0 &&
      comparePositions(s.end, inside.end) <= 0 &&
      (comparePositions(s.start, s.end) < 0 || comparePositions(s.end, inside.end) < 0),
  );
}

function isPaste(w: Waiting): boolean {
  const { clipboard, change } = w;
  if (!clipboard || clipboard.length === 0 || !canBePaste(w)) return false;
  if (clipboard.equal) return true;
  const length = change.changes.reduce((n, c) => n + c.text.length, 0);
  const isMost = Math.min(length, clipboard.length) >= 0.7 * Math.max(length, clipboard.length);
  if (change.changes.length > 1) return clipboard.within || clipboard.contains;
  return (clipboard.contains || clipboard.within) && isMost;
}

/** An input method replaces what it wrote before. */
function isComposition(change: TextChange, before: Waiting | undefined): boolean {
  const last = before?.change.changes.at(-1);
  if (!isForeign(change.text) || change.text.includes('\n') || !last || before?.verdict?.cause !== 'typed')
    return false;
  return comparePositions(insertedEnd(last), change.range.end) === 0;
}

const isForeign = (text: string): boolean => /[\u0080-\uffff]/.test(text);
const isOneCharacter = (text: string): boolean => /^.$/su.test(text);
const isBlank = (text: string): boolean => !/\S/.test(text);
const hasWord = (text: string): boolean => /[\p{L}\p{N}]/u.test(text);
/** A line break with what an editor adds by itself: indentation, the next comment or list mark. */
const isEnter = (text: string): boolean =>
  /^[\r\n]/.test(text) && /^[\s*/#;>+!|-]*$/.test(text.replace(/\[[ x]\]|\b\d{1,4}[.)]/g, '')) && text.length < 200;
/** One name, path or member access, as a completion inserts it. */
const isWord = (text: string): boolean =>
  text.length <= 200 &&
  // No character belongs to two neighbouring classes, so that the match is linear.
  /^["'`#@&<./\\:-]*[\p{L}\p{N}_$]+(?:[./\\@:?>-]+[\p{L}\p{N}_$]+)*["'`;:,=(){}[\]<>!?.]*\s?$/u.test(text);
const importLine = /^\s*(import|from|using|use|include|#include|require|\}? ?from|const [^=;]{1,80}= ?require)\b/;
const isImport = (text: string): boolean =>
  text.split(/\r\n|\n|\r/).every((line) => isBlank(line) || importLine.test(line));

/** What language servers write for what is still missing: stubs, and rows of one pattern (cases, fields, accessors). */
function isBoilerplate({ changes }: ChangeEvent): boolean {
  const stub = /not[ _-]?(yet )?implemented|auto-?generated|\btodo\b|unimplemented!/i;
  if (changes.some((c) => stub.test(c.text))) return true;
  const lines = changes.flatMap((c) => c.text.split(/\r\n|\n|\r/, 200)).filter(hasWord);
  if (lines.length < 4) return false;
  const shapes = new Set(
    lines.map((line) =>
      line
        .slice(0, maxLine)
        .replace(/[\p{L}\p{N}_$]+/gu, 'w')
        .replace(/\s+/g, ' '),
    ),
  );
  return shapes.size * 2 <= lines.length;
}

/** Only white space differs, in every change. */
const keepsVisible = (changes: readonly TextChange[]): boolean =>
  changes.every(
    (c) => isBlank(c.text) && (c.deleted === undefined ? isBlank(c.text) && c.rangeLength === 0 : isBlank(c.deleted)),
  ) || changes.every((c) => c.deleted !== undefined && looseText(c.deleted) === looseText(c.text));

/** The same text, moved, sorted or in another case. */
function rearranged(changes: readonly TextChange[]): Explanation | undefined {
  if (!changes.every((c) => c.deleted !== undefined)) return undefined;
  const out = changes.map((c) => c.deleted as string).join('\n');
  const put = changes.map((c) => c.text).join('\n');
  // Sorting words takes its time, and this runs in the editor's process.
  if (out.length + put.length > 200_000 || isBlank(out) || isBlank(put)) return undefined;
  const tool: Explanation = { origin: 'tool', cause: 'rearrange', confidence: 0.8 };
  // One side of a merge conflict, or both.
  if (/^<{7}( |$)/m.test(out) && /^>{7}( |$)/m.test(out) && isPartOf(put, out)) return tool;
  const letters = (text: string): string => text.replace(/[^\p{L}\p{N}]+/gu, '').toLowerCase();
  if (letters(out) !== '' && letters(out) === letters(put)) return tool;
  const sorted = (text: string): string =>
    text
      .split(/\r\n|\n|\r/)
      .map(looseText)
      .filter((l) => l !== '')
      .sort()
      .join('\n');
  if (sorted(out) === sorted(put)) return tool;
  const words = (text: string): string => (text.match(/[\p{L}\p{N}_$]+/gu) ?? []).sort().join(' ');
  return words(out) !== '' && words(out) === words(put) ? tool : undefined;
}

/** Whether every visible line of `part` is one of `whole`. */
function isPartOf(part: string, whole: string): boolean {
  const lines = new Set(whole.split(/\r\n|\n|\r/).map(looseText));
  return part.split(/\r\n|\n|\r/).every((line) => isBlank(line) || lines.has(looseText(line)));
}

/** Many places, one text: rename, replace all, comment out. */
function isUniform({ changes }: ChangeEvent): boolean {
  if (changes.length < 2) return false;
  const [first] = changes as [TextChange];
  return changes.every(
    (c) => c.text === first.text && c.rangeLength === first.rangeLength && c.deleted === first.deleted,
  );
}

const common: ReadonlySet<string> = new Set(
  'abstract and any as assert async await base bool boolean break byte case catch char class const continue debugger def default delete del do double elif else end enum except export extends extern false final finally float fn for foreach from func function global if impl implements import in instanceof int interface internal is lambda let long match mod module mut namespace new nil none not null number object of or override package pass private protected pub public raise readonly ref require return sealed self short static string struct super switch then this throw throws trait true try type typeof undefined union unknown unsafe use using val var virtual void where while with yield error exception implemented method notimplementedexception notimplementederror todo auto generated stub newfunction newlocal newmethod extracted'.split(
    ' ',
  ),
);

const wordsOf = (text: string): string[] => text.match(/[\p{L}_$][\p{L}\p{N}_$]*/gu) ?? [];
/** Keywords and nothing else. */
const isCommonplace = (text: string): boolean =>
  wordsOf(text).length > 0 && wordsOf(text).every((word) => common.has(word.toLowerCase()));

/** New names or prose which stand neither in the text nor in what was replaced: nobody rearranged that. */
function isNews({ changes, knows, isComplete }: ChangeEvent): boolean {
  if (!knows && isComplete) return false;
  const gone = changes.map((c) => c.deleted ?? '').join('\n');
  const seen = new Set<string>();
  let news = 0;
  for (const c of changes) {
    for (const [word] of c.text.matchAll(/[\p{L}_$][\p{L}\p{N}_$]{2,}/gu)) {
      if (seen.size >= 40) return news >= 3;
      if (seen.has(word) || common.has(word.toLowerCase())) continue;
      seen.add(word);
      if (!gone.includes(word) && !knows?.(word)) news++;
      if (news >= 3) return true;
    }
  }
  return false;
}

/** A timer's beat, which no hand keeps. */
function isRegular(members: readonly Waiting[]): boolean {
  if (members.length < 8) return false;
  const times = members.map((w) => w.change.at);
  const gaps = times.slice(1).map((t, i) => t - (times[i] as number));
  const mean = gaps.reduce((a, b) => a + b, 0) / gaps.length;
  const variance = gaps.reduce((a, b) => a + (b - mean) ** 2, 0) / gaps.length;
  return mean > 0 && Math.sqrt(variance) < 0.2 * mean;
}

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
