/** Of a requirement that admits other versions, and no lock file that takes one, it is said which. */
import type { FileChange, Finding } from '../../../model.ts';
import { dependencies, ecosystemOf, normalForm, withoutNumber } from '../../../rules/kit/dependencies.ts';
import { rangeChange } from '../../../rules/kit/versionRanges.ts';
import { lockedFor } from '../../../rules/kit/lockedVersions.ts';
import { withOther } from '../../background.ts';
import { lockFileOf, lockFilesOf, maxNamed } from './releases.ts';
import { listed } from '../../../rules/kit/listed.ts';
import { baseOf } from '../../../paths.ts';
import { isRead, keep, sourceOf, type FileClassification } from '../pass.ts';
import { stepIn } from '../../../rules/kit/dependencySentences.ts';
import { isOfDependency, rowOf } from './row.ts';

/**
 * Where the lock file of a manifest is no part of the change, a raised minimum brings nothing that could not come before,
 * and another operator brings what it admits: the sentence says so instead of one version that goes to another.
 */
export function asRanges(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const { findings } = classification;
    if (!findings.some((f) => isOfRange(f)) || lockFilesOf(files, path).length > 0) continue;
    const raised: Finding[] = [];
    const isOnlyRange = onlyRanges(path, files[i]!);
    const others = findings.map((f) => {
      const told = isOfRange(f) ? asRange(path, f) : f;
      if (told !== f && !isOnlyRange(f)) return f;
      if (told !== f && isRaised.test(told.message)) raised.push(told);
      return told;
    });
    keep(judged, i, withRaised(others, raised));
  }
}

/**
 * Where the lock file of the change holds the same version before and after, what is installed stays as it is: the sentence
 * says what the requirement admits, and at which version that stays.
 */
export function asKept(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const { findings } = classification;
    const lock = findings.some((f) => isOfRange(f)) ? lockFileOf(files, path) : undefined;
    if (!lock || !isRead(lock.before) || !isRead(lock.after)) continue;
    const { before, after } = lock;
    const isOnlyRange = onlyRanges(path, files[i]!);
    const file = baseOf(lock.path);
    const folder = path.slice(lock.path.length - file.length, -baseOf(path).length);
    const raised: Finding[] = [];
    const others = findings.map((f) => {
      const row = isOfRange(f) ? rowOf(f) : undefined;
      if (!row) return f;
      const { name } = ecosystemOf(path) === 'python' ? normalForm(path, row) : row;
      const kept = lockedFor(file, after, name, folder);
      if (kept === undefined || lockedFor(file, before, name, folder) !== kept) return f;
      const told = asRange(path, f, kept);
      if (told !== f && !isOnlyRange(f)) return f;
      if (told !== f && isRaised.test(told.message)) raised.push(told);
      return told;
    });
    keep(judged, i, withRaised(others, raised));
  }
}

/** By name, what a manifest says of its dependencies beside the version: where they come from, and with which parts. */
type Conditions = ReadonlyMap<string, ReadonlySet<string>>;

function conditionsOf(path: string, text: string | null): Conditions {
  const found = new Map<string, Set<string>>();
  if (!isRead(text)) return found;
  for (const { name, version } of dependencies(sourceOf(path, text))) {
    const said = /^[{]|^(?!version=)[a-z]+=/.test(version)
      ? withoutNumber(version)
          .replace(/[\s{},]+/g, ' ')
          .trim()
      : '';
    const others = found.get(name);
    if (others) others.add(said);
    else found.set(name, new Set([said]));
  }
  return found;
}

/** Whether a finding is of a requirement that says as before where it comes from and with which parts: else it is no mere range. */
function onlyRanges(path: string, { before, after }: FileChange): (f: Finding) => boolean {
  let sides: readonly [Conditions, Conditions] | undefined;
  return (f) => {
    const [old, now] = (sides ??= [conditionsOf(path, before), conditionsOf(path, after)]);
    const name = rowOf(f)?.name ?? '';
    const said = now.get(name) ?? new Set();
    // It may have come from another manifest.
    const was = old.get(name) ?? new Set(['']);
    return said.size === was.size && [...said].every((one) => was.has(one));
  };
}

const isOfRange = (f: Finding): boolean => isOfDependency(f) && stepIn(f.message) !== undefined;
const isRaised = /^Dependency (\S+) takes nothing below (\S+)[^:]*: [^.:]*\.$/;

/** `kept`: the version that the lock file stays at. */
function asRange(path: string, f: Finding, kept?: string): Finding {
  const step = stepIn(f.message);
  const change = step && rangeChange(path, step.was, step.now);
  if (!step || !change) return f;
  const { was, now, said: all } = step;
  const { kind, low, newHigh } = change;
  // A lock file below the minimum is no longer what is installed.
  if (kept !== undefined && isBelow(kept, low)) return f;
  const stays = kept === undefined ? '' : `; the lock file stays at ${kept}`;
  if (kind === 'same') {
    const message = f.message.replace(
      all,
      () => ` is written ${now} now, which takes the same as ${was}: check that no more was meant.`,
    );
    return withOther(f, { message, tier: 'low' });
  }
  const above = newHigh === undefined ? '' : ` and nothing from ${newHigh} on`;
  const said =
    kind === 'raised'
      ? ` takes nothing below ${low}${above} any more (${now}, it was ${was})${stays}: check what that is needed for.`
      : ` takes ${change.now} now (${now}), it took ${change.before} (${was})${stays}: check ${kind === 'later' ? 'what changed in the newer ones' : 'why it takes less'}.`;
  return withOther(f, { message: f.message.replace(all, () => said) });
}

/** Whether the numbers of a version are lower than those of a minimum. */
function isBelow(version: string, low: string): boolean {
  const [a, b] = [version, low].map((v) => v.split(/[.+-]/).map(Number)) as [number[], number[]];
  for (const [i, least] of b.entries()) {
    const n = a[i] ?? 0;
    if (n !== least) return !(n > least);
  }
  return false;
}

/** Of raised minimums of one tier, the first tells the others: none brings what could not come before. */
function withRaised(findings: readonly Finding[], raised: readonly Finding[]): Finding[] {
  let left = [...findings];
  for (const tier of new Set(raised.map((f) => f.tier))) {
    const [first, ...rest] = raised.filter((f) => f.tier === tier);
    if (!first || rest.length === 0) continue;
    const names = rest.map((f) => {
      const [, name = '', low = ''] = isRaised.exec(f.message) ?? [];
      const stays = /; the lock file (stays at [^:]{1,100}):/.exec(f.message)?.[1];
      return `${name} below ${low} (line ${f.line}${stays ? `; ${stays}` : ''})`;
    });
    const told = withOther(first, { message: `${first.message} Nor are taken: ${listed(names, maxNamed)}.` });
    left = left.flatMap((f) => (f === first ? [told] : rest.includes(f) ? [] : [f]));
  }
  return left;
}
