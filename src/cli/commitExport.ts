/** Exports that are made of commits: one record per line, per file, or as git notes on the commits. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { AuditFilter } from '../core/audit/filter.ts';
import type { CommitExporter, CommitFacts, ExportMeta } from '../core/exporters/model.ts';
import { readAudit } from '../platform/auditLog.ts';
import { commitFacts } from '../platform/commitFacts.ts';
import { git, gitOutput } from '../platform/git.ts';
import { GuardError } from '../platform/guardError.ts';
import type { Repository } from '../platform/state.ts';

/** Facts of the commits of a range, or of those that the log names, oldest first. */
export async function* factsFor(
  cwd: string,
  repo: Repository | undefined,
  source: { readonly commits: readonly string[] } | { readonly log: string; readonly filter: AuditFilter },
): AsyncGenerator<CommitFacts> {
  if ('commits' in source) {
    yield* commitFacts(cwd, source.commits, repo);
    return;
  }
  const ids = new Set<string>();
  for await (const event of readAudit(source.log, source.filter))
    if (event.event === 'commit' && event.subject?.commit !== undefined) ids.add(event.subject.commit);
  yield* commitFacts(cwd, [...ids], repo);
}

/** JSON Lines. */
export async function* lines(
  exporter: CommitExporter,
  facts: AsyncIterable<CommitFacts>,
  meta: ExportMeta,
): AsyncGenerator<string> {
  for await (const commit of facts) yield `${exporter.renderCommit(commit, meta)}\n`;
}

/** One file per commit, `COMMIT.json`, in a folder. Returns how many. */
export async function writeFiles(
  exporter: CommitExporter,
  facts: AsyncIterable<CommitFacts>,
  meta: ExportMeta,
  folder: string,
): Promise<number> {
  let count = 0;
  for await (const commit of facts) {
    const file = path.join(folder, `${commit.id}.json`);
    const partial = `${file}.${process.pid}.tmp`;
    await fs.writeFile(partial, `${exporter.renderCommit(commit, meta)}\n`, { mode: 0o600 });
    await fs.rename(partial, file);
    count++;
  }
  return count;
}

/** A note per commit under `ref`; one that says the same already is left alone. Returns how many there are. */
export async function writeNotes(
  cwd: string,
  exporter: CommitExporter,
  facts: AsyncIterable<CommitFacts>,
  meta: ExportMeta,
  ref: string,
): Promise<number> {
  if (!/^refs\/notes\/[\w.-]+(?:\/[\w.-]+)*$/.test(ref))
    throw new GuardError('failed', `'${ref}' is no name for notes; write refs/notes/NAME`);
  let count = 0;
  for await (const commit of facts) {
    count++;
    const text = `${exporter.renderCommit(commit, meta)}\n`;
    const there = await git(['notes', `--ref=${ref}`, 'show', commit.id], { cwd });
    if (there.code === 0 && there.stdout.toString('utf8') === text) continue;
    await gitOutput(['notes', `--ref=${ref}`, 'add', '-f', '-F', '-', commit.id], { cwd, input: text });
  }
  return count;
}
