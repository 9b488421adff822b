/**
 * One append-only journal file that many processes write at once (windows, hooks, git hooks).
 *
 * Appends are single O_APPEND writes. Compaction replaces the file by rename; a writer whose file was replaced under
 * it writes again, and the compactor takes over what was appended meanwhile, so nothing is lost; a record that ends up
 * twice says the same thing twice. Only an index is kept in memory; records are read when asked for.
 */
import { constants, existsSync, readFileSync, statSync, type BigIntStats } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { journalFormat, parseRecord, toSnapshot } from '../core/attribution/journal.ts';
import type { Snapshot } from '../core/attribution/model.ts';
import { randomHex } from './crypto.ts';
import { endsAsRecord, RecordHead } from './journalHead.ts';
import { PathRecords, type Entry } from './journalIndex.ts';

/** Characters that are not themselves in a record's bytes. */
const needsEscape = /[\\\u0080-\uffff]/;

/** The id tells one file of this name from the next: inode numbers are used again at once. */
const header = (id: string): Buffer => Buffer.from(`${JSON.stringify({ format: journalFormat, id })}\n`);
const makeHeader = (): Buffer => header(randomHex(8));
const headerLength = header('0'.repeat(16)).length;
const headerShape = new RegExp(`^\\{"format":"${journalFormat}","id":"([0-9a-f]{16})"\\}\n$`);
const chunkSize = 1 << 20;
const cacheSize = 64;
/** A journal is compacted long before. */
const maxHeld = 64 * 1024 * 1024;
/** Where records are read: the file, its bytes, or (`undefined`) the bytes that are held. */
type Source = fs.FileHandle | Buffer | undefined;

