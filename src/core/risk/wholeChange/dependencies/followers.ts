/** What only came along: a dependency that a tool keeps in step with one that somebody asked for. */
import type { FileChange, Finding } from '../../../model.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { keep, type FileClassification } from '../pass.ts';
import { goesOn } from '../../../rules/kit/dependencySentences.ts';
import { isOfDependency } from './row.ts';

/** Which tool keeps a manifest: what it writes along in one of them follows what was asked for in another. */
const keeper = (path: string): string => (/(?:^|\/)go\.mod$/.test(path) ? 'go' : 'python');

/** Takes out what only came along with a finding in another file: modules of one repository are kept in step. */
export function withoutFollowers(_files: readonly FileChange[], judged: FileClassification[]): void {
  const asked = new Set<string>();
  for (const { path, classification } of judged)
    for (const f of classification.findings)
      if (backgroundOf(f).follows !== true) asked.add(`${f.rule}:${keeper(path)}`);
  for (const [i, { path, classification }] of judged.entries()) {
    const left = classification.findings.filter(
      (f) => backgroundOf(f).follows !== true || isNewName(path, f) || !asked.has(`${f.rule}:${keeper(path)}`),
    );
    keep(judged, i, left);
  }
}

/** A module that nobody had before is told, whoever asks for it. */
const isNewName = (path: string, f: Finding): boolean =>
  keeper(path) === 'go' && backgroundOf(f).ifKnown?.message === f.message;

/** What others ask for and a tool wrote along into a compiled list: that it went on is a remark, a new name is not. */
export function weighWritten(_files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    if (keeper(path) === 'go') continue;
    const others = classification.findings.map((f) =>
      isOfDependency(f) && backgroundOf(f).follows === true && f.tier === 'high' && goesOn(f.message)
        ? withOther(f, { tier: 'medium' })
        : f,
    );
    if (others.some((f, n) => f !== classification.findings[n])) keep(judged, i, others);
  }
}
