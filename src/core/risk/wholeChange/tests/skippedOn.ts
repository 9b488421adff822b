/** Tests that stand on under their title, switched off: that is told where they stand, and once. */
import type { Source } from '../../../languages/source.ts';
import type { FileChange } from '../../../model.ts';
import { testCases, type TestCase } from '../../../rules/kit/testCases.ts';
import { backgroundOf } from '../../background.ts';
import { areRead, keep, sourceOf, type FileClassification } from '../pass.ts';

const skipped = /^\s*(?:(?:it|test|specify)\.(?:skip|fixme)|x(?:it|test|specify))\s*\(\s*(["'`])/;
/** Lines in which a test asks something. */
const asks = /\b(?:expect|assert|should|verify|must)|\.to\b/i;
/** How many lines more a test may have than before. */
const longer = 20;

/** Takes out that a test is gone where it is said of the same test, with all that it asked, that it is switched off. */
export function withoutSkippedOn(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const file = files[i]!;
    const { findings } = classification;
    const off = findings.filter((f) => f.rule === 'tests-skipped' && f.tier === 'high');
    if (off.length === 0 || !findings.some((f) => f.rule === 'tests-removed') || !areRead(file)) continue;
    const before = sourceOf(path, file.before ?? '');
    const after = sourceOf(path, file.after ?? '');
    const tests = new Map(testCases(before).map((t) => [before.lineAt(t.start), t]));
    const left = findings.filter((f) => {
      const { removedAt, standsFor = 1 } = backgroundOf(f);
      const test = f.rule === 'tests-removed' && standsFor === 1 ? tests.get(removedAt ?? 0) : undefined;
      const at = test ? off.findIndex(({ line }) => isOfTest(after, line, test, before)) : -1;
      if (at >= 0) off.splice(at, 1);
      return at < 0;
    });
    keep(judged, i, left);
  }
}

/** Whether the test is skipped in that line of the new text, and asks below it what it asked. */
function isOfTest(after: Source, line: number, test: TestCase, before: Source): boolean {
  const head = after.lines[line - 1] ?? '';
  const quote = skipped.exec(head);
  if (!quote || !head.slice(quote[0].length).startsWith(`${test.title}${quote[1]}`)) return false;
  const body = before.lines.slice(test.from, test.to);
  const now = new Set(after.lines.slice(line, line + body.length + longer).map((l) => l.trim()));
  return body.every((l) => !asks.test(l) || now.has(l.trim()));
}
