/** After a commit, in the background: its lines are pending no more, and the audit log gets its event. */
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { HashStream } from '../core/provenance/digest.ts';
import type { Refusal } from '../core/provenance/compose.ts';
import { formatRecord, trailerText } from '../core/provenance/record.ts';
import { findRecords, fromBinary } from '../core/provenance/trailers.ts';
import { openAttribution, type SettledFile } from '../platform/attribution.ts';
import { appendAudit } from '../platform/auditLog.ts';
import { parseCommit, readCommits, type Commit } from '../platform/commitInMaking.ts';
import { withLock } from '../platform/fileLock.ts';
import {
  ChangeReader,
  commitChange,
  git,
  gitlinkMode,
  maxTextBytes,
  readBlobs,
  type Change,
  type ChangedText,
} from '../platform/git.ts';
import { alternatesOf } from '../platform/renames.ts';
import { auditDir, type Repository } from '../platform/state.ts';
import type { Fed } from './hookFeed.ts';

/** The commit and what it changes, as the hook's script has them from git; the change is absent for a first commit. */
type SettleFeed = Fed<{ readonly id: string; readonly raw: string }>;

/** Nobody asks for the digest here. */
const noHash: HashStream = { update: () => undefined, hex: () => '' };
export const changeReader = (): ChangeReader => new ChangeReader(() => noHash);

/** `feed`: what the hook's script asked git for already. */
export async function settleCommit(
  repo: Repository,
  rev: string,
  agent: string | undefined,
  feed?: SettleFeed,
): Promise<void> {
  const commit = feed ? parseCommit(feed.head.id, feed.head.raw) : (await readCommits(repo.root, [rev]))[0];
  if (!commit) return;
  const dir = path.join(repo.gitDir, 'countersign');
  await fs.mkdir(dir, { recursive: true, mode: 0o700 });
  await withLock(path.join(dir, 'settle.lock'), async () => {
    // Once per commit: settled lines are pending no more, and would be taken for lines nobody knows.
    const done = path.join(dir, 'settled');
    if ((await fs.readFile(done, 'utf8').catch(() => '')) === commit.id) return;
    await settleOnce(repo, commit, feed?.change, agent);
    await fs.writeFile(done, commit.id, { mode: 0o600 });
  });
}

async function settleOnce(
  repo: Repository,
  commit: Commit,
  fed: Change | undefined,
  agent: string | undefined,
): Promise<void> {
  const change = fed ?? (await commitChange(repo.root, commit.parents[0] ?? null, commit.id));
  // A file that only changed its mode has no new lines, and a patch does not hold its text.
  const files = change.files.filter(
    (f) => f.oldMode !== gitlinkMode && f.newMode !== gitlinkMode && f.oldObject !== f.newObject,
  );
  const large = await textsOfLarge(repo, files);
  await openAttribution(repo).settle({
    commit: commit.id,
    isGone: (name) => !existsSync(path.join(repo.root, name)),
    files: files.flatMap((f): SettledFile[] => {
      const text = f.isOpaque ? (large.get(f.path) ?? null) : f.after;
      if (f.status !== 'D' && text === null) return [];
      return [{ path: f.path, text, before: f.before, alternates: alternatesOf(f, files) }];
    }),
  });
  const [record] = findRecords(commit.message).records.filter((r) => !r.quoted);
  if (!record) return;
  await appendAudit(auditDir(repo), [
    {
      event: 'commit',
      actor:
        agent === undefined
          ? { kind: 'human', id: fromBinary(commit.committer) || 'unknown' }
          : { kind: 'agent', id: agent },
      door: 'git-hook',
      subject: {
        commit: commit.id,
        ...(record.provenance.risk !== 'none' && { tier: record.provenance.risk }),
        evidence: record.provenance.conf,
        ...(record.provenance.note !== '-' && { note: record.provenance.note }),
      },
      decision: 'allow',
      ...(record.provenance.policy !== '-' && { policy: record.provenance.policy }),
      reason: formatRecord(record.provenance),
    },
  ]);
}

/** New texts of files whose change is too large for a patch to be read, where they themselves are not. */
async function textsOfLarge(repo: Repository, files: readonly ChangedText[]): Promise<Map<string, string>> {
  const asked = files.filter((f) => f.isOpaque && f.status !== 'D');
  const names = asked.map((f) => f.newObject);
  const texts = new Map<string, string>();
  for (const [i, blob] of (await readBlobs(repo.root, names, { maxBytes: 512 * 1024 * 1024 })).entries())
    if (blob && blob.length <= maxTextBytes)
      texts.set((asked[i] as ChangedText).path, blob.toString('utf8').replace(/^\ufeff/, ''));
  return texts;
}

export async function auditRefusal(
  repo: Repository,
  policy: string,
  reason: string,
  refusal: Refusal | undefined,
  agent: string | undefined,
): Promise<void> {
  await appendAudit(auditDir(repo), [
    {
      event: 'commit.refused',
      actor: await actor(repo, agent),
      door: 'git-hook',
      subject: refusal ? { path: refusal.path, tier: refusal.evaluation.tier } : {},
      decision: refusal?.decision ?? 'deny',
      policy,
      reason: trailerText(reason),
    },
  ]);
}

async function actor(repo: Repository, agent: string | undefined): Promise<{ kind: 'human' | 'agent'; id: string }> {
  if (agent !== undefined) return { kind: 'agent', id: agent };
  const result = await git(['config', '--get', 'user.email'], { cwd: repo.root });
  return { kind: 'human', id: result.stdout.toString('utf8').trim() || 'unknown' };
}
