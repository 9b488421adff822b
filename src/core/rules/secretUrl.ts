import { isPlaceholder, isSampleWord } from './kit/secretText.ts';
import { codeLanguages, type Rule } from './rule.ts';

export const secretUrl: Rule = {
  id: 'secret-in-url',
  title: 'Password in a URL',
  tier: 'high',
  category: 'secrets',
  languages: [],
  references: ['CWE-798', 'CWE-522'],
  why: 'A URL with its password goes into logs, process lists and error reports, and from the repository to everyone who reads it.',
  remedy: 'take it out, change the password, and put it together at run time from a secret store',
  keywords: [
    'http',
    'https',
    'ftp',
    'ftps',
    'mongodb',
    'srv',
    'postgres',
    'postgresql',
    'mysql',
    'mariadb',
    'redis',
    'rediss',
    'amqp',
    'amqps',
    'jdbc',
    'ssh',
    'git',
    'ldap',
    'smtp',
    'smtps',
    'imap',
    'mssql',
    'sqlserver',
    'clickhouse',
    'nats',
    'sftp',
    'cockroachdb',
    'psycopg2',
    'asyncpg',
    'pymysql',
    'server',
    'source',
  ],
  check(source, report) {
    for (const { start, end, user, password, host } of logins(source.text)) {
      if (
        isPlaceholder(password) ||
        isSampleWord(password) ||
        /^(?:admin|root|user(?:name)?|postgres|mysql|redis|guest|rabbitmq|p@ss|pw|abc|a|b|c|x|y|z|\d{1,4}|dev|local)$/i.test(
          password,
        ) ||
        password === user
      )
        continue;
      if (
        /^(?:localhost|127\.|0\.0\.0\.0|host\.docker\.internal|db|postgres|mysql|redis|mongo|rabbitmq|database)$|^127\.|\.local$|\.test$|\.invalid$/i.test(
          host,
        )
      )
        continue;
      if (/[{}$%]|^:|\[/.test(password.replace(/%[0-9A-F]{2}/gi, ''))) continue;
      report({ start, end, key: `url:${user}@${host}` });
    }
    const inCode = codeLanguages.includes(source.language);
    for (const [n, pattern] of settings.entries()) {
      // Elsewhere the name in front of `=` tells it already.
      if (n > 0 && !inCode) continue;
      for (const m of source.text.matchAll(pattern)) {
        const [, server = '', password = ''] = m;
        if (isPlaceholder(password) || isSampleWord(password) || /[{}$%<]/.test(password)) continue;
        if (!/\d|[!@#^&*+?~]/.test(password) || isOwnMachine.test(server)) continue;
        report({ start: m.index, end: m.index + m[0].length, key: `settings:${server}` });
      }
    }
  },
};

interface Login {
  readonly start: number;
  readonly end: number;
  readonly user: string;
  readonly password: string;
  readonly host: string;
}

/** Addresses with a name and a password in them. */
function* logins(text: string): Generator<Login> {
  // From `://` on: of what could be a scheme a text is full.
  const behindScheme = /:\/\/([^\s:/@"'`<>{}$]{1,80}):([^\s/@"'`<>]{3,120})@([\w.-]+)/y;
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
    behindScheme.lastIndex = at;
    const m = behindScheme.exec(text);
    const scheme = m && /\b[a-z][a-z0-9+.-]{1,30}$/i.exec(text.slice(Math.max(0, at - 32), at))?.[0];
    if (!m || !scheme) continue;
    const [whole, user = '', password = '', host = ''] = m;
    yield { start: at - scheme.length, end: at + whole.length, user, password, host };
  }
}

/** Connection strings that name the password: of JDBC, of ADO.NET. */
const settings: readonly RegExp[] = [
  /\bjdbc:\w{1,20}:([^\s"'`<>]{1,200}?)[?&;]password=([^\s"'`&;<>]{6,120})/gi,
  /\b(?:Server|Data Source|Host)\s?=\s?([^;"'`\n]{1,200});[^"'`\n]{0,300}?\b(?:Password|Pwd)\s?=\s?([^;"'`\n]{6,120})/gi,
];

const isOwnMachine =
  /(?:^|[/:,@(])(?:localhost|127\.0\.0\.1|\(local\)|\.|db|mysql|postgres|sqlserver|mssql)(?:$|[/:,\\])|\(localdb\)/i;
