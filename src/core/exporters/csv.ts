import type { AuditEvent } from '../audit/model.ts';
import type { EventExporter } from './model.ts';

const columns: readonly (readonly [string, (e: AuditEvent) => string | number | undefined])[] = [
  ['seq', (e) => e.seq],
  ['time', (e) => e.time],
  ['event', (e) => e.event],
  ['actor_kind', (e) => e.actor.kind],
  ['actor', (e) => e.actor.id],
  ['door', (e) => e.door],
  ['decision', (e) => e.decision],
  ['path', (e) => e.subject?.path],
  ['lines', (e) => e.subject?.lines?.map(([a, b]) => (a === b ? `${a}` : `${a}-${b}`)).join(' ')],
  ['origin', (e) => e.subject?.origin],
  ['evidence', (e) => e.subject?.evidence],
  ['agent', (e) => e.subject?.agent],
  ['model', (e) => e.subject?.model],
  ['session', (e) => e.subject?.session],
  ['tool', (e) => e.subject?.tool],
  ['command', (e) => e.subject?.command],
  ['rule', (e) => e.subject?.rule],
  ['tier', (e) => e.subject?.tier],
  ['note', (e) => e.subject?.note],
  ['commit', (e) => e.subject?.commit],
  ['transcript', (e) => e.subject?.transcript?.path],
  ['transcript_sha256', (e) => e.subject?.transcript?.sha256],
  ['policy', (e) => e.policy],
  ['reason', (e) => e.reason],
  ['prev', (e) => e.prev],
];

/** RFC 4180; a cell that a spreadsheet would run as a formula (OWASP "CSV Injection") gets an apostrophe in front. */
export const csv: EventExporter = {
  of: 'events',
  id: 'csv',
  title: 'CSV (spreadsheet)',
  extension: 'csv',
  mime: 'text/csv',
  async *render(events) {
    yield `${columns.map(([name]) => name).join(',')}\r\n`;
    for await (const event of events) yield `${columns.map(([, of]) => cell(of(event))).join(',')}\r\n`;
  },
};

function cell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[\s\u200b\ufeff]*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]/.test(value) ? `'${value}` : value;
  return /[",\r\n']|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
