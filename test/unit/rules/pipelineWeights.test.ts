import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import type { FileChange } from '../../../src/core/model.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };

/** The tiers of what a rule says of a change. */
const tiers = async (rule: string, ...files: FileChange[]): Promise<string> =>
  (await classify(files, ctx)).findings
    .filter((f) => f.rule === rule)
    .map((f) => f.tier)
    .join();
const added = (after: string, path = '.github/workflows/a.yml'): FileChange => ({ path, before: null, after });
const changed = (before: string, after: string, path = '.github/workflows/a.yml'): FileChange => ({
  path,
  before,
  after,
});

const injection = 'workflow-injection';

test('the name of a branch that only who may push chooses is no text from outside', async () => {
  const weigh = (on: string, more = '') =>
    tiers(
      injection,
      added(
        `on: ${on}\njobs:\n  a:\n${more}    runs-on: ubuntu-24.04\n    permissions:\n      contents: write\n    steps:\n      - run: ./release.sh \${{ github.ref_name }}\n`,
      ),
    );
  assert.equal(await weigh('workflow_dispatch'), 'medium');
  assert.equal(await weigh('[push, workflow_dispatch]'), 'medium');
  assert.equal(await weigh('push'), 'low');
  assert.equal(await weigh('push', '    environment: release\n'), 'medium', 'with what the environment holds');
  assert.equal(await weigh('[push, pull_request]'), 'high');
  assert.equal(await weigh('[workflow_dispatch, workflow_call]'), 'high', 'whoever starts the caller');
});

test('a list that a job makes of the files of a plain request gives it nothing more', async () => {
  const weigh = (on: string, maker: string, script = 'make test SET=${{ matrix.set }}') =>
    tiers(
      injection,
      added(`on: ${on}
jobs:
  plan:
    runs-on: ubuntu-24.04
    outputs:
      sets: \${{ steps.s.outputs.sets }}
    steps:
      - uses: actions/checkout@v5
      - id: s
        run: ${maker}
        env:
          BASE: \${{ github.event.pull_request.base.sha }}
  a:
    needs: plan
    runs-on: ubuntu-24.04
    strategy:
      matrix:
        set: \${{ fromJSON(needs.plan.outputs.sets) }}
    steps:
      - uses: actions/checkout@v5
      - run: ${script}
`),
    );
  assert.equal(await weigh('pull_request', 'bash scripts/sets.sh'), 'low');
  assert.equal(await weigh('pull_request_target', 'bash scripts/sets.sh'), 'high');
  assert.equal(await weigh('pull_request', 'gh pr view --json labels >> $GITHUB_OUTPUT'), 'high');
  const whole = '${{ matrix.set }}';
  assert.equal(await weigh('pull_request', 'gh api x >> $GITHUB_OUTPUT', whole), 'medium', 'it is the command');
  assert.equal(await weigh('issue_comment', 'gh api x >> $GITHUB_OUTPUT', whole), 'high');
  assert.equal(await weigh('push', 'gh api x >> $GITHUB_OUTPUT', `echo ${whole}`), 'high', 'it is put into one');
});

test('an input of a new action that all callers fill themselves is a remark', async () => {
  const action = (more = '') =>
    added(
      `inputs:\n  token:\n    required: false\n${more}runs:\n  using: composite\n  steps:\n    - shell: bash\n      run: export TOKEN=\${{ inputs.token }}\n`,
      '.github/actions/scan/action.yaml',
    );
  const call = (given: string, place = './.github/actions/scan') =>
    `on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: ${place}\n        with:\n          ${given}\n`;
  const weigh = (given: string, file = action()) => tiers(injection, file, added(call(given)));
  assert.equal(await weigh('token: ${{ secrets.SONAR_TOKEN }}'), 'low');
  assert.equal(await weigh('token: plain'), 'low');
  assert.equal(await weigh('token: ${{ github.head_ref }}'), 'high');
  assert.equal(await weigh('token: ${{ secrets.A }}${{ github.head_ref }}'), 'high');
  assert.equal(await weigh('other: x'), 'low');
  assert.equal(await weigh('other: x', action('    default: ${{ github.head_ref }}\n')), 'high', 'by default');
  assert.equal(
    await tiers(
      injection,
      action(),
      added(call('token: x')),
      added(call('token: ${{ github.head_ref }}'), '.github/workflows/b.yml'),
    ),
    'high',
  );
  assert.equal(await tiers(injection, action(), added(call('token: x', './.github/actions/other'))), 'high');
  assert.equal(await weigh('TOKEN: ${{ github.head_ref }}'), 'high', 'the same name');
  for (const place of [
    './.github/../.github/actions/scan',
    'acme/app/.github/actions/scan@main',
    './app/.github/actions/scan',
  ])
    assert.equal(
      await tiers(
        injection,
        action(),
        added(call('token: x')),
        added(call('token: ${{ github.head_ref }}', place), '.github/workflows/b.yml'),
      ),
      'high',
      place,
    );
  assert.equal(
    await tiers(injection, { ...action(), path: 'scan/action.yml' }, added(call('token: x', './scan'))),
    'medium',
    'others may call it',
  );
  const old = action();
  assert.equal(
    await tiers(injection, { ...old, before: old.after!.replace(/export.*/, 'true') }, added(call('token: x'))),
    'high',
    'others may call one that was there',
  );
});

