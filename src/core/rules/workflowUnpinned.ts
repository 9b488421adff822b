import { at, walk, type TreeNode } from '../languages/treeNode.ts';
import { hasOnly, isOutside, jobs, rightsOf, triggers, workflowLanguages, type Job } from './kit/workflow.ts';
import type { Source } from '../languages/source.ts';
import type { Rule } from './rule.ts';

export const workflowUnpinned: Rule = {
  id: 'workflow-unpinned',
  title: 'Workflow uses code that can change under it',
  tier: 'high',
  category: 'supply-chain',
  languages: workflowLanguages,
  references: ['CWE-829', 'CWE-1357', 'OpenSSF Scorecard: Pinned-Dependencies'],
  why: 'A tag or branch can be moved to other code at any time, and that code runs with the tokens of the job (tj-actions, 2025). Only a commit hash or an image digest stays what was reviewed.',
  remedy: 'pin the full commit hash (with the version as a comment) or the image digest',
  keywords: ['uses', 'image', 'container', 'services'],
  // Another workflow of the same owner, held as loosely and given the same.
  isSame: (old, now) => old.form !== undefined && old.form.text === now.form?.text,
  check(source, report) {
    // Trust is given to a repository: what the file takes from one already, under the same name, says nothing new.
    const told = new Set<string>();
    // Who pins others by a hash means to pin all.
    const isHeld = /\buses\s*:\s*["']?[\w.-]+\/[\w./-]+@[0-9a-f]{40}\b/.test(source.text);
    for (const root of source.tree)
      for (const n of walk(root)) {
        if (n.key === 'uses' && n.kind === 'scalar') {
          const v = n.value;
          // `$/` is this repository at the commit that runs.
          if (v === '' || /^(?:\.{1,2}\/|\$\/(?!\S*\.\.))/.test(v) || v.includes('${{')) continue;
          if (v.startsWith('docker://')) {
            if (v.includes('@sha256:')) continue;
            const [, image, tag] = imageName.exec(v.slice('docker://'.length))!;
            const job = jobs(source).find((j) => j.node.start <= n.start && n.end <= j.node.end);
            const isPoorly = job && rightsOf(job) && isPoor(source, job);
            // Another tag of the image that can be moved just as well is no new risk, but one that is meant to move.
            for (const key of isMovingTag(tag) ? [`docker:${image}`, `docker:${image} moving`] : [`docker:${image}`])
              report({ start: n.start, end: n.end, key, ...(isPoorly && { tier: 'medium' as const }) });
            continue;
          }
          const [name, ref] = v.split('@');
          const owner = (name ?? '').split('/')[0]!;
          if (/\/(?:\.{1,2})?\//.test(name ?? '')) {
            report({
              start: n.start,
              end: n.end,
              key: `path:${v}`,
              message: 'The path of the action is written so that it is hard to read: write it plainly.',
            });
            continue;
          }
          if (isNearly(owner)) {
            report({
              start: n.start,
              end: n.end,
              key: `name:${owner}`,
              message: `'${owner.slice(0, 40)}' is nearly the name of a well-known owner: check that it is the one you mean.`,
            });
            continue;
          }
          if (ref !== undefined && hijacked.has(ref)) {
            report({
              start: n.start,
              end: n.end,
              key: `hijacked:${v}`,
              tier: 'critical',
              message:
                'This commit of the action was put there by an attacker: take another release, and change what the job could read.',
            });
            continue;
          }
          if (archived.test(name ?? ''))
            report({
              start: n.start,
              end: n.end,
              key: `archived:${name}`,
              tier: 'medium',
              message: 'Nobody keeps this action up any more: use one that is, or the command it stands for.',
            });
          if (ref !== undefined && /^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(ref)) continue;
          const branch =
            ref === undefined || /^(?:main|master|develop|dev|trunk|head|latest|release|stable|next)$/i.test(ref);
          // Tags of GitHub's own actions are kept by the platform itself, which runs the job anyway.
          const own = /^(?:actions|github|dependabot)\//.test(name ?? '') && isVersion.test(ref ?? '');
          // A called workflow is given secrets and rights of its own by every call.
          const isCall = /\/\.github\/workflows\//.test(name ?? '');
          const repository = (name ?? '').split('/').slice(0, 2).join('/');
          // Another tag that can be moved just as well is no new risk.
          const key = `uses:${isCall ? 'call:' : ''}${repository}`;
          // One that is held closer than before is less of a risk: who took what a branch holds took its tags as well.
          const keys = branch ? [`${key}@${ref}`, key] : [key];
          const isGivenNothing = isCall && readsOnly(n, root) && !triggers(source).some((t) => isOutside(t.name));
          for (const one of isCall ? keys.flatMap((k) => [k, ...givenTo(n, root).map((g) => `${k} ${g}`)]) : keys) {
            // Who calls what a branch holds at that moment takes it on with every call.
            if (!(isCall && branch) && told.has(one)) continue;
            told.add(one);
            const isMore = one.includes(' ');
            report({
              start: n.start,
              end: n.end,
              key: one,
              ...(isCall && {
                form: { text: asService(one).replace(repository, owner).replace(/@\S+/, '@'), around: [], sinks: [] },
                // Where the file called it before, what it is given is the news.
                closer: {
                  subject: isMore ? `${key}@${ref}` : one,
                  message: more,
                  tier: decides.test(one) || !isMore ? ('high' as const) : ('medium' as const),
                },
              }),
              ...(isGivenNothing && { tier: 'medium' as const }),
              ...(own && { tier: isHeld || isCall || isTrusted(n, source) ? ('medium' as const) : ('low' as const) }),
            });
          }
        }
      }
    for (const root of source.tree) {
      const image = at(root, 'runs', 'image');
      if (image && image.value.startsWith('docker://') && !image.value.includes('@sha256:'))
        report({ start: image.start, end: image.end, key: `image:${image.value}` });
    }
    for (const job of jobs(source)) {
      const container = at(job.node, 'container');
      if (container) look(container, 'container', job);
      for (const service of at(job.node, 'services')?.children ?? []) look(service, 'service', job);
    }
    /** A container of the steps is handed what the job holds, one beside it what it is given in the file. */
    function look(node: TreeNode, kind: 'container' | 'service', job: Job): void {
      const image = node.kind === 'scalar' ? node : at(node, 'image');
      if (!image || image.value === '' || image.value.includes('@sha256:') || image.value.includes('${{')) return;
      const [, name, tag] = imageName.exec(image.value)!;
      const isMoving = isMovingTag(tag);
      const text = source.text.slice(node.start, node.end);
      const isGiven =
        kind === 'container' ||
        reaches.test(text) ||
        (/\$\{\{\s*env\b/.test(text) && /\bsecrets\s*[.[]/.test(source.text));
      const key = `image:${isGiven ? '' : 'beside:'}${name}`;
      // What nobody but Docker can publish, and is given nothing, gets at what its job holds at most.
      const isHarmless = isMoving && !isGiven && !/[/.]/.test(name!) && isPoor(source, job);
      const isLimited = at(job.node, 'permissions') ?? at(job.root, 'permissions');
      const moving = isHarmless ? (isLimited ? 'low' : 'medium') : 'high';
      // One that is held closer than before is less of a risk.
      for (const one of isMoving ? [key, `${key} moving`] : [key]) {
        // Beside the tests, one of the file is as good as another of its name.
        if (!isGiven && !isMoving && told.has(`${one} ${moving}`)) continue;
        told.add(`${one} ${moving}`);
        report({
          start: image.start,
          end: image.end,
          key: one,
          tier: isGiven ? 'high' : isMoving ? moving : 'low',
        });
      }
    }
  },
};

const imageName = /^(.*?)(?::([^:/]*))?$/s;

const isMovingTag = (tag: string | undefined): boolean => tag === undefined || !/\d/.test(tag) || movingTag.test(tag);

const more =
  'The file gives more than before to a called workflow that can change under you: pin its full commit hash, or give it only what it needs.';
/** Rights with which code or what is released can be changed, or somebody else's name be taken. */
const decides = /\b(?:contents|id-token|packages|actions|deployments|attestations|pages): |rights (?:write-all)?$/;

/** A tag of a release, or of a major version. */
const isVersion = /^(?:releases\/|codeql-bundle-)?v?\d{1,8}(?:[.-][\w.-]{1,40})?$/;

/** Words in tags that follow what is newest, whatever stands beside them. */
const movingTag =
  /(?:^|[._-])(?:latest|main|master|head|edge|nightly|dev|develop|stable|lts|rolling|current|canary|next|unstable|snapshot)(?:$|[._-])/i;

/** What a container beside the job gets at more than its own: secrets, values from elsewhere, the machine. */
const reaches =
  /\bsecrets\b|\bgithub\s*\.\s*token\b|\$\{\{\s*(?:needs|steps)\b|\bcredentials\s*:|\bvolumes\s*:|--(?:privileged|volume|mount|pid|ipc|network|net|cap-add|device|security-opt|userns)\b|(?<![\w-])-v\b/;

/** One that is given a secret by its own name, by the service that the name tells: its credential may be another kind now. */
const asService = (key: string): string =>
  key.replace(
    / (\w{3,80}?)_(?:CLIENT_SECRET|API_KEY|API_TOKEN|TOKEN)=\$\{\{\s*secrets\.(\w{3,100})\s*\}\}$/,
    (whole, service: string, name: string) =>
      service.includes('_') && whole.startsWith(` ${name}=`) ? ` of ${service}` : whole,
  );

/** Secrets and rights that a called workflow is given: each of them is trust of its own. */
function givenTo(uses: TreeNode, root: TreeNode): readonly string[] {
  const secrets = at(uses.parent, 'secrets');
  const rights = at(uses.parent, 'permissions') ?? at(root, 'permissions');
  return [
    ...(secrets?.kind === 'scalar'
      ? [secrets.value]
      : (secrets?.children ?? [])
          // The name of a client is no secret of its own beside the secret of that client.
          .filter(
            (s) =>
              !s.key.endsWith('_CLIENT_ID') ||
              s.value !== `\${{ secrets.${s.key} }}` ||
              !at(secrets, s.key.replace(/_ID$/, '_SECRET')),
          )
          .map((s) => `${s.key}=${s.value}`)),
    ...(rights?.kind === 'scalar' || !rights
      ? [`rights ${rights?.value ?? ''}`]
      : rights.children.filter((r) => !/^(?:read|none)$/.test(r.value)).map((r) => `${r.key}: ${r.value}`)),
  ];
}

/** Whether a called workflow gets no secret, and a token that is said to read alone. */
function readsOnly(uses: TreeNode, root: TreeNode): boolean {
  const rights = at(uses.parent, 'permissions') ?? at(root, 'permissions');
  const isReading =
    rights?.kind === 'scalar'
      ? /^(?:read-all|\{\s*\})$/.test(rights.value)
      : rights?.children.every((c) => /^(?:read|none)$/.test(c.value));
  return isReading === true && !at(uses.parent, 'secrets');
}

/** Whether a step hands its action a secret besides the token of the job. */
const isTrusted = (uses: TreeNode, source: Source): boolean =>
  ['with', 'env'].some((key) => {
    const given = at(uses.parent, key);
    return given !== undefined && holds.test(source.text.slice(given.start, given.end));
  });

/** Whether nothing of worth is in a job: it has no secret, no machine of its own and may change nothing, whoever starts it. */
function isPoor(source: Source, job: Job): boolean {
  const rights = at(job.node, 'permissions') ?? at(job.root, 'permissions');
  const runner = at(job.node, 'runs-on');
  return (
    !triggers(source).some((t) => isOutside(t.name)) &&
    !at(job.root, 'runs') &&
    (!rights || rights.value === 'read-all' || hasOnly(job, (c) => c.value !== 'write' || talks.test(c.key))) &&
    !at(job.node, 'environment') &&
    runner?.kind === 'scalar' &&
    /^(?:ubuntu|windows|macos)-|^\$\{\{/.test(runner.value) &&
    ![job.node, at(job.root, 'env')].some((n) => n && holds.test(source.text.slice(n.start, n.end)))
  );
}

/** Rights to say something: nothing of the code or of what is published can be changed with them. */
const talks = /^(?:issues|discussions|pull-requests)$/;
/** A secret besides the token of the job, which every action gets; or a machine that lasts. */
const holds = /\bsecrets\b(?!\s*\.\s*GITHUB_TOKEN\b)|self-hosted/;

/** Actions whose repositories are archived, and that many workflows use. */
const archived =
  /^(?:actions-rs\/[\w-]+|actions\/(?:create-release|upload-release-asset|setup-ruby|setup-elixir|setup-haskell)|marvinpinto\/action-automatic-releases|tibdex\/github-app-token|8398a7\/action-slack)$/i;

/** Commits of known attacks, by their full hash. */
const hijacked: ReadonlySet<string> = new Set([
  // tj-actions/changed-files, CVE-2025-30066
  '0e58ed8671d6b60d0890c21b07f8835ace038e67',
  // reviewdog/action-setup, CVE-2025-30154
  'f0d342d24037bb11d26b9bd8496e0808ba32e9ec',
]);

const wellKnown = ['actions', 'github', 'docker', 'hashicorp', 'aws-actions', 'google-github-actions', 'dependabot'];

/** One letter away from an owner everybody trusts. */
function isNearly(owner: string): boolean {
  const name = owner.toLowerCase();
  return !wellKnown.includes(name) && wellKnown.some((known) => isOneOff(name, known));
}

/** One letter is missing, too many or another, or two changed places. */
function isOneOff(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  if (a.length > b.length) return a.slice(i + 1) === b.slice(i);
  if (a.length < b.length) return a.slice(i) === b.slice(i + 1);
  return (
    a.slice(i + 1) === b.slice(i + 1) || (a[i] === b[i + 1] && a[i + 1] === b[i] && a.slice(i + 2) === b.slice(i + 2))
  );
}
