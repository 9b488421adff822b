import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsOf } from './tiersOf.ts';

test('a sentence about something with an endless name is cut, and no character of it in half', async () => {
  for (const name of ['a'.repeat(3000), '😀'.repeat(1500), `x${'😀'.repeat(1500)}`]) {
    const before = `resource "aws_db_instance" "${name}" {\n  engine = "postgres"\n}\n`;
    const [told] = await findingsOf('infrastructure-destroyed', { 'main.tf': '' }, { 'main.tf': before });
    assert.equal(told?.tier, 'critical');
    assert.ok(told.message.length < 1000);
    assert.doesNotMatch(told.message, /[\ud800-\udbff](?![\udc00-\udfff])/);
  }
});
