/**
 * Commit messages and our trailers in them. Messages are handled as binary strings (one character per byte, `latin1`),
 * so that a message in any encoding comes back byte for byte; only what is ours is decoded and encoded here.
 *
 * Git decides what a trailer block is; `trailerBlock` follows its rules (trailer.c), with `--no-divider`. We append to
 * that block when there is one; a new paragraph would take its trailers away (a `Signed-off-by` next to a free line).
 */
import type { CommitRecord } from './model.ts';
import { formatRecord, isOwnAssistedBy, trailerText, parseRecord } from './record.ts';

export const recordKey = 'AI-Provenance';
export const justificationKey = 'AI-Justification';
export const reviewKey = 'AI-Required-Review';
export const assistedKey = 'Assisted-by';

export interface MessageOptions {
  /** `core.commentChar`; default `#`. Empty: no line is a comment. */
  readonly commentChar?: string;
  /** Keys of the user's `trailer.<alias>.key` and `trailer.<alias>`: they make git see a block in a mixed paragraph. */
  readonly knownKeys?: readonly string[];
  /**
   * `final`: after the whole text (no editor, or comments stay). `preview`: before git's comment lines, with the first
   * line left free when the message is still empty.
   */
  readonly place?: 'final' | 'preview';
  /** Git will keep comment lines (`-m`, `--cleanup=whitespace|verbatim`). */
  readonly keepsComments?: boolean;
}

/** Trailer lines of a record, in order, as UTF-8 text. */
export function recordLines(record: CommitRecord): string[] {
  const lines = record.assistedBy.map((a) => `${assistedKey}: ${a.name}:${a.model}`);
  lines.push(`${recordKey}: ${formatRecord(record.provenance)}`);
  if (record.justification !== undefined) {
    const text = trailerText(record.justification);
    if (text !== '') lines.push(`${justificationKey}: ${text}`);
  }
  if (record.requiredReview !== undefined) lines.push(`${reviewKey}: ${trailerText(record.requiredReview)}`);
  return lines;
}

/** A message without any record of ours, and with this one. Twice is once; nothing else changes. */
export function mergeTrailers(message: string, record: CommitRecord, options: MessageOptions = {}): string {
  return insertLines(removeRecords(message), recordLines(record).map(toBinary), options);
}

/** Puts trailer lines (binary strings) into a message. */
export function insertLines(message: string, lines: readonly string[], options: MessageOptions = {}): string {
  if (lines.length === 0) return message;
  const end = message.includes('\r\n') ? '\r\n' : '\n';
  const cut =
    options.place === 'preview'
      ? contentEnd(message, options.commentChar ?? '#')
      : scissors(message, options.commentChar ?? '#');
  const tail = message.slice(cut);
  const head = trimBlankEnd(message.slice(0, cut));
  const block = lines.join(end);
  const before = (text: string): string => (text === '' ? '' : `${end}${text}`);
  if (head === '') return `${end}${end}${block}${end}${before(tail.replace(/^(?:[ \t]*\r?\n)+/, ''))}`;
  const rest = before(tail.replace(/^(?:[ \t]*\r?\n)+/, ''));
  const found = trailerBlock(`${head}\n`, options);
  if (!found) return `${head}${end}${end}${block}${end}${rest}`;
  // Comments and git's old list of conflicts may follow the block.
  let at = found.end;
  while (isBlank(found.lines[at - 1] as string)) at--;
  const upper = found.lines.slice(0, at).join('\n').replace(/\r$/, '');
  const lower = found.lines.slice(at).join('\n');
  return `${upper}${end}${block}${end}${lower === '' ? '' : lower + '\n'}${rest}`;
}

/** Where the text ends and git's own comment lines or the scissors line begin. */
function contentEnd(message: string, comment: string): number {
  let end = scissors(message, comment);
  if (comment === '') return end;
  for (;;) {
    if (end === 0) return 0;
    const start = end < 2 ? 0 : message.lastIndexOf('\n', end - 2) + 1;
    const line = message.slice(start, end);
    if (!line.startsWith(comment) && line.trim() !== '') return end;
    end = start;
  }
}

/** Start of the scissors line, below which git drops everything (`-v`, `--cleanup=scissors`), or the message's end. */
function scissors(message: string, comment: string): number {
  if (comment === '') return message.length;
  const mark = `${comment} ------------------------ >8 ------------------------\n`;
  if (message.startsWith(mark)) return 0;
  const at = message.indexOf(`\n${mark}`);
  return at < 0 ? message.length : at + 1;
}

