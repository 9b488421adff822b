/** A policy's YAML against its schema: values with their places, and every problem at its own. */
import type { Node as YamlNode, Pair, ParsedNode, Scalar } from 'yaml';
import { globProblem } from '../paths.ts';
import { linearRegex } from '../regex.ts';
import { parseDuration } from './durations.ts';
import type { Problems } from './problems.ts';
import type { Schema } from './schema.ts';

export interface ParseOptions {
  readonly source?: 'repository' | 'managed';
  /** Folder of the file, repository-relative, '' for the root. */
  readonly base?: string;
  /** Today, for `reviewBy` and `until`; without it no date is judged. */
  readonly now?: Date;
  /** Rule and agent ids that exist; others get a warning. */
  readonly knownRules?: readonly string[];
  readonly knownAgents?: readonly string[];
}

/** A parsed value with its place: what the schema walk hands to `buildPolicy`. */
export interface Placed {
  readonly value: unknown;
  readonly line: number;
  readonly range: Range;
}

/** Maps keep where each key and value was said, so that checks over several fields can point at one. */
export type Raw = Map<
  string,
  { readonly value: unknown; readonly line: number; readonly key: Range; readonly range: Range }
>;

type Range = readonly [number, number];

/** The items of a list under a key; none where there is no list. */
export const listOf = (map: Raw | undefined, key: string): readonly Placed[] =>
  (map?.get(key)?.value as readonly Placed[] | undefined) ?? [];

/** The parser, loaded where a policy is read at all. */
export type Yaml = typeof import('yaml');

const maxNodes = 50_000;
/** Levels of a policy; a parser's own limit is far above. */
export const maxDepth = 20;
const nestedKeys: readonly string[] = ['version', 'reviewBy', 'protected', 'tests'];
/** What is wrong about a bare glob that starts with a star. */
export const quoteStar = 'a value that starts with * must be quoted: "**/x" (YAML reads it as an alias)';

/** Walks a document along the schema; what does not fit is reported and left out. */
export class Walker {
  private readonly yaml: Yaml;
  private readonly report: Problems;
  private readonly now: Date | undefined;
  private nodes = 0;

  constructor(yaml: Yaml, report: Problems, now: Date | undefined) {
    this.yaml = yaml;
    this.report = report;
    this.now = now;
  }

  /** Value of a node that fits its schema (Map, array, string, number, boolean), or `undefined` after a report. */
  walk(node: unknown, schema: Schema, where: string, parent: Range, depth = 0): unknown {
    const { isAlias, isMap, isScalar, isSeq } = this.yaml;
    const range = rangeOf(node) ?? parent;
    if (++this.nodes > maxNodes || depth > maxDepth) {
      if (this.nodes === maxNodes + 1 || depth > maxDepth)
        this.fail(range, 'the policy is too large or nested too deep');
      return undefined;
    }
    if (isAlias(node)) return this.fail(range, `${quoteStar}; aliases are not allowed in a policy`);
    if ((node as { anchor?: string } | null)?.anchor !== undefined)
      return this.fail(range, 'anchors are not allowed in a policy; write the value out');
    // An unknown tag was reported by the parser.
    const tag = (node as { tag?: string } | null)?.tag;
    if (tag !== undefined && !tag.startsWith('tag:yaml.org,2002:')) return undefined;
    switch (schema.type) {
      case 'object':
        if (isMap(node))
          return this.map(node.items as Pair<ParsedNode, ParsedNode | null>[], schema, where, range, depth);
        return this.fail(range, `${where} must be a map (key: value)${given(node, this.yaml)}`);
      case 'array': {
        if (!isSeq(node)) return this.fail(range, `${where} must be a list${given(node, this.yaml)}`);
        if (node.items.length < (schema.minItems ?? 0)) return this.fail(range, `${where} must not be empty`);
        if (node.items.length > (schema.maxItems ?? Infinity))
          return this.fail(range, `${where} has more than ${schema.maxItems} items`);
        const out: Placed[] = [];
        for (const item of node.items) {
          const value = this.walk(item, schema.items as Schema, `an item of ${where}`, range, depth + 1);
          const at = rangeOf(item) ?? range;
          if (value !== undefined) out.push({ value, line: this.report.at(at[0]).line, range: at });
        }
        return out;
      }
      default: {
        if (!isScalar(node)) return this.fail(range, `${where} must be ${typeName(schema)}${given(node, this.yaml)}`);
        return this.scalar(node, schema, where, range);
      }
    }
  }

