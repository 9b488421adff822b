/** Runs the examples (`tests:`) that a policy keeps. */
import type { Decision, FileChange, LineOrigin, Tier } from '../model.ts';
import { tiers } from '../model.ts';
import type { LineOrigins } from '../attribution/model.ts';
import type { Classification } from '../model.ts';
import type { PathVerdict } from './model.ts';
import type { PolicyTest } from './build.ts';

export interface ExampleResult {
  readonly example: PolicyTest;
  readonly ok: boolean;
  readonly decision: Decision;
  readonly tier: Tier;
  /** What differs, one sentence each. */
  readonly failures: readonly string[];
}

/** The decision for a path alone: what the mode of its author says. */
export function decisionFor(verdict: PathVerdict, by: 'ai' | 'human'): Decision {
  if (by === 'human') return verdict.human;
  return verdict.ai === 'prohibit' ? 'deny' : verdict.ai;
}

export interface ExampleRun {
  readonly verdict: PathVerdict;
  /** Judges a change; only asked for examples with `before` or `after`. */
  judge(
    change: FileChange,
    by: LineOrigin,
  ): Promise<{ readonly decision: Decision; readonly tier: Tier; readonly classification: Classification }>;
}

export async function runExample(example: PolicyTest, run: ExampleRun): Promise<ExampleResult> {
  const isChange = example.before !== undefined || example.after !== undefined;
  let decision = decisionFor(run.verdict, example.by);
  let { tier } = run.verdict;
  let fired: readonly string[] = [];
  if (isChange) {
    const by: LineOrigin =
      example.by === 'ai' ? { origin: 'ai', evidence: 'hook' } : { origin: 'human', evidence: 'editor' };
    const judged = await run.judge(
      { path: example.path, before: example.before ?? null, after: example.after ?? null },
      by,
    );
    ({ decision, tier } = judged);
    fired = judged.classification.findings.map((f) => f.rule);
  }
  const failures: string[] = [];
  if (decision !== example.expect) failures.push(`expected ${example.expect}, the policy says ${decision}`);
  if (example.tier !== undefined && tiers.indexOf(tier) < tiers.indexOf(example.tier))
    failures.push(`expected at least ${example.tier} risk, it is ${tier}`);
  if (example.rule !== undefined) {
    if (!isChange) failures.push(`'rule' needs 'before' or 'after': a path alone fires no rule`);
    else if (!fired.includes(example.rule))
      failures.push(`expected rule ${example.rule}, fired: ${[...new Set(fired)].join(', ') || 'none'}`);
  }
  return { example, ok: failures.length === 0, decision, tier, failures };
}

/** Origins of the new text when `by` made the whole change: changed lines are theirs, the others were there. */
export function originsOf(
  hunks: readonly { readonly newStart: number; readonly newLines: number }[],
  lines: number,
  by: LineOrigin,
): LineOrigins {
  const out: { count: number; origin: LineOrigin | null }[] = [];
  let at = 0;
  for (const h of hunks) {
    if (h.newLines === 0) continue;
    if (h.newStart - 1 > at) out.push({ count: h.newStart - 1 - at, origin: null });
    out.push({ count: h.newLines, origin: by });
    at = h.newStart - 1 + h.newLines;
  }
  if (lines > at) out.push({ count: lines - at, origin: null });
  return out;
}
