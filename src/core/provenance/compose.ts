/** From what is known about the files of a commit to its record, and whether policy lets it pass. Pure. */
import type { LineOrigins } from '../attribution/model.ts';
import { expandOrigins } from '../attribution/origins.ts';
import { evaluate, type Evaluation } from '../evaluate.ts';
import { diffLines, splitLines } from '../hunks.ts';
import type { Justification } from '../justification.ts';
import { maxTier, tiers, weakestEvidence } from '../model.ts';
import type { Classification, Evidence, LineOrigin, Tier } from '../model.ts';
import type { Policy, PathVerdict } from '../policy/model.ts';
import type { AssistedBy, CommitRecord, PatchDigest, ProvenanceRecord } from './model.ts';
import { assistedBy, noteDigest, trailerText } from './record.ts';
import { formatReview, reviewNeed } from './review.ts';
import type { Sha256 } from '../ports.ts';

/** One file of a commit. `null` text: not there on that side. */
export interface CommitFile {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
  /** Added lines as git counts them. */
  readonly added: number;
  readonly deleted: number;
  /** One entry per line of `splitLines(after)`; `null` = as before. */
  readonly origins: LineOrigins;
  /** Baseline lines last deleted by an AI, and how that is known. */
  readonly aiDeleted: number;
  readonly deletedBy?: Evidence;
  readonly classification: Classification;
  readonly verdict: PathVerdict;
  readonly covered?: Justification | undefined;
  /** Part of a commit that was justified before (amend, cherry-pick): its reason is carried over. */
  readonly carried?: boolean;
}

export interface ComposeInput {
  readonly files: readonly CommitFile[];
  /** `patch: '-'` for a merge; totals are then those of what the merge itself changed. */
  readonly digest: PatchDigest;
  readonly policy: Policy;
  readonly policyDigest: string;
  /** `l1:…` or `-`. */
  readonly log: string;
  /** UTC, ISO 8601. */
  readonly now: string;
  readonly sha256: Sha256;
  /** Reasons that earlier records of the same content gave. */
  readonly earlier?: readonly string[];
  /** A reason typed at the terminal: unsigned, so it caps `conf`. */
  readonly typed?: string;
  /** Author's e-mail, for review rules by seniority. */
  readonly author?: string;
}

export interface Refusal {
  readonly path: string;
  readonly decision: 'justify' | 'deny';
  readonly evaluation: Evaluation;
  readonly verdict: PathVerdict;
}

export interface Composed {
  readonly record: CommitRecord;
  /** What policy does not let pass, most serious first. */
  readonly refusals: readonly Refusal[];
  /** AI lines, unknown lines or protected paths take part. */
  readonly isNotable: boolean;
}

interface Counts {
  ai: number;
  mod: number;
  unk: number;
  aiDeleted: number;
}

