import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import type { AuditEvent, AuditInput } from '../../../src/core/audit/model.ts';
import { appendAudit, auditHead, readAudit, verifyAudit } from '../../../src/platform/auditLog.ts';
import { appendAuditNow } from '../../../src/platform/auditLogNow.ts';
import { withLock } from '../../../src/platform/fileLock.ts';
import { GuardError } from '../../../src/platform/guardError.ts';
import { sha256 } from '../../../src/platform/crypto.ts';

let base = '';
let counter = 0;
before(async () => {
  base = await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-audit-'));
});
after(() => fs.rm(base, { recursive: true, force: true }));
const newDir = (): string => path.join(base, `log${counter++}`);

const input = (n: number): AuditInput => ({
  event: 'edit',
  actor: { kind: 'agent', id: 'claude-code' },
  door: 'agent-hook',
  subject: { path: `src/file${n}.ts`, lines: [[n, n + 1]], agent: 'claude-code' },
  decision: 'allow',
});
const many = (n: number, from = 0): AuditInput[] => Array.from({ length: n }, (_, i) => input(from + i));
const all = async (dir: string): Promise<AuditEvent[]> => {
  const out: AuditEvent[] = [];
  for await (const e of readAudit(dir)) out.push(e);
  return out;
};
const segment = (dir: string, n = 1): string => path.join(dir, `audit-${String(n).padStart(6, '0')}.jsonl`);
const linesOf = async (file: string): Promise<string[]> => (await fs.readFile(file, 'utf8')).trimEnd().split('\n');
/** A copy with `remove` lines at `at` replaced. */
const splice = (lines: readonly string[], at: number, remove: number, ...add: string[]): string[] => [
  ...lines.slice(0, at),
  ...add,
  ...lines.slice(at + remove),
];
const write = (file: string, lines: readonly string[]): Promise<void> => fs.writeFile(file, lines.join('\n') + '\n');

test('events come back in order, chained and numbered, after a log.started event', async () => {
  const dir = newDir();
  const written = await appendAudit(dir, many(3));
  const events = await all(dir);
  assert.deepEqual(
    events.map((e) => [e.seq, e.event]),
    [
      [1, 'log.started'],
      [2, 'edit'],
      [3, 'edit'],
      [4, 'edit'],
    ],
  );
  assert.deepEqual(events.slice(1), written);
  assert.equal(events[0]?.prev, '0'.repeat(64));
  const lines = await linesOf(segment(dir));
  lines.slice(1).forEach((_, i) => assert.equal(events[i + 1]?.prev, sha256(lines[i] as string)));
  assert.equal(await auditHead(dir), sha256(lines[3] as string));
  const report = await verifyAudit(dir);
  assert.deepEqual([report.ok, report.events, report.head], [true, 4, sha256(lines[3] as string)]);
});

test('files are readable by their owner only', { skip: process.platform === 'win32' }, async () => {
  const dir = newDir();
  await appendAudit(dir, many(1));
  assert.equal((await fs.stat(dir)).mode & 0o777, 0o700);
  assert.equal((await fs.stat(segment(dir))).mode & 0o777, 0o600);
});

test('no log: the head is zeros, reading gives nothing, verifying says so', async () => {
  const dir = newDir();
  assert.equal(await auditHead(dir), '0'.repeat(64));
  assert.deepEqual(await all(dir), []);
  const report = await verifyAudit(dir);
  assert.deepEqual([report.ok, report.events], [true, 0]);
});

