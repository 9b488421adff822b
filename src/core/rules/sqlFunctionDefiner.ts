import type { Rule } from './rule.ts';

export const sqlFunctionDefiner: Rule = {
  id: 'sql-security-definer',
  title: "Function runs with its owner's rights",
  tier: 'high',
  category: 'authorization',
  languages: ['sql'],
  references: ['CWE-250', 'CWE-426', 'PostgreSQL: Writing SECURITY DEFINER Functions Safely'],
  why: "SECURITY DEFINER lends the owner's rights to every caller; without a fixed search_path a caller can slip in objects of their own.",
  remedy: 'set search_path in the function and revoke EXECUTE from PUBLIC',
  keywords: ['definer'],
  check(source, report) {
    for (const s of source.sql)
      if (
        /^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE)\b.*\bSECURITY DEFINER\b(?!.*\bSET SEARCH_PATH\b)/.test(s.text)
      )
        report({ start: s.start, end: s.end, key: s.text.slice(0, 120) });
  },
};
