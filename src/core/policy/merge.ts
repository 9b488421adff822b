/** Several policy files → the one policy in force. Managed wins; nested files only tighten. */
import { tiers, type Tier } from '../model.ts';
import { builtinEntries, defaultEntries, defaultPolicy } from './defaults.ts';
import type { AgentPolicy, Policy, ReviewRule, TrailerMode } from './model.ts';

export interface PolicyParts {
  readonly managed?: Policy;
  readonly repository?: Policy;
  /** Policies of folders; `base` is the folder, repository-relative. */
  readonly nested?: readonly { readonly base: string; readonly policy: Policy }[];
}

const trailerModes: readonly TrailerMode[] = ['off', 'ai-only', 'record', 'required'];
const seniorities: readonly string[] = ['junior', 'mid', 'senior', 'staff', 'principal'];

/** Place of a seniority word among those that are known, from the lowest; -1 for a word of the team's own. */
export const seniorityRank = (word: string): number => seniorities.indexOf(word);

/**
 * The policy in force. Built-in entries are always first; default ones only where no repository policy speaks.
 * Of a nested policy only `protected` counts, so whatever it says, it adds.
 */
export function mergePolicies(parts: PolicyParts): Policy {
  const { managed, repository, nested = [] } = parts;
  const own = (p: Policy | undefined): Policy['protected'] =>
    p?.protected.filter((e) => e.source !== 'builtin' && e.source !== 'default') ?? [];
  const entries = [
    ...builtinEntries,
    ...own(managed),
    ...(repository ? own(repository) : defaultEntries),
    ...nested.flatMap(({ base, policy }) => own(policy).map((e) => ({ ...e, base }))),
  ];
  const first = repository ?? defaultPolicy;
  if (!managed)
    return {
      ...first,
      protected: entries,
      origin: repository ? (nested.length > 0 ? 'merged' : 'repository') : nested.length > 0 ? 'merged' : 'none',
    };
  const retentionMs = Math.max(managed.audit.retentionMs ?? 0, first.audit.retentionMs ?? 0);
  const fixed = new Set([...Object.keys(managed.rules.tiers), ...managed.rules.custom.map((r) => r.id)]);
  return {
    version: 1,
    ...(first.reviewBy !== undefined && { reviewBy: first.reviewBy }),
    protected: entries,
    rules: {
      // What the managed policy gives a tier stays on.
      disable: [...new Set([...managed.rules.disable, ...first.rules.disable.filter((id) => !fixed.has(id))])],
      tiers: { ...first.rules.tiers, ...managed.rules.tiers },
      custom: [...managed.rules.custom, ...first.rules.custom.filter((r) => !fixed.has(r.id))],
    },
    review: {
      byTier: mergeReview(managed.review.byTier, first.review.byTier),
      ai: { ...first.review.ai, ...managed.review.ai },
    },
    people: [
      ...managed.people,
      ...first.people.filter((p) => !managed.people.some((m) => m.email.toLowerCase() === p.email.toLowerCase())),
    ],
    agents: mergeAgents(managed.agents, first.agents),
    commit: {
      trailers:
        trailerModes[
          Math.max(trailerModes.indexOf(managed.commit.trailers), trailerModes.indexOf(first.commit.trailers))
        ] ?? 'required',
    },
    audit: { reasoning: managed.audit.reasoning, ...(retentionMs > 0 && { retentionMs }) },
    guard: { strict: managed.guard.strict || first.guard.strict },
    exceptions: [...managed.exceptions.map((e) => ({ ...e, managed: true })), ...first.exceptions],
    origin: repository || nested.length > 0 ? 'merged' : 'managed',
  };
}

function mergeReview(a: Policy['review']['byTier'], b: Policy['review']['byTier']): Policy['review']['byTier'] {
  const out: Partial<Record<Tier, ReviewRule>> = {};
  for (const tier of tiers) {
    const [m, r] = [a[tier], b[tier]];
    const rule = m && r ? strictestReview(m, r) : (m ?? r);
    if (rule) out[tier] = rule;
  }
  return out;
}

/** Both rules at once. Of two unknown seniority words the first one (the managed policy's) stays. */
export function strictestReview(a: ReviewRule, b: ReviewRule): ReviewRule {
  const rank = (s: string | undefined): number => (s === undefined ? -2 : seniorities.indexOf(s));
  const seniority = rank(b.seniority) > rank(a.seniority) && rank(a.seniority) !== -1 ? b.seniority : a.seniority;
  return {
    reviewers: Math.max(a.reviewers, b.reviewers),
    ...(seniority !== undefined && { seniority }),
    ...((a.authorization ?? b.authorization) && { authorization: 'required' as const }),
  };
}

function mergeAgents(managed: Policy['agents'], repository: Policy['agents']): Policy['agents'] {
  const out: Record<string, AgentPolicy> = { ...repository };
  for (const [id, m] of Object.entries(managed)) {
    const r = repository[id];
    const scope = m.scope ?? r?.scope;
    out[id] = {
      ...(scope && { scope }),
      commands: {
        allow: m.commands.allow,
        deny: [...new Set([...m.commands.deny, ...(r?.commands.deny ?? [])])],
      },
    };
  }
  return out;
}
