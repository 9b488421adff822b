import { at, walk } from '../languages/treeNode.ts';
import { jobs, workflowLanguages } from './kit/workflow.ts';
import type { Rule } from './rule.ts';

export const workflowUnpinned: Rule = {
  id: 'workflow-unpinned',
  title: 'Workflow uses code that can change under it',
  tier: 'high',
  category: 'supply-chain',
  languages: workflowLanguages,
  references: ['CWE-829', 'CWE-1357', 'OpenSSF Scorecard: Pinned-Dependencies'],
  why: 'A tag or branch can be moved to other code at any time, and that code runs with the tokens of the job (tj-actions, 2025). Only a commit hash or an image digest stays what was reviewed.',
  remedy: 'pin the full commit hash (with the version as a comment) or the image digest',
  keywords: ['uses', 'image', 'container', 'services'],
  check(source, report) {
    // Trust is given to a repository: what the file takes from one already, under the same name, says nothing new.
    const told = new Set<string>();
    for (const root of source.tree)
      for (const n of walk(root)) {
        if (n.key === 'uses' && n.kind === 'scalar') {
          const v = n.value;
          if (v === '' || v.startsWith('./') || v.startsWith('../') || v.includes('${{')) continue;
          if (v.startsWith('docker://')) {
            if (!v.includes('@sha256:')) report({ start: n.start, end: n.end, key: `uses:${v}` });
            continue;
          }
          const [name, ref] = v.split('@');
          if (ref !== undefined && /^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(ref)) continue;
          const branch =
            ref === undefined || /^(?:main|master|develop|dev|trunk|head|latest|release|stable|next)$/i.test(ref);
          // Tags of GitHub's own actions are kept by the platform itself.
          const own = /^(?:actions|github|dependabot)\//.test(name ?? '');
          // A called workflow is given secrets and rights of its own by every call.
          const isCall = /\/\.github\/workflows\//.test(name ?? '');
          const repository = (name ?? '').split('/').slice(0, 2).join('/');
          // Another tag that can be moved just as well is no new risk.
          const key = `uses:${isCall ? 'call:' : ''}${repository}${branch ? `@${ref}` : ''}`;
          if (!isCall && told.has(key)) continue;
          told.add(key);
          report({
            start: n.start,
            end: n.end,
            key,
            ...(own && !branch ? { tier: 'medium' as const } : {}),
          });
        }
      }
    for (const job of jobs(source)) {
      const container = at(job.node, 'container');
      const images = [
        container?.kind === 'scalar' ? container : at(container, 'image'),
        ...(at(job.node, 'services')?.children.map((s) => (s.kind === 'scalar' ? s : at(s, 'image'))) ?? []),
      ];
      for (const image of images) {
        if (!image || image.value === '' || image.value.includes('@sha256:') || image.value.includes('${{')) continue;
        report({
          start: image.start,
          end: image.end,
          key: `image:${image.value.replace(/:v?\d[\w.-]*$/, '')}`,
        });
      }
    }
  },
};
