import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };

/** Tiers of what a rule says of a file, in its order. */
const weigh = async (rule: string, path: string, after: string, before: string | null = null): Promise<string[]> =>
  (await classify([{ path, before, after }], ctx)).findings.filter((f) => f.rule === rule).map((f) => f.tier);

/** A pod whose container has these settings. */
const pod = (context: string, spec = ''): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n${spec}  containers:\n    - name: a\n      image: a:1.2.3\n      securityContext:\n${context
    .split('\n')
    .map((l) => `        ${l}\n`)
    .join('')}`;

test('settings of one container are one decision', async () => {
  const of = (context: string, spec?: string, before?: string): Promise<string[]> =>
    weigh('k8s-host-access', 'k8s/pod.yaml', pod(context, spec), before);
  assert.deepEqual(await of('privileged: true\nrunAsNonRoot: false\nrunAsUser: 0'), ['critical']);
  assert.deepEqual(await of('runAsUser: 0'), ['critical']);
  assert.deepEqual(await of('runAsNonRoot: false\nreadOnlyRootFilesystem: true'), ['high']);
  assert.deepEqual(await of('runAsUser: 0', '  hostPID: true\n'), ['critical', 'critical']);
  const limited = 'runAsUser: 0\nallowPrivilegeEscalation: false\ncapabilities: {drop: [ALL]}';
  assert.deepEqual(await of(limited), ['medium']);
  assert.deepEqual(await of(limited.replace('[ALL]', '[ALL], add: [SYS_ADMIN]')), ['high', 'critical']);
  assert.deepEqual(
    await of('privileged: true\nrunAsUser: 0', '', pod('privileged: true')),
    ['critical'],
    'alone it is told',
  );
});

test('a right over the network weighs as much as the network that it is over', async () => {
  const add = 'capabilities: {add: [NET_ADMIN]}';
  const of = (context: string, spec?: string): Promise<string[]> =>
    weigh('k8s-host-access', 'k8s/pod.yaml', pod(context, spec));
  assert.deepEqual(await of(add), ['medium']);
  assert.deepEqual(await of(add, '  hostNetwork: true\n'), ['critical', 'high']);
  assert.deepEqual(await of(add, '  hostNetwork: "{{ .Values.host }}"\n'), ['high']);
  const service = (more: string): Promise<string[]> =>
    weigh('compose-privileged', 'compose.yaml', `services:\n  vpn:\n    image: vpn:1.2.3\n${more}`);
  assert.deepEqual(await service('    cap_add: [NET_ADMIN]\n'), ['medium']);
  assert.deepEqual(await service('    cap_add: [NET_ADMIN, SYS_MODULE]\n'), ['critical']);
  assert.deepEqual(await service('    cap_add: [NET_ADMIN]\n    network_mode: host\n'), ['high', 'high']);
  assert.deepEqual(await service('    cap_add: [NET_ADMIN]\n    network_mode: ${MODE}\n'), ['high']);
});

test('of what an agent may run, what only reads is a remark', async () => {
  const allow = (...entries: string[]): Promise<string[]> =>
    weigh(
      'agent-permissions-widened',
      '.claude/settings.json',
      JSON.stringify({ permissions: { allow: entries } }, null, 2),
    );
  assert.deepEqual(await allow('Bash(git check-ignore *)', 'Bash(ls:*)'), ['low']);
  assert.deepEqual(await allow('Bash(git check-ignore *)', 'Bash(dotnet restore *)'), ['high']);
  assert.deepEqual(await allow('Bash(git *)'), ['high']);
  assert.deepEqual(await allow('Bash(git grep *)'), ['high']);
  assert.deepEqual(await allow('Bash(ls; curl x)'), ['high']);
  assert.deepEqual(await allow('Bash(git rev-parse --exec)'), ['low']);
});
