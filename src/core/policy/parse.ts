/** `countersign.yaml` → Policy, with every problem at its place. Never throws on any text. */
import type { LineCounter, Node as YamlNode, Pair, ParsedNode, Scalar } from 'yaml';
import { printable } from '../plainText.ts';
import { linearRegex } from '../regex.ts';
import { defaultJustification, emptyPolicy, builtinEntries } from './defaults.ts';
import { parseDuration } from './durations.ts';
import { globProblem } from '../paths.ts';
import type {
  AgentPolicy,
  AiMode,
  HumanMode,
  JustificationRule,
  Policy,
  PolicyProblem,
  ProtectedEntry,
  ReviewRule,
  TrailerMode,
} from './model.ts';
import { policySchema, type Schema } from './schema.ts';
import { tiers, type Tier } from '../model.ts';

/** A policy file larger than this is refused unread: it is loaded on every hook call. */
export const maxPolicyBytes = 1024 * 1024;
const maxProblems = 100;
const maxItems = 20_000;
const maxNodes = 50_000;
const maxDepth = 20;
const nestedKeys: readonly string[] = ['version', 'reviewBy', 'protected', 'tests'];

export interface PolicyTest {
  readonly name?: string;
  readonly path: string;
  readonly by: 'ai' | 'human';
  readonly before?: string;
  readonly after?: string;
  readonly expect: 'allow' | 'justify' | 'deny';
  readonly tier?: Tier;
  readonly rule?: string;
  readonly line: number;
}

export interface ParsedPolicy {
  /** Absent when there is any error: half a policy is none. */
  readonly policy?: Policy;
  readonly problems: readonly PolicyProblem[];
  readonly tests: readonly PolicyTest[];
}

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

/** A parsed value with its place: what the schema walk hands to `build`. */
interface Placed {
  readonly value: unknown;
  readonly line: number;
  readonly range: Range;
}

type Yaml = typeof import('yaml');

/** Reads a policy's text. Never throws: what goes wrong, whatever it is, is an error and so no policy. */
export function parsePolicy(text: string, file: string, options: ParseOptions = {}): ParsedPolicy {
  try {
    return parse(text, file, options);
  } catch (error) {
    // Not expected, but a parser's surprise (or its missing bundle) must not become "no policy".
    const message = `cannot be read: ${printable(String(error), 500)}`;
    const place = { file, line: 1, column: 0, endLine: 1, endColumn: 0 };
    return { problems: [{ ...place, severity: 'error', message }], tests: [] };
  }
}

function parse(text: string, file: string, options: ParseOptions): ParsedPolicy {
  const yaml = require('yaml') as Yaml;
  const lines = new yaml.LineCounter();
  const report = new Report(file, lines, text);
  if (text.length > maxPolicyBytes) {
    report.add('error', 0, 0, `the policy is larger than ${maxPolicyBytes / 1024} kB`);
    return { problems: report.problems, tests: [] };
  }
  const bulk = tooMuch(text);
  if (bulk !== undefined) {
    report.add('error', 0, 0, bulk);
    return { problems: report.problems, tests: [] };
  }
  const source = text.replace(/^\ufeff/, '');
  const doc = yaml.parseDocument(source, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    version: '1.2',
  });
  // The parser often marks one character; the word it begins is easier to see.
  const word = (at: number): number => at + (/^[\w-]+/.exec(source.slice(at, at + 200))?.[0].length ?? 0);
  for (const e of doc.errors)
    report.add('error', e.pos[0], Math.max(e.pos[1], word(e.pos[0])), yamlMessage(e.code, e.message, source, e.pos[0]));
  // Warnings are unknown tags: never meant, see `yamlMessage`.
  for (const w of doc.warnings)
    report.add('error', w.pos[0], w.pos[1], yamlMessage(w.code, w.message, source, w.pos[0]));
  if (doc.errors.length > 0) return { problems: report.done(), tests: [] };

  const walker = new Walker(yaml, report, options.now);
  const root = walker.walk(doc.contents, policySchema, 'policy', [0, source.length]) as Raw | undefined;
  if (root) walker.semantics(root, options);
  const problems = report.done();
  if (!root || problems.some((p) => p.severity === 'error')) return { problems, tests: [] };
  return {
    policy: build(root, file, options.source ?? 'repository', options.base ?? ''),
    problems,
    tests: buildTests(root),
  };
}

/**
 * Refuses before parsing what a YAML parser would be slow at (some 20 µs for a node) or would overflow its stack with.
 * Counts characters that begin an item or a line, so text in quotes over-counts; a real policy is far below.
 */
