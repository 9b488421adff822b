import { codeLanguages, type Found, type Removal, type Rule } from './rule.ts';
import { testCases, type TestCase } from './kit/testCases.ts';
import { askedAnew, livesOnIn } from './kit/testsAnew.ts';
import { foldedIn, hasSpareRow, labelsOf, renamedTests, tablesOf } from './kit/testTables.ts';
import { isTestPath } from '../languages/kinds.ts';
import type { Source } from '../languages/source.ts';

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
  hiddenBy: /^\s*(?:\/\*|"""|''')/,
  missing,
  check(source, report) {
    if (!isTestPath(source.path)) return;
    for (const { start, end } of testCases(source)) report({ start, end, key: 'test' });
  },
};

const hollow = 'A test lost what it asked: put it back, or say why the behaviour is no longer wanted.';
const folded =
  'Tests became rows of a table which asks less, or other things: be sure that each of them is still there.';
const empty = 'Tests that asked nothing of the product are gone: be sure that nobody meant to write them yet.';
const rewritten = 'Tests were written anew: be sure that all of it is still asked, or say what is no longer wanted.';
const unrun = 'Tests that were switched off are gone: be sure that nobody meant to bring them back.';

/**
 * The tests whose name is gone: as a test, as the label of a case, and by what they put in. As many as there are fewer now,
 * for the others were renamed; those first that nothing replaced. One that keeps its name and asks nothing counts as gone.
 */
function missing(
  old: readonly Found[],
  now: readonly Found[],
  change: Removal,
  hasGone: (found: Found) => boolean,
): readonly Found[] {
  const tests = testCases(change.before);
  const byStart = new Map(tests.map((t) => [t.start, t]));
  const oldOf = (f: Found): TestCase => byStart.get(f.start)!;
  // What makes it a test stands above it.
  const went = (f: Found): boolean => hasGone({ ...f, line: oldOf(f).from });
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
  const candidates = goneFirst(
    // Around lines that stay, a comment may begin and end.
    withoutKept(old, left, oldOf, went).filter((f) => (!change.isExcerpt || went(f)) && !emptied.includes(f)),
    change,
  );
  if (candidates.length === 0) return out;
  const tables = change.isExcerpt ? [] : tablesOf(change, tests, left);
  const labels = labelsOf(tables, tests, change.before);
  const rest: Found[] = [];
  for (const f of candidates) {
    const how = fewer > 0 ? (labels(oldOf(f)) ?? foldedIn(tables, oldOf(f), change.before)) : undefined;
    if (how === undefined) rest.push(f);
    else {
      fewer--;
      if (how === 'less') out.push({ ...f, tier: 'medium', message: folded });
    }
  }
  const isRenamed = change.isExcerpt ? () => false : renamedTests(change, tests, left);
  const lives = change.isExcerpt ? () => false : livesOnIn(change, left);
  const isAnew = change.isExcerpt ? () => false : askedAnew(change, tests, left);
  const isLeft = (f: Found): boolean => !isRenamed(oldOf(f)) && !lives(oldOf(f));
  for (const f of rest.filter(isLeft).slice(0, Math.max(0, fewer)))
    if (oldOf(f).isOff) out.push({ ...f, tier: 'low', message: unrun });
    else if (!change.isExcerpt && asksOfNobody(oldOf(f), change.before, left))
      out.push({ ...f, tier: 'low', message: empty });
    else if (isAnew(oldOf(f))) out.push({ ...f, tier: 'medium', message: rewritten });
    // There are as many to run as there were.
    else out.push(hasSpareRow(tables) ? { ...f, tier: 'medium', message: folded } : f);
  return out;
}

/** A body without a call, one that asks nothing any more, or a wrapped test that asks less than it did. */
function isHollow(test: TestCase, old: Found | undefined, oldOf: (f: Found) => TestCase): boolean {
  const was = old && oldOf(old);
  if (test.isEmpty) return was?.isEmpty !== true;
  if (was === undefined) return false;
  if (was.asserts > 0 && test.asserts === 0 && test.asksNothing)
    // A helper that is new here may ask what the test did.
    return [...test.calls].every((c) => was.calls.has(c));
  return test.isWrapped && !was.isWrapped && test.asserts < was.asserts;
}

/** Nothing in it could fail, and it called nothing that might. */
function asksOfNobody(test: TestCase, { lines, language, text }: Source, left: readonly TestCase[]): boolean {
  if (test.asserts > 0 || !test.asksNothing || test.calls.size > 0) return false;
  // What is loaded, shown, made or waited for may fail, and so may what is made for the test.
  const own = lines.slice(test.from - 1, test.to).map((l) => l.replace(/\/\/.*|(?:^|\s)#(?!\[).*/, ''));
  if (own.some((l) => asksSilently.test(l))) return false;
  // One that is there to start the product asks nothing else, and neither says what holds anyway nor what once was asked.
  const isLeftOver = test.saysTheObvious || lines.slice(test.from, test.to).some((l) => /^\s*\/\/.{0,200}\w\(/.test(l));
  if (startsProduct.test(text) && !(isLeftOver && left.some((t) => !t.isOff))) return false;
  return language !== 'ruby' || !own.some((l) => callsInRuby.test(l));
}
/** With these above it, a test without a line starts the whole product. */
const startsProduct =
  /@(?:SpringBootTest|QuarkusTest|MicronautTest|DataJpaTest|WebMvcTest|WebFluxTest|JdbcTest|ContextConfiguration)\b/;
const callsInRuby = /^\s*(?!(?:it|scenario|end|do|pending|skip)\b)[a-z_]\w*[!?]?(?:\s|$)/;
const asksSilently =
  /\b(?:import|new|await|yield)\s|<[A-Z]\w|`|[\w)\]]\.[A-Za-z_]\w*[!?]?(?![\w(.!?])|\w\[[^\]]+\]|\bdef\s+test\w*\(\s*(?!(?:self|cls)?\s*\))|^\s*@(?!Test\b|test\b|Override\b|DisplayName\b)\w/;

/** Without as many of each title as there are still; of several, those that are as they were. */
function withoutKept(
  old: readonly Found[],
  left: readonly TestCase[],
  oldOf: (f: Found) => TestCase,
  went: (f: Found) => boolean,
): Found[] {
  const there = new Map<string, number>();
  for (const t of left) there.set(t.title, (there.get(t.title) ?? 0) + 1);
  const isKept = (f: Found): boolean => {
    const n = there.get(oldOf(f).title) ?? 0;
    there.set(oldOf(f).title, n - 1);
    return n > 0;
  };
  const kept = new Set([...old.filter((f) => !went(f)), ...old.filter(went)].filter(isKept));
  return old.filter((f) => !kept.has(f));
}

/** Of tests, those first whose title is nowhere in the new text, and that nothing replaced. */
function goneFirst(old: readonly Found[], { before, after, hunks, original }: Removal): readonly Found[] {
  const isThere = (f: Found): boolean => {
    const line = before.lines[f.line - 1] ?? '';
    const title =
      /(['"`])([^'"`]{3,300})\1/.exec(line)?.[2] ?? /\b(?:def|func|function|fn)\s+(\w{3,200})/.exec(line)?.[1];
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
