/** Which deleted file of a commit a new one was, by lines. Git's own answer depends on its configuration; ours must not. */
import { splitLines } from '../core/hunks.ts';
import type { Alternate } from './attribution.ts';
import type { ChangedText } from './git.ts';

/** With more deleted files than this, a commit is no rename but a clear-out. */
const maxDeleted = 200;

type Renamed = Pick<ChangedText, 'status' | 'path' | 'before' | 'after' | 'oldObject' | 'newObject'>;

/** Where a new file's lines may have been before: the file it was, by its text and by what was pending there; others by that alone. */
export function alternatesOf<T extends Renamed>(file: T, changed: readonly T[]): Alternate[] {
  if (file.status !== 'A') return [];
  const gone = changed.filter((c) => c.status === 'D' && c.before !== null);
  if (gone.length > maxDeleted) return [];
  const from = renamedFrom(file, changed);
  const first: Alternate[] = from?.before == null ? [] : [{ path: from.path }, { path: from.path, text: from.before }];
  return [...first, ...gone.filter((g) => g !== from).map((g) => ({ path: g.path }))];
}

/** The deleted file that has at least half of its lines in `file`, or its very content; the likest first. */
export function renamedFrom<T extends Renamed>(file: T, changed: readonly T[]): T | undefined {
  if (file.status !== 'A') return undefined;
  const gone = changed.filter((c) => c.status === 'D' && c.before !== null);
  if (gone.length === 0 || gone.length > maxDeleted) return undefined;
  const mine = new Set(splitLines(file.after ?? ''));
  let best: T | undefined;
  let most = 0;
  for (const g of gone) {
    const lines = splitLines(g.before ?? '');
    const share = lines.length === 0 ? 0 : lines.filter((l) => mine.has(l)).length / lines.length;
    const likeness = g.oldObject === file.newObject ? 2 : share;
    if (likeness >= 0.5 && likeness > most) [best, most] = [g, likeness];
  }
  return best;
}
