/** What only the whole change explains: findings that moved to another file, or came along with one there. */
import { detectLanguage } from '../../languages/detect.ts';
import { Source } from '../../languages/source.ts';
import type { FileChange } from '../../model.ts';
import { hasKeyword } from '../../rules/candidates.ts';
import { ruleById } from '../../rules/index.ts';
import { formAt } from '../../rules/kit/commandForm.ts';
import { codeLanguages, type Found, type Rule } from '../../rules/rule.ts';
import { run } from '../hits.ts';
import { backgroundOf } from '../background.ts';
import { normalise } from '../sides.ts';
import { areRead, keep, type FileClassification } from './pass.ts';

/** Takes out what only moved from one file of the change to another: the same risk gone there, the same safeguard new there. */
export function withoutMoves(files: readonly FileChange[], judged: FileClassification[]): void {
  const counted = new Map<string, Map<string, number>>();
  const gone = new Map<string, Found[]>();
  const texts = new Map<number, Map<string, number>>();
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
    if (sides.some(({ source }) => hasKeyword(rule, source))) {
      const old: Found[] = [];
      for (const { source, sign } of sides)
        for (const f of run(rule, source, true)) {
          delta.set(f.key, (delta.get(f.key) ?? 0) + sign);
          if (sign < 0 && f.form) old.push(f);
        }
      gone.set(
        id,
        old.filter((f) => (delta.get(f.key) ?? 0) < 0),
      );
    }
    counted.set(id, delta);
    return delta;
  };
  /** Whether another file lost the same in another form, or as text that some program wrote or ran. */
  const isCarried = ({ id, isSame }: Rule, found: Found, index: number): boolean => {
    const old = gone.get(`${id}:${index}`) ?? [];
    const i = old.findIndex((f) => isSame!(f, found));
    if (i >= 0) {
      const [taken] = old.splice(i, 1);
      const delta = counted.get(`${id}:${index}`)!;
      delta.set(taken!.key, (delta.get(taken!.key) ?? 0) + 1);
      return true;
    }
    const file = files[index]!;
    const line = found.form!.text.trim();
    if (old.length > 0 || line.length < 12 || line.includes('\n') || !areRead(file)) return false;
    const { before } = file;
    if (!before?.includes(line) || !codeLanguages.includes(detectLanguage(file.path, before))) return false;
    let lines = texts.get(index);
    if (!lines) texts.set(index, (lines = linesGone(file)));
    const left = lines.get(line) ?? 0;
    if (left <= 0) return false;
    const all = before.split('\n');
    const at = all.findIndex((l) => l.trim() === line);
    const from = all.findLastIndex((l, i) => i < at && literal.test(l)) + 1;
    if (!isSame!({ ...found, form: formAt(all.slice(from), at - from, line) }, found)) return false;
    lines.set(line, left - 1);
    return true;
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
          const lost = gone.get(`${rule.id}:${j}`) ?? [];
          const taken = lost.findIndex((old) => old.key === same);
          if (taken >= 0) lost.splice(taken, 1);
          return false;
        }
        const { found } = backgroundOf(f);
        if (sign < 0 && rule.isSame && found?.form && isCarried(rule, found, j)) return false;
      }
      return true;
    });
    keep(judged, i, left);
  }
}

/** The key of a command that ran with `sudo`: without, it can do no more. */
const asRoot = (key: string): string => key.replace(':', ':sudo ');

/** Where a text of several lines begins or ends. */
const literal = /`|"""|'''|<<[-~]?["']?[A-Z]/;

/** How often each line of a file is gone, without the blanks around it. */
function linesGone({ before, after }: FileChange): Map<string, number> {
  const lines = new Map<string, number>();
  for (const [text, sign] of [
    [before, 1],
    [after, -1],
  ] as const)
    for (const line of (text ?? '').split('\n')) {
      const key = line.trim();
      if (key !== '') lines.set(key, (lines.get(key) ?? 0) + sign);
    }
  return lines;
}
