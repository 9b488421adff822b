import { at } from '../languages/treeNode.ts';
import { isOutside, jobs, triggers, workflowLanguages } from './kit/workflow.ts';
import type { Rule } from './rule.ts';

export const workflowCheckout: Rule = {
  id: 'workflow-credentials-kept',
  title: 'Checkout leaves the token in the working copy',
  tier: 'medium',
  category: 'ci-cd',
  languages: workflowLanguages,
  references: ['CWE-522', 'zizmor: artipacked'],
  why: 'actions/checkout writes the token of the job where every later step can read it, and where an artifact of the whole folder takes it along; few jobs push.',
  remedy: 'set `persist-credentials: false`, unless the job pushes',
  keywords: ['checkout'],
  check(source, report) {
    const outside = triggers(source).some((t) => isOutside(t.name));
    for (const job of jobs(source)) {
      const packs = job.steps.some(
        (step) =>
          /^actions\/upload-artifact(?:@|$)/.test(at(step, 'uses')?.value ?? '') &&
          /^(?:\.\/?|\*\*|\.\/\*\*|\$\{\{\s*github\.workspace\s*\}\}\/?)$/.test(
            at(step, 'with', 'path')?.value.trim() ?? '',
          ),
      );
      const pushes = job.steps.some((step) =>
        /\bgit\s+(?:-\S+\s+\S+\s+)?push\b|\bgit-auto-commit|add-and-commit|create-pull-request|semantic-release|changesets\/action|\bgh\s+pr\s+create\b/.test(
          `${at(step, 'uses')?.value ?? ''} ${at(step, 'run')?.value ?? ''}`,
        ),
      );
      for (const step of job.steps) {
        const uses = at(step, 'uses');
        if (!uses || !/^actions\/checkout(?:@|$)/.test(uses.value)) continue;
        const keeps = at(step, 'with', 'persist-credentials');
        if (keeps && keeps.value !== 'true') continue;
        if (pushes && !packs) continue;
        const where = keeps ?? step;
        report({
          start: where.start,
          end: where.end,
          key: `checkout:${job.name}`,
          ...((outside || packs) && {
            tier: 'high' as const,
            ...(packs && {
              message:
                'The artifact holds the whole folder, and in it the token that checkout wrote there: set `persist-credentials: false`, and upload what was built alone.',
            }),
          }),
        });
      }
    }
  },
};
