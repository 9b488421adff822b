/** Which events a reader wants. */
import { matchGlobs } from '../paths.ts';
import type { AuditEvent, AuditEventName } from './model.ts';

export interface AuditFilter {
  /** Inclusive, ISO 8601; a date alone is its first moment (UTC). */
  readonly since?: string;
  /** Exclusive for a moment; a date alone includes the whole day. */
  readonly until?: string;
  readonly agent?: string;
  /** A repository path, a folder, or a glob. */
  readonly path?: string;
  readonly events?: readonly AuditEventName[];
  readonly session?: string;
  /** Events about these commits, and those of the time in which they were made (see `since`, `until`). */
  readonly range?: { readonly commits: ReadonlySet<string>; readonly since: string; readonly until: string };
}

/** The filter as a function; times are compared as the log writes them (UTC, milliseconds). */
export function auditFilter(filter: AuditFilter): (event: AuditEvent) => boolean {
  const since = filter.since === undefined ? undefined : moment(filter.since, false);
  const until = filter.until === undefined ? undefined : moment(filter.until, true);
  const { range } = filter;
  const path = filter.path?.replace(/\/+$/, '');
  const folder = path === undefined || path === '' ? undefined : `${path}/`;
  return (e) => {
    if (since !== undefined && e.time < since) return false;
    if (until !== undefined && e.time >= until) return false;
    if (filter.events && !filter.events.includes(e.event)) return false;
    const s = e.subject;
    if (
      filter.agent !== undefined &&
      s?.agent !== filter.agent &&
      !(e.actor.kind === 'agent' && e.actor.id === filter.agent)
    )
      return false;
    if (filter.session !== undefined && s?.session !== filter.session) return false;
    if (
      range &&
      !(s?.commit === undefined ? e.time >= range.since && e.time < range.until : range.commits.has(s.commit))
    )
      return false;
    if (path !== undefined && path !== '' && path !== '.') {
      const p = s?.path;
      if (p === undefined || !(p === path || p.startsWith(folder as string) || matchGlobs([path], p))) return false;
    }
    return true;
  };
}

/** Whether `text` is a date or a moment that `auditFilter` understands. */
export const isMoment = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}(?:T.+)?$/.test(text) && !Number.isNaN(Date.parse(text));

function moment(text: string, end: boolean): string {
  const date = new Date(text);
  if (end && /^\d{4}-\d{2}-\d{2}$/.test(text)) date.setUTCDate(date.getUTCDate() + 1);
  return date.toISOString();
}
