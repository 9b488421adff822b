import { at, type TreeNode } from '../languages/treeNode.ts';
import {
  expressions,
  hasOnly,
  isOutside,
  isUntrusted,
  jobs,
  rightsOf,
  runText,
  triggers,
  workflowLanguages,
  writes,
  type Job,
} from './kit/workflow.ts';
import type { Source } from '../languages/source.ts';
import type { Rule } from './rule.ts';

export const workflowTriggers: Rule = {
  id: 'workflow-dangerous-trigger',
  title: 'Workflow runs foreign code with our rights',
  tier: 'high',
  category: 'ci-cd',
  languages: workflowLanguages,
  references: ['CWE-829', 'GitHub Security Lab: Preventing pwn requests'],
  why: '`pull_request_target`, `workflow_run` and comment triggers run with secrets and a writing token, on behalf of people outside; checking out or building their code hands both over.',
  remedy: 'use `pull_request`, or never check out the head of the request',
  keywords: ['pull_request_target', 'workflow_run', 'issue_comment', 'checkout'],
  check(source, report) {
    const list = triggers(source);
    // Scripts of its own that fetch nothing (to run failed jobs again, to call a hook) touch no foreign code.
    const isAlone = jobs(source).every(
      (job) =>
        job.steps.length > 0 &&
        job.steps.every((step) => {
          const run = at(step, 'run')?.value;
          return (
            run !== undefined &&
            !/\bgit\b|\bdownload\b|\bcheckout\b|\bcurl\b|\bwget\b|\bn(?:pm|px)\b|\bpip\b|artifact/i.test(run)
          );
        }),
    );
    const { what: reach, place } = reachOf(source);
    const strong = reach === 'any' ? strongRights(source) : undefined;
    for (const t of list)
      if ((t.name === 'workflow_run' && isAlone) || !/^(?:pull_request_target|workflow_run)$/.test(t.name)) continue;
      // By steps, so that one that gets at less than before is no news.
      else {
        for (const what of reach === 'any' ? ['any', 'little'] : reach === 'little' ? ['little'] : []) {
          const hit = {
            // Who got at more before is told no more than that.
            ...(what === 'little' && { tier: 'low' as const }),
            message:
              reach === 'any'
                ? `${t.name} runs with secrets for requests from outside: use pull_request unless no foreign code is ever touched.`
                : `${t.name} runs with our rights for requests from outside: touch nothing of theirs here, as it is now.`,
          };
          report({ ...hit, start: t.node.start, end: t.node.end, key: `on:${t.name} ${what}` });
          // The start may stay as it is, far above what is put behind it.
          if (place && (what === reach || !strong?.isOpen))
            report({ ...hit, ...place, key: `on:${t.name} ${what} there`, follows: true });
        }
        for (const [right, from] of strong?.rights ?? []) {
          // Of all that one word gives, or that nobody limits, one sentence speaks.
          const what = from?.key === right ? right : 'whatever nobody keeps from it';
          const hit = {
            start: (from ?? t.node).start,
            end: (from ?? t.node).end,
            follows: true,
            message: `${t.name} runs for requests from outside, and its token may write to ${what}: give it to a workflow that they do not start.`,
          };
          report({ ...hit, key: `on:${t.name} may ${right}` });
          // Where nothing was said the platform may have given less.
          if (from) report({ ...hit, key: `on:${t.name} is said to ${right}`, tier: 'medium' });
        }
      }
    if (!list.some((t) => isOutside(t.name))) return;
    for (const job of jobs(source))
      for (const step of job.steps) {
        const uses = at(step, 'uses')?.value ?? '';
        const theirs = [at(step, 'with', 'ref'), at(step, 'with', 'repository')].find(
          (n) => n && /head|merge|refs\/pull|pull_request\.number|issue\.number/.test(n.value),
        );
        if (/^actions\/checkout(?:@|$)/.test(uses) && theirs)
          report({ start: step.start, end: step.end, key: `checkout:${theirs.value}` });
        const run = at(step, 'run');
        if (
          run &&
          /\bgh\s+pr\s+checkout\b|\bgit\s+(?:fetch|pull|checkout)\b[^\n]{0,400}(?:pull\/|head\.(?:ref|sha)|HEAD_REF)/.test(
            run.value,
          )
        )
          report({ start: run.start, end: run.end, key: 'checkout:run' });
      }
  },
};

