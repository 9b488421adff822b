/**
 * The verdict on a change: what kind it is, which risks it adds, which safeguards it takes away.
 * Judged over the diff: rules run on both sides, and only what is new on changed lines counts, so an old risk that the
 * edit did not touch, moved or re-indented stays silent. Deterministic; never throws on any input.
 */
import { diffLines, splitLines } from './hunks.ts';
import { detectLanguage } from './languages/detect.ts';
import { changeTypeOf, isProduction } from './languages/kinds.ts';
import { sameMeaning } from './languages/sameMeaning.ts';
import { Source } from './languages/source.ts';
import { sqlStatements } from './languages/sqlText.ts';
import type { ChangeType, Classification, FileChange, Finding, Tier } from './model.ts';
import { maxTier, tiers } from './model.ts';
import type { Policy } from './policy/model.ts';
import type { Grammars } from './ports.ts';
import { beforeSource } from './risk/hits.ts';
import { judge } from './risk/judge.ts';
import { mayMeanTheSame } from './risk/mayMeanTheSame.ts';
import {
  changedLines,
  deletionNeighbours,
  excerpt,
  identity,
  isBinary,
  isLong,
  maxText,
  normalise,
  type Sides,
} from './risk/sides.ts';
import { withoutRelease } from './risk/vendored.ts';
import { applyPolicy, baseTier, floors, summed } from './risk/verdict.ts';
import { passes } from './risk/wholeChange/index.ts';
import type { FileClassification } from './risk/wholeChange/pass.ts';
import { customHits } from './rules/custom.ts';

export { baseTier, type FileClassification };

export interface ClassifyContext {
  readonly grammars: Grammars;
  readonly policy: Policy;
}

/** Judges all files of a change. Resolves always; the whole is the sum of its files. */
export async function classify(
  files: readonly FileChange[],
  ctx: ClassifyContext,
): Promise<Classification & { readonly files: readonly FileClassification[] }> {
  const judged: FileClassification[] = [];
  for (const file of files) judged.push({ path: file.path, classification: await classifyFile(file, ctx) });
  for (const pass of passes) pass(files, judged, ctx.policy);
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
    findings = judge(file, old, now, language, ctx.policy);
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
    findings = judge(file, sides.before, sides.after, language, ctx.policy, changeType === 'comments');
    const custom = await customHits(sides.after.source, sides.before.source, sides.after.changed, ctx);
    findings.push(...custom.findings);
    if (custom.notes.length > 0) note = custom.notes.join('; ');
  }
  findings = applyPolicy(withoutRelease(file, findings), ctx.policy);
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
