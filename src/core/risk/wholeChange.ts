/** What only the whole change explains: findings that moved to another file, or came along with one there. */
import { detectLanguage } from '../languages/detect.ts';
import { Source } from '../languages/source.ts';
import type { Classification, FileChange, Finding } from '../model.ts';
import { hasKeyword } from '../rules/candidates.ts';
import { ruleById } from '../rules/index.ts';
import type { Rule } from '../rules/rule.ts';
import { run } from './hits.ts';
import { followers, keys } from './judge.ts';
import { maxText, normalise } from './sides.ts';
import { floors, summed } from './verdict.ts';

export type FileClassification = { readonly path: string; readonly classification: Classification };

/** Takes out what only moved from one file of the change to another: the same risk gone there, the same safeguard new there. */
export function withoutMoves(files: readonly FileChange[], judged: FileClassification[]): void {
  const counted = new Map<string, Map<string, number>>();
  /** after − before of every key of a rule in a file. */
  const deltas = (rule: Rule, index: number): Map<string, number> => {
    const id = `${rule.id}:${index}`;
    let delta = counted.get(id);
    if (delta) return delta;
    delta = new Map();
    const file = files[index]!;
    const small = (file.before ?? '').length + (file.after ?? '').length <= maxText;
    const sides: { readonly source: Source; readonly sign: 1 | -1 }[] = [];
    for (const [text, sign] of [
      [file.after, 1],
      [file.before, -1],
    ] as const) {
      if (text === null || !small) continue;
      const language = detectLanguage(file.path, text);
      if (rule.languages.length > 0 && !rule.languages.includes(language)) continue;
      sides.push({ source: new Source(file.path, normalise(text), language), sign });
    }
    if (sides.some(({ source }) => hasKeyword(rule, source)))
      for (const { source, sign } of sides)
        for (const f of run(rule, source, true)) delta.set(f.key, (delta.get(f.key) ?? 0) + sign);
    counted.set(id, delta);
    return delta;
  };
  for (const [i, { classification }] of judged.entries()) {
    const left = classification.findings.filter((f) => {
      const rule = ruleById(f.rule);
      const key = keys.get(f);
      if (!rule || key === undefined) return true;
      const sign = rule.on === 'removed' ? 1 : -1;
      for (let j = 0; j < files.length; j++) {
        if (j === i || (rule.movesWithFile && files[j]!.after !== null)) continue;
        const delta = deltas(rule, j);
        for (const same of sign < 0 ? [key, asRoot(key)] : [key]) {
          const there = (delta.get(same) ?? 0) * sign;
          if (there <= 0) continue;
          delta.set(same, (there - 1) * sign);
          return false;
        }
      }
      return true;
    });
    keep(judged, i, left);
  }
}

/** The key of a command that ran with `sudo`: without, it can do no more. */
const asRoot = (key: string): string => key.replace(':', ':sudo ');

/** Takes out that a file has no owner any more which is gone with the same change, under its own name. */
export function withoutOwnersOfGone(files: readonly FileChange[], judged: FileClassification[]): void {
  const gone = new Set(files.filter((f) => f.after === null).map((f) => f.path));
  if (gone.size === 0) return;
  for (const [i, { classification }] of judged.entries()) {
    const left = classification.findings.filter((f) => {
      if (f.rule !== 'owners-removed') return true;
      const pattern = keys.get(f)?.split(' ')[0] ?? '';
      // A folder or a pattern may hold more than this change knows of.
      return !/^\/?[^*?[\]\\]*\/[^*?[\]\\/]+$/.test(pattern) || !gone.has(pattern.replace(/^\//, ''));
    });
    keep(judged, i, left);
  }
}

/** Which tool keeps a manifest: what it writes along in one of them follows what was asked for in another. */
const keeper = (path: string): string => (/(?:^|\/)go\.mod$/.test(path) ? 'go' : 'python');

/** Takes out what only came along with a finding in another file: modules of one repository are kept in step. */
export function withoutFollowers(_files: readonly FileChange[], judged: FileClassification[]): void {
  const asked = new Set<string>();
  for (const { path, classification } of judged)
    for (const f of classification.findings) if (!followers.has(f)) asked.add(`${f.rule}:${keeper(path)}`);
  for (const [i, { path, classification }] of judged.entries()) {
    const left = classification.findings.filter((f) => !followers.has(f) || !asked.has(`${f.rule}:${keeper(path)}`));
    keep(judged, i, left);
  }
}

/** A file's verdict with fewer findings, or with others in their places. */
export function keep(judged: FileClassification[], i: number, left: readonly Finding[]): void {
  const { path, classification } = judged[i]!;
  const floor = floors.get(classification);
  const was = classification.findings;
  if (!floor || (left.length === was.length && left.every((f, k) => f === was[k]))) return;
  judged[i] = { path, classification: { ...classification, ...summed(floor, left), findings: left } };
  floors.set(judged[i].classification, floor);
}
