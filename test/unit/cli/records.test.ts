import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import { audit } from '../../../src/cli/commands/audit.ts';
import { policy } from '../../../src/cli/commands/policy.ts';
import { status } from '../../../src/cli/commands/status.ts';
import type { Command } from '../../../src/cli/command.ts';
import { UsageError } from '../../../src/cli/command.ts';
import { appendAudit, auditHead } from '../../../src/platform/auditLog.ts';

let base = '';
let counter = 0;
before(async () => {
  base = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-cli-')));
});
after(() => fs.rm(base, { recursive: true, force: true }));

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
interface Sandbox {
  readonly root: string;
  run(command: Command, ...args: string[]): Promise<Run>;
  git(...args: string[]): string;
  write(name: string, text: string): Promise<void>;
}
async function sandbox(): Promise<Sandbox> {
  const root = path.join(base, `r${counter++}`);
  await fs.mkdir(root);
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    XDG_STATE_HOME: path.join(root, '.state'),
  };
  const s: Sandbox = {
    root,
    async run(command, ...args) {
      let out = '';
      let err = '';
      const io = {
        stdin: process.stdin,
        out: (t: string) => void (out += t),
        err: (t: string) => void (err += t),
        cwd: root,
        env,
        verbose: false,
      };
      const code = await command.run(args, io);
      return { code, out, err };
    },
    git: (...args) =>
      execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b.example', ...args], {
        cwd: root,
        env,
        encoding: 'utf8',
      }),
    async write(name, text) {
      await fs.mkdir(path.dirname(path.join(root, name)), { recursive: true });
      await fs.writeFile(path.join(root, name), text);
    },
  };
  s.git('init', '-q');
  s.git('config', 'user.email', 'a@b.example');
  return s;
}
const edit = (p: string, agent = 'claude-code') =>
  ({ event: 'edit', actor: { kind: 'agent', id: agent }, door: 'agent-hook', subject: { path: p, agent } }) as const;

test('policy init writes a policy that is valid and whose examples hold, never over another', async () => {
  const s = await sandbox();
  assert.equal((await s.run(policy, 'init', '--trailers', 'required')).code, 0);
  const text = await fs.readFile(path.join(s.root, 'countersign.yaml'), 'utf8');
  assert.match(text, /trailers: required/);
  const valid = await s.run(policy, 'validate');
  assert.deepEqual([valid.code, valid.err], [0, '']);
  assert.match(valid.out, /^note: no file in git matches 'CI\/CD'[^\n]*\nvalid \(p1:[0-9a-f]{16}\)\n$/);
  const tests = await s.run(policy, 'test');
  assert.equal(tests.code, 0, tests.out);
  assert.match(tests.out, /3 of 3 examples hold/);
  const again = await s.run(policy, 'init');
  assert.equal(again.code, 1);
  assert.match(again.err, /is there already/);
  assert.equal(await fs.readFile(path.join(s.root, 'countersign.yaml'), 'utf8'), text);
  const printed = await s.run(policy, 'init', '--print', '--trailers=required');
  assert.equal(printed.out, text);
});

test('policy validate names every problem with its place; exit 1', async () => {
  const s = await sandbox();
  await s.write('countersign.yaml', 'version: 1\nprotectd: []\n');
  const r = await s.run(policy, 'validate');
  assert.equal(r.code, 1);
  assert.equal(r.out, "countersign.yaml:2:1: error: unknown key 'protectd'; did you mean 'protected'?\n");
  const json = JSON.parse((await s.run(policy, 'validate', '--format', 'json')).out) as {
    valid: boolean;
    problems: unknown[];
  };
  assert.deepEqual([json.valid, json.problems.length], [false, 1]);
  await s.write('other.yaml', 'version: 1\nrules: { disable: [no-such-rule] }\n');
  const other = await s.run(policy, 'validate', 'other.yaml');
  assert.equal(other.code, 0);
  assert.match(other.out, /other\.yaml:2:20: warning: there is no rule 'no-such-rule'/);
  const test_ = await s.run(policy, 'test');
  assert.equal(test_.code, 1);
});

