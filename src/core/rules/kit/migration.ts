/** Migrations: which tables one makes, which one an operation is about, whether it puts rows in. */
import type { Arg, Call } from '../../languages/facts.ts';
import type { Source } from '../../languages/source.ts';
import { code, type Code } from './code.ts';
import { undoes } from './undo.ts';

export interface MadeTable {
  /** As `tablesOfCall` and `tablesOfStatement` give it. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** A table that cannot be told: none that is made has this name. */
const unknown = '';

/** A name in a statement's text, with its schema: a table of another schema is another one. */
export const sqlName = String.raw`((?:[^\s(;]+ \. )*[^\s(;]+)`;
/** Another case in quotes is another table. */
export const tableName = (words: string | undefined): string =>
  (words ?? unknown)
    .split(' ')
    .map((w) => (w === w.toUpperCase() ? w.toLowerCase() : w))
    .join('');
const sqlMade = new RegExp(
  `^CREATE (?:UNLOGGED )?TABLE (?!IF NOT EXISTS )${sqlName}(?! PARTITION OF )(?!.* AS (?:SELECT|TABLE|WITH|VALUES|\\( SELECT)\\b)`,
);
const sqlOwn = new RegExp(
  `^(?:ALTER TABLE (?:IF EXISTS )?(?:ONLY )?|DROP TABLE (?:IF EXISTS )?(?!.*,)|CREATE (?:UNIQUE )?INDEX (?:(?! ON ).){0,300} ON (?:ONLY )?)${sqlName}`,
);
/** What it does touches a second table. */
const sqlSecond = /\b(?:INHERITS?|ATTACH|DETACH|SWAP|SWITCH|EXCHANGE)\b/;
const sqlReferred = new RegExp(`\\bREFERENCES ${sqlName}`, 'g');

const sqlWatched = new RegExp(
  `^CREATE (?:OR REPLACE )?(?:(?:CONSTRAINT )?TRIGGER (?:(?! ON ).){1,600} ON|RULE (?:(?! TO ).){1,200} TO) ${sqlName}`,
);

/** The table whose writes a trigger or a rewrite rule waits for. */
export const watchedTable = (text: string): string => tableName(sqlWatched.exec(text)?.[1]);

/** The tables that a statement waits for: its own, and those its keys refer to. */
export function tablesOfStatement(text: string): string[] {
  const own = sqlSecond.test(text) ? undefined : sqlOwn.exec(text)?.[1];
  if (own === undefined) return [unknown];
  return [own, ...[...text.matchAll(sqlReferred)].map((m) => m[1])].map(tableName);
}

/**
 * Tables that a migration makes for certain, where none of the name was: not where one may be there already, not in the
 * part that undoes, in a branch, or in the tool's own picture alone. They have neither rows nor readers.
 */
export function tablesMade(source: Source): MadeTable[] {
  if (source.language !== 'sql') return madeInCode(source);
  if (
    source.has(
      /\bsearch_path\b(?!', '', false\))|\bSET\s+SCHEMA\b|\bCURRENT_SCHEMA\b|^[ \t]*(?:USE\s|\\(?:if|c|connect)\b)/im,
    )
  )
    return [];
  // A step that does not run everywhere.
  if (source.has(/^[ \t]*--\s*(?:changeset\b.*\b(?:context\w*|labels?|dbms)\s*:|preconditions?\b)/im)) return [];
  const undone = undoes(source);
  let end = 0;
  return source.sql.flatMap((s) => {
    // Inside a block that may go another way.
    const isInner = s.start < end;
    end = Math.max(end, s.end);
    const name = isInner || undone(s.start) ? undefined : sqlMade.exec(s.text)?.[1];
    return name === undefined ? [] : [{ name: tableName(name), start: s.start, end: s.end }];
  });
}

/** Somebody asks whether the table is there, goes on where it is, or knows it from older migrations. */
const maybeThere =
  /table_?exists|if_?not_?exists|\bIF\s+NOT\s+EXISTS\b|has_?table|get_table_names|\b(?:rescue|except|catch)\b|^[ \t]*(?:end|\}\)?;?)\s*(?:if|unless)\b|\breplaces\s*=|SeparateDatabaseAndState/im;

