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
  assert.deepEqual(await found(foreign('jobs'), foreign('jobs, runs')), ['high']);
  assert.ok((await found(foreign('jobs'), foreign('jobs, taskruns'))).includes('critical'), 'runs what it is given');
});

test('more named kinds under rights that a role has weigh as what is new', async () => {
  const role = (resources: string, verbs = 'get, list, watch', name = 'gate', groups = '""'): string =>
    `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: ${name}\nrules:\n  - apiGroups: [${groups}]\n    resources: [${resources}]\n    verbs: [${verbs}]\n`;
  const found = (before: string, after: string) => tiersOf('k8s-rbac-wide', 'deploy/role.yaml', before, after);
  const old = role('pods, secrets');
  assert.deepEqual(await found(old, role('configmaps, pods, secrets')), ['medium']);
  const writes = 'get, create';
  assert.deepEqual(await found(role('secrets', writes), role('secrets, configmaps', writes)), ['medium']);
  for (const [before, after] of [
    [role('pods'), old],
    [old, role('configmaps, pods, secrets', 'get, list, watch, update')],
    [old, role('configmaps, pods, secrets', '"*"')],
    [old, role('configmaps, pods, secrets, "*"')],
    [old, `${old}---\n${role('configmaps, secrets', 'get', 'other')}`],
    [old, role('configmaps, pods, secrets', 'get, list, watch', 'gate', '"", apps')],
    [role('secrets', writes), role('secrets, pods', writes)],
    [role('secrets', writes), role('secrets, pods/exec', writes)],
    ...['nodes', 'namespaces', 'apiservices', 'rollouts', 'pods/proxy', '"*/*"', 'pods/portforward'].map(
      (kind) => [role('secrets', writes), role(`secrets, ${kind}`, writes)] as const,
    ),
    [old, role('pods, secrets, pods/proxy')],
  ] as const)
    assert.ok(
      (await found(before, after)).some((tier) => tier !== 'medium'),
      after,
    );
  const quoted =
    "apiVersion: v1\nkind: ClusterRole\nmetadata:\n  name: a\nrules:\n  - apiGroups: [b]\n    verbs:\n      - '*'\n";
  assert.deepEqual(await found(quoted, quoted.replaceAll("'", '"')), []);
});

test('a folder of the node that became a value, with the folder as its default, is no new one', async () => {
  const pod = (path: string, head = '', name = 'agent'): string =>
    `${head}apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: ${name}\nspec:\n  template:\n    spec:\n      volumes:\n        - name: data\n          hostPath:\n            path: ${path}\n`;
  const found = async (after: string, values: string | null, before = pod('/var/lib/wharf/')): Promise<number> => {
    const chart = [{ path: 'chart/templates/agent.yaml', before, after }];
    const given = values === null ? [] : [{ path: 'chart/values.yaml', before: 'a: 1\n', after: values }];
    const { findings } = await classify([...chart, ...given, { path: 'a.md', before: null, after: 'a\n' }], ctx);
    return findings.filter((f) => f.rule === 'k8s-host-access').length;
  };
  const head = '{{- $data := default "/var/lib/wharf/" .Values.agent.dataPath }}\n';
  const byValue = pod('{{ .Values.agent.dataPath | default "/var/lib/wharf" | quote }}');
  const unset = 'agent:\n  dataPath: ~\n';
  assert.equal(await found(pod('{{ $data | quote }}', head), unset), 0);
  assert.equal(await found(byValue, unset), 0);
  assert.equal(await found(byValue, 'agent:\n  other: 1\n'), 0);
  // Set by the chart itself, or by values that the change does not show.
  assert.equal(await found(byValue, 'agent:\n  dataPath: /\n'), 1);
  assert.equal(await found(byValue, null), 1);
  assert.equal(await found(pod('{{ .Values.agent.dataPath | default "/" }}'), unset), 1);
  assert.equal(await found(pod('{{ .Values.agent.dataPath }}'), unset), 1);
  const twice = `${head}{{- $data = "/" }}\n`;
  assert.equal(await found(pod('{{ $data }}', twice), unset), 1);
  assert.equal(await found(byValue, unset, pod('/var/lib/other')), 1);
  const other = `${pod('/var/lib/wharf/')}---\n${pod('{{ .Values.agent.dataPath | default "/var/lib/wharf" }}', '', 'web')}`;
  assert.equal(await found(other, unset), 1);
});

test('sudo for the user of a dev container is a remark, a door for others is not', async () => {
  const found = async (run: string, path = '.devcontainer/Dockerfile') => {
    const { findings } = await classify([{ path, before: null, after: `FROM debian:12\nRUN ${run}\n` }], ctx);
    return findings.filter((f) => f.rule === 'docker-sudo-or-ssh').map((f) => f.tier);
  };
  const sudo = "useradd dev && echo 'dev ALL=(root) NOPASSWD:ALL' > /etc/sudoers.d/dev";
  assert.deepEqual(await found(sudo), ['low']);
  assert.deepEqual(await found('apt-get install -y sudo', 'web/.devcontainer/base/Dockerfile'), ['low']);
  assert.deepEqual(await found(sudo, 'deploy/Dockerfile'), ['high']);
  assert.deepEqual(await found(sudo, 'devcontainer/Dockerfile'), ['high']);
  assert.deepEqual(await found('apt-get install -y openssh-server'), ['medium']);
  assert.deepEqual(await found('chmod 777 /etc'), ['high']);
});
