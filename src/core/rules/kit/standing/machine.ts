/** The machine that a pipeline's commands run on: one that goes with the job, or one that stays. */
import type { Language } from '../../../languages/detect.ts';
import type { Source } from '../../../languages/source.ts';
import { at, type TreeNode } from '../../../languages/treeNode.ts';
import { jobs } from '../workflow.ts';

export const thrownAway: ReadonlySet<Language> = new Set([
  'dockerfile',
  'github-actions',
  'gitlab-ci',
  'azure-pipelines',
  'circleci',
  'jenkinsfile',
]);

/** Labels of machines that are made for one job, by GitHub or by those that rent them out. */
const hosted = /^(?:ubuntu|macos|windows|blacksmith|buildjet|depot|namespace|nscloud|warp|ubicloud)\b|^\$\{\{/i;
const staying = /prod|shell|deploy|server|live|metal|host|vps/i;

const isHostedLabel = (runner: TreeNode | undefined): boolean =>
  !runner ||
  (runner.kind === 'scalar'
    ? hosted.test(runner.value)
    : runner.kind === 'seq' && runner.children.length > 0 && runner.children.every((c) => hosted.test(c.value)));

/** Whether all commands of the file run in layers of an image, or on machines that go with their job. */
export function passesAway(source: Source): boolean {
  const { language, text } = source;
  if (!thrownAway.has(language) || /\bself-hosted\b/.test(text)) return false;
  switch (language) {
    // Its agents stay.
    case 'jenkinsfile':
      return false;
    case 'github-actions':
      return jobs(source).every(
        (job) => at(job.node, 'container') !== undefined || isHostedLabel(at(job.node, 'runs-on')),
      );
    case 'gitlab-ci': {
      const tags = [
        ...text.matchAll(/^[ \t]*tags[ \t]*:((?:[ \t]*\n[ \t]*-)?[^\n]{1,200}(?:\n[ \t]*-[^\n:]{1,100}){0,5})/gm),
      ];
      const isImage = /^[ \t]*image[ \t]*:/m.test(text);
      return tags.every(
        (m) => !staying.test(m[1]!) && (isImage || /\b(?:saas|docker|gitlab-org|k8s|kubernetes)\b/.test(m[1]!)),
      );
    }
    case 'azure-pipelines':
      return !/^[ \t-]*pool[ \t]*:[ \t]*(?:\n[ \t]*name[ \t]*:[ \t]*)?["']?(?!Azure Pipelines|Hosted)\w|\bresourceType[ \t]*:[ \t]*VirtualMachine/m.test(
        text,
      );
    case 'circleci':
      return !/^[ \t]*resource_class[ \t]*:[ \t]*["']?[\w-]+\//m.test(text);
    default:
      return true;
  }
}

/** The job of a workflow that an offset lies in; of any other file all of it. */
export function jobAround(source: Source, offset: number): string {
  if (source.language !== 'github-actions') return source.text;
  const job = jobs(source).find((j) => j.node.start <= offset && offset < j.node.end);
  return job ? source.text.slice(job.node.start, job.node.end) : source.text;
}
