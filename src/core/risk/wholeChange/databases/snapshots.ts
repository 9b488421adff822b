/** SQL files that keep how a schema was, or say how it is made from nothing: no data base in use runs them. */
import type { Source } from '../../../languages/source.ts';
import type { FileChange } from '../../../model.ts';
import { tablesMade, watchedTable } from '../../../rules/kit/migration.ts';
import { normalise } from '../../sides.ts';
import { isRead, keep, sourceOf, type FileClassification } from '../pass.ts';

/** Folders and names of files that somebody runs on what is there. */
const isRun =
  /(?:^|\/)[^/]*(?:migrat|upgrade|update|changelog|delta|patch|deploy|revert|release|hotfix|rollout|scripts?(?=[/._-])|versions?(?=\/)|initdb)|(?:^|\/)(?:[VUR]\d[\d._]*__|R__|\d{2,}[._-]|\d+\.sql$)[^/]*$|(?:^|\/)\d{4,}[^/]*\//i;

/**
 * Takes out what a new definition of a schema says of its own tables: triggers and rules on those that it makes itself,
 * and all that a copy has in common with the SQL file of the same change that it was.
 */
export function withoutSnapshots(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const { before, after } = files[i]!;
    const isOfSchema = classification.findings.some((f) => f.rule === 'sql-unsafe-migration');
    if (!isOfSchema || before !== null || !isRead(after) || isRun.test(path)) continue;
    const source = sourceOf(path, after);
    const made = tablesMade(source);
    const original = originalOf(source, i, files);
    keep(
      judged,
      i,
      classification.findings.filter((f) => {
        if (f.rule !== 'sql-unsafe-migration') return true;
        const statement = source.sql.find((s) => source.lineAt(s.start) === f.line);
        if (!statement) return true;
        const table = watchedTable(statement.text);
        if (made.some((t) => t.name === table && t.end <= statement.start)) return false;
        return !original?.includes(source.text.slice(statement.start, statement.end));
      }),
    );
  }
}

/** The text before the change of the SQL file that a new one is a copy of: it makes tables, and nearly all lines are there. */
function originalOf(copy: Source, own: number, files: readonly FileChange[]): string | undefined {
  if (!copy.sql.some((s) => /^CREATE (?:UNLOGGED )?TABLE /.test(s.text))) return undefined;
  const lines = copy.lines.map((l) => l.trim()).filter((l) => l !== '');
  for (const [i, { path, before }] of files.entries()) {
    if (i === own || !isRead(before) || !path.endsWith('.sql') || isRun.test(path)) continue;
    const text = normalise(before);
    const there = new Set(text.split('\n').map((l) => l.trim()));
    if (lines.filter((l) => there.has(l)).length >= lines.length * 0.95) return text;
  }
  return undefined;
}
