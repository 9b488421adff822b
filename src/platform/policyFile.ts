/**
 * Finds and reads the policy in force: managed, root and nested files, merged. Never throws: a broken file means the
 * last good one (kept in the common git directory) or the built-in default, plus problems. Fails towards protection.
 */
// Its `promises` are loaded when they are used: not all who import this read a file.
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Policy, PolicyProblem } from '../core/policy/model.ts';
import {
  defaultPolicy,
  maxPolicyBytes,
  mergePolicies,
  parsePolicy,
  policyDigest,
  type ParsedPolicy,
} from '../core/policy/index.ts';
import { toRepoPath } from '../core/paths.ts';
import type { RepoPath } from '../core/model.ts';
import { sha256 } from './crypto.ts';
import { git } from './git.ts';
import {
  absent,
  ancestors,
  cacheFile,
  contentOf,
  formatCache,
  keepDir,
  policyFileName,
  type CachedPolicy,
  type PolicySource,
  type PolicyState,
} from './policyCache.ts';
import { managedPolicyFile } from './state.ts';

export { policyFileName, type PolicyState };

export interface LoadOptions {
  /** `git rev-parse --git-common-dir`, absolute; without it no last-good copy is kept. */
  readonly commonDir?: string;
  readonly managedFile?: string;
  /** Repository paths at stake: nested policies above them apply even when git does not track them yet. */
  readonly paths?: readonly string[];
  /** Folders that may hold a policy git does not track yet. */
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
      const [real, realRoot] = await Promise.all([fs.promises.realpath(file), fs.promises.realpath(within)]);
      const relative = path.relative(realRoot, real);
      if (relative.startsWith('..') || path.isAbsolute(relative))
        return {
          kind: 'bad',
          message: 'the policy file is a symbolic link that leaves the repository; make it a file',
        };
    }
    // O_NONBLOCK: opening a FIFO must not wait for a writer for ever.
    const handle = await fs.promises.open(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
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
        return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
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
      const link = await fs.promises.lstat(file).catch(() => undefined);
      if (link?.isSymbolicLink()) return { kind: 'bad', message: 'the policy file is a symbolic link to nothing' };
      return { kind: 'absent' };
    }
    if (code === 'ENOTDIR') return { kind: 'absent' };
    return { kind: 'bad', message: `the policy cannot be read: ${code ?? String(error)}` };
  }
}

/** The policy in force for the work tree at `root`. */
export async function loadPolicy(root: string, options: LoadOptions = {}): Promise<PolicyState> {
  const managedFile = options.managedFile ?? managedPolicyFile();
  const problems: PolicyProblem[] = [];
  const sources: PolicySource[] = [];
  let usingLastGood = false;
  let broken = false;

  const load = async (
    file: string,
    name: string,
    where: 'repository' | 'managed',
    base: string,
  ): Promise<Policy | undefined> => {
    let read = await readPolicy(file, where === 'managed' ? undefined : root);
    sources.push({ file, content: contentOfRead(read) });
    if (read.kind === 'absent') {
      // Taken out of the work tree only: an agent's `rm countersign.yaml` must not be the end of the policy.
      if (where === 'managed' || options.commonDir === undefined) return undefined;
      if (
        (await lastGood(options.commonDir, root, name)) === undefined ||
        !(await isCommitted(root, options.commonDir, name))
      )
        return undefined;
      read = {
        kind: 'bad',
        message: `${name} was deleted, but the last commit has it; restore it, or commit the deletion to end the policy`,
      };
    }
    const parse = (text: string): ParsedPolicy =>
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
        await keep(options.commonDir, root, name, read.text);
        return parsed.policy;
      }
    } else problems.push(problemAt(name, read.message));
    broken = true;
    const good = await lastGood(options.commonDir, root, name);
    const policy = good === undefined ? undefined : parse(good).policy;
    if (policy) usingLastGood = true;
    return policy;
  };

  const managed = await load(managedFile, managedFile, 'managed', '');
  const repository = await load(path.join(root, policyFileName), policyFileName, 'repository', '');
  const nested: { base: string; policy: Policy }[] = [];
  for (const base of await nestedFolders(root, options)) {
    const policy = await load(path.join(root, base, policyFileName), `${base}/${policyFileName}`, 'repository', base);
    if (policy) nested.push({ base, policy });
  }
  const policy =
    managed || repository || nested.length > 0
      ? mergePolicies({ ...(managed && { managed }), ...(repository && { repository }), nested })
      : defaultPolicy;
  const state: PolicyState = {
    policy,
    digest: policyDigest(policy, sha256),
    problems,
    files: sources.filter((s) => s.content !== absent).map((s) => s.file),
    usingLastGood,
    broken,
  };
  const { commonDir } = options;
  // A repository that has no policy and no state of ours gets no file for having been looked at.
  if (commonDir !== undefined && (state.files.length > 0 || (await exists(path.dirname(keepDir(commonDir))))))
    await writeCache(root, commonDir, { sources, state });
  return state;
}

const contentOfRead = (read: Read): string =>
  read.kind === 'text' ? contentOf(read.text) : read.kind === 'absent' ? absent : 'bad';

const problemAt = (file: string, message: string): PolicyProblem => ({
  file,
  line: 1,
  column: 0,
  endLine: 1,
  endColumn: 0,
  severity: 'error',
  message,
});

//#region Nested files

/** Folders looked into where git is not asked: outside a repository, and in Restricted Mode. */
const maxWalk = 3000;
const skipped: ReadonlySet<string> = new Set(['.git', 'node_modules', '.venv', 'vendor', 'target', 'dist', 'build']);

