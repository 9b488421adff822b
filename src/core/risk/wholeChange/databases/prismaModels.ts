/** Models that went from a Prisma schema: told once, and with what became of the migration that made their tables. */
import type { FileChange, Finding } from '../../../model.ts';
import type { Policy } from '../../../policy/model.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { isRead, keep, type FileClassification } from '../pass.ts';

const rule = 'prisma-field-removed';

/**
 * Takes out the fields of a model that is gone itself. Where the migration that made its table lost that statement and no
 * file of the change drops the table, nothing is dropped: what is told then is that history was edited.
 */
export function asModels(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  for (const [i, { classification }] of judged.entries()) {
    // Another schema may have a model of that name, which stays.
    const gone = new Set<string>();
    for (const f of classification.findings) {
      const model = f.rule === rule ? /^model:(\w+)$/.exec(backgroundOf(f).key ?? '')?.[1] : undefined;
      if (model !== undefined) gone.add(model);
    }
    if (gone.size === 0) continue;
    const schema = files[i]!.before;
    const left = classification.findings.flatMap((f): Finding[] => {
      const key = f.rule === rule ? (backgroundOf(f).key ?? '') : '';
      const field = /^(?:field|type|empty):(\w+)\./.exec(key)?.[1];
      if (field !== undefined) return gone.has(field) ? [] : [f];
      const model = /^model:(\w+)$/.exec(key)?.[1];
      if (model === undefined || policy.rules.tiers[rule] !== undefined || !isRead(schema)) return [f];
      return [isUnmade(tableOf(schema, model), files) ? withOther(f, { tier: 'high', message: edited(model) }) : f];
    });
    keep(judged, i, left);
  }
}

const edited = (model: string): string =>
  `Model '${model.slice(0, 60)}' is gone, and so is its table from the migration that made it: a data base that ran it keeps the table. Leave old migrations as they are, and drop it in a new one.`;

function tableOf(schema: string, model: string): string {
  const from = schema.search(new RegExp(`^\\s*model\\s+${model}\\s*\\{`, 'm'));
  const block = schema.slice(from, schema.indexOf('\n}', from) + 1);
  return /@@map\(\s*(?:name:\s*)?"(\w{1,120})"/.exec(block)?.[1] ?? model;
}

/** Whether a migration lost the statement that makes a table, and no file of the change makes, renames or drops it. */
function isUnmade(table: string, files: readonly FileChange[]): boolean {
  const name = `(?:["\`\\w]{1,80}\\.)?["\`]?${table}(?!\\w)`;
  const makes = new RegExp(`\\bCREATE\\s+TABLE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?${name}`, 'i');
  const speaks = new RegExp(`\\b(?:DROP|ALTER|CREATE)\\s+TABLE\\s+[^;]{0,200}?${name}`, 'i');
  const sql = files.filter((f) => f.path.endsWith('.sql'));
  return (
    sql.some((f) => isRead(f.before) && makes.test(f.before) && !(isRead(f.after) && makes.test(f.after))) &&
    !sql.some((f) => f.after !== null && (!isRead(f.after) || speaks.test(f.after)))
  );
}
