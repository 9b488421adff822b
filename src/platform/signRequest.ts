/**
 * Asks an editor of this user to sign a commit's record, over its private socket (`commitSigner.ts`). For the git hook:
 * costs one look at a folder when no editor offers it, and never more than `limitMs`; without an answer the record
 * stays unsigned.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { ProvenanceRecord } from '../core/provenance/model.ts';
import { formatRecord, signedText } from '../core/provenance/record.ts';
import { git } from './git.ts';
import { readKeys } from './keys.ts';
import { sharedDir, type Repository } from './state.ts';
import { verifyText } from './crypto.ts';

export interface SignRequest {
  readonly version: 1;
  /** Top of the work tree in which the commit is made. */
  readonly root: string;
  /** `null`: the first commit. */
  readonly parent: string | null;
  readonly tree: string;
  /** Value of `AI-Provenance`, unsigned. */
  readonly record: string;
}

export type SignAnswer =
  | {
      readonly key: string;
      readonly sig: string;
      /** The repository's id that was signed with. */
      readonly repository: string;
    }
  | { readonly refused: string };

/** Editors that sign for a repository leave a file here, which names their socket. */
export const signersDir = (repo: Repository): string => path.join(sharedDir(repo), 'signers');

/** How long a hook waits, unless `COUNTERSIGN_SIGN_MS` says otherwise (slow machines). */
const limitMs = 1000;
const maxLimitMs = 10_000;
const maxAnswerBytes = 4096;

/**
 * The record with a signature that fits it and a listed key, or as it was. `parent`: what the commit's content is compared
 * with; `env`: git's own, which names the index. Never rejects.
 */
export async function signedRecord(
  repo: Repository,
  parent: string | null,
  env: NodeJS.ProcessEnv,
  record: ProvenanceRecord,
): Promise<ProvenanceRecord> {
  if (record.sig !== undefined || record.patch === '-') return record;
  const sockets = await signerSockets(repo);
  if (sockets.length === 0) return record;
  const names = await Promise.all([
    parent === null
      ? null
      : git(['rev-parse', '--verify', '--end-of-options', `${parent}^{commit}`], { cwd: repo.root, env }),
    git(['write-tree'], { cwd: repo.root, env }),
  ]).catch(() => undefined);
  if (!names || names.some((n) => n !== null && n.code !== 0)) return record;
  const [commit, tree] = names.map((n) => n?.stdout.toString('utf8').trim() ?? null);
  const asked = Number(process.env['COUNTERSIGN_SIGN_MS'] ?? limitMs);
  const until = Date.now() + (asked > 0 ? Math.min(asked, maxLimitMs) : limitMs);
  const request: SignRequest = {
    version: 1,
    root: repo.root,
    parent: commit ?? null,
    tree: tree ?? '',
    record: formatRecord(record),
  };
  for (const socket of sockets) {
    const left = until - Date.now();
    if (left <= 0) break;
    const answer = await ask(socket, request, left).catch(() => undefined);
    if (answer === undefined || !('sig' in answer)) continue;
    const keys = await readKeys(repo);
    const key = Object.hasOwn(keys, answer.key) ? keys[answer.key] : undefined;
    // Whoever answered: only a signature that a reviewer can check goes into the message.
    if (key !== undefined && verifyText(key, signedText(record, answer.repository), answer.sig))
      return { ...record, key: answer.key, sig: answer.sig };
  }
  return record;
}

/** Sockets of this user's editors, the newest first. */
async function signerSockets(repo: Repository): Promise<string[]> {
  const dir = signersDir(repo);
  const names = await fs.readdir(dir).catch(() => []);
  const found = await Promise.all(
    names
      .filter((n) => /^\d+$/.test(n))
      .map(async (name) => {
        try {
          const file = path.join(dir, name);
          const { mtimeMs, size } = await fs.stat(file);
          if (size > maxAnswerBytes) return undefined;
          const socket = (await fs.readFile(file, 'utf8')).trim();
          return (await isOurs(socket)) ? { socket, mtimeMs } : undefined;
        } catch {
          return undefined;
        }
      }),
  );
  return found
    .filter((f) => f !== undefined)
    .sort((a, b) => b.mtimeMs - a.mtimeMs)
    .map((f) => f.socket);
}

/** Whether only this user can be listening there. A named pipe has no owner that Node can ask for. */
async function isOurs(socket: string): Promise<boolean> {
  if (process.platform === 'win32') return /^\\\\[.?]\\pipe\\countersign-[0-9a-f]{32}$/.test(socket);
  const [file, dir] = await Promise.all([fs.lstat(socket), fs.lstat(path.dirname(socket))]);
  const own = process.getuid?.();
  return (
    file.isSocket() &&
    file.uid === own &&
    dir.isDirectory() &&
    dir.uid === own &&
    ((file.mode | dir.mode) & 0o077) === 0
  );
}

function ask(socket: string, request: SignRequest, timeoutMs: number): Promise<SignAnswer> {
  // Loaded when there is somebody to ask: most commits have nobody. (The cached bundles of hooks know no import().)
  const net = require('node:net') as typeof import('node:net');
  return new Promise((resolve, reject) => {
    const connection = net.connect(socket);
    const timer = setTimeout(() => fail(new Error('no answer in time')), timeoutMs);
    let text = '';
    const fail = (error: Error): void => {
      clearTimeout(timer);
      connection.destroy();
      reject(error);
    };
    connection.setEncoding('utf8');
    connection.on('error', fail);
    connection.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > maxAnswerBytes) fail(new Error('too long an answer'));
    });
    connection.on('end', () => {
      clearTimeout(timer);
      connection.destroy();
      try {
        const answer = JSON.parse(text) as Partial<Record<string, unknown>>;
        const { key, sig, repository } = answer;
        if (typeof key === 'string' && typeof sig === 'string' && typeof repository === 'string')
          resolve({ key, sig, repository });
        else resolve({ refused: 'no signature' });
      } catch (error) {
        reject(error);
      }
    });
    connection.write(`${JSON.stringify(request)}\n`);
  });
}
