/**
 * Signs the records of commits that are being made, for the git hooks of this user, over a private socket. The key stays
 * where it is (`sign` is handed in); nothing is signed that is not recomputed here first:
 *
 * - the repository is one that this editor has open;
 * - the content digest and the totals are those of the tree that is committed, against its parent;
 * - the record owns up to at least as many AI lines, and unseen ones, as the attribution of this machine knows of;
 * - at most `perMinute` records in a minute.
 *
 * The socket is 0600 in a folder that is 0700 and this user's, so that the kernel lets nobody else connect; Node has no way
 * to ask for a peer's credentials beyond that. On Windows it is a named pipe with an unguessable name, which the system
 * opens to its owner and to administrators. What this does not hold off is a program that runs as the same user: it can
 * make a commit like anybody, and it could falsify the attribution on disk before. Such a signature still is about one
 * content, with the counts that the journal then had.
 */
import * as fs from 'node:fs/promises';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { countOrigins } from '../core/attribution/origins.ts';
import type { ProvenanceRecord } from '../core/provenance/model.ts';
import { parseRecord, signedText } from '../core/provenance/record.ts';
import { openAttribution } from './attribution.ts';
import { repositoryId } from './commitRange.ts';
import { randomHex } from './crypto.ts';
import { changedFiles, diffDigest, emptyTree, findRepository, gitlinkMode, gitOutput, readBlobs } from './git.ts';
import { GuardError } from './guardError.ts';
import { signersDir, type SignAnswer, type SignRequest } from './signRequest.ts';
import type { Repository } from './state.ts';

export interface CommitSignerParts {
  /** Ed25519 over the text with this user's key. */
  readonly sign: (text: string) => Promise<{ readonly key: string; readonly sig: string }>;
  /** Says what was signed or refused, in one line. */
  readonly log: (line: string) => void;
  /** Milliseconds; default the system's clock. */
  readonly now?: () => number;
}

const perMinute = 60;
const maxRequestBytes = 16 * 1024;
const connectionMs = 2000;
/** Beyond this the lines are not looked at, and nothing is signed. */
const maxTextBytes = 4 * 1024 * 1024;

export class CommitSigner {
  readonly #parts: CommitSignerParts;
  readonly #repositories = new Map<string, Repository>();
  /** Commit → the id of the repository whose first root it descends from. */
  readonly #ids = new Map<string, string>();
  readonly #signedAt: number[] = [];
  readonly #connections = new Set<net.Socket>();
  #server: net.Server | undefined;
  #socket: string | undefined;

  constructor(parts: CommitSignerParts) {
    this.#parts = parts;
  }

  get socket(): string | undefined {
    return this.#socket;
  }

  /** Opens the socket. @throws GuardError `not-writable` where no private folder can be had. */
  async listen(): Promise<void> {
    if (this.#server) return;
    const socket = await socketName();
    const server = net.createServer({ allowHalfOpen: true }, (connection) => this.#serve(connection));
    server.maxConnections = 16;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socket, resolve);
    });
    if (process.platform !== 'win32') await fs.chmod(socket, 0o600);
    server.unref();
    this.#server = server;
    this.#socket = socket;
    for (const repo of this.#repositories.values()) await this.#announce(repo);
  }

