/** Dependencies of a pom: of each entry its own children alone say what it is. */
import type { Dependency } from './dependencies.ts';

interface Element {
  readonly name: string;
  readonly start: number;
  readonly fields: Map<string, string>;
}

const entries = new Set(['dependency', 'plugin', 'parent', 'extension', 'path', 'annotationProcessorPath']);
const isProperty = /^(?:[\w.-]+[.-]version|version\.[\w.-]+)$/;
/** What Maven takes where a plugin names no group. */
const groupOfPlugins = 'org.apache.maven.plugins';

/** The entries of a pom, and the properties that are named for a version. Comments are no part of it. */
export function pomDependencies(text: string): Dependency[] {
  const found: Dependency[] = [];
  const properties = new Map<string, string | undefined>();
  const open: Element[] = [];
  const tag = /<!--|<(\/?)([\w.:-]{1,100})(?![\w.:-])[^<>]*>/g;
  for (let m = tag.exec(text); m; m = tag.exec(text)) {
    const [all, mark = '', name = ''] = m;
    if (all === '<!--') {
      const end = text.indexOf('-->', m.index + 4);
      if (end < 0) break;
      tag.lastIndex = end + 3;
      continue;
    }
    if (mark === '') {
      if (all.endsWith('/>')) continue;
      open.push({ name, start: m.index, fields: new Map() });
      continue;
    }
    const nearest = open.slice(-maxUnclosed);
    const above = nearest.findLastIndex((e) => e.name === name);
    if (above < 0) continue;
    const at = open.length - nearest.length + above;
    const element = open[at]!;
    open.length = at;
    const parent = open.at(-1);
    const start = text.indexOf('>', element.start) + 1;
    const value = m.index - start <= maxValue ? text.slice(start, m.index).trim() : '';
    if (value !== '' && !value.includes('<')) {
      if (parent && !parent.fields.has(name)) parent.fields.set(name, value);
      if (parent?.name === 'properties')
        properties.set(name, properties.has(name) && properties.get(name) !== value ? undefined : value);
      if (isProperty.test(name))
        found.push({ name, version: value, section: 'properties', start: element.start, end: tag.lastIndex });
    }
    const id = entries.has(name) ? element.fields.get('artifactId') : undefined;
    if (id === undefined) continue;
    const group = element.fields.get('groupId') ?? (name === 'plugin' ? groupOfPlugins : '');
    found.push({
      name: `${group}:${id}`,
      version: element.fields.get('version') ?? '',
      section: name,
      start: element.start,
      end: tag.lastIndex,
      // Where a parent lies beside, it is a file of this build; without a path it may be.
      ...(name === 'parent' && element.fields.has('relativePath') ? { local: true } : {}),
    });
  }
  return found.map((d) => {
    const resolved = properties.get(/^\$\{([\w.-]{1,100})\}$/.exec(d.version)?.[1] ?? '');
    return resolved !== undefined && !resolved.includes('${') ? { ...d, resolved } : d;
  });
}
const maxValue = 1000;
/** Elements that a broken text may leave open within another. */
const maxUnclosed = 20;
