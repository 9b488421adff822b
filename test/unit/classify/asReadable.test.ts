import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

test('a sentence about something with an endless name is cut, and no character of it in half', async () => {
  const ctx = { grammars: createGrammars(), policy: defaultPolicy };
  for (const name of ['a'.repeat(3000), '😀'.repeat(1500), `x${'😀'.repeat(1500)}`]) {
    const before = `resource "aws_db_instance" "${name}" {\n  engine = "postgres"\n}\n`;
    const { findings } = await classify([{ path: 'main.tf', before, after: '' }], ctx);
    const [told] = findings.filter((f) => f.rule === 'infrastructure-destroyed');
    assert.equal(told?.tier, 'critical');
    assert.ok(told.message.length < 1000);
    assert.doesNotMatch(told.message, /[\ud800-\udbff](?![\udc00-\udfff])/);
  }
});
