import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import { verdictFor } from '../../../src/core/policy/index.ts';
import { cachedPolicy } from '../../../src/platform/policyCache.ts';
import { loadPolicy, realRepoPath, type PolicyState } from '../../../src/platform/policyFile.ts';

let base = '';
let counter = 0;
const fifo = 'mkfifo';
const posix = process.platform !== 'win32';
before(async () => {
  base = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-policy-')));
});
after(() => fs.rm(base, { recursive: true, force: true }));

const noManaged = (): string => path.join(base, 'no-managed.yaml');
interface Repo {
  readonly root: string;
  readonly commonDir: string;
  load(options?: Parameters<typeof loadPolicy>[1]): Promise<PolicyState>;
  write(name: string, text: string): Promise<void>;
  git(...args: string[]): string;
  cached(...paths: string[]): PolicyState | undefined;
}
async function repo(files: Record<string, string> = {}): Promise<Repo> {
  const root = path.join(base, `repo${counter++}`);
  const commonDir = path.join(root, '.git');
  await fs.mkdir(root);
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const r: Repo = {
    root,
    commonDir,
    load: (options) => loadPolicy(root, { commonDir, managedFile: noManaged(), ...options }),
    async write(name, text) {
      await fs.mkdir(path.dirname(path.join(root, name)), { recursive: true });
      await fs.writeFile(path.join(root, name), text);
    },
    git: (...args) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.example', ...args], {
        cwd: root,
        env,
        encoding: 'utf8',
      }),
    cached: (...paths) => cachedPolicy(root, commonDir, paths, noManaged()),
  };
  r.git('init', '-q');
  for (const [name, text] of Object.entries(files)) await r.write(name, text);
  if (Object.keys(files).length > 0) {
    r.git('add', '.');
    r.git('commit', '-qm', 'start');
  }
  return r;
}
const protects = (s: PolicyState, p: string): string => verdictFor(s.policy, p).ai;
const good = 'version: 1\nprotected: [{ name: infra, paths: ["infra/**"], ai: prohibit }]\n';
const better = 'version: 1\nprotected: [{ name: infra, paths: ["infra/**", "db/**"], ai: prohibit }]\n';

test('no file: the default policy, no problems', async () => {
  const state = await (await repo()).load();
  assert.deepEqual(
    [state.policy.origin, state.problems, state.files, state.broken, state.usingLastGood],
    ['none', [], [], false, false],
  );
});

test('a good file is in force', async () => {
  const r = await repo({ 'countersign.yaml': good });
  const state = await r.load();
  assert.deepEqual(
    [state.policy.origin, state.files, protects(state, 'infra/x')],
    ['repository', [path.join(r.root, 'countersign.yaml')], 'prohibit'],
  );
  assert.match(state.digest, /^p1:[0-9a-f]{16}$/);
});

test('a broken file: the last good one stays in force, with the error; then the repaired one', async () => {
  const r = await repo({ 'countersign.yaml': good });
  const first = await r.load();
  await r.write('countersign.yaml', 'version: 1\nprotected: [{ paths: [infra/**], ai: allw }]\n');
  const state = await r.load();
  assert.deepEqual(
    [state.broken, state.usingLastGood, state.digest, protects(state, 'infra/x')],
    [true, true, first.digest, 'prohibit'],
  );
  assert.match(state.problems[0]?.message ?? '', /did you mean 'allow'/);
  await r.write('countersign.yaml', better);
  assert.deepEqual([(await r.load()).broken, protects(await r.load(), 'db/x')], [false, 'prohibit']);
});

test('broken from the start: the default guard, and broken', async () => {
  const r = await repo({ 'countersign.yaml': 'version: [\n' });
  const state = await r.load();
  assert.deepEqual([state.broken, state.usingLastGood, state.policy.origin], [true, false, 'none']);
  assert.equal(protects(state, '.github/workflows/x.yml'), 'justify');
});

test('a tampered or torn last-good copy counts as none', async () => {
  const r = await repo({ 'countersign.yaml': good });
  await r.load();
  const dir = path.join(r.commonDir, 'countersign', 'policy');
  const copy = (await fs.readdir(dir)).find((n) => n.endsWith('.yaml')) as string;
  const text = await fs.readFile(path.join(dir, copy), 'utf8');
  await fs.writeFile(path.join(dir, copy), text.replace('prohibit', 'allow'));
  await r.write('countersign.yaml', 'x');
  const state = await r.load();
  assert.deepEqual([state.broken, state.usingLastGood], [true, false]);
});

test('deleting the file does not end the policy until the deletion is committed', async () => {
  const r = await repo({ 'countersign.yaml': good });
  await r.load();
  await fs.rm(path.join(r.root, 'countersign.yaml'));
  let state = await r.load();
  assert.deepEqual([state.broken, state.usingLastGood, protects(state, 'infra/x')], [true, true, 'prohibit']);
  assert.match(state.problems[0]?.message ?? '', /was deleted/);
  r.git('add', '-A');
  state = await r.load();
  assert.equal(protects(state, 'infra/x'), 'prohibit', 'staged is not committed');
  r.git('commit', '-qm', 'no policy');
  state = await r.load();
  assert.deepEqual([state.broken, state.policy.origin], [false, 'none']);
});

