/** Of a dependency that the lock file of the project had already, nobody needs to check the name: what it brings is said. */
import type { FileChange, Finding } from '../../../model.ts';
import { ecosystemOf, normalForm, readDependencyKey } from '../../../rules/kit/dependencies.ts';
import { lockedVersions } from '../../../rules/kit/lockedVersions.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { listed } from '../../../rules/kit/listed.ts';
import { baseOf } from '../../../paths.ts';
import { isRead, keep, type FileClassification } from '../pass.ts';
import { lockFileOf, maxNamed, maxNew } from './releases.ts';

const isNew = /^Dependency (.{1,160}?) (?:at ([^:]{1,160}) )?is new: check that the name is the intended one\.$/;

/**
 * Where the lock file holds no version that it had not before, such a dependency is a medium remark, and the first of a
 * manifest tells the others; else the sentence says which versions came.
 */
export function asKnown(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const { findings } = classification;
    const isOfNew = (f: Finding): boolean => f.rule === 'dependency-changed' && isNew.test(f.message);
    const lock = findings.some(isOfNew) ? lockFileOf(files, path) : undefined;
    if (!lock || !isRead(lock.before) || !isRead(lock.after)) continue;
    const { before, after } = lock;
    const kept: Finding[] = [];
    const others = findings.map((f) => {
      const row = isOfNew(f) ? readDependencyKey(backgroundOf(f).key ?? '') : undefined;
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
      const message = f.message.replace(/ is new: .*$/, () => ` is asked for here now; ${said}`);
      const told = withOther(f, {
        message,
        ...(came.length === 0 && f.tier === 'high' && { tier: 'medium' as const }),
      });
      if (came.length === 0) kept.push(told);
      return told;
    });
    keep(judged, i, withKept(others, kept));
  }
}

/** A path, an address or another package. */
const isPlace = /^(?!workspace:|catalog:)[\w+.-]+:|\/\/|^\{[^}]*\b(?:git|url|path|registry|source|index)\s*=|^@\s/;

/** One manifest that takes what is there already is one decision. */
function withKept(findings: readonly Finding[], kept: readonly Finding[]): Finding[] {
  const [first, ...rest] = kept;
  if (!first || rest.length === 0) return [...findings];
  const names = rest.map((f) => `${/^Dependency (\S+)/.exec(f.message)?.[1] ?? ''} (line ${f.line})`);
  const told = withOther(first, { message: `${first.message} It had, too: ${listed(names, maxNew)}.` });
  return findings.flatMap((f) => (f === first ? [told] : rest.includes(f) ? [] : [f]));
}
