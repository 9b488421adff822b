/** The provenance record of one commit (design §6, docs/trailers.md). */
import type { Evidence, Tier } from '../model.ts';

export interface ProvenanceRecord {
  readonly version: 1;
  /** Added lines: AI / all. AI counts modified ones too. */
  readonly ai: number;
  readonly added: number;
  /** AI lines changed by a person since; ≤ ai. */
  readonly mod: number;
  /** Added lines nobody saw; ai + unk ≤ added. */
  readonly unk: number;
  /** Deleted lines: by AI / all. */
  readonly aiDeleted: number;
  readonly deleted: number;
  readonly risk: Tier | 'none';
  readonly files: number;
  readonly conf: Evidence;
  /** `d1:<32 hex>` or `-` (merges). */
  readonly patch: string;
  /** `n1:<16 hex>` or `-`. */
  readonly note: string;
  /** `p1:<16 hex>` or `-`. */
  readonly policy: string;
  /** `l1:<16 hex>` or `-`. */
  readonly log: string;
  readonly key?: string;
  readonly sig?: string;
}

/** An agent that contributed lines: kernel form `NAME:MODEL`. */
export interface AssistedBy {
  readonly name: string;
  readonly model: string;
}

/** All trailers that belong to one commit. */
export interface CommitRecord {
  readonly provenance: ProvenanceRecord;
  readonly assistedBy: readonly AssistedBy[];
  readonly justification?: string;
  readonly requiredReview?: string;
}

/** Totals and content digest of a change, all from one pass over `git diff-tree` output. */
export interface PatchDigest {
  readonly patch: string;
  readonly added: number;
  readonly deleted: number;
  readonly files: number;
}
