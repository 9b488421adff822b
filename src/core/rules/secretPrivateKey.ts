import { isTestPath } from '../languages/kinds.ts';
import { isInTestModule } from '../languages/testCode.ts';
import type { Rule } from './rule.ts';

/** Keys that start a service on a developer's own machine. */
const ofDevelopment =
  /(?:^|\/)(?:dev|devel|development|local|localhost|examples?|samples?|demo)\/|(?:^|\/)[^/]*(?:self-?signed|localhost|snakeoil)[^/]*$/i;

export const secretPrivateKey: Rule = {
  id: 'secret-private-key',
  title: 'Private key in the text',
  tier: 'high',
  category: 'secrets',
  languages: [],
  references: ['CWE-321', 'CWE-798'],
  why: 'Who reads the repository can pose as the owner of the key, and every copy of the history keeps it.',
  remedy: 'take it out, replace the key pair, and keep the new one in a secret store',
  keywords: ['private', 'putty'],
  inTests: true,
  check(source, report) {
    const { text } = source;
    for (const m of text.matchAll(/-----BEGIN[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d:/g)) {
      const rest = text.slice(m.index + m[0].length, m.index + m[0].length + 400);
      const body = rest.replace(/\\n|[\s"'+\\,]/g, '');
      // A header alone, an ellipsis or a placeholder is documentation.
      if (!m[0].startsWith('PuTTY') && !/^(?:[A-Za-z-]+:[^-]{1,80})*[A-Za-z0-9+/=]{40,}/.test(body)) continue;
      if (/^(?:\.{3}|\u2026|<|\$\{|x{6,}|X{6,}|\*{3,}|MII\.\.\.)/.test(body)) continue;
      const ofTests = isTestPath(source.path) || isInTestModule(source, m.index) || ofDevelopment.test(source.path);
      report({
        ...(ofTests && {
          tier: 'medium' as const,
          message:
            'Private key of a test or a development set-up: be sure that it was made for that and opens nothing else.',
        }),
        start: m.index,
        end: m.index + m[0].length,
        key: `key:${body.slice(20, 44)}`.replace(/[A-Za-z0-9+/]{12}$/, ''),
      });
    }
  },
};
