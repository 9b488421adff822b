/** Workflows of a change taken together: what one of them had before is not new in its copy, and an owner is told once. */
import { detectLanguage } from '../../languages/detect.ts';
import { Source } from '../../languages/source.ts';
import { tiers, type FileChange, type Finding, type Tier } from '../../model.ts';
import type { Policy } from '../../policy/model.ts';
import { at } from '../../languages/treeNode.ts';
import { isOutside, jobs, triggers } from '../../rules/kit/workflow.ts';
import { checkRemoved } from '../../rules/checkRemoved.ts';
import { workflowCheckout } from '../../rules/workflowCheckout.ts';
import { workflowPermissions } from '../../rules/workflowPermissions.ts';
import { workflowUnpinned } from '../../rules/workflowUnpinned.ts';
import { run } from '../hits.ts';
import { backgroundOf, withOther } from '../background.ts';
import { maxText, normalise } from '../sides.ts';
import { isRead, keep, type FileClassification } from './pass.ts';

/** Most workflows of a change that a new one is compared with. */
const maxCompared = 50;

/**
 * Takes out what a new workflow has from another one beside it, as that was before the change: all of a whole copy, and of
 * a part the actions, where it is started by the same and holds no more than the other did.
 */
export function withoutCopiedWorkflows(files: readonly FileChange[], judged: FileClassification[]): void {
  const olds = files
    .filter((f) => f.before !== null && isWorkflow(f.path, f.before))
    .slice(0, maxCompared)
    .map((f) => ({ path: f.path, source: sourceOf(f.path, f.before!) }));
  for (const [i, { path, classification }] of judged.entries()) {
    const { before, after } = files[i]!;
    if (before !== null || after === null || classification.findings.length === 0 || !isWorkflow(path, after)) continue;
    const now = sourceOf(path, after);
    let left: readonly Finding[] = classification.findings;
    for (const old of olds) {
      if (folderOf(old.path) !== folderOf(path)) continue;
      if (old.source.text.trim() === now.text.trim()) left = left.filter((f) => !f.rule.startsWith('workflow-'));
      else if (left.some(isUnpinned) && isNoStronger(now, old.source)) {
        const had = new Set(run(workflowUnpinned, old.source).map((f) => f.key));
        const olds = stepsOf(old.source);
        const lines = new Set(old.source.lines.map((line) => line.trim()));
        // An image is the same by its whole text: its tag may be one that moves.
        const isSameImage = (f: Finding): boolean =>
          !(backgroundOf(f).key ?? '').startsWith('image:') || lines.has(now.lines[f.line - 1]!.trim());
        const steps = stepsOf(now);
        // With the same given to it, or to one of the platform's own less.
        const isAlike = (f: Finding): boolean =>
          steps
            .filter((s) => s.line === f.line)
            .every((s) =>
              olds.some(
                (o) =>
                  o.uses === s.uses &&
                  s.given.every((g) => o.given.includes(g)) &&
                  (o.given.length === s.given.length || isOwn.test(s.uses)),
              ),
            );
        left = left.filter(
          (f) => !isUnpinned(f) || !had.has(backgroundOf(f).key ?? '') || !isAlike(f) || !isSameImage(f),
        );
      }
    }
    keep(judged, i, left);
  }
}

const isWorkflow = (path: string, text: string): boolean =>
  text.length <= maxText && /\.ya?ml$/.test(path) && detectLanguage(path, text) === 'github-actions';
const sourceOf = (path: string, text: string): Source => new Source(path, normalise(text), 'github-actions');
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);
const rank = (tier: Tier): number => tiers.indexOf(tier);
const isUnpinned = (f: Finding): boolean => f.rule === workflowUnpinned.id;

/** An action of a workflow: where it stands, and what it is given. */
interface Step {
  readonly line: number;
  readonly uses: string;
  readonly given: readonly string[];
}

const stepsOf = (source: Source): readonly Step[] =>
  jobs(source).flatMap((job) =>
    job.steps.flatMap((step) => {
      const uses = at(step, 'uses');
      if (!uses) return [];
      const given = (at(step, 'with')?.children ?? []).map((g) =>
        source.text.slice(g.start, g.end).replace(/\s+/g, ' ').trim(),
      );
      return [{ line: source.lineAt(uses.start), uses: uses.value, given }];
    }),
  );

/** Kept by the platform itself. */
const isOwn = /^(?:actions|github|dependabot)\//;

