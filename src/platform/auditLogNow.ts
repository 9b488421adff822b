/**
 * One append without waiting, for hooks that live for milliseconds: starting the asynchronous file system costs them more
 * than the write. Takes only the ordinary case; everything else (no log yet, lock taken, torn line, full segment, errors)
 * is left to `appendAudit`. Same lock, same chain. Never for the editor or the server: it is synchronous.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { composeEvent, parseEvent } from '../core/audit/event.ts';
import type { AuditEvent, AuditInput } from '../core/audit/model.ts';
import { redact } from '../core/secrets/redact.ts';
import { sha256 } from './crypto.ts';

const segmentName = /^audit-\d{6}\.jsonl$/;
/** Below the size at which `auditLog.ts` rotates. */
const maxBytes = 15 * 1024 * 1024;
const tailBytes = 8192;

/** The events as written, or `undefined` when `appendAudit` has to do it. Never throws. */
export function appendAuditNow(dir: string, inputs: readonly AuditInput[]): AuditEvent[] | undefined {
  const lock = path.join(dir, 'lock');
  try {
    // Tells one holder from another, no secret: loading `node:crypto` would take longer than the append.
    const token = `${process.pid} ${os.hostname().replaceAll(' ', '_')} ${Math.random().toString(16).slice(2)}`;
    fs.writeFileSync(lock, token, { flag: 'wx', mode: 0o600 });
  } catch {
    return undefined;
  }
  try {
    return write(dir, inputs);
  } catch {
    return undefined;
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

/** `auditHead` without waiting; `undefined` when it has to be asked instead. Never throws. */
export function auditHeadNow(dir: string): string | undefined {
  try {
    const name = lastSegment(dir);
    if (name === undefined) return undefined;
    const file = fs.openSync(path.join(dir, name), 'r');
    try {
      const last = lastLine(file, fs.fstatSync(file).size);
      return last === undefined ? undefined : sha256(last);
    } finally {
      fs.closeSync(file);
    }
  } catch {
    return undefined;
  }
}

const lastSegment = (dir: string): string | undefined =>
  fs
    .readdirSync(dir)
    .filter((n) => segmentName.test(n))
    .sort()
    .at(-1);

/** The last line, if it is whole and not too long. */
function lastLine(file: number, size: number): string | undefined {
  const tail = Buffer.alloc(Math.min(size, tailBytes));
  if (fs.readSync(file, tail, 0, tail.length, size - tail.length) !== tail.length) return undefined;
  if (tail.at(-1) !== 0x0a) return undefined;
  const before = tail.lastIndexOf(0x0a, tail.length - 2);
  return before < 0 && tail.length < size ? undefined : tail.toString('utf8', before + 1, tail.length - 1);
}

function write(dir: string, inputs: readonly AuditInput[]): AuditEvent[] | undefined {
  const name = lastSegment(dir);
  if (name === undefined) return undefined;
  const file = fs.openSync(path.join(dir, name), fs.constants.O_RDWR | fs.constants.O_APPEND);
  try {
    const { size } = fs.fstatSync(file);
    if (size === 0 || size > maxBytes) return undefined;
    const last = lastLine(file, size);
    if (last === undefined) return undefined;
    let seq = parseEvent(last)?.seq;
    if (seq === undefined) return undefined;
    let prev = sha256(last);
    const time = new Date().toISOString();
    const lines: string[] = [];
    const events = inputs.map((input) => {
      const { event, line } = composeEvent(input, { seq: (seq as number) + 1, time, prev }, redact);
      seq = event.seq;
      prev = sha256(line);
      lines.push(line);
      return event;
    });
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    let written = 0;
    try {
      while (written < bytes.length) written += fs.writeSync(file, bytes, written);
    } catch (error) {
      // A full disk may have taken half of it.
      if (written > 0) fs.ftruncateSync(file, size);
      throw error;
    }
    return events;
  } finally {
    fs.closeSync(file);
  }
}
