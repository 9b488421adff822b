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
/** A clean document that was edited gets dirty within this time; one that was reloaded doesn't. */
const dirtyWithin = 60;
/** Neighbouring edits of one run are nearer than this. */
const runGap = 1500;
/** A file's watcher event, a ref's move or a chat document belong to a change within this time. */
const near = 750;
/** Edits without a person's sign that make a run a stream. */
const streamLength = 4;
/** Nobody types faster for long; recordings of fast typists lie above 45 ms on average. */
const fastestTyping = 45;
const maxWaiting = 4000;

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
  isKeyboard: boolean;
  isDirtyAfter: boolean | undefined;
  after: readonly TextRange[] | undefined;
  hasPlaceholders: boolean;
  clipboard: ClipboardMatch | undefined;
  isDone: boolean;
}

/** Where a change lies: at the cursors the person has, on their lines, or elsewhere. */
type Place = 'cursor' | 'elsewhere';

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
  /** The last thing known to have come at the cursor, and where the cursor then was. */
  lastAtCursor: { readonly origin: Origin; readonly cause: EditCause; readonly at: number; readonly end: Position } | undefined;
  completedAt: number;
  diskAt: number;
  chatAt: number;
  isKnownDirty: boolean;
}

const textSchemes: ReadonlySet<string> = new Set(['file', 'untitled', 'vscode-remote', 'vscode-notebook-cell', 'vscode-vfs', 'vscode-userdata', 'git', 'memfs']);

