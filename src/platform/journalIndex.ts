/**
 * Where the records of one path stand in a journal. A journal is read from its start and most of what it says is never
 * asked for: what looks records up by key is only made when somebody asks.
 */

/** One record. */
export interface Entry {
  readonly key: string;
  /** The record this one is a delta to: the newest of that key when this one was written. Never later, so no cycles. */
  readonly base: Entry | 'full' | 'missing';
  readonly offset: number;
  readonly length: number;
  readonly depth: number;
}

/** Texts remembered per path; more than a compaction keeps. */
const maxIndexed = 256;

export class PathRecords {
  readonly path: string;
  /** Oldest first; a key may be there more than once, and its last record counts. */
  #list: Entry[] = [];
  /** The same by key, in the order of the records that count. */
  #byKey: Map<string, Entry> | undefined;
  #newest: Entry | undefined;

  constructor(path: string) {
    this.path = path;
  }

  get newest(): Entry | undefined {
    return this.#newest;
  }

  get size(): number {
    return this.#map().size;
  }

  get(key: string): Entry | undefined {
    return this.#map().get(key);
  }

  /** Oldest first. */
  keys(): string[] {
    return [...this.#map().keys()];
  }

  /** Oldest first. */
  entries(): Entry[] {
    return [...this.#map().values()];
  }

  add(entry: Entry): void {
    this.#newest = entry;
    this.#list.push(entry);
    if (this.#byKey) {
      this.#byKey.delete(entry.key);
      this.#byKey.set(entry.key, entry);
    }
    // Many of them at once: to take the first away each time is slow.
    if (this.#list.length > 4 * maxIndexed) {
      this.#list = newestOf(this.#list, maxIndexed);
      this.#byKey = undefined;
    }
  }

  delete(key: string): void {
    if (this.#newest?.key === key) this.#newest = undefined;
    this.#list = this.#list.filter((entry) => entry.key !== key);
    this.#byKey = undefined;
  }

  #map(): Map<string, Entry> {
    if (this.#byKey) return this.#byKey;
    const map = new Map<string, Entry>();
    for (const entry of this.#list) {
      map.delete(entry.key);
      map.set(entry.key, entry);
    }
    return (this.#byKey = map);
  }
}

/** Up to `count` of the records that count, oldest first. */
function newestOf(list: readonly Entry[], count: number): Entry[] {
  const seen = new Set<string>();
  const found: Entry[] = [];
  for (let i = list.length - 1; i >= 0 && found.length < count; i--) {
    const entry = list[i]!;
    if (seen.has(entry.key)) continue;
    seen.add(entry.key);
    found.push(entry);
  }
  return found.reverse();
}
