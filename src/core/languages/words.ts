/** Which of a fixed list of words stand in a text: the prefilter that decides which rules run at all. */

/** Longer words are no keywords (and a hash of one would cost more than it is worth). */
const maxWord = 64;

/** ASCII character → its lower-case code when it belongs to a word, else 0. */
const lower = new Uint8Array(128);
for (let ch = 48; ch <= 57; ch++) lower[ch] = ch;
for (let ch = 97; ch <= 122; ch++) lower[ch] = lower[ch - 32] = ch;
lower[95] = 95;

/** Looks up all words of a text in one pass without cutting it up; words are runs of `[A-Za-z0-9_]`, case is ignored. */
export class WordIndex {
  readonly #ids = new Map<string, number>();
  /** Open addressing: hash → id + 1 of the word. */
  readonly #slots: Int32Array;
  readonly #words: string[] = [];
  /** 1 at the id of every word of the text in hand. */
  readonly #seen: Uint8Array;

  /** `words` in lower case, at most 64 characters each. */
  constructor(words: Iterable<string>) {
    for (const word of new Set(words)) {
      if (!/^[a-z0-9_]{1,64}$/.test(word))
        throw new Error(`'${word}' is no keyword: lower-case letters, digits and _ only`);
      this.#ids.set(word, this.#words.length);
      this.#words.push(word);
    }
    let size = 64;
    while (size < this.#words.length * 4) size *= 2;
    this.#slots = new Int32Array(size);
    this.#seen = new Uint8Array(this.#words.length);
    for (const [word, id] of this.#ids) {
      let hash = 0;
      for (let i = 0; i < word.length; i++) hash = (Math.imul(hash, 31) + word.charCodeAt(i)) | 0;
      let slot = hash & (size - 1);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (size - 1);
      this.#slots[slot] = id + 1;
    }
  }

  /** Number of words; their ids are 0 … size − 1. */
  get size(): number {
    return this.#words.length;
  }

  /** Id of a word of the list; throws for any other. */
  idOf(word: string): number {
    const id = this.#ids.get(word);
    if (id === undefined) throw new Error(`'${word}' is not in the index`);
    return id;
  }

  /** Ids of the words of the list that stand in the text, in the order in which they come first. */
  find(text: string): readonly number[] {
    const seen = this.#seen;
    const ids: number[] = [];
    const slots = this.#slots;
    const mask = slots.length - 1;
    const n = text.length;
    let i = 0;
    while (i < n) {
      let ch = text.charCodeAt(i);
      let low = ch < 128 ? lower[ch]! : 0;
      if (low === 0) {
        i++;
        continue;
      }
      const start = i;
      let hash = 0;
      while (low !== 0) {
        hash = (Math.imul(hash, 31) + low) | 0;
        if (++i >= n) break;
        ch = text.charCodeAt(i);
        low = ch < 128 ? lower[ch]! : 0;
      }
      if (i - start > maxWord) continue;
      for (let slot = hash & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
        const id = slots[slot]! - 1;
        if (this.#is(id, text, start, i)) {
          if (seen[id] === 0) ids.push(id);
          seen[id] = 1;
          break;
        }
      }
    }
    for (const id of ids) seen[id] = 0;
    return ids;
  }

  #is(id: number, text: string, start: number, end: number): boolean {
    const word = this.#words[id]!;
    if (word.length !== end - start) return false;
    for (let i = 0; i < word.length; i++) if (word.charCodeAt(i) !== lower[text.charCodeAt(start + i)]) return false;
    return true;
  }
}
