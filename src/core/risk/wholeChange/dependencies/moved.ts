/** Dependencies that are new to a manifest, but not to the project: another manifest asked for them before the change. */
import { isTestPath } from '../../../languages/kinds.ts';
import { detectLanguage } from '../../../languages/detect.ts';
import { tiers, type FileChange, type Finding } from '../../../model.ts';
import { dependencies, ecosystemOf, keyOf, normalForm, type Dependency } from '../../../rules/kit/dependencies.ts';
import { namedDependencies } from '../../../rules/kit/gradleDependencies.ts';
import type { Found } from '../../../rules/rule.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { areRead, isRead, keep, sourceOf, type FileClassification } from '../pass.ts';
import { addTo } from '../../../multimap.ts';
import { listed } from '../../../rules/kit/listed.ts';
import { lockedVersions } from '../../../rules/kit/lockedVersions.ts';
import { lockFilesOf, maxNamed } from './releases.ts';
import { baseOf, folderOf } from '../../../paths.ts';
import { toldOtherwise } from '../../../rules/kit/dependencySentences.ts';
import { asResolved, type Properties } from './poms.ts';
import { rowOf } from './row.ts';

/** What a manifest asked for before the change. */
interface Entry extends Pick<Dependency, 'version' | 'isAside' | 'indirect'> {
  readonly path: string;
  readonly extras: string;
  readonly wanted: string;
  /** The manifest does not ask for it in this version any more, or not at all, or for nothing at all. */
  readonly isGone: boolean;
  readonly isNameGone: boolean;
  readonly isEmpty: boolean;
  /** The manifest names a registry of its own to look in. */
  readonly isOfOther: boolean;
  /** Its manifest does not write it in this way any more. */
  readonly isRespelled: boolean;
  /** A tool wrote it: what it resolved is no wish of the project. */
  readonly isCompiled: boolean;
}

/**
 * Of the findings of the manifests `order`: takes out a dependency that came from another manifest of the project as it
 * is, and tells from which version it goes where it came with another. One that left any manifest is not called new.
 */
export function withoutMoved(
  files: readonly FileChange[],
  judged: FileClassification[],
  order: readonly number[],
): void {
  let before: ReadonlyMap<string, readonly Entry[]> | undefined;
  const read = reader(files);
  const poms: Properties = new Map();
  for (const i of order) {
    const { path, classification } = judged[i]!;
    const left = classification.findings.flatMap((f) => {
      const { key, ifKnown } = backgroundOf(f);
      const dependency = rowOf(f);
      if (dependency && isSaidAgain(read, path, dependency, ifKnown !== undefined)) return [];
      if (!ifKnown || !dependency || f.message === ifKnown.known || dependency.section === 'overrides') return [f];
      const text = files.find((file) => file.path === path)?.after ?? '';
      const now = {
        path,
        text,
        ...normalForm(path, resolvedIn(read, path, key ?? '') ?? dependency),
        isAside: () => isAside(files, path, key ?? ''),
        versions: () =>
          isCatalog.test(path) ? read(path)?.after.get(`${dependency.section} ${dependency.name}`) : undefined,
      };
      const all = (before ??= entriesBefore(files)).get(`${ecosystemOf(path)} ${now.name}`) ?? [];
      if (!all.some((e) => e.isCompiled) || isCompiled(path, text)) return asMoved(f, ifKnown, all, now);
      return asCompiled(f, ifKnown, all, now, () => lockedNow(files, path, now.name));
    });
    const resolved = path.endsWith('pom.xml') ? asResolved(files, poms, path, left) : left;
    const isNewFile = files.find((file) => file.path === path)?.before === null;
    keep(
      judged,
      i,
      isNewFile ? asNewPart(path, resolved, (id) => (before ??= entriesBefore(files)).get(id) ?? []) : resolved,
    );
  }
}

/**
 * Of a new manifest: what another of the change asks for by itself, in the same version, before and after, is one finding,
 * for no name and no version of it is new to the project.
 */
