/**
 * Whose lines are these? A text is looked up among remembered ones: the same content gives its origins; else origins
 * are carried over, by position, from the nearest remembered texts. What nobody knows is unknown.
 */
import type { Hunk, LineOrigin } from '../model.ts';
import { diffLines } from '../hunks.ts';
import { unseen, type LineOrigins, type LineState, type Snapshot } from './model.ts';
import { compressLines, expandLines, loosePart } from './origins.ts';

export interface ResolveInput {
  /** Tokens of the text in question. */
  readonly lines: readonly string[];
  readonly key: string;
  /** Tokens of the text before the change that is judged; `null`: the file did not exist; absent: not known. */
  readonly baseline?: readonly string[] | null;
  /** Where `baseline` and `lines` differ, when that is known already; else it is worked out. */
  readonly hunks?: readonly Hunk[];
  /** Remembered texts of this path, best first: pending ones from new to old, then those of commits and alternates. */
  readonly candidates: readonly Snapshot[];
  /**
   * Keys of texts in commits that are made again (amend, pick): what those deleted is deleted again, and a line of theirs
   * that stands elsewhere now is theirs still.
   */
  readonly recreated?: ReadonlySet<string>;
  /** Keys of texts in commits that history does not hold: what those deleted counts where nobody was seen to do it. */
  readonly outside?: ReadonlySet<string>;
}

export interface Resolved {
  readonly origins: LineOrigins;
  /** Deleted baseline lines whose last deleter was an AI. 0 without a baseline. */
  readonly aiDeleted: number;
  readonly deleted: ReadonlyMap<string, LineOrigin>;
  /** False when no remembered text had this very content. */
  readonly exact: boolean;
}

/** A candidate costs one diff, so only the nearest are asked. */
const maxCandidates = 16;

const asBefore: LineState = { origin: null };
const unknown: LineState = { origin: unseen };

export function resolveOrigins(input: ResolveInput): Resolved {
  const { lines, baseline, candidates } = input;
  const exact = candidates.find((c) => c.key === input.key);
  const ordered = exact ? [exact, ...candidates.filter((c) => c !== exact)] : candidates;
  const found: (LineState | undefined)[] = Array.from({ length: lines.length });
  const hunks = baseline === undefined ? [] : refine(baseline ?? [], lines, input.hunks);
  const isOld = baseline === undefined ? undefined : unchanged(hunks, lines.length);
  let open = 0;
  for (let i = 0; i < lines.length; i++) {
    if (isOld?.[i]) found[i] = asBefore;
    else open++;
  }
  let asked = 0;
  for (const candidate of ordered) {
    // All of its lines are from before it: no answer for a line that the baseline does not have, see below.
    if (isOld !== undefined && candidate.origins.every((run) => run.origin === null)) continue;
    if (open === 0 || asked++ >= maxCandidates) break;
    const from = expandLines(candidate.origins);
    const isExact = candidate.key === input.key;
    const carried = isExact ? from : carryByHash(candidate.lines, from, lines);
    for (let i = 0; i < lines.length; i++) {
      const known = found[i];
      if (known !== undefined && (isOld?.[i] || known.origin?.origin !== 'unknown')) continue;
      const state = carried[i];
      if (state === undefined) continue;
      const { origin } = state;
      // "It was there before we looked" is no answer for a line that the baseline does not have.
      if (origin === null && isOld !== undefined) continue;
      // A gap in what was seen may be closed by an older text, but never by a weaker answer.
      const isAnswer = origin === null || origin.origin !== 'unknown';
      if (isAnswer) open--;
      if (known === undefined || (isAnswer && origin !== null)) found[i] = state;
    }
  }
  if (open > 0 && input.recreated) bringMoved(ordered, input.recreated, lines, found);
  const { told, outside } = tellers(ordered, input);
  const deleted = new Map<string, LineOrigin>();
  const broughtBack = new Map<string, LineOrigin>();
  // The same line may have been taken out, brought back and taken out again: who was last?
  for (const c of told) {
    const there = c.commit === undefined && deleted.size > 0 ? new Set(c.lines) : undefined;
    if (there)
      for (const [token, o] of deleted) {
        if (!there.has(token)) continue;
        deleted.delete(token);
        broughtBack.set(token, o);
      }
    if (baseline !== undefined) for (const [token, o] of c.gone ?? []) if (!deleted.has(token)) deleted.set(token, o);
    for (const [token, o] of c.deleted) deleted.set(token, o);
  }
  // This very text was there before, on whatever branch: what was taken out of it then is out of it again.
  for (const c of told)
    if (c.key === input.key) for (const [token, o] of c.deleted) if (!deleted.has(token)) deleted.set(token, o);
  for (const c of outside.toReversed())
    for (const [token, o] of c.deleted) if (!deleted.has(token)) deleted.set(token, o);
  if (baseline && broughtBack.size > 0) takeOutAgain(baseline, hunks, found, broughtBack, deleted);
  return {
    origins: compressLines(found.map((state) => state ?? unknown)),
    aiDeleted: baseline ? countDeleted(baseline, hunks, deleted) : 0,
    deleted,
    exact: exact !== undefined,
  };
}

