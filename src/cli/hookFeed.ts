/**
 * What a hook's script asks git for while Node starts, read from the pipe between them: something short first, then what
 * changes, then a line with that git's exit code. Where anything is odd there is no feed, and we ask git ourselves.
 */
import * as fs from 'node:fs';
import type { Change, ChangeReader } from '../platform/git.ts';

/** What was asked for before the change. */
export interface FeedHead<T> {
  readonly value: T;
  /** Where the change begins. */
  readonly next: number;
}

export interface Fed<T> {
  readonly head: T;
  /** Absent when git could not tell it, as where there is no HEAD. */
  readonly change: Change | undefined;
}

/** The change is whole, and git said so. A failed git has another number there. */
const feedEnd = Buffer.from('end 0\n');

/** `head`: finds the first part in the bytes read so far; `undefined`: not whole yet. Never throws. */
export function readFeed<T>(
  fd: number,
  reader: ChangeReader,
  head: (bytes: Buffer) => FeedHead<T> | undefined,
): Fed<T> | undefined {
  try {
    let start: Buffer[] = [];
    let found: FeedHead<T> | undefined;
    let tail: Buffer = Buffer.alloc(0);
    const changes = (bytes: Buffer): void => {
      // The last line is not git's; how long it is tells how much of the rest to hold back.
      const all = tail.length > 0 ? Buffer.concat([tail, bytes]) : bytes;
      const keep = Math.max(0, all.length - feedEnd.length);
      if (keep > 0) reader.push(all.subarray(0, keep));
      tail = all.subarray(keep);
    };
    for (;;) {
      const chunk = Buffer.allocUnsafe(256 * 1024);
      const size = fs.readSync(fd, chunk);
      if (size === 0) break;
      const bytes = chunk.subarray(0, size);
      if (found) changes(bytes);
      else {
        start.push(bytes);
        const all = start.length === 1 ? bytes : Buffer.concat(start);
        start = [all];
        found = head(all);
        if (found) changes(all.subarray(found.next));
      }
    }
    return found && { head: found.value, change: tail.equals(feedEnd) ? reader.end() : undefined };
  } catch {
    return undefined;
  }
}

/** An entry of the configuration has its name in front of the newline, with a dot in it. A failed `git config` has another number there. */
const configEnd = Buffer.from('\0config 0\n');

/** `git config --list -z`, and a line with its exit code. */
export function configHead(bytes: Buffer): FeedHead<Buffer> | undefined {
  const end = bytes.indexOf(configEnd);
  return end < 0 ? undefined : { value: bytes.subarray(0, end), next: end + configEnd.length };
}

/** One answer of `git cat-file --batch`: a line with name, type and size, the commit itself, a newline. Another answer is never whole. */
export function commitHead(bytes: Buffer): FeedHead<{ readonly id: string; readonly raw: string }> | undefined {
  const end = bytes.indexOf(0x0a);
  const line = /^([0-9a-f]{40,64}) commit (\d+)$/.exec(bytes.toString('latin1', 0, Math.max(0, end)));
  const next = end + 1 + Number(line?.[2]) + 1;
  if (!line || !(bytes.length >= next)) return undefined;
  return { value: { id: line[1] as string, raw: bytes.toString('latin1', end + 1, next - 1) }, next };
}
