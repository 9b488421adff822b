/** Checkouts that leave their token: told once for a file. */
import { workflowCheckout } from '../../../rules/workflowCheckout.ts';
import type { FileChange, Finding } from '../../../model.ts';
import { run } from '../../hits.ts';
import { withOther } from '../../background.ts';
import { isRead, type FileClassification } from '../pass.ts';
import { workflowOf, replace } from './shared.ts';

/** Of jobs that leave their token in one way, the first is told, with how many there are: it is decided once. */
export function toldByJob(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const groups = new Map<string, Finding[]>();
    for (const f of classification.findings) {
      if (f.rule !== workflowCheckout.id) continue;
      const id = `${f.tier} ${f.message}`;
      const others = groups.get(id);
      if (others) others.push(f);
      else groups.set(id, [f]);
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
