/** What a policy says about one path, and its digest. */
import { maxTier, tiers, type Tier } from '../model.ts';
import { matchGlobs } from '../paths.ts';
import type { Sha256 } from '../ports.ts';
import { formatDuration } from './durations.ts';
import type { AiMode, HumanMode, JustificationRule, PathVerdict, Policy, ProtectedEntry } from './model.ts';

const aiModes: readonly AiMode[] = ['allow', 'justify', 'prohibit'];
const humanModes: readonly HumanMode[] = ['allow', 'justify'];

/** Stricter first: AI mode, then a person's, then tier. */
function stricterFirst(a: ProtectedEntry, b: ProtectedEntry): number {
  return (
    aiModes.indexOf(b.ai) - aiModes.indexOf(a.ai) ||
    humanModes.indexOf(b.human) - humanModes.indexOf(a.human) ||
    tiers.indexOf(b.tier) - tiers.indexOf(a.tier)
  );
}

function covers(entry: ProtectedEntry, path: string, nocase: boolean): boolean {
  // What guards the guard is matched case-folded on every file system.
  const fold = nocase || entry.source === 'builtin';
  if (entry.base === '') return matchGlobs(entry.paths, path, { nocase: fold });
  const prefix = `${entry.base}/`;
  const head = path.slice(0, prefix.length);
  if (fold ? head.toLowerCase() !== prefix.toLowerCase() : head !== prefix) return false;
  return matchGlobs(entry.paths, path.slice(prefix.length), { nocase: fold });
}

/**
 * The verdict on a repository path (see `toRepoPath`): last match wins within an entry, the strictest over entries.
 * `nocase`: the file system folds case.
 */
export function verdictFor(policy: Policy, path: string, options: { readonly nocase?: boolean } = {}): PathVerdict {
  const nocase = options.nocase ?? false;
  const entries = policy.protected.filter((e) => covers(e, path, nocase)).sort(stricterFirst);
  let ai: AiMode = 'allow';
  let human: HumanMode = 'allow';
  let tier: Tier = 'low';
  let justification: JustificationRule | undefined;
  for (const e of entries) {
    if (aiModes.indexOf(e.ai) > aiModes.indexOf(ai)) ai = e.ai;
    if (e.human === 'justify') human = 'justify';
    tier = maxTier(tier, e.tier);
    if (e.ai === 'justify' || e.human === 'justify') justification = strictest(justification, e.justification);
  }
  return { path, entries, ai, human, tier, ...(justification && { justification }) };
}

function strictest(a: JustificationRule | undefined, b: JustificationRule): JustificationRule {
  if (!a) return b;
  const ticket = a.ticket ?? b.ticket;
  return {
    minLength: Math.max(a.minLength, b.minLength),
    expiresMs: Math.min(a.expiresMs, b.expiresMs),
    ...(ticket !== undefined && { ticket }),
  };
}

/** A few lines for a person: which entries match a path, and what follows. */
export function explainPath(policy: Policy, path: string, options: { readonly nocase?: boolean } = {}): string {
  const verdict = verdictFor(policy, path, options);
  if (verdict.entries.length === 0) return `${path}: not protected; anyone may change it.`;
  const mode = { allow: 'may change it', justify: 'must give a reason', prohibit: 'may not change it' } as const;
  const lines = [`${path}: AI ${mode[verdict.ai]}; a person ${mode[verdict.human]}; at least ${verdict.tier} risk.`];
  for (const e of verdict.entries) {
    const where =
      e.source === 'builtin'
        ? 'built in'
        : e.source === 'default'
          ? 'default, there is no policy file'
          : `${e.location ? `${e.location.file}:${e.location.line}` : e.source}${e.source === 'managed' ? ', managed' : ''}`;
    lines.push(`  - ${e.name} (${where}): ai ${e.ai}, human ${e.human}, tier ${e.tier}`);
  }
  const j = verdict.justification;
  if (j)
    lines.push(
      `  A reason has at least ${j.minLength} characters${j.ticket === undefined ? '' : `, names a ticket (${j.ticket})`} and holds for ${formatDuration(j.expiresMs)}.`,
    );
  return lines.join('\n');
}

/** JSON with sorted keys and nothing undefined: equal policies give equal bytes. */
function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const record = value as Record<string, unknown>;
  const keys = Object.keys(record)
    .filter((k) => record[k] !== undefined && k !== 'location')
    .sort();
  return `{${keys.map((k) => `${JSON.stringify(k)}:${canonical(record[k])}`).join(',')}}`;
}

/** `p1:` and 16 hex: names the merged policy that a decision was made under. Comments and positions do not count. */
export const policyDigest = (policy: Policy, sha256: Sha256): string =>
  `p1:${sha256(`countersign-policy1\n${canonical(policy)}`).slice(0, 16)}`;
