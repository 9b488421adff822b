/** One migration in a file for each data base: the file without a name of one runs where there is none for it. */
import { Source } from '../../../languages/source.ts';
import type { FileChange } from '../../../model.ts';
import { tableName, sqlName } from '../../../rules/kit/migration.ts';
import { normalise } from '../../sides.ts';
import { isRead, keep, type FileClassification } from '../pass.ts';

const ofPostgres = /\.(?:postgres(?:ql)?|pg|psql)(?=\.)/i;
const indexes = new RegExp(`^CREATE (UNIQUE )?INDEX (CONCURRENTLY )?(?:IF NOT EXISTS )?(\\S+) ON (?:ONLY )?${sqlName}`);

/** Index and table as one key, and whether it is built beside running writes. */
function builds(source: Source): { key: string; isBeside: boolean; line: number }[] {
  return source.sql.flatMap((s) => {
    const m = indexes.exec(s.text);
    const key = m && `${m[1] ?? ''}${tableName(m[3])} ${tableName(m[4])}`;
    return m && key ? [{ key, isBeside: m[2] !== undefined, line: source.lineAt(s.start) }] : [];
  });
}

const otherBase = /\b(?:sqlite3?|mysql|mariadb|cockroach(?:db)?|mssql|sqlserver|oracle)\b/i;
const isOfOther = ({ path, before, after }: FileChange): boolean =>
  !/\.(?:md|txt)$/i.test(path) && [path, before, after].some((t) => isRead(t) && otherBase.test(t));

/** Takes out that an index blocks writes where PostgreSQL has a file of the same version that builds it CONCURRENTLY. */
export function withoutDialectTwins(files: readonly FileChange[], judged: FileClassification[]): void {
  const twins = new Map<string, string>();
  for (const { path, before, after } of files)
    if (before === null && isRead(after) && ofPostgres.test(path) && path.endsWith('.sql'))
      twins.set(path.replace(ofPostgres, ''), normalise(after));
  // Without another data base, the file without a name runs beside its twin, or in place of it.
  if (twins.size === 0 || !files.some((f) => isOfOther(f))) return;
  for (const [i, { path, classification }] of judged.entries()) {
    const { before, after } = files[i]!;
    const twin = twins.get(path);
    if (twin === undefined || ofPostgres.test(path) || before !== null || !isRead(after)) continue;
    const beside = new Set(
      builds(new Source(path, twin, 'sql'))
        .filter((b) => b.isBeside)
        .map((b) => b.key),
    );
    const lines = new Set(
      builds(new Source(path, normalise(after), 'sql'))
        .filter((b) => !b.isBeside && beside.has(b.key))
        .map((b) => b.line),
    );
    keep(
      judged,
      i,
      classification.findings.filter((f) => f.rule !== 'sql-unsafe-migration' || !lines.has(f.line)),
    );
  }
}
