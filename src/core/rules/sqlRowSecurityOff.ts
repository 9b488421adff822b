import type { Rule } from './rule.ts';

export const sqlRowSecurityOff: Rule = {
  id: 'sql-control-disabled',
  title: 'Security control of the database switched off',
  tier: 'critical',
  category: 'security-control-disabled',
  languages: ['sql'],
  references: ['CWE-284', 'CWE-778'],
  why: 'Row-level security, triggers that audit, and server audits hold for everyone only as long as they are on.',
  remedy: 'leave it on, or limit the exception to one role and one transaction',
  keywords: [
    'disable',
    'force',
    'security',
    'row_security',
    'audit',
    'nocheck',
    'session_replication_role',
    'foreign_key_checks',
    'trustworthy',
    'xp_cmdshell',
    'sp_configure',
  ],
  check(source, report) {
    for (const [i, s] of source.sql.entries()) {
      if (/^SET ROW_SECURITY = OFF$/.test(s.text) && isInDumpHead(source.sql.slice(Math.max(0, i - 16), i + 6)))
        continue;
      if (
        /^ALTER TABLE .*\b(?:DISABLE ROW LEVEL SECURITY|NO FORCE ROW LEVEL SECURITY|DISABLE TRIGGER|DISABLE RULE|NOCHECK CONSTRAINT ALL)\b|^SET (?:LOCAL |SESSION )?(?:ROW_SECURITY|SESSION_REPLICATION_ROLE) |^ALTER (?:SERVER|DATABASE) AUDIT .*\bSTATE = OFF|^ALTER DATABASE .*\bTRUSTWORTHY ON|^DROP (?:SERVER |DATABASE )?AUDIT|^(?:EXEC|EXECUTE) SP_CONFIGURE '\u2026' , 1$(?=$^)|^ALTER (?:FUNCTION|PROCEDURE) .*\bSECURITY DEFINER\b|^DISABLE TRIGGER\b/.test(
          s.text,
        )
      )
        report({ start: s.start, end: s.end });
      else if (
        /^(?:EXEC|EXECUTE) (?:SYS ?\. ?)?SP_CONFIGURE N? ?'\u2026' , 1$/.test(s.text) &&
        /'(?:xp_cmdshell|Ole Automation Procedures|Ad Hoc Distributed Queries|clr enabled)'/i.test(
          source.text.slice(s.start, s.end),
        )
      )
        report({ start: s.start, end: s.end });
      // Those that dump a data base switch it off and on again.
      else if (/^SET (?:@@|GLOBAL |SESSION )?(?:\w+ ?\. ?)?FOREIGN_KEY_CHECKS = (?:0|OFF)$/.test(s.text))
        report({
          start: s.start,
          end: s.end,
          tier: 'medium',
          message:
            'Keys are not checked any more: rows that point nowhere get in. Keep it to this session, and check them afterwards.',
        });
    }
  },
};

/**
 * Whether these are the settings that `pg_dump` writes at the top of every dump. They hold for the session that
 * reads it back, and a query that policies would filter fails there instead of getting around them.
 */
const isInDumpHead = (around: readonly { text: string }[]): boolean =>
  [
    'STATEMENT_TIMEOUT',
    'LOCK_TIMEOUT',
    'CLIENT_ENCODING',
    'STANDARD_CONFORMING_STRINGS',
    'CHECK_FUNCTION_BODIES',
    'CLIENT_MIN_MESSAGES',
  ].filter((name) => around.some((s) => s.text.startsWith(`SET ${name} `))).length >= 4;