function tooMuch(text: string): string | undefined {
  let depth = 0;
  let items = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x5b: // [
      case 0x7b: // {
        items++;
        if (++depth > 100) return `nested deeper than ${maxDepth} levels`;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth = Math.max(0, depth - 1);
        break;
      case 0x0a:
      case 0x0d:
      case 0x2c: // ,
        items++;
    }
    if (items > maxItems) return `the policy has more than ${maxItems} lines and items`;
  }
  return undefined;
}

const quoteStar = 'a value that starts with * must be quoted: "**/x" (YAML reads it as an alias)';

/** YAML's own messages, with the two mistakes everybody makes in a list of globs explained. */
function yamlMessage(code: string, message: string, text: string, offset: number): string {
  const at = text[offset];
  if (code === 'TAB_AS_INDENT') return 'tabs cannot indent YAML; use spaces';
  if (code === 'DUPLICATE_KEY') return 'this key is here twice';
  if (at === '*') return quoteStar;
  if (at === '!') return 'a value that starts with ! must be quoted: "!**/x" (YAML reads it as a tag)';
  if (code === 'MULTIPLE_DOCS') return 'only one YAML document is allowed in a policy';
  return message.split('\n')[0] ?? 'not valid YAML';
}

class Report {
  readonly problems: PolicyProblem[] = [];
  private readonly file: string;
  private readonly lines: LineCounter;
  private readonly text: string;
  private dropped = 0;

  constructor(file: string, lines: LineCounter, text: string) {
    this.file = file;
    this.lines = lines;
    this.text = text;
  }

  add(severity: 'error' | 'warning', start: number, end: number, message: string): void {
    if (this.problems.length >= maxProblems) {
      this.dropped++;
      if (severity === 'warning') return;
      const last = this.problems.findIndex((p) => p.severity === 'warning');
      if (last < 0) return;
      this.problems.splice(last, 1);
    }
    const from = this.at(start);
    const to = this.at(Math.max(start, this.trimEnd(start, end)));
    this.problems.push({
      file: this.file,
      line: from.line,
      column: from.column,
      endLine: to.line,
      endColumn: to.column,
      severity,
      message: printable(message, 500),
    });
  }

  at(offset: number): { line: number; column: number } {
    if (this.lines.lineStarts.length === 0) return { line: 1, column: 0 };
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(0, col - 1) };
  }

  private trimEnd(start: number, end: number): number {
    let e = Math.min(end, this.text.length);
    while (e > start && /\s/.test(this.text[e - 1] as string)) e--;
    return e;
  }

  done(): readonly PolicyProblem[] {
    return this.problems.sort((a, b) => a.line - b.line || a.column - b.column);
  }
}

/** Maps keep where each key and value was said, so that checks over several fields can point at one. */
type Raw = Map<string, { readonly value: unknown; readonly line: number; readonly key: Range; readonly range: Range }>;

type Range = readonly [number, number];

class Walker {
  private readonly yaml: Yaml;
  private readonly report: Report;
  private readonly now: Date | undefined;
  private nodes = 0;

