import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parsePolicy, type ParseOptions } from '../../../../src/core/policy/index.ts';
import type { PolicyProblem } from '../../../../src/core/policy/model.ts';
import { cpuTime } from '../../cpuTime.ts';

const now = new Date('2026-06-01T12:00:00Z');
const parse = (text: string, options: ParseOptions = {}): ReturnType<typeof parsePolicy> =>
  parsePolicy(text, 'countersign.yaml', { now, ...options });
/** The text that a problem points at. */
function marked(text: string, p: PolicyProblem): string {
  const lines = text.split('\n');
  if (p.line === p.endLine) return (lines[p.line - 1] ?? '').slice(p.column, p.endColumn);
  return [
    (lines[p.line - 1] ?? '').slice(p.column),
    ...lines.slice(p.line, p.endLine - 1),
    (lines[p.endLine - 1] ?? '').slice(0, p.endColumn),
  ].join('\n');
}

test('the example of the reference is read in full', () => {
  const text = `version: 1
reviewBy: 2027-02-01            # quarterly
protected:
  - name: production infrastructure
    paths: ["infra/**", "**/*.tf", "!**/examples/**"]
    ai: justify
    human: justify
    tier: critical
    justification: { minLength: 30, ticket: "[A-Z]+-[0-9]+", expires: 8h }
    review: { reviewers: 2, seniority: senior }
  - paths: [src/auth/**]
rules:
  disable: [tls-verify-off]
  tiers: { dependency-added: medium }
  custom:
    - { id: no-raw-clock, message: Use the injected clock, tier: medium, languages: [typescript], pattern: "Date\\\\.now\\\\(" }
review:
  high: { reviewers: 1, seniority: senior }
  critical: { reviewers: 2, seniority: senior, authorization: required }
  ai: { junior: senior, mid: senior }
people: [{ email: "a@b.example", seniority: junior }]
agents:
  claude-code: { scope: ["src/ui/**"], commands: { deny: ["terraform *"] } }
commit: { trailers: required }
audit: { reasoning: text, retention: 400d }
guard: { strict: true }
exceptions:
  - { rule: secret-in-code, reason: test keys, by: a@b.example, until: 2026-12-31 }
tests:
  - { path: infra/main.tf, expect: justify }
`;
  const { policy, problems, tests } = parse(text);
  assert.deepEqual(problems, []);
  assert.ok(policy);
  const own = policy.protected.filter((e) => e.source === 'repository');
  assert.deepEqual(own[0], {
    name: 'production infrastructure',
    paths: ['infra/**', '**/*.tf', '!**/examples/**'],
    base: '',
    ai: 'justify',
    human: 'justify',
    tier: 'critical',
    justification: { minLength: 30, expiresMs: 8 * 3600_000, ticket: '[A-Z]+-[0-9]+' },
    review: { reviewers: 2, seniority: 'senior' },
    source: 'repository',
    location: { file: 'countersign.yaml', line: 4 },
  });
  assert.deepEqual(
    [own[1]?.name, own[1]?.ai, own[1]?.human, own[1]?.tier, own[1]?.justification],
    ['src/auth/**', 'justify', 'justify', 'high', { minLength: 20, expiresMs: 28_800_000 }],
  );
  assert.equal(policy.rules.custom[0]?.pattern, 'Date\\.now\\(');
  assert.deepEqual(policy.review.byTier.critical, { reviewers: 2, seniority: 'senior', authorization: 'required' });
  assert.deepEqual(policy.review.ai, { junior: 'senior', mid: 'senior' });
  assert.deepEqual(policy.agents, {
    'claude-code': { scope: ['src/ui/**'], commands: { allow: [], deny: ['terraform *'] } },
  });
  assert.deepEqual(
    [policy.commit.trailers, policy.audit, policy.guard.strict],
    ['required', { reasoning: 'text', retentionMs: 400 * 86_400_000 }, true],
  );
  assert.equal(policy.exceptions[0]?.until, '2026-12-31');
  assert.deepEqual(tests, [{ path: 'infra/main.tf', by: 'ai', expect: 'justify', line: 30 }]);
});