export class Journal {
  readonly file: string;
  /** What was found wrong, for the user: a sentence each. */
  readonly problems: string[] = [];
  /** The file that the index speaks of; `foreign`: another version's, which is left alone until we must write. */
  #id: string | undefined;
  /** How the file looked when it was last read: while it still does, there is nothing new in it. */
  #seen: BigIntStats | undefined;
  #offset = 0;
  #torn = false;
  #rejected: { offset: number; length: number }[] = [];
  #index = new Map<string, PathRecords>();
  /** Those of the index that came last, by hash of the path: most records are of a path that was there just before. */
  #lately: (PathRecords | undefined)[] = [];
  #cache = new Map<Entry, Snapshot>();
  /** The whole file, while it is held. */
  #held: Buffer | undefined;
  /** How many records of a path were read that whoever listens has not heard of; absent: nobody listens. */
  #unheard: Map<string, number> | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(file: string) {
    this.file = file;
  }

  /** Bytes read so far. */
  get size(): number {
    return this.#offset;
  }

  /** Reads what was appended since. Returns the paths with new records. */
  refresh(): Promise<ReadonlySet<string>> {
    return this.#serial(async () => (this.#held ? new Set<string>() : this.#refresh()));
  }

  /** From now on `heard` tells of what is read, whoever reads it. */
  listen(): void {
    this.#unheard ??= new Map();
  }

  /** Paths of which somebody else wrote something since this was asked last. */
  heard(): ReadonlySet<string> {
    const paths = new Set(this.#unheard?.keys());
    this.#unheard?.clear();
    return paths;
  }

  /** Reads the file once; until `release` all answers are those of now. For many questions in a short time. */
  hold(): Promise<void> {
    return this.#serial(async () => {
      await lockReleased(this.#lock);
      // Synchronous: for a process that lives for milliseconds each wait costs more than the read.
      let bytes: Buffer;
      try {
        if (statSync(this.file).size > maxHeld) return;
        bytes = readFileSync(this.file);
      } catch {
        return;
      }
      this.#begin(bytes.subarray(0, headerLength), bytes.length);
      if (this.#id === 'foreign') return;
      const start = this.#offset;
      const end = this.#take(bytes.subarray(start), new Set());
      this.#torn = start + end < bytes.length;
      this.#held = bytes;
    });
  }

  release(): void {
    this.#held = undefined;
  }

  has(path: string, key: string): boolean {
    return this.#index.get(path)?.get(key) !== undefined;
  }

  /** All paths with records, in the order in which they were first spoken of. */
  paths(): string[] {
    return [...this.#index.keys()];
  }

  /** Keys of a path's records, newest first. */
  keys(path: string): string[] {
    return (this.#index.get(path)?.keys() ?? []).reverse();
  }

  /** How many deltas lie between a record and the full one it builds on. */
  depth(path: string, key: string): number {
    return this.#index.get(path)?.get(key)?.depth ?? 0;
  }

  /** Whether a record can be read: all it builds on is there. A compaction may drop a base just before a delta is written. */
  isWhole(path: string, key: string): boolean {
    let at: Entry | 'full' | 'missing' = this.#index.get(path)?.get(key) ?? 'missing';
    while (typeof at !== 'string') at = at.base;
    return at === 'full';
  }

  /** The remembered texts of a path, newest first. Damaged ones are left out. */
  async snapshots(path: string, limit: number): Promise<Snapshot[]> {
    if (!this.#index.has(path)) return [];
    const known = this.#known(path, limit);
    if (known.length === Math.min(limit, this.#index.get(path)?.size ?? 0)) return known;
    return this.#withFile((handle) => this.#loadAll(handle, path, limit));
  }

  /** The newest remembered text of every path. */
  async newest(): Promise<Snapshot[]> {
    if (this.#index.size === 0) return [];
    return this.#withFile(async (handle) => {
      // Thousands of paths, each with a chain of deltas: one read instead of one for each record.
      const source =
        handle && this.#index.size > 16 && this.#offset <= maxHeld ? await readStart(handle, this.#offset) : handle;
      const found: Snapshot[] = [];
      for (const path of this.#index.keys()) found.push(...(await this.#loadAll(source, path, 1)));
      return found;
    });
  }

  async snapshot(path: string, key: string): Promise<Snapshot | undefined> {
    if (!this.has(path, key)) {
      if (this.#held) return undefined;
      // In the moment between a compaction's rename and the end of its work, the newest records are not back yet.
      await lockReleased(this.#lock);
      await this.refresh();
      if (!this.has(path, key)) return undefined;
    }
    const entry = this.#index.get(path)?.get(key);
    return (entry && this.#cache.get(entry)) ?? this.#withFile((handle) => this.#load(handle, path, key));
  }

  get #lock(): string {
    return `${this.file}.lock`;
  }

  /** Appends lines (no terminators) in one write. Creates the file with its header when there is none. `paths`: of each line. */
  append(lines: readonly string[], paths: readonly string[] = []): Promise<void> {
    return this.#serial(async () => {
      await this.#append(lines);
      // What this process wrote itself is no news.
      for (const path of paths) {
        const left = (this.#unheard?.get(path) ?? 1) - 1;
        if (left > 0) this.#unheard?.set(path, left);
        else this.#unheard?.delete(path);
      }
    });
  }

  /**
   * Rewrites the file. `keep` is asked per path and answers with the lines to keep, oldest first.
   * Does nothing when another process is at it.
   */
  compact(
    keep: (path: string, snapshots: (path: string, limit: number) => Promise<Snapshot[]>) => Promise<readonly string[]>,
  ): Promise<void> {
    return this.#serial(async () => {
      await this.#refresh();
      if (this.#id === undefined || this.#id === 'foreign') return;
      await withLock(this.#lock, async () => {
        await this.#refresh();
        if (this.#id === undefined || this.#id === 'foreign') return;
        const old = await fs.open(this.file, 'r');
        const next = `${this.file}.${process.pid}.tmp`;
        try {
          await this.#saveRejected(old);
          const out = await fs.open(next, 'wx', 0o600);
          try {
            await out.write(makeHeader());
            for (const path of this.#index.keys()) {
              const lines = await keep(path, (of, limit) => this.#loadAll(old, of, limit));
              if (lines.length > 0) await out.write(Buffer.from(lines.join('\n') + '\n'));
            }
          } finally {
            await out.close();
          }
          let from = this.#offset;
          const more = await readRest(old, from);
          if (more.length > 0) await fs.appendFile(next, more);
          from += more.length;
          await fs.rename(next, this.file);
          // What others appended to the old file since it was read; what comes later they write again themselves.
          const rest = await readRest(old, from);
          if (rest.length > 0) await writeOnce(this.file, rest);
        } finally {
          await old.close();
          await fs.rm(next, { force: true });
        }
        const unheard = this.#unheard && new Map(this.#unheard);
        this.#reset();
        await this.#refresh();
        // The same records in another place.
        this.#unheard = unheard;
      });
    });
  }

  //#region Reading

  async #refresh(): Promise<ReadonlySet<string>> {
    if (this.#seen && isSame(this.#seen, await fs.stat(this.file, { bigint: true }).catch(() => undefined)))
      return new Set();
    const handle = await openIfThere(this.file);
    if (!handle) {
      this.#reset();
      return new Set();
    }
    try {
      return await this.#refreshFrom(handle);
    } finally {
      await handle.close();
    }
  }

  async #refreshFrom(handle: fs.FileHandle): Promise<ReadonlySet<string>> {
    const changed = new Set<string>();
    const first = Buffer.alloc(headerLength);
    const { bytesRead } = await handle.read(first, 0, headerLength, 0);
    const stat = await handle.stat({ bigint: true });
    const size = Number(stat.size);
    this.#begin(first.subarray(0, bytesRead), size);
    if (this.#id !== 'foreign' && size > this.#offset) await this.#scan(handle, size, changed);
    this.#seen = stat;
    return changed;
  }

  /** Forgets what was read, when this is another file than it was. */
  #begin(header: Buffer, size: number): void {
    const id = headerShape.exec(header.toString('latin1'))?.[1] ?? 'foreign';
    if (id !== this.#id || size < this.#offset) {
      this.#reset();
      this.#id = id;
      if (id === 'foreign')
        this.problems.push(
          `${path.basename(this.file)}: not in the format ${journalFormat}; it will be set aside, its lines are unknown`,
        );
    }
  }

  async #scan(handle: fs.FileHandle, size: number, changed: Set<string>): Promise<void> {
    let position = this.#offset;
    // While one part is taken the next is read. What is left of a line at a part's end goes in front of the next part.
    let room = chunkSize >> 4;
    let [data, other] = [Buffer.alloc(0), Buffer.alloc(0)];
    const read = async (): Promise<number> => {
      if (position >= size) return 0;
      if (other.length === 0) other = Buffer.allocUnsafe(room + Math.min(chunkSize, size - position));
      const { bytesRead } = await handle.read(other, room, Math.min(other.length - room, size - position), position);
      position += bytesRead;
      return bytesRead;
    };
    let rest: Buffer = data;
    let reading = read();
    for (let bytesRead = await reading; bytesRead > 0; bytesRead = await reading) {
      [data, other] = [other, data];
      let whole: Buffer;
      if (rest.length <= room) {
        rest.copy(data, room - rest.length);
        whole = data.subarray(room - rest.length, room + bytesRead);
      } else {
        whole = Buffer.concat([rest, data.subarray(room, room + bytesRead)]);
        room = rest.length * 2;
        [data, other] = [Buffer.alloc(0), Buffer.alloc(0)];
      }
      reading = read();
      rest = whole.subarray(this.#take(whole, changed));
    }
    this.#torn = rest.length > 0;
  }

  /** Takes the whole lines of `data`; returns how many bytes they are. */
  #take(data: Buffer, changed: Set<string>): number {
    const head = new RecordHead();
    let start = 0;
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10, start)) {
      this.#note(head, data, start, end, changed);
      this.#offset += end + 1 - start;
      start = end + 1;
    }
    return start;
  }

  #note(head: RecordHead, data: Buffer, start: number, end: number, changed: Set<string>): void {
    if (end === start || this.#offset === 0) return;
    const of = endsAsRecord(data, start, end) && head.read(data, start, end) ? this.#recordsOf(head) : undefined;
    if (!of) {
      this.#reject(this.#offset, end - start);
      return;
    }
    const { newest } = of;
    let base: Entry | 'full' | 'missing' = 'full';
    if (head.hasBase) base = newest && head.isBase(newest.key) ? newest : (of.get(head.base) ?? 'missing');
    const depth = base === 'full' ? 0 : (base === 'missing' ? 0 : base.depth) + 1;
    of.add({ key: head.key, base, offset: this.#offset, length: end - start, depth });
    changed.add(of.path);
    this.#unheard?.set(of.path, (this.#unheard.get(of.path) ?? 0) + 1);
  }

  #recordsOf(head: RecordHead): PathRecords | undefined {
    const slot = head.pathHash & 0xfff;
    const lately = this.#lately[slot];
    if (lately && head.isPath(lately.path)) return lately;
    const path = head.path;
    if (path === undefined) return undefined;
    let of = this.#index.get(path);
    if (!of) this.#index.set(path, (of = new PathRecords(path)));
    if (!needsEscape.test(path)) this.#lately[slot] = of;
    return of;
  }

  #reject(offset: number, length: number): void {
    if (this.#rejected.length === 0)
      this.problems.push(`${path.basename(this.file)}: a damaged record was set aside; lines it spoke of are unknown`);
    if (this.#rejected.length < 1000) this.#rejected.push({ offset, length });
  }

  /** Another version's file is moved out of the way, never read as ours and never overwritten. */
  async #setAside(): Promise<void> {
    await withLock(this.#lock, async () => {
      await this.#refresh();
      if (this.#id === 'foreign') await fs.rename(this.file, `${this.file}.aside-${Date.now()}`);
      this.#reset();
    });
  }

  /** The newest texts of a path as far as they were read before. */
  #known(path: string, limit: number): Snapshot[] {
    const entries = (this.#index.get(path)?.entries() ?? []).slice(-limit).reverse();
    return entries.flatMap((entry) => this.#cache.get(entry) ?? []);
  }

  async #loadAll(source: Source, path: string, limit: number): Promise<Snapshot[]> {
    const found: Snapshot[] = [];
    for (const key of this.keys(path).slice(0, limit)) {
      const snapshot = await this.#load(source, path, key);
      if (snapshot) found.push(snapshot);
    }
    return found;
  }

  async #load(source: Source, path: string, key: string): Promise<Snapshot | undefined> {
    // From the record asked for down to a known or full one, then up again.
    const chain: Entry[] = [];
    let base: Snapshot | undefined;
    let at: Entry | 'full' | 'missing' = this.#index.get(path)?.get(key) ?? 'missing';
    while (at !== 'full') {
      base = at === 'missing' ? undefined : this.#cache.get(at);
      if (base || at === 'missing') break;
      chain.push(at);
      at = at.base;
    }
    // What it builds on was compacted away before it was written; its writer notices and writes it again in full.
    if (at === 'missing') return undefined;
    for (const entry of chain.reverse()) {
      let bytes: Buffer;
      if (source && !Buffer.isBuffer(source)) {
        bytes = Buffer.allocUnsafe(entry.length);
        await source.read(bytes, 0, bytes.length, entry.offset);
      } else {
        const whole = source ?? this.#held ?? Buffer.alloc(0);
        bytes = whole.subarray(entry.offset, entry.offset + entry.length);
      }
      const record = parseRecord(bytes.toString('utf8'));
      base = record && record.p === path && record.k === entry.key ? toSnapshot(record, base) : undefined;
      if (!base) {
        this.#reject(entry.offset, entry.length);
        this.#index.get(path)?.delete(key);
        return undefined;
      }
      this.#remember(entry, base);
    }
    return base;
  }

  #remember(entry: Entry, snapshot: Snapshot): void {
    this.#cache.delete(entry);
    this.#cache.set(entry, snapshot);
    if (this.#cache.size > cacheSize) {
      const [oldest] = this.#cache.keys();
      this.#cache.delete(oldest as Entry);
    }
  }

  async #withFile<T>(use: (handle: fs.FileHandle | undefined) => Promise<T>): Promise<T> {
    return this.#serial(async () => {
      if (this.#held) return use(undefined);
      const handle = (await openIfThere(this.file)) ?? (await this.#create());
      try {
        // The index must speak of the very file that is read.
        await this.#refreshFrom(handle);
        return await use(handle);
      } finally {
        await handle.close();
      }
    });
  }

  #reset(): void {
    this.#id = undefined;
    this.#seen = undefined;
    this.#offset = 0;
    this.#torn = false;
    this.#rejected = [];
    this.#index = new Map();
    this.#lately = [];
    this.#cache = new Map();
  }

  //#endregion
  //#region Writing

  async #append(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    if (this.#id === undefined) await this.#refresh();
    if (this.#id === 'foreign') await this.#setAside();
    // After a crash in mid-write the torn line gets its end, so that it harms no other.
    const bytes = Buffer.from(`${this.#torn ? '\n' : ''}${lines.join('\n')}\n`);
    try {
      await writeOnce(this.file, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await (await this.#create()).close();
      await writeOnce(this.file, bytes);
    }
    await this.#refresh();
  }

  async #create(): Promise<fs.FileHandle> {
    const there = await openIfThere(this.file);
    if (there) return there;
    await fs.mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
    await createWith(this.file, makeHeader());
    return fs.open(this.file, 'r');
  }

  async #saveRejected(handle: fs.FileHandle): Promise<void> {
    if (this.#rejected.length === 0) return;
    const parts: Buffer[] = [];
    for (const { offset, length } of this.#rejected) {
      const bytes = Buffer.alloc(length + 1, 10);
      await handle.read(bytes, 0, length, offset);
      parts.push(bytes);
    }
    await fs.appendFile(`${this.file}.rejected`, Buffer.concat(parts), { mode: 0o600 });
  }

  #serial<T>(job: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(job, job);
    this.#queue = next.catch(() => undefined);
    return next;
  }

  //#endregion
}

