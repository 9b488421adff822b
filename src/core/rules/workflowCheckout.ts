import { at } from '../languages/treeNode.ts';
import {
  hasOnly,
  isOutside,
  jobs,
  majorOf,
  rightsOf,
  runText,
  triggers,
  workflowLanguages,
  writes,
  type Job,
} from './kit/workflow.ts';
import type { Source } from '../languages/source.ts';
import type { TreeNode } from '../languages/treeNode.ts';
import type { Tier } from '../model.ts';
import type { Rule } from './rule.ts';

export const workflowCheckout: Rule = {
  id: 'workflow-credentials-kept',
  title: 'Checkout leaves the token in the working copy',
  tier: 'medium',
  category: 'ci-cd',
  languages: workflowLanguages,
  references: ['CWE-522', 'zizmor: artipacked'],
  why: 'actions/checkout writes the token of the job where every later step can read it, up to v5 into the working copy, from where an artifact or image of the whole folder takes it along; few jobs push.',
  remedy: 'set `persist-credentials: false`, unless the job pushes or fetches with it',
  keywords: ['checkout'],
  movesWithFile: true,
  check(source, report) {
    const started = triggers(source).filter((t) => isOutside(t.name));
    const isOfRequest = started.some((t) => /^(?:pull_request_target|workflow_run)$/.test(t.name));
    const starts = triggers(source)
      .map((t) => t.name)
      .toSorted()
      .join();
    const all = jobs(source);
    for (const job of all) {
      // Who writes an issue or a comment starts the code of the default branch, until the job fetches theirs.
      const outside = isOfRequest || (started.length > 0 && job.steps.some((s) => bringsTheirs(source, job, s)));
      // What stands in another job says nothing of this one.
      const mayFollow = (line: number): boolean =>
        !all.some((j) => j !== job && source.lineAt(j.node.start) <= line && line <= source.lineAt(j.node.end - 1));
      const kept: { readonly id: string; readonly condition: string | undefined }[] = [];
      const packs = (folder: RegExp): boolean =>
        job.steps.some(
          (step) =>
            /^actions\/upload-artifact(?:@|$)/.test(at(step, 'uses')?.value ?? '') &&
            folder.test(at(step, 'with', 'path')?.value.trim() ?? ''),
        );
      const pushes = job.steps.some((step) =>
        /\bgit\s+(?:-\S+\s+\S+\s+)?push\b|\bgit-auto-commit|github-push-action@|add-and-commit|create-pull-request|semantic-release|changesets\/action|\bgh\s+pr\s+create\b/.test(
          `${at(step, 'uses')?.value ?? ''} ${at(step, 'run')?.value ?? ''}`,
        ),
      );
      const isOnly = job.steps.filter((s) => isCheckout.test(at(s, 'uses')?.value ?? '')).length === 1;
      for (const [i, step] of job.steps.entries()) {
        const uses = at(step, 'uses');
        if (!uses || !isCheckout.test(uses.value)) continue;
        const keeps = at(step, 'with', 'persist-credentials');
        if (keeps && keeps.value !== 'true') continue;
        const isBeside = keepsItBeside(source, uses);
        // A comment may be wrong.
        const mayBeWithin = isBeside === 'said' && packs(workspace);
        const packed = packs(isBeside ? temporary : workspace);
        if (pushes && !packed && !mayBeWithin) continue;
        const later = job.steps.slice(i + 1);
        const isChosen = isFork(step) && !at(job.root, 'runs') && !writesNothing(job);
        const reach =
          keeps || outside || packed || isChosen || holdsMore(step)
            ? 'any'
            : reachOf(source, job, step, later, isBeside !== undefined);
        // A comment may be wrong; a token that may write nothing is the same in both places.
        if (reach === 'none' && (isBeside !== 'said' || writesNothing(job))) continue;
        // A hash alone does not say where the token lies; what may give a part of the folder away may not give that.
        if (
          reach === 'little' &&
          writesNothing(job) &&
          isBareHash.test(source.lines[source.lineAt(uses.start) - 1] ?? '')
        )
          continue;
        const where = keeps ?? step;
        // Without the token it could not do what it does, unless everybody may read the repository.
        const fetches = !keeps && later.some((s) => takesFromOrigin(at(s, 'run')?.value ?? ''));
        const isOld = /@v?1(?:\.\d{1,4}){0,2}$/.test(uses.value);
        const plainly: Tier =
          outside || packed ? 'high' : (reach !== 'any' || (fetches && !isChosen)) && !mayBeWithin ? 'low' : 'medium';
        const isGiven = later.some((s) => !isMute(s) && gives(s, step));
        const isSaidToAll =
          plainly === 'medium' &&
          !keeps &&
          !isChosen &&
          !holdsMore(step) &&
          isInEnv(job) &&
          !later.some((s) => givesMuch(s, step));
        const tier = isSaidToAll ? 'low' : plainly;
        const message = isChosen
          ? 'Who starts the workflow names the repository whose code runs here, beside a token that may write: set `persist-credentials: false`, and give the job the rights to read alone.'
          : packed
            ? isBeside
              ? 'The artifact holds the temporary folder of the runner, and in it the token that checkout wrote there: set `persist-credentials: false`, and upload what was built alone.'
              : 'The artifact holds the whole folder, and in it the token that checkout wrote there: set `persist-credentials: false`, and upload what was built alone.'
            : isOld
              ? 'This old checkout leaves the token in the working copy, and has no option against it: take a newer one with `persist-credentials: false`.'
              : fetches
                ? 'The job fetches with the token that checkout leaves, and so can every later step: where everybody may read the repository, set `persist-credentials: false`.'
                : isBeside
                  ? 'Checkout leaves the token in a file of the runner that later steps can read: set `persist-credentials: false`, unless the job pushes or fetches with it.'
                  : reach === 'image'
                    ? 'An image of the whole folder takes along the token that checkout leaves there: list `.git` in .dockerignore, or set `persist-credentials: false`.'
                    : isSaidToAll
                      ? 'Every step has the token from `env`, and from what checkout leaves: give it to the steps that need it, and set `persist-credentials: false`.'
                      : undefined;
        // By what can be done with the token, not by the name of the job: of that alone more is new.
        const held = holdsMore(step) ? 'another token' : outside ? 'from outside' : packed ? 'packed' : undefined;
        // One more of a job leaves nothing more, where another does so before it or in its place.
        const id = [tier, message, held, reach].join();
        const condition = at(step, 'if')?.value;
        if (
          !outside &&
          // What the other names may take more with it.
          !fetches &&
          !isGivenAway(step, later) &&
          kept.some((k) => k.id === id && (k.condition === undefined || areOpposite(k.condition, condition)))
        )
          continue;
        kept.push({ id, condition });
        // One more job like those that were there opens nothing; what it holds or gives away besides, it does.
        const alike = [rightsText(source, job), starts, message, reach, plainly].join('|');
        const closer =
          tier === 'medium' &&
          isOnly &&
          held === undefined &&
          !keeps &&
          !isChosen &&
          !isGiven &&
          !hasSecrets(source, job)
            ? { subject: alike, tier: 'low' as const, message: message ?? oneMore }
            : undefined;
        // The checkout may stay as it is, far from where its rights are given or what it left is given away.
        const giver = writesNothing(job) ? later.find((s) => !isMute(s) && gives(s, step)) : undefined;
        const may = writes(job);
        const isSlight = held === undefined && may.length > 0 && may.every((right) => remarks.test(right));
        const canChange = may.some((right) => changing.test(right));
        const isRemark = (right: string): boolean => remarks.test(right) || (canChange && right === 'attestations');
        const weighty = may.filter((right) => !isRemark(right));
        for (const what of [
          ...(held === undefined ? [] : [held]),
          ...weighty,
          reach === 'any' ? reach : '',
          '',
          ...may.filter(isRemark),
        ])
          for (const [place, from, sentence] of [
            ['', where, message],
            [' rights', rightsOf(job) ?? where, message ?? (rightsOf(job) && givenRights)],
            [' giver', giver, message ?? givenAway],
          ] as const)
            if (from)
              report({
                start: from.start,
                end: from.end,
                key: `checkout:${what}${place}`,
                // Where the checkout was there before: what it left can do little more.
                tier: tier === 'medium' && (isRemark(what) || isSlight) ? 'low' : tier,
                mayFollow,
                ...(place === '' ? { subject: alike, ...(closer && { closer }) } : { follows: true }),
                ...(sentence !== undefined && { message: sentence }),
              });
      }
    }
  },
};

