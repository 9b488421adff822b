import type { Rule } from './rule.ts';

export const bidiText: Rule = {
  id: 'hidden-text',
  title: 'Text that reads differently from what it is',
  tier: 'critical',
  category: 'security-control-disabled',
  languages: [],
  references: ['CWE-1007', 'CVE-2021-42574', 'OWASP LLM01:2025'],
  why: 'Direction overrides and invisible characters make a reviewer see other code, or an agent read instructions, than what is there (Trojan Source).',
  remedy: 'remove the characters, or write them as escapes',
  keywords: [],
  inTests: false,
  check(source, report) {
    if (!source.has(/[\u202A-\u202E\u2066-\u2069\u{E0020}-\u{E007F}]/u)) return;
    for (const m of source.text.matchAll(/[\u202A-\u202E\u2066-\u2069]+|[\u{E0020}-\u{E007F}]{3,}/gu))
      report({ start: m.index, end: m.index + m[0].length, key: `bidi:${m[0].codePointAt(0)}` });
  },
};
