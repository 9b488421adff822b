/** Actions by a name that can move: told once for an owner, and weighed by who that is. */
import { at } from '../../../languages/treeNode.ts';
import { workflowUnpinned } from '../../../rules/workflowUnpinned.ts';
import type { Policy } from '../../../policy/model.ts';
import type { Source } from '../../../languages/source.ts';
import type { FileChange, Finding, Tier } from '../../../model.ts';
import { askedBy, isOutside, jobs, rightsOf, triggers, writes } from '../../../rules/kit/workflow.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { isRead, keep, replace, type FileClassification } from '../pass.ts';
import {
  maxCompared,
  isWorkflow,
  workflowOf,
  rank,
  isUnpinned,
  stepsOf,
  ofPlatform,
  pinnedIn,
  type Step,
} from './shared.ts';
import { addTo } from '../../../multimap.ts';
import { listed } from '../../../rules/kit/listed.ts';

/** Names that a sentence gives. */
const maxNamed = 3;

/** Actions by a tag, as `workflow-unpinned` keys them; not a branch, nor a called workflow. */
const byTag = /^uses:([\w.-]{1,100})\/([\w.-]{1,100})$/;

/**
 * Of the actions that a file takes from one owner by tags, the loudest is told, with the others in its sentence: whoever
 * trusts the owner with one does so with all. GitHub's own owners are one. One that was pinned before is told for itself.
 */
export function toldByOwner(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { classification }] of judged.entries()) {
    const groups = new Map<string, { readonly finding: Finding; readonly tier: Tier; readonly name: string }[]>();
    const news = new Map<Finding, Finding | undefined>();
    let pinned: ReadonlySet<string> | undefined;
    let swapped: ((f: Finding) => boolean) | undefined;
    let ofTrusted: ((f: Finding, owner: string) => boolean) | undefined;
    for (const finding of classification.findings) {
      const [, owner, name] = isUnpinned(finding) ? (byTag.exec(backgroundOf(finding).key ?? '') ?? []) : [];
      if (owner === undefined || name === undefined) continue;
      pinned ??= pinnedIn(files[i]!.before ?? '');
      if (pinned.has(`${owner}/${name}`)) {
        if (finding.tier === 'low') news.set(finding, withOther(finding, { tier: 'medium' }));
        continue;
      }
      const weighed =
        finding.tier === 'medium' && ofPlatform.test(`${owner}/`) && (swapped ??= onlySwaps(files[i]!))(finding)
          ? withOther(finding, { tier: 'low' })
          : finding.tier === 'high' && (ofTrusted ??= takesPlace(files[i]!))(finding, owner)
            ? withOther(finding, { tier: 'low' })
            : finding;
      if (weighed !== finding) news.set(finding, weighed);
      const isGitHubs = ofPlatform.test(`${owner}/`);
      const group = `${isGitHubs ? 'GitHub' : owner} ${finding.message}`;
      const one = { finding, tier: weighed.tier, name: isGitHubs ? `${owner}/${name}` : name };
      addTo(groups, group, one);
    }
    const isOfGitHub = (id: string): boolean => id.startsWith('GitHub ');
    const ofOthers = [...groups].flatMap(([id, group]) => (isOfGitHub(id) ? [] : group.map((g) => g.finding)));
    const ofGitHub = [...groups].flatMap(([id, group]) =>
      isOfGitHub(id) && group.every((g) => g.tier === 'low') ? group : [],
    );
    for (const [id, group] of groups) {
      const [first, ...rest] = group.toSorted((a, b) => rank(b.tier) - rank(a.tier) || a.finding.line - b.finding.line);
      if (!first || rest.length === 0) continue;
      for (const { finding } of rest) news.set(finding, undefined);
      const names = rest.map((r) => r.name.slice(0, 40));
      const whose = id.startsWith('GitHub ') ? 'GitHub' : 'this owner';
      news.set(
        first.finding,
        withOther(news.get(first.finding) ?? first.finding, {
          message: `${first.finding.message} The same holds for ${listed(names, maxNamed)} of ${whose}.`,
        }),
      );
    }
    // Beside somebody else's, those of the platform are no finding of their own.
    const loudest = ofOthers
      .filter((f) => !news.has(f) || news.get(f) !== undefined)
      .toSorted((a, b) => rank(b.tier) - rank(a.tier) || a.line - b.line)[0];
    if (loudest && ofGitHub.length > 0 && rank(loudest.tier) > rank('low')) {
      for (const { finding } of ofGitHub) news.set(finding, undefined);
      const names = ofGitHub.map((g) => g.name.slice(0, 80));
      const told = news.get(loudest) ?? loudest;
      news.set(
        loudest,
        withOther(told, { message: `${told.message} The tags of ${listed(names, maxNamed)} can move, too.` }),
      );
    }
    replace(judged, i, news);
  }
}

/** Actions and called workflows by a tag or a branch. */
const taken = /^uses:(?:call:)?([\w.-]{1,100})\/([\w.-]{1,100})(?:@([\w./-]{1,100}))?$/;

/**
 * An action of the organisation that has the repository is its own code: a remark, unless strangers start the workflow or
 * a hash was given up. Whose the repository is must have stood in the change's files before, where no edit of it can say so.
 */
