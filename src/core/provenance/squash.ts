/**
 * One record out of the records of the commits that a squash put together. Nothing is made up: the content must be what
 * the parts add up to, every number comes from a part's record, bounded by the lines that are still there, and what no
 * part speaks for counts as unseen.
 */
import { maxTier, weakestEvidence, type Evidence, type Tier } from '../model.ts';
import type { Sha256 } from '../ports.ts';
import type { AssistedBy, CommitRecord, PatchDigest, ProvenanceRecord } from './model.ts';
import { noteDigest, trailerText } from './record.ts';

export interface SquashPart {
  /** The one true record of this commit; `undefined` where the policy lets it do without. */
  readonly record?: CommitRecord | undefined;
  /** Lines that the whole change adds and that this commit brought (git blame). */
  readonly surviving: number;
}

export interface SquashInput {
  /** Oldest first. */
  readonly parts: readonly SquashPart[];
  /** Digest and totals of the whole change. */
  readonly whole: PatchDigest;
  /** The least that policy gives the paths of the change. */
  readonly floor?: Tier | undefined;
  /** Of the policy that the parts were verified under. */
  readonly policyDigest: string;
  readonly sha256: Sha256;
}

/** The record of the whole; without `requiredReview`, which depends on the policy. `undefined`: no part has a record. */
export function combineRecords(input: SquashInput): CommitRecord | undefined {
  const { parts, whole } = input;
  if (parts.every((p) => p.record === undefined)) return undefined;
  const total = { ai: 0, mod: 0, unk: 0, aiDeleted: 0 };
  let risk: Tier | 'none' = whole.files > 0 ? (input.floor ?? 'low') : 'none';
  let conf: Evidence | undefined;
  let log = '-';
  let spokenFor = 0;
  const agents = new Map<string, AssistedBy>();
  const reasons: string[] = [];
  const weaken = (evidence: Evidence): void => {
    conf = conf === undefined ? evidence : weakestEvidence(conf, evidence);
  };
  for (const { record, surviving } of parts) {
    spokenFor += surviving;
    if (!record) {
      total.unk += surviving;
      if (surviving > 0) weaken('none');
      continue;
    }
    const p = record.provenance;
    // A commit's record counts lines, it does not name them: of those that are left as many as can be were the AI's.
    const ai = Math.min(p.ai, surviving);
    total.ai += ai;
    total.mod += Math.min(p.mod, ai);
    total.unk += Math.min(p.unk, surviving - ai);
    total.aiDeleted += p.aiDeleted;
    if (p.risk !== 'none' && risk !== 'none') risk = maxTier(risk, p.risk);
    if (p.added > 0 || p.aiDeleted > 0) weaken(p.conf);
    if (p.log !== '-') log = p.log;
    if (ai > 0 || p.aiDeleted > 0) for (const a of record.assistedBy) agents.set(`${a.name}:${a.model}`, a);
    const reason = record.justification === undefined ? '' : trailerText(record.justification);
    if (reason !== '' && !reasons.includes(reason)) reasons.push(reason);
  }
  // Submodules, and whatever else git cannot tell the commit of.
  const rest = Math.max(0, whole.added - spokenFor);
  total.unk += rest;
  if (rest > 0) weaken('none');
  const ai = Math.min(total.ai, whole.added);
  const justification = reasons.length > 0 ? trailerText(reasons.join('; ')) : undefined;
  const provenance: ProvenanceRecord = {
    version: 1,
    ai,
    added: whole.added,
    mod: Math.min(total.mod, ai),
    unk: Math.min(total.unk, whole.added - ai),
    aiDeleted: Math.min(total.aiDeleted, whole.deleted),
    deleted: whole.deleted,
    risk,
    files: whole.files,
    conf: conf ?? 'none',
    patch: whole.patch,
    note: justification === undefined ? '-' : noteDigest(justification, input.sha256),
    policy: input.policyDigest,
    log,
  };
  return {
    provenance,
    assistedBy: [...agents.values()].sort((a, b) => (`${a.name}:${a.model}` < `${b.name}:${b.model}` ? -1 : 1)),
    ...(justification !== undefined && { justification }),
  };
}
