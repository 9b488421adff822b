/** Ranges of commits as a gate reads them: in a bare clone, offline, with few git processes however many commits. */
import * as path from 'node:path';
import { defaultPolicy, mergePolicies, parsePolicy, policyDigest } from '../core/policy/index.ts';
import type { Policy } from '../core/policy/model.ts';
import { oneLine } from '../core/provenance/record.ts';
import { parseCommit, type Commit } from './commitInMaking.ts';
import { sha256 } from './crypto.ts';
import { git, gitOutput, readBlobs } from './git.ts';
import { GuardError } from './guardError.ts';

/** The full name of a commit. @throws GuardError `failed` that says what to fetch. */
export async function resolveCommit(cwd: string, rev: string): Promise<string> {
  const result = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${rev}^{commit}`], { cwd });
  if (result.code === 128) throw new GuardError('failed', `${cwd} is not a git repository`);
  if (result.code !== 0)
    throw new GuardError(
      'failed',
      `'${oneLine(rev, 80)}' is no commit here; fetch it first (in CI: full history, e.g. fetch-depth: 0)`,
    );
  return result.stdout.toString('utf8').trim();
}

/** Names of the commits that `to` has and `from` has not, parents first. `from` `undefined`: the whole history. */
export async function listCommits(cwd: string, from: string | undefined, to: string): Promise<string[]> {
  return (
    await gitOutput(
      ['rev-list', '--reverse', '--topo-order', '--end-of-options', to, ...(from === undefined ? [] : [`^${from}`])],
      { cwd, maxBytes: 1024 * 1024 * 1024 },
    )
  )
    .toString('utf8')
    .split('\n')
    .filter((n) => n !== '');
}

/** What names a repository in signatures: SHA-256 of its first root commit. */
export async function repositoryId(cwd: string, to: string): Promise<string> {
  const roots = (await gitOutput(['rev-list', '--max-parents=0', '--end-of-options', to], { cwd }))
    .toString('utf8')
    .trim()
    .split('\n');
  return sha256(roots.at(-1) ?? '');
}

/** Commits by full name, in order, from one git process. */
export async function readAllCommits(cwd: string, names: readonly string[]): Promise<Commit[]> {
  if (names.length === 0) return [];
  const bytes = await gitOutput(['cat-file', '--batch'], {
    cwd,
    input: names.join('\n') + '\n',
    maxBytes: 1024 * 1024 * 1024,
  });
  const commits: Commit[] = [];
  let at = 0;
  while (commits.length < names.length) {
    const end = bytes.indexOf(0x0a, at);
    const head = /^([0-9a-f]+) commit (\d+)$/.exec(bytes.toString('latin1', at, end));
    if (!head) throw new GuardError('failed', `commit ${names[commits.length]} cannot be read`);
    at = end + 1;
    const size = Number(head[2]);
    commits.push(parseCommit(head[1] as string, bytes.toString('latin1', at, at + size)));
    at += size + 1;
  }
  return commits;
}

/** Paths that each commit changes against its parent, in one git process. */
export async function changedPaths(cwd: string, ids: readonly string[]): Promise<Map<string, string[]>> {
  const stdout = await gitOutput(
    [
      'diff-tree',
      '--stdin',
      '-r',
      '-z',
      '--root',
      '--always',
      '--raw',
      '--no-renames',
      '--no-abbrev',
      '--ignore-submodules=none',
    ],
    {
      cwd,
      input: ids.join('\n') + '\n',
      maxBytes: 1024 * 1024 * 1024,
    },
  );
  const out = new Map<string, string[]>();
  let current: string[] | undefined;
  const fields = stdout.toString('utf8').split('\0');
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as string;
    if (field.startsWith(':')) current?.push(fields[++i] as string);
    else if (/^[0-9a-f]{40,64}$/.test(field)) out.set(field, (current = []));
  }
  return out;
}

/** Paths where a merge is not what git makes of its parents by itself: conflicts, and what was slipped in or left out. */
export async function mergeOwnPaths(cwd: string, commit: Commit): Promise<string[]> {
  const [first, second] = commit.parents;
  const raw = ['-r', '-z', '--name-only', '--no-renames'];
  if (commit.parents.length === 2 && first !== undefined && second !== undefined) {
    const merged = await git(
      [
        '-c',
        'merge.renames=true',
        'merge-tree',
        '--write-tree',
        '-z',
        '--no-messages',
        '--end-of-options',
        first,
        second,
      ],
      { cwd },
    );
    const tree = /^[0-9a-f]{40,64}/.exec(merged.stdout.toString('latin1'))?.[0];
    if (merged.code <= 1 && tree !== undefined) {
      if (tree === commit.tree) return [];
      return split(await gitOutput(['diff-tree', ...raw, '--end-of-options', tree, commit.tree], { cwd }));
    }
  }
  // Several parents, or a git without merge-tree: all that differs from every parent, and all that differs from the first.
  const combined = split(await gitOutput(['diff-tree', '-c', '--no-commit-id', ...raw, commit.id], { cwd }));
  return [...new Set(combined)];
}

const split = (bytes: Buffer): string[] =>
  bytes
    .toString('utf8')
    .split('\0')
    .filter((p) => p !== '');

export interface PolicyAt {
  readonly policy: Policy;
  readonly digest: string;
  /** Why it cannot be read. */
  readonly broken?: string;
}

/** The policy in a commit's tree, nested files included. */
export async function policyAt(cwd: string, commit: string | undefined): Promise<PolicyAt> {
  const none = { policy: defaultPolicy, digest: policyDigest(defaultPolicy, sha256) };
  if (commit === undefined) return none;
  const tree = await gitOutput(['ls-tree', '-r', '-z', '--name-only', '--full-tree', '--end-of-options', commit], {
    cwd,
    maxBytes: 1024 * 1024 * 1024,
  });
  const files = split(tree)
    .filter((f) => f === 'countersign.yaml' || f.endsWith('/countersign.yaml'))
    .sort();
  const blobs = await readBlobs(
    cwd,
    files.map((f) => `${commit}:${f}`),
  );
  let repository: Policy | undefined;
  const nested: { base: string; policy: Policy }[] = [];
  for (const [i, file] of files.entries()) {
    const blob = blobs[i];
    const base = path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file);
    const parsed = blob ? parsePolicy(blob.toString('utf8'), file, { base }) : undefined;
    if (!parsed?.policy)
      return {
        ...none,
        broken: `${file}: ${parsed?.problems.find((p) => p.severity === 'error')?.message ?? 'it is no file'}`,
      };
    if (base === '') repository = parsed.policy;
    else nested.push({ base, policy: parsed.policy });
  }
  if (!repository && nested.length === 0) return none;
  const policy = mergePolicies({ ...(repository && { repository }), nested });
  return { policy, digest: policyDigest(policy, sha256) };
}
