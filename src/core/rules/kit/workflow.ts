/** GitHub Actions workflows and composite actions: triggers, jobs, steps, expressions. */
import type { Language } from '../../languages/detect.ts';
import type { Source } from '../../languages/source.ts';
import { at, walk, type TreeNode } from '../../languages/treeNode.ts';

export const workflowLanguages: readonly Language[] = ['github-actions'];

export interface Job {
  readonly name: string;
  readonly node: TreeNode;
  readonly steps: readonly TreeNode[];
  readonly root: TreeNode;
}

/** Jobs of a workflow; a composite action counts as one job. */
export function jobs(source: Source): Job[] {
  const found: Job[] = [];
  for (const root of source.tree) {
    for (const job of at(root, 'jobs')?.children ?? [])
      found.push({ name: job.key, node: job, steps: stepsOf(at(job, 'steps')), root });
    const runs = at(root, 'runs');
    if (runs) found.push({ name: 'action', node: runs, steps: stepsOf(at(runs, 'steps')), root });
  }
  return found;
}

/** Steps of a list, those of a group that runs side by side one by one. */
const stepsOf = (list: TreeNode | undefined): TreeNode[] =>
  (list?.children ?? []).flatMap((step) => at(step, 'parallel')?.children ?? [step]);

export function triggers(source: Source): { name: string; node: TreeNode }[] {
  const found: { name: string; node: TreeNode }[] = [];
  for (const root of source.tree) {
    const on = root.children.find((c) => c.key === 'on' || c.key === 'true');
    if (!on) continue;
    if (on.kind === 'scalar') found.push({ name: on.value, node: on });
    else for (const c of on.children) found.push({ name: c.key || c.value, node: c });
  }
  return found;
}

/** Whether only other workflows start this one: it has the token that its caller gives it, or less. */
export const isOnlyCalled = (source: Source): boolean => {
  const all = triggers(source);
  return all.length > 0 && all.every((t) => t.name === 'workflow_call');
};

/** Whether the rights of a job are said, and each of them is fine; `{}` gives none. */
export function hasOnly(job: Job, isFine: (right: TreeNode) => boolean): boolean {
  const rights = at(job.node, 'permissions') ?? at(job.root, 'permissions');
  if (!rights) return false;
  return rights.kind === 'scalar' ? /^\{\s*\}$/.test(rights.value) : rights.children.every(isFine);
}

/** Where the rights of a job are said. */
export const rightsOf = (job: Job): TreeNode | undefined => at(job.node, 'permissions') ?? at(job.root, 'permissions');

/** What the token of a job may write. Where nothing is said that may be all. */
export function writes(job: Job): readonly string[] {
  const rights = rightsOf(job);
  if (!rights || (rights.kind === 'scalar' && !/^(?:read-all|\{\s*\})$/.test(rights.value))) return scopes;
  return rights.children.filter((c) => c.key !== 'id-token' && !/^(?:read|none)$/.test(c.value)).map((c) => c.key);
}
const scopes = [
  'contents',
  'packages',
  'actions',
  'attestations',
  'checks',
  'deployments',
  'discussions',
  'issues',
  'pages',
  'pull-requests',
  'repository-projects',
  'security-events',
  'statuses',
];

/** What a condition asks; `undefined`: text stands beside its `${{ }}`, be it a blank or a line end, and it is always true. */
export function askedBy(source: Source, condition: TreeNode): string | undefined {
  if (!condition.value.includes('${{')) return condition.value;
  const block = /^if\s*:\s*([|>]\S*)/.exec(source.text.slice(condition.start, condition.end))?.[1];
  // Only `-` takes the end of the last line away.
  if (block !== undefined && !/^[|>]-$/.test(block)) return undefined;
  const text = block === undefined ? condition.value : condition.value.replace(/^ +|\n+$/g, '');
  return /^\$\{\{((?:(?!\}\}|\$\{\{)[\s\S])*)\}\}$/.exec(text)?.[1];
}

/** The script of a step: `run:`, or `script:` of an action that runs one. */
export function runText(step: TreeNode): TreeNode | undefined {
  const run = at(step, 'run');
  if (run) return run;
  const uses = at(step, 'uses')?.value ?? '';
  if (
    /^(?:actions\/github-script|appleboy\/ssh-action|azure\/(?:cli|powershell)|jannekem\/run-python-script-action|cardinalby\/js-eval-action|addnab\/docker-run-action|nick-fields\/retry|nick-invision\/retry)(?:@|$)/i.test(
      uses,
    )
  )
    return (
      at(step, 'with', 'script') ??
      at(step, 'with', 'inlineScript') ??
      at(step, 'with', 'command') ??
      at(step, 'with', 'run')
    );
  return undefined;
}

