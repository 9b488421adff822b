import type { Call } from '../languages/facts.ts';
import type { Source } from '../languages/source.ts';
import { code, type Code } from './kit/code.ts';
import { djangoAlone, fieldSetBy, isOfDjangoAlone } from './kit/djangoFields.ts';
import { headAbove, tablesOfCall } from './kit/migration.ts';
import { judgedSql, type SqlVerdict } from './kit/rawSql.ts';
import { sqlDestructive } from './sqlDestructive.ts';
import { sqlLocks } from './sqlLocks.ts';
import type { Hit, Rule } from './rule.ts';

export const migrationOperations: Rule = {
  id: 'migration-operation',
  title: 'Migration changes or destroys data',
  tier: 'high',
  category: 'data-migration',
  languages: ['python', 'ruby', 'javascript', 'typescript', 'php', 'java', 'c-sharp'],
  references: ['CWE-1103', 'Strong Migrations', 'django-migration-linter'],
  why: 'The operation rewrites rows, drops columns or tables, or locks a table in use; while a release rolls out, old code still runs against the new schema.',
  remedy: 'make it reversible, do it in steps, and drop only what no running code reads',
  movesWithFile: true,
  // What each of the tools needs to be asked for at all.
  keywords: [
    'migrations',
    'alembic',
    'activerecord',
    'knex',
    'sequelize',
    'queryinterface',
    'queryrunner',
    'typeorm',
    'migrationinterface',
    'exports',
    'illuminate',
    'migration',
    'migrationbuilder',
    'op',
    // Rails, by its folder
    'add_index',
    'add_column',
    'remove_column',
    'rename_column',
    'change_column',
    'drop_table',
    'execute',
  ],
  check(source, tell) {
    const c = code(source);
    const { text, path } = source;
    const django = source.has(/from django\.db import[^\n]{0,400}migrations|migrations\.Migration/);
    const alembic = source.has(/\bfrom alembic import op\b|import alembic/);
    const rails = /ActiveRecord::Migration|(?:^|\/)db\/migrate\//.test(text + path);
    const js = source.has(/knex|sequelize|queryInterface|typeorm|MigrationInterface|exports\.up\b/i);
    const laravel = source.has(/Illuminate\\Database|extends Migration/);
    const ef = source.language === 'c-sharp' && source.has(/\bMigrationBuilder\b/);
    if (!django && !alembic && !rails && !js && !laravel && !ef) return;
    // Alembic's batches, by the name their block gives them.
    const batches = new Set(
      [...text.matchAll(/\bbatch_alter_table\([^\n]{0,300}\)\s{1,4}as\s{1,4}(\w{1,60}):/g)].map((m) => m[1]!),
    );
    const blocks = c.facts.calls.filter((call) =>
      /^(?:createTable|create|create_table|createTableIfNotExists)$/.test(call.name),
    );
    /** Inside what makes the table: nobody waits for it. */
    const isOfNewTable = (at: number): boolean => blocks.some((b) => b.start < at && at < b.end);
    const madeHere = new Set(
      c.facts.calls
        .filter((call) => /^(?:CreateModel|create_table)$/.test(call.name))
        .map((call) => subject(c.text({ from: call.open, to: call.close + 1 }))),
    );
    const blocksOfChange = c.facts.calls.filter((call) => /^(?:alterTable|table)$/.test(call.name));
    const told = new Set<string>();
    const stateOnly = c.facts.calls
      .filter((call) => call.name === 'SeparateDatabaseAndState')
      .flatMap((call) => {
        const state = c.option(call, /^state_operations$/);
        return state ? [{ from: c.facts.tokens[state.from]!.start, to: c.facts.tokens[state.to - 1]!.end }] : [];
      });
    /** Undoing is meant to destroy what doing made. */
    const isUndoing = (call: Call): boolean =>
      !django &&
      /\b(?:def down\b|def downgrade\b|void Down\b|exports\.down\b|down\s*[=:(]|async down\b|function down\b)/.test(
        enclosing(source, call.start),
      );
    let judged: ((call: Call) => SqlVerdict | 'nothing' | undefined) | undefined;
    /** Whether the rules for SQL have said all that there is to say of the text that a call runs. */
    const isJudged = (call: Call, found: (hit: Hit) => void): boolean => {
      judged ??= judgedSql(
        c,
        c.facts.calls.filter((x) => runsSql.test(x.name) && !isUndoing(x)),
        [sqlLocks, sqlDestructive],
      );
      const verdict = judged(call);
      if (verdict !== undefined && verdict !== 'nothing') found({ start: call.start, end: call.end, ...verdict });
      return verdict !== undefined;
    };
    for (const call of c.facts.calls) {
      const body = c.text({ from: call.open, to: call.close + 1 });
      const found = (hit: Hit): void => tell({ ...hit, tables: tablesOfCall(c, call) });
      const report = (hit: Hit): void => {
        const message =
          call.name === 'AddField' && /\bdefault\s*=/.test(body)
            ? droppedDefault
            : reason(buildsIndex.test(body) ? 'create_index' : call.name);
        found(message === undefined ? hit : { ...hit, message });
      };
      const hit = { start: call.start, end: call.end };
      if (isUndoing(call)) continue;
      if (django && call.callee.startsWith('migrations.')) {
        // What changes in Django's own picture alone touches no database; around both there is nothing of its own to say.
        if (call.name === 'SeparateDatabaseAndState') continue;
        if (stateOnly.some((r) => r.from < call.start && call.start < r.to)) continue;
        if (/^Add(?:Index|Constraint)$/.test(call.name) && madeHere.has(subject(body))) continue;
        if (call.name === 'RunSQL') {
          const sql =
            statementOf(source.text, body) ?? statement(c, call.args[0] ?? { from: call.open + 1, to: call.close });
          const canUndo = call.args.length > 1;
          if (harmlessSql(body) || (canUndo && onlyNew(sql))) continue;
          if (onlyNew(sql)) {
            found({ ...hit, tier: 'medium', message: 'Nothing says how this is undone: give it reverse_sql.' });
            continue;
          }
          if (isJudged(call, found)) continue;
        }
        if (/^(?:RemoveField|DeleteModel)$/.test(call.name)) report({ ...hit, tier: 'critical' });
        else if (
          /^(?:RunPython|RunSQL)$/.test(call.name) &&
          !/migrations\.RunPython\.noop\s*,?\s*(?:\)|migrations\.RunPython\.noop)/.test(body.replace(/^\(/, ''))
        )
          report(
            /\b(?:DELETE|DROP|TRUNCATE)\b/i.test(
              call.args[0] && call.args.length > 1 ? c.text(call.args[0]) : forward(body),
            ) && call.name === 'RunSQL'
              ? { ...hit, tier: 'critical' }
              : hit,
          );
        else if (
          /^(?:RenameField|RenameModel|AlterModelTable|AlterUniqueTogether|AlterIndexTogether|AddConstraint|RemoveConstraint|SeparateDatabaseAndState)$/.test(
            call.name,
          )
        )
          report(hit);
        // A list of choices is checked by Django, not by the database.
        else if (call.name === 'AlterField' && !/\bchoices\s*=/.test(body))
        // What may be empty is no stricter than before, and validators are Django's; only another type would still
        // rewrite the table.
        {
          const field = fieldSetBy(c, call);
          if (field && isOfDjangoAlone(field)) found({ ...hit, tier: 'medium', message: djangoAlone });
          else report(/\bnull\s*=\s*True\b|\bvalidators\s*=/.test(body) ? { ...hit, tier: 'medium' } : hit);
        } else if (call.name === 'AddField' && /\bunique\s*=\s*True\b/.test(body))
          found({ ...hit, message: reason('unique')! });
        else if (call.name === 'AddField' && !/null\s*=\s*True|ManyToManyField|db_default\s*=/.test(body)) report(hit);
        else if (/^(?:AddIndex|RemoveIndex)$/.test(call.name)) report(hit);
      } else if (
        alembic &&
        (call.callee.startsWith('op.') ||
          batches.has(call.callee.slice(0, -call.name.length - 1)) ||
          (call.name === 'execute' &&
            /^(?:conn|connection|bind|session|op\.get_bind\(\))\.execute$/.test(call.callee) &&
            /\b(?:DELETE\s+FROM|DROP|TRUNCATE|ALTER\s+TABLE|UPDATE\s+\w+\s+SET)\b/i.test(body)))
      ) {
        if (/\bpostgresql_(?:not_valid|concurrently)\s*=\s*True\b/.test(body)) continue;
        // What is said about a column is not the column.
        if (
          call.name === 'alter_column' &&
          /\bcomment\s*=/.test(body) &&
          !/\b(?:nullable|type_|new_column_name|server_default)\s*=/.test(body)
        )
          continue;
        if (call.name === 'execute' && call.args[0]) {
          const sql = statement(c, call.args[0]);
          if (onlyNewRows(sql) || harmlessSql(body) || isJudged(call, found)) continue;
          // The other branch of a condition does the same to the same table.
          const table = /^\s*UPDATE\s+(?:ONLY\s+)?"?([\w.]{1,100})/i.exec(sql)?.[1];
          if (table !== undefined && told.has(table)) continue;
          if (table !== undefined) told.add(table);
        }
        if (/^(?:drop_table|drop_column)$/.test(call.name)) report({ ...hit, tier: 'critical' });
        else if (call.name === 'alter_column' && isDefaultOnly(body))
          found({ ...hit, tier: 'medium', message: newDefault });
        else if (
          /^(?:alter_column|rename_table|execute|drop_constraint|create_unique_constraint|create_foreign_key|bulk_insert|create_check_constraint|create_primary_key|drop_index)$/.test(
            call.name,
          )
        )
          report(
            /\b(?:DELETE\s+FROM|DROP|TRUNCATE)\b/i.test(body)
              ? { ...hit, tier: 'critical' }
              : call.name === 'alter_column' &&
                  loosened.test(body) &&
                  !/\b(?:type_|new_column_name|server_default)\s*=/.test(body)
                ? { ...hit, tier: 'medium' }
                : hit,
          );
        else if (call.name === 'add_column' && /nullable\s*=\s*False/.test(body) && !/server_default\s*=/.test(body))
          report(hit);
        else if (call.name === 'create_index' || call.name === 'create_exclude_constraint') report(hit);
      } else if (rails) {
        if (/^add_(?:index|foreign_key|reference|check_constraint)$/.test(call.name) && madeHere.has(subject(body)))
          continue;
        if (
          /^(?:drop_table|remove_column|remove_columns|remove_reference|remove_belongs_to|remove_timestamps|drop_join_table)$/.test(
            call.name,
          ) ||
          (call.callee === 't.remove' && !isOfNewTable(call.start))
        )
          report({ ...hit, tier: 'critical' });
        else if (call.name === 'execute' && isJudged(call, found)) continue;
        else if (/^t\.(?:rename|change|change_null)$/.test(call.callee)) report(hit);
        else if (/^(?:add_unique_constraint|add_exclusion_constraint|rename_schema)$/.test(call.name)) {
          if (!/\busing_index:|\bdeferrable: false, using/.test(body)) report(hit);
        } else if (call.name === 'add_column') {
          const message = columnAdded(body);
          if (message !== undefined) found({ ...hit, message });
        } else if (
          /^(?:rename_column|rename_table|change_column|change_column_null|change_column_default|execute|add_foreign_key|add_check_constraint|remove_index|add_reference|delete_all|update_all|validate_check_constraint)$/.test(
            call.name,
          ) &&
          !/validate:\s*false|algorithm:\s*:concurrently/.test(body)
        )
          // A constraint that was checked before says so already.
          if (call.name === 'change_column_null' && /\bremove_check_constraint\b/.test(text))
            found({ ...hit, tier: 'medium' });
          else if (call.name === 'change_column_default') found({ ...hit, tier: 'medium', message: newDefault });
          else
            report(
              call.name === 'change_column_null' && /,\s*true\s*\)?$/.test(body) ? { ...hit, tier: 'medium' } : hit,
            );
        else if (call.name === 'add_index' && !/algorithm:\s*:concurrently/.test(body)) report(hit);
        else if (call.name === 'create_table' && /force:\s*(?:true|:cascade)/.test(body))
          report({ ...hit, tier: 'critical' });
      } else if (js || laravel) {
        const refill = laravel && call.name === 'delete' ? refilled(c, call) : undefined;
        if (refill !== undefined)
          found({ ...hit, key: `refill:${refill.slice(0, 300)}`, tier: 'medium', message: emptiedFirst });
        else if (
          (/^(?:dropTable|dropTableIfExists|dropColumn|dropColumns|removeColumn|dropAllTables|dropSchema|dropDatabase|dropIfExists|dropAllSchemas|truncate|drop|clearTable|clearDatabase|dropTimestamps|dropSoftDeletes)$/.test(
            call.name,
          ) &&
            /schema|knex|queryInterface|queryRunner|table|Schema|t\b/i.test(call.callee)) ||
          // All rows of a table: no condition stands between.
          /^(?:knex|trx)\(\)\.(?:del|delete)$|^DB\.table\(\)\.delete$/.test(call.callee)
        )
          report({ ...hit, tier: 'critical' });
        else if (
          /^(?:knex|trx)\(\)\.update$|^DB\.table\(\)\.update$/.test(call.callee) ||
          (call.name === 'change' && /^\$?\w{1,40}\.\w{1,40}\(\)(?:\.\w{1,40}\(\)){0,6}\.change$/.test(call.callee)) ||
          (/^(?:createIndex|createIndices|addIndex|createForeignKey|createForeignKeys|createUniqueConstraint|createCheckConstraint|createPrimaryKey|addConstraint|changeColumns)$/.test(
            call.name,
          ) &&
            /queryInterface|queryRunner/i.test(call.callee) &&
            !/\bconcurrently\s*:\s*true/i.test(body)) ||
          // Inside `alterTable` and `table`: of a table that has rows.
          (/^(?:t|table|tbl|\$table|builder)\.(?:index|unique|foreign|primary|check|fullText|spatialIndex)$/.test(
            call.callee,
          ) &&
            blocksOfChange.some((b) => b.start < call.start && call.start < b.end) &&
            !isOfNewTable(call.start)) ||
          (call.name === 'notNullable' &&
            /^(?:t|table|tbl|builder)\.\w{1,40}\(\)/.test(call.callee) &&
            blocksOfChange.some((b) => b.start < call.start && call.start < b.end) &&
            !/\.(?:defaultTo|alter)\s*\(/.test(statementAround(text, call.start, call.end)) &&
            !isOfNewTable(call.start)) ||
          (call.name === 'dropNullable' && blocksOfChange.length > 0) ||
          (/^(?:addColumn|addColumns)$/.test(call.name) &&
            /queryInterface|queryRunner/i.test(call.callee) &&
            /\ballowNull\s*:\s*false|\bisNullable\s*:\s*false/.test(body) &&
            !/\bdefault(?:Value)?\s*:/.test(body))
        )
          report(hit);
        else if (
          /^(?:renameColumn|renameTable|changeColumn|alterTable|dropIndex|dropForeign|dropPrimary|dropUnique|removeIndex|removeConstraint|bulkDelete|bulkUpdate|bulkInsert|alter|rename)$/.test(
            call.name,
          ) &&
          /schema|knex|queryInterface|queryRunner|table|Schema/i.test(call.callee) &&
          // To add columns changes none.
          (call.name !== 'alterTable' || /\.alter\(|\bdrop|\brename/i.test(body))
        )
          report(hit);
        else if (
          /^(?:raw|query|statement|unprepared)$/.test(call.name) &&
          (/\b(?:DELETE\s+FROM|DROP\s+\w+|TRUNCATE|ALTER\s+TABLE)\b/i.test(body) ||
            /\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY\b)/i.test(body)) &&
          !harmlessSql(body) &&
          !isJudged(call, found)
        )
          report(
            /\b(?:DELETE\s+FROM|DROP\s+(?:TABLE|COLUMN|SCHEMA|DATABASE)|TRUNCATE)\b/i.test(body)
              ? { ...hit, tier: 'critical' }
              : hit,
          );
      } else if (ef && /^(?:\w{1,40}\.)?\w*[bB]uilder\./.test(call.callee)) {
        if (/^(?:DropTable|DropColumn|DropSchema|DeleteData)$/.test(call.name)) found({ ...hit, tier: 'critical' });
        else if (isSwapped(c, call)) continue;
        else if (call.name === 'Sql' && !isJudged(call, found)) {
          const sql = statement(c, call.args[0] ?? { from: call.open + 1, to: call.close });
          const destroys = /\b(?:DELETE\s+FROM|DROP\s+\w+|TRUNCATE)\b/i.test(`${body} ${sql}`);
          found(
            destroys
              ? { ...hit, tier: 'critical' }
              : sql === '' && !/["']/.test(body)
                ? { ...hit, message: unseen }
                : hit,
          );
        } else if (/^(?:RenameColumn|RenameTable|RenameSequence)$/.test(call.name))
          found({ ...hit, message: reason('rename')! });
        else if (/^(?:AlterColumn|AlterDatabase|UpdateData)$/.test(call.name))
          found({ ...hit, message: reason('alter')! });
      }
    }
    // Ruby needs no brackets.
    if (rails)
      for (const m of text.matchAll(
        /^[^#\n]{0,200}?\b([A-Z]\w{0,60})((?:\.\w{1,30}(?:\([^()\n]{0,200}\))?){0,4})\.(?:delete_all|destroy_all)\b/gm,
      )) {
        if (/\bdef down\b/.test(enclosing(source, m.index))) continue;
        const start = m.index + m[0].indexOf(m[1]!);
        tell({
          start,
          end: m.index + m[0].length,
          ...(/\.(?:where|find_by|limit|joins)\b/.test(m[2]!) ? {} : { tier: 'critical' as const }),
        });
      }
  },
};

/** Names under which migrations run SQL that they have as text. */
const runsSql = /^(?:RunSQL|execute|raw|query|statement|unprepared|Sql)$/;

/**
 * Whether a table, or an index of it, is renamed to make way for a new table of the old name, which gets its rows: code
 * that runs finds what it knows. What becomes of the old one is told for itself.
 */
function isSwapped(c: Code, call: Call): boolean {
  if (call.name !== 'Sql' && call.name !== 'RenameTable') return false;
  const text = (x: Call): string => c.text({ from: x.open, to: x.close + 1 });
  const said = text(call);
  const table =
    /^\(\s*["']EXEC(?:UTE)?\s+sp_rename\s+N?'\[?(\w{1,100})\]?'\s*,\s*N?'\[?(\w{1,100})\]?'\s*;?["']\s*\)$/i.exec(said);
  const index =
    /^\(\s*["']EXEC(?:UTE)?\s+sp_rename\s+N?'\[?\w{1,100}\]?\.\[?\w{1,100}\]?'\s*,\s*N?'\w{1,100}'\s*,\s*N?'INDEX'\s*;?["']\s*\)$/i;
  if (index.test(said)) return true;
  const named = (key: string): string | undefined => new RegExp(`[(,]\\s*${key}:\\s*"(\\w{1,100})"`).exec(said)?.[1];
  const [old, now] = table ? [table[1], table[2]] : [named('name'), named('newName')];
  if (old === undefined || now === undefined || (!table && call.name === 'Sql')) return false;
  const later = (x: Call): boolean => x.start > call.end && c.facts.scopeAt(x.first) === c.facts.scopeAt(call.first);
  const made = [...c.facts.callsNamed('CreateTable')].find(
    (x) => later(x) && new RegExp(`^\\(\\s*(?:name:\\s*)?"${old}"`).test(text(x)),
  );
  const filled = new RegExp(
    `\\bINSERT\\s+INTO\\s+[["]?${old}\\b[^;]{0,4000}\\bFROM\\s+[["]?${now}\\b(?!\\W{0,3}\\s*\\b(?:WHERE|JOIN)\\b)`,
    'i',
  );
  return (
    made !== undefined &&
    [...c.facts.callsNamed('Sql')].some(
      (x) => x.start > made.start && later(x) && filled.test(text(x).replace(/"\s*\+\s*"/g, '')),
    )
  );
}

/** What a seeder puts into a table that it empties before: by that, not by the table's name, it is the same as before. */
function refilled(c: Code, call: Call): string | undefined {
  if (call.callee !== 'DB.table().delete' || !c.source.has(/\bextends\s+\w{0,40}Seeder\b/)) return undefined;
  const tableOf = (x: Call): string | undefined => {
    const table = tables.find((t) => t.start === x.start);
    return table && c.facts.literal(table.args[0]);
  };
  const tables = [...c.facts.callsNamed('table')].filter((t) => t.callee === 'DB.table');
  const name = tableOf(call);
  if (name === undefined || ofPeople.test(name)) return undefined;
  const insert = [...c.facts.callsNamed('insert')].find(
    (x) =>
      x.callee === 'DB.table().insert' &&
      x.start > call.end &&
      c.facts.scopeAt(x.first) === c.facts.scopeAt(call.first) &&
      tableOf(x) === name,
  );
  const rows = insert && c.text({ from: insert.open, to: insert.close + 1 });
  // What puts nothing in fills nothing.
  return rows !== undefined && /=>/.test(rows) ? rows : undefined;
}
/** Rows that people made, not the product. */
const ofPeople =
  /user|account|customer|order|payment|invoice|admin|member|message|address|subscri|transaction|booking|reserv|post|comment|review|rating|profile|person|people|patient|student|employee|staff|contact|client|lead|ticket|cart|purchase|sale|wallet|balance|session|token|log|audit|histor|upload|document|file|note|vote|like|follow|chat|notif|event|appointment|team|tenant|compan|organi[sz]ation|project/i;
const emptiedFirst =
  'The seeder empties the table before it fills it: where it runs again, rows that were added or edited since are lost.';

/** Why a column that is added stops others; `undefined`: it does not. */
function columnAdded(body: string): string | undefined {
  if (/\bnull:\s*false\b/.test(body) && !/\bdefault:/.test(body)) return reason('add_column');
  if (/\bdefault:\s*(?:->|["'][\w.]{1,60}\(\)["'])/.test(body))
    return 'A default that is computed for each row rewrites the table under a lock: add the column without it, set it, then backfill.';
  if (/\bstored:\s*true\b/.test(body))
    return 'A stored generated column rewrites the table under an exclusive lock: use a plain column and a trigger.';
  if (/^\(?\s*[:"']\w{1,80}["']?\s*,\s*[:"']\w{1,80}["']?\s*,\s*:json\b/.test(body.replace(/^add_column\s*/, '')))
    return 'A json column has no equality: SELECT DISTINCT on the table fails from now on. Use jsonb.';
  return undefined;
}

/** The statement a call stands in, as far as a chain goes on behind it. */
const statementAround = (text: string, start: number, end: number): string =>
  text.slice(start, text.indexOf(';', end) < 0 ? end + 200 : Math.min(text.indexOf(';', end), end + 200));

/** The table or model an operation names, in lower case: new and empty, nothing on it waits. */
function subject(body: string): string {
  return (/^(?:\w{1,40}\s|\()\s*(?:(?:model_)?name\s*=\s*)?[:"'](\w{1,100})/.exec(body)?.[1] ?? '').toLowerCase();
}

/** What `RunSQL` does, without how it is undone. */
const forward = (body: string): string => body.split(/\breverse_sql\s*=/)[0]!;

/** Statements that neither lock for long nor lose anything: an index built beside the running table, or put to use. */
function harmlessSql(body: string): boolean {
  const statements = forward(body).toUpperCase();
  return (
    /\bINDEX\s+CONCURRENTLY\b|\bUSING\s+INDEX\b|\bVALIDATE\s+CONSTRAINT\b/.test(statements) &&
    !/\b(?:DELETE|UPDATE|TRUNCATE|DROP\s+(?:TABLE|COLUMN))\b/.test(statements)
  );
}

/** The text of the statement a call of `RunSQL` names, where it is a constant of the file. */
function statementOf(text: string, body: string): string | undefined {
  const direct = /^\(\s*(?:sql\s*=\s*)?(?:\w{1,60}\.)?(\w{1,80})\s*[,)]/.exec(body)?.[1];
  for (const m of text.matchAll(/^(\w{1,80})\s{0,5}=\s{0,5}r?("""|''')/gm)) {
    if (m[1] !== direct) continue;
    const from = m.index + m[0].length;
    const to = text.indexOf(m[2]!, from);
    return to < 0 ? undefined : text.slice(from, to);
  }
  return undefined;
}

/** Statements that make what was not there, and touch no table. */
function onlyNew(sql: string | undefined): boolean {
  const statements = (sql ?? '').split(';').map((s) => s.trim());
  const told = statements.filter((s) => s !== '');
  return told.length > 0 && told.every((s) => /^CREATE\s+(?:DOMAIN|TYPE|SEQUENCE|SCHEMA|COLLATION)\b/i.test(s));
}

/** The text that is run, of a call or of the constant that it is made of, without what is put into it. */
function statement(c: Code, range: { from: number; to: number }): string {
  const first = c.facts.tokens[range.from];
  const value = first && c.facts.valuesOf(first.text, range.from).find((a) => c.facts.tokens[a.from]?.kind === 'str');
  const { from, to } = first?.kind === 'str' || !value ? range : value;
  // Literals side by side are one text.
  let text = '';
  for (let i = from; i < to; i++) {
    const token = c.facts.tokens[i]!;
    if (token.kind === 'str') text += `${c.facts.stringOf(token)} `;
    else if (token.text !== '+' && token.kind !== 'comment') break;
  }
  return text;
}

/** Rows that are written out, beside those that are there. */
function onlyNewRows(sql: string): boolean {
  return (
    /\bINSERT\s+INTO\b/i.test(sql) &&
    !/\b(?:SELECT|UPDATE\s+\w+\s+SET|ON\s+(?:CONFLICT|DUPLICATE)|DELETE\s+FROM|DROP|TRUNCATE|ALTER|CREATE)\b/i.test(sql)
  );
}

/** Alembic: what a column is said to be now is no change of it. */
const isDefaultOnly = (body: string): boolean =>
  /\bserver_default\s*=/.test(body) && !/(?<!\w)(?:nullable|type_|new_column_name)\s*=/.test(body);

const newDefault =
  'The default of a column changes: rows that are there keep their value, so say what becomes of them.';

const unseen =
  'The migration runs SQL that does not stand here: read where it comes from, and be sure that it can be undone.';

/** A column that may be empty from now on: no row is read for it. */
const loosened = /\bnullable\s*=\s*True\b/;

/** Django fills the rows that exist, and takes the default out of the database again. */
const droppedDefault =
  "Code that still runs can not add rows any more: it leaves the column out, and the default is Django's alone. Set db_default as well, or allow null first.";

/** A call that runs one statement, which builds an index. */
const buildsIndex =
  /^\(\s*(?:(?:sa\.)?text\(\s*)?[rf]?["'`]{1,3}\s*CREATE\s+(?:UNIQUE\s+)?INDEX\b[^;]*(?:;\s*["'`][^;]*)?$/i;

/** That takes moments, once it has its lock. */
const indexGone =
  'An index goes: what it sped up reads the whole table from now on, and if it was unique, nothing keeps equal rows out any more. Drop it concurrently, when nobody needs it.';

/** What the operation does to a table in use; `undefined`: the rule's own sentence says it. */
function reason(name: string): string | undefined {
  if (/^(?:AddIndex|add_index|create_?(?:index|indices)|index|fullText|spatialIndex)$/i.test(name))
    return 'Index is built while the table is locked: do it concurrently, in a migration of its own.';
  if (/^(?:remove|drop)_?index$/i.test(name)) return indexGone;
  if (/^(?:RenameField|RenameModel|AlterModelTable|rename_?table|rename_?column|rename)$/i.test(name))
    return 'A name changes under code that still runs: add the new one, move over, and drop the old one in a later release.';
  if (/^(?:AlterField|alter_?column|change_?column\w*|alterTable|alter)$/i.test(name))
    return 'Type or rule of a column changes: it can rewrite or lock the whole table, and old code must fit the new column.';
  if (/^(?:AddField|add_column|add_reference)$/.test(name))
    return 'A column without a value for the rows that exist: give it a default in the database, or add it empty and fill it first.';
  if (/constraint|foreign|unique|AlterUniqueTogether|primary/i.test(name))
    return 'A rule of the schema changes: it locks the table while all rows are checked, or stops guarding them.';
  return undefined;
}

/** The last function head above an offset, if it is near. */
function enclosing(source: Source, offset: number): string {
  const head = headAbove(source, offset);
  return head && offset - head.at <= 6000 ? head.text.slice(0, offset - head.at) : '';
}
