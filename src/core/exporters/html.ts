import type { EventExporter } from './model.ts';
import { detail, maxRows, summarize } from './summary.ts';

/**
 * A report in one file: no script, no network (its own CSP forbids both), readable without colour, by keyboard and by a
 * screen reader; bars are tables with a drawn column.
 */
export const html: EventExporter = {
  of: 'events',
  id: 'html',
  title: 'HTML (report)',
  extension: 'html',
  mime: 'text/html',
  async *render(events, meta) {
    const s = await summarize(events);
    const title = `Audit report: ${meta.repository}`;
    yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
<dl>
<dt>Period</dt><dd>${s.first === undefined ? 'no events' : `${escape(s.first)} to ${escape(s.last ?? '')}`}</dd>
<dt>Events</dt><dd>${s.events}</dd>
<dt>Selection</dt><dd>${escape(meta.selection === '' ? 'everything' : meta.selection)}</dd>
<dt>Log head</dt><dd><code>${escape(meta.head)}</code></dd>
<dt>Written</dt><dd>${escape(meta.generated)} by Countersign ${escape(meta.version)}</dd>
</dl>
`;
    yield* chart('Events by day', 'Day', s.byDay, 400);
    yield* chart('Events by kind', 'Event', s.byEvent, 50);
    yield* chart('Findings by tier', 'Tier', s.byTier, 10);
    yield* chart('Agents', 'Agent', s.byAgent, 50);
    yield* chart('Most edited files', 'Path', s.byPath, 30);
    yield '<section><h2>What was refused, justified or changed in the guard</h2>\n';
    if (s.notable.length === 0) yield '<p>Nothing.</p>\n';
    else {
      yield '<table><thead><tr><th scope="col">Time (UTC)</th><th scope="col">Event</th><th scope="col">Who</th><th scope="col">What</th></tr></thead><tbody>\n';
      for (const e of s.notable)
        yield `<tr><td><time>${escape(e.time)}</time></td><td>${escape(e.event)}</td><td>${escape(`${e.actor.kind} ${e.actor.id}`)}</td><td>${escape(detail(e))}</td></tr>\n`;
      yield '</tbody></table>\n';
      if (s.moreNotable > 0) yield `<p>${s.moreNotable} more; the first ${maxRows} are listed.</p>\n`;
    }
    yield '</section>\n</main>\n</body>\n</html>\n';
  },
};

function* chart(title: string, what: string, map: ReadonlyMap<string, number>, limit: number): Iterable<string> {
  if (map.size === 0) return;
  const rows = [...map].slice(0, limit);
  const most = Math.max(...rows.map(([, n]) => n));
  yield `<section><h2>${escape(title)}</h2>\n<table class="chart"><thead><tr><th scope="col">${escape(what)}</th><th scope="col">Count</th><td></td></tr></thead><tbody>\n`;
  for (const [name, n] of rows) {
    const width = Math.max(1, Math.round((n / most) * 1000) / 10);
    yield `<tr><th scope="row">${escape(name)}</th><td>${n}</td><td aria-hidden="true"><div style="width:${width}%"></div></td></tr>\n`;
  }
  yield '</tbody></table>\n';
  if (map.size > limit) yield `<p>${map.size - limit} more.</p>\n`;
  yield '</section>\n';
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').replace(/[&<>"']/g, (c) => entities[c] as string);

const style = `
:root{color-scheme:light dark;--line:#8886;--bar:#2a6fdb}
body{font:15px/1.5 system-ui,sans-serif;margin:0}
main{max-width:70rem;margin:0 auto;padding:1.5rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}
dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
td:first-child time{white-space:nowrap}
.chart th[scope=row]{font-weight:400;width:22rem}
.chart td:nth-child(2){text-align:right;width:5rem;font-variant-numeric:tabular-nums}
.chart div{background:var(--bar);height:.9rem}
@media print{.chart div{background:#000}}
`;