  private map(
    items: readonly Pair<ParsedNode, ParsedNode | null>[],
    schema: Schema,
    where: string,
    range: Range,
    depth: number,
  ): Raw {
    const out: Raw = new Map();
    for (const pair of items) {
      const keyNode = pair.key as Scalar | null;
      const keyRange = rangeOf(keyNode) ?? range;
      if (!this.yaml.isScalar(keyNode) || keyNode.anchor !== undefined) {
        this.fail(keyRange, `a key of ${where} must be a plain word`);
        continue;
      }
      const key = String(keyNode.value);
      const known = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
      const sub = known ?? (schema.additionalProperties || undefined);
      if (!sub) {
        const names = Object.keys(schema.properties ?? {});
        const near = nearest(key, names);
        this.fail(
          keyRange,
          `unknown key '${key}'${near === undefined ? ` in ${where}; known: ${names.join(', ')}` : `; did you mean '${near}'?`}`,
        );
        continue;
      }
      if (key === '__proto__' || key.length > 200) {
        this.fail(keyRange, `'${key.slice(0, 40)}' cannot be a key`);
        continue;
      }
      // `key:` with nothing after it is an empty value, which people write while they type and mean as "default".
      const value = this.walk(pair.value, sub, `'${key}'`, keyRange, depth + 1);
      if (value !== undefined)
        out.set(key, {
          key: keyRange,
          value,
          line: this.report.at(keyRange[0]).line,
          range: rangeOf(pair.value) ?? keyRange,
        });
    }
    const has = (key: string): boolean => items.some((p) => this.yaml.isScalar(p.key) && String(p.key.value) === key);
    const head: Range = depth === 0 ? [range[0], range[0]] : range;
    for (const key of schema.required ?? []) if (!has(key)) this.fail(head, `${where} needs '${key}'`);
    if (schema.anyOf && !schema.anyOf.some((s) => s.required.every(has)))
      this.fail(head, `${where} needs ${schema.anyOf.map((s) => `'${s.required.join("', '")}'`).join(' or ')}`);
    return out;
  }

  private scalar(node: Scalar, schema: Schema, where: string, range: Range): unknown {
    const { value } = node;
    if (schema.type === 'string') {
      if (typeof value !== 'string')
        return this.fail(
          range,
          `${where} must be ${typeName(schema)}${given(node, this.yaml)}${value === null ? '' : '; put it in quotes'}`,
        );
      if (schema.enum && !schema.enum.includes(value)) {
        const near = nearest(value, schema.enum.map(String));
        return this.fail(
          range,
          `${where} must be ${typeName(schema)}${near === undefined ? '' : `; did you mean '${near}'?`}`,
        );
      }
      if (value.length < (schema.minLength ?? 0)) return this.fail(range, `${where} must not be empty`);
      if (value.length > (schema.maxLength ?? Infinity))
        return this.fail(range, `${where} is longer than ${schema.maxLength} characters`);
      if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
        return this.fail(range, `${where} must look like ${schema.pattern}`);
      const bad = schema.format && formatProblem(schema.format, value);
      if (bad) return this.fail(range, `${where}: ${bad}`);
      return value;
    }
    if (schema.type === 'boolean') {
      if (typeof value !== 'boolean')
        return this.fail(range, `${where} must be true or false${given(node, this.yaml)}`);
      return value;
    }
    if (typeof value !== 'number' || !Number.isSafeInteger(value))
      return this.fail(range, `${where} must be a whole number${given(node, this.yaml)}`);
    if (schema.const !== undefined && value !== schema.const)
      return this.fail(range, `${where} must be ${schema.const}: this Countersign knows no other version`);
    if (value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity))
      return this.fail(range, `${where} must be from ${schema.minimum} to ${schema.maximum}`);
    return value;
  }

  /** A nested policy may only tighten; whatever else it says is ignored (`mergePolicies`), and said here. */
  private nested(root: Raw): void {
    for (const [key, entry] of root)
      if (!nestedKeys.includes(key))
        this.warn(entry.key, `only the policy at the root may set '${key}'; it is ignored here`);
    for (const item of listOf(root, 'protected')) {
      const ai = (item.value as Raw).get('ai');
      if (ai?.value === 'allow')
        this.warn(ai.range, "a nested policy may only tighten: 'ai: allow' takes back nothing that holds above");
    }
  }

  private fail(range: Range, message: string): undefined {
    this.report.add('error', range[0], range[1], message);
    return undefined;
  }

  private warn(range: Range, message: string): void {
    this.report.add('warning', range[0], range[1], message);
  }

  /** What no schema can say: dates that have passed, ids that do not exist, the same id twice. */
  semantics(root: Raw, options: ParseOptions): void {
    if ((options.base ?? '') !== '') this.nested(root);
    const today = this.now?.toISOString().slice(0, 10);
    const reviewBy = root.get('reviewBy');
    if (reviewBy && today !== undefined && (reviewBy.value as string) < today)
      this.warn(
        reviewBy.range,
        `this policy was due for review on ${reviewBy.value as string}: look it over and set a new date`,
      );
    for (const item of listOf(root, 'exceptions')) {
      const until = (item.value as Raw).get('until');
      if (until && today !== undefined && (until.value as string) < today)
        this.warn(until.range, `this exception ended on ${until.value as string} and has no effect; remove it`);
    }
    const rules = root.get('rules')?.value as Raw | undefined;
    const ids = new Set<string>();
    for (const item of listOf(rules, 'custom')) {
      const id = (item.value as Raw).get('id');
      if (!id) continue;
      if (ids.has(id.value as string)) this.fail(id.range, `the rule '${id.value as string}' is here twice`);
      if (options.knownRules?.includes(id.value as string))
        this.fail(id.range, `'${id.value as string}' is a built-in rule; choose another id`);
      ids.add(id.value as string);
    }
    if (options.knownRules) {
      const names = [...options.knownRules, ...ids];
      const check = (id: string, range: Range): void => {
        if (names.includes(id)) return;
        const near = nearest(id, names);
        this.warn(range, `there is no rule '${id}'${near === undefined ? '' : `; did you mean '${near}'?`}`);
      };
      for (const item of listOf(rules, 'disable')) check(item.value as string, item.range);
      for (const [id, entry] of (rules?.get('tiers')?.value as Raw | undefined) ?? []) check(id, entry.key);
    }
    if (options.knownAgents)
      for (const [id, entry] of (root.get('agents')?.value as Raw | undefined) ?? []) {
        if (id === '*' || options.knownAgents.includes(id)) continue;
        const near = nearest(id, options.knownAgents);
        this.warn(entry.key, `there is no agent '${id}'${near === undefined ? '' : `; did you mean '${near}'?`}`);
      }
  }
}

