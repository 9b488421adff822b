/**
 * `d1`: the content digest of a change, and its totals, in one pass over git's patch bytes (docs/trailers.md).
 * Hashed are, as raw bytes, each `diff --git` line, the mode lines and every `+`, `-` and `\` line; never positions,
 * object names or context. Hunk counts delimit the content, so content that looks like a header is safe.
 */
import type { Hunk } from '../model.ts';
import type { PatchDigest } from './model.ts';

/** An incremental SHA-256; `platform/crypto` makes them. */
export interface HashStream {
  update(data: Uint8Array | string): unknown;
  /** 64 lower-case hex digits; ends the stream. */
  hex(): string;
}

/** Options of every git command whose patch is read here, with any number of context lines. No configuration changes it. */
export const patchOptions: readonly string[] = [
  '-p',
  '-a',
  '--no-color',
  '--no-ext-diff',
  '--no-textconv',
  '--no-renames',
  '--diff-algorithm=myers',
  '--indent-heuristic',
  '--inter-hunk-context=0',
  '--src-prefix=a/',
  '--dst-prefix=b/',
  '--submodule=short',
  '--ignore-submodules=none',
  '--no-relative',
];

/**
 * Settings for every git command whose patch is read here. The second one keeps git from reading a file of the work tree
 * in place of an equal object (it may have changed since): it does not where files would have to be converted.
 */
export const patchConfig: readonly string[] = ['-c', 'core.quotePath=true', '-c', 'core.autocrlf=input'];

/** What git must be asked for, after `git`; then come two trees, or `--stdin`. */
export const patchArguments: readonly string[] = [...patchConfig, 'diff-tree', '-r', '-U0', ...patchOptions];

/** So many context lines that a patch holds both texts whole. Twice this fits the 32-bit numbers git counts with. */
export const wholeContext = '-U1000000000';

const newline = 0x0a;
const plus = 0x2b;
const minus = 0x2d;
const backslash = 0x5c;

export interface FileTotals {
  /** The `diff --git` line, cut at 4 kB. */
  readonly header: string;
  added: number;
  deleted: number;
  /** The lines of the patch with their marks, where they were asked for and are not more than `keepBytes`. */
  body?: Uint8Array[] | 'large';
}

/** Called per patch; `files` in git's order, where a change of type has two entries of one name. */
export type OnPatch = (digest: PatchDigest, commit: string | undefined, files: readonly FileTotals[]) => void;

/** Headers are short, but a path may be long; a longer line is not git's. */
const maxHeaderBytes = 256 * 1024;

/** Takes the bytes of one patch or, with `onCommit`, of a `diff-tree --stdin` run over many commits, chunk by chunk. */
export class PatchReader {
  readonly #newHash: () => HashStream;
  readonly #onPatch: OnPatch;
  readonly #onRaw: ((line: Uint8Array) => void) | undefined;
  #hash: HashStream;
  #commit: string | undefined;
  #added = 0;
  #deleted = 0;
  #perFile: FileTotals[] = [];
  #oldLeft = 0;
  #newLeft = 0;
  /** Inside a content line that the last chunk did not finish: does it count for the hash? */
  #midLine: 'none' | 'hashed' | 'skipped' = 'none';
  /** A header line that the last chunk did not finish. */
  #rest: Uint8Array = new Uint8Array(0);
  /** "No newline at end of file" belongs to a line that is hashed. */
  #afterChange = true;
  readonly #keepBytes: number;
  #keptBytes = 0;

  /**
   * `onRaw` takes the lines of `--raw`, with which git may be asked for in the same run. `keepBytes`: a file's lines are
   * kept up to this size.
   */
  constructor(newHash: () => HashStream, onPatch: OnPatch, onRaw?: (line: Uint8Array) => void, keepBytes = 0) {
    this.#newHash = newHash;
    this.#onPatch = onPatch;
    this.#onRaw = onRaw;
    this.#keepBytes = keepBytes;
    this.#hash = this.#start();
  }

