/** The audit log: appending and verifying, beside writing and hashing the same bytes without a chain. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { AuditInput } from '../../src/core/audit/model.ts';
import { appendAudit, verifyAudit } from '../../src/platform/auditLog.ts';
import { ratio, type Row } from './measure.ts';

const count = 100_000;
const batch = 500;

const event = (i: number): AuditInput => ({
  event: 'edit',
  actor: { kind: 'agent', id: 'claude-code' },
  door: 'agent-hook',
  subject: {
    path: `src/file${i % 50}.ts`,
    lines: [[i % 900, (i % 900) + 3]],
    session: 's',
    origin: 'ai',
    evidence: 'hook',
  },
});

async function timed<T>(work: () => Promise<T>): Promise<[number, T]> {
  const began = performance.now();
  const value = await work();
  return [performance.now() - began, value];
}

export async function auditRows(scratch: string): Promise<Row[]> {
  const dir = path.join(scratch, 'audit');
  const [append] = await timed(async () => {
    for (let i = 0; i < count; i += batch) {
      await appendAudit(
        dir,
        Array.from({ length: batch }, (_, k) => event(i + k)),
      );
    }
  });
  const names = (await fs.readdir(dir)).filter((n) => n.endsWith('.jsonl'));
  const bytes = await Promise.all(names.map((n) => fs.readFile(path.join(dir, n))));
  const [plain] = await timed(async () => {
    const file = await fs.open(path.join(scratch, 'plain'), 'a');
    for (const data of bytes)
      for (let at = 0; at < data.length; at += 150_000) await file.write(data.subarray(at, at + 150_000));
    await file.close();
  });
  const [verify, report] = await timed(() => verifyAudit(dir));
  const [hash] = await timed(async () => {
    for (const data of bytes) createHash('sha256').update(data).digest();
  });
  const rate = count / (append / 1000);
  const million = (verify / count) * 1e6;
  return [
    {
      what: 'audit append, no fsync',
      value: `${Math.round(rate).toLocaleString('en')} events/s`,
      beside: `${ratio(append / plain)} plain writes`,
      budget: '≥ 50,000 /s',
      ok: rate >= 50_000,
    },
    {
      what: `audit verify${'ok' in report && !report.ok ? ' (NOT INTACT)' : ''}`,
      value: `${(million / 1000).toFixed(1)} s per 1,000,000`,
      beside: `${ratio(verify / hash)} hashing the bytes`,
      budget: '≤ 10 s',
      ok: million <= 10_000,
    },
  ];
}
