/** Dependencies a manifest declares, with positions, for all package managers on board. */
import type { Source } from '../../languages/source.ts';
import { catalogDependencies, scriptDependencies } from './gradleDependencies.ts';
import { pomDependencies } from './mavenDependencies.ts';
import { at, walk, type TreeNode } from '../../languages/treeNode.ts';
import { baseOf } from '../../paths.ts';

export interface Dependency {
  readonly name: string;
  readonly version: string;
  readonly section: string;
  readonly start: number;
  readonly end: number;
  /** Needed by another dependency alone, and written along by the tool. */
  readonly indirect?: boolean;
  /** Installed for those who develop alone, or on demand. */
  readonly isAside?: boolean;
  /** Its code is in this repository: a folder says where. A version beside it is what others get from the registry. */
  readonly local?: boolean;
  /** The version, where the entry names a place in the same file that says it. */
  readonly resolved?: string;
  /** Of a version that has a name: the first dependency that takes it. */
  readonly usedBy?: string;
}

/** What a finding about a dependency is about (`Hit.key`): the whole change is read by it, too. */
export const dependencyKey = ({ section, name, version, local = false }: Dependency): string =>
  `${keyStart}${JSON.stringify([section, name, version, local])}`;
/** Another spelling of the same version is no other dependency. */
export const keyOf = (path: string, d: Dependency): string =>
  dependencyKey(
    ecosystemOf(path) === 'python' && !/^[{@]/.test(d.version)
      ? { ...d, version: withoutPadding(d.version.replace(/\s+/g, '')) }
      : d,
  );
/** Of a table in one line what says which code it is, not which of its parts are wanted. */
export const withoutChoices = (table: string): string =>
  table.startsWith('{')
    ? table
        .replace(
          /,?\s{0,9}\b(?:features|default-features|default_features|optional|extras)\s{0,9}=\s{0,9}(?:\[[^\]]{0,1000}\]?|[^,}]{0,100})/g,
          '',
        )
        .replace(/^\{[\s,]*/, '{ ')
        .replace(/[\s,]*\}?$/, ' }')
    : table;
