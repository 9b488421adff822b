/**
 * Language support for the policy file: problems at their line, completion and hover from the schema.
 * The place of the cursor is read from indentation, line by line, because a text being typed is rarely valid YAML.
 */
import {
  CompletionItemKind,
  InsertTextFormat,
  MarkupKind,
  type CompletionItem,
  type Diagnostic,
  type Hover,
  type Position,
} from 'vscode-languageserver';
import { parsePolicy, policySchema, queryProblems, type Schema } from '../core/policy/index.ts';
import type { Grammars } from '../core/ports.ts';
import { allRules } from '../core/rules/index.ts';
import { policyFileName } from '../platform/policyFile.ts';
import { toPolicyDiagnostic } from './diagnostics.ts';
import { escapeMarkdown } from '../core/plainText.ts';
import * as path from 'node:path';

export const isPolicyFile = (file: string): boolean => path.basename(file) === policyFileName;

/** Diagnostics of the text in the editor, saved or not; queries are tried on the grammars they are for. */
export async function policyDiagnostics(
  text: string,
  name: string,
  now: Date,
  grammars: Grammars,
): Promise<Diagnostic[]> {
  const parsed = parsePolicy(text, name, { source: 'repository', now, knownRules: allRules().map((r) => r.id) });
  const queries = parsed.policy ? await queryProblems(parsed.policy, grammars) : [];
  return [...parsed.problems, ...queries].map(toPolicyDiagnostic);
}

/** Where in the document a position is: the keys above it (`*` for a list item), and what is on its own line. */
interface Place {
  readonly path: readonly string[];
  /** Keys that the mapping around the position already has. */
  readonly siblings: ReadonlySet<string>;
  /** The key on this line when the position is in its value. */
  readonly key: string | undefined;
  /** Text from the start of the word to the position. */
  readonly word: string;
  readonly wordStart: number;
  readonly indent: number;
  /** The position is a list item that starts here (`- |`) or a plain value. */
  readonly isItem: boolean;
  readonly inFlow: boolean;
}

interface Level {
  readonly indent: number;
  readonly key: string;
}

