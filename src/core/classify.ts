/**
 * The verdict on a change: what kind it is, which risks it adds, which safeguards it takes away.
 * Judged over the diff: rules run on both sides, and only what is new on changed lines counts, so an old risk that the
 * edit did not touch, moved or re-indented stays silent. Deterministic; never throws on any input.
 */
import { diffLines, splitLines } from './hunks.ts';
import { detectLanguage, type Language } from './languages/detect.ts';
import { changeTypeOf, isProduction, isTestPath } from './languages/kinds.ts';
import { hasLexer } from './languages/lexer.ts';
import { sameMeaning } from './languages/sameMeaning.ts';
import { Source } from './languages/source.ts';
import { sqlStatements } from './languages/sqlText.ts';
import type { ChangeType, Classification, FileChange, Finding, Hunk, Tier } from './model.ts';
import { maxTier, tiers } from './model.ts';
import type { Policy } from './policy/model.ts';
import type { Grammars } from './ports.ts';
import { candidatesFor, hasKeyword } from './rules/candidates.ts';
import { wentWithItsBlock, wentWithItsCode } from './removedCode.ts';
import { customHits } from './rules/custom.ts';
import { ruleById, rules } from './rules/index.ts';
import type { Hit, Rule } from './rules/rule.ts';

export interface ClassifyContext {
  readonly grammars: Grammars;
  readonly policy: Policy;
}

export type FileClassification = { readonly path: string; readonly classification: Classification };

/** Text beyond this is not parsed as a whole: only its changed lines are read. */
const maxText = 1_500_000;
/** Nor is text with a longer line than this: it was generated or minified. */
const maxLine = 8000;
const isLong = (line: string): boolean => line.length > maxLine;
/** … and of those not more than this. */
const maxJudged = 1_000_000;

/** The tier of a change type when no rule has anything to say (design §4). */
export const baseTier: Readonly<Record<ChangeType, Tier>> = {
  none: 'low',
  formatting: 'low',
  comments: 'low',
  docs: 'low',
  tests: 'low',
  feature: 'medium',
  refactoring: 'medium',
  configuration: 'medium',
  dependency: 'high',
  infrastructure: 'high',
  'ci-cd': 'high',
  schema: 'high',
  data: 'high',
  security: 'high',
  permissions: 'high',
  secrets: 'high',
  environment: 'critical',
};

/** Judges all files of a change. Resolves always; the whole is the sum of its files. */
export async function classify(
  files: readonly FileChange[],
  ctx: ClassifyContext,
): Promise<Classification & { readonly files: readonly FileClassification[] }> {
  const judged: FileClassification[] = [];
  for (const file of files) judged.push({ path: file.path, classification: await classifyFile(file, ctx) });
  if (files.length > 1) {
    withoutMoves(files, judged);
    withoutOrphans(files, judged);
  }
  let tier: Tier = 'low';
  let changeType: ChangeType = 'none';
  const notes = new Set<string>();
  for (const { classification: c } of judged) {
    if (changeType === 'none' || tiers.indexOf(c.tier) > tiers.indexOf(tier)) changeType = c.changeType;
    tier = maxTier(tier, c.tier);
    if (c.note) notes.add(c.note);
  }
  const findings = judged.flatMap((j) => j.classification.findings);
  return { tier, changeType, findings, files: judged, ...(notes.size > 0 ? { note: [...notes].join('; ') } : {}) };
}

/** What a finding is about (`Hit.key`), the old line of what it says is gone, and what a file's verdict would be without findings. */
const keys = new WeakMap<Finding, string>();
const removedAt = new WeakMap<Finding, number>();
const floors = new WeakMap<Classification, { readonly tier: Tier; readonly changeType: ChangeType }>();