/** Builds the record of a commit and judges its files. */
export function composeRecord(input: ComposeInput): Composed {
  const total: Counts = { ai: 0, mod: 0, unk: 0, aiDeleted: 0 };
  const agents = new Map<string, AssistedBy>();
  let aiEvidence: Evidence | undefined;
  let humanEvidence: Evidence | undefined;
  let risk: Tier | 'none' = input.files.length > 0 ? 'low' : 'none';
  const refusals: Refusal[] = [];
  const reasons: string[] = [];
  const addReason = (text: string): void => {
    const line = trailerText(text);
    if (line !== '' && !reasons.includes(line)) reasons.push(line);
  };
  let isTyped = false;

  for (const file of input.files) {
    const lines = addedOrigins(file);
    const counts: Counts = { ai: 0, mod: 0, unk: 0, aiDeleted: Math.min(file.aiDeleted, file.deleted) };
    for (const o of lines) {
      if (o === null) continue;
      if (o.origin === 'ai') {
        counts.ai++;
        if (o.modified) counts.mod++;
        aiEvidence = aiEvidence === undefined ? o.evidence : weakestEvidence(aiEvidence, o.evidence);
        const by = assistedBy(o.agent ?? 'unknown', o.model);
        agents.set(`${by.name}:${by.model}`, by);
      } else if (o.origin === 'unknown') counts.unk++;
      else if (o.origin === 'human')
        humanEvidence = humanEvidence === undefined ? o.evidence : weakestEvidence(humanEvidence, o.evidence);
    }
    if (counts.aiDeleted > 0 && file.deletedBy !== undefined)
      aiEvidence = aiEvidence === undefined ? file.deletedBy : weakestEvidence(aiEvidence, file.deletedBy);
    total.ai += counts.ai;
    total.mod += counts.mod;
    total.unk += counts.unk;
    total.aiDeleted += counts.aiDeleted;

    const base = {
      path: file.path,
      verdict: file.verdict,
      classification: file.classification,
      origins: file.origins,
      aiDeleted: counts.aiDeleted,
      now: input.now,
      policy: input.policy,
    };
    const bare = evaluate(base);
    if (risk !== 'none') risk = maxTier(risk, bare.tier);
    if (bare.decision === 'allow') continue;
    if (bare.decision === 'justify') {
      if (file.covered) addReason(file.covered.text);
      else if (file.carried === true && (input.earlier ?? []).length > 0) input.earlier?.forEach(addReason);
      else if (input.typed !== undefined) {
        addReason(input.typed);
        isTyped = true;
      } else refusals.push({ path: file.path, decision: 'justify', evaluation: bare, verdict: file.verdict });
    } else refusals.push({ path: file.path, decision: 'deny', evaluation: bare, verdict: file.verdict });
  }
  refusals.sort((a, b) => (a.decision === b.decision ? 0 : a.decision === 'deny' ? -1 : 1));
  // An earlier commit's reason stays with its content, also where policy does not ask for one any more.
  if (reasons.length === 0) input.earlier?.forEach(addReason);

  const justification = reasons.length > 0 ? trailerText(reasons.join('; ')) : undefined;
  const review = reviewNeed(input.policy, {
    risk,
    entries: input.files.flatMap((f) => f.verdict.entries),
    hasAi: total.ai + total.unk > 0,
    author: input.author,
  });
  const requiredReview = review && formatReview(review);
  let conf: Evidence = aiEvidence ?? humanEvidence ?? 'none';
  if (isTyped) conf = weakestEvidence(conf, 'heuristic');
  const provenance: ProvenanceRecord = {
    version: 1,
    ai: total.ai,
    added: input.digest.added,
    mod: total.mod,
    unk: total.unk,
    aiDeleted: Math.min(total.aiDeleted, input.digest.deleted),
    deleted: input.digest.deleted,
    risk,
    files: input.digest.files,
    conf,
    patch: input.digest.patch,
    note: justification === undefined ? '-' : noteDigest(justification, input.sha256),
    policy: input.policyDigest,
    log: input.log,
  };
  const isNotable =
    total.ai > 0 || total.unk > 0 || total.aiDeleted > 0 || input.files.some((f) => f.verdict.entries.length > 0);
  return {
    record: {
      provenance,
      assistedBy: [...agents.values()].sort((a, b) => (`${a.name}:${a.model}` < `${b.name}:${b.model}` ? -1 : 1)),
      ...(justification !== undefined && { justification }),
      ...(requiredReview !== undefined && { requiredReview }),
    },
    refusals,
    isNotable,
  };
}

/**
 * Origins of the lines that a file's change adds, never more than git counts. A line that only got its final newline
 * counts for git but keeps its class (`null` here).
 */
function addedOrigins(file: CommitFile): (LineOrigin | null)[] {
  const all = expandOrigins(file.origins);
  const found = all.filter((o) => o !== null);
  if (found.length <= file.added) return found;
  // Our alignment found more new lines than git's: prefer what is certain, then what is not AI.
  const after = splitLines(file.after ?? '');
  const fresh = new Set<number>();
  for (const h of diffLines(splitLines(file.before ?? ''), after))
    for (let i = 0; i < h.newLines; i++) fresh.add(h.newStart - 1 + i);
  const kept = all.filter((o, i) => o !== null && fresh.has(i));
  return kept.slice(0, file.added);
}

/** Tiers from the lowest to the highest, with `none` first: for comparing records. */
export const riskRank = (risk: Tier | 'none'): number => (risk === 'none' ? -1 : tiers.indexOf(risk));