interface Place {
  readonly start: number;
  readonly end: number;
}

/**
 * What a start from outside gets at, and where it does: nothing, where the workflow takes no code, no action and no secret and
 * its token may nothing; little, where it answers or labels requests by the platform's own or pinned actions, or scripts of
 * its own.
 */
function reachOf(source: Source): { readonly what: 'none' | 'little' | 'any'; readonly place?: Place } {
  const all = jobs(source);
  const any = (place?: Place): { what: 'any'; place?: Place } => ({
    what: 'any',
    ...(place && { place: { start: place.start, end: place.end } }),
  });
  if (all.length === 0) return any();
  for (const r of telling) {
    const m = r.exec(source.text);
    if (m) return any({ start: m.index, end: m.index + m[0].length });
  }
  let little: Place | undefined;
  let isAny = false;
  for (const job of all) {
    const more = at(job.node, 'uses') ?? at(job.node, 'container') ?? at(job.node, 'services');
    if (more) return any(more);
    const runner = at(job.node, 'runs-on');
    if (runner?.kind !== 'scalar' || !hosted.test(runner.value)) return any(runner ?? job.node);
    const rights = rightsOf(job);
    // What else it gets at is the place that stays when its rights are said or taken.
    if (!hasOnly(job, (c) => /^(?:read|none)$/.test(c.value) || answers.test(c.key))) isAny = true;
    if (!hasOnly(job, (c) => c.value === 'none')) little ??= rights;
    for (const step of job.steps) {
      const uses = at(step, 'uses')?.value;
      const script = runText(step);
      if (uses !== undefined) {
        little ??= step;
        if (!talks.test(uses) && !/^[\w-]+\/[\w./-]+@[0-9a-f]{40}$/.test(uses)) return any(step);
        if (fetches.test(uses) || letsPass.test(uses)) return any(step);
        // Their commit or branch, wherever it is put, is fetched there.
        if (theirs.test(source.text.slice(step.start, step.end))) return any(step);
      }
      if (script && (fetches.test(script.value) || letsPass.test(script.value) || pastes(source, script, job, made)))
        return any(step);
      const run = at(step, 'run')?.value;
      if (run !== undefined && !isPlain(run)) return any(step);
      // Where an input ends up is not known.
      if (uses !== undefined && pastes(source, step, job)) return any(step);
    }
  }
  if (isAny) return any(little ?? all.map(rightsOf).find(Boolean));
  return little ? { what: 'little', place: { start: little.start, end: little.end } } : { what: 'none' };
}

/** Rights of the jobs beyond answering requests, and where they are given; where nothing is said, all, and nowhere. */
function strongRights(source: Source): {
  readonly rights: ReadonlyMap<string, TreeNode | undefined>;
  readonly isOpen: boolean;
} {
  const rights = new Map<string, TreeNode | undefined>();
  let isOpen = false;
  for (const job of jobs(source)) {
    const said = rightsOf(job);
    isOpen ||= !said;
    const named = said?.children.some((c) => c.key === 'id-token' && c.value === 'write') ? ['id-token'] : [];
    for (const right of [...writes(job), ...named])
      if (!answers.test(right) && !rights.get(right)) rights.set(right, at(said, right) ?? said);
  }
  return { rights, isOpen };
}

/** By its name a machine of the platform; others may be called after what runs on them. */
const hosted = /^(?:ubuntu|macos)-(?:latest|slim|\d\d(?:\.\d\d)?)(?:-(?:arm|intel|x?large|\d{1,3}-?cores?))?$/;

