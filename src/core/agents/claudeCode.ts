/**
 * Claude Code: its hook payloads and the answers it understands (docs/agents.md). Matchers: any; events: those in
 * `phases`. Exit 2 blocks in every permission mode; the JSON carries the reason.
 */
import type { AgentAdapter, AgentDecision, AgentEvent, AgentFileEdit, AgentPhase, AgentReply } from './model.ts';
import { anyText, asRecord, foreignHost, text } from './payload.ts';

type Fields = Readonly<Record<string, unknown>>;

const phases: Readonly<Record<string, AgentPhase>> = {
  PreToolUse: 'pre',
  PermissionRequest: 'pre',
  PostToolUse: 'post',
  PostToolUseFailure: 'post',
  SessionStart: 'session',
  SessionEnd: 'session',
  UserPromptSubmit: 'prompt',
  Stop: 'stop',
  SubagentStop: 'stop',
  ConfigChange: 'config',
};

export const claudeCode: AgentAdapter = {
  id: 'claude-code',
  name: 'Claude',
  parse(payload) {
    const fields = asRecord(payload);
    if (!fields) return { error: 'the payload is not a JSON object' };
    const foreign = foreignHost(fields);
    if (foreign !== undefined) return { error: `this is a payload of ${foreign}, not of claude-code` };
    const event = text(fields, 'hook_event_name', 'hookEventName');
    if (event === undefined) return { error: 'the payload names no hook_event_name' };
    const phase = Object.hasOwn(phases, event) ? phases[event] : undefined;
    const common = { agent: 'claude-code', event, ...optional(fields) };
    // Events we have no use for (Notification, PreCompact, those to come) pass.
    if (phase === undefined) return { ...common, phase: 'stop', action: 'none', files: [] };
    if (phase === 'config') {
      const file = text(fields, 'file_path');
      return { ...common, phase, action: 'none', files: file === undefined ? [] : [{ path: file, op: 'edit' }] };
    }
    if (phase !== 'pre' && phase !== 'post') return { ...common, phase, action: 'none', files: [] };
    const tool = text(fields, 'tool_name');
    if (tool === undefined) return { error: `${event} without a tool_name` };
    return { ...common, phase, tool, ...action(tool, asRecord(fields['tool_input'])) };
  },
  reply(event, decision) {
    if (decision.decision === 'allow' || decision.decision === 'none') return pass;
    if (!event) return { stdout: '', stderr: `${decision.reason}\n`, exitCode: 2 };
    return answer(event, decision);
  },
};

const pass: AgentReply = { stdout: '', stderr: '', exitCode: 0 };

function optional(fields: Fields): Partial<AgentEvent> {
  const out: Record<string, string> = {};
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined) out[name] = value;
  };
  put('session', text(fields, 'session_id'));
  put('model', text(fields, 'model') ?? text(asRecord(fields['model']), 'id'));
  put('toolUseId', text(fields, 'tool_use_id'));
  put('cwd', text(fields, 'cwd'));
  put('mode', text(fields, 'permission_mode'));
  put('transcript', text(fields, 'agent_transcript_path', 'transcript_path'));
  return out;
}

type Action = Pick<AgentEvent, 'action' | 'files'> & Partial<Pick<AgentEvent, 'command' | 'shell'>>;

function action(tool: string, input: Fields | undefined): Action {
  const none: Action = { action: 'none', files: [] };
  switch (tool) {
    case 'Write': {
      const path = text(input, 'file_path');
      const content = anyText(input, 'content');
      return path === undefined
        ? none
        : { action: 'edit', files: [{ path, op: 'write', ...(content === undefined ? {} : { content }) }] };
    }
    case 'Edit':
    case 'MultiEdit': {
      const path = text(input, 'file_path');
      if (path === undefined) return none;
      const list = Array.isArray(input?.['edits']) ? (input['edits'] as readonly unknown[]) : [input];
      return { action: 'edit', files: [{ path, op: 'edit', edits: list.map(asRecord).map(readEdit) }] };
    }
    case 'NotebookEdit': {
      const path = text(input, 'notebook_path', 'file_path');
      return path === undefined ? none : { action: 'edit', files: [{ path, op: 'edit' }] };
    }
    case 'Bash':
    case 'Monitor':
    case 'PowerShell': {
      const command = anyText(input, 'command');
      if (command === undefined) return none;
      return { action: 'shell', files: [], command, shell: tool === 'PowerShell' ? 'powershell' : 'posix' };
    }
    case 'Read':
    case 'NotebookRead': {
      const path = text(input, 'file_path', 'notebook_path');
      return path === undefined ? none : { action: 'read', files: [{ path, op: 'read' }] };
    }
    default:
      return tool.startsWith('mcp__') ? mcp(tool, input) : none;
  }
}

