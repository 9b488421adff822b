/**
 * Where path and keys of a journal's record stand, straight from the bytes and without parsing the rest: a journal may hold
 * a million records, and a text is made only of what was not seen just before.
 */

const pathStart = Buffer.from('{"p":"');
const keyStart = Buffer.from('","k":"');
const baseStart = Buffer.from(',"b":"');
/** Hexadecimal digits of a record's key. */
const keyLength = 32;
const quote = 0x22;
/** Each record ends with its time, or with its commit; inside a string the quotes would be escaped. */
const timeStart = Buffer.from(',"t":"');
const commitStart = Buffer.from(',"c":"');
/** ISO 8601 with milliseconds. */
const timeLength = 24;
/** A commit's id is the longest. */
const maxTailValue = 128;
const backslash = 0x5c;
const brace = 0x7d;

/** The head of one record after the other; offsets into the bytes given to `read`. */
export class RecordHead {
  #data: Buffer = Buffer.alloc(0);
  #pathFrom = 0;
  #pathTo = 0;
  #pathHash = 0;
  #keyAt = 0;
  #baseAt = -1;

  /** `false` when the line from `start` to `end` does not begin as ours do. */
  read(data: Buffer, start: number, end: number): boolean {
    if (!startsWith(data, start, pathStart)) return false;
    this.#data = data;
    let at = (this.#pathFrom = start + pathStart.length);
    let hash = 0;
    for (let byte = data[at]; at < end && byte !== quote; byte = data[at]) {
      hash = (hash * 31 + (byte as number)) | 0;
      at += byte === backslash ? 2 : 1;
    }
    this.#pathTo = at;
    this.#pathHash = hash;
    if (!startsWith(data, at, keyStart)) return false;
    this.#keyAt = at + keyStart.length;
    const after = this.#keyAt + keyLength;
    if (after >= end || data[after] !== quote) return false;
    this.#baseAt = startsWith(data, after + 1, baseStart) ? after + 1 + baseStart.length : -1;
    return true;
  }

  /** Equal for equal paths; a small integer. */
  get pathHash(): number {
    return this.#pathHash;
  }

  /** Whether the record's path is this one, which was written with one byte per character. */
  isPath(path: string): boolean {
    return isText(this.#data, this.#pathFrom, this.#pathTo, path);
  }

  /** `undefined`: no path. */
  get path(): string | undefined {
    // One byte per character is the fast way; names that need more are read again.
    const path = this.#data.toString('latin1', this.#pathFrom, this.#pathTo);
    if (!/[\\\u0080-\u00ff]/.test(path)) return path;
    try {
      return JSON.parse(`"${this.#data.toString('utf8', this.#pathFrom, this.#pathTo)}"`) as string;
    } catch {
      return undefined;
    }
  }

  get key(): string {
    return this.#data.toString('latin1', this.#keyAt, this.#keyAt + keyLength);
  }

  /** Whether the record is a delta. */
  get hasBase(): boolean {
    return this.#baseAt >= 0;
  }

  isBase(key: string): boolean {
    return isText(this.#data, this.#baseAt, this.#baseAt + keyLength, key);
  }

  get base(): string {
    return this.#data.toString('latin1', this.#baseAt, this.#baseAt + keyLength);
  }
}

/**
 * Whether a line ends as a record does, and not in its middle: a torn line may end with a brace, too, and counted as a
 * record would make all that builds on it unreadable.
 */
export function endsAsRecord(data: Buffer, start: number, end: number): boolean {
  if (data[end - 1] !== brace || data[end - 2] !== quote) return false;
  // Most end with a time: looked for where it must be.
  let at = end - 3 - timeLength;
  if (at <= start || data[at] !== quote) {
    const last = Math.max(start, end - 2 - maxTailValue);
    at = end - 3;
    while (at >= last && data[at] !== quote) at--;
  }
  const from = at - timeStart.length + 1;
  return from >= start && (startsWith(data, from, timeStart) || startsWith(data, from, commitStart));
}

function startsWith(data: Buffer, at: number, what: Buffer): boolean {
  for (let i = 0; i < what.length; i++) if (data[at + i] !== what[i]) return false;
  return true;
}

function isText(data: Buffer, from: number, to: number, text: string): boolean {
  if (text.length !== to - from) return false;
  for (let i = text.length - 1; i >= 0; i--) if (data[from + i] !== text.charCodeAt(i)) return false;
  return true;
}
