/** Ranges of commits as a gate reads them: in a bare clone, offline, with few git processes however many commits. */
import * as path from 'node:path';
import { defaultPolicy, mergePolicies, parsePolicy, policyDigest } from '../core/policy/index.ts';
import type { Policy } from '../core/policy/model.ts';
import { patchArguments } from '../core/provenance/digest.ts';
import { oneLine } from '../core/plainText.ts';
import { parseCommit, type Commit } from './commitInMaking.ts';
import { sha256 } from './crypto.ts';
import { git, gitOutput, readBlobs, unquotePath, withoutIndex } from './git.ts';
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

/**
 * Of the lines that `to` has more than `from`: how many each commit between them brought, by git blame. Lines of
 * submodules, and those that were there before under another order, are nobody's.
 */
export async function survivingLines(cwd: string, from: string, to: string): Promise<Map<string, number>> {
  const out = new Map<string, number>();
  const between = new Set(await listCommits(cwd, from, to));
  // Blame takes a path from where we are.
  const up = await git(['rev-parse', '--show-cdup'], { cwd });
  const top = path.resolve(cwd, up.code === 0 ? up.stdout.toString('utf8').trim() : '');
  for (const { file, hunks } of await addedHunks(cwd, from, to)) {
    const ranges = hunks.flatMap(([start, count]) => ['-L', `${start},+${count}`]);
    // Many ranges make a long command line; the whole file costs no more then.
    const args = [
      '-c',
      'blame.ignoreRevsFile=',
      'blame',
      '--porcelain',
      '--no-textconv',
      ...(hunks.length <= 500 ? ranges : []),
      `${from}..${to}`,
      '--',
      file,
    ];
    const wanted = new Set<number>();
    for (const [start, count] of hunks) for (let i = 0; i < count; i++) wanted.add(start + i);
    const blamed = await git(args, { cwd: top, maxBytes: 1024 * 1024 * 1024 });
    if (blamed.code !== 0) continue;
    for (const m of blamed.stdout.toString('latin1').matchAll(/^([0-9a-f]{40,64}) \d+ (\d+)(?: \d+)?$/gm)) {
      const commit = m[1] as string;
      if (wanted.has(Number(m[2])) && between.has(commit)) out.set(commit, (out.get(commit) ?? 0) + 1);
    }
  }
  return out;
}

export interface AddedHunks {
  readonly file: string;
  /** First line (1-based) and number of lines, in the new text. */
  readonly hunks: [number, number][];
}

/** Where files have more lines in `to` than in `from`, by the same diff as the digest's. Submodules are left out. */
export async function addedHunks(cwd: string, from: string, to: string): Promise<AddedHunks[]> {
  const bytes = await gitOutput([...patchArguments, '--end-of-options', from, to], {
    cwd,
    env: withoutIndex(cwd),
    maxBytes: 1024 * 1024 * 1024,
  });
  const files: AddedHunks[] = [];
  let file: AddedHunks | undefined;
  let isLink = false;
  for (let at = 0; at < bytes.length;) {
    const found = bytes.indexOf(0x0a, at);
    const end = found < 0 ? bytes.length : found;
    const line = bytes.subarray(at, end);
    at = end + 1;
    const head = line.toString('latin1', 0, 80);
    if (head.startsWith('diff --git ')) {
      file = undefined;
      isLink = false;
    } else if (/^(?:new file mode|index \S+) 160000$/.test(head)) isLink = true;
    else if (head.startsWith('+++ ') && !head.startsWith('+++ /dev/null')) {
      // A name with a blank is followed by a tab.
      const name = unquotePath(line.at(-1) === 0x09 ? line.subarray(4, -1) : line.subarray(4));
      if (!isLink) files.push((file = { file: name.slice('b/'.length), hunks: [] }));
    } else {
      const hunk = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(head);
      if (!hunk) continue;
      const added = Number(hunk[3] ?? 1);
      if (added > 0) file?.hunks.push([Number(hunk[2]), added]);
      at = afterLines(bytes, at, Number(hunk[1] ?? 1) + added);
    }
  }
  return files.filter((f) => f.hunks.length > 0);
}

/** Where the content of a hunk ends: so many lines on, those that say that a newline is missing not counted. */
function afterLines(bytes: Buffer, at: number, count: number): number {
  for (let left = count; at < bytes.length && (left > 0 || bytes[at] === 0x5c);) {
    if (bytes[at] !== 0x5c) left--;
    const end = bytes.indexOf(0x0a, at);
    at = end < 0 ? bytes.length : end + 1;
  }
  return at;
}

/** The commit where two histories part. @throws GuardError `failed` when they have nothing in common. */
export async function mergeBase(cwd: string, a: string, b: string): Promise<string> {
  const result = await git(['merge-base', '--end-of-options', a, b], { cwd });
  if (result.code !== 0)
    throw new GuardError(
      'failed',
      `${a.slice(0, 10)} and ${b.slice(0, 10)} have no common commit here; fetch the full history`,
    );
  return result.stdout.toString('utf8').trim().split('\n')[0] ?? '';
}