/** What gives a request the word that lets it in, which the right to answer requests includes. */
const letsPass = /\bAPPROVE\b|approve|merge|createReview|submitReview/i;

/** A commit or branch of the request, as an input. */
const theirs =
  /^[ \t]+(?!if\b)[\w-]{1,60}[ \t]*:[^\n]*(?:\bhead\s*\.\s*(?:sha|ref|repo)\b|\bhead_(?:ref|sha|branch|repository)\b)/m;

/** Secrets, shells of its own, and a gate by the name of who started it, which guards something and can be got round. */
const telling = [
  /\bsecrets\s*(?:\.\s*(?!GITHUB_TOKEN\b)|\[|\)|:)/,
  /\bBASH_ENV\b|\bshell\s*:\s*(?!(?:bash|sh)\s*$)/m,
  /\bgithub\s*(?:\.\s*|\[\s*["'])(?:triggering_)?actor\b/i,
];

/** Rights to answer and label requests and issues; a status or check may let one pass. */
const answers = /^(?:issues|pull-requests|discussions)$/;

/** The platform's own actions that speak to its interface, and run nothing of a repository. */
const talks = /^actions\/(?:labeler|first-interaction|stale|github-script|add-to-project)@/;

/** What brings code or data of others to the runner, or runs what lies there. */
const fetches =
  /checkout|artifact|cache|\bgit\b|\bgh\s+(?!(?:pr|issue|label)\s+(?:comment|edit|close|reopen|lock|view|list|create)\b)|download|curl|wget|\b(?:n(?:pm|px)|pnpm|yarn|bun|pip3?|uvx?|make|docker|bash|sh|source|eval|exec|python3?|node|perl|ruby|php|awk|xargs|require|import|Function|constructor|globalThis|process)\b|\.\/|GITHUB_(?:ENV|PATH)|(?:^|[\n;&|(!]|\b(?:if|then|do|else|elif|while|until|command|builtin|time|sudo|env)\s)\s*["']?\$/i;

/** What an earlier step or job made, maybe of what people outside wrote. */
const made = /\b(?:steps|needs)\s*[.[]/;

const pastes = (source: Source, place: TreeNode, job: Job, also?: RegExp): boolean =>
  expressions(source, place.start, place.end).some(
    (e) => isUntrusted(e.text, job, source) || also?.test(e.text) === true,
  );

/** Commands that look at texts and say something; they start nothing else. */
const plain =
  /^(?:echo|printf|test|\[{1,2}|\(\(|exit|return|true|false|:|e?grep|fgrep|sed|cut|tr|jq|cat|head|tail|wc|sort|uniq|date|sleep|set|read|local|declare|shift|break|continue|gh|tee|seq|expr|basename|dirname|if|then|else|elif|fi|for|while|until|do|done|case|esac|\w{1,80}\+?=.*|["']{2}.*|#.*)$/;

/** Whether a script of a shell has plain commands alone. */
function isPlain(script: string): boolean {
  const text = script
    .replace(/^[ \t]*#[^\n]*$/gm, '')
    .replace(/\$\{\{[^\n}]{0,400}\}\}/g, 'x')
    .replace(/'[^'\n]{0,2000}'/g, "''")
    .replace(/"(?:[^"\\`\n$]|\\.|\$(?!\())*"/g, (all) => (all.includes('$') ? '"$"' : '""'));
  // What is put into an editing script may be a command of it.
  if (/\bsed\b[^\n|;&]{0,400}\$/.test(text)) return false;
  for (const [, word, next] of text.matchAll(
    /(?:^|[\n;&|(!{`]|(?<![\w-])(?:if|then|do|else|elif|while|until)[ \t])[ \t]*(?:\w{1,80}=(?:"[^"\n]{0,200}"|[^\s"'`;&|()]{0,200})[ \t]+)*([^\s;&|(){}<>`]+)([^\s]?)/g,
  ))
    if (next !== ')' && !plain.test(word!)) return false;
  return true;
}
