import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tiersOf } from './tiersOf.ts';

/** The tiers of what is told of networks, after a module's rules moved out of its variable. */
const told = (variables: string, after: string, more = '', folder = ''): Promise<string> =>
  tiersOf(
    'cloud-open-network',
    { 'main.tf': after, [`${folder}variables.tf`]: more },
    {
      'main.tf': 'module "group" {\n  source = "./group"\n  rules  = var.rules\n}\n',
      [`${folder}variables.tf`]: `${variables}\n${more}`,
    },
  );
const variable = (type = 'egress', protocol = '-1', name = 'rules'): string =>
  `variable "${name}" {\n  type = list(any)\n  default = [\n    {\n      type        = "${type}"\n      from_port   = 0\n      to_port     = 0\n      protocol    = ${protocol}\n      cidr_blocks = ["0.0.0.0/0"]\n    }\n  ]\n}\n`;
const rule = (type = 'egress', name = 'all'): string =>
  `resource "aws_security_group_rule" "${name}" {\n  type              = "${type}"\n  from_port         = 0\n  to_port           = 0\n  protocol          = "-1"\n  cidr_blocks       = ["0.0.0.0/0"]\n  security_group_id = var.group\n}\n`;

test('a way out that stood in the default of a variable is not new', async () => {
  assert.equal(await told(variable(), rule()), '');
});

test('another direction, protocol, variable or folder, a second rule and a default that was off stay loud', async () => {
  assert.match(await told(variable(), rule('ingress')), /critical|high/);
  assert.equal(await told(variable('ingress'), rule()), 'medium');
  assert.equal(await told(variable('egress', '"tcp"'), rule()), 'medium');
  assert.equal(await told(variable('egress', '-1', 'others'), rule()), 'medium');
  assert.equal(await told(variable(), rule(), '', 'examples/all/'), 'medium');
  assert.equal(await told(variable(), rule() + rule('egress', 'more')), 'medium');
  assert.equal(await told(variable(), rule(), 'variable "group_enabled" {\n  default = false\n}\n'), 'medium');
  assert.equal(await told(variable(), rule(), variable()), 'medium', 'still there');
});
