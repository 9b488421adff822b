import { at, ownerOf, walk } from '../languages/treeNode.ts';
import { kubernetes } from './kit/kube.ts';
import type { Rule } from './rule.ts';

const parameter =
  /\{\{\s*(?:=\s*)?(?:inputs|workflow|steps|tasks)\.[\w.-]{0,100}(?:parameters|outputs)\b[^}]{0,100}\}\}/;

export const argoInjection: Rule = {
  id: 'workflow-parameter-in-script',
  title: 'Parameter of a workflow written into its script',
  tier: 'high',
  category: 'injection',
  languages: kubernetes,
  references: ['CWE-78', 'CWE-94', 'Argo Workflows: hardening'],
  why: 'Argo puts the text of the parameter into the script before it runs, so whoever may start the workflow, or sends the event that does, writes code that runs with its account.',
  remedy: 'hand it over as an environment variable and quote that',
  keywords: ['inputs', 'workflow', 'steps', 'tasks'],
  check(source, report) {
    for (const root of source.tree) {
      if (!(at(root, 'apiVersion')?.value ?? '').startsWith('argoproj.io/')) continue;
      for (const n of walk(root)) {
        if (n.kind !== 'scalar') continue;
        const isScript = n.key === 'source' && n.parent?.key === 'script';
        const isShell =
          ownerOf(n) === 'args' &&
          (at(n.parent?.parent, 'command')?.children ?? []).some((c) => /(?:^|\/)(?:ba|z|da|k)?sh$|^-c$/.test(c.value));
        const m = isScript || isShell ? parameter.exec(source.text.slice(n.start, n.end)) : null;
        if (m) report({ start: n.start + m.index, end: n.start + m.index + m[0].length });
      }
    }
  },
};
