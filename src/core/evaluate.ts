/** The one decision every door asks for: path policy × risk × who wrote the lines × what a person has vouched for. */
import type { Classification, Decision, Finding, Tier } from './model.ts';
import { countsAsAi, maxTier } from './model.ts';
import type { LineOrigins } from './attribution/model.ts';
import type { Justification } from './justification.ts';
import { matchGlobs } from './paths.ts';
import type { PathVerdict, Policy, PolicyException } from './policy/model.ts';

export interface EvaluateInput {
  readonly path: string;
  /** What the policy says about the path. */
  readonly verdict: PathVerdict;
  readonly classification: Classification;
  /** Origins of the lines of the new text; `null` runs were there before. Lines nobody saw count as AI. */
  readonly origins: LineOrigins;
  /** AI (or unseen) lines that the change took away; they ask for the same right as added ones. */
  readonly aiDeleted?: number;
  /** UTC, ISO 8601; exceptions are dated. */
  readonly now: string;
  /** The note that covers this very change, if there is one (`platform/notes.coveredBy`). */
  readonly covered?: Justification | undefined;
  readonly policy?: Policy;
}

export interface Evaluation {
  readonly decision: Decision;
  readonly tier: Tier;
  /** One sentence each, most decisive first; empty when nothing is asked. */
  readonly reasons: readonly string[];
}

const order: readonly Decision[] = ['allow', 'justify', 'deny'];

/** Never throws. The same input gives the same answer at every door. */
export function evaluate(input: EvaluateInput): Evaluation {
  const { verdict, classification } = input;
  const isProtected = verdict.entries.length > 0;
  const tier = isProtected ? maxTier(classification.tier, verdict.tier) : classification.tier;
  if (!isProtected || classification.changeType === 'none') return { decision: 'allow', tier, reasons: [] };

  let ai = input.aiDeleted ?? 0;
  let human = 0;
  for (const run of input.origins) {
    if (run.origin === null) continue;
    if (countsAsAi(run.origin)) ai += run.count;
    else if (run.origin.origin === 'human') human += run.count;
  }
  const name = verdict.entries[0]?.name ?? 'protected path';
  let decision: Decision = 'allow';
  const reasons: string[] = [];
  const ask = (wanted: Decision, reason: string): void => {
    if (wanted === 'allow') return;
    if (order.indexOf(wanted) > order.indexOf(decision)) {
      decision = wanted;
      reasons.unshift(reason);
    } else reasons.push(reason);
  };
  if (ai > 0) {
    if (verdict.ai === 'prohibit')
      ask('deny', `${name}: ${lines(ai)} by AI or by nobody we saw, and AI may not change ${input.path}`);
    else if (verdict.ai === 'justify')
      ask('justify', `${name}: ${lines(ai)} by AI or by nobody we saw need a justification`);
  }
  if (human > 0 && verdict.human === 'justify') ask('justify', `${name}: a change by hand needs a justification, too`);
  // A deletion-only change has no lines with an origin: the path itself asks, as for a person's.
  if (ai === 0 && human === 0 && verdict.human === 'justify' && input.origins.every((run) => run.origin === null))
    ask('justify', `${name}: removing lines needs a justification`);
  if (decision === 'allow') return { decision, tier, reasons };

  const exception = exceptionFor(input);
  if (exception)
    return {
      decision: 'allow',
      tier,
      reasons: [`exception until ${exception.until} by ${exception.by}: ${exception.reason}`],
    };
  if (decision === 'justify' && input.covered)
    return { decision: 'allow', tier, reasons: [`justified by note ${input.covered.id}`] };
  return { decision, tier, reasons };
}

/** A dated exception for the path; built-in protection has none, and a managed entry only those of the managed policy. */
function exceptionFor(input: EvaluateInput): PolicyException | undefined {
  if (input.verdict.entries.some((e) => e.source === 'builtin')) return undefined;
  const isManaged = input.verdict.entries.some((e) => e.source === 'managed');
  const day = input.now.slice(0, 10);
  return input.policy?.exceptions.find(
    (e) =>
      e.path !== undefined &&
      e.rule === undefined &&
      e.until >= day &&
      (!isManaged || e.managed) &&
      matchGlobs([e.path], input.path),
  );
}

/** Findings without those that a dated exception names (`rule`, optionally for a `path`). */
export function withoutExcepted(
  findings: readonly Finding[],
  policy: Policy,
  path: string,
  now: string,
): readonly Finding[] {
  const day = now.slice(0, 10);
  const valid = policy.exceptions.filter(
    (e) => e.rule !== undefined && e.until >= day && (e.path === undefined || matchGlobs([e.path], path)),
  );
  return valid.length === 0 ? findings : findings.filter((f) => !valid.some((e) => e.rule === f.rule));
}

const lines = (n: number): string => `${n} line${n === 1 ? '' : 's'}`;
