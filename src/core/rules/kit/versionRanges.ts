/** Which versions a requirement admits, of the notations that say it by a bound below and one above. */
import { ecosystemOf } from './dependencies.ts';

/** From `low` on, up to below `high`, or without end; or `low` alone. */
interface Range {
  readonly low: readonly number[];
  readonly high?: readonly number[];
  readonly isOne?: boolean;
}

/** How another requirement differs from the one before in what it admits. */
export interface RangeChange {
  /** Nothing; less and nothing new, for its minimum is raised; it begins where it began, and ends later or earlier. */
  readonly kind: 'same' | 'raised' | 'later' | 'earlier';
  readonly low: string;
  /** What is admitted no more at the end, where that is new. */
  readonly newHigh?: string;
  /** All that is admitted, in words. */
  readonly now: string;
  readonly before: string;
}

/**
 * Of requirements as a manifest of `path` writes them; `undefined` where its tool takes the lowest that fits, or more than
 * two bounds change.
 */
export function rangeChange(path: string, was: string, now: string): RangeChange | undefined {
  const ecosystem = ecosystemOf(path);
  const [old, other] = [rangeOf(ecosystem, was), rangeOf(ecosystem, now)];
  if (!old || !other || (old.isOne && other.isOne)) return undefined;
  const [byLow, byEnd] = [compared(other.low, old.low), comparedEnds(other, old)];
  // A single version is a choice, and what ends later, or begins earlier, admits more.
  if (byLow !== 0 && (byLow < 0 || byEnd > 0 || old.isOne || other.isOne)) return undefined;
  // It begins where the other has ended.
  if (old.high && compared(other.low, old.high) >= 0) return undefined;
  const kind = byLow > 0 ? 'raised' : byEnd > 0 ? 'later' : byEnd < 0 ? 'earlier' : 'same';
  const newHigh = byEnd < 0 && other.high ? trimmed(other.high) : undefined;
  return { kind, low: other.low.join('.'), now: wordsOf(other), before: wordsOf(old), ...(newHigh && { newHigh }) };
}

const wordsOf = ({ low, high, isOne }: Range): string =>
  `${low.join('.')} ${isOne ? 'alone' : high ? `to below ${trimmed(high)}` : 'and all above'}`;
const trimmed = (version: readonly number[]): string => version.join('.').replace(/(?:\.0)+$/, '');

function compared(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const by = (a[i] ?? 0) - (b[i] ?? 0);
    if (by !== 0) return by;
  }
  return 0;
}

/** Whether the first ends later (above 0) or earlier than the second. */
function comparedEnds(a: Range, b: Range): number {
  if (a.isOne || b.isOne) return Number(b.isOne ?? false) - Number(a.isOne ?? false);
  if (!a.high || !b.high) return Number(b.high !== undefined) - Number(a.high !== undefined);
  return compared(a.high, b.high);
}

/** The operator that a version without one stands for: where it is none of these, the tool takes the lowest that fits. */
const bare: Readonly<Record<string, string>> = {
  'cargo.toml': '^',
  npm: '=',
  python: '=',
  'composer.json': '=',
  gemfile: '=',
  'pubspec.yaml': '=',
};

function rangeOf(ecosystem: string, requirement: string): Range | undefined {
  const own = bare[ecosystem];
  if (own === undefined || requirement.length > 80) return undefined;
  let range: Range | undefined;
  for (const part of requirement.trim().split(/\s{0,9},\s{0,9}|(?<=\d)\s{1,9}(?=[<>])/)) {
    const [, written = '', number = ''] =
      /^(\^|~>|~=|~|>=|<|={0,3})\s{0,9}v?(\d{1,9}(?:\.\d{1,9}){0,3})$/.exec(part) ?? [];
    if (number === '') return undefined;
    const next = bounded(ecosystem, written || own, number.split('.').map(Number));
    range = range ? both(range, next) : next;
    if (!range) return undefined;
  }
  // Without a bound below it has no minimum that could be raised.
  return range && range.low.length > 0 ? range : undefined;
}

function bounded(ecosystem: string, operator: string, low: readonly number[]): Range | undefined {
  switch (operator) {
    case '^': {
      const first = low.findIndex((n) => n > 0);
      return { low, high: raised(low, first < 0 ? low.length - 1 : first) };
    }
    case '~':
      // Of Composer it lets the last number grow.
      return ecosystem === 'composer.json' ? pessimistic(low) : { low, high: raised(low, Math.min(1, low.length - 1)) };
    case '~>':
    case '~=':
      return pessimistic(low);
    case '>=':
      return { low };
    case '<':
      return { low: [], high: low };
    default:
      // npm takes all that begin with it.
      return ecosystem === 'npm' && low.length < 3 ? { low, high: raised(low, low.length - 1) } : { low, isOne: true };
  }
}

const pessimistic = (low: readonly number[]): Range => ({ low, high: raised(low, Math.max(0, low.length - 2)) });
const raised = (low: readonly number[], at: number): number[] => [...low.slice(0, at), (low[at] ?? 0) + 1];

/** What a lower and an upper bound admit together; more than that is not written by hand. */
function both(a: Range, b: Range | undefined): Range | undefined {
  if (!b || a.isOne || b.isOne) return undefined;
  if (a.low.length > 0 && !a.high && b.low.length === 0 && b.high) return { low: a.low, high: b.high };
  if (b.low.length > 0 && !b.high && a.low.length === 0 && a.high) return { low: b.low, high: a.high };
  return undefined;
}
