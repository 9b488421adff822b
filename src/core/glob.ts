/**
 * Globs of a policy, with minimatch's meaning (`dot`, no `matchBase`), matched without regular expressions: a policy and
 * the file names of a repository may both be hostile, and a glob compiled to a RegExp backtracks (`*a*a*a*b`). Here the
 * work is bounded by length of glob × length of path. `test/unit/core/glob.test.ts` holds it against minimatch.
 *
 * Supported: `*` `?` `[a-z]` `[!a]` `[[:alpha:]]` `**` `{a,b}` `{1..9}` `\` escapes, `@(a|b)`, `?(a)`, and `!(a|b)` after a
 * literal. Not supported, because no bound holds: `+(…)` and `*(…)`.
 */

/** How many patterns a glob's braces may stand for. */
const maxExpansions = 500;

/** One compiled glob: any of its brace-free patterns. */
export interface Glob {
  /** Takes a path split at `/`. */
  match(parts: readonly string[]): boolean;
}

type Token =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'many' }
  | { readonly kind: 'class'; readonly test: (char: string) => boolean };

type Segment =
  | { readonly kind: 'deep' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'suffix'; readonly text: string }
  | { readonly kind: 'wild'; readonly tokens: readonly Token[] }
  | { readonly kind: 'not'; readonly like: readonly Token[]; readonly unless: readonly (readonly Token[])[] };

/** @throws Error that says what is wrong with the glob, in a few words. */
export function compileGlob(glob: string): Glob {
  const patterns = expandBraces(glob).map(compilePattern);
  return { match: (parts) => patterns.some((p) => matchSegments(p, parts)) };
}

/**
 * Texts that stand in every path that a glob takes; none where that is not plain to see. Finding them costs far less than
 * compiling, and most globs never meet a path that has them.
 */
