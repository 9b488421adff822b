import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tiersOf as tiers, type Texts } from './tiersOf.ts';

test('of a resource that is new no protection is lifted', async () => {
  const rule = 'cloud-protection-off';
  const bucket = (keeps: string, name = 'state', more = ''): string =>
    `resource "aws_s3_bucket" "${name}" {\n  bucket = var.name\n  lifecycle {\n    prevent_destroy = ${keeps}\n  }\n}\n${more}`;
  const path = 'infra/main.tf';
  assert.equal(await tiers(rule, { [path]: bucket('false') }), 'high');
  assert.equal(await tiers(rule, { 'modules/a/examples/all/main.tf': bucket('false') }), 'medium');
  const loud: [Texts, Texts?][] = [
    [{ [path]: bucket('false') }, { [path]: bucket('true') }],
    [{ [path]: bucket('false', 'store') }, { [path]: bucket('true') }],
    [{ 'infra/new.tf': bucket('false'), [path]: '\n' }, { [path]: bucket('true') }],
    [{ [path]: bucket('false', 'state', 'import {\n  to = aws_s3_bucket.state\n  id = "a"\n}\n') }],
    [{ [path]: bucket('false'), 'scripts/adopt.sh': 'terraform import aws_s3_bucket.state acme-state\n' }],
    [{ 'infra/examples/main.tf': bucket('false') }, { 'infra/examples/main.tf': bucket('true') }],
  ];
  for (const [files, old] of loud) assert.equal(await tiers(rule, files, old), 'critical', JSON.stringify(files));
});