const keyLine = /^(\s*(?:- +)*)(?:"([^"]+)"|'([^']+)'|([^\s#:'"{}[\],][^#:{}[\],]*?))\s*:(?:\s|$)/;

export function placeAt(lines: readonly string[], at: Position): Place {
  const line = lines[at.line] ?? '';
  const before = line.slice(0, at.character);
  // Each level: the indentation at which a key stands; "- " counts as indentation of what follows it.
  const parse = (text: string): { indents: number[]; key: string | undefined; keyIndent: number } => {
    const lead = /^\s*(?:- +|-$)*/.exec(text)?.[0] ?? '';
    const indents: number[] = [];
    for (let i = 0; i < lead.length; i++) if (lead[i] === '-') indents.push(i);
    const match = keyLine.exec(text);
    return { indents, key: match ? (match[2] ?? match[3] ?? match[4]) : undefined, keyIndent: lead.length };
  };
  const flow = flowPlace(before);
  const own = parse(before);
  const ownKey = own.key !== undefined && before.length > before.indexOf(':') ? own.key : undefined;
  const lead = /^\s*(?:- +|-$)*/.exec(before)?.[0] ?? '';
  const indent = lead.length;
  const isBlank = line.trim() === '';
  // Walk up, keeping the nearest line of each smaller indentation.
  const levels: Level[] = [];
  let limit = isBlank ? before.length : indent;
  const dashes = own.indents;
  for (const dash of [...dashes].reverse()) levels.push({ indent: dash, key: '*' });
  if (dashes.length > 0) limit = dashes[0] as number;
  let itemAllowed = dashes.length > 0;
  for (let i = at.line - 1; i >= 0 && (limit > 0 || itemAllowed); i--) {
    const text = lines[i] ?? '';
    if (text.trim() === '' || /^\s*#/.test(text)) continue;
    const above = parse(text);
    if (above.key !== undefined && above.keyIndent < limit) {
      levels.push({ indent: above.keyIndent, key: above.key });
      limit = above.keyIndent;
      itemAllowed = false;
    } else if (itemAllowed && above.key !== undefined && above.indents.length === 0 && above.keyIndent === limit) {
      // A list may stand at the indentation of its key.
      levels.push({ indent: above.keyIndent, key: above.key });
      itemAllowed = false;
    }
    for (const dash of [...above.indents].reverse())
      if (dash < limit) {
        levels.push({ indent: dash, key: '*' });
        limit = dash;
        itemAllowed = true;
      }
  }
  const path = levels.reverse().map((l) => l.key);
  const siblings = siblingsOf(lines, at.line, isBlank ? before.length : indent, parse);
  if (flow) {
    if (ownKey !== undefined) path.push(ownKey);
    path.push(...flow.path);
    return {
      path,
      siblings: flow.keys,
      key: flow.key,
      word: flow.word,
      wordStart: flow.wordStart,
      indent,
      isItem: flow.isItem,
      inFlow: true,
    };
  }
  const value = ownKey === undefined ? undefined : /:\s*(.*)$/.exec(before)?.[1];
  const word = (value ?? before.slice(indent)).replace(/^["']/, '');
  return {
    path,
    siblings,
    key: ownKey,
    word,
    wordStart: before.length - word.length,
    indent: isBlank ? before.length : indent,
    isItem: ownKey === undefined && dashes.length > 0,
    inFlow: false,
  };
}

function siblingsOf(
  lines: readonly string[],
  line: number,
  indent: number,
  parse: (text: string) => { indents: number[]; key: string | undefined; keyIndent: number },
): Set<string> {
  const keys = new Set<string>();
  const look = (from: number, step: -1 | 1): void => {
    for (let i = from; i >= 0 && i < lines.length; i += step) {
      const text = lines[i] ?? '';
      if (text.trim() === '' || /^\s*#/.test(text)) continue;
      const { indents, key, keyIndent } = parse(text);
      const first = indents[0] ?? keyIndent;
      if (step === 1 && indents.length > 0 && first < indent) return;
      if (keyIndent === indent && key !== undefined) keys.add(key);
      if (keyIndent < indent || (step === -1 && indents.length > 0 && first < indent)) return;
    }
  };
  const own = parse(lines[line] ?? '');
  if (own.indents.length === 0) look(line - 1, -1);
  look(line + 1, 1);
  return keys;
}

/** The innermost open `{` or `[` before the cursor on this line. */
function flowPlace(
  before: string,
):
  | { path: string[]; keys: Set<string>; key: string | undefined; word: string; wordStart: number; isItem: boolean }
  | undefined {
  interface Frame {
    kind: '{' | '[';
    keys: Set<string>;
    key: string | undefined;
    start: number;
  }
  const stack: Frame[] = [];
  const path: string[] = [];
  let quote = '';
  for (let i = 0; i < before.length; i++) {
    const c = before[i] as string;
    if (quote !== '') {
      if (c === quote) quote = '';
      continue;
    }
    const top = stack.at(-1);
    if (c === '"' || c === "'") quote = c;
    else if (c === '#' && (i === 0 || /\s/.test(before[i - 1] as string))) break;
    else if (c === '{' || c === '[') {
      if (top) path.push(top.kind === '{' ? (top.key ?? '') : '*');
      stack.push({ kind: c, keys: new Set(), key: undefined, start: i + 1 });
    } else if ((c === '}' || c === ']') && top) {
      stack.pop();
      path.pop();
    } else if (top && c === ',') {
      top.key = undefined;
      top.start = i + 1;
    } else if (top?.kind === '{' && c === ':' && top.key === undefined && /\s|^$/.test(before[i + 1] ?? '')) {
      top.key = before
        .slice(top.start, i)
        .trim()
        .replace(/^["']|["']$/g, '');
      top.keys.add(top.key);
      top.start = i + 1;
    }
  }
  const top = stack.at(-1);
  if (!top) return undefined;
  if (top.kind === '[') path.push('*');
  const word = before.slice(top.start).trimStart().replace(/^["']/, '');
  return { path, keys: top.keys, key: top.key, word, wordStart: before.length - word.length, isItem: top.kind === '[' };
}

/** The schema at a path; `undefined` where the schema knows nothing. */
export function schemaAt(path: readonly string[]): Schema | undefined {
  let schema: Schema | undefined = policySchema;
  for (const key of path) {
    if (!schema) return undefined;
    if (key === '*') schema = schema.items ?? schema;
    else schema = own(schema.properties, key) ?? (schema.additionalProperties || undefined);
  }
  return schema;
}

const own = (map: Readonly<Record<string, Schema>> | undefined, key: string): Schema | undefined =>
  map && Object.hasOwn(map, key) ? map[key] : undefined;

export function policyCompletions(lines: readonly string[], at: Position): CompletionItem[] {
  const place = placeAt(lines, at);
  const here = schemaAt(place.path);
  const range = { start: { line: at.line, character: place.wordStart }, end: at };
  if (place.key !== undefined) {
    const schema = schemaAt([...place.path, place.key]);
    return schema ? values(schema, place.key, [...place.path, place.key], range) : [];
  }
  if (!here) return [];
  if (here.type === 'object') return keys(here, place, range);
  // A value in a list, or below a key whose value is a plain one.
  if (place.isItem || here.enum) return values(here, '', place.path, range);
  if (here.type === 'array' && here.items && !place.inFlow) return listItem(here.items, place, range);
  return [];
}

type Range = { readonly start: Position; readonly end: Position };

function keys(schema: Schema, place: Place, range: Range): CompletionItem[] {
  const items: CompletionItem[] = [];
  let order = 0;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    order++;
    if (place.siblings.has(name)) continue;
    const isRequired = schema.required?.includes(name) ?? false;
    items.push({
      label: name,
      kind: CompletionItemKind.Property,
      ...(property.description !== undefined && {
        documentation: { kind: MarkupKind.Markdown, value: property.description },
      }),
      detail: typeWord(property),
      sortText: `${isRequired ? '0' : '1'}${String(order).padStart(3, '0')}`,
      insertTextFormat: InsertTextFormat.Snippet,
      textEdit: { range, newText: place.inFlow ? `${name}: ` : keySnippet(name, property) },
    });
  }
  if (schema.additionalProperties && place.path.at(-1) === 'tiers')
    for (const rule of allRules())
      if (!place.siblings.has(rule.id))
        items.push({
          label: rule.id,
          kind: CompletionItemKind.Property,
          detail: rule.title,
          textEdit: { range, newText: `${rule.id}: ` },
          sortText: `2${rule.id}`,
        });
  return items;
}

/** What a new key brings along. Nested lines are relative: editors indent snippets like the line they go into. */
function keySnippet(name: string, schema: Schema): string {
  if (name === 'protected')
    return 'protected:\n  - name: ${1:production infrastructure}\n    paths: ["${2:infra/**}"]\n    ai: ${3|justify,prohibit,allow|}\n    tier: ${4|high,critical,medium,low|}\n';
  if (name === 'custom')
    return 'custom:\n  - id: ${1:no-raw-clock}\n    message: ${2:Use the injected clock}\n    tier: ${3|medium,low,high,critical|}\n    pattern: "${4:Date\\\\\\\\.now\\\\\\\\(}"\n';
  if (schema.type === 'object') return `${name}:\n  $0`;
  if (schema.type === 'array') return schema.items?.type === 'object' ? `${name}:\n  - $0` : `${name}: [$0]`;
  if (schema.enum) return `${name}: \${1|${schema.enum.join(',')}|}`;
  if (schema.const !== undefined) return `${name}: ${schema.const}`;
  if (schema.default !== undefined && schema.type !== 'string')
    return `${name}: \${1:${JSON.stringify(schema.default)}}`;
  return `${name}: $0`;
}

function listItem(items: Schema, place: Place, range: Range): CompletionItem[] {
  if (items.type !== 'object')
    return values(items, '', place.path, range).map((v) => ({
      ...v,
      label: `- ${v.label}`,
      textEdit: { range, newText: `- ${v.label}` },
    }));
  const required = items.required ?? [];
  const body = required.map((name, i) => {
    const schema = own(items.properties, name);
    return `${name}: ${schema?.type === 'array' ? `["$${i + 1}"]` : `$${i + 1}`}`;
  });
  return [
    {
      label: '- new entry',
      kind: CompletionItemKind.Snippet,
      insertTextFormat: InsertTextFormat.Snippet,
      ...(items.description !== undefined && { documentation: items.description }),
      textEdit: { range, newText: `- ${body.length > 0 ? body.join('\n  ') : '$0'}` },
    },
  ];
}

function values(schema: Schema, key: string, path: readonly string[], range: Range): CompletionItem[] {
  const texts: readonly (string | number | boolean)[] =
    schema.enum ??
    (schema.const !== undefined
      ? [schema.const]
      : schema.type === 'boolean'
        ? [true, false]
        : isRuleList(path)
          ? allRules().map((r) => r.id)
          : schema.format === 'duration'
            ? ['1h', '8h', '24h', '7d', '30d']
            : []);
  return texts.map((value, i) => {
    const isDefault = schema.default === value;
    return {
      label: String(value),
      kind: CompletionItemKind.EnumMember,
      sortText: String(i).padStart(4, '0'),
      ...(isDefault && { detail: 'default' }),
      ...(key === '' ? {} : { filterText: String(value) }),
      textEdit: { range, newText: String(value) },
    };
  });
}

const isRuleList = (path: readonly string[]): boolean => {
  const text = path.join('.');
  return text === 'rules.disable.*' || text === 'exceptions.*.rule' || text === 'tests.*.rule';
};

export function policyHover(lines: readonly string[], at: Position): Hover | null {
  const line = lines[at.line] ?? '';
  // The word under the cursor, taken as a key.
  let start = at.character;
  while (start > 0 && /[\w*.-]/.test(line[start - 1] as string)) start--;
  let end = at.character;
  while (end < line.length && /[\w*.-]/.test(line[end] as string)) end++;
  if (start === end) return null;
  const word = line.slice(start, end);
  const place = placeAt(lines, { line: at.line, character: start });
  const isKey = /^["']?\s*:/.test(line.slice(end)) && place.key === undefined;
  const schema = isKey
    ? schemaAt([...place.path, word])
    : place.key === undefined
      ? undefined
      : schemaAt([...place.path, place.key]);
  const range = { start: { line: at.line, character: start }, end: { line: at.line, character: end } };
  const rule = allRules().find((r) => r.id === word);
  if (rule)
    return {
      range,
      contents: {
        kind: MarkupKind.Markdown,
        value: `**${escapeMarkdown(rule.title)}** (${rule.tier} risk)\n\n${escapeMarkdown(rule.why)}`,
      },
    };
  if (!schema?.description) return null;
  const facts = [
    typeWord(schema),
    schema.default === undefined ? '' : `default \`${JSON.stringify(schema.default)}\``,
  ].filter((f) => f !== '');
  // The schema's own words are ours: Markdown on purpose.
  return { range, contents: { kind: MarkupKind.Markdown, value: `${schema.description}\n\n*${facts.join(', ')}*` } };
}

function typeWord(schema: Schema): string {
  if (schema.enum) return schema.enum.join(' | ');
  if (schema.const !== undefined) return String(schema.const);
  if (schema.format === 'date') return 'date, YYYY-MM-DD';
  if (schema.format === 'duration') return 'duration, such as 8h or 30d';
  if (schema.format === 'glob') return 'glob';
  if (schema.format === 're2') return 'regular expression (RE2)';
  if (schema.type === 'array') return 'list';
  if (schema.type === 'object') return 'map';
  return schema.type ?? '';
}
