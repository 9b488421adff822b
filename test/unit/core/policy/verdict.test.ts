import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  defaultPolicy,
  explainPath,
  formatDuration,
  isProtectedHomePath,
  mergePolicies,
  parseDuration,
  parsePolicy,
  policyDigest,
  verdictFor,
} from '../../../../src/core/policy/index.ts';
import { evaluate } from '../../../../src/core/evaluate.ts';
import type { Policy } from '../../../../src/core/policy/model.ts';
import { sha256 } from '../../../../src/platform/crypto.ts';

function policy(text: string, source: 'repository' | 'managed' = 'repository', base = ''): Policy {
  const parsed = parsePolicy(`version: 1\n${text}`, base === '' ? 'countersign.yaml' : `${base}/countersign.yaml`, {
    source,
    base,
  });
  assert.ok(parsed.policy, JSON.stringify(parsed.problems));
  return parsed.policy;
}
const modes = (p: Policy, path: string, nocase = false): string => {
  const v = verdictFor(p, path, { nocase });
  return `${v.ai} ${v.human} ${v.tier}`;
};

test('without a policy the sensitive places ask for a reason from AI only', () => {
  const asked = [
    '.github/workflows/ci.yml', '.github/actions/x/action.yml', '.gitlab-ci.yml', 'Jenkinsfile', 'infra/main.ts', 'a/b/main.tf', 'prod.tfvars',
    'k8s/app.yaml', 'Dockerfile', 'svc/Dockerfile.prod', 'docker-compose.yml', 'compose.override.yaml', 'db/migrations/001.sql', 'prisma/schema.prisma',
    'src/auth/login.ts', 'lib/iam/roles.py', 'src/auth.ts', '.env', 'app/.env.local', 'config/production.yml',
    'values-prod.yaml',
    'app.prod.eu.json', 'key.pem', '.npmrc', 'AGENTS.md', '.mcp.json',
    'CODEOWNERS', '.github/CODEOWNERS', '.vscode/tasks.json',
  ]; // prettier-ignore
  for (const p of asked) assert.match(modes(defaultPolicy, p), /^justify allow/, p);
  const free = [
    'src/a.ts',
    'README.md',
    'docs/auth/README.md',
    'src/author.ts',
    '.env.example',
    'infra/README.md',
    'package.json',
    '.github/ISSUE_TEMPLATE/a.md',
    'src/authors/list.ts',
    'src/reproduce.ts',
    'product.json',
    'src/products.yml',
    '.gitignore',
  ];
  for (const p of free) assert.equal(modes(defaultPolicy, p), 'allow allow low', p);
});

test('what guards the guard is closed to AI under every policy, in every spelling, open to people', () => {
  const paths = [
    'countersign.yaml', 'sub/countersign.yaml', 'COUNTERSIGN.YAML', '.git', '.git/hooks/pre-commit', '.git/config', '.GIT/Hooks/pre-commit', '.g\u200cit/config',
    'sub/.git/config', '.git/modules/x/hooks/post-checkout', '.git/countersign/audit/audit-000001.jsonl', '.husky/pre-commit', '.githooks/x', 'lefthook.yml',
    '.lefthook.toml', 'lefthook-local.yml', '.pre-commit-config.yaml', '.claude/settings.json', '.claude/settings.local.json', 'pkg/.claude/settings.json', '.cursor/hooks.json',
    '.github/hooks/x.json', '.codex/config.toml', '.gemini/settings.json', '.agents/x', '.windsurf/hooks.json', '.devin/x', '.kiro/x', '.factory/x',
    '.clinerules/hooks/x', '.opencode/plugin/x.ts', '.vscode/settings.json', '.claude/worktrees/w/.git', '.claude/worktrees/w/.claude/settings.json', 'a.code-workspace',
  ]; // prettier-ignore
  for (const p of [
    defaultPolicy,
    policy(''),
    policy('protected: [{ paths: ["!**"] }, { paths: ["**"], ai: allow, human: allow }]'),
  ])
    for (const path of paths) assert.match(modes(p, path), /^prohibit/, path);
  for (const path of paths) assert.match(modes(policy(''), path), /^prohibit allow critical/, path);
  for (const path of [
    '.git/COMMIT_EDITMSG',
    '.git/info/exclude',
    '.claude/worktrees/w/src/a.ts',
    'docs/countersign.yaml.md',
    '.gitignore',
    'src/.gitkeep',
    'claude/x',
  ])
    assert.match(modes(policy(''), path), /^allow/, path);
  for (const path of [
    '.claude/settings.json',
    '.claude.json',
    '.cursor/hooks.json',
    '.config/opencode/x',
    '.gitconfig',
    '.Codex/config.toml',
    '.aws/amazonq/x',
  ])
    assert.equal(isProtectedHomePath(path), true, path);
  for (const path of ['.claude/projects/x/y.jsonl', '.claude/todos/1.json', 'src/a.ts', '.config/other'])
    assert.equal(isProtectedHomePath(path), false, path);
});

