import { walk } from '../languages/treeNode.ts';
import { kubernetes } from './kit/kube.ts';
import type { Rule } from './rule.ts';

export const k8sImages: Rule = {
  id: 'k8s-image-unpinned',
  title: 'Image without a fixed version',
  tier: 'medium',
  category: 'supply-chain',
  languages: [...kubernetes, 'docker-compose'],
  references: ['CWE-1357', 'CIS Kubernetes 5.5'],
  why: '`latest` or no tag means that tomorrow something else may run under the same manifest, and a rollback has nothing to go back to.',
  remedy: 'name a version, better a digest',
  keywords: ['image'],
  check(source, report) {
    for (const root of source.tree)
      for (const n of walk(root)) {
        if (
          n.key !== 'image' ||
          // An image of build machines, not of a container.
          n.parent?.key === 'pool' ||
          n.kind !== 'scalar' ||
          n.value === '' ||
          /[{$]/.test(n.value) ||
          n.value.includes('@sha256:')
        )
          continue;
        const name = n.value.slice(n.value.lastIndexOf('/') + 1);
        if (!name.includes(':') || /:(?:latest|master|main|edge|nightly)$/.test(name))
          report({ start: n.start, end: n.end, key: `image:${n.value}` });
      }
  },
};
