/** Settings of a server that only tests, or the machine of a developer, start. */
import { isBesideTests } from '../../languages/kinds.ts';
import type { Source } from '../../languages/source.ts';
import type { Hit } from '../rule.ts';

/** No production is open, but such an image may be published, and such a file copied: a remark. */
export function weighedByPlace(source: Source, report: (hit: Hit) => void): (hit: Hit) => void {
  if (!isBesideTests(source.path)) return report;
  return (hit) => report(hit.tier === 'low' ? hit : { ...hit, tier: 'medium' });
}