function madeInCode(source: Source): MadeTable[] {
  if (!source.has(/\b(?:create_table|CreateModel|createTable|CreateTable|Schema::create)\b/) || source.has(maybeThere))
    return [];
  if (source.has(elsewhere)) return [];
  const c = code(source);
  return c.facts.calls.flatMap((call) => {
    const name = madeBy(c, call);
    return name === unknown || !runsAlways(source, call) ? [] : [{ name, start: call.start, end: call.end }];
  });
}

/** Under another schema it is another table. */
const ofSchema = /\bschema\s*[=:]/;

function madeBy(c: Code, call: Call): string {
  const { callee } = call;
  const body = (): string => c.text({ from: call.open, to: call.close + 1 });
  if (ofSchema.test(body())) return unknown;
  // A model whose table somebody else keeps, or that has none of its own.
  if (callee === 'migrations.CreateModel')
    return /["'](?:managed|proxy)["']|\boptions\s*=\s*[^{\s]|\*\*/.test(body())
      ? unknown
      : nameIn(c, argument(call, 0, 'name'));
  if (callee === 'create_table' || callee === 'op.create_table')
    return /\bforce\b|\bas:/.test(body()) ? unknown : nameIn(c, argument(call, 0, 'table_name'));
  // Sequelize makes it only where it is not there.
  if (callee === 'Schema.create' || isOfThisSchema(c, call)) return nameIn(c, argument(call, 0));
  return /^\w*[bB]uilder\.CreateTable$/.test(callee) ? nameIn(c, argument(call, 0, 'name')) : unknown;
}

/** `knex.schema.createTable`: of the connection that the tool hands out, not of one that the migration opens itself. */
function isOfThisSchema(c: Code, call: Call): boolean {
  const [, on] = /^(?:(\w+)\.)?schema(?:\.createTable\(\)){0,20}\.createTable$/.exec(call.callee) ?? ['', ''];
  if (on === '') return false;
  if (on === undefined || /^(?:knex|queryRunner|this)$/.test(on)) return true;
  const head = headAbove(c.source, call.start)?.text ?? '';
  return new RegExp(`\\bup\\b[^(\\n]{0,80}\\(\\s*${on}\\b|\\bup\\s*[:=]\\s*(?:async\\s+)?${on}\\s*=>`).test(head);
}

const branch =
  /^\W*(?:if|unless|else|elsif|elif|when|case|for|foreach|while|switch|try|begin)\b|\bdo(?:\s*\|[^|]*\|)?\s*$/;

/** Whether a call stands in the part that does, and in no branch of it. */
function runsAlways(source: Source, call: Call): boolean {
  const { lines } = source;
  const line = source.lineAt(call.start);
  const isDjango = call.name === 'CreateModel';
  const head = headAbove(source, call.start);
  if (!isDjango) {
    if (!head || !/\b(?:up|change|upgrade)\b/i.test(head.text)) return false;
    const way = source.text.slice(head.at + head.text.length, call.start);
    if (/\b(?:return|raise|throw|next|exit|abort)\b/.test(way.replace(/\breturn[ \t]*$/, ''))) return false;
  }
  const from = source.starts[line - 1]!;
  if (/\b(?:if|unless)\b|[?&|]/.test(source.text.slice(from, call.start))) return false;
  if (/\b(?:if|unless)\b/.test((lines[line - 1] ?? '').slice(call.end - from))) return false;
  const indent = (text: string): number => text.length - text.trimStart().length;
  let depth = indent(lines[line - 1] ?? '');
  const top = isDjango || !head ? 0 : source.lineAt(head.at + 1);
  for (let i = line - 2; i >= top && depth > 0; i--) {
    const text = lines[i] ?? '';
    if (text.trim() === '' || indent(text) >= depth) continue;
    if (branch.test(text)) return false;
    depth = indent(text);
  }
  return true;
}

const argument = (call: Call, at: number, ...names: readonly string[]): Arg | undefined =>
  call.args.find((a) => a.name !== undefined && names.includes(a.name)) ??
  call.args.filter((a) => a.name === undefined)[at];

/** A name that is written out: a symbol or a string. */
const nameIn = (c: Code, arg: Arg | undefined): string =>
  (
    /^(?:\w{1,30}\s*[=:]\s*)?(?::|["'`])([\w.]{1,120})["'`]?(?:\s+(?:do|if|unless)\b[^]*)?$/.exec(c.text(arg))?.[1] ??
    unknown
  ).toLowerCase();

/** It may go to another data base. */
const elsewhere = /search_path|\$?connection\b\s*(?:=(?!=)|\()|connected_to|establish_connection/i;

/** The tables that an operation waits for: its own, and those its keys refer to. */
export function tablesOfCall(c: Code, call: Call): string[] {
  const { callee, name } = call;
  const body = c.text({ from: call.open, to: call.close + 1 });
  if (ofSchema.test(body) || c.source.has(elsewhere)) return [unknown];
  const own = (at: number, ...names: readonly string[]): string => nameIn(c, argument(call, at, ...names));
  if (callee.startsWith('migrations.')) {
    if (/^Run|^Separate/.test(name)) return [unknown];
    const referred = /\b(?:ForeignKey|OneToOneField|ManyToManyField)\(/.test(body) ? [unknown] : [];
    return [own(0, 'model_name', ...(/Model|Together$/.test(name) ? ['name', 'old_name'] : [])), ...referred];
  }
  if (callee.startsWith('op.')) {
    if (/^(?:execute|bulk_insert|f|batch_alter_table)$/.test(name)) return [unknown];
    if (name.endsWith('foreign_key')) return [own(1, 'source_table'), own(2, 'referent_table')];
    return /^(?:create|drop)_(?!table)/.test(name) && name !== 'drop_column'
      ? [own(1, 'table_name')]
      : [own(0, 'table_name', 'old_table_name'), ...(/\bForeignKey\(/.test(body) ? [unknown] : [])];
  }
  if (/^\w*[bB]uilder\./.test(callee))
    return name === 'Sql' ? [unknown] : [own(-1, 'table', name === 'DropTable' ? 'name' : 'table')];
  if (/^(?:t|table|tbl|\$table|builder)\./.test(callee)) {
    const block = c.facts.calls.findLast(
      (b) =>
        /^(?:Schema\.table|(?:\w+\.)?schema\.(?:alterTable|table))$/.test(b.callee) &&
        b.start < call.start &&
        call.end <= b.end,
    );
    if (!block) return [unknown];
    return [nameIn(c, argument(block, 0)), ...(name === 'foreign' ? [unknown] : [])];
  }
  if (/(?:^|\.)schema\.\w+$/i.test(callee) && /table|dropIfExists|rename/i.test(name))
    return [own(0), ...(/foreign|references|constrained/.test(body) ? [unknown] : [])];
  if (callee !== name) return [unknown];
  // Rails.
  if (name === 'add_foreign_key') return [own(0), own(1)];
  if (/reference|belongs_to/.test(name)) return [own(0), ...(/\bforeign_key\b/.test(body) ? [unknown] : [])];
  return /^(?:add|remove|rename|change|drop|validate)_(?!join)/.test(name) ? [own(0)] : [unknown];
}

const rowsInCode =
  /insert(?!ed)|rename_?table|RenameModel|AlterModelTable|Schema::rename|\bRENAME\s+TO\b|\bATTACH\b|upsert|\bcopy\b|\bseed|backfill|populate|factory|\bfill_|RunPython|bulk_(?:create|update)|get_model|\bMERGE\s+INTO\b|\bREPLACE\s+INTO\b|\bLOAD\s+DATA\b|\bUPDATE\s+[\w".`]+\s+SET\b|(?<!\bSchema)(?:\.|->|::)(?:create!?|save!?|update\w*!?|find_each|in_batches|import!?|first_or_\w+|find_or_\w+|create_or_\w+|call|run!?|perform\w*|invoke|add|add_all|commit)(?![\w:])|\b(?:system|load|require_relative)\b/i;
/** Code of the product, which may do anything: a model, a module of its own. */
const ownCode: Readonly<Record<string, RegExp>> = {
  ruby: /(?<![\w.:]|<<[~-])(?!ActiveRecord::Base\.)[A-Z]\w{0,60}(?:::[A-Z]\w{0,60}){0,6}\.(?=\w)/,
  php: /^use\s+\\?(?!Illuminate\\)/m,
  typescript: /\b(?:from|require|import)\b[\s(]{0,4}["'`]\.{1,2}\//,
  javascript: /\b(?:from|require|import)\b[\s(]{0,4}["'`]\.{1,2}\//,
  python:
    /^[ \t]*(?:from|import)\s+(?!alembic\b|sqlalchemy|django\b|typing\b|uuid\b|datetime\b|__future__|collections\b)(?![^\n]{0,80}\bfields?\b)\S/m,
};
const definesOnly =
  /^(?:CREATE|ALTER|DROP|COMMENT|GRANT|REVOKE|SET|BEGIN|COMMIT|START|END|ANALYZE|PRAGMA|USE|DELIMITER|GO)\b(?!.* AS (?:SELECT|TABLE|WITH|VALUES|\( SELECT)\b)/;
const otherRows = new RegExp(`^INSERT INTO ${sqlName} \\([^)]{0,600}\\) VALUES\\b(?!.*\\bSELECT\\b)`);

/** Whether a migration may put rows into a table: only where all that it does is known, it does not. */
export function mayFill(source: Source, table: string): boolean {
  if (source.language === 'sql')
    return source.sql.some((s) => {
      const other = otherRows.exec(s.text)?.[1];
      if (/ RENAME TO | SET SCHEMA /.test(s.text) || sqlSecond.test(s.text)) return true;
      return !definesOnly.test(s.text) && (other === undefined || tableName(other) === table);
    });
  const c = code(source);
  if (!source.has(/\bmigrations\.Migration\b/) && ownCode[source.language]?.test(source.text)) return true;
  let text = '';
  let at = 0;
  for (const t of source.tokens)
    if (t.kind === 'comment') {
      text += source.text.slice(at, t.start);
      at = t.end;
    }
  if (rowsInCode.test(text + source.text.slice(at))) return true;
  // What is run is not written here.
  for (const call of c.facts.calls)
    if (/^(?:execute|query|raw|statement|unprepared|addSql|Sql|RunSQL)$/.test(call.name))
      if (c.facts.tokens[call.args[0]?.from ?? -1]?.kind !== 'str') return true;
  return false;
}

/** The last function head above an offset. */
export function headAbove(source: Source, offset: number): { readonly at: number; readonly text: string } | undefined {
  let heads = headsOf.get(source);
  if (!heads)
    headsOf.set(
      source,
      (heads = [
        ...source.text.matchAll(
          /(?:^|\n)[ \t]*(?:async\s+)?(?:(?:public|export|static|protected|override)\s+)*(?:def\s+\w+|void\s+\w+|exports\.\w+\s*=|(?:async\s+)?function\s+\w+|(?:async\s+)?(?:up|down)\s*[(:=])[^\n]{0,400}/g,
        ),
      ].map((m) => ({ at: m.index, text: m[0] }))),
    );
  let low = 0;
  let high = heads.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (heads[mid]!.at < offset) low = mid + 1;
    else high = mid;
  }
  return heads[low - 1];
}
const headsOf = new WeakMap<Source, readonly { readonly at: number; readonly text: string }[]>();