/** Takes out what only moved from one file of the change to another: the same risk gone there, the same safeguard new there. */
function withoutMoves(files: readonly FileChange[], judged: FileClassification[]): void {
  const counted = new Map<string, Map<string, number>>();
  /** after − before of every key of a rule in a file. */
  const deltas = (rule: Rule, index: number): Map<string, number> => {
    const id = `${rule.id}:${index}`;
    let delta = counted.get(id);
    if (delta) return delta;
    delta = new Map();
    const file = files[index]!;
    const small = (file.before ?? '').length + (file.after ?? '').length <= maxText;
    for (const [text, sign] of [
      [file.after, 1],
      [file.before, -1],
    ] as const) {
      if (text === null || !small) continue;
      const language = detectLanguage(file.path, text);
      if (rule.languages.length > 0 && !rule.languages.includes(language)) continue;
      for (const f of run(rule, new Source(file.path, normalise(text), language)))
        delta.set(f.key, (delta.get(f.key) ?? 0) + sign);
    }
    counted.set(id, delta);
    return delta;
  };
  for (const [i, { path, classification }] of judged.entries()) {
    const left = classification.findings.filter((f) => {
      const rule = ruleById(f.rule);
      const key = keys.get(f);
      if (!rule || key === undefined) return true;
      const sign = rule.on === 'removed' ? 1 : -1;
      for (let j = 0; j < files.length; j++) {
        if (j === i) continue;
        const delta = deltas(rule, j);
        const there = (delta.get(key) ?? 0) * sign;
        if (there <= 0) continue;
        delta.set(key, (there - 1) * sign);
        return false;
      }
      return true;
    });
    const floor = floors.get(classification);
    if (left.length === classification.findings.length || !floor) continue;
    judged[i] = { path, classification: { ...classification, ...summed(floor, left), findings: left } };
    floors.set(judged[i].classification, floor);
  }
}

/** A name long enough to mean one thing. */
const telling = /\b[A-Za-z_]\w{7,60}\b/g;