/** The major version that an action is taken at. A hash is believed the comment behind it. */
export function majorOf(source: Source, uses: TreeNode): number | undefined {
  const line = source.lines[source.lineAt(uses.start) - 1] ?? '';
  const major =
    /@v?(\d{1,3})(?:\.\d{1,4}){0,2}$/.exec(uses.value)?.[1] ??
    /@[0-9a-f]{40}["']?\s+#\s{0,4}(?:tag=)?v?(\d{1,3})(?:\.\d{1,4}){0,2}\s*$/.exec(line)?.[1];
  return major === undefined ? undefined : Number(major);
}

/** `${{ … }}` between two offsets. */
export function expressions(
  source: Source,
  start: number,
  end: number,
): { text: string; start: number; end: number }[] {
  const found: { text: string; start: number; end: number }[] = [];
  let i = start;
  for (;;) {
    const open = source.text.indexOf('${{', i);
    if (open < 0 || open >= end) return found;
    const close = source.text.indexOf('}}', open);
    if (close < 0 || close > end + 2) return found;
    found.push({ text: source.text.slice(open + 3, close).trim(), start: open, end: close + 2 });
    i = close + 2;
  }
}

/** Contexts that people outside (or callers) can fill with text of their own. */
const untrusted =
  /\bgithub\.(?:head_ref|event\.(?:issue|pull_request|discussion|comment|review|review_comment|pages|commits|head_commit|workflow_run|release|client_payload|deployment|label|milestone|project_card|ref|sender|changes|answer|description)\b(?!(?:\.pull_requests\[\d{1,3}\])?\.(?:number|id|node_id|head\.sha|base\.sha|merge_commit_sha|draft|merged|state|html_url|url|created_at|updated_at|user\.(?:id|type)|author_association|conclusion|event|run_number|run_attempt|head_sha|prerelease)\b)|event_path|ref_name|base_ref(?!\w))/;

export function isUntrusted(expression: string, job: Job, source: Source): boolean {
  // Only what the expression yields counts, not what it compares.
  const value = expression
    .replace(/[^&|]{0,400}(?:==|!=|<=?|>=?)[^&|]{0,400}/g, ' ')
    .replace(/\b(?:contains|startsWith|endsWith|hashFiles|success|failure|always|cancelled)\s*\([^)]{0,400}\)/g, ' ');
  if (/^\s*(?:(?:toJSON|fromJSON)?\(\s*)?github(?:\s*\))?\s*$|toJSON\(\s*github(?:\.event)?\s*\)/i.test(value))
    return true;
  if (untrusted.test(value))
    return (
      !/\bgithub\.ref_name\b/.test(value) ||
      triggers(source).some((t) => /pull_request|push|create|workflow_dispatch/.test(t.name))
    );
  // A step or job may be called like a context: `steps.matrix.outputs.n`.
  if (inputsIn(value).some((name) => isFree(name, job))) return true;
  const matrix = /(?<![\w.-])matrix\.([\w-]+)/.exec(value);
  if (matrix) {
    const list = at(job.node, 'strategy', 'matrix');
    if (!list) return true;
    if (list.kind === 'scalar') return list.value.includes('${{');
    const own = at(list, matrix[1]!);
    const included = at(list, 'include');
    const dynamic = (n: TreeNode | undefined): boolean =>
      n !== undefined && [...walk(n)].some((x) => x.kind === 'scalar' && x.value.includes('${{'));
    if (own) return dynamic(own);
    if (included)
      return included.kind === 'scalar'
        ? included.value.includes('${{')
        : included.children.some((c) => dynamic(at(c, matrix[1]!)));
    return list.children.some((c) => c.kind === 'scalar' && c.value.includes('${{'));
  }
  if (
    /\b(?:steps|needs)\.[\w-]+\.outputs\.(?:[\w-]*(?:title|body|message|branch|head_ref|comment|changed_files|all_changed|added_files|modified_files|ref)[\w-]*)/i.test(
      value,
    ) &&
    // Numbers and hashes hold no shell syntax.
    !/\boutputs\.[\w-]*(?:[-_](?:count|sha|number)|any_changed|any_deleted|any_modified|only_changed)\b/i.test(value)
  )
    return true;
  return false;
}

/** Inputs that an expression yields: the context is filled by who starts the workflow, or calls it. */
const inputsIn = (expression: string): string[] =>
  [...expression.matchAll(/(?<![\w.-])(?:github\.event\.)?inputs\.([\w-]+)/g)].map((m) => m[1]!);

/** Where an input is declared. */
function declared(name: string, job: Job): TreeNode | undefined {
  const on = job.root.children.find((c) => c.key === 'on' || c.key === 'true');
  return (
    at(job.root, 'inputs', name) ??
    at(on, 'workflow_dispatch', 'inputs', name) ??
    at(on, 'workflow_call', 'inputs', name)
  );
}

