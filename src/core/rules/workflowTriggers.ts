import { at } from '../languages/treeNode.ts';
import { isOutside, jobs, triggers, workflowLanguages } from './kit/workflow.ts';
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
    for (const t of list)
      if (t.name === 'workflow_run' && isAlone) continue;
      else if (/^(?:pull_request_target|workflow_run)$/.test(t.name))
        report({
          start: t.node.start,
          end: t.node.end,
          key: `on:${t.name}`,
          message: `${t.name} runs with secrets for requests from outside: use pull_request unless no foreign code is ever touched.`,
        });
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
