import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import type { FileChange } from '../../../src/core/model.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };

/** `tier@line` of what a rule says of a change. */
const said = async (rule: string, ...files: FileChange[]): Promise<string[]> =>
  (await classify(files, ctx)).findings.filter((f) => f.rule === rule).map((f) => `${f.tier}@${f.line}`);

/** A workflow of one job. */
const workflow = (
  steps: readonly string[],
  on = 'push',
  permissions = '  contents: read\n  packages: write\n',
): string =>
  `on: ${on}\npermissions:\n${permissions}jobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n${steps.map((s) => `      - ${s}\n`).join('')}`;
const added = (after: string, path = '.github/workflows/a.yml'): FileChange => ({ path, before: null, after });

test('a token that checkout leaves weighs as much as can be done with it', async () => {
  const weigh = async (uses: string, run: string, on?: string, permissions?: string) =>
    (
      await said('workflow-credentials-kept', added(workflow([`uses: ${uses}`, `run: ${run}`], on, permissions)))
    )[0]?.split('@')[0];
  const hash = '5c1d9e0b7a3f4628d1e0c9b8a7f6e5d4c3b2a190';
  assert.equal(await weigh('actions/checkout@v5', 'npm ci'), 'medium');
  assert.equal(await weigh('actions/checkout@v5', 'npm ci', 'push', '  contents: read\n'), undefined);
  assert.equal(await weigh('actions/checkout@v5', 'npm ci', 'push', '  id-token: write\n'), undefined);
  assert.equal(await weigh('actions/checkout@v5', 'npm ci', 'push', '  issues: write\n'), 'medium');
  assert.equal(await weigh('actions/checkout@v5', 'npm publish', 'push', '  contents: read\n'), 'low', 'may give it');
  assert.equal(await weigh('actions/checkout@v5', 'tar cf a.tar .', 'push', '  contents: read\n'), 'medium');
  assert.equal(await weigh('actions/checkout@v6', 'npm ci'), 'low');
  assert.equal(await weigh(`actions/checkout@${hash} # v6.0.1`, 'npm ci'), 'low');
  assert.equal(await weigh(`actions/checkout@${hash} # not v6`, 'npm ci'), 'medium');
  assert.equal(await weigh('actions/checkout@v6', 'npm ci', 'pull_request'), 'medium', 'code of a request');
  assert.equal(await weigh('actions/checkout@v6', 'npm ci', 'pull_request_target', '  contents: read\n'), 'high');
  assert.equal(await weigh('actions/checkout@v6', './scripts/e2e.sh', 'pull_request'), 'low', 'no code of others');
  assert.equal(await weigh('actions/checkout@v6', './scripts/e2e.sh && npm ci', 'pull_request'), 'medium');
});

test('an image of the whole folder is a remark while the token may publish images alone', async () => {
  const weigh = async (permissions?: string) =>
    (
      await said(
        'workflow-credentials-kept',
        added(
          workflow(
            ['uses: actions/checkout@v4', 'uses: docker/build-push-action@v6', '  with:', '    context: .'],
            'push',
            permissions,
          ).replaceAll('      -   ', '        '),
        ),
      )
    )[0]?.split('@')[0];
  assert.equal(await weigh(), 'low');
  assert.equal(await weigh('  contents: write\n'), 'medium');
  assert.equal(await weigh('  contents: read\n  actions: write\n'), 'medium');
});

