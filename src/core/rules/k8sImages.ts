import type { Language } from '../languages/detect.ts';
import type { Source } from '../languages/source.ts';
import type { TreeNode } from '../languages/treeNode.ts';
import { isKube, isPipeline, kubernetes, settings } from './kit/kube.ts';
import type { Rule } from './rule.ts';
import { baseOf } from '../paths.ts';

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
    for (const root of source.tree) {
      if (source.language === 'yaml' && !isKube(source, root) && !isPipeline(root)) continue;
      for (const n of settings(root)) {
        // An image of build machines is not one of a container.
        if (n.key !== 'image' || n.parent?.key === 'pool' || n.kind !== 'scalar') continue;
        const image =
          n.value.startsWith('*') && !n.quoted ? (anchored(source, n.value.slice(1), n.start) ?? n.value) : n.value;
        if (image === '' || /[{$]/.test(image) || image.includes('@sha256:')) continue;
        if (!ofContainers.test(n.parent?.parent?.key ?? '') && picture.test(image)) continue;
        if (hasVersion(n, source.language, image)) continue;
        const name = baseOf(image);
        // `<image-you-built>`, `CHANGE_ME`: no name of an image looks so, and a version would stand behind the real one.
        if (/^<[^<>:]*>$|^[A-Z]+(?:_[A-Z]+)+$/.test(name)) continue;
        if (!name.includes(':') || /:(?:latest|master|main|edge|nightly)$/.test(name))
          // To say `latest` is to say nothing.
          report({ start: n.start, end: n.end, key: `image:${image.replace(/:latest$/, '')}` });
      }
    }
  },
};

const picture = /\.(?:png|jpe?g|gif|svg|webp|avif|ico)$/i;

/** A container has no key for the version. */
const ofContainers = /^(?:initC|c|ephemeralC)ontainers$|^steps$|^sidecars$/;

/** Whether the version stands beside the image, as in values of charts; or a compose file builds the image itself. */
const hasVersion = ({ parent }: TreeNode, language: Language, image: string): boolean =>
  !ofContainers.test(parent?.parent?.key ?? '') &&
  (parent?.children ?? []).some((c) =>
    language === 'docker-compose'
      ? c.key === 'build'
      : // What says its tag itself has no other.
        !/:[^/]*$/.test(image) &&
        /^(?:image_?)?(?:tag|version|digest)$/i.test(c.key) &&
        c.kind === 'scalar' &&
        !/^(?:|latest|master|main|edge|nightly|null|~)$/.test(c.value),
  );

/** The plain text that a YAML anchor stands for at an offset: the nearest above it. `undefined` where it is anything else. */
function anchored(source: Source, name: string, at: number): string | undefined {
  let anchors = anchorsOf.get(source);
  if (!anchors) {
    anchors = new Map();
    for (const m of source.text.matchAll(
      /^[^#\n]{0,300}?(?<=\s)&([^\s,[\]{}]{1,100})(?:[ \t]+(?:"([^"\n]{1,300})"|'([^'\n]{1,300})'|([^\s"',[\]{}#|>&*!][^\s,[\]{}]{0,300})))?[ \t]*(?:[,}\]#].*)?$/gm,
    )) {
      const known = anchors.get(m[1]!) ?? [];
      known.push({ at: m.index, value: m[2] ?? m[3] ?? m[4] });
      anchors.set(m[1]!, known);
    }
    anchorsOf.set(source, anchors);
  }
  return anchors.get(name)?.findLast((a) => a.at < at)?.value;
}
const anchorsOf = new WeakMap<Source, Map<string, { readonly at: number; readonly value: string | undefined }[]>>();
