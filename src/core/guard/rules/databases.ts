/** SQL and database programs: what drops, empties or opens data. */
import { asksForHelp, readOptions, texts } from '../args.ts';
import { hit } from '../model.ts';
import type { Call, Family, Hit } from '../model.ts';
import { wordsOf } from '../verbs.ts';

const gone = (rule: string, what: string, instead = 'Let a person do it, after a backup'): Hit =>
  hit(rule, 'critical', 'data-deletion', 'ask', what, instead);

const sqlPrograms = [
  'psql',
  'mysql',
  'mariadb',
  'sqlite3',
  'sqlite',
  'duckdb',
  'sqlcmd',
  'mssql-cli',
  'clickhouse-client',
  'clickhouse',
  'cockroach',
  'snowsql',
  'cqlsh',
  'sqlplus',
  'pgcli',
  'mycli',
  'litecli',
  'usql',
  'impala-shell',
  'beeline',
  'hive',
  'trino',
  'presto',
  'vsql',
  'isql',
  'bq',
  'turso',
  'libsql',
  'influx',
  'ksql',
  'athena',
  'osqueryi',
  'invoke-sqlcmd',
  'db2',
  'wrangler',
  'ysqlsh',
  'tarantoolctl',
  'spark-sql',
  'questdb',
  'wp',
];

export const databases: Family = {
  id: 'databases',
  programs: [
    ...sqlPrograms,
    'dropdb',
    'dropuser',
    'mysqladmin',
    'mariadb-admin',
    'pg_restore',
    'pg_dump',
    'pg_dumpall',
    'pg_resetwal',
    'pg_ctl',
    'mysqldump',
    'mongo',
    'mongosh',
    'mongorestore',
    'mongoimport',
    'pg_dropcluster',
    'mongod',
    'redis-cli',
    'valkey-cli',
    'keydb-cli',
    'rails',
    'rake',
    'artisan',
    'manage.py',
    'django-admin',
    'prisma',
    'sequelize',
    'sequelize-cli',
    'knex',
    'typeorm',
    'drizzle-kit',
    'alembic',
    'flask',
    'flyway',
    'liquibase',
    'diesel',
    'sqlx',
    'goose',
    'dbmate',
    'migrate',
    'supabase',
    'hasura',
    'atlas',
    'php',
    'python',
    'python3',
    'symfony',
    'console',
    'wp',
    'drush',
    'memcached',
    'neo4j-admin',
    'cypher-shell',
    'couchdb',
    'nodetool',
    'node',
    'ecto',
    'mikro-orm',
    'aerich',
    'tortoise',
    'cbq',
    'couchbase-cli',
    'pgbouncer',
    'pt-archiver',
    'gh-ost',
    'skeema',
    'planetscale',
    'pscale',
    'neonctl',
    'neon',
    'xata',
    'convex',
    'fauna',
    'sea-orm-cli',
    'sea',
    'doctrine',
    'phinx',
    'spark',
    'objection',
    'payload',
    'directus',
    'medusa',
    'mvn',
    'mvnw',
    'gradle',
    'gradlew',
    'mix',
  ],
  check(call) {
    if (asksForHelp(call)) return undefined;
    if (sqlPrograms.includes(call.name)) {
      const found = checkSqlProgram(call);
      if (found) return found;
    }
    if (/^(?:mvn|mvnw|gradle|gradlew)$/.test(call.name))
      return call.args.some((a) =>
        /^(?:flyway:clean|flywayClean|liquibase:(?:dropAll|rollback)|.*:flywayClean|dropAll)$/.test(a.text),
      )
        ? reset('This deletes everything in the database')
        : undefined;
    const orm = ormCode(call);
    if (orm) return orm;
    return Object.hasOwn(tools, call.name) ? tools[call.name]!(call, wordsOf(call, valued)) : undefined;
  },
};

const valued: ReadonlySet<string> = new Set(
  'h host p port U u user d dbname database n env e connection config schema url f c database-url path dir'.split(' '),
);

/** Options whose value is SQL (or a statement of the program). */
const sqlOption = /^(?:-c|--command|-e|--execute|-E|--eval|-q|-Q|--query|--sql|-cmd|-n|--statement|-Query)(?:=(.*))?$/s;

