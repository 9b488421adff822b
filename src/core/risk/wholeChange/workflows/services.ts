/** Images beside the steps: told once for a file. */
import { at } from '../../../languages/treeNode.ts';
import type { FileChange, Finding } from '../../../model.ts';
import { jobs } from '../../../rules/kit/workflow.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { isRead, replace, type FileClassification } from '../pass.ts';
import { workflowOf, rank, isUnpinned } from './shared.ts';

/** Images of Docker's own beside the steps, as `workflow-unpinned` keys them. */
const besides = /^image:beside:([\w-]{1,100})( moving)?$/;

/**
 * Of images beside the steps that only Docker publishes, the loudest of a file is told, and none where the file had one by its
 * tag before. What was held by a digest or a full version is given up, each time.
 */
export function toldByServices(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const news = new Map<Finding, Finding | undefined>();
    let had: ReadonlyMap<string, string> | undefined;
    let first: Finding | undefined;
    for (const f of classification.findings) {
      const [, name, moving] = isUnpinned(f) ? (besides.exec(backgroundOf(f).key ?? '') ?? []) : [];
      if (name === undefined) continue;
      had ??= servicesOf(path, files[i]!.before);
      const was = had.get(name);
      if (was !== undefined && (was.includes('@') || (moving && /\d\.\d{1,4}\.\d/.test(was))))
        news.set(f, withOther(f, { tier: rank(f.tier) > rank('medium') ? f.tier : 'medium' }));
      else if (f.tier !== 'low') continue;
      else if (first || (!moving && [...had.values()].some((image) => !image.includes('@')))) news.set(f, undefined);
      else first = f;
    }
    replace(judged, i, news);
  }
}

/** Images of Docker's own that ran beside the steps, by their names; one by its digest goes before others. */
function servicesOf(path: string, text: string | null): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (!isRead(text)) return found;
  for (const job of jobs(workflowOf(path, text)))
    for (const service of at(job.node, 'services')?.children ?? []) {
      const image = (service.kind === 'scalar' ? service : at(service, 'image'))?.value ?? '';
      const name = /^(?:(?:index\.)?docker\.io\/)?(?:library\/)?([\w-]{1,100})(?=$|[:@])/.exec(image)?.[1];
      if (name !== undefined && !found.get(name)?.includes('@')) found.set(name, image);
    }
  return found;
}
