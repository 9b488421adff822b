/** Exports against the schemas that others publish (test/fixtures/schemas). */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import * as fc from 'fast-check';
import type { AuditEvent } from '../../../../src/core/audit/model.ts';
import { agentTrace } from '../../../../src/core/exporters/agentTrace.ts';
import { inToto, predicateType } from '../../../../src/core/exporters/inToto.ts';
import type { CommitFacts, ExportMeta } from '../../../../src/core/exporters/model.ts';
import { sarif } from '../../../../src/core/exporters/sarif.ts';
import { gateReportSarif } from '../../../../src/cli/gateReport.ts';

const load = (name: string): Record<string, unknown> =>
  JSON.parse(fs.readFileSync(path.join(__dirname, '../../../fixtures/schemas', name), 'utf8')) as Record<
    string,
    unknown
  >;

const meta: ExportMeta = {
  repository: 'shop',
  generated: '2026-06-01T12:00:00.000Z',
  version: '0.1.0',
  selection: 'agent x',
  head: 'a'.repeat(64),
};

/** Draft 4, whose only words that Ajv 8 reads otherwise are its `$schema` and `id`. */
const { $schema: _draft, id: _id, ...sarifSchema } = load('sarif-2.1.0.json');
const sarifAjv = new Ajv({ strict: false, allErrors: true });
addFormats(sarifAjv);
const isSarif = sarifAjv.compile(sarifSchema);

const traceAjv = new Ajv2020({ strict: false, allErrors: true });
addFormats(traceAjv);
const isTrace = traceAjv.compile(load('agent-trace-0.1.0.json'));