export class EditClassifier {
  #waiting: Waiting[] = [];
  readonly #documents = new Map<string, DocumentState>();
  readonly #chatPaths = new Map<string, number>();
  readonly #diskPaths = new Map<string, number>();
  #out: EditVerdict[] = [];
  #gitAt = Number.NEGATIVE_INFINITY;
  #acceptAt = Number.NEGATIVE_INFINITY;
  #removed: { readonly at: number; readonly lines: ReadonlySet<string> }[] = [];

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
        this.#acceptAt = event.at;
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
    return waiting !== undefined && waiting.place === 'cursor' && waiting.change.changes.some((c) => c.text.length > 1);
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
      run: this.#join(document, change, place),
      wasDirty,
      place,
      isKeyboard: false,
      isDirtyAfter: change.isDirty ? true : undefined,
      after: undefined,
      hasPlaceholders: false,
      clipboard: undefined,
      isDone: false,
    };
    waiting.run?.members.push(waiting);
    this.#noteRemoved(change);
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
    if (change.at - this.#acceptAt <= 250 && w.place === 'cursor' && change.changes.some((c) => c.text !== '')) {
      this.#acceptAt = Number.NEGATIVE_INFINITY;
      return { origin: 'ai', cause: 'inline-accept', confidence: 0.99, evidence: 'editor' };
    }
    return undefined;
  }

  #dirty(uri: string, isDirty: boolean): void {
    const document = this.#document(uri);
    document.isDirty = isDirty;
    for (const w of this.#of(uri)) if (w.isDirtyAfter === undefined) w.isDirtyAfter = isDirty;
  }

  #selection(uri: string, at: number, by: string | undefined, selections: readonly TextRange[]): void {
    // The selection that a change brings about follows it at once; a later one is a movement of its own.
    const w = findLast(this.#waiting, (one) => one.change.uri === uri);
    if (!w) {
      this.#moved(uri, by);
      return;
    }
    const isFirst = w.after === undefined;
    if (!isFirst && by !== 'keyboard' && by !== 'mouse' && hasPlaceholder(w.change, selections)) w.hasPlaceholders = true;
    w.after ??= selections;
    if (by === 'keyboard' && w.place === 'cursor' && at - w.change.at <= 50 && followsFrom(w.change, selections)) {
      w.isKeyboard = true;
      this.#keyboard(w);
    } else if (!isFirst || at - w.change.at > 50) this.#moved(uri, by);
  }

  /** The cursor was moved by hand: what came at the cursor before is no context for what comes now. */
  #moved(uri: string, by: string | undefined): void {
    const document = this.#documents.get(uri);
    if (document && (by === 'keyboard' || by === 'mouse')) document.lastAtCursor = undefined;
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
    if (w) w.clipboard = match;
  }

  //#endregion
  //#region Runs

  #join(document: DocumentState, change: ChangeEvent, place: Place): Run | undefined {
    const [only] = change.changes;
    if (change.changes.length !== 1 || !only || change.reason || !isText(change.scheme)) {
      document.run = undefined;
      return undefined;
    }
    const { run } = document;
    const text = only.text;
    const isOpen = !isBlank(text) && (place === 'elsewhere' || !isEnter(text));
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
    const alone = run.members.filter((w) => !w.isKeyboard);
    if (run.open < streamLength || alone.length < streamLength || run.isOneKey) return;
    // The newest member may yet turn out to be a key press, and a person's paste may yet be recognised.
    const settled = alone.slice(0, -1).filter((w) => w.after !== undefined || w.place === 'elsewhere');
    if (settled.length < streamLength - 1 && run.last - run.first < dirtyWithin) return;
    if (alone.some((w) => isPaste(w) || w.hasPlaceholders)) return;
    const pace = (run.last - run.first) / (run.count - 1);
    const isChars = run.chars <= run.count * 1.5;
    if (isChars && pace > fastestTyping && !isRegular(run.members)) return;
    run.isStream = true;
    for (const w of alone) this.#decide(w, stream);
  }

  //#endregion
  //#region Verdicts

  #expire(now: number): void {
    while (this.#waiting[0] && this.#waiting[0].change.at + lookAhead <= now) this.#finish(this.#waiting[0]);
  }

  /** Nothing more will be learnt about this change. */
  #finish(w: Waiting): void {
    this.#decide(w, this.#explain(w));
  }

  #decide(w: Waiting, explanation: Explanation): void {
    if (w.isDone) return;
    w.isDone = true;
    const at = this.#waiting.lastIndexOf(w);
    if (at >= 0) this.#waiting.splice(at, 1);
    const { change, document } = w;
    const { origin, cause, confidence } = explanation;
    const evidence = explanation.evidence ?? (origin === 'unknown' ? 'none' : 'heuristic');
    const last = change.changes.at(-1);
    if (w.place === 'cursor' && last) document.lastAtCursor = { origin, cause, at: change.at, end: insertedEnd(last) };
    if (cause === 'completion') document.completedAt = change.at;
    this.#out.push({ id: change.id, uri: change.uri, version: change.version, origin, evidence, cause, confidence });
  }

  #explain(w: Waiting): Explanation {
    const { change, document } = w;
    const { changes } = change;
    if (!change.isDirty && w.isDirtyAfter !== true) return this.#reloaded(w);
    const chatAt = this.#chatPaths.get(change.path);
    if (chatAt !== undefined && change.at - chatAt <= near && chatAt <= change.at && !w.isKeyboard)
      return { origin: 'ai', cause: 'chat', confidence: 0.95 };
    if (changes.every((c) => c.text === '')) {
      if (w.place === 'cursor') return { origin: 'human', cause: 'delete', confidence: 0.9 };
      return changes.every((c) => c.deleted !== undefined && isBlank(c.deleted)) ? format : unclear;
    }
    if (isPaste(w)) return { origin: 'human', cause: 'paste', confidence: 0.95 };
    if (w.place === 'cursor') return this.#atCursor(w);
    if (keepsVisible(changes)) return format;
    const moved = rearranged(changes);
    if (moved) return moved;
    if (isUniform(change)) return { origin: 'tool', cause: 'replace-all', confidence: 0.8 };
    if (changes.every((c) => isImport(c.text)) && change.at - document.completedAt <= 1000)
      return { origin: 'tool', cause: 'import', confidence: 0.9 };
    if (changes.every((c) => !hasWord(c.text))) return changes.length > 1 ? format : unclear;
    if (this.#wasMoved(change)) return { origin: 'tool', cause: 'rearrange', confidence: 0.7 };
    return isNews(change) ? { origin: 'ai', cause: 'workspace-edit', confidence: 0.6 } : unclear;
  }

  /** A document that stays clean was read from disk again. */
  #reloaded(w: Waiting): Explanation {
    const { at, path } = w.change;
    if (Math.abs(this.#gitAt - at) <= near) return { origin: 'tool', cause: 'vcs', confidence: 0.9 };
    const diskAt = this.#diskPaths.get(path);
    if (w.wasDirty && (diskAt === undefined || at - diskAt > near)) return { origin: 'tool', cause: 'revert', confidence: 0.8 };
    return { origin: 'unknown', cause: 'external', confidence: 0 };
  }

  #atCursor(w: Waiting): Explanation {
    const { change, document } = w;
    const { changes } = change;
    const [only] = changes;
    if (changes.length > 1 || !only) {
      if (keepsVisible(changes)) return format;
      const moved = rearranged(changes);
      if (moved) return moved;
      if (isUniform(change)) return { origin: 'tool', cause: isWord(only?.text ?? '') ? 'completion' : 'replace-all', confidence: 0.7 };
      return changes.every((c) => !hasWord(c.text)) ? format : unclear;
    }
    const { text } = only;
    const context = document.lastAtCursor;
    const follows =
      context !== undefined && comparePositions(context.end, only.range.start) === 0 && change.at - context.at <= 30_000;
    const afterInline = follows && (context.cause === 'inline' || context.cause === 'stream' || context.cause === 'inline-accept');
    if (isEnter(text)) return afterInline ? unclear : { origin: 'human', cause: 'enter', confidence: 0.9 };
    const selection = change.selections?.[0];
    const isSelected = selection !== undefined && comparePositions(selection.start, selection.end) < 0;
    if (isSelected && [...text].length === 1) return { origin: 'human', cause: 'typed', confidence: 0.9 };
    if (isBlank(text) && (text.length > 1 || text === '\t')) return { origin: 'human', cause: 'typed', confidence: 0.7 };
    if (isComposition(only, w, follows ? context.cause : undefined)) return { origin: 'human', cause: 'typed', confidence: 0.9 };
    if (keepsVisible(changes)) return format;
    const moved = rearranged(changes);
    if (moved) return moved;
    const end = insertedEnd(only);
    const cursor = w.after?.[0];
    const isAtEnd =
      w.after === undefined ? undefined : w.after.length === 1 && cursor !== undefined && comparePositions(cursor.start, end) === 0 && comparePositions(cursor.end, end) === 0;
    if (w.hasPlaceholders || isAtEnd === false) return { origin: 'tool', cause: 'snippet', confidence: 0.7 };
    if (isWord(text)) {
      if (only.rangeLength > 0) return { origin: 'tool', cause: 'completion', confidence: 0.8 };
      if (afterInline) return inline;
      // A completion replaces the word that it completes; an accepted part of a suggestion is put behind it.
      if ([...text].length > 1 && only.head !== undefined && /[\p{L}\p{N}_]$/u.test(only.head)) return inline;
      return unclear;
    }
    if (afterInline) return inline;
    if (!hasWord(text)) return only.rangeLength > 0 || text.length > 1 ? { origin: 'tool', cause: 'format', confidence: 0.5 } : unclear;
    if (this.#wasMoved(change)) return { origin: 'tool', cause: 'rearrange', confidence: 0.7 };
    if (only.rangeLength > 0) {
      // A suggestion starts with what was typed; abbreviations and refactorings replace it.
      return only.deleted !== undefined && text.startsWith(only.deleted.trimStart()) ? inline : unclear;
    }
    if (follows && context.cause === 'typed') return inline;
    return isNews(change) && text.includes('\n') ? { origin: 'ai', cause: 'inline', confidence: 0.55 } : unclear;
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
        diskAt: Number.NEGATIVE_INFINITY,
        chatAt: Number.NEGATIVE_INFINITY,
        isKnownDirty: false,
      };
      this.#documents.set(uri, document);
    }
    return document;
  }

  *#of(uri: string): Iterable<Waiting> {
    for (const w of this.#waiting) if (w.change.uri === uri) yield w;
  }

  #noteRemoved(change: ChangeEvent): void {
    const lines = new Set<string>();
    for (const c of change.changes)
      if (c.deleted?.includes('\n')) for (const line of c.deleted.split('\n').slice(0, 500)) if (hasWord(line)) lines.add(looseText(line));
    if (lines.size > 0) this.#removed = [...this.#removed.filter((r) => change.at - r.at <= 3000).slice(-20), { at: change.at, lines }];
  }

  /** Whether most of the inserted lines were taken out somewhere else a moment ago, or stand next to the change. */
  #wasMoved(change: ChangeEvent): boolean {
    const lines = change.changes.flatMap((c) => c.text.split(/\r\n|\n|\r/)).filter(hasWord).map(looseText);
    const recent = this.#removed.filter((r) => Math.abs(change.at - r.at) <= 3000);
    const found = lines.filter((line) => recent.some((r) => r.lines.has(line)));
    return lines.length > 0 && found.length * 10 >= lines.length * 6;
  }

  #take(): readonly EditVerdict[] {
    const out = this.#out;
    if (out.length > 0) this.#out = [];
    return out;
  }

  //#endregion
}

