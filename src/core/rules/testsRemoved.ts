import { codeLanguages, type Found, type Removal, type Rule } from './rule.ts';
import { isTestPath } from '../languages/kinds.ts';

export const testsRemoved: Rule = {
  id: 'tests-removed',
  title: 'Tests were taken out',
  tier: 'high',
  category: 'tests',
  languages: codeLanguages,
  references: ['CWE-693', 'OWASP LLM06:2025'],
  why: 'A deleted test can not fail any more; removing what fails is a shortcut that reviewers overlook in a large change.',
  remedy: 'fix the code, or say why the behaviour is no longer wanted',
  keywords: [],
  on: 'removed',
  inTests: true,
  missedFirst: goneFirst,
  check(source, report) {
    if (!isTestPath(source.path)) return;
    for (const m of source.text.matchAll(
      /^[ \t]*(?:(?:(?:await|return|void)\s+)?(?:(?:t|ctx|context|suite)\.)?(?:it|test|specify)(?:\.each\([^\n]{0,400}\)|\.concurrent|\.only|\.serial|\.sequential|\.failing)?\s*\(\s*['"`]|(?:async\s+)?def\s+test\w*\s*\(|func\s+Test\w+\s*\(|@(?:Test|ParameterizedTest|RepeatedTest|TestFactory)\b|#\[(?:tokio::)?test\]|\[(?:Fact|Theory|TestMethod|DataTestMethod|Test|TestCase|TestCaseSource)\b|public\s+function\s+test\w+|(?:it|scenario)\s+['"][^'"\n]+['"](?:\s*,[^\n]{0,200}?)?\s+do\b|(?:it|scenario)\s+['"][^'"\n]+['"]\s*\\$)/gm,
    )) {
      // The rows of one test are one test.
      const above = source.lines[source.lineAt(m.index) - 2] ?? '';
      if (/^\s*\[/.test(m[0]) && /^\s*\[(?:Test|TestCase|TestCaseSource)\b/.test(above)) continue;
      report({ start: m.index, end: m.index + m[0].length, key: 'test' });
    }
  },
};

/** Of tests, those first whose title is nowhere in the new text: the others only moved. */
function goneFirst(old: readonly Found[], { before, after, hunks, original }: Removal): readonly Found[] {
  const isThere = (f: Found): boolean => {
    const line = before.lines[f.line - 1] ?? '';
    const title = /(['"`])([^'"`]{3,300})\1/.exec(line)?.[2] ?? /\b(?:def|func|function)\s+(\w{3,200})/.exec(line)?.[1];
    return title !== undefined && after.text.includes(title);
  };
  const gone: Found[] = [];
  const there: Found[] = [];
  for (const f of old) (isThere(f) ? there : gone).push(f);
  // A title that became another one at its place comes after those that nothing replaced.
  const at = (f: Found): number => original(f.line);
  const isReplaced = (f: Found): boolean =>
    hunks.some((h) => h.newLines > 0 && at(f) >= h.oldStart && at(f) < h.oldStart + h.oldLines);
  return [...gone.filter((f) => !isReplaced(f)), ...gone.filter(isReplaced), ...there];
}
