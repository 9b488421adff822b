/** The review that a change needs, by tier, by the paths it touches and by its author's seniority; and who has given it. */
import { seniorityRank } from '../policy/merge.ts';
import type { Policy, ProtectedEntry, ReviewRule } from '../policy/model.ts';
import type { Tier } from '../model.ts';
import { oneLine } from '../plainText.ts';
import { trailerText } from './record.ts';

export interface ReviewNeed {
  readonly reviewers: number;
  /** Every reviewer that counts has each of these, or more. Sorted. */
  readonly seniorities: readonly string[];
  readonly authorization: boolean;
  /** Globs of the protected entries that ask, sorted by appearance. */
  readonly globs: readonly string[];
}

export interface ReviewSubject {
  readonly risk: Tier | 'none';
  /** Protected entries that the change touches. */
  readonly entries: readonly ProtectedEntry[];
  /** AI or unseen lines take part. */
  readonly hasAi: boolean;
  /** Author's e-mail. */
  readonly author?: string | undefined;
}

/** What review the policy asks for; `undefined` when none. */
export function reviewNeed(policy: Policy, subject: ReviewSubject): ReviewNeed | undefined {
  let reviewers = 0;
  let authorization = false;
  const seniorities = new Set<string>();
  const globs = new Set<string>();
  const take = (rule: ReviewRule | undefined): void => {
    if (!rule) return;
    reviewers = Math.max(reviewers, rule.reviewers);
    if (rule.seniority !== undefined) seniorities.add(rule.seniority);
    if (rule.authorization === 'required') authorization = true;
  };
  if (subject.risk !== 'none') take(policy.review.byTier[subject.risk]);
  for (const entry of subject.entries)
    if (entry.review) {
      take(entry.review);
      for (const glob of entry.paths)
        if (!glob.startsWith('!')) globs.add(entry.base === '' ? glob : `${entry.base}/${glob}`);
    }
  if (subject.hasAi && subject.author !== undefined) {
    const own = seniorityOf(policy, [subject.author]);
    const reviewer = own === undefined ? undefined : policy.review.ai[own];
    if (reviewer !== undefined) {
      reviewers = Math.max(reviewers, 1);
      seniorities.add(reviewer);
    }
  }
  if (reviewers === 0 && !authorization) return undefined;
  return { reviewers, seniorities: [...seniorities].sort(), authorization, globs: [...globs] };
}

/** The value of `AI-Required-Review`. */
export function formatReview(need: ReviewNeed): string {
  const parts = [`reviewers=${need.reviewers}`];
  if (need.seniorities.length > 0) parts.push(`seniority=${need.seniorities.join('+')}`);
  if (need.authorization) parts.push('authorization=required');
  if (need.globs.length > 0) parts.push(`paths=${need.globs.map((g) => g.replaceAll(' ', '%20')).join(',')}`);
  return trailerText(parts.join(' '));
}

/** What an `AI-Required-Review` line asks less than the policy does, in words; `undefined` when it is enough. */
export function reviewShortfall(line: string, need: ReviewNeed): string | undefined {
  const field = (name: string): string | undefined => new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1];
  const reviewers = Number(/^\d{1,6}$/.exec(field('reviewers') ?? '')?.[0] ?? 0);
  if (reviewers < need.reviewers) return `${reviewers} of ${need.reviewers} reviewers`;
  const asked = (field('seniority') ?? '').split('+');
  const missing = need.seniorities.find((s) => !asked.some((a) => hasSeniority(a, s)));
  if (missing !== undefined) return `no seniority ${missing}`;
  if (need.authorization && field('authorization') !== 'required') return 'no authorization';
  return undefined;
}

export interface Approval {
  /** E-mail addresses by which the person may be known, lower case; the first one names the person. */
  readonly emails: readonly string[];
  readonly state: 'approved' | 'changes-requested' | 'dismissed' | 'commented';
  /** The commit that was looked at; what came after it is not approved. Absent: all. */
  readonly commit?: string;
  /** The sign-off that `authorization: required` asks for. */
  readonly authorizes?: boolean;
}