/** Of a table in one line all but the version. */
export const withoutNumber = (table: string): string => table.replace(/\bversion\s*=\s*(["'])[^"'\n]*\1/, '');
const keyStart = 'dependency:';

/** What `dependencyKey` wrote; `undefined` for a key of another kind. */
export function readDependencyKey(
  key: string,
):
  | { readonly section: string; readonly name: string; readonly version: string; readonly isLocal: boolean }
  | undefined {
  if (!key.startsWith(keyStart)) return undefined;
  const row = JSON.parse(key.slice(keyStart.length)) as [string, string, string, boolean];
  const [section, name, version, isLocal] = row;
  return { section, name, version, isLocal };
}

/** What asks in one registry, whatever the manifest's format. */
export function ecosystemOf(path: string): string {
  const name = baseOf(path).toLowerCase();
  if (name === 'package.json' || name === 'pnpm-workspace.yaml') return 'npm';
  if (/^(?:pyproject\.toml|setup\.(?:py|cfg)|pipfile)$|\.(?:txt|in)$/.test(name)) return 'python';
  if (/proj$|\.props$|^packages\.config$/.test(name)) return 'nuget';
  if (/^(?:gopkg|glide)\.lock$/.test(name)) return 'go.mod';
  return /\.(?:gradle|kts)$|^pom\.xml$|\.versions\.toml$/.test(name) ? 'jvm' : name;
}

/** A dependency as all formats of its ecosystem would write it: where it is installed (markers) apart. */
export function normalForm(
  path: string,
  { name, version, resolved }: Pick<Dependency, 'name' | 'version' | 'resolved'>,
): { readonly name: string; readonly extras: string; readonly wanted: string } {
  const ecosystem = ecosystemOf(path);
  const lower = ecosystem === 'nuget' ? name.toLowerCase() : name;
  if (ecosystem === 'jvm') {
    // Behind the number: which of its files, or the kind of file.
    const [, wanted = '', extras = ''] = /^([^:@]*)(?:[:@](.*))?$/.exec(resolved ?? version) ?? [];
    return { name, extras, wanted };
  }
  if (ecosystem === 'go.mod') {
    // A commit has one name, whatever release it comes behind.
    const wanted = /-\d{14}-([0-9a-f]{12})$/.exec(version)?.[1] ?? version.replace(/\+incompatible$/, '');
    return { name, extras: '', wanted };
  }
  if (ecosystem !== 'python') return { name: lower, extras: '', wanted: version.replace(/^version=|["']/g, '') };
  const isPlain = version.startsWith('{') && !/\b(?:git|url|path|file|source|index)\s{0,9}=/.test(version);
  const number = isPlain ? (/\bversion\s{0,9}=\s{0,9}["']([^"'\n]*)/.exec(version)?.[1] ?? '') : version;
  const inTable = isPlain ? /\bextras\s{0,9}=\s{0,9}\[([^\]\n]*)\]/.exec(version)?.[1] : undefined;
  const [, base = name, inName] = /^([\w.-]+)\[([^\]]*)\]$/.exec(name) ?? [];
  const wanted = number.replace(/^version=|;.*|["'\s]/g, '').replace(/,$/, '');
  return {
    name: pythonName(base),
    extras: sorted((inName ?? inTable ?? '').replace(/["'\s]/g, '').toLowerCase()),
    wanted: wanted === '*' ? '' : sorted(withoutPadding(wanted)),
  };
}
/** As PyPI compares names (PEP 503), without the parts that are asked for. */
const pythonName = (name: string): string =>
  name
    .replace(/\[.*/s, '')
    .toLowerCase()
    .replace(/[-_.]+/g, '-');
/** Zeros at the end say nothing (PEP 440), but where they tell how far `~=` goes. */
const withoutPadding = (list: string): string =>
  list.replace(/(?<=(?:^|[,\s])(?:[<>=!]=|[<>])\s{0,9}v?\d{1,9}(?:\.\d{1,9}){0,9}?)(?:\.0{1,9}){1,9}(?=[,;\s]|$)/g, '');
const sorted = (list: string): string => list.split(',').sort().join(',');

/** Never throws. */
export function dependencies(source: Source): Dependency[] {
  const name = baseOf(source.path).toLowerCase();
  const found: Dependency[] = [];
  const { text } = source;
  const byRegex = (pattern: RegExp, section: string, group = 1): void => {
    for (const m of text.matchAll(pattern))
      found.push({
        name: m[group] ?? '',
        version: (m[group + 1] ?? '').trim(),
        section,
        start: m.index + (m[0].length - m[0].trimStart().length),
        end: m.index + m[0].length,
      });
  };
  if (name.endsWith('.json')) {
    const sections = new Set([
      'dependencies',
      'devDependencies',
      'peerDependencies',
      'optionalDependencies',
      'overrides',
      'resolutions',
      'require',
      'require-dev',
      'bundledDependencies',
      'imports',
      'catalog',
    ]);
    for (const root of source.tree)
      for (const section of root.children) {
        if (section.key === 'pnpm') {
          for (const d of at(section, 'overrides')?.children ?? [])
            found.push({ name: d.key, version: d.value, section: 'overrides', start: d.start, end: d.end });
          continue;
        }
        if (!sections.has(section.key)) continue;
        for (const d of section.kind === 'seq' ? section.children : section.children) {
          if (d.kind === 'map')
            for (const leaf of walk(d)) {
              if (leaf.kind === 'scalar')
                found.push({
                  name: `${d.key}>${leaf.key}`,
                  version: leaf.value,
                  section: section.key === 'resolutions' ? 'overrides' : section.key,
                  start: leaf.start,
                  end: leaf.end,
                });
            }
          else
            found.push({
              name: d.key || d.value,
              version: d.key ? d.value : '',
              section: /^(?:overrides|resolutions)$/.test(section.key) ? 'overrides' : 'dependencies',
              ...(/dev/i.test(section.key) ? { isAside: true } : {}),
              start: d.start,
              end: d.end,
            });
        }
      }
    return found;
  }
  if (
    /^(?:requirements|constraints).*\.(?:txt|in)$/.test(name) ||
    name === 'requirements.in' ||
    (/\.(?:txt|in)$/.test(name) && source.language === 'manifest')
  ) {
    byRegex(
      /^[ \t]*((?:-e\s+)?(?:git\+|https?:)\S+|[A-Za-z0-9][\w.-]*(?:\[[^\]\n]{0,400}\])?)[ \t]*((?:[=<>!~]=?=?|@|===)[^\n;#\\]{0,400})?[^\n]{0,400}/gm,
      'requirements',
    );
    const isAside = aside.test(name);
    const head = /^#[^\n]*\buv export\b[^\n]*/m.exec(text.slice(0, 2000))?.[0];
    // uv calls the project that asks by its name, which has no pin in its own list; other tools by its file.
    const pinned =
      head === undefined
        ? undefined
        : new Set([
            ...found.map((d) => pythonName(d.name)),
            ...[...head.matchAll(/--no-emit-package[ =](\S{1,100})/g)].map((m) => pythonName(m[1]!)),
          ]);
    return found.map((d) => ({
      ...asNamed(d),
      isAside,
      ...(cameAlong(text, d.end, pinned) ? { indirect: true } : {}),
    }));
  }
  if (name === 'gopkg.lock' || name === 'glide.lock') return formerGoModules(text);
  if (name === 'go.mod') {
    let block = '';
    let offset = 0;
    for (const line of text.split('\n')) {
      const open = /^(require|replace|exclude|tool|retract|ignore|godebug)\s*\(/.exec(line);
      if (open) block = open[1]!;
      else if (line.startsWith(')')) block = '';
      else {
        const m = block
          ? /^\s+(\S+)\s*(.*)$/.exec(line)
          : /^(?:require|replace|tool|toolchain)\s+(\S+)\s*(.*)$/.exec(line);
        const isToolchain = line.startsWith('toolchain');
        // What is left out, or taken back, is asked for by nobody.
        if (m && !m[1]!.startsWith('//') && !/^(?:exclude|retract|ignore|godebug)$/.test(block))
          found.push({
            name: isToolchain ? 'toolchain' : m[1]!,
            version: isToolchain ? m[1]! : m[2]!.replace(/\s*\/\/.*/, ''),
            ...(block === 'require' && /\/\/ indirect\b/.test(m[2]!) ? { indirect: true } : {}),
            section: block || (/^(?:tool|replace)(?=\s)/.exec(line)?.[0] ?? 'require'),
            start: offset,
            end: offset + line.length,
          });
      }
      offset += line.length + 1;
    }
    // Whose program is asked for by name is asked for, whatever a comment says.
    const tools = found.filter((d) => d.section === 'tool').map((d) => `${d.name}/`);
    return found.map((d) =>
      d.indirect && tools.some((t) => t.startsWith(`${d.name}/`)) ? { ...d, indirect: false } : d,
    );
  }
  if (name.endsWith('.versions.toml')) return catalogDependencies(text);
  if (name.endsWith('.toml') || name === 'pipfile') {
    let section = '';
    let offset = 0;
    let list = '';
    /** Tables of one dependency each, and those that say in which folder it is. */
    const tables = new Map<Dependency, string>();
    const folders = new Set<string>();
    for (const line of text.split('\n')) {
      const head = /^\s*\[+([^\]]+)\]/.exec(line);
      if (head && !list) section = head[1]!.trim().replaceAll('"', '');
      else if (list) {
        for (const spec of quoted(withoutGroups(line))) pushRequirement(spec, list, offset, line);
        if (/^\s*\]/.test(line) || /\]\s*,?\s*(?:#.*)?$/.test(line)) list = '';
      } else {
        const inSection =
          /(?:^|\.)(?:dev-|build-|optional-)?dependencies(?:\.|$)|^dev-packages$|^packages$|^dependency-groups$|^workspace\.dependencies$|^patch\.|^replace$|dependency-groups|^project\.optional-dependencies$/.test(
            section,
          );
        const pair = /^\s*["']?([\w.@/-]+)["']?\s*=\s*(.*)$/.exec(line);
        if (pair) {
          const [, key, rest] = pair as unknown as [string, string, string];
          const detail = /(?:^|\.)(?:dev-|build-)?dependencies\.([\w.-]+)$/.exec(section);
          if (detail) {
            if (key === 'path') folders.add(section);
            if (/^(?:version|git|path|branch|rev|tag|registry|package)$/.test(key)) {
              const row = {
                name: detail[1]!,
                version: `${key}=${rest.trim()}`,
                section: 'dependencies',
                start: offset,
                end: offset + line.length,
              };
              found.push(row);
              tables.set(row, section);
            }
          } else if (inSection && /^\s*\[/.test(rest) && !/^\s*\[\s*\{/.test(withoutGroups(rest))) {
            list = `${section}.${key}`;
            for (const spec of quoted(withoutGroups(rest))) pushRequirement(spec, list, offset, line);
            if (/\]\s*(?:#.*)?$/.test(rest)) list = '';
          } else if (inSection && key !== 'python')
            found.push({
              // What Cargo gets is the package, whatever name the code has for it.
              name: /^\{[^}\n]{0,400}\bpackage\s{0,9}=\s{0,9}["']([\w-]{1,100})["']/.exec(rest)?.[1] ?? key,
              version: rest
                .replace(/\s+#.*$/, '')
                .replace(/^["']|["']$/g, '')
                .trim(),
              section: 'dependencies',
              ...(aside.test(section) ? { isAside: true } : {}),
              start: offset,
              end: offset + line.length,
            });
          else if (
            (section === 'project' && /^(?:dependencies)$/.test(key)) ||
            (section === 'build-system' && key === 'requires') ||
            (section.startsWith('tool.') && /^(?:dependencies|dev-dependencies|requires)$/.test(key))
          ) {
            list = key;
            for (const spec of quoted(rest)) pushRequirement(spec, list, offset, line);
            if (/\]\s*(?:#.*)?$/.test(rest)) list = '';
          }
        }
      }
      offset += line.length + 1;
    }
    return found.map((d) => (folders.has(tables.get(d) ?? '') || isInFolder(d.version) ? { ...d, local: true } : d));
  }
  if (name === 'setup.py' || name === 'setup.cfg') {
    for (const m of text.matchAll(
      /\b(install_requires|tests_require|setup_requires|extras_require|requires)\b\s*=\s*([[{][\s\S]{0,4000}?[\]}]\s*(?=,\s*\n\s*\w+\s*=|\n?\s*\)|\n\w|$)|\n(?:[ \t]+[^\n]{0,400}\n?)*)/g,
    )) {
      const base = m.index + m[0].length - m[2]!.length;
      if (name === 'setup.py')
        for (const s of m[2]!.matchAll(
          /(["'])([A-Za-z0-9][\w.-]*(?:\[[^\]]{0,400}\])?\s*(?:[^"'\n]|(?!\1)["']){0,400})\1/g,
        )) {
          if (m[2]![s.index + s[0].length] === ':') continue;
          const r = /^([\w.-]+(?:\[[^\]]{0,400}\])?)\s*(.*)$/.exec(s[2]!);
          if (r)
            found.push({
              name: r[1]!,
              version: r[2]!,
              section: m[1]!,
              ...(m[1] === 'install_requires' ? {} : { isAside: true }),
              start: base + s.index,
              end: base + s.index + s[0].length,
            });
        }
      else
        for (const s of m[2]!.matchAll(/^[ \t]+([\w.-]+(?:\[[^\]]{0,400}\])?)\s*([^\n]{0,400})/gm))
          found.push({
            name: s[1]!,
            version: s[2]!,
            section: m[1]!,
            start: base + s.index,
            end: base + s.index + s[0].length,
          });
    }
    // Lists kept in a variable of their own.
    if (name === 'setup.py')
      for (const s of text.matchAll(/^[ \t]+(["'])([A-Za-z][\w.-]*)(\s*(?:[=<>!~]=|[<>])[^"'\n]{0,400})\1\s*,?\s*$/gm))
        if (!found.some((f) => f.start >= s.index && f.end <= s.index + s[0].length))
          found.push({
            name: s[2]!,
            version: s[3]!.trim(),
            section: 'list',
            start: s.index + (s[0].length - s[0].trimStart().length),
            end: s.index + s[0].length,
          });
    return found;
  }
  if (name === 'pom.xml') return pomDependencies(text);
  if (/\.(?:gradle|kts)$/.test(name)) return scriptDependencies(text);
  if (/proj$|packages\.config$|\.props$/.test(name)) {
    byRegex(
      /<(?:PackageReference|PackageVersion|package|GlobalPackageReference)\s+(?:Include|Update|id)="([^"]+)"(?:[^>]{0,400}?\bVersion="([^"]{0,400})")?[^>]{0,400}>/gi,
      'nuget',
    );
    return found;
  }
  if (name === 'gemfile' || name.endsWith('.gemspec')) {
    byRegex(
      /^[ \t]*(?:gem|\w+\.add_(?:runtime_|development_)?dependency)\s*\(?\s*["']([\w.-]+)["']([^\n]{0,400})/gm,
      'gems',
    );
    return found.map((d) => ({ ...d, version: gemVersion(d.version) }));
  }
  if (/\.ya?ml$/.test(name)) {
    for (const root of source.tree)
      for (const section of root.children) {
        if (!/^(?:dependencies|dev_dependencies|dependency_overrides|catalog|overrides)$/.test(section.key)) continue;
        for (const d of section.children)
          found.push({
            name: d.key || d.value,
            version: d.key ? flat(d) : '',
            section: section.key === 'dependency_overrides' ? 'overrides' : section.key,
            start: d.start,
            end: d.end,
          });
      }
    return found;
  }
  return found;

  function pushRequirement(spec: string, section: string, offset: number, line: string): void {
    const r = /^([\w.-]+(?:\[[^\]]{0,400}\])?)\s*(.*)$/.exec(spec);
    if (r)
      found.push({
        name: r[1]!,
        version: r[2]!,
        section,
        ...(aside.test(section) ? { isAside: true } : {}),
        start: offset + Math.max(0, line.indexOf(spec)),
        end: offset + Math.max(0, line.indexOf(spec)) + spec.length,
      });
  }
}

/** What the tools before Go's modules had resolved: releases, or the commits that a module names by their first digits. */
function formerGoModules(text: string): Dependency[] {
  const found: Dependency[] = [];
  const entry = /^(?:\[\[projects\]\]|- name:[ \t]*)/gm;
  const starts = [...text.matchAll(entry)].map((m) => m.index);
  for (const [i, start] of starts.entries()) {
    const end = starts[i + 1] ?? text.length;
    const part = text.slice(start, end);
    const read = (key: string): string | undefined =>
      new RegExp(`^[ \\t-]{0,4}${key}(?: =|:)[ \\t]{0,4}"?([^"\\s]{1,300})`, 'm').exec(part)?.[1];
    const name = read('name');
    const [release, commit] = [read('version'), read('revision')];
    const isCommit = release !== undefined && /^[0-9a-f]{40}$/.test(release);
    const version = isCommit ? release.slice(0, 12) : (release ?? commit?.slice(0, 12));
    if (name !== undefined && version !== undefined) found.push({ name, version, section: 'require', start, end });
  }
  return found;
}

/** Without the groups of the same file that a group takes over (PEP 735): they are no packages. */
const withoutGroups = (list: string): string =>
  list.replace(/\{\s{0,9}include-group\s{0,9}=\s{0,9}(["'])[\w. -]{1,100}\1\s{0,9}\}/g, '');

/** What a line of a list holds in quotes: the other kind of quote is part of it (the marker of a requirement). */
const quoted = (line: string): string[] =>
  [...line.matchAll(/"([^"\n]*)"|'([^'\n]*)'|#.*/g)].map((m) => m[1] ?? m[2] ?? '');

/** An address that says which package is behind it. */
function asNamed(d: Dependency): Dependency {
  const [, address, name] = /^(?:-e\s+)?((?:git\+|https?:)[^\s#]+)#(?:[^\s#]*&)?egg=([\w.-]+)/.exec(d.name) ?? [];
  return address !== undefined && name !== undefined && d.version === '' ? { ...d, name, version: `@ ${address}` } : d;
}

/** Names of lists, tables and files for those who develop or build, or who ask for more. */
const aside = /dev|test|lint|docs?\b|optional|group|extras|setup_requires|^requires$|build/i;

/** A table in one line that names a folder, and no repository beside it. */
const isInFolder = (version: string): boolean =>
  /^\{[^}]*\bpath\s*=\s*["']/.test(version) && !/\b(?:git|url)\s*=/.test(version);

/** Whether the comment of pip-compile or uv behind a requirement names packages alone, of those `pinned` where that is known. */
function cameAlong(text: string, end: number, pinned: ReadonlySet<string> | undefined): boolean {
  const behind = text.slice(end, end + 20_000);
  const via = /^[ \t]*(?:\n[^\S\n]+--hash=[^\n]*)*\n[^\S\n]+#[ \t]*via\b([^\n]*(?:\n[^\S\n]+#[^\n]*)*)/.exec(behind);
  if (!via) return false;
  const names = via[1]!.split(/[\n,]/).map((line) => line.replace(/^[\s#]+/, '').trim());
  // Another compiled list it was read from holds what came along there, too.
  const asked = names.filter((name) => name !== '' && !/^-(?:c |r \S+\.txt$)/.test(name));
  return (
    asked.length > 0 &&
    asked.every((name) => /^[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?$/.test(name) && pinned?.has(pythonName(name)) !== false)
  );
}

const flat = (n: TreeNode): string =>
  n.kind === 'scalar' ? n.value : n.children.map((c) => `${c.key}=${c.value}`).join(',');

/** Of what follows a gem's name: its versions, else where it comes from. Whether it is loaded at once is no matter here. */
function gemVersion(rest: string): string {
  const versions = /^(?:\s*,\s*["'][^"'\n]{0,100}["'](?!\s*=>))+/.exec(rest)?.[0] ?? '';
  const source = [
    ...rest.matchAll(
      /\b(git(?:hub|lab)?|bitbucket|gist|path|branch|tag|ref|source)(?::|["']?\s*=>)\s*["']([^"'\n]{0,200})["']/g,
    ),
  ];
  return [
    ...[...versions.matchAll(/["']([^"'\n]{0,100})["']/g)].map((m) => m[1] ?? ''),
    ...source.map((m) => `${m[1]} ${m[2]}`),
  ].join(', ');
}
