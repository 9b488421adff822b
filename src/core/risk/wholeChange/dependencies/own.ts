/** Dependencies of a change that are no news: parts of the repository itself, and what another manifest has told. */
import type { FileChange, Finding } from '../../../model.ts';
import { ecosystemOf, normalForm, readDependencyKey } from '../../../rules/kit/dependencies.ts';
import { backgroundOf } from '../../background.ts';
import { withoutMoved } from './moved.ts';
import { isRead, keep, type FileClassification } from '../pass.ts';
import { baseOf } from '../../../paths.ts';

/**
 * Takes out dependencies that the whole change explains: parts whose own manifests it edits (a release raises them all),
 * and those that another manifest asks for in the same version; the one nearest to the root tells it. Of an action that
 * several workflows take from a repository now, the first tells it.
 */
export function withoutOwnAndRepeated(files: readonly FileChange[], judged: FileClassification[]): void {
  const isFromOthers = (f: Finding): boolean => f.rule === 'dependency-changed' || f.rule === 'workflow-unpinned';
  const order = [...judged.keys()]
    .filter((i) => judged[i]!.classification.findings.some(isFromOthers))
    .sort((a, b) => depth(judged[a]!.path) - depth(judged[b]!.path) || a - b);
  if (order.length === 0) return;
  const parts = new Set(files.map(declaredPart));
  const versions = ownVersions(files);
  const told = new Map<string, number>();
  /** Names that some manifest of the change gives a version. */
  const versioned = new Set<string>();
  const subjectOf = (path: string, f: Finding, key: string): string => {
    const dependency = readDependencyKey(key);
    if (!dependency) return key;
    const { name, extras, wanted } = normalForm(path, dependency);
    return `${ecosystemOf(path)} ${name} ${extras} ${wanted} ${backgroundOf(f).ifKnown?.message === f.message ? 'new' : ''}`;
  };
  for (const i of order) {
    const { path, classification } = judged[i]!;
    for (const f of classification.findings) {
      const dependency = readDependencyKey(backgroundOf(f).key ?? '');
      if (dependency && dependency.version !== '') versioned.add(`${giver(path)} ${dependency.name}`);
    }
  }
  withoutMoved(files, judged, order);
  // Who asks for it by itself tells it, before those that a tool wrote it to.
  for (const isFollower of [false, true])
    for (const i of order)
      for (const f of judged[i]!.classification.findings) {
        const key = backgroundOf(f).key;
        if (!isFromOthers(f) || key === undefined || (backgroundOf(f).follows === true) !== isFollower) continue;
        const what = subjectOf(judged[i]!.path, f, key);
        if (!told.has(what)) told.set(what, i);
      }
  for (const i of order) {
    const { path, classification } = judged[i]!;
    // Groups of one file that ask for the same: the first tells it.
    const here = new Set<string>();
    const others = classification.findings.filter((f) => {
      const key = backgroundOf(f).key;
      if (!isFromOthers(f) || key === undefined) return true;
      const dependency = readDependencyKey(key);
      if (
        dependency &&
        (parts.has(dependency.name) || (dependency.isLocal && versions.has(numberIn(dependency.version))))
      )
        return false;
      // The version is kept in one place for all parts (Directory.Packages.props, a parent's management, a catalog).
      if (dependency?.version === '' && versioned.has(`${ecosystemOf(path)} ${dependency.name}`)) return false;
      if (dependency && isOfCatalog.test(dependency.version) && versioned.has(`catalog ${dependency.name}`))
        return false;
      const what = subjectOf(path, f, key);
      if (told.get(what) !== i) return false;
      if (!dependency || dependency.section === 'overrides') return true;
      return here.size < here.add(`${what} ${dependency.isLocal} ${f.message}`).size;
    });
    keep(judged, i, others);
  }
}

/** Its number stands in the catalog of the workspace. */
const isOfCatalog = /^catalog:(?:default)?$/;
const giver = (path: string): string => (path.endsWith('pnpm-workspace.yaml') ? 'catalog' : ecosystemOf(path));

const depth = (path: string): number => path.split('/').length;
/** Of a table in one line, the version that it names. */
const numberIn = (version: string): string =>
  /"[=^~ ]{0,3}([^"]{1,60})"/.exec(version.slice(version.search(/\bversion\s*=/)))?.[1] ?? '';

/**
 * What a manifest of the change says it is itself, as others ask for it. It must have said so before: else whoever wants
 * a package of the registry unseen would add a manifest of that name beside it.
 */
function declaredPart({ path, before, after }: FileChange): string | undefined {
  const own = nameIn(path, after);
  return own !== undefined && own === nameIn(path, before) ? own : undefined;
}

function nameIn(path: string, text: string | null): string | undefined {
  const name = baseOf(path);
  if (!isRead(text)) return undefined;
  if (name === 'package.json')
    try {
      const own = (JSON.parse(text) as { name?: unknown } | null)?.name;
      return typeof own === 'string' ? own : undefined;
    } catch {
      return undefined;
    }
  if (name === 'Cargo.toml' || name === 'pyproject.toml')
    return /^\[(?:package|project)\][ \t]*\n(?:[^[\n][^\n]*\n|\n)*?name[ \t]*=[ \t]*"([^"\n]{1,200})"/m.exec(text)?.[1];
  if (name === 'pom.xml') {
    // Its own name stands before the parent's or behind it.
    const plain = withoutComments(text);
    const from = plain.indexOf('<parent>');
    const to = from < 0 ? -1 : plain.indexOf('</parent>', from);
    const parent = to < 0 ? '' : plain.slice(from, to);
    const own = to < 0 ? plain : plain.slice(0, from) + plain.slice(to);
    const head = own.split(/<(?:dependencies|dependencyManagement|build|profiles)>/)[0]!;
    const group = (/<groupId>\s*([^<\s]+)/.exec(head) ?? /<groupId>\s*([^<\s]+)/.exec(parent))?.[1];
    const artifact = /<artifactId>\s*([^<\s]+)/.exec(head)?.[1];
    return group && artifact ? `${group}:${artifact}` : undefined;
  }
  return undefined;
}

function withoutComments(xml: string): string {
  let out = '';
  let at = 0;
  for (;;) {
    const from = xml.indexOf('<!--', at);
    const to = from < 0 ? -1 : xml.indexOf('-->', from);
    if (to < 0) return out + xml.slice(at);
    out += xml.slice(at, from);
    at = to + 3;
  }
}

/** Versions that manifests of the change give to packages of their own. */
function ownVersions(files: readonly FileChange[]): Set<string> {
  const versions = new Set<string>();
  for (const { path, before, after } of files) {
    if (!path.endsWith('Cargo.toml') || !isRead(after)) continue;
    let table = '';
    for (const line of after.split('\n')) {
      table = /^\[([\w.-]{1,60})\]/.exec(line)?.[1] ?? table;
      const [, dotted = '', own] = /^(package\.)?version\s{0,20}=\s{0,20}"([^"]{1,60})"/.exec(line) ?? [];
      const isPackage = dotted === '' ? /^(?:workspace\.)?package$/.test(table) : table === 'workspace';
      if (own && isPackage && !before?.includes(line)) versions.add(own);
    }
  }
  return versions;
}
