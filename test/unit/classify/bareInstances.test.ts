import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import type { FileChange } from '../../../src/core/model.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
/** The tiers of what is told of instances that ask for no tokens. */
const told = async (...files: FileChange[]): Promise<string> =>
  (await classify(files, ctx)).findings
    .filter((f) => f.rule.startsWith('cloud-') && f.message.includes('IMDSv2'))
    .map((f) => f.tier)
    .join(' ');
const machine = (more = '', name = 'this'): string =>
  `resource "aws_instance" "${name}" {\n  ami           = var.ami\n  instance_type = "t3.nano"\n${more}}\n`;
const at = (path: string, after: string, before: string | null = null): FileChange => ({ path, before, after });

test('an instance with nothing to give away is told lower, and in an example as a remark', async () => {
  assert.equal(await told(at('main.tf', machine())), 'medium');
  assert.equal(await told(at('examples/alb/main.tf', machine())), 'low');
});

test('a role, start-up data, a kept state and tokens that are no longer asked for stay loud', async () => {
  for (const more of [
    '  iam_instance_profile = var.profile\n',
    '  user_data = file("start.sh")\n',
    '  user_data_base64 = var.start\n',
    '  launch_template {\n    id = var.template\n  }\n',
    '  metadata_options {\n    http_endpoint = "enabled"\n  }\n',
    '  provisioner "remote-exec" {\n    inline = ["./start"]\n  }\n',
  ])
    for (const path of ['main.tf', 'examples/alb/main.tf'])
      assert.equal(await told(at(path, machine(more))), 'high', `${path} ${more}`);
  const state = 'terraform {\n  backend "s3" {}\n}\n';
  assert.equal(await told(at('examples/alb/main.tf', machine()), at('examples/alb/state.tf', state)), 'medium');
  const asked = machine('  metadata_options {\n    http_tokens = "required"\n  }\n');
  for (const path of ['main.tf', 'examples/alb/main.tf'])
    assert.match(await told(at(path, machine(), asked)), /high/, path);
  const two = machine('  iam_instance_profile = var.profile\n', 'other');
  assert.equal(await told(at('main.tf', machine() + two)), 'medium high');
});
