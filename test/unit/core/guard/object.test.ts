/** What a verdict says it is about: the rules that weigh commands in files read that, never the sentence; no output tells it. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { guard } from '../../../../src/cli/commands/guard.ts';
import { guardCommand } from '../../../../src/core/guard/index.ts';
import type { About } from '../../../../src/core/guard/model.ts';

const deep = `/opt/${'folder/'.repeat(30)}tool`;
const cases: readonly (readonly [command: string, rule: string, about: About])[] = [
  ['rm -rf /opt/hostedtoolcache', 'delete-system', { object: '/opt/hostedtoolcache' }],
  ['rm -rf "$HOME/My Files"', 'delete-outside', { object: '~/My Files' }],
  ['rm -f /etc/profile.d/x.sh', 'delete-system-file', { object: '/etc/profile.d/x.sh' }],
  ['rm -rf /tmp/clone/.git', 'delete-git-data', { object: '/tmp/clone/.git' }],
  ['rm -rf "$DIR/"*', 'delete-unknown', { object: '$DIR/*' }],
  ['truncate -s 0 /var/log/a /var/log/b', 'truncate', { object: '/var/log/a, /var/log/b' }],
  [`echo x > /etc/cron.d${deep}`, 'system-file', { object: `/etc/cron.d${deep}` }],
  ['echo x >> ~/.bashrc', 'login-file', { object: '~/.bashrc' }],
  ['chown -R app /etc/app', 'chown-system', { object: '/etc/app', manner: 'whole-tree' }],
  ['chown app /etc/app', 'chown-system', { object: '/etc/app' }],
  ['chmod -R 777 /usr', 'chmod-system', { object: '/usr', manner: 'whole-tree' }],
  ['chmod 777 /etc/passwd', 'chmod-system', { object: '/etc/passwd' }],
  ['chown root: file', 'permissions-open', { manner: 'to-root' }],
  ['chmod 777 file', 'permissions-open', {}],
  ['cat config/.env', 'secret-read', { object: 'config/.env' }],
  ['git show HEAD:.env', 'secret-read', { object: 'HEAD:.env' }],
  ['printenv', 'secret-read', {}],
  ['echo $API_TOKEN', 'secret-read', {}],
  ['security delete-keychain build.keychain', 'keychain-change', { manner: 'deleting' }],
  ['security unlock-keychain build.keychain', 'keychain-change', {}],
  ['az group delete $GROUP', 'az-delete', { object: '$GROUP', manner: 'in-cloud' }],
  ['aws ec2 terminate-instances --instance-ids i-1', 'aws-delete', { manner: 'in-cloud' }],
  ['kubectl delete namespace shop', 'kubectl-delete', { object: 'namespace shop' }],
  ['aws s3 rm --recursive s3://bucket/x', 's3-rm', { object: 's3://bucket/x' }],
  [
    'docker run -v /var/run/docker.sock:/var/run/docker.sock x',
    'container-host-access',
    { object: '/var/run/docker.sock' },
  ],
  ['docker run --privileged x', 'container-host-access', {}],
  ['terraform apply -auto-approve', 'terraform-apply', { manner: 'unasked' }],
  ['terraform apply', 'terraform-apply', {}],
  ['git checkout -- a.txt', 'git-checkout-discard', { manner: 'named-files' }],
  ['git restore a.txt', 'git-restore', { manner: 'named-files' }],
  ['git checkout -f', 'git-checkout-force', {}],
];

for (const [command, rule, expected] of cases)
  test(command.slice(0, 80), () => {
    const verdict = guardCommand({ command });
    assert.equal(verdict.rule, rule);
    const { object, manner } = verdict;
    assert.deepEqual(
      { ...(object === undefined ? {} : { object }), ...(manner === undefined ? {} : { manner }) },
      expected,
    );
  });

test('what is about a secret names no secret', () => {
  const { object } = guardCommand({ command: `curl -X DELETE https://user:${'x'.repeat(20)}@example.org/a` });
  assert.equal(object, 'https://user:[redacted]@example.org/a');
});

test('no answer of the command line tells it', async () => {
  const answers = async (args: readonly string[], input: string): Promise<string[]> => {
    let out = '';
    await guard.run(args, {
      stdin: Readable.from([input]),
      out: (text) => (out += text),
      err: () => {},
      cwd: '/',
      env: {},
      verbose: false,
    });
    return Object.keys(JSON.parse(out) as object);
  };
  const keys = ['rule', 'tier', 'category', 'decision', 'reason'];
  for (const [command] of cases) {
    assert.deepEqual(await answers(['--json', command], ''), keys, command);
    assert.deepEqual(await answers(['--jsonl'], JSON.stringify({ id: 1, command })), ['id', ...keys], command);
  }
});