function rangeOf(node: unknown): Range | undefined {
  const range = (node as YamlNode | null | undefined)?.range;
  return range && range[1] > range[0] ? [range[0], range[1]] : undefined;
}

function given(node: unknown, yaml: Yaml): string {
  if (node === null || node === undefined) return ', but nothing is there';
  if (yaml.isMap(node)) return ', not a map';
  if (yaml.isSeq(node)) return ', not a list';
  if (!yaml.isScalar(node)) return '';
  if (node.value === null) return ', but nothing is there';
  return `, not ${typeof node.value === 'string' ? 'text' : `'${JSON.stringify(node.value).slice(0, 40)}'`}`;
}

function typeName(schema: Schema): string {
  if (schema.enum)
    return schema.enum
      .map((v) => `'${v}'`)
      .join(', ')
      .replace(/, (?=[^,]*$)/, ' or ');
  if (schema.format === 'duration') return 'a duration such as 8h';
  if (schema.format === 'date') return 'a date (YYYY-MM-DD)';
  return { string: 'text', integer: 'a whole number', boolean: 'true or false', object: 'a map', array: 'a list' }[
    schema.type ?? 'string'
  ];
}

function formatProblem(format: NonNullable<Schema['format']>, value: string): string | undefined {
  switch (format) {
    case 'duration':
      return parseDuration(value) === undefined ? `'${value}' is no duration; write 30m, 8h or 400d` : undefined;
    case 'date':
      return isDate(value) ? undefined : `'${value}' is no date; write YYYY-MM-DD`;
    case 'glob':
      return globProblem(value);
    case 're2':
      return regexProblem(value);
    default:
      return undefined;
  }
}

function regexProblem(value: string): string | undefined {
  try {
    linearRegex(value);
    return undefined;
  } catch (error) {
    return `bad regular expression: ${(error as Error).message}`;
  }
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** The candidate a typist probably meant: fewest edits, at most a third of the word. */
function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const d = distance(word.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) [best, bestDistance] = [candidate, d];
  }
  return best;
}

/** Edit distance with swaps of neighbours (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let d = Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        d = Math.min(d, (before[j - 2] as number) + 1);
      next.push(d);
    }
    before = row;
    row = next;
  }
  return row[b.length] as number;
}
