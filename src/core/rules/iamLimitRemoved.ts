import type { Source } from '../languages/source.ts';
import { policyStatements, type PolicyStatement } from './kit/policyStatements.ts';
import type { Rule } from './rule.ts';

const actionsOf = (s: PolicyStatement): string =>
  [...s.actions, ...s.notActions]
    .map((a) => a.value)
    .sort()
    .join(',')
    .slice(0, 400);

/** Statements of a text, by the limit they set: a condition on what is allowed, or a denial. */
const limitOf = (s: PolicyStatement): string | undefined => {
  if (!s.allow) return `deny:${actionsOf(s)}`;
  return s.conditioned ? `if:${actionsOf(s)}` : undefined;
};

export const iamLimitRemoved: Rule = {
  id: 'iam-limit-removed',
  title: 'A limit of a permission was taken out',
  tier: 'high',
  category: 'iam-permission',
  languages: ['terraform', 'cloudformation', 'iam-policy', 'json', 'yaml'],
  references: ['CWE-732', 'CWE-863', 'AWS IAM: conditions, explicit denies'],
  why: 'A condition says for whom, from where and how a permission holds (a repository of an OIDC provider, a second factor, TLS), and an explicit denial wins over everything that is allowed elsewhere. Without it the same statement allows far more.',
  remedy: 'put it back, or say what limits the permission now',
  keywords: ['condition', 'deny'],
  on: 'removed',
  check(source, report) {
    for (const s of policyStatements(source)) {
      const key = limitOf(s);
      if (key === undefined) continue;
      const from = s.node.children.find((c) => /^condition$/i.test(c.key)) ?? s.node;
      const at = s.allow ? from : s.node;
      report({
        start: at.start + s.shift,
        end: at.end + s.shift,
        key,
        ...(s.allow && s.isTrust ? { tier: 'critical' as const } : {}),
        message: s.allow
          ? 'The condition of this permission was taken out, so it holds for everyone it names, from everywhere: put it back, or say what limits it now.'
          : 'A denial was taken out of the policy, which won over whatever is allowed elsewhere: put it back, or say what limits the permission now.',
      });
    }
  },
  goneAlone(found, { before, after }) {
    const left = policyStatements(after);
    if (found.key.startsWith('if:')) {
      const actions = found.key.slice('if:'.length);
      return left.some((s) => s.allow && !s.conditioned && actionsOf(s) === actions);
    }
    // Of a policy that is still there. One that denies other actions has been rewritten, not lifted.
    const had = count(before);
    return left.length > 0 && left.some((s) => s.allow) === had.allows && count(after).denies < had.denies;
  },
};

function count(source: Source): { denies: number; allows: boolean } {
  const all = policyStatements(source);
  return { denies: all.filter((s) => !s.allow).length, allows: all.some((s) => s.allow) };
}
