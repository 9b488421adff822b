/**
 * An agent adapter: the agent's own hook protocol ↔ our normalised event. Pure; one file per agent, one line in
 * `index.ts`. Payload facts: docs/agents.md.
 */
export interface AgentFileEdit {
  /** As the agent sent it (absolute or relative to `cwd`, either separator). */
  readonly path: string;
  readonly op: 'create' | 'write' | 'edit' | 'delete' | 'move' | 'read';
  readonly to?: string;
  readonly edits?: readonly { readonly oldText: string; readonly newText: string; readonly replaceAll: boolean }[];
  /** The whole new text where the agent gives it. */
  readonly content?: string;
}

export type AgentPhase = 'pre' | 'post' | 'session' | 'prompt' | 'stop' | 'config';

export interface AgentEvent {
  readonly agent: string;
  readonly event: string;
  readonly phase: AgentPhase;
  readonly session?: string;
  readonly model?: string;
  readonly toolUseId?: string;
  readonly tool?: string;
  readonly cwd?: string;
  readonly mode?: string;
  readonly transcript?: string;
  readonly action: 'edit' | 'shell' | 'mcp' | 'read' | 'none';
  readonly files: readonly AgentFileEdit[];
  readonly command?: string;
  readonly shell?: 'posix' | 'powershell' | 'cmd';
}

export interface AgentDecision {
  readonly decision: 'allow' | 'ask' | 'deny' | 'none';
  readonly reason: string;
  readonly rule?: string;
}

/** Exactly what to write and how to exit. */
export interface AgentReply {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface AgentAdapter {
  readonly id: string;
  /** Name for `Assisted-by`, e.g. `Claude`. */
  readonly name: string;
  /** Parses one payload; an unknown shape gives `{ error }`, which the door treats as its failure direction says. */
  parse(payload: unknown): AgentEvent | { readonly error: string };
  reply(event: AgentEvent | undefined, decision: AgentDecision): AgentReply;
}