  constructor(yaml: Yaml, report: Report, now: Date | undefined) {
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
export function nearest(word: string, candidates: readonly string[]): string | undefined {
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

//#region From checked values to the model

const listOf = (map: Raw | undefined, key: string): readonly Placed[] =>
  (map?.get(key)?.value as readonly Placed[] | undefined) ?? [];
const strings = (map: Raw | undefined, key: string): string[] => listOf(map, key).map((p) => p.value as string);
const get = (map: Raw | undefined, key: string): unknown => map?.get(key)?.value;

function justification(map: Raw | undefined): JustificationRule {
  const ticket = get(map, 'ticket') as string | undefined;
  const expires = get(map, 'expires') as string | undefined;
  return {
    minLength: (get(map, 'minLength') as number | undefined) ?? defaultJustification.minLength,
    expiresMs: (expires === undefined ? undefined : parseDuration(expires)) ?? defaultJustification.expiresMs,
    ...(ticket !== undefined && { ticket }),
  };
}

function reviewRule(map: Raw): ReviewRule {
  const seniority = get(map, 'seniority') as string | undefined;
  return {
    reviewers: (get(map, 'reviewers') as number | undefined) ?? 1,
    ...(seniority !== undefined && { seniority }),
    ...(map.has('authorization') && { authorization: 'required' as const }),
  };
}

function build(root: Raw, file: string, source: 'repository' | 'managed', base: string): Policy {
  const entries = listOf(root, 'protected').map((item): ProtectedEntry => {
    const map = item.value as Raw;
    const paths = strings(map, 'paths');
    const review = get(map, 'review') as Raw | undefined;
    return {
      name: (get(map, 'name') as string | undefined) ?? paths.join(', ').slice(0, 100),
      paths,
      base,
      ai: (get(map, 'ai') as AiMode | undefined) ?? 'justify',
      human: (get(map, 'human') as HumanMode | undefined) ?? 'justify',
      tier: (get(map, 'tier') as Tier | undefined) ?? 'high',
      justification: justification(get(map, 'justification') as Raw | undefined),
      ...(review && { review: reviewRule(review) }),
      source,
      location: { file, line: item.line },
    };
  });
  const rules = get(root, 'rules') as Raw | undefined;
  const review = get(root, 'review') as Raw | undefined;
  const byTier: Partial<Record<Tier, ReviewRule>> = {};
  for (const tier of tiers) {
    const map = get(review, tier) as Raw | undefined;
    if (map) byTier[tier] = reviewRule(map);
  }
  const agents: Record<string, AgentPolicy> = {};
  for (const [id, { value }] of (get(root, 'agents') as Raw | undefined) ?? []) {
    const map = value as Raw;
    const commands = get(map, 'commands') as Raw | undefined;
    agents[id] = {
      ...(map.has('scope') && { scope: strings(map, 'scope') }),
      commands: { allow: strings(commands, 'allow'), deny: strings(commands, 'deny') },
    };
  }
  const words = (map: Raw | undefined): Record<string, string> =>
    Object.fromEntries([...(map ?? [])].map(([k, v]) => [k, v.value as string]));
  const retention = get(get(root, 'audit') as Raw | undefined, 'retention') as string | undefined;
  const retentionMs = retention === undefined ? undefined : parseDuration(retention);
  const reviewBy = get(root, 'reviewBy') as string | undefined;
  return {
    version: 1,
    ...(reviewBy !== undefined && { reviewBy }),
    protected: [...builtinEntries, ...entries],
    rules: {
      disable: strings(rules, 'disable'),
      tiers: words(get(rules, 'tiers') as Raw | undefined) as Record<string, Tier>,
      custom: listOf(rules, 'custom').map((item) => {
        const map = item.value as Raw;
        const pattern = get(map, 'pattern') as string | undefined;
        const query = get(map, 'query') as string | undefined;
        return {
          id: get(map, 'id') as string,
          message: get(map, 'message') as string,
          tier: (get(map, 'tier') as Tier | undefined) ?? 'medium',
          languages: strings(map, 'languages'),
          ...(pattern !== undefined && { pattern }),
          ...(query !== undefined && { query, queryLine: map.get('query')?.line ?? item.line }),
          location: { file, line: item.line },
        };
      }),
    },
    review: { byTier, ai: words(get(review, 'ai') as Raw | undefined) },
    people: listOf(root, 'people').map((item) => ({
      email: get(item.value as Raw, 'email') as string,
      seniority: get(item.value as Raw, 'seniority') as string,
    })),
    agents,
    commit: {
      trailers:
        (get(get(root, 'commit') as Raw | undefined, 'trailers') as TrailerMode | undefined) ??
        emptyPolicy.commit.trailers,
    },
    audit: {
      reasoning:
        (get(get(root, 'audit') as Raw | undefined, 'reasoning') as 'off' | 'reference' | 'text' | undefined) ??
        emptyPolicy.audit.reasoning,
      ...(retentionMs !== undefined && { retentionMs }),
    },
    guard: { strict: (get(get(root, 'guard') as Raw | undefined, 'strict') as boolean | undefined) ?? false },
    exceptions: listOf(root, 'exceptions').map((item) => {
      const map = item.value as Raw;
      const rule = get(map, 'rule') as string | undefined;
      const path = get(map, 'path') as string | undefined;
      return {
        ...(rule !== undefined && { rule }),
        ...(path !== undefined && { path }),
        reason: get(map, 'reason') as string,
        by: get(map, 'by') as string,
        until: get(map, 'until') as string,
      };
    }),
    origin: source === 'managed' ? 'managed' : 'repository',
  };
}

function buildTests(root: Raw): PolicyTest[] {
  return listOf(root, 'tests').map((item) => {
    const map = item.value as Raw;
    const optional = (key: string): Record<string, string> => {
      const value = get(map, key) as string | undefined;
      return value === undefined ? {} : { [key]: value };
    };
    return {
      path: get(map, 'path') as string,
      by: (get(map, 'by') as 'ai' | 'human' | undefined) ?? 'ai',
      expect: get(map, 'expect') as PolicyTest['expect'],
      line: item.line,
      ...optional('name'),
      ...optional('before'),
      ...optional('after'),
      ...optional('tier'),
      ...optional('rule'),
    };
  });
}

//#endregion