test("the platform's own actions by a version weigh little where nothing is at stake", async () => {
  const weigh = async (after: string, before: string | null = null) =>
    (await said('workflow-unpinned', { path: '.github/workflows/a.yml', before, after }))[0]?.split('@')[0];
  const poor = workflow(['uses: actions/checkout@v4'], 'push', '  contents: read\n');
  assert.equal(await weigh(poor), 'low');
  assert.equal(await weigh(poor.replace('permissions:\n  contents: read\n', '')), 'low');
  for (const [what, rich] of Object.entries({
    'a right to write': poor.replace('contents: read', 'contents: write'),
    'an identity': poor.replace('contents: read', 'id-token: write'),
    'all rights': poor.replace('permissions:\n  contents: read\n', 'permissions: write-all\n'),
    'a secret': `${poor}        env:\n          KEY: \${{ secrets.KEY }}\n`,
    'a secret for all': poor.replace('jobs:', 'env:\n  KEY: ${{ secrets.KEY }}\njobs:'),
    'an environment': poor.replace('    runs-on', '    environment: production\n    runs-on'),
    'a machine of its own': poor.replace('ubuntu-24.04', '[self-hosted, linux]'),
    'another machine': poor.replace('ubuntu-24.04', 'builder-7'),
    'a start from outside': poor.replace('on: push', 'on: pull_request_target'),
    'other actions held by a hash': `${poor}      - uses: acme/a@5c1d9e0b7a3f4628d1e0c9b8a7f6e5d4c3b2a190\n`,
  }))
    assert.equal(await weigh(rich), 'medium', what);
  assert.equal(await weigh(poor.replace('@v4', '@main')), 'high');
  assert.equal(await weigh(poor.replace('actions/', 'acme/')), 'high');
  const pinned = poor.replace('@v4', '@5c1d9e0b7a3f4628d1e0c9b8a7f6e5d4c3b2a190');
  assert.equal(await weigh(poor, pinned), 'medium', 'a pin that went');
});

test('of one owner the first action is told, with the others; branches, pins that went and other owners by themselves', async () => {
  const uses = (...names: string[]): string => workflow(names.map((n) => `uses: ${n}`));
  const find = (...names: string[]) => said('workflow-unpinned', added(uses(...names)));
  assert.deepEqual(await find('actions/checkout@v4', 'acme/a@v1', 'actions/cache@v4', 'github/codeql-action/init@v3'), [
    'medium@9',
    'high@10',
  ]);
  assert.deepEqual(await find('docker/login-action@v3', 'docker/build-push-action@v6'), ['high@9']);
  assert.deepEqual(await find('actions/checkout@v4', 'actions/cache@main'), ['medium@9', 'high@10']);
  assert.deepEqual(await find('acme/a/.github/workflows/x.yml@v1', 'acme/a/.github/workflows/y.yml@v1'), [
    'high@9',
    'high@10',
  ]);
  const after = uses('actions/cache@v4', 'actions/checkout@v4', 'actions/stale@v9');
  const before = uses('actions/checkout@5c1d9e0b7a3f4628d1e0c9b8a7f6e5d4c3b2a190');
  assert.deepEqual(
    await said('workflow-unpinned', { path: '.github/workflows/a.yml', before, after }),
    ['medium@9', 'medium@10'],
    'the pin that went is told at its own line',
  );
});

test('a workflow that another one was before is no new one, unless it is started or equipped otherwise', async () => {
  const old = workflow(['uses: acme/a@v1', 'run: make'], 'push', '  contents: read\n');
  const find = async (copy: string, path = '.github/workflows/b.yml', from = '.github/workflows/a.yml') =>
    (
      await classify(
        [
          { path: from, before: old, after: `${old}      - run: make more\n` },
          { path, before: null, after: copy },
        ],
        ctx,
      )
    ).findings
      .filter((f) => f.rule === 'workflow-unpinned')
      .map((f) => f.tier);
  assert.deepEqual(await find(old), []);
  assert.deepEqual(await find(`${old}      - run: make less\n`), []);
  assert.deepEqual(await find(old.replace('on: push', 'on: pull_request_target')), ['high']);
  assert.deepEqual(await find(old.replace('contents: read', 'contents: write')), ['high']);
  assert.deepEqual(await find(old.replace('permissions:\n  contents: read\n', '')), ['high']);
  assert.deepEqual(await find(`${old}        env:\n          KEY: \${{ secrets.KEY }}\n`), ['high']);
  assert.deepEqual(await find(old.replace('acme/a', 'acme/b')), ['high']);
  assert.deepEqual(await find(old, '.github/workflows/b.yml', 'docs/a.yml'), ['high'], 'it did not run there');
});

