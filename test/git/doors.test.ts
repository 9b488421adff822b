/**
 * One change, one verdict: the table below goes through every door as a real process (language server over stdio,
 * `classify`, `check`, the git hooks of a commit, the hook of an agent), and each must say what the table says.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';
import { buildBundles } from '../tools/build.ts';
import { ai, Client, messageOf } from '../unit/server/harness.ts';
import { run, World } from './world.ts';

const out = path.resolve(__dirname, '../../node_modules/.cache/countersign-doors-test');

const policy = `version: 1
protected:
  - name: production infrastructure
    paths: ["infra/**"]
    ai: justify
    human: justify
    tier: critical
    justification: { minLength: 10 }
  - name: ledger
    paths: ["ledger/**"]
    ai: prohibit
    human: allow
rules:
  disable: [weak-cryptography]
  tiers: { cors-any-origin: low }
  custom:
    - { id: no-raw-clock, message: Use the injected clock, tier: high, languages: [typescript], pattern: "Date\\\\.now\\\\(" }
    - id: no-print
      message: Use the logger
      tier: medium
      languages: [python]
      query: '(call function: (identifier) @f (#eq? @f "print")) @finding'
commit: { trailers: record }
`;

interface Case {
  readonly path: string;
  readonly before: string | null;
  readonly after: string;
  /** Rule, tier and line of every finding. */
  readonly findings: readonly (readonly [string, string, number])[];
  /** Of the change, without what the path itself asks for. */
  readonly tier: string;
  /** What the policy says to an agent that makes it. */
  readonly decision: 'allow' | 'justify' | 'deny';
}

const cases: readonly Case[] = [
  {
    path: 'src/plain.ts',
    before: 'export const a = 1;\n',
    after: 'export const a = 1;\nexport const b = 2;\n',
    findings: [],
    tier: 'medium',
    decision: 'allow',
  },
  {
    path: 'src/layout.ts',
    before: 'export function sum(a: number, b: number) { return a + b; }\n',
    after: 'export function sum(a: number, b: number) {\n  // Both are finite.\n  return a + b;\n}\n',
    findings: [],
    tier: 'low',
    decision: 'allow',
  },
  {
    path: 'src/client.ts',
    before: "import https from 'node:https';\n\nexport const agent = new https.Agent();\n",
    after: "import https from 'node:https';\n\nexport const agent = new https.Agent({ rejectUnauthorized: false });\n",
    findings: [['tls-verify-off', 'critical', 3]],
    tier: 'critical',
    decision: 'allow',
  },
  {
    path: 'src/clock.ts',
    before: 'export const now = (clock: Clock): number => clock.now();\n',
    after: 'export const now = (): number => Date.now();\n',
    findings: [['no-raw-clock', 'high', 1]],
    tier: 'high',
    decision: 'allow',
  },
  {
    path: 'src/report.py',
    before: 'import logging\n\n\ndef report(rows):\n    logging.info(len(rows))\n',
    after: 'import logging\n\n\ndef report(rows):\n    print(\n        len(rows)\n    )\n',
    findings: [['no-print', 'medium', 5]],
    tier: 'medium',
    decision: 'allow',
  },
  {
    path: 'src/load.py',
    before: 'import yaml\n\n\ndef load(text):\n    return yaml.safe_load(text)\n',
    after: 'import pickle\n\n\ndef load(text):\n    return pickle.loads(text)\n',
    findings: [['unsafe-deserialization', 'high', 5]],
    tier: 'high',
    decision: 'allow',
  },
  {
    path: 'src/hash.py',
    before: 'import hashlib\n\n\ndef digest(password):\n    return hashlib.sha256(password).hexdigest()\n',
    after: 'import hashlib\n\n\ndef digest(password):\n    return hashlib.md5(password).hexdigest()\n',
    findings: [],
    tier: 'medium',
    decision: 'allow',
  },
  {
    path: 'src/server.js',
    before: "const cors = require('cors');\napp.use(cors({ origin: 'https://shop.example' }));\n",
    after: "const cors = require('cors');\napp.use(cors({ origin: '*', credentials: true }));\n",
    findings: [['cors-any-origin', 'low', 2]],
    tier: 'medium',
    decision: 'allow',
  },
  {
    path: 'migrations/0002.sql',
    before: null,
    after: 'ALTER TABLE orders ADD COLUMN note text;\nDROP TABLE invoices;\n',
    findings: [['sql-data-loss', 'critical', 2]],
    tier: 'critical',
    decision: 'allow',
  },
  {
    path: '.github/workflows/ci.yml',
    before:
      'on: push\npermissions:\n  contents: read\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n',
    after: 'on: push\npermissions: write-all\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n',
    findings: [['workflow-permissions', 'critical', 2]],
    tier: 'critical',
    decision: 'allow',
  },
  {
    path: 'infra/bucket.tf',
    before: 'resource "aws_s3_bucket" "logs" {\n  bucket = "logs"\n}\n',
    after: 'resource "aws_s3_bucket" "logs" {\n  bucket = "logs"\n  acl    = "public-read"\n}\n',
    findings: [['cloud-public-access', 'critical', 3]],
    tier: 'critical',
    decision: 'justify',
  },
  {
    path: 'infra/notes.md',
    before: '# Notes\n',
    after: '# Notes\n\nThe bucket is private.\n',
    findings: [],
    tier: 'low',
    decision: 'justify',
  },
  {
    path: 'ledger/book.go',
    before: 'package ledger\n\nfunc Add(a, b int) int {\n\treturn a + b\n}\n',
    after: 'package ledger\n\nfunc Add(a, b int) int {\n\treturn a - b\n}\n',
    findings: [],
    tier: 'medium',
    decision: 'deny',
  },
];