  #start(): HashStream {
    const hash = this.#newHash();
    hash.update('d1\n');
    this.#added = this.#deleted = 0;
    this.#perFile = [];
    return hash;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    if (this.#rest.length > 0) {
      const joined = new Uint8Array(this.#rest.length + chunk.length);
      joined.set(this.#rest);
      joined.set(chunk, this.#rest.length);
      chunk = joined;
      this.#rest = new Uint8Array(0);
    }
    while (at < chunk.length) {
      if (this.#midLine !== 'none') {
        const end = chunk.indexOf(newline, at);
        const stop = end < 0 ? chunk.length : end + 1;
        if (this.#midLine === 'hashed') this.#hash.update(chunk.subarray(at, stop));
        this.#keep(chunk, at, stop);
        if (end < 0) return;
        this.#midLine = 'none';
        at = stop;
      } else if (this.#oldLeft > 0 || this.#newLeft > 0 || chunk[at] === backslash) at = this.#content(chunk, at);
      else {
        const end = chunk.indexOf(newline, at);
        if (end < 0) {
          if (chunk.length - at > maxHeaderBytes) throw new Error('git sent a patch header without end');
          this.#rest = chunk.slice(at);
          return;
        }
        this.#header(chunk.subarray(at, end + 1));
        at = end + 1;
      }
    }
  }

  /** Takes content lines from `at`, hashing runs of them at once; returns where it stopped. */
  #content(chunk: Uint8Array, at: number): number {
    const file = this.#perFile.at(-1);
    let runStart = at;
    let i = at;
    while (i < chunk.length && (this.#oldLeft > 0 || this.#newLeft > 0 || chunk[i] === backslash)) {
      const mark = chunk[i];
      if (mark !== backslash) this.#afterChange = mark === plus || mark === minus;
      const hashed = this.#afterChange;
      if (mark === plus) {
        this.#newLeft--;
        this.#added++;
        if (file) file.added++;
      } else if (mark === minus) {
        this.#oldLeft--;
        this.#deleted++;
        if (file) file.deleted++;
      } else if (mark !== backslash) {
        this.#oldLeft--;
        this.#newLeft--;
      }
      if (!hashed && i > runStart) this.#hash.update(chunk.subarray(runStart, i));
      const end = chunk.indexOf(newline, i);
      if (end < 0) {
        if (hashed) this.#hash.update(chunk.subarray(runStart, chunk.length));
        this.#midLine = hashed ? 'hashed' : 'skipped';
        this.#keep(chunk, at, chunk.length);
        return chunk.length;
      }
      i = end + 1;
      if (!hashed) runStart = i;
    }
    if (i > runStart) this.#hash.update(chunk.subarray(runStart, i));
    this.#keep(chunk, at, i);
    return i;
  }

  #keep(chunk: Uint8Array, from: number, to: number): void {
    const file = this.#perFile.at(-1);
    if (this.#keepBytes === 0 || !file || file.body === 'large') return;
    this.#keptBytes += to - from;
    if (this.#keptBytes > this.#keepBytes) file.body = 'large';
    else {
      // A copy: whoever reads git's output may use its buffer again.
      const copy = new Uint8Array(chunk.subarray(from, to));
      if (file.body) file.body.push(copy);
      else file.body = [copy];
    }
  }

  #header(line: Uint8Array): void {
    if (startsWith(line, '@@ ')) {
      const match = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(ascii(line.subarray(0, 80)));
      if (!match) throw new Error('git sent a hunk header that is none');
      this.#oldLeft = Number(match[1] ?? 1);
      this.#newLeft = Number(match[2] ?? 1);
    } else if (startsWith(line, ':')) {
      this.#onRaw?.(line);
    } else if (startsWith(line, 'diff --git ')) {
      this.#perFile.push({ header: ascii(line.subarray(0, 4096)), added: 0, deleted: 0 });
      this.#keptBytes = 0;
      this.#hash.update(line);
    } else if (
      startsWith(line, 'old mode ') ||
      startsWith(line, 'new mode ') ||
      startsWith(line, 'new file mode ') ||
      startsWith(line, 'deleted file mode ')
    )
      this.#hash.update(line);
    else if (/^[0-9a-f]{40,64}\n$/.test(ascii(line.subarray(0, 66)))) {
      this.#flush();
      this.#commit = ascii(line).trimEnd();
    } else if (startsWith(line, 'diff ') || startsWith(line, 'Binary files '))
      throw new Error(`git sent a kind of patch that has no digest: ${ascii(line.subarray(0, 60)).trimEnd()}`);
  }

  #flush(): void {
    if (this.#commit !== undefined) this.#emit();
  }

  #emit(): void {
    const patch = `d1:${this.#hash.hex().slice(0, 32)}`;
    const files = this.#perFile.filter((f, i) => f.header !== this.#perFile[i - 1]?.header).length;
    this.#onPatch({ patch, added: this.#added, deleted: this.#deleted, files }, this.#commit, this.#perFile);
    this.#hash = this.#start();
  }

  /** The input is complete. @throws Error when it stopped in the middle of a hunk. */
  end(): void {
    if (this.#oldLeft > 0 || this.#newLeft > 0 || this.#midLine !== 'none' || this.#rest.length > 0)
      throw new Error('git sent a patch that ends in the middle');
    this.#emit();
  }
}

/** Both sides of a file, from a patch with `wholeContext`. */
export interface PatchTexts {
  /** Without a byte order mark, as editors read a file. */
  readonly before: string;
  readonly after: string;
  /** Where they differ, as git sees it; in order, never adjacent. Lines end at `\n` only. */
  readonly hunks: readonly Hunk[];
}

/** Reads `FileTotals.body`. */
export function patchTexts(body: readonly Uint8Array[]): PatchTexts {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let text = '';
  for (const part of body) text += decoder.decode(part, { stream: true });
  text += decoder.decode();
  const before: string[] = [];
  const after: string[] = [];
  const hunks: Hunk[] = [];
  let isOpen = [false, false];
  let last = '';
  let old = 0;
  let fresh = 0;
  const flush = (): void => {
    if (old > 0 || fresh > 0) {
      const [o, n] = [before.length - old, after.length - fresh];
      hunks.push({
        oldStart: old === 0 ? o : o + 1,
        oldLines: old,
        newStart: fresh === 0 ? n : n + 1,
        newLines: fresh,
      });
    }
    old = fresh = 0;
  };
  for (let at = 0; at < text.length;) {
    let end = text.indexOf('\n', at);
    if (end < 0) end = text.length;
    const mark = text[at] as string;
    const line = text.slice(at + 1, end);
    at = end + 1;
    if (mark === '\\') {
      isOpen = [isOpen[0] || last !== '+', isOpen[1] || last !== '-'];
      continue;
    }
    last = mark;
    if (mark === '-') {
      before.push(line);
      old++;
    } else if (mark === '+') {
      after.push(line);
      fresh++;
    } else {
      flush();
      before.push(line);
      after.push(line);
    }
  }
  flush();
  const whole = (lines: readonly string[], open: boolean | undefined): string =>
    (lines.length === 0 ? '' : lines.join('\n') + (open ? '' : '\n')).replace(/^\ufeff/, '');
  return { before: whole(before, isOpen[0]), after: whole(after, isOpen[1]), hunks };
}

/** The digest of one complete patch. */
export function patchDigest(patch: Uint8Array, newHash: () => HashStream): PatchDigest {
  let result: PatchDigest | undefined;
  const reader = new PatchReader(newHash, (digest) => {
    result = digest;
  });
  reader.push(patch);
  reader.end();
  return result as PatchDigest;
}

function startsWith(line: Uint8Array, text: string): boolean {
  if (line.length < text.length) return false;
  for (let i = 0; i < text.length; i++) if (line[i] !== text.charCodeAt(i)) return false;
  return true;
}

const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