function asNewPart(path: string, findings: readonly Finding[], entriesOf: (id: string) => readonly Entry[]): Finding[] {
  const known = new Map<Finding, string>();
  for (const f of findings) {
    const { ifKnown } = backgroundOf(f);
    const row = rowOf(f);
    if (!row || row.section === 'overrides' || row.section === 'replace' || ifKnown?.message !== f.message) continue;
    const { name, extras, wanted } = normalForm(path, row);
    const giver = entriesOf(`${ecosystemOf(path)} ${name}`).find(
      (e) =>
        e.wanted === wanted &&
        wanted !== '' &&
        e.extras === extras &&
        !e.isGone &&
        !e.isAside &&
        !e.indirect &&
        isInstalled(e),
    );
    if (giver) known.set(f, `${row.name} (line ${f.line})`);
  }
  const [first, ...rest] = [...known.keys()].toSorted((a, b) => tiers.indexOf(b.tier) - tiers.indexOf(a.tier));
  if (!first || rest.length === 0) return [...findings];
  const others = listed(
    rest.map((f) => known.get(f)!),
    maxNamed,
  );
  const message = toldOtherwise(
    first.message,
    ` is new here, and asked for elsewhere in the project already, as are ${others}: check that the new part needs them.`,
  );
  return findings.flatMap((f) => (f === first ? [withOther(f, { message })] : known.has(f) ? [] : [f]));
}
interface Asked {
  readonly path: string;
  readonly text: string;
  readonly name: string;
  readonly extras: string;
  readonly wanted: string;
  isAside(): boolean;
  /** Of a catalog: all versions that it has of the same. */
  versions(): ReadonlySet<string> | undefined;
}

function asMoved(f: Finding, hit: Found, all: readonly Entry[], now: Asked): Finding[] {
  const known = (message: string | undefined): Finding => (message === undefined ? f : withOther(f, { message }));
  const near = all.filter((e) => isOfProject(e, now.path));
  // By the same name another registry gives what it likes.
  const isElsewhere = near.some((e) => e.isOfOther && e.path !== now.path) && !namesIndex.test(now.text);
  if (near.length === 0) {
    // Scripts of the same build, in whatever words they name it.
    const isKnown = isCatalog.test(now.path) && all.some((e) => isInstalled(e) && isBelow(e.path, now.path));
    return [isKnown || all.some((e) => e.isNameGone) ? known(hit.known) : f];
  }
  const alike = near.filter((e) => e.extras === now.extras || isCatalog.test(now.path));
  const isSame = (e: Entry): boolean => e.wanted === now.wanted;
  const here = alike.filter((e) => e.path === now.path && isSame(e) && e.isRespelled);
  if (here.some((e) => !e.isAside) || (here.length > 0 && now.isAside())) return [];
  const goneHere = alike.filter((e) => e.isGone && e.path === now.path);
  // What the file said itself is what it changes.
  const gone = goneHere.length > 0 ? goneHere : alike.filter((e) => e.isGone);
  // Where several versions came together, some did change, but where a catalog has them all.
  const areAllKept = (): boolean => {
    const versions = gone.some(isSame) ? now.versions() : undefined;
    return versions !== undefined && gone.every((e) => versions.has(e.wanted));
  };
  if (!isElsewhere && (gone.length > 0 ? gone.every(isSame) || areAllKept() : alike.some(isSame))) {
    const isForAll = alike.some((e) => isSame(e) && !e.isAside);
    return isForAll || now.isAside() ? [] : [known(toldOtherwise(f.message, forAll))];
  }
  const was = gone.find((e) => !isSame(e) && e.wanted !== '' && !isUnread(e));
  return [known((was && hit.changed?.(was.version)) ?? hit.known)];
}
/** A script took the version by a name that nothing of the change gives a number. */
const isUnread = ({ path, version }: Entry): boolean => isScript.test(path) && version.includes('$');

/**
 * Of a dependency that a compiled list of requirements held, too: what was declared is read with what is declared now, and
 * what was resolved with what a lock file of the change resolves.
 */
function asCompiled(
  f: Finding,
  hit: Found,
  all: readonly Entry[],
  now: Asked,
  locks: () => ReadonlySet<string>,
): Finding[] {
  const near = all.filter((e) => isOfProject(e, now.path));
  const declared = near.filter((e) => !e.isCompiled);
  const pins = near.filter((e) => e.isCompiled && e.isGone && !e.indirect && e.wanted.startsWith('=='));
  // Nobody asked for it by name before.
  if (declared.length === 0 && near.length > 0 && near.every((e) => e.indirect)) return [f];
  const other = asMoved(f, hit, declared.length > 0 ? declared : all, now);
  if (pins.length === 0 || (declared.length > 0 && other.length > 0)) return other;
  const locked = locks();
  const isKept = pins.some((e) => [...locked].some((version) => samePin(version) === e.wanted));
  const was = pins[0]!;
  if (isKept) return declared.length > 0 ? [] : [withOther(f, { message: hit.known ?? f.message })];
  if (locked.size === 0) return [withOther(f, { message: hit.changed?.(was.version) ?? hit.known ?? f.message })];
  const message = `Dependency ${now.name} goes from ${was.version.trim()} to ${[...locked].join(' and ')} in the lock file: check what changed between them.`;
  return [withOther(f, { message })];
}
const samePin = (version: string): string =>
  normalForm('requirements.txt', { name: '', version: `==${version}` }).wanted;

