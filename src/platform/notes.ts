/**
 * Justifications on disk: append-only JSON Lines, 0600, shared by worktrees. Only the extension writes signed ones
 * (the key never leaves it); everybody else verifies. A note that is unsigned, altered, expired or signed by a key that
 * is not listed counts as none, so that an agent with a shell cannot justify itself by writing here.
 */
import * as fs from 'node:fs/promises';
import { diffLines, splitLines } from '../core/hunks.ts';
import { canonicalNote, checkNote, type Coverage, type Justification } from '../core/justification.ts';
import type { JustificationRule } from '../core/policy/model.ts';
import { linearRegex } from '../core/regex.ts';
import { appendLine } from './appendLine.ts';
import { sha256, verifyText } from './crypto.ts';
import { showFile } from './git.ts';
import { GuardError } from './guardError.ts';
import type { Keys } from './keys.ts';
import { notesFile, type Repository } from './state.ts';

const maxNoteBytes = 4 * 1024 * 1024;
const maxFileBytes = 256 * 1024 * 1024;
/** A clock that went back a little does not undo a note. */
const skewMs = 5 * 60_000;

/** What a line is known by in a note: its text without the terminator. */
export const noteLineHash = (line: string): string => sha256(`countersign-line1\n${line}`).slice(0, 16);

/** What a note covers of a text, against HEAD. `aiLines`: how many of the added lines counted as AI. */
export async function coverageOf(
  repo: Repository | undefined,
  file: string,
  text: string | null,
  aiLines: number,
): Promise<Coverage> {
  const head = repo ? await showFile(repo, 'HEAD', file) : null;
  return coverageBetween(file, head?.toString('utf8') ?? null, text, aiLines);
}

/** The same for two texts. */
export function coverageBetween(file: string, before: string | null, after: string | null, aiLines: number): Coverage {
  const { added, deleted } = changedLines(before, after);
  return {
    path: file,
    digest: textDigest(after),
    added: added.map(noteLineHash),
    deleted: deleted.map(noteLineHash),
    aiLines,
  };
}

const textDigest = (text: string | null): string => (text === null ? '-' : sha256(splitLines(text).join('\n')));

/** Texts of the lines that a change adds and takes away. */
export function changedLines(before: string | null, after: string | null): { added: string[]; deleted: string[] } {
  const old = splitLines(before ?? '');
  const next = splitLines(after ?? '');
  const added: string[] = [];
  const deleted: string[] = [];
  for (const h of diffLines(old, next)) {
    if (h.newLines > 0) added.push(...next.slice(h.newStart - 1, h.newStart - 1 + h.newLines));
    if (h.oldLines > 0) deleted.push(...old.slice(h.oldStart - 1, h.oldStart - 1 + h.oldLines));
  }
  return { added, deleted };
}

/** Appends one note. @throws GuardError `not-writable`. */
export async function appendNote(repo: Pick<Repository, 'commonDir'>, note: Justification): Promise<void> {
  const file = notesFile(repo as Repository);
  const line = JSON.stringify(note);
  if (Buffer.byteLength(line) > maxNoteBytes)
    throw new GuardError('too-large', 'the change is too large for one note; justify it in parts');
  await appendLine(file, line);
}

/** All notes that are well-formed, oldest first; not yet verified. None when there is no file. */
export async function readNotes(repo: Pick<Repository, 'commonDir'>): Promise<Justification[]> {
  const file = notesFile(repo as Repository);
  let text: string;
  try {
    if ((await fs.stat(file)).size > maxFileBytes) throw new GuardError('too-large', `${file} is too large`);
    text = await fs.readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const notes: Justification[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      const value: unknown = JSON.parse(line);
      if (isNote(value)) notes.push(value);
    } catch {
      // A torn line is no note.
    }
  }
  return notes;
}

function isNote(value: unknown): value is Justification {
  if (typeof value !== 'object' || value === null) return false;
  const n = value as Partial<Record<keyof Justification, unknown>>;
  const texts: (keyof Justification)[] = ['id', 'text', 'by', 'at', 'expires', 'tier', 'policy', 'via'];
  const hashes = (list: unknown): boolean => Array.isArray(list) && list.every((h) => typeof h === 'string');
  return (
    n.version === 1 &&
    texts.every((t) => typeof n[t] === 'string') &&
    Array.isArray(n.covers) &&
    (n.covers as Partial<Coverage>[]).every(
      (c) =>
        typeof c === 'object' &&
        c !== null &&
        typeof c.path === 'string' &&
        typeof c.digest === 'string' &&
        hashes(c.added) &&
        hashes(c.deleted),
    )
  );
}

/** Whether a listed key signed exactly this note, and it is in its time. */
export function isValidNote(note: Justification, keys: Keys, now: string): boolean {
  const time = Date.parse(now);
  if (!(Date.parse(note.at) <= time + skewMs) || !(Date.parse(note.expires) > time)) return false;
  const key = note.key === undefined || !Object.hasOwn(keys, note.key) ? undefined : keys[note.key];
  return key !== undefined && note.sig !== undefined && verifyText(key, canonicalNote(note), note.sig);
}

export interface CoverQuery {
  readonly path: string;
  /** Texts of the added and deleted lines, without terminators. */
  readonly added: readonly string[];
  readonly deleted: readonly string[];
  /** UTC, ISO 8601. */
  readonly now: string;
  /** What the policy asks of a note today: a note that it would not accept any more covers nothing. */
  readonly rule?: JustificationRule | undefined;
}

/** The notes that together cover a change, newest first; `undefined` when some line is not covered. */
export function coveringNotes(
  notes: readonly Justification[],
  keys: Keys,
  query: CoverQuery,
): Justification[] | undefined {
  const missing = { added: countHashes(query.added), deleted: countHashes(query.deleted) };
  const used: Justification[] = [];
  for (const note of notes.toReversed()) {
    const covers = note.covers.filter((c) => c.path === query.path);
    if (covers.length === 0 || !isValidNote(note, keys, query.now) || !meets(note, query)) continue;
    let helps = query.added.length === 0 && query.deleted.length === 0;
    for (const c of covers) {
      helps = takeAway(missing.added, c.added) || helps;
      helps = takeAway(missing.deleted, c.deleted) || helps;
    }
    if (helps) used.push(note);
    if (missing.added.size === 0 && missing.deleted.size === 0 && used.length > 0) return used;
  }
  return undefined;
}

/** The newest note of those that together cover a change, or `undefined`. */
export function coveredBy(notes: readonly Justification[], keys: Keys, query: CoverQuery): Justification | undefined {
  return coveringNotes(notes, keys, query)?.[0];
}

function meets(note: Justification, query: CoverQuery): boolean {
  if (!query.rule) return true;
  if (Date.parse(note.at) + query.rule.expiresMs <= Date.parse(query.now)) return false;
  return checkNote(note.text, query.rule, (pattern, text) => linearRegex(pattern).test(text)) === undefined;
}

function countHashes(lines: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const hash = noteLineHash(line);
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
  }
  return counts;
}

/** A covered line vouches for as many equal lines as the note saw; a hundred copies of it need their own. */
function takeAway(missing: Map<string, number>, covered: readonly string[]): boolean {
  let helped = false;
  for (const hash of covered) {
    const left = missing.get(hash);
    if (left === undefined) continue;
    helped = true;
    if (left > 1) missing.set(hash, left - 1);
    else missing.delete(hash);
  }
  return helped;
}
