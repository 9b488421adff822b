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
  assert.equal(await weigh('actions/checkout@v5', 'npm publish', 'push', '  contents: read\n'), undefined);
  assert.equal(await weigh('actions/checkout@v5', 'make docker-build', 'push', '  contents: read\n'), 'low');
  assert.equal(await weigh('actions/checkout@v5', 'tar cf a.tar .', 'push', '  contents: none\n'), undefined);
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
    'a secret': `${poor}        env:\n          KEY: \${{ secrets.KEY }}\n`,
    'other actions held by a hash': `${poor}      - uses: acme/a@5c1d9e0b7a3f4628d1e0c9b8a7f6e5d4c3b2a190\n`,
  }))
    assert.equal(await weigh(rich), 'medium', what);
  // Who moves its tags runs the machine, and makes the token.
  for (const [what, rich] of Object.entries({
    'a right to write': poor.replace('contents: read', 'contents: write'),
    'an identity': poor.replace('contents: read', 'id-token: write'),
    'all rights': poor.replace('permissions:\n  contents: read\n', 'permissions: write-all\n'),
    'a secret for all': poor.replace('jobs:', 'env:\n  KEY: ${{ secrets.KEY }}\njobs:'),
    'an environment': poor.replace('    runs-on', '    environment: production\n    runs-on'),
    'a machine of its own': poor.replace('ubuntu-24.04', '[self-hosted, linux]'),
    'another machine': poor.replace('ubuntu-24.04', 'builder-7'),
    'a start from outside': poor.replace('on: push', 'on: pull_request_target'),
  }))
    assert.equal(await weigh(rich), 'low', what);
  assert.equal(await weigh(poor.replace('@v4', '@fix-for-v4')), 'high');
  assert.equal(await weigh(poor.replace('@v4', '@main')), 'high');
  assert.equal(await weigh(poor.replace('actions/', 'acme/')), 'high');
  const pinned = poor.replace('@v4', '@5c1d9e0b7a3f4628d1e0c9b8a7f6e5d4c3b2a190');
  assert.equal(await weigh(poor, pinned), 'medium', 'a pin that went');
});

test('of one owner the first action is told, with the others; branches, pins that went and other owners by themselves', async () => {
  const uses = (...names: string[]): string => workflow(names.map((n) => `uses: ${n}`));
  const find = (...names: string[]) => said('workflow-unpinned', added(uses(...names)));
  assert.deepEqual(await find('actions/checkout@v4', 'acme/a@v1', 'actions/cache@v4', 'github/codeql-action/init@v3'), [
    'high@10',
  ]);
  assert.deepEqual(await find('docker/login-action@v3', 'docker/build-push-action@v6'), ['high@9']);
  assert.deepEqual(await find('actions/checkout@v4', 'actions/cache@main'), ['low@9', 'high@10']);
  const after = uses('actions/cache@v4', 'actions/checkout@v4', 'actions/stale@v9');
  const before = uses('actions/checkout@5c1d9e0b7a3f4628d1e0c9b8a7f6e5d4c3b2a190');
  assert.deepEqual(
    await said('workflow-unpinned', { path: '.github/workflows/a.yml', before, after }),
    ['low@9', 'medium@10'],
    'the pin that went is told at its own line',
  );
});

test('a called workflow of one place is told once for each secret and right that it is given', async () => {
  const call = (job: string, more = ''): string =>
    `  ${job}:\n    uses: acme/a/.github/workflows/${job}.yml@v1\n${more}`;
  const calls = (...jobs: string[]): string => `on: push\npermissions: {}\njobs:\n${jobs.join('')}`;
  const find = async (before: string | null, ...jobs: string[]) =>
    (await said('workflow-unpinned', { path: '.github/workflows/a.yml', before, after: calls(...jobs) })).length;
  const secret = (name: string): string => `    secrets:\n      ${name}: \${{ secrets.${name} }}\n`;
  const rights = '    permissions:\n      contents: write\n';
  assert.equal(await find(null, call('x'), call('y')), 1);
  assert.equal(await find(null, call('x'), call('y', secret('A'))), 2);
  const old = calls(call('x', secret('A')));
  assert.equal(await find(old, call('x', secret('A')), call('y', secret('A'))), 0);
  assert.equal(await find(old, call('x', secret('A')), call('y')), 0);
  assert.equal(await find(old, call('x', secret('A')), call('y', secret('B'))), 1);
  assert.equal(await find(old, call('x', secret('A')), call('y', '    secrets: inherit\n')), 1);
  assert.equal(await find(old, call('x', secret('A')), call('y', rights)), 1);
  const main = (text: string): string => text.replaceAll('@v1', '@main');
  assert.equal(await find(old, main(call('x', secret('A')))), 1);
  assert.equal(await find(main(old), main(call('x', secret('A'))), main(call('y', secret('A')))), 1, 'of a branch');
});

test('an image that is held closer is no news; beside the job and without a secret it weighs little', async () => {
  const job = (image: string, service = '', env = ''): string =>
    workflow(['run: make'], 'push', '  contents: read\n').replace(
      '    steps:',
      `    container: ${image}\n${service && `    services:\n      db:\n        image: ${service}\n${env}`}    steps:`,
    );
  const find = (after: string, before: string | null = null) =>
    said('workflow-unpinned', { path: '.github/workflows/a.yml', before, after });
  assert.deepEqual(await find(job('ubuntu:latest')), ['high@7']);
  assert.deepEqual(await find(job('ubuntu:26.04')), ['high@7']);
  assert.deepEqual(await find(job('acme/ubuntu:26.04')), ['high@7']);
  assert.deepEqual(await find(job('ubuntu:26.04'), job('ubuntu:latest')), []);
  assert.deepEqual(await find(job('ubuntu:26.04'), job('ubuntu')), []);
  assert.deepEqual(await find(job('ubuntu:latest'), job('ubuntu:24.04')), ['high@7']);
  assert.deepEqual(await find(job('acme/ubuntu:26.04'), job('ubuntu:latest')), ['high@7'], 'of somebody else');
  const fixed = `ubuntu@sha256:${'0'.repeat(64)}`;
  assert.deepEqual(await find(job('ubuntu:26.04'), job(fixed)), ['high@7']);
  assert.deepEqual(await find(job(fixed, 'acme/db')), ['high@10']);
  assert.deepEqual(await find(job(fixed, 'acme/db:4'), job(fixed, 'old/db')), ['low@10']);
  assert.deepEqual(await find(job('ubuntu:mine'), job('ubuntu:24.04')), ['high@7'], 'no version');
  for (const tag of ['alpine', 'canary', 'latest-alpine3'])
    assert.deepEqual(await find(job(fixed, `acme/db:${tag}`)), ['high@10'], tag);
  const env = '        env:\n          KEY: ${{ secrets.KEY }}\n';
  for (const more of ['options: --privileged', 'volumes: ["/:/host"]', 'env: { T: "${{ github.token }}" }'])
    assert.deepEqual(await find(job(fixed, 'acme/db:4', `        ${more}\n`)), ['high@10'], more);
  assert.deepEqual(await find(job(fixed, 'acme/db:4', '        ports: [5432:5432]\n')), ['low@10']);
  assert.deepEqual(await find(job(fixed, 'acme/db:4', env)), ['high@10']);
  assert.deepEqual(await find(job(fixed, 'acme/db:4', env), job(fixed, 'acme/db:4')), ['high@10'], 'a secret for it');
});

