/** Dependencies of one release are one finding, and the lock file is named where the change has one. */
import type { FileChange, Finding } from '../../../model.ts';
import { ecosystemOf } from '../../../rules/kit/dependencies.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { listed, maxListed } from '../../../rules/kit/listed.ts';
import { baseOf, folderOf } from '../../../paths.ts';
import { fold, keep, replace, type FileClassification } from '../pass.ts';
import { addTo } from '../../../multimap.ts';
import {
  nameIn,
  saidOf,
  saysNewInRegistry,
  saysStep,
  wayDown,
  withLock,
} from '../../../rules/kit/dependencySentences.ts';
import { isOfDependency, rowOf } from './row.ts';

/** Names that a sentence gives. */
export const maxNamed = 5;
/** Of those that nobody had before, in full. */
export const maxNew = 20;

/**
 * Of dependencies of a manifest that go from one version to the same other one, and whose names begin with the same owner,
 * the first tells the others; so does the first of those that other dependencies need and a tool wrote along.
 */
export function asReleases(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const groups = new Map<string, Finding[]>();
    for (const f of classification.findings) {
      const id = releaseOf(path, f, files[i]?.before === null);
      if (id !== undefined) addTo(groups, id, f);
    }
    const told = new Map<Finding, Finding | undefined>();
    for (const [first, ...rest] of [...groups.values()].flatMap(inSentences)) {
      if (!first || rest.length === 0) continue;
      const isAlong = isFollower(first);
      const isNew = isOfNew(first);
      // Of one that goes another way than the first, how far.
      const lowered = ({ message }: Finding): string => (isAlong && wayDown(message) ? `, ${wayDown(message)}` : '');
      const names = rest.map((f) => `${nameIn(f.message)} (line ${f.line}${lowered(f)})`);
      const others = isAlong
        ? `Needed indirectly, too, and ${isNew ? 'new' : 'changed'}`
        : saysStep(first.message)
          ? 'So do'
          : 'So are';
      fold(told, first, rest, `${first.message} ${others}: ${listed(names, isNew ? maxNew : maxNamed)}.`);
    }
    replace(judged, i, told);
  }
}

/** A manifest that is new takes all that it asks for with one decision, but for what comes from elsewhere: as few findings tell them. */
export function asNewManifests(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { classification }] of judged.entries()) {
    if (files[i]?.before !== null) continue;
    const isPlain = (f: Finding): boolean => isOfDependency(f) && saysNewInRegistry(f.message);
    const plain = classification.findings.filter(isPlain);
    const told = new Map<Finding, Finding | undefined>();
    for (const tier of new Set(plain.map((f) => f.tier)))
      for (const [first, ...rest] of inSentences(plain.filter((f) => f.tier === tier))) {
        if (!first || rest.length === 0) continue;
        const names = rest.map((f) => `${nameIn(f.message)} (line ${f.line})`);
        fold(told, first, rest, `${first.message} So are: ${listed(names, maxNew)}.`);
      }
    replace(judged, i, told);
  }
}

const isFollower = (f: Finding): boolean => backgroundOf(f).follows === true;
const isOfNew = (f: Finding): boolean => f.message.includes(' is new: ');

/** Whose name nobody has read yet, and who is asked for, is named in any case: as many as a sentence takes. */
function inSentences(group: readonly Finding[]): (readonly Finding[])[] {
  if (isFollower(group[0]!) || !isOfNew(group[0]!)) return [group];
  const parts: Finding[][] = [];
  let length = 0;
  for (const f of group) {
    length += nameIn(f.message).length + ' (line 1000), '.length;
    if (parts.length === 0 || length > maxListed) [length] = [0, parts.push([f])];
    else parts.at(-1)!.push(f);
  }
  return parts;
}

/** What the findings of one release have in common; `undefined` for one that stands for itself. */
function releaseOf(path: string, f: Finding, isNewManifest: boolean): string | undefined {
  const dependency = rowOf(f);
  if (!dependency) return undefined;
  if (backgroundOf(f).follows) return `indirect ${f.tier} ${isOfNew(f)}`;
  // `asNewManifests` tells them all.
  if (isNewManifest && saysNewInRegistry(f.message)) return undefined;
  const owner = ownerIn(path, dependency.name);
  const said = saidOf(f.message);
  return owner && said && `${owner} ${dependency.section} ${f.tier}${said}`;
}

/** The start of a name under which one owner alone publishes. */
function ownerIn(path: string, name: string): string | undefined {
  if (path.endsWith('go.mod'))
    return (/^(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org)\/[^/]+\/[^/]+/.exec(name) ??
      /^[^/]+/.exec(name))?.[0];
  switch (ecosystemOf(path)) {
    case 'npm':
      return /^@[^/]+\//.exec(name)?.[0];
    case 'jvm':
      return /^[^:]+:/.exec(name)?.[0];
    case 'nuget':
      // Of these two everybody has a part.
      return /^(?:(?:microsoft|system)\.[^.]+|[^.]+)/i.exec(name)?.[0];
    case 'composer.json':
      return /^[^/]+\//.exec(name)?.[0];
    default:
      return undefined;
  }
}

/** The lock files of each registry's tools. */
const locks: Readonly<Record<string, RegExp>> = {
  npm: /^(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?)$/,
  python: /^(?:(?:poetry|uv|pdm|Pipfile)\.lock|pylock(?:\.[\w-]{1,40})?\.toml)$/,
  nuget: /^packages\.lock\.json$/,
  jvm: /^gradle\.lockfile$/,
  'cargo.toml': /^Cargo\.lock$/,
  'composer.json': /^composer\.lock$/,
  gemfile: /^Gemfile\.lock$/,
  'pubspec.yaml': /^pubspec\.lock$/,
  'deno.json': /^deno\.lock$/,
};

/** The lock files of the change that may hold for a manifest: beside it or in a folder above. */
export function lockFilesOf(files: readonly FileChange[], path: string): readonly FileChange[] {
  const lock = locks[ecosystemOf(path)];
  return lock ? files.filter((f) => path.startsWith(folderOf(f.path)) && lock.test(baseOf(f.path))) : [];
}

/** The nearest of them. */
export const lockFileOf = (files: readonly FileChange[], path: string): FileChange | undefined =>
  lockFilesOf(files, path).toSorted((a, b) => b.path.length - a.path.length)[0];

/** Points to what the lock file resolves to, where the change has that of the manifest: beside it or in a folder above. */
export function withLockFiles(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    if (!classification.findings.some(isOfDependency)) continue;
    if (lockFilesOf(files, path).every((f) => f.after === null)) continue;
    const told = classification.findings.map((f) => {
      const message = isOfDependency(f) ? withLock(f.message) : f.message;
      return message === f.message ? f : withOther(f, { message });
    });
    keep(judged, i, told);
  }
}
