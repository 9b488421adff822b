/** Checkouts that leave their token: told once for a file. */
import { at, type TreeNode } from '../../../languages/treeNode.ts';
import { jobs, writes } from '../../../rules/kit/workflow.ts';
import { workflowCheckout } from '../../../rules/workflowCheckout.ts';
import type { Source } from '../../../languages/source.ts';
import type { FileChange, Finding } from '../../../model.ts';
import { run } from '../../hits.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { isRead, replace, type FileClassification } from '../pass.ts';
import { workflowOf } from './shared.ts';
import { addTo } from '../../../multimap.ts';

/**
 * Takes out that a step may give away what checkout leaves, where it did so before with a token that may write: then the
 * change took rights from the job.
 */
export function withoutNarrowed(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const { before, after } = files[i]!;
    const givers = classification.findings.filter(
      (f) => f.rule === workflowCheckout.id && backgroundOf(f).key?.endsWith(' giver') === true,
    );
    if (givers.length === 0 || !isRead(before) || !isRead(after)) continue;
    const [was, now] = [workflowOf(path, before), workflowOf(path, after)];
    const stepsAt = (line: number): string[] =>
      jobs(now).flatMap((job) =>
        job.steps.flatMap((s) => (now.lineAt(s.start) === line ? `${job.name} ${textOf(now, s)}` : [])),
      );
    const old = new Set(
      jobs(was)
        .filter((job) => writes(job).length > 0 && job.steps.some(keepsToken))
        .flatMap((job) => job.steps.map((s) => `${job.name} ${textOf(was, s)}`)),
    );
    const gone = givers.filter((f) => stepsAt(f.line).some((text) => old.has(text)));
    replace(judged, i, new Map(gone.map((f) => [f, undefined])));
  }
}
const textOf = (source: Source, { start, end }: TreeNode): string =>
  source.text.slice(start, end).replace(/\s+/g, ' ').trim();
const keepsToken = (step: TreeNode): boolean =>
  /^actions\/checkout(?:@|$)/.test(at(step, 'uses')?.value ?? '') &&
  (at(step, 'with', 'persist-credentials')?.value ?? 'true') === 'true';

/** Of jobs that leave their token in one way, the first is told, with how many there are: it is decided once. */
export function toldByJob(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const groups = new Map<string, Finding[]>();
    for (const f of classification.findings) {
      if (f.rule !== workflowCheckout.id) continue;
      const id = `${f.tier} ${f.message}`;
      addTo(groups, id, f);
    }
    const news = new Map<Finding, Finding | undefined>();
    for (const group of groups.values()) {
      const [first, ...rest] = group.toSorted((a, b) => a.line - b.line);
      if (!first) continue;
      const { before, after } = files[i]!;
      // Of a new file all are told, those too that a file had which went with the change.
      const lines = before === null && isRead(after) ? linesLike(path, after, first) : [];
      const others = Math.max(rest.length, lines.length - 1);
      if (others === 0) continue;
      for (const f of rest) news.set(f, undefined);
      const more = others === 1 ? 'one more checkout' : `${others} more checkouts`;
      news.set(first, withOther(first, { message: `${first.message} The same holds for ${more} of this file.` }));
    }
    replace(judged, i, news);
  }
}

/** The lines of a new file where a checkout leaves its token as one does of which a finding speaks. */
function linesLike(path: string, text: string, { tier, message }: Finding): number[] {
  const { title, remedy, tier: usual } = workflowCheckout;
  const found = run(workflowCheckout, workflowOf(path, text)).filter(
    (f) => f.follows !== true && (f.tier ?? usual) === tier && (f.message ?? `${title}: ${remedy}.`) === message,
  );
  return [...new Set(found.map((f) => f.line))];
}
