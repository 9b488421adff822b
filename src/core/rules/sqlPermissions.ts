import type { Rule } from './rule.ts';

export const sqlPermissions: Rule = {
  id: 'sql-permissions',
  title: 'Database permissions changed',
  tier: 'critical',
  category: 'iam-permission',
  languages: ['sql'],
  references: ['CWE-732', 'CWE-269'],
  why: 'Roles, grants and row policies decide who sees which rows; a mistake locks people out or opens data, and no test notices.',
  remedy: 'have the owner of the data review it, and grant the narrowest right to a role',
  keywords: [
    'grant',
    'revoke',
    'policy',
    'role',
    'user',
    'owned',
    'login',
    'privileges',
    'group',
    'sp_addrolemember',
    'definer',
  ],
  check(source, report) {
    for (const s of source.sql) {
      if (
        /^(?:GRANT|REVOKE|DENY) |^(?:CREATE|ALTER|DROP) (?:ROLE|USER|GROUP|LOGIN|POLICY|SERVER ROLE)\b|^ALTER DEFAULT PRIVILEGES\b|^REASSIGN OWNED\b|^(?:EXEC|EXECUTE) SP_ADD(?:SRV)?ROLEMEMBER\b/.test(
          s.text,
        )
      )
        report({ start: s.start, end: s.end });
    }
  },
};