function checkSqlProgram(call: Call): Hit | undefined {
  const pieces: string[] = [];
  for (let i = 0; i < call.args.length; i++) {
    const text = call.args[i]!.text;
    const option = sqlOption.exec(text);
    if (option) pieces.push(option[1] ?? call.args[i + 1]?.text ?? '');
    else if (/^-[ec]./s.test(text) && !text.startsWith('--')) pieces.push(text.slice(2));
    else if (/\s|^\./.test(text) || /^(?:DROP|TRUNCATE|DELETE)\b/i.test(text)) pieces.push(text);
  }
  if (call.input.kind === 'known') pieces.push(call.input.text ?? '');
  for (const piece of pieces) {
    const found = judgeSql(piece, call.name);
    if (found) return found;
  }
  return undefined;
}

/** What of a framework's console takes code on the command line. */
const consoles: Readonly<Record<string, RegExp>> = {
  rails: /^(?:runner|r)$/,
  'manage.py': /^(?:shell|shell_plus)$/,
  'django-admin': /^shell$/,
  artisan: /^tinker$/,
  flask: /^shell$/,
  mix: /^run$/,
};

/** Every row of a model deleted through the framework: `User.delete_all`, `objects.all().delete()`. */
function ormCode(call: Call): Hit | undefined {
  const script =
    call.args
      .find((a) => !a.text.startsWith('-'))
      ?.text.split('/')
      .at(-1) ?? '';
  const name = /^(?:python|ruby|php|pypy)[\d.]*$/.test(call.name) ? script : call.name;
  const console = Object.hasOwn(consoles, name) ? consoles[name]! : undefined;
  if (!console || !call.args.some((a) => console.test(a.text))) return undefined;
  const code = `${texts(call.args).join(' ')} ${call.input.kind === 'known' ? (call.input.text ?? '') : ''}`;
  return /\.(?:delete_all|destroy_all|truncate)\b|\.objects(?:\.all\(\))?\.delete\(\)|::(?:truncate|query\(\)->delete)\(|\bdrop_table\b|\bdropDatabase\b|\bRepo\.delete_all\b|\.all\(?\)?\.(?:each|map)\(?\s*&?:?(?:destroy|delete)|\b(?:DROP|TRUNCATE)\s+TABLE\b/i.test(
    code,
  )
    ? gone('db-delete-all', 'This deletes every row of a table', 'Delete by condition, after a backup')
    : undefined;
}

/** SQL without its strings and comments, so that text in them is not taken for statements. */
function bareSql(sql: string): string {
  let out = '';
  for (let i = 0; i < sql.length;) {
    const c = sql[i]!;
    if (c === "'") {
      let j = i + 1;
      while (j < sql.length && sql[j] !== c) j += sql[j] === '\\' ? 2 : 1;
      out += "''";
      i = j + 1;
    } else if (c === '-' && sql[i + 1] === '-') {
      const end = sql.indexOf('\n', i);
      i = end < 0 ? sql.length : end;
    } else if (c === '/' && sql[i + 1] === '*') {
      // MySQL runs what is in /*! … */.
      const end = sql.indexOf('*/', i + 2);
      if (sql[i + 2] === '!') {
        out += ' ';
        i += 3;
      } else {
        out += ' ';
        i = end < 0 ? sql.length : end + 2;
      }
    } else {
      out += c;
      i++;
    }
  }
  return out;
}

/** Judges SQL statements. */
function judgeSql(sql: string, program: string): Hit | undefined {
  if (sql.length > 500_000) return undefined;
  for (const raw of bareSql(sql).split(';')) {
    const statement = raw.replace(/\s+/g, ' ').trim();
    if (statement === '') continue;
    const words = statement.slice(0, 400);
    // Looking at a plan or a help page changes nothing.
    if (/^(?:EXPLAIN(?! (?:\(\s*)?ANALYZE)|DESCRIBE|DESC|SHOW|HELP|\\d|\\l|\.schema|\.tables)\b/i.test(words)) continue;
    const drop =
      /\bDROP (?:MATERIALIZED |TEMPORARY |FOREIGN |UNLOGGED |EXTERNAL )?(DATABASE|TABLE|SCHEMA|VIEW|INDEX|COLUMN|USER|ROLE|SEQUENCE|TRIGGER|FUNCTION|PROCEDURE|TYPE|DOMAIN|EXTENSION|TABLESPACE|OWNED|KEYSPACE|COLLECTION|POLICY|CONSTRAINT|PARTITION|STREAM|WAREHOUSE|STAGE|SERVER|PUBLICATION|SUBSCRIPTION|MEASUREMENT|SERIES|BUCKET|DICTIONARY|CONSTRAINTS|RULE|CATALOG|MATERIALIZED)\b/i.exec(
        words,
      );
    if (drop) {
      const small = /^(?:VIEW|INDEX|TRIGGER|FUNCTION|PROCEDURE|CONSTRAINT|RULE|SEQUENCE|TYPE|DOMAIN)$/i.test(drop[1]!);
      return hit(
        'sql-drop',
        small ? 'high' : 'critical',
        small ? 'database-schema' : 'data-deletion',
        'ask',
        `DROP ${drop[1]!.toUpperCase()} deletes it${small ? '' : ' with all its data'}, at once and for good`,
        'Write a migration that can be reviewed and undone, and take a backup first',
      );
    }
    if (/^\.drop\b/i.test(words))
      return hit(
        'sql-drop',
        'high',
        'database-schema',
        'ask',
        'This deletes an object of the database',
        'Write a migration',
      );
    if (/^TRUNCATE\b|\bTRUNCATE TABLE\b|^TRUNCATE [\w."`]+$/i.test(words))
      return gone(
        'sql-truncate',
        'TRUNCATE empties the table at once and for good',
        'Delete with a WHERE in a transaction, after a backup',
      );
    if (/\bDELETE FROM\b/i.test(words) && !/\bWHERE\b/i.test(statement))
      return gone(
        'sql-delete-all',
        'DELETE without WHERE empties the table',
        'Add a WHERE, and look at the rows with SELECT first',
      );
    if (/\bWHERE (?:1 ?= ?1|TRUE|1)$/i.test(statement) && /^(?:DELETE|UPDATE)\b/i.test(words))
      return gone('sql-delete-all', 'This condition is true for every row', 'Write a condition that picks the rows');
    if (/^UPDATE\b.*\bSET\b/i.test(words) && !/\bWHERE\b/i.test(statement))
      return gone(
        'sql-update-all',
        'UPDATE without WHERE changes every row',
        'Add a WHERE, and look at the rows with SELECT first',
      );
    if (/^ALTER TABLE\b.*\bDROP\b/i.test(words))
      return hit(
        'sql-alter-drop',
        'high',
        'database-schema',
        'ask',
        'This drops a column or a rule of the table',
        'Write a migration that can be reviewed and undone',
      );
    if (
      /^(?:GRANT ALL|GRANT .* WITH (?:GRANT|ADMIN) OPTION|ALTER (?:USER|ROLE) .* SUPERUSER)/i.test(words) &&
      !/NOSUPERUSER/i.test(words)
    )
      return hit(
        'sql-grant',
        'critical',
        'iam-permission',
        'ask',
        'This gives all rights on the data',
        'Grant only what is needed',
      );
    if (
      /^(?:RESET (?:MASTER|SLAVE|REPLICA|BINARY LOGS)|PURGE (?:BINARY|MASTER) LOGS|FLUSH LOGS|SHUTDOWN|ALTER SYSTEM|KILL)\b/i.test(
        words,
      )
    )
      return gone('sql-server-change', 'This changes or stops the database server itself');
    if (/\bVACUUM INTO\b/i.test(words))
      return hit(
        'sql-overwrite',
        'high',
        'data-deletion',
        'ask',
        'VACUUM INTO may overwrite another file',
        'Use .backup to a new file',
      );
    if (
      /\b(?:xp_cmdshell|sp_configure|lo_import|pg_read_server_files)\b|\bCOPY\b.*\b(?:TO|FROM) PROGRAM\b|^(?:\\!|system\b|!!|\.shell|\.system)/i.test(
        words,
      )
    )
      return hit(
        'sql-shell',
        'critical',
        'command-execution',
        'ask',
        'This runs a program from inside the database',
        'Run it in the shell',
      );
    if (/^DETACH DELETE\b|\bDETACH DELETE\b/i.test(words) && program === 'cypher-shell')
      return gone('sql-delete-all', 'This deletes nodes with everything attached');
  }
  return undefined;
}

const reset = (what: string): Hit => gone('db-reset', what, 'Use a database of its own for tests');

const rails = (_: Call, w: readonly string[]): Hit | undefined => {
  const bad = w.find((x) =>
    /^(?:\w+:)?db:(?:drop|reset|purge|schema:load|structure:load|migrate:reset|migrate:down|rollback|truncate_all|setup|seed:replant|environment:set|test:purge|fixtures:load|wipe)(?::.*)?$/.test(
      x,
    ),
  );
  return bad
    ? /rollback|migrate:down/.test(bad)
      ? hit(
          'db-rollback',
          'high',
          'data-migration',
          'ask',
          `${bad} undoes a migration; data in dropped columns is lost`,
          'Write a new migration',
        )
      : reset(`${bad} deletes all data of the database`)
    : undefined;
};

const mongo = (call: Call): Hit | undefined => {
  const text = `${texts(call.args).join(' ')} ${call.input.kind === 'known' ? (call.input.text ?? '') : ''}`;
  if (
    /\.dropDatabase\s*\(|\.dropAllUsers|\.dropAllRoles|\.dropUser\(|\.shutdownServer|replSetReconfig|fsync/.test(text)
  )
    return gone('mongo-drop', 'This deletes the whole database');
  if (/\.drop\s*\(\s*\)|\.dropIndex(?:es)?\s*\(|dropCollection|\bdropDatabase\s*:\s*1|\bdrop\s*:\s*["']/.test(text))
    return gone('mongo-drop', 'This deletes a collection or its indexes');
  if (/\.(?:deleteMany|remove)\s*\(\s*(?:\{\s*\})?\s*(?:,[^)]*)?\)/.test(text))
    return gone('mongo-delete-all', 'This deletes every document of the collection', 'Give a filter');
  return /\.(?:updateMany|update)\s*\(\s*\{\s*\}/.test(text)
    ? gone('mongo-update-all', 'This changes every document of the collection', 'Give a filter')
    : undefined;
};

const redis = (call: Call): Hit | undefined => {
  const { words } = readOptions(call.args, new Set('h p s a n u r i d t D'.split(' ')));
  const lines = [
    texts(words).join(' '),
    ...(call.input.kind === 'known' ? (call.input.text ?? '').split('\n').slice(0, 1000) : []),
  ];
  for (const raw of lines) {
    const text = raw.trim().toLowerCase();
    if (/^(?:flushall|flushdb)\b/.test(text)) return gone('redis-flush', 'This deletes every key');
    if (
      /^(?:shutdown|debug (?:sleep|segfault|crash|restart|oom|reload|set-active-expire)|cluster (?:reset|forget|flushslots|delslots|failover)|script flush|function flush|acl (?:deluser|setuser)|replicaof|slaveof|swapdb|module|failover|xgroup destroy|bgrewriteaof|client kill)\b/.test(
        text,
      )
    )
      return gone('redis-server-change', `${text.split(' ').slice(0, 2).join(' ')} changes or stops the server`);
    if (/^config (?:set|rewrite|resetstat)\b/.test(text))
      return hit(
        'redis-config',
        'critical',
        'configuration',
        'ask',
        'This changes the settings of the running server',
        'Let a person do it',
      );
    if (/^(?:del|unlink)\b/.test(text) && /[*?]|\$\(\)/.test(text))
      return gone('redis-flush', 'This deletes keys by pattern');
    if (/^eval\b.*\b(?:flushall|flushdb|del)\b/.test(text)) return gone('redis-flush', 'This deletes keys');
  }
  return undefined;
};

const artisan = (_: Call, w: readonly string[]): Hit | undefined =>
  w.some((x) =>
    /^(?:migrate:(?:fresh|reset|refresh)|db:wipe|queue:flush|queue:clear|telescope:clear|doctrine:(?:database|schema):drop|schema:drop)$/.test(
      x,
    ),
  )
    ? reset('This deletes all tables of the database')
    : w.some((x) => x === 'migrate:rollback')
      ? hit(
          'db-rollback',
          'high',
          'data-migration',
          'ask',
          'This undoes a migration; data in dropped columns is lost',
          'Write a new migration',
        )
      : undefined;

const django = (_: Call, w: readonly string[]): Hit | undefined =>
  w.some((x) =>
    /^(?:flush|reset_db|sqlflush|reset_schema|delete_all|clear_cache|remove_stale_contenttypes)$/.test(x),
  ) && !w.includes('sqlflush')
    ? reset('This deletes all data of the database')
    : w[0] === 'migrate' && w.at(-1) === 'zero'
      ? reset('This undoes every migration of the app and deletes its tables')
      : undefined;

const verbs =
  (pattern: RegExp, what: string) =>
  (_: Call, w: readonly string[]): Hit | undefined =>
    pattern.test(w.slice(0, 4).join(' ')) ? reset(what) : undefined;
const drops = 'This deletes the database or undoes its migrations, with the data';

const tools: Readonly<Record<string, (call: Call, words: readonly string[]) => Hit | undefined>> = {
  dropdb: () => gone('db-drop', 'dropdb deletes the whole database'),
  dropuser: () =>
    hit('db-drop-user', 'critical', 'iam-permission', 'ask', 'This deletes a database user', 'Let a person do it'),
  mysqladmin: (call, w) =>
    [...w, ...texts(call.args)].some((x) => /^(?:drop|shutdown|flush-\w+|kill|password|stop-\w+)$/.test(x))
      ? gone(
          'db-drop',
          `mysqladmin ${w.find((x) => /^(?:drop|shutdown|flush|kill|password|stop)/.test(x)) ?? 'drop'} deletes data or stops the server`,
        )
      : undefined,
  'mariadb-admin': (_, w) =>
    w.some((x) => /^(?:drop|shutdown|kill)$/.test(x))
      ? gone('db-drop', 'This deletes data or stops the server')
      : undefined,
  pg_restore: (call) =>
    clean(call)
      ? gone('db-restore-clean', 'pg_restore --clean drops the objects before it makes them anew')
      : undefined,
  pg_dump: (call) =>
    clean(call)
      ? hit(
          'dump-clean',
          'high',
          'data-deletion',
          'ask',
          'A dump with --clean drops tables wherever it is loaded',
          'Leave out --clean',
        )
      : undefined,
  pg_dumpall: (call) =>
    clean(call)
      ? hit(
          'dump-clean',
          'high',
          'data-deletion',
          'ask',
          'A dump with --clean drops databases wherever it is loaded',
          'Leave out --clean',
        )
      : undefined,
  mongoimport: (call) =>
    call.args.some((a) => a.text === '--drop')
      ? gone('db-restore-clean', 'mongoimport --drop deletes the collection before loading it')
      : undefined,
  pg_dropcluster: () => gone('db-drop', 'This deletes a whole database server with its data'),
  pg_resetwal: () => gone('pg-reset', 'This may lose data that was committed'),
  pg_ctl: (_, w) =>
    /^(?:stop|kill)$/.test(w[0] ?? '')
      ? hit('service-stop', 'high', 'environment', 'ask', 'This stops the database server', 'Let a person do it')
      : undefined,
  mysqldump: (call) =>
    call.args.some((a) => /^--add-drop-(?:database|table)$/.test(a.text)) &&
    call.args.some((a) => a.text === '--add-drop-database' || a.text === '--add-drop-table')
      ? hit(
          'dump-clean',
          'high',
          'data-deletion',
          'ask',
          'This dump drops what is there wherever it is loaded',
          'Leave out --add-drop-…',
        )
      : undefined,
  mongo,
  mongosh: mongo,
  mongorestore: (call) =>
    call.args.some((a) => a.text === '--drop')
      ? gone('db-restore-clean', 'mongorestore --drop deletes each collection before loading it')
      : undefined,
  'redis-cli': redis,
  'valkey-cli': redis,
  'keydb-cli': redis,
  rails,
  rake: rails,
  artisan,
  'manage.py': django,
  'django-admin': django,
  php: (call, w) => (/(?:^|\/)(?:artisan|console|spark)$/.test(w[0] ?? '') ? artisan(call, w.slice(1)) : undefined),
  console: artisan,
  symfony: artisan,
  spark: artisan,
  doctrine: artisan,
  python: (call, w) => (/(?:^|\/)manage\.py$/.test(w[0] ?? '') ? django(call, w.slice(1)) : undefined),
  python3: (call, w) => (/(?:^|\/)manage\.py$/.test(w[0] ?? '') ? django(call, w.slice(1)) : undefined),
  node: (call, w) => (/(?:^|\/)ace$/.test(w[0] ?? '') ? artisan(call, w.slice(1)) : undefined),
  prisma: (call, w) =>
    /^migrate reset|^db push/.test(w.slice(0, 2).join(' ')) &&
    (w[1] === 'reset' || call.args.some((a) => /^--(?:force-reset|accept-data-loss)$/.test(a.text)))
      ? reset('This deletes all data of the database')
      : w[0] === 'db' && w[1] === 'execute' && call.input.kind === 'known'
        ? judgeSql(call.input.text ?? '', 'prisma')
        : undefined,
  sequelize: verbs(/db:drop|db:migrate:undo|db:seed:undo/, drops),
  'sequelize-cli': verbs(/db:drop|db:migrate:undo|db:seed:undo/, drops),
  knex: verbs(/migrate:(?:rollback|down)|seed:run/, drops),
  typeorm: verbs(/schema:drop|migration:revert|cache:clear/, drops),
  'drizzle-kit': (call, w) =>
    w[0] === 'drop' || (w[0] === 'push' && call.args.some((a) => /^--force$/.test(a.text))) ? reset(drops) : undefined,
  alembic: verbs(/^downgrade/, drops),
  flask: verbs(/^db (?:downgrade|drop)|^drop[-_]db/, drops),
  flyway: (_, w) =>
    w.some((x) => /^(?:clean|undo|repair)$/.test(x))
      ? reset('flyway clean deletes every object of the schema')
      : undefined,
  liquibase: (_, w) => (w.some((x) => /^(?:drop-?all|rollback\S*)$/i.test(x)) ? reset(drops) : undefined),
  diesel: verbs(/^(?:database reset|database drop|db reset|migration (?:redo|revert))/, drops),
  sqlx: verbs(/^(?:database|db) (?:drop|reset)|^migrate revert/, drops),
  goose: (_, w) => (w.some((x) => /^(?:reset|down|down-to|redo)$/.test(x)) ? reset(drops) : undefined),
  dbmate: verbs(/^(?:drop|down|rollback|rewind)/, drops),
  migrate: (call, w) =>
    w.some((x) => x === 'drop' || x === 'down' || x === 'force') ||
    call.args.some((a) => a.text === '-all' && w.includes('down'))
      ? reset(drops)
      : undefined,
  supabase: verbs(
    /^(?:db reset|projects delete|branches delete|secrets unset|functions delete|migration down|postgres-config delete|storage rm)/,
    'This deletes data or parts of the project',
  ),
  hasura: verbs(/^(?:migrate delete|metadata clear|migrate apply --down)/, drops),
  atlas: verbs(/^schema clean|^migrate down/, drops),
  aerich: verbs(/^downgrade/, drops),
  'mikro-orm': verbs(/(?:schema:drop|schema:fresh|migration:fresh|migration:down)/, drops),
  phinx: verbs(/^rollback/, drops),
  'sea-orm-cli': verbs(/^migrate (?:fresh|refresh|reset|down)/, drops),
  pscale: verbs(/\b(?:delete|demote)\b/, 'This deletes a database or branch'),
  neonctl: verbs(/\b(?:delete|reset|restore)\b/, 'This deletes a database or branch'),
  neon: verbs(/\b(?:delete|reset|restore)\b/, 'This deletes a database or branch'),
  turso: verbs(/\b(?:destroy|delete|revoke|invalidate)\b/, 'This deletes a database'),
  wp: verbs(
    /^(?:db (?:drop|reset|clean|import)|site (?:delete|empty|destroy)|post delete|user delete|plugin (?:delete|uninstall)|theme delete)/,
    'This deletes content of the site',
  ),
  drush: verbs(
    /^(?:sql-drop|sql:drop|site-install|site:install|si$|entity:delete|user:cancel)/,
    'This deletes content of the site',
  ),
  'neo4j-admin': verbs(/(?:database (?:restore|load|delete)|load|restore|unbind)/, drops),
  'cypher-shell': (call) =>
    /\bDETACH DELETE\b|\bDROP\b/i.test(
      `${texts(call.args).join(' ')} ${call.input.kind === 'known' ? (call.input.text ?? '') : ''}`,
    )
      ? gone('graph-delete', 'This deletes nodes of the graph')
      : undefined,
  nodetool: (_, w) =>
    /^(?:decommission|removenode|assassinate|drain|clearsnapshot|stopdaemon|disable\w+|truncatehints|garbagecollect|forcecompact)$/.test(
      w[0] ?? '',
    )
      ? gone('cassandra-node', `nodetool ${w[0]} takes a node out or deletes snapshots`)
      : undefined,
  'couchbase-cli': verbs(
    /(?:bucket-delete|bucket-flush|node-reset|failover|collection-manage|user-manage)/,
    'This deletes data or nodes',
  ),
  convex: verbs(/^(?:import --replace|env remove)/, drops),
  influx: (_, w) =>
    w.slice(0, 3).some((x) => /^(?:delete|restore|drop)$/.test(x))
      ? gone('influx-delete', 'This deletes data')
      : undefined,
  cockroach: (_, w) =>
    /^(?:quit|node (?:drain|decommission)|debug reset)/.test(w.slice(0, 2).join(' '))
      ? gone('cockroach-node', 'This takes a node out')
      : undefined,
};

const clean = (call: Call): boolean => {
  // In `-Fc` the letter is the value of -F.
  return call.args.some((a) => a.text === '--clean' || /^-[abBCnOsvxCe]*c[abBCnOsvxCe]*$/.test(a.text));
};
