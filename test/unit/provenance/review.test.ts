import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePolicy } from '../../../src/core/policy/index.ts';
import type { Policy } from '../../../src/core/policy/model.ts';
import {
  claimedApprovals,
  formatReview,
  parseApprovals,
  reviewNeed,
  reviewShortfall,
  unmetReview,
  type Approval,
} from '../../../src/core/provenance/review.ts';

const policy = parsePolicy(
  `version: 1
protected:
  - { name: infra, paths: ["infra/**", "!infra/docs/**"], review: { reviewers: 1, seniority: staff } }
review:
  high: { reviewers: 1, seniority: senior }
  critical: { reviewers: 2, seniority: senior, authorization: required }
  ai: { junior: senior }
people:
  - { email: junior@example.com, seniority: junior }
  - { email: Senior@example.com, seniority: senior }
  - { email: 7+octo@users.noreply.github.com, seniority: principal }
  - { email: 9-fox@users.noreply.gitlab.com, seniority: senior }
`,
  'countersign.yaml',
).policy as Policy;

const by = (email: string, more: Partial<Approval> = {}): Approval => ({ emails: [email], state: 'approved', ...more });
const need = (subject: Partial<Parameters<typeof reviewNeed>[1]>) =>
  reviewNeed(policy, { risk: 'low', entries: [], hasAi: false, ...subject });

describe('the review that a change needs', () => {
  it('comes from the tier, the paths and the seniority of an author of AI work', () => {
    assert.equal(need({}), undefined);
    assert.deepEqual(need({ risk: 'high' }), {
      reviewers: 1,
      seniorities: ['senior'],
      authorization: false,
      globs: [],
    });
    assert.deepEqual(need({ entries: policy.protected.filter((e) => e.name === 'infra') }), {
      reviewers: 1,
      seniorities: ['staff'],
      authorization: false,
      globs: ['infra/**'],
    });
    assert.equal(need({ hasAi: true, author: 'senior@example.com' }), undefined);
    assert.deepEqual(need({ hasAi: true, author: 'JUNIOR@example.com' })?.seniorities, ['senior']);
    assert.equal(need({ author: 'junior@example.com' }), undefined, 'own work');
  });

  it('is asked for by its line in the message, and by no line that asks for less', () => {
    const critical = need({ risk: 'critical' });
    assert.ok(critical);
    const line = formatReview(critical);
    assert.equal(line, 'reviewers=2 seniority=senior authorization=required');
    assert.equal(reviewShortfall(line, critical), undefined);
    for (const less of [
      '',
      'reviewers=1 seniority=senior authorization=required',
      'reviewers=2 seniority=junior authorization=required',
      'reviewers=2 seniority=senior',
      'xreviewers=9 seniority=senior authorization=required',
    ])
      assert.ok(reviewShortfall(less, critical), less);
    assert.equal(reviewShortfall('reviewers=2 seniority=principal authorization=required', critical), undefined);
  });
});

describe('the reviews that were given', () => {
  const high = need({ risk: 'high' });
  const critical = need({ risk: 'critical' });
  assert.ok(high && critical);

  it('count by seniority, once per person, never the author’s own', () => {
    assert.equal(unmetReview(high, [by('senior@example.com')], ['a@x'], policy), undefined);
    assert.equal(
      unmetReview(high, [by('junior@example.com')], ['a@x'], policy),
      '0 of 1 approvals by senior; 1 without that seniority',
    );
    assert.match(unmetReview(high, [by('senior@example.com')], ['SENIOR@example.com'], policy) ?? '', /^0 of 1/);
    assert.match(unmetReview(high, [by('nobody@example.com')], ['a@x'], policy) ?? '', /^0 of 1/);
    const twice = [by('senior@example.com', { authorizes: true }), by('senior@example.com')];
    assert.match(unmetReview(critical, twice, ['a@x'], policy) ?? '', /^1 of 2/);
  });

  it('are what each person said last', () => {
    const yes = by('senior@example.com');
    const no = by('senior@example.com', { state: 'changes-requested' });
    assert.equal(unmetReview(high, [yes, no], [], policy), 'a reviewer asks for changes');
    assert.equal(unmetReview(high, [no, yes], [], policy), undefined);
    assert.equal(unmetReview(high, [yes, by('senior@example.com', { state: 'commented' })], [], policy), undefined);
    assert.match(
      unmetReview(high, [yes, by('senior@example.com', { state: 'dismissed' })], [], policy) ?? '',
      /^0 of 1/,
    );
  });

  it('hold an authorization where the policy demands one', () => {
    const two = [by('senior@example.com'), by('7+octo@users.noreply.github.com')];
    assert.equal(unmetReview(critical, two, [], policy), 'nobody authorized it');
    assert.equal(unmetReview(critical, [...two, by('boss@example.com', { authorizes: true })], [], policy), undefined);
  });

  it('are read in our form and in those of the platforms', () => {
    assert.deepEqual(parseApprovals([{ email: 'A@x', state: 'APPROVED', commit: 'abc' }]), [
      { emails: ['a@x'], state: 'approved', commit: 'abc' },
    ]);
    const github = parseApprovals([
      { user: { login: 'Octo', id: 7 }, state: 'CHANGES_REQUESTED', commit_id: 'f00' },
      { user: { login: 'Octo', id: 7 }, state: 'APPROVED', commit_id: 'f00' },
    ]);
    assert.equal(unmetReview(high, github, [], policy), undefined);
    const gitlab = parseApprovals({ approved_by: [{ user: { id: 9, username: 'fox' } }] });
    assert.equal(unmetReview(high, gitlab, [], policy), undefined);
    for (const bad of [null, {}, [1], [{ email: 'a@x' }], [{ state: 'approved' }], [{ email: 'a@x', state: 'maybe' }]])
      assert.throws(() => parseApprovals(bad), /approval/, JSON.stringify(bad));
  });

  it('may be claimed by a message, where the gate is told to believe it', () => {
    const message =
      'S\n\nReviewed-by: Senior <senior@example.com>\nAuthorized-by: Boss <boss@example.com>\n> Reviewed-by: Q <q@x>\nReviewed-by: no address\n';
    assert.deepEqual(claimedApprovals(message), [
      { emails: ['senior@example.com'], state: 'approved' },
      { emails: ['boss@example.com'], state: 'approved', authorizes: true },
    ]);
  });
});
