/** Dependencies of a pom: of each entry its own children alone say what it is. */
import type { Dependency } from './dependencies.ts';

interface Element {
  readonly name: string;
  readonly start: number;
  readonly fields: Map<string, string>;
  /** What stands in it besides comments and other elements. */
  text: string;
  isParent: boolean;
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
  const tag = /<!--|<!\[CDATA\[|<\?|<(\/?)([\w.:-]{1,100})(?![\w.:-])[^<>]*>/g;
  let from = 0;
  const addText = (start: number, end: number): void => {
    const within = open.at(-1);
    if (within && within.text.length < maxValue) within.text += text.slice(start, end).trim().slice(0, maxValue);
  };
  for (let m = tag.exec(text); m; m = tag.exec(text)) {
    const [all, mark = '', name = ''] = m;
    addText(from, m.index);
    const end = ends[all];
    if (end !== undefined) {
      const to = text.indexOf(end, tag.lastIndex);
      if (to < 0) break;
      // A comment begins in no text that is quoted.
      if (end === ']]>') addText(tag.lastIndex, to);
      from = tag.lastIndex = to + end.length;
      continue;
    }
    from = tag.lastIndex;
    if (mark === '') {
      const within = open.at(-1);
      if (within) within.isParent = true;
      if (!all.endsWith('/>')) open.push({ name, start: m.index, fields: new Map(), text: '', isParent: false });
      continue;
    }
    const nearest = open.slice(-maxUnclosed);
    const above = nearest.findLastIndex((e) => e.name === name);
    if (above < 0) continue;
    const at = open.length - nearest.length + above;
    const element = open[at]!;
    open.length = at;
    const parent = open.at(-1);
    const value = element.isParent ? '' : element.text;
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
/** What is no element: how it ends. */
const ends: Readonly<Record<string, string | undefined>> = { '<!--': '-->', '<![CDATA[': ']]>', '<?': '?>' };
const maxValue = 1000;
/** Elements that a broken text may leave open within another. */
const maxUnclosed = 20;
