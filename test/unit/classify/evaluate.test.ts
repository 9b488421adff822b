import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, withoutExcepted } from '../../../src/core/evaluate.ts';
import type { Classification, LineOrigin } from '../../../src/core/model.ts';
import { defaultPolicy, verdictFor } from '../../../src/core/policy/index.ts';
import type { Policy, ProtectedEntry } from '../../../src/core/policy/model.ts';

const entry = (over: Partial<ProtectedEntry>): ProtectedEntry => ({
  name: 'infrastructure',
  paths: ['infra/**'],
  base: '',
  ai: 'justify',
  human: 'justify',
  tier: 'critical',
  justification: { minLength: 10, expiresMs: 1000 },
  source: 'repository',
  ...over,
});
const policy = (entries: ProtectedEntry[], exceptions: Policy['exceptions'] = []): Policy => ({
  ...defaultPolicy,
  protected: entries,
  exceptions,
});
const feature: Classification = { tier: 'medium', changeType: 'feature', findings: [] };
const ai: LineOrigin = { origin: 'ai', evidence: 'hook' };
const human: LineOrigin = { origin: 'human', evidence: 'editor' };
const unknown: LineOrigin = { origin: 'unknown', evidence: 'none' };
const now = '2026-11-21T08:00:00.000Z';
const run = (p: Policy, origin: LineOrigin | null, over: object = {}) =>
  evaluate({
    path: 'infra/a.tf',
    verdict: verdictFor(p, 'infra/a.tf'),
    classification: feature,
    origins: [{ count: 3, origin }],
    now,
    policy: p,
    ...over,
  });

test('an unprotected path is allowed with the tier of its change', () => {
  const p = policy([entry({ paths: ['other/**'] })]);
  assert.deepEqual(run(p, ai), { decision: 'allow', tier: 'medium', reasons: [] });
});

test('AI lines, and lines nobody saw, ask for a justification or are refused', () => {
  for (const origin of [ai, unknown]) {
    assert.equal(run(policy([entry({})]), origin).decision, 'justify');
    assert.equal(run(policy([entry({ ai: 'prohibit' })]), origin).decision, 'deny');
    assert.equal(run(policy([entry({ ai: 'allow', human: 'allow' })]), origin).decision, 'allow');
  }
});

test("a person's lines ask unless the policy lets people pass", () => {
  assert.equal(run(policy([entry({})]), human).decision, 'justify');
  assert.equal(run(policy([entry({ human: 'allow' })]), human).decision, 'allow');
  assert.equal(run(policy([entry({ ai: 'prohibit', human: 'allow' })]), human).decision, 'allow');
});

test('AI deletions count, and a deletion nobody saw asks', () => {
  assert.equal(run(policy([entry({ human: 'allow' })]), null, { aiDeleted: 1 }).decision, 'justify');
  assert.equal(run(policy([entry({})]), null).decision, 'justify');
});

test('a note covers a justification, never a prohibition', () => {
  const covered = { id: 'n' };
  assert.equal(run(policy([entry({})]), ai, { covered }).decision, 'allow');
  assert.equal(run(policy([entry({ ai: 'prohibit' })]), ai, { covered }).decision, 'deny');
});

test('an exception holds through its last day, and never for built-in protection', () => {
  const exception = { path: 'infra/**', reason: 'incident', by: 'a', until: '2026-11-21' };
  assert.equal(run(policy([entry({ ai: 'prohibit' })], [exception]), ai).decision, 'allow');
  assert.equal(run(policy([entry({ ai: 'prohibit' })], [{ ...exception, until: '2026-11-20' }]), ai).decision, 'deny');
  assert.equal(run(policy([entry({ ai: 'prohibit', source: 'builtin' })], [exception]), ai).decision, 'deny');
});

test('the tier is the higher of path and change', () => {
  assert.equal(run(policy([entry({ tier: 'high' })]), ai).tier, 'high');
  assert.equal(
    run(policy([entry({ tier: 'low' })]), ai, { classification: { ...feature, tier: 'critical' } }).tier,
    'critical',
  );
});

test('a dated exception for a rule takes its findings out', () => {
  const finding = { rule: 'r', category: 'injection', tier: 'high', line: 1, endLine: 1, message: 'm' } as const;
  const p = policy([], [{ rule: 'r', path: 'infra/**', reason: 'x', by: 'a', until: '2026-12-01' }]);
  assert.deepEqual(withoutExcepted([finding], p, 'infra/a.tf', now), []);
  assert.deepEqual(withoutExcepted([finding], p, 'src/a.tf', now), [finding]);
  assert.deepEqual(withoutExcepted([finding], p, 'infra/a.tf', '2026-12-02T00:00:00.000Z'), [finding]);
});