const oneMore =
  'One more job whose checkout leaves the token in the working copy, as others here do: set `persist-credentials: false`, unless the job pushes or fetches with it.';
const givenRights =
  'These rights are for a token that checkout, as it was before, leaves in the working copy: set `persist-credentials: false` there, unless the job pushes or fetches with it.';
const givenAway =
  'This step may give away the folder where checkout, as it was before, leaves the token: set `persist-credentials: false` there.';

const rightsText = (source: Source, job: Job): string => {
  const rights = rightsOf(job);
  return rights ? source.text.slice(rights.start, rights.end).replace(/\s+/g, ' ').trim() : '';
};

/** Whether each step of a job is handed the token of the job by its name in any case. */
const isInEnv = (job: Job): boolean =>
  [job.node, job.root].some((n) =>
    at(n, 'env')?.children.some((v) =>
      /^\$\{\{\s*(?:secrets\.GITHUB_TOKEN|github\.token)\s*\}\}$/.test(v.value.trim()),
    ),
  );

/** Whether a job gets at more than the token of the workflow. */
const hasSecrets = (source: Source, job: Job): boolean =>
  at(job.node, 'environment') !== undefined ||
  [job.node, at(job.root, 'env')].some(
    (n) => n && /\bsecrets\b(?!\s*\.\s*GITHUB_TOKEN\b)/.test(source.text.slice(n.start, n.end)),
  );

