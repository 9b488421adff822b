/** Rights for all jobs: told once for a block. */
import { workflowPermissions } from '../../../rules/workflowPermissions.ts';
import type { FileChange, Finding } from '../../../model.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { replace, type FileClassification } from '../pass.ts';
import { rank } from './shared.ts';

/** Of rights that a file gives to all its jobs, the loudest is told with the others in its sentence: they stand in one block. */
export function toldByBlock(_files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { classification }] of judged.entries()) {
    const rights = classification.findings.flatMap((finding) => {
      const right =
        finding.rule === workflowPermissions.id ? /^top:(.+)$/s.exec(backgroundOf(finding).key ?? '')?.[1] : undefined;
      return right === undefined ? [] : [{ finding, right }];
    });
    const [first, ...rest] = rights.toSorted(
      (a, b) => rank(b.finding.tier) - rank(a.finding.tier) || a.finding.line - b.finding.line,
    );
    if (!first || rest.length === 0) continue;
    const names = rest.map((r) => r.right.slice(0, 40)).join(', ');
    const news = new Map<Finding, Finding | undefined>(rest.map((r) => [r.finding, undefined]));
    news.set(
      first.finding,
      withOther(first.finding, { message: `${first.finding.message} The same block gives ${names}.` }),
    );
    replace(judged, i, news);
  }
}
