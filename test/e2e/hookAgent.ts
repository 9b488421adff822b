/** An agent with hooks, as Claude Code is one: asks before each write, obeys, writes to disk, reports. */
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import type { Window } from './harness.ts';

export interface HookAnswer {
  readonly decision: 'allow' | 'ask' | 'deny';
  readonly reason: string;
  readonly written: boolean;
}

/** One Edit of Claude Code. A denial is obeyed; "ask" is taken as a yes when `unattended`. */
export async function claudeEdit(
  w: Window,
  name: string,
  old: string,
  text: string,
  unattended = true,
): Promise<HookAnswer> {
  const file = w.file(name);
  const common = {
    session_id: randomUUID(),
    transcript_path: `${w.folder}/.git/transcript.jsonl`,
    cwd: w.folder,
    permission_mode: 'default',
    tool_name: 'Edit',
    tool_use_id: `toolu_${randomUUID().slice(0, 8)}`,
    tool_input: { file_path: file, old_string: old, new_string: text, replace_all: false },
  };
  const hook = (more: object): Promise<{ code: number; stdout: string; stderr: string }> =>
    w.cli(['hook', 'claude-code'], JSON.stringify({ ...common, ...more }));

  const asked = await hook({ hook_event_name: 'PreToolUse' });
  const output = asked.stdout.trim() === '' ? {} : (JSON.parse(asked.stdout) as Record<string, Record<string, string>>);
  const specific = output['hookSpecificOutput'] ?? {};
  // Claude Code's own words: exit code 2 is a denial as well, its reason is on stderr.
  const decision = asked.code === 2 ? 'deny' : ((specific['permissionDecision'] ?? 'allow') as HookAnswer['decision']);
  const reason = specific['permissionDecisionReason'] ?? asked.stderr.trim();
  if (decision === 'deny' || (decision === 'ask' && !unattended)) return { decision, reason, written: false };

  const before = await fs.readFile(file, 'utf8');
  if (!before.includes(old)) throw new Error(`'${old}' is not in ${name}`);
  await fs.writeFile(
    file,
    before.replace(old, () => text),
  );
  await hook({
    hook_event_name: 'PostToolUse',
    tool_response: { filePath: file, oldString: old, newString: text, originalFile: before, userModified: false },
  });
  return { decision, reason, written: true };
}