const unpinned = 'workflow-unpinned';
const steps = (...lines: readonly string[]): string =>
  `on: push\npermissions:\n  contents: read\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n${lines.map((l) => `      - ${l}\n`).join('')}`;

test('an image of a step is trusted by its name, and its tag weighs as what its job holds', async () => {
  const step = (image: string) => steps(`uses: docker://ghcr.io/acme/lint${image}`);
  const weigh = (before: string, after: string) => tiers(unpinned, changed(step(before), step(after)));
  assert.equal(await weigh(':3-php8.2', ':3-php8.4'), '');
  assert.equal(await weigh(':3.2', ':latest'), 'medium', 'it is meant to move');
  assert.equal(await weigh(`@sha256:${'a1'.repeat(32)}`, ':3.2'), 'medium', 'it was held');
  const written = step(':3.2').replace('contents: read', 'contents: write');
  assert.equal(await tiers(unpinned, added(written)), 'high');
  assert.equal(await tiers(unpinned, added(written.replace(/permissions:\n.*\n/, ''))), 'high', 'nothing is said');
});

test('a called workflow that gets nothing weighs less', async () => {
  const call = (on: string, rights: string, more = '') =>
    `on: ${on}\npermissions:\n  contents: ${rights}\njobs:\n  a:\n    uses: acme/.github/.github/workflows/lint.yml@main\n${more}`;
  assert.equal(await tiers(unpinned, added(call('push', 'read'))), 'medium');
  assert.equal(await tiers(unpinned, added(call('push', 'write'))), 'high');
  assert.equal(await tiers(unpinned, added(call('push', 'read', '    secrets: inherit\n'))), 'high');
  assert.equal(await tiers(unpinned, added(call('pull_request_target', 'read'))), 'high');
  assert.equal(await tiers(unpinned, added(call('push', 'read').replace(/permissions:\n.*\n/, ''))), 'high');
});

test("an action in the place of somebody else's, of an owner that is trusted already, trusts fewer", async () => {
  const was = steps('uses: acme/metrics@main', 'uses: other/open-request@v7');
  const weigh = (after: string) => tiers(unpinned, changed(was, after));
  assert.equal(await weigh(steps('uses: acme/metrics@main', 'uses: acme/open-request@v4')), 'low');
  assert.equal(await weigh(steps('uses: acme/metrics@main', 'uses: third/open-request@v4')), 'high');
  assert.equal(
    await weigh(steps('uses: acme/metrics@main', 'uses: acme/open-request@v4', 'uses: other/open-request@v7')),
    'high',
    'one more',
  );
  assert.equal(
    await weigh(
      steps('uses: acme/metrics@main', 'uses: acme/open-request@v4\n        with:\n          key: ${{ secrets.KEY }}'),
    ),
    'high',
    'with a secret',
  );
  const env = steps(
    'uses: acme/metrics@main',
    'uses: acme/open-request@v4\n        env:\n          K: ${{ secrets.K }}',
  );
  assert.equal(await weigh(env), 'high', 'in its environment');
  const apart = (first: string, second: string, rights: string) =>
    `${steps(...first.split(' ').map((x) => `uses: ${x}`))}  b:\n    runs-on: ubuntu-24.04\n    permissions:\n      ${rights}\n    steps:\n      - uses: ${second}\n`;
  const moved = (rights: string) =>
    tiers(
      unpinned,
      changed(
        apart('acme/metrics@v1', 'other/publish@v7', rights),
        apart('acme/metrics@v1', 'acme/publish@v1', rights),
      ),
    );
  assert.equal(await moved('contents: read'), 'low');
  for (const rights of ['contents: write', 'id-token: write']) assert.equal(await moved(rights), 'high', rights);
});

