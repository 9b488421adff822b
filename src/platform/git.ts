/**
 * The git program: never through a shell, bounded output, no optional locks, no pager, no prompts, no replaced objects.
 * A caller's GIT_DIR, GIT_INDEX_FILE, … are *not* inherited, except where a git hook hands them over on purpose
 * (`hookEnvironment`): VS Code may itself have been started as git's editor.
 */
import * as path from 'node:path';
import type { Hunk } from '../core/model.ts';
import {
  patchArguments,
  patchConfig,
  patchOptions,
  PatchReader,
  patchTexts,
  wholeContext,
  type FileTotals,
  type HashStream,
} from '../core/provenance/digest.ts';
import type { PatchDigest } from '../core/provenance/model.ts';
import { newHash } from './crypto.ts';
import { GuardError } from './guardError.ts';
import type { Repository } from './state.ts';

export interface GitOptions {
  readonly cwd: string;
  readonly input?: string | Uint8Array;
  /** On top of the cleaned environment. */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** More output than this is an error. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Takes the output as it comes; `stdout` of the result is then empty and `maxBytes` does not apply. */
  readonly onOutput?: (chunk: Buffer) => void;
}

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Variables that bind git to one repository or index (`git rev-parse --local-env-vars`), and those that change diffs. */
const localVariables: readonly string[] = [
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_DIR',
  'GIT_GRAFT_FILE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_INTERNAL_SUPER_PREFIX',
  'GIT_NAMESPACE',
  'GIT_NO_REPLACE_OBJECTS',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_QUARANTINE_PATH',
  'GIT_REPLACE_REF_BASE',
  'GIT_SHALLOW_FILE',
  'GIT_WORK_TREE',
  'GIT_CONFIG',
  'GIT_CONFIG_COUNT',
  'GIT_CONFIG_PARAMETERS',
];
const receiveVariables: readonly string[] = [
  'GIT_DIR',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_QUARANTINE_PATH',
];
const unwanted: readonly string[] = [
  'GIT_DIFF_OPTS',
  'GIT_EXTERNAL_DIFF',
  'GIT_LITERAL_PATHSPECS',
  'GIT_GLOB_PATHSPECS',
  'GIT_NOGLOB_PATHSPECS',
  'GIT_ICASE_PATHSPECS',
  'GIT_TRACE',
  'GIT_TRACE2',
  'GIT_TRACE2_EVENT',
  'GIT_TRACE2_PERF',
];

/** What git tells its hooks about the repository and index at hand; give it to `git` as `env`. */
export function hookEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const out: NodeJS.ProcessEnv = {};
  for (const name of Object.keys(env)) {
    if (localVariables.includes(name) || name.startsWith('GIT_CONFIG_KEY_') || name.startsWith('GIT_CONFIG_VALUE_'))
      out[name] = env[name];
  }
  // With GIT_DIR alone git takes the current folder for the work tree; hooks run at its top.
  return out;
}

function environment(extra: NodeJS.ProcessEnv | undefined): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  // In a receive hook the pushed objects are in quarantine, and only these variables lead to them.
  const isReceiving = process.env['GIT_QUARANTINE_PATH'] !== undefined;
  for (const [name, value] of Object.entries(process.env)) {
    if (isReceiving && receiveVariables.includes(name)) env[name] = value;
    if (localVariables.includes(name) || unwanted.includes(name)) continue;
    if (name.startsWith('GIT_CONFIG_KEY_') || name.startsWith('GIT_CONFIG_VALUE_')) continue;
    env[name] = value;
  }
  return {
    ...env,
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_PAGER: 'cat',
    LC_ALL: 'C',
    ...extra,
  };
}

const maxErrorBytes = 64 * 1024;

