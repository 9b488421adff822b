/** Dependencies of Gradle: of its scripts, and of the catalogs that give them names. */
import type { Dependency } from './dependencies.ts';

/** A lookup of what a name stands for in a text; of one that is given twice nothing is known. */
type Lookup = (name: string) => string | undefined;

function lookup(pairs: Iterable<readonly [string, string]>): Lookup {
  const values = new Map<string, string | undefined>();
  for (const [name, value] of pairs)
    values.set(name, values.has(name) && values.get(name) !== value ? undefined : value);
  return (name) => values.get(name);
}

/** The entries of a version catalog: what names a dependency there is its coordinate, the alias is for the scripts alone. */
export function catalogDependencies(text: string): Dependency[] {
  const rows = catalogRows(text);
  const versions = lookup(rows.filter((r) => r.table === 'versions').map((r) => [r.alias, plain(r.value)]));
  const found: Dependency[] = [];
  const users = new Map<string, string>();
  for (const row of rows) {
    if (row.table !== 'libraries' && row.table !== 'plugins') continue;
    const coordinate = coordinateOf(row);
    if (!coordinate) continue;
    const { name, version, ref } = coordinate;
    if (ref !== undefined && !users.has(ref)) users.set(ref, name);
    const resolved = ref === undefined ? undefined : versions(ref);
    found.push({
      name,
      version: ref === undefined ? version : `version.ref ${ref}`,
      ...(resolved !== undefined && { resolved }),
      section: row.table === 'plugins' ? 'plugins' : 'gradle',
      start: row.start,
      end: row.end,
    });
  }
  for (const { table, alias, value, start, end } of rows)
    if (table === 'versions') {
      const user = users.get(alias);
      found.push({
        name: alias,
        version: plain(value),
        ...(user !== undefined && { usedBy: user }),
        section: 'versions',
        start,
        end,
      });
    }
  return found.sort((a, b) => a.start - b.start);
}

interface Row {
  readonly table: string;
  readonly alias: string;
  value: string;
  readonly start: number;
  end: number;
}