test('eight processes at once lose nothing, tear nothing and keep the chain', async () => {
  const dir = newDir();
  const log = path.join(__dirname, '../../../src/platform/auditLog.ts');
  const script = `(async () => {
    const { appendAudit } = require(${JSON.stringify(log)});
    const [dir, id] = process.argv.slice(-2);
    const { appendAuditNow } = require(${JSON.stringify(log.replace('auditLog', 'auditLogNow'))});
    for (let i = 0; i < 200; i++) {
      const events = [{ event: 'edit', actor: { kind: 'agent', id: 'writer-' + id }, door: 'agent-hook', subject: { path: 'file-' + i } }];
      if (id % 2 === 0 || !appendAuditNow(dir, events)) await appendAudit(dir, events);
    }
  })()`;
  const run = (id: number): Promise<number | null> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, ['--import', 'tsx', '-e', script, '--', dir, String(id)], {
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      child.on('exit', resolve);
    });
  assert.deepEqual(await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(run)), [0, 0, 0, 0, 0, 0, 0, 0]);
  const events = await all(dir);
  assert.equal(events.filter((e) => e.event === 'edit').length, 1600);
  for (let id = 0; id < 8; id++) {
    const mine = events.filter((e) => e.actor.id === `writer-${id}`).map((e) => e.subject?.path);
    assert.deepEqual(
      mine,
      Array.from({ length: 200 }, (_, i) => `file-${i}`),
      'each writer’s events in its order',
    );
  }
  const report = await verifyAudit(dir);
  assert.deepEqual([report.ok, report.problems], [true, []]);
  assert.deepEqual(
    (await fs.readdir(dir)).filter((n) => !n.startsWith('audit-')),
    [],
    'no lock is left behind',
  );
});

