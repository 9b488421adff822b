import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
const told = async (path: string, after: string): Promise<string> =>
  (await classify([{ path, before: null, after }], ctx)).findings
    .filter((f) => f.rule === 'check-suppressed')
    .map((f) => `${f.tier} ${/reason that is given|kept? none|add the reason/.exec(f.message)?.[0]}`)
    .join(', ');

test('a reason above the block is a reason', async () => {
  const group = (above: string): string =>
    `resource "aws_security_group" "a" {\n  name = "a"\n\n${above}  egress {\n    cidr_blocks = ["0.0.0.0/0"] #tfsec:ignore:aws-ec2-no-public-egress-sgr\n  }\n}\n`;
  const weigh = (above: string): Promise<string> => told('a.tf', group(above));
  assert.equal(await weigh('  # Open egress required to download dependencies\n'), 'medium reason that is given');
  assert.equal(await weigh(''), 'medium add the reason');
  assert.equal(await weigh('  # Egress\n'), 'medium add the reason', 'a name');
  assert.equal(await weigh('  # TODO close this before the release\n'), 'medium add the reason', 'still to do');
  assert.equal(await weigh('  # Open egress required to download dependencies\n\n'), 'medium add the reason', 'apart');
  assert.equal(await weigh('  ####### egress of the group #######\n'), 'medium add the reason', 'a banner');
});

test('what a function is for is no reason for one of its lines', async () => {
  const weigh = (marker: string, above = ''): Promise<string> =>
    told(
      'a.go',
      `package a\n\n// configure fills in what the caller left out.\nfunc configure(host string) (*Client, error) {\n${above}\tlog.Print(host) ${marker}\n\n\t// From here on the host is known.\n\treturn dial(host)\n}\n`,
    );
  assert.equal(await weigh('// nolint:gosec'), 'medium add the reason');
  assert.equal(await weigh('// nolint:gosec // the host is no secret'), 'medium reason that is given');
  assert.equal(await weigh('// nolint:gosec', '\t// The host is no secret.\n'), 'medium reason that is given');
});

test('a bucket that logs are sent to need not log itself', async () => {
  const bucket = (marker: string, target = 'logs'): string =>
    `resource "aws_s3_bucket_logging" "data" {\n  bucket        = aws_s3_bucket.data.id\n  target_bucket = aws_s3_bucket.${target}.id\n}\n\n${marker}\nresource "aws_s3_bucket" "logs" {\n  bucket = "logs"\n}\n`;
  const weigh = (marker: string, target?: string): Promise<string> => told('a.tf', bucket(marker, target));
  const log = '#tfsec:ignore:aws-s3-enable-bucket-logging';
  assert.match(await weigh(log), /^low/);
  assert.match(await weigh('#checkov:skip=CKV_AWS_18'), /^low/);
  assert.equal(await weigh(log, 'others'), 'medium add the reason', 'nobody sends logs there');
  assert.match(await weigh('#tfsec:ignore:aws-s3-enable-bucket-encryption'), /^medium/, 'another check');
  assert.match(await weigh(`${log} tfsec:ignore:aws-s3-enable-bucket-encryption`), /^medium/, 'and another one');
});

test('a number that is bounded in the same breath is small enough', async () => {
  const weigh = (code: string, marker = '//nolint:gosec // clamped to MaxInt32'): Promise<string> =>
    told('a.go', `package a\n\nfunc f(n int64) int32 {\n\tout := ${code} ${marker}\n\treturn out\n}\n`);
  assert.match(await weigh('int32(min(n, math.MaxInt32))'), /^low/);
  assert.match(await weigh('int32(n & 0x7fffffff)'), /^low/);
  assert.match(await weigh('int32(n)'), /^medium/);
  assert.match(await weigh('int32(min(n, limit))'), /^medium/);
  assert.match(await weigh('int32(min(n, math.MaxInt64))'), /^medium/, 'a larger limit');
  assert.match(await weigh('int8(n & 0xffffffff)'), /^medium/, 'a wider mask');
  assert.match(await weigh('int32(min(n, math.MaxInt32)) + run(exec.Command(cmd))'), /^medium/);
});