test('every mistake is named at its place', () => {
  const cases: [string, string, RegExp][] = [
    ['version: 2\n', '2', /must be 1/],
    ['version: "1"\n', '"1"', /whole number/],
    ['version: 1\nprotectd: []\n', 'protectd', /did you mean 'protected'/],
    ['version: 1\nfoo: []\n', 'foo', /known: version/],
    ['version: 1\nprotected: {}\n', '{}', /must be a list/],
    ['version: 1\nprotected: [x]\n', 'x', /must be a map/],
    ['version: 1\nprotected:\n  - name: a\n', 'name: a', /needs 'paths'/],
    ['version: 1\nprotected:\n  - paths: []\n', '[]', /must not be empty/],
    ['version: 1\nprotected:\n  - paths: a/**\n', 'a/**', /must be a list/],
    ['version: 1\nprotected:\n  - paths: ["a\\\\b"]\n', '"a\\\\b"', /backslash/],
    ['version: 1\nprotected:\n  - paths: [../x]\n', '../x', /leave the folder/],
    ['version: 1\nprotected:\n  - { paths: [a], ai: prohibt }\n', 'prohibt', /did you mean 'prohibit'/],
    ['version: 1\nprotected:\n  - { paths: [a], human: prohibit }\n', 'prohibit', /'allow' or 'justify'/],
    ['version: 1\nprotected:\n  - { paths: [a], justification: { ticket: "a(" } }\n', '"a("', /bad regular expression/],
    ['version: 1\nprotected:\n  - { paths: [a], justification: { ticket: "(?=a)" } }\n', '"(?=a)"', /look-ahead/],
    ['version: 1\nprotected:\n  - { paths: [a], justification: { expires: 8 hours } }\n', '8 hours', /no duration/],
    ['version: 1\nprotected:\n  - { paths: [a], justification: { expires: 8 } }\n', '8', /duration such as 8h.*quotes/],
    ['version: 1\nprotected:\n  - { paths: [a], justification: { minLength: -1 } }\n', '-1', /from 1 to 400/],
    ['version: 1\nprotected:\n  - { paths: [a], tier: hihg }\n', 'hihg', /did you mean 'high'/],
    ['version: 1\nreviewBy: tomorrow\n', 'tomorrow', /no date/],
    ['version: 1\nreviewBy: 2026-02-30\n', '2026-02-30', /no date/],
    ['version: 1\nguard: { strict: yes }\n', 'yes', /true or false/],
    ['version: 1\ncommit:\n', 'commit', /nothing is there/],
    ['version: 1\naudit: { retention: 0d }\n', '0d', /no duration/],
    [
      'version: 1\nrules:\n  custom:\n    - { id: a, message: m }\n',
      '{ id: a, message: m }',
      /needs 'pattern' or 'query'/,
    ],
    ['version: 1\nrules:\n  custom:\n    - { id: A b, message: m, pattern: x }\n', 'A b', /must look like/],
    [
      'version: 1\nrules:\n  custom:\n    - { id: a, message: m, pattern: x }\n    - { id: a, message: m, pattern: x }\n',
      'a',
      /twice/,
    ],
    [
      'version: 1\nexceptions:\n  - { reason: r, by: b, until: 2027-01-01 }\n',
      '{ reason: r, by: b, until: 2027-01-01 }',
      /needs 'rule' or 'path'/,
    ],
    ['version: 1\nversion: 1\n', 'version', /twice/],
  ];
  for (const [text, at, message] of cases) {
    const { policy, problems } = parse(text);
    assert.equal(policy, undefined, text);
    const errors = problems.filter((p) => p.severity === 'error');
    assert.equal(errors.length, 1, `${text}: ${JSON.stringify(problems)}`);
    assert.match(errors[0]!.message, message, text);
    assert.ok(
      marked(text, errors[0]!).startsWith(at) || marked(text, errors[0]!) === at,
      `${text}: marks ${JSON.stringify(marked(text, errors[0]!))}`,
    );
  }
});

test('YAML that people get wrong is explained', () => {
  const cases: [string, RegExp, number][] = [
    ['version: 1\nprotected:\n  - paths: [**/*.tf]\n', /must be quoted/, 3],
    ['version: 1\nprotected:\n  - paths: [!**/x]\n', /must be quoted/, 3],
    ['version: 1\nprotected:\n  - paths:\n    - *.tf\n', /must be quoted/, 4],
    ['version: 1\nprotected:\n\t- paths: [a]\n', /tab/i, 3],
    ['version: 1\n---\nversion: 1\n', /one YAML document/, 2],
    ['version: 1\nprotected: [\n', /./, 3],
    ['- version: 1\n', /must be a map/, 1],
    ['just text\n', /must be a map/, 1],
    ['', /must be a map.*nothing/, 1],
    ['# only a comment\n', /must be a map.*nothing/, 1],
    ['a: &x 1\nversion: *x\n', /unknown key|anchors|alias/, 1],
    ['version: &v 1\n', /anchors are not allowed/, 1],
    ['version: 1\npeople: &p []\nprotected: *p\n', /anchors are not allowed/, 2],
    ['version: !!int "1"\n', /whole number|tags/, 1],
    ['version: 1\n<<: { rules: {} }\n', /unknown key '<<'/, 2],
    ['version: 1\n? [a]\n: b\n', /plain word/, 2],
    ['version: 1\n__proto__: {}\n', /__proto__/, 2],
    ['version: 1\nagents: { __proto__: {} }\n', /__proto__/, 2],
  ];
  for (const [text, message, line] of cases) {
    const { policy, problems } = parse(text);
    if (!/!!int/.test(text)) assert.equal(policy, undefined, text);
    if (policy) continue;
    assert.match(problems.map((p) => p.message).join('\n'), message, text);
    assert.ok(
      problems.some((p) => p.line === line),
      `${text}: line ${JSON.stringify(problems)}`,
    );
  }
});