const isCompiled = (path: string, text: string): boolean =>
  path.endsWith('.txt') && /^#[^\n]*\bautogenerated by (?:pip-compile|uv)\b/m.test(text.slice(0, 1000));

/** The versions of a package in the lock files of the change that hold for a manifest. */
const lockedNow = (files: readonly FileChange[], path: string, name: string): ReadonlySet<string> =>
  new Set(
    lockFilesOf(files, path).flatMap((f) => (isRead(f.after) ? lockedVersions(baseOf(f.path), f.after, name) : [])),
  );

const forAll = ' is installed for all now, not for those alone who develop: check that it is needed at run time.';

/** How the text after declares what a key is about. */
const resolvedIn = (read: Reader, path: string, key: string): Dependency | undefined =>
  ecosystemOf(path) === 'jvm' ? read(path)?.byKey.get(key) : undefined;

/** What a build file of the JVM declares on both sides, by the key and by section and name. */
interface Declared {
  readonly byKey: ReadonlyMap<string, Dependency>;
  readonly before: ReadonlyMap<string, ReadonlySet<string>>;
  readonly after: ReadonlyMap<string, ReadonlySet<string>>;
}
type Reader = (path: string) => Declared | undefined;

function reader(files: readonly FileChange[]): Reader {
  const known = new Map<string, Declared | undefined>();
  const readNow = (path: string): Declared | undefined => {
    const file = files.find((x) => x.path === path);
    if (!file || !isRead(file.after) || !areRead(file)) return undefined;
    const after = dependencies(sourceOf(path, file.after));
    const before = file.before === null ? [] : dependencies(sourceOf(path, file.before));
    const byKey = new Map(after.map((d) => [keyOf(path, d), d]));
    return { byKey, before: versionsOf(before), after: versionsOf(after) };
  };
  return (path) => {
    if (!known.has(path)) known.set(path, readNow(path));
    return known.get(path);
  };
}

function versionsOf(all: readonly Dependency[]): ReadonlyMap<string, ReadonlySet<string>> {
  const versions = new Map<string, Set<string>>();
  for (const d of all) {
    const id = `${d.section} ${d.name}`;
    const others = versions.get(id);
    if (others) others.add(d.resolved ?? d.version);
    else versions.set(id, new Set([d.resolved ?? d.version]));
  }
  return versions;
}

/**
 * Whether a build file of the JVM said the same before in other words: by a name for the version, say. A name for a
 * version is no dependency itself, and what takes a new one tells it.
 */
function isSaidAgain(
  read: Reader,
  path: string,
  { section, name }: Pick<Dependency, 'name' | 'section'>,
  isNew: boolean,
): boolean {
  if (ecosystemOf(path) !== 'jvm') return false;
  if (section === 'versions') return isNew;
  const declared = read(path);
  const before = declared?.before.get(`${section} ${name}`);
  const after = declared?.after.get(`${section} ${name}`);
  return before !== undefined && after !== undefined && [...after].every((version) => before.has(version));
}

/** Whether the change leaves what a manifest asks for to those who develop, or who ask for more. */
function isAside(files: readonly FileChange[], path: string, key: string): boolean {
  const after = files.find((file) => file.path === path)?.after ?? '';
  const same = dependencies(sourceOf(path, after)).filter((d) => keyOf(path, d) === key);
  return same.length > 0 && same.every((d) => d.isAside);
}

