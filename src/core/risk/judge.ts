/** Rules on both sides of a file's change: only what is new on changed lines, or gone with them, is a finding. */
import { hunkThatTook, splitLines } from '../hunks.ts';
import type { Language } from '../languages/detect.ts';
import { isTestPath } from '../languages/kinds.ts';
import { Source } from '../languages/source.ts';
import type { FileChange, Finding, Hunk } from '../model.ts';
import type { Policy } from '../policy/model.ts';
import { candidatesFor } from '../rules/candidates.ts';
import { allRules, ruleById } from '../rules/index.ts';
import { breaksFile, conflicts } from '../rules/kit/conflicts.ts';
import type { Found, Removal, Rule } from '../rules/rule.ts';
import { backgroundOf, withBackground } from './background.ts';
import { carried, count, surplus } from './counted.ts';
import { hits, run } from './hits.ts';
import { leftOfOldFlow } from './oldFlow.ts';
import { identity, type Side } from './sides.ts';
import { addTo } from '../multimap.ts';

/** Hits that the change brought (or, for `removed` rules, took away). */
export function judge(
  file: FileChange,
  before: Side,
  after: Side,
  language: Language,
  policy: Policy,
  commentsOnly = false,
): Finding[] {
  const findings: Finding[] = [];
  const inTests = isTestPath(file.path);
  const hasBefore = file.before !== null && file.before !== '';
  const candidates = candidatesFor(
    language,
    after.source,
    hasBefore && before.changed.size > 0 ? before.source : undefined,
  );
  for (const rule of candidates) {
    if (policy.rules.disable.includes(rule.id)) continue;
    if (inTests && !rule.inTests) continue;
    if (commentsOnly && !rule.inTests) continue;
    if (rule.on === 'removed') {
      if (!hasBefore || (before.changed.size === 0 && !isHidden(rule, after))) continue;
      const old = run(rule, before.source);
      if (old.length === 0) continue;
      const now = run(rule, after.source, true);
      const went = (f: Found): boolean => overlaps(f, before.changed);
      const change: Removal = {
        before: before.source,
        after: after.source,
        hunks: before.hunks,
        changed: after.changed,
        original: before.original,
        isExcerpt: before.original !== identity,
      };
      const missing = rule.missing?.(old, now, change, went) ?? surplus(old, count(now), went);
      const told = new Set<string>();
      for (const f of missing) {
        if (rule.goneAlone && file.after === null) continue;
        const still = file.after === null ? undefined : rule.isStill?.(f, change);
        if (still === true) continue;
        const alone = still || (rule.goneAlone?.(f, change) ?? true);
        if (alone === false) continue;
        const said = alone === true ? f : alone;
        if (said !== f && told.size === told.add(said.message ?? '').size) continue;
        findings.push(removedFinding(rule, said, before, file));
      }
      continue;
    }
    if (file.after === null) continue;
    const now = run(rule, after.source);
    if (now.length === 0) continue;
    const hadConflict = hasBefore && breaksFile(before.source.language) && conflicts(before.source).length > 0;
    if (!hadConflict && !now.some((f) => overlaps(f, after.changed) || overlaps(f, after.touched) || isNear(f, after)))
      continue;
    const all = hasBefore ? run(rule, before.source, true) : [];
    // What stood in a conflict was not told, and runs only now.
    const was = all.filter((f) => !isInConflict(rule, f, before.source));
    const isResolved = was.length < all.length;
    const old = count(was);
    const subjects = new Set(was.flatMap((f) => [f.subject, f.closer?.subject]));
    const brought = surplus(
      now,
      old,
      (x) => overlaps(x, after.changed) || overlaps(x, after.touched),
      (x) => isResolved || isNear(x, after),
    );
    const same =
      rule.isSame &&
      carried(
        rule,
        brought,
        surplus(was, count(now), () => true),
      );
    const isLeft =
      rule.category === 'injection' && hasBefore ? leftOfOldFlow(was, now, before, after.source) : undefined;
    let stateBefore: ((f: Found) => string | undefined) | undefined;
    const told = new Set<string>();
    const isTold = (f: Found): boolean => rule.once === true && told.size === told.add(f.key).size;
    const isAlone = brought.every((f) => f.follows);
    // Who has the file has that token already, and it must be revoked once.
    const isKnown = (f: Found): boolean =>
      rule.isKnownByText === true && hasBefore && before.source.text.includes(after.source.text.slice(f.start, f.end));
    for (const f of brought)
      if (
        (isAlone || !f.follows || (f.follows === 'known' && !subjects.has(f.subject))) &&
        !isKnown(f) &&
        same?.has(f) !== true &&
        isLeft?.(f) !== true &&
        !isInConflict(rule, f, after.source) &&
        !isTold(f)
      ) {
        const closer = f.closer && subjects.has(f.closer.subject) ? f.closer : undefined;
        const isThere = f.subject !== undefined && subjects.has(f.subject);
        const from = isThere ? (stateBefore ??= statesBefore(was, now, brought))(f) : undefined;
        const changed = from === undefined || from === f.state ? undefined : f.changed?.(from);
        const message = changed ?? (isThere ? (f.known ?? f.message) : f.message);
        const told = toFinding(rule, { ...f, ...(message !== undefined && { message }), ...closer }, after);
        findings.push(withBackground(told, { ...(!isThere && f.known !== undefined && { ifKnown: f }) }));
      }
  }
  return distinct(findings);
}