/** Lines that say what the jobs of a workflow hold, and where they run. */
const holding = /permissions|runs-on|secrets|\bwrite\b|write-all|token|environment|self-hosted|\bwith:\s*\{/;

function isNoStronger(now: Source, old: Source): boolean {
  const starts = new Set(triggers(old).map((t) => t.name));
  if (!triggers(now).every((t) => starts.has(t.name))) return false;
  const had = new Set(old.lines.map((line) => line.trim()));
  const isLimited = (s: Source): boolean => /^permissions\s*:/m.test(s.text);
  return now.lines.every((line) => !holding.test(line) || had.has(line.trim())) && (isLimited(now) || !isLimited(old));
}

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
    for (const finding of classification.findings) {
      const [, owner, name] = isUnpinned(finding) ? (byTag.exec(backgroundOf(finding).key ?? '') ?? []) : [];
      if (owner === undefined || name === undefined) continue;
      pinned ??= pinnedIn(files[i]!.before ?? '');
      if (pinned.has(`${owner}/${name}`)) {
        if (finding.tier === 'low') news.set(finding, withOther(finding, { tier: 'medium' }));
        continue;
      }
      const weighed =
        finding.tier === 'medium' && isOwn.test(`${owner}/`) && (swapped ??= onlySwaps(files[i]!))(finding)
          ? withOther(finding, { tier: 'low' })
          : finding;
      if (weighed !== finding) news.set(finding, weighed);
      const isGitHubs = isOwn.test(`${owner}/`);
      const group = `${isGitHubs ? 'GitHub' : owner} ${finding.message}`;
      const one = { finding, tier: weighed.tier, name: isGitHubs ? `${owner}/${name}` : name };
      const others = groups.get(group);
      if (others) others.push(one);
      else groups.set(group, [one]);
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
      const names = rest.slice(0, 3).map((r) => r.name.slice(0, 40));
      const whose = id.startsWith('GitHub ') ? 'GitHub' : 'this owner';
      const more = rest.length > 3 ? ` and ${rest.length - 3} more` : '';
      news.set(
        first.finding,
        withOther(news.get(first.finding) ?? first.finding, {
          message: `${first.finding.message} The same holds for ${names.join(', ')}${more} of ${whose}.`,
        }),
      );
    }
    // Beside somebody else's, those of the platform are no finding of their own.
    const loudest = ofOthers
      .filter((f) => !news.has(f) || news.get(f) !== undefined)
      .toSorted((a, b) => rank(b.tier) - rank(a.tier) || a.line - b.line)[0];
    if (loudest && ofGitHub.length > 0 && rank(loudest.tier) > rank('low')) {
      for (const { finding } of ofGitHub) news.set(finding, undefined);
      const names = ofGitHub.slice(0, 3).map((g) => g.name.slice(0, 80));
      const told = news.get(loudest) ?? loudest;
      const more = ofGitHub.length > 3 ? ` and ${ofGitHub.length - 3} more` : '';
      news.set(
        loudest,
        withOther(told, { message: `${told.message} The tags of ${names.join(', ')}${more} can move, too.` }),
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
      const isOurs = owners.has(owner.toLowerCase()) || runsAtHomeOnly(sourceOf(path, after), f.line, owner);
      if (!isOurs || pinnedIn(before ?? '').has(`${owner}/${name}`)) return f;
      isStarted ??= triggers(sourceOf(path, after)).some((t) => isOutside(t.name));
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
  const condition = at(job?.node, 'if')?.value ?? '';
  if (condition.includes('||') || /!(?!=)/.test(condition)) return false;
  return condition
    .replace(/^\s*\$\{\{|\}\}\s*$/g, '')
    .split('&&')
    .some((part) => {
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

/**
 * Whether the platform's own actions of a file by tags are others and no more than before: then one that is given no secret took
 * the place of another, and nobody is trusted anew.
 */
function onlySwaps({ path, before, after }: FileChange): (f: Finding) => boolean {
  if (!before || !after) return () => false;
  const now = stepsOf(sourceOf(path, after));
  const count = (steps: readonly Step[]): number =>
    steps.filter((s) => isOwn.test(s.uses) && !/@[0-9a-f]{40}$/.test(s.uses)).length;
  if (count(now) > count(stepsOf(sourceOf(path, before)))) return () => false;
  return (f) => !now.some((s) => s.line === f.line && s.given.some((g) => /\bsecrets\b|private|token/i.test(g)));
}

/** Of jobs that leave their token in one way, the first is told, with how many there are: it is decided once. */
export function toldByJob(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const groups = new Map<string, Finding[]>();
    for (const f of classification.findings) {
      if (f.rule !== workflowCheckout.id) continue;
      const id = `${f.tier} ${f.message}`;
      const others = groups.get(id);
      if (others) others.push(f);
      else groups.set(id, [f]);
    }
    const news = new Map<Finding, Finding | undefined>();
    for (const group of groups.values()) {
      const [first, ...rest] = group.toSorted((a, b) => a.line - b.line);
      if (!first) continue;
      const { before, after } = files[i]!;
      // Of a new file all are told, those too that a file had which went with the change.
      const lines = before === null && isRead(after) ? linesLike(path, after, first) : [];
      const others = Math.max(rest.length, lines.length - 1);
      if (others === 0) continue;
      for (const f of rest) news.set(f, undefined);
      const more = others === 1 ? 'one more checkout' : `${others} more checkouts`;
      news.set(first, withOther(first, { message: `${first.message} The same holds for ${more} of this file.` }));
    }
    replace(judged, i, news);
  }
}

/** The lines of a new file where a checkout leaves its token as one does of which a finding speaks. */
function linesLike(path: string, text: string, { tier, message }: Finding): number[] {
  const { title, remedy, tier: usual } = workflowCheckout;
  const found = run(workflowCheckout, sourceOf(path, text)).filter(
    (f) => f.follows !== true && (f.tier ?? usual) === tier && (f.message ?? `${title}: ${remedy}.`) === message,
  );
  return [...new Set(found.map((f) => f.line))];
}

/** Puts other findings, or none, in the places of some. */
function replace(judged: FileClassification[], i: number, news: ReadonlyMap<Finding, Finding | undefined>): void {
  if (news.size === 0) return;
  const { findings } = judged[i]!.classification;
  keep(
    judged,
    i,
    findings.flatMap((f) => (news.has(f) ? (news.get(f) ?? []) : f)),
  );
}

/** Repositories whose actions a text takes by a hash. */
const pinnedIn = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/\buses\s*:\s*["']?([\w.-]{1,100}\/[\w.-]{1,100})(?:\/[\w./-]{1,200})?@[0-9a-f]{40}\b/g)].map(
      (m) => m[1]!,
    ),
  );

const pythonTest = /(?:^|\/)(?:test_[^/]{0,100}|[^/]{1,100}_test)\.py$/;

/** Takes out the remark that a runner knows tests of its own kind alone, where the change writes all it touches for that. */
export function withoutRewrittenTests(files: readonly FileChange[], judged: FileClassification[]): void {
  const tests = files.filter((f) => pythonTest.test(f.path) && isRead(f.after));
  // What stands outside of its classes is of another kind.
  const isOfUnittest = (text: string): boolean =>
    /\bclass\s+\w+\([^)\n]{0,200}TestCase\)/.test(text) &&
    !/^(?:async\s+)?def\s+test|^class\s+Test\w*\s*(?:\(\s*\))?:/m.test(text);
  if (!tests.some((f) => !isOfUnittest(f.before ?? '')) || !tests.every((f) => isOfUnittest(f.after!))) return;
  for (const [i, { classification }] of judged.entries())
    if (classification.findings.some(isExchange))
      keep(
        judged,
        i,
        classification.findings.filter((f) => !isExchange(f)),
      );
}
const isExchange = (f: Finding): boolean => f.rule === checkRemoved.id && f.tier === 'low';

/** Images of Docker's own beside the steps, as `workflow-unpinned` keys them. */
const besides = /^image:beside:([\w-]{1,100})( moving)?$/;

/**
 * Of images beside the steps that only Docker publishes, the loudest of a file is told, and none where the file had one by its
 * tag before. What was held by a digest or a full version is given up, each time.
 */
export function toldByServices(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const news = new Map<Finding, Finding | undefined>();
    let had: ReadonlyMap<string, string> | undefined;
    let first: Finding | undefined;
    for (const f of classification.findings) {
      const [, name, moving] = isUnpinned(f) ? (besides.exec(backgroundOf(f).key ?? '') ?? []) : [];
      if (name === undefined) continue;
      had ??= servicesOf(path, files[i]!.before);
      const was = had.get(name);
      if (was !== undefined && (was.includes('@') || (moving && /\d\.\d{1,4}\.\d/.test(was))))
        news.set(f, withOther(f, { tier: rank(f.tier) > rank('medium') ? f.tier : 'medium' }));
      else if (f.tier !== 'low') continue;
      else if (first || (!moving && [...had.values()].some((image) => !image.includes('@')))) news.set(f, undefined);
      else first = f;
    }
    replace(judged, i, news);
  }
}

/** Images of Docker's own that ran beside the steps, by their names; one by its digest goes before others. */
function servicesOf(path: string, text: string | null): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (!isRead(text)) return found;
  for (const job of jobs(sourceOf(path, text)))
    for (const service of at(job.node, 'services')?.children ?? []) {
      const image = (service.kind === 'scalar' ? service : at(service, 'image'))?.value ?? '';
      const name = /^(?:(?:index\.)?docker\.io\/)?(?:library\/)?([\w-]{1,100})(?=$|[:@])/.exec(image)?.[1];
      if (name !== undefined && !found.get(name)?.includes('@')) found.set(name, image);
    }
  return found;
}

/** Of rights that a file gives to all its jobs, the loudest is told with the others in its sentence: they stand in one block. */
export function toldByBlock(_files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { classification }] of judged.entries()) {
    const rights = classification.findings.flatMap((finding) => {
      const right =
        finding.rule === workflowPermissions.id ? /^top:(.+)$/s.exec(backgroundOf(finding).key ?? '')?.[1] : undefined;
      return right === undefined ? [] : [{ finding, right }];
    });
    const [first, ...rest] = rights.toSorted(
      (a, b) => rank(b.finding.tier) - rank(a.finding.tier) || a.finding.line - b.finding.line,
    );
    if (!first || rest.length === 0) continue;
    const names = rest.map((r) => r.right.slice(0, 40)).join(', ');
    const news = new Map<Finding, Finding | undefined>(rest.map((r) => [r.finding, undefined]));
    news.set(
      first.finding,
      withOther(first.finding, { message: `${first.finding.message} The same block gives ${names}.` }),
    );
    replace(judged, i, news);
  }
}
