import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import type { Finding } from '../../../src/core/model.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
const head = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n';
const container = (name: string, ...context: string[]): string =>
  `    - name: ${name}\n      image: a/b:1.0\n      securityContext:\n${context.map((c) => `        ${c}\n`).join('')}`;
const found = async (rule: string, before: string | null, after: string): Promise<readonly Finding[]> =>
  (await classify([{ path: 'k8s/pod.yaml', before, after }], ctx)).findings.filter((f) => f.rule === rule);
const limited = ['allowPrivilegeEscalation: false', 'capabilities: {drop: [ALL]}'];

test('a setting that several containers repeat is told once, with the lines of the others', async () => {
  const pod = head + ['a', 'b', 'c'].map((n) => container(n, 'privileged: true')).join('');
  const [first, ...rest] = await found('k8s-host-access', null, pod);
  assert.equal(rest.length, 0);
  assert.equal(first?.line, 10);
  assert.match(first.message, /'privileged: true'.* The same holds for lines 14, 18\.$/);
  assert.equal(first.tier, 'critical');
  const two = await found('k8s-host-access', null, head + container('a', 'privileged: true', 'runAsNonRoot: false'));
  assert.equal(two.length, 2);
});

test('root without its rights, and a limit that was never set, are remarks', async () => {
  const tiers = async (before: string | null, ...context: string[]): Promise<string> =>
    (await found('k8s-host-access', before, head + container('a', ...context))).map((f) => f.tier).join(' ');
  assert.equal(await tiers(null, ...limited, 'runAsNonRoot: false'), 'medium');
  assert.equal(await tiers(null, 'runAsNonRoot: false'), 'critical');
  assert.equal(await tiers(null, 'capabilities: {drop: [NET_RAW]}', 'runAsNonRoot: false'), 'critical');
  assert.equal(
    await tiers(head + container('a', ...limited, 'runAsNonRoot: true'), ...limited, 'runAsNonRoot: false'),
    'high',
  );
  assert.equal(await tiers(null, 'readOnlyRootFilesystem: false'), 'medium');
  assert.equal(
    await tiers(head + container('a', 'readOnlyRootFilesystem: true'), 'readOnlyRootFilesystem: false'),
    'high',
  );
  assert.equal(await tiers(null, 'capabilities: {drop: [ALL], add: [NET_RAW]}'), 'medium');
  assert.equal(await tiers(null, 'capabilities: {drop: [ALL], add: [SYS_RAWIO]}'), 'critical');
  assert.equal(await tiers(null, 'capabilities: {add: [NET_ADMIN]}'), 'high');
});

test('tests that are skipped, and columns that change their type, are one finding of their file', async () => {
  const told = async (path: string, before: string | null, after: string): Promise<string[]> =>
    (await classify([{ path, before, after }], ctx)).findings.map((f) => `${f.rule} ${f.tier} ${f.line}`);
  const t = (skip: string): string =>
    ['a', 'b'].map((n) => `${skip}def test_${n}():\n    assert ${n}() == 1\n\n\n`).join('');
  assert.deepEqual(await told('tests/test_a.py', t(''), t('@pytest.mark.skip(reason="slow")\n')), [
    'tests-skipped high 1',
  ]);
  const log = (...ops: string[]): string =>
    `<databaseChangeLog>\n<changeSet id="1" author="a">\n${ops.join('\n')}\n</changeSet>\n</databaseChangeLog>\n`;
  const type = (column: string): string =>
    `<modifyDataType tableName="t" columnName="${column}" newDataType="BIGINT" />`;
  assert.deepEqual(await told('db/a.xml', null, log(type('a'), type('b'))), ['changelog-operation high 3']);
  const drop = (table: string): string => `<dropTable tableName="${table}" />`;
  assert.deepEqual(await told('db/a.xml', null, log(drop('a'), drop('b'))), [
    'changelog-operation critical 3',
    'changelog-operation critical 4',
  ]);
});
