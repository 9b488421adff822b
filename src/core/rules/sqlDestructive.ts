import type { Statement } from '../languages/sqlText.ts';
import { sqlName, tableName, tablesOfStatement } from './kit/migration.ts';
import { undoes } from './kit/undo.ts';
import type { Rule } from './rule.ts';

const patterns: readonly [RegExp, string, string, 'critical' | 'high'][] = [
  [/^DROP (?:SCHEMA|DATABASE)\b/, 'drop-schema', 'A whole schema or database is dropped', 'critical'],
  [/^DROP (?:FOREIGN )?TABLE\b/, 'drop-table', 'A table and its data are dropped', 'critical'],
  [
    /^DROP (?:MATERIALIZED VIEW|VIEW|TYPE|DOMAIN|SEQUENCE|FUNCTION|PROCEDURE|AGGREGATE|EXTENSION|TABLESPACE|SERVER|COLLATION|OPERATOR|PUBLICATION|SUBSCRIPTION|LANGUAGE|EVENT TRIGGER|TRIGGER|RULE|CAST|STATISTICS|ACCESS METHOD|TEXT SEARCH)\b/,
    'drop-object',
    'A database object is dropped, and with CASCADE all that depends on it',
    'high',
  ],
  [/^DROP OWNED\b/, 'drop-owned', 'Everything a role owns is dropped', 'critical'],
  [/^TRUNCATE\b/, 'truncate', 'All rows of a table are deleted', 'critical'],
  [
    /^DELETE FROM (?:(?!.* WHERE )|.{1,400}? WHERE (?:\(\s?)?(?:TRUE|1 = 1|1)(?:\s?\))?\s?;?$)/,
    'delete-all',
    'Rows are deleted without a WHERE that limits them',
    'critical',
  ],
  [
    /^UPDATE (?:(?!.* WHERE )(?=.* SET )|.{1,400}? SET .{1,400}? WHERE (?:\(\s?)?(?:TRUE|1 = 1|1)(?:\s?\))?\s?;?$)/,
    'update-all',
    'All rows are updated: no WHERE limits them',
    'high',
  ],
  [
    /^ALTER TABLE .*\bDROP (?:COLUMN )?(?!CONSTRAINT|DEFAULT|NOT NULL|IDENTITY|EXPRESSION|INDEX|KEY|PRIMARY|FOREIGN|PARTITION|CHECK|COLUMN|SYSTEM)(?:IF EXISTS )?\S+/,
    'drop-column',
    'A column and its data are dropped',
    'critical',
  ],
  [/^ALTER TABLE .*\bDROP COLUMN\b/, 'drop-column', 'A column and its data are dropped', 'critical'],
  [/^ALTER TABLE .*\bDROP PARTITION\b/, 'drop-partition', 'A partition and its data are dropped', 'critical'],
  [/^(?:FLUSHALL|FLUSHDB)\b/, 'flush', 'The whole key space is deleted', 'critical'],
  [
    /^(?:EXEC|EXECUTE) XP_CMDSHELL\b|^COPY .{1,400}? (?:FROM|TO) PROGRAM\b/,
    'xp-cmdshell',
    'A shell command is run from SQL',
    'critical',
  ],
];

/** What the tools that dump a schema write into it. */
const dumped = /^--\s*(?:MySQL|MariaDB|PostgreSQL database) dump|^\/\*!(?:40\d{3}|50\d{3}|80\d{3}|100\d{3}|999999)\b/m;

