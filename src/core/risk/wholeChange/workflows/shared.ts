/** What passes over workflows have in common. */
import { detectLanguage } from '../../../languages/detect.ts';
import { at } from '../../../languages/treeNode.ts';
import { workflowUnpinned } from '../../../rules/workflowUnpinned.ts';
import { Source } from '../../../languages/source.ts';
import { tiers, type Finding, type Tier } from '../../../model.ts';
import { jobs, type Job } from '../../../rules/kit/workflow.ts';
import { maxText, normalise } from '../../sides.ts';

/** Most workflows of a change that a new one is compared with. */
export const maxCompared = 50;

export const isWorkflow = (path: string, text: string): boolean =>
  text.length <= maxText && /\.ya?ml$/.test(path) && detectLanguage(path, text) === 'github-actions';
export const workflowOf = (path: string, text: string): Source => new Source(path, normalise(text), 'github-actions');
export const rank = (tier: Tier): number => tiers.indexOf(tier);
export const isUnpinned = (f: Finding): boolean => f.rule === workflowUnpinned.id;

/** An action of a workflow: where it stands, and what it is given. */
export interface Step {
  readonly line: number;
  readonly uses: string;
  readonly given: readonly string[];
  readonly job: Job;
}

export const stepsOf = (source: Source): readonly Step[] =>
  jobs(source).flatMap((job) =>
    job.steps.flatMap((step) => {
      const uses = at(step, 'uses');
      if (!uses) return [];
      const given = (at(step, 'with')?.children ?? []).map((g) =>
        source.text.slice(g.start, g.end).replace(/\s+/g, ' ').trim(),
      );
      return [{ line: source.lineAt(uses.start), uses: uses.value, given, job }];
    }),
  );

/** Kept by the platform itself. */
export const ofPlatform = /^(?:actions|github|dependabot)\//;

/** Repositories whose actions a text takes by a hash. */
export const pinnedIn = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/\buses\s*:\s*["']?([\w.-]{1,100}\/[\w.-]{1,100})(?:\/[\w./-]{1,200})?@[0-9a-f]{40}\b/g)].map(
      (m) => m[1]!,
    ),
  );