function catalogRows(text: string): Row[] {
  const rows: Row[] = [];
  const byAlias = new Map<string, Row>();
  let table = '';
  let alias = '';
  let offset = 0;
  for (const line of text.split('\n')) {
    const start = offset;
    offset += line.length + 1;
    const head = /^\s*\[\s*["']?(\w+)["']?(?:\s*\.\s*["']?([\w.-]+)["']?)?\s*\]/.exec(line);
    if (head) [, table = '', alias = ''] = head;
    const pair = head ? undefined : /^\s*["']?([\w-]+)["']?((?:\s*\.\s*[\w-]+)*)\s*=\s*(.*)$/.exec(line);
    if (!pair) continue;
    const [, first = '', more = '', rest = ''] = pair;
    // Before the first table a path begins with the name of one.
    const keys = [first, ...more.split('.').slice(1)].map((k) => k.trim());
    const of = table === '' ? keys.shift()! : table;
    const name = alias || keys.shift();
    if (name === undefined) continue;
    const path = keys.join('.');
    const value = rest.replace(/\s+#[^"']*$/, '').trim();
    const id = `${of} ${name}`;
    // Its parts may stand in lines of their own.
    const part = path === '' ? value : `{ ${path} = ${value} }`;
    const known = path === '' ? undefined : byAlias.get(id);
    if (known) {
      known.value += ` ${part}`;
      known.end = start + line.length;
      continue;
    }
    const row = { table: of, alias: name, value: part, start, end: start + line.length };
    rows.push(row);
    byAlias.set(id, row);
  }
  return rows;
}

function coordinateOf({ table, value }: Row): { name: string; version: string; ref?: string } | undefined {
  const text = /^["']([^"'\n]*)["']/.exec(value)?.[1];
  if (text !== undefined) {
    const parts = text.split(':');
    const named = table === 'plugins' ? 1 : 2;
    return { name: parts.slice(0, named).join(':'), version: parts[named] ?? '' };
  }
  const read = (key: string): string | undefined =>
    new RegExp(`[{,]\\s{0,9}${key}\\s{0,9}=\\s{0,9}["']([^"'\\n]*)["']`).exec(value)?.[1];
  const [group, artifact] = [read('group'), read('name')];
  const name = table === 'plugins' ? read('id') : (read('module') ?? (group && artifact && `${group}:${artifact}`));
  if (!name) return undefined;
  const ref =
    read(String.raw`version\.ref`) ??
    /\bversion\s{0,9}=\s{0,9}\{\s{0,9}ref\s{0,9}=\s{0,9}["']([^"'\n]*)/.exec(value)?.[1];
  const rich = /\bversion\s{0,9}=\s{0,9}(\{[^}]{0,300})/.exec(value)?.[1];
  return {
    name,
    version: read('version') ?? (rich === undefined ? '' : plain(rich)),
    ...(ref !== undefined && { ref }),
  };
}

const plain = (value: string): string => value.replace(/["'{}]/g, '').trim();

const configuration =
  '(?:\\w{0,60}(?:[iI]mplementation|[aA]pi|[cC]ompileOnly|[rR]untimeOnly|[aA]nnotationProcessor|[cC]ompileOnlyApi)|kapt\\w{0,40}|ksp\\w{0,40}|classpath|compile|testCompile|developmentOnly|providedCompile)';
const inner = '(?:(?:enforcedP|p)latform\\s*\\(\\s*)?';
const required = new RegExp(
  `\\b${configuration}\\b\\s*\\(?\\s*${inner}["']([^"':\\n]+:[^"':\\n]+)(?::([^"'\\n]{0,400}))?["']`,
  'g',
);
/** The parts of a coordinate by their names (`group: 'a', name: 'b', version: '1'`; of Kotlin `group = "a"`). */
const part = `\\w{1,30}\\s{0,9}[:=]\\s{0,9}(?:"[^"\\n]{0,200}"|'[^'\\n]{0,200}'|[\\w.]{1,100})`;
const requiredByParts = new RegExp(
  `\\b${configuration}\\b[ \\t]{0,9}\\(?\\s{0,40}(?:(?:enforcedP|p)latform\\s{0,9}\\(\\s{0,40})?(?=group\\b|name\\b)(${part}(?:\\s{0,9},\\s{0,40}${part}){1,7})`,
  'g',
);
/** One of these parts; a version may be a name for it. */
const partOf = (parts: string, key: string): string | undefined => {
  const [, text, word] =
    new RegExp(`(?:^|[\\s,])${key}\\s{0,9}[:=]\\s{0,9}(?:["']([^"'\\n]{0,200})["']|([A-Za-z_][\\w.]{0,100}))`).exec(
      parts,
    ) ?? [];
  return text ?? (word === undefined ? undefined : `\${${word}}`);
};
/** A configuration that is named by a text. */
const requiredByText = new RegExp(
  `["'][\\w-]{1,60}["']\\s*[(,]\\s*${inner}["']([\\w.-]{1,200}:[\\w.-]{1,200}):([\\w.$\\{}+-]{1,200})["']`,
  'g',
);
const applied = /\bid\s*\(?\s*["']([\w.-]+)["']\s*\)?(?:\s*version\s*["']([^"'\n]+)["'])?/g;
const given =
  /(?:\b(?:val|var|def|String)[ \t]+|\bext\.|^[ \t]*)([A-Za-z_]\w{0,80})[ \t]*(?::[ \t]*String[ \t]*)?=[ \t]*["']([^"'\n$]{1,80})["']/gm;

/** What stands for a version in a table or an entry of its own, as `versions = [left: '1']` or `ext['left'] = "1"`. */
const tabled =
  /(?:\b(\w{1,80})[ \t]*:|\b(?:ext|extra)\[["'](\w{1,80})["']\][ \t]*=|\bset\([ \t]*["'](\w{1,80})["'][ \t]*,)[ \t]*["']([^"'\n$:]{1,80})["']/g;
/** A line of `gradle.properties`. */
const property = /^[ \t]*([\w.-]{1,100})[ \t]*[=:][ \t]*([^\s#$]{1,80})[ \t]*$/gm;

/** The names for versions in texts of a build, of the first text that has one. */
function namesOf(texts: readonly { readonly path: string; readonly text: string }[]): Lookup {
  const byText = texts.map(({ path, text }) =>
    path.endsWith('.properties')
      ? lookup([...text.matchAll(property)].map((m) => [lastOf(m[1]!), m[2]!]))
      : lookup([
          ...[...text.matchAll(given)].map((m) => [m[1]!, m[2]!] as const),
          ...[...text.matchAll(tabled)].map((m) => [m[1] ?? m[2] ?? m[3]!, m[4]!] as const),
        ]),
  );
  return (name) => {
    for (const names of byText) {
      const value = names(lastOf(name));
      if (value !== undefined) return value;
    }
    return undefined;
  };
}
const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

/** A coordinate that gets a name, or stands in a list by itself; not one that a comment or a condition speaks of. */
const listed =
  /^[ \t]*(?:(?:(?:val|var|def|const val)[ \t]+)?[\w.]{1,100}(?:\[["'][\w.-]{1,100}["']\])?[ \t]*[:=][ \t]*|["'][\w.-]{1,100}["'][ \t]*:[ \t]*)?["']([\w.-]{1,200}:[\w.-]{1,200})(?::([^"'\n:@]{1,200})(?:[:@][^"'\n]{0,100})?)?["'][ \t]*,?[ \t]*(?:\/\/[^\n]*)?\r?$/gm;

/**
 * What a script declares in dependencies, tables and lists, as it is read where the names for versions are those of
 * `others`, too. A version that stays a name is of no known number.
 */
export function namedDependencies(
  text: string,
  others: readonly { readonly path: string; readonly text: string }[],
): Dependency[] {
  const found = scriptDependencies(text);
  const known = new Set(found.map((d) => `${d.name} ${d.version}`));
  for (const m of text.matchAll(listed)) {
    const [all, name = '', version = ''] = m;
    if (known.has(`${name} ${version}`)) continue;
    found.push({ name, version, section: 'gradle', start: m.index, end: m.index + all.length });
  }
  if (!found.some((d) => d.resolved === undefined && d.version.includes('$'))) return found;
  const names = namesOf([{ path: '', text }, ...others]);
  return found.map((d) => {
    if (d.resolved !== undefined || !d.version.includes('$')) return d;
    const resolved = d.version.replace(
      /\$(?:\{([\w.]{1,200})\}|([\w.]{1,200}))/g,
      (all, a?: string, b?: string) => names(a ?? b ?? '') ?? all,
    );
    return resolved.includes('$') ? d : { ...d, resolved };
  });
}

/** Whether a plugin is used in a script, in a version that is said elsewhere. */
export const sectionOfApplied = 'applied';

/** The entries of a script. */
export function scriptDependencies(text: string): Dependency[] {
  const byParts = [...text.matchAll(requiredByParts)];
  const names =
    text.includes('$') || byParts.length > 0 ? lookup([...text.matchAll(given)].map((m) => [m[1]!, m[2]!])) : undefined;
  const found: Dependency[] = [];
  const add = (m: readonly string[], start: number, section: string): void => {
    const version = (m[2] ?? '').trim();
    const known = version.replace(
      /\$(?:\{(\w+)\}|(\w+))/g,
      (all, a?: string, b?: string) => names?.(a ?? b ?? '') ?? all,
    );
    found.push({
      name: m[1] ?? '',
      version,
      ...(known !== version && !known.includes('$') && { resolved: known }),
      section,
      start,
      end: start + m[0]!.length,
    });
  };
  for (const m of text.matchAll(required)) add(m, m.index, 'gradle');
  for (const m of text.matchAll(requiredByText)) add(m, m.index, 'gradle');
  for (const m of byParts) {
    const [all, parts = ''] = m;
    const [group, name] = [partOf(parts, 'group'), partOf(parts, 'name')];
    if (group === undefined || name === undefined) continue;
    add([all, `${group}:${name}`, partOf(parts, 'version') ?? ''], m.index, 'gradle');
  }
  for (const m of text.matchAll(applied)) add(m, m.index, m[2] === undefined ? sectionOfApplied : 'plugins');
  return found;
}
