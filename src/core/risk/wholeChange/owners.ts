/** What is left of the owners that a change takes out of CODEOWNERS: said once for the file, by what its rules say now. */
import { diffLines, hunkThatTook, splitLines } from '../../hunks.ts';
import { oneLine } from '../../plainText.ts';
import { detectLanguage } from '../../languages/detect.ts';
import type { FileChange, Finding, Hunk, Tier } from '../../model.ts';
import type { Policy } from '../../policy/model.ts';
import { ownersRemoved } from '../../rules/ownersRemoved.ts';
import { covers, isSection, mayMeet, ownerRules, type OwnerRule } from '../../rules/kit/codeowners.ts';
import { about, backgroundOf, withBackground, withOther } from '../background.ts';
import { areRead, keep, type FileClassification } from './pass.ts';
import { listed } from '../../rules/kit/listed.ts';

const id = ownersRemoved.id;
const isOwnersFile = (path: string): boolean => detectLanguage(path, '') === 'codeowners';
/** Of more rules than this no pair is looked at. */
const maxRules = 1500;

/** Folds the findings of a CODEOWNERS file: who owns the paths all the same is none, where only some go it is medium. */
export function weighOwners(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  if (policy.rules.disable.includes(id)) return;
  for (const [i, { path, classification }] of judged.entries()) {
    const { before, after } = files[i]!;
    if (!isOwnersFile(path) || before === null || !areRead(files[i]!)) continue;
    const oldLines = splitLines(before);
    const newLines = splitLines(after ?? '');
    const [was, now] = [ownerRules(oldLines), ownerRules(newLines)];
    // Each section asks for approvals of its own, and one owner does not stand in for another's.
    const isPlain = was.length + now.length <= maxRules && ![...was, ...now].some(isSection);
    const lost = classification.findings.filter((f) => f.rule === id);
    if (isPlain) lost.push(...overruled(was, now, policy.rules.tiers[id] ?? ownersRemoved.tier));
    if (lost.length === 0) continue;
    const lines = new Set(lost.map((f) => backgroundOf(f).removedAt));
    const places = new Map(
      (isPlain ? was : []).flatMap((rule, at) =>
        lines.has(rule.line) ? [[rule.line, { rule, ...fateOf(at, was, now) }] as const] : [],
      ),
    );
    const groups: Record<'high' | 'medium' | 'low', Finding[]> = { high: [], medium: [], low: [] };
    for (const f of lost) {
      const old = places.get(backgroundOf(f).removedAt ?? 0);
      if (!old) {
        groups.high.push(f);
        continue;
      }
      const { rule, heirs } = old;
      const owner = backgroundOf(f).key!.slice(rule.pattern.length + 1);
      const stays = heirs?.every((r) => isNoWider(r, rule)) ?? false;
      if (stays && heirs!.every((r) => r.owners.includes(owner))) continue;
      // Others may speak for what is in the folder now; by the change, nothing is.
      const gone = heirs?.every((r) => r.owners.includes(owner)) === true ? goneFrom(rule, files) : 0;
      groups[gone > 1 ? 'low' : gone > 0 || old.isDead || stays ? 'medium' : 'high'].push(f);
    }
    const hunks = diffLines(oldLines, newLines);
    const told = Object.entries(groups).flatMap(([tier, group]) => {
      if (group.length === 0) return [];
      group.sort((a, b) => backgroundOf(a).removedAt! - backgroundOf(b).removedAt!);
      const one = exchanged(group, was, now) ?? folded(group, tier !== 'high');
      const weighed = policy.rules.tiers[id] === undefined ? withOther(one, { tier: tier as Tier }) : one;
      return [placed(weighed, was, now, hunks)];
    });
    const all = [...classification.findings.filter((f) => f.rule !== id), ...told];
    keep(
      judged,
      i,
      all.sort((a, b) => a.line - b.line),
    );
  }
}

const said = (r: OwnerRule): string => [r.pattern, ...r.owners].join(' ');

/** Whether nobody may approve by the first rule who may not by the second; a rule without owners asks nobody. */
const isNoWider = (r: OwnerRule, than: OwnerRule): boolean =>
  r.owners.length > 0 && r.owners.every((o) => than.owners.includes(o));

/** Folders whose owner is asked for more than order. */
const guarded =
  /auth|secur|permi|polic|admin|crypt|secret|key|token|login|pay|bill|infra|deploy|terraform|k8s|\.github|workflow/i;
const aboutFolder = /(?:^|\/)(?:readme|license|changelog|owners)\b[^/]*$|\.(?:md|rst|adoc)$/i;