test("steps of the platform's own that went into a workflow which is called now are told no more", async () => {
  const step = 'uses: actions/download-artifact@v8';
  const inner = (uses: string) => `on: workflow_call\n${steps(uses).replace(/^on: push\n/, '')}`;
  const caller =
    'on: push\npermissions:\n  contents: read\njobs:\n  a:\n    uses: ./.github/workflows/b.yml\n  b:\n    steps:\n      - uses: actions/download-artifact@v8\n';
  const weigh = (uses: string, after = caller) =>
    tiers(unpinned, changed(steps(step), after), added(inner(uses), '.github/workflows/b.yml'));
  assert.equal(await weigh(step), '');
  assert.equal(await weigh('uses: actions/cache@v4'), 'low');
  assert.equal(await weigh(step, caller.replace('b.yml', 'c.yml')), 'low', 'it is not called');
});

const destructive = 'destructive-command';
const running = (run: string, runner = 'ubuntu-24.04', more = ''): string =>
  `on: push\npermissions: {}\njobs:\n  a:\n    runs-on: ${runner}\n${more}    steps:\n      - run: |\n${run.replace(/^/gm, '          ')}\n`;

test('rights on a data base that the job set up on its own machine are given to nobody', async () => {
  const start = 'sudo systemctl start mariadb.service\n';
  const grant = `mariadb -e "create database a_test; grant all on \\\`a_%\\\`.* to 'root'@'localhost';" -uroot`;
  const weigh = (run: string, runner?: string) => tiers(destructive, added(running(run, runner)));
  assert.equal(await weigh(start + grant), '');
  assert.notEqual(await weigh(grant), '', 'it was there');
  assert.notEqual(await weigh(start + grant.replace('localhost', '%')), '', 'from anywhere');
  assert.notEqual(await weigh(`${start}${grant} -h db.example.org`), '');
  assert.notEqual(await weigh(start + grant, 'db-server'), '', 'a machine that stays');
  assert.equal(await weigh(`${start}${grant}; rm -rf ~`, 'self-hosted'), 'critical');
  assert.equal(await weigh(`sudo apt-get install -y mariadb-server\n${grant}`), '');
  assert.notEqual(await weigh(`sudo apt-get install -y mysql-client\n${grant}`), '', 'the server is elsewhere');
  assert.notEqual(await weigh(`${start}cloud_sql_proxy a:b:c=tcp:3306 &\n${grant}`), '', 'handed on');
  assert.notEqual(await weigh(`${start}${grant} -P 3307`), '', 'another door');
});

test('a layer of an image holds no working copy', async () => {
  const wipe = 'rm -rf ./*';
  assert.equal(
    await tiers(destructive, added(`FROM nginx:1.27\nWORKDIR /html\nRUN ${wipe}\nUSER app\n`, 'Dockerfile')),
    '',
  );
  assert.equal(await tiers(destructive, added(`#!/bin/bash\n${wipe}\n`, 'scripts/clean.sh')), 'critical');
  assert.equal(await tiers(destructive, added(running(wipe))), 'critical');
});

test('a pod that is named by the run is its own', async () => {
  const env = '    env:\n      RUN: ${{ github.run_id }}-${{ github.run_attempt }}\n';
  const weigh = (run: string, more = '') => tiers(destructive, added(running(run, 'ubuntu-24.04', more)));
  const wipe = 'kubectl -n search delete pod "verify-$RUN" \\\n  --ignore-not-found=true --wait=false';
  assert.equal(await weigh(wipe, env), '');
  assert.equal(await weigh(wipe), 'high', 'whose, is not known');
  assert.equal(await weigh(wipe.replace('pod', 'pvc'), env), 'critical');
  assert.equal(await weigh('kubectl delete pods --all', env), 'critical');
  assert.equal(await weigh('kubectl delete pod -l app=$RUN', env), 'high');
  assert.equal(await weigh('kubectl delete pod "web-${{ github.run_id }}"'), '');
  assert.equal(await weigh('kubectl delete pod web-0 -n "ns-$RUN"', env), 'high', 'its namespace alone');
  assert.equal(await weigh('kubectl delete pod "$POD"', '    env:\n      POD: web-0 # ${{ github.run_id }}\n'), 'high');
});

test('files that a pipeline publishes weigh less than a whole bucket', async () => {
  const weigh = (to: string) =>
    tiers(destructive, added(running(`aws s3 sync --acl public-read dist "s3://$BUCKET${to}"`)));
  assert.equal(await weigh('/plugins/$TAG/'), 'high');
  assert.equal(await weigh(''), 'critical');
  assert.equal(
    await tiers(destructive, added('aws s3 sync --acl public-read . "s3://$B/x/"\n', 'scripts/put.sh')),
    'critical',
  );
});