test('policy explain follows links and names what is outside', { skip: process.platform === 'win32' }, async () => {
  const s = await sandbox();
  await s.write('countersign.yaml', 'version: 1\nprotected:\n  - { name: infra, paths: ["infra/**"] }\n');
  await fs.mkdir(path.join(s.root, 'infra'));
  await fs.symlink('infra', path.join(s.root, 'alias'));
  const r = await s.run(policy, 'explain', 'alias/main.tf', 'src/a.ts', '../x', '.git/config');
  assert.equal(r.code, 0);
  assert.match(r.out, /^alias\/main\.tf → infra\/main\.tf: AI must give a reason/);
  assert.match(r.out, /infra \(countersign\.yaml:3\)/);
  assert.match(r.out, /src\/a\.ts: not protected/);
  assert.match(r.out, /\.\.\/x: outside the repository/);
  assert.match(r.out, /\.git\/config: AI may not change it/);
});

test('policy test judges paths and changes, and says what differs', async () => {
  const s = await sandbox();
  await s.write(
    'countersign.yaml',
    `version: 1
protected:
  - { paths: ["infra/**"], ai: justify, human: allow, tier: high }
rules:
  custom: [{ id: no-clock, message: Use the injected clock, tier: medium, pattern: 'Date\\.now\\(' }]
tests:
  - { path: infra/a.txt, expect: justify }
  - { path: infra/a.txt, by: human, expect: allow }
  - { path: infra/a.txt, after: "x\\n", expect: justify, tier: high }
  - { path: infra/a.txt, by: human, before: "x\\n", after: "y\\n", expect: allow }
  - { path: infra/a.txt, before: "x\\ny\\n", after: "x\\n", expect: justify }
  - { path: src/a.ts, before: "a;\\n", after: "a;\\nDate.now();\\n", expect: allow, rule: no-clock }
  - { name: wrong one, path: src/a.ts, expect: deny, tier: critical, rule: x }
`,
  );
  const r = await s.run(policy, 'test');
  assert.equal(r.code, 1);
  assert.match(r.out, /6 of 7 examples hold/, r.out);
  assert.match(
    r.out,
    /WRONG countersign\.yaml:13: wrong one: expected deny, the policy says allow; expected at least critical risk, it is low; 'rule' needs/,
  );
});

test('audit export writes JSON Lines that verify, and CSV; the export is logged', async () => {
  const s = await sandbox();
  const dir = path.join(s.root, '.git', 'countersign', 'audit');
  await appendAudit(dir, [
    edit('src/a.ts'),
    edit('infra/b.tf', 'codex'),
    { ...edit('x'), reason: '=HYPERLINK("http://x")' },
  ]);
  const jsonl = await s.run(audit, 'export', '-o', 'out.jsonl');
  assert.deepEqual([jsonl.code, jsonl.out], [0, '4 events written to out.jsonl\n']);
  const log = await fs.readFile(path.join(dir, 'audit-000001.jsonl'), 'utf8');
  const exported = await fs.readFile(path.join(s.root, 'out.jsonl'), 'utf8');
  assert.ok(log.startsWith(exported) && JSON.parse(log.slice(exported.length).trim()).event === 'export');
  assert.equal((await s.run(audit, 'verify', 'out.jsonl')).code, 0);
  await fs.writeFile(path.join(s.root, 'out.jsonl'), exported.replace('codex', 'cursor'));
  const bad = await s.run(audit, 'verify', 'out.jsonl');
  assert.equal(bad.code, 1);
  assert.match(bad.out, /^out\.jsonl:3: edited: .*\nNOT verified/);
  const csv = await s.run(audit, 'export', '--format', 'csv', '--agent', 'codex');
  assert.equal(csv.out.split('\r\n').length, 3);
  const all = await s.run(audit, 'export', '-o', 'a.csv');
  assert.equal(all.code, 0);
  assert.match(await fs.readFile(path.join(s.root, 'a.csv'), 'utf8'), /"'=HYPERLINK\(""http:\/\/x""\)"/);
  const none = await s.run(audit, 'export', '--until', '2000-01-01');
  assert.deepEqual([none.code, none.out], [0, '']);
  assert.match(none.err, /no event matches/);
});

