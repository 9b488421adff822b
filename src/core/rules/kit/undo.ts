/** The parts of SQL migrations that undo: they are meant to destroy what doing made, and run by hand. */
import type { Source } from '../../languages/source.ts';

const undoFile = /(?:^|[/._-])(?:down|rollback|undo|revert)\.sql$|(?:^|\/)U\d[\d._]*__[^/]+\.sql$/i;

/** Whether the statement at an offset only undoes; by the name of the file, or by the marks of goose, sql-migrate and dbmate. */
export function undoes(source: Source): (offset: number) => boolean {
  if (undoFile.test(source.path)) return () => true;
  const marks = [...source.text.matchAll(/^--[ \t]*(?:\+(?:goose|migrate)[ \t]+|migrate:)(up|down)\b/gim)];
  // Without a part that does, nobody reads the file that way: all of it runs.
  if (!marks.some((m) => m[1]!.toLowerCase() === 'up')) return () => false;
  return (offset) => marks.findLast((m) => m.index <= offset)?.[1]!.toLowerCase() === 'down';
}