test('bombs are refused quickly', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
    .split('')
    .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefghij'[i]}`).join(',')}]`)
    .join('\n')}\n`;
  const inputs = [
    bomb,
    `version: 1\nprotected: ${'['.repeat(100_000)}`,
    `version: 1\nprotected:\n${Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}- `).join('\n')}`,
    `version: 1\n${'x'.repeat(1024 * 1024)}`,
    `version: 1\nprotected:\n${'  - { paths: ["a"] }\n'.repeat(40_000)}`,
    `version: 1\nx: |\n${'  é\n'.repeat(200_000)}`,
    'a: 1\n'.repeat(50_000),
    `version: 1\nrules: { disable: [${'a,'.repeat(30_000)}] }\n`,
  ];
  for (const text of inputs) {
    const start = cpuTime();
    const { policy, problems } = parse(text);
    const took = cpuTime() - start;
    assert.equal(policy, undefined);
    assert.ok(problems.length >= 1 && problems.length <= 100, String(problems.length));
    assert.ok(took < 4000, `${text.slice(0, 30)} took ${took} ms`);
  }
});

test('dates that have passed are warnings, with the clock handed in', () => {
  const text = 'version: 1\nreviewBy: 2026-05-31\nexceptions: [{ rule: r, reason: r, by: b, until: 2026-05-31 }]\n';
  const { policy, problems } = parse(text);
  assert.ok(policy);
  assert.deepEqual(
    problems.map((p) => [p.severity, p.line, marked(text, p)]),
    [
      ['warning', 2, '2026-05-31'],
      ['warning', 3, '2026-05-31'],
    ],
  );
  assert.deepEqual(parse(text.replaceAll('05-31', '06-01')).problems, [], 'the day itself is included');
  assert.deepEqual(parsePolicy(text, 'f').problems, [], 'no clock, no judgement');
});

test('rule and agent ids that do not exist are warnings', () => {
  const text =
    'version: 1\nrules:\n  disable: [tls-verfy-off]\n  tiers: { zzz: low }\nagents: { claude-cod: {}, "*": {} }\n';
  const { policy, problems } = parse(text, { knownRules: ['tls-verify-off'], knownAgents: ['claude-code'] });
  assert.ok(policy);
  assert.deepEqual(
    problems.map((p) => [p.severity, marked(text, p)]),
    [
      ['warning', 'tls-verfy-off'],
      ['warning', 'zzz'],
      ['warning', 'claude-cod'],
    ],
  );
  assert.match(problems[0]!.message, /did you mean 'tls-verify-off'/);
});

test('a nested policy that would loosen is told so, at its line', () => {
  const text = 'version: 1\nrules: { disable: [x] }\nprotected:\n  - { paths: [a], ai: allow }\n';
  const { policy, problems } = parse(text, { base: 'sub' });
  assert.ok(policy);
  assert.deepEqual(
    problems.map((p) => [p.severity, marked(text, p)]),
    [
      ['warning', 'rules'],
      ['warning', 'allow'],
    ],
  );
});

test('CRLF and a byte order mark change nothing but columns stay true', () => {
  const text = '\ufeffversion: 1\r\nprotected:\r\n  - paths: [a]\r\n    ai: nope\r\n';
  const { problems } = parse(text);
  assert.deepEqual([problems[0]?.line, problems[0]?.column, problems[0]?.endColumn], [4, 8, 12]);
});

test('no text makes the parser throw; a policy comes exactly when there is no error', () => {
  const piece = fc.constantFrom(
    'version: 1\n',
    'protected:\n',
    '  - paths: [',
    ']',
    '"a/**"',
    '!x',
    '*',
    '&a',
    '- ',
    ': ',
    '{',
    '}',
    '\n',
    '  ',
    '\t',
    '#',
    '|',
    '>',
    '\u0000',
    '\u2028',
    'é',
    "'",
    '"',
    '%YAML 1.1\n',
    '---\n',
    '...\n',
    '? ',
    '<<',
  );
  const any = fc.oneof(
    fc.array(piece, { maxLength: 25 }).map((p) => p.join('')),
    fc.string({ unit: 'binary', maxLength: 60 }),
  );
  fc.assert(
    fc.property(any, (text) => {
      const { policy, problems } = parse(text);
      assert.equal(
        policy === undefined,
        problems.some((p) => p.severity === 'error'),
      );
      for (const p of problems) {
        assert.ok(p.line >= 1 && p.column >= 0 && (p.endLine > p.line || p.endColumn >= p.column));
        assert.doesNotMatch(p.message, /\p{Cc}/u);
      }
    }),
    { seed: 3, numRuns: 3000 },
  );
});
