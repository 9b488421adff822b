/** What the edit classifier answers, and the answers that are always alike. */
import type { Evidence, Origin } from '../model.ts';

/** Short machine words for what decided; also shown by `Why Is This Line Marked?`. */
export type EditCause =
  | 'undo'
  | 'redo'
  | 'typed'
  | 'enter'
  | 'delete'
  | 'paste'
  | 'revert'
  | 'vcs'
  | 'external'
  | 'chat'
  | 'inline-accept'
  | 'inline'
  | 'stream'
  | 'workspace-edit'
  | 'format'
  | 'replace-all'
  | 'rearrange'
  | 'completion'
  | 'snippet'
  | 'import'
  | 'no-file'
  | 'unclear';

export interface EditVerdict {
  readonly id: number;
  readonly uri: string;
  readonly version: number;
  readonly origin: Origin;
  readonly evidence: Evidence;
  readonly cause: EditCause;
  readonly confidence: number;
}

export interface Explanation {
  readonly origin: Origin;
  readonly cause: EditCause;
  readonly confidence: number;
  readonly evidence?: Evidence;
}

export const accepted: Explanation = { origin: 'ai', cause: 'inline-accept', confidence: 0.99, evidence: 'editor' };
export const stream: Explanation = { origin: 'ai', cause: 'stream', confidence: 0.8 };
export const inline: Explanation = { origin: 'ai', cause: 'inline', confidence: 0.7 };
export const unclear: Explanation = { origin: 'unknown', cause: 'unclear', confidence: 0 };

export const format: Explanation = { origin: 'tool', cause: 'format', confidence: 0.8 };
