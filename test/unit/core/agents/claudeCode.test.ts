/** The Claude Code adapter against payloads of our own and their mutations. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { claudeCode } from '../../../../src/core/agents/claudeCode.ts';
import type { AgentEvent } from '../../../../src/core/agents/model.ts';
import { parsePayload } from '../../../../src/core/agents/payload.ts';

const dir = path.join(import.meta.dirname ?? __dirname, '../../../fixtures/agents/claude-code');
const sources = new Map(
  fs.readdirSync(dir).map((name) => [name.replace(/\.json$/, ''), fs.readFileSync(path.join(dir, name), 'utf8')]),
);
const parse = (name: string): AgentEvent => {
  const event = claudeCode.parse(parsePayload(sources.get(name) ?? ''));
  assert.ok(!('error' in event), name);
  return event;
};

test('every event is understood', () => {
  for (const name of sources.keys()) {
    const event = parse(name);
    assert.equal(event.agent, 'claude-code');
    assert.equal(event.session, '11111111-2222-4333-8444-555555555555');
  }
});

test('tools become edits and commands', () => {
  assert.deepEqual(parse('PreToolUse.Write').files, [
    { path: '/srv/lib/src/list.ts', op: 'write', content: 'export const list = [];\n' },
  ]);
  assert.deepEqual(parse('PreToolUse.Edit').files[0]?.edits, [{ oldText: '[]', newText: '[1]', replaceAll: true }]);
  assert.deepEqual(parse('PreToolUse.MultiEdit').files[0]?.edits, [
    { oldText: 'x', newText: '', replaceAll: false },
    { oldText: 'y', newText: 'z', replaceAll: false },
  ]);
  assert.equal(parse('PreToolUse.NotebookEdit').files[0]?.path, '/srv/lib/n.ipynb');
  assert.deepEqual([parse('PreToolUse.Bash').command, parse('PreToolUse.Bash').shell], ['make check', 'posix']);
  assert.equal(parse('PreToolUse.PowerShell').shell, 'powershell');
  assert.deepEqual(parse('PreToolUse.mcp').files, [{ path: '/srv/lib/a', op: 'move', to: '/srv/lib/b' }]);
  assert.equal(parse('PreToolUse.Read').action, 'read');
  assert.equal(parse('SessionStart').model, 'claude-test-1');
  assert.equal(parse('SubagentStop').transcript, '/home/ada/.claude/projects/-srv-lib/sub1.jsonl');
  assert.equal(parse('Notification').action, 'none');
});

test('answers are exactly what the host reads', () => {
  const reason = 'Because.';
  const say = (name: string, decision: 'deny' | 'ask'): unknown => {
    const reply = claudeCode.reply(parse(name), { decision, reason });
    return [reply.exitCode, reply.stdout === '' ? null : (JSON.parse(reply.stdout) as unknown), reply.stderr];
  };
  const pre = (decision: string): unknown => ({
    hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: decision, permissionDecisionReason: reason },
  });
  assert.deepEqual(say('PreToolUse.Bash', 'deny'), [2, pre('deny'), 'Because.\n']);
  assert.deepEqual(say('PreToolUse.Bash', 'ask'), [0, pre('ask'), '']);
  assert.deepEqual(say('PermissionRequest.Bash', 'deny'), [
    0,
    {
      hookSpecificOutput: {
        hookEventName: 'PermissionRequest',
        decision: { behavior: 'deny', message: reason, interrupt: false },
      },
    },
    '',
  ]);
  assert.deepEqual(say('PermissionRequest.Bash', 'ask'), [0, null, '']);
  assert.deepEqual(say('UserPromptSubmit', 'deny'), [0, { decision: 'block', reason }, '']);
  assert.deepEqual(say('ConfigChange', 'deny'), [0, { decision: 'block', reason }, '']);
  assert.deepEqual(say('Stop', 'deny'), [0, { continue: false, stopReason: reason }, '']);
  for (const decision of ['allow', 'none'] as const)
    assert.deepEqual(claudeCode.reply(parse('PreToolUse.Bash'), { decision, reason: '' }), {
      stdout: '',
      stderr: '',
      exitCode: 0,
    });
});

test('mutations are errors or harmless, never exceptions', () => {
  for (const [name, source] of sources) {
    assert.throws(() => parsePayload(source.slice(0, source.length - 4)), SyntaxError, name);
    assert.deepEqual(parsePayload(`\uFEFF${source.replaceAll('\n', '\r\n')}`), JSON.parse(source), name);
    const value = JSON.parse(source) as Record<string, unknown>;
    const input = [
      { ...value, tool_input: null },
      { ...value, tool_input: [] },
      { ...value, tool_name: 'Unheard' },
    ];
    for (const changed of input) {
      const event = claudeCode.parse(changed);
      assert.ok(
        'error' in event || event.phase === 'config' || (event.command === undefined && event.files.length === 0),
        name,
      );
    }
    const odd = claudeCode.parse({ ...value, cwd: 7, session_id: {}, tool_use_id: null });
    assert.ok(
      'error' in odd || (odd.cwd === undefined && odd.session === undefined && odd.toolUseId === undefined),
      name,
    );
  }
  for (const odd of [null, 1, 'x', [], {}, { hook_event_name: 5 }, { hook_event_name: 'PreToolUse' }])
    assert.ok('error' in claudeCode.parse(odd));
  assert.ok('error' in claudeCode.parse({ hook_event_name: 'preToolUse', cursor_version: '3.4', tool_name: 'Shell' }));
  assert.ok('error' in claudeCode.parse({ toolName: 'bash', toolArgs: '{}' }));
  assert.ok(!('error' in claudeCode.parse({ hook_event_name: '__proto__' })));
});

test('raw control characters and huge contents are read', () => {
  const event = claudeCode.parse(
    parsePayload('{"hook_event_name":"PreToolUse","tool_name":"Bash",\n"tool_input":{"command":"a\u0007b\nc\\"d"}}'),
  );
  assert.ok(!('error' in event));
  assert.equal(event.command, 'a\u0007b\nc"d');
  const huge = claudeCode.parse(
    parsePayload(
      JSON.stringify({
        hook_event_name: 'PreToolUse',
        tool_name: 'Write',
        tool_input: { file_path: '/x', content: 'y'.repeat(10_000_000) },
      }),
    ),
  );
  assert.ok(!('error' in huge));
  assert.equal(huge.files[0]?.content?.length, 10_000_000);
});
