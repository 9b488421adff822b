import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyFile } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
const tiers = async (path: string, after: string): Promise<string> =>
  (await classifyFile({ path, before: null, after }, ctx)).findings
    .filter((f) => f.rule === 'secret-assigned')
    .map((f) => f.tier)
    .join(', ');
const suite = (value: string): string =>
  `package states\n\nvar _ = ginkgo.Describe("states", func() {\n\tginkgo.It("is valid", func() {\n\t\tdata := map[string]string{"password": "${value}"}\n\t\tExpect(create(data)).To(Succeed())\n\t})\n})\n`;

test('a password of plain words is no secret of the tests that made it up', async () => {
  assert.equal(await tiers('states/states.go', suite('MySecurePassword123')), 'low');
  assert.equal(await tiers('e2etest/states/states.go', suite('MySecurePassword123')), '');
  assert.equal(await tiers('states/states.go', suite('Tr0ub4dor&3xKq')), 'high', 'not of such words');
  assert.equal(await tiers('states/states.go', suite('MySecurePassword83620175')), 'high', 'more than a number');
  assert.equal(await tiers('states/states.go', suite('MyAcmePassword123')), 'high', 'a name among them');
  assert.equal(
    await tiers(
      'states/states.go',
      'package states\n\nvar data = map[string]string{"password": "MySecurePassword123"}\n',
    ),
    'high',
    'no test',
  );
  assert.equal(
    await tiers('deploy/values.yaml', 'database:\n  password: MySecurePassword123 # ginkgo.It( Expect(\n'),
    'high',
    'what is deployed',
  );
});
