/** Judges a range of commits: what `verify` and `restamp` ask. Reads git and key files; decides nothing itself. */
import * as path from 'node:path';
import { judgeCommit, subjectOf, type GateCommit, type GateProblem } from '../core/provenance/gate.ts';
import { loosened } from '../core/provenance/policyChange.ts';
import { oneLine, signedText } from '../core/provenance/record.ts';
import {
  changedPaths,
  listCommits,
  mergeOwnPaths,
  policyAt,
  readAllCommits,
  repositoryId,
  resolveCommit,
} from '../platform/commitRange.ts';
import { sha256, verifyText } from '../platform/crypto.ts';
import { commitDigests } from '../platform/git.ts';
import { GuardError } from '../platform/guardError.ts';
import { readKeysFile, type Keys } from '../platform/keys.ts';
import type { GateResult } from './gateReport.ts';

export interface GateOptions {
  /** Commits that these have are not judged. `undefined`: the whole history. */
  readonly from: string | undefined;
  readonly to: string;
  /** Where the policy is read; default `from`. */
  readonly policyRef: string | undefined;
  /** File of public keys, relative to the working folder. */
  readonly keys: string | undefined;
  readonly allowPolicyEdit: boolean;
}

/** All problems of the commits in a range. @throws GuardError for what cannot be read. */
export async function verifyRange(options: GateOptions, cwd: string): Promise<GateResult> {
  const to = await resolveCommit(cwd, options.to);
  const from = options.from === undefined ? undefined : await resolveCommit(cwd, options.from);
  const policyRef = options.policyRef === undefined ? from : await resolveCommit(cwd, options.policyRef);
  const names = await listCommits(cwd, from, to);
  const [policy, commits] = await Promise.all([policyAt(cwd, policyRef), readAllCommits(cwd, names)]);
  const problems: GateProblem[] = [];
  const whole = (rule: GateProblem['rule'], level: GateProblem['level'], message: string, fix: string): void => {
    problems.push({ commit: to, subject: subjectOf(commits.at(-1)?.message ?? ''), rule, level, message, fix });
  };
  if (policy.broken !== undefined)
    whole(
      'policy-broken',
      'error',
      `the policy of ${options.policyRef ?? options.from} cannot be read: ${policy.broken}`,
      "repair it on the target branch; 'countersign policy validate' shows where",
    );

  const plain = commits.filter((c) => c.parents.length < 2);
  const [digests, paths, keys, repository] = await Promise.all([
    plain.length > 0
      ? commitDigests(
          cwd,
          plain.map((c) => c.id),
        )
      : new Map<string, never>(),
    plain.length > 0
      ? changedPaths(
          cwd,
          plain.map((c) => c.id),
        )
      : new Map<string, string[]>(),
    options.keys === undefined ? undefined : readKeysFile(path.resolve(cwd, options.keys)),
    options.keys === undefined ? '' : repositoryId(cwd, to),
  ]);
  for (const c of commits) if (c.parents.length > 1) paths.set(c.id, await mergeOwnPaths(cwd, c));
  const byDigest = new Map<string, string>();
  for (const [id, d] of digests) if (!byDigest.has(d.patch)) byDigest.set(d.patch, id);

  for (const c of commits) {
    const digest = digests.get(c.id);
    if (c.parents.length < 2 && !digest) throw new GuardError('failed', `git gave no patch for ${c.id}`);
    const commit: GateCommit = {
      id: c.id,
      parents: c.parents,
      message: c.message,
      digest,
      paths: paths.get(c.id) ?? [],
    };
    problems.push(
      ...judgeCommit(commit, {
        policy: policy.policy,
        policyDigest: policy.digest,
        sha256,
        byDigest,
        ...(keys && { checkSignature: ({ record }) => checkSignature(keys, record, repository) }),
      }),
    );
  }

  const edited = [...paths].filter(([, list]) => list.some((p) => /(?:^|\/)countersign\.yaml$/i.test(p)));
  if (edited.length > 0 && policyRef !== undefined) {
    const after = await policyAt(cwd, to);
    const less = after.broken !== undefined ? ['a policy that cannot be read'] : loosened(policy.policy, after.policy);
    const where = edited.map(([id]) => id.slice(0, 10)).join(', ');
    if (less.length > 0 && !options.allowPolicyEdit)
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
  return { commits: commits.length, policy: policy.digest, problems };
}

function checkSignature(
  keys: Keys,
  record: Parameters<typeof signedText>[0],
  repository: string,
): 'valid' | 'invalid' | 'unlisted' {
  const key = record.key !== undefined && Object.hasOwn(keys, record.key) ? keys[record.key] : undefined;
  if (key === undefined) return 'unlisted';
  return verifyText(key, signedText(record, repository), record.sig ?? '') ? 'valid' : 'invalid';
}
