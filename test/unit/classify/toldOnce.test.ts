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
  assert.equal(two.length, 1, 'who is privileged is root');
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
  assert.equal(await tiers(null, 'capabilities: {add: [NET_ADMIN]}'), 'medium');
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

test('columns that get another character set are told once, beside what may cut data', async () => {
  const sql = [
    "ALTER TABLE `a` CHANGE COLUMN `n` `n` VARCHAR(85) CHARACTER SET 'utf8mb4' NOT NULL;",
    'ALTER TABLE `b` MODIFY `n` TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, MODIFY `m` TEXT CHARACTER SET utf8mb4;',
    'ALTER TABLE `c` MODIFY `n` VARCHAR(20) CHARACTER SET latin1;',
    'ALTER TABLE `d` CHANGE `n` `m` VARCHAR(20) CHARACTER SET utf8mb4;',
    'ALTER TABLE `e` MODIFY `n` VARCHAR(20) CHARACTER SET utf8mb4, MODIFY `k` VARCHAR(20);',
  ].join('\n');
  const change = { path: 'db/migrations/7.sql', before: null, after: sql };
  const findings = (await classify([change], ctx)).findings.filter((f) => f.rule === 'sql-unsafe-migration');
  assert.deepEqual(
    findings.map(
      (f) =>
        `${f.tier} ${f.line} ${/may cut data|character set/.exec(f.message)?.[0]} ${/lines? [\d, ]+/.exec(f.message)?.[0]}`,
    ),
    ['high 1 character set line 2', 'high 3 may cut data lines 4, 5'],
  );
});

test('all secrets for workflows of one owner are told once, with the lines of the others', async () => {
  const call = (name: string, owner: string): string =>
    `  ${name}:\n    uses: ${owner}/flows/.github/workflows/${name}.yml@v1\n    secrets: inherit\n`;
  const workflow = (...calls: string[]): string => `on: push\npermissions: {}\njobs:\n${calls.join('')}`;
  const told = async (before: string | null, after: string): Promise<readonly Finding[]> =>
    (await classify([{ path: '.github/workflows/a.yml', before, after }], ctx)).findings.filter(
      (f) => f.rule === 'workflow-secrets-exposed',
    );
  const own = [call('lint', 'acme'), call('build', 'acme'), call('deploy', 'acme')];
  const [first, ...rest] = await told(null, workflow(...own));
  assert.equal(rest.length, 0);
  assert.equal(`${first?.tier} ${first?.line}`, 'high 6');
  assert.match(first!.message, / of acme all secrets: .* The same holds for lines 9, 12\.$/);
  // Another owner is another decision, and one more is one more.
  assert.equal((await told(null, workflow(...own, call('scan', 'evil')))).length, 2);
  assert.equal((await told(workflow(own[0]!), workflow(own[0]!, own[1]!))).length, 1);
});
