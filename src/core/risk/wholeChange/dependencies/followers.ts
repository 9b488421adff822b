/** What only came along: a dependency that a tool keeps in step with one that somebody asked for. */
import type { FileChange, Finding } from '../../../model.ts';
import { backgroundOf } from '../../background.ts';
import { keep, type FileClassification } from '../pass.ts';

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
