import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { AuditEvent } from '../../../../src/core/audit/model.ts';
import { formatEvent } from '../../../../src/core/audit/event.ts';
import { exporters } from '../../../../src/core/exporters/index.ts';
import type { EventExporter, ExportMeta } from '../../../../src/core/exporters/model.ts';

const meta: ExportMeta = {
  repository: 'shop',
  generated: '2026-06-01T12:00:00.000Z',
  version: '0.1.0',
  selection: '',
  head: 'a'.repeat(64),
};
const ofEvents = exporters.filter((e): e is EventExporter => e.of === 'events');
const find = (id: string): EventExporter => ofEvents.find((e) => e.id === id) as EventExporter;
async function render(id: string, events: readonly AuditEvent[]): Promise<string> {
  let text = '';
  for await (const piece of find(id).render(events, meta)) text += piece;
  return text;
}
const event = (fields: Partial<AuditEvent> = {}): AuditEvent => ({
  v: 1,
  seq: 1,
  time: '2026-05-01T10:00:00.000Z',
  event: 'edit',
  actor: { kind: 'agent', id: 'claude-code' },
  door: 'agent-hook',
  prev: '0'.repeat(64),
  ...fields,
});

/** RFC 4180, as a strict reader sees it. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let i = 0; i < text.length;) {
    let cell = '';
    if (text[i] === '"') {
      for (i++; ; i++) {
        if (text[i] !== '"') cell += text[i];
        else if (text[i + 1] === '"') cell += text[i++];
        else break;
      }
      i++;
    } else while (i < text.length && text[i] !== ',' && text[i] !== '\r') cell += text[i++];
    row.push(cell);
    if (text[i] === ',') i++;
    else {
      assert.equal(text.slice(i, i + 2), '\r\n');
      rows.push(row);
      row = [];
      i += 2;
    }
  }
  return rows;
}

test('ids are unique and every exporter describes itself', () => {
  assert.equal(new Set(exporters.map((e) => e.id)).size, exporters.length);
  for (const e of exporters)
    assert.ok(e.title && /^[a-z]+$/.test(e.extension) && /^[a-z]+\/[\w.+-]+$/.test(e.mime), e.id);
});

test('the same input gives the same bytes, also with no events', async () => {
  const events = [
    event(),
    event({
      seq: 2,
      subject: {
        path: 'a,b.ts',
        lines: [
          [1, 3],
          [7, 7],
        ],
      },
    }),
  ];
  for (const e of ofEvents) {
    assert.equal(await render(e.id, events), await render(e.id, events), e.id);
    assert.equal(typeof (await render(e.id, [])), 'string');
  }
});

test('JSON Lines are the log’s own lines', async () => {
  const events = [
    event(),
    event({
      seq: 2,
      reason: 'ü "quoted" \\',
      subject: { path: 'x', lines: [[1, 2]] },
      decision: 'deny',
      policy: 'p1:0',
    }),
  ];
  const lines = events.map(formatEvent);
  assert.equal(
    await render(
      'jsonl',
      lines.map((l) => JSON.parse(l) as AuditEvent),
    ),
    lines.map((l) => `${l}\n`).join(''),
  );
});

test('CSV reads back, whatever is in it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.string({ unit: fc.constantFrom(',', '"', '\n', '\r', '=', ' ', 'a', "'") }),
      async (reason, path) => {
        const rows = parseCsv(await render('csv', [event({ reason, subject: { path } })]));
        assert.equal(rows.length, 2);
        const cell = (name: string): string => rows[1]?.[rows[0]?.indexOf(name) ?? -1] as string;
        for (const [name, value] of [
          ['reason', reason],
          ['path', path],
        ] as const)
          assert.ok(cell(name) === value || cell(name) === `'${value}`, JSON.stringify([name, value, cell(name)]));
      },
    ),
    { seed: 2, numRuns: 1000 },
  );
});

test('CSV cells never begin a formula', async () => {
  for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '\n=1', '＝1', '=cmd|"/c calc"!A1']) {
    const rows = parseCsv(await render('csv', [event({ reason: text })]));
    const cell = rows[1]?.[rows[0]?.indexOf('reason') ?? -1];
    assert.equal(cell, `'${text}`);
  }
});

test('reports: hostile text stays text, nothing can load or run', async () => {
  const hostile =
    '<script>alert(1)</script><img src=x onerror=alert(1)> [a](javascript:x) ![b](http://x/y) `c` | d & "e" \u202e http://evil.example';
  const events = [
    event({
      event: 'justification',
      reason: hostile,
      actor: { kind: 'human', id: hostile },
      subject: { path: hostile, note: hostile },
    }),
    event({ subject: { path: hostile, agent: hostile } }),
  ];
  const page = await render('html', events);
  assert.doesNotMatch(page, /<script|<img|<a |<link|<iframe|onerror=alert\(1\)>|\u202e/);
  assert.match(page, /Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'/);
  assert.doesNotMatch(page, /<[^>]*\s(?:src|href|on\w+)=/);
  const md = await render('markdown', events);
  assert.doesNotMatch(md, /[<>`]script|\]\(|<img|!\[|\u202e|https?:\/\//);
  for (const line of md.split('\n').filter((l) => l.startsWith('| 2026'))) assert.equal(line.match(/\|/g)?.length, 5);
});

test('reports count everything, list what was refused or vouched for, and say what they left out', async () => {
  const events: AuditEvent[] = [];
  for (let i = 0; i < 2500; i++)
    events.push(
      event({ seq: i, event: 'agent.denied', decision: 'deny', time: `2026-05-0${1 + (i % 3)}T10:00:00.000Z` }),
    );
  events.push(
    event({ event: 'finding', subject: { tier: 'critical', path: 'x' } }),
    event({ event: 'finding', subject: { tier: 'low' } }),
  );
  for (const id of ['markdown', 'html']) {
    const text = (await render(id, events)).replace(/<style>[\s\S]*<\/style>/, '');
    assert.match(text, /2502/, id);
    assert.match(text, /500 more; the first 2000 are listed/, id);
    assert.ok(text.indexOf('critical') < text.indexOf('low'), id);
  }
  assert.match(await render('html', []), /no events[\s\S]*<p>Nothing\.<\/p>/);
});
