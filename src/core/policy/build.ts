/** From checked values to the policy. */
import { tiers, type Tier } from '../model.ts';
import { listOf, type Raw } from './check.ts';
import { defaultJustification, emptyPolicy, builtinEntries } from './defaults.ts';
import { parseDuration } from './durations.ts';
import type {
  AgentPolicy,
  AiMode,
  HumanMode,
  JustificationRule,
  Policy,
  ProtectedEntry,
  ReviewRule,
  TrailerMode,
} from './model.ts';

export interface PolicyTest {
  readonly name?: string;
  readonly path: string;
  readonly by: 'ai' | 'human';
  readonly before?: string;
  readonly after?: string;
  readonly expect: 'allow' | 'justify' | 'deny';
  readonly tier?: Tier;
  readonly rule?: string;
  readonly line: number;
}

const strings = (map: Raw | undefined, key: string): string[] => listOf(map, key).map((p) => p.value as string);
const get = (map: Raw | undefined, key: string): unknown => map?.get(key)?.value;

function justification(map: Raw | undefined): JustificationRule {
  const ticket = get(map, 'ticket') as string | undefined;
  const expires = get(map, 'expires') as string | undefined;
  return {
    minLength: (get(map, 'minLength') as number | undefined) ?? defaultJustification.minLength,
    expiresMs: (expires === undefined ? undefined : parseDuration(expires)) ?? defaultJustification.expiresMs,
    ...(ticket !== undefined && { ticket }),
  };
}

function reviewRule(map: Raw): ReviewRule {
  const seniority = get(map, 'seniority') as string | undefined;
  return {
    reviewers: (get(map, 'reviewers') as number | undefined) ?? 1,
    ...(seniority !== undefined && { seniority }),
    ...(map.has('authorization') && { authorization: 'required' as const }),
  };
}

export function buildPolicy(root: Raw, file: string, source: 'repository' | 'managed', base: string): Policy {
  const entries = listOf(root, 'protected').map((item): ProtectedEntry => {
    const map = item.value as Raw;
    const paths = strings(map, 'paths');
    const review = get(map, 'review') as Raw | undefined;
    return {
      name: (get(map, 'name') as string | undefined) ?? paths.join(', ').slice(0, 100),
      paths,
      base,
      ai: (get(map, 'ai') as AiMode | undefined) ?? 'justify',
      human: (get(map, 'human') as HumanMode | undefined) ?? 'justify',
      tier: (get(map, 'tier') as Tier | undefined) ?? 'high',
      justification: justification(get(map, 'justification') as Raw | undefined),
      ...(review && { review: reviewRule(review) }),
      source,
      location: { file, line: item.line },
    };
  });
  const rules = get(root, 'rules') as Raw | undefined;
  const review = get(root, 'review') as Raw | undefined;
  const byTier: Partial<Record<Tier, ReviewRule>> = {};
  for (const tier of tiers) {
    const map = get(review, tier) as Raw | undefined;
    if (map) byTier[tier] = reviewRule(map);
  }
  const agents: Record<string, AgentPolicy> = {};
  for (const [id, { value }] of (get(root, 'agents') as Raw | undefined) ?? []) {
    const map = value as Raw;
    const commands = get(map, 'commands') as Raw | undefined;
    agents[id] = {
      ...(map.has('scope') && { scope: strings(map, 'scope') }),
      commands: { allow: strings(commands, 'allow'), deny: strings(commands, 'deny') },
    };
  }
  const words = (map: Raw | undefined): Record<string, string> =>
    Object.fromEntries([...(map ?? [])].map(([k, v]) => [k, v.value as string]));
  const retention = get(get(root, 'audit') as Raw | undefined, 'retention') as string | undefined;
  const retentionMs = retention === undefined ? undefined : parseDuration(retention);
  const reviewBy = get(root, 'reviewBy') as string | undefined;
  return {
    version: 1,
    ...(reviewBy !== undefined && { reviewBy }),
    protected: [...builtinEntries, ...entries],
    rules: {
      disable: strings(rules, 'disable'),
      tiers: words(get(rules, 'tiers') as Raw | undefined) as Record<string, Tier>,
      custom: listOf(rules, 'custom').map((item) => {
        const map = item.value as Raw;
        const pattern = get(map, 'pattern') as string | undefined;
        const query = get(map, 'query') as string | undefined;
        return {
          id: get(map, 'id') as string,
          message: get(map, 'message') as string,
          tier: (get(map, 'tier') as Tier | undefined) ?? 'medium',
          languages: strings(map, 'languages'),
          ...(pattern !== undefined && { pattern }),
          ...(query !== undefined && { query, queryLine: map.get('query')?.line ?? item.line }),
          location: { file, line: item.line },
        };
      }),
    },
    review: { byTier, ai: words(get(review, 'ai') as Raw | undefined) },
    people: listOf(root, 'people').map((item) => ({
      email: get(item.value as Raw, 'email') as string,
      seniority: get(item.value as Raw, 'seniority') as string,
    })),
    agents,
    commit: {
      trailers:
        (get(get(root, 'commit') as Raw | undefined, 'trailers') as TrailerMode | undefined) ??
        emptyPolicy.commit.trailers,
    },
    audit: {
      reasoning:
        (get(get(root, 'audit') as Raw | undefined, 'reasoning') as 'off' | 'reference' | 'text' | undefined) ??
        emptyPolicy.audit.reasoning,
      ...(retentionMs !== undefined && { retentionMs }),
    },
    guard: { strict: (get(get(root, 'guard') as Raw | undefined, 'strict') as boolean | undefined) ?? false },
    exceptions: listOf(root, 'exceptions').map((item) => {
      const map = item.value as Raw;
      const rule = get(map, 'rule') as string | undefined;
      const path = get(map, 'path') as string | undefined;
      return {
        ...(rule !== undefined && { rule }),
        ...(path !== undefined && { path }),
        reason: get(map, 'reason') as string,
        by: get(map, 'by') as string,
        until: get(map, 'until') as string,
      };
    }),
    origin: source === 'managed' ? 'managed' : 'repository',
  };
}

export function buildTests(root: Raw): PolicyTest[] {
  return listOf(root, 'tests').map((item) => {
    const map = item.value as Raw;
    const optional = (key: string): Record<string, string> => {
      const value = get(map, key) as string | undefined;
      return value === undefined ? {} : { [key]: value };
    };
    return {
      path: get(map, 'path') as string,
      by: (get(map, 'by') as 'ai' | 'human' | undefined) ?? 'ai',
      expect: get(map, 'expect') as PolicyTest['expect'],
      line: item.line,
      ...optional('name'),
      ...optional('before'),
      ...optional('after'),
      ...optional('tier'),
      ...optional('rule'),
    };
  });
}
