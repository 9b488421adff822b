/** Whether an injection that is found is an old one of which a part is gone: then nothing new flows. */
import type { Source } from '../languages/source.ts';
import type { Hunk } from '../model.ts';
import type { Found } from '../rules/rule.ts';
import { count, surplus } from './counted.ts';
import type { Side } from './sides.ts';

/** Beyond so many pairs nobody looks whether one is a part of the other. */
const maxPairs = 400;

/** Whether a hit is one that was in its place before, of which an operand is gone and nothing else. */
export function leftOfOldFlow(
  was: readonly Found[],
  now: readonly Found[],
  before: Side,
  after: Source,
): ((f: Found) => boolean) | undefined {
  const gone = surplus(was, count(now), () => true);
  if (gone.length === 0 || gone.length * now.length > maxPairs) return undefined;
  const flows = gone.map((old) => ({ old, words: old.key.trim().split(' ') }));
  return (f) => {
    const words = f.key.trim().split(' ');
    const at = flows.findIndex(
      ({ old, words: more }) =>
        isSamePlace(old, f, before.hunks) && opening(before.source, old) === opening(after, f) && isPartOf(words, more),
    );
    if (at >= 0) flows.splice(at, 1);
    return at >= 0;
  };
}

/** How the first text in a hit begins: with what verb a statement, which program, which host. */
const opening = (source: Source, { start, end }: Found): string =>
  /["'`]\s{0,20}([^"'`\s]{1,40}(?:\s{1,9}[^"'`\s]{1,40})?)/.exec(
    source.text.slice(start, Math.min(end, start + 2000)),
  )?.[1] ?? '';

const isSamePlace = (old: Found, now: Found, hunks: readonly Hunk[]): boolean =>
  hunks.some(
    (h) =>
      h.oldStart <= old.endLine &&
      old.line < h.oldStart + h.oldLines &&
      h.newStart <= now.endLine &&
      now.line < h.newStart + h.newLines,
  );

/**
 * Whether what flows now (words of a `skeleton`) is what flowed before without some operands of a sum: each with the `+`
 * before it, a name or a text. Any other thing that is gone may have been what made the rest harmless: a call, a test, a
 * prefix that said where to.
 */
function isPartOf(now: readonly string[], before: readonly string[]): boolean {
  let i = 0;
  let k = 0;
  let hasText = false;
  while (k < before.length) {
    const word = before[k]!;
    if (word === now[i] && (word !== '+' || before[k + 1] === now[i + 1])) {
      hasText ||= word.startsWith('"');
      i++;
      k++;
    } else if (hasText && word === '+' && isOperand(before[k + 1]) && isEndOfOperand(before[k + 2])) k += 2;
    else return false;
  }
  return i === now.length && now.length > 2;
}
const isOperand = (word: string | undefined): boolean => word === '""' || /^[A-Za-z_$][\w$]*$/.test(word ?? '');
const isEndOfOperand = (word: string | undefined): boolean =>
  word === '+' || word === ')' || word === ',' || word === undefined;
