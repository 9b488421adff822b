/** What a rule says several times of one file with one cure is told once, with how often it holds. */
import type { FileChange, Finding } from '../../model.ts';
import { wholeAnswer } from '../../rules/crossSiteScripting.ts';
import { backgroundOf, withOther } from '../background.ts';
import { keep, type FileClassification } from './pass.ts';
import { addTo } from '../../multimap.ts';
import { listed } from '../../rules/kit/listed.ts';

/** Rules on what is repeated: from container to container, from resource to resource, from column to column. */
const repeated =
  /^(?:k8s-host-access|k8s-setting-weak|k8s-image-unpinned|docker-base-unpinned|docker-sudo-or-ssh|cloud-setting-weak|destructive-command|migration-operation|changelog-operation|sql-unsafe-migration|cdk-insecure|tests-skipped)$/;

/** Of these the lesser findings of a file are one remark, whatever each of them says. */
const oneRemark = (f: Finding): boolean =>
  (f.rule === 'destructive-command' && f.tier === 'medium') ||
  (f.rule === 'workflow-injection' && (f.tier === 'medium' || f.tier === 'low'));

const isRepeated = (f: Finding): boolean =>
  (f.rule === 'agent-permissions-widened' && f.tier === 'low') ||
  repeated.test(f.rule) ||
  oneRemark(f) ||
  f.message === wholeAnswer ||
  // Its sentence names the owner: to whom all secrets go is decided for each.
  (f.rule === 'workflow-secrets-exposed' && backgroundOf(f).key === 'inherit');

/** Lines that a sentence names. */
const maxNamed = 5;

/** Of findings with one rule, tier and sentence the first in the file stays, with the lines of the others. */
export function toldOnce(_files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { classification }] of judged.entries()) {
    const groups = new Map<string, Finding[]>();
    for (const f of classification.findings) {
      if (!isRepeated(f)) continue;
      const id = `${f.rule} ${f.tier} ${oneRemark(f) ? '' : f.message} ${lost(f)}`;
      addTo(groups, id, f);
    }
    if (groups.size === 0) continue;
    const told = [...groups.values()].map((group) => {
      const [first, ...rest] = group.toSorted((a, b) => a.line - b.line) as [Finding, ...Finding[]];
      if (rest.length === 0) return first;
      const lines = rest.map((f) => f.line);
      const places = rest.length === 1 ? 'line' : 'lines';
      const holds = rest.every((f) => f.message === first.message) ? 'The same holds for' : 'Look also at';
      return withOther(first, { message: `${first.message} ${holds} ${places} ${listed(lines, maxNamed)}.` });
    });
    const rest = classification.findings.filter((f) => !isRepeated(f));
    keep(
      judged,
      i,
      [...rest, ...told].sort((a, b) => a.line - b.line),
    );
  }
}

/** What goes for good, or opens something, is told each for itself, but for the copy of it that a history keeps. */
const lost = (f: Finding): string =>
  f.tier === 'critical' &&
  /^(?:migration-operation|changelog-operation|sql-unsafe-migration|cdk-insecure)$/.test(f.rule)
    ? (backgroundOf(f).key ?? '').replace(/\bhistorical(?=\w)/i, '')
    : '';