test("one of the platform's actions in the place of another weighs little, unless it is given a secret", async () => {
  const job = (...uses: string[]): string =>
    `on: push\npermissions:\n  contents: write\njobs:\n  a:\n    runs-on: u\n    steps:\n${uses.map((u) => `      - uses: ${u}\n`).join('')}`;
  const find = async (after: string, ...before: string[]) =>
    (await said('workflow-unpinned', { path: '.github/workflows/a.yml', before: job(...before), after }))[0];
  const old = ['actions/checkout@v4', 'actions/upload-pages-artifact@v3'];
  assert.equal(await find(job('actions/checkout@v4', 'actions/upload-artifact@v4'), ...old), 'low@9');
  assert.equal(await find(job(...old, 'actions/upload-artifact@v4'), ...old), 'low@10', 'one more');
  assert.equal(await find(job('actions/checkout@v4', 'acme/upload-artifact@v4'), ...old), 'high@9');
  const secret = 'actions/create-github-app-token@v1\n        with:\n          private-key: ${{ secrets.KEY }}';
  assert.equal(await find(job('actions/checkout@v4', secret), ...old), 'medium@9');
  const pinned = 'actions/a@5c1d9e0b7a3f4628d1e0c9b8a7f6e5d4c3b2a190';
  assert.equal(await find(job('actions/checkout@v4', 'actions/b@v4'), 'actions/checkout@v4', pinned), 'low@9');
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
  assert.deepEqual(await find(old.replace('acme/a@v1', 'acme/a@v1\n        with:\n          a: b')), ['high']);
  assert.deepEqual(await find(old, '.github/workflows/b.yml', 'docs/a.yml'), ['high'], 'it did not run there');
});

test('an image of a new workflow is the one of another by its whole text', async () => {
  const job = (image: string, more = ''): string =>
    `on: push\npermissions: {}\njobs:\n  a:\n    runs-on: u\n    container: ${image}\n    steps:\n      - run: make${more}\n`;
  const find = async (image: string) =>
    said(
      'workflow-unpinned',
      { path: '.github/workflows/a.yml', before: job('acme/a:20'), after: job('acme/a:20', ' x') },
      added(job(image, ' y'), '.github/workflows/b.yml'),
    );
  assert.deepEqual(await find('acme/a:20'), []);
  assert.deepEqual(await find('acme/a:latest'), ['high@6']);
});

