/** What the place of a migration says of data that it destroys: whose it is, and whether it still runs. */
import type { FileChange } from '../../../model.ts';
import { withOther } from '../../background.ts';
import { keep, type FileClassification } from '../pass.ts';

const edited =
  'this migration may have run, and its tool refuses it or leaves it out where it is edited: write a new one';
const ofDevelopment =
  'Data of development and tests is destroyed: see that no other data base is set up from this folder.';

/** A file that its tool knows by a number, and runs once. */
const versioned =
  /(?:^|\/)(?:[^/]{0,80}migrat[^/]{0,80}|changelogs?)\/(?:[^/]{1,80}\/){0,4}[Vv]?\d[\d._-]{0,40}__?[^/]*\.sql$/i;
/** A folder below that of the migrations, named by nothing but machines of developers and tests: `dev+test`. */
const forDevelopment =
  /(?:^|\/)migrations?\/(?:dev(?:el(?:op(?:ment)?)?)?|tests?|testing|local)(?:[+,_&-](?:dev(?:el(?:op(?:ment)?)?)?|tests?|testing|local))*\/(?:(?!all\/|prod)[^/]{1,80}\/){0,3}[^/]*$/i;

export function weighMigrationPlaces(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    if (!classification.findings.some((f) => f.rule === 'sql-data-loss')) continue;
    const file = files.find((f) => f.path === path);
    const isEdited = file?.before !== null && file?.before !== undefined && versioned.test(path);
    const isForDevelopment = forDevelopment.test(path);
    if (!isEdited && !isForDevelopment) continue;
    keep(
      judged,
      i,
      classification.findings.map((f) => {
        if (f.rule !== 'sql-data-loss') return f;
        const message = isForDevelopment ? ofDevelopment : f.message;
        return withOther(f, {
          message: isEdited ? `${message.replace(/\.$/, '')}; and ${edited}.` : message,
          ...(isForDevelopment && f.tier !== 'low' && { tier: 'medium' as const }),
        });
      }),
    );
  }
}