const trimBlankEnd = (text: string): string => {
  let end = text.length;
  while (end > 0 && ' \t\r\n'.includes(text[end - 1] as string)) end--;
  return text.slice(0, end);
};

const withoutBlanks = (value: string): string => value.replace(/^[ \t]+|(?<![ \t])[ \t]+$/g, '');
const isBlank = (line: string): boolean => line.trim() === '';
const generated = ['Signed-off-by: ', '(cherry picked from commit '];

/** Length of a trailer key and the blanks after it, i.e. the colon's position; -1 when the line is no trailer. */
function separator(line: string): number {
  const match = /^[A-Za-z0-9-]+[ \t]*:/.exec(line);
  return match ? match[0].length - 1 : -1;
}

/** The line range `[start, end)` of a message's trailer block as git sees it, or `undefined`. */
export function trailerBlock(
  message: string,
  options: Pick<MessageOptions, 'commentChar' | 'knownKeys' | 'keepsComments'> = {},
): { lines: string[]; start: number; end: number } | undefined {
  const comment = options.commentChar ?? '#';
  const isComment = (line: string): boolean => comment !== '' && line.startsWith(comment);
  const known = options.knownKeys ?? [];
  const lines = message.slice(0, scissors(message, comment)).split('\n');
  if (lines.at(-1) === '') lines.pop();
  const end = withoutTrailingComments(lines, isComment);
  let title = 0;
  // What git's clean-up will take away before anybody parses the message is not the title.
  const isGone = (line: string): boolean => isBlank(line) || (options.keepsComments !== true && isComment(line));
  while (title < end && isGone(lines[title] as string)) title++;
  while (title < end && (isComment(lines[title] as string) || !isBlank(lines[title] as string))) title++;
  let onlySpaces = true;
  let recognized = false;
  let trailers = 0;
  let others = 0;
  let continuations = 0;
  for (let i = end - 1; i >= title; i--) {
    const line = lines[i] as string;
    if (isComment(line)) {
      others += continuations;
      continuations = 0;
    } else if (isBlank(line)) {
      if (onlySpaces) continue;
      others += continuations;
      if ((recognized && trailers * 3 >= others) || (trailers > 0 && others === 0)) return { lines, start: i + 1, end };
      return undefined;
    } else {
      onlySpaces = false;
      if (generated.some((g) => line.startsWith(g))) {
        trailers++;
        continuations = 0;
        recognized = true;
        continue;
      }
      const at = separator(line);
      if (at >= 1) {
        trailers++;
        continuations = 0;
        const key = line.slice(0, at).trimEnd().toLowerCase();
        if (known.some((k) => k.toLowerCase().startsWith(key))) recognized = true;
      } else if (/^[ \t\v\f\r]/.test(line)) continuations++;
      else {
        others += 1 + continuations;
        continuations = 0;
      }
    }
  }
  return undefined;
}

/** Index after the last line that is neither a trailing comment, blank, nor git's old list of conflicts. */
function withoutTrailingComments(lines: readonly string[], isComment: (line: string) => boolean): number {
  let start = -1;
  let conflicts = false;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    if (isComment(line) || line === '') {
      if (start < 0) start = i;
    } else if (line === 'Conflicts:') {
      conflicts = true;
      if (start < 0) start = i;
    } else if (conflicts && line.startsWith('\t')) {
      // A path in that list.
    } else if (start >= 0) {
      start = -1;
      conflicts = false;
    }
  }
  return start < 0 ? lines.length : start;
}

const ownLine = new RegExp(`^(${recordKey}|${justificationKey}|${reviewKey})[ \\t]*:`, 'i');

/**
 * A message without our trailers: whole records (an `AI-Provenance` line with what belongs to it above and below), also
 * those of earlier messages that a squash put together. An `Assisted-by` that a person wrote stays.
 */
export function removeRecords(message: string, options: { readonly indented?: boolean } = {}): string {
  const lines = message.split('\n');
  const drop = new Set<number>();
  const text = (i: number): string => {
    const line = (lines[i] ?? '').replace(/\r$/, '');
    return options.indented ? line.replace(/^[ \t]+/, '') : line;
  };
  for (let i = 0; i < lines.length; i++) {
    if (!isRecordLine(text(i))) continue;
    drop.add(i);
    for (let j = i - 1; j >= 0 && isOwnAssistedLine(text(j)); j--) drop.add(j);
    for (let j = i + 1; j < lines.length && ownLine.test(text(j)) && !isRecordLine(text(j)); j++) drop.add(j);
  }
  if (drop.size === 0) return message;
  const out: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (!drop.has(i)) {
      out.push(lines[i] as string);
      continue;
    }
    while (drop.has(i + 1)) i++;
    // A paragraph that was ours alone takes the blank line before it along.
    if (isBlank(out.at(-1) ?? 'x') && isBlank(lines[i + 1] ?? '')) out.pop();
  }
  return out.join('\n');
}

