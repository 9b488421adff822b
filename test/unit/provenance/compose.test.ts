import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LineOrigin } from '../../../src/core/model.ts';
import { parsePolicy, verdictFor } from '../../../src/core/policy/index.ts';
import { composeRecord, type CommitFile, type ComposeInput } from '../../../src/core/provenance/compose.ts';
import { loosened } from '../../../src/core/provenance/policyChange.ts';
import type { Policy } from '../../../src/core/policy/model.ts';
import { sha256 } from '../../../src/platform/crypto.ts';

const base = `version: 1
protected:
  - name: infra
    paths: ["infra/**"]
    ai: justify
    tier: critical
    justification: { minLength: 10, ticket: "OPS-[0-9]+" }
    review: { reviewers: 2, seniority: senior }
review:
  high: { reviewers: 1, seniority: senior }
  critical: { reviewers: 2, seniority: senior, authorization: required }
  ai: { junior: senior }
people: [{ email: "Junior@b.example", seniority: junior }]
commit: { trailers: required }
`;
const policyOf = (text: string): Policy => {
  const { policy, problems } = parsePolicy(text, 'countersign.yaml');
  assert.ok(policy, JSON.stringify(problems));
  return policy;
};
const policy = policyOf(base);

const ai: LineOrigin = { origin: 'ai', evidence: 'hook', agent: 'claude-code', model: 'm-1' };
const human: LineOrigin = { origin: 'human', evidence: 'editor' };
const unknown: LineOrigin = { origin: 'unknown', evidence: 'none' };

const file = (path: string, origins: CommitFile['origins'], more: Partial<CommitFile> = {}): CommitFile => ({
  path,
  before: null,
  after: origins.flatMap((r) => Array.from({ length: r.count }, (_, i) => `${i}\n`)).join(''),
  added: origins.reduce((n, r) => n + r.count, 0),
  deleted: 0,
  origins,
  aiDeleted: 0,
  classification: { tier: 'medium', changeType: 'feature', findings: [] },
  verdict: verdictFor(policy, path),
  ...more,
});
const compose = (files: CommitFile[], more: Partial<ComposeInput> = {}): ReturnType<typeof composeRecord> =>
  composeRecord({
    files,
    digest: {
      patch: `d1:${'0'.repeat(32)}`,
      added: files.reduce((n, f) => n + f.added, 0),
      deleted: 0,
      files: files.length,
    },
    policy,
    policyDigest: 'p1:0000000000000000',
    log: '-',
    now: '2026-01-01T00:00:00.000Z',
    sha256,
    ...more,
  });

describe('composeRecord', () => {
  it('counts by origin, and says the weakest evidence for AI lines', () => {
    const { record } = compose([
      file('a.ts', [
        { count: 2, origin: ai },
        { count: 1, origin: { ...ai, evidence: 'heuristic', modified: true } },
        { count: 3, origin: human },
        { count: 1, origin: unknown },
      ]),
    ]);
    const p = record.provenance;
    assert.deepEqual([p.ai, p.added, p.mod, p.unk, p.conf], [3, 7, 1, 1, 'heuristic']);
    assert.deepEqual(record.assistedBy, [{ name: 'Claude', model: 'm-1' }]);
  });

  it("says a person's evidence where no AI took part, and none where nothing was seen", () => {
    assert.equal(compose([file('a.ts', [{ count: 1, origin: human }])]).record.provenance.conf, 'editor');
    assert.equal(compose([file('a.ts', [{ count: 1, origin: unknown }])]).record.provenance.conf, 'none');
    assert.equal(compose([]).record.provenance.risk, 'none');
  });

  it('never counts more than git does', () => {
    const { record } = compose([file('a.ts', [{ count: 5, origin: ai }], { added: 3 })]);
    assert.equal(record.provenance.ai, 3);
  });

  it('refuses a protected change without a reason; a typed reason lets it pass with less confidence', () => {
    const files = [file('infra/a.tf', [{ count: 1, origin: ai }])];
    const refused = compose(files);
    assert.deepEqual(
      refused.refusals.map((r) => [r.path, r.decision]),
      [['infra/a.tf', 'justify']],
    );
    assert.equal(refused.record.provenance.note, '-');
    const typed = compose(files, { typed: 'because of OPS-1\nReviewed-by: Boss' });
    assert.equal(typed.refusals.length, 0);
    assert.equal(typed.record.provenance.conf, 'heuristic');
    assert.equal(typed.record.justification, 'because of OPS-1 Reviewed-by: Boss');
  });

  it('asks for the review of the tier, of the path, and of AI work by this author', () => {
    assert.equal(
      compose([file('infra/a.tf', [{ count: 1, origin: ai }])], { typed: 'OPS-1 because of it' }).record.requiredReview,
      'reviewers=2 seniority=senior authorization=required paths=infra/**',
    );
    const ordinary = [file('a.ts', [{ count: 1, origin: ai }])];
    assert.equal(compose(ordinary).record.requiredReview, undefined);
    assert.equal(
      compose(ordinary, { author: 'junior@b.example' }).record.requiredReview,
      'reviewers=1 seniority=senior',
    );
    assert.equal(
      compose([file('a.ts', [{ count: 1, origin: human }])], { author: 'junior@b.example' }).record.requiredReview,
      undefined,
    );
  });
});

describe('loosened', () => {
  it('sees each way to ask less, and none in asking more', () => {
    for (const [from, to] of [
      ['trailers: required', 'trailers: record'],
      ['"infra/**"', '"infra/x/**"'],
      ['ai: justify', 'ai: allow'],
      ['tier: critical', 'tier: high'],
      ['minLength: 10', 'minLength: 1'],
      ['OPS-[0-9]+', '.*'],
      ['review: { reviewers: 2, seniority: senior }', 'review: { reviewers: 1, seniority: senior }'],
      ['high: { reviewers: 1, seniority: senior }', ''],
      [', authorization: required', ''],
      ['ai: { junior: senior }', 'ai: { junior: junior }'],
      ['seniority: junior }]', 'seniority: senior }]'],
      ['commit:', 'rules: { disable: [tls-verify-off] }\ncommit:'],
      ['commit:', 'exceptions: [{ path: "infra/**", reason: "why not at all", by: me, until: 2030-01-01 }]\ncommit:'],
    ] as const) {
      assert.ok(base.includes(from), from);
      assert.notDeepEqual(loosened(policy, policyOf(base.replace(from, to))), [], `${from} → ${to}`);
    }
    assert.deepEqual(loosened(policy, policy), []);
    const more = policyOf(base.replace('ai: justify', 'ai: prohibit').replace('minLength: 10', 'minLength: 30'));
    assert.deepEqual(loosened(policy, more), []);
  });
});
