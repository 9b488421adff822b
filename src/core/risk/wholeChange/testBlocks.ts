/** Tests that were taken out together are one finding. */
import { diffLines, splitLines } from '../../hunks.ts';
import type { FileChange, Finding } from '../../model.ts';
import { backgroundOf, withOther } from '../background.ts';
import { areRead, keep, type FileClassification } from './pass.ts';

const near = 3;

/** Makes one finding, at its first test, of those that say the same of one block of removed lines. */
export function asBlocks(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { classification }] of judged.entries()) {
    const { before, after } = files[i]!;
    const removed = classification.findings.filter((f) => f.rule === 'tests-removed' && /^Tests\b/.test(f.message));
    if (removed.length === 0 || before === null || !areRead(files[i]!)) continue;
    const hunks = diffLines(splitLines(before), splitLines(after ?? ''));
    // A few equal lines (the end of one test is that of another) do not part a block.
    const blockOf: number[] = [];
    for (const [k, h] of hunks.entries()) {
      const last = hunks[k - 1];
      blockOf.push(last && h.oldStart - (last.oldStart + last.oldLines) <= near ? blockOf[k - 1]! : k);
    }
    const blocks = new Map<string, Finding[]>();
    for (const f of removed) {
      const old = backgroundOf(f).removedAt!;
      const hunk = hunks.findIndex((h) => old >= h.oldStart && old < h.oldStart + h.oldLines);
      const id = `${hunk < 0 ? `at ${old}` : blockOf[hunk]}:${f.tier}:${f.message}`;
      const others = blocks.get(id);
      if (others) others.push(f);
      else blocks.set(id, [f]);
    }
    const merged = new Map<Finding, Finding | undefined>();
    for (const block of blocks.values()) {
      const n = block.reduce((sum, f) => sum + (backgroundOf(f).standsFor ?? 1), 0);
      if (n < 2) continue;
      block.sort((a, b) => backgroundOf(a).removedAt! - backgroundOf(b).removedAt!);
      const [first, ...others] = block as [Finding, ...Finding[]];
      const message = first.message.replace(/^Tests\b/, `${n} tests`);
      merged.set(first, withOther(first, { message }));
      for (const f of others) merged.set(f, undefined);
    }
    if (merged.size === 0) continue;
    keep(
      judged,
      i,
      classification.findings.flatMap((f) => (merged.has(f) ? (merged.get(f) ?? []) : [f])),
    );
  }
}