const isRecordLine = (line: string): boolean => /^AI-Provenance[ \t]*:[ \t]*v\d/i.test(line);

function isOwnAssistedLine(line: string): boolean {
  const match = /^Assisted-by[ \t]*:[ \t]*(.*)$/i.exec(line);
  return match !== null && isOwnAssistedBy((match[1] as string).trim());
}

/** What a message says about its commit. Text is decoded. */
export interface FoundRecords {
  readonly records: readonly FoundRecord[];
  /** `AI-Provenance` lines that are no record. */
  readonly malformed: readonly string[];
}

export interface FoundRecord extends CommitRecord {
  /** Indented, as `git merge --squash` quotes messages: not this commit's own. */
  readonly quoted: boolean;
  /** In the block that git itself takes for the trailers. */
  readonly inBlock: boolean;
}

/** All records of a message (binary string), wherever they stand: a squash leaves them in the middle of the text. */
export function findRecords(message: string): FoundRecords {
  const lines = message.split('\n').map((l) => l.replace(/\r$/, ''));
  const block = message.includes(recordKey) ? trailerBlock(message, { keepsComments: true }) : undefined;
  const records: FoundRecord[] = [];
  const malformed: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const match = /^([ \t]*)AI-Provenance[ \t]*:(.*)$/i.exec(lines[i] as string);
    if (!match) continue;
    const value = withoutBlanks(match[2] as string);
    const provenance = parseRecord(value);
    const quoted = match[1] !== '';
    if (!provenance) {
      // Prose may begin like that; a record never has anything but `v` and a digit there.
      if (!quoted && /^v\d/.test(value)) malformed.push(fromBinary(value));
      continue;
    }
    const indent = match[1] as string;
    const at = (j: number): string => {
      const line = lines[j] ?? '';
      return line.startsWith(indent) ? line.slice(indent.length) : '';
    };
    const assisted: { name: string; model: string }[] = [];
    for (let j = i - 1; j >= 0; j--) {
      const m = /^Assisted-by[ \t]*:[ \t]*([^\s:]+):(\S+)[ \t]*$/i.exec(at(j));
      if (!m) break;
      assisted.unshift({ name: fromBinary(m[1] as string), model: fromBinary(m[2] as string) });
    }
    let justification: string | undefined;
    let requiredReview: string | undefined;
    for (let j = i + 1; j < lines.length; j++) {
      const m = /^(AI-Justification|AI-Required-Review)[ \t]*:(.*)$/i.exec(at(j));
      if (!m) break;
      const said = fromBinary(withoutBlanks(m[2] as string));
      if ((m[1] as string).toLowerCase() === 'ai-justification') justification ??= said;
      else requiredReview ??= said;
    }
    records.push({
      provenance,
      assistedBy: assisted,
      ...(justification !== undefined && { justification }),
      ...(requiredReview !== undefined && { requiredReview }),
      quoted,
      inBlock: block !== undefined && i >= block.start && i < block.end,
    });
  }
  return { records, malformed };
}

/**
 * Whether there is any text left that a person wrote: without comments, the scissors part, our lines. To git, too, a
 * message of sign-offs only is empty (commit.c, `rest_is_empty`).
 */
export function hasText(message: string, options: MessageOptions = {}): boolean {
  const comment = options.commentChar ?? '#';
  const kept = removeRecords(message.slice(0, scissors(message, comment)));
  return kept
    .split('\n')
    .some((l) => !isBlank(l) && !l.startsWith('Signed-off-by: ') && !(comment !== '' && l.startsWith(comment)));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** UTF-8 text as a binary string. */
export function toBinary(text: string): string {
  let out = '';
  for (const byte of encoder.encode(text)) out += String.fromCharCode(byte);
  return out;
}

/** A binary string as UTF-8 text. */
export const fromBinary = (binary: string): string => decoder.decode(Uint8Array.from(binary, (c) => c.charCodeAt(0)));
