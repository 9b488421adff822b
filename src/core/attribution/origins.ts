/** Small operations on run-length coded origins, and the salted hashes by which lines are known on disk. */
import type { LineOrigin } from '../model.ts';
import type { Sha256 } from '../ports.ts';
import type { LineOrigins, LineState, OriginCounts, OriginRun } from './model.ts';

/** One entry per line. */
export function expandOrigins(origins: LineOrigins): (LineOrigin | null)[] {
  const out: (LineOrigin | null)[] = [];
  for (const run of origins) for (let i = 0; i < run.count; i++) out.push(run.origin);
  return out;
}

/** Runs of equal neighbours; equal means the same fields, not the same object. */
export function compressOrigins(lines: Iterable<LineOrigin | null>): LineOrigins {
  const out: { count: number; origin: LineOrigin | null }[] = [];
  for (const origin of lines) {
    const last = out.at(-1);
    if (last && sameOrigin(last.origin, origin)) last.count++;
    else out.push({ count: 1, origin });
  }
  return out;
}

/** One entry per line, with the parts of lines that have some. */
export function expandLines(origins: LineOrigins): LineState[] {
  const out: LineState[] = [];
  for (const run of origins) for (let i = 0; i < run.count; i++) out.push(run);
  return out;
}

/** As `compressOrigins`; a line with parts stands for itself. */
export function compressLines(lines: Iterable<LineState>): LineOrigins {
  const out: { -readonly [K in keyof OriginRun]: OriginRun[K] }[] = [];
  for (const { origin, parts } of lines) {
    const last = out.at(-1);
    if (parts) out.push({ count: 1, origin, parts });
    else if (last && !last.parts && sameOrigin(last.origin, origin)) last.count++;
    else out.push({ count: 1, origin });
  }
  return out;
}

export function sameOrigin(a: LineOrigin | null, b: LineOrigin | null): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  return (
    a.origin === b.origin &&
    a.evidence === b.evidence &&
    (a.modified ?? false) === (b.modified ?? false) &&
    a.agent === b.agent &&
    a.model === b.model &&
    a.session === b.session &&
    a.mark === b.mark &&
    a.writer === b.writer &&
    a.at === b.at &&
    a.confidence === b.confidence
  );
}

/** `count` lines of one origin. */
export const uniformOrigins = (count: number, origin: LineOrigin | null): LineOrigins =>
  count > 0 ? [{ count, origin }] : [];

/** Number of lines that the runs cover. */
export const lineCount = (origins: LineOrigins): number => origins.reduce((n, run) => n + run.count, 0);

export function countOrigins(origins: LineOrigins): OriginCounts {
  const counts = { ai: 0, modified: 0, unknown: 0, human: 0, tool: 0, old: 0 };
  for (const { count, origin } of origins) {
    if (origin === null) counts.old += count;
    else {
      counts[origin.origin] += count;
      if (origin.origin === 'ai' && origin.modified) counts.modified += count;
    }
  }
  return counts;
}

/** The origin of one line, 0-based; `null` also past the end. */
export function originAt(origins: LineOrigins, line: number): LineOrigin | null {
  let left = line;
  for (const run of origins) {
    if (left < run.count) return run.origin;
    left -= run.count;
  }
  return null;
}

/** A line without any white space: what a formatter can't change by re-indenting. */
export const looseText = (line: string): string => line.replace(/\s+/gu, '');

/** How lines and texts are known on disk. */
export interface LineHasher {
  /** One token per line: 16 hex of the exact line and 12 hex of the line without white space. */
  line(line: string): string;
  /** Key of a whole text, 32 hex. */
  key(lines: readonly string[]): string;
}

const exactLength = 16;
/** The part of a token which ignores white space. */
export const loosePart = (token: string): string => token.slice(exactLength);
export const isToken = (token: unknown): token is string => typeof token === 'string' && /^[0-9a-f]{28}$/.test(token);

/** A hasher for one repository: the salt keeps short lines from being guessed when a journal leaks without it. */
export function createHasher(sha256: Sha256, salt: string): LineHasher {
  const cache = new Map<string, string>();
  return {
    line(line) {
      let token = cache.get(line);
      if (token === undefined) {
        token = sha256(`${salt}e${line}`).slice(0, exactLength) + sha256(`${salt}l${looseText(line)}`).slice(0, 12);
        if (cache.size >= 50_000) cache.clear();
        cache.set(line, token);
      }
      return token;
    },
    key: (lines) => sha256(`${salt}k${lines.length}\n${lines.join('\n')}`).slice(0, 32),
  };
}
