import { isMigrationPath } from '../languages/kinds.ts';
import type { Source } from '../languages/source.ts';
import { code } from './kit/code.ts';
import { fixedText } from './kit/fixedText.ts';
import { Statement, saysOutside, type Filling } from './kit/sqlHoles.ts';
import { fromRequest } from './kit/taint.ts';
import { codeLanguages, type Hit, type Rule } from './rule.ts';

const sinks =
  /^(?:execute|executemany|executescript|executeQuery|executeUpdate|executeLargeUpdate|addBatch|prepareStatement|prepareCall|nativeSQL|query|queryForObject|queryForList|queryForMap|queryForRowSet|queryForStream|queryForInt|queryForLong|batchUpdate|createQuery|createNativeQuery|createSQLQuery|newQuery|rawQuery|execSQL|raw|rawQueryUnsafe|\$queryRawUnsafe|\$executeRawUnsafe|queryRaw|whereRaw|orderByRaw|havingRaw|groupByRaw|selectRaw|joinRaw|fromRaw|extra|RawSQL|text|fetch|fetchrow|fetchval|fetch_all|fetch_one|cursor|Query|QueryRow|QueryContext|QueryRowContext|Exec|ExecContext|Prepare|PrepareContext|MustExec|Queryx|QueryRowx|NamedExec|Get|Select|Raw|Where|WhereOr|WhereIn|Having|Order|Joins|ColumnExpr|TableExpr|OrderExpr|GroupExpr|JoinOn|ExecuteSqlRaw|ExecuteSqlCommand|FromSqlRaw|FromSql|SqlCommand|SqlQuery|SqlQueryRaw|MySqlCommand|NpgsqlCommand|OracleCommand|SqliteCommand|OleDbCommand|CommandText|ExecuteScalar|ExecuteNonQuery|mysql_query|mysqli_query|pg_query|pg_send_query|sqlite_query|mssql_query|odbc_exec|db_query|exec_query|find_by_sql|select_all|select_rows|select_value|select_one|count_by_sql|where|order|group|having|joins|pluck|reorder|update_all|delete_all|exists|from|lock|execute_sql|PreparedStatementCreatorFactory|CallableStatementCreatorFactory|SqlUpdate|MappingSqlQuery|BatchSqlUpdate|SqlFunction|StoredProcedure|literal|unsafe|simple_query|batch_execute|sql_query|executeSql|statement|unprepared|select|insert|update|delete|do_query|runQuery|copy_expert|mogrify|read_sql|read_sql_query|BigQueryOperator|BigQueryInsertJobOperator|filter|filter_by|sqlRestriction|Distinct|Group|andWhere|orWhere|orderBy|addOrderBy|groupBy|run|createStatement|DB\.\w+|whereIn|orderByDesc|fromSub|execute_batch|execute_values|query_one|query_all|query_as|query_scalar|sqlx|exec_driver_sql|session|executeQueryAsync|ExecuteSqlInterpolated|ExecuteReader|ExecuteSql|QueryAsync|QueryFirst\w*|QuerySingle\w*|Execute|ExecuteAsync)$/;
