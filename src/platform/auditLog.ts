/**
 * The audit log on disk: `audit-000001.jsonl`, `audit-000002.jsonl`, … in one folder, each line chained to the line
 * before by its SHA-256, also across segments. Appending reads only the tail of the last segment.
 * Fails with a GuardError; what an unwritable log means is each door's own decision.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { ChainVerifier, type AuditReport, type ChainOptions } from '../core/audit/chain.ts';
import { composeEvent, noHash, parseEvent } from '../core/audit/event.ts';
import { auditFilter, type AuditFilter } from '../core/audit/filter.ts';
import type { AuditEvent, AuditInput } from '../core/audit/model.ts';
import { redact } from '../core/secrets/redact.ts';
import { sha256 } from './crypto.ts';
import { withLock } from './fileLock.ts';
import { GuardError } from './guardError.ts';

/** A segment is closed when it grows beyond this. */
const segmentBytes = 16 * 1024 * 1024;
const segmentName = /^audit-(\d{6})\.jsonl$/;

export interface AppendOptions {
  /** Waits until the disk has it. */
  readonly sync?: boolean;
  /** For tests. */
  readonly segmentBytes?: number;
}

interface Head {
  readonly seq: number;
  readonly hash: string;
}

interface Waiting {
  readonly inputs: readonly AuditInput[];
  readonly options: AppendOptions;
  readonly resolve: (events: AuditEvent[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Appends of this process queue up per folder, so that a burst takes the lock once. */
const queues = new Map<string, Waiting[]>();

/** Appends events in order. @throws GuardError `not-writable` or `busy`. */
export function appendAudit(
  dir: string,
  inputs: readonly AuditInput[],
  options: AppendOptions = {},
): Promise<AuditEvent[]> {
  if (inputs.length === 0) return Promise.resolve([]);
  const done = new Promise<AuditEvent[]>((resolve, reject) => {
    const queue = queues.get(dir);
    const item = { inputs, options, resolve, reject };
    if (queue) queue.push(item);
    else {
      queues.set(dir, [item]);
      void drain(dir);
    }
  });
  return done;
}

async function drain(dir: string): Promise<void> {
  for (;;) {
    const batch = queues.get(dir) ?? [];
    if (batch.length === 0) {
      queues.delete(dir);
      return;
    }
    queues.set(dir, []);
    try {
      const results = await writeBatch(dir, batch);
      batch.forEach((item, i) => item.resolve(results[i] as AuditEvent[]));
    } catch (error) {
      for (const item of batch) item.reject(error);
    }
  }
}

async function writeBatch(dir: string, batch: readonly Waiting[]): Promise<AuditEvent[][]> {
  try {
    await fs.mkdir(dir, { recursive: true, mode: 0o700 });
    for (let attempt = 0; ; attempt++) {
      const written = await withLock(path.join(dir, 'lock'), (held) => writeLocked(dir, batch, held));
      if (written) return written;
      if (attempt === 3) throw new GuardError('busy', `the audit log in ${dir} is held by other processes`);
    }
  } catch (error) {
    if (GuardError.is(error)) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    throw new GuardError('not-writable', `the audit log in ${dir} cannot be written: ${code ?? String(error)}`, error);
  }
}

/** `undefined`: the lock was lost on the way (the machine slept), and nothing was written. */
async function writeLocked(
  dir: string,
  batch: readonly Waiting[],
  held: () => Promise<boolean>,
): Promise<AuditEvent[][] | undefined> {
  const segments = await listSegments(dir);
  let number = segments.at(-1) ?? 1;
  let file = await fs.open(segmentFile(dir, number), 'a+', 0o600);
  try {
    let { size } = await file.stat();
    const limit = Math.min(...batch.map((b) => b.options.segmentBytes ?? segmentBytes));
    let head: Head = { seq: 0, hash: noHash };
    const first: AuditInput[] = [];
    const own = (event: AuditInput['event'], reason: string): AuditInput => ({
      event,
      actor: { kind: 'countersign', id: 'log' },
      door: 'cli',
      reason,
    });
    const tail = size > 0 ? await readTail(file, size) : undefined;
    if (tail && tail.torn > 0) {
      if (!(await held())) return undefined;
      await file.truncate(size - tail.torn);
      size -= tail.torn;
      first.push(own('log.repaired', `removed ${tail.torn} bytes of an event that was not written completely`));
    }
    if (tail?.line !== undefined) head = headOf(tail.line);
    else if (segments.length > 1) head = await headBefore(dir, segments.slice(0, -1));
    if (head.seq === 0 && head.hash === noHash) first.unshift(own('log.started', 'first event of this log'));
    else if (size >= limit) {
      await file.close();
      number++;
      file = await fs.open(segmentFile(dir, number), 'ax+', 0o600);
      size = 0;
      first.unshift(own('log.rotated', `continues audit-${String(number - 1).padStart(6, '0')}.jsonl`));
    }
    const time = new Date().toISOString();
    const parts: string[] = [];
    const write = (input: AuditInput): AuditEvent => {
      const { event, line } = composeEvent(input, { seq: head.seq + 1, time, prev: head.hash }, redact);
      head = { seq: event.seq, hash: sha256(line) };
      parts.push(line);
      return event;
    };
    first.forEach(write);
    const results = batch.map((b) => b.inputs.map(write));
    const bytes = Buffer.from(parts.join('\n') + '\n');
    if (!(await held())) return undefined;
    try {
      await file.appendFile(bytes);
      if (batch.some((b) => b.options.sync)) await file.datasync();
    } catch (error) {
      // A full disk may have taken half of it.
      await file.truncate(size).catch(() => undefined);
      throw error;
    }
    return results;
  } finally {
    await file.close().catch(() => undefined);
  }
}

interface Tail {
  /** The last complete line, if any. */
  readonly line?: string;
  /** Bytes after the last newline. */
  readonly torn: number;
}

async function readTail(file: fs.FileHandle, size: number): Promise<Tail> {
  for (let want = 4096; ; want *= 8) {
    const start = Math.max(0, size - want);
    const buffer = Buffer.alloc(size - start);
    await file.read(buffer, 0, buffer.length, start);
    const last = buffer.lastIndexOf(0x0a);
    const torn = buffer.length - 1 - last;
    if (last < 0) {
      if (start > 0) continue;
      return { torn: size };
    }
    const before = last === 0 ? -1 : buffer.lastIndexOf(0x0a, last - 1);
    if (before < 0 && start > 0) continue;
    return { line: buffer.toString('utf8', before + 1, last), torn };
  }
}

/** A last line that is no event was tampered with: its hash is chained to, so that `verifyAudit` names it. */
const headOf = (line: string): Head => ({ seq: parseEvent(line)?.seq ?? 0, hash: sha256(line) });

/** Head at the end of earlier segments, when the last one is empty (a crash between create and write). */
async function headBefore(dir: string, segments: readonly number[]): Promise<Head> {
  for (const number of [...segments].reverse()) {
    const file = await fs.open(segmentFile(dir, number), 'r');
    try {
      const { size } = await file.stat();
      const tail = size > 0 ? await readTail(file, size) : undefined;
      if (tail?.line !== undefined) return headOf(tail.line);
    } finally {
      await file.close();
    }
  }
  return { seq: 0, hash: noHash };
}

const segmentFile = (dir: string, number: number): string =>
  path.join(dir, `audit-${String(number).padStart(6, '0')}.jsonl`);

async function listSegments(dir: string): Promise<number[]> {
  try {
    const names = await fs.readdir(dir);
    return names
      .map((n) => segmentName.exec(n)?.[1])
      .filter((n) => n !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** SHA-256 (64 hex) of the log's last line; 64 zeros when there is no log. Its first 16 hex are a commit's `log=l1:`. */
export async function auditHead(dir: string): Promise<string> {
  return (await headBefore(dir, await listSegments(dir))).hash;
}

//#region Reading

/** No line of ours is longer; a file with such a line is not worth memory. */
const maxReadLine = 1024 * 1024;

interface LineSink {
  line(bytes: Buffer, number: number): void;
  /** Bytes after the last newline. */
  torn(bytes: Buffer): void;
  tooLong(number: number): void;
}

/** Reads a file line by line in constant memory. */
async function eachLine(name: string, sink: LineSink): Promise<void> {
  const file = await fs.open(name, 'r');
  try {
    const block = Buffer.allocUnsafe(256 * 1024);
    let rest: Buffer = Buffer.alloc(0);
    let number = 0;
    for (;;) {
      const { bytesRead } = await file.read(block, 0, block.length, null);
      if (bytesRead === 0) break;
      let start = 0;
      for (let end = block.indexOf(10); end >= 0 && end < bytesRead; end = block.indexOf(10, start)) {
        const part = block.subarray(start, end);
        number++;
        sink.line(rest.length > 0 ? Buffer.concat([rest, part]) : part, number);
        if (rest.length > 0) rest = Buffer.alloc(0);
        start = end + 1;
      }
      rest = Buffer.concat([rest, block.subarray(start, bytesRead)]);
      if (rest.length > maxReadLine) {
        sink.tooLong(number + 1);
        return;
      }
    }
    if (rest.length > 0) sink.torn(rest);
  } finally {
    await file.close();
  }
}

/** The files of a log in order; a path to a file (an export) is its own only segment. */
async function logFiles(dirOrFile: string): Promise<string[]> {
  const stat = await fs.stat(dirOrFile).catch(() => undefined);
  if (stat?.isFile()) return [dirOrFile];
  return (await listSegments(dirOrFile)).map((n) => segmentFile(dirOrFile, n));
}

/** Events in the order of the log, while it may grow. Lines that are no event are left out: `verifyAudit` names them. */
export async function* readAudit(
  dir: string,
  filter: AuditFilter = {},
  options: { /** Only this many segments from the end. */ readonly segments?: number } = {},
): AsyncGenerator<AuditEvent, void, undefined> {
  const wanted = auditFilter(filter);
  for (const name of (await logFiles(dir)).slice(-(options.segments ?? 0))) {
    const file = await fs.open(name, 'r');
    try {
      const block = Buffer.allocUnsafe(256 * 1024);
      let rest: Buffer = Buffer.alloc(0);
      for (;;) {
        const { bytesRead } = await file.read(block, 0, block.length, null);
        if (bytesRead === 0) break;
        const bytes = Buffer.concat([rest, block.subarray(0, bytesRead)]);
        const end = bytes.lastIndexOf(10);
        rest = bytes.subarray(end + 1);
        // A line that long is none of ours; `verifyAudit` names it.
        if (rest.length > maxReadLine) break;
        if (end < 0) continue;
        for (const line of bytes.toString('utf8', 0, end).split('\n')) {
          const event = parseEvent(line);
          if (event && wanted(event)) yield event;
        }
      }
    } finally {
      await file.close();
    }
  }
}

/** Checks the whole chain (a log's folder, or one exported `.jsonl` file) and the anchors that commits carry. */
export async function verifyAudit(
  dirOrFile: string,
  anchors: readonly (string | NonNullable<ChainOptions['anchors']>[number])[] = [],
  options: { readonly partial?: boolean } = {},
): Promise<AuditReport> {
  const chain = new ChainVerifier({
    anchors: anchors.map((a) => (typeof a === 'string' ? { hash: a } : a)),
    ...(options.partial !== undefined && { partial: options.partial }),
  });
  for (const name of await logFiles(dirOrFile)) {
    const file = path.basename(name);
    let stop = false;
    await eachLine(name, {
      line: (bytes, number) => void chain.push(bytes.toString('utf8'), sha256(bytes), file, number),
      torn: (bytes) => chain.torn(file, bytes.length),
      tooLong: (number) => {
        chain.unreadable(file, number, 'a line of more than 1 MB, which this log never writes; the rest was not read');
        stop = true;
      },
    });
    if (stop) break;
  }
  return chain.finish();
}

//#endregion
