import { dependencies, type Dependency } from './kit/dependencies.ts';
import { at } from '../languages/treeNode.ts';
import type { Source } from '../languages/source.ts';
import type { Hit, Rule } from './rule.ts';

export const dependencySource: Rule = {
  id: 'dependency-foreign-source',
  title: 'Dependency does not come from the registry',
  tier: 'high',
  category: 'supply-chain',
  languages: ['manifest', 'lockfile', 'ini', 'terraform'],
  references: ['CWE-829', 'CWE-427', 'OWASP LLM03:2025'],
  why: 'A git branch, a URL or another index has no checksum, no yanking and no audit; an extra index invites dependency confusion.',
  remedy: 'use the registry, or pin the commit and say why',
  // npm's short names of repositories stand alone in their sections.
  keywords:
    'http git github gitlab bitbucket registry index url ssh replace source extra find dependencies devdependencies optionaldependencies resolutions overrides'.split(
      ' ',
    ),
  check(source, report) {
    if (source.language === 'manifest') {
      // Crates of one workspace are patched together: the first says it.
      const told = new Set<string>();
      const isNpm = /(?:^|\/)package\.json$/.test(source.path);
      for (const d of dependencies(source))
        if (
          !isSameModule(d) &&
          (/^(?:git(?:\+|:)|https?:|ssh:|github:|bitbucket:|gitlab:|file:\/\/)|[?&]?git\s*=\s*["']|=>\s(?!\s*\.{1,2}\/)/.test(
            d.version,
          ) ||
            (isNpm && ofGitHub.test(d.version) && !d.name.startsWith('#'))) &&
          !d.version.startsWith('https://registry.') &&
          !(commit.test(d.version) && told.has(d.version)) &&
          told.add(d.version)
        )
          report({
            start: d.start,
            end: d.end,
            // Another commit of a source that was trusted before is a changed dependency, and `dependency-changed` says so.
            key: `src:${d.name}:${plain(d.version, isNpm).replace(pinned, '*')}`,
            ...forkOf(d, source),
            ...(commit.test(d.version) || /#[0-9a-f]{7,39}$/.test(d.version)
              ? {
                  message:
                    'Dependency is built from a repository, at a fixed commit: say why it is not the release of the registry, and who reads the next commit.',
                }
              : {}),
          });
      for (const m of source.text.matchAll(/^[ \t]*(?:--(?:extra-)?index-url|-i|--find-links|-f)[ =]+(\S+)/gm))
        if (!m[1]!.startsWith('https://pypi.org/'))
          report({ start: m.index, end: m.index + m[0].length, key: `index:${m[1]}` });
    } else if (source.language === 'terraform') {
      for (const root of source.tree)
        for (const block of root.children) {
          if (block.key !== 'module') continue;
          const from = at(block, 'source');
          if (
            from &&
            /^(?:git::|git@|github\.com\/|bitbucket\.org\/|https?:)/.test(from.value) &&
            !/[?&](?:ref|checksum|archive)=[^$]/.test(from.value)
          )
            report({
              start: from.start,
              end: from.end,
              key: `module:${plainModule(from.value)}`,
              ...(isShown(source, from.value)
                ? { tier: 'medium', message: shownModule }
                : { message: 'Module is taken from a moving branch: add ?ref= with a commit or a release.' }),
            });
        }
    } else if (source.language === 'ini') {
      for (const m of source.text.matchAll(
        /^[ \t]*(?:(?:@[\w-]+:)?registry|(?:extra-)?index-url|find-links)\s*=\s*(\S+)/gm,
      ))
        if (!/^https:\/\/(?:registry\.npmjs\.org|pypi\.org)\//.test(m[1]!))
          report({ start: m.index, end: m.index + m[0].length, key: `index:${m[1]}` });
    } else {
      for (const m of source.text.matchAll(
        /"resolved":\s*"((?:http:|git\+?(?:ssh|https?)?:|https:\/\/(?!registry\.npmjs\.org\/|registry\.yarnpkg\.com\/|npm\.pkg\.github\.com\/))[^"]{0,400})"|^[ \t]+resolved "((?:http:|git\+?(?:ssh|https?)?:|https:\/\/(?!registry\.npmjs\.org\/|registry\.yarnpkg\.com\/|npm\.pkg\.github\.com\/))[^"]{0,400})"/gm,
      )) {
        const url = m[1] ?? m[2] ?? '';
        const host = /^[a-z+]+:\/\/(?:[^@/]{0,400}@)?([^/:]+)/.exec(url)?.[1] ?? url;
        report({
          start: m.index,
          end: m.index + m[0].length,
          key: `resolved:${host}`,
          ...(url.startsWith('https:') ? { tier: 'medium' as const } : {}),
        });
      }
    }
  },
};

/** Which commit or release of a source is taken; a branch moves by itself, so one branch for another is news. */
const pinned =
  /(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])|(?<=\b(?:rev|tag|version)\s{0,4}=\s{0,4}["'])[^"'\n]{1,200}|(?<=[@#])v?\d[\w.+-]{0,60}$|(?<==>\s{1,9}\S{1,200}\s{1,9})v\d[\w.+-]{0,80}$/g;

/** A full hash names one commit for good. */
const commit = /(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])/;

/** A released module in the place of another one of Go: its sum is checked like any, but somebody else keeps it. */
function forkOf({ name, version }: Dependency, { path, text }: Source): Pick<Hit, 'message' | 'tier'> | undefined {
  const to = path.endsWith('go.mod') ? /=>\s{1,9}([\w./~-]{1,200})\s{1,9}v\d/.exec(version)?.[1] : undefined;
  if (to === undefined) return undefined;
  const own = /^module\s+([\w.-]+\/[\w.-]+\/)/m.exec(text)?.[1];
  return {
    message: `Module ${name.slice(0, 100)} is replaced by ${to.slice(0, 100)}: check who keeps it, and how it gets the fixes of the other.`,
    ...(own !== undefined && to.startsWith(own) && { tier: 'medium' as const }),
  };
}

/** A version of the module itself, in the place of those that others ask for. */
function isSameModule({ name, version }: Dependency): boolean {
  const to = /^(?:v\S{1,80}\s{1,9})?=>\s{0,9}(\S{1,300})\s{1,9}v\d/.exec(version)?.[1];
  return to !== undefined && to === name;
}

/** The sentence of an example that shows a module, which most likely is the repository that it lies in. */
export const shownModule =
  'The example takes the module from a moving branch, and so does who copies it: add ?ref= with a release.';

/** One spelling for all that Terraform reads as the same repository, reached in a way that nobody can listen to. */
const plainModule = (from: string): string =>
  from.replace(
    /^(?:git::)?(?:https:\/\/(?:www\.)?|ssh:\/\/git@|git@)?(github\.com|gitlab\.com|bitbucket\.org)[/:]([\w.-]{1,100}\/[\w.-]{1,100}?)(?:\.git)?\/?(?=$|\/\/|\?)/,
    (_, host: string, repository: string) => `${host}/${repository.toLowerCase()}`,
  );

/** Whether an example takes a whole repository as the one module that it shows: nobody applies it from there. */
function isShown({ path, text }: Source, from: string): boolean {
  if (!/(?:^|\/)examples?\//.test(path) || /[^:]\/\//.test(from)) return false;
  if (/^[ \t]*(?:backend[ \t]+"|cloud[ \t]*\{)/m.test(text)) return false;
  const sources = [...text.matchAll(/^[ \t]*source[ \t]*=[ \t]*"([^"\n]{1,300})"/gm)].filter(
    // Of providers the source is a name.
    (m) => !/^[\w-]+\/[\w-]+$/.test(m[1]!),
  );
  return sources.length === 1 && /[/_-]terraform-[\w-]{1,80}(?:\.git)?\/?(?:\?|$)/.test(from);
}

/** How npm's manifests name a repository of GitHub for short. */
const ofGitHub = /^[\w-][\w.-]{0,60}\/[\w.-]{1,100}(?:#\S{1,120})?$/;

/** One spelling for all that npm reads as the same repository of GitHub, reached in a way that nobody can listen to. */
function plain(version: string, isNpm: boolean): string {
  if (!isNpm) return version;
  const at = version.indexOf('#');
  const [from, ref] = at < 0 ? [version, ''] : [version.slice(0, at), version.slice(at)];
  const repository =
    /^(?:github:)?([\w-][\w.-]{0,60}\/[\w.-]{1,100}?)(?:\.git)?$/.exec(from) ??
    /^(?:git\+https:\/\/|git\+ssh:\/\/git@|ssh:\/\/git@|git@|https:\/\/)github\.com[/:]([\w.-]{1,61}\/[\w.-]{1,100}?)\.git$/.exec(
      from,
    ) ??
    /^git\+(?:https:\/\/|ssh:\/\/git@)github\.com\/([\w.-]{1,61}\/[\w.-]{1,100})$/.exec(from);
  return repository ? `github:${repository[1]!.toLowerCase()}${ref}` : version;
}
