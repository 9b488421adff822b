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
  keywords: ['tmp', 'mktemp', 'tempnam', 'tmpnam', 'createtempfile', 'tempdir'],
  check(source, report) {
    const c = code(source);
    for (const call of c.facts.calls) {
      // A fixed name below /tmp, opened for writing.
      const target = call.args[0] ? c.facts.literal(call.args[0]) : undefined;
      if (
        target !== undefined &&
        /^\/(?:var\/)?tmp\/\w/.test(target) &&
        (/^(?:os\.(?:Create|WriteFile|OpenFile)|ioutil\.WriteFile|File\.write|file_put_contents)$/.test(call.callee) ||
          (/^(?:open|io\.open|File\.open|fopen)$/.test(call.callee) && /^["'][wax]/.test(c.text(call.args[1]))))
      )
        report({
          start: call.start,
          end: call.end,
          tier: 'high',
          message:
            'Anyone on the machine can make this file, or a link of its name, first: make a temporary file with a random name.',
        });
      // The same with the folder looked up.
      if (source.language === 'go' && /^(?:os\.(?:Create|WriteFile)|ioutil\.WriteFile)$/.test(call.callee)) {
        const written = /^filepath\.Join\(os\.TempDir\(\),\s*"[^"%]+"\)$|^os\.TempDir\(\)\s*\+\s*"[^"%]+"$/;
        const path = c.text(call.args[0]);
        const values = /^\w+$/.test(path) ? c.facts.valuesOf(path, call.open).map((a) => c.text(a)) : [path];
        if (values.length > 0 && values.every((v) => written.test(v))) report({ start: call.start, end: call.end });
      }
      if (/^(?:tempfile\.mktemp|os\.tempnam|os\.tmpnam|tempnam)$/.test(call.callee))
        report({
          start: call.start,
          end: call.end,
          ...(call.callee === 'tempfile.mktemp' ? { tier: 'high' as const } : {}),
        });
    }
  },
};
