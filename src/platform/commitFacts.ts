/** What exports say of commits: their records, and whose their lines are as far as this machine knows. */
import { expandOrigins } from '../core/attribution/origins.ts';
import type { CommitFacts, ContributedRange } from '../core/exporters/model.ts';
import type { LineOrigin } from '../core/model.ts';
import type { CommitRecord } from '../core/provenance/model.ts';
import { findRecords } from '../core/provenance/trailers.ts';
import { openAttribution } from './attribution.ts';
import { readCommits, type Commit } from './commitInMaking.ts';
import { addedHunks, type AddedHunks } from './commitRange.ts';
import { commitDigests, emptyTree, readBlobs } from './git.ts';
import type { Repository } from './state.ts';

/** A file beyond this is not read line by line. */
const maxTextBytes = 4 * 1024 * 1024;
const batch = 200;

/**
 * Facts of the commits that carry one record, in the order given; others, and those that are not here, are left out.
 * `repo` `undefined`: a bare clone, where nothing but the record is known.
 */
export async function* commitFacts(
  cwd: string,
  ids: readonly string[],
  repo: Repository | undefined,
): AsyncGenerator<CommitFacts> {
  for (let at = 0; at < ids.length; at += batch) {
    const commits = await readCommits(cwd, ids.slice(at, at + batch));
    const plain = commits.filter((c) => c.parents.length < 2).map((c) => c.id);
    const digests = plain.length > 0 ? await commitDigests(cwd, plain) : new Map<string, never>();
    for (const commit of commits) {
      const own = findRecords(commit.message).records.filter((r) => !r.quoted);
      const [found] = own;
      if (!found || own.length > 1) continue;
      const { quoted: _quoted, inBlock: _inBlock, ...record } = found;
      const isMerge = commit.parents.length > 1;
      yield {
        id: commit.id,
        tree: commit.tree,
        parents: commit.parents,
        committed: new Date(commit.committed * 1000).toISOString(),
        record,
        isBound: isMerge ? undefined : digests.get(commit.id)?.patch === record.provenance.patch,
        // What a merge brings together was said of the commits it merges.
        files: isMerge ? [] : await contributed(cwd, commit, record, repo),
      };
    }
  }
}

async function contributed(
  cwd: string,
  commit: Commit,
  record: CommitRecord,
  repo: Repository | undefined,
): Promise<CommitFacts['files']> {
  const hunks = await addedHunks(cwd, commit.parents[0] ?? (await emptyTree(cwd)), commit.id);
  const known = repo && (await knownRanges(repo, commit, record, hunks).catch(() => undefined));
  if (known) return known;
  const p = record.provenance;
  const by: ContributedRange['by'] =
    p.ai === 0 && p.unk === 0
      ? 'human'
      : p.ai === 0 && p.unk === p.added
        ? 'unknown'
        : p.ai === p.added && p.mod === 0
          ? 'ai'
          : 'mixed';
  const [only, more] = record.assistedBy;
  const whose = by !== 'human' && by !== 'unknown' && only && !more ? { agent: only.name, model: only.model } : {};
  return hunks.map(({ file, hunks }) => ({
    path: file,
    ranges: hunks.map(([start, count]) => ({ start, end: start + count - 1, by, ...whose })),
  }));
}

/** Line by line, from the attribution store; `undefined` where it does not agree with the record. */
async function knownRanges(
  repo: Repository,
  commit: Commit,
  record: CommitRecord,
  files: readonly AddedHunks[],
): Promise<CommitFacts['files'] | undefined> {
  const store = openAttribution(repo);
  const parent = commit.parents[0];
  const blobs = await readBlobs(
    repo.root,
    files.flatMap(({ file }) => [`${commit.id}:${file}`, parent === undefined ? 'none' : `${parent}:${file}`]),
    { maxBytes: 512 * 1024 * 1024 },
  );
  const text = (b: Buffer | null | undefined): string | null => (b ? b.toString('utf8').replace(/^\ufeff/, '') : null);
  let ai = 0;
  let unknown = 0;
  const out: { path: string; ranges: ContributedRange[] }[] = [];
  for (const [i, { file, hunks }] of files.entries()) {
    const after = blobs[2 * i];
    if (!after || after.length > maxTextBytes) return undefined;
    const { origins } = await store.resolve(file, text(after) ?? '', { baseline: text(blobs[2 * i + 1]) });
    const lines = expandOrigins(origins);
    const ranges: ContributedRange[] = [];
    for (const [start, count] of hunks)
      for (let line = start; line < start + count; line++) {
        const origin = lines[line - 1] ?? null;
        if (origin?.origin === 'ai') ai++;
        else if (origin?.origin === 'unknown') unknown++;
        const next = { start: line, end: line, ...contributor(origin) };
        const last = ranges.at(-1);
        if (last && last.end === line - 1 && isSame(last, next)) ranges[ranges.length - 1] = { ...last, end: line };
        else ranges.push(next);
      }
    out.push({ path: file, ranges });
  }
  return ai === record.provenance.ai && unknown === record.provenance.unk ? out : undefined;
}

function contributor(o: LineOrigin | null): Pick<ContributedRange, 'by' | 'agent' | 'model'> {
  if (o?.origin === 'ai')
    return {
      by: o.modified ? 'mixed' : 'ai',
      ...(o.agent !== undefined && { agent: o.agent }),
      ...(o.model !== undefined && { model: o.model }),
    };
  // A formatter's or git's own lines are nobody's.
  return { by: o?.origin === 'human' ? 'human' : 'unknown' };
}

const isSame = (a: ContributedRange, b: ContributedRange): boolean =>
  a.by === b.by && a.agent === b.agent && a.model === b.model;
