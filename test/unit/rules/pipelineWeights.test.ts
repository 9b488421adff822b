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
  const weigh = (on: string) =>
    tiers(
      injection,
      added(
        `on: ${on}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    permissions:\n      contents: write\n    steps:\n      - run: ./release.sh \${{ github.ref_name }}\n`,
      ),
    );
  assert.equal(await weigh('workflow_dispatch'), 'medium');
  assert.equal(await weigh('[push, workflow_dispatch]'), 'medium');
  assert.equal(await weigh('push'), 'low');
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
  const old = action();
  assert.equal(
    await tiers(injection, { ...old, before: old.after!.replace(/export.*/, 'true') }, added(call('token: x'))),
    'high',
    'others may call one that was there',
  );
});
