import { at, walk } from '../languages/treeNode.ts';
import { withNumbers } from './kit/shellNumbers.ts';
import { jobs, runText, triggers, workflowLanguages } from './kit/workflow.ts';
import type { Rule } from './rule.ts';

export const workflowCommands: Rule = {
  id: 'workflow-control-off',
  title: 'Safeguard of the workflow runner switched off',
  tier: 'critical',
  category: 'security-control-disabled',
  languages: [...workflowLanguages, 'yaml'],
  references: ['CWE-77', 'CVE-2020-15228', 'GitHub: Deprecating set-env'],
  why: 'Unsecure commands let anything that prints to the log set variables and paths of later steps; writing outside text to GITHUB_ENV does the same.',
  remedy: 'leave it off; write single, checked values to GITHUB_OUTPUT',
  keywords: [
    'actions_allow_unsecure_commands',
    'github_env',
    'github_path',
    'insecure',
    'allow',
    'continue',
    'actions_step_debug',
    'actions_runner_debug',
  ],
  check(source, report) {
    if (source.language === 'yaml' && !/(?:^|\/)dependabot\.ya?ml$/.test(source.path)) return;
    for (const root of source.tree)
      for (const n of walk(root)) {
        if (/^ACTIONS_ALLOW_UNSECURE_COMMANDS$/i.test(n.key) && /^(?:true|1)$/i.test(n.value))
          report({ start: n.start, end: n.end, key: n.key });
        else if (n.key === 'insecure-external-code-execution' && n.value === 'allow')
          report({ start: n.start, end: n.end, key: n.key, tier: 'high' });
        else if (/^allow-unsafe-pr-checkout$/.test(n.key) && n.value === 'true')
          report({
            start: n.start,
            end: n.end,
            key: n.key,
            message:
              'Code of a pull request is checked out where the workflow holds secrets: take the option out, or never run what it brings.',
          });
        else if (/^ACTIONS_(?:STEP|RUNNER)_DEBUG$/.test(n.key) && /^(?:true|1)$/i.test(n.value))
          report({
            start: n.start,
            end: n.end,
            key: n.key,
            tier: 'medium',
            message:
              'Debug output shows what steps were given, and is kept with the run: switch it on for one run, not in the file.',
          });
      }
    for (const job of jobs(source))
      for (const step of job.steps) {
        const goesOn = at(step, 'continue-on-error');
        if (goesOn?.value === 'true' && scans.test(`${at(step, 'uses')?.value ?? ''} ${at(step, 'run')?.value ?? ''}`))
          report({
            start: goesOn.start,
            end: goesOn.end,
            key: `continue:${at(step, 'name')?.value ?? at(step, 'uses')?.value ?? ''}`,
            tier: 'high',
            message: 'The workflow passes whatever the scanner finds: let it fail.',
          });
        const run = at(step, 'run');
        if (run && /\bACTIONS_ALLOW_UNSECURE_COMMANDS\s{0,2}=\s{0,2}["']?true\b/i.test(run.value))
          report({ start: run.start, end: run.end, key: 'ACTIONS_ALLOW_UNSECURE_COMMANDS' });
      }
    const outside = triggers(source).some((t) =>
      /^(?:pull_request_target|workflow_run|issue_comment|issues|discussion)/.test(t.name),
    );
    if (!outside) return;
    for (const job of jobs(source)) {
      // What earlier steps left as a number; who could make it another could write all of it.
      const numbers = new Set<string>();
      for (const step of job.steps) {
        const script = runText(step);
        if (script?.value.includes('exportVariable')) numbers.clear();
        if (!script?.value.split('\n').some((line) => writes.test(line))) continue;
        const lines = at(step, 'run') === script ? withNumbers(step, numbers) : script.value.split('\n');
        const written = lines.filter((line) => writes.test(line));
        const raw = new Set(script.value.split('\n'));
        const isPlain = written.every(
          (line) => says.test(line.replace(digest, '0')) && (raw.has(line) || !decides.test(line)),
        );
        if (!isPlain) {
          numbers.clear();
          report({
            start: script.start,
            end: script.end,
            key: `github-env:${at(step, 'name')?.value ?? ''}`,
            tier: 'high',
            message:
              'A workflow for requests from outside writes to GITHUB_ENV: use GITHUB_OUTPUT with checked values.',
          });
          continue;
        }
        for (const line of written) {
          const name = /^\s*echo\s+["']?(\w{1,60})=[\w.-]*["']?\s*>>/.exec(line)?.[1];
          if (name !== undefined && ![job.node, job.root].some((n) => at(n, 'env', name))) numbers.add(name);
        }
      }
    }
  },
};

/** Programs and actions that look for holes. */
const scans =
  /\b(?:codeql-action|trivy|snyk|semgrep|gitleaks|trufflehog|checkov|tfsec|bandit|gosec|zizmor|scorecard-action|dependency-review-action|grype|osv-scanner|pip-audit|govulncheck)\b|\b(?:npm|pnpm|yarn|cargo|bundle|composer) audit\b|\bmix (?:hex\.audit|deps\.audit|sobelow)\b/i;

const writes =
  />>\s*["']?\$?\{?(?:env:)?GITHUB_(?:ENV|PATH)|\btee\b[^|\n]{0,80}\bGITHUB_(?:ENV|PATH)\b|\$env:GITHUB_(?:ENV|PATH)/;
/** One constant text is written, as it stands: nobody outside has a say in it. */
const says = /^\s*(?:(?:echo|printf|Write-Output)\s+)?(?:"[^"$`]*"|'[^'$]*'|[\w=./:@-]+)\s*>>[^|;&]*$/;
/** Where a program takes code from: with a number in it that may be of a request. */
const decides =
  /\b(?:LD_\w+|DYLD_\w+|BASH_ENV|ENV|PATH|NODE_OPTIONS|NODE_PATH|PYTHON(?:PATH|STARTUP|HOME)|PERL5(?:OPT|LIB)|RUBY(?:OPT|LIB)|JAVA_TOOL_OPTIONS|GIT_\w+)=|GITHUB_PATH/;
/** Commands that print hexadecimal digits, a number or a date, whatever the file holds. */
const digest =
  /\$\((?:(?:md5|sha1|sha224|sha256|sha384|sha512|b2)sum\s+[\w./][\w./-]{0,100}\s*\|\s*(?:awk\s+'\{\s*print\s+\$1;?\s*\}'|cut\s+-d\s?(?:' '|" ")\s+-f\s?1)|wc\s+-[lcw]\s*<\s*[\w./-]{1,100}|date(?:\s+-u)?\s+["']?\+[%\w.:-]{1,40}["']?|git\s+rev-parse\s+(?:--short(?:=\d{1,2})?\s+)?HEAD)\)/g;
