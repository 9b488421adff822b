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
    // A script that makes a data base makes its users, too: nobody had a right there before.
    const made = new Set<string>();
    const users = new Set<string>();
    const granted = new Set<string>();
    for (const s of source.sql) {
      const base = /^CREATE (?:DATABASE|SCHEMA) (?:IF NOT EXISTS )?([^\s;]+)/.exec(s.text)?.[1];
      const user = /^CREATE (?:USER|ROLE) (?:IF NOT EXISTS )?([^\s;]+)/.exec(s.text)?.[1];
      if (base) made.add(bare(base));
      if (user) users.add(bare(user));
      const to = /^GRANT .{1,400}? TO ([^\s;,]+)/.exec(s.text)?.[1];
      if (to) granted.add(bare(to));
    }
    for (const s of source.sql) {
      const grant = /^GRANT .{1,400}? ON (?:DATABASE |SCHEMA )?([^\s.;]+)(?: ?\. ?\S+)? TO ([^\s;]+)/.exec(s.text);
      if (grant && made.has(bare(grant[1]!)) && users.has(bare(grant[2]!))) continue;
      const user = /^CREATE (?:USER|ROLE) (?:IF NOT EXISTS )?([^\s;]+)/.exec(s.text)?.[1];
      // What a new user may do is told where it is granted.
      if (user && granted.has(bare(user)) && !powers.test(s.text)) continue;
      if (made.size > 0 && /^CREATE (?:USER|ROLE) /.test(s.text) && !powers.test(s.text)) continue;
      if (
        /^(?:GRANT|REVOKE|DENY) |^(?:CREATE|ALTER|DROP) (?:ROLE|USER|GROUP|LOGIN|POLICY|SERVER ROLE)\b|^ALTER DEFAULT PRIVILEGES\b|^REASSIGN OWNED\b|^(?:EXEC|EXECUTE) SP_ADD(?:SRV)?ROLEMEMBER\b/.test(
          s.text,
        )
      )
        // A user alone may do nothing yet.
        report({
          start: s.start,
          end: s.end,
          ...(user &&
            !powers.test(s.text) && {
              tier: 'medium' as const,
              message: 'A user of the data base is made: say who it is for, and what it will be allowed to do.',
            }),
        });
    }
  },
};

/** A name without quotes, and without the host of a MySQL user. */
const bare = (name: string): string =>
  name
    .replace(/@.*$/, '')
    .replace(/["'`[\]]/g, '')
    .toLowerCase();

/** Rights that a role has by itself. */
const powers = /\b(?:SUPERUSER|CREATEROLE|BYPASSRLS|CREATEDB|REPLICATION)\b/;
