import { code } from './kit/code.ts';
import type { Rule } from './rule.ts';

export const temporaryFile: Rule = {
  id: 'temporary-file-guessable',
  title: 'Temporary file with a name others can take',
  tier: 'medium',
  category: 'injection',
  languages: ['python', 'go', 'java', 'ruby', 'php'],
  references: ['CWE-377', 'CWE-379'],
  why: 'Someone else on the machine can make the file, or a link of its name, first.',
  remedy: 'let the library make and open it in one step',
  keywords: ['mktemp', 'tempnam', 'tmpnam', 'createtempfile'],
  check(source, report) {
    const c = code(source);
    for (const call of c.facts.calls)
      if (/^(?:tempfile\.mktemp|os\.tempnam|os\.tmpnam|tempnam)$/.test(call.callee))
        report({
          start: call.start,
          end: call.end,
          ...(call.callee === 'tempfile.mktemp' ? { tier: 'high' as const } : {}),
        });
  },
};
