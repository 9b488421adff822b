/**
 * What a text must contain for a pattern to match it, read off the pattern itself: looking for a few characters is many
 * times cheaper than running the pattern, and a list kept by hand beside the patterns would fall behind them.
 */

/** Shorter needles are everywhere. */
const usual = 3;

/** A pattern that would need more of them is better run. */
const mostNeedles = 64;

/**
 * Strings of which every match of the pattern contains at least one (in lower case when it ignores case);
 * `undefined` when the pattern asks for none of that length.
 */
export function needlesOf(pattern: RegExp, shortest = usual): readonly string[] | undefined {
  const reader = new Reader(pattern.source);
  const { needles } = reader.alternatives();
  if (!reader.isRead || worth(needles) < shortest) return undefined;
  return [...new Set(pattern.ignoreCase ? needles.map((n) => n.toLowerCase()) : needles)];
}

/** A list of alternatives is as good as its shortest. */
const worth = (needles: readonly string[]): number =>
  needles.length === 0 ? 0 : Math.min(...needles.map((n) => n.length));

/** Of a part of a pattern: what its matches contain, and all of them where they are few. */
interface Part {
  readonly needles: readonly string[];
  readonly whole?: readonly string[] | undefined;
}

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

  /** `a|b|c` up to a closing bracket or the end; no needles when one of them asks for nothing. */
  alternatives(): Part {
    const needles: string[] = [];
    let whole: string[] | undefined = [];
    let isKnown = true;
    for (;;) {
      const part = this.#sequence();
      if (part.needles.length === 0) isKnown = false;
      needles.push(...part.needles);
      whole = part.whole && whole ? [...whole, ...part.whole] : undefined;
      if (this.#source[this.#at] !== '|') break;
      this.#at++;
    }
    return { needles: isKnown ? needles : [], whole };
  }

  #sequence(): Part {
    let best: readonly string[] = [];
    /** What may stand where we are, since the last thing that can be many. */
    let runs: readonly string[] = [''];
    let isWhole = true;
    const cut = (): void => {
      if (worth(runs) > worth(best)) best = runs;
      runs = [''];
    };
    const append = (ends: readonly string[]): void => {
      if (runs.length * ends.length > mostNeedles) {
        isWhole = false;
        cut();
      }
      runs = ends.length > mostNeedles ? [''] : runs.flatMap((run) => ends.map((end) => run + end));
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
        const [least, most] = this.#quantifier();
        if (least === 1 && most === 1 && inner.whole) append(inner.whole);
        else {
          isWhole = false;
          cut();
          if (least > 0 && worth(inner.needles) > worth(best)) best = inner.needles;
        }
        continue;
      }
      if (ch === '^' || ch === '$') {
        this.#at++;
        continue;
      }
      const one = this.#character();
      if (one === 'nothing') continue;
      const [least, most] = this.#quantifier();
      if (one && least === most && (one.length === 1 || least === 1) && least <= 50)
        append(one.map((c) => c.repeat(least)));
      else {
        isWhole = false;
        if (one?.length === 1) runs = runs.map((run) => run + one[0]!.repeat(Math.min(least, 50)));
        cut();
      }
    }
    const whole = isWhole ? runs : undefined;
    cut();
    return { needles: best, whole };
  }

  /** The characters that one place of the pattern takes, where they are few; a boundary takes none. */
  #character(): readonly string[] | 'nothing' | undefined {
    const ch = this.#source[this.#at]!;
    if (ch === '[') {
      const start = ++this.#at;
      while (this.#at < this.#source.length && this.#source[this.#at] !== ']')
        this.#at += this.#source[this.#at] === '\\' ? 2 : 1;
      const inside = this.#source.slice(start, this.#at++);
      return /^[A-Za-z0-9_]{1,8}$/.test(inside) ? inside.split('') : undefined;
    }
    if (ch === '\\') {
      const next = this.#source[this.#at + 1] ?? '';
      this.#at += 2;
      if (next === 'b' || next === 'B') return 'nothing';
      if (/[uxckp]/i.test(next)) this.#isLost = true;
      return /\W/.test(next) ? [next] : undefined;
    }
    this.#at++;
    return ch === '.' ? undefined : [ch];
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