/** What is missing from the review a change needs, in words; `undefined` when it was given. */
export function unmetReview(
  need: ReviewNeed,
  approvals: readonly Approval[],
  authors: readonly string[],
  policy: Policy,
): string | undefined {
  const own = new Set(authors.map((a) => a.toLowerCase()));
  // The last word of a person counts.
  const last = new Map<string, Approval>();
  for (const a of approvals) {
    const [name] = a.emails;
    if (name === undefined || a.emails.some((e) => own.has(e)) || a.state === 'commented') continue;
    last.set(name, a);
  }
  const people = [...last.values()];
  if (people.some((a) => a.state === 'changes-requested')) return 'a reviewer asks for changes';
  const approved = people.filter((a) => a.state === 'approved');
  const counting = approved.filter((a) => {
    const has = seniorityOf(policy, a.emails);
    return need.seniorities.every((s) => has !== undefined && hasSeniority(has, s));
  });
  if (counting.length < need.reviewers) {
    const who = need.seniorities.length > 0 ? ` by ${need.seniorities.join(' and ')}` : '';
    const others =
      approved.length > counting.length ? `; ${approved.length - counting.length} without that seniority` : '';
    return `${counting.length} of ${need.reviewers} approvals${who}${others}`;
  }
  if (need.authorization && !approved.some((a) => a.authorizes === true)) return 'nobody authorized it';
  return undefined;
}

function seniorityOf(policy: Policy, emails: readonly string[]): string | undefined {
  return policy.people.find((p) => emails.some((e) => e.toLowerCase() === p.email.toLowerCase()))?.seniority;
}

/** Whether `has` is at least `needed`. Words that nobody ranks are only equal to themselves. */
function hasSeniority(has: string, needed: string): boolean {
  if (has === needed) return true;
  const [a, b] = [seniorityRank(has), seniorityRank(needed)];
  return a >= 0 && b >= 0 && a >= b;
}

/**
 * Approvals from JSON: our own form (`[{ "email", "state", "commit"?, "authorizes"? }]`), the reviews of a GitHub pull
 * request as its API lists them, or the approvals of a GitLab merge request. The platforms give no addresses; a person
 * is then known by the platform's `noreply` address. @throws Error that says what is wrong.
 */
export function parseApprovals(json: unknown): Approval[] {
  // Pages of a platform's answer, one array each, are one list.
  const list = Array.isArray(json)
    ? json.flat()
    : isObject(json) && Array.isArray(json['approved_by'])
      ? json['approved_by'].map((a: unknown) => ({ ...(isObject(a) ? a : {}), gitlab: true }))
      : undefined;
  if (!list) throw new Error('approvals are a JSON array (or the answer of a platform)');
  return list.map((item: unknown, i): Approval => {
    if (!isObject(item)) throw new Error(`approval ${i + 1} is no object`);
    const user = isObject(item['user']) ? item['user'] : undefined;
    const emails: string[] = [];
    if (typeof item['email'] === 'string') emails.push(item['email']);
    else if (item['gitlab'] === true && typeof user?.['username'] === 'string')
      emails.push(`${text(user['id'])}-${user['username']}@users.noreply.gitlab.com`);
    else if (typeof user?.['login'] === 'string')
      emails.push(
        `${text(user['id'])}+${user['login']}@users.noreply.github.com`,
        `${user['login']}@users.noreply.github.com`,
      );
    if (emails.length === 0) throw new Error(`approval ${i + 1} has no 'email'`);
    const word = item['gitlab'] === true ? 'approved' : text(item['state']).toLowerCase().replaceAll('_', '-');
    const state = states[word];
    if (state === undefined)
      throw new Error(
        `approval ${i + 1} has the state '${oneLine(word, 40)}'; one of ${Object.keys(states).join(', ')}`,
      );
    const commit = item['commit'] ?? item['commit_id'];
    return {
      emails: emails.map((e) => e.toLowerCase()),
      state,
      ...(typeof commit === 'string' && { commit }),
      ...(item['authorizes'] === true && { authorizes: true }),
    };
  });
}

const states: Readonly<Record<string, Approval['state']>> = {
  approved: 'approved',
  'changes-requested': 'changes-requested',
  dismissed: 'dismissed',
  commented: 'commented',
  pending: 'commented',
};
const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Approvals that a message claims: `Reviewed-by` approves, `Authorized-by` also authorizes. */
export function claimedApprovals(message: string): Approval[] {
  const out: Approval[] = [];
  for (const m of message.matchAll(/^(Reviewed|Authorized)-by[ \t]*:[^\n<]*<([^<>\s]+)>[ \t\r]*$/gim))
    out.push({
      emails: [(m[2] as string).toLowerCase()],
      state: 'approved',
      ...((m[1] as string).toLowerCase() === 'authorized' && { authorizes: true }),
    });
  return out;
}