test('last match wins within an entry, the strictest over entries', () => {
  const p = policy(`protected:
  - { name: a, paths: ["infra/**", "!infra/docs/**", "infra/docs/keys/**"], ai: prohibit, human: allow, tier: medium }
  - { name: b, paths: ["**/*.tf"], tier: critical, justification: { minLength: 50, expires: 1h } }
  - { name: c, paths: ["infra/**"], ai: allow, human: justify, tier: low, justification: { minLength: 5, ticket: "T-[0-9]+", expires: 2d } }
`);
  assert.equal(modes(p, 'infra/a'), 'prohibit justify medium');
  assert.equal(modes(p, 'infra/docs/a'), 'allow justify low');
  assert.equal(modes(p, 'infra/docs/keys/a'), 'prohibit justify medium');
  const v = verdictFor(p, 'infra/x.tf');
  assert.deepEqual(
    v.entries.map((e) => e.name),
    ['a', 'b', 'c'],
  );
  assert.deepEqual(v.justification, { minLength: 50, expiresMs: 3_600_000, ticket: 'T-[0-9]+' });
  assert.equal(modes(p, 'INFRA/A'), 'allow allow low');
  assert.equal(modes(p, 'INFRA/A', true), 'prohibit justify medium');
});

test('nested policies only add, and only below their folder', () => {
  const root = policy('protected: [{ paths: ["db/**"], ai: prohibit }]\nrules: { disable: [a] }');
  const nested = policy(
    'protected: [{ paths: ["**"], ai: allow, human: allow }, { name: n, paths: ["*.sql", "/x/"] }]\nrules: { disable: [b] }\ncommit: { trailers: required }',
    'repository',
    'db',
  );
  const merged = mergePolicies({ repository: root, nested: [{ base: 'db', policy: nested }] });
  assert.match(modes(merged, 'db/a.sql'), /^prohibit justify/);
  assert.deepEqual(merged.rules.disable, ['a']);
  assert.equal(merged.commit.trailers, 'off');
  assert.equal(merged.origin, 'merged');
  const free = mergePolicies({ repository: policy(''), nested: [{ base: 'db', policy: nested }] });
  assert.match(modes(free, 'db/a.sql'), /^justify justify/);
  assert.match(modes(free, 'db/x/y'), /^justify justify/);
  assert.match(modes(free, 'a.sql'), /^allow/);
  assert.match(modes(free, 'db2/a.sql'), /^allow/);
  assert.match(modes(free, 'DB/a.sql', true), /^justify/);
});

test('a managed policy cannot be loosened by the repository', () => {
  const managed = policy(
    `protected: [{ paths: ["pay/**"], ai: prohibit, tier: critical }]
rules: { tiers: { tls-verify-off: critical }, custom: [{ id: own, message: m, pattern: x }] }
review: { high: { reviewers: 2, seniority: senior } }
people: [{ email: "J@x.example", seniority: junior }]
agents: { claude-code: { scope: ["src/**"], commands: { deny: ["terraform *"] } } }
commit: { trailers: record }
audit: { reasoning: "off", retention: 400d }
guard: { strict: true }`,
    'managed',
  );
  const loose = policy(
    `protected: [{ paths: ["pay/**"], ai: allow, human: allow }]
rules: { disable: [tls-verify-off, own, other], tiers: { tls-verify-off: low }, custom: [{ id: own, message: m, pattern: y }] }
review: { high: { reviewers: 1, seniority: junior } }
people: [{ email: "j@x.example", seniority: principal }, { email: "k@x.example", seniority: mid }]
agents: { claude-code: { scope: ["**"], commands: { allow: ["terraform *"], deny: ["rm *"] } } }
commit: { trailers: "off" }
audit: { reasoning: text, retention: 1d }`,
  );
  const m = mergePolicies({ managed, repository: loose });
  assert.match(modes(m, 'pay/a'), /^prohibit justify critical/);
  assert.deepEqual(m.rules.disable, ['other']);
  assert.equal(m.rules.tiers['tls-verify-off'], 'critical');
  assert.equal(m.rules.custom.find((r) => r.id === 'own')?.pattern, 'x');
  assert.deepEqual(m.review.byTier.high, { reviewers: 2, seniority: 'senior' });
  assert.deepEqual(
    m.people.map((p) => p.seniority),
    ['junior', 'mid'],
  );
  assert.deepEqual(m.agents['claude-code'], {
    scope: ['src/**'],
    commands: { allow: [], deny: ['terraform *', 'rm *'] },
  });
  assert.deepEqual(
    [m.commit.trailers, m.audit.reasoning, m.audit.retentionMs, m.guard.strict],
    ['record', 'off', 400 * 86_400_000, true],
  );
  const strict = mergePolicies({
    managed,
    repository: policy(
      'commit: { trailers: required }\nreview: { high: { reviewers: 3, seniority: principal, authorization: required } }',
    ),
  });
  assert.equal(strict.commit.trailers, 'required');
  assert.deepEqual(strict.review.byTier.high, { reviewers: 3, seniority: 'principal', authorization: 'required' });
  const alone = mergePolicies({ managed });
  assert.equal(alone.origin, 'managed');
  assert.match(
    modes(alone, '.github/workflows/x.yml'),
    /^justify allow/,
    'the default entries stay where no repository policy speaks',
  );
});

