import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
const role = (name: string, group: string, kinds: string): string =>
  `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: ${name}\nrules:\n  - apiGroups: [${group}]\n    resources: [${kinds}]\n    verbs: ['*']\n`;
const tier = async (name: string, group: string, before: string, after: string): Promise<string | undefined> =>
  (
    await classify([{ path: 'k8s/role.yaml', before: role(name, group, before), after: role(name, group, after) }], ctx)
  ).findings.find((f) => f.rule === 'k8s-rbac-wide')?.tier;

test("more of a product's own kinds is no new reach, unless they hand out rights or run what they are given", async () => {
  assert.equal(await tier('acme-shop', 'shop.acme.io', 'carts', 'carts, orders'), 'medium');
  assert.equal(await tier('acme-shop', 'shop.acme.io', 'carts, tokens', 'carts, tokens, orders'), 'medium');
  for (const kind of [
    'globalroles',
    'tokens',
    'policyexceptions',
    'applications',
    'pipelineruns',
    'clustersecretstores',
  ])
    assert.equal(await tier('acme-shop', 'shop.acme.io', 'carts', `carts, ${kind}`), 'critical', kind);
  // Of the name whole words, and none that anybody has.
  assert.equal(await tier('acmeshopping', 'acme.io', 'carts', 'carts, orders'), 'high');
  assert.equal(await tier('user-management', 'management.acme.io', 'carts', 'carts, orders'), 'high');
});