/** Creates a file with its whole content or not at all; somebody else's file of that name stays. */
export async function createWith(file: string, content: Buffer): Promise<void> {
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}.new`;
  await fs.writeFile(draft, content, { flag: 'wx', mode: 0o600 });
  try {
    await fs.link(draft, file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // File systems without hard links: the last one wins, which loses nothing but a header.
    if (code !== 'EEXIST') await fs.copyFile(draft, file, fs.constants.COPYFILE_EXCL).catch(() => undefined);
  } finally {
    await fs.rm(draft, { force: true });
  }
}

/** Whether a file is the one that was read, as it was then. What is appended to it changes its size. */
const isSame = (a: BigIntStats, b: BigIntStats | undefined): boolean =>
  b !== undefined && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;

/** One write at the end of a file that is there, again when the file was replaced meanwhile. */
async function writeOnce(file: string, bytes: Buffer): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const handle = await fs.open(file, constants.O_WRONLY | constants.O_APPEND);
    try {
      const { bytesWritten } = await handle.write(bytes);
      if (bytesWritten !== bytes.length) throw new Error(`${file}: the disk took only a part of a record`);
      const mine = await handle.stat({ bigint: true });
      const there = await fs.stat(file, { bigint: true }).catch(() => undefined);
      if (there?.ino === mine.ino) return;
    } finally {
      await handle.close();
    }
  }
  throw new Error(`${file} is replaced all the time`);
}

/** The first `length` bytes of a file, or as many as there are. */
async function readStart(handle: fs.FileHandle, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  while (at < length) {
    const { bytesRead } = await handle.read(bytes, at, length - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}

async function readRest(handle: fs.FileHandle, from: number): Promise<Buffer> {
  const { size } = await handle.stat();
  const rest = Buffer.alloc(Math.max(0, size - from));
  const { bytesRead } = await handle.read(rest, 0, rest.length, from);
  return rest.subarray(0, bytesRead);
}

async function openIfThere(file: string): Promise<fs.FileHandle | undefined> {
  try {
    return await fs.open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const staleAfter = 30_000;

/** Runs `job` while holding a lock file; does nothing when another process holds it. A dead holder's lock expires. */
async function withLock(lock: string, job: () => Promise<void>): Promise<void> {
  try {
    await fs.writeFile(lock, String(process.pid), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const stat = await fs.stat(lock).catch(() => undefined);
    if (stat && Date.now() - stat.mtimeMs > staleAfter) await fs.rm(lock, { force: true });
    return;
  }
  try {
    await job();
  } finally {
    await fs.rm(lock, { force: true });
  }
}

/** Waits until no compaction is under way; a dead holder's lock is not waited for. */
async function lockReleased(lock: string): Promise<void> {
  if (!existsSync(lock)) return;
  for (let waited = 0; waited < 2000; waited += 5) {
    const stat = await fs.stat(lock).catch(() => undefined);
    if (!stat || Date.now() - stat.mtimeMs > staleAfter) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
