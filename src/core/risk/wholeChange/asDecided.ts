/** The tier that a policy gives a rule holds, whatever the whole change says of a finding. */
import type { FileChange } from '../../model.ts';
import type { Policy } from '../../policy/model.ts';
import { withOther } from '../background.ts';
import { keep, type FileClassification } from './pass.ts';

/** Passes that would give a finding another sentence as well leave those alone by themselves. */
export function asDecided(_files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  const decided = policy.rules.tiers;
  if (Object.keys(decided).length === 0) return;
  for (const [i, { classification }] of judged.entries())
    keep(
      judged,
      i,
      classification.findings.map((f) => {
        const tier = decided[f.rule];
        return tier === undefined || tier === f.tier ? f : withOther(f, { tier });
      }),
    );
}
