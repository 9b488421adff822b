/**
 * One text against what was there before: which lines count, what they risk, what the policy decides.
 * Translates for the editor only; `classify` and `evaluate` decide, as at every other door.
 */
import { classify } from '../core/classify.ts';
import { evaluate } from '../core/evaluate.ts';
import { diffLines } from '../core/hunks.ts';
import { compressOrigins } from '../core/attribution/origins.ts';
import type { Justification } from '../core/justification.ts';
import {
  countsAsAi,
  maxTier,
  tiers,
  weakestEvidence,
  type ChangeType,
  type Decision,
  type Finding,
  type Hunk,
  type LineOrigin,
  type Tier,
} from '../core/model.ts';
import type { PathVerdict, Policy, ProtectedEntry } from '../core/policy/model.ts';
import type { Grammars } from '../core/ports.ts';

/** Whose lines get labels. */
export type Labels = 'ai' | 'ai-and-unknown' | 'all';

/** The text before the change: HEAD's, or the text that was first seen. `null`: the file did not exist. */
export interface Baseline {
  readonly text: string | null;
  readonly lines: readonly string[];
}

/** A text, what it is judged against, and who wrote and deleted its lines. */
export interface JudgedText {
  /** `null`: the file is gone. */
  readonly text: string | null;
  readonly lines: readonly string[];
  readonly baseline: Baseline;
  /** One per line. */
  readonly origins: readonly (LineOrigin | null)[];
  /** Who took a baseline line out, by its text. */
  readonly deletedBy: (line: string) => LineOrigin | undefined;
}

export interface JudgeInput extends JudgedText {
  readonly path: string;
  readonly labels: Labels;
  readonly policy: Policy;
  readonly verdict: PathVerdict;
  readonly grammars: Grammars;
  /** The note that covers these lines (texts), if there is one. */
  readonly covered: (added: readonly string[], deleted: readonly string[]) => Justification | undefined;
  /** UTC, ISO 8601. */
  readonly now: string;
}

/** A finding as the editor shows it. */
export interface LiveFinding extends Finding {
  /** The weakest-known origin among its lines: what may be said about who wrote them. */
  readonly origin: LineOrigin;
  /** Text of its first line, for "ignore once". */
  readonly lineText: string;
  /** Set for the finding that stands for a protected path. */
  readonly entry?: ProtectedEntry;
  readonly decision?: Decision;
}

export interface Mark {
  readonly start: number;
  readonly end: number;
  readonly origin: LineOrigin;
}

export interface Judgement {
  readonly tier: Tier;
  readonly changeType: ChangeType;
  readonly decision: Decision;
  readonly reasons: readonly string[];
  readonly findings: readonly LiveFinding[];
  /** Lines 0-based, inclusive: changed lines of every origin. */
  readonly marks: readonly Mark[];
  readonly hunks: readonly Hunk[];
  readonly ai: number;
  readonly modified: number;
  readonly unknown: number;
  /** Baseline lines taken out by an AI. */
  readonly deleted: number;
  readonly agents: readonly string[];
  readonly note?: string;
}

export const nothing: Judgement = {
  tier: 'low',
  changeType: 'none',
  decision: 'allow',
  reasons: [],
  findings: [],
  marks: [],
  hunks: [],
  ai: 0,
  modified: 0,
  unknown: 0,
  deleted: 0,
  agents: [],
};

const unseen: LineOrigin = { origin: 'unknown', evidence: 'none' };

/** Whether lines of this origin get labels. */
export function isLabelled(origin: LineOrigin | null | undefined, labels: Labels): boolean {
  if (!origin) return false;
  if (labels === 'all' || origin.origin === 'ai') return true;
  return labels === 'ai-and-unknown' && origin.origin === 'unknown';
}