export const sqlDestructive: Rule = {
  id: 'sql-data-loss',
  title: 'Statement destroys data',
  tier: 'critical',
  category: 'data-deletion',
  languages: ['sql'],
  references: ['CWE-1103', 'OWASP LLM06:2025'],
  why: 'What DROP, TRUNCATE and an unbounded DELETE take is only in the backup afterwards; a rolling deployment also still runs code that reads the dropped column.',
  remedy: 'take a backup, first stop all readers, and do it in a release of its own',
  movesWithFile: true,
  keywords: ['drop', 'truncate', 'delete', 'update', 'flushall', 'flushdb', 'xp_cmdshell', 'program'],
  check(source, report) {
    const undone = undoes(source);
    const { sql } = source;
    // A dump makes a data base from nothing: it drops what it makes in the same breath.
    const rebuilt = new Set<string>();
    // What holds no rows and is made anew by the same file is only changed.
    const renewed = new Set<string>();
    for (const s of sql) {
      const m =
        /^(?:DELIMITER .{1,20}? )?CREATE (?:OR REPLACE )?(?:TEMP(?:ORARY)? )?(?:DEFINER = .{1,80}? )?(VIEW|FUNCTION|PROCEDURE|TRIGGER|RULE|AGGREGATE) (?:IF NOT EXISTS )?(\S+)/.exec(
          s.text,
        );
      if (m) renewed.add(`${m[1]} ${m[2]}`);
    }
    if (dumped.test(source.text))
      for (const s of sql) {
        const made = /^CREATE TABLE (?:IF NOT EXISTS )?(\S+)/.exec(s.text)?.[1];
        if (made !== undefined) rebuilt.add(made);
      }
    for (const [i, s] of sql.entries()) {
      if (undone(s.start)) continue;
      for (const [pattern, key, what, tier] of patterns) {
        if (!pattern.test(s.text)) continue;
        // A temporary table holds nothing to lose.
        if (/^DROP TABLE (?:IF EXISTS )?(?:#|TEMP_|TMP_|PG_TEMP)/.test(s.text)) break;
        if (rebuilt.has(/^DROP TABLE IF EXISTS (\S+)/.exec(s.text)?.[1] ?? '')) break;
        if (isMadeAnew(s.text, sql[i + 1]?.text)) {
          report({
            start: s.start,
            end: s.end,
            key: `${key}:${s.text.slice(0, 200)}`,
            tier: 'high',
            message: madeAnew,
          });
          break;
        }
        const rebuilds = key === 'drop-table' && isRebuilt(sql, i);
        if (rebuilds) {
          report({ start: s.start, end: s.end, key: `rebuild:${s.text.slice(0, 200)}`, tier: 'high', message: copied });
          break;
        }
        const plain =
          /^DROP (VIEW|FUNCTION|PROCEDURE|TRIGGER|RULE|AGGREGATE|TYPE|DOMAIN) (?:IF EXISTS )?(\S+)(?!.* CASCADE$)/.exec(
            s.text,
          );
        // One trigger for two events becomes one for each: `notify` → `notify_ins`, `notify_upd`.
        const old = plain && `${plain[1]} ${plain[2]!.replace(/;$/, '')}`;
        if (old && [...renewed].some((name) => name === old || name.startsWith(`${old}_`))) break;
        report({
          start: s.start,
          end: s.end,
          key: `${key}:${s.text.slice(0, 200)}`,
          tables: tablesOfStatement(s.text),
          ...(plain
            ? {
                tier: 'medium' as const,
                message: `A ${plain[1]!.toLowerCase()} goes, and with it whatever still asks for it: drop it when no running code does.`,
              }
            : { tier, message: `${what}: take a backup, stop all readers first, and do it in a release of its own.` }),
        });
        break;
      }
    }
  },
};

/** What is dropped where it is there, and made by the very next statement. */
function isMadeAnew(text: string, next: string | undefined): boolean {
  const table = /^DROP TABLE IF EXISTS (\S+?);?$/.exec(text)?.[1];
  return table !== undefined && table === /^CREATE TABLE ([^\s(]+)/.exec(next ?? '')?.[1];
}

const justName = new RegExp(`^DROP TABLE (?:IF EXISTS )?${sqlName};?$`);
const newName = new RegExp(`^ALTER TABLE ${sqlName} RENAME TO ${sqlName};?$`);
const copies = new RegExp(`^INSERT INTO ${sqlName} (?:\\( [^()]{1,3000} \\) )?SELECT [^]{1,3000}? FROM ${sqlName};?$`);
const makes = new RegExp(`^CREATE TABLE (?:IF NOT EXISTS )?${sqlName}`);
const fewerRows =
  /\b(?:WHERE|DISTINCT|LIMIT|TOP|JOIN|UNION|EXCEPT|INTERSECT|GROUP|COUNT|MAX|MIN|SUM|AVG|\w+_AGG|GROUP_CONCAT)\b|\( SELECT\b/;
const maxApart = 40;

/**
 * Whether a table is dropped whose rows were all copied to a new one that takes its name (what SQLite needs to change a
 * table). Columns that are not copied are lost all the same: that can not be seen here.
 */
function isRebuilt(sql: readonly Statement[], at: number): boolean {
  const old = tableName(justName.exec(sql[at]!.text)?.[1]);
  if (old === '') return false;
  const near = sql.slice(Math.max(0, at - maxApart), at + maxApart);
  const here = near.indexOf(sql[at]!);
  const later = near.findIndex((s, i) => i > here && tableName(newName.exec(s.text)?.[2]) === old);
  const other = tableName(newName.exec(near[later]?.text ?? '')?.[1]);
  if (other === '' || other === old) return false;
  const copy = near.findIndex((s, i) => {
    const m = i < here ? copies.exec(s.text) : null;
    return m !== null && tableName(m[1]) === other && tableName(m[2]) === old && !fewerRows.test(s.text);
  });
  const made = near.findIndex((s, i) => i < copy && tableName(makes.exec(s.text)?.[1]) === other);
  // Nothing takes rows out on the way.
  const isKept = near
    .slice(copy + 1, later)
    .every((s, i) => copy + 1 + i === here || !/^(?:DELETE|TRUNCATE|UPDATE|DROP TABLE|MERGE|WITH)\b/.test(s.text));
  return made >= 0 && isKept;
}
const copied =
  'The table is made anew, with its rows copied: what is not copied (columns, triggers, rights) is gone, and nobody can write meanwhile. Compare the columns, and take a backup.';
const madeAnew =
  'Where the table is there already, its rows go before it is made: leave out the DROP, so that it fails instead.';
