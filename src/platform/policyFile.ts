/**
 * Finds and reads the policy in force: managed, root and nested files, merged. Never throws: a broken file means the
 * last good one (kept in the common git directory) or the built-in default, plus problems. Fails towards protection.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { Policy, PolicyProblem } from '../core/policy/model.ts';
import { defaultPolicy, maxPolicyBytes, mergePolicies, parsePolicy, policyDigest } from '../core/policy/index.ts';
import { toRepoPath } from '../core/paths.ts';
import type { RepoPath } from '../core/model.ts';
import { sha256 } from './crypto.ts';
import { managedPolicyFile } from './state.ts';

export const policyFileName = 'countersign.yaml';

export interface PolicyState {
  readonly policy: Policy;
  /** `p1:<16 hex>` */
  readonly digest: string;
  readonly problems: readonly PolicyProblem[];
  /** Absolute paths of the files that were read. */
  readonly files: readonly string[];
  /** A broken file stands in for itself with its last good version. */
  readonly usingLastGood: boolean;
  /** Some policy file is broken: gates fail closed. */
  readonly broken: boolean;
}

export interface LoadOptions {
  /** `git rev-parse --git-common-dir`, absolute; without it no last-good copy is kept. */
  readonly commonDir?: string;
  readonly managedFile?: string;
  /** Folders (repository paths) whose nested policies apply; without it, all are searched for. */
  readonly folders?: readonly string[];
  readonly now?: Date;
  readonly knownRules?: readonly string[];
  readonly knownAgents?: readonly string[];
}

type Read =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'bad'; readonly message: string };

