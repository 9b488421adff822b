import { walk } from '../languages/treeNode.ts';
import type { Rule } from './rule.ts';

const destroys =
  /^(?:dropTable|dropColumn|dropAllForeignKeyConstraints|delete|dropView|dropSequence|dropProcedure|mergeColumns)$/;
const changes =
  /^(?:renameTable|renameColumn|modifyDataType|addNotNullConstraint|dropNotNullConstraint|dropPrimaryKey|dropForeignKeyConstraint|dropUniqueConstraint|dropIndex|dropDefaultValue|addUniqueConstraint|update|executeCommand|addPrimaryKey)$/;
/** What destroys nothing, and what it does instead. */
const milder: Readonly<Record<string, string>> = {
  modifyDataType:
    'Type of a column changes: it can rewrite or lock the whole table, and old code must fit the new column.',
  dropNotNullConstraint: 'A column may be empty from now on: be sure that what reads it copes.',
};
const destructiveSql = /\b(?:DROP\s+(?:TABLE|COLUMN|SCHEMA|DATABASE)|TRUNCATE|DELETE\s+FROM)\b/i;

export const changelogOperations: Rule = {
  id: 'changelog-operation',
  title: 'Change set changes or destroys data',
  tier: 'high',
  category: 'data-migration',
  languages: ['xml', 'yaml', 'json'],
  references: ['CWE-1103', 'Liquibase change types'],
  why: 'Liquibase runs the change set once in every environment, production among them: what it drops is gone, and code that still runs meets the new schema.',
  remedy: 'take a backup, give it a rollback, and drop only what no running code reads',
  keywords: ['databasechangelog', 'changeset'],
  check(source, report) {
    const tierOf = (name: string): { tier?: 'critical'; message?: string } | undefined => {
      if (destroys.test(name)) return { tier: 'critical' };
      const message = milder[name];
      return changes.test(name) ? { ...(message !== undefined && { message }) } : undefined;
    };
    if (source.language === 'xml') {
      if (!/<databaseChangeLog\b/.test(source.text)) return;
      // What undoes a change is meant to.
      const undone = [...source.text.matchAll(/<rollback>(?:(?!<\/rollback>)[\s\S]){0,4000}<\/rollback>/g)];
      const isUndo = (at: number): boolean => undone.some((u) => u.index <= at && at < u.index + u[0].length);
      for (const m of source.text.matchAll(/<(?:\w{1,20}:)?(\w{4,40})\b[^>]{0,600}>/g)) {
        const tier = tierOf(m[1]!);
        if (!tier || isUndo(m.index)) continue;
        report({ start: m.index, end: m.index + m[0].length, key: m[0].replace(/\s+/g, ' '), ...tier });
      }
      for (const m of source.text.matchAll(/<sql\b[^>]{0,200}>([^<]{1,4000})/g))
        if (destructiveSql.test(m[1]!) && !isUndo(m.index))
          report({ start: m.index, end: m.index + m[0].length, tier: 'critical' });
      return;
    }
    for (const root of source.tree) {
      if (!root.children.some((c) => c.key === 'databaseChangeLog')) continue;
      for (const n of walk(root)) {
        let isUndo = false;
        let inChanges = false;
        for (let up = n.parent; up; up = up.parent) {
          if (up.key === 'rollback') isUndo = true;
          if (up.key === 'changes') inChanges = true;
        }
        if (isUndo || !inChanges) continue;
        const tier = tierOf(n.key);
        if (tier && n.kind !== 'scalar')
          report({ start: n.start, end: n.end, key: `${n.key}:${n.children.map((c) => c.value).join(',')}`, ...tier });
        else if (n.key === 'sql' && n.kind === 'scalar' && destructiveSql.test(n.value))
          report({ start: n.start, end: n.end, key: `sql:${n.value}`, tier: 'critical' });
      }
    }
  },
};
