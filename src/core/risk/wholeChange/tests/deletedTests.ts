/** Test files that one change deletes are one finding: the decision was one. */
import type { FileChange, Finding } from '../../../model.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { keep, type FileClassification } from '../pass.ts';
import { listed } from '../../../rules/kit/listed.ts';
import { baseOf } from '../../../paths.ts';

/** As many are a clearing; fewer are told each for itself. */
const least = 4;
const maxNamed = 6;
/** What such a file guards is named first. */
const guards = /auth|login|permi|admin|role|secur|csrf|token|limit|audit|passw|crypt|ssrf|saniti|access|session/i;

/** Leaves, of the tests of many files that are gone, the finding of the first file, which counts them all. */
export function asDeletedTests(files: readonly FileChange[], judged: FileClassification[]): void {
  const isOfGone = (f: Finding): boolean =>
    f.rule === 'tests-removed' && f.tier === 'high' && /\btests? .*taken out|^Tests were/.test(f.message);
  const gone = [...judged.keys()].filter(
    (i) => files[i]!.after === null && judged[i]!.classification.findings.filter(isOfGone).length === 1,
  );
  if (gone.length < least) return;
  const found = gone.map((i) => judged[i]!.classification.findings.find(isOfGone)!);
  const n = found.reduce((sum, f) => sum + (backgroundOf(f).standsFor ?? 1), 0);
  const paths = gone.map((i) => judged[i]!.path);
  const named = [...paths.filter((p) => guards.test(p)), ...paths.filter((p) => !guards.test(p))].map(baseOf);
  const message = `${n} tests were taken out with their ${gone.length} files (${listed(named, maxNamed)}): fix the code, or say why the behaviour is no longer wanted.`;
  for (const [k, i] of gone.entries())
    keep(
      judged,
      i,
      judged[i]!.classification.findings.flatMap((f) =>
        f !== found[k] ? [f] : k === 0 ? [withOther(f, { message })] : [],
      ),
    );
}
