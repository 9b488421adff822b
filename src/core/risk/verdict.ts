/** From findings and the kind of file to a tier and a type of change. */
import type { ChangeType, Classification, Finding, Tier } from '../model.ts';
import { maxTier } from '../model.ts';
import type { Policy } from '../policy/model.ts';
import { withOther } from './background.ts';

/** The tier of a change type when no rule has anything to say (design §4). */
export const baseTier: Readonly<Record<ChangeType, Tier>> = {
  none: 'low',
  formatting: 'low',
  comments: 'low',
  docs: 'low',
  tests: 'low',
  feature: 'medium',
  refactoring: 'medium',
  configuration: 'medium',
  dependency: 'high',
  infrastructure: 'high',
  'ci-cd': 'high',
  schema: 'high',
  data: 'high',
  security: 'high',
  permissions: 'high',
  secrets: 'high',
  environment: 'critical',
};

/** What a file's verdict would be without findings. */
export interface Floor {
  readonly tier: Tier;
  readonly changeType: ChangeType;
}
export const floors = new WeakMap<Classification, Floor>();

/** Tier and type from a file's floor and its findings. */
export function summed(floor: Floor, findings: readonly Finding[]): Floor {
  let tier = floor.tier;
  for (const f of findings) tier = maxTier(tier, f.tier);
  return { tier, changeType: refineType(floor.changeType, findings) };
}

/** The policy's own tiers, and without the rules that it switches off. */
export function applyPolicy(findings: readonly Finding[], policy: Policy): Finding[] {
  const { tiers: overrides, disable } = policy.rules;
  return findings
    .filter((f) => !disable.includes(f.rule))
    .map((f) => {
      const tier = overrides[f.rule];
      return tier ? withOther(f, { tier }) : f;
    });
}

/** A change in ordinary code that carries a finding of a domain belongs to that domain. */
function refineType(changeType: ChangeType, findings: readonly Finding[]): ChangeType {
  if (changeType !== 'feature' && changeType !== 'configuration' && changeType !== 'comments') return changeType;
  const top = findings.find((f) => f.tier === 'critical') ?? findings.find((f) => f.tier === 'high');
  if (!top) return changeType;
  switch (top.category) {
    case 'secrets':
      return 'secrets';
    case 'iam-permission':
    case 'authorization':
      return 'permissions';
    case 'database-schema':
      return 'schema';
    case 'data-deletion':
    case 'data-migration':
      return 'data';
    case 'dependency':
    case 'supply-chain':
      return 'dependency';
    case 'ci-cd':
      return 'ci-cd';
    case 'infrastructure':
    case 'network-exposure':
      return 'infrastructure';
    case 'environment':
      return 'environment';
    default:
      return 'security';
  }
}
