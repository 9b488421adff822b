/** Examples that show one module, each in its own way: it is the module that they lie beside. */
import type { FileChange, Finding } from '../../../model.ts';
import type { Policy } from '../../../policy/model.ts';
import { dependencySource, shownModule } from '../../../rules/dependencySource.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { keep, type FileClassification } from '../pass.ts';
import { folderOf } from '../../../paths.ts';

const { id } = dependencySource;
const isOfExample = (f: Finding): boolean => f.rule === id && f.message === shownModule;

/** Says once, and as a low remark, that several examples of a change take one repository as the module they show. */
export function asShownModule(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  if (policy.rules.tiers[id] !== undefined) return;
  const groups = new Map<string, number[]>();
  for (const [i, { classification }] of judged.entries())
    for (const f of classification.findings) {
      if (!isOfExample(f)) continue;
      const key = backgroundOf(f).key ?? '';
      groups.set(key, [...(groups.get(key) ?? []), i]);
    }
  for (const [key, [first, ...others]] of groups) {
    if (others.length === 0) continue;
    const more = others.length === 1 ? 'another example' : `${others.length} more examples`;
    const all = [first!, ...others];
    // Whose own module stood there before shows another now; what keeps its state somewhere is put up for good.
    const isInUse = all.some(
      (i) =>
        /\bsource\s*=\s*"\.{1,2}\//.test(files[i]!.before ?? '') ||
        files.some((f) => folderOf(f.path) === folderOf(files[i]!.path) && keepsState.test(f.after ?? '')),
    );
    for (const i of all)
      keep(
        judged,
        i,
        judged[i]!.classification.findings.flatMap((f) =>
          !isOfExample(f) || backgroundOf(f).key !== key
            ? [f]
            : i === first
              ? [
                  withOther(f, {
                    tier: isInUse ? 'medium' : 'low',
                    message: `${f.message} The same holds for ${more}.`,
                  }),
                ]
              : [],
        ),
      );
  }
}

const keepsState = /^[ \t]*(?:backend[ \t]+"|cloud[ \t]*\{)/m;