/** How the subject of a new hit stood in the text before: of the hits that are gone the only state, or that of its turn. */
function statesBefore(
  was: readonly Found[],
  now: readonly Found[],
  brought: readonly Found[],
): (f: Found) => string | undefined {
  const gone = bySubject(surplus(was, count(now), () => true));
  const come = bySubject(brought);
  return (f) => {
    const old = gone.get(f.subject) ?? [];
    const states = new Set(old.flatMap((x) => x.state ?? []));
    if (states.size === 1) return [...states][0];
    const others = come.get(f.subject) ?? [];
    return old.length === others.length ? old[others.indexOf(f)]?.state : undefined;
  };
}

function bySubject(found: readonly Found[]): Map<string | undefined, Found[]> {
  const groups = new Map<string | undefined, Found[]>();
  for (const f of found) {
    addTo(groups, f.subject, f);
  }
  return groups;
}

/** Whether a line that came may take away what stands below it, as it is. */
function isHidden({ hiddenBy }: Rule, { source, changed }: Side): boolean {
  if (!hiddenBy) return false;
  for (const line of changed) if (hiddenBy.test(source.lines[line - 1] ?? '')) return true;
  return false;
}

/** A hit that is new though its own line is not: what feeds it changed above or below (a variable, a removed check). */
function isNear(f: Pick<Found, 'line' | 'endLine' | 'mayFollow'>, { changed, touched }: Side): boolean {
  for (let d = 1; d <= reach; d++)
    for (const line of [f.line - d, f.endLine + d])
      if ((changed.has(line) || touched.has(line)) && f.mayFollow?.(line) !== false) return true;
  return false;
}
const reach = 12;

/**
 * Both sides of a conflict are older texts, and nothing of the file is read before it is resolved, which is told. A secret is
 * out all the same, and what is critical is not left to that.
 */
function isInConflict(rule: Rule, f: Found, source: Source): boolean {
  if (rule.id === 'merge-conflict' || rule.category === 'secrets' || (f.tier ?? rule.tier) === 'critical') return false;
  return (
    breaksFile(source.language) && conflicts(source).some((c) => c.isBare && c.from <= f.line && f.endLine <= c.to)
  );
}

/** One rule says one thing per line; of two ranges on it the smaller stays. What two rules say of one place, one does. */
function distinct(findings: readonly Finding[]): Finding[] {
  const kept = new Map<string, Finding>();
  const byLine = new Map<string, Finding[]>();
  for (const f of findings) {
    const id = `${f.rule}:${f.line}`;
    addTo(byLine, id, f);
  }
  for (const f of findings) {
    const better = byLine.get(`${ruleById(f.rule)?.yieldsTo}:${f.line}`);
    if (better?.some((o) => isSamePlace(o, f))) continue;
    const key = `${f.rule}:${f.line}:${f.message}`;
    const other = kept.get(key);
    const one = !other || size(f) < size(other) ? f : other;
    if (other) withBackground(one, { standsFor: (backgroundOf(other).standsFor ?? 1) + 1 });
    kept.set(key, one);
  }
  return [...kept.values()];
}

const isSamePlace = (a: Finding, b: Finding): boolean =>
  (a.column ?? 0) < (b.endColumn ?? Infinity) && (b.column ?? 0) < (a.endColumn ?? Infinity);

const size = (f: Finding): number => (f.endLine - f.line) * 1000 + ((f.endColumn ?? 500) - (f.column ?? 0));