const hex = (n: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9a-f]{${n}}$`));
const anyText = fc.string({ unit: 'binary', maxLength: 40 });
const eventArb = fc
  .record({
    event: fc.constantFrom('finding', 'agent.denied', 'save.blocked', 'edit', 'commit'),
    path: fc.option(anyText, { nil: undefined }),
    line: fc.nat(5000),
    rule: fc.option(fc.constantFrom('tls-verify-off', 'hardcoded-secret'), { nil: undefined }),
    tier: fc.option(fc.constantFrom('low', 'medium', 'high', 'critical'), { nil: undefined }),
    reason: fc.option(anyText, { nil: undefined }),
    decision: fc.option(fc.constantFrom('allow', 'deny'), { nil: undefined }),
    command: fc.option(anyText, { nil: undefined }),
  })
  .map((r): AuditEvent => {
    const { event, reason, decision, line, ...subject } = r;
    return JSON.parse(
      JSON.stringify({
        v: 1,
        seq: 1,
        time: '2026-05-01T10:00:00.000Z',
        event,
        actor: { kind: 'agent', id: 'claude-code' },
        door: 'server',
        prev: '0'.repeat(64),
        reason,
        decision,
        subject: { ...subject, lines: [[line, line]] },
      }),
    ) as AuditEvent;
  });

const commitArb = fc
  .record({
    id: fc.oneof(hex(40), hex(64)),
    counts: fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)),
    model: fc.constantFrom('claude-sonnet-4-5', 'gpt-5', 'x/y', 'unknown', 'm'.repeat(400)),
    justification: fc.option(anyText, { nil: undefined }),
    paths: fc.array(anyText, { maxLength: 3 }),
    by: fc.constantFrom('human', 'ai', 'mixed', 'unknown'),
  })
  .map(({ id, counts: [ai, unk, own], model, justification, paths, by }): CommitFacts => ({
    id,
    tree: 'b'.repeat(40),
    parents: ['c'.repeat(40)],
    committed: '2026-05-01T10:00:00.000Z',
    isBound: true,
    record: {
      assistedBy: ai > 0 ? [{ name: 'Claude', model }] : [],
      ...(justification !== undefined && { justification }),
      provenance: {
        version: 1,
        ai,
        added: ai + unk + own,
        mod: 0,
        unk,
        aiDeleted: 0,
        deleted: 3,
        risk: 'high',
        files: paths.length,
        conf: 'hook',
        patch: `d1:${'0'.repeat(32)}`,
        note: '-',
        policy: '-',
        log: '-',
      },
    },
    files: paths.map((p) => ({ path: p, ranges: [{ start: 1, end: 3, by, agent: 'claude-code', model }] })),
  }));

test('SARIF of the log is SARIF, whatever is in the log', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(eventArb, { maxLength: 6 }), async (events) => {
      let text = '';
      for await (const piece of sarif.render(events, meta)) text += piece;
      const log = JSON.parse(text) as { runs: [{ results: unknown[] }] };
      assert.ok(isSarif(log), JSON.stringify(isSarif.errors));
      const wanted = events.filter((e) => e.event !== 'edit' && e.event !== 'commit');
      assert.ok(log.runs[0].results.length >= wanted.length);
    }),
    { seed: 5, numRuns: 200 },
  );
});

test('SARIF of the gate is SARIF', () => {
  const log = gateReportSarif({
    commits: 2,
    policy: 'p1:0',
    problems: [
      { commit: 'a'.repeat(40), subject: 's', rule: 'record-missing', level: 'error', message: 'm', fix: 'f' },
      { commit: 'a'.repeat(40), subject: '', rule: 'policy-other', level: 'warning', message: 'm', fix: 'f' },
    ],
  });
  assert.ok(isSarif(log), JSON.stringify(isSarif.errors));
  assert.ok(isSarif(gateReportSarif({ commits: 0, policy: 'p1:0', problems: [] })));
  assert.ok(!isSarif({ version: '2.1.0' }), 'the schema refuses something');
});

test('a trace is one that Agent Trace knows, and the same every time', () => {
  const ids = new Set<string>();
  fc.assert(
    fc.property(commitArb, (commit) => {
      const text = agentTrace.renderCommit(commit, meta);
      const trace = JSON.parse(text) as { id: string; vcs: { revision: string } };
      assert.ok(isTrace(trace), JSON.stringify(isTrace.errors));
      assert.equal(agentTrace.renderCommit(commit, meta), text);
      assert.equal(trace.vcs.revision, commit.id);
      assert.ok(!text.includes('\n'));
      ids.add(trace.id);
    }),
    { seed: 6, numRuns: 200 },
  );
  assert.ok(ids.size > 190, 'other commits have other ids');
  assert.ok(!isTrace({ version: '0.1.0' }));
});

test('a model is named as models.dev does', () => {
  const [commit] = fc.sample(commitArb, { seed: 1, numRuns: 1 });
  const idOf = (model: string): string | undefined => {
    const text = agentTrace.renderCommit(
      { ...(commit as CommitFacts), files: [{ path: 'a', ranges: [{ start: 1, end: 1, by: 'ai', model }] }] },
      meta,
    );
    return (JSON.parse(text) as { files: [{ conversations: [{ contributor: { model_id?: string } }] }] }).files[0]
      .conversations[0].contributor.model_id;
  };
  assert.equal(idOf('claude-sonnet-4-5'), 'anthropic/claude-sonnet-4-5');
  assert.equal(idOf('gpt-5'), 'openai/gpt-5');
  assert.equal(idOf('own/thing'), 'own/thing');
  assert.equal(idOf('something'), 'something');
  assert.equal(idOf('unknown'), undefined);
});

test('a statement is what in-toto asks for: type, subject by digest, predicate', () => {
  fc.assert(
    fc.property(commitArb, (commit) => {
      const text = inToto.renderCommit(commit, meta);
      const s = JSON.parse(text) as Record<string, unknown>;
      assert.deepEqual(Object.keys(s), ['_type', 'subject', 'predicateType', 'predicate']);
      assert.equal(s['_type'], 'https://in-toto.io/Statement/v1');
      assert.deepEqual(s['subject'], [{ name: 'shop', digest: { gitCommit: commit.id } }]);
      assert.equal(s['predicateType'], predicateType);
      assert.ok(new URL(predicateType));
      assert.equal(inToto.renderCommit(commit, meta), text);
    }),
    { seed: 7 },
  );
});
