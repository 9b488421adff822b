/**
 * A person's word on lines, on disk: append-only JSON Lines, 0600, shared by worktrees. Only the extension signs; a mark
 * that is unsigned, altered or signed by a key that is not listed counts as none.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { canonicalMark, type LineMark } from '../core/attribution/mark.ts';
import { appendLine } from './appendLine.ts';
import { verifyText } from './crypto.ts';
import { readKeys } from './keys.ts';
import { sharedDir, type Repository } from './state.ts';

const maxFileBytes = 64 * 1024 * 1024;
const fileOf = (shared: string): string => path.join(shared, 'marks.jsonl');

/** Appends one mark. @throws GuardError `not-writable`. */
export const appendMark = (repo: Pick<Repository, 'commonDir'>, mark: LineMark): Promise<void> =>
  appendLine(fileOf(sharedDir(repo as Repository)), JSON.stringify(mark));

/** The marks that a listed key signed, by id. Only those asked for are verified. None where there is no such file. */
export async function readMarks(shared: string, ids: ReadonlySet<string>): Promise<ReadonlyMap<string, LineMark>> {
  const found = new Map<string, LineMark>();
  const file = fileOf(shared);
  let text: string;
  try {
    if ((await fs.stat(file)).size > maxFileBytes) return found;
    text = await fs.readFile(file, 'utf8');
  } catch {
    // What can't be read vouches for nothing.
    return found;
  }
  const keys = await readKeys({ commonDir: path.dirname(shared) });
  for (const line of text.split('\n')) {
    const mark = parse(line);
    if (!mark || !ids.has(mark.id)) continue;
    const key = mark.key === undefined || !Object.hasOwn(keys, mark.key) ? undefined : keys[mark.key];
    if (key !== undefined && mark.sig !== undefined && verifyText(key, canonicalMark(mark), mark.sig))
      found.set(mark.id, mark);
  }
  return found;
}

function parse(line: string): LineMark | undefined {
  if (line === '') return undefined;
  try {
    const m = JSON.parse(line) as Partial<Record<keyof LineMark, unknown>> | null;
    if (typeof m !== 'object' || m === null || m.version !== 1) return undefined;
    const texts = [m.id, m.path, m.by, m.at, m.key, m.sig].every((value) => typeof value === 'string');
    const isKnown = m.as === 'human' || m.as === 'ai';
    const lines = Array.isArray(m.lines) && m.lines.every((hash) => typeof hash === 'string');
    return texts && isKnown && lines ? (m as unknown as LineMark) : undefined;
  } catch {
    // A torn line is no mark.
    return undefined;
  }
}