const sqlText =
  /\b(?:select\b[\s\S]{0,400}\bfrom|insert\s+into|update\b[\s\S]{0,200}\bset|delete\s+from|drop\s+(?:table|database|schema|user)|create\s+(?:table|user|database|index|view)|alter\s+(?:table|user)|where\b[\s\S]{0,100}(?:=|like|in\b)|order\s+by|union\s+select|merge\s+into|grant\b[\s\S]{0,60}\bto|truncate\s+table|call\s+\w+\s*\(|exec(?:ute)?\s+\w+|values\s*\(|having\b|limit\s|=\s*['"]?$)/i;
/** Names so general that the text itself must look like SQL. */
const general =
  /^(?:query|text|fetch|fetchrow|fetchval|cursor|raw|Query|Raw|Where|Get|Select|where|order|group|having|joins|from|select|insert|update|delete|exists|lock|literal|unsafe|statement|extra|execute|Exec|Order|Having|Joins|pluck|reorder|prepare|Prepare|WhereIn|read_sql|CommandText|fetch_all|fetch_one|addBatch|runQuery|filter|filter_by|Distinct|Group|andWhere|orWhere|orderBy|addOrderBy|groupBy|run|whereIn|session|Execute|ExecuteAsync|QueryAsync|QueryFirst\w*|QuerySingle\w*)$/;
/** Clauses: the text is a part of a statement, so a comparison is enough to know it for SQL. */
const clauses =
  /^(?:where|Where|WhereOr|andWhere|orWhere|having|Having|filter|order|Order|orderBy|addOrderBy|group|Group|groupBy|joins|Joins|extra|whereRaw|orderByRaw|havingRaw|sqlRestriction|exists|find_by|reorder|pluck|Distinct|Not|Or)$/;
const comparison = /[\w"'`.)]\s*(?:=|<>|!=|<=?|>=?|\blike\b|\bin\b)\s*['"(%]?|\b(?:asc|desc)\b/i;

export const sqlInjection: Rule = {
  id: 'sql-injection',
  title: 'SQL statement built from variables',
  tier: 'high',
  category: 'injection',
  languages: codeLanguages,
  references: ['CWE-89', 'OWASP A03:2021'],
  why: 'A value that is pasted into SQL can end the string and go on with a statement of its own; escaping by hand is forgotten or wrong sooner or later. Placeholders can not be broken out of.',
  remedy: 'use placeholders and pass the values separately',
  keywords: [
    'filter',
    'sqlrestriction',
    'orderby',
    'andwhere',
    'orwhere',
    'groupby',
    'run',
    'tostring',
    'executereader',
    'queryasync',
    'queryfirst',
    'querysingle',
    'exec_driver_sql',
    'distinct',
    'group',
    'pluck',
    'executesql',
    'sqlx',
    'query_as',
    'execute',
    'executemany',
    'executescript',
    'executequery',
    'executeupdate',
    'addbatch',
    'preparestatement',
    'preparecall',
    'query',
    'queryforobject',
    'queryforlist',
    'queryformap',
    'queryforrowset',
    'batchupdate',
    'createquery',
    'createnativequery',
    'createsqlquery',
    'rawquery',
    'execsql',
    'raw',
    'whereraw',
    'orderbyraw',
    'text',
    'fetch',
    'fetchrow',
    'fetchval',
    'cursor',
    'queryrow',
    'querycontext',
    'exec',
    'prepare',
    'where',
    'sqlcommand',
    'fromsqlraw',
    'executesqlraw',
    'mysql_query',
    'mysqli_query',
    'pg_query',
    'find_by_sql',
    'select',
    'insert',
    'update',
    'delete',
    'preparedstatementcreatorfactory',
    'callablestatementcreatorfactory',
    'commandtext',
    'unsafe',
    'literal',
    'whereor',
    'sql_query',
    'read_sql',
    'extra',
    'rawsql',
    'order',
    'wheregroup',
    'columnexpr',
    'having',
    'joins',
    'newquery',
    'exec_query',
    'select_all',
    'statement',
    'sqlquery',
    'queryrowcontext',
    'copy_expert',
    '_queryrawunsafe',
    'queryrawunsafe',
    'executerawunsafe',
    'npgsqlcommand',
    'mysqlcommand',
    'sqlitecommand',
    'oledbcommand',
    'bigqueryoperator',
    'sqlupdate',
    'nativesql',
  ],
  check(source, report) {
    if (isMigrationPath(source.path)) return;
    const c = code(source);
    for (const call of c.facts.calls) {
      if (!sinks.test(call.name) || ofPlatform.test(call.callee)) continue;
      // What a file of Go executes that knows no data base is a command or a template.
      if (source.language === 'go' && call.name === 'Execute' && !knowsDatabase(c, call.callee)) continue;
      const args = call.args.filter(
        (a) =>
          a.name === undefined ||
          /^(?:sql|query|statement|text|sql_query|cmdText|where|select|tables|order_by)$/.test(a.name),
      );
      const skip =
        call.name.endsWith('Context') ||
        /^(?:mysqli_query|pg_query|pg_send_query|odbc_exec|mssql_query)$/.test(call.name) ||
        /^(?:ctx|context|r\.Context\(\)|context\.\w+\(\))$/.test(c.text(args[0]))
          ? 1
          : 0;
      if (/^filter(?:_by)?$/.test(call.name) && source.language !== 'python') continue;
      const candidates = /^(?:mysqli_query|pg_query|Get|Select|fetch)$/.test(call.name)
        ? args.slice(0, 3)
        : args.slice(skip, skip + 1);
      for (const arg of candidates) {
        if (c.isConstant(arg)) continue;
        if (c.text(arg).startsWith('**')) continue;
        if (isFunction(c, arg)) continue;
        const built = c.isBuilt(arg);
        // Names of columns and directions can not be placeholders: what a request sends must not be one.
        if (
          /^(?:order|Order|orderBy|Group|group|groupBy|Having|having|reorder|pluck|Distinct|Raw|raw|orderByRaw|find_by_sql|where|Where|joins|Joins)$/.test(
            call.name,
          ) &&
          source.has(/gorm|ActiveRecord|ApplicationRecord|params\[|sequelize|knex|typeorm/i) &&
          !/^[{[]/.test(c.text(arg)) &&
          arg.name === undefined &&
          !/=>|->|^\w+:/.test(c.text(arg)) &&
          fromRequest(c, arg, /^(?:permit|sanitize\w*|quote\w*|escape\w*)$/)
        ) {
          if (!onlySafeParts(c, arg)) report({ start: call.start, end: call.end });
          break;
        }
        const jdbc =
          source.has(
            /jdbcTemplate|JdbcTemplate|NamedParameterJdbc|StatementCreatorFactory|SqlUpdate|EntityManager|entityManager/,
          ) &&
          /^(?:queryFor\w+|batchUpdate|execute|update|query|PreparedStatementCreatorFactory|CallableStatementCreatorFactory|createQuery|createNativeQuery|nativeSQL|newQuery)$/.test(
            call.name,
          ) &&
          /(?:jdbcTemplate|template|jdbc|em|entityManager|jdbcOperations|conn\w*|stmt|pm|new)$/i.test(
            call.callee.split('.').slice(0, -1).join('.') || (call.isNew ? 'new' : ''),
          );
        const builder = !built && builtUp(c, arg);
        if (builder) {
          report({ start: call.start, end: call.end });
          break;
        }
        if (!built) {
          // The statement itself is handed in as a parameter.
          if (
            !(
              jdbc &&
              c.isParameter(arg) &&
              arg.to - arg.from === 1 &&
              /sql|query|stmt|statement|input/i.test(c.text(arg))
            )
          ) {
            if (!(call.name.endsWith('Unsafe') && (c.isParameter(arg) || c.isOutside(arg)))) continue;
          }
        } else {
          const text = wholeText(c, arg, 0);
          if (isProgram(c.text(arg)) && !fromRequest(c, arg)) continue;
          if (
            !(sqlText.test(text) && isSaid(c, arg)) &&
            !(
              source.language !== 'php' &&
              clauses.test(call.name) &&
              isClause(c, arg) &&
              source.has(
                /sql|orm\b|knex|sequelize|prisma|database|\bdb\b|session|repository|queryBuilder|ActiveRecord|model/i,
              )
            )
          ) {
            if (general.test(call.name) || !/["'`]/.test(text)) continue;
            if (
              !/^(?:executeQuery|executeUpdate|prepareStatement|createNativeQuery|rawQuery|execSQL|mysql_query|mysqli_query|pg_query|find_by_sql|executemany|QueryRow|queryForObject)$/.test(
                call.name,
              )
            )
              continue;
          }
          if (call.name === 'run' && !source.has(/pg8000|sqlite|duckdb|neo4j/)) continue;
          if (/^(?:text)$/.test(call.name) && !source.has(/sqlalchemy|text\(/)) continue;
        }
        if (onlySafeParts(c, arg) || (args.length > 1 && onlyWholeClauses(c, arg))) continue;
        const fixed = fixedText(c, arg);
        if (fixed === 'fixed') continue;
        const weighed = fixed ? imported : built ? weigh(c, arg) : {};
        if (!weighed) continue;
        report({ start: call.start, end: call.end, ...weighed });
        break;
      }
    }
    // C#: command.CommandText = "…" + x
    for (const a of c.facts.assignments)
      if (
        /^(?:CommandText|commandText|SelectCommand|InsertCommand|CommandTimeoutText)$/.test(a.name) &&
        c.isBuilt(a) &&
        sqlText.test(wholeText(c, a, 0)) &&
        // Numbers alone can not carry SQL.
        !(new Statement(c, a).filling() === 'fixed' && !fromRequest(c, a) && !c.isOutside(a))
      )
        report({ start: a.start, end: a.end });
  },
};

/** Makes lists and bytes, and asks no data base. */
const ofPlatform =
  /^(?:window\.|globalThis\.)?(?:Array|Buffer|(?:Ui|I)nt\d{1,2}(?:Clamped)?Array|Readable|Iterator)\.from$/;

/** Whether the receiver, an import or a text of the file has to do with a data base. */
const knowsDatabase = ({ source }: ReturnType<typeof code>, callee: string): boolean =>
  /db|conn|tx|sql|session|stmt|pool|query|database|store|repo/i.test(callee) ||
  source.has(
    /(?:sql|gorm|pgx?|sqlx|db|database|clickhouse|cassandra|gocql|presto|trino|mongo|spanner|bigquery|xorm|vitess)["/]|\b(?:SELECT\s[^\n"`]{1,200}\sFROM|INSERT\s+INTO|UPDATE\s+\S{1,60}\s+SET|DELETE\s+FROM|CREATE\s+(?:TABLE|VIEW)|ALTER\s+\w+|DROP\s+\w+)\b/i,
  );

/** Long text that is a script without blanks: of a bundle that is cut within a text, what stands in it is taken for one. */
const isProgram = (text: string): boolean =>
  text.length > 2000 &&
  (text.match(/\bfunction(?: \w{1,40})?\([\w$,]{0,100}\)\{|=>\{|\)\{(?:var|let|const|return|if)\b/g)?.length ?? 0) > 4;

/** A function is no statement, nor is a variable that only functions are given to. */
function isFunction(c: ReturnType<typeof code>, range: { from: number; to: number }): boolean {
  const text = c.text(range);
  const aFunction = c.source.language === 'php' ? phpFunction : otherFunction;
  if (aFunction.test(text)) return true;
  if (!/^\$?\w+$/.test(text)) return false;
  const values = c.facts.valuesOf(text, range.from);
  return values.length > 0 && values.every((v) => aFunction.test(c.text(v)));
}
const phpFunction = /^(?:static\s+)?(?:function\b|fn\s*\()/;
const otherFunction =
  /^(?:async\s+)?(?:function\b|\w+\s*=>|\([^()]{0,200}\)\s*(?::\s*[\w<>[\]| ]{1,60})?=>|(?:move\s*)?\|)/;

/** Whether a text in the range says so, not the program around it: `Array.from(map.values())` is no SQL. */
function isSaid(c: ReturnType<typeof code>, range: { from: number; to: number }): boolean {
  return sqlText.test(stringsOf(c, range, 0));
}
function stringsOf(c: ReturnType<typeof code>, range: { from: number; to: number }, depth: number): string {
  let text = '';
  for (let i = range.from; i < range.to && text.length < 20_000; i++) {
    const t = c.facts.tokens[i]!;
    if (t.kind === 'str') text += `${c.facts.stringOf(t)}\n`;
  }
  if (depth < 3)
    for (const name of new Set(c.names(range)))
      for (const a of c.facts.valuesOf(name, range.from).slice(0, 6))
        if (a.from !== range.from && text.length < 20_000) text += stringsOf(c, a, depth + 1);
  return text;
}

/** The range's text with the texts of the variables in it, two levels deep. */
function wholeText(c: ReturnType<typeof code>, range: { from: number; to: number }, depth: number): string {
  let text = c.text(range);
  if (depth < 2)
    for (const name of new Set(c.names(range)))
      for (const a of c.facts.valuesOf(name, range.from).slice(0, 6))
        if (a.from !== range.from) text += `\n${wholeText(c, a, depth + 1)}`;
  return text.length > 20_000 ? text.slice(0, 20_000) : text;
}

/** `sb.toString()` of a builder that was fed SQL and something that varies. */
function builtUp(c: ReturnType<typeof code>, range: { from: number; to: number }): boolean {
  const m = /^(\w+)\.(?:toString|String|ToString|to_s)\(\)$/.exec(c.text(range)) ?? /^(\w+)$/.exec(c.text(range));
  if (!m) return false;
  let sql = c.facts.valuesOf(m[1]!, range.from).some((a) => sqlText.test(c.text(a)));
  let varies = false;
  for (const call of c.facts.callsNamed('append', 'Append', 'WriteString', 'push_str')) {
    if (call.callee.split('.').at(-2) !== m[1] || c.facts.scopeAt(call.open) !== c.facts.scopeAt(range.from)) continue;
    for (const a of call.args)
      if (c.isConstant(a)) sql ||= sqlText.test(c.text(a));
      else if (c.isParameter(a) || fromRequest(c, a)) varies = true;
  }
  return sql && varies;
}

/** Whether a text in the range compares, and something is put in where a value stands: a condition of a query is no text. */
function isClause(c: ReturnType<typeof code>, range: { from: number; to: number }): boolean {
  const statement = new Statement(c, range);
  return comparison.test(statement.text) && (statement.hasValue || sorting.test(statement.text));
}

const sorting = /\0[^]{0,80}\b(?:asc|desc)\b|\b(?:asc|desc)\b[^]{0,80}\0|[\w"'`)]\s{1,9}\0/i;

const imported = { tier: 'medium' } as const;
const weights: Record<Filling, Partial<Hit> | undefined> = {
  fixed: undefined,
  own: {
    tier: 'low',
    message: 'A part of the SQL statement is made elsewhere: see that values go in as placeholders there, too.',
  },
  name: {
    tier: 'medium',
    message: 'A name or clause is put into SQL, where no placeholder can stand: see that it is one of a fixed list.',
  },
  held: { tier: 'medium' },
  value: {},
};

/** How much it matters what is put in: what a caller of the service sends most, then values, then names, then one's own. */
function weigh(c: ReturnType<typeof code>, range: { from: number; to: number }): Partial<Hit> | undefined {
  if (fromRequest(c, range) || c.isOutside(range)) return {};
  const statement = new Statement(c, range);
  if (statement.holes.some((h) => saysOutside.test(h.text))) return {};
  const filling = statement.filling();
  return filling === undefined ? imported : weights[filling];
}

/**
 * Clauses of a program's own on lines of their own, made elsewhere: no value stands there that a placeholder could take.
 * One that this file puts together from values is a value like any other.
 */
function onlyWholeClauses(c: ReturnType<typeof code>, range: { from: number; to: number }): boolean {
  const t = c.facts.tokens[range.from];
  if (range.to - range.from !== 1 || t?.kind !== 'str' || c.source.language === 'php') return false;
  if (c.isOutside(range) || fromRequest(c, range)) return false;
  const body = c.facts.stringOf(t);
  const parts = [...body.matchAll(/\$\{([^{}]*)\}/g)];
  const own = [
    ...body.matchAll(/^[ \t]*\$\{\s*(\w*(?:query|sql|clause|conditions?|fragment|where|joins?))\s*\}[ \t]*$/gim),
  ];
  return (
    parts.length > 0 &&
    parts.length === own.length &&
    own.every((m) => {
      const name = m[1]!;
      return (
        !c.facts.isParam(name, range.from) &&
        c.facts.valuesOf(name, range.from).every((v) => v.op !== '+=' && !c.isBuilt(v) && !isMadeHere(c, v))
      );
    })
  );
}

/** What a function of this very file returns: it may put values in. */
function isMadeHere(c: ReturnType<typeof code>, { from, to }: { from: number; to: number }): boolean {
  const { tokens } = c.facts;
  for (let i = from; i + 1 < to; i++)
    if (tokens[i]!.kind === 'id' && tokens[i + 1]!.text === '(' && definedHere(c.source).has(tokens[i]!.text))
      return true;
  return false;
}
const functions = new WeakMap<Source, Set<string>>();
function definedHere(source: Source): Set<string> {
  let names = functions.get(source);
  if (!names) {
    const heads = source.text.matchAll(
      /\b(?:function|def|func|fn)\s{1,9}(\w{1,80})|\b(?:const|let|var)\s{1,9}(\w{1,80})\s{0,9}=\s{0,9}(?:async\s{1,9})?(?:function\b|\(|\w{1,80}\s{0,9}=>)/g,
    );
    functions.set(source, (names = new Set([...heads].map((m) => m[1] ?? m[2]!))));
  }
  return names;
}

/** Only the prefix that an installation gives all its tables is put in. */
function onlyTablePrefix(c: ReturnType<typeof code>, range: { from: number; to: number }): boolean {
  let rest = '';
  let has = false;
  for (let i = range.from; i < range.to; i++) {
    const t = c.facts.tokens[i]!;
    if (t.kind !== 'str') rest += t.text;
    else if (t.dynamic)
      rest += (c.facts.stringOf(t).match(/[$#]?\{[^{}]*\}|\$\w+(?:->\w+)?/g) ?? []).join('.').replace(/[{}]/g, '');
  }
  rest = rest.replace(
    /(?:\$?[A-Za-z_]\w*(?:->|::|\.))*\$?(?:get)?(?:table|db)?_?prefix(?:\(\))?/gi,
    () => ((has = true), ''),
  );
  return has && !/[A-Za-z_$]/.test(rest);
}

/** Placeholders joined, numbers, quoted identifiers: what varies can not break out. */
function onlySafeParts(c: ReturnType<typeof code>, range: { from: number; to: number }): boolean {
  if (onlyTablePrefix(c, range)) return true;
  // Of a variable that is set many times, the value it was given last counts.
  let text = c.text(range);
  for (const name of new Set(c.names(range))) {
    const last = c.facts
      .valuesOf(name, range.from)
      .filter((a) => a.to <= range.from)
      .at(-1);
    if (last) text += `\n${c.text(last)}`;
  }
  if (
    /\.map\(\s*\(?\w*\)?\s*=>\s*["'`]\?["'`]\s*\)|["']\?["']\s*\*\s*len|join\(\s*\[?["']\?["']|["'],\s*["']\.join\(["']\?|sql\.Identifier|sql\.SQL|\bIdentifier\(|quote_ident|quoteIdent|escapeId|pg\.escapeIdentifier|connection\.ops\.quote_name|mysql\.escape|Prisma\.sql|sql(?:<[^>`\n]{1,60}>)?`|SQL`|quoteName|bindparam|pgp\.as/.test(
      text,
    )
  )
    return true;
  return false;
}
