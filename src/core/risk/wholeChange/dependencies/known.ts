/** Of a dependency that the lock file of the project had already, nobody needs to check the name: what it brings is said. */
import type { FileChange, Finding } from '../../../model.ts';
import { ecosystemOf, normalForm } from '../../../rules/kit/dependencies.ts';
import { lockedVersions } from '../../../rules/kit/lockedVersions.ts';
import { withOther } from '../../background.ts';
import { listed } from '../../../rules/kit/listed.ts';
import { baseOf } from '../../../paths.ts';
import { fold, isRead, keep, replace, type FileClassification } from '../pass.ts';
import { lockFileOf, maxNamed, maxNew } from './releases.ts';
import { nameIn, saysNew, toldOtherwise } from '../../../rules/kit/dependencySentences.ts';
import { isOfDependency, rowOf } from './row.ts';

/**
 * Where the lock file holds no version that it had not before, such a dependency is a medium remark, and the first of a
 * manifest tells the others; else the sentence says which versions came.
 */
export function asKnown(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const { findings } = classification;
    const isOfNew = (f: Finding): boolean => isOfDependency(f) && saysNew(f.message);
    const lock = findings.some(isOfNew) ? lockFileOf(files, path) : undefined;
    if (!lock || !isRead(lock.before) || !isRead(lock.after)) continue;
    const { before, after } = lock;
    const kept: Finding[] = [];
    const others = findings.map((f) => {
      const row = isOfNew(f) ? rowOf(f) : undefined;
      // From elsewhere it is another one of that name.
      if (!row || isPlace.test(row.version)) return f;
      const { name } = ecosystemOf(path) === 'python' ? normalForm(path, row) : row;
      const was = lockedVersions(baseOf(lock.path), before, name);
      if (was.length === 0) return f;
      const came = lockedVersions(baseOf(lock.path), after, name).filter((version) => !was.includes(version));
      const had = `the lock file had it at ${listed(was, maxNamed)}`;
      const said =
        came.length === 0
          ? `${had} before: check that it is needed here.`
          : `${had} and brings ${listed(came, maxNamed)}: check what changed in it.`;
      const message = toldOtherwise(f.message, ` is asked for here now; ${said}`);
      const told = withOther(f, {
        message,
        ...(came.length === 0 && f.tier === 'high' && { tier: 'medium' as const }),
      });
      if (came.length === 0) kept.push(told);
      return told;
    });
    keep(judged, i, others);
    // One manifest that takes what is there already is one decision.
    const [first, ...rest] = kept;
    if (!first || rest.length === 0) continue;
    const names = rest.map((f) => `${nameIn(f.message)} (line ${f.line})`);
    const told = new Map<Finding, Finding | undefined>();
    fold(told, first, rest, `${first.message} It had, too: ${listed(names, maxNew)}.`);
    replace(judged, i, told);
  }
}

/** A path, an address or another package. */
const isPlace = /^(?!workspace:|catalog:)[\w+.-]+:|\/\/|^\{[^}]*\b(?:git|url|path|registry|source|index)\s*=|^@\s/;
