import { at, type TreeNode } from '../languages/treeNode.ts';
import {
  isOnlyCalled,
  isOutside,
  jobs,
  rightsOf,
  triggers,
  workflowLanguages,
  writes,
  type Job,
} from './kit/workflow.ts';
import type { Source } from '../languages/source.ts';
import type { Hit, Rule } from './rule.ts';
import { listed } from './kit/listed.ts';

export const workflowPermissions: Rule = {
  id: 'workflow-permissions',
  title: 'Workflow token may do too much',
  tier: 'high',
  category: 'ci-cd',
  languages: workflowLanguages,
  references: ['CWE-250', 'CWE-269', 'OpenSSF Scorecard: Token-Permissions'],
  why: 'Every step, and every action in it, gets the token; write access for the whole workflow lets the weakest of them push, release or approve.',
  remedy: 'start with `permissions: {}` and give single jobs what they need',
  keywords: ['permissions', 'jobs'],
  check(source, report) {
    const all = jobs(source);
    const count = all.length;
    // What is said at the top is for jobs that say nothing themselves.
    const isForNobody = count > 0 && all.every((job) => at(job.node, 'permissions'));
    for (const root of source.tree) {
      const look = (p: ReturnType<typeof at>, top: boolean): void => {
        if (!p) return;
        if (p.kind === 'scalar') {
          if (p.value === 'write-all') report({ start: p.start, end: p.end, key: 'write-all', tier: 'critical' });
          else if (p.value === 'read-all' && top && !isForNobody)
            report({ start: p.start, end: p.end, key: 'read-all', tier: 'medium' });
          return;
        }
        // With one job there is nobody to share with.
        if (top && count > 1 && !isForNobody && !doTheSame(all.map((job) => job.node)))
          for (const c of p.children) {
            if (c.value !== 'write') continue;
            const verdict = shared(source, c.key, all);
            if (verdict) report({ start: c.start, end: c.end, key: `top:${c.key}`, ...verdict });
          }
      };
      look(at(root, 'permissions'), true);
      for (const job of all) look(at(job.node, 'permissions'), false);
      const speaks = triggers(source).some((t) => t.name === 'pull_request')
        ? all.find((job) => job.root === root && writes(job).includes('pull-requests') && runsCheckout(job))
        : undefined;
      const right = speaks && at(rightsOf(speaks), 'pull-requests');
      if (speaks && right)
        report({
          start: right.start,
          end: right.end,
          key: 'request:pull-requests',
          tier: 'medium',
          message: `The job ${speaks.name.slice(0, 40)} runs code of the request beside a token that may approve and change requests: let another job write what it found.`,
        });
      // Nothing says what the token may do: the setting of the repository does, and it may be everything.
      const on = root.children.find((n) => n.key === 'on' || n.key === 'true');
      if (
        on &&
        // What only other workflows call has the token that its caller gives it.
        !isOnlyCalled(source) &&
        !at(root, 'permissions')
      ) {
        const open = all.filter((job) => job.root === root && at(job.node, 'steps') && !at(job.node, 'permissions'));
        const isStarted = triggers(source).some((t) => isOutside(t.name));
        const isBeside = open.some(({ node }) => at(node, 'container') ?? at(node, 'services'));
        const steps = open.flatMap((job) => job.steps);
        const user = steps.find((s) => !saysOnly(s)) ?? (isStarted || isBeside ? open[0]?.node : undefined);
        if (!user) continue;
        const hit = {
          key: 'default',
          tier: isStarted ? ('high' as const) : ('medium' as const),
          message: `Nothing limits the token of ${whose(all)}: say \`permissions: {}\` at the top and give single jobs what they need.`,
        };
        report({ ...hit, start: on.start, end: on.start + on.key.length });
        // What first has a use for it may come later, far below.
        report({ ...hit, start: user.start, end: user.end, follows: true });
      }
    }
  },
  fix(text) {
    const newText = text.replace(/^(permissions\s*:\s*)["']?write-all["']?$/, '$1{ contents: read }');
    return newText === text ? undefined : { title: 'Read the code only', newText };
  },
};

/** Whether a job runs scripts after it took the code: a request may have brought what they start. */
const runsCheckout = (job: Job): boolean => {
  const from = job.steps.findIndex((s) => /^actions\/checkout(?:@|$)/.test(at(s, 'uses')?.value ?? ''));
  return from >= 0 && job.steps.slice(from + 1).some((s) => at(s, 'run') ?? at(s, 'uses')?.value.startsWith('./'));
};

/** Whether a step prints texts that are written out, and so has no use for a token. */
const saysOnly = (step: TreeNode): boolean =>
  step.children.every((c) => c.key === 'name' || c.key === 'run') &&
  (at(step, 'run')?.value ?? '$').split('\n').every((line) => saying.test(line));
const saying = /^\s*(?:echo(?:\s+(?:"[^"`$\\]*"|'[^']*'|[\w ./:,!?-]+))?\s*)?$/;

/** The jobs that say nothing of their rights, where others do. */
function whose(all: readonly Job[]): string {
  const open = all.filter((job) => at(job.node, 'steps') && !at(job.node, 'permissions'));
  return open.length === all.length ? 'the workflow' : named(open);
}

function named(some: readonly Job[]): string {
  const names = some.map((job) => job.name.slice(0, 40));
  return `the job${some.length > 1 ? 's' : ''} ${listed(names, 3)}`;
}

/** What is to be said of a right that all jobs have which say nothing of theirs: by how many of them need it. */
function shared(source: Source, right: string, all: readonly Job[]): Pick<Hit, 'tier' | 'message'> | undefined {
  const open = all.filter((job) => !at(job.node, 'permissions'));
  const needs = needing[right];
  const idle = needs ? open.filter((job) => !needs(source, job)) : open;
  if (right === 'packages' && idle.length === 0) return undefined;
  // People outside start no job of it.
  const isQuiet = !triggers(source).some((t) => isOutside(t.name) || t.name === 'pull_request');
  if (open.length === 1)
    return {
      tier: isQuiet ? 'low' : 'medium',
      message: `${right}: write at the top is for ${named(open)} alone: say it there.`,
    };
  // Those that need the right are most.
  if (isQuiet && idle.length * 3 <= open.length)
    return {
      tier: 'low',
      message:
        idle.length > 0
          ? `${right}: write is for ${named(idle)} as well, where nothing needs it: say less there.`
          : `${right}: write at the top is for every job that comes, too: give it to those that need it.`,
    };
  return {
    ...(open.length === 2 ? { tier: 'medium' as const } : {}),
    message: `${right}: write for all ${open.length} jobs that say nothing of their rights: give it to those that need it.`,
  };
}

/** A job's steps one by one, what the environment of the file or job is set to put in. */
function stepTexts(source: Source, job: Job): string[] {
  const valueOf = (name: string): string | undefined =>
    at(job.node, 'env', name)?.value ?? at(job.root, 'env', name)?.value;
  return job.steps.map((s) =>
    source.text
      .slice(s.start, s.end)
      // What is said about a command does not do it.
      .replace(/^[ \t]*#.*$|[ \t]#[ \t].*$|^[ \t-]*name[ \t]*:.*$|\becho[ \t](?![^\n|]*\|)[^\n;&|]*/gm, '')
      .replace(/\$\{\{\s*env\.(\w{1,80})\s*\}\}/g, (whole, name: string) => valueOf(name) ?? whole),
  );
}

/** Whether a job logs in to the registry of the platform with its token, and pushes there. */
const pushesImages = (source: Source, job: Job): boolean => {
  const texts = stepTexts(source, job);
  return (
    texts.some(
      (text) =>
        /\b(?:login|registry)\b/.test(text) && text.includes('ghcr.io') && /GITHUB_TOKEN|github\.token/.test(text),
    ) &&
    texts.some((text) =>
      /\bpush["']?\s*[:=]\s*["']?true\b|\b(?:docker|podman)\s+(?:manifest\s+)?push\b|\bimagetools\s+create\b|docker-manifest-create-action@/.test(
        text,
      ),
    )
  );
};

/** Whether a job writes to the repository: a push, or a release with its files. */
const writesContents = (source: Source, job: Job): boolean =>
  stepTexts(source, job).some((text) =>
    /\bgit\s+(?:-\S+\s+\S+\s+)?push\b|\bgh\s+release\s+(?:create|upload|edit)\b|uses:\s*["']?[\w.-]+\/(?:action-gh-release|release-action|git-auto-commit-action|add-and-commit|create-pull-request|actions-gh-pages|goreleaser-action)@/.test(
      text,
    ),
  );

/** Whether a job shows who it is to a registry or a cloud: by an action for that, or as it publishes or signs. */
const showsItself = (source: Source, job: Job): boolean =>
  stepTexts(source, job).some((text) =>
    /\b(?:npm|pnpm|yarn|lerna|uv|flit)\s+publish\b|\bcosign\s+sign\b|uses:\s*["']?(?:pypa\/gh-action-pypi-publish|rust-lang\/crates-io-auth-action|rubygems\/(?:release-gem|configure-rubygems-credentials)|actions\/(?:attest[\w-]*|deploy-pages))@|\b(?:role-to-assume|workload_identity_provider)\s*:/.test(
      text,
    ),
  );

const needing: Readonly<Record<string, (source: Source, job: Job) => boolean>> = {
  packages: pushesImages,
  contents: writesContents,
  'id-token': showsItself,
};

/** Whether all jobs do one thing, by workflows of one place or the same actions: none could do without what one needs. */
function doTheSame(all: readonly TreeNode[]): boolean {
  const calls = all.map((job) => {
    const steps = at(job, 'steps')?.children ?? [];
    if (steps.length > 0) {
      const given = steps.flatMap((s) => at(s, 'with')?.children ?? []);
      const isPlain = steps.every((s) => at(s, 'uses') && !at(s, 'run')) && !given.some((g) => step.test(g.value));
      return isPlain ? steps.map((s) => at(s, 'uses')!.value.split('@')[0]).join(' ') : undefined;
    }
    const called = at(job, 'uses')?.value ?? '';
    const [, place, verb, subject] =
      /^(\.\/|[\w-]{1,80}\/[\w.-]{1,100}\/)\.github\/workflows\/([a-z]{1,40})([\w.-]{0,100})\.ya?ml(?:@[\w./-]{1,100})?$/.exec(
        called,
      ) ?? [];
    if (place === undefined || step.test(subject!)) return undefined;
    // What else one word says nothing of may be anything.
    const path = keepsHouse.test(verb!) ? `${place}${verb}` : called.split('@')[0];
    const given = (key: string): string => (at(job, key)?.children ?? []).map((c) => c.key).join();
    return [path, given('with'), given('secrets'), at(job, 'secrets')?.value].join(' ');
  });
  return calls.every((call) => call !== undefined && call === calls[0]);
}

/** What is done to issues and requests alone, to whichever of them. */
const keepsHouse = /^(?:promote|label|triage|stale|close|lock|assign|mark|greet)$/;

/** By its name, a step on the way of a change: others need other rights. */
const step = /test|lint|check|scan|build|compile|verif|audit|publish|release|deploy|upload|push|sign|notify|comment/i;
