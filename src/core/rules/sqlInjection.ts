import { code } from './kit/code.ts';
import { codeLanguages, type Rule } from './rule.ts';

const sinks =
  /^(?:execute|executemany|executescript|executeQuery|executeUpdate|executeLargeUpdate|addBatch|prepareStatement|prepareCall|nativeSQL|query|queryForObject|queryForList|queryForMap|queryForRowSet|queryForStream|queryForInt|queryForLong|batchUpdate|createQuery|createNativeQuery|createSQLQuery|newQuery|rawQuery|execSQL|raw|rawQueryUnsafe|\$queryRawUnsafe|\$executeRawUnsafe|queryRaw|whereRaw|orderByRaw|havingRaw|groupByRaw|selectRaw|joinRaw|fromRaw|extra|RawSQL|text|fetch|fetchrow|fetchval|fetch_all|fetch_one|cursor|Query|QueryRow|QueryContext|QueryRowContext|Exec|ExecContext|Prepare|PrepareContext|MustExec|Queryx|QueryRowx|NamedExec|Get|Select|Raw|Where|WhereOr|WhereIn|Having|Order|Joins|ColumnExpr|TableExpr|OrderExpr|GroupExpr|JoinOn|ExecuteSqlRaw|ExecuteSqlCommand|FromSqlRaw|FromSql|SqlCommand|SqlQuery|SqlQueryRaw|MySqlCommand|NpgsqlCommand|OracleCommand|SqliteCommand|OleDbCommand|CommandText|ExecuteScalar|ExecuteNonQuery|mysql_query|mysqli_query|pg_query|pg_send_query|sqlite_query|mssql_query|odbc_exec|db_query|exec_query|find_by_sql|select_all|select_rows|select_value|select_one|count_by_sql|where|order|group|having|joins|pluck|reorder|update_all|delete_all|exists|from|lock|execute_sql|PreparedStatementCreatorFactory|CallableStatementCreatorFactory|SqlUpdate|MappingSqlQuery|BatchSqlUpdate|SqlFunction|StoredProcedure|literal|unsafe|simple_query|batch_execute|sql_query|executeSql|statement|unprepared|select|insert|update|delete|do_query|runQuery|copy_expert|mogrify|read_sql|read_sql_query|BigQueryOperator|BigQueryInsertJobOperator)$/;
const sqlText =
  /\b(?:select\b[\s\S]{0,400}\bfrom|insert\s+into|update\b[\s\S]{0,200}\bset|delete\s+from|drop\s+(?:table|database|schema|user)|create\s+(?:table|user|database|index|view)|alter\s+(?:table|user)|where\b[\s\S]{0,100}(?:=|like|in\b)|order\s+by|union\s+select|merge\s+into|grant\b[\s\S]{0,60}\bto|truncate\s+table|call\s+\w+\s*\(|exec(?:ute)?\s+\w+|values\s*\(|having\b|limit\s|=\s*['"]?$)/i;
/** Names so general that the text itself must look like SQL. */
const general =
  /^(?:query|text|fetch|fetchrow|fetchval|cursor|raw|Query|Raw|Where|Get|Select|where|order|group|having|joins|from|select|insert|update|delete|exists|lock|literal|unsafe|statement|extra|execute|Exec|Order|Having|Joins|pluck|reorder|prepare|Prepare|WhereIn|read_sql|CommandText|fetch_all|fetch_one|addBatch|runQuery)$/;

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
    const c = code(source);
    for (const call of c.facts.calls) {
      if (!sinks.test(call.name)) continue;
      const args = call.args.filter(
        (a) => a.name === undefined || /^(?:sql|query|statement|text|sql_query|cmdText)$/.test(a.name),
      );
      const skip =
        call.name.endsWith('Context') ||
        /^(?:mysqli_query|pg_query|pg_send_query|odbc_exec|mssql_query)$/.test(call.name) ||
        /^(?:ctx|context|r\.Context\(\)|context\.\w+\(\))$/.test(c.text(args[0]))
          ? 1
          : 0;
      const candidates = /^(?:mysqli_query|pg_query|Get|Select|fetch)$/.test(call.name)
        ? args.slice(0, 3)
        : args.slice(skip, skip + 1);
      for (const arg of candidates) {
        if (c.isConstant(arg)) continue;
        const built = c.isBuilt(arg);
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
          if (!sqlText.test(text)) {
            if (general.test(call.name) || !/["'`]/.test(text)) continue;
            if (
              !/^(?:executeQuery|executeUpdate|prepareStatement|createNativeQuery|rawQuery|execSQL|mysql_query|mysqli_query|pg_query|find_by_sql|executemany|QueryRow|queryForObject)$/.test(
                call.name,
              )
            )
              continue;
          }
          if (/^(?:text)$/.test(call.name) && !source.has(/sqlalchemy|text\(/)) continue;
        }
        if (onlySafeParts(c, arg)) continue;
        report({ start: call.start, end: call.end, key: source.text.slice(call.start, call.end).replace(/\s+/g, ' ') });
        break;
      }
    }
    // C#: command.CommandText = "…" + x
    for (const a of c.facts.assignments)
      if (
        /^(?:CommandText|commandText|SelectCommand|InsertCommand|CommandTimeoutText)$/.test(a.name) &&
        c.isBuilt(a) &&
        sqlText.test(wholeText(c, a, 0))
      )
        report({ start: a.start, end: a.end });
  },
};

/** The range's text with the texts of the variables in it, two levels deep. */
function wholeText(c: ReturnType<typeof code>, range: { from: number; to: number }, depth: number): string {
  let text = c.text(range);
  if (depth < 2)
    for (const name of new Set(c.names(range)))
      for (const a of c.facts.valuesOf(name, range.from).slice(0, 6))
        if (a.from !== range.from) text += `\n${wholeText(c, a, depth + 1)}`;
  return text.length > 20_000 ? text.slice(0, 20_000) : text;
}

/** Placeholders joined, numbers, quoted identifiers: what varies can not break out. */
function onlySafeParts(c: ReturnType<typeof code>, range: { from: number; to: number }): boolean {
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
    /\.map\(\s*\(?\w*\)?\s*=>\s*["'`]\?["'`]\s*\)|["']\?["']\s*\*\s*len|join\(\s*\[?["']\?["']|["'],\s*["']\.join\(["']\?|sql\.Identifier|sql\.SQL|quote_ident|quoteIdent|escapeId|pg\.escapeIdentifier|connection\.ops\.quote_name|mysql\.escape|Prisma\.sql|sql`|SQL`|quoteName|bindparam|pgp\.as/.test(
      text,
    )
  )
    return true;
  return false;
}
