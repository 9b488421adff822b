/** Tests whose words stand in another test of their file now, or that were written anew in their places. */
import type { Source } from '../../languages/source.ts';
import type { Removal } from '../rule.ts';
import { leftOut, type TestCase } from './testCases.ts';

/** A line that asks, or that another one asks by. */
const asking = /\b(?:expect|assert|should|verify|require|refute|must)\w*|\b(?:Error|Fatal)f?\(/;
/** What holds whatever the product does. */
const always =
  /\bexpect\(\s*(?:true|\d{1,20}|'[^'\n]{0,80}'|"[^"\n]{0,80}")\s*\)|\bassert\w*[\s.(]+(?:ok\()?(?:[tT]rue|1)\b/;
const asks = (line: string): boolean => asking.test(line) && told(line) && !always.test(line);
/** What may keep a line from running, or from being heard. */
const holdsBack =
  /\b(?:if|unless|else|switch|match|when|return|break|continue|try|catch|except|rescue|recover|suppress|raises|throws|lambda|exit|false|False|skip\w*|todo|pending|xit|xtest|xdescribe|fixme|build|xfail)\b|\/\*|"{3}|'{3}|^=begin|`|\.(?:skip|only)\b/i;
const told = (line: string): boolean => line.length >= 8 && !/^(?:\/\/|#(?!\[)|\*)/.test(line);
const trimmed = (source: Source, { from, to }: { readonly from: number; readonly to: number }): string[] =>
  source.lines.slice(from - 1, to).map((l) => l.trim());

/**
 * Tells whether the file lost none of the lines by which a test asked something, and few of the others, and whether another
 * test that runs has them: as a subtest, or as a part. Nothing new in that test may keep them from running.
 */
export function livesOnIn({ before, after }: Removal, left: readonly TestCase[]): (test: TestCase) => boolean {
  let counts: Map<string, number> | undefined;
  const count = (source: Source, sign: number, all: Map<string, number>): void => {
    for (const l of source.lines) all.set(l.trim(), (all.get(l.trim()) ?? 0) + sign);
  };
  let hosts: { from: number; lines: ReadonlySet<string>; isHeldBack: boolean }[] | undefined;
  return (test) => {
    if (test.isOff) return false;
    if (!counts) {
      counts = new Map();
      count(before, -1, counts);
      count(after, 1, counts);
    }
    const own = trimmed(before, test).slice(1).filter(told);
    // With the condition under which a test of Go fails.
    const heart = own.filter((l, i) => asking.test(l) || (/^if\b/.test(l) && asking.test(own[i + 1] ?? '')));
    const kept = (l: string): boolean => (counts!.get(l) ?? 0) >= 0;
    if (heart.length === 0 || !heart.every(kept) || own.filter(kept).length * 5 < own.length * 3) return false;
    const needed = [...heart, ...arranging(own, heart)];
    hosts ??= left
      .filter((t) => !t.isOff && t.asserts > 0)
      .slice(0, maxHosts)
      .map((t) => {
        const lines = new Set(trimmed(after, t));
        const fresh = [...lines].filter((l) => (counts!.get(l) ?? 0) > 0);
        return {
          from: t.from,
          lines,
          isHeldBack: leftOut.test([...lines].join('\n')) || fresh.some((l) => holdsBack.test(l)),
        };
      });
    return hosts.some((h) => !h.isHeldBack && needed.every((l) => h.lines.has(l)) && !isOffAbove(after, h.from));
  };
}
const maxHosts = 200;

/** Lines that make what others ask about, directly or by more such lines: with another value it is another question. */
function arranging(own: readonly string[], heart: readonly string[]): string[] {
  const used = new Set(heart.flatMap((l) => l.match(names) ?? []));
  return own.toReversed().filter((l) => {
    const name = /^(?:[\w<>[\],.]{1,60}\s+){0,3}([A-Za-z_]\w{0,60})\s*(?::\s*[\w<>[\],. ]{1,60})?:?=(?![=>])/.exec(
      l,
    )?.[1];
    if (name === undefined || !used.has(name)) return false;
    for (const word of l.match(names) ?? []) used.add(word);
    return true;
  });
}
const names = /[A-Za-z_]\w*/g;

/** Whether a block around a line (from 1), or what stands right above the block, says that it does not run. */
function isOffAbove({ lines }: Source, line: number): boolean {
  const indent = (text: string): number => text.length - text.trimStart().length;
  let depth = indent(lines[line - 1] ?? '');
  for (let n = line - 1; n > 0 && depth > 0; n--) {
    const text = lines[n - 1]!;
    if (text.trim() === '' || indent(text) >= depth) continue;
    depth = indent(text);
    if (offBlock.test(text) || (/^\s*(?:@|#\[)/.test(lines[n - 2] ?? '') && offBlock.test(lines[n - 2]!))) return true;
  }
  return false;
}
const offBlock = /skip|\bx(?:describe|context|it)\b|todo|pending|fixme|disabled|ignore|\bif\b|\bunless\b|only|xfail/i;

/** By their titles such tests hold off somebody; written anew, they may ask for less. */
const holdsOff =
  /vulnerab|attack|exploit|bypass|unauth|forbid|deni|deny|reject|inject|xss|csrf|ssrf|leak|expire|revoke|escap|sanit|travers|permission|admin|tamper|spoof|forge/i;

/**
 * Tells whether a test gave its place to new ones which call all that it called, in a file that asks no less than before: a
 * test in a loop over rows counts twice.
 */
export function askedAnew(
  { before, after, hunks, original }: Removal,
  was: readonly TestCase[],
  left: readonly TestCase[],
): (test: TestCase) => boolean {
  const titles = new Set(was.map((t) => t.title));
  const fresh = left.filter((t) => !titles.has(t.title) && !t.isOff);
  if (fresh.length === 0) return () => false;
  const asked = (source: Source, tests: readonly TestCase[]): number =>
    tests.reduce(
      (sum, t) => sum + (t.isOff ? 0 : trimmed(source, t).filter(asks).length * (isInLoop(source, t) ? 2 : 1)),
      0,
    );
  let asksLess: boolean | undefined;
  return (test) => {
    if (holdsOff.test(test.title)) return false;
    const at = original(test.from);
    const hunk = hunks.find((h) => at >= h.oldStart && at < h.oldStart + h.oldLines);
    if (!hunk || hunk.newLines === 0) return false;
    asksLess ??= asked(after, left) < asked(before, was);
    if (asksLess) return false;
    const subjects = subjectsOf(before, test);
    if (subjects.size === 0) return false;
    const called = new Set<string>();
    for (const t of fresh) for (const s of subjectsOf(after, t)) called.add(s);
    return [...subjects].every((s) => called.has(s));
  };
}

/** What is called on something, or what stands where a test asks. */
function subjectsOf(source: Source, test: TestCase): Set<string> {
  const out = new Set<string>();
  for (const line of trimmed(source, test).slice(1)) {
    if (!asks(line)) continue;
    for (const [, name] of line.matchAll(/(?<!\bdef )\b([A-Za-z_]\w{2,80}[!?]?)\s?\(/g))
      if (!notSubject.test(name!)) out.add(name!);
  }
  return out;
}
const notSubject =
  /^(?:expect|assert\w*|should\w*|verify|require\w*|refute\w*|to[A-Z]\w*|raise_error|Error\w*|Fatal\w*|Equal\w*|repr|str|len|dict|list|set|int|sorted|String|eq|allow|receive|with|and_return|not|be|have\w*|and|or|if)$/;

const isInLoop = (source: Source, test: TestCase): boolean => {
  const indent = (text: string): number => text.length - text.trimStart().length;
  const own = indent(source.lines[test.from - 1] ?? '');
  for (let n = test.from - 1; n > 0 && n > test.from - 40; n--) {
    const text = source.lines[n - 1]!;
    if (text.trim() === '' || indent(text) >= own) continue;
    return /\.each\b.{0,200}\bdo\b|\.forEach\(|\bfor\b/.test(text);
  }
  return false;
};