test('the same container with all rights, of the same maker, is not new', async () => {
  const script = (run: string) => `#!/bin/bash\n${run}\n`;
  const weigh = (before: string, after: string) =>
    tiers(destructive, changed(script(before), script(after), 'build/configure'));
  const old = 'docker run --rm --privileged ghcr.io/acme/qemu --reset -p yes';
  assert.equal(await weigh(old, 'docker run --privileged --rm ghcr.io/acme/binfmt --install all'), '');
  assert.equal(await weigh(old, 'docker run --privileged --rm ghcr.io/other/binfmt --install all'), 'high');
  assert.equal(await weigh(old, 'docker run --privileged --rm ghcr.io/acme/alpine nsenter --target=1 -m sh'), 'high');
  assert.notEqual(await weigh(old, 'docker run --privileged -v /:/host ghcr.io/acme/binfmt sh'), '');
  assert.equal(await weigh(old.replace('--privileged ', ''), old), 'high');
});

test('the same source of packages in another form is not new', async () => {
  const list = (host: string) =>
    `echo "deb [signed-by=/usr/share/keyrings/up.gpg] https://${host}/debian bookworm main" > /etc/apt/sources.list.d/up.list`;
  const sources = (host: string, more = '') =>
    `cat >/etc/apt/sources.list.d/up.sources <<EOF\nTypes: deb\nURIs: https://${host}/debian\n${more}Signed-By: /usr/share/keyrings/up.gpg\nEOF`;
  const weigh = (before: string, after: string) =>
    tiers(destructive, changed(`#!/bin/bash\n${before}\n`, `#!/bin/bash\n${after}\n`, 'scripts/packages.sh'));
  assert.equal(await weigh(list('a.example'), sources('a.example')), '');
  assert.equal(await weigh(list('a.example'), sources('b.example')), 'medium');
  assert.equal(await weigh(list('a.example'), sources('a.example', 'Trusted: yes\n')), 'medium');
});

test('another release of the same script from the network is weighed below a new script', async () => {
  const by = (address: string): string =>
    `on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: curl -LsSf ${address} | sh\n`;
  const at = (release: string, repository = 'pier/ships'): string =>
    by(`https://github.com/${repository}/releases/download/${release}/install.sh`);
  const weigh = (before: string, after: string) => tiers('pipe-to-shell', changed(before, after));
  assert.equal(await weigh(at('v0.15.1'), at('v0.30.1')), 'medium');
  assert.equal(await weigh(at('v0.15.1'), at('v0.15.1', 'quay/ships')), 'high', 'of somebody else');
  assert.equal(await weigh(at('v0.15.1'), at('nightly')), 'high', 'of a name that moves');
  assert.equal(await weigh(at('v0.15.1'), by('https://ships.example/install.sh')), 'high');
});

test('one more cache is weighed by the job that takes it', async () => {
  const job = (name: string, last: string): string =>
    `  ${name}:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: astral-sh/setup-uv@v6\n        with:\n          enable-cache: true\n      - run: ${last}\n`;
  const by = (...jobs: string[]): string => `on:\n  release:\n    types: [published]\njobs:\n${jobs.join('')}`;
  const weigh = (...after: string[]) =>
    tiers('workflow-cache-in-release', changed(by(job('ship', 'uv publish')), by(...after)));
  assert.equal(await weigh(job('bump', 'uv version 2'), job('ship', 'uv publish')), 'medium');
  assert.equal(await weigh(job('also', 'uv publish'), job('ship', 'uv publish')), 'high');
});

test('a step that gave the folder away before gives no more of it with a token that may less', async () => {
  const by = (rights: string, ...steps: string[]): string =>
    `on: push\n${rights}jobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v5\n${steps.map((s) => `      - run: ${s}\n`).join('')}`;
  const reads = 'permissions:\n  contents: read\n';
  const none = 'permissions:\n  contents: none\n';
  const weigh = (before: string, after: string) => tiers('workflow-credentials-kept', changed(before, after));
  const packs = 'docker build -t a .';
  assert.equal(await weigh(by('', packs), by(reads, packs)), '');
  assert.notEqual(await weigh(by('', 'make'), by(reads, packs)), '', 'it gives the folder away now');
  assert.notEqual(await weigh(by(none, packs), by(reads, packs)), '', 'the token may more');
});

