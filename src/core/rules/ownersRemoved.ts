import { oneLine } from '../plainText.ts';
import { ownerRules } from './kit/codeowners.ts';
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
    // GitLab's sections own what stands below them.
    for (const { line, pattern, owners } of ownerRules(source.lines))
      for (const owner of owners)
        report({
          start: source.starts[line - 1]!,
          end: source.starts[line - 1]! + source.lines[line - 1]!.length,
          key: `${pattern} ${owner}`,
          // What the whole change makes of it is said once for the file.
          message: `${oneLine(owner, 80)} no longer owns '${oneLine(pattern, 120)}': let the owner who goes agree to it.`,
        });
  },
};
