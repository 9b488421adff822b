/** One runner of tests for another: the tests of the change say whether it knows them. */
import { checkRemoved } from '../../../rules/checkRemoved.ts';
import type { FileChange, Finding } from '../../../model.ts';
import { isRead, keep, type FileClassification } from '../pass.ts';

const pythonTest = /(?:^|\/)(?:test_[^/]{0,100}|[^/]{1,100}_test)\.py$/;

/** Takes out the remark that a runner knows tests of its own kind alone, where the change writes all it touches for that. */
export function withoutRewrittenTests(files: readonly FileChange[], judged: FileClassification[]): void {
  const tests = files.filter((f) => pythonTest.test(f.path) && isRead(f.after));
  // What stands outside of its classes is of another kind.
  const isOfUnittest = (text: string): boolean =>
    /\bclass\s+\w+\([^)\n]{0,200}TestCase\)/.test(text) &&
    !/^(?:async\s+)?def\s+test|^class\s+Test\w*\s*(?:\(\s*\))?:/m.test(text);
  if (!tests.some((f) => !isOfUnittest(f.before ?? '')) || !tests.every((f) => isOfUnittest(f.after!))) return;
  for (const [i, { classification }] of judged.entries())
    if (classification.findings.some(isExchange))
      keep(
        judged,
        i,
        classification.findings.filter((f) => !isExchange(f)),
      );
}
const isExchange = (f: Finding): boolean => f.rule === checkRemoved.id && f.tier === 'low';
