/**
 * Findings that a person chose to ignore once, with a reason: `ignored.jsonl` in the shared state folder. They only
 * quieten the editor; no gate reads them. An unreadable file means nothing is ignored.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { sha256 } from '../platform/crypto.ts';

export interface Ignored {
  readonly path: string;
  readonly rule: string;
  /** Hash of rule, path and line text without outer white space; the text itself is not kept. */
  readonly line: string;
  readonly reason: string;
  readonly by: string;
  /** UTC, ISO 8601. */
  readonly at: string;
}

const maxBytes = 4 * 1024 * 1024;

export class IgnoredFindings {
  readonly fileName = 'ignored.jsonl';
  readonly #dir: string | undefined;
  #keys = new Set<string>();

  /** Without a folder, what is ignored lasts as long as the process. */
  constructor(dir: string | undefined) {
    this.#dir = dir;
  }

  static line(repoPath: string, rule: string, lineText: string): string {
    return sha256(`countersign-ignored1\n${rule}\n${repoPath}\n${lineText.trim()}`).slice(0, 32);
  }

  has(repoPath: string, rule: string, lineText: string): boolean {
    return this.#keys.size > 0 && this.#keys.has(IgnoredFindings.line(repoPath, rule, lineText));
  }

  async read(): Promise<void> {
    if (this.#dir === undefined) return;
    const file = path.join(this.#dir, this.fileName);
    const keys = new Set<string>();
    try {
      const { size } = await fs.stat(file);
      const text = size > maxBytes ? '' : await fs.readFile(file, 'utf8');
      for (const line of text.split('\n')) {
        const key = lineKey(line);
        if (key !== undefined) keys.add(key);
      }
    } catch {
      // Nothing was ever ignored, or it can't be read: findings show.
    }
    this.#keys = keys;
  }

  /** @throws the error of the file system: the person must know that it was not recorded. */
  async add(entry: Ignored): Promise<void> {
    if (this.#dir !== undefined) {
      await fs.mkdir(this.#dir, { recursive: true, mode: 0o700 });
      await fs.appendFile(path.join(this.#dir, this.fileName), `${JSON.stringify(entry)}\n`, { mode: 0o600 });
    }
    this.#keys.add(entry.line);
  }
}

function lineKey(line: string): string | undefined {
  try {
    const value = JSON.parse(line) as { line?: unknown } | null;
    return typeof value?.line === 'string' && /^[0-9a-f]{32}$/.test(value.line) ? value.line : undefined;
  } catch {
    return undefined;
  }
}
