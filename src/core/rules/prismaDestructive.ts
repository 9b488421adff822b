import type { Source } from '../languages/source.ts';
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
    const relations = relationsOf(source);
    let kind = '';
    let model = '';
    let offset = 0;
    for (const line of source.lines) {
      // A field may be called `type`.
      const head = /^\s*(model|enum|type)\s+(\w+)\s*\{/.exec(line);
      const range = { start: offset, end: offset + line.length };
      if (head) {
        kind = head[1]!;
        model = head[2]!;
        const message = `Model '${model.slice(0, 60)}' is gone: the migration drops its table with all rows. Stop reading it first, then remove it in a release of its own.`;
        if (kind === 'model') report({ ...range, key: `model:${model}`, message });
      } else if (/^\s*\}/.test(line)) model = '';
      else if (model && kind === 'enum') {
        const value = /^\s+(\w+)/.exec(line);
        if (value)
          report({
            ...range,
            key: `value:${model}.${value[1]}`,
            tier: 'high',
            message: 'A value was taken out of an enumeration: the migration fails where a row still holds it.',
          });
      } else if (model) {
        const field = /^\s+(\w+)\s+(\w+)(\[\]|\?)?/.exec(line);
        if (field && !line.trim().startsWith('//') && !line.includes('@relation')) {
          const [, name, type, mark] = field;
          if (isBackSide(relations, model, type!, mark)) {
            offset += line.length + 1;
            continue;
          }
          // The same sentence for all: a field that goes is told once.
          const message = `Field '${name}' is gone, has another type or may not be empty any more: the migration drops the column, or fails on the rows that are there. Stop reading it first, and move over what they hold.`;
          report({ ...range, key: `field:${model}.${name}`, message });
          // A list is kept in a table of its own.
          if (mark !== '[]') report({ ...range, key: `type:${model}.${name}:${type}`, message });
          if (mark === '?') report({ ...range, key: `empty:${model}.${name}`, message, tier: 'high' });
        }
      }
      offset += line.length + 1;
    }
  },
};

/** Fields of each model by the word of their type: `Post[]`. */
function relationsOf(source: Source): ReadonlyMap<string, ReadonlySet<string>> {
  const models = new Map<string, Set<string>>();
  let types: Set<string> | undefined;
  for (const line of source.lines) {
    const head = /^\s*(model|enum|type)\s+(\w+)\s*\{/.exec(line);
    if (head) {
      types = undefined;
      if (head[1] === 'model') models.set(head[2]!, (types = new Set()));
    } else if (/^\s*\}/.test(line)) types = undefined;
    else {
      const field = /^\s+\w+\s+(\w+(?:\[\])?)/.exec(line);
      if (field) types?.add(field[1]!);
    }
  }
  return models;
}

/**
 * The side of a relation that has no column: the other model holds the key. Lists on both sides are kept in a table of their
 * own, and of a model in another file nothing is known.
 */
function isBackSide(
  models: ReadonlyMap<string, ReadonlySet<string>>,
  model: string,
  type: string,
  mark: string | undefined,
): boolean {
  const other = models.get(type);
  return other !== undefined && other.has(model) && !(mark === '[]' && other.has(`${model}[]`));
}