/** What a line gives a name to: a definition, a method after its modifiers, a constant or field at its start. */
const declared =
  /\b(?:def|class|function|func|fn|fun|interface|struct|enum|trait|type|const|let|var|val|module|record)\s+(?:\([^)\n]{0,80}\)\s*)?([A-Za-z_]\w{7,60})|^\s*(?:public|private|protected|internal|static|async)\b[^=;({\n]{0,160}?\b([A-Za-z_]\w{7,60})\s*\(|^\s*([A-Za-z_]\w{7,60})\s*[=:]\s|^\s*(?!constructor\b)([A-Za-z_]\w{7,60})\([^()\n]{0,200}\)\s*(?::[^{;\n]{0,80})?\{\s*$/g;

/**
 * Takes out tests that went with what they tested: they speak of something that the same change deleted from the product
 * and put back nowhere. Only whole deletions count; code that was written anew may live on under another name.
 */
function withoutOrphans(files: readonly FileChange[], judged: FileClassification[]): void {
  const isTests = (f: Finding): boolean => f.rule === 'tests-removed';
  if (!judged.some((j) => j.classification.findings.some(isTests))) return;
  const gone = new Set<string>();
  for (const file of files) {
    if (file.before === null || isTestPath(file.path) || file.before.length + (file.after ?? '').length > maxText)
      continue;
    if (!hasLexer(detectLanguage(file.path, file.before))) continue;
    const lines = splitLines(file.before);
    for (const h of diffLines(lines, splitLines(file.after ?? '')))
      if (h.newLines === 0)
        for (const line of lines.slice(h.oldStart - 1, h.oldStart - 1 + h.oldLines))
          for (const m of line.matchAll(declared)) gone.add(m[1] ?? m[2] ?? m[3] ?? m[4] ?? '');
    for (const [name] of (/[^/]+(?=\.\w+$)/.exec(file.path)?.[0] ?? '').matchAll(telling))
      if (file.after === null) gone.add(name);
  }
  if (gone.size === 0) return;
  for (const { after } of files)
    if (after !== null && after.length <= maxText) for (const [name] of after.matchAll(telling)) gone.delete(name);
  for (const [i, { path, classification }] of judged.entries()) {
    const before = files[i]!.before;
    if (before === null || before.length > maxText || !classification.findings.some(isTests)) continue;
    const lines = splitLines(before);
    const hunks = diffLines(lines, splitLines(files[i]!.after ?? ''));
    const left = classification.findings.filter((f) => {
      const old = isTests(f) ? removedAt.get(f) : undefined;
      const hunk =
        old === undefined ? undefined : hunks.find((h) => old >= h.oldStart && old < h.oldStart + h.oldLines);
      if (!hunk) return true;
      const text = lines.slice(hunk.oldStart - 1, hunk.oldStart - 1 + hunk.oldLines).join('\n');
      for (const [name] of text.matchAll(telling)) if (gone.has(name)) return false;
      return true;
    });
    const floor = floors.get(classification);
    if (left.length === classification.findings.length || !floor) continue;
    judged[i] = { path, classification: { ...classification, ...summed(floor, left), findings: left } };
    floors.set(judged[i].classification, floor);
  }
}

/** Tier and type from a file's floor and its findings. */
function summed(
  floor: { readonly tier: Tier; readonly changeType: ChangeType },
  findings: readonly Finding[],
): { tier: Tier; changeType: ChangeType } {
  let tier = floor.tier;
  for (const f of findings) tier = maxTier(tier, f.tier);
  return { tier, changeType: refineType(floor.changeType, findings) };
}

/** Judges one file. */
export async function classifyFile(file: FileChange, ctx: ClassifyContext): Promise<Classification> {
  const before = file.before ?? '';
  const after = file.after ?? '';
  if (before === after && (file.before === null) === (file.after === null))
    return { tier: 'low', changeType: 'none', findings: [] };
  if (isBinary(before) || isBinary(after)) {
    const changeType = changeTypeOf(file.path, detectLanguage(file.path, ''));
    return { tier: baseTier[changeType], changeType, findings: [], note: 'binary file, judged by its path' };
  }
  const language = detectLanguage(file.path, after === '' ? before : after);
  const oldLines = splitLines(before);
  const newLines = splitLines(after);
  const hunks = diffLines(oldLines, newLines);
  const large = before.length > maxText || after.length > maxText || oldLines.some(isLong) || newLines.some(isLong);
  const pathType = changeTypeOf(file.path, language);
  let note: string | undefined;
  let changeType = pathType;
  let findings: Finding[];
  if (large) {
    note = 'too large to parse, judged by lines';
    const old = excerpt(file.path, oldLines, hunks, 'old', language);
    const now = excerpt(file.path, newLines, hunks, 'new', language);
    findings = judge(file, old, now, language, ctx);
    const custom = await customHits(now.source, old.source, now.changed, ctx, true);
    for (const f of custom.findings)
      findings.push({ ...f, line: now.original(f.line), endLine: now.original(f.endLine) });
    note = [note, ...custom.notes].join('; ');
  } else {
    const gone = changedLines(hunks, 'old');
    const added = changedLines(hunks, 'new');
    const sides: Sides = {
      before: {
        source: beforeSource(file.path, normalise(before), language),
        changed: gone,
        touched: new Set(),
        hunks,
        original: identity,
      },
      after: {
        source: new Source(file.path, normalise(after), language, added),
        changed: added,
        touched: deletionNeighbours(hunks, newLines.length),
        hunks,
        original: identity,
      },
    };
    sides.before.source.changed = gone;
    if (file.before !== null && file.after !== null && mayMeanTheSame(sides)) {
      const same = await sameMeaning(sides.before.source, sides.after.source, ctx.grammars);
      if (same) {
        if (hunks.length === 0 || same === 'formatting') return { tier: 'low', changeType: 'formatting', findings: [] };
        changeType = 'comments';
      }
    }
    findings = judge(file, sides.before, sides.after, language, ctx, changeType === 'comments');
    const custom = await customHits(sides.after.source, sides.before.source, sides.after.changed, ctx);
    findings.push(...custom.findings);
    if (custom.notes.length > 0) note = custom.notes.join('; ');
  }
  findings = applyPolicy(findings, file.path, ctx.policy);
  findings.sort(
    (a, b) => a.line - b.line || tiers.indexOf(b.tier) - tiers.indexOf(a.tier) || a.rule.localeCompare(b.rule),
  );
  // A manifest edit that touches no dependency is configuration (version, metadata, tool settings).
  if (
    changeType === 'dependency' &&
    (language === 'manifest' || language === 'python') &&
    !findings.some((f) => f.category === 'dependency' || f.category === 'supply-chain')
  )
    changeType = 'configuration';
  // Queries read; statements that define or change something make a schema edit.
  if (changeType === 'schema' && language === 'sql' && onlyQueries(after) && onlyQueries(before))
    changeType = 'feature';
  const floor = {
    // Production configuration is high, whatever the key (design §4).
    tier:
      pathType === 'configuration' && changeType === 'configuration' && isProduction(file.path)
        ? ('high' as const)
        : baseTier[changeType],
    changeType,
  };
  const verdict: Classification = { ...summed(floor, findings), findings, ...(note ? { note } : {}) };
  floors.set(verdict, floor);
  return verdict;
}

/** Whether SQL text holds nothing but reading statements. */
function onlyQueries(text: string): boolean {
  if (text.length > maxText) return false;
  return sqlStatements(text).every(
    (s) =>
      /^(?:SELECT|SHOW|EXPLAIN|WITH (?!.*\b(?:INSERT|UPDATE|DELETE) )|DESCRIBE|VALUES|TABLE|USE|PRAGMA|\( SELECT|\( WITH)\b/.test(
        s.text,
      ) && !/\bINTO OUTFILE\b/.test(s.text),
  );
}

interface Side {
  readonly source: Source;
  /** 1-based lines of this side that the change touched. */
  readonly changed: ReadonlySet<number>;
  /** Lines next to a deletion (new side). */
  readonly touched: ReadonlySet<number>;
  readonly hunks: readonly Hunk[];
  /** From lines of `source` to lines of the file. */
  readonly original: (line: number) => number;
}
interface Sides {
  readonly before: Side;
  readonly after: Side;
}

const identity = (line: number): number => line;
const isBinary = (text: string): boolean => text.slice(0, 8000).includes('\0');
/** Rules see LF and no BOM; lines and columns stay the same (the BOM is one column on line 1 and cut by every editor). */
const normalise = (text: string): string =>
  (text.includes('\r') ? text.replace(/\r\n|\r/g, '\n') : text).replace(/^\uFEFF/, '');

function changedLines(hunks: readonly Hunk[], side: 'old' | 'new'): Set<number> {
  const lines = new Set<number>();
  for (const h of hunks) {
    const [start, count] = side === 'old' ? [h.oldStart, h.oldLines] : [h.newStart, h.newLines];
    for (let i = 0; i < count; i++) lines.add(start + i);
  }
  return lines;
}

function deletionNeighbours(hunks: readonly Hunk[], total: number): Set<number> {
  const lines = new Set<number>();
  for (const h of hunks) {
    if (h.newLines > 0) continue;
    if (h.newStart >= 1) lines.add(h.newStart);
    if (h.newStart + 1 <= total) lines.add(h.newStart + 1);
  }
  return lines;
}

/** A source made of the changed lines alone, bounded. */
function excerpt(
  path: string,
  lines: readonly string[],
  hunks: readonly Hunk[],
  side: 'old' | 'new',
  language: Language,
): Side {
  const kept: string[] = [];
  const numbers: number[] = [];
  let size = 0;
  for (const h of hunks) {
    const [start, count] = side === 'old' ? [h.oldStart, h.oldLines] : [h.newStart, h.newLines];
    for (let i = 0; i < count && size < maxJudged; i++) {
      const line = lines[start - 1 + i] ?? '';
      const cut = line.length > maxLine ? line.slice(0, maxLine) : line;
      kept.push(cut);
      numbers.push(start + i);
      size += cut.length + 1;
    }
  }
  return {
    source: new Source(path, kept.join('\n'), language),
    changed: new Set(kept.map((_, i) => i + 1)),
    touched: new Set(),
    hunks,
    original: (line) => numbers[line - 1] ?? line,
  };
}

interface Found extends Hit {
  readonly key: string;
  readonly line: number;
  readonly endLine: number;
}

/**
 * While somebody edits a large file, its text before the change is judged again and again: the last ones are kept, with
 * what they were asked. Pure all the same: equal text, equal answer.
 */
const keptSources: Source[] = [];
const keptHits = new WeakMap<Source, Map<Rule, Found[]>>();

function beforeSource(path: string, text: string, language: Language): Source {
  if (text.length < 20_000) return new Source(path, text, language);
  const at = keptSources.findIndex((s) => s.path === path && s.language === language && s.text === text);
  const source = at >= 0 ? keptSources.splice(at, 1)[0]! : new Source(path, text, language);
  if (at < 0) keptHits.set(source, new Map());
  keptSources.push(source);
  if (keptSources.length > 2) keptSources.shift();
  return source;
}

function run(rule: Rule, source: Source): Found[] {
  const kept = rule.perLine ? undefined : keptHits.get(source);
  let found = kept?.get(rule);
  if (!found) {
    found = hits(rule, source);
    kept?.set(rule, found);
  }
  return found;
}

const collapsed = (source: Source, hit: Hit): string => source.text.slice(hit.start, hit.end).replace(/\s+/g, ' ');

/**
 * What flows where, without the constant text around it: who adds a column to a statement that was put together from
 * variables before has not touched that risk.
 */
function skeleton(source: Source, hit: Hit): string {
  if (!hasLexer(source.language)) return collapsed(source, hit);
  const { tokens } = source;
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (tokens[mid]!.end <= hit.start) low = mid + 1;
    else high = mid;
  }
  let key = '';
  for (let i = low; i < tokens.length && tokens[i]!.start < hit.end; i++) {
    const t = tokens[i]!;
    if (t.kind === 'comment') continue;
    const text = source.text.slice(Math.max(t.start, hit.start), Math.min(t.end, hit.end));
    if (t.kind !== 'str') key += `${text} `;
    else if (t.dynamic) key += `"${(text.match(/[$#]?\{[^{}]*\}|\$\w+/g) ?? []).join(' ').replace(/\s+/g, ' ')}" `;
    else key += '"" ';
  }
  return key;
}

const nothing: Found[] = [];

function hits(rule: Rule, source: Source): Found[] {
  if (!hasKeyword(rule, source)) return nothing;
  // Most rules that are asked find nothing.
  let found: Found[] | undefined;
  let seen: Set<string> | undefined;
  rule.check(source, (hit) => {
    const line = source.lineAt(hit.start);
    const endLine = source.lineAt(Math.max(hit.start, hit.end - 1));
    const key = hit.key ?? (rule.category === 'injection' ? skeleton(source, hit) : collapsed(source, hit));
    const id = `${hit.start}:${key}`;
    if (seen?.has(id)) return;
    (seen ??= new Set()).add(id);
    (found ??= []).push({ ...hit, key, line, endLine });
  });
  return found ?? nothing;
}

/** Hits that the change brought (or, for `removed` rules, took away). */
function judge(
  file: FileChange,
  before: Side,
  after: Side,
  language: Language,
  ctx: ClassifyContext,
  commentsOnly = false,
): Finding[] {
  const findings: Finding[] = [];
  const inTests = isTestPath(file.path);
  const hasBefore = file.before !== null && file.before !== '';
  const candidates = candidatesFor(
    language,
    after.source,
    hasBefore && before.changed.size > 0 ? before.source : undefined,
  );
  for (const rule of candidates) {
    if (ctx.policy.rules.disable.includes(rule.id)) continue;
    if (inTests && !rule.inTests) continue;
    if (commentsOnly && !rule.inTests) continue;
    if (rule.on === 'removed') {
      if (!hasBefore || before.changed.size === 0) continue;
      const old = run(rule, before.source);
      if (old.length === 0) continue;
      const left = count(run(rule, after.source));
      const missing = surplus(rule.id === 'tests-removed' ? goneFirst(old, before, after) : old, left, (f) =>
        overlaps(f, before.changed),
      );
      for (const f of missing) {
        if (
          rule.id === 'safeguard-removed' &&
          (file.after === null || wentWithItsCode(before.source, before.hunks, f.line))
        )
          continue;
        if (
          rule.id === 'hardening-removed' &&
          (file.after === null || wentWithItsBlock(before.source, before.hunks, f.line))
        )
          continue;
        findings.push(removedFinding(rule, f, before, file));
      }
      continue;
    }
    if (file.after === null) continue;
    const now = run(rule, after.source);
    if (now.length === 0) continue;
    if (!now.some((f) => overlaps(f, after.changed) || overlaps(f, after.touched) || isNear(f, after))) continue;
    const old = hasBefore ? count(run(rule, before.source)) : new Map<string, number>();
    const brought = surplus(
      now,
      old,
      (x) => overlaps(x, after.changed) || overlaps(x, after.touched),
      (x) => isNear(x, after),
    );
    const isAlone = brought.every((f) => f.follows);
    for (const f of brought) if (isAlone || !f.follows) findings.push(toFinding(rule, f, after));
  }
  return distinct(findings);
}

/** Of tests, those first whose title is nowhere in the new text: the others only moved. */
function goneFirst(old: readonly Found[], before: Side, after: Side): readonly Found[] {
  const isThere = (f: Found): boolean => {
    const line = before.source.lines[f.line - 1] ?? '';
    const title = /(['"`])([^'"`]{3,300})\1/.exec(line)?.[2] ?? /\b(?:def|func|function)\s+(\w{3,200})/.exec(line)?.[1];
    return title !== undefined && after.source.text.includes(title);
  };
  const gone: Found[] = [];
  const there: Found[] = [];
  for (const f of old) (isThere(f) ? there : gone).push(f);
  return [...gone, ...there];
}

/** A hit that is new though its own line is not: what feeds it changed above or below (a variable, a removed check). */
function isNear(f: { line: number; endLine: number }, { changed, touched }: Side): boolean {
  for (let d = 1; d <= reach; d++)
    for (const lines of [changed, touched]) if (lines.has(f.line - d) || lines.has(f.endLine + d)) return true;
  return false;
}
const reach = 12;

/** One rule says one thing per line; of two ranges on it the smaller stays. */
function distinct(findings: readonly Finding[]): Finding[] {
  const kept = new Map<string, Finding>();
  for (const f of findings) {
    const key = `${f.rule}:${f.line}:${f.message}`;
    const other = kept.get(key);
    if (!other || size(f) < size(other)) kept.set(key, f);
  }
  return [...kept.values()];
}

const size = (f: Finding): number => (f.endLine - f.line) * 1000 + ((f.endColumn ?? 500) - (f.column ?? 0));

/** The same for texts of the same characters, white space and what formatters add or drop aside. */
function letters(text: string): string {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c <= 32 || c === 34 || c === 39 || c === 40 || c === 41 || c === 44 || c === 59) continue;
    sum += c;
    squares += c * c;
  }
  return `${sum}:${squares}`;
}

/**
 * A cheap no before the costly question whether an edit is layout or comments alone: other letters than before, and
 * nothing near that could be a comment.
 */
function mayMeanTheSame({ before, after }: Sides): boolean {
  if (!hasLexer(after.source.language)) return true;
  const text = ({ source, changed }: Side): string => {
    const lines: string[] = [];
    for (const n of changed) lines.push(source.lines[n - 1] ?? '');
    return lines.join('\n');
  };
  const a = text(before);
  const b = text(after);
  // The lines between may have been told apart differently on each side, so the order says nothing.
  if (letters(a) === letters(b)) return true;
  // Python's docstrings count as comments and can be long.
  if (after.source.language === 'python' && after.source.text.includes('"""')) return true;
  const mark = /\/\/|#|\/\*|\*\/|--|=begin|=end|<#|#>/;
  if (mark.test(a) || mark.test(b)) return true;
  // Inside a block comment there need not be a mark on the line.
  return [before, after].some(({ source, changed }) => {
    const first = Math.min(...[...changed].slice(0, 1));
    if (!Number.isFinite(first)) return false;
    const offset = source.starts[first - 1] ?? 0;
    const open = Math.max(
      source.text.lastIndexOf('/*', offset),
      source.text.lastIndexOf('=begin', offset),
      source.text.lastIndexOf('<#', offset),
    );
    return open >= 0 && source.text.lastIndexOf('*/', offset) < open;
  });
}

function count(found: readonly Found[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const f of found) counts.set(f.key, (counts.get(f.key) ?? 0) + 1);
  return counts;
}

/** Of the hits with one key, as many as there are more than on the other side: those on changed lines first, then near ones. */
function surplus(
  found: readonly Found[],
  other: ReadonlyMap<string, number>,
  touched: (f: Found) => boolean,
  near?: (f: Found) => boolean,
): Found[] {
  const extra = new Map<string, number>();
  for (const [key, n] of count(found)) extra.set(key, n - (other.get(key) ?? 0));
  const out: Found[] = [];
  const rest: Found[] = [];
  const take = (f: Found): void => {
    const left = extra.get(f.key) ?? 0;
    if (left <= 0) return;
    extra.set(f.key, left - 1);
    out.push(f);
  };
  for (const f of found) {
    if (touched(f)) take(f);
    else if (near?.(f)) rest.push(f);
  }
  for (const f of rest) take(f);
  return out;
}

function overlaps(f: { line: number; endLine: number }, lines: ReadonlySet<number>): boolean {
  if (lines.size === 0) return false;
  if (f.endLine - f.line > lines.size) {
    for (const l of lines) if (l >= f.line && l <= f.endLine) return true;
    return false;
  }
  for (let l = f.line; l <= f.endLine; l++) if (lines.has(l)) return true;
  return false;
}

function toFinding(rule: Rule, f: Found, side: Side): Finding {
  const { source } = side;
  let line = f.line;
  let moved = false;
  if (!side.changed.has(line)) {
    for (let l = f.line; l <= f.endLine; l++)
      if (side.changed.has(l)) {
        line = l;
        moved = true;
        break;
      }
  }
  const fixed = rule.fix?.(source.text.slice(f.start, f.end));
  const start = { line: side.original(f.line) - 1, character: source.columnAt(f.start) };
  const end = { line: side.original(f.endLine) - 1, character: f.end - source.starts[f.endLine - 1]! };
  const finding: Finding = {
    rule: rule.id,
    category: rule.category,
    tier: f.tier ?? rule.tier,
    line: side.original(line),
    endLine: side.original(Math.max(line, f.endLine)),
    ...(moved ? {} : { column: start.character, endColumn: end.character }),
    message: f.message ?? `${rule.title}: ${rule.remedy}.`,
    ...(fixed ? { fix: { title: fixed.title, edits: [{ start, end, newText: fixed.newText }] } } : {}),
  };
  keys.set(finding, f.key);
  return finding;
}

function removedFinding(rule: Rule, f: Found, before: Side, file: FileChange): Finding {
  const total = splitLines(file.after ?? '').length;
  const old = before.original(f.line);
  const line = Math.max(1, Math.min(total || 1, nearest(before.hunks, old)));
  const finding: Finding = {
    rule: rule.id,
    category: rule.category,
    tier: f.tier ?? rule.tier,
    line,
    endLine: line,
    message: f.message ?? `${rule.title}: ${rule.remedy}.`,
    removed: true,
    ...(file.after === null ? {} : restored(before, old, file.after)),
  };
  keys.set(finding, f.key);
  removedAt.set(finding, old);
  return finding;
}

/** A fix travels with its finding: what was removed must not come back as a secret in a report. */
function holdsSecret(before: Source, text: string): boolean {
  const part = new Source(before.path, text, before.language);
  return rules.some((r) => r.category === 'secrets' && r.on !== 'removed' && hits(r, part).length > 0);
}

/** Most a fix puts back at once. */
const maxRestored = 80;

/** The edit that puts back what was deleted, where lines are gone and none took their place. */
function restored(before: Side, oldLine: number, after: string): Pick<Finding, 'fix'> {
  // Of a large file only the changed lines are at hand.
  if (before.original !== identity) return {};
  const hunk = before.hunks.find((h) => oldLine >= h.oldStart && oldLine < h.oldStart + h.oldLines);
  if (!hunk || hunk.newLines > 0 || hunk.oldLines > maxRestored) return {};
  const end = after.includes('\r\n') ? '\r\n' : '\n';
  const lines = before.source.lines.slice(hunk.oldStart - 1, hunk.oldStart - 1 + hunk.oldLines).join(end);
  if (holdsSecret(before.source, lines)) return {};
  const kept = after === '' ? 0 : after.split('\n').length;
  // Behind a last line that has no line end the lines start with one instead.
  const isOpen = hunk.newStart > 0 && hunk.newStart >= kept;
  const last = isOpen ? (after.split('\n').at(-1) ?? '').length : 0;
  const at = isOpen ? { line: kept - 1, character: last } : { line: hunk.newStart, character: 0 };
  const newText = isOpen ? `${end}${lines}` : `${lines}${end}`;
  return { fix: { title: 'Put the removed lines back', edits: [{ start: at, end: at, newText }] } };
}

/** The new line nearest to an old one that is gone. */
function nearest(hunks: readonly Hunk[], oldLine: number): number {
  for (const h of hunks) {
    if (oldLine < h.oldStart || oldLine >= h.oldStart + Math.max(1, h.oldLines)) continue;
    if (h.newLines === 0) return Math.max(1, h.newStart);
    return Math.min(h.newStart + h.newLines - 1, h.newStart + (oldLine - h.oldStart));
  }
  return 1;
}

function applyPolicy(findings: readonly Finding[], _path: string, policy: Policy): Finding[] {
  const { tiers: overrides, disable } = policy.rules;
  return findings
    .filter((f) => !disable.includes(f.rule))
    .map((f) => {
      const tier = overrides[f.rule];
      if (!tier) return f;
      const changed = { ...f, tier };
      const key = keys.get(f);
      if (key !== undefined) keys.set(changed, key);
      return changed;
    });
}

/** A change in ordinary code that carries a finding of a domain belongs to that domain. */
function refineType(changeType: ChangeType, findings: readonly Finding[]): ChangeType {
  if (changeType !== 'feature' && changeType !== 'configuration' && changeType !== 'comments') return changeType;
  const top = findings.find((f) => f.tier === 'critical') ?? findings.find((f) => f.tier === 'high');
  if (!top) return changeType;
  switch (top.category) {
    case 'secrets':
      return 'secrets';
    case 'iam-permission':
    case 'authorization':
      return 'permissions';
    case 'database-schema':
      return 'schema';
    case 'data-deletion':
    case 'data-migration':
      return 'data';
    case 'dependency':
    case 'supply-chain':
      return 'dependency';
    case 'ci-cd':
      return 'ci-cd';
    case 'infrastructure':
    case 'network-exposure':
      return 'infrastructure';
    case 'environment':
      return 'environment';
    default:
      return 'security';
  }
}
