/**
 * Regular expressions from a policy or a repository, matched in linear time (RE2 semantics: no back-references, no
 * look-around), so that no pattern and no input can hang a door.
 */
import type { RE2JS } from 're2js';

export interface LinearRegex {
  /** Whether the pattern occurs anywhere in the text. */
  test(text: string): boolean;
  /** All matches, left to right, not overlapping; UTF-16 offsets, `end` exclusive. */
  find(text: string): { readonly start: number; readonly end: number }[];
}

/** Longest pattern accepted: a compiled RE2 program grows with the pattern. */
export const maxPatternLength = 1000;

const cache = new Map<string, LinearRegex>();
const cacheSize = 500;

/**
 * Compiles a pattern (cached). Flags go inside, RE2 style: `(?i)`.
 * @throws Error whose message says what is wrong with the pattern, in one line.
 */
export function linearRegex(pattern: string): LinearRegex {
  const known = cache.get(pattern);
  if (known) return known;
  if (pattern.length > maxPatternLength)
    throw new Error(`regular expression is longer than ${maxPatternLength} characters`);
  // Loaded on first use: 260 kB that a hook call without a ticket pattern never needs.
  const { RE2JS: engine } = require('re2js') as typeof import('re2js');
  let compiled: RE2JS;
  try {
    compiled = engine.compile(pattern);
  } catch (error) {
    throw new Error(explain(pattern, error), { cause: error });
  }
  const regex: LinearRegex = {
    test: (text) => compiled.matcher(text).find(),
    find: (text) => {
      const matcher = compiled.matcher(text);
      const found: { start: number; end: number }[] = [];
      while (matcher.find()) found.push({ start: matcher.start(), end: matcher.end() });
      return found;
    },
  };
  if (cache.size >= cacheSize) cache.delete(cache.keys().next().value as string);
  cache.set(pattern, regex);
  return regex;
}

function explain(pattern: string, error: unknown): string {
  const said = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
  const reason = said.replace(/^error parsing regexp: /, '');
  if (/\(\?(?:[=!]|<[=!])/.test(pattern))
    return `look-ahead and look-behind are not supported (RE2 runs in linear time): ${reason}`;
  if (/\\[1-9]/.test(pattern)) return `back-references are not supported (RE2 runs in linear time): ${reason}`;
  return reason;
}
