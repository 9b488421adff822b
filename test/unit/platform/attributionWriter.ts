/** A process of its own that notes edits: `tsx attributionWriter.ts DIR NAME COUNT`. */
import { openAttribution } from '../../../src/platform/attribution.ts';

const [dir = '', name = '', count = '0'] = process.argv.slice(2);

async function main(): Promise<void> {
  const store = openAttribution({ dir });
  let text = 'start\n';
  for (let i = 0; i < Number(count); i++) {
    const after = `${text}${name} ${i}\n`;
    await store.record({
      path: `${name}.ts`,
      before: text,
      after,
      origin: { origin: 'ai', evidence: 'hook', agent: name },
    });
    await store.record({
      path: 'shared.ts',
      before: `${name}\n`,
      after: `${name}\n${i}\n`,
      origin: { origin: 'human', evidence: 'editor' },
    });
    if (i % 10 === 5) await store.compact();
    text = after;
  }
}

void main();