/** Runs git. Resolves with its exit code. @throws GuardError `failed` when git cannot be started, `too-large`. */
export function git(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
  // Loaded when needed: a hook that has git's answers already saves a tenth of its start.
  const { spawn } = require('node:child_process') as typeof import('node:child_process');
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, {
      cwd: options.cwd,
      env: environment(options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
      ...(options.signal && { signal: options.signal }),
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let size = 0;
    let errSize = 0;
    let failure: unknown;
    const fail = (error: unknown): void => {
      failure ??= error;
      child.kill();
    };
    child.stdout.on('data', (chunk: Buffer) => {
      if (failure !== undefined) return;
      if (options.onOutput) {
        try {
          options.onOutput(chunk);
        } catch (error) {
          fail(error);
        }
        return;
      }
      size += chunk.length;
      if (size > maxBytes) fail(new GuardError('too-large', `git ${verb(args)} printed more than ${maxBytes} bytes`));
      else out.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errSize += chunk.length;
      if (errSize <= maxErrorBytes) err.push(chunk);
    });
    child.on('error', (error) => {
      failure ??= new GuardError('failed', `git cannot be started: ${error.message}`, error);
      // A program that was never started has no streams to close.
      if (child.pid === undefined) reject(failure);
    });
    child.on('close', (code, signal) => {
      if (failure !== undefined) reject(failure);
      else if (code === null)
        reject(new GuardError('failed', `git ${verb(args)} was ended by ${signal ?? 'a signal'}`));
      else resolve({ code, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString('utf8') });
    });
    // git may stop reading before we stop writing.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
  });
}

/** Runs git and gives its output. @throws GuardError `failed` with git's own first line when it exits non-zero. */
export async function gitOutput(args: readonly string[], options: GitOptions): Promise<Buffer> {
  const result = await git(args, options);
  if (result.code !== 0) {
    const why = result.stderr.trim().split('\n')[0] ?? '';
    throw new GuardError('failed', `git ${verb(args)} failed (${result.code})${why ? `: ${why}` : ''}`);
  }
  return result.stdout;
}

const verb = (args: readonly string[]): string => {
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '-c') i++;
    else if (!(args[i] as string).startsWith('-')) return args[i] as string;
  }
  return '';
};

/** The work tree that holds `folder`, or `undefined`. `env`: a git hook's own variables. */
export async function findRepository(folder: string, env?: NodeJS.ProcessEnv): Promise<Repository | undefined> {
  let result: GitResult;
  try {
    result = await git(['rev-parse', '--show-toplevel', '--absolute-git-dir', '--git-common-dir'], {
      cwd: folder,
      ...(env && { env }),
    });
  } catch (error) {
    if (GuardError.is(error)) return undefined;
    throw error;
  }
  if (result.code !== 0) return undefined;
  // A folder's name may hold a newline; then there are more than three lines, and git itself cannot tell us which is which.
  const lines = result.stdout
    .toString('utf8')
    .replace(/\r?\n$/, '')
    .split(/\r?\n/);
  const [root, gitDir, common] = lines;
  if (lines.length !== 3 || !root || !gitDir || !common) return undefined;
  return { root: path.normalize(root), gitDir: path.normalize(gitDir), commonDir: path.resolve(folder, common) };
}

/** The bytes of `path` at a revision (or `''` for the index), or `null` when it is not there or no file. */
export async function showFile(
  repo: Pick<Repository, 'root'>,
  rev: string,
  file: string,
  options: { readonly env?: NodeJS.ProcessEnv; readonly maxBytes?: number } = {},
): Promise<Buffer | null> {
  const [blob] = await readBlobs(repo.root, [`${rev}:${file}`], options);
  return blob ?? null;
}