function overlaps(f: { line: number; endLine: number }, lines: ReadonlySet<number>): boolean {
  if (lines.size === 0) return false;
  if (f.endLine - f.line > lines.size) {
    for (const l of lines) if (l >= f.line && l <= f.endLine) return true;
    return false;
  }
  for (let l = f.line; l <= f.endLine; l++) if (lines.has(l)) return true;
  return false;
}

function toFinding(rule: Rule, f: Found, side: Side): Finding {
  const { source } = side;
  let line = f.line;
  let moved = false;
  if (!side.changed.has(line)) {
    for (let l = f.line; l <= f.endLine; l++)
      if (side.changed.has(l)) {
        line = l;
        moved = true;
        break;
      }
  }
  const fixed = rule.fix?.(source.text.slice(f.start, f.end));
  const start = { line: side.original(f.line) - 1, character: source.columnAt(f.start) };
  const end = { line: side.original(f.endLine) - 1, character: f.end - source.starts[f.endLine - 1]! };
  const finding: Finding = {
    rule: rule.id,
    category: rule.category,
    tier: f.tier ?? rule.tier,
    line: side.original(line),
    endLine: side.original(Math.max(line, f.endLine)),
    ...(moved ? {} : { column: start.character, endColumn: end.character }),
    message: f.message ?? `${rule.title}: ${rule.remedy}.`,
    ...(fixed ? { fix: { title: fixed.title, edits: [{ start, end, newText: fixed.newText }] } } : {}),
  };
  return withBackground(finding, {
    key: f.key,
    ...(f.follows && { follows: true }),
    ...(f.tables && { tables: f.tables }),
    ...(f.form && { found: f }),
  });
}

function removedFinding(rule: Rule, f: Found, before: Side, file: FileChange): Finding {
  const total = splitLines(file.after ?? '').length;
  const old = before.original(f.line);
  // The first of its lines that went; what begins above may begin there still.
  let went = f.line;
  while (went < f.endLine && !before.changed.has(went)) went++;
  const gone = before.original(before.changed.has(went) ? went : f.line);
  const line = Math.max(1, Math.min(total || 1, nearest(before.hunks, gone)));
  const finding: Finding = {
    rule: rule.id,
    category: rule.category,
    tier: f.tier ?? rule.tier,
    line,
    endLine: line,
    message: f.message ?? `${rule.title}: ${rule.remedy}.`,
    removed: true,
    ...(file.after === null ? {} : restored(before, gone, file.after)),
  };
  return withBackground(finding, { key: f.key, removedAt: old });
}

/** A fix travels with its finding: what was removed must not come back as a secret in a report. */
function holdsSecret(before: Source, text: string): boolean {
  const part = new Source(before.path, text, before.language);
  return allRules().some((r) => r.category === 'secrets' && r.on !== 'removed' && hits(r, part).length > 0);
}

/** Most a fix puts back at once. */
const maxRestored = 80;

/** The edit that puts back what was deleted, where lines are gone and none took their place. */
function restored(before: Side, oldLine: number, after: string): Pick<Finding, 'fix'> {
  // Of a large file only the changed lines are at hand.
  if (before.original !== identity) return {};
  const hunk = hunkThatTook(before.hunks, oldLine);
  if (!hunk || hunk.newLines > 0 || hunk.oldLines > maxRestored) return {};
  const end = after.includes('\r\n') ? '\r\n' : '\n';
  const lines = before.source.lines.slice(hunk.oldStart - 1, hunk.oldStart - 1 + hunk.oldLines).join(end);
  if (holdsSecret(before.source, lines)) return {};
  const kept = after === '' ? 0 : after.split('\n').length;
  // Behind a last line that has no line end the lines start with one instead.
  const isOpen = hunk.newStart > 0 && hunk.newStart >= kept;
  const last = isOpen ? (after.split('\n').at(-1) ?? '').length : 0;
  const at = isOpen ? { line: kept - 1, character: last } : { line: hunk.newStart, character: 0 };
  const newText = isOpen ? `${end}${lines}` : `${lines}${end}`;
  return { fix: { title: 'Put the removed lines back', edits: [{ start: at, end: at, newText }] } };
}

/** The new line nearest to an old one that is gone. */
function nearest(hunks: readonly Hunk[], oldLine: number): number {
  for (const h of hunks) {
    if (oldLine < h.oldStart || oldLine >= h.oldStart + Math.max(1, h.oldLines)) continue;
    if (h.newLines === 0) return Math.max(1, h.newStart);
    return Math.min(h.newStart + h.newLines - 1, h.newStart + (oldLine - h.oldStart));
  }
  return 1;
}
