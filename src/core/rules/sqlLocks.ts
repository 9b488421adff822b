import { type MadeTable, sqlName, tableName, tablesMade, tablesOfStatement, watchedTable } from './kit/migration.ts';
import { undoes } from './kit/undo.ts';
import type { Found, Rule } from './rule.ts';

interface Danger {
  readonly pattern: RegExp;
  readonly key: string;
  readonly message: string;
  readonly unless?: RegExp;
  readonly tier?: 'medium';
  /** Holds for PostgreSQL alone. */
  readonly postgres?: true;
}
const dangers: readonly Danger[] = [
  {
    pattern: /^ALTER TABLE .*\bALTER (?:COLUMN )?\S+ (?:SET DATA )?TYPE\b/,
    key: 'type',
    message:
      'Changing a column type may rewrite the table under an exclusive lock: add a new column and backfill, unless only its length grows.',
  },
  {
    // ClickHouse modifies other things than columns; a quoted name stays in lower case.
    pattern:
      /^ALTER TABLE .*\b(?:MODIFY (?!ORDER BY |SAMPLE BY |QUERY (?:\( )?(?:SELECT|WITH) |SETTING \S+ =|COMMENT '|TTL [^;]{1,300}? \+ (?:INTERVAL|TOINTERVAL\w+) )|CHANGE )(?:COLUMN )?\S+/,
    key: 'modify',
    message: 'Changing a column copies the table and may cut data: add a new column and backfill.',
  },
  {
    pattern: /^ALTER TABLE .*\bMODIFY TTL /,
    key: 'ttl',
    message:
      'Rows past the new time to live are deleted or moved in the background: be sure that nobody needs them any more.',
  },
  {
    pattern: /^ALTER TABLE .*\bMODIFY QUERY /,
    key: 'query',
    message:
      'The view fills its table by another query from now on: the rows that are there are not computed anew, so say what becomes of them.',
    tier: 'medium',
  },
  {
    pattern: /^ALTER TABLE .*\bALTER (?:COLUMN )?\S+ SET NOT NULL\b/,
    key: 'set-not-null',
    message: 'SET NOT NULL scans the table under an exclusive lock: add a NOT VALID check, validate it, then set it.',
  },
  {
    pattern: /^ALTER TABLE .*\bALTER (?:COLUMN )?\S+ SET DEFAULT\b/,
    key: 'set-default',
    message: 'A changed default changes what running code writes: make sure all writers agree.',
    unless: /\bADD COLUMN\b/,
  },
  {
    pattern:
      /^ALTER TABLE .*\bADD (?:COLUMN )?(?:IF NOT EXISTS )?(?!CONSTRAINT|PRIMARY|UNIQUE|CHECK|FOREIGN|INDEX|KEY|PARTITION)\S+ (?:(?!(?:DEFAULT|GENERATED) ).){0,400}?\bNOT NULL\b(?!.*\b(?:DEFAULT|GENERATED)\b)/,
    key: 'add-not-null',
    message:
      'A new NOT NULL column without a default fails on a table with rows: add it nullable, backfill, then constrain.',
  },
  {
    pattern:
      /^ALTER TABLE .*\bADD (?:COLUMN )?.*\bDEFAULT (?!\S*CURRENT_|\S*LOCALTIME)(?!NOW \( \)|TRUE|FALSE|NULL)[A-Z_][A-Z0-9_.]* \(/,
    key: 'volatile-default',
    message:
      'A volatile default rewrites the table under an exclusive lock: add the column without it, set it, then backfill.',
  },
  {
    pattern: /^ALTER TABLE .*\bADD (?:COLUMN )?.*\bGENERATED ALWAYS AS \(.*\bSTORED\b/,
    key: 'stored',
    message: 'A stored generated column rewrites the table under an exclusive lock: use a plain column and a trigger.',
  },
  {
    pattern: /^ALTER TABLE .*\bADD (?:COLUMN )?.*\b(?:BIG|SMALL)?SERIAL\b/,
    key: 'serial',
    message: 'A serial column rewrites the table under an exclusive lock: add the column, then the sequence.',
  },
  {
    pattern: /^ALTER TABLE .*\bADD (?:CONSTRAINT \S+ (?:FOREIGN KEY|CHECK)|CHECK)\b(?!.*\bNOT VALID\b)/,
    key: 'constraint',
    message: 'The constraint checks all rows under a lock: add it NOT VALID and validate in a second step.',
  },
  {
    pattern: /^ALTER TABLE .*\bADD FOREIGN KEY\b(?!.*\bNOT VALID\b)/,
    key: 'fk',
    message: 'The foreign key checks all rows under a lock on both tables: add it NOT VALID and validate later.',
  },
  {
    pattern: /^ALTER TABLE .*\bADD (?:COLUMN )?(?!CONSTRAINT|FOREIGN)\S+ .*\bREFERENCES\b(?!.*\bNOT VALID\b)/,
    key: 'fk-column',
    message: 'A column with REFERENCES locks both tables: add the column, then the key NOT VALID.',
  },
  {
    pattern: /^ALTER TABLE .*\bADD (?:CONSTRAINT \S+ )?(?:UNIQUE|PRIMARY KEY)\b(?!.*\bUSING INDEX\b)/,
    key: 'unique',
    message: 'The constraint builds its index under an exclusive lock: build the index CONCURRENTLY and use it.',
  },
  {
    pattern:
      /^ALTER TABLE .*\bADD (?:COLUMN )?(?:IF NOT EXISTS )?(?!CONSTRAINT|UNIQUE|PRIMARY|CHECK|FOREIGN|COLUMN)\S+ [^,]{1,200}\bCHECK \(/,
    key: 'check-column',
    message: 'The check of the new column reads all rows under a lock: add it NOT VALID and validate it later.',
  },
  {
    pattern: /^ALTER TABLE .*\bADD (?:COLUMN )?(?!CONSTRAINT|UNIQUE|PRIMARY)\S+ .*\bUNIQUE\b/,
    key: 'unique-column',
    message: 'The unique column builds its index under an exclusive lock: build the index CONCURRENTLY and use it.',
  },
  {
    pattern: /^ALTER TABLE .*\bADD (?:CONSTRAINT \S+ )?EXCLUDE\b/,
    key: 'exclude',
    message: 'An exclusion constraint scans the table under an exclusive lock.',
  },
  {
    pattern: /^ALTER TABLE .*\bDROP (?:CONSTRAINT|PRIMARY KEY|FOREIGN KEY|CHECK)\b/,
    key: 'drop-constraint',
    message: 'A rule that guards the rows goes: say what keeps bad rows out from now on.',
    // One constraint in place of another.
    unless: /\bADD (?:CONSTRAINT|PRIMARY KEY|FOREIGN KEY|CHECK|UNIQUE)\b/,
    tier: 'medium',
  },
  {
    pattern: /^ALTER TABLE .*\bALTER (?:COLUMN )?\S+ DROP NOT NULL\b/,
    key: 'drop-not-null',
    message: 'The column may be empty from now on: code that reads it must know.',
    tier: 'medium',
  },
  {
    pattern: /^ALTER TABLE .*\bADD (?:COLUMN )?(?:IF NOT EXISTS )?(?!CONSTRAINT|UNIQUE|PRIMARY|COLUMN)\S+ JSON\b/,
    key: 'json',
    message: 'A json column has no equality: SELECT DISTINCT on the table fails from now on. Use jsonb.',
    postgres: true,
  },
  {
    pattern: /^ALTER TABLE .*\bRENAME\b/,
    key: 'rename',
    message:
      'Code that still runs uses the old name and breaks: add the new name beside it and retire the old one later.',
  },
  {
    pattern:
      /^ALTER (?:SCHEMA|TYPE|VIEW|DATABASE|SEQUENCE|MATERIALIZED VIEW|FUNCTION|INDEX) .*\bRENAME (?:TO|VALUE|ATTRIBUTE)\b/,
    key: 'rename-object',
    message:
      'Code that still runs uses the old name and breaks: add the new name beside it and retire the old one later.',
  },
  {
    pattern: /^ALTER TABLE .*\bSET (?:LOGGED|UNLOGGED|TABLESPACE|WITHOUT OIDS|WITH OIDS|SCHEMA|ACCESS METHOD)\b/,
    key: 'storage',
    message: 'The table is rewritten or moved under an exclusive lock.',
  },
  {
    pattern: /^ALTER TABLE .*\b(?:ATTACH|DETACH) PARTITION\b(?!.*\bCONCURRENTLY\b)/,
    key: 'partition',
    message: 'Attaching or detaching a partition locks the parent table: prepare a check constraint, use CONCURRENTLY.',
  },
  {
    pattern: /^CREATE TABLE .*\bPARTITION OF\b/,
    key: 'partition-of',
    message: 'Creating a partition locks the parent table: create it alone, then attach it.',
  },
  {
    pattern:
      /^ALTER TABLE .*\b(?:DISABLE|ENABLE) TRIGGER\b|^ALTER TABLE .*\bINHERIT\b|^ALTER TABLE .*\bREPLICA IDENTITY\b|^ALTER TABLE .*\bOWNER TO\b|^ALTER TABLE .*\bSET STORAGE\b/,
    key: 'table-behaviour',
    message: 'The behaviour of the table changes under a lock: check what depends on it.',
  },
  {
    pattern: /^CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY\b)(?!.*\b(?:ONLINE = ON|ALGORITHM = INPLACE)\b)/,
    key: 'index',
    message: 'Building the index blocks all writes: use CREATE INDEX CONCURRENTLY.',
  },
  {
    pattern: /^DROP INDEX (?!CONCURRENTLY\b)/,
    key: 'drop-index',
    message:
      'An index goes: what it sped up reads the whole table from now on, and if it was unique, nothing keeps equal rows out any more. Dropping takes moments, but waits for a lock: DROP INDEX CONCURRENTLY.',
  },
  { pattern: /^REINDEX (?!.*\bCONCURRENTLY\b)/, key: 'reindex', message: 'REINDEX blocks writes: use CONCURRENTLY.' },
  {
    pattern: /^VACUUM .*\bFULL\b|^VACUUM \( FULL|^CLUSTER\b/,
    key: 'vacuum-full',
    message: 'The table is rewritten under an exclusive lock.',
  },
  {
    pattern: /^REFRESH MATERIALIZED VIEW (?!CONCURRENTLY)/,
    key: 'refresh',
    message: 'Readers are locked out while the view is rebuilt: REFRESH … CONCURRENTLY.',
  },
  {
    pattern: /^LOCK (?:TABLE )?\S+/,
    key: 'lock',
    message: 'An explicit lock stops everyone else: keep it short and set a lock_timeout.',
  },
  {
    pattern: /^CREATE (?:OR REPLACE )?(?:CONSTRAINT )?(?:EVENT )?TRIGGER\b/,
    key: 'trigger',
    message:
      'A trigger runs with the writes it names from now on and locks the table while it is made: check cost and recursion.',
  },
  {
    pattern:
      /^CREATE (?:GLOBAL |LOCAL )?(?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(?!.*PG_TEMP)\S+.* AS (?:TABLE\b|(?:SELECT|WITH|\( SELECT)\b(?=.* FROM ))/,
    key: 'ctas',
    message: 'Data is copied into a new table, without constraints, defaults or grants: check size and access rights.',
    unless: /^CREATE (?:GLOBAL |LOCAL )?TEMP/,
  },
  {
    pattern: /^(?:CREATE|ALTER) TABLESPACE\b/,
    key: 'tablespace',
    message: 'Storage of the server is changed: check backups and replicas.',
  },
  {
    pattern: /^ALTER TYPE .*\b(?:ADD|DROP|ALTER) ATTRIBUTE\b/,
    key: 'type-attr',
    message: 'All tables that use the type are affected: check them.',
  },
  {
    pattern: /^ALTER DOMAIN .*\bADD (?:CONSTRAINT \S+ )?CHECK\b(?!.*NOT VALID)/,
    key: 'domain',
    message: 'The constraint checks all columns of the domain under a lock: add it NOT VALID.',
  },
  {
    pattern: /^CREATE DOMAIN .*\bCHECK\b/,
    key: 'domain-check',
    message: 'The check of a domain can not be changed without a scan of every table that uses it: check the column.',
    tier: 'medium',
  },
  {
    pattern: /^EXEC(?:UTE)? (?:SYS ?\. ?)?SP_RENAME\b/,
    key: 'rename',
    message:
      'Code that still runs uses the old name and breaks: add the new name beside it and retire the old one later.',
  },
  {
    pattern: /^SET (?:SESSION |LOCAL |GLOBAL )?(?:@@)?(?:SESSION ?\. ?|GLOBAL ?\. ?)?LOCK_TIMEOUT (?:=|TO) ?'?0(?!\d)/,
    key: 'lock-timeout',
    message: 'Without a lock_timeout a statement that waits for its lock stops everybody behind it: leave a limit.',
  },
  {
    pattern: /^ALTER (?:SYSTEM|DATABASE) .*\bSET\b/,
    key: 'system',
    message: 'A setting of the whole server or database is changed.',
  },
  {
    pattern: /^CREATE (?:OR REPLACE )?RULE\b/,
    key: 'rule',
    message: 'A rewrite rule changes what other statements do: prefer a trigger or a view.',
  },
];

/** Data bases that build an index beside the running table, or have nobody else to lock out; CONCURRENTLY is a word of PostgreSQL. */
const otherEngine =
  /(?:^|[/._-])(?:sqlite3?|mysql|mariadb)(?=[/._-])|(?:^|\/)cockroach(?:db)?(?=\/)|\.cockroach(?:db)?(?=\.)/i;
/** Words that PostgreSQL does not have: of SQLite, of MySQL. */
const otherWords = /\bPRAGMA \w|\bAUTOINCREMENT\b|\bWITHOUT ROWID\b|\bSQLITE_\w|\bENGINE = \w|\bAUTO_INCREMENT\b/;

/** `… BEGIN` without `FOR EACH ROW`, `AS` or `EXECUTE`: SQLite's form. */
const sqliteTrigger =
  /^CREATE TRIGGER (?:IF NOT EXISTS )?\S+ (?:(?:AFTER|BEFORE|INSTEAD OF) )?(?:INSERT|DELETE|UPDATE)(?: OF .{1,200}?)? ON \S+ (?:WHEN .{1,200}? )?BEGIN\b/;

const makesTable = new RegExp(`^CREATE (?:\\w+ )*TABLE (?:IF NOT EXISTS )?${sqlName}`);
const ofTable = new RegExp(
  `^(?:ALTER TABLE (?:IF EXISTS )?(?:ONLY )?|CREATE (?:UNIQUE )?INDEX .*? ON (?:ONLY )?)${sqlName}`,
);
const renamesTable = new RegExp(`^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?${sqlName} RENAME TO (\\S+)`);

const validates = new RegExp(`^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?${sqlName} VALIDATE CONSTRAINT ([^\\s;]+)`);
const afterValidation =
  'SET NOT NULL takes moments where a validated check says the same of the column: be sure that it does.';

const alters = new RegExp(`^(ALTER TABLE (?:IF EXISTS )?(?:ONLY )?${sqlName}) `);

/** What a statement does to its table, one thing each: between commas that stand in no brackets. */
function clausesOf(text: string): { readonly head: string; readonly clauses: readonly string[] } | undefined {
  const head = alters.exec(text)?.[1];
  if (head === undefined) return undefined;
  const clauses: string[] = [];
  let depth = 0;
  let from = head.length;
  let quote = '';
  for (let i = from; i <= text.length; i++) {
    const ch = text[i];
    if (quote !== '') {
      if (ch === quote) quote = '';
    } else if (ch === "'" || ch === '"') quote = ch;
    else if (ch === '(') depth++;
    else if (ch === ')') depth--;
    if (i < text.length && (ch !== ',' || depth !== 0 || quote !== '')) continue;
    clauses.push(text.slice(from, i).replace(/;$/, '').trim());
    from = i + 1;
  }
  return { head, clauses };
}

/** A column under its old name, with a character set of its own. */
const converts =
  /^(?:MODIFY (?:COLUMN )?\S+|CHANGE (?:COLUMN )?(\S+) \1) .{1,200}?\b(?:CHARACTER SET|CHARSET|COLLATE)\b/;
const converted =
  'The text of columns is converted to another character set: that copies the table under a lock, and an index may become too long. See that type, length and NOT NULL are those of before.';

/** Whether all that a statement changes are columns that get the character set that holds every character. */
function isConversion(text: string, written: string): boolean {
  const sets = [...written.matchAll(/\b(?:CHARACTER\s{1,9}SET|CHARSET|COLLATE)\b\s{0,9}=?\s{0,9}["'`]?(\w{0,40})/gi)];
  return (
    sets.every((m) => /^utf8mb4/i.test(m[1]!)) && (clausesOf(text)?.clauses.every((c) => converts.test(c)) ?? false)
  );
}

/** Whether all that locks or breaks in a statement was in one that is gone: others beside it came or went. */
function isSameStatement(old: Found, now: Found): boolean {
  const was = old.form && clausesOf(old.form.text);
  const is = now.form && clausesOf(now.form.text);
  if (!was || !is || was.head !== is.head || old.key.split(':')[0] !== now.key.split(':')[0]) return false;
  return is.clauses.every(
    (c) => was.clauses.includes(c) || !dangers.some((d) => d.pattern.test(`${is.head} ${c}`) && !d.unless?.test(c)),
  );
}

export const sqlLocks: Rule = {
  id: 'sql-unsafe-migration',
  title: 'Migration locks or breaks a live table',
  tier: 'high',
  category: 'database-schema',
  languages: ['sql'],
  references: ['PostgreSQL: Explicit Locking', 'CWE-667'],
  why: 'On a table in use the statement waits for, or holds, an exclusive lock, rewrites all rows, or breaks code of the release that is still running. Each has a form that does not.',
  remedy: 'use the form that does not lock, in steps',
  movesWithFile: true,
  isSame: isSameStatement,
  keywords: [
    'alter',
    'index',
    'reindex',
    'vacuum',
    'cluster',
    'refresh',
    'lock',
    'trigger',
    'table',
    'tablespace',
    'rule',
    'domain',
    'sp_rename',
    'lock_timeout',
    'concurrently',
  ],
  check(source, report) {
    const made = new Set<string>();
    const dropped = new Set<string>();
    const indexed = new Set<string>();
    const validated = new Set<string>();
    const constraints = new Set<string>();
    const undone = undoes(source);
    const concurrently = !otherEngine.test(source.path) && !source.sql.some((s) => otherWords.test(s.text));
    let news: readonly MadeTable[] | undefined;
    const isNew = (name: string, at: number): boolean =>
      name !== '' && (news ??= tablesMade(source)).some((t) => t.name === name && t.end <= at);
    /** Between BEGIN and COMMIT, where CONCURRENTLY is refused. */
    let inTransaction = false;
    for (const s of source.sql) {
      if (/^(?:BEGIN|START TRANSACTION)\b(?!.* END$)/.test(s.text)) inTransaction = true;
      else if (/^(?:COMMIT|ROLLBACK|END)\b/.test(s.text)) inTransaction = false;
      else if (
        inTransaction &&
        /^(?:CREATE (?:UNIQUE )?|DROP |RE)INDEX .{0,80}?\bCONCURRENTLY\b/.test(s.text) &&
        !undone(s.start)
      )
        report({
          start: s.start,
          end: s.end,
          key: `transaction:${s.text.slice(0, 300)}`,
          message: 'CONCURRENTLY is refused inside a transaction: take it out of BEGIN and COMMIT.',
        });
      const created = makesTable.exec(s.text)?.[1];
      for (const d of dangers) {
        if (!d.pattern.test(s.text) || d.unless?.test(s.text)) continue;
        // Backticks are no quotes of PostgreSQL.
        const other = !concurrently || source.text.slice(s.start, s.end).includes('`');
        if (other && (d.postgres || /^(?:index|drop-index|reindex)$/.test(d.key))) continue;
        // A table made in this very file has no rows and no readers yet.
        const table = tableName(ofTable.exec(s.text)?.[1]);
        // A trigger made anew ran before.
        const trigger = d.key === 'trigger' ? /\bTRIGGER (?:IF NOT EXISTS )?(\S+)/.exec(s.text)?.[1] : undefined;
        if (trigger && dropped.has(trigger)) break;
        // The second index on a table waits for the same readers.
        if (d.key === 'index' && table && indexed.has(table)) break;
        if (d.key === 'index' && table && !undone(s.start)) indexed.add(table);
        if (undone(s.start) || (table && made.has(table))) continue;
        report({
          start: s.start,
          end: s.end,
          key: `${d.key}:${s.text.slice(0, 300)}`,
          tables: tablesOfStatement(s.text),
          ...(s.text.length < 8000 && { form: { text: s.text, around: [], sinks: [] } }),
          // SQLite locks the whole file for any writer, a new table nobody: the trigger's own work is left to say.
          ...(trigger && (sqliteTrigger.test(s.text) || isNew(watchedTable(s.text), s.start))
            ? {
                tier: 'medium',
                message: 'A trigger runs with the writes it names from now on: check what it costs and refuses.',
              }
            : d.key === 'set-not-null' && table && validated.has(table)
              ? { tier: 'medium', message: afterValidation }
              : {
                  message:
                    d.key === 'modify' && isConversion(s.text, source.text.slice(s.start, s.end))
                      ? converted
                      : d.message,
                  ...(d.tier && { tier: d.tier }),
                }),
        });
        break;
      }
      for (const [, name] of s.text.matchAll(/ ADD CONSTRAINT (\S+)/g)) constraints.add(name!);
      const [, checked, check] = validates.exec(s.text) ?? [];
      // A check of the same migration is no step of its own.
      if (checked && !undone(s.start) && !constraints.has(check!)) validated.add(tableName(checked));
      const gone = /^DROP TRIGGER (?:IF EXISTS )?([^\s;]+)/.exec(s.text)?.[1];
      if (gone) dropped.add(gone);
      if (created) made.add(tableName(created));
      // A new table that takes the place of the old one, filled before its indexes are built.
      const [, from, to] = renamesTable.exec(s.text) ?? [];
      if (from && to && made.has(tableName(from))) made.add(tableName(from).replace(/[^.]*$/, '') + tableName(to));
    }
  },
};
