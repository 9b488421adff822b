/** Findings that stay, a tier lower, where little is new. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };

/** Tiers of a rule's findings. */
async function tiersOf(rule: string, path: string, before: string | null, after: string): Promise<string[]> {
  const { findings } = await classify([{ path, before, after }], ctx);
  return findings.filter((f) => f.rule === rule).map((f) => f.tier);
}

test("a role that may do anything to its product's own kinds reaches little further with more of them", async () => {
  const role = (resources: string, group = 'wharf.io', verbs = '"*"', name = 'wharf-manager'): string =>
    `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: ${name}\nrules:\n  - apiGroups: [${group}]\n    resources: [${resources}]\n    verbs: [${verbs}]\n`;
  const found = (before: string, after: string) => tiersOf('k8s-rbac-wide', 'deploy/role.yaml', before, after);
  const old = role('ships');
  assert.deepEqual(await found(old, role('ships, docks')), ['medium']);
  for (const after of [
    role('ships, "*"'),
    role('ships, secrets'),
    role('ships, docks', 'wharf.io, ""'),
    role('ships, docks', '"*"'),
    role('ships, docks', 'wharf.io', '"*"', 'wharf-other'),
    `${old}---\n${role('docks', 'wharf.io', '"*"', 'wharf-other')}`,
  ])
    assert.ok((await found(old, after)).includes('critical'), after);
  assert.ok((await found(role('ships', 'wharf.io', 'get, list'), role('ships, docks'))).includes('critical'));
  const core = (resources: string): string => role(resources, '""');
  assert.ok((await found(core('pods'), core('pods, configmaps'))).includes('critical'));
  const foreign = (resources: string): string => role(resources, 'workflows.io');
  assert.ok((await found(foreign('jobs'), foreign('jobs, runs'))).includes('critical'));
});