const order = ['low', 'medium', 'high', 'critical'];
const expected = (c: Case): string[] => c.findings.map((f) => f.join(' '));
const brief = (f: { rule: string; tier: string; line: number }): string => `${f.rule} ${f.tier} ${f.line}`;

let world: World;
const cli = path.join(out, 'cli.js');
const children: ChildProcess[] = [];

before(async () => {
  await buildBundles(out);
  world = await World.make({ policy });
  for (const c of cases) if (c.before !== null) await world.write(c.path, c.before);
  await world.git('add', '-A');
  // The people who wrote this were here before the hooks.
  await world.git('commit', '-q', '--no-verify', '-m', 'texts before');
});
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await world.remove();
});

const ask = (args: readonly string[], input?: string): ReturnType<typeof run> =>
  run(process.execPath, [cli, ...args], { cwd: world.dir, env: world.env, ...(input !== undefined && { input }) });

test('classify', async () => {
  const rows = cases.map((c, id) => JSON.stringify({ id, path: c.path, before: c.before, after: c.after }));
  const { code, out: answers, err } = await ask(['classify', '--jsonl', '--policy', world.dir], `${rows.join('\n')}\n`);
  assert.equal(code, 0, err);
  for (const [id, line] of answers.trim().split('\n').entries()) {
    const verdict = JSON.parse(line) as {
      id: number;
      tier: string;
      findings: { rule: string; tier: string; line: number }[];
    };
    const c = cases[id]!;
    assert.equal(verdict.id, id);
    assert.deepEqual(verdict.findings.map(brief), expected(c), c.path);
    assert.equal(verdict.tier, c.tier, c.path);
  }
});

test('the language server', async () => {
  const child = spawn(process.execPath, [cli, 'lsp', '--stdio'], { cwd: world.dir, env: world.env, stdio: 'pipe' });
  children.push(child);
  const client = new Client(
    createProtocolConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin)),
  );
  await client.initialize([world.dir]);
  for (const c of cases) {
    const lines = (c.before ?? '').split('\n').length;
    const uri = await client.open(world.path(c.path), c.before ?? '');
    const range = { start: { line: 0, character: 0 }, end: { line: lines, character: 0 } };
    await client.edit(uri, [{ range, text: c.after }], ai);
    // The summary of a version goes out just before its diagnostics, which are sent only when they changed.
    const said = (): number | undefined => client.summary(uri)?.findings;
    const judged = (): boolean => client.summary(uri)?.version === 2 && said() === client.diagnostics(uri).length;
    await client.until(`a verdict on ${c.path}`, judged);
    assert.equal(client.summary(uri)?.decision, c.decision, c.path);
    const shown = client.diagnostics(uri);
    const guard = shown.filter((d) => d.code === 'protected-path');
    const found = shown
      .filter((d) => d.code !== 'protected-path')
      .map((d) => `${d.code} ${/\((\w+) risk/.exec(messageOf(d))?.[1]} ${d.range.start.line + 1}`);
    assert.deepEqual(found.sort(), expected(c).sort(), c.path);
    assert.equal(guard.length, c.decision === 'allow' ? 0 : 1, c.path);
    await client.close(uri);
  }
  await client.stop();
});

test("the agent's hook", async () => {
  for (const c of cases) {
    const payload = {
      session_id: '11111111-2222-4333-8444-555555555555',
      transcript_path: '/home/ada/.claude/projects/-srv-lib/11111111.jsonl',
      cwd: world.dir,
      permission_mode: 'default',
      hook_event_name: 'PreToolUse',
      tool_name: 'Write',
      tool_use_id: 'toolu_a1',
      tool_input: { file_path: world.path(c.path), content: c.after },
    };
    const { code, out: answer, err } = await ask(['hook', 'claude-code'], JSON.stringify(payload));
    const said =
      answer.trim() === ''
        ? undefined
        : (JSON.parse(answer) as { hookSpecificOutput?: { permissionDecision?: string } });
    // Refusals are said by the exit code, which holds whatever the agent makes of the answer.
    assert.equal(code, c.decision === 'deny' ? 2 : 0, err);
    const decision = code === 2 ? 'deny' : (said?.hookSpecificOutput?.permissionDecision ?? 'allow');
    assert.equal(decision, c.decision === 'justify' ? 'ask' : c.decision, c.path);
  }
});

test('check of what is staged', async () => {
  for (const c of cases) await world.write(c.path, c.after);
  await world.git('add', '-A');
  const { code, out: answer, err } = await ask(['check', '--staged', '--format', 'json']);
  assert.equal(code, 1, err);
  const report = JSON.parse(answer) as {
    files: { path: string; tier: string; findings: { rule: string; tier: string; line: number }[] }[];
  };
  for (const c of cases) {
    const file = report.files.find((f) => f.path === c.path);
    assert.deepEqual(file?.findings.map(brief), expected(c), c.path);
    assert.equal(file?.tier, c.tier, c.path);
  }
  await world.git('reset', '-q', '--hard');
  await world.git('clean', '-qfd');
});

test('the git hooks of a commit', async () => {
  for (const c of cases) {
    await fs.mkdir(path.dirname(world.path(c.path)), { recursive: true });
    await world.ai(c.path, c.after);
    await world.git('add', '-A');
    const { code, err } = await world.tryGit(['commit', '-q', '-m', `change ${c.path}`]);
    if (c.decision === 'allow') {
      assert.equal(code, 0, err);
      await world.settle();
      assert.equal((await world.record()).provenance.risk, c.tier, c.path);
    } else {
      assert.equal(code, 1, `${c.path} is committed`);
      assert.match(err, c.decision === 'deny' ? /AI may not change|prohibit/ : /justification/, c.path);
      await world.git('reset', '-q', '--hard');
    }
    assert.ok(order.includes(c.tier));
  }
});