export async function judge(input: JudgeInput): Promise<Judgement> {
  const { lines, baseline, labels, verdict } = input;
  const hunks = diffLines(baseline.lines, lines);
  if (hunks.length === 0 && (baseline.text === null) === (input.text === null)) return nothing;

  const changed: (LineOrigin | null)[] = Array.from({ length: lines.length }, () => null);
  const agents = new Set<string>();
  const sums = { ai: 0, modified: 0, unknown: 0, deleted: 0 };
  let removedByUnknown = 0;
  let said = 0;
  const labelledHunks = new Set<Hunk>();
  for (const hunk of hunks) {
    for (let i = 0; i < hunk.newLines; i++) {
      const at = hunk.newStart - 1 + i;
      const origin = input.origins[at] ?? unseen;
      changed[at] = origin;
      if (origin.origin === 'ai') {
        sums.ai++;
        if (origin.modified) sums.modified++;
        if (origin.agent !== undefined) agents.add(origin.agent);
      } else if (origin.origin === 'unknown') sums.unknown++;
      else if (origin.mark !== undefined) said++;
      if (isLabelled(origin, labels)) labelledHunks.add(hunk);
    }
    for (let i = 0; i < hunk.oldLines; i++) {
      const by = input.deletedBy(baseline.lines[hunk.oldStart - 1 + i] as string);
      if (by?.origin === 'ai') {
        sums.deleted++;
        if (by.agent !== undefined) agents.add(by.agent);
      } else if (!by || by.origin === 'unknown') removedByUnknown++;
      if (isLabelled(by, labels)) labelledHunks.add(hunk);
    }
  }
  const marks = marksOf(changed);
  // A soft guard without a policy asks about AI only; a policy counts unseen lines as AI, too.
  const isSoft = verdict.entries.every((e) => e.source === 'default');
  const isProtected = verdict.entries.length > 0;
  const guarded =
    isProtected && (sums.ai + sums.deleted + said > 0 || (!isSoft && sums.unknown + removedByUnknown > 0));
  const base = { marks, hunks, ...sums, agents: [...agents].sort() };
  if (labelledHunks.size === 0 && !guarded) return { ...nothing, ...base };

  const classification = await classify([{ path: input.path, before: baseline.text, after: input.text }], {
    grammars: input.grammars,
    policy: input.policy,
  });
  const added = hunks.flatMap((h) => lines.slice(h.newStart - 1, h.newStart - 1 + h.newLines));
  const deleted = hunks.flatMap((h) => baseline.lines.slice(h.oldStart - 1, h.oldStart - 1 + h.oldLines));
  const covered = input.covered(added, deleted);
  const evaluation = evaluate({
    path: input.path,
    verdict,
    classification,
    origins: compressOrigins(changed),
    aiDeleted: sums.deleted,
    now: input.now,
    covered,
    policy: input.policy,
  });

  const findings: LiveFinding[] = [];
  for (const finding of classification.findings) {
    // The path's own finding is made below, with the entry and the decision it needs.
    if (finding.rule === 'protected-path') continue;
    const near = finding.removed
      ? hunks.filter((h) => labelledHunks.has(h) && touches(h, finding.line - 1, finding.endLine + 1))
      : hunks.filter((h) => touches(h, finding.line, finding.endLine));
    const origins = finding.removed
      ? near.flatMap((h) => hunkOrigins(h, changed, baseline, input.deletedBy))
      : changed.slice(finding.line - 1, finding.endLine).filter((o) => o !== null);
    const counted = origins.filter((o) => isLabelled(o, labels));
    if (counted.length === 0 || isCoveredPart(near, input)) continue;
    findings.push({ ...finding, origin: weakest(counted), lineText: lines[finding.line - 1] ?? '' });
  }
  if (guarded && evaluation.decision !== 'allow') {
    const finding = protectedFinding(input, changed, hunks, evaluation.decision, evaluation.reasons[0], isSoft);
    if (finding) findings.push(finding);
  }
  findings.sort(
    (a, b) => a.line - b.line || tiers.indexOf(b.tier) - tiers.indexOf(a.tier) || (a.rule < b.rule ? -1 : 1),
  );
  return {
    ...base,
    tier: findings.reduce((t, f) => maxTier(t, f.tier), evaluation.tier),
    changeType: classification.changeType,
    decision: evaluation.decision,
    reasons: evaluation.reasons,
    findings,
    ...(classification.note !== undefined && { note: classification.note }),
  };

  /** Whether a note covers all hunks of a finding. */
  function isCoveredPart(near: readonly Hunk[], of: JudgeInput): boolean {
    if (covered) return true;
    if (near.length === 0) return false;
    return (
      of.covered(
        near.flatMap((h) => lines.slice(h.newStart - 1, h.newStart - 1 + h.newLines)),
        near.flatMap((h) => baseline.lines.slice(h.oldStart - 1, h.oldStart - 1 + h.oldLines)),
      ) !== undefined
    );
  }
}