test('odd files: folder, huge, not UTF-8, FIFO, links', { skip: !posix }, async () => {
  const cases: [string, (file: string) => Promise<unknown>, RegExp][] = [
    ['folder', (f) => fs.mkdir(f), /is a folder/],
    ['huge', (f) => fs.writeFile(f, 'version: 1\n#' + 'x'.repeat(1024 * 1024)), /larger than 1024 kB/],
    ['bytes', (f) => fs.writeFile(f, Buffer.from([0x76, 0xff, 0xfe])), /not UTF-8/],
    ['fifo', async (f) => execFileSync(fifo, [f]), /not an ordinary file/],
    ['dangling', (f) => fs.symlink('nowhere', f), /symbolic link to nothing/],
    ['outside', (f) => fs.symlink('/etc/hostname', f), /leaves the repository/],
    ['loop', (f) => fs.symlink(path.basename(f), f), /cannot be read/],
  ];
  for (const [name, make, message] of cases) {
    const r = await repo();
    await make(path.join(r.root, 'countersign.yaml'));
    const state = await r.load();
    assert.equal(state.broken, true, name);
    assert.match(state.problems[0]?.message ?? '', message, name);
    assert.equal(protects(state, '.env'), 'justify', name);
  }
  const inside = await repo();
  await inside.write('config/policy.yaml', good);
  await fs.symlink('config/policy.yaml', path.join(inside.root, 'countersign.yaml'));
  assert.equal(protects(await inside.load(), 'infra/x'), 'prohibit');
});

test('nested policies: tracked ones always, untracked ones when named', async () => {
  const nested = 'version: 1\nprotected: [{ paths: ["*.sql"], ai: prohibit }]\n';
  const r = await repo({ 'countersign.yaml': good, 'svc/db/countersign.yaml': nested });
  let state = await r.load();
  assert.deepEqual(
    [protects(state, 'svc/db/a.sql'), protects(state, 'a.sql'), state.policy.origin],
    ['prohibit', 'allow', 'merged'],
  );
  await r.write('new/countersign.yaml', nested);
  assert.equal(protects(await r.load(), 'new/a.sql'), 'allow');
  assert.equal(protects(await r.load({ paths: ['new/x/a.sql'] }), 'new/a.sql'), 'prohibit');
  assert.equal(protects(await r.load({ folders: ['new'] }), 'new/a.sql'), 'prohibit');
  await r.write(
    'svc/db/countersign.yaml',
    'version: 1\nprotected: [{ paths: ["*.sql"], ai: allow }]\nrules: { disable: [x] }\n',
  );
  state = await r.load();
  assert.deepEqual(state.policy.rules.disable, []);
  assert.deepEqual(
    state.problems.map((p) => [p.file, p.line, p.severity]),
    [
      ['svc/db/countersign.yaml', 2, 'warning'],
      ['svc/db/countersign.yaml', 3, 'warning'],
    ],
  );
});

test('outside git, folders are searched', async () => {
  const root = path.join(base, 'plain');
  await fs.mkdir(path.join(root, 'a', 'b'), { recursive: true });
  await fs.mkdir(path.join(root, 'node_modules', 'x'), { recursive: true });
  for (const d of ['', 'a/b', 'node_modules/x'])
    await fs.writeFile(
      path.join(root, d, 'countersign.yaml'),
      'version: 1\nprotected: [{ paths: ["*.tf"], ai: prohibit }]\n',
    );
  const state = await loadPolicy(root, { managedFile: noManaged() });
  assert.deepEqual(
    ['x.tf', 'a/b/x.tf', 'a/x.tf', 'node_modules/x/x.tf'].map((p) => protects(state, p)),
    ['prohibit', 'prohibit', 'allow', 'allow'],
  );
});

test('a managed policy wins, and a broken one is broken for everybody', async () => {
  const r = await repo({
    'countersign.yaml': 'version: 1\nprotected: [{ paths: ["pay/**"], ai: allow, human: allow }]\n',
  });
  const managedFile = path.join(base, 'managed.yaml');
  await fs.writeFile(managedFile, 'version: 1\nprotected: [{ paths: ["pay/**"], ai: prohibit }]\n');
  const state = await r.load({ managedFile });
  assert.deepEqual(
    [protects(state, 'pay/x'), state.policy.origin, state.files[0]],
    ['prohibit', 'merged', managedFile],
  );
  await fs.writeFile(managedFile, 'nonsense: [');
  const broken = await r.load({ managedFile });
  assert.deepEqual([broken.broken, broken.usingLastGood, protects(broken, 'pay/x')], [true, true, 'prohibit']);
});

