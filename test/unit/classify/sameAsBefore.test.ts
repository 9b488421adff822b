import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
type File = { path: string; before: string | null; after: string | null };
const file = (path: string, before: string | null, after: string | null): File => ({ path, before, after });
const found = async (rule: string, ...files: File[]): Promise<number> =>
  (await classify(files, ctx)).findings.filter((f) => f.rule === rule).length;

test('a folder that a value mounts is the same one only if nothing in the change sets another', async () => {
  const set = (folder: string): string =>
    `apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: agent\nspec:\n  template:\n    spec:\n      containers:\n        - name: a\n          image: a/b:1.0\n      volumes:\n        - name: d\n          hostPath:\n            path: ${folder}\n`;
  const template = file(
    'charts/agent/templates/ds.yaml',
    set('/var/lib/agent'),
    set('{{ .Values.dataDir | default "/var/lib/agent" }}'),
  );
  const values = file('charts/agent/values.yaml', 'image: a\n', 'image: a\ndataDir: /var/lib/agent\n');
  assert.equal(await found('k8s-host-access', template, values), 0);
  const same = file('deploy/prod.yaml', null, 'agent:\n  dataDir: /var/lib/agent/\n');
  assert.equal(await found('k8s-host-access', template, values, same), 0);
  const other = file('deploy/prod.yaml', null, 'agent:\n  dataDir: /var/run\n');
  assert.equal(await found('k8s-host-access', template, values, other), 1);
});

test('a new workflow has its actions from another one only with the same given to them, on the same machines', async () => {
  const workflow = (runner: string, given: string, more = ''): string =>
    `on: push\npermissions: {}\njobs:\n  a:\n    runs-on: ${runner}\n    steps:\n      - uses: foo/bar@v1\n${given}      - run: echo \${{ secrets.PROD }}\n        with:\n          token: x\n${more}`;
  const old = workflow('u', '');
  const copied = (text: string): Promise<number> =>
    found(
      'workflow-unpinned',
      file('.github/workflows/a.yml', old, `${old}# x\n`),
      file('.github/workflows/b.yml', null, text),
    );
  assert.equal(await copied(workflow('u', '', '      - run: make\n')), 0);
  assert.equal(await copied(workflow('prod', '', '      - run: make\n')), 1);
  assert.equal(await copied(workflow('u', '        with:\n          token: x\n', '      - run: make\n')), 1);
});

test('a name with cockroach in it makes no other data base', async () => {
  const index = (path: string): Promise<number> =>
    found('sql-unsafe-migration', file(path, null, 'CREATE INDEX i ON orders (a);\n'));
  for (const path of ['db/cockroach/7_a.sql', 'db/7_a.cockroach.sql', 'db/mysql/7_a.sql'])
    assert.equal(await index(path), 0, path);
  for (const path of ['db/from-cockroach/7_a.sql', 'db/7_move_off_cockroach.sql'])
    assert.equal(await index(path), 1, path);
});
