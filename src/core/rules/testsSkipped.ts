import { codeLanguages, type Rule } from './rule.ts';
import { isTestPath } from '../languages/kinds.ts';

export const testsSkipped: Rule = {
  id: 'tests-skipped',
  title: 'A test is switched off',
  tier: 'high',
  category: 'tests',
  languages: codeLanguages,
  references: ['CWE-693', 'OWASP LLM06:2025'],
  why: 'A skipped test looks green and guards nothing; `.only` switches all others off.',
  remedy: 'make it pass, or say in the change who brings it back and when',
  keywords: [
    'skip',
    'only',
    'xit',
    'xdescribe',
    'xtest',
    'disabled',
    'ignore',
    'skipif',
    'fixme',
    'pending',
    'todo',
    'expectedfailure',
    'xfail',
    'fdescribe',
    'fit',
    'skipped',
  ],
  inTests: true,
  check(source, report) {
    if (!isTestPath(source.path)) return;
    const strings = source.tokens.filter((t) => t.kind === 'str' || t.kind === 'comment');
    let k = 0;
    for (const m of source.text.matchAll(
      /^[ \t]*(?:(?:it|test|describe|suite|context)\.(?:skip|only|fixme)\s*\((?!\s*!|\s*[\w.]+(?:\s*[!=]==?|\s+[<>]=?\s|\s*&&|\s*\|\||,\s*(?:["'`]|[A-Z][A-Z0-9_]*\s*\))))|(?:xit|xdescribe|xtest|xcontext|fdescribe|fit)\s*\(\s*['"`]|@(?:pytest\.mark\.(?:skip|xfail)|unittest\.(?:skip|expectedFailure))\b|@(?:Disabled|Ignore)\b|#\[ignore|\[Ignore|\[Fact\(Skip\s*=|t\.Skip\w*\(|pytest\.skip\(|self\.skipTest\()/gm,
    )) {
      while (k < strings.length && strings[k]!.end <= m.index) k++;
      if (k < strings.length && strings[k]!.start <= m.index) continue;
      // Skipped where it can not run (`if driver != "sqlite" {`), not everywhere.
      if (/\bif\b[^\n]{0,300}[{:]\s*$/.test(source.text.slice(Math.max(0, m.index - 320), m.index))) continue;
      if (/[sS]kip\w*\($/.test(m[0]) && isConditional(source.text.slice(Math.max(0, m.index - 2000), m.index), m[0]))
        continue;
      const isOnly = /\.only\s*\($|^[ \t]*f(?:it|describe)\b/.test(m[0]);
      report({
        start: m.index,
        end: m.index + m[0].length,
        key: 'skip',
        ...(isOnly ? { message: 'All other tests of the file are left out: take the `only` away.' } : {}),
      });
    }
  },
};

/** Whether the line that opens the block of this statement is an `if`: the nearest one above with less indentation. */
function isConditional(above: string, statement: string): boolean {
  const depth = /^[ \t]*/.exec(statement)![0].length;
  if (!/^[ \t]*(?:t\.|pytest\.|self\.)/.test(statement)) return false;
  for (const line of above.split('\n').reverse()) {
    if (line.trim() === '' || /^[ \t]*/.exec(line)![0].length >= depth) continue;
    return /^[ \t}]*(?:else\s+|el)?if\b/.test(line);
  }
  return false;
}
