import type { Source } from '../languages/source.ts';
import { codeLanguages, type Rule } from './rule.ts';

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
      if (!isWritten(source, m.index, m[0]))
        report({ start: m.index, end: m.index + m[0].length, key: `bidi:${m[0].codePointAt(0)}` });
  },
};

/** Texts for people in a script that runs from right to left, as translators write them: the mark stands at such a letter. */
function isWritten(source: Source, at: number, mark: string): boolean {
  if (codeLanguages.includes(source.language) || !/^[\u202B\u202C\u2067\u2069]+$/.test(mark)) return false;
  const line = source.lines[source.lineAt(at) - 1] ?? '';
  const from = at - source.starts[source.lineAt(at) - 1]!;
  const rightToLeft = /[\u0590-\u08ff]/;
  return (
    rightToLeft.test(line.slice(Math.max(0, from - 2), from)) ||
    rightToLeft.test(line.slice(from, from + mark.length + 2))
  );
}
