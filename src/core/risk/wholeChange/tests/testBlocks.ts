/** Tests that were taken out of one file are one finding, which tells how many and names one. */
import type { FileChange, Finding } from '../../../model.ts';
import { testCases } from '../../../rules/kit/testCases.ts';
import { backgroundOf, withBackground, withOther } from '../../background.ts';
import { areRead, keep, sourceOf, type FileClassification } from '../pass.ts';

/** Makes one finding, at its first test, of those that say the same of one file. */
export function asBlocks(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const { before } = files[i]!;
    const removed = classification.findings.filter((f) => f.rule === 'tests-removed' && /^Tests\b/.test(f.message));
    if (removed.length === 0 || before === null || !areRead(files[i]!)) continue;
    const cases = testCases(sourceOf(path, before));
    const same = new Map<string, Finding[]>();
    for (const f of removed) {
      const id = `${f.tier}:${f.message}`;
      const others = same.get(id);
      if (others) others.push(f);
      else same.set(id, [f]);
    }
    const merged = new Map<Finding, Finding | undefined>();
    for (const group of same.values()) {
      const n = group.reduce((sum, f) => sum + (backgroundOf(f).standsFor ?? 1), 0);
      group.sort((a, b) => backgroundOf(a).removedAt! - backgroundOf(b).removedAt!);
      const [first, ...others] = group as [Finding, ...Finding[]];
      const at = backgroundOf(first).removedAt!;
      const title = cases.find((t) => t.from <= at && at <= t.to)?.title;
      merged.set(first, withBackground(withOther(first, { message: told(first.message, n, title) }), { standsFor: n }));
      for (const f of others) merged.set(f, undefined);
    }
    keep(
      judged,
      i,
      classification.findings.flatMap((f) => (merged.has(f) ? (merged.get(f) ?? []) : [f])),
    );
  }
}

function told(message: string, n: number, title: string | undefined): string {
  const counted = n > 1 ? message.replace(/^Tests\b/, `${n} tests`) : message;
  const name = title?.split('\n')[0]!.slice(0, 60);
  if (name === undefined || name === '') return counted;
  if (n === 1) return counted.replace(/^Tests were taken out/, `The test '${name}' was taken out`);
  return counted.replace(/^(\d+ tests were taken out)/, `$1, '${name.replaceAll('$', '$$$$')}' first`);
}