/**
 * Who solves a conflict puts lines of the picked commit where they fit. One that is once in that commit's text and once in
 * this one has only moved; of two that are the same nobody can tell.
 */
function bringMoved(
  candidates: readonly Snapshot[],
  recreated: ReadonlySet<string>,
  lines: readonly string[],
  found: (LineState | undefined)[],
): void {
  const isOpen = (i: number): boolean => found[i] === undefined || found[i]?.origin?.origin === 'unknown';
  const at = new Map<string, number>();
  for (const [i, token] of lines.entries()) at.set(token, at.has(token) ? -1 : i);
  for (const c of candidates) {
    if (!recreated.has(c.key)) continue;
    const states = expandLines(c.origins);
    const seen = new Map<string, number>();
    for (const [i, token] of c.lines.entries()) seen.set(token, seen.has(token) ? -1 : i);
    for (const [token, from] of seen) {
      const to = at.get(token) ?? -1;
      const state = states[from];
      if (from < 0 || to < 0 || !isOpen(to) || !state?.origin || state.origin.origin === 'unknown') continue;
      found[to] = state;
    }
  }
}

/**
 * A stash that is popped into a text changed meanwhile: git takes a line out again for which nobody is seen to do it.
 * It is that edit's, where a line that the same edit put in its place came back with it.
 */
function takeOutAgain(
  old: readonly string[],
  hunks: readonly Hunk[],
  found: readonly (LineState | undefined)[],
  broughtBack: ReadonlyMap<string, LineOrigin>,
  deleted: Map<string, LineOrigin>,
): void {
  const edit = (o: LineOrigin): string => [o.origin, o.at, o.session, o.agent].join('\n');
  for (const hunk of hunks) {
    let inPlace: Set<string> | undefined;
    for (let i = hunk.oldStart - 1; i < hunk.oldStart - 1 + hunk.oldLines; i++) {
      const token = old[i] ?? '';
      const by = broughtBack.get(token);
      if (!by || deleted.has(token)) continue;
      if (!inPlace) {
        inPlace = new Set();
        for (let n = hunk.newStart - 1; n < hunk.newStart - 1 + hunk.newLines; n++) {
          const origin = found[n]?.origin;
          if (origin) inPlace.add(edit(origin));
        }
      }
      if (inPlace.has(edit(by))) deleted.set(token, by);
    }
  }
}