export function weighOwnActions(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  if (policy.rules.tiers[workflowUnpinned.id] !== undefined) return;
  let owners: ReadonlySet<string> | undefined;
  for (const [i, { path, classification }] of judged.entries()) {
    const { before, after } = files[i]!;
    let isStarted: boolean | undefined;
    const left = classification.findings.map((f) => {
      const [, owner, name] = isUnpinned(f) && f.tier === 'high' ? (taken.exec(backgroundOf(f).key ?? '') ?? []) : [];
      if (owner === undefined || !isRead(after)) return f;
      owners ??= ownersOf(files);
      const isOurs = owners.has(owner.toLowerCase()) || runsAtHomeOnly(workflowOf(path, after), f.line, owner);
      if (!isOurs || pinnedIn(before ?? '').has(`${owner}/${name}`)) return f;
      isStarted ??= triggers(workflowOf(path, after)).some((t) => isOutside(t.name));
      return isStarted ? f : withOther(f, { tier: 'medium', message: ownCode });
    });
    keep(judged, i, left);
  }
}

/** Whether the job of a line runs in repositories of one owner alone: elsewhere, what it takes from there does not run. */
function runsAtHomeOnly(source: Source, line: number, owner: string): boolean {
  const job = jobs(source).find(
    ({ node }) => source.lineAt(node.start) <= line && line <= source.lineAt(Math.max(node.start, node.end - 1)),
  );
  const said = at(job?.node, 'if');
  const condition = said && askedBy(source, said);
  if (condition === undefined || condition.includes('||') || /!(?!=)/.test(condition)) return false;
  return condition.split('&&').some((part) => {
    const asked = /^\s*github\.repository(?:_owner)?\s*==\s*'([\w-]{1,60})(?:\/[\w.-]{1,100})?'\s*$/.exec(part)?.[1];
    return asked?.toLowerCase() === owner.toLowerCase();
  });
}
const ownCode =
  'An action of the own organisation is taken by a name that can move: who may push to its repository decides what runs here with the rights of this job. Pin the commit.';

/**
 * Organisations that the repository belongs to, by the texts before: teams in CODEOWNERS can only be of the owner's, and a
 * workflow asks in which repository it runs.
 */
function ownersOf(files: readonly FileChange[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { path, before } of files.slice(0, maxCompared)) {
    if (!isRead(before)) continue;
    const says = /(?:^|\/)CODEOWNERS$/.test(path)
      ? /(?<=^|\s)@([\w-]{1,60})\/[\w.-]{1,100}/gm
      : isWorkflow(path, before)
        ? /\bgithub\.repository(?:_owner)?\s{0,4}==\s{0,4}'([\w-]{1,60})(?:\/[\w.-]{1,100})?'/g
        : undefined;
    if (says) for (const m of before.matchAll(says)) found.add(m[1]!.toLowerCase());
  }
  return found;
}

/** An action whose name can move, that is not of the platform itself. */
const isLoose = ({ uses }: Step): boolean =>
  uses.includes('/') && !uses.startsWith('.') && !ofPlatform.test(uses) && !/@[0-9a-f]{40}$/.test(uses);

/**
 * Whether an action took the place of somebody else's, of an owner that the file trusts as loosely already: then fewer are
 * trusted than before. One that is given a secret which no action of this owner had is trusted anew, and so is one in a job
 * with rights or secrets where none of this owner was.
 */
function takesPlace({ path, before, after }: FileChange): (f: Finding, owner: string) => boolean {
  if (!isRead(before) || !isRead(after)) return () => false;
  const ownerOf = ({ uses }: Step): string => uses.split('/', 1)[0]!;
  const olds = stepsOf(workflowOf(path, before)).filter(isLoose);
  const source = workflowOf(path, after);
  const now = stepsOf(source).filter(isLoose);
  const isPoor = ({ job }: Step): boolean =>
    writes(job).length === 0 &&
    at(rightsOf(job), 'id-token')?.value !== 'write' &&
    !/\bsecrets\b|^[ \t]+environment[ \t]*:/m.test(source.text.slice(job.node.start, job.node.end)) &&
    !at(job.root, 'env');
  const isTrusted = (s: Step): boolean =>
    (isPoor(s) || olds.some((o) => ownerOf(o) === ownerOf(s) && o.job.name === s.job.name)) &&
    ![...s.given, ...envOf(source, s)].some((g) => /\bsecrets\b|private|token/i.test(g));
  const names = (steps: readonly Step[]): Set<string> => new Set(steps.map((s) => s.uses.split('@', 1)[0]!));
  const [was, is] = [names(olds), names(now)];
  const isFewer = now.length <= olds.length && is.size <= was.size;
  return (f, owner) =>
    isFewer &&
    olds.some((s) => ownerOf(s) === owner) &&
    [...was].some((name) => !is.has(name) && !name.startsWith(`${owner}/`)) &&
    now.every((s) => s.line !== f.line || isTrusted(s));
}

/** What stands in the environment of a step. */
const envOf = (source: Source, step: Step): readonly string[] =>
  step.job.steps
    .filter((s) => source.lineAt(at(s, 'uses')?.start ?? 0) === step.line)
    .flatMap((s) => at(s, 'env')?.children.map((c) => `${c.key} ${c.value}`) ?? []);

/**
 * Whether the platform's own actions of a file by tags are others and no more than before: then one that is given no secret took
 * the place of another, and nobody is trusted anew.
 */
function onlySwaps({ path, before, after }: FileChange): (f: Finding) => boolean {
  if (!before || !after) return () => false;
  const now = stepsOf(workflowOf(path, after));
  const count = (steps: readonly Step[]): number =>
    steps.filter((s) => ofPlatform.test(s.uses) && !/@[0-9a-f]{40}$/.test(s.uses)).length;
  if (count(now) > count(stepsOf(workflowOf(path, before)))) return () => false;
  return (f) => !now.some((s) => s.line === f.line && s.given.some((g) => /\bsecrets\b|private|token/i.test(g)));
}