/** Whether an input of the expression is said to hold several words, or holds them if nobody gives it. */
export const listsIn = (expression: string, job: Job): boolean =>
  inputsIn(expression).some((name) => {
    const input = declared(name, job);
    return (
      /\S \S/.test(at(input, 'default')?.value ?? '') ||
      /\b(?:space|white ?space|blank)[- ](?:separated|delimited)\b|\blist of\b/i.test(
        at(input, 'description')?.value ?? '',
      )
    );
  });

/** Whether any text may be written into an input. */
const isFree = (name: string, job: Job): boolean =>
  !/^(?:boolean|number|choice|environment)$/.test(at(declared(name, job), 'type')?.value ?? '');

/**
 * Who may fill an untrusted expression: people outside; or who starts the workflow by hand or calls it, and for that may
 * write to the repository; or nobody but the repository's own files, on its own branches.
 */
export function filledBy(expression: string, job: Job, source: Source): 'outside' | 'starter' | 'own' {
  const isBy = (names: RegExp): boolean => triggers(source).every((t) => names.test(t.name));
  // Who pushes a branch or tag brings the workflow along that runs for it.
  if (!at(job.root, 'runs') && /^\s*github\.ref_name\s*$/.test(expression)) {
    // An environment may hold secrets that are for those branches alone which it names.
    if (isBy(/^push$/)) return at(job.node, 'environment') ? 'starter' : 'own';
    if (isBy(/^(?:push|schedule|workflow_dispatch)$/)) return 'starter';
  }
  if (at(job.root, 'runs') || untrusted.test(expression)) return 'outside';
  if (inputsIn(expression).length > 0)
    return /\bgithub\b(?!\.event\.inputs)|\b(?:steps|needs|matrix)\./.test(expression) ? 'outside' : 'starter';
  // A plain request brings its own workflow and files along.
  if (
    !/^\s*matrix\.[\w-]+\s*$/.test(expression) ||
    !isBy(/^(?:push|pull_request|schedule|workflow_dispatch|repository_dispatch)$/)
  )
    return 'outside';
  const made = at(job.node, 'strategy', 'matrix');
  const sources = made ? expressions(source, made.start, made.end).map((e) => madeBy.exec(e.text)?.[1]) : [];
  const makers = sources.map((name) => jobs(source).find((j) => j.name === name));
  return makers.length > 0 && makers.every((maker) => maker && isMadeOfFiles(maker, source)) ? 'own' : 'outside';
}

/** Whether another job of a workflow that nobody outside starts writes the lists of a job. */
export function isMadeByJob(job: Job, source: Source): boolean {
  const made = at(job.node, 'strategy', 'matrix');
  if (!made || triggers(source).length === 0 || triggers(source).some((t) => isOutside(t.name))) return false;
  const names = jobs(source).map((j) => j.name);
  const lists = expressions(source, made.start, made.end);
  return (
    lists.length > 0 &&
    lists.every((e) => {
      const maker = /^fromJSON\(\s*needs\.([\w-]+)\.outputs\.[\w-]+\s*\)[\w.]*$/i.exec(e.text)?.[1];
      return maker !== undefined && names.includes(maker);
    })
  );
}

/** A list that another job wrote. */
const madeBy = /^fromJSON\(\s*needs\.([\w-]+)\.outputs\.[\w-]+\s*\)$/i;

/** Whether a job makes its outputs from the files of the repository, by scripts that ask nobody and are given nothing. */
const isMadeOfFiles = (job: Job, source: Source): boolean =>
  [job.node, job.root].every((n) => !at(n, 'env')?.children.some((v) => v.value.includes('${{'))) &&
  job.steps.every((step) => {
    const uses = at(step, 'uses')?.value;
    if (uses !== undefined) return /^actions\/(?:checkout|setup-[\w-]+)@/.test(uses) && !at(step, 'with', 'repository');
    const text = source.text.slice(step.start, step.end);
    return (
      !asks.test(text) &&
      !/\$\{\{(?!\s*(?:(?:steps|runner)\.|github\.(?:event\.pull_request\.base\.)?sha\s*\}))/.test(text)
    );
  });
const asks =
  /https?:|\b(?:curl|wget|gh|hub|glab|api|graphql|octokit|requests|fetch|clone|ls-remote|for-each-ref|branch|log|shortlog|tag|describe|GITHUB_(?:EVENT|HEAD|REF|ACTOR|TRIGGERING)\w*)\b/i;

/** Started by people outside, with the rights of the repository. */
export const isOutside = (trigger: string): boolean =>
  /^(?:pull_request_target|workflow_run|issue_comment|issues|discussion|discussion_comment|pull_request_review(?:_comment)?)$/.test(
    trigger,
  );
