/** Judges a range of commits: what `verify` and `restamp` ask. Reads git and the files it is given; decides nothing itself. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { AuditEvent } from '../core/audit/model.ts';
import type { Evidence } from '../core/model.ts';
import {
  judgeCommit,
  subjectOf,
  type GateCommit,
  type GateInput,
  type GateProblem,
  type SignatureState,
  type SquashedParts,
} from '../core/provenance/gate.ts';
import type { PatchDigest, ProvenanceRecord } from '../core/provenance/model.ts';
import { loosened } from '../core/provenance/policyChange.ts';
import { oneLine } from '../core/plainText.ts';
import { parseRecord, signedText } from '../core/provenance/record.ts';
import { claimedApprovals, parseApprovals, type Approval } from '../core/provenance/review.ts';
import { verifyAudit } from '../platform/auditLog.ts';
import type { Commit } from '../platform/commitInMaking.ts';
import {
  changedPaths,
  listCommits,
  mergeBase,
  mergeOwnPaths,
  policyAt,
  readAllCommits,
  repositoryId,
  resolveCommit,
  type PolicyAt,
} from '../platform/commitRange.ts';
import { sha256, verifyText } from '../platform/crypto.ts';
import { commitDigests, diffDigest, git } from '../platform/git.ts';
import { GuardError } from '../platform/guardError.ts';
import { parseKeys, type KeyEntry } from '../platform/keys.ts';
import type { GateResult } from './gateReport.ts';

export interface GateOptions {
  /** Commits that these have are not judged. `undefined`: the whole history. */
  readonly from: string | undefined;
  readonly to: string;
  /** Where the policy is read; default `from`. */
  readonly policyRef: string | undefined;
  /** Public keys: a file, relative to the working folder, or `REV:PATH`. */
  readonly keys?: string | undefined;
  readonly requireSigned?: boolean;
  readonly allowPolicyEdit?: boolean;
  /** What a squash in the range was made of: `A..B`, or `B` (then from where it parts from the squash's parent). */
  readonly parts?: string | undefined;
  readonly leastEvidence?: Evidence | undefined;
  /** A JSON file of reviews given. */
  readonly approvals?: string | undefined;
  /** `Reviewed-by` lines of the commits count as reviews. */
  readonly trailerReviews?: boolean;
  /** An exported audit log (JSON Lines). */
  readonly log?: string | undefined;
}

/** All problems of the commits in a range. @throws GuardError for what cannot be read. */
export async function verifyRange(options: GateOptions, cwd: string): Promise<GateResult> {
  const to = await resolveCommit(cwd, options.to);
  const from = options.from === undefined ? undefined : await resolveCommit(cwd, options.from);
  const policyRef = options.policyRef === undefined ? from : await resolveCommit(cwd, options.policyRef);
  const [policy, range] = await Promise.all([policyAt(cwd, policyRef), readRange(cwd, from, to)]);
  const problems: GateProblem[] = [];
  const whole = (rule: GateProblem['rule'], level: GateProblem['level'], message: string, fix: string): void => {
    problems.push({ commit: to, subject: subjectOf(range.commits.at(-1)?.message ?? ''), rule, level, message, fix });
  };
  if (policy.broken !== undefined)
    whole(
      'policy-broken',
      'error',
      `the policy of ${options.policyRef ?? options.from} cannot be read: ${policy.broken}`,
      "repair it on the target branch; 'countersign policy validate' shows where",
    );
  const parts = options.parts === undefined ? undefined : await readParts(cwd, options.parts, from ?? to);
  const log = options.log === undefined ? undefined : await readLog(path.resolve(cwd, options.log));
  if (log?.problem !== undefined)
    whole('log-broken', 'error', `the audit log does not verify: ${log.problem}`, 'take the log from where it is kept');
  const rules: Omit<GateInput, 'byDigest'> = {
    ...policyInput(policy),
    ...(await signatures(cwd, to, options)),
    ...(options.leastEvidence !== undefined && { leastEvidence: options.leastEvidence }),
    ...(log && { logged: log.records }),
    ...(await reviews(cwd, options, range.commits)),
  };
  // The parts of a squash are judged as commits of their own; their content is no other commit's here.
  if (parts) problems.push(...judgeRange(parts.range, rules));
  problems.push(...judgeRange(range, { ...rules, ...(parts && { parts: parts.input }) }));

  const edited = [...range.paths].filter(([, list]) => list.some((p) => /(?:^|\/)countersign\.yaml$/i.test(p)));
  if (edited.length > 0 && policyRef !== undefined) {
    const after = await policyAt(cwd, to);
    const less = after.broken !== undefined ? ['a policy that cannot be read'] : loosened(policy.policy, after.policy);
    const where = edited.map(([id]) => id.slice(0, 10)).join(', ');
    if (less.length > 0 && options.allowPolicyEdit !== true)
      whole(
        'policy-loosened',
        'error',
        `${where} asks less than the policy in force: ${oneLine(less.join(', '), 300)}`,
        'propose the policy change on its own and have its owners merge it with --allow-policy-edit',
      );
    else
      whole(
        'policy-edited',
        'warning',
        `${where} edits the policy; everything here was judged by the one in force`,
        'have its owners review it',
      );
  }
  return { commits: range.commits.length, policy: policy.digest, problems };
}

