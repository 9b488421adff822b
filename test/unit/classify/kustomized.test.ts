import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tiersOf as tiers } from './tiersOf.ts';

const pod = (image: string, context = 'runAsUser: 1000', kind = 'Pod', name = 'web'): string =>
  `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\nspec:\n  containers:\n    - name: a\n      image: ${image}\n      securityContext:\n        ${context}\n`;
const kustomization = (...lines: string[]): string =>
  ['apiVersion: kustomize.config.k8s.io/v1beta1', 'kind: Kustomization', ...lines, ''].join('\n');
const base = kustomization('resources:', '  - pod.yaml');

test('an image has its version from the kustomizations that lead to it', async () => {
  const overlay = (name: string, tag: string, to = '../../base'): string =>
    kustomization('resources:', `  - ${to}`, 'images:', `  - name: ${name}`, `    newTag: ${tag}`);
  const found = (overlays: Readonly<Record<string, string>>, of = base): Promise<string> =>
    tiers('k8s-image-unpinned', { 'k/base/pod.yaml': pod('x/web'), 'k/base/kustomization.yaml': of, ...overlays });
  const live = 'k/overlays/live/kustomization.yaml';
  assert.equal(await found({}), 'medium');
  assert.equal(await found({ [live]: overlay('x/web', 'v1.2') }), '');
  assert.equal(await found({ [live]: overlay('x/web', 'latest') }), 'medium');
  assert.equal(await found({ [live]: overlay('x/other', 'v1.2') }), 'medium');
  assert.equal(await found({ [live]: overlay('x/web', 'v1.2', '../../other') }), 'medium');
  // Another one deploys it as it stands.
  const plain = kustomization('resources:', '  - ../../base');
  assert.equal(
    await found({ [live]: overlay('x/web', 'v1.2'), 'k/overlays/test/kustomization.yaml': plain }),
    'medium',
  );
  // Nobody lists it.
  assert.equal(
    await found({ [live]: overlay('x/web', 'v1.2') }, kustomization('resources:', '  - other.yaml')),
    'medium',
  );
});

test('an object that a kustomization deletes is a remark, if it is that one', async () => {
  const deletes = (kind: string, name: string, ...target: string[]): string =>
    kustomization(
      'resources:',
      '  - pod.yaml',
      'patches:',
      '  - patch: |',
      '      apiVersion: v1',
      `      kind: ${kind}`,
      '      metadata:',
      `        name: ${name}`,
      '      $patch: delete',
      ...target,
    );
  const found = (k: string, more: Readonly<Record<string, string>> = {}): Promise<string> =>
    tiers('k8s-host-access', {
      'k/pod.yaml': pod('x/web:1.0', 'privileged: true'),
      'k/kustomization.yaml': k,
      ...more,
    });
  assert.equal(await found(base), 'critical');
  assert.equal(await found(deletes('Pod', 'web')), 'low');
  assert.equal(await found(deletes('Pod', 'other')), 'critical');
  assert.equal(await found(deletes('Job', 'web')), 'critical');
  assert.equal(await found(deletes('Pod', 'any', '    target:', '      kind: Pod')), 'low');
  assert.equal(await found(deletes('Pod', 'any', '    target:', '      kind: Job')), 'critical');
  assert.equal(
    await found(deletes('Pod', 'any', '    target:', '      kind: Pod', '      labelSelector: a=b')),
    'critical',
  );
  const second = kustomization('resources:', '  - ../k/pod.yaml');
  assert.equal(await found(deletes('Pod', 'web'), { 'j/kustomization.yaml': second }), 'critical');
});

test('what others may deploy as it stands is judged so', async () => {
  const top = kustomization(
    'resources:',
    '  - ../base',
    'images:',
    '  - name: x/web',
    '    newTag: v1.2',
    'patches:',
    '  - patch: |',
    '      apiVersion: v1',
    '      kind: Pod',
    '      metadata:',
    '        name: web',
    '      $patch: delete',
  );
  const files = {
    'k/base/pod.yaml': pod('x/web', 'privileged: true'),
    'k/base/kustomization.yaml': base,
    'k/live/kustomization.yaml': top,
  };
  const find = async (more: Readonly<Record<string, string>>, old?: Readonly<Record<string, string>>) =>
    [
      await tiers('k8s-host-access', { ...files, ...more }, old),
      await tiers('k8s-image-unpinned', { ...files, ...more }, old),
    ].join(' ');
  assert.equal(await find({}), 'low ');
  assert.equal(await find({}, { 'k/live/kustomization.yaml': base }), 'low ', 'all that lists it does so');
  assert.equal(await find({}, { 'k/base/kustomization.yaml': 'resources: []\n' }), 'critical medium');
  assert.equal(await find({ 'k/test/Kustomization': kustomization('resources:', '  - ../base') }), 'critical medium');
  assert.equal(await find({ 'apps/web.yaml': 'spec:\n  source:\n    path: k/base\n' }), 'critical medium');
  assert.equal(await find({ 'run.sh': 'kubectl apply -k ./k/base\n' }), 'critical medium');
  assert.equal(await find({ 'run.sh': 'kubectl apply -f k/base/pod.yaml\n' }), 'critical medium');
  assert.equal(await find({ 'run.sh': 'kubectl apply -k k/live\n' }), 'low ');
});