/** How many files of a folder are gone with a change that has no other there: of one alone, more may well be left. */
function goneFrom({ pattern }: OwnerRule, files: readonly FileChange[]): number {
  if (!/^[^*?[\]\\]+\/$/.test(pattern) || guarded.test(pattern)) return 0;
  const isPlaced = pattern.slice(0, -1).includes('/');
  const folder = pattern.replace(/^\//, '');
  const there = files.filter((f) => (isPlaced ? f.path.startsWith(folder) : `/${f.path}`.includes(`/${folder}`)));
  // A file that only tells about the folder says nothing of the rest.
  return there.every((f) => f.after === null) ? there.filter((f) => !aboutFolder.test(f.path)).length : 0;
}

/** Owners whose rules stand as they did, and have lost the last word to one behind them. */
function overruled(was: readonly OwnerRule[], now: readonly OwnerRule[], tier: Tier): Finding[] {
  const left = new Set(now.flatMap((r) => r.owners.map((o) => `${r.pattern} ${o}`)));
  const { category, title, remedy } = ownersRemoved;
  return was.flatMap((rule, at) => {
    const owners = rule.owners.filter((o) => left.has(`${rule.pattern} ${o}`));
    const heir = owners.length > 0 ? now.findLast((r) => covers(r, rule)) : undefined;
    if (!heir || said(heir) === said(rule) || was.findLastIndex((r) => covers(r, rule)) > at) return [];
    // Who is added beside an owner takes nothing from them.
    const gone = heir.pattern === rule.pattern ? owners.filter((o) => !heir.owners.includes(o)) : owners;
    return gone.map((owner) => {
      const f: Finding = {
        rule: id,
        category,
        tier,
        line: heir.line,
        endLine: heir.line,
        message: `${title}: ${remedy}.`,
        removed: true,
      };
      return withBackground(f, { key: `${rule.pattern} ${owner}`, removedAt: rule.line });
    });
  });
}

interface Fate {
  /** Another rule had the last word already. */
  readonly isDead: boolean;
  /**
   * Who says now what the rule said: the last rule that has all of its paths, and those behind it that may have some and
   * were not behind the old one. `undefined` when no rule has them all.
   */
  readonly heirs: readonly OwnerRule[] | undefined;
}

function fateOf(at: number, was: readonly OwnerRule[], now: readonly OwnerRule[]): Fate {
  const rule = was[at]!;
  const isDead = was.findLastIndex((r) => covers(r, rule)) > at;
  const heir = now.findLastIndex((r) => covers(r, rule));
  if (heir < 0) return { isDead, heirs: undefined };
  const later = new Set(was.slice(at + 1).map(said));
  return { isDead, heirs: [now[heir]!, ...now.slice(heir + 1).filter((r) => mayMeet(r, rule) && !later.has(said(r)))] };
}

/** One finding for all of them, about the first. */
function folded(group: readonly Finding[], stays: boolean): Finding {
  const first = group[0]!;
  const said = group.map((f) => backgroundOf(f).key!.split(' ') as [string, string]);
  const owners = listed([...new Set(said.map(([, owner]) => oneLine(owner, 80)))], 3, 'more');
  const patterns = listed([...new Set(said.map(([pattern]) => `'${oneLine(pattern, 120)}'`))], 1, 'more patterns');
  const none = stays ? '; other owners stay' : '';
  const { fix, ...bare } = first;
  // Lines of one place put back do not bring back those of others.
  const isOnePlace = fix !== undefined && group.every((f) => f.fix?.edits[0]?.newText === fix.edits[0]?.newText);
  return about(first, {
    ...(isOnePlace ? first : bare),
    message: `No longer asked about ${patterns}: ${owners} (line ${backgroundOf(first).removedAt} before)${none}. Let the owner who goes agree to it.`,
  });
}

/** One finding for owners of one pattern that gave their places in its list to others. */
function exchanged(
  group: readonly Finding[],
  was: readonly OwnerRule[],
  now: readonly OwnerRule[],
): Finding | undefined {
  const first = group[0]!;
  const old = was.find((r) => r.line === backgroundOf(first).removedAt);
  const heir = old && now.findLast((r) => covers(r, old));
  if (!heir || heir.pattern !== old.pattern || heir.owners.length !== old.owners.length) return undefined;
  if (!group.every((f) => backgroundOf(f).removedAt === old.line)) return undefined;
  const gone = old.owners.flatMap((o, k) => (heir.owners.includes(o) ? [] : k));
  const isExchange = gone.length === group.length && gone.every((k) => !old.owners.includes(heir.owners[k]!));
  if (!isExchange) return undefined;
  const names = (of: OwnerRule): string =>
    listed(
      gone.map((k) => oneLine(of.owners[k]!, 80)),
      3,
      'more',
    );
  return about(first, {
    ...first,
    message: `'${oneLine(old.pattern, 120)}' asks ${names(heir)} in place of ${names(old)} (line ${old.line} before). Let the owner who goes agree to it.`,
  });
}

/** At the new line that has the old rule's word now, where the change brought one. */
function placed(f: Finding, was: readonly OwnerRule[], now: readonly OwnerRule[], hunks: readonly Hunk[]): Finding {
  const rule = was.find((r) => r.line === backgroundOf(f).removedAt);
  if (!rule) return f;
  const isIn = (r: OwnerRule, h: Hunk): boolean => r.line >= h.newStart && r.line < h.newStart + h.newLines;
  const own = hunkThatTook(hunks, rule.line);
  const brought = now.filter((r) => hunks.some((h) => isIn(r, h)));
  const line = (
    brought.find((r) => r.pattern === rule.pattern) ??
    brought.findLast((r) => covers(r, rule)) ??
    brought.find((r) => own !== undefined && isIn(r, own))
  )?.line;
  return line === undefined ? f : about(f, { ...f, line, endLine: line });
}

/** Takes out that a file has no owner any more which is gone with the same change, under its own name. */
export function withoutOwnersOfGone(files: readonly FileChange[], judged: FileClassification[]): void {
  const gone = new Set(files.filter((f) => f.after === null).map((f) => f.path));
  if (gone.size === 0) return;
  for (const [i, { classification }] of judged.entries()) {
    const left = classification.findings.filter((f) => {
      if (f.rule !== 'owners-removed') return true;
      const pattern = backgroundOf(f).key?.split(' ')[0] ?? '';
      // A folder or a pattern may hold more than this change knows of.
      return !/^\/?[^*?[\]\\]*\/[^*?[\]\\/]+$/.test(pattern) || !gone.has(pattern.replace(/^\//, ''));
    });
    keep(judged, i, left);
  }
}
