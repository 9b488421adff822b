import { codeLanguages, type Found, type Removal, type Rule } from './rule.ts';
import { testCases, type TestCase } from './kit/testCases.ts';
import { foldedIn, tablesOf } from './kit/testTables.ts';
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
  missing,
  check(source, report) {
    if (!isTestPath(source.path)) return;
    for (const { start, end } of testCases(source)) report({ start, end, key: 'test' });
  },
};

const hollow = 'A test lost what it asked: put it back, or say why the behaviour is no longer wanted.';
const folded =
  'Tests became rows of a table which asks less, or other things: be sure that each of them is still there.';

/**
 * As many tests as there are fewer now, those first whose title is nowhere: the others only moved. One whose new text
 * asks nothing counts as gone, one that a new row of a table stands for does not.
 */
function missing(
  old: readonly Found[],
  now: readonly Found[],
  change: Removal,
  went: (found: Found) => boolean,
): readonly Found[] {
  const byStart = (tests: readonly TestCase[]): Map<number, TestCase> => new Map(tests.map((t) => [t.start, t]));
  const was = byStart(testCases(change.before));
  const oldOf = (f: Found): TestCase => was.get(f.start)!;
  // Of several with one title, the one that asks least.
  const titled = new Map<string, Found>();
  for (const f of old) {
    const other = titled.get(oldOf(f).title);
    if (!other || oldOf(f).asserts < oldOf(other).asserts) titled.set(oldOf(f).title, f);
  }
  const left = testCases(change.after);
  // What an excerpt shows of a body says nothing of the rest.
  const lost = change.isExcerpt ? [] : left.filter((t) => isHollow(t, titled.get(t.title), oldOf));
  const emptied = [...new Set(lost.flatMap((t) => titled.get(t.title) ?? []))];
  let fewer = old.length - (now.length - lost.length) - emptied.length;
  const out: Found[] = emptied.map((f) => ({ ...f, endLine: oldOf(f).to, message: hollow }));
  if (fewer <= 0) return out;
  const titles = new Set(left.map((t) => t.title));
  const candidates = goneFirst(old, change).filter((f) => went(f) && !emptied.includes(f));
  const tables = change.isExcerpt ? [] : tablesOf(change, testCases(change.before), left);
  const rest: Found[] = [];
  for (const f of candidates) {
    const how = fewer > 0 && !titles.has(oldOf(f).title) ? foldedIn(tables, oldOf(f), change.before) : undefined;
    if (how === undefined) rest.push(f);
    else {
      fewer--;
      if (how === 'less') out.push({ ...f, tier: 'medium', message: folded });
    }
  }
  return [...rest.slice(0, Math.max(0, fewer)), ...out];
}

/** A body without a call, or a wrapped test that asks less than it did. */
function isHollow(test: TestCase, old: Found | undefined, oldOf: (f: Found) => TestCase): boolean {
  const was = old && oldOf(old);
  if (test.isEmpty) return was?.isEmpty !== true;
  return was !== undefined && test.isWrapped && !was.isWrapped && test.asserts < was.asserts;
}

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