test("one of the platform's actions may be given less in the new workflow than in the old one", async () => {
  const given = (uses: string, ...more: string[]): string =>
    workflow([`uses: ${uses}`], 'push', '  contents: read\n') + more.map((m) => `          ${m}\n`).join('');
  const find = async (uses: string, was: string[], now: string[]): Promise<number> =>
    (
      await classify(
        [
          { path: '.github/workflows/a.yml', before: given(uses, ...was), after: given(uses, ...was, '#') },
          { path: '.github/workflows/b.yml', before: null, after: `${given(uses, ...now)}      - run: make\n` },
        ],
        ctx,
      )
    ).findings.filter((f) => f.rule === 'workflow-unpinned').length;
  assert.equal(await find('actions/checkout@v4\n        with:', ['a: b', 'ref: c'], ['a: b']), 0);
  assert.equal(await find('actions/checkout@v4\n        with:', ['a: b'], ['a: b', 'ref: c']), 1);
  assert.equal(await find('acme/checkout@v4\n        with:', ['a: b', 'ref: c'], ['a: b']), 1);
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

test('to look away from a markup that is written out weighs less than from one that is put together', async () => {
  const tier = async (line: string): Promise<string | undefined> => {
    const { findings } = await classify([added(`def say(name):\n    return ${line}\n`, 'say.py')], ctx);
    return findings.find((f) => f.rule === 'check-suppressed')?.tier;
  };
  assert.equal(await tier('mark_safe("<b>Hello</b>")  # nosec'), 'low');
  assert.equal(await tier('mark_safe(  # nosec\n        "<b>Hello "\n        "you</b>",\n    )'), 'low');
  for (const loud of [
    'mark_safe(f"<b>{name}</b>")  # nosec',
    'mark_safe("<b>" + name)  # nosec',
    'mark_safe("<b>%s</b>") % name  # nosec',
    'mark_safe("<b>{}</b>").format(name)  # nosec',
    'mark_safe("<b>{}</b>".format(name))  # nosec',
    'mark_safe(  # nosec\n        "<b>{}</b>"\n    ).format(name)',
    'mark_safe(name)  # nosec',
    'run(name), mark_safe("<b>")  # nosec',
    'mark_safe("<b>")\n    subprocess.run(name, shell=True)  # nosec',
    'subprocess.run("ls", shell=True)  # nosec',
  ])
    assert.equal(await tier(loud), 'medium', loud);
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

test('a start from outside weighs what it gets at', async () => {
  const weigh = async (steps: readonly string[], permissions?: string) =>
    (await said('workflow-dangerous-trigger', added(workflow(steps, 'pull_request_target', permissions))))[0]?.split(
      '@',
    )[0];
  const answers = '  issues: write\n';
  assert.equal(await weigh(['run: echo hello'], '  contents: none\n'), undefined);
  assert.equal(await weigh(['run: echo hello'], '  contents: read\n'), 'low');
  assert.equal(await weigh(['uses: actions/labeler@v5'], answers), 'low');
  assert.equal(await weigh([`uses: acme/label@${'0'.repeat(40)}`], answers), 'low');
  assert.equal(await weigh(['uses: acme/label@v1'], answers), 'high');
  assert.equal(await weigh([`uses: acme/label@${'0'.repeat(40)}`], '  statuses: write\n'), 'high');
  assert.equal(await weigh(['run: gh pr comment 1 --body hello'], answers), 'low');
  assert.equal(await weigh(['run: gh pr merge 1'], answers), 'high');
  assert.equal(await weigh(['uses: ./.github/actions/label'], answers), 'high');
  assert.equal(await weigh(['run: npm ci'], answers), 'high');
  assert.equal(await weigh(['run: echo "x=$TITLE" >> $GITHUB_ENV'], answers), 'high');
  assert.equal(await weigh(['run: mvn -q verify'], answers), 'high', 'what is not known to look alone');
  assert.equal(await weigh(['run: echo "$TITLE" | sed "s/x/$TITLE/"'], answers), 'high');
  assert.equal(await weigh([`uses: acme/auto-approve@${'0'.repeat(40)}`], answers), 'high');
  const theirs = [
    `uses: acme/build@${'0'.repeat(40)}`,
    '  with:',
    '    ref: ${{ github.event.pull_request.head.sha }}',
  ];
  assert.equal(
    await said(
      'workflow-dangerous-trigger',
      added(workflow(theirs, 'pull_request_target', answers).replaceAll('      -   ', '        ')),
    ).then((f) => f[0]),
    'high@1',
  );
});

test('all secrets for a workflow of the repository are a remark, for one from elsewhere more', async () => {
  const call = (uses: string): string =>
    `on: push\npermissions: {}\njobs:\n  a:\n    uses: ${uses}\n    secrets: inherit\n`;
  const find = (after: string, before: string | null = null) =>
    said('workflow-secrets-exposed', { path: '.github/workflows/a.yml', before, after });
  const own = call('./.github/workflows/b.yml');
  assert.deepEqual(await find(own), ['low@6']);
  assert.deepEqual(await find(call('acme/a/.github/workflows/b.yml@v1')), ['high@6']);
  assert.deepEqual(await find(call('acme/a/.github/workflows/b.yml@v1'), own), ['high@6']);
});

test('a command in a file is weighed by its object and by where it runs', async () => {
  const weigh = async (path: string, text: string) =>
    (await said('destructive-command', added(text, path))).map((f) => f.split('@')[0]).join(' ') || undefined;
  const shell = (text: string, path = 'scripts/run.sh') => weigh(path, `#!/bin/bash\n${text}\n`);
  const job = (...lines: readonly string[]) =>
    weigh(
      '.github/workflows/job.yml',
      `on: push\npermissions: {}\njobs:\n  job:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: |\n${lines.map((l) => `          ${l}\n`).join('')}`,
    );
  // What the run itself made in a cloud.
  const find =
    'IDS=$(aws ec2 describe-instances --filters "Name=tag:Run,Values=run-${{ github.run_id }}" --output text)';
  const end = 'aws ec2 terminate-instances --instance-ids "$ID"';
  assert.equal(await job(find, `for ID in $IDS; do ${end}; done`), 'medium');
  assert.equal(await job(find.replace('run-${{ github.run_id }}', '*'), `for ID in $IDS; do ${end}; done`), 'critical');
  assert.equal(await job('# github.run_id', end.replace('$ID', 'i-0123')), 'critical');
  const image = 'aws ec2 deregister-image --image-id "$AMI"';
  assert.equal(await job("AMI=$(jq -r '.builds[-1].artifact_id' manifest.json)", image), 'medium');
  assert.equal(await job('AMI="${{ inputs.ami }}"', image), 'critical');
  // A branch of its own.
  const push = 'git push --force origin "$B"';
  assert.equal(await job('B="pick-${{ github.run_id }}"', 'git checkout -b "$B" origin/main', push), 'medium');
  assert.equal(await job('B="${{ inputs.branch }}"', 'git checkout -b "$B" origin/main', push), 'high');
  assert.equal(await job('B="release/1.2"', 'git checkout -b "$B" origin/main', push), 'high');
  assert.equal(await job('B="pick-1"', 'git checkout -b "$B" origin/main', `${push}:main`), 'high');
  // Machines that become images.
  assert.equal(await shell('rm -f /etc/ssh/ssh_host_*', 'packer/scripts/99-clean.sh'), 'medium');
  assert.equal(await shell('rm -f /etc/ssh/ssh_host_*'), 'critical');
  assert.equal(await shell('echo "a ALL=(ALL) NOPASSWD:ALL" > /etc/sudoers.d/a', 'packer/scripts/1.sh'), 'critical');
  assert.equal(await shell('ufw allow ssh', 'packer/scripts/1.sh'), 'high');
  assert.equal(await shell('swapoff -a'), 'medium');
  // A folder that is filled again at once.
  assert.equal(await shell('rm -rf /assets/*\ncp -r /usr/share/site/* /assets/'), 'medium');
  assert.equal(await shell('rm -rf /assets/*'), 'critical');
  // Data that a service mounts, and what it does not.
  const service = (target: string) =>
    weigh(
      'docker-compose.yml',
      `services:\n  rights:\n    image: a/b:1.0\n    volumes:\n      - ./files:/var/uploads\n    command: chown -R 1001 ${target}\n`,
    );
  assert.equal(await service('/var/uploads'), 'medium');
  assert.equal(await service('/var/lib'), 'critical');
  // The lesser ones of a file are one remark.
  assert.equal(await shell('rm -rf src\nrm -rf docs\ndocker image prune --force --all'), 'medium');
  assert.equal(await shell('rm -rf src\nkubectl delete namespace shop'), 'medium critical');
});

test('a right for every job weighs by how many of them need it', async () => {
  const push = ['run: docker login ghcr.io -p ${{ secrets.GITHUB_TOKEN }}', 'run: docker push ghcr.io/a/b'];
  const weigh = async (jobs: readonly (readonly string[])[], on = 'workflow_dispatch') => {
    const of = (steps: readonly string[], i: number): string =>
      `  j${i}:\n    runs-on: ubuntu-24.04\n    steps:\n${steps.map((s) => `      - ${s}\n`).join('')}`;
    const head = `on: ${on}\npermissions:\n  packages: write\njobs:\n`;
    return (await said('workflow-permissions', added(head + jobs.map(of).join(''))))[0]?.split('@')[0];
  };
  const idle = ['run: make test'];
  assert.equal(await weigh([push, push, push]), undefined);
  assert.equal(await weigh([push, push, push, idle]), 'low');
  assert.equal(await weigh([push, push, push, idle], 'pull_request'), 'high');
  assert.equal(await weigh([push, idle, idle]), 'high');
  assert.equal(await weigh([push, idle]), 'medium');
  // What is said about a command does not do it.
  const told = ['run: docker login ghcr.io -p ${{ secrets.GITHUB_TOKEN }}', 'run: make # docker push ghcr.io/a/b'];
  assert.equal(await weigh([push, told, told]), 'high');
});

test('what only members of the repository can name is a remark', async () => {
  const weigh = async (value: string) =>
    (await said('workflow-injection', added(workflow([`run: echo "\${{ ${value} }}"`], 'pull_request'))))[0]?.split(
      '@',
    )[0];
  assert.equal(await weigh('github.base_ref'), 'low');
  assert.equal(await weigh('github.event.pull_request.base.ref'), 'low');
  assert.equal(await weigh('github.head_ref'), 'high');
  assert.equal(await weigh('github.base_ref || github.head_ref'), 'high');
  assert.equal(await weigh('github.event.pull_request.base.label'), 'high');
});

test('an action of GitHub by its tag weighs by what it is handed', async () => {
  const weigh = async (step: string, rights: string) =>
    (
      await said('workflow-unpinned', added(workflow([`uses: actions/github-script@v7`, step], 'push', rights)))
    )[0]?.split('@')[0];
  const own = 'run: a ${{ secrets.GITHUB_TOKEN }}';
  assert.equal(await weigh(own, '  issues: write\n'), 'low');
  assert.equal(await weigh('run: a ${{ secrets.KEY }}', '  issues: write\n'), 'low');
});

test('an image that has to start as root, or may step down, is told so', async () => {
  const weigh = async (run: string, start: string) =>
    (await said('docker-root', added(`FROM alpine:3.22\nRUN ${run}\nCOPY a /a\n${start}\n`, 'Dockerfile')))[0]?.split(
      '@',
    )[0];
  assert.equal(await weigh('apk add php84', 'CMD ["crond", "-f"]'), 'low');
  assert.equal(await weigh('apk add php84', 'CMD ["/a", "crond", "-f"]'), 'high');
  assert.equal(await weigh('apk add php84', 'CMD ["php-fpm"]'), 'high');
  assert.equal(await weigh('apk add su-exec', 'ENTRYPOINT ["/entrypoint.sh"]'), 'medium');
  // What a shell starts beside it is root.
  assert.equal(await weigh('apk add php84', 'CMD crond && /a serve'), 'high');
  assert.equal(await weigh('apk add php84', 'CMD gosu app /a'), undefined);
  assert.equal(await weigh('apk add php84', 'CMD gosu app /a migrate && /a serve'), 'high');
});

test('a job that fetches with the token is not told to do without', async () => {
  const weigh = async (run: string, on = 'push') =>
    (
      await said(
        'workflow-credentials-kept',
        added(workflow(['uses: actions/checkout@v5', `run: ${run}`, 'run: npm ci'], on, '  contents: write\n')),
      )
    )[0]?.split('@')[0];
  assert.equal(await weigh('git fetch --depth=1 origin main'), 'low');
  assert.equal(await weigh('git fetch --depth=1 origin main', 'pull_request_target'), 'high');
  assert.equal(await weigh('git fetch https://example.com/a origin'), 'medium');
  assert.equal(await weigh('echo git fetch origin'), 'medium');
  assert.equal(await weigh('git diff main'), 'medium');
});

test('what a name or a template says of escaping lowers, what it leaves out does not', async () => {
  const script = async (value: string, head = "import { enc } from '@a/b';") =>
    (
      await said(
        'cross-site-scripting',
        added(`${head}\nexport function f(el, a, b) {\n  el.innerHTML = ${value};\n}\n`, 'src/a.js'),
      )
    )[0]?.split('@')[0];
  assert.equal(await script('enc(a)'), 'low');
  assert.equal(await script('enc(a)', "import { enc } from './html.js';"), 'medium', 'it may be made just now');
  assert.equal(await script('e(a)', "import { e } from '@a/b';"), 'medium', 'it may make elements');
  assert.equal(await script('enc(a) + b'), 'high');
  assert.equal(await script('enc(a)', 'const enc = (x) => x;'), 'high');
  assert.equal(await script('enc(a)', "import { render as enc } from '@a/b';"), 'high');
  const page = async (value: string) =>
    (await said('template-unescaped', added(`<p [innerHTML]="${value}"></p>\n`, 'src/a.html')))[0]?.split('@')[0];
  assert.equal(await page('item.text'), 'medium');
  assert.equal(await page('item.text | safeHtml'), 'high');
  assert.equal(await page('trusted'), 'high');
});

test('the private key of a standard is told for what it is', async () => {
  const weigh = async (d: string) =>
    (await said('secret-token', added(`{ "kty": "EC", "d": "${d}" }\n`, 'src/keys.json')))[0]?.split('@')[0];
  const example = ['870MB6gfuTJ4HtUnUvYM', 'yJpr5eUZNP4Bk43bVdj3eAE'].join('');
  assert.equal(await weigh(example), 'medium');
  assert.equal(await weigh(example.replace('eAE', 'eAF')), 'high');
});

test('rows of a data base that the job started itself are a remark', async () => {
  const tiers = async (more: string, command: string): Promise<string[]> =>
    said(
      'destructive-command',
      added(
        `on: push\npermissions: {}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n${more}    steps:\n      - run: |\n          docker compose up -d\n          ${command} "UPDATE account SET paid = true;"\n`,
      ),
    );
  const inside = 'docker compose exec -T db psql -c';
  assert.deepEqual(await tiers('', inside), ['medium@9']);
  assert.deepEqual(await tiers('    environment: production\n', inside), ['critical@10']);
  assert.deepEqual(await tiers('', 'docker compose exec -T db psql -h prod.example.com -c'), ['critical@9']);
  assert.deepEqual(await tiers('', 'docker run --rm postgres psql "$URL" -c'), ['critical@9']);
  assert.deepEqual(await tiers('', 'docker compose exec -T app psql "$URL" -c'), ['critical@9']);
});

test('a secret that a block writes into a file is copied, not shown', async () => {
  const tier = (end: string): Promise<string[]> =>
    said('destructive-command', added(`#!/bin/bash\n{\n  echo "<key>"\n  cat /etc/app/tls.key\n}${end}\n`, 'a.sh'));
  assert.deepEqual(await tier(' >>"$home/client.conf"'), ['medium@4']);
  for (const loud of ['', ' >/dev/stderr', ' | tee a', ' >/var/www/html/a'])
    assert.deepEqual(await tier(loud), ['high@4'], loud);
});

test('data that goes with a stack weighs as much as it can not be had again', async () => {
  const cdk = (props: string, more = '', kind = 's3.Bucket'): Promise<string[]> =>
    said(
      'cdk-insecure',
      added(
        `import * as s3 from 'aws-cdk-lib/aws-s3';\nconst b = new ${kind}(this, 'B', {\n  enforceSSL: true,\n  ${props}\n});\n${more}`,
        'lib/a.ts',
      ),
    );
  const destroy = 'removalPolicy: RemovalPolicy.DESTROY,';
  const fill = "new s3deploy.BucketDeployment(this, 'D', { destinationBucket: b });\n";
  assert.deepEqual(await cdk(destroy), ['high@4']);
  assert.deepEqual(await cdk(`${destroy}\n  autoDeleteObjects: true,`, fill), ['low@4'], 'once');
  assert.deepEqual(await cdk(destroy, `${fill}b.grantReadWrite(handler);\n`), ['high@4'], 'others write to it');
  assert.deepEqual(await cdk(destroy, fill.replace(': b', ': other')), ['high@4']);
  assert.deepEqual(await cdk(`${destroy} // Remove this line for production use`, '', 'cognito.UserPool'), [
    'medium@4',
  ]);
  assert.deepEqual(await cdk('publicReadAccess: true,', fill), ['critical@4']);
});

test('a way out to everywhere is a remark where a group has it anyway, and more where it was limited', async () => {
  const group = (cidr: string, type = 'egress', protocol = '-1'): string =>
    `resource "aws_security_group_rule" "a" {\n  from_port   = 0\n  to_port     = 0\n  protocol    = "${protocol}"\n  cidr_blocks = ["${cidr}"]\n  type        = "${type}"\n}\n`;
  const weigh = (after: string, before: string | null = null): Promise<string[]> =>
    said('cloud-open-network', { path: 'infra/a.tf', before, after });
  assert.deepEqual(await weigh(group('0.0.0.0/0')), ['medium@5']);
  assert.deepEqual(await weigh(group('0.0.0.0/0', 'ingress')), ['critical@5']);
  assert.deepEqual(await weigh(group('0.0.0.0/0', 'egress', 'tcp')), ['critical@5']);
  const named = (cidr: string): string => group(cidr).replace('"a"', '"egress"');
  assert.deepEqual(await weigh(named('0.0.0.0/0'), named('10.0.0.0/16')), ['high@5']);
  const limited = group('0.0.0.0/0').replace('["0.0.0.0/0"]', 'var.own_networks');
  assert.deepEqual(await weigh(group('0.0.0.0/0'), limited), ['high@5']);
});

test('a balancer for what no ingress passes on is a remark', async () => {
  const service = (protocol: string): Promise<string[]> =>
    said(
      'k8s-setting-weak',
      added(
        `apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  type: LoadBalancer\n  ports:\n    - port: 5432\n      protocol: ${protocol}\n`,
        'k8s/a.yaml',
      ),
    );
  assert.deepEqual(await service('TCP'), ['medium@6']);
  assert.deepEqual(await service('UDP'), ['low@6']);
});

test('jobs of which a matrix was made are a remark while it has their systems', async () => {
  const job = (os: string): string =>
    `  test-${os}:\n    runs-on: ${os}-latest\n    steps:\n      - uses: actions/checkout@v5\n      - run: go test ./...\n`;
  const matrix = (os: string, run = '${{ matrix.cmd }}', more = ''): string =>
    `  test:\n${more}    strategy:\n      matrix:\n        os: [${os}]\n        include:\n          - os: ubuntu-latest\n            cmd: go test -race ./...\n    runs-on: \${{ matrix.os }}\n    steps:\n      - uses: actions/checkout@v5\n      - run: ${run}\n`;
  const head = 'on: push\njobs:\n';
  const weigh = (after: string): Promise<string[]> =>
    said('ci-check-removed', {
      path: '.github/workflows/a.yml',
      before: head + ['macos', 'ubuntu'].map(job).join(''),
      after: head + after,
    }).then((all) => [...new Set(all.map((t) => t.split('@')[0]!))]);
  assert.deepEqual(await weigh(matrix('ubuntu-latest, macos-latest')), ['medium']);
  assert.deepEqual(await weigh(matrix('ubuntu-latest')), ['high', 'medium'], 'one system less');
  assert.deepEqual(await weigh(matrix('ubuntu-latest, macos-latest', 'make build')), ['high']);
  assert.deepEqual(await weigh(matrix('ubuntu-latest, macos-latest', '${{ matrix.cmd }} || true')), ['high']);
  assert.deepEqual(await weigh(matrix('ubuntu-latest, macos-latest', '${{ matrix.cmd }}', '    if: false\n')), [
    'high',
  ]);
});

test('a scanner that is told to leave out one numbered rule for a reason is a remark of less weight', async () => {
  const weigh = (comment: string): Promise<string[]> =>
    said('check-suppressed', added(`package a\n\nvar x = open(p) ${comment}\n`, 'a/a.go'));
  assert.deepEqual(await weigh('// #nosec G304 -- the path is one of the list above'), ['low@3']);
  assert.deepEqual(await weigh('//nolint:gosec // G703: path is one of the list above'), ['low@3']);
  assert.deepEqual(await weigh('// #nosec G204 -- the command is one of the list above'), ['medium@3'], 'grave');
  assert.deepEqual(await weigh('// nolint:gosec // G402 the server has an old certificate'), ['medium@3'], 'grave');
  assert.deepEqual(await weigh('// #nosec G304'), ['medium@3']);
  assert.deepEqual(await weigh('// #nosec -- the path is one of the list above'), ['medium@3']);
  assert.deepEqual(await weigh('// #nosec G304,G204 -- the path is one of the list above'), ['medium@3']);
});

test('tests that came into a matrix may not fail in silence there', async () => {
  const job = (name: string, system: string): string =>
    `  ${name}:\n    runs-on: ${system}-latest\n    steps:\n      - run: npm test\n`;
  const before = `on: push\npermissions: {}\njobs:\n${job('linux', 'ubuntu')}${job('mac', 'macos')}`;
  const weigh = (run: string): Promise<string[]> =>
    said('ci-check-removed', {
      path: '.github/workflows/a.yml',
      before,
      after: `on: push\npermissions: {}\njobs:\n  all:\n    strategy:\n      matrix:\n        os: [ubuntu-latest, macos-latest]\n    runs-on: \${{ matrix.os }}\n    steps:\n      - run: ${run}\n`,
    });
  assert.deepEqual(await weigh('npm test'), ['medium@7']);
  for (const run of ['npm test || true', 'npm test || echo failed', 'npm test; exit 0', 'set +e; npm test; ls'])
    assert.deepEqual(
      (await weigh(run)).map((s) => s.split('@')[0]),
      ['high'],
      run,
    );
});

test('a short memory of logs weighs less in what shows how a module is used', async () => {
  const logs = 'resource "aws_cloudwatch_log_group" "a" {\n  retention_in_days = 7\n}\n';
  const weigh = (path: string, more = ''): Promise<string[]> => said('cloud-setting-weak', added(logs + more, path));
  const uses = 'module "vpc" {\n  source = "../../"\n}\n';
  assert.deepEqual(await weigh('examples/a/main.tf', uses), ['low@2']);
  assert.deepEqual(await weigh('examples/a/main.tf'), ['medium@2'], 'no module beside it');
  assert.deepEqual(await weigh('infra/main.tf', uses), ['medium@2']);
});

test('a scrape that takes any certificate weighs less than a client with a login, or one that hands data over', async () => {
  const weigh = async (...lines: string[]): Promise<string | undefined> =>
    (
      await said('server-config-weak', {
        path: 'charts/a/values.yaml',
        before: null,
        after: `${lines.join('\n')}\n`,
      })
    )[0]?.split('@')[0];
  const any = ['    tlsConfig:', '      insecureSkipVerify: true'];
  assert.equal(await weigh('prometheus:', '  podMonitor:', '    enabled: false', ...any), 'medium');
  assert.equal(await weigh('prometheus:', '  podMonitor:', '    basicAuth:', '      name: a', ...any), 'high');
  for (const handed of ['bearerTokenFile: /run/token', 'token: abc', 'http_headers:'])
    assert.equal(await weigh('prometheus:', '  podMonitor:', `    ${handed}`, ...any), 'high', handed);
  assert.equal(await weigh('prometheus:', '  remoteWrite:', '    - url: https://a', ...any), 'critical');
  assert.equal(await weigh('podMonitor:', '  enabled: true', 'ldap:', '  dex:', ...any), 'critical');
  assert.equal(await weigh('serviceMonitor:', '  remoteWrite:', ...any), 'critical');
  assert.equal(await weigh('podMonitor: {}', 'insecureSkipVerify: true'), 'critical');
});

test('where a module is shown, a default that keeps a house in order weighs less than one that leaves it open', async () => {
  const key = 'resource "aws_kms_key" "k" {\n  description = "k"\n}\n';
  const weigh = async (path: string, after: string) => said('cloud-unsafe-default', { path, before: null, after });
  assert.deepEqual(await weigh('infra/a.tf', key), ['high@1']);
  assert.deepEqual(await weigh('examples/a/main.tf', `module "m" {\n  source = "../../"\n}\n${key}`), ['low@4']);
  assert.deepEqual(await weigh('infra/a.tf', key.replace('aws_kms_key', 'aws_ebs_volume')), ['high@1']);
  assert.deepEqual(
    await weigh(
      'examples/a/main.tf',
      `module "m" {\n  source = "../../"\n}\n${key.replace('aws_kms_key', 'aws_ebs_volume')}`,
    ),
    ['high@4'],
  );
});

test('an example that shows a module from a moving branch is a remark, of several examples a low one', async () => {
  const example = (dir: string, from: string, rest = ''): FileChange =>
    added(`module "aft" {\n  source = "${from}"\n}\n${rest}`, `examples/${dir}/main.tf`);
  const own = 'github.com/acme/terraform-aws-net';
  const id = 'dependency-foreign-source';
  assert.deepEqual(await said(id, example('a', own)), ['medium@2']);
  assert.deepEqual(await said(id, example('a', own), example('b', own)), ['low@2']);
  assert.deepEqual(await said(id, example('a', own), example('b', 'github.com/evil/terraform-aws-net')), [
    'medium@2',
    'medium@2',
  ]);
  assert.deepEqual(await said(id, example('a', own, 'module "x" {\n  source = "github.com/evil/x"\n}\n')), [
    'high@2',
    'high@5',
  ]);
  assert.deepEqual(await said(id, example('a', own, 'terraform {\n  backend "s3" {}\n}\n')), ['high@2']);
  assert.deepEqual(await said(id, { ...example('a', own), path: 'live/main.tf' }), ['high@2']);
  const state = added('terraform {\n  backend "s3" {}\n}\n', 'examples/b/backend.tf');
  assert.deepEqual(await said(id, example('a', own), example('b', own), state), ['medium@2'], 'it is put up for good');
  const was = { ...example('a', own), before: example('a', '../..').after };
  assert.deepEqual(await said(id, was, example('b', own)), ['medium@2'], 'it showed its own');
});

test('who an image runs as is said for sure of images that are known to start as root', async () => {
  const weigh = async (from: string) =>
    said('docker-root', added(`FROM ${from}\nCOPY a /a\nCMD ["/a"]\n`, 'Dockerfile'));
  for (const from of ['node:20', 'registry.acme.dev/mirror/python:3', 'mcr.microsoft.com/dotnet/aspnet:8.0', 'debian'])
    assert.deepEqual(await weigh(from), ['high@3'], from);
  for (const from of ['acme/base:2', 'registry.acme.dev/node-tools:1'])
    assert.deepEqual(await weigh(from), ['medium@3']);
  assert.deepEqual(await weigh('grafana/grafana:11.0.0'), []);
});

test('to take back what a firewall let in is a remark, to switch it off is not', async () => {
  const weigh = async (command: string): Promise<string | undefined> =>
    (await said('destructive-command', added(`#!/bin/sh\n${command}\n`, 'setup-vpn.sh')))[0]?.split('@')[0];
  for (const command of [
    'nft delete table inet openvpn 2>/dev/null || true',
    'firewall-cmd --permanent --remove-masquerade',
    'firewall-cmd --remove-rich-rule="rule family=ipv4 source address=10.0.0.0/24 accept"',
  ])
    assert.equal(await weigh(command), 'medium', command);
  assert.equal(await weigh('firewall-cmd --add-port=22/tcp'), 'high');
  assert.equal(await weigh('firewall-cmd --remove-port=1/tcp --add-port=22/tcp'), 'high');
  assert.equal(await weigh('chown -R openvpn:openvpn /etc/openvpn/server'), 'high');
  for (const command of [
    'nft flush ruleset',
    'nft delete table inet filter',
    'nft delete table inet fw4',
    'nft delete table inet my_firewall',
    'nft delete table inet f2b-table',
    'firewall-cmd --permanent --zone=block --remove-source=192.0.2.7',
    'firewall-cmd --permanent --remove-icmp-block=echo-request',
    'firewall-cmd --permanent --ipset=banned --remove-entry=192.0.2.7',
    'firewall-cmd --direct --remove-rules ipv4 filter INPUT',
    'firewall-cmd --permanent --zone=trusted --add-source=0.0.0.0/0',
    'nft delete table inet openvpn; nft flush ruleset',
    'ufw disable',
    'firewall-cmd --remove-port=1/tcp; ufw disable',
    'firewall-cmd --set-default-zone=trusted',
    'firewall-cmd --remove-rich-rule="rule family=ipv4 source address=10.0.0.0/24 drop"',
    'iptables -F',
    'chown -R app:app /etc/ssh/sshd_config.d',
    'chown -R app:app /etc',
  ])
    assert.equal(await weigh(command), 'critical', command);
});

test('tests that unittest runs instead are a remark, until they are written for it', async () => {
  const path = '.github/workflows/a.yml';
  const by = (run: string): string => workflow(['name: unit', `  run: ${run}`]).replace('      -   ', '        ');
  const pipeline = (run: string): FileChange => ({ path, before: by('python -m pytest'), after: by(run) });
  const exchanged = pipeline('venv/bin/python -m unittest -v');
  const plain = 'def test_a():\n    assert a()\n';
  const written = 'class A(unittest.TestCase):\n    def test_a(self):\n        self.assertTrue(a())\n';
  const file = (name: string, before: string, after: string): FileChange => ({
    path: `t/test_${name}.py`,
    before,
    after,
  });
  const rule = 'ci-check-removed';
  assert.deepEqual(await said(rule, exchanged), ['low@10']);
  assert.deepEqual(await said(rule, exchanged, file('a', plain, written)), []);
  assert.deepEqual(await said(rule, exchanged, file('a', plain, written), file('b', plain, `${plain}\n`)), ['low@10']);
  const mixed = file('a', plain, `${written}\n\ndef test_b():\n    assert b()\n`);
  assert.deepEqual(await said(rule, exchanged, mixed), ['low@10'], 'some stand outside');
  assert.deepEqual(await said(rule, pipeline('python -m unittest t.test_a'), file('a', plain, written)), ['medium@10']);
  assert.deepEqual(await said(rule, pipeline('venv/bin/python -m unittest || true')), ['high@10']);
  assert.deepEqual(await said(rule, pipeline('pytest || true')), ['high@10']);
  assert.deepEqual(await said(rule, pipeline('tox')), []);
});

test('an image beside the tests that only Docker publishes weighs by what it was held by', async () => {
  const rule = 'workflow-unpinned';
  const path = '.github/workflows/a.yml';
  const by = (images: readonly string[], rights = '{ contents: read }', run = 'make test'): string =>
    `on: push\npermissions: ${rights}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    services:\n${images
      .map((image, i) => `      s${i}:\n        image: ${image}\n`)
      .join('')}    steps:\n      - run: ${run}\n`;
  const from = (before: readonly string[], after: readonly string[], rights?: string, run?: string) =>
    said(rule, { path, before: before.length > 0 ? by(before, rights, run) : null, after: by(after, rights, run) });
  assert.deepEqual(await from([], ['postgres:16', 'mysql:8']), ['low@8'], 'once');
  assert.deepEqual(await from(['postgres:15'], ['postgres:15', 'postgres:16', 'redis:7']), [], 'as the others');
  assert.deepEqual(await from(['mysql:8'], ['mysql:8.4']), []);
  assert.deepEqual(await from(['mysql:9'], ['mysql:innovation']), ['low@8']);
  assert.deepEqual(await from(['mysql:9.1.2'], ['mysql:innovation']), ['medium@8']);
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
  assert.deepEqual(await from([`mysql@${digest}`, 'redis:7'], ['mysql:9', 'redis:7']), ['medium@8']);
  assert.deepEqual(await from([`docker.io/library/mysql@${digest}`], ['mysql:9']), ['medium@8'], 'by its full name');
  assert.deepEqual(await from(['mysql:9'], ['mysql:latest'], '{ id-token: write }'), ['high@8']);
  assert.deepEqual(await from(['mysql:9'], ['mysql:latest'], undefined, 'make test KEY=${{ secrets.KEY }}'), [
    'high@8',
  ]);
  assert.deepEqual(await from(['mysql:9'], ['mysql:9', 'somebody/db:1']), ['low@10']);
  assert.deepEqual(await from(['mysql:9'], ['mysql:9', 'somebody/db:latest']), ['high@10']);
});

test('rights that are said behind a start from outside are a remark, those that are new are not', async () => {
  const path = '.github/workflows/a.yml';
  const by = (rights: string, uses = 'a/assign@v2', more = ''): string =>
    `on:\n  pull_request_target:\n    types: [opened]\n\n${rights}jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: ${uses}\n        with:\n          file: .github/a.yml\n${more}`;
  const weigh = (before: string, after: string) => said('workflow-dangerous-trigger', { path, before, after });
  const rights = 'permissions:\n  contents: read\n  pull-requests: write\n\n';
  const token = '          token: "${{ secrets.GITHUB_TOKEN }}"\n';
  assert.deepEqual(await weigh(by('', undefined, token), by(rights)), ['low@13']);
  assert.deepEqual(await weigh(by('', 'actions/labeler@v5', token), by(rights, 'actions/labeler@v5')), ['low@5']);
  const all = 'permissions: write-all\n\n';
  assert.deepEqual(await weigh(by(rights), by(all)), ['high@5'], 'all in one word');
  const open = rights.replace('contents: read', 'contents: write');
  assert.ok((await weigh(by('', undefined, token), by(open))).includes('medium@6'), 'nobody knows what it was');
  const more = rights.replace('contents: read', 'contents: write');
  assert.deepEqual(await weigh(by(rights), by(more)), ['high@6']);
  assert.deepEqual(await weigh(by(rights, 'actions/labeler@v5'), by(more, 'actions/labeler@v5')), ['high@2']);
  assert.ok(
    (await weigh(by(rights), by(''))).some((f) => f.startsWith('high')),
    'no rights said',
  );
  assert.ok((await weigh(by(rights).replace('_target', ''), by(rights))).includes('high@2'), 'another start');
});

test('rights that all jobs get in one block are told once', async () => {
  const jobs = ['a', 'b']
    .map((job) => `  ${job}:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: make ${job}\n`)
    .join('');
  const by = (rights: string): string => `on: push\npermissions:\n  contents: read\n${rights}jobs:\n${jobs}`;
  const weigh = (before: string, after: string) =>
    said('workflow-permissions', { path: '.github/workflows/a.yml', before: by(before), after: by(after) });
  const both = '  id-token: write\n  actions: write\n';
  assert.deepEqual(await weigh('', both), ['medium@4']);
  assert.deepEqual(await weigh('  id-token: write\n', both), ['medium@5'], 'the new one for itself');
});

test('a token that another checkout of the job leaves, or of another job, is no news', async () => {
  const path = '.github/workflows/a.yml';
  const step = (condition: string, ref = '', uses = 'actions/checkout@v4'): string =>
    `      - uses: ${uses}\n${condition && `        if: ${condition}\n`}${ref && `        with:\n          ${ref}\n`}`;
  const job = (name: string, ...steps: string[]): string =>
    `  ${name}:\n    runs-on: ubuntu-24.04\n    steps:\n${steps.join('')}`;
  const by = (...jobs: string[]): string => `on: push\njobs:\n${jobs.join('')}`;
  const weigh = async (before: string, after: string) =>
    (await said('workflow-credentials-kept', { path, before, after })).map((f) => f.split('@')[0]);
  const run = '      - run: npm ci\n';
  const one = by(job('a', step(''), run));
  const split = (other: string, ref = 'ref: b') =>
    by(job('a', step("github.event_name != 'push'"), step(other, ref), run));
  assert.deepEqual(await weigh(one, split("github.event_name == 'push'")), []);
  assert.deepEqual(await weigh(one, split("github.event_name == 'fork'")), ['medium']);
  assert.deepEqual(await weigh(one, split("github.event_name == 'push'", 'token: ${{ secrets.PAT }}')), ['medium']);
  assert.deepEqual(await weigh(one.replace('actions/checkout@v4', 'a/b@v1'), one), ['medium']);
  const upload = (what: string): string =>
    `      - uses: actions/upload-artifact@v4\n        with:\n          path: ${what}\n`;
  const two = (what: string, last = ''): string =>
    by(
      job('a', step('', '', 'actions/checkout@v6'), '      - run: "true"\n'.repeat(14), upload(what)),
      job('b', step('', '', 'actions/checkout@v6'), run, last),
    );
  assert.deepEqual(await weigh(two('/tmp/a.xml'), two('${{ runner.temp }}/a.xml')), [], 'of job a, far above');
  assert.ok((await weigh(two('/tmp/a.xml'), two('/tmp/a.xml', upload('${{ runner.temp }}')))).length > 0);
});

test('a server is as open as the place of its settings says', async () => {
  const weigh = async (path: string): Promise<string | undefined> =>
    (await said('server-config-weak', added('discovery.type: single-node\nxpack.security.enabled: false\n', path)))[0];
  assert.equal(await weigh('docker/test-images/search/config/elasticsearch.yml'), 'medium@2');
  assert.equal(await weigh('localdev/elasticsearch.yml'), 'medium@2');
  assert.equal(await weigh('docker/elasticsearch.yml'), 'critical@2');
  assert.equal(await weigh('docker/latest-images/elasticsearch.yml'), 'critical@2');
  assert.equal(await weigh('docker/attest-images/elasticsearch.yml'), 'critical@2');
  assert.equal(await weigh('test-images/prod/elasticsearch.yml'), 'critical@2');
  const both = added('xpack.security.enabled: false\n', 'docker/elasticsearch.yml');
  assert.deepEqual(await said('web-protection-off', both), [], 'said once');
});

test('data that a migration destroys is weighed by whose it is, and an edited one is said to be edited', async () => {
  const judge = async (path: string, before: string | null): Promise<string> => {
    const file = { path, before, after: 'TRUNCATE TABLE new_bookings CASCADE;\n' };
    const found = (await classify([file], ctx)).findings.find((f) => f.rule === 'sql-data-loss');
    return `${found?.tier}${/may have run/.test(found?.message ?? '') ? ' edited' : ''}`;
  };
  const old = 'TRUNCATE TABLE bookings CASCADE;\n';
  assert.equal(await judge('db/migration/dev+test/20221109101144__clear.sql', old), 'medium edited');
  assert.equal(await judge('db/migration/dev+test/20221109101144__clear.sql', null), 'medium');
  assert.equal(await judge('db/migration/all/20221109101144__clear.sql', old), 'critical edited');
  assert.equal(await judge('db/migration/V12__clear.sql', null), 'critical');
  assert.equal(await judge('db/migration/dev+prod/V12__clear.sql', null), 'critical');
  assert.equal(await judge('db/migration/latest/V12__clear.sql', null), 'critical');
  assert.equal(await judge('db/migration/R__views.sql', old), 'critical');
});

test('one more job like those of the file is a remark, until it holds more or gives the folder away', async () => {
  const path = '.github/workflows/a.yml';
  const job = (name: string, more = '', using = ''): string =>
    `  ${name}:\n    runs-on: ubuntu-24.04\n${more}    steps:\n      - uses: actions/checkout@v4\n${using}      - run: npm ci\n`;
  const by = (...jobs: string[]): string => `on: push\njobs:\n${jobs.join('')}`;
  const weigh = async (after: string, before: string | null = by(job('a'))) =>
    (await said('workflow-credentials-kept', { path, before, after })).map((f) => f.split('@')[0]);
  assert.deepEqual(await weigh(by(job('a'), job('b'))), ['low']);
  assert.deepEqual(await weigh(by(job('a'), job('b')), null), ['medium'], 'a new file');
  for (const more of [
    job('b', '    permissions:\n      contents: write\n'),
    job('b', '    env:\n      KEY: ${{ secrets.KEY }}\n'),
    job('b', '    environment: production\n'),
    job('b', '', '        with:\n          token: ${{ secrets.PAT }}\n'),
    `${job('b')}      - run: docker build -t a .\n`,
  ])
    assert.deepEqual(await weigh(by(job('a'), more)), ['medium'], more);
  assert.deepEqual(
    await weigh(by(job('a'), job('b')).replace('on: push', 'on: [push, pull_request]')),
    ['medium'],
    'other starts',
  );
  const env = '    env:\n      GH_TOKEN: ${{ github.token }}\n';
  assert.deepEqual(await weigh(by(job('a', env)), null), ['low'], 'each step has it');
  assert.deepEqual(await weigh(`${by(job('a', env))}      - run: docker build -t a .\n`, null), ['medium']);
  const step = '        env:\n          GH_TOKEN: ${{ github.token }}\n';
  assert.deepEqual(await weigh(by(job('a')) + step, null), ['medium'], 'one step has it');
  const two = (await classify([{ path, before: null, after: by(job('a'), job('b'), job('c')) }], ctx)).findings;
  assert.match(two.find((f) => f.rule === 'workflow-credentials-kept')?.message ?? '', /2 more checkouts/);
});

test('the name of a branch or tag is a remark where a push alone starts the workflow', async () => {
  const weigh = async (on: string, text = 'github.ref_name') =>
    (await said('workflow-injection', added(workflow([`run: gh release create '\${{ ${text} }}'`], on)))).map(
      (f) => f.split('@')[0],
    );
  assert.deepEqual(await weigh('push'), ['low']);
  assert.deepEqual(await weigh('[push, pull_request]'), ['high']);
  assert.deepEqual(await weigh('push', 'github.event.head_commit.message'), ['high']);
  assert.deepEqual(await weigh('create'), ['high']);
});

test('another kind of credential of one service is no more than before', async () => {
  const workflow = (...names: string[]): string =>
    `on: push\npermissions: {}\njobs:\n  a:\n    uses: acme/flows/.github/workflows/scan.yml@v2\n    secrets:\n${names
      .map((n) => `      ${n}: \${{ secrets.${n} }}\n`)
      .join('')}`;
  const count = async (before: string, after: string): Promise<number> =>
    (await classify([{ path: '.github/workflows/a.yml', before, after }], ctx)).findings.filter(
      (f) => f.rule === 'workflow-unpinned',
    ).length;
  const was = workflow('ACME_SCAN_API_KEY', 'ACME_BOT_TOKEN');
  assert.equal(await count(was, workflow('ACME_SCAN_CLIENT_SECRET', 'ACME_SCAN_CLIENT_ID', 'ACME_BOT_TOKEN')), 0);
  assert.equal(await count(was, workflow('ACME_SCAN_API_KEY', 'ACME_SCAN_CLIENT_SECRET', 'ACME_BOT_TOKEN')), 1);
  assert.equal(await count(was, workflow('ACME_PROD_CLIENT_SECRET', 'ACME_BOT_TOKEN')), 1);
  const pair = workflow('ACME_SCAN_CLIENT_SECRET', 'ACME_SCAN_CLIENT_ID', 'ACME_BOT_TOKEN');
  assert.equal(await count(was, pair.replace('secrets.ACME_SCAN_CLIENT_ID', 'secrets.PROD_KEY')), 1);
  assert.equal(await count(was, was.replace(/ {4}secrets:[\s\S]*/, '    secrets: inherit\n')), 1);
});