/** Contents of many objects in one `git cat-file --batch`; `null` for what is missing, no blob, or above `maxBlob`. */
export async function readBlobs(
  cwd: string,
  names: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly maxBytes?: number } = {},
): Promise<(Buffer | null)[]> {
  if (names.length === 0) return [];
  // The batch protocol is line based; a name with a newline is asked for on its own.
  const odd = names.some((n) => n.includes('\n'));
  if (odd) {
    const out: (Buffer | null)[] = [];
    for (const name of names) {
      if (!name.includes('\n')) out.push(...(await readBlobs(cwd, [name], options)));
      else {
        const result = await git(['cat-file', 'blob', name], { cwd, ...options });
        out.push(result.code === 0 ? result.stdout : null);
      }
    }
    return out;
  }
  const stdout = await gitOutput(['cat-file', '--batch'], { cwd, ...options, input: names.join('\n') + '\n' });
  const blobs: (Buffer | null)[] = [];
  let at = 0;
  while (blobs.length < names.length) {
    const end = stdout.indexOf(0x0a, at);
    if (end < 0) throw new GuardError('failed', 'git cat-file stopped early');
    const head = /^[0-9a-f]+ (\w+) (\d+)$/.exec(stdout.toString('utf8', at, end));
    at = end + 1;
    if (!head) {
      blobs.push(null);
      continue;
    }
    const size = Number(head[2]);
    blobs.push(head[1] === 'blob' ? stdout.subarray(at, at + size) : null);
    at += size + 1;
  }
  return blobs;
}

/** One file of a change, as `git diff-tree --raw` tells it. Object names are all zero where there is none. */
export interface ChangedFile {
  readonly path: string;
  readonly status: 'A' | 'M' | 'D' | 'T' | 'U' | 'X';
  readonly oldMode: string;
  readonly newMode: string;
  readonly oldObject: string;
  readonly newObject: string;
}

export const gitlinkMode = '160000';
export const symlinkMode = '120000';

/** Files that differ between two trees or commits; renames are a deletion and an addition. `from` `null`: the empty tree. */
export async function changedFiles(
  repo: Pick<Repository, 'root'>,
  from: string | null,
  to: string,
  options: { readonly env?: NodeJS.ProcessEnv; readonly signal?: AbortSignal } = {},
): Promise<ChangedFile[]> {
  const base = from ?? (await emptyTree(repo.root, options.env));
  const args = [
    'diff-tree',
    '-r',
    '-z',
    '--raw',
    '--no-renames',
    '--no-abbrev',
    '--no-relative',
    '--ignore-submodules=none',
  ];
  return parseRaw(await gitOutput([...args, '--end-of-options', base, to], { cwd: repo.root, ...options }));
}

function rawFile(head: string, name: string): ChangedFile {
  const match = /^:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])\d*$/.exec(head);
  if (!match) throw new GuardError('failed', 'git diff-tree printed something unexpected');
  const [, oldMode = '', newMode = '', oldObject = '', newObject = '', status] = match;
  return { path: name, status: status as ChangedFile['status'], oldMode, newMode, oldObject, newObject };
}

/** Parses `--raw -z` output without renames. */
export function parseRaw(bytes: Buffer): ChangedFile[] {
  const fields = bytes.toString('utf8').split('\0');
  const files: ChangedFile[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    files.push(rawFile(fields[i] as string, fields[i + 1] as string));
  }
  return files;
}

/** The empty tree's name, for this repository's hash function. Git knows the object without storing it. */
export async function emptyTree(cwd: string, env?: NodeJS.ProcessEnv): Promise<string> {
  const result = await gitOutput(['hash-object', '-t', 'tree', '--stdin'], { cwd, input: '', ...(env && { env }) });
  return result.toString('utf8').trim();
}

/** The tree that the index (or `GIT_INDEX_FILE` of `env`) would commit. @throws GuardError while files are unmerged. */
export async function writeTree(cwd: string, env?: NodeJS.ProcessEnv): Promise<string> {
  return (await gitOutput(['write-tree'], { cwd, ...(env && { env }) })).toString('utf8').trim();
}

/** A file of a change with both its texts. */
export interface ChangedText extends ChangedFile {
  /** `null`: not there on that side, no file, or too large to be read by lines. */
  readonly before: string | null;
  readonly after: string | null;
  /** Too large to be read by lines. */
  readonly isOpaque: boolean;
  readonly hunks: readonly Hunk[];
  /** As git counts them. */
  readonly added: number;
  readonly deleted: number;
}

/** All about a change: its digest, and its files with their texts. */
export interface Change {
  readonly digest: PatchDigest;
  readonly files: readonly ChangedText[];
}

/** A file beyond this is not read by lines. */
export const maxTextBytes = 4 * 1024 * 1024;

