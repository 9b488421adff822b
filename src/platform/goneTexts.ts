/**
 * Lines that git brings into a file which was renamed meanwhile (a squash, `stash pop`, `cherry-pick -n`, a revert): nothing
 * says where they are from but the lines, so what is known of files that are gone is asked. Bounded; fails towards unknown.
 */
import type { LineOrigins, Snapshot } from '../core/attribution/model.ts';
import { compressLines, expandLines } from '../core/attribution/origins.ts';
import type { Journal } from './attributionJournal.ts';

/** Whether there is no file of this name any more: what was known of it may have come back under another one. */
export type IsGone = (path: string) => boolean;

/** Remembered texts by the lines (tokens) they hold. */
export type GoneTexts = ReadonlyMap<string, ReadonlySet<Snapshot>>;

/** Of so many names it is asked whether they are gone; so many of those that are may be looked at, and so many texts of each. */
const maxNames = 300;
const maxGone = 20;
const consulted = 4;

/** Reads the last texts of gone names from journals, the latest names first; `undefined`: there are none. */
export async function readGone(journals: readonly Journal[], isGone: IsGone): Promise<GoneTexts | undefined> {
  const known = new Set(journals.flatMap((journal) => journal.paths().toReversed()));
  const byLine = new Map<string, Set<Snapshot>>();
  for (const name of [...known].slice(0, maxNames).filter(isGone).slice(0, maxGone))
    for (const journal of journals)
      for (const text of await journal.snapshots(name, consulted))
        for (const token of text.lines) byLine.set(token, (byLine.get(token) ?? new Set()).add(text));
  return byLine.size > 0 ? byLine : undefined;
}

/** Origins of a text with its unknown lines filled from gone texts of which half the lines are in it; `ask` resolves it from them. */
export function fillFrom(
  gone: GoneTexts,
  tokens: readonly string[],
  origins: LineOrigins,
  ask: (from: readonly Snapshot[]) => LineOrigins,
): LineOrigins {
  const states = expandLines(origins);
  const near = new Set<Snapshot>();
  for (const [i, state] of states.entries()) {
    const texts = state.origin?.origin === 'unknown' ? gone.get(tokens[i] ?? '') : undefined;
    // What stands in many texts, as an empty line does, tells nothing of where it is from.
    if (texts && texts.size <= maxGone) for (const text of texts) near.add(text);
  }
  const mine = new Set(tokens);
  const from = [...near]
    .filter((s) => s.lines.filter((t) => mine.has(t)).length * 2 >= s.lines.length)
    .toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  if (from.length === 0) return origins;
  const found = expandLines(ask(from));
  return compressLines(states.map((state, i) => (state.origin?.origin === 'unknown' ? (found[i] ?? state) : state)));
}