const stream: Explanation = { origin: 'ai', cause: 'stream', confidence: 0.8 };
const inline: Explanation = { origin: 'ai', cause: 'inline', confidence: 0.7 };
const format: Explanation = { origin: 'tool', cause: 'format', confidence: 0.8 };
const unclear: Explanation = { origin: 'unknown', cause: 'unclear', confidence: 0 };

const isText = (scheme: string): boolean => textSchemes.has(scheme);

//#region Shapes of a change

function placeOf(change: ChangeEvent): Place {
  const { selections, changes } = change;
  if (!selections || selections.length === 0) return 'elsewhere';
  const isAt = (c: TextChange): boolean => selections.some((s) => touches(c.range, s));
  if (changes.every(isAt)) return 'cursor';
  // Whole-line commands (indent, comment, move) work on the lines of the selections.
  const onLines = (c: TextChange): boolean =>
    selections.some((s) => c.range.start.line >= s.start.line - 1 && c.range.end.line <= s.end.line + 1);
  return changes.length > 1 && changes.some(isAt) && changes.every(onLines) ? 'cursor' : 'elsewhere';
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
    const isNear = selections.some((s) => s.end.line >= from - 1 && s.start.line <= from + (end.line - c.range.start.line) + 1);
    if (!isNear) return false;
  }
  return true;
}