/** What to ask git about the index (or `GIT_INDEX_FILE`), after `patchConfig`; then comes a commit or tree. */
export const indexArguments: readonly string[] = [
  'diff-index',
  '--cached',
  '--ita-invisible-in-index',
  '--raw',
  '--no-abbrev',
  wholeContext,
  ...patchOptions,
];

/** Takes the answer to `indexArguments`, chunk by chunk. */
export class ChangeReader {
  readonly #reader: PatchReader;
  #digest: PatchDigest | undefined;
  #totals: readonly FileTotals[] = [];
  readonly #raw: ChangedFile[] = [];

  /** `hash`: `noHash` where nobody asks for the digest. */
  constructor(hash: () => HashStream = newHash) {
    this.#reader = new PatchReader(
      hash,
      (digest, _, files) => {
        this.#digest = digest;
        this.#totals = files;
      },
      (line) => this.#raw.push(parseRawLine(Buffer.from(line))),
      2 * maxTextBytes,
    );
  }

  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
  }

  /** @throws Error when the patch stopped in the middle. */
  end(): Change {
    this.#reader.end();
    const files = this.#totals;
    let at = 0;
    // Both lists are in git's order; a change of type stands twice in the patch.
    const texts = this.#raw.map((raw): ChangedText => {
      const parts = files.slice(at, at + (raw.status === 'T' ? 2 : 1));
      at += parts.length;
      return changedText(raw, parts);
    });
    if (at !== files.length) throw new GuardError('failed', 'git sent another patch than it announced');
    return { digest: this.#digest as PatchDigest, files: texts };
  }
}

function changedText(raw: ChangedFile, parts: readonly FileTotals[]): ChangedText {
  const added = parts.reduce((n, p) => n + p.added, 0);
  const deleted = parts.reduce((n, p) => n + p.deleted, 0);
  const isFile = (mode: string): boolean => mode !== '000000' && mode !== gitlinkMode;
  const size = parts.reduce((n, p) => n + (Array.isArray(p.body) ? p.body.reduce((m, b) => m + b.length, 0) : 0), 0);
  const none = { ...raw, added, deleted, hunks: [], before: null, after: null, isOpaque: true };
  if (parts.some((p) => p.body === 'large')) return none;
  const [first, last] = [parts[0], parts.at(-1)].map((p) => patchTexts((p?.body ?? []) as Uint8Array[]));
  const before = isFile(raw.oldMode) ? (first?.before ?? '') : null;
  const after = isFile(raw.newMode) ? (last?.after ?? '') : null;
  if (size > maxTextBytes && [before, after].some((t) => t !== null && Buffer.byteLength(t) > maxTextBytes))
    return none;
  // A change of type takes nothing over. A file that only changed its mode has no lines in a patch, and needs none.
  const hunks =
    parts.length === 1
      ? (first?.hunks ?? [])
      : [{ oldStart: Math.min(deleted, 1), oldLines: deleted, newStart: Math.min(added, 1), newLines: added }];
  return { ...raw, added, deleted, hunks, before, after, isOpaque: false };
}