test('audit verify compares with the commits that were made here, and names them', async () => {
  const s = await sandbox();
  const dir = path.join(s.root, '.git', 'countersign', 'audit');
  const commit = async (n: number): Promise<string> => {
    await appendAudit(dir, [edit(`f${n}`)]);
    await s.write(`f${n}`, `${n}\n`);
    s.git('add', '.');
    const head = (await auditHead(dir)).slice(0, 16);
    s.git(
      'commit',
      '-qm',
      `c${n}\n\nAI-Provenance: v1 ai=1/1 mod=0 unk=0 del=0/0 risk=low files=1 conf=hook patch=- note=- policy=- log=l1:${head}`,
    );
    return s.git('rev-parse', 'HEAD').trim();
  };
  const first = await commit(1);
  await commit(2);
  const last = await commit(3);
  const good = await s.run(audit, 'verify');
  assert.equal(good.code, 0, good.out);
  assert.match(good.out, /verified: 4 events, 3 of 3 commit anchors found/);
  const range = await s.run(audit, 'export', '--range', `${first}..${last}`);
  assert.equal(range.code, 0);
  const file = path.join(dir, 'audit-000001.jsonl');
  const lines = (await fs.readFile(file, 'utf8')).trimEnd().split('\n');
  await fs.writeFile(file, lines.slice(0, 3).join('\n') + '\n');
  const cut = await s.run(audit, 'verify');
  assert.equal(cut.code, 1);
  assert.match(cut.out, new RegExp(`commit ${last.slice(0, 12)} was recorded when`));
  assert.equal((await s.run(audit, 'verify', '--no-anchors')).code, 0);
  assert.equal((await s.run(audit, 'verify', '--since', '2999-01-01')).code, 0);
});

test('audit tail shows the last events on one line each', async () => {
  const s = await sandbox();
  const dir = path.join(s.root, '.git', 'countersign', 'audit');
  await appendAudit(
    dir,
    Array.from({ length: 30 }, (_, i) => edit(`f${i}`)),
  );
  const r = await s.run(audit, 'tail', '-n', '3');
  assert.deepEqual(
    r.out
      .trimEnd()
      .split('\n')
      .map((l) => /f\d+$/.exec(l)?.[0]),
    ['f27', 'f28', 'f29'],
  );
  assert.equal((await s.run(audit, 'tail', '-n', '0')).out, '');
});

test('status says what is active, also outside git, and as JSON', async () => {
  const s = await sandbox();
  await s.write('countersign.yaml', 'version: 1\nprotected: [{ paths: [a] }]\n');
  const r = await s.run(status);
  assert.equal(r.code, 0);
  assert.match(
    r.out,
    /agents: +not stopped\n.*policy: +p1:[0-9a-f]{16}, 1 protected entry, trailers off\n.*git hooks: +not installed.*audit log: +not begun/s,
  );
  const json = JSON.parse((await s.run(status, '--json')).out) as Record<string, Record<string, unknown>>;
  assert.deepEqual(
    [json['policy']?.['trailers'], json['pending']?.['ai'], json['agents']?.['stopped']],
    ['off', 0, null],
  );
});

test('misuse is a UsageError with one helpful line', async () => {
  const s = await sandbox();
  const wrong: [Command, string[], RegExp][] = [
    [policy, [], /say what/],
    [policy, ['frobnicate'], /unknown action/],
    [policy, ['init', '--trailers', 'x'], /one of off/],
    [policy, ['validate', 'nowhere.yaml'], /cannot read/],
    [policy, ['explain'], /one or more paths/],
    [audit, [], /say what/],
    [audit, ['export', '--format', 'pdf'], /one of jsonl \| csv/],
    [audit, ['export', '--since', 'yesterday'], /is no date/],
    [audit, ['export', '--range', 'HEAD'], /write A\.\.B/],
    [audit, ['export', '--range', '--output=x..HEAD'], /no range|no commit/],
    [audit, ['export', '--range', 'nope..HEAD'], /no commit here/],
    [audit, ['export', '-o'], /needs a value/],
    [audit, ['export', '-o', 'no/such/dir/x.csv'], /cannot write/],
    [audit, ['verify', 'nowhere'], /cannot read/],
    [audit, ['tail', '-n', 'x'], /needs a number/],
    [status, ['--x'], /unknown argument/],
  ];
  for (const [command, args, message] of wrong)
    await assert.rejects(
      s.run(command, ...args),
      (e) => e instanceof UsageError && message.test(e.message),
      `${command.name} ${args.join(' ')}`,
    );
});