/** Tab stops: after an insertion, text inside it is selected, or there are cursors inside it. */
function hasPlaceholder(change: ChangeEvent, selections: readonly TextRange[]): boolean {
  const [only] = change.changes;
  if (!only || change.changes.length !== 1) return false;
  const inside: TextRange = { start: only.range.start, end: insertedEnd(only) };
  return selections.every(
    (s) => comparePositions(s.start, inside.start) >= 0 && comparePositions(s.end, inside.end) <= 0 && (comparePositions(s.start, s.end) < 0 || comparePositions(s.end, inside.end) < 0),
  );
}

function isPaste(w: Waiting): boolean {
  const { clipboard, change } = w;
  if (!clipboard || clipboard.length === 0 || w.place !== 'cursor') return false;
  if (clipboard.equal) return true;
  const length = change.changes.reduce((n, c) => n + c.text.length, 0);
  const isMost = Math.min(length, clipboard.length) >= 0.7 * Math.max(length, clipboard.length);
  if (change.changes.length > 1) return clipboard.within || clipboard.contains;
  return (clipboard.contains || clipboard.within) && isMost;
}

/** An input method replaces what it wrote before. */
function isComposition(change: TextChange, w: Waiting, before: EditCause | undefined): boolean {
  if (!/[^\u0000-\u007f]/.test(change.text) || change.text.includes('\n')) return false;
  const context = w.document.lastAtCursor;
  const touchesLast = context !== undefined && comparePositions(context.end, change.range.end) === 0;
  return (touchesLast && context.cause === 'typed') || before === 'typed';
}

