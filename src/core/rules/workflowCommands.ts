import { at, walk } from '../languages/treeNode.ts';
import { jobs, runText, triggers, workflowLanguages } from './kit/workflow.ts';
import type { Rule } from './rule.ts';

export const workflowCommands: Rule = {
  id: 'workflow-control-off',
  title: 'Safeguard of the workflow runner switched off',
  tier: 'critical',
  category: 'security-control-disabled',
  languages: workflowLanguages,
  references: ['CWE-77', 'CVE-2020-15228', 'GitHub: Deprecating set-env'],
  why: 'Unsecure commands let anything that prints to the log set variables and paths of later steps; writing outside text to GITHUB_ENV does the same.',
  remedy: 'leave it off; write single, checked values to GITHUB_OUTPUT',
  keywords: ['actions_allow_unsecure_commands', 'github_env', 'github_path', 'insecure', 'allow'],
  check(source, report) {
    for (const root of source.tree)
      for (const n of walk(root)) {
        if (/^ACTIONS_ALLOW_UNSECURE_COMMANDS$/i.test(n.key) && /^(?:true|1)$/i.test(n.value))
          report({ start: n.start, end: n.end, key: n.key });
        else if (n.key === 'insecure-external-code-execution' && n.value === 'allow')
          report({ start: n.start, end: n.end, key: n.key, tier: 'high' });
        else if (/^allow-unsafe-pr-checkout$/.test(n.key) && n.value === 'true')
          report({ start: n.start, end: n.end, key: n.key });
      }
    const outside = triggers(source).some((t) =>
      /^(?:pull_request_target|workflow_run|issue_comment|issues|discussion)/.test(t.name),
    );
    if (outside)
      for (const job of jobs(source))
        for (const step of job.steps) {
          const script = runText(step);
          if (script && script.value.split('\n').some((line) => writes.test(line) && !says.test(line)))
            report({
              start: script.start,
              end: script.end,
              key: `github-env:${at(step, 'name')?.value ?? ''}`,
              tier: 'high',
              message:
                'A workflow for requests from outside writes to GITHUB_ENV: use GITHUB_OUTPUT with checked values.',
            });
        }
  },
};

const writes = />>\s*["']?\$?\{?(?:env:)?GITHUB_(?:ENV|PATH)|\$env:GITHUB_(?:ENV|PATH)/;
/** One constant text is written, as it stands: nobody outside has a say in it. */
const says = /^\s*(?:(?:echo|printf|Write-Output)\s+)?(?:"[^"$`]*"|'[^'$]*'|[\w=./:@-]+)\s*>>[^|;&]*$/;