test('a check that went out of a longer step is told where it stood', async () => {
  const steps = ['run: make', 'name: All\n        run: |\n          make one\n          make two\n          npm test'];
  const before = workflow(steps);
  const after = before.replace('          npm test\n', '          make three\n');
  const files = { path: '.github/workflows/a.yml', before, after };
  assert.deepEqual(await said('ci-check-removed', files), ['high@14']);
});

test('who explains a suppression in a sentence is asked to confirm it, others for the reason', async () => {
  const sentence = async (comment: string) => {
    const after = `resource "aws_cloudwatch_log_group" "a" {\n  #${comment}\n  name = "a"\n}\n`;
    const { findings } = await classify([added(after, 'a.tf')], ctx);
    return findings.find((f) => f.rule === 'check-suppressed')?.message.split(': ')[1];
  };
  const confirm = 'have a person confirm the reason that is given.';
  const ask = 'fix what it found, or have a person add the reason.';
  assert.equal(await sentence("checkov:skip=CKV_AWS_338:We're happy with 30 days retention for now"), confirm);
  assert.equal(await sentence('checkov:skip=CKV_AWS_338'), ask);
  assert.equal(await sentence('checkov:skip=CKV_AWS_338:TODO'), ask);
});

test('a runner of Go weighs less where no shell and no request is in the file', async () => {
  const tier = async (more: string, call = 'exec.CommandContext(ctx, name, args...)') => {
    const head = 'package a\n\nimport (\n\t"context"\n\t"os/exec"\n)\n\n';
    const run = `func run(ctx context.Context, name string, args ...string) error {\n\treturn ${call}.Run()\n}\n`;
    return (await said('command-injection', added(`${head}${run}${more}`, 'a/run.go')))[0]?.split('@')[0];
  };
  assert.equal(await tier(''), 'medium');
  assert.equal(await tier('\nfunc other(line string) error {\n\treturn run(ctx, "sh", "-c", line)\n}\n'), 'high');
  assert.equal(
    await tier('\nfunc serve(w http.ResponseWriter, r *http.Request) {\n\trun(ctx, r.FormValue("p"))\n}\n'),
    'high',
  );
  assert.equal(await tier('', 'exec.CommandContext(ctx, "sh", "-c", name)'), 'high');
});

test('what two scanners are told to leave out for one reason is said once', async () => {
  const block = (id: string, reason = 'encrypted queues can not be filled by this alarm'): FileChange =>
    added(
      `# tfsec:ignore:${id}\nresource "aws_sqs_queue" "a" {\n  # checkov:skip=CKV_AWS_27:"${reason}"\n  name = "a"\n}\n`,
      'a.tf',
    );
  assert.deepEqual(await said('check-suppressed', block('aws-sqs-enable-queue-encryption')), ['medium@1']);
  assert.deepEqual(await said('check-suppressed', block('aws-sqs-no-wildcards')), ['medium@1', 'medium@3']);
  assert.deepEqual(await said('check-suppressed', block('aws-sqs-enable-queue-encryption', '')), [
    'medium@1',
    'medium@3',
  ]);
});

test('a command that moved to another file and lost its sudo there opens nothing new', async () => {
  const moved = (before: string, after: string) =>
    said(
      'destructive-command',
      { path: 'old.sh', before: `#!/bin/bash\n${before}\n`, after: null },
      {
        path: 'new.sh',
        before: null,
        after: `#!/bin/bash\n${after}\n`,
      },
    );
  assert.deepEqual(await moved('sudo ufw allow https', 'ufw allow https'), []);
  assert.deepEqual(await moved('ufw allow https', 'sudo ufw allow https'), ['high@2']);
  assert.deepEqual(await moved('sudo ufw allow https', 'ufw allow 5432'), ['high@2']);
  assert.deepEqual(await moved('sudo ufw allow https', 'ufw allow https\nufw allow https'), ['high@3']);
  assert.deepEqual(await moved('echo sudo ufw allow https', 'ufw allow https'), ['high@2']);
});