test('an exception of the repository does not lift a managed entry', () => {
  const exception = 'exceptions: [{ path: "pay/**", reason: r, by: b, until: 2030-01-01 }]';
  const decide = (p: Policy): string =>
    evaluate({
      path: 'pay/a',
      verdict: verdictFor(p, 'pay/a'),
      classification: { tier: 'low', changeType: 'feature', findings: [] },
      origins: [{ count: 1, origin: { origin: 'ai', evidence: 'hook' } }],
      now: '2026-01-01T00:00:00.000Z',
      policy: p,
    }).decision;
  const entry = 'protected: [{ paths: ["pay/**"], ai: prohibit }]\n';
  const managed = policy(entry, 'managed');
  assert.equal(decide(mergePolicies({ repository: policy(entry + exception) })), 'allow');
  assert.equal(decide(mergePolicies({ managed, repository: policy(exception) })), 'deny');
  assert.equal(
    decide(mergePolicies({ managed: policy(entry + exception, 'managed'), repository: policy('') })),
    'allow',
  );
});

test('adding an entry or a nested policy never loosens a verdict', () => {
  const glob = fc.constantFrom('**', 'a/**', '*.tf', '**/*.tf', '!a/b/**', '!**', 'a/*', 'b/{a,c}');
  const entry = fc.record({
    paths: fc.array(glob, { minLength: 1, maxLength: 3 }),
    ai: fc.constantFrom('allow', 'justify', 'prohibit'),
    human: fc.constantFrom('allow', 'justify'),
    tier: fc.constantFrom('low', 'medium', 'high', 'critical'),
  });
  const path = fc.constantFrom('a/b/c.tf', 'a/x', 'b/a', 'x.tf', 'z/y', 'a/b/q');
  const rank = (s: string): number[] => {
    const [ai, human, tier] = s.split(' ') as [string, string, string];
    return [
      ['allow', 'justify', 'prohibit'].indexOf(ai),
      ['allow', 'justify'].indexOf(human),
      ['low', 'medium', 'high', 'critical'].indexOf(tier),
    ];
  };
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 3 }),
      fc.array(entry, { minLength: 1, maxLength: 3 }),
      path,
      (base, more, p) => {
        const repository = policy(`protected: ${JSON.stringify(base)}`);
        const nested = policy(`protected: ${JSON.stringify(more)}`, 'repository', 'a');
        const before = rank(modes(repository, p));
        for (const after of [
          mergePolicies({ repository, nested: [{ base: 'a', policy: nested }] }),
          mergePolicies({ repository, managed: policy(`protected: ${JSON.stringify(more)}`, 'managed') }),
        ])
          rank(modes(after, p)).forEach((r, i) => assert.ok(r >= (before[i] as number)));
      },
    ),
    { seed: 9, numRuns: 500 },
  );
});

test('the digest names what is in force, not how it is written', () => {
  const a = policy('# one\nprotected: [{ name: n, paths: [a], tier: high }]\ncommit: { trailers: record }');
  const b = policy(
    'commit:\n  trailers: record\n\nprotected:\n  - tier: high\n    name: n\n    paths: ["a"]   # comment\n    ai: justify\n',
  );
  const digest = (p: Policy): string => policyDigest(p, sha256);
  assert.match(digest(a), /^p1:[0-9a-f]{16}$/);
  assert.equal(digest(a), digest(b));
  assert.notEqual(
    digest(a),
    digest(policy('protected: [{ name: n, paths: [b], tier: high }]\ncommit: { trailers: record }')),
  );
  assert.equal(digest(JSON.parse(JSON.stringify(a)) as Policy), digest(a), 'survives the cache');
});

test('explainPath says who may do what, and where it is said', () => {
  const p = policy('protected:\n  - { name: prod, paths: ["infra/**"], justification: { ticket: "OPS-[0-9]+" } }\n');
  const text = explainPath(p, 'infra/x');
  assert.match(text, /AI must give a reason; a person must give a reason; at least high risk/);
  assert.match(text, /prod \(countersign\.yaml:3\)/);
  assert.match(text, /20 characters, names a ticket \(OPS-\[0-9\]\+\) and holds for 8h/);
  assert.match(explainPath(p, 'src/a'), /not protected/);
  assert.match(explainPath(p, '.git/config'), /built in/);
});

test('durations: what parses prints back', () => {
  for (const text of ['30s', '30m', '8h', '400d', '90m', '1d'])
    assert.equal(formatDuration(parseDuration(text) as number), text);
  assert.equal(parseDuration('2w'), 14 * 86_400_000);
  for (const text of ['', '8', 'h', '08h', '-1h', '1.5h', '8 h', '8H', '99999999w', '1h30m'])
    assert.equal(parseDuration(text), undefined, text);
});
