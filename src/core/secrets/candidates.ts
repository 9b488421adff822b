import { needlesOf } from './needles.ts';
import { formats } from './formats.ts';

type Format = (typeof formats)[number];
type Needle = { readonly text: string; readonly ignoreCase: boolean; readonly format: Format };

/** No token is shorter, of the characters that tokens are made of. */
const shortest = 15;
const ofTokens = new Uint8Array(128);
for (let c = 0; c < 128; c++) if (/[\w\-.+/=~:|]/.test(String.fromCharCode(c))) ofTokens[c] = 1;

/**
 * Needles by their first three characters, in five bits each: upper and lower case of a letter have the same. Looks at each
 * character of a line once, whatever the number of formats.
 */
class Index {
  /** By three characters, a place in `lists`; 0 for the many that start no needle. */
  readonly #places = new Uint16Array(1 << 15);
  readonly #lists: Needle[][] = [[]];
  /** Too short for the index. */
  readonly #short: Needle[] = [];
  constructor() {
    for (const format of formats) {
      const [, pattern, , inFront] = format;
      const needles = inFront === undefined ? needlesOf(pattern, 1) : [inFront];
      if (!needles) throw new Error(`${format[0]}: nothing is known that its matches contain`);
      for (const text of needles) {
        const needle = { text, ignoreCase: pattern.ignoreCase, format };
        (text.length < 3 ? this.#short : this.#listAt(placeOf(text))).push(needle);
      }
    }
  }

  #listAt(place: number): Needle[] {
    const known = this.#places[place]!;
    if (known > 0) return this.#lists[known]!;
    this.#places[place] = this.#lists.length;
    const list: Needle[] = [];
    this.#lists.push(list);
    return list;
  }

  formatsIn(line: string): readonly Format[] {
    let found: Set<Format> | undefined;
    let place = 0;
    for (let i = 0; i < line.length; i++) {
      place = ((place << 5) | (line.charCodeAt(i) & 31)) & 0x7fff;
      const at = this.#places[place]!;
      if (at === 0) continue;
      for (const { text, ignoreCase, format } of this.#lists[at]!)
        if (stands(text, line, i - 2, ignoreCase)) (found ??= new Set()).add(format);
    }
    for (const { text, ignoreCase, format } of this.#short)
      if ((ignoreCase ? line.toLowerCase() : line).includes(text)) (found ??= new Set()).add(format);
    return found ? formats.filter((format) => found.has(format)) : [];
  }
}

const placeOf = (text: string): number =>
  ((text.charCodeAt(0) & 31) << 10) | ((text.charCodeAt(1) & 31) << 5) | (text.charCodeAt(2) & 31);

const stands = (text: string, line: string, at: number, ignoreCase: boolean): boolean =>
  ignoreCase ? line.slice(at, at + text.length).toLowerCase() === text : line.startsWith(text, at);

/** Whether a token fits in. Looks at one character in `shortest`, and at more where that one may be of a token. */
function hasRoom(line: string): boolean {
  for (let end = shortest - 1; end < line.length;) {
    let i = end;
    for (; i > end - shortest; i--) {
      const c = line.charCodeAt(i);
      if (c > 127 || ofTokens[c] === 0) break;
    }
    if (i === end - shortest) return true;
    end = i + shortest;
  }
  return false;
}

let index: Index | undefined;

/** The formats of which a line holds what each of their matches contains, in their order; most lines hold none. */
export const formatsIn = (line: string): readonly Format[] =>
  hasRoom(line) ? (index ??= new Index()).formatsIn(line) : [];
