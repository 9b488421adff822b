import type { AuditEvent } from '../audit/model.ts';
import { fingerprint, level, uri } from '../reports/sarifParts.ts';
import type { EventExporter } from './model.ts';

/** SARIF 2.1.0: findings, and what was refused. Lines are those of the text at that time. */
export const sarif: EventExporter = {
  id: 'sarif',
  of: 'events',
  title: 'SARIF (code scanning)',
  extension: 'sarif',
  mime: 'application/sarif+json',
  async *render(events, meta) {
    yield '{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"columnKind":"utf16CodeUnits","results":[\n';
    const ids = new Map<string, number>();
    let count = 0;
    for await (const event of events) {
      if (event.event !== 'finding' && event.decision !== 'deny' && !refusals.has(event.event)) continue;
      const id = event.subject?.rule ?? event.event;
      let index = ids.get(id);
      if (index === undefined) ids.set(id, (index = ids.size));
      yield `${count++ === 0 ? '' : ',\n'}${JSON.stringify(result(event, id, index))}`;
    }
    const driver = {
      name: 'Countersign',
      version: meta.version,
      informationUri: 'https://github.com/countersign-dev/countersign',
      rules: [...ids.keys()].map((id) => ({ id })),
    };
    yield `\n],"tool":${JSON.stringify({ driver })},"properties":${JSON.stringify({ selection: meta.selection, head: meta.head })}}]}\n`;
  },
};

const refusals: ReadonlySet<string> = new Set(['save.blocked', 'save.bypassed', 'agent.denied', 'commit.refused']);

function result(e: AuditEvent, ruleId: string, ruleIndex: number): object {
  const s = e.subject;
  const text = e.reason ?? (s?.command === undefined ? e.event : `${e.event}: ${s.command}`);
  const [first] = s?.lines ?? [];
  return {
    ruleId,
    ruleIndex,
    level: s?.tier === undefined ? 'warning' : level[s.tier],
    message: { text: text === '' ? e.event : text },
    ...(s?.path !== undefined &&
      s.path !== '' && {
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: uri(s.path), uriBaseId: '%SRCROOT%' },
              ...(first && { region: { startLine: Math.max(1, first[0]), endLine: Math.max(1, first[0], first[1]) } }),
            },
          },
        ],
      }),
    partialFingerprints: { 'countersign/v1': fingerprint(`${ruleId}\n${s?.path ?? ''}\n${text}`) },
    properties: {
      time: e.time,
      event: e.event,
      seq: e.seq,
      actor: `${e.actor.kind}:${e.actor.id}`,
      ...(e.decision !== undefined && { decision: e.decision }),
      ...(s?.tier !== undefined && { tier: s.tier }),
      ...(s?.agent !== undefined && { agent: s.agent }),
      ...(s?.model !== undefined && { model: s.model }),
    },
  };
}
