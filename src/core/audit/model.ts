/** The audit log's event schema, version 1 (design §7). One JSON object per line; no prompts, no source text. */
import type { Decision, Evidence, Origin, Tier } from '../model.ts';

export const auditEventNames = [
  'log.started',
  'log.rotated',
  'log.repaired',
  'edit',
  'finding',
  'save.blocked',
  'save.bypassed',
  'justification',
  'finding.ignored',
  'agent.tool',
  'agent.denied',
  'agent.session',
  'commit',
  'commit.refused',
  'policy.changed',
  'policy.broken',
  'setup',
  'removed',
  'export',
  'stop',
  'resume',
  'error',
] as const;
export type AuditEventName = (typeof auditEventNames)[number];

export interface AuditSubject {
  readonly path?: string;
  /** 1-based inclusive line ranges in the text after the event. */
  readonly lines?: readonly (readonly [number, number])[];
  readonly agent?: string;
  readonly model?: string;
  readonly session?: string;
  readonly tool?: string;
  /** Redacted. */
  readonly command?: string;
  readonly rule?: string;
  readonly tier?: Tier;
  readonly origin?: Origin;
  readonly evidence?: Evidence;
  readonly note?: string;
  readonly commit?: string;
  readonly transcript?: { readonly path: string; readonly sha256?: string };
}

/** What a door hands in; the log adds version, sequence number, time and chain. */
export interface AuditInput {
  readonly event: AuditEventName;
  readonly actor: { readonly kind: 'human' | 'agent' | 'tool' | 'countersign'; readonly id: string };
  readonly door: 'editor' | 'server' | 'agent-hook' | 'git-hook' | 'cli';
  readonly subject?: AuditSubject;
  readonly decision?: Decision | 'ask';
  /** `p1:<16 hex>` */
  readonly policy?: string;
  /** One sentence, redacted. */
  readonly reason?: string;
}

export interface AuditEvent extends AuditInput {
  readonly v: 1;
  readonly seq: number;
  /** UTC, ISO 8601 with milliseconds. */
  readonly time: string;
  /** SHA-256 (64 hex) of the line before, without its newline; 64 zeros for the first of a log. */
  readonly prev: string;
}