/** One finding for a protected path, at the first place that counts: more would say the same again. */
function protectedFinding(
  input: JudgeInput,
  changed: readonly (LineOrigin | null)[],
  hunks: readonly Hunk[],
  decision: Decision,
  reason: string | undefined,
  isSoft: boolean,
): LiveFinding | undefined {
  const { verdict, baseline, lines } = input;
  const counts = (o: LineOrigin | null | undefined): boolean =>
    o !== null && o !== undefined && (isSoft ? o.origin === 'ai' || o.mark !== undefined : countsAsAi(o));
  const hunk = hunks.find((h) => hunkOrigins(h, changed, baseline, input.deletedBy).some(counts));
  const entry = verdict.entries[0];
  if (!hunk || !entry) return undefined;
  const origins = hunkOrigins(hunk, changed, baseline, input.deletedBy).filter(counts);
  let start = Math.max(1, hunk.newStart);
  let end = start;
  if (hunk.newLines > 0) {
    while (start < hunk.newStart + hunk.newLines - 1 && !counts(changed[start - 1])) start++;
    end = start;
    while (end < hunk.newStart + hunk.newLines - 1 && counts(changed[end])) end++;
  }
  return {
    rule: 'protected-path',
    category: 'protected-path',
    tier: verdict.tier,
    line: start,
    endLine: end,
    message: reason ?? `${entry.name} is protected; give a reason or take the change back`,
    removed: hunk.newLines === 0,
    origin: weakest(origins),
    lineText: lines[start - 1] ?? '',
    entry,
    decision,
  };
}

/** Origins of what a hunk put in and took out. */
function hunkOrigins(
  hunk: Hunk,
  changed: readonly (LineOrigin | null)[],
  baseline: Baseline,
  deletedBy: JudgeInput['deletedBy'],
): LineOrigin[] {
  const out: LineOrigin[] = [];
  for (let i = 0; i < hunk.newLines; i++) out.push(changed[hunk.newStart - 1 + i] ?? unseen);
  for (let i = 0; i < hunk.oldLines; i++) {
    out.push(deletedBy(baseline.lines[hunk.oldStart - 1 + i] as string) ?? unseen);
  }
  return out;
}

/** Whether a hunk's new lines meet `line`..`endLine` (1-based); a deletion sits between two lines. */
function touches(hunk: Hunk, line: number, endLine: number): boolean {
  const last = hunk.newLines === 0 ? hunk.newStart + 1 : hunk.newStart + hunk.newLines - 1;
  return hunk.newStart <= endLine && last >= line;
}

function marksOf(changed: readonly (LineOrigin | null)[]): Mark[] {
  const marks: Mark[] = [];
  let at = 0;
  for (const { count, origin } of compressOrigins(changed)) {
    if (origin) marks.push({ start: at, end: at + count - 1, origin });
    at += count;
  }
  return marks;
}

/** What may honestly be said of several lines: the least certain of them. AI before unknown. */
function weakest(origins: readonly LineOrigin[]): LineOrigin {
  const ai = origins.filter((o) => o.origin === 'ai');
  const from = ai.length > 0 ? ai : origins;
  return from.reduce(
    (a, b) => (weakestEvidence(a.evidence, b.evidence) === b.evidence && a.evidence !== b.evidence ? b : a),
    from[0] ?? unseen,
  );
}
