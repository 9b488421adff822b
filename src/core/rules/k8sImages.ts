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
        // An image of build machines is not one of a container.
        if (n.key !== 'image' || n.parent?.key === 'pool' || n.kind !== 'scalar') continue;
        const image = n.value.startsWith('*') && !n.quoted ? anchored(source.text, n.value.slice(1)) : n.value;
        if (image === '' || /[{$]/.test(image) || image.includes('@sha256:')) continue;
        const name = image.slice(image.lastIndexOf('/') + 1);
        if (!name.includes(':') || /:(?:latest|master|main|edge|nightly)$/.test(name))
          report({ start: n.start, end: n.end, key: `image:${image}` });
      }
  },
};

/** The plain text that a YAML anchor stands for; '' where it is anything else. */
function anchored(text: string, name: string): string {
  for (const m of text.matchAll(/(?<=\s)&([^\s,[\]{}]{1,100})[ \t]+["']?([^\s"']{1,300})/g))
    if (m[1] === name) return m[2]!;
  return '';
}
