import { dependencies } from './kit/dependencies.ts';
import type { Rule } from './rule.ts';

export const dependencyChanged: Rule = {
  id: 'dependency-changed',
  title: 'Dependency added or changed',
  tier: 'high',
  category: 'dependency',
  languages: ['manifest', 'python'],
  references: ['CWE-1357', 'CWE-829', 'OWASP LLM03:2025', 'OWASP A06:2021'],
  why: "Somebody else's code, with its install scripts, runs in the build and in production from now on; names invented by a model are registered by attackers.",
  remedy: 'check that the name is the intended one, who maintains it, and what the lock file resolves to',
  keywords: [],
  check(source, report) {
    if (source.language === 'python' && !/(?:^|\/)setup\.py$/.test(source.path)) return;
    for (const d of dependencies(source))
      report({
        start: d.start,
        end: d.end,
        ...(d.indirect ? { follows: true } : {}),
        key: `dep:${d.section}:${d.name}:${d.version}`,
        message: `Dependency ${printable(d.name)} ${d.version ? `at ${printable(d.version)} ` : ''}is new or changed: check that the name is the intended one and what the lock file resolves to.`,
      });
  },
};

const printable = (text: string): string => text.replace(/[^\w@/.:^~<>=!*+, ${}-]/g, '?').slice(0, 60);