export function requiredTexts(glob: string): string[] {
  if (/[[\\(]/.test(glob)) return [];
  const texts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i <= glob.length; i++) {
    const c = glob[i] ?? '/';
    if (depth === 0 && !'*?{}/'.includes(c)) continue;
    // A segment `.` says nothing.
    if (depth === 0 && i > from && glob.slice(from, i) !== '.') texts.push(glob.slice(from, i));
    if (c === '{') depth++;
    else if (c === '}') depth--;
    // A brace that opens or closes nothing is text.
    if (depth < 0) return [];
    from = i + 1;
  }
  return depth === 0 ? texts : [];
}

function compilePattern(text: string): Segment[] {
  const segments = text.split('/').filter(keepSegment).map(compileSegment);
  // A closing `**` stands for what is inside a folder, not for the folder itself: `a/**` is `a/**` + `/*`.
  if (segments.at(-1)?.kind === 'deep') segments.push({ kind: 'suffix', text: '' });
  return segments;
}

/** `a//b` and `a/./b` are `a/b`. */
const keepSegment = (segment: string): boolean => segment !== '' && segment !== '.';

//#region Matching

/** Wildcard matching over folders, with one step back to the latest `**`: enough, since an earlier one never helps. */
function matchSegments(pattern: readonly Segment[], parts: readonly string[]): boolean {
  let p = 0;
  let s = 0;
  let back = -1;
  let mark = 0;
  while (s < parts.length) {
    const segment = pattern[p];
    if (segment?.kind === 'deep') {
      back = p++;
      mark = s;
    } else if (segment && matchSegment(segment, parts[s] as string)) {
      p++;
      s++;
    } else if (back >= 0) {
      p = back + 1;
      s = ++mark;
    } else return false;
  }
  return p === pattern.length;
}

function matchSegment(segment: Segment, text: string): boolean {
  switch (segment.kind) {
    case 'text':
      return segment.text === text;
    case 'suffix':
      return text.endsWith(segment.text);
    case 'wild':
      return matchTokens(segment.tokens, text);
    case 'not':
      return matchTokens(segment.like, text) && !segment.unless.some((t) => matchTokens(t, text));
    default:
      return true;
  }
}

/** The same over characters; `?` takes a whole surrogate pair. */
function matchTokens(tokens: readonly Token[], text: string): boolean {
  let t = 0;
  let i = 0;
  let back = -1;
  let mark = 0;
  while (i < text.length) {
    const token = tokens[t];
    const width = token && token.kind !== 'many' ? consume(token, text, i) : 0;
    if (token?.kind === 'many') {
      back = t++;
      mark = i;
    } else if (width > 0) {
      t++;
      i += width;
    } else if (back >= 0) {
      t = back + 1;
      i = ++mark;
    } else return false;
  }
  while (tokens[t]?.kind === 'many') t++;
  return t === tokens.length;
}

/** How many UTF-16 units the token takes at `i`; 0 = none. */
function consume(token: Exclude<Token, { kind: 'many' }>, text: string, i: number): number {
  if (token.kind === 'char') return text.startsWith(token.char, i) ? token.char.length : 0;
  const char = String.fromCodePoint(text.codePointAt(i) as number);
  return token.kind === 'one' || token.test(char) ? char.length : 0;
}

//#endregion

//#region Compiling

function compileSegment(text: string): Segment {
  if (/^\*\*+$/.test(text)) return { kind: 'deep' };
  const not = /^(.*?)!\(/s.exec(text);
  if (not && !escaped(text, not[1]?.length ?? 0)) return compileNot(text, not[1] as string);
  const bad = /[+*]\(/.exec(text);
  if (bad && !escaped(text, bad.index) && text.includes(')', bad.index))
    throw new Error(`'${bad[0]}…)' is not supported; write {a,b} or *`);
  const tokens = tokenize(text);
  const chars = (from: number): string | undefined => {
    let out = '';
    for (let i = from; i < tokens.length; i++) {
      const token = tokens[i] as Token;
      if (token.kind !== 'char') return undefined;
      out += token.char;
    }
    return out;
  };
  const whole = chars(0);
  if (whole !== undefined) return { kind: 'text', text: whole };
  const suffix = tokens[0]?.kind === 'many' ? chars(1) : undefined;
  return suffix === undefined ? { kind: 'wild', tokens } : { kind: 'suffix', text: suffix };
}

/** `pre!(a|b)post`: like `pre*post`, but neither `preapost` nor `prebpost`. */
function compileNot(text: string, before: string): Segment {
  const open = before.length + 2;
  const close = text.indexOf(')', open);
  const inner = text.slice(open, close);
  const after = text.slice(close + 1);
  if (close < 0 || inner.includes('(') || /[!+*?@]\(/.test(after))
    throw new Error("only one plain '!(a|b)' per name is supported");
  if (tokenize(before).some((t) => t.kind !== 'char')) throw new Error("'!(…)' must come before any * or ? in a name");
  return {
    kind: 'not',
    like: tokenize(`${before}*${after}`),
    unless: inner.split('|').map((alternative) => tokenize(before + alternative + after)),
  };
}

const escaped = (text: string, at: number): boolean => {
  let n = 0;
  while (text[at - 1 - n] === '\\') n++;
  return n % 2 === 1;
};

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < text.length;) {
    const c = text[i] as string;
    if (c === '\\' && i + 1 < text.length) {
      tokens.push({ kind: 'char', char: text[i + 1] as string });
      i += 2;
      continue;
    }
    if (c === '*') {
      if (tokens.at(-1)?.kind !== 'many') tokens.push({ kind: 'many' });
      i++;
      continue;
    }
    if (c === '?') {
      tokens.push({ kind: 'one' });
      i++;
      continue;
    }
    const set = c === '[' ? parseClass(text, i) : undefined;
    if (set) {
      tokens.push({ kind: 'class', test: set.test });
      i = set.end;
      continue;
    }
    tokens.push({ kind: 'char', char: c });
    i++;
  }
  return tokens;
}

/** Made when a glob has one: looking up Unicode's classes takes a hook longer than all its globs. */
const posix: ReadonlyMap<string, () => RegExp> = new Map([
  ['alpha', () => /[\p{L}\p{Nl}]/u],
  ['digit', () => /\p{Nd}/u],
  ['alnum', () => /[\p{L}\p{Nl}\p{Nd}]/u],
  ['upper', () => /\p{Lu}/u],
  ['lower', () => /\p{Ll}/u],
  ['space', () => /[\p{Z}\t\r\n\v\f]/u],
  ['blank', () => /[\p{Zs}\t]/u],
  ['punct', () => /\p{P}/u],
  ['word', () => /[\p{L}\p{Nl}\p{Nd}\p{Pc}]/u],
  ['xdigit', () => /[A-Fa-f0-9]/],
]);

/** A bracket expression at `start`; `undefined` when it is never closed and so is an ordinary `[`. */
function parseClass(text: string, start: number): { test: (char: string) => boolean; end: number } | undefined {
  let i = start + 1;
  const negated = text[i] === '!' || text[i] === '^';
  if (negated) i++;
  const ranges: [number, number][] = [];
  const named: RegExp[] = [];
  for (let first = true; i < text.length; first = false) {
    if (text[i] === ']' && !first) {
      const test = (char: string): boolean => {
        const code = char.codePointAt(0) as number;
        return ranges.some(([a, b]) => a <= code && code <= b) || named.some((r) => r.test(char));
      };
      return { test: negated ? (char) => !test(char) : test, end: i + 1 };
    }
    const name = /^\[:(\w+):\]/.exec(text.slice(i, i + 12))?.[1];
    const regex = name === undefined ? undefined : posix.get(name)?.();
    if (regex) {
      named.push(regex);
      i += (name as string).length + 4;
      continue;
    }
    const one = (): number => {
      if (text[i] === '\\' && i + 1 < text.length) i++;
      const code = text.codePointAt(i) as number;
      i += code > 0xffff ? 2 : 1;
      return code;
    };
    const from = one();
    if (text[i] === '-' && i + 1 < text.length && text[i + 1] !== ']') {
      i++;
      ranges.push([from, one()]);
    } else ranges.push([from, from]);
  }
  return undefined;
}

//#endregion

//#region Braces

/**
 * The brace-free patterns that a glob stands for; `@(a|b)` is `{a,b}` and `?(a)` is `{,a}`.
 * @throws Error when they are too many.
 */
export function expandBraces(glob: string): string[] {
  let out = [''];
  for (let i = 0; i < glob.length;) {
    const group = groupAt(glob, i);
    const add = group
      ? group.alternatives.flatMap((a) => expandBraces(a))
      : [glob.slice(i, i + literalLength(glob, i))];
    if (out.length * add.length > maxExpansions)
      throw new Error(`the braces stand for more than ${maxExpansions} patterns`);
    out = add.length === 1 ? out.map((o) => o + (add[0] as string)) : out.flatMap((o) => add.map((a) => o + a));
    i = group ? group.end : i + literalLength(glob, i);
  }
  return out;
}

/** How far nothing that could open a group comes, at least one character. */
function literalLength(glob: string, start: number): number {
  let i = start + (glob[start] === '\\' ? 2 : 1);
  while (i < glob.length && !'{@?\\'.includes(glob[i] as string)) i++;
  return Math.min(i, glob.length) - start;
}

function groupAt(glob: string, start: number): { alternatives: string[]; end: number } | undefined {
  const c = glob[start];
  const paren = (c === '@' || c === '?') && glob[start + 1] === '(';
  if (c !== '{' && !paren) return undefined;
  const [open, close, separator] = paren ? ['(', ')', '|'] : ['{', '}', ','];
  const alternatives: string[] = [];
  let depth = 0;
  let from = start + (paren ? 2 : 1);
  for (let i = from; i < glob.length; i++) {
    const d = glob[i];
    if (d === '\\') i++;
    else if (d === open) depth++;
    else if (d === separator && depth === 0) {
      alternatives.push(glob.slice(from, i));
      from = i + 1;
    } else if (d === close && depth-- === 0) {
      alternatives.push(glob.slice(from, i));
      if (paren) return { alternatives: c === '?' ? ['', ...alternatives] : alternatives, end: i + 1 };
      const range = alternatives.length === 1 ? sequence(alternatives[0] as string) : undefined;
      // `{a}` is no group: the braces are ordinary characters.
      if (alternatives.length === 1 && !range) return undefined;
      return { alternatives: range ?? alternatives, end: i + 1 };
    }
  }
  return undefined;
}

/** `1..5`, `01..10`, `a..e`. */
function sequence(text: string): string[] | undefined {
  const numbers = /^(-?\d{1,9})\.\.(-?\d{1,9})$/.exec(text);
  const letters = /^([A-Za-z])\.\.([A-Za-z])$/.exec(text);
  const [a, b] = numbers
    ? [Number(numbers[1]), Number(numbers[2])]
    : letters
      ? [(letters[1] as string).charCodeAt(0), (letters[2] as string).charCodeAt(0)]
      : [0, -Infinity];
  if (b === -Infinity) return undefined;
  const count = Math.abs(b - a) + 1;
  if (count > maxExpansions) throw new Error(`'{${text}}' stands for more than ${maxExpansions} patterns`);
  const width =
    numbers && /^-?0\d|\.\.-?0\d/.test(text)
      ? Math.max((numbers[1] as string).length, (numbers[2] as string).length)
      : 0;
  return Array.from({ length: count }, (_, i) => {
    const value = a + (b >= a ? i : -i);
    if (letters) return String.fromCharCode(value);
    const digits = String(Math.abs(value)).padStart(width - (value < 0 ? 1 : 0), '0');
    return value < 0 ? `-${digits}` : digits;
  });
}

//#endregion
