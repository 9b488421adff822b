import type { EventExporter } from './model.ts';
import { detail, maxRows, summarize } from './summary.ts';

/** A report for an incident or a review: what happened, what was refused, who vouched for what. */
export const markdown: EventExporter = {
  of: 'events',
  id: 'markdown',
  title: 'Markdown (report)',
  extension: 'md',
  mime: 'text/markdown',
  async *render(events, meta) {
    const s = await summarize(events);
    yield `# Audit report: ${plain(meta.repository)}\n\n`;
    yield `- Period: ${s.first ?? 'no events'}${s.last === undefined ? '' : ` to ${s.last}`}\n`;
    yield `- Events: ${s.events}${meta.selection === '' ? '' : ` (${plain(meta.selection)})`}\n`;
    yield `- Log head: \`${meta.head.slice(0, 16)}\`, written by Countersign ${plain(meta.version)} on ${meta.generated}\n\n`;
    yield* counts('Events', s.byEvent);
    yield* counts('Findings by tier', s.byTier);
    yield* counts('Agents', s.byAgent);
    yield* counts('Most edited files', s.byPath, 20);
    yield '## What was refused, justified or changed in the guard\n\n';
    if (s.notable.length === 0) yield 'Nothing.\n';
    else {
      yield '| Time (UTC) | Event | Who | What |\n| --- | --- | --- | --- |\n';
      for (const e of s.notable)
        yield `| ${plain(e.time)} | ${plain(e.event)} | ${plain(`${e.actor.kind} ${e.actor.id}`)} | ${plain(detail(e))} |\n`;
      if (s.moreNotable > 0) yield `\n${s.moreNotable} more; the first ${maxRows} are listed.\n`;
    }
  },
};

function* counts(title: string, map: ReadonlyMap<string, number>, limit = 50): Iterable<string> {
  if (map.size === 0) return;
  yield `## ${title}\n\n| | Count |\n| --- | ---: |\n`;
  for (const [name, n] of [...map].slice(0, limit)) yield `| ${plain(name)} | ${n} |\n`;
  if (map.size > limit) yield `\n${map.size - limit} more.\n`;
  yield '\n';
}

/** Text that stays text: no markup, no link, no HTML, no new cell. */
function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]()#|!~{}$@:]/g, (c) => `&#${c.charCodeAt(0)};`)
    .trim();
}