/** What manifests of the change asked for before, by ecosystem and name. */
function entriesBefore(files: readonly FileChange[]): ReadonlyMap<string, readonly Entry[]> {
  const entries = new Map<string, Entry[]>();
  for (const file of files) {
    const { path, before, after } = file;
    if (before === null || !areRead(file) || !isManifest(path, before)) continue;
    const isWritten = isCompiled(path, before);
    const kept = new Set<string>();
    const now = after === null ? [] : declaredIn(files, path, 'after', after);
    for (const d of now) {
      const { name, extras, wanted } = normalForm(path, d);
      kept.add(name).add(`${name} ${extras} ${wanted}`).add(spelling(d));
    }
    for (const d of declaredIn(files, path, 'before', before)) {
      if (d.section === 'overrides' || d.section === 'versions') continue;
      const { name, extras, wanted } = normalForm(path, d);
      const id = `${ecosystemOf(path)} ${name}`;
      const entry: Entry = {
        path,
        extras,
        wanted,
        version: d.resolved ?? d.version,
        ...(d.isAside && { isAside: true }),
        isGone: !kept.has(`${name} ${extras} ${wanted}`),
        isNameGone: !kept.has(name),
        isEmpty: now.length === 0,
        isOfOther: namesIndex.test(before),
        isRespelled: !kept.has(spelling(d)),
        isCompiled: isWritten,
        ...(d.indirect && { indirect: true }),
      };
      addTo(entries, id, entry);
    }
  }
  return entries;
}

/** What a text of the change declares; of a script of Gradle with the names that others of its side give to versions. */
function declaredIn(
  files: readonly FileChange[],
  path: string,
  side: 'before' | 'after',
  text: string,
): readonly Dependency[] {
  if (!isScript.test(path)) return dependencies(sourceOf(path, text));
  const others = files.flatMap((file) => {
    const other = file[side];
    const isNear = file.path !== path && /(?:^|\/)gradle\.properties$|\.gradle(?:\.kts)?$/.test(file.path);
    return isNear && isRead(other) && path.startsWith(projectOf(file.path)) ? [{ path: file.path, text: other }] : [];
  });
  return namedDependencies(text, others.slice(0, maxScripts));
}
const isScript = /\.(?:gradle|kts)$/;
/** Of scripts above another: how many are read for its names. */
const maxScripts = 8;

/** Where a manifest, or what stands in it for its tool, names a registry that is not the public one. */
const namesIndex =
  /^[ \t]*(?:--(?:extra-)?index-url|-i|--find-links|-f)[ =]|^[ \t]*\[\[(?:source|tool\.(?:poetry\.source|uv\.index|pdm\.source))\]\]|^[ \t]*(?:extra-)?index-url\s*=|"publishConfig"|<(?:repository|RestoreSources)>/m;
const spelling = ({ name, version }: Dependency): string => `=${name} ${version}`;

const isManifest = (path: string, text: string): boolean =>
  detectLanguage(path, text) === 'manifest' ||
  /(?:^|\/)(?:Gopkg|glide)\.lock$/.test(path) ||
  /(?:^|\/)setup\.py$/.test(path);

/** Whether what a manifest asked for was installed where another asks for it now. */
function isOfProject({ path, isGone, isEmpty }: Entry, asking: string): boolean {
  const [from, to] = [projectOf(path), projectOf(asking)];
  // In one file the rule has looked itself, but for its sections.
  if (path === asking) return ecosystemOf(path) === 'python';
  if (from === to) return true;
  if (!isInstalled({ path })) return false;
  // A catalog is of the project in whose folder it lies; which file of a release is taken is said where it is used.
  if (isGone && isCatalog.test(asking)) return isBelow(path, asking);
  if (isGone && isCatalog.test(path) && ecosystemOf(asking) === 'jvm')
    return to.startsWith(from.replace(/(^|\/)gradle\/$/, '$1'));
  if (isGone && isCentral.test(asking)) return from.startsWith(to);
  return isEmpty && (from.startsWith(to) || to.startsWith(from));
}
/** Whether a manifest is of what runs, and no show or copy. */
const isInstalled = ({ path }: Pick<Entry, 'path'>): boolean =>
  !isTestPath(path) && !/(?:^|\/)(?:vendor|third_party|node_modules|examples?|samples?|docs?)\//.test(path);
/** Whether a file is of the build that a catalog is of. */
const isBelow = (path: string, catalog: string): boolean =>
  path.startsWith(projectOf(catalog).replace(/(^|\/)gradle\/$/, '$1'));
const isCatalog = /\.versions\.toml$/;
/** They give the versions for the manifests below them. */
const isCentral = /(?:^|\/)(?:pnpm-workspace\.yaml|cargo\.toml|directory\.(?:packages|build)\.props)$/i;

/** The folder of the project that a manifest belongs to. */
const projectOf = (path: string): string => folderOf(path).replace(/(^|\/)requirements\/$/, '$1');