const isBlank = (text: string): boolean => !/\S/.test(text);
const hasWord = (text: string): boolean => /[\p{L}\p{N}]/u.test(text);
/** A line break with what an editor adds by itself: indentation, the next comment or list mark. */
const isEnter = (text: string): boolean => /^(\r\n|\n|\r)[ \t]*(\*|\/\/[/!]?|#|--|;|>|[-+]|\d{1,4}[.)])?[ \t]*((\r\n|\n|\r)[ \t]*)?$/.test(text);
/** One name, path or member access, as a completion inserts it. */
const isWord = (text: string): boolean => /^[^\s,;={}]+$/.test(text) && hasWord(text);
const isImport = (text: string): boolean => /^\s*(import|from|using|use|include|#include|require|const [^=]+= require)\b/.test(text) || isBlank(text);

/** Only white space differs, in every change. */
const keepsVisible = (changes: readonly TextChange[]): boolean =>
  changes.every((c) => isBlank(c.text) && (c.deleted === undefined ? isBlank(c.text) && c.rangeLength === 0 : isBlank(c.deleted))) ||
  changes.every((c) => c.deleted !== undefined && looseText(c.deleted) === looseText(c.text));

/** The same text, moved, sorted or in another case. */
function rearranged(changes: readonly TextChange[]): Explanation | undefined {
  if (!changes.every((c) => c.deleted !== undefined)) return undefined;
  const out = changes.map((c) => c.deleted as string).join('\n');
  const put = changes.map((c) => c.text).join('\n');
  if (isBlank(out) || isBlank(put)) return undefined;
  const tool: Explanation = { origin: 'tool', cause: 'rearrange', confidence: 0.8 };
  const letters = (text: string): string => text.replace(/[^\p{L}\p{N}]+/gu, '').toLowerCase();
  if (letters(out) !== '' && letters(out) === letters(put)) return tool;
  const sorted = (text: string): string => text.split(/\r\n|\n|\r/).map(looseText).filter((l) => l !== '').sort().join('\n');
  if (sorted(out) === sorted(put)) return tool;
  const words = (text: string): string => (text.match(/[\p{L}\p{N}_$]+/gu) ?? []).sort().join(' ');
  return words(out) !== '' && words(out) === words(put) ? tool : undefined;
}

/** Many places, one text: rename, replace all, comment out. */
function isUniform({ changes }: ChangeEvent): boolean {
  if (changes.length < 2) return false;
  const [first] = changes as [TextChange];
  return changes.every((c) => c.text === first.text && c.rangeLength === first.rangeLength && c.deleted === first.deleted) && !first.text.includes('\n');
}

const common: ReadonlySet<string> = new Set(
  'abstract and any as assert async await base bool boolean break byte case catch char class const continue debugger def default delete del do double elif else end enum except export extends extern false final finally float fn for foreach from func function global if impl implements import in instanceof int interface internal is lambda let long match mod module mut namespace new nil none not null number object of or override package pass private protected pub public raise readonly ref require return sealed self short static string struct super switch then this throw throws trait true try type typeof undefined union unknown unsafe use using val var virtual void where while with yield error exception implemented method notimplementedexception notimplementederror todo auto generated stub newfunction newlocal newmethod extracted'.split(
    ' ',
  ),
);

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

function remember(map: Map<string, number>, key: string, at: number): void {
  map.delete(key);
  map.set(key, at);
  if (map.size > 2000) {
    const [oldest] = map.keys();
    map.delete(oldest as string);
  }
}

//#endregion

function findLast<T>(items: readonly T[], test: (item: T) => boolean): T | undefined {
  for (let i = items.length - 1; i >= 0; i--) if (test(items[i] as T)) return items[i];
  return undefined;
}
