import type { Rule } from './rule.ts';

export const ownersExempted: Rule = {
  id: 'owners-exempted',
  title: 'Files are taken out of the review by owners',
  tier: 'high',
  category: 'removed-safeguard',
  languages: ['codeowners'],
  references: ['CWE-693', 'OWASP CICD-SEC-1'],
  why: 'The last pattern that matches decides: one without an owner takes its files away from whoever owned them above.',
  remedy: 'name an owner',
  keywords: [],
  check(source, report) {
    let isOwned = false;
    let inOwnedSection = false;
    for (const [i, line] of source.lines.entries()) {
      const text = line.replace(/(?:^|\s)#.*/, '').trim();
      if (text === '') continue;
      if (/^\^?\[/.test(text)) {
        inOwnedSection = text.includes('@');
        continue;
      }
      if (text.includes('@')) isOwned = true;
      else if (isOwned && !inOwnedSection)
        report({ start: source.starts[i]!, end: source.starts[i]! + line.length, key: text });
    }
  },
};