test('a check that is left to a called workflow is weighed by its name and hash', async () => {
  const job = (what: string): string => `on: push\njobs:\n  a:\n    permissions:\n      contents: read\n${what}`;
  const steps =
    '    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v5\n      - uses: ossf/scorecard-action@v2\n';
  const weigh = (uses: string, more = '') =>
    tiers('ci-check-removed', changed(job(steps), job(`${more}    uses: ${uses}\n`)));
  const hash = '5c1d9e0b7a3f4628d1e0c9b8a7f6e5d4c3b2a190';
  assert.equal(await weigh(`pier/shared/.github/workflows/scorecard.yml@${hash}`), 'low');
  assert.equal(await weigh('pier/shared/.github/workflows/scorecard.yml@main'), 'medium');
  const handsOn = '      - uses: github/codeql-action/upload-sarif@v4\n';
  const left = job(`    uses: pier/shared/.github/workflows/scorecard.yml@${hash}\n`);
  assert.equal(await tiers('ci-check-removed', changed(job(steps + handsOn), left)), 'low', 'with what it hands on');
  assert.equal(await weigh('./.github/workflows/scorecard.yml'), 'medium');
  assert.equal(await weigh(`pier/shared/.github/workflows/build.yml@${hash}`), 'high');
  const told = (input: string) =>
    weigh(`pier/shared/.github/workflows/scorecard.yml@${hash}\n    with:\n      ${input}`);
  assert.equal(await told('skip-scorecard: true'), 'high');
  assert.equal(await told('fail-on-error: false'), 'high');
  assert.equal(await told('publish: true'), 'low');
  const own = (what: string) =>
    job(`    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v5\n${what}`);
  const tested = job(`    uses: pier/shared/.github/workflows/tests.yml@${hash}\n`);
  const ran = own('      - run: npm test\n');
  assert.equal(await tiers('ci-check-removed', changed(ran, tested)), 'medium', 'what it runs nobody sees');
  assert.equal(await weigh(`pier/scorecard/.github/workflows/a.yml@${hash}`), 'high');
  assert.equal(await weigh(`pier/shared/.github/workflows/scorecard.yml@${hash}`, '    if: false\n'), 'high');
});

test('the check of a download that is gone with it is weighed below another', async () => {
  const by = (...lines: string[]): string =>
    `on: push\npermissions: {}\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n      - name: Install crane\n        run: |\n${lines.map((l) => `          ${l}\n`).join('')}`;
  const address = 'https://quay.example/v1/crane.tgz';
  const old = [`curl -fsSLO ${address}`, 'grep crane sums.txt | sha256sum -c -', 'tar -xzf crane.tgz'];
  const weigh = (...after: string[]) => tiers('ci-check-removed', changed(by(...old), by(...after)));
  assert.equal(await weigh('make crane'), 'medium');
  assert.equal(await weigh(old[0]!, old[2]!), 'high', 'what is fetched is run unchecked');
  assert.equal(await weigh('wget https://quay.example/v2/crane.tgz'), 'high', 'another is');
  assert.equal(await weigh('go install quay.example/crane@latest'), 'high');
  assert.equal(await weigh('git clone git@quay.example:crane.git'), 'high');
  assert.equal(await weigh('docker cp $(docker create quay.example/crane):/crane .'), 'high');
  const more = [...old, 'cosign verify-blob crane'];
  assert.equal(await tiers('ci-check-removed', changed(by(...more), by('make crane'))), 'high', 'one more check');
});

test('a check that an action of the repository does now is weighed by its name', async () => {
  const by = (what: string): string => `on: push\npermissions: {}\njobs:\n  a:\n${what}`;
  const old = by('    uses: ./.github/workflows/job-scan-ships.yaml\n');
  const weigh = (action: string, more = '') =>
    tiers(
      'ci-check-removed',
      changed(
        old,
        by(
          `    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v5\n      - uses: ${action}\n${more}`,
        ),
      ),
    );
  assert.equal(await weigh('./.github/actions/scan-ships'), 'medium');
  assert.equal(await weigh('./.github/actions/build-ships'), 'high');
  assert.equal(await weigh('pier/scan-ships@v1'), 'high');
  assert.equal(await weigh('./.github/actions/scan-ships', '        continue-on-error: true\n'), 'high');
  assert.equal(await weigh('./.github/actions/scan-ships', '        if: false\n'), 'high');
});

test('the right to vouch weighs less where the token could change what it vouches for', async () => {
  const by = (...rights: string[]): string =>
    `on: push\npermissions:\n${rights.map((r) => `  ${r}: write\n`).join('')}jobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v5\n      - run: make\n`;
  const weigh = (before: string, after: string) => tiers('workflow-credentials-kept', changed(before, after));
  assert.equal(await weigh(by('contents'), by('contents', 'attestations')), 'low');
  assert.equal(await weigh(by('checks'), by('checks', 'attestations')), 'medium');
  assert.equal(await weigh(by('checks'), by('contents', 'attestations')), 'medium');
});
