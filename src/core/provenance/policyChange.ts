/** Does a change of the policy ask for less than before? */
import { tiers } from '../model.ts';
import type { Policy, ProtectedEntry } from '../policy/model.ts';
import { oneLine } from '../plainText.ts';

const aiModes = ['allow', 'justify', 'prohibit'];
const trailerModes = ['off', 'ai-only', 'record', 'required'];

/** What the new policy asks less of than the old one; in doubt it is less. */
export function loosened(before: Policy, after: Policy): string[] {
  const out: string[] = [];
  if (trailerModes.indexOf(after.commit.trailers) < trailerModes.indexOf(before.commit.trailers))
    out.push(`commit.trailers from ${before.commit.trailers} to ${after.commit.trailers}`);
  const isAtLeast = (a: ProtectedEntry, b: ProtectedEntry): boolean =>
    a.base === b.base &&
    JSON.stringify(a.paths) === JSON.stringify(b.paths) &&
    aiModes.indexOf(a.ai) >= aiModes.indexOf(b.ai) &&
    (a.human === 'justify' || b.human === 'allow') &&
    tiers.indexOf(a.tier) >= tiers.indexOf(b.tier) &&
    a.justification.minLength >= b.justification.minLength &&
    a.justification.expiresMs <= b.justification.expiresMs &&
    (b.justification.ticket === undefined || a.justification.ticket === b.justification.ticket) &&
    (a.review?.reviewers ?? 0) >= (b.review?.reviewers ?? 0) &&
    (b.review?.seniority === undefined || a.review?.seniority === b.review.seniority) &&
    (b.review?.authorization === undefined || a.review?.authorization !== undefined);
  for (const old of before.protected)
    if (old.source !== 'builtin' && old.source !== 'default' && !after.protected.some((e) => isAtLeast(e, old)))
      out.push(`the protection '${oneLine(old.name, 60)}'`);
  if (after.rules.disable.some((r) => !before.rules.disable.includes(r))) out.push('a disabled rule');
  for (const [rule, tier] of Object.entries(after.rules.tiers)) {
    const old = before.rules.tiers[rule];
    if (old === undefined || tiers.indexOf(tier) < tiers.indexOf(old)) out.push(`the tier of ${oneLine(rule, 60)}`);
  }
  for (const old of before.rules.custom)
    if (
      !after.rules.custom.some(
        (c) =>
          c.id === old.id &&
          c.pattern === old.pattern &&
          c.query === old.query &&
          tiers.indexOf(c.tier) >= tiers.indexOf(old.tier),
      )
    )
      out.push(`the rule ${oneLine(old.id, 60)}`);
  for (const tier of tiers) {
    const old = before.review.byTier[tier];
    const now = after.review.byTier[tier];
    if (
      old &&
      (now === undefined ||
        now.reviewers < old.reviewers ||
        now.seniority !== old.seniority ||
        (old.authorization !== undefined && now.authorization === undefined))
    )
      out.push(`the review of ${tier} risk`);
  }
  if (JSON.stringify(before.review.ai) !== JSON.stringify(after.review.ai) && Object.keys(before.review.ai).length > 0)
    out.push('the review of AI work');
  if (after.exceptions.some((e) => !before.exceptions.some((x) => JSON.stringify(x) === JSON.stringify(e))))
    out.push('a new exception');
  for (const person of before.people)
    if (!after.people.some((x) => x.email === person.email && x.seniority === person.seniority))
      out.push(`the seniority of ${oneLine(person.email, 60)}`);
  if (before.guard.strict && !after.guard.strict) out.push('guard.strict');
  return out;
}
