import { at, scalars } from '../languages/treeNode.ts';
import { jobs, workflowLanguages } from './kit/workflow.ts';
import type { Rule } from './rule.ts';

export const workflowRunners: Rule = {
  id: 'workflow-self-hosted',
  title: 'Job runs on a machine of our own',
  tier: 'high',
  category: 'ci-cd',
  languages: workflowLanguages,
  references: ['CWE-653', 'GitHub: Hardening for self-hosted runners'],
  why: 'A self-hosted runner keeps files, credentials and processes from one run to the next, and stands inside the network; on a public repository anyone can have it run code.',
  remedy: 'use hosted or ephemeral runners, and never for requests from forks',
  keywords: ['self', 'runs', 'group'],
  check(source, report) {
    for (const job of jobs(source)) {
      const on = at(job.node, 'runs-on');
      if (!on) continue;
      const values = [...scalars(on), ...scalars(at(on, 'labels'))];
      let hosted = values.some((v) => v === 'self-hosted');
      for (const v of values) {
        const m = /\$\{\{\s*matrix\.([\w-]+)/.exec(v);
        if (m) {
          const matrix = at(job.node, 'strategy', 'matrix');
          const text = matrix ? source.text.slice(matrix.start, matrix.end) : '';
          if (/\bself-hosted\b/.test(text)) hosted = true;
        }
      }
      if (hosted || (on.kind === 'map' && at(on, 'group')))
        report({ start: on.start, end: on.end, key: `runs-on:${job.name}` });
    }
  },
};
