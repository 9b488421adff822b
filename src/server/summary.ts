import type { SummaryParams } from '../protocol.ts';
import type { Judgement } from './judge.ts';

/** A judgement as the client shows it. `version`: `null` for a file that nobody has open. */
export function summaryOf(uri: string, version: number | null, j: Judgement, note: string | undefined): SummaryParams {
  const why = note ?? j.note;
  return {
    uri,
    version,
    tier: j.tier,
    decision: j.decision,
    marks: j.marks.map(({ start, end, origin }) => ({ start, end, origin })),
    ai: j.ai,
    modified: j.modified,
    unknown: j.unknown,
    deleted: j.deleted,
    findings: j.findings.length,
    ...(why !== undefined && { note: why }),
  };
}
