/**
 * What a text must contain for a pattern to match it, read off the pattern itself: looking for a few characters is many
 * times cheaper than running the pattern, and a list kept by hand beside the patterns would fall behind them.
 */

/** Shorter needles are everywhere. */
const shortest = 3;

/**
 * Strings of which every match of the pattern contains at least one (in lower case when it ignores case);
 * `undefined` when the pattern asks for none.
 */
export function needlesOf(pattern: RegExp): readonly string[] | undefined {
  const reader = new Reader(pattern.source);
  const needles = reader.alternatives();
  if (!reader.isRead || worth(needles) < shortest) return undefined;
  return [...new Set(pattern.ignoreCase ? needles.map((n) => n.toLowerCase()) : needles)];
}

/** A list of alternatives is as good as its shortest. */
const worth = (needles: readonly string[]): number =>
  needles.length === 0 ? 0 : Math.min(...needles.map((n) => n.length));

/** Reads the syntax that token patterns use; anything else makes it give up. */
class Reader {
  readonly #source: string;
  #at = 0;
  #isLost = false;

  constructor(source: string) {
    this.#source = source;
  }

  /** Whether all of the pattern was understood. */
  get isRead(): boolean {
    return !this.#isLost && this.#at >= this.#source.length;
  }

  /** `a|b|c` up to a closing bracket or the end; empty when one of them asks for nothing. */
  alternatives(): readonly string[] {
    const found: string[] = [];
    let isKnown = true;
    for (;;) {
      const needles = this.#sequence();
      if (needles.length === 0) isKnown = false;
      found.push(...needles);
      if (this.#source[this.#at] !== '|') break;
      this.#at++;
    }
    return isKnown ? found : [];
  }

  #sequence(): readonly string[] {
    let best: readonly string[] = [];
    let run = '';
    const cut = (): void => {
      if (worth([run]) > worth(best)) best = [run];
      run = '';
    };
    while (this.#at < this.#source.length && !this.#isLost) {
      const ch = this.#source[this.#at]!;
      if (ch === '|' || ch === ')') break;
      if (ch === '(') {
        const look = /^\(\?<?[=!]/.exec(this.#source.slice(this.#at, this.#at + 4));
        this.#at += look ? look[0].length : this.#source.startsWith('(?:', this.#at) ? 3 : 1;
        if (this.#source[this.#at] === '?') this.#isLost = true;
        const inner = this.alternatives();
        this.#at++;
        // What is looked at is no part of the match, and does not come between its parts.
        if (look) continue;
        const [least] = this.#quantifier();
        cut();
        if (least > 0 && worth(inner) > worth(best)) best = inner;
        continue;
      }
      let literal: string | undefined;
      if (ch === '[') {
        this.#at++;
        while (this.#at < this.#source.length && this.#source[this.#at] !== ']')
          this.#at += this.#source[this.#at] === '\\' ? 2 : 1;
        this.#at++;
      } else if (ch === '\\') {
        const next = this.#source[this.#at + 1] ?? '';
        this.#at += 2;
        if (next === 'b' || next === 'B') continue;
        if (/[uxckp]/i.test(next)) this.#isLost = true;
        literal = /\W/.test(next) ? next : undefined;
      } else {
        this.#at++;
        if (ch === '^' || ch === '$') continue;
        literal = ch === '.' ? undefined : ch;
      }
      const [least, most] = this.#quantifier();
      if (literal !== undefined) run += literal.repeat(Math.min(least, 50));
      if (literal === undefined || least !== most || least > 50) cut();
    }
    cut();
    return best;
  }

  /** How often at least and at most. */
  #quantifier(): readonly [number, number] {
    const m = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/.exec(this.#source.slice(this.#at, this.#at + 16));
    if (!m) return [1, 1];
    this.#at += m[0].length;
    if (m[1] !== undefined) return m[1] === '+' ? [1, Infinity] : [0, m[1] === '?' ? 1 : Infinity];
    const least = Number(m[2]);
    return [least, m[3] === undefined ? least : m[4] === '' ? Infinity : Number(m[4])];
  }
}
