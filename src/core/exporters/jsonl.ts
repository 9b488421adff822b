import type { EventExporter } from './model.ts';

/** The log's own lines, byte for byte, so that `audit verify FILE` can check an export. */
export const jsonl: EventExporter = {
  of: 'events',
  id: 'jsonl',
  title: 'JSON Lines',
  extension: 'jsonl',
  mime: 'application/x-ndjson',
  async *render(events) {
    // A parsed line keeps its order of keys, also of fields a later version adds; ours come from JSON.stringify.
    for await (const event of events) yield `${JSON.stringify(event)}\n`;
  },
};
