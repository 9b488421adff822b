import type { Rule } from './rule.ts';
import { baseOf } from '../paths.ts';

export const dockerBaseImage: Rule = {
  id: 'docker-base-unpinned',
  title: 'Base image without a fixed version',
  tier: 'medium',
  category: 'supply-chain',
  languages: ['dockerfile'],
  references: ['CWE-1357', 'CIS Docker 4.2'],
  why: '`latest` or no tag builds on whatever was pushed last: tomorrow the same file gives another image, and nobody has looked at what changed.',
  remedy: 'name a version, better a digest',
  keywords: ['from'],
  check(source, report) {
    const stages = new Set<string>();
    for (const d of source.docker) {
      if (d.name !== 'FROM') continue;
      const words = d.args
        .trim()
        .replace(/^(?:--\S+\s+)*/, '')
        .split(/\s+/);
      const image = words[0] ?? '';
      const isStage = stages.has(image.toLowerCase());
      if (/^as$/i.test(words[1] ?? '') && words[2] !== undefined) stages.add(words[2].toLowerCase());
      if (image === '' || isStage || image === 'scratch' || image.includes('$') || image.includes('@')) continue;
      const name = baseOf(image);
      if (!name.includes(':') || /:(?:latest|master|main|edge|nightly)$/.test(name))
        report({ start: d.start, end: d.end, key: `from:${image.replace(mirrored, '').replace(/:latest$/, '')}` });
    }
  },
};

/** Where the official images lie under another address: they are the same ones. */
const mirrored = /^(?:(?:docker\.io|public\.ecr\.aws\/docker)\/)?library\/|^docker\.io\/(?=[^/]*$)/;
