/** What a workflow of the change had before is not new in its copy. */
import { workflowUnpinned } from '../../../rules/workflowUnpinned.ts';
import type { Source } from '../../../languages/source.ts';
import type { FileChange, Finding } from '../../../model.ts';
import { isOnlyCalled, triggers } from '../../../rules/kit/workflow.ts';
import { run } from '../../hits.ts';
import { backgroundOf } from '../../background.ts';
import { keep, type FileClassification } from '../pass.ts';
import { maxCompared, isWorkflow, workflowOf, isUnpinned, stepsOf, ofPlatform } from './shared.ts';
import { folderOf } from '../../../paths.ts';

const isSlight = (f: Finding): boolean => isUnpinned(f) && f.tier === 'low';

/**
 * Takes out what a new workflow has from another one beside it, as that was before the change: all of a whole copy, and of
 * a part the actions, where it is started by the same and holds no more than the other did.
 */
export function withoutCopiedWorkflows(files: readonly FileChange[], judged: FileClassification[]): void {
  const olds = files
    .filter((f) => f.before !== null && isWorkflow(f.path, f.before))
    .slice(0, maxCompared)
    .map((f) => ({ path: f.path, source: workflowOf(f.path, f.before!), after: f.after ?? '' }));
  for (const [i, { path, classification }] of judged.entries()) {
    const { before, after } = files[i]!;
    if (before !== null || after === null || classification.findings.length === 0 || !isWorkflow(path, after)) continue;
    const now = workflowOf(path, after);
    let left: readonly Finding[] = classification.findings;
    for (const old of olds) {
      if (folderOf(old.path) !== folderOf(path)) continue;
      // Steps that went into a workflow which the old one calls now: the platform's own, that are given nothing, are as they were.
      if (left.some(isSlight) && old.after.includes(`./${path}`) && isOnlyCalled(now)) {
        const olds = new Set(stepsOf(old.source).map((s) => s.uses));
        const lines = new Set(stepsOf(now).flatMap((s) => (olds.has(s.uses) ? s.line : [])));
        left = left.filter((f) => !isSlight(f) || !lines.has(f.line));
      }
      if (old.source.text.trim() === now.text.trim()) left = left.filter((f) => !f.rule.startsWith('workflow-'));
      else if (left.some(isUnpinned) && isNoStronger(now, old.source)) {
        const had = new Set(run(workflowUnpinned, old.source).map((f) => f.key));
        const olds = stepsOf(old.source);
        const lines = new Set(old.source.lines.map((line) => line.trim()));
        // An image is the same by its whole text: its tag may be one that moves.
        const isSameImage = (f: Finding): boolean =>
          !(backgroundOf(f).key ?? '').startsWith('image:') || lines.has(now.lines[f.line - 1]!.trim());
        const steps = stepsOf(now);
        // With the same given to it, or to one of the platform's own less.
        const isAlike = (f: Finding): boolean =>
          steps
            .filter((s) => s.line === f.line)
            .every((s) =>
              olds.some(
                (o) =>
                  o.uses === s.uses &&
                  s.given.every((g) => o.given.includes(g)) &&
                  (o.given.length === s.given.length || ofPlatform.test(s.uses)),
              ),
            );
        left = left.filter(
          (f) => !isUnpinned(f) || !had.has(backgroundOf(f).key ?? '') || !isAlike(f) || !isSameImage(f),
        );
      }
    }
    keep(judged, i, left);
  }
}

/** Lines that say what the jobs of a workflow hold, and where they run. */
const holding = /permissions|runs-on|secrets|\bwrite\b|write-all|token|environment|self-hosted|\bwith:\s*\{/;

function isNoStronger(now: Source, old: Source): boolean {
  const starts = new Set(triggers(old).map((t) => t.name));
  if (!triggers(now).every((t) => starts.has(t.name))) return false;
  const had = new Set(old.lines.map((line) => line.trim()));
  const isLimited = (s: Source): boolean => /^permissions\s*:/m.test(s.text);
  return now.lines.every((line) => !holding.test(line) || had.has(line.trim())) && (isLimited(now) || !isLimited(old));
}
