/** The hook command in real repositories: what it lets through, what it records, which way it fails. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { claudeCode } from '../../../src/core/agents/claudeCode.ts';
import type { AgentReply } from '../../../src/core/agents/model.ts';
import type { AuditEvent } from '../../../src/core/audit/model.ts';
import { answerWithin } from '../../../src/cli/commands/hook.ts';
import { openAttribution } from '../../../src/platform/attribution.ts';
import { readAudit, verifyAudit } from '../../../src/platform/auditLog.ts';
import { resumeAgents, stopAgents, stopFile, stoppedNow } from '../../../src/platform/stopSwitch.ts';

interface World {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  send(event: string, tool: string, input: unknown, more?: Record<string, unknown>): Promise<AgentReply>;
  raw(source: string): Promise<AgentReply>;
  write(name: string, text: string): void;
  audit(): Promise<AuditEvent[]>;
}

function world(t: TestContext, policy?: string): World {
  const base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'cs-hook-')));
  t.after(() => fs.rmSync(base, { recursive: true, force: true }));
  const root = path.join(base, 'repo');
  fs.mkdirSync(root);
  const git = (...args: string[]): void => void execFileSync('git', args, { cwd: root, stdio: 'ignore' });
  git('init', '-q');
  git('config', 'user.email', 'a@b.example');
  git('config', 'user.name', 'A');
  const write = (name: string, text: string): void => {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  };
  write('src/a.ts', 'one\ntwo\n');
  write('infra/main.tf', 'x\n');
  if (policy !== undefined) write('countersign.yaml', policy);
  git('add', '.');
  git('commit', '-qm', 'first');
  const env = { ...process.env, XDG_STATE_HOME: path.join(base, 'state'), LOCALAPPDATA: path.join(base, 'state') };
  const raw = (source: string): Promise<AgentReply> => answerWithin(claudeCode, source, { env, cwd: root }, 10_000);
  return {
    root,
    env,
    raw,
    write,
    send: (event, tool, input, more = {}) =>
      raw(
        JSON.stringify({
          session_id: 's1',
          cwd: root,
          hook_event_name: event,
          tool_name: tool,
          tool_input: input,
          tool_use_id: 't1',
          ...more,
        }),
      ),
    async audit() {
      const out: AuditEvent[] = [];
      for await (const event of readAudit(path.join(root, '.git/countersign/audit'))) out.push(event);
      return out;
    },
  };
}

const decisionOf = (reply: AgentReply): string => {
  if (reply.stdout === '') return 'pass';
  const value = JSON.parse(reply.stdout) as {
    hookSpecificOutput?: { permissionDecision?: string };
    decision?: string;
    continue?: boolean;
  };
  return value.hookSpecificOutput?.permissionDecision ?? value.decision ?? (value.continue === false ? 'stop' : '?');
};

test('an ordinary edit passes, and its lines become AI with session and model', async (t) => {
  const w = world(t);
  const transcript = path.join(w.root, '..', 'transcript.jsonl');
  fs.writeFileSync(transcript, '{"type":"user"}\n{"type":"assistant","message":{"model":"claude-test-2"}}\n');
  const input = { file_path: path.join(w.root, 'src/a.ts'), old_string: 'two', new_string: '2\n3' };
  assert.equal(decisionOf(await w.send('PreToolUse', 'Edit', input, { transcript_path: transcript })), 'pass');
  w.write('src/a.ts', 'one\n2\n3\n');
  assert.equal(decisionOf(await w.send('PostToolUse', 'Edit', input, { transcript_path: transcript })), 'pass');
  const store = openAttribution({
    root: w.root,
    gitDir: path.join(w.root, '.git'),
    commonDir: path.join(w.root, '.git'),
  });
  const { origins } = await store.resolve('src/a.ts', 'one\n2\n3\n', { baseline: 'one\ntwo\n' });
  assert.deepEqual(
    origins.map((r) => [r.count, r.origin?.origin ?? null, r.origin?.evidence ?? null, r.origin?.model ?? null]),
    [
      [1, null, null, null],
      [2, 'ai', 'hook', 'claude-test-2'],
    ],
  );
  const events = await w.audit();
  assert.deepEqual(
    events.map((e) => e.event),
    ['log.started', 'agent.tool', 'edit'],
  );
  assert.equal(events[1]?.subject?.transcript?.path, transcript);
  assert.match(events[1]?.subject?.transcript?.sha256 ?? '', /^[0-9a-f]{64}$/);
  assert.equal((await verifyAudit(path.join(w.root, '.git/countersign/audit'))).ok, true);
});

test('without our call before it the text before an edit is worked out backwards', async (t) => {
  const w = world(t);
  w.write('src/a.ts', 'one\nTWO\n');
  await w.send('PostToolUse', 'Edit', {
    file_path: path.join(w.root, 'src/a.ts'),
    old_string: 'two',
    new_string: 'TWO',
  });
  const store = openAttribution({
    root: w.root,
    gitDir: path.join(w.root, '.git'),
    commonDir: path.join(w.root, '.git'),
  });
  const { origins } = await store.resolve('src/a.ts', 'one\nTWO\n', { baseline: 'one\ntwo\n' });
  assert.deepEqual(
    origins.map((r) => r.origin?.origin ?? null),
    [null, 'ai'],
  );
});

test('protected paths are denied or asked about however they are written', async (t) => {
  const w = world(
    t,
    'version: 1\nprotected:\n  - { name: vault, paths: ["vault/**"], ai: prohibit }\n  - { name: infra, paths: ["infra/**"], ai: justify }\nagents:\n  claude-code: { scope: ["src/**", "infra/**", "vault/**", "link/**"] }\n',
  );
  fs.mkdirSync(path.join(w.root, 'vault'));
  fs.symlinkSync('vault', path.join(w.root, 'link'));
  const decide = async (file: string): Promise<string> =>
    decisionOf(await w.send('PreToolUse', 'Write', { file_path: file, content: 'x' }));
  for (const file of [
    path.join(w.root, 'vault/k.ts'),
    'vault/k.ts',
    './src/../vault/k.ts',
    'vault\\k.ts',
    'src\\..\\vault\\k.ts',
    'link/k.ts',
    `${w.root}//vault//k.ts`,
    '.git/hooks/pre-commit',
    '.GIT/HOOKS/pre-commit',
    'countersign.yaml',
    '.claude/settings.json',
    '.git/countersign/salt',
    'docs/outside.md',
  ])
    assert.equal(await decide(file), 'deny', file);
  assert.equal(await decide('infra/main.tf'), 'ask');
  assert.equal(await decide('src/new.ts'), 'pass');
  for (const tool of ['MultiEdit', 'Edit'])
    assert.equal(
      decisionOf(await w.send('PreToolUse', tool, { file_path: 'vault/k.ts', old_string: 'a', new_string: 'b' })),
      'deny',
    );
  assert.equal(
    decisionOf(await w.send('PreToolUse', 'NotebookEdit', { notebook_path: 'vault/n.ipynb', new_source: '' })),
    'deny',
  );
  assert.equal(
    decisionOf(await w.send('PreToolUse', 'mcp__fs__write_file', { path: 'vault/k.ts', content: '' })),
    'deny',
  );
  assert.equal(decisionOf(await w.send('PreToolUse', 'Bash', { command: 'cp src/a.ts vault/k.ts' })), 'deny');
  assert.equal(decisionOf(await w.send('PreToolUse', 'Bash', { command: 'cd vault && echo x > k.ts' })), 'deny');
  assert.equal(decisionOf(await w.send('PreToolUse', 'Bash', { command: "sed -i 's/x/y/' infra/main.tf" })), 'ask');
});

test('destructive commands are stopped, ordinary ones pass, and secrets do not reach the log', async (t) => {
  const w = world(t);
  const run = async (command: string): Promise<string> => decisionOf(await w.send('PreToolUse', 'Bash', { command }));
  assert.equal(await run('rm -rf ~'), 'deny');
  assert.equal(await run('git push --force'), 'ask');
  assert.equal(await run('git commit --no-verify -m x'), 'deny');
  assert.equal(await run('npm test'), 'pass');
  assert.equal(await run('curl -H "Authorization: Bearer abcdefghijklmnop1234" https://api.example/x'), 'pass');
  const events = await w.audit();
  assert.deepEqual(
    events.slice(1).map((e) => [e.event, e.decision]),
    [
      ['agent.denied', 'deny'],
      ['agent.tool', 'ask'],
      ['agent.denied', 'deny'],
      ['agent.tool', 'allow'],
      ['agent.tool', 'allow'],
    ],
  );
  assert.ok(!JSON.stringify(events).includes('abcdefghijklmnop1234'));
});

test('what a shell command wrote is recorded as AI, what was there before is not', async (t) => {
  const w = world(t);
  w.write('src/a.ts', 'one\ntwo\nmine\n');
  await w.send('PreToolUse', 'Bash', { command: 'node generate.js' });
  w.write('src/a.ts', 'one\ntwo\nmine\nmade\n');
  w.write('src/new.ts', 'made\n');
  w.write('infra/main.tf', 'changed\n');
  await w.send('PostToolUse', 'Bash', { command: 'node generate.js' });
  const store = openAttribution({
    root: w.root,
    gitDir: path.join(w.root, '.git'),
    commonDir: path.join(w.root, '.git'),
  });
  const of = async (name: string, text: string, baseline: string | null): Promise<unknown> =>
    (await store.resolve(name, text, { baseline })).origins.map((r) => [r.count, r.origin?.origin ?? null]);
  const a = (await of('src/a.ts', 'one\ntwo\nmine\nmade\n', 'one\ntwo\n')) as [number, string | null][];
  assert.deepEqual(a.at(-1), [1, 'ai']);
  assert.notEqual(a.at(-2)?.[1], 'ai');
  assert.deepEqual(await of('src/new.ts', 'made\n', null), [[1, 'ai']]);
  assert.deepEqual(await of('infra/main.tf', 'changed\n', 'x\n'), [[1, 'ai']]);
});

test('a command that changed a protected file is told to take it back', async (t) => {
  const w = world(t, 'version: 1\nprotected:\n  - { name: vault, paths: ["vault/**"], ai: prohibit }\n');
  await w.send('PreToolUse', 'Bash', { command: 'node generate.js' });
  w.write('vault/k.ts', 'made\n');
  const reply = await w.send('PostToolUse', 'Bash', { command: 'node generate.js' });
  assert.equal(decisionOf(reply), 'block');
});

test('while stopped everything is denied, and only then', async (t) => {
  const w = world(t);
  await stopAgents({ reason: 'drill', by: 'ada', at: '2026-01-01T00:00:00.000Z' }, w.env);
  assert.equal(decisionOf(await w.send('PreToolUse', 'Bash', { command: 'ls' })), 'deny');
  assert.equal(decisionOf(await w.send('PreToolUse', 'Unheard', {})), 'deny');
  assert.equal(decisionOf(await w.send('UserPromptSubmit', '', {})), 'block');
  assert.equal(decisionOf(await w.send('SessionStart', '', {})), 'stop');
  assert.equal((await w.raw('')).exitCode, 2);
  fs.writeFileSync(stopFile(w.env), '');
  assert.deepEqual(stoppedNow(w.env), { reason: '', by: '', at: '' });
  assert.equal(await resumeAgents(w.env), true);
  assert.equal(await resumeAgents(w.env), false);
  assert.equal(decisionOf(await w.send('PreToolUse', 'Bash', { command: 'ls' })), 'pass');
});

test('payloads that cannot be read: closed where a tool call is announced, open otherwise', async (t) => {
  const w = world(t);
  assert.equal((await w.raw('{"hook_event_name":"PreToolUse","tool_na')).exitCode, 2);
  assert.equal((await w.raw('{"hook_event_name":"preToolUse","cursor_version":"3","tool_name":"Shell"}')).exitCode, 2);
  assert.equal((await w.raw('{"hook_event_name":"PreToolUse"}')).exitCode, 2);
  for (const source of ['', 'null', '[]', '{"x":1}', 'not json'])
    assert.equal((await w.raw(source)).exitCode, 0, source);
  assert.equal(decisionOf(await w.send('PreToolUse', 'Write', null)), 'pass');
});

test('outside any repository nothing breaks, and the guard of the home folder holds', async (t) => {
  const w = world(t);
  const out = fs.mkdtempSync(path.join(os.tmpdir(), 'cs-none-'));
  t.after(() => fs.rmSync(out, { recursive: true, force: true }));
  const send = (file: string): Promise<AgentReply> =>
    w.send('PreToolUse', 'Write', { file_path: file, content: '' }, { cwd: out });
  assert.equal(decisionOf(await send(path.join(out, 'x.txt'))), 'pass');
  assert.equal(decisionOf(await send(path.join(os.homedir(), '.claude/settings.json'))), 'deny');
  assert.equal(decisionOf(await send(path.dirname(stopFile(w.env)) + '/stopped.json')), 'deny');
});

test('a deadline answers closed for edits and commands', async (t) => {
  const w = world(t);
  const source = JSON.stringify({
    hook_event_name: 'PreToolUse',
    cwd: w.root,
    tool_name: 'Bash',
    tool_input: { command: 'rm -rf /' },
  });
  const exit = process.exit.bind(process);
  t.after(() => {
    process.exit = exit;
  });
  process.exit = (() => undefined) as unknown as typeof process.exit;
  const reply = await answerWithin(claudeCode, source, { env: w.env, cwd: w.root }, 0);
  assert.notEqual(decisionOf(reply), 'pass');
});

test('what an agent did is noted, though the machine is too busy for the deadline', async (t) => {
  const w = world(t);
  w.write('src/a.ts', 'one\nTWO\n');
  const source = JSON.stringify({
    session_id: 's1',
    hook_event_name: 'PostToolUse',
    cwd: w.root,
    tool_name: 'Edit',
    tool_input: { file_path: path.join(w.root, 'src/a.ts'), old_string: 'two', new_string: 'TWO' },
  });
  const exit = process.exit.bind(process);
  t.after(() => {
    process.exit = exit;
  });
  process.exit = (() => undefined) as unknown as typeof process.exit;
  await answerWithin(claudeCode, source, { env: w.env, cwd: w.root }, 0);
  const gitDir = path.join(w.root, '.git');
  const store = openAttribution({ root: w.root, gitDir, commonDir: gitDir });
  const { origins } = await store.resolve('src/a.ts', 'one\nTWO\n', { baseline: 'one\ntwo\n' });
  assert.equal(origins.at(-1)?.origin?.origin, 'ai');
});