test('the cache answers exactly while nothing has changed', async () => {
  const r = await repo({ 'countersign.yaml': good, 'svc/countersign.yaml': 'version: 1\n' });
  assert.equal(r.cached(), undefined, 'never loaded');
  const state = await r.load();
  assert.deepEqual(r.cached('src/a.ts'), JSON.parse(JSON.stringify(state)));
  await r.write('src/countersign.yaml', 'version: 1\n');
  assert.equal(r.cached('src/a.ts'), undefined, 'a new policy above the path');
  assert.ok(r.cached('other/a.ts'));
  await r.write('svc/countersign.yaml', 'version: 1\nprotected: []\n');
  assert.equal(r.cached('other/a.ts'), undefined, 'a nested file changed');
  await r.load();
  assert.ok(r.cached());
  await r.write('countersign.yaml', better);
  assert.equal(r.cached(), undefined, 'the root file changed');
  await r.load();
  await fs.rm(path.join(r.root, 'countersign.yaml'));
  assert.equal(r.cached(), undefined, 'the root file went');
  await r.load();
  assert.equal(r.cached(), undefined, 'broken is never cached');
  await r.write('countersign.yaml', good);
  await r.load();
  assert.equal(
    cachedPolicy(r.root, r.commonDir, [], path.join(base, 'managed.yaml')),
    undefined,
    'another managed file',
  );
  const dir = path.join(r.commonDir, 'countersign', 'policy');
  const cache = path.join(dir, (await fs.readdir(dir)).find((n) => n.endsWith('.json')) as string);
  await fs.writeFile(cache, (await fs.readFile(cache, 'utf8')).replace('prohibit', 'allow'));
  assert.equal(r.cached(), undefined, 'an edited cache');
  assert.equal((await fs.stat(cache)).mode & 0o077, 0);
});

test('the cache sees a change of one character, whatever the size of the policy', async () => {
  for (const size of [0, 100, 20_000]) {
    const long = `${good}# ${'note '.repeat(size / 5)}a\n`;
    const r = await repo({ 'countersign.yaml': long });
    await r.load();
    assert.ok(r.cached(), String(size));
    await r.write('countersign.yaml', long.replace(/a\n$/, 'b\n'));
    assert.equal(r.cached(), undefined, String(size));
  }
});

test('without any policy: remembered where an agent keeps state, and no file is made elsewhere', async () => {
  const r = await repo({ 'a.txt': 'a' });
  await r.load();
  assert.deepEqual(await fs.readdir(r.commonDir).then((names) => names.includes('countersign')), false);
  assert.equal(r.cached('a.txt'), undefined);
  await fs.mkdir(path.join(r.commonDir, 'countersign', 'agents'), { recursive: true });
  await r.load();
  assert.equal(r.cached('a.txt')?.policy.origin, 'none');
  await r.write('infra/countersign.yaml', good);
  assert.equal(r.cached('infra/main.tf'), undefined, 'a nested policy is found');
  await r.write('countersign.yaml', good);
  assert.equal(r.cached('a.txt'), undefined, 'and one of the repository');
});

test('loading never throws, whatever the root', async () => {
  for (const root of [path.join(base, 'nowhere'), noManaged(), 'rel\0ative', ''])
    assert.ok(
      (await loadPolicy(root, { managedFile: noManaged(), commonDir: path.join(base, 'nowhere', '.git') })).policy,
    );
});

test('real paths: links are followed, the rest is taken as written, outside is nothing', { skip: !posix }, async () => {
  const r = await repo();
  await fs.mkdir(path.join(r.root, 'infra'));
  await fs.mkdir(path.join(base, 'out'), { recursive: true });
  await fs.mkdir(path.join(r.root, 'infra', 'deep'));
  await fs.mkdir(path.join(r.root, 'sub'));
  await fs.symlink('../infra/deep', path.join(r.root, 'sub', 'link'));
  await fs.symlink('infra', path.join(r.root, 'alias'));
  await fs.symlink(path.join(base, 'out'), path.join(r.root, 'away'));
  await fs.symlink('infra/new.tf', path.join(r.root, 'dangling'));
  await fs.symlink('loop', path.join(r.root, 'loop'));
  await fs.symlink(r.root, path.join(base, 'linked-root'));
  const cases: [string, string | undefined][] = [
    ['alias/main.tf', 'infra/main.tf'],
    ['alias/deep/er/x.tf', 'infra/deep/er/x.tf'],
    [path.join(r.root, 'alias', 'x'), 'infra/x'],
    [path.join(base, 'linked-root', 'alias', 'x'), 'infra/x'],
    ['away/x', undefined],
    ['dangling', 'infra/new.tf'],
    ['loop', undefined],
    ['../x', undefined],
    ['a/../b', 'b'],
    ['no/such/../dir', 'no/dir'],
    ['sub/link/../main.tf', 'infra/main.tf'],
    ['sub/link/../../x', 'x'],
    ['sub/link/../../../x', undefined],
    ['x\0y', undefined],
    ['with\nnewline', 'with\nnewline'],
    ['', ''],
  ];
  for (const [given, expected] of cases) assert.equal(await realRepoPath(r.root, given), expected, given);
  assert.equal(await realRepoPath(path.join(base, 'linked-root'), 'alias/x'), 'infra/x');
});
