import { code } from './kit/code.ts';
import type { Rule } from './rule.ts';

export const memoryUnsafe: Rule = {
  id: 'memory-unsafe-call',
  title: 'Call that can write past a buffer',
  tier: 'high',
  category: 'injection',
  languages: ['c'],
  references: ['CWE-120', 'CWE-676', 'CWE-134'],
  why: 'These functions know nothing of the size of their target; one long input overwrites what lies behind it.',
  remedy: 'use the bounded form and check its result',
  keywords: [
    'gets',
    'strcpy',
    'strcat',
    'sprintf',
    'vsprintf',
    'scanf',
    'sscanf',
    'printf',
    'fprintf',
    'alloca',
    'strtok',
    'memcpy',
    'mktemp',
    'tmpnam',
    'syslog',
    'system',
    'popen',
    'snprintf',
    'wcscpy',
  ],
  check(source, report) {
    const c = code(source);
    for (const call of c.facts.calls) {
      const body = c.text({ from: call.open, to: call.close + 1 });
      if (/^(?:gets|mktemp|tmpnam|_mktemp)$/.test(call.callee)) report({ start: call.start, end: call.end });
      else if (
        /^(?:strcpy|strcat|wcscpy|wcscat|stpcpy)$/.test(call.callee) &&
        call.args[1] &&
        !c.isConstant(call.args[1])
      )
        report({ start: call.start, end: call.end });
      else if (/^(?:sprintf|vsprintf)$/.test(call.callee) && /%s/.test(body))
        report({ start: call.start, end: call.end });
      else if (/^(?:scanf|sscanf|fscanf)$/.test(call.callee) && /%s/.test(body))
        report({ start: call.start, end: call.end });
      else if (/^(?:printf|syslog|fprintf|snprintf)$/.test(call.callee)) {
        const format = call.args[call.callee === 'printf' ? 0 : call.callee === 'snprintf' ? 2 : 1];
        if (
          format &&
          c.facts.tokens[format.from]?.kind === 'id' &&
          format.to - format.from <= 3 &&
          !c.isConstant(format) &&
          !/^[A-Z_]+$/.test(c.text(format)) &&
          call.args.length <= (call.callee === 'printf' ? 1 : call.callee === 'snprintf' ? 3 : 2)
        )
          report({
            start: call.start,
            end: call.end,
            message: 'Format comes from a variable: pass "%s" and the text.',
          });
      }
    }
  },
};