/**
 * Folders with a policy of their own: those that git tracks, and those named or above the given paths, tracked or not.
 * Sorted, so that everybody merges in the same order.
 */
async function nestedFolders(root: string, options: LoadOptions): Promise<string[]> {
  const folders = new Set([...(options.folders ?? []), ...ancestors(options.paths ?? [])]);
  for (const folder of (await trackedFolders(root, options.commonDir)) ?? (await walk(root))) folders.add(folder);
  folders.delete('');
  folders.delete('.');
  const found: string[] = [];
  for (const folder of [...folders].sort()) {
    const stat = await fs.promises.lstat(path.join(root, folder, policyFileName)).catch(() => undefined);
    if (stat) found.push(folder);
  }
  return found;
}

/** `undefined`: git cannot or must not be asked. */
async function trackedFolders(root: string, commonDir: string | undefined): Promise<string[] | undefined> {
  // Restricted Mode keeps state in a folder of its own: no git there, and git is not run in what nobody trusts.
  if (commonDir === undefined || !(await exists(path.join(commonDir, 'HEAD')))) return undefined;
  const args = ['-c', 'core.fsmonitor=false', 'ls-files', '-z', '--', `:(glob)**/${policyFileName}`];
  const result = await git(args, { cwd: root }).catch(() => undefined);
  if (result?.code !== 0) return undefined;
  const files = result.stdout.toString('utf8').split('\0');
  return files.filter((f) => f !== '').map((f) => path.posix.dirname(f));
}

async function walk(root: string): Promise<string[]> {
  const found: string[] = [];
  const queue = [''];
  for (let i = 0; i < queue.length && i < maxWalk; i++) {
    const folder = queue[i] as string;
    const entries = await fs.promises.readdir(path.join(root, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.name === policyFileName) found.push(folder);
      else if (entry.isDirectory() && !skipped.has(entry.name))
        queue.push(folder === '' ? entry.name : `${folder}/${entry.name}`);
    }
  }
  return found;
}

const exists = (file: string): Promise<boolean> =>
  fs.promises.stat(file).then(
    () => true,
    () => false,
  );

/** Whether the last commit has the file. Not the index: `git rm` is as quick as `rm`. */
async function isCommitted(root: string, commonDir: string, name: string): Promise<boolean> {
  if (!(await exists(path.join(commonDir, 'HEAD')))) return false;
  const result = await git(['cat-file', '-e', `HEAD:./${name}`], { cwd: root }).catch(() => undefined);
  return result?.code === 0;
}

//#endregion

async function writeCache(root: string, commonDir: string, cached: CachedPolicy): Promise<void> {
  await replaceFile(cacheFile(commonDir, root), formatCache(cached));
}

/** Writes a whole file at once, unless it is that already. Best effort: a read-only disk costs speed, not truth. */
async function replaceFile(file: string, text: string): Promise<void> {
  try {
    if ((await fs.promises.readFile(file, 'utf8').catch(() => undefined)) === text) return;
    await fs.promises.mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const temporary = `${file}.${process.pid}.${counter++}.tmp`;
    await fs.promises.writeFile(temporary, text, { mode: 0o600 });
    await fs.promises.rename(temporary, file).catch(async (error: unknown) => {
      await fs.promises.rm(temporary, { force: true });
      throw error;
    });
  } catch {
    // See above.
  }
}
let counter = 0;

//#region Last good copies

/** Work trees of one repository may be on different branches, so each has its own copy. */
const keepFile = (commonDir: string, root: string, name: string): string =>
  path.join(keepDir(commonDir), `${sha256(`${root}\0${name}`).slice(0, 16)}.yaml`);

/** Keeps a good text, with its hash in front so that a torn or edited copy counts as none. */
async function keep(commonDir: string | undefined, root: string, name: string, text: string): Promise<void> {
  if (commonDir !== undefined) await replaceFile(keepFile(commonDir, root, name), `# sha256 ${sha256(text)}\n${text}`);
}

async function lastGood(commonDir: string | undefined, root: string, name: string): Promise<string | undefined> {
  if (commonDir === undefined) return undefined;
  try {
    const stored = await fs.promises.readFile(keepFile(commonDir, root, name), 'utf8');
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
  try {
    const realRoot = await fs.promises.realpath(root);
    const start = path.isAbsolute(given) ? given : root + path.sep + given;
    // POSIX climbs from where a link leads (`link/../x`); Windows, and Node's realpath, from where it stands.
    const climbs = !windows && /(?:^|\/)\.\.(?:\/|$)/.test(given);
    const absolute = climbs ? await climb(start) : path.resolve(start);
    return toRepoPath(realRoot, await realTarget(absolute, 0), { windows });
  } catch {
    return undefined;
  }
}

/** The path without `..`, each taken against the real folder before it. */
async function climb(absolute: string): Promise<string> {
  let at = '/';
  for (const part of absolute.split('/'))
    at = part === '..' ? path.dirname(await realTarget(at, 0)) : path.join(at, part);
  return at;
}

async function realTarget(file: string, depth: number): Promise<string> {
  if (depth > 40) throw new Error('too many symbolic links');
  try {
    return await fs.promises.realpath(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
  }
  // A dangling link: writing goes to where it points.
  const target = await fs.promises.readlink(file).catch(() => undefined);
  const parent = path.dirname(file);
  if (parent === file) return file;
  if (target !== undefined) return realTarget(path.resolve(await realTarget(parent, depth + 1), target), depth + 1);
  return path.join(await realTarget(parent, depth + 1), path.basename(file));
}
