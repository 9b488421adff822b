/**
 * What an agent hook needs from the machine, without starting git: the repository around a path, the policy in force,
 * and what is remembered between the calls of one session. Everything here is on the hot path of every tool call.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Policy } from '../core/policy/model.ts';
import { sha256 } from './crypto.ts';
import { cachedPolicy } from './policyCache.ts';
import { pendingDir, type Repository } from './state.ts';

/** The git work tree around `start`, found by its `.git`; no process is started. `undefined`: none. */
export function repositoryAt(start: string): Repository | undefined {
  let folder = path.resolve(start);
  for (let i = 0; i < 256; i++) {
    const found = repositoryIn(folder);
    if (found) return found;
    const parent = path.dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
  return undefined;
}

function repositoryIn(root: string): Repository | undefined {
  const dotGit = path.join(root, '.git');
  let gitDir = dotGit;
  try {
    const stat = fs.statSync(dotGit);
    if (stat.isFile()) {
      // A linked worktree or a submodule: `gitdir: PATH`.
      const named = /^gitdir: (.+?)\r?\n?$/s.exec(readSmall(dotGit) ?? '')?.[1];
      if (named === undefined) return undefined;
      gitDir = path.resolve(root, named);
    } else if (!stat.isDirectory()) return undefined;
    fs.statSync(path.join(gitDir, 'HEAD'));
  } catch {
    return undefined;
  }
  const common = readSmall(path.join(gitDir, 'commondir'))?.trim();
  return { root, gitDir, commonDir: common === undefined || common === '' ? gitDir : path.resolve(gitDir, common) };
}

function readSmall(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Where a write to `file` really lands: links of the part that exists are followed, the rest is taken as written. */
export function realTarget(file: string, depth = 0): string {
  if (depth > 40) throw new Error('too many symbolic links');
  try {
    return fs.realpathSync.native(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
  }
  const parent = path.dirname(file);
  if (parent === file) return file;
  let link: string | undefined;
  try {
    link = fs.readlinkSync(file);
  } catch {
    // No link: a file that is not there yet.
  }
  const folder = realTarget(parent, depth + 1);
  // A dangling link: writing makes the file it points to.
  return link === undefined
    ? path.join(folder, path.basename(file))
    : realTarget(path.resolve(folder, link), depth + 1);
}

/** The policy of the repository around `cwd`; without a repository `undefined`. */
export async function loadPolicyNear(cwd: string): Promise<Policy | undefined> {
  const repository = repositoryAt(cwd);
  if (!repository) return undefined;
  const { root, commonDir } = repository;
  const cached = cachedPolicy(root, commonDir, []);
  return (cached ?? (await (await import('./policyFile.ts')).loadPolicy(root, { commonDir }))).policy;
}

// ---- between the calls of a session -------------------------------------------------------------------------------

/** What is known of a running session. */
export interface SessionFacts {
  readonly agent: string;
  readonly session: string;
  readonly model?: string;
}

/** A file's text before a tool ran; `null`: it was not there. */
export interface BeforeFile {
  readonly path: string;
  readonly text: string | null;
}

const sessionsDir = (repository: Repository): string => path.join(pendingDir(repository), 'agents');
const sessionFile = (repository: Repository, agent: string, session: string): string =>
  path.join(sessionsDir(repository), `session-${sha256(`${agent}\0${session}`).slice(0, 24)}.json`);
const beforeFile = (repository: Repository, key: string): string =>
  path.join(sessionsDir(repository), `before-${sha256(key).slice(0, 24)}.json`);

function writePrivate(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    fs.writeFileSync(temporary, text, { mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    fs.writeFileSync(temporary, text, { mode: 0o600 });
  }
  fs.renameSync(temporary, file);
}

export function rememberSession(repository: Repository, facts: SessionFacts): void {
  writePrivate(sessionFile(repository, facts.agent, facts.session), JSON.stringify(facts));
}

export function recallSession(repository: Repository, agent: string, session: string): SessionFacts | undefined {
  try {
    const value = JSON.parse(readSmall(sessionFile(repository, agent, session)) ?? '') as Partial<SessionFacts> | null;
    const model = typeof value?.model === 'string' ? value.model : undefined;
    return { agent, session, ...(model === undefined ? {} : { model }) };
  } catch {
    return undefined;
  }
}

/** Keeps texts from before a tool call; taken back (and removed) by the call after it. */
export function keepBefore(repository: Repository, key: string, files: readonly BeforeFile[]): void {
  writePrivate(beforeFile(repository, key), JSON.stringify(files));
}

export function takeBefore(repository: Repository, key: string): BeforeFile[] | undefined {
  const file = beforeFile(repository, key);
  const text = readSmall(file);
  if (text === undefined) return undefined;
  try {
    fs.unlinkSync(file);
  } catch {
    // Pruned with the session.
  }
  try {
    const value = JSON.parse(text) as unknown;
    if (!Array.isArray(value)) return undefined;
    return value.filter(
      (v: unknown): v is BeforeFile =>
        typeof v === 'object' &&
        v !== null &&
        typeof (v as BeforeFile).path === 'string' &&
        ((v as BeforeFile).text === null || typeof (v as BeforeFile).text === 'string'),
    );
  } catch {
    return undefined;
  }
}

/** Removes what calls left behind whose end was never announced, and forgets sessions after a week. */
export function pruneSessions(repository: Repository, now: number): void {
  let names: string[];
  try {
    names = fs.readdirSync(sessionsDir(repository));
  } catch {
    return;
  }
  for (const name of names) {
    const file = path.join(sessionsDir(repository), name);
    const keepMs = name.startsWith('session-') ? 7 * 86_400_000 : 86_400_000;
    try {
      if (now - fs.statSync(file).mtimeMs > keepMs) fs.unlinkSync(file);
    } catch {
      // Another call was faster.
    }
  }
}

/** The model named by the newest assistant record of a Claude Code transcript (JSON Lines), reading at most 256 KiB. */
export function modelOfTranscript(file: string): string | undefined {
  const take = 256 * 1024;
  let text: string;
  try {
    const fd = fs.openSync(file, 'r');
    try {
      const { size } = fs.fstatSync(fd);
      const buffer = Buffer.alloc(Math.min(size, take));
      fs.readSync(fd, buffer, 0, buffer.length, Math.max(0, size - take));
      text = buffer.toString('utf8');
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return undefined;
  }
  const lines = text.split('\n');
  for (let i = lines.length - 1; i >= 0; i--) {
    const line = lines[i]!;
    if (!line.includes('"assistant"') || !line.includes('"model"')) continue;
    try {
      const model = (JSON.parse(line) as { message?: { model?: unknown } } | null)?.message?.model;
      // Claude Code marks its own notices with a model in angle brackets.
      if (typeof model === 'string' && model !== '' && !model.startsWith('<')) return model.slice(0, 200);
    } catch {
      // The first line of the piece is cut.
    }
  }
  return undefined;
}
