/**
 * What a shell command changed, seen by looking before and after: agents' shell writes never appear as edits. Bounded
 * in time, files and size; beyond a bound the lines stay unknown, which a gate treats like AI. Never throws.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { keepBefore, takeBefore } from './agentSession.ts';
import type { BeforeFile } from './agentSession.ts';
import { git, readBlobs } from './git.ts';
import type { Repository } from './state.ts';

const limits = {
  files: 400,
  fileBytes: 1024 * 1024,
  totalBytes: 16 * 1024 * 1024,
  statusBytes: 1024 * 1024,
  ms: 1500,
} as const;

/** One changed file of the window; `null`: not there on that side. */
export interface ShellChange {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Repository paths that differ from HEAD, also untracked ones; `undefined` when that took too long or too much. */
async function dirtyPaths(repository: Repository): Promise<string[] | undefined> {
  try {
    const result = await git(
      [
        '-c',
        'core.quotePath=false',
        'status',
        '--porcelain=v1',
        '-z',
        '--no-renames',
        '--untracked-files=all',
        '--ignore-submodules=all',
      ],
      { cwd: repository.root, maxBytes: limits.statusBytes, signal: AbortSignal.timeout(limits.ms) },
    );
    if (result.code !== 0) return undefined;
    return result.stdout
      .toString('utf8')
      .split('\0')
      .filter((entry) => entry.length > 3 && !entry.endsWith('/'))
      .map((entry) => entry.slice(3));
  } catch {
    return undefined;
  }
}

/** The commit of HEAD, '' when there is none yet. */
function headOf(repository: Repository): string {
  try {
    const head = fs.readFileSync(path.join(repository.gitDir, 'HEAD'), 'utf8').trim();
    const ref = /^ref: (.+)$/.exec(head)?.[1];
    if (ref === undefined) return head;
    for (const dir of [repository.gitDir, repository.commonDir]) {
      try {
        return fs.readFileSync(path.join(dir, ref), 'utf8').trim();
      } catch {
        // Packed, or another worktree's.
      }
    }
    const packed = fs.readFileSync(path.join(repository.commonDir, 'packed-refs'), 'utf8');
    return (
      packed
        .split('\n')
        .find((line) => line.endsWith(` ${ref}`))
        ?.split(' ')[0] ?? ''
    );
  } catch {
    return '';
  }
}

function readText(repository: Repository, name: string): string | null | undefined {
  try {
    const file = path.join(repository.root, name);
    const stat = fs.lstatSync(file);
    if (!stat.isFile() || stat.size > limits.fileBytes) return undefined;
    const bytes = fs.readFileSync(file);
    return bytes.includes(0) ? undefined : bytes.toString('utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : undefined;
  }
}

/** Before the command: keeps the texts that HEAD does not have. */
export async function lookBefore(repository: Repository, key: string): Promise<void> {
  const dirty = await dirtyPaths(repository);
  if (!dirty || dirty.length > limits.files) return;
  // The first entry names the commit the others are compared with.
  const files: BeforeFile[] = [{ path: '', text: headOf(repository) }];
  let total = 0;
  for (const name of dirty) {
    const text = readText(repository, name);
    total += text?.length ?? 0;
    if (total > limits.totalBytes) return;
    if (text !== undefined) files.push({ path: name, text });
  }
  try {
    keepBefore(repository, `${key}\0shell`, files);
  } catch {
    // A full disk costs attribution, not the command.
  }
}

/** After the command: the files that changed since `lookBefore`. */
export async function lookAfter(repository: Repository, key: string): Promise<ShellChange[]> {
  const kept = takeBefore(repository, `${key}\0shell`);
  if (!kept) return [];
  const dirty = await dirtyPaths(repository);
  if (!dirty || dirty.length > limits.files) return [];
  const head = kept[0]?.text ?? '';
  const texts = new Map(kept.slice(1).map((file) => [file.path, file.text]));
  const names = [...new Set([...dirty, ...texts.keys()])];
  const changes: ShellChange[] = [];
  const fromHead: { path: string; after: string | null }[] = [];
  for (const name of names) {
    const after = readText(repository, name);
    if (after === undefined) continue;
    const before = texts.get(name);
    if (before === undefined) fromHead.push({ path: name, after });
    else if (before !== after) changes.push({ path: name, before, after });
  }
  // What was clean before is in the commit of that time.
  const olds =
    head === ''
      ? fromHead.map(() => null)
      : await blobs(
          repository,
          fromHead.map((f) => `${head}:${f.path}`),
        );
  for (const [i, { path: name, after }] of fromHead.entries()) {
    const before = olds[i];
    if (before !== undefined && before !== after) changes.push({ path: name, before, after });
  }
  return changes;
}

/** Texts of `commit:path`; `null` where the commit has none, `undefined` for what is no text. */
async function blobs(repository: Repository, names: readonly string[]): Promise<(string | null | undefined)[]> {
  if (names.length === 0) return [];
  try {
    const found = await readBlobs(repository.root, names);
    return found.map((bytes) => (bytes === null ? null : bytes.includes(0) ? undefined : bytes.toString('utf8')));
  } catch {
    return names.map(() => undefined);
  }
}