/** The texts that speak of deletions, from old to new: those of our own history first choice, those outside of it else. */
function tellers(
  candidates: readonly Snapshot[],
  { key, recreated, outside }: ResolveInput,
): { told: Snapshot[]; outside: Snapshot[] } {
  // Newest first as they come; of two of the same millisecond the newer one is still to be heard last.
  const byTime = (list: readonly Snapshot[]): Snapshot[] =>
    list.toReversed().toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const isTold = (c: Snapshot): boolean => c.commit === undefined || c.key === key || recreated?.has(c.key) === true;
  return {
    told: byTime(candidates.filter(isTold)),
    outside: byTime(candidates.filter((c) => !isTold(c) && outside?.has(c.key) === true)),
  };
}

/** Carries what is known of lines from `old` to `next` by position; `undefined` where the old text has no such line. */
export function carryByHash<T>(
  old: readonly string[],
  known: readonly T[],
  next: readonly string[],
): (T | undefined)[] {
  const out: (T | undefined)[] = Array.from({ length: next.length });
  let o = 0;
  let n = 0;
  for (const hunk of diffLines(old, next)) {
    const oldStart = hunk.oldLines === 0 ? hunk.oldStart : hunk.oldStart - 1;
    const newStart = hunk.newLines === 0 ? hunk.newStart : hunk.newStart - 1;
    while (n < newStart) out[n++] = known[o++];
    carryLoose(old, known, next, out, oldStart, hunk.oldLines, newStart, hunk.newLines);
    o = oldStart + hunk.oldLines;
    n = newStart + hunk.newLines;
  }
  while (n < next.length) out[n++] = known[o++];
  return out;
}

/** Within a hunk, lines that differ in white space only keep their origin. */
function carryLoose<T>(
  old: readonly string[],
  known: readonly T[],
  next: readonly string[],
  out: (T | undefined)[],
  oldStart: number,
  oldCount: number,
  newStart: number,
  newCount: number,
): void {
  if (oldCount === 0 || newCount === 0) return;
  const a = old.slice(oldStart, oldStart + oldCount).map(loosePart);
  const b = next.slice(newStart, newStart + newCount).map(loosePart);
  let o = 0;
  let n = 0;
  const keep = (upTo: number): void => {
    while (n < upTo) out[newStart + n++] = known[oldStart + o++];
  };
  for (const hunk of diffLines(a, b)) {
    keep(hunk.newLines === 0 ? hunk.newStart : hunk.newStart - 1);
    o += hunk.oldLines;
    n += hunk.newLines;
  }
  keep(newCount);
}

/** Hunks of two texts. Git's are by bytes: lines that differ in their terminator only are the same to us. */
function refine(old: readonly string[], next: readonly string[], hunks: readonly Hunk[] | undefined): readonly Hunk[] {
  if (hunks === undefined) return diffLines(old, next);
  const out: Hunk[] = [];
  for (const h of hunks) {
    if (h.oldLines === 0 || h.newLines === 0) {
      out.push(h);
      continue;
    }
    const [o, n] = [h.oldStart - 1, h.newStart - 1];
    for (const inner of diffLines(old.slice(o, o + h.oldLines), next.slice(n, n + h.newLines)))
      out.push({ ...inner, oldStart: inner.oldStart + o, newStart: inner.newStart + n });
  }
  return out;
}

/** Per line of the new text: is it in no hunk? */
function unchanged(hunks: readonly Hunk[], count: number): boolean[] {
  const out: boolean[] = Array.from({ length: count }, () => true);
  for (const hunk of hunks) {
    const start = hunk.newLines === 0 ? hunk.newStart : hunk.newStart - 1;
    out.fill(false, start, start + hunk.newLines);
  }
  return out;
}

function countDeleted(
  old: readonly string[],
  hunks: readonly Hunk[],
  deleted: ReadonlyMap<string, LineOrigin>,
): number {
  if (deleted.size === 0) return 0;
  let count = 0;
  for (const hunk of hunks)
    for (let i = 0; i < hunk.oldLines; i++) if (deleted.get(old[hunk.oldStart - 1 + i] ?? '')?.origin === 'ai') count++;
  return count;
}
