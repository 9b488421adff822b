import type { Rule } from './rule.ts';

export const ownersRemoved: Rule = {
  id: 'owners-removed',
  title: 'Somebody who had to review these files no longer has to',
  tier: 'high',
  category: 'removed-safeguard',
  languages: ['codeowners'],
  references: ['CWE-693', 'OWASP CICD-SEC-1'],
  why: 'The owners of a path are those whose review a branch rule asks for; taken out, later changes there pass without them.',
  remedy: 'let the owner who goes agree to it',
  keywords: [],
  on: 'removed',
  check(source, report) {
    for (const [i, line] of source.lines.entries()) {
      const [pattern, ...owners] = line
        .replace(/(?:^|\s)#.*/, '')
        .trim()
        .split(/\s+/);
      // GitLab's sections (`[Security][2] @owner`) own what stands below them.
      for (const owner of owners)
        if (/@/.test(owner))
          report({
            start: source.starts[i]!,
            end: source.starts[i]! + line.length,
            key: `${pattern} ${owner.toLowerCase()}`,
          });
    }
  },
};