test('writers killed at any moment leave a log that goes on and verifies', async () => {
  const dir = newDir();
  const log = path.join(__dirname, '../../../src/platform/auditLog.ts');
  const script = `(async () => {
    const { appendAudit } = require(${JSON.stringify(log)});
    for (let i = 0; ; i++) {
      await appendAudit(process.argv.at(-1), [{ event: 'edit', actor: { kind: 'agent', id: 'w' }, door: 'cli', reason: 'x'.repeat(900) }]);
      if (i === 0) process.stdout.write('on');
    }
  })()`;
  for (let round = 0; round < 3; round++) {
    const children = [0, 1, 2].map(() =>
      spawn(process.execPath, ['--import', 'tsx', '-e', script, '--', dir], { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    await Promise.all(children.map((c) => new Promise((resolve) => c.stdout.once('data', resolve))));
    for (const child of children) {
      await new Promise((resolve) => setTimeout(resolve, 7 + round * 5));
      const gone = new Promise((resolve) => child.on('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    await appendAudit(dir, many(1));
  }
  const report = await verifyAudit(dir);
  assert.deepEqual([report.problems, report.notes], [[], []]);
  assert.ok(report.events > 20, String(report.events));
});

test('a burst of appends in one process keeps the order of the calls', async () => {
  const dir = newDir();
  await Promise.all(many(300).map((i) => appendAudit(dir, [i])));
  const paths = (await all(dir)).slice(1).map((e) => e.subject?.path);
  assert.deepEqual(
    paths,
    many(300).map((i) => i.subject?.path),
  );
});

test('a line torn by a crash is removed, reported as log.repaired, and the chain goes on', async () => {
  const dir = newDir();
  await appendAudit(dir, many(2));
  await fs.appendFile(segment(dir), '{"v":1,"seq":4,"time":"2026-01-0');
  const during = await verifyAudit(dir);
  assert.equal(during.ok, true, 'a half-written event is no forgery');
  assert.match(during.notes.join(), /not written completely/);
  await appendAudit(dir, many(1, 2));
  const events = await all(dir);
  assert.deepEqual(
    events.map((e) => e.event),
    ['log.started', 'edit', 'edit', 'log.repaired', 'edit'],
  );
  assert.match(events[3]?.reason ?? '', /32 bytes/);
  assert.equal((await verifyAudit(dir)).ok, true);
});

test('a torn first line and an empty file are repaired, too', async () => {
  for (const content of ['{"v":1', '']) {
    const dir = newDir();
    await fs.mkdir(dir);
    await fs.writeFile(segment(dir), content);
    await appendAudit(dir, many(1));
    const names = (await all(dir)).map((e) => e.event);
    assert.deepEqual(names, content === '' ? ['log.started', 'edit'] : ['log.started', 'log.repaired', 'edit']);
    assert.equal((await verifyAudit(dir)).ok, true);
  }
});

test('every prefix of an append (a crash at any byte) is repaired', async () => {
  const dir = newDir();
  await appendAudit(dir, many(1));
  const start = await fs.readFile(segment(dir));
  await appendAudit(dir, many(2, 1));
  const whole = await fs.readFile(segment(dir));
  for (let cut = start.length; cut <= whole.length; cut += 37) {
    const copy = newDir();
    await fs.mkdir(copy);
    await fs.writeFile(segment(copy), whole.subarray(0, cut));
    await appendAudit(copy, many(1, 9));
    const report = await verifyAudit(copy);
    assert.deepEqual(report.problems, [], `cut at ${cut}`);
    assert.deepEqual(report.notes, []);
  }
});

test('rotation keeps the chain and the numbers', async () => {
  const dir = newDir();
  for (let i = 0; i < 10; i++) await appendAudit(dir, many(5, i * 5), { segmentBytes: 2000 });
  const names = (await fs.readdir(dir)).sort();
  assert.ok(names.length >= 3, names.join());
  const report = await verifyAudit(dir);
  assert.deepEqual(report.problems, []);
  const second = JSON.parse((await linesOf(segment(dir, 2)))[0] as string) as AuditEvent;
  assert.equal(second.event, 'log.rotated');
  assert.equal(second.prev, sha256((await linesOf(segment(dir, 1))).at(-1) as string));
  // A crash just after a new segment was made.
  await fs.writeFile(segment(dir, names.length + 1), '');
  await appendAudit(dir, many(1));
  assert.deepEqual((await verifyAudit(dir)).problems, []);
  await fs.rm(segment(dir, 2));
  const cut = await verifyAudit(dir);
  assert.deepEqual(
    [cut.problems[0]?.kind, cut.problems[0]?.file, cut.problems[0]?.line],
    ['missing', 'audit-000003.jsonl', 1],
  );
  await fs.rm(segment(dir, 1));
  assert.equal((await verifyAudit(dir)).problems[0]?.kind, 'cut-off');
});

test('verify names the first bad line of every kind of tampering', async () => {
  const dir = newDir();
  await appendAudit(dir, many(8));
  const lines = await linesOf(segment(dir));
  const check = async (changed: readonly string[], kind: string, line: number): Promise<void> => {
    await write(segment(dir), changed);
    const report = await verifyAudit(dir);
    assert.deepEqual([report.ok, report.problems[0]?.kind, report.problems[0]?.line], [false, kind, line]);
  };
  await check(splice(lines, 4, 1, (lines[4] as string).replace('allow', 'deny')), 'edited', 5);
  await check(splice(lines, 4, 1, (lines[4] as string).replace('{"v"', '{ "v"')), 'edited', 5);
  await check(splice(lines, 4, 1), 'missing', 5);
  await check(splice(lines, 4, 2), 'missing', 5);
  await check(splice(lines, 4, 2, lines[5] as string, lines[4] as string), 'missing', 5);
  await check(splice(lines, 4, 0, lines[2] as string), 'reordered', 5);
  await check(splice(lines, 0, 1), 'cut-off', 1);
  await check(splice(lines, 4, 1, 'nonsense'), 'unreadable', 5);
  await check(splice(lines, 0, 1, (lines[0] as string).replace('first', 'worst')), 'edited', 1);
  await check(splice(lines, 4, 1, `x${'y'.repeat(2_000_000)}`), 'unreadable', 5);
});

test('anchors reveal a log that was cut off at its end or chained anew', async () => {
  const dir = newDir();
  const anchors: string[] = [`l1:${'0'.repeat(16)}`];
  for (let i = 0; i < 5; i++) {
    await appendAudit(dir, many(3, i * 3));
    anchors.push(`l1:${(await auditHead(dir)).slice(0, 16)}`);
  }
  const whole = await verifyAudit(dir, anchors);
  assert.deepEqual([whole.ok, whole.anchors], [true, { checked: 6, missing: 0 }]);
  const lines = await linesOf(segment(dir));
  await write(segment(dir), lines.slice(0, -4));
  assert.equal((await verifyAudit(dir)).ok, true, 'the chain alone cannot see it');
  const cut = await verifyAudit(
    dir,
    anchors.map((hash, i) => ({ hash, commit: `c${i}` })),
  );
  assert.equal(cut.anchors.missing, 2);
  assert.match(cut.problems[0]?.message ?? '', /commit c4/);

  // Chained anew: a forger who drops an event and recomputes every hash after it.
  let prev = '0'.repeat(64);
  const forged = splice(lines, 5, 1).map((line, i) => {
    const out = JSON.stringify({ ...(JSON.parse(line) as object), seq: i + 1, prev });
    prev = sha256(out);
    return out;
  });
  await write(segment(dir), forged);
  assert.equal((await verifyAudit(dir)).ok, true, 'the chain alone cannot see it');
  const report = await verifyAudit(dir, anchors);
  assert.deepEqual([report.ok, report.anchors.missing], [false, 4]);
});

test('a lock whose holder died is taken over; a live one is waited for', async () => {
  const dir = newDir();
  await fs.mkdir(dir);
  const dead = spawn(process.execPath, ['-e', '0']);
  await new Promise((resolve) => dead.on('exit', resolve));
  await fs.writeFile(path.join(dir, 'lock'), `${dead.pid} ${os.hostname()} abcd`);
  await appendAudit(dir, many(1));
  await fs.writeFile(path.join(dir, 'lock'), `${process.pid} ${os.hostname()} abcd`);
  const started = Date.now();
  setTimeout(() => void fs.rm(path.join(dir, 'lock')), 200);
  await appendAudit(dir, many(1));
  assert.ok(Date.now() - started >= 190);
  assert.equal((await verifyAudit(dir)).ok, true);
});

test('a lock of a live process is taken over after ten seconds; who lost it notices and does not write', async () => {
  const file = path.join(base, 'some-lock');
  await fs.writeFile(file, `${process.pid} ${os.hostname()} abcd`);
  const old = new Date(Date.now() - 11_000);
  await fs.utimes(file, old, old);
  const seen = await withLock(file, async (held) => {
    const before = await held();
    const real = Date.now;
    try {
      // The machine slept, and somebody took the lock meanwhile.
      Date.now = () => real() + 60_000;
      await fs.writeFile(file, `1 ${os.hostname()} somebody`);
      return [before, await held()];
    } finally {
      Date.now = real;
    }
  });
  assert.deepEqual(seen, [true, false]);
});

test('the synchronous append takes the ordinary case only, in the same chain', async () => {
  const dir = newDir();
  assert.equal(appendAuditNow(dir, many(1)), undefined, 'no log yet');
  await appendAudit(dir, many(1));
  const [now] = appendAuditNow(dir, many(1, 7)) ?? [];
  assert.deepEqual([now?.seq, now?.subject?.path], [3, 'src/file7.ts']);
  await appendAudit(dir, many(1));
  for (let i = 0; i < 200; i++) assert.ok(appendAuditNow(dir, many(2)));
  await fs.writeFile(path.join(dir, 'lock'), `${process.pid} ${os.hostname()} x`);
  assert.equal(appendAuditNow(dir, many(1)), undefined, 'somebody writes');
  assert.ok(await fs.stat(path.join(dir, 'lock')), 'their lock stays');
  await fs.rm(path.join(dir, 'lock'));
  await fs.appendFile(segment(dir), '{"torn');
  assert.equal(appendAuditNow(dir, many(1)), undefined, 'to be repaired first');
  await appendAudit(dir, many(1));
  assert.ok(appendAuditNow(dir, many(1)));
  const report = await verifyAudit(dir);
  assert.deepEqual([report.problems, report.events], [[], 1 + 3 + 400 + 2 + 1]);
  await fs.writeFile(segment(dir), 'x\n');
  assert.equal(appendAuditNow(dir, many(1)), undefined, 'no event to chain to');
  assert.deepEqual(
    (await fs.readdir(dir)).filter((n) => n === 'lock'),
    [],
  );
});

test('a folder that cannot be written gives a GuardError, and later appends work again', async () => {
  const dir = newDir();
  await fs.writeFile(dir, 'in the way');
  await assert.rejects(
    appendAudit(dir, many(1)),
    (e) => GuardError.is(e, 'not-writable') && /cannot be written|cannot write/.test(e.message),
  );
  await fs.rm(dir);
  await appendAudit(dir, many(1));
  assert.equal((await verifyAudit(dir)).events, 2);
});

test('filters: time, agent, path, event, session', async () => {
  const dir = newDir();
  await appendAudit(dir, [
    ...many(3),
    {
      event: 'justification',
      actor: { kind: 'human', id: 'a@b.example' },
      door: 'editor',
      subject: { path: 'infra/main.tf', session: 's1' },
    },
  ]);
  const count = async (filter: Parameters<typeof readAudit>[1]): Promise<number> => {
    let n = 0;
    for await (const _ of readAudit(dir, filter)) n++;
    return n;
  };
  const today = new Date().toISOString().slice(0, 10);
  assert.equal(await count({ since: '2000-01-01', until: today }), 5);
  assert.equal(await count({ until: '2000-01-01' }), 0);
  assert.equal(await count({ since: '2999-01-01' }), 0);
  assert.equal(await count({ agent: 'claude-code' }), 3);
  assert.equal(await count({ path: 'infra' }), 1);
  assert.equal(await count({ path: '**/*.tf' }), 1);
  assert.equal(await count({ path: 'inf' }), 0);
  assert.equal(await count({ events: ['justification'] }), 1);
  assert.equal(await count({ session: 's1' }), 1);
});

test('hostile fields are cleaned and bounded; the line stays one line', async () => {
  const dir = newDir();
  await appendAudit(dir, [
    {
      event: 'edit',
      actor: { kind: 'agent', id: 'x\u001b[31m\nred' },
      door: 'cli',
      subject: {
        path: 'a\nb\u202e.ts',
        command: 'c'.repeat(100_000),
        lines: Array.from({ length: 5000 }, () => [1, 2] as const),
        note: '\ud800x',
      },
      reason: 'r'.repeat(100_000),
    },
  ]);
  const lines = await linesOf(segment(dir));
  assert.equal(lines.length, 2);
  assert.ok(Buffer.byteLength(lines[1] as string) <= 32 * 1024);
  const event = JSON.parse(lines[1] as string) as AuditEvent;
  assert.equal(event.actor.id, 'x [31m red');
  assert.equal(event.subject?.path, 'a\\u{a}b\\u{202e}.ts');
  assert.equal((await verifyAudit(dir)).ok, true);
});

test('secrets in commands, notes and reasons are redacted, also when an invisible character hides them', async () => {
  const dir = newDir();
  const token = `ghp_${'a1B2'.repeat(9)}`;
  await appendAudit(dir, [
    {
      event: 'agent.tool',
      actor: { kind: 'agent', id: 'x' },
      door: 'agent-hook',
      subject: {
        command: `curl -H "Authorization: Bearer ${token}" x`,
        note: `use ${token.slice(0, 8)}\u200b${token.slice(8)}`,
      },
      reason: `${'r'.repeat(980)} ${token}`,
    },
  ]);
  const text = await fs.readFile(segment(dir), 'utf8');
  assert.doesNotMatch(text, /ghp_|a1B2/);
  assert.match(text, /\[redacted\]/);
});

test('a batch is appended at 50,000 events/s, a log verified at 100,000 events/s', async () => {
  const dir = newDir();
  await appendAudit(dir, many(1000));
  // Processor time, not time on the wall: other tests run beside this one.
  const spent = (since?: NodeJS.CpuUsage): number => {
    const { user, system } = process.cpuUsage(since);
    return (user + system) / 1000;
  };
  let best = 0;
  for (let i = 0; i < 3; i++) {
    const t0 = process.cpuUsage();
    await appendAudit(dir, many(20_000));
    best = Math.max(best, 20_000 / spent(t0));
  }
  let verify = 0;
  for (let i = 0; i < 3; i++) {
    const t1 = process.cpuUsage();
    assert.equal((await verifyAudit(dir)).events > 61_000, true);
    verify = Math.max(verify, 61_000 / spent(t1));
  }
  // A third of the budget. The bench measures the budget itself.
  assert.ok(best > 17, `append ${Math.round(best)}k events/s`);
  assert.ok(verify > 33, `verify ${Math.round(verify)}k events/s`);
  if (process.env['SHOW_RATES']) console.error(`append ${Math.round(best)}k/s, verify ${Math.round(verify)}k/s`);
});
