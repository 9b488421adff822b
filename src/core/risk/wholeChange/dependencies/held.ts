/** What a manifest holds for all who need it: what the lock file had, and each owner's packages and forks told once. */
import type { FileChange, Finding } from '../../../model.ts';
import { lockedVersions } from '../../../rules/kit/lockedVersions.ts';
import { listed } from '../../../rules/kit/listed.ts';
import { baseOf } from '../../../paths.ts';
import { fold, isRead, keep, replace, type FileClassification } from '../pass.ts';
import { lockFileOf, maxNamed } from './releases.ts';
import { addTo } from '../../../multimap.ts';
import { heldForAll, heldIn } from '../../../rules/kit/dependencySentences.ts';
import { isOfDependency, rowOf } from './row.ts';

/** Tells of what is held which versions the lock file had; of packages of one scope the first tells the others. */
export function asHeld(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const found = classification.findings.filter((f) => isOfDependency(f) && heldIn(f.message) !== undefined);
    if (found.length === 0) continue;
    const lock = lockFileOf(files, path);
    const before = lock && isRead(lock.before) ? lock.before : undefined;
    const scopes = new Map<string, Finding[]>();
    const had = new Map<Finding, string>();
    for (const f of found) {
      const name = packageOf(rowOf(f)?.name ?? '');
      const versions = before === undefined ? [] : lockedVersions(baseOf(lock!.path), before, name);
      if (versions.length > 0) had.set(f, `the lock file had ${listed(versions, maxNamed)}`);
      const scope = /^@[^/]+\//.exec(name)?.[0] ?? name;
      const id = `${f.tier} ${scope}`;
      addTo(scopes, id, f);
    }
    const told = new Map<Finding, Finding | undefined>();
    for (const [first, ...rest] of scopes.values()) {
      if (!first) continue;
      const versions = had.get(first);
      const own = versions === undefined ? first.message : heldForAll(first.message, versions);
      const names = rest.map((f) => {
        const { name, version } = heldIn(f.message)!;
        return `${name} at ${version} (line ${f.line}${had.has(f) ? `; ${had.get(f)}` : ''})`;
      });
      const message = names.length === 0 ? own : `${own} So are: ${listed(names, maxHeld)}.`;
      if (message !== first.message) fold(told, first, rest, message);
    }
    replace(judged, i, told);
  }
}
/** Of packages of one scope that are held: how many are named. */
const maxHeld = 10;

/** The package that an entry is about, without the versions and the packages that it holds for (`a@1>b@2`, `a/**\/b`). */
const packageOf = (entry: string): string =>
  /(?:@[\w.-]+\/)?[\w.-]+$/.exec(
    entry
      .split(/(?<=[\w.-])>(?=[@a-z])/i)
      .at(-1)!
      .replace(/(?<=[\w.-])@.*$/, ''),
  )?.[0] ?? entry;

/** Of a Go module that another stands in for, `dependency-foreign-source` says which one, and it is told no second time. */
export function withoutReplacedTwice(_files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    if (!path.endsWith('go.mod')) continue;
    const replaced = new Set<number>();
    for (const f of classification.findings) if (f.rule === 'dependency-foreign-source') replaced.add(f.line);
    if (replaced.size === 0) continue;
    const isTold = (f: Finding): boolean => isOfDependency(f) && replaced.has(f.line);
    keep(
      judged,
      i,
      classification.findings.filter((f) => !isTold(f)),
    );
  }
}