  /** Signs for this repository and its other work trees from now on. */
  async add(repo: Repository): Promise<void> {
    if (this.#repositories.has(repo.commonDir)) return;
    this.#repositories.set(repo.commonDir, repo);
    await this.#announce(repo);
    // A long history takes longer to walk than a hook waits; a repository without a commit has no id.
    void this.#idOf(repo.root, 'HEAD').catch(() => undefined);
  }

  async dispose(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#socket = undefined;
    for (const repo of this.#repositories.values())
      await fs.rm(path.join(signersDir(repo), String(process.pid)), { force: true }).catch(() => undefined);
    for (const connection of this.#connections) connection.destroy();
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  async #announce(repo: Repository): Promise<void> {
    if (this.#socket === undefined) return;
    const dir = signersDir(repo);
    await fs.mkdir(dir, { recursive: true, mode: 0o700 });
    for (const name of await fs.readdir(dir))
      // Left by an editor that did not end well.
      if (/^\d+$/.test(name) && !isRunning(Number(name))) await fs.rm(path.join(dir, name), { force: true });
    await fs.writeFile(path.join(dir, String(process.pid)), `${this.#socket}\n`, { mode: 0o600 });
  }

  #serve(connection: net.Socket): void {
    let text = '';
    this.#connections.add(connection);
    connection.once('close', () => this.#connections.delete(connection));
    connection.setTimeout(connectionMs, () => connection.destroy());
    connection.on('error', () => connection.destroy());
    connection.setEncoding('utf8');
    connection.on('data', (chunk: string) => {
      if (text.includes('\n')) return;
      text += chunk;
      if (text.length > maxRequestBytes) connection.destroy();
      else if (text.includes('\n'))
        void this.answer(text).then((answer) => {
          connection.end(`${JSON.stringify(answer)}\n`);
        });
    });
  }

  /** Answers one request line. Never rejects. */
  async answer(line: string): Promise<SignAnswer> {
    const answer = await this.#judge(line).catch((error: unknown): SignAnswer => ({
      refused: error instanceof Error ? error.message : String(error),
    }));
    this.#parts.log('sig' in answer ? `signed a record with ${answer.key}` : `signed nothing: ${answer.refused}`);
    return answer;
  }

  async #judge(line: string): Promise<SignAnswer> {
    const request = parseRequest(line);
    const record = request && parseRecord(request.record);
    if (!request || !record || record.sig !== undefined) return { refused: 'the request is none' };
    const repo = await findRepository(request.root);
    if (!repo || ![...this.#repositories.values()].some((r) => r.commonDir === repo.commonDir))
      return { refused: 'the repository is not open here' };
    if (request.parent === null) return { refused: 'a first commit has no repository to be signed for' };
    const why = await untrue(repo, request, record);
    if (why !== undefined) return { refused: why };
    const repository = await this.#idOf(repo.root, request.parent);
    const now = (this.#parts.now ?? Date.now)();
    while ((this.#signedAt[0] ?? Infinity) <= now - 60_000) this.#signedAt.shift();
    if (this.#signedAt.length >= perMinute) return { refused: `more than ${perMinute} records in a minute` };
    this.#signedAt.push(now);
    return { ...(await this.#parts.sign(signedText(record, repository))), repository };
  }

  async #idOf(root: string, rev: string): Promise<string> {
    const line = (await gitOutput(['rev-list', '--parents', '-n1', '--end-of-options', rev], { cwd: root }))
      .toString('utf8')
      .trim();
    const [commit = '', ...parents] = line.split(' ');
    const only = parents.length === 1 ? this.#ids.get(parents[0] as string) : undefined;
    const id = this.#ids.get(commit) ?? only ?? (await repositoryId(root, commit));
    this.#ids.set(commit, id);
    return id;
  }
}

/** What the record says that is not so; `undefined` when it may be signed. */
async function untrue(repo: Repository, request: SignRequest, record: ProvenanceRecord): Promise<string | undefined> {
  const base = request.parent ?? (await emptyTree(repo.root));
  const [digest, changed] = await Promise.all([
    diffDigest(repo.root, base, request.tree),
    changedFiles(repo, base, request.tree),
  ]);
  if (digest.patch !== record.patch) return 'the content is another than the record says';
  if (digest.added !== record.added || digest.deleted !== record.deleted || digest.files !== record.files)
    return 'the totals are others than the record says';
  const files = changed.filter((f) => f.oldMode !== gitlinkMode && f.newMode !== gitlinkMode && f.status !== 'D');
  const blobs = await readBlobs(
    repo.root,
    files.flatMap((f) => [f.newObject, f.status === 'A' ? 'none' : f.oldObject]),
    { maxBytes: 128 * 1024 * 1024 },
  );
  const text = (b: Buffer | null | undefined): string | null => (b ? b.toString('utf8').replace(/^\ufeff/, '') : null);
  const store = openAttribution(repo);
  let ai = 0;
  let unknown = 0;
  for (const [i, file] of files.entries()) {
    const after = blobs[2 * i];
    if ((after?.length ?? 0) > maxTextBytes) return `${file.path} is too large to be looked at`;
    const { origins } = await store.resolve(file.path, text(after) ?? '', { baseline: text(blobs[2 * i + 1]) });
    const counts = countOrigins(origins);
    ai += counts.ai;
    unknown += counts.unknown;
  }
  if (record.ai < Math.min(ai, record.added)) return `the record says ai=${record.ai}; ${ai} lines are known to be`;
  // Lines that a rename brought along are the hook's to tell from new ones.
  const isRenaming = changed.some((f) => f.status === 'D') && changed.some((f) => f.status === 'A');
  if (!isRenaming && record.ai + record.unk < Math.min(ai + unknown, record.added))
    return `the record says unk=${record.unk}; ${unknown} lines were not seen`;
  return undefined;
}

function parseRequest(line: string): SignRequest | undefined {
  let value: Partial<Record<keyof SignRequest, unknown>>;
  try {
    value = JSON.parse(line) as typeof value;
  } catch {
    return undefined;
  }
  const { version, root, parent, tree, record } = value;
  const isName = (name: unknown): name is string => typeof name === 'string' && /^[0-9a-f]{40,64}$/.test(name);
  if (version !== 1 || typeof root !== 'string' || !path.isAbsolute(root) || typeof record !== 'string')
    return undefined;
  if (!isName(tree) || !(parent === null || isName(parent))) return undefined;
  return { version, root, parent, tree, record };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Longest path of a Unix socket on the systems we know (macOS has the shortest: 104 with the final NUL). */
const maxSocketPath = 103;

/** A name that no other user can listen on or connect to. */
async function socketName(): Promise<string> {
  const name = randomHex(16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\countersign-${name}`;
  const own = process.getuid?.() ?? 0;
  for (const base of [process.env['XDG_RUNTIME_DIR'], os.tmpdir(), '/tmp']) {
    if (base === undefined || !path.isAbsolute(base)) continue;
    const dir = path.join(base, `countersign-${own}`);
    const socket = path.join(dir, `${name.slice(0, 16)}.sock`);
    if (Buffer.byteLength(socket) > maxSocketPath) continue;
    try {
      await fs.mkdir(dir, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      // Somebody else may have made it first, in a folder for everybody.
      const stat = await fs.lstat(dir);
      if (stat.isDirectory() && stat.uid === own && (stat.mode & 0o077) === 0) return socket;
    } catch {
      // The next one.
    }
  }
  throw new GuardError('not-writable', 'no folder for a private socket; records stay unsigned');
}