export const policyInput = (at: PolicyAt): Pick<GateInput, 'policy' | 'policyDigest' | 'sha256'> => ({
  policy: at.policy,
  policyDigest: at.digest,
  sha256,
});

/** The commits of a range with all that the gate compares them with. */
export interface CommitRange {
  /** Parents first. */
  readonly commits: readonly Commit[];
  /** Without merges. */
  readonly digests: ReadonlyMap<string, PatchDigest>;
  /** For a merge those that it changes by itself. */
  readonly paths: ReadonlyMap<string, readonly string[]>;
}

export async function readRange(cwd: string, from: string | undefined, to: string): Promise<CommitRange> {
  const commits = await readAllCommits(cwd, await listCommits(cwd, from, to));
  const plain = commits.filter((c) => c.parents.length < 2).map((c) => c.id);
  const [digests, paths] = await Promise.all([
    plain.length > 0 ? commitDigests(cwd, plain) : new Map<string, never>(),
    plain.length > 0 ? changedPaths(cwd, plain) : new Map<string, string[]>(),
  ]);
  for (const c of commits) if (c.parents.length > 1) paths.set(c.id, await mergeOwnPaths(cwd, c));
  return { commits, digests, paths };
}

/** Problems of each commit of a range, in its order. */
export function judgeRange(range: CommitRange, rules: Omit<GateInput, 'byDigest'>): GateProblem[] {
  const byDigest = new Map<string, string>();
  for (const [id, d] of range.digests) if (!byDigest.has(d.patch)) byDigest.set(d.patch, id);
  return range.commits.flatMap((c) => {
    const digest = range.digests.get(c.id);
    if (c.parents.length < 2 && !digest) throw new GuardError('failed', `git gave no patch for ${c.id}`);
    return judgeCommit(
      {
        id: c.id,
        parents: c.parents,
        message: c.message,
        author: c.author,
        committed: c.committed,
        digest,
        paths: range.paths.get(c.id) ?? [],
      },
      { ...rules, byDigest },
    );
  });
}

export interface Parts {
  readonly from: string;
  readonly to: string;
  readonly range: CommitRange;
  readonly whole: PatchDigest;
  readonly input: SquashedParts;
}

/** What a squash was made of. `base`: the squash's parent or the branch it goes to. */
export async function readParts(cwd: string, name: string, base: string): Promise<Parts> {
  const at = name.indexOf('..');
  const to = await resolveCommit(cwd, at < 0 ? name : name.slice(at + 2) || 'HEAD');
  const from = await mergeBase(cwd, at < 0 ? base : await resolveCommit(cwd, name.slice(0, at) || 'HEAD'), to);
  const [range, whole] = await Promise.all([readRange(cwd, from, to), diffDigest(cwd, from, to)]);
  const byDigest = new Map<string, string>();
  for (const [id, d] of range.digests) byDigest.set(d.patch, id);
  return { from, to, range, whole, input: { byDigest, patch: whole.patch, name: oneLine(name, 120) } };
}

//#region Files that the gate is given

async function signatures(
  cwd: string,
  to: string,
  options: GateOptions,
): Promise<Pick<GateInput, 'checkSignature' | 'requireSigned'>> {
  if (options.keys === undefined) return options.requireSigned === true ? { requireSigned: true } : {};
  const [keys, repository] = await Promise.all([readKeyList(cwd, options.keys), repositoryId(cwd, to)]);
  return {
    ...(options.requireSigned === true && { requireSigned: true }),
    checkSignature: (record, commit) => signatureState(keys, record, commit, repository),
  };
}

