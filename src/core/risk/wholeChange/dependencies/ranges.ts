/** Of a requirement that admits other versions, and no lock file that takes one, it is said which. */
import type { FileChange, Finding } from '../../../model.ts';
import { rangeChange } from '../../../rules/kit/versionRanges.ts';
import { withOther } from '../../background.ts';
import { hasLockFile, maxNamed } from './releases.ts';
import { listed } from '../listed.ts';
import { keep, type FileClassification } from '../pass.ts';

/**
 * Where the lock file of a manifest is no part of the change, a raised minimum brings nothing that could not come before,
 * and another operator brings what it admits: the sentence says so instead of one version that goes to another.
 */
export function asRanges(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const { findings } = classification;
    if (!findings.some((f) => isOfRange(f)) || hasLockFile(files, path)) continue;
    const raised: Finding[] = [];
    const others = findings.map((f) => {
      const told = isOfRange(f) ? asRange(path, f) : f;
      if (told !== f && isRaised.test(told.message)) raised.push(told);
      return told;
    });
    keep(judged, i, withRaised(others, raised));
  }
}

const goes = / goes from ([^:]{1,90}) to ([^:]{1,90}): check what changed in it\./;
const isOfRange = (f: Finding): boolean => f.rule === 'dependency-changed' && goes.test(f.message);
const isRaised = /^Dependency (\S+) takes nothing below (\S+)[^:]*: [^.:]*\.$/;

function asRange(path: string, f: Finding): Finding {
  const [all, was = '', now = ''] = goes.exec(f.message) ?? [];
  const change = all === undefined ? undefined : rangeChange(path, was, now);
  if (all === undefined || !change) return f;
  const { kind, low, newHigh } = change;
  if (kind === 'same') {
    const message = f.message.replace(
      all,
      () => ` is written ${now} now, which takes the same as ${was}: check that no more was meant.`,
    );
    return withOther(f, { message, tier: 'low' });
  }
  const above = newHigh === undefined ? '' : ` and nothing from ${newHigh} on`;
  const said =
    kind === 'raised'
      ? ` takes nothing below ${low}${above} any more (${now}, it was ${was}): check what that is needed for.`
      : ` takes ${change.now} now (${now}), it took ${change.before} (${was}): check ${kind === 'later' ? 'what changed in the newer ones' : 'why it takes less'}.`;
  return withOther(f, { message: f.message.replace(all, () => said) });
}

/** Of raised minimums of one tier, the first tells the others: none brings what could not come before. */
function withRaised(findings: readonly Finding[], raised: readonly Finding[]): Finding[] {
  let left = [...findings];
  for (const tier of new Set(raised.map((f) => f.tier))) {
    const [first, ...rest] = raised.filter((f) => f.tier === tier);
    if (!first || rest.length === 0) continue;
    const names = rest.map((f) => {
      const [, name = '', low = ''] = isRaised.exec(f.message) ?? [];
      return `${name} below ${low} (line ${f.line})`;
    });
    const told = withOther(first, { message: `${first.message} Nor are taken: ${listed(names, maxNamed)}.` });
    left = left.flatMap((f) => (f === first ? [told] : rest.includes(f) ? [] : [f]));
  }
  return left;
}
