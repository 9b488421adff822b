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
  assert.equal(await weigh('actions/checkout@v5', 'npm ci', 'push', '  contents: read\n'), 'low');
  assert.equal(await weigh('actions/checkout@v6', 'npm ci'), 'low');
  assert.equal(await weigh(`actions/checkout@${hash} # v6.0.1`, 'npm ci'), 'low');
  assert.equal(await weigh(`actions/checkout@${hash} # not v6`, 'npm ci'), 'medium');
  assert.equal(await weigh('actions/checkout@v6', 'npm ci', 'pull_request'), 'medium', 'code of a request');
  assert.equal(await weigh('actions/checkout@v6', 'npm ci', 'pull_request_target', '  contents: read\n'), 'high');
});