function signatureState(
  keys: ReadonlyMap<string, KeyEntry>,
  record: ProvenanceRecord,
  commit: Pick<GateCommit, 'committed'>,
  repository: string,
): SignatureState {
  const key = record.key === undefined ? undefined : keys.get(record.key);
  if (key === undefined) return 'unlisted';
  // A date that cannot be read revokes everything.
  if (key.revoked !== undefined && !((commit.committed ?? Infinity) * 1000 < Date.parse(key.revoked))) return 'revoked';
  return verifyText(key.publicKey, signedText(record, repository), record.sig ?? '') ? 'valid' : 'invalid';
}

/** A key file on disk or, as `REV:PATH`, in a commit: the target branch's, say. */
async function readKeyList(cwd: string, name: string): Promise<Map<string, KeyEntry>> {
  let text = await readText(path.resolve(cwd, name));
  if (text === undefined && name.includes(':') && !name.startsWith('-')) {
    const shown = await git(['cat-file', 'blob', name], { cwd, maxBytes: 1024 * 1024 });
    if (shown.code === 0) text = shown.stdout.toString('utf8');
  }
  if (text === undefined) throw new GuardError('failed', `the keys '${oneLine(name, 200)}' cannot be read`);
  return new Map(parseKeys(text).map((k) => [k.id, k]));
}

async function reviews(
  cwd: string,
  options: GateOptions,
  commits: readonly Commit[],
): Promise<Pick<GateInput, 'approvals'>> {
  if (options.approvals === undefined && options.trailerReviews !== true) return {};
  const given = options.approvals === undefined ? undefined : await readApprovals(path.resolve(cwd, options.approvals));
  const messages = new Map(commits.map((c) => [c.id, c.message]));
  const seen = new Map<string, ReadonlySet<string>>();
  for (const { commit } of given ?? [])
    if (commit !== undefined && !seen.has(commit)) seen.set(commit, await reachable(cwd, commit, options.from));
  return {
    // A review covers what was there when it was given.
    approvals: ({ id }) => [
      ...(given ? [given.filter((a) => a.commit === undefined || seen.get(a.commit)?.has(id) === true)] : []),
      ...(options.trailerReviews === true ? [claimedApprovals(messages.get(id) ?? '')] : []),
    ],
  };
}

async function readApprovals(file: string): Promise<Approval[]> {
  const text = await readText(file);
  if (text === undefined) throw new GuardError('failed', `the approvals ${file} cannot be read`);
  try {
    return parseApprovals(JSON.parse(text));
  } catch (error) {
    throw new GuardError('failed', `${file}: ${oneLine((error as Error).message, 200)}`, error);
  }
}

/** Commits that a reviewed commit contains; none when it is not here (any more). */
async function reachable(cwd: string, commit: string, from: string | undefined): Promise<ReadonlySet<string>> {
  try {
    const to = await resolveCommit(cwd, commit);
    return new Set(await listCommits(cwd, from === undefined ? undefined : await resolveCommit(cwd, from), to));
  } catch (error) {
    if (GuardError.is(error)) return new Set();
    throw error;
  }
}

/** What the log last said of each content. */
async function readLog(
  file: string,
): Promise<{ readonly records: Map<string, ProvenanceRecord>; readonly problem?: string }> {
  const text = await readText(file, 256 * 1024 * 1024);
  if (text === undefined) throw new GuardError('failed', `the audit log ${file} cannot be read`);
  const report = await verifyAudit(file, [], { partial: true });
  const [first] = report.problems;
  const records = new Map<string, ProvenanceRecord>();
  for (const line of text.split('\n')) {
    if (!line.includes('"event":"commit"')) continue;
    let event: Partial<AuditEvent>;
    try {
      event = JSON.parse(line) as Partial<AuditEvent>;
    } catch {
      continue;
    }
    const record = event.event === 'commit' ? parseRecord(event.reason ?? '') : undefined;
    if (record) records.set(record.patch, record);
  }
  return {
    records,
    ...(first && { problem: `line ${first.line}: ${oneLine(first.message, 200)}` }),
  };
}

async function readText(file: string, maxBytes = 64 * 1024 * 1024): Promise<string | undefined> {
  try {
    const stat = await fs.stat(file);
    return stat.isFile() && stat.size <= maxBytes ? await fs.readFile(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

//#endregion