/** Reads a policy file; `within`: a symbolic link must not lead out of this folder. */
async function readPolicy(file: string, within: string | undefined): Promise<Read> {
  try {
    if (within !== undefined) {
      const [real, realRoot] = await Promise.all([fs.realpath(file), fs.realpath(within)]);
      const relative = path.relative(realRoot, real);
      if (relative.startsWith('..') || path.isAbsolute(relative))
        return {
          kind: 'bad',
          message: 'the policy file is a symbolic link that leaves the repository; make it a file',
        };
    }
    // O_NONBLOCK: opening a FIFO must not wait for a writer for ever.
    const handle = await fs.open(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    try {
      const stat = await handle.stat();
      if (stat.isDirectory()) return { kind: 'bad', message: `${policyFileName} is a folder; it must be a file` };
      if (!stat.isFile()) return { kind: 'bad', message: `${policyFileName} is not an ordinary file` };
      if (stat.size > maxPolicyBytes)
        return { kind: 'bad', message: `the policy is larger than ${maxPolicyBytes / 1024} kB` };
      const bytes = await handle.readFile();
      if (bytes.length > maxPolicyBytes)
        return { kind: 'bad', message: `the policy is larger than ${maxPolicyBytes / 1024} kB` };
      try {
        return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
      } catch {
        return { kind: 'bad', message: 'the policy is not UTF-8 text' };
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') {
      // A dangling link is not "no policy": somebody wanted one.
      const link = await fs.lstat(file).catch(() => undefined);
      if (link?.isSymbolicLink()) return { kind: 'bad', message: 'the policy file is a symbolic link to nothing' };
      return { kind: 'absent' };
    }
    if (code === 'ENOTDIR') return { kind: 'absent' };
    return { kind: 'bad', message: `the policy cannot be read: ${code ?? String(error)}` };
  }
}

/** The policy in force for the work tree at `root`. */
export async function loadPolicy(root: string, options: LoadOptions = {}): Promise<PolicyState> {
  const problems: PolicyProblem[] = [];
  const files: string[] = [];
  let usingLastGood = false;
  let broken = false;

  const load = async (
    file: string,
    name: string,
    where: 'repository' | 'managed',
    base: string,
  ): Promise<Policy | undefined> => {
    const within = where === 'managed' ? undefined : root;
    const read = await readPolicy(file, within);
    if (read.kind === 'absent') return undefined;
    files.push(file);
    const parse = (text: string): ReturnType<typeof parsePolicy> =>
      parsePolicy(text, name, {
        source: where,
        base,
        ...(options.now && { now: options.now }),
        ...(options.knownRules && { knownRules: options.knownRules }),
        ...(options.knownAgents && { knownAgents: options.knownAgents }),
      });
    if (read.kind === 'text') {
      const parsed = parse(read.text);
      problems.push(...parsed.problems);
      if (parsed.policy) {
        await keep(options.commonDir, name, read.text);
        return parsed.policy;
      }
    } else {
      problems.push({
        file: name,
        line: 1,
        column: 0,
        endLine: 1,
        endColumn: 0,
        severity: 'error',
        message: read.message,
      });
    }
    broken = true;
    const good = await lastGood(options.commonDir, name);
    const policy = good === undefined ? undefined : parse(good).policy;
    if (policy) usingLastGood = true;
    return policy;
  };

  const managedFile = options.managedFile ?? managedPolicyFile();
  const managed = await load(managedFile, managedFile, 'managed', '');
  const repository = await load(path.join(root, policyFileName), policyFileName, 'repository', '');
  const nested: { base: string; policy: Policy }[] = [];
  for (const base of options.folders ?? []) {
    if (base === '') continue;
    const policy = await load(path.join(root, base, policyFileName), `${base}/${policyFileName}`, 'repository', base);
    if (policy) nested.push({ base, policy });
  }
  const policy =
    managed || repository || nested.length > 0
      ? mergePolicies({ ...(managed && { managed }), ...(repository && { repository }), nested })
      : defaultPolicy;
  return { policy, digest: policyDigest(policy, sha256), problems, files, usingLastGood, broken };
}

//#region Last good copies

const keepDir = (commonDir: string): string => path.join(commonDir, 'countersign', 'policy');
const keepFile = (commonDir: string, name: string): string =>
  path.join(keepDir(commonDir), `${sha256(name).slice(0, 16)}.yaml`);

/** Keeps a good text, with its hash in front so that a torn or edited copy counts as none. Best effort. */
async function keep(commonDir: string | undefined, name: string, text: string): Promise<void> {
  if (commonDir === undefined) return;
  try {
    if ((await lastGood(commonDir, name)) === text) return;
    await fs.mkdir(keepDir(commonDir), { recursive: true, mode: 0o700 });
    const file = keepFile(commonDir, name);
    const temporary = `${file}.${process.pid}.tmp`;
    await fs.writeFile(temporary, `# sha256 ${sha256(text)}\n${text}`, { mode: 0o600 });
    await fs.rename(temporary, file);
  } catch {
    // A read-only disk costs the fallback, not the policy.
  }
}

async function lastGood(commonDir: string | undefined, name: string): Promise<string | undefined> {
  if (commonDir === undefined) return undefined;
  try {
    const stored = await fs.readFile(keepFile(commonDir, name), 'utf8');
    const end = stored.indexOf('\n');
    const text = stored.slice(end + 1);
    return stored.slice(0, end) === `# sha256 ${sha256(text)}` ? text : undefined;
  } catch {
    return undefined;
  }
}

//#endregion

/**
 * The repository path that a write to `given` really lands on: symbolic links of the existing part are followed, the
 * rest is taken as written. `undefined`: outside the work tree (or a loop of links).
 */
export async function realRepoPath(root: string, given: string): Promise<RepoPath | undefined> {
  const windows = process.platform === 'win32';
  if (given.includes('\0')) return undefined;
  const absolute = path.isAbsolute(given) ? given : path.join(root, given);
  try {
    const realRoot = await fs.realpath(root);
    return toRepoPath(realRoot, await realTarget(absolute, 0), { windows });
  } catch {
    return undefined;
  }
}

async function realTarget(file: string, depth: number): Promise<string> {
  if (depth > 40) throw new Error('too many symbolic links');
  try {
    return await fs.realpath(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
  }
  // A dangling link: writing goes to where it points.
  const target = await fs.readlink(file).catch(() => undefined);
  const parent = path.dirname(file);
  if (parent === file) return file;
  if (target !== undefined) return realTarget(path.resolve(await realTarget(parent, depth + 1), target), depth + 1);
  return path.join(await realTarget(parent, depth + 1), path.basename(file));
}
