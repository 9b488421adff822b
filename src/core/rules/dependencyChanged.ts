import { dependencies, keyOf, withoutChoices, withoutNumber, type Dependency } from './kit/dependencies.ts';
import { sectionOfApplied } from './kit/gradleDependencies.ts';
import type { Source } from '../languages/source.ts';
import { at } from '../languages/treeNode.ts';
import type { Rule } from './rule.ts';
import { goesTo, isAt, isFree, isHeld, isNew } from './kit/dependencySentences.ts';

export const dependencyChanged: Rule = {
  id: 'dependency-changed',
  title: 'Dependency added or changed',
  tier: 'high',
  category: 'dependency',
  languages: ['manifest', 'python'],
  references: ['CWE-1357', 'CWE-829', 'OWASP LLM03:2025', 'OWASP A06:2021'],
  why: "Somebody else's code, with its install scripts, runs in the build and in production from now on; names invented by a model are registered by attackers.",
  remedy: 'check that the name is the intended one, who maintains it, and what the lock file resolves to',
  keywords: [],
  check(source, report) {
    if (source.language === 'python' && !/(?:^|\/)setup\.py$/.test(source.path)) return;
    // What a copied package asks for is told where the copy is asked for.
    if (/(?:^|\/)(?:vendor|third_party|node_modules)\//.test(source.path)) return;
    const all = dependencies(source);
    const scope = ownScope(source);
    // A block for each target asks for the same: the first says it.
    const told = new Set<string>();
    let required: ReadonlySet<string> | undefined;
    // The build takes them from a folder, whatever version is asked for.
    const inFolders = new Set(all.filter((d) => /^=>\s*\.{1,2}\//.test(d.version)).map((d) => d.name));
    for (const d of all) {
      if (isOwn(d) || d.section === sectionOfApplied) continue;
      if (d.section === 'require' && inFolders.has(d.name)) continue;
      if (d.version !== '' && told.has(`${d.name}\0${d.version}`)) continue;
      told.add(`${d.name}\0${d.version}`);
      // A program of a module that is asked for above: the module tells it.
      if (d.section === 'tool' && isOfOneOf(d.name, (required ??= namesIn(all, 'require')))) continue;
      const version = printable(shown(d.resolved ?? d.version));
      const isAlong = d.indirect;
      const beside = d.usedBy ?? (isAlong ? 'indirect' : undefined);
      const name = printable(beside === undefined ? d.name : `${d.name} (${beside})`);
      const isToolchain = d.name === 'toolchain' && source.path.endsWith('go.mod');
      const held = heldModule(d);
      const known = isToolchain ? toolchain(version) : isAt(name, version);
      report({
        start: d.start,
        end: d.end,
        ...(d.indirect && { follows: source.path.endsWith('go.mod') ? ('known' as const) : true }),
        // Nobody else may publish there.
        ...(scope !== undefined && d.name.startsWith(scope) && !isAddress.test(d.version)
          ? { tier: 'medium' as const }
          : {}),
        key: keyOf(source.path, d),
        // Another major version of a Go module is the same module by another path.
        subject: `${d.section}:${source.path.endsWith('go.mod') ? d.name.replace(/\/v\d{1,3}$/, '') : d.name}`,
        ...(d.local && {
          closer: {
            subject: `${d.section}:${d.name} ${withoutNumber(withoutChoices(d.version))}`,
            message: `Dependency ${name} lies in this repository, and who gets it from the registry gets ${version}: check that this release of it is published from here.`,
            tier: 'high' as const,
          },
        }),
        ...(d.version.startsWith('{') &&
          !d.local && {
            closer: {
              subject: `${d.section}:${d.name} ${withoutChoices(d.version)}`,
              message: `Dependency ${name} is taken with other parts now: check what the features bring, and what they leave out.`,
              tier: weighty.test(d.version) ? ('high' as const) : ('medium' as const),
            },
          }),
        message: isToolchain
          ? toolchain(version)
          : held !== undefined
            ? `Module ${name} is held at ${printable(held)} for all that ask for it: check that they work with it.`
            : d.section === 'overrides'
              ? heldAt(name, d.name, version)
              : isNew(name, version, isMoving(version)),
        known,
        ...((version !== '' || isForSome(d)) && { state: version }),
        ...(!isToolchain && {
          changed: (raw: string) => {
            const [was, now] = withoutSameTarget(printable(shown(raw)), version);
            if (was === now)
              return now === ''
                ? `Dependency ${name} is asked for in other cases now: check that it is needed there.`
                : known;
            if (isOther(now, was, d.name))
              return `Dependency ${name} goes from ${was} to ${now}, another package: check that the name is the intended one, and who keeps it.`;
            if (isMoving(now) && !isMoving(was))
              return `Dependency ${name} goes from ${was} to ${now}, which can be other code every day: take a release.`;
            return now === '' ? isFree(name, was) : goesTo(name, was, now, isLower(now, was));
          },
        }),
      });
    }
  },
};

/** What is said of one that the manifest gives to all that ask for it, in whatever version; another may stand in for it. */
function heldAt(name: string, own: string, version: string): string {
  const other = aliased(version);
  return (isAddress.test(version) && !version.startsWith('patch:')) ||
    (other !== undefined && !own.split('>').includes(other))
    ? `Dependency ${name} is replaced by ${version} for all that ask for it: check that the name is the intended one, and who keeps it.`
    : isHeld(name, version);
}

/** The package of npm that a version names, whatever it is called here. */
const aliased = (version: string): string | undefined => /^npm:(@?[^@]{1,200})/.exec(version)?.[1];

/** Whether a version names another package than the one before did, under a name that stays. */
function isOther(version: string, was: string, name: string): boolean {
  const other = aliased(version);
  return other !== undefined && other !== (aliased(was) ?? name);
}

/** A version by which the registry gives other code from day to day, without an edit here. */
const isMoving = (version: string): boolean =>
  /-SNAPSHOT$|^latest(?:\.\w{1,20})?$|^dev-\w(?![^\s#]*#[0-9a-f]{40}\b)/.test(version);

/** Parts by which a package encrypts or checks, or stops to. */
const weighty = /danger|insecure|unsafe|tls|ssl|crypto|verif/i;

/** Not a version that the registry of the scope gives, but a place that anybody may own. */
const isAddress = /^(?!npm:|workspace:|catalog:)[\w+.-]+:|\/\/|^[\w-]+\/[\w.-]+/;

/** A newer one at hand is taken. */
const toolchain = (version: string): string =>
  `The module is built by ${version} or newer now: check what its release changes.`;

const namesIn = (all: readonly Dependency[], section: string): ReadonlySet<string> =>
  new Set(all.filter((d) => d.section === section).map((d) => d.name));

/** Whether a path of packages, or a folder above it, is one of the modules. */
function isOfOneOf(name: string, modules: ReadonlySet<string>): boolean {
  for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1))
    if (modules.has(name.slice(0, end))) return true;
  return false;
}

/** The scope of the registry that a package and its sisters share (`@shop/`, `vendor/`), where it names itself by one. */
function ownScope(source: Source): string | undefined {
  if (!/(?:^|\/)(?:package|composer)\.json$/.test(source.path)) return undefined;
  for (const root of source.tree) {
    const own = /^@?[\w.-]{1,80}\//.exec(at(root, 'name')?.value ?? '')?.[0];
    if (own !== undefined && own.startsWith('@') === source.path.endsWith('package.json')) return own;
  }
  return undefined;
}

/** A part of the same build: its code is in this repository, and where it is declared the others are asked for. */
const isOwn = (d: Dependency): boolean =>
  (d.local === true && (d.section === 'parent' || !/(?:^|[{,\s])version\s*=/.test(d.version))) ||
  /^(?:workspace|link|portal):|^file:(?!\/\/)|^=>\s*\.{1,2}\//.test(d.version) ||
  /(?:^|,)repository=file:\/\//.test(d.version) ||
  /^\$\{(?:project|pom)\.version\}$/.test(d.version) ||
  (d.section === 'dependencies' &&
    ((d.name.endsWith('.workspace') && d.version === 'true') || /^\{[^}]*\bworkspace\s*=\s*true\b/.test(d.version)));

/** What follows says where it is installed alone. */
const isForSome = ({ version }: Dependency): boolean => version.startsWith(';');

/** Of a table in one line what says where the code is from. */
const shown = (version: string): string => {
  if (version.startsWith(';')) return '';
  if (!version.startsWith('{'))
    return version
      .replace(/^version=/, '')
      .replace(/["']/g, '')
      .replace(/^[\s,]+|^@\s+/, '')
      .replace(/\s+/g, ' ');
  const read = (key: string): string => new RegExp(`\\b${key}\\s*=\\s*["']([^"'\\n]*)["']`).exec(version)?.[1] ?? '';
  const number = read('version');
  if (number !== '') return number;
  const address = read('git') || read('url') || read('path');
  const point = ['rev', 'tag', 'branch'].map((key) => [key, read(key)]).find(([, value]) => value !== '');
  return [point?.join(' '), address.replace(/^https?:\/\//, '')].filter((x) => x).join(' of ');
};

/** The version of itself that a module gets in the place of those that others ask for. */
const heldModule = ({ name, version }: Dependency): string | undefined => {
  const [, to, held] = /^(?:v\S{1,80}\s{1,9})?=>\s{0,9}(\S{1,300})\s{1,9}(v\d\S{0,100})/.exec(version) ?? [];
  return to === name ? held : undefined;
};

/** Of two `=> module version` those with the same module in one's place: the versions alone. */
function withoutSameTarget(was: string, now: string): readonly [string, string] {
  const target = /^=> \S+ (?=v)/.exec(now)?.[0];
  return target !== undefined && was.startsWith(`${target}v`)
    ? [was.slice(target.length), now.slice(target.length)]
    : [was, now];
}

/** Whether a version begins with lower numbers than another that is written alike. */
function isLower(version: string, was: string): boolean {
  const kindOf = (text: string): string => /^[=^~<>! ]{0,4}/.exec(text)?.[0].trim() ?? '';
  if (/[,|]/.test(version + was) || kindOf(version) !== kindOf(was)) return false;
  const numbersIn = (text: string): number[] | undefined =>
    /^(?:[=^~<>! ]{0,4}v?)(\d{1,9}(?:\.\d{1,9}){0,5})(?=$|[-+\s])/.exec(text)?.[1]?.split('.').map(Number);
  const [now, old] = [numbersIn(version), numbersIn(was)];
  if (!now || !old) return false;
  for (let i = 0; i < Math.max(now.length, old.length); i++) {
    const by = (now[i] ?? 0) - (old[i] ?? 0);
    if (by !== 0) return by < 0;
  }
  return false;
}

/** As it is written, but for what could be markup. Of a long one the head says who makes it, the end what is taken of it. */
function printable(text: string): string {
  const safe = text.replace(/[^\w@/.:^~<>=!*+, ${}[\]()#|;…-]/g, '?');
  // What a package is asked for with is read in the file.
  const short = safe.length <= maxShown ? safe : safe.replace(/\[[^\]]*\]/, '[…]');
  return short.length <= maxShown ? short : `${short.slice(0, headShown)}…${short.slice(headShown + 1 - maxShown)}`;
}
const maxShown = 80;
const headShown = 48;
