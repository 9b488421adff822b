/** Limits of containers that were set before the change and no longer are. */
import type { FileChange, Finding } from '../../../model.ts';
import type { Policy } from '../../../policy/model.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { isRead, keep, type FileClassification } from '../pass.ts';

/** Tells more of a limit that was taken away than of one that was never set, unless the policy says what it weighs. */
export function weighLostLimits(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  if (policy.rules.tiers['k8s-host-access'] !== undefined) return;
  for (const [i, { classification }] of judged.entries())
    if (classification.findings.some((f) => limitOf(f) !== undefined))
      keep(
        judged,
        i,
        classification.findings.map((f) => weighed(f, files[i]!)),
      );
}

/** Limits of a container that are a remark where they were never set. */
const limits: Readonly<Record<string, string>> = {
  'runAsNonRoot=false': 'runAsNonRoot',
  'readOnlyRootFilesystem=false': 'readOnlyRootFilesystem',
};

const limitOf = (f: Finding): string | undefined =>
  f.rule === 'k8s-host-access' && f.tier === 'medium' ? limits[backgroundOf(f).key ?? ''] : undefined;

/** What was limited before and is no longer is more than a remark. */
function weighed(f: Finding, { before, after }: FileChange): Finding {
  const name = limitOf(f);
  if (name === undefined || !isRead(before) || !isRead(after)) return f;
  const limit = new RegExp(`\\b${name}["']?[ \\t]{0,20}:[ \\t]{0,20}["']?(?:true|yes|on)\\b`, 'gi');
  const count = (text: string): number => text.match(limit)?.length ?? 0;
  return count(before) > count(after) ? withOther(f, { tier: 'high' }) : f;
}
