import type { Rule } from './rule.ts';

export const prismaDestructive: Rule = {
  id: 'prisma-field-removed',
  title: 'Field or model taken out of the schema',
  tier: 'critical',
  category: 'data-deletion',
  languages: ['prisma'],
  references: ['CWE-1103', 'Prisma Migrate'],
  why: 'The next migration drops the column or table with its data.',
  remedy: 'stop reading it first, then remove it in a release of its own',
  keywords: [],
  on: 'removed',
  check(source, report) {
    let model = '';
    let offset = 0;
    for (const line of source.lines) {
      const head = /^\s*(model|enum|type)\s+(\w+)/.exec(line);
      if (head) {
        model = head[2]!;
        if (head[1] === 'model') report({ start: offset, end: offset + line.length, key: `model:${model}` });
      } else if (/^\s*\}/.test(line)) model = '';
      else if (model) {
        const field = /^\s+(\w+)\s+(\w+)/.exec(line);
        if (field && !line.trim().startsWith('//') && !/@relation/.test(line))
          report({ start: offset, end: offset + line.length, key: `field:${model}.${field[1]}` });
      }
      offset += line.length + 1;
    }
  },
};
