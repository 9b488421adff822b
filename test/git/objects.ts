/** Reads commits, trees and blobs of a repository without git; only loose objects, as all are where nothing packs them. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { inflateSync } from 'node:zlib';
import { parseCommit, type Commit } from '../../src/platform/commitInMaking.ts';

export class Objects {
  readonly #dir: string;
  readonly #commits = new Map<string, Commit>();
  readonly #trees = new Map<string, Map<string, string>>();

  constructor(gitDir: string) {
    this.#dir = gitDir;
  }

  #read(id: string): Buffer {
    const raw = inflateSync(fs.readFileSync(path.join(this.#dir, 'objects', id.slice(0, 2), id.slice(2))));
    return raw.subarray(raw.indexOf(0) + 1);
  }

  /** The commit that HEAD is. */
  head(): string {
    const text = fs.readFileSync(path.join(this.#dir, 'HEAD'), 'latin1').trim();
    return text.startsWith('ref: ') ? fs.readFileSync(path.join(this.#dir, text.slice(5)), 'latin1').trim() : text;
  }

  commit(id: string): Commit {
    let found = this.#commits.get(id);
    if (!found) this.#commits.set(id, (found = parseCommit(id, this.#read(id).toString('latin1'))));
    return found;
  }

  /** What `from` has, parents first, without `known` and what is behind it. */
  since(from: string, known: ReadonlySet<string>): string[] {
    const seen = new Set<string>();
    const out: string[] = [];
    const walk = (id: string): void => {
      if (known.has(id) || seen.has(id)) return;
      seen.add(id);
      for (const parent of this.commit(id).parents) walk(parent);
      out.push(id);
    };
    walk(from);
    return out;
  }

  /** Blobs of a commit by path. */
  files(commit: string): ReadonlyMap<string, string> {
    return this.#tree(this.commit(commit).tree);
  }

  #tree(id: string): ReadonlyMap<string, string> {
    let found = this.#trees.get(id);
    if (found) return found;
    this.#trees.set(id, (found = new Map()));
    const bytes = this.#read(id);
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf(0, at);
      const [mode, name = ''] = bytes.toString('utf8', at, end).split(' ');
      const object = bytes.toString('hex', end + 1, end + 21);
      if (mode === '40000') for (const [file, blob] of this.#tree(object)) found.set(`${name}/${file}`, blob);
      else found.set(name, object);
      at = end + 21;
    }
    return found;
  }

  /** The text of a file in a commit; empty where there is none. */
  text(commit: string, file: string): string {
    const blob = this.files(commit).get(file);
    return blob === undefined ? '' : this.#read(blob).toString('utf8');
  }
}
