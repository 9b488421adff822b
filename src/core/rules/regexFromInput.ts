import { code } from './kit/code.ts';
import { fromRequest } from './kit/taint.ts';
import type { Rule } from './rule.ts';

export const regexFromInput: Rule = {
  id: 'pattern-from-input',
  title: 'Regular expression comes from outside',
  tier: 'medium',
  category: 'injection',
  languages: ['javascript', 'typescript', 'tsx', 'python', 'java', 'ruby', 'c-sharp', 'php'],
  references: ['CWE-1333', 'CWE-400'],
  why: 'A crafted pattern takes exponential time and stops the process.',
  remedy: 'escape it, or use an engine that runs in linear time',
  keywords: [
    'regexp',
    'compile',
    're',
    'regex',
    'pattern',
    'preg_match',
    'preg_match_all',
    'preg_replace',
    'preg_replace_callback',
    'preg_split',
    'preg_grep',
    'preg_filter',
  ],
  check(source, report) {
    const c = code(source);
    for (const call of c.facts.calls) {
      if (source.language === 'php') {
        const pattern = ofPhp.test(call.callee) ? call.args[0] : undefined;
        if (pattern && fromRequest(c, pattern, /^preg_quote$/)) report({ start: call.start, end: call.end });
        continue;
      }
      if (
        !/^(?:RegExp|re\.(?:compile|match|search|findall|sub|split|fullmatch)|Pattern\.(?:compile|matches)|Regexp\.new|Regex)$/.test(
          call.callee,
        )
      )
        continue;
      const first = call.args[0];
      if (first && !c.isConstant(first) && c.isOutside(first) && !/escape|quote/i.test(c.text(first)))
        report({ start: call.start, end: call.end });
    }
  },
};

const ofPhp = /^(?:preg_(?:match|match_all|replace|replace_callback|split|grep|filter)|mb_ereg\w*)$/;
