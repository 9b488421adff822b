import { jobs, triggers, workflowLanguages, type Job } from './kit/workflow.ts';
import type { Source } from '../languages/source.ts';
import { at, walk, type TreeNode } from '../languages/treeNode.ts';
import type { Found, Removal, Rule } from './rule.ts';

export const checkRemoved: Rule = {
  id: 'ci-check-removed',
  title: 'A check of the pipeline is gone',
  tier: 'high',
  category: 'removed-safeguard',
  languages: workflowLanguages,
  references: ['CWE-693', 'SLSA', 'OWASP LLM06:2025'],
  why: 'Tests, scanners and signature checks guard every later change; taking one out is a decision of its own, and a favourite shortcut of agents that can not make it pass.',
  remedy: 'fix what fails, or remove the check in a change that says why',
  keywords: [
    'test',
    'tests',
    'lint',
    'audit',
    'codeql',
    'scan',
    'trivy',
    'snyk',
    'semgrep',
    'gitleaks',
    'verify',
    'cosign',
    'checkov',
    'tfsec',
    'bandit',
    'gosec',
    'zizmor',
    'scorecard',
    'dependency',
    'pytest',
    'jest',
    'vitest',
    'eslint',
    'ruff',
    'mypy',
    'clippy',
    'attest',
    'grype',
    'osv',
    'tox',
    'check',
    'checks',
    'checker',
    'certification',
  ],
  on: 'removed',
  isStill,
  check(source, report) {
    // What a person starts by hand guards no change; it may guard a release.
    const byHand = triggers(source);
    const isByHand = byHand.length > 0 && byHand.every((t) => t.name === 'workflow_dispatch');
    for (const job of jobs(source)) {
      const seen = new Set<string>();
      // A workflow that checks, called as a whole.
      const called = at(job.node, 'uses');
      const checks =
        /^([^\s@]{0,250}(?:test|check|lint|scan|audit|verif|certif|codeql)[^\s@/]{0,80}\.ya?ml)(?:@|$)/i.exec(
          (called?.value ?? '').slice(0, 300),
        );
      if (called && checks) report({ start: called.start, end: called.end, key: `check:${checks[1]}` });
      for (const step of job.steps) {
        const text = doneBy(step);
        // A command that a job runs twice checks no more than one; after another installation it checks something else.
        const whole = `${at(step, 'uses')?.value} ${at(step, 'run')?.value}`;
        if (at(step, 'run') && seen.has(whole)) continue;
        seen.add(whole);
        const kind = kindsOf(text)[0];
        // Tests that may fail say nothing when they do, unless a later step asks; a scanner tells its findings elsewhere.
        const id = at(step, 'id')?.value;
        const mayFail =
          kind === 'tests' &&
          at(step, 'continue-on-error')?.value === 'true' &&
          (id === undefined || !source.text.includes(`steps.${id}.`)) &&
          !/\bsteps(?:\[|\.\*)|\btoJSON\(\s{0,9}steps\b/i.test(source.text);
        if (kind && !mayFail && !(isByHand && kind === 'tests'))
          report({
            start: step.start,
            end: step.end,
            key: `check:${kind === 'tests' && isUnittest(text) ? 'tests of unittest' : kind}`,
          });
      }
    }
  },
};

const scanners =
  /codeql|trivy|snyk|semgrep|gitleaks|trufflehog|checkov|tfsec|bandit|gosec|zizmor|scorecard|dependency-review|grype|osv-scanner|pip-audit|npm audit|cargo audit|cargo deny|govulncheck/gi;
const verifies =
  /\bcosign\b|attest|\bslsa\b|\bgpg\b[^\n]{0,200}--verify|\b(?:sha\d+sum|shasum)\b[^\n]{0,200}(?:-c\b|--check)|\bminisign\b|\bcodesign\b[^\n]{0,200}--verify|\bjarsigner\b[^\n]{0,200}-verify|\bgo mod verify\b|\baudit signatures\b|\bdgst\b[^\n]{0,200}-verify|\b(?:git|gh)\b[^\n]{0,200}\bverify-\w|verif(?:y|ication)[\w-]{0,30}(?:signature|checksum|provenance|integrity)|(?:signature|checksum|provenance|integrity)[\w-]{0,30}verif/i;
const tests =
  /\b(?:npm|pnpm|yarn|bun|turbo|nx|lerna)\s+(?:(?:run|exec|turbo|nx|lerna|-r|--recursive|-s|--silent)\s+){0,4}(?:[\w-]{1,40}:){0,4}test\b|\bpytest\b|\bjest\b|\bvitest\b|go test|cargo (?:\+\S{1,80} )?test|mvn\b[^\n]{0,400}\btest|gradlew?\b[^\n]{0,400}\b(?:test|check)|dotnet test|rspec|phpunit|(?<![\w.-])tox(?=\s|$)|make (?:-\S{1,40} |[\w-]{1,40} |"[^"\n]{1,40}" ){0,8}(?:test|check)\b(?!-dry)/i;

/** Runs that say well whatever is found, or run nothing. */
const saysWell = /\|\|\s*(?:true\b|:(?=\s|$)|exit 0\b)|\s--(?:collect-only|co)\b/;
/** Of Python, the runner that knows tests of its own kind alone. */
const unittest = /\bpython[\d.]{0,5}\s+(?:-\w\s+){0,3}-m\s+unittest\b/;
const isUnittest = (text: string): boolean =>
  unittest.test(text) && !linesOf(text).some((line) => tests.test(line) && !unittest.test(line));
const linesOf = (text: string): string[] => text.replace(/\\\n/g, ' ').split('\n');

/** What a step checks, the scanner first that it names first. */
function kindsOf(text: string): string[] {
  const kinds = [...text.matchAll(scanners)].map((m) => m[0].toLowerCase());
  if (verifies.test(text)) kinds.push('verification');
  if (linesOf(text).some((line) => (tests.test(line) || unittest.test(line)) && !saysWell.test(line)))
    kinds.push('tests');
  return [...new Set(kinds)];
}

/** Hands on what a scanner found. */
const uploads = /^github\/codeql-action\/upload-sarif(?:@|$)/;

/**
 * Whether the step is there still, by its job and its name, and checks that as well; or whether what it handed on is now
 * told by an action of the scanner's own, in place of the scanner's command.
 */
function isStill(found: Found, { before, after }: Removal): boolean | Found {
  const { start, key } = found;
  const job = jobs(before).find((j) => j.steps.some((s) => s.start === start));
  const step = job?.steps.find((s) => s.start === start);
  const same = job && jobs(after).find((j) => j.name === job.name);
  if (job && step && !same && key.startsWith('check:tests') && isInMatrix(job, before, after))
    return { ...found, tier: 'medium', message: merged };
  if (isDoneByOwnAction(found, before, after)) return { ...found, tier: 'medium', message: byAction };
  if (!step || !same) return false;
  if (key === 'check:verification' && isOfGoneDownload(step, before, after))
    return { ...found, tier: 'medium', message: ofDownload };
  // What handed on goes along with what found.
  const isHandedOn = uploads.test(at(step, 'uses')?.value ?? '');
  const kinds = isHandedOn ? job.steps.flatMap((s) => kindsOf(doneBy(s))) : [key.slice('check:'.length)];
  const called = calledFor(kinds, same);
  if (called) return { ...found, ...called };
  const name = at(step, 'name')?.value;
  const kind = key.slice('check:'.length).replace(' of unittest', '');
  const isSpared = (s: TreeNode): boolean =>
    at(s, 'if')?.value !== at(step, 'if')?.value || (isLeftOut(s) && !isSummary(s));
  const there = same.steps.find(
    (s) => name !== undefined && at(s, 'name')?.value === name && !isSpared(s) && kindsOf(doneBy(s)).includes(kind),
  );
  if (there)
    // It runs what is written for it alone.
    return key === 'check:tests' && isUnittest(doneBy(there)) && !isUnittest(doneBy(step))
      ? { ...found, tier: namesTests.test(doneBy(there)) ? 'medium' : 'low', message: exchanged }
      : true;
  // The other way round, all of them are found.
  if (
    key === 'check:tests of unittest' &&
    same.steps.some((s) => !isSpared(s) && /\bpytest\b/.test(doneBy(s)) && kindsOf(doneBy(s)).includes('tests'))
  )
    return true;
  if (!uploads.test(at(step, 'uses')?.value ?? '')) return false;
  const scannersOf = (steps: readonly TreeNode[], by: 'uses' | 'run'): string[] =>
    steps
      .filter((s) => at(s, by) && !uploads.test(at(s, by)!.value) && !isLeftOut(s))
      .flatMap((s) => kindsOf(at(s, by)!.value));
  const told = scannersOf(same.steps, 'uses').filter((k) => !scannersOf(job.steps, 'uses').includes(k));
  const ran = scannersOf(job.steps, 'run');
  return told.length > 0 && ran.every((k) => told.includes(k));
}

/** Whether a job that called a workflow of the repository now takes the steps of an action that bears its name. */
function isDoneByOwnAction({ start, key }: Found, before: Source, after: Source): boolean {
  const called = /^check:\.\/(?:[^/]{1,100}\/)*([^/]{1,100})\.ya?ml$/.exec(key)?.[1];
  const job = called === undefined ? undefined : jobs(before).find((j) => at(j.node, 'uses')?.start === start);
  const same = job && jobs(after).find((j) => j.name === job.name);
  if (!job || !same || at(same.node, 'if')?.value !== at(job.node, 'if')?.value || isLax(same.node)) return false;
  return same.steps.some((s) => {
    const action = /^\.\/(?:[\w.-]{1,100}\/)*([\w.-]{3,100})\/?$/.exec(at(s, 'uses')?.value ?? '')?.[1];
    return (
      action !== undefined &&
      `-${called!.replace(/[_.]/g, '-')}`.endsWith(`-${action.replace(/[_.]/g, '-')}`) &&
      !at(s, 'if') &&
      !isLax(s)
    );
  });
}
const isLax = (node: TreeNode): boolean => (at(node, 'continue-on-error')?.value ?? 'false') !== 'false';
const byAction =
  'A check of the pipeline is done by an action of the repository now, in place of a workflow: be sure that it does all of it, and fails.';

const checksums = /\b(?:sha\d+sum|shasum)\b[^\n]{0,200}(?:-c\b|--check)/;
const downloads =
  /\b(?:curl|wget|iwr|Invoke-WebRequest|aria2c|irm|Invoke-RestMethod|gh[ \t]+release[ \t]+download|git[ \t]+clone|(?:docker|podman)[ \t]+(?:pull|run|cp)|oras[ \t]+pull|aws[ \t]+s3[ \t]+(?:cp|sync)|gsutil|npx|bunx|uvx)\b|https?:\/\/|\b(?:npm|pnpm|yarn|pip3?|pipx|gem|cargo|go|brew|apt|apt-get|dnf|apk)[ \t]+(?:install|add|get|i)\b|^[ \t-]*uses[ \t]*:/i;

/** Whether a step checked what it downloaded and nothing else, and neither that nor another download is there. */
function isOfGoneDownload(step: TreeNode, before: Source, after: Source): boolean {
  const run = at(step, 'run')?.value ?? '';
  const lines = run.split('\n');
  const rest = lines.filter((line) => !checksums.test(line)).join('\n');
  if (!lines.some((line) => /^\s*(?:curl|wget)\s/.test(line)) || rest === run || verifies.test(rest)) return false;
  const texts = (source: Source): string[] => source.lines.map((line) => line.trim());
  const [was, is] = [new Set(texts(before)), new Set(texts(after))];
  // Not a line of it stays that fetched or unpacked something.
  const isThere = lines.some((line) => /https?:|\b(?:curl|wget|tar|unzip)\b/.test(line) && is.has(line.trim()));
  return !isThere && ![...is].some((line) => !was.has(line) && downloads.test(line) && !line.startsWith('#'));
}
const ofDownload =
  'The check of a download is gone along with it: be sure that what takes its place is held by a hash or a lock file.';

/** What is said of a step whose job calls a workflow now that is named after what the step checked. */
function calledFor(kinds: readonly string[], { node }: Job): Pick<Found, 'tier' | 'message'> | undefined {
  const called = at(node, 'uses')?.value ?? '';
  const file = /([^/@]{1,100})\.ya?ml(?:@([\w./-]{1,100}))?$/.exec(called.slice(-300));
  const name = file?.[1]?.toLowerCase();
  const kind = kinds.find((k) => name?.includes(k));
  if (!file || at(node, 'if') || kind === undefined || (at(node, 'with')?.children ?? []).some(spares))
    return undefined;
  // Its own may be a shell without a core, and so may what a name that moves stands for; whose tests run, no tool says.
  const isTool = /^[0-9a-f]{40}$/.test(file[2] ?? '') && !ofOwn.test(kind);
  return { tier: isTool ? 'low' : 'medium', message: byOther };
}
/** Checks that are the product's own, not those of a tool that its name stands for. */
const ofOwn = /^(?:tests|verification)\b/;
/** An input that tells a called workflow to leave something out, or to let it pass. */
const spares = ({ key, value }: TreeNode): boolean =>
  /skip|disable|exclude|ignore|dry|soft|allow|continue|no[-_]/i.test(key)
    ? !/^(?:false|no|0|)$/i.test(value)
    : /^(?:run|fail|enable|strict|block|exit|test|lint|scan)/i.test(key) &&
      /^(?:false|no|none|off|never|0)$/i.test(value);
const byOther =
  'A check of the pipeline is left to a workflow that the job calls now: be sure that it is done there, and fails.';

/** Of all tests some are named. */
const namesTests = /-m\s+unittest\s+(?:-\w+\s+){0,4}(?!discover\b)[A-Za-z_]/;
const exchanged =
  'The tests are run by unittest now, which knows its own kind alone: be sure that it finds each of them, and fails where there is none.';

const merged =
  "A job's tests run in a matrix now: be sure that each system still runs all that it ran, and that none is left out.";

const systems = /\b(?:ubuntu|linux|macos|windows)\b/gi;
const systemsIn = (text: string): Set<string> =>
  new Set([...text.matchAll(systems)].map((m) => m[0].toLowerCase().replace('linux', 'ubuntu')));

/** Whether a job that came runs tests on the system of one that went, by a value of its matrix. */
function isInMatrix(gone: Job, before: Source, after: Source): boolean {
  const runner = systemsIn(textOf(before, at(gone.node, 'runs-on')));
  if (runner.size !== 1) return false;
  const known = new Set(jobs(before).map((j) => j.name));
  return jobs(after).some((j) => {
    const matrix = at(j.node, 'strategy', 'matrix');
    const by = /\$\{\{\s*matrix\.([\w-]{1,60})/.exec(textOf(after, at(j.node, 'runs-on')))?.[1];
    if (known.has(j.name) || !matrix || by === undefined || at(matrix, 'exclude') || isOff(j)) return false;
    if (![...runner].every((s) => systemsIn(textOf(after, at(matrix, by))).has(s))) return false;
    return j.steps.some((s) => !isLeftOut(s) && kindsOf(filledIn(s, matrix)).includes('tests'));
  });
}
const textOf = (source: Source, node: TreeNode | undefined): string =>
  node ? source.text.slice(node.start, node.end) : '';
const isOff = ({ node }: Job): boolean =>
  at(node, 'if') !== undefined || /true|\$\{\{/.test(at(node, 'continue-on-error')?.value ?? '');

/** What a step runs, with all that its matrix gives it. */
function filledIn(step: TreeNode, matrix: TreeNode): string {
  const run = at(step, 'run')?.value ?? '';
  const names = new Set([...run.matchAll(/\$\{\{\s*matrix\.([\w-]{1,60})/g)].map((m) => m[1]!));
  if (/\|\|\s*(?:true|:|exit 0|echo|printf)|(?:^|[;\n])\s*(?:exit 0|true|:)\s*$|\bset \+\w*e/.test(run)) return '';
  const values = [...walk(matrix)].flatMap((n) => (names.has(n.key) ? [n, ...n.children] : [])).map((n) => n.value);
  return `${doneBy(step)}\n${values.filter((v) => !/\|\|/.test(v)).join('\n')}`;
}

/** A step that writes down what others found. */
const isSummary = (step: TreeNode): boolean => /\bGITHUB_STEP_SUMMARY\b/.test(at(step, 'run')?.value ?? '');

const isLeftOut = (step: TreeNode): boolean =>
  at(step, 'continue-on-error')?.value === 'true' || /^(?:\$\{\{\s*)?false\b/.test(at(step, 'if')?.value ?? '');

/** Actions that bring a tool and do not run it. */
const brings = /(?:^|\/)setup-[\w-]*@|-(?:setup|installer|install|login|cache)@/i;
const installs =
  /\b(?:pip3?|pipx|uv|poetry|npm|pnpm|yarn|bun|brew|apt|apt-get|apk|dnf|yum|choco|conda|gem|go|cargo|dotnet tool)\s+(?:install|add|get|i)\b[^;&|\n]{0,400}/g;

/** A program that only says which one it is, or brings what it needs. */
const preparesOnly = /^[ \t]*(?:\.\/)?(?:[\w.-]{1,60}\/){0,6}[\w.-]{1,60}[ \t]+(?:--version|-V|install)[ \t]*$/gm;

/** What a step runs: not what it says, explains, installs, or writes to a file of data. */
function doneBy(step: TreeNode): string {
  const uses = at(step, 'uses')?.value ?? '';
  const run = withoutData(at(step, 'run')?.value ?? '')
    .replace(/\$\{\{[^}\n]{0,200}\}\}/g, '_')
    .replace(/^[ \t]*#.*$/gm, '')
    .replace(/^[ \t]*echo\s+(?:"[^"`$\n]*"|'[^'\n]*')\s*(?:>>?\s*\S+\s*)?$/gm, '')
    .replace(installs, '')
    .replace(preparesOnly, '');
  return `${brings.test(uses) ? '' : uses} ${run}`;
}

/** Without the texts that a script puts into files which nothing runs. */
function withoutData(script: string): string {
  let end: string | undefined;
  const kept: string[] = [];
  for (const line of script.split('\n')) {
    if (end !== undefined) {
      if (line.trim() === end) end = undefined;
      continue;
    }
    kept.push(line);
    if (!line.includes('|') && /^\s*(?:cat|tee)\b.{0,300}\.(?:json|md|txt|ya?ml|toml|ini|html|csv)\b/.test(line))
      end = /(?<!<)<<-?\s{0,4}["']?(\w{1,80})/.exec(line)?.[1];
  }
  return kept.join('\n');
}