/** Rights to say something about the code or a run of it: with them nothing is changed that others take. */
const remarks = /^(?:checks|security-events|statuses)$/;
/** Rights to change what others take: who has one can do little more with the word that vouches for it. */
const changing = /^(?:actions|contents|packages)$/;

const isCheckout = /^actions\/checkout(?:@|$)/;
const workspace = /^(?:\.\/?|\*\*|\.\/\*\*|\$\{\{\s*github\.workspace\s*\}\}\/?)$/;
const temporary = /^(?:\$\{\{\s*runner\.temp\s*\}\}\/?(?:\*{1,2}\/?)*|\/home\/runner\/work\/_temp\/?)$/;

/** From v6 on the token stands in a file of the runner beside the working copy. A hash is believed the comment behind it. */
function keepsItBeside(source: Source, uses: TreeNode): 'known' | 'said' | undefined {
  if ((majorOf(source, uses) ?? 0) < 6) return undefined;
  return /@[0-9a-f]{40}$/.test(uses.value) ? 'said' : 'known';
}

const isBareHash = /@[0-9a-f]{40}["']?\s*$/;

/** Whether who starts the workflow names the repository, and so may name one of somebody else. */
const isFork = (step: TreeNode): boolean => /\binputs\b/.test(at(step, 'with', 'repository')?.value ?? '');

/** A key of a person or a deploy key may do what the token of the job may not. */
const holdsMore = (step: TreeNode): boolean =>
  at(step, 'with', 'ssh-key') !== undefined ||
  !/^(?:\$\{\{\s*github\.token\s*\}\})?$/.test(at(step, 'with', 'token')?.value.trim() ?? '');

/** Whether a script gets something from where the checkout came from; another address has a token of its own. */
const takesFromOrigin = (run: string): boolean =>
  /^[ \t]*(?:if[ \t]+!?[ \t]*)?git[ \t]+(?:(?:fetch|pull|ls-remote)\b(?![^\n]*:\/\/)[^\n]*?[ \t]["']?origin\b|(?:fetch|pull)(?:[ \t]+--?[\w=-]+)*[ \t]*$|submodule[ \t]+update\b|lfs[ \t]+(?:pull|fetch)\b)/m.test(
    run,
  );

/** What can be done with the token that is left: by code of the checkout, or through what the job gives away. */
function reachOf(
  source: Source,
  job: Job,
  checkout: TreeNode,
  later: readonly TreeNode[],
  isBeside: boolean,
): 'none' | 'little' | 'image' | 'any' {
  // Nobody knows what the caller of an action does next.
  if (at(job.root, 'runs')) return isBeside ? 'little' : 'any';
  const isOwnShell = [job.root, job.node, ...later].some(
    (n) =>
      at(n, 'defaults', 'run', 'shell') ??
      at(n, 'env')?.children.some((v) => /^(?:BASH_ENV|ENV|SHELLOPTS|PATH|LD_\w{1,40})$/.test(v.key)),
  );
  if (!isOwnShell && later.every((s) => isMute(s) || isOfImages(s))) {
    const takers = later.filter((s) => isOfImages(s) && takesFolder(s, checkout));
    if (takers.length === 0) return 'none';
    if (takers.every((s) => isWorkspace(at(s, 'with', 'context')!)))
      if (isBeside) return 'none';
      else if (givesImages(job)) return 'image';
  }
  if (
    isBeside &&
    later.some((s) => /\bRUNNER_TEMP\b|\b_temp\b|\brunner\.temp\b/.test(source.text.slice(s.start, s.end)))
  )
    return 'any';
  // It does no more than the checkout did, until somebody else gets it.
  if (writesNothing(job)) {
    if (isBeside) return 'none';
    const given = later.filter((s) => !isMute(s)).map((s) => gives(s, checkout));
    // What everybody may read, nobody needs it for.
    if (readsNothing(job)) return 'none';
    return given.includes('folder') ? 'any' : given.includes('something') ? 'little' : 'none';
  }
  if (!isBeside) return 'any';
  if (!isOwnShell && later.every((s) => isMute(s) || ownScript.test(at(s, 'run')?.value ?? ''))) return 'little';
  // Code of a request runs beside a token that may write.
  return triggers(source).some((t) => t.name === 'pull_request') ? 'any' : 'little';
}

/** The rights of the job are said, and none of them is to write; who has its identity gets that from the environment. */
const writesNothing = (job: Job): boolean =>
  rightsOf(job)?.value === 'read-all' ||
  hasOnly(job, (c) => c.key === 'id-token' || c.value === 'read' || c.value === 'none');

/** The rights of the job are said, and the code is not among them; what everybody may read can be checked out. */
const readsNothing = (job: Job): boolean => hasOnly(job, (c) => c.value === 'none' || c.key === 'id-token');

/** Whether a step gets code or files that somebody outside may have chosen. */
const bringsTheirs = (source: Source, job: Job, step: TreeNode): boolean => {
  const uses = at(step, 'uses')?.value ?? '';
  if (isCheckout.test(uses))
    return ['ref', 'repository'].some((name) => at(step, 'with', name)?.value.includes('${{') === true);
  const text = source.text.slice(step.start, step.end);
  return (
    /download|checkout|fetch|clone/i.test(uses) ||
    uses.startsWith('./') ||
    /\bgit\b|\bgh\b[^\n]{0,200}\b(?:pr|api|run|repo|release)\b|\b(?:octokit|github)\.rest\.(?:pulls|repos)\b/i.test(
      text,
    ) ||
    theirs.test(text) ||
    // What the environment holds is handed to every script; it may fetch by it.
    (runText(step) !== undefined &&
      !isMute(step) &&
      [job.node, job.root].map((n) => at(n, 'env')).some((n) => n && theirs.test(source.text.slice(n.start, n.end))))
  );
};

/** What names or holds something that people outside wrote. */
const theirs =
  /\bhead\.(?:ref|sha|repo)\b|\bhead_(?:ref|sha|branch)\b|\bgithub\.event\.(?:comment|issue|discussion|review)\b|refs\/pull/i;

/** The rights of the job are said, and besides reading code they publish images at most. */
const givesImages = (job: Job): boolean =>
  hasOnly(job, (c) => (c.key === 'contents' ? c.value === 'read' : /^(?:packages|id-token|attestations)$/.test(c.key)));

/** An action of Docker that runs nothing of the checkout on the runner, and is handed the token of the job in any case. */
const isOfImages = (step: TreeNode): boolean =>
  /^docker\/(?:(?:setup-buildx|setup-qemu|login|metadata|build-push)-action)@/.test(at(step, 'uses')?.value ?? '') &&
  !at(step, 'with')?.children.some((c) => /^(?:allow|secrets|secret-files|build-contexts|buildkitd-.*)$/.test(c.key));

/** Whether an image may hold what lies in the folder. Without a context, Docker fetches the commit itself. */
function takesFolder(step: TreeNode, checkout: TreeNode): boolean {
  const context = at(step, 'with', 'context')?.value.trim();
  if (context === undefined) return false;
  return at(checkout, 'with', 'path') !== undefined || !/^(?:\.\/)?\w[\w-]*(?:\/\w[\w-]*){0,20}\/?$/.test(context);
}
const isWorkspace = (context: TreeNode): boolean =>
  /^(?:\.\/?|\$\{\{\s*github\.workspace\s*\}\}\/?)$/.test(context.value.trim());

/** One script of the repository, and nothing of anybody else. */
const ownScript = /^\s*(?:(?:ba)?sh\s+)?(?:\.\/)?\w[\w-]*(?:\/\w[\w-]*){0,20}\.sh(?:[ \t]+[\w ./:=-]{0,200})?\s*$/;

/** Whether a step gives the whole folder to somebody, or may give a part of it. */
function gives(step: TreeNode, checkout: TreeNode): 'folder' | 'something' | undefined {
  const uses = at(step, 'uses')?.value ?? '';
  if (isOfImages(step)) return takesFolder(step, checkout) ? 'folder' : undefined;
  if (/^actions\/(?:cache|upload-[\w-]+)(?:\/\w+)?@/.test(uses)) {
    const files = at(step, 'with', 'path')?.value.trim().split('\n') ?? [''];
    const isApart = files.every((line) => isPart.test(line.trim()) && !/\.\.|\.git\b/.test(line));
    return isApart && !files.some((line) => holds(line, at(checkout, 'with', 'path')?.value)) ? undefined : 'folder';
  }
  // What was built, and what the package manager keeps at home, unless it is told more.
  if (uses.startsWith('Swatinem/rust-cache@'))
    return at(step, 'with')?.children.every((c) => cacheNames.test(c.key)) === false ? 'folder' : undefined;
  const run = withoutSingles(at(step, 'run')?.value ?? '');
  if (takesAll.test(run) || givesByAction.test(uses)) return 'folder';
  return mayGive.test(run) || byName.test(run) ? 'something' : undefined;
}

const cacheNames = /^(?:key|shared-key|prefix-key|add-[\w-]{1,40}|save-if|lookup-only|cache-on-failure|cache-targets)$/;

/** A script without the lines that pack or send files one by one, by their names. */
const withoutSingles = (run: string): string =>
  run
    .split('\n')
    .filter((line) => {
      const [, packed, sent] =
        /^\s*(?:zip((?:\s+[\w./-]{1,200}){2,20})|aws\s+s3\s+cp\s+([\w./-]{1,200})\s+\S{1,300})\s*$/.exec(
          line.replace(/\$\{\{[^}\n]{0,200}\}\}/g, 'x'),
        ) ?? [];
      const files = (packed ?? sent)?.trim().split(/\s+/);
      return files === undefined || !files.every(isSingleFile);
    })
    .join('\n');

/** Whether a step is known to give the whole folder away; what an earlier step names is seldom that. */
const givesMuch = (step: TreeNode, checkout: TreeNode): boolean =>
  !isMute(step) &&
  gives(step, checkout) === 'folder' &&
  !(
    at(step, 'uses')?.value.startsWith('actions/upload-artifact@') &&
    at(step, 'with', 'path')
      ?.value.trim()
      .split('\n')
      .every((line) => isPart.test(line.trim()) || /^\$\{\{\s*(?:steps|env)\.[\w.-]{1,100}\s*\}\}$/.test(line.trim()))
  );

/** Whether a path of an artifact is the folder of a checkout that has one of its own, or one above it. */
function holds(line: string, folder: string | undefined): boolean {
  if (folder === undefined) return false;
  const plain = (path: string): string =>
    path
      .trim()
      .replace(/^\.\//, '')
      .replace(/(?:\/|\/\*{1,2})$/, '');
  return /\*|\$\{\{/.test(plain(line) + folder) || `${plain(folder)}/`.startsWith(`${plain(line)}/`);
}

/** A file or folder below the working copy, or in the home of the runner. */
const isPart =
  /^(?:(?:\.\/|~\/)?[\w-][\w.*-]{0,80}(?:\/[\w.*-]{1,80}){0,20}\/?|~\/\.[\w.*-]{1,80}(?:\/[\w.*-]{1,80}){0,20}\/?)$/;

const givesByAction =
  /docker|buildx|buildah|kaniko|podman|devcontainer|pages|publish|release|deploy|artifact|cache|upload|push|(?:^|[/-])(?:s3|s?ftp|scp|ssh|rsync|rsyncer|rclone|sync|zip|tar|archive)(?:[@/-]|$)/i;

/** Commands that pack or send what lies in a folder; what is a part of a path is none. */
const takesAll =
  /(?:(?<![\w./-])|(?<=(?:^|[\s;&|(])(?:\/usr)?(?:\/local)?\/s?bin\/))(?:(?:docker|podman|nerdctl)\b[^\n;&|]{0,200}?\s(?:build|bake|push|cp|commit|save)|buildah|kaniko|buildctl|tar|zip|7z|rsync|scp|sftp|ftp|gsutil|rclone|cpio|bsdtar|oras|aws\s(?:[^\n;&|]{0,80}\s)?s3(?:api)?|gcloud\s+storage|az\s+storage|curl\b[^\n]{0,200}?\s(?:-T|-F|-d|--upload-file|--form|--data(?:-binary)?)|wget\b[^\n]{0,200}?\s--(?:post|body)-\w{1,9}|nc|ncat|netcat|socat|git\s+(?:bundle|archive|credential|config\s[^\n;&|]{0,80}(?:-l\b|--list|--get-(?:regexp|urlmatch))))(?![\w./-])|(?<![\w.-])\.git\/|\bextraheader\b/i;
/** What may make an image of the folder; that a step releases or publishes something says nothing of it. */
const mayGive = /devcontainer|(?<![\w./-])(?:docker|podman)(?![\w./-])/i;

/** Targets and scripts named after what they make of the folder; a folder on the way to one is none. */
const byName =
  /(?<![\w.])(?:[\w-]{0,60}[-_:])?(?:docker(?![-_]compose)|(?:image|container|oci)[-_:](?:build|push)|(?:build|push)[-_:](?:image|container))(?:[-_:][\w-]{0,60})?(?:\.\w{1,4})?(?![\w./-])/i;

/** What prints a text, or makes a folder or an empty file. */
const muteLine =
  /^\s*(?:(?:echo|mkdir(?:\s+-p)?|touch)\s+(?:"[^"`\\]*"|'[^']*'|[\w ./:=-]+)\s*|[a-z]\w*=(?:"[^"`\\]*"|'[^']*'|[\w./:-]+)\s*)?$/;

/** A step that neither runs a file of the checkout nor gives away more than single files of it. */
function isMute(step: TreeNode): boolean {
  const run = at(step, 'run');
  if (run)
    return (
      !at(step, 'shell') &&
      ((run.value.split('\n').every((line) => muteLine.test(line)) &&
        !/\$[({]/.test(
          run.value.replace(/\$\{\{\s*(?:runner\.temp|steps\.[\w-]+\.outputs\.digest)\s*\}\}|\$\{\w/g, ''),
        )) ||
        looksOnly(run.value))
    );
  const uses = at(step, 'uses')?.value ?? '';
  // To find its cache, a package manager may start what the checkout names.
  if (/^actions\/(?:setup-[\w-]+|download-artifact|labeler|dependency-review-action)@/.test(uses))
    return !at(step, 'with', 'cache');
  const files = at(step, 'with', 'path')?.value.trim().split('\n') ?? [''];
  return (
    uses.startsWith('actions/upload-artifact@') &&
    files.every((line) => isSingleFile(line.trim()) || besides.test(line.trim()))
  );
}

/** A folder of its own beside the working copy, and beside what the runner keeps there. */
const besides = /^\$\{\{\s*runner\.temp\s*\}\}\/[a-z][\w-]{0,80}(?:\/[\w-]{1,80}){0,20}(?:\/\*{0,2})?$/;

const isSingleFile = (path: string): boolean =>
  /^(?:\.\/)?(?:[\w-][\w .-]{0,80}\/){0,20}[\w-][\w .-]{0,80}\.\w{1,12}$/.test(path) && !/\.\.|\.git\b/.test(path);

/** A script that asks git what the history holds, and sorts and cuts what it hears: it opens no file and starts nothing else. */
function looksOnly(run: string): boolean {
  if (run.length > 4000 || /\$\{\{|<<|\\$|extraheader|GITHUB_(?:ENV|PATH)/m.test(run)) return false;
  if (/\.git\b/.test(run.replace(/["'\\]/g, ''))) return false;
  const plain = run.replace(/^[ \t]*#.*$/gm, '').replace(/'[^'\n]*'/g, 'x');
  if (
    /[\\*?<]|\$\{[^\w}]|--(?:output|compress-program|ext-diff|textconv|no-index|filters|recursive|file)|\bgrep\b[^|\n]*\s-[a-zA-Z]*[rRf]/.test(
      plain,
    )
  )
    return false;
  return plain
    .replace(/"[^"`$\n]*"/g, 'x')
    .replace(/>>?[ \t]*"?\$\{?GITHUB_OUTPUT\}?"?/g, '')
    .split(/\$\(|[\n;|&()`{}]/)
    .every((piece) => looking.test(piece));
}
const looking =
  /^[ \t"]*(?:(?!PATH|IFS|ENV|LD_|GIT_)[A-Z_]{1,40}=["$\w]*)?[ \t"]*(?:$|(?:git[ \t]+(?:tag(?=[ \t]+(?:-l|--list))|log|describe|rev-parse|rev-list|ls-tree|ls-files)|echo|printf|grep|sort|uniq|jq|cut|tr|head|tail|wc)(?:[ \t][^>]*)?$)/;

/** Whether a later step takes the folder of a checkout, or what lies in it, by its name. */
function isGivenAway(step: TreeNode, later: readonly TreeNode[]): boolean {
  const folder =
    at(step, 'with', 'path')
      ?.value.trim()
      .replace(/^\.\/|\/$/g, '') ?? '';
  return folder !== '' && later.some((s) => at(s, 'with', 'path')?.value.includes(folder));
}

/** Whether one of two conditions holds where the other does not: they compare the same, the one for equality. */
function areOpposite(a: string, b: string | undefined): boolean {
  const plain = (text: string): string =>
    text
      .replace(/^\s*\$\{\{|\}\}\s*$/g, '')
      .replace(/\s+/g, ' ')
      .trim();
  const [one, other] = [plain(a), plain(b ?? '')];
  const [, left, sign, right] = /^([\w.-]{1,100}) ([!=])= ('[^']{0,100}'|true|false)$/.exec(one) ?? [];
  return sign !== undefined && other === `${left} ${sign === '=' ? '!' : '='}= ${right}`;
}
