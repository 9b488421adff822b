import { at } from '../languages/treeNode.ts';
import { expressions, isUntrusted, jobs, runText, triggers, workflowLanguages } from './kit/workflow.ts';
import type { Rule } from './rule.ts';

export const workflowInjection: Rule = {
  id: 'workflow-injection',
  title: 'Text from outside is pasted into a workflow script',
  tier: 'high',
  category: 'ci-cd',
  languages: workflowLanguages,
  references: ['CWE-78', 'CWE-94', 'GitHub: Security hardening for Actions'],
  why: '`${{ … }}` is replaced before the shell sees the script: a title, branch name or input that holds shell syntax is run with the tokens of the job.',
  remedy: 'put the value into `env:` and use the variable, quoted',
  keywords: ['run', 'script'],
  check(source, report) {
    // What who starts a run may write: told once, for it is put right in all places together.
    const inputs = new Set<string>();
    const callers = triggers(source);
    for (const job of jobs(source)) {
      for (const step of job.steps) {
        const script = runText(step);
        if (!script) continue;
        // Put into `env:` once, it serves the whole script.
        const told = new Set<string>();
        for (const e of expressions(source, script.start, script.end)) {
          if (told.has(e.text)) continue;
          // `${{ env.TITLE }}` is pasted just as what it was set to.
          const name = /^env\.(\w{1,80})$/.exec(e.text)?.[1];
          const set =
            name === undefined
              ? undefined
              : [step, job.node, job.root].map((n) => at(n, 'env', name)).find((n) => n !== undefined);
          const pasted = set ? expressions(source, set.start, set.end).map((x) => x.text) : [e.text];
          if (!pasted.some((text) => isUntrusted(text, job, source))) continue;
          told.add(e.text);
          if (/^\s*(?:github\.event\.)?inputs\.[\w-]+\s*$/.test(e.text)) {
            if (inputs.has(e.text)) continue;
            inputs.add(e.text);
          }
          // Only other workflows of the repository call it, and they write what it is given.
          const isCalled = inputs.has(e.text) && callers.length > 0 && callers.every((t) => t.name === 'workflow_call');
          // Who may make branches of the repository may change the workflow as well.
          const isOwn = pasted.every((text) => ownBranch.test(text) || !isUntrusted(text, job, source));
          report({
            ...((isCalled || isOwn) && { tier: isOwn ? ('low' as const) : ('medium' as const) }),
            start: e.start,
            end: e.end,
            key: e.text,
            message: `\${{ ${e.text.slice(0, 60)} }} is pasted into a script: put it into env: and use the variable, quoted.`,
          });
        }
      }
    }
  },
};

/** The branch of this repository that a request is for. */
const ownBranch = /^github\.(?:base_ref|event\.pull_request\.base\.ref)$/;