/** What the index changes against a commit or tree. */
export async function indexChange(
  cwd: string,
  base: string,
  options: { readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Change> {
  const reader = new ChangeReader();
  const result = await git([...patchConfig, ...indexArguments, base], {
    cwd,
    ...options,
    onOutput: (chunk) => reader.push(chunk),
  });
  if (result.code !== 0)
    throw new GuardError('failed', `git diff-index failed: ${result.stderr.trim().split('\n')[0]}`);
  return reader.end();
}

/**
 * For commands that compare trees: without an index git knows of no file of the work tree that it could read in place of an
 * object. No such file is there; where one is, `patchConfig` holds.
 */
export const withoutIndex = (cwd: string): NodeJS.ProcessEnv => ({
  GIT_INDEX_FILE: path.join(path.resolve(cwd), '.no-index', 'index'),
});

/** What to ask git about two commits or trees, after `patchConfig`; then they come. */
export const treeArguments: readonly string[] = [
  'diff-tree',
  '-r',
  '--raw',
  '--no-abbrev',
  wholeContext,
  ...patchOptions,
  '--end-of-options',
];

/** What a commit or tree changes against another. `from` `null`: the empty tree. */
export async function commitChange(cwd: string, from: string | null, to: string): Promise<Change> {
  const reader = new ChangeReader();
  const base = from ?? (await emptyTree(cwd));
  const result = await git([...patchConfig, ...treeArguments, base, to], {
    cwd,
    env: withoutIndex(cwd),
    onOutput: (chunk) => reader.push(chunk),
  });
  if (result.code !== 0) throw new GuardError('failed', `git diff-tree failed: ${result.stderr.trim().split('\n')[0]}`);
  return reader.end();
}

/** Files that the index changes against a commit or tree. */
export async function indexFiles(
  cwd: string,
  base: string,
  options: { readonly env?: NodeJS.ProcessEnv } = {},
): Promise<ChangedFile[]> {
  const args = ['diff-index', '--cached', '--ita-invisible-in-index', '-z', '--raw', '--no-renames', '--no-abbrev'];
  return parseRaw(
    await gitOutput([...args, '--no-relative', '--ignore-submodules=none', base], {
      cwd,
      ...options,
    }),
  );
}

/** One line of `--raw` without `-z`: the path may be quoted as in C. */
function parseRawLine(line: Buffer): ChangedFile {
  const end = line.at(-1) === 0x0a ? line.length - 1 : line.length;
  const tab = line.indexOf(0x09);
  return rawFile(line.toString('latin1', 0, tab), unquotePath(line.subarray(tab + 1, end)));
}

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };

/** A path as git prints it with `core.quotePath=true`. */
export function unquotePath(bytes: Buffer): string {
  if (bytes[0] !== 0x22) return bytes.toString('utf8');
  const text = bytes.toString('latin1', 1, bytes.length - 1);
  const out: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (c !== '\\') {
      out.push(c.charCodeAt(0));
      continue;
    }
    const octal = /^[0-7]{3}/.exec(text.slice(i + 1, i + 4));
    const next = text[i + 1] ?? '';
    if (octal) out.push(Number.parseInt(octal[0], 8));
    else out.push(escapes[next] ?? next.charCodeAt(0));
    i += octal ? 3 : 1;
  }
  return Buffer.from(out).toString('utf8');
}

/** The d1 digest and totals between two trees or commits. `from` `null`: the empty tree. */
export async function diffDigest(
  cwd: string,
  from: string | null,
  to: string,
  options: { readonly env?: NodeJS.ProcessEnv; readonly signal?: AbortSignal } = {},
): Promise<PatchDigest> {
  const base = from ?? (await emptyTree(cwd, options.env));
  let found: PatchDigest | undefined;
  const reader = new PatchReader(newHash, (digest) => {
    found = digest;
  });
  const result = await git([...patchArguments, '--end-of-options', base, to], {
    cwd,
    ...options,
    env: { ...options.env, ...withoutIndex(cwd) },
    onOutput: (chunk) => reader.push(chunk),
  });
  if (result.code !== 0) throw new GuardError('failed', `git diff-tree failed: ${result.stderr.trim().split('\n')[0]}`);
  reader.end();
  return found as PatchDigest;
}

/** Digest and totals of many commits against their first parent, in one git process. Merges are left out. */
export async function commitDigests(
  cwd: string,
  commits: readonly string[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<Map<string, PatchDigest>> {
  const digests = new Map<string, PatchDigest>();
  const reader = new PatchReader(newHash, (digest, commit) => {
    if (commit !== undefined) digests.set(commit, digest);
  });
  const result = await git([...patchArguments, '--root', '--always', '--stdin'], {
    cwd,
    input: commits.join('\n') + '\n',
    onOutput: (chunk) => reader.push(chunk),
    ...options,
    env: withoutIndex(cwd),
  });
  if (result.code !== 0) throw new GuardError('failed', `git diff-tree failed: ${result.stderr.trim().split('\n')[0]}`);
  reader.end();
  return digests;
}
