/** What only the whole change explains: findings that moved to another file, or came along with one there. */
import { detectLanguage } from '../../languages/detect.ts';
import { Source } from '../../languages/source.ts';
import type { FileChange } from '../../model.ts';
import { hasKeyword } from '../../rules/candidates.ts';
import { ruleById } from '../../rules/index.ts';
import type { Rule } from '../../rules/rule.ts';
import { run } from '../hits.ts';
import { backgroundOf } from '../background.ts';
import { normalise } from '../sides.ts';
import { areRead, keep, type FileClassification } from './pass.ts';

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
    const small = areRead(file);
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
      const key = backgroundOf(f).key;
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
