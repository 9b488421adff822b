/** What a report says about a run of events, gathered in one pass and bounded memory. */
import type { AuditEvent } from '../audit/model.ts';
import { tiers } from '../model.ts';

/** Rows listed at most; the counts always cover everything. */
export const maxRows = 2000;
const maxKeys = 5000;

export interface Summary {
  readonly events: number;
  readonly first?: string;
  readonly last?: string;
  readonly byEvent: ReadonlyMap<string, number>;
  readonly byAgent: ReadonlyMap<string, number>;
  readonly byTier: ReadonlyMap<string, number>;
  readonly byDay: ReadonlyMap<string, number>;
  readonly byPath: ReadonlyMap<string, number>;
  /** Events that a reader should look at one by one, in order. */
  readonly notable: readonly AuditEvent[];
  readonly moreNotable: number;
}

const notable: ReadonlySet<string> = new Set([
  'log.repaired',
  'save.blocked',
  'save.bypassed',
  'justification',
  'finding.ignored',
  'agent.denied',
  'commit.refused',
  'policy.changed',
  'policy.broken',
  'setup',
  'removed',
  'stop',
  'resume',
  'error',
]);

export async function summarize(events: AsyncIterable<AuditEvent> | Iterable<AuditEvent>): Promise<Summary> {
  const counter = (): Map<string, number> => new Map();
  const [byEvent, byAgent, byTier, byDay, byPath] = [counter(), counter(), counter(), counter(), counter()];
  const rows: AuditEvent[] = [];
  let count = 0;
  let more = 0;
  let first: string | undefined;
  let last: string | undefined;
  for await (const e of events) {
    count++;
    first ??= e.time;
    last = e.time;
    add(byEvent, e.event);
    add(byDay, e.time.slice(0, 10));
    const agent = e.subject?.agent ?? (e.actor.kind === 'agent' ? e.actor.id : undefined);
    if (agent !== undefined) add(byAgent, agent);
    if (e.event === 'finding' && e.subject?.tier !== undefined) add(byTier, e.subject.tier);
    if (e.event === 'edit' && e.subject?.path !== undefined) add(byPath, e.subject.path);
    if (!notable.has(e.event) && e.decision !== 'deny') continue;
    if (rows.length < maxRows) rows.push(e);
    else more++;
  }
  const order = (map: Map<string, number>): Map<string, number> =>
    new Map([...map].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)));
  return {
    events: count,
    ...(first !== undefined && { first }),
    ...(last !== undefined && { last }),
    byEvent: order(byEvent),
    byAgent: order(byAgent),
    byTier: new Map(
      [...tiers].reverse().flatMap((t) => (byTier.has(t) ? [[t, byTier.get(t) as number] as const] : [])),
    ),
    byDay: new Map([...byDay].sort(([a], [b]) => (a < b ? -1 : 1))),
    byPath: order(byPath),
    notable: rows,
    moreNotable: more,
  };
}

/** Counts by key; with too many keys the rest is one. */
function add(map: Map<string, number>, key: string): void {
  const name = map.has(key) || map.size < maxKeys ? key : 'others';
  map.set(name, (map.get(name) ?? 0) + 1);
}

/** What a row says beside time, event and actor. */
export function detail(e: AuditEvent): string {
  const s = e.subject;
  return [
    e.decision,
    s?.path === undefined ? undefined : `${s.path}${s.lines?.[0] ? `:${s.lines[0][0]}` : ''}`,
    s?.rule,
    s?.tier,
    s?.commit?.slice(0, 12),
    s?.command === undefined ? undefined : `$ ${s.command}`,
    s?.note === undefined ? undefined : `"${s.note}"`,
    e.reason,
  ]
    .filter((p) => p !== undefined && p !== '')
    .join(' · ');
}