function readEdit(edit: Fields | undefined): { oldText: string; newText: string; replaceAll: boolean } {
  return {
    oldText: anyText(edit, 'old_string') ?? '',
    newText: anyText(edit, 'new_string') ?? '',
    replaceAll: edit?.['replace_all'] === true,
  };
}

/** `mcp__server__tool`: what the arguments of the usual file and shell servers say. */
function mcp(tool: string, input: Fields | undefined): Action {
  const verb = tool.slice(tool.lastIndexOf('__') + 2).toLowerCase();
  const command = /(?:exec|run|shell|command|terminal|bash|process)/.test(verb)
    ? (anyText(input, 'command') ?? anyText(input, 'cmd') ?? anyText(input, 'script'))
    : undefined;
  const files: AgentFileEdit[] = [];
  if (/(?:write|edit|create|delete|remove|move|rename|append|patch|save|put|replace|insert|update|upload)/.test(verb)) {
    const op = /delete|remove/.test(verb) ? 'delete' : /move|rename/.test(verb) ? 'move' : 'write';
    const to = text(input, 'destination', 'to', 'new_path', 'newPath', 'target');
    const content = anyText(input, 'content');
    for (const path of paths(input))
      files.push({ path, op, ...(to === undefined ? {} : { to }), ...(content === undefined ? {} : { content }) });
  }
  return { action: 'mcp', files, ...(command === undefined ? {} : { command }) };
}

function paths(input: Fields | undefined): string[] {
  const one = text(
    input,
    'path',
    'file_path',
    'filePath',
    'file',
    'filename',
    'relative_path',
    'target_file',
    'source',
  );
  const many = input?.['paths'] ?? input?.['files'];
  const listed = Array.isArray(many)
    ? many.slice(0, 256).map((m: unknown) => (typeof m === 'string' ? m : text(asRecord(m), 'path', 'file_path')))
    : [];
  return [one, ...listed].filter((p) => p !== undefined);
}

function answer(event: AgentEvent, { decision, reason }: AgentDecision): AgentReply {
  switch (event.event) {
    case 'PreToolUse': {
      const body = {
        hookSpecificOutput: {
          hookEventName: 'PreToolUse',
          permissionDecision: decision,
          permissionDecisionReason: reason,
        },
      };
      // Exit 2 holds even where the JSON is not read (older versions, output mixed with a profile's).
      return decision === 'deny'
        ? { stdout: json(body), stderr: `${reason}\n`, exitCode: 2 }
        : { stdout: json(body), stderr: '', exitCode: 0 };
    }
    case 'PermissionRequest':
      // "ask" is what this dialog does anyway.
      return decision === 'ask'
        ? pass
        : {
            stdout: json({
              hookSpecificOutput: {
                hookEventName: 'PermissionRequest',
                decision: { behavior: 'deny', message: reason, interrupt: false },
              },
            }),
            stderr: '',
            exitCode: 0,
          };
    case 'UserPromptSubmit':
    case 'PostToolUse':
    case 'PostToolUseFailure':
    case 'ConfigChange':
      return { stdout: json({ decision: 'block', reason }), stderr: '', exitCode: 0 };
    default:
      // Session and stop events can't be refused; they can end the agent's turn.
      return { stdout: json({ continue: false, stopReason: reason }), stderr: '', exitCode: 0 };
  }
}

const json = (value: unknown): string => `${JSON.stringify(value)}\n`;
