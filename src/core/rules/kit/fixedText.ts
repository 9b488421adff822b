/** Text that is put together at run time, but of the program's own words alone. */
import type { Call } from '../../languages/facts.ts';
import type { Code } from './code.ts';

type Range = { readonly from: number; readonly to: number };

/** Languages whose texts nobody changes in place. */
const read = /^(?:go|javascript|typescript|tsx|python|java|c-sharp|php)$/;
const assigns = /^(?::=|=|\+=|\.=)$/;
const puts = /^(?:push|append|add|Add|WriteString|Append)$/;
const asks = /^(?:join|length|len|size|Length|Count|isEmpty|is_empty|String|toString|ToString|Len)$/;
/** They neither change nor keep what is handed to them. */
const onlyReads = /^(?:append|len|cap|count|Join|join|implode|Sprintf|sprintf|format|if|while|elif)$/;
const joins =
  /^(?:append|strings\.Join|String\.join|string\.Join|implode|fmt\.Sprintf|sprintf|String\.format|string\.Format)$/;
const makesEmpty = /^(?:(?:new )?(?:ArrayList|LinkedList|StringBuilder|List|Array|list)|strings\.Builder|make)$/;
/** What numbers the places for values, of a number: `placeholder(len(args) + 1)`. */
const numbersPlace = /^(?:\w{0,20}place_?holder|bind_?var|bind_?marker|marker)s?$/i;
const number =
  /^(?:(?:len|count|cap)\(\$?\w+\)|\$?\w+\.length|\d+|[ijkn]|\w{0,30}(?:[iI]dx|[iI]ndex|[pP]os|[cC]ount))$/;
/** What a package of the program's own calls its tables. */
const importedName = /^(?:[A-Z]\w{0,80})?(?:Table|DB|Database|Schema|Column|View)(?:Name)?$/;

/**
 * Whether everything that can get into the text is written out in this function: literals, numbers of places, and lists and
 * variables of its own that are given nothing else and that nobody else gets hold of. `imported`: all but the names that
 * another package of the program gives its tables, which may be variables there.
 */
export function fixedText(c: Code, range: Range): 'fixed' | 'imported' | undefined {
  if (!read.test(c.source.language)) return undefined;
  const fixed = new Fixed(c, range);
  if (!c.facts.effort.ask(() => fixed.text(range))) return undefined;
  return fixed.imports ? 'imported' : 'fixed';
}

const callsOf = new WeakMap<Code, Map<number, Call>>();
function callsByEnd(c: Code): Map<number, Call> {
  let calls = callsOf.get(c);
  if (!calls) callsOf.set(c, (calls = new Map(c.facts.calls.map((x) => [x.close, x]))));
  return calls;
}

class Fixed {
  readonly #c: Code;
  readonly #asked: Range;
  /** What is being looked at further up: a list that is appended to itself. */
  readonly #seen = new Set<string>();
  #depth = 0;
  /** Whether a name of another package is among it. */
  imports = false;

  constructor(c: Code, asked: Range) {
    this.#c = c;
    this.#asked = asked;
  }

  text({ from, to }: Range): boolean {
    const { facts } = this.#c;
    const { tokens, match } = facts;
    if (to <= from || this.#depth > 12 || !facts.effort.spend(to - from + 10)) return false;
    const first = tokens[from]!;
    if (to - from === 1) {
      if (first.kind === 'str') return !first.dynamic || this.#interpolated(from);
      if (first.kind === 'id') return /^(?:nil|null|None|undefined)$/.test(first.text) || this.#name(first.text, from);
      return /^\d+$/.test(this.#c.text({ from, to }));
    }
    if (first.text === '(' && match[from] === to - 1) return this.#within({ from: from + 1, to: to - 1 });
    const question = this.#split(from, to, '?');
    if (question.length === 2) {
      const sides = this.#split(question[1]!.from, to, ':');
      return sides.length === 2 && this.#all(sides);
    }
    const sum = this.#split(from, to, this.#c.source.language === 'php' ? '.' : '+');
    if (sum.length > 1) return this.#all(sum);
    // A list that is written out: `["a = ?"]`, `[]string{"a = ?"}`.
    if (first.text === '[' && match[from] === to - 1) return this.#items(from);
    if (this.#c.text({ from, to: from + 4 }).replaceAll(' ', '') === '[]string{' && match[from + 3] === to - 1)
      return this.#items(from + 3);
    if (to - from === 3 && tokens[from + 1]!.text === '.') return this.#imported(from);
    const call = callsByEnd(this.#c).get(to - 1);
    return call !== undefined && call.first <= from && call.open > from && this.#call(call, from);
  }

  /** `schema.TableName`, of a package that the file imports and does not set anything of. */
  #imported(from: number): boolean {
    const { source, facts } = this.#c;
    const [owner, , name] = facts.tokens.slice(from, from + 3);
    if (source.language !== 'go' || !importedName.test(name!.text) || !/^\w{1,80}$/.test(owner!.text)) return false;
    if (
      !new RegExp(`^\\s*(?:import\\s+)?(?:${owner!.text}\\s+"[^"\\n]+"|"(?:[^"\\n]*/)?${owner!.text}")\\s*$`, 'm').test(
        source.text,
      )
    )
      return false;
    const isSet = (facts.byName.get(name!.text) ?? []).some((a) => a.target === `${owner!.text}.${name!.text}`);
    if (isSet || facts.byName.has(owner!.text) || facts.isParam(owner!.text, from)) return false;
    this.imports = true;
    return true;
  }

  #within(range: Range): boolean {
    this.#depth++;
    const is = this.text(range);
    this.#depth--;
    return is;
  }

  #all = (ranges: readonly Range[]): boolean => ranges.every((r) => this.#within(r));

  #items(open: number): boolean {
    const close = this.#c.facts.match[open]!;
    if (close < 0) return false;
    return close === open + 1 || this.#all(this.#split(open + 1, close, ',').filter((r) => r.to > r.from));
  }

  #call(call: Call, from: number): boolean {
    const { tokens } = this.#c.facts;
    const { callee, name, args } = call;
    if (makesEmpty.test(callee)) return name === 'make' || args.length === 0;
    if (callee === 'strconv.Itoa') return true;
    if (numbersPlace.test(callee))
      return args.every((a) =>
        this.#c
          .text(a)
          .split(/[-+* ]+/)
          .every((part) => number.test(part)),
      );
    if (args.some((a) => this.#isSpread(a))) return false;
    const owner = tokens[from]!;
    // `", ".join(list)`, `list.join(", ")`, `builder.String()`
    if (/^(?:join|String|toString|ToString)$/.test(name) && call.open === from + 3)
      return (
        (owner.kind === 'str' ? !owner.dynamic : owner.kind === 'id' && this.#name(owner.text, from)) && this.#all(args)
      );
    return joins.test(callee) && this.#all(args);
  }

  #isSpread({ from, to }: Range): boolean {
    const { tokens } = this.#c.facts;
    return (
      /^\.\.\.|^\*/.test(tokens[from]?.text ?? '') ||
      (tokens[to - 1]?.text ?? '').startsWith('.') ||
      tokens[to]?.text === '...'
    );
  }

  #interpolated(at: number): boolean {
    const { language } = this.#c.source;
    const body = this.#c.facts.stringOf(this.#c.facts.tokens[at]!);
    const isJs = /^(?:javascript|typescript|tsx)$/.test(language);
    if (!isJs && language !== 'python') return false;
    const parts = isJs ? body.split('${').slice(1) : body.replaceAll('{{', '').split('{').slice(1);
    return parts.every((p) => {
      const name = /^\s*([A-Za-z_]\w*)\s*\}/.exec(p)?.[1];
      return name !== undefined && this.#name(name, at);
    });
  }

  #name(name: string, at: number): boolean {
    const { facts } = this.#c;
    const { scopes } = facts;
    let s = facts.scopeAt(at);
    let inner = -1;
    for (; s !== 0 && scopes[s]!.parent !== 0; s = scopes[s]!.parent)
      if (inner < 0 && scopes[s]!.params.has(name)) inner = s;
    if (inner >= 0) return this.#parameter(name, inner, scopes[s]!);
    if (s === 0 || scopes[s]!.params.has(name)) return false;
    const key = `${name} ${s}`;
    if (this.#seen.has(key)) return true;
    this.#seen.add(key);
    const uses = this.#uses(name, scopes[s]!);
    if (uses.some((i) => this.#isGiven(i))) return this.#isOwn(uses, scopes[s]!) && uses.every((i) => this.#isKept(i));
    // Of the file: what is constant there.
    return this.#c.isConstant({ from: at, to: at + 1 });
  }

  /** The parameter of a helper inside the function, all of whose calls are seen. */
  #parameter(name: string, inner: number, outer: Range): boolean {
    const { facts } = this.#c;
    const { tokens, match } = facts;
    const scope = facts.scopes[inner]!;
    const open = tokens.findIndex((t, i) => i >= scope.from && i < scope.to && t.text === '(');
    let k = open - 1;
    while (/^(?:func|function|async)$/.test(tokens[k]?.text ?? '')) k--;
    const helper = tokens[k - 1];
    const isHelper =
      assigns.test(tokens[k]?.text ?? '') &&
      helper?.kind === 'id' &&
      (/^(?:const|let|var)$/.test(tokens[k - 2]?.text ?? '') || this.#isLineEnd(k - 1));
    if (open < 0 || !isHelper || match[open]! < 0) return false;
    const index = this.#split(open + 1, match[open]!, ',').findIndex((r) => tokens[r.from]?.text === name);
    if (index < 0 || this.#uses(name, scope).some((i) => this.#isGiven(i) || tokens[i - 1]?.text === '&')) return false;
    return this.#uses(helper.text, outer).every((i) => {
      if (this.#isGiven(i)) return true;
      if (tokens[i + 1]?.text !== '(' || tokens[i - 1]?.text === '.') return false;
      const arg = this.#split(i + 2, match[i + 1]!, ',')[index];
      return arg !== undefined && tokens[arg.from]?.text !== '...' && this.#within(arg);
    });
  }

  #uses(name: string, { from, to }: Range): number[] {
    const { tokens, effort } = this.#c.facts;
    if (!effort.spend(to - from)) return [];
    const found: number[] = [];
    for (let i = from; i < to; i++) {
      const t = tokens[i]!;
      if (t.kind === 'id' && t.text === name && !/^(?:\.|\?\.|->|::)$/.test(tokens[i - 1]?.text ?? '')) found.push(i);
    }
    return found;
  }

  /** Whether a name is declared or set here. */
  #isGiven(i: number): boolean {
    const { tokens } = this.#c.facts;
    return (
      assigns.test(tokens[this.#behindNames(i)]?.text ?? '') || /^(?:var|let|const)$/.test(tokens[i - 1]?.text ?? '')
    );
  }

  /** In `a, b := …` what follows the names. */
  #behindNames(i: number): number {
    const { tokens } = this.#c.facts;
    let k = i + 1;
    while (tokens[k]?.text === ',' && tokens[k + 1]?.kind === 'id') k += 2;
    return k;
  }

  /** Whether the function itself declares the name: nobody else sets it. */
  #isOwn(uses: readonly number[], { from, to }: Range): boolean {
    const { tokens } = this.#c.facts;
    if (/^(?:python|php|ruby)$/.test(this.#c.source.language))
      return !tokens.slice(from, to).some((t) => t.text === 'global' || t.text === 'nonlocal');
    return uses.some(
      (i) =>
        tokens[this.#behindNames(i)]?.text === ':=' ||
        (/^(?:var|let|const|final|String|string|>|StringBuilder)$/.test(tokens[i - 1]?.text ?? '') &&
          /^[=:[]$|^\w+$/.test(tokens[i + 1]?.text ?? '')),
    );
  }

  /** Whether this use of the name leaves it with the program's own words. */
  #isKept(i: number): boolean {
    const { facts } = this.#c;
    const { tokens, match } = facts;
    const before = tokens[i - 1]?.text ?? '';
    const next = tokens[i + 1]?.text ?? '';
    if (before === '&' || before === '*' || before === '...' || next === '...') return false;
    if (before === 'var' || before === 'let' || before === 'const') {
      let k = i + 1;
      while (k < tokens.length && k - i < 14 && !this.#isLineEnd(k) && tokens[k]!.text !== '=') k++;
      if (/^(?:of|in)$/.test(next)) return false;
      if (tokens[k]?.text !== '=') return k - i < 14;
      return this.#within(this.#value(k + 1));
    }
    if (this.#isGiven(i)) return this.#isGivenFixed(i);
    if (next === '[' && match[i + 1]! > 0) {
      const close = match[i + 1]!;
      if (assigns.test(tokens[close + 1]?.text ?? '')) return this.#within(this.#value(close + 2));
      return false;
    }
    if (next === '.') {
      const method = tokens[i + 2]?.text ?? '';
      if (tokens[i + 3]?.text !== '(') return /^(?:length|Length|Count|size)$/.test(method);
      const close = match[i + 3]!;
      if (close < 0) return false;
      if (asks.test(method)) return true;
      const args = this.#split(i + 4, close, ',');
      // A chain goes on behind the first: `sb.append("a").append(b)`.
      return (
        puts.test(method) && tokens[close + 1]?.text !== '.' && !args.some((a) => this.#isSpread(a)) && this.#all(args)
      );
    }
    if (before === '(' || before === ',') {
      if (i >= this.#asked.from && i < this.#asked.to) return true;
      const open = this.#opened(i);
      const callee = tokens[open - 1];
      if (open < 0 || tokens[open]!.text !== '(' || callee?.kind !== 'id') return false;
      return onlyReads.test(callee.text) || (open < this.#asked.from && match[open]! >= this.#asked.to);
    }
    return (
      !/^(?:<<|%|[|?&]{2})=?$/.test(next) &&
      /^(?:\+|\+=|\.|return|==|!=|===|!==|range|in|of|!|%|\?|:|&&|\|\|)$/.test(before)
    );
  }

  #isGivenFixed(i: number): boolean {
    const { tokens } = this.#c.facts;
    let first = i;
    while (tokens[first - 1]?.text === ',' && tokens[first - 2]?.kind === 'id' && !this.#isLineEnd(first - 1))
      first -= 2;
    const last = this.#behindNames(i);
    const names = (last - first + 1) / 2;
    if (names === 1) return this.#within(this.#value(last + 1));
    // Of `for _, name := range names`, `if name, ok := …`.
    if (/^(?:for|if|switch|\()$/.test(tokens[first - 1]?.text ?? '')) return false;
    const values = [this.#value(last + 1)];
    while (tokens[values.at(-1)!.to]?.text === ',' && values.length <= names)
      values.push(this.#value(values.at(-1)!.to + 1));
    return values.length === names && this.#within(values[(i - first) / 2]!);
  }

  /** The expression that starts here. */
  #value(from: number): Range {
    const { tokens, match } = this.#c.facts;
    let to = from;
    while (to < tokens.length && to - from < 400) {
      const t = tokens[to]!;
      if (t.kind === 'op' && /^[;,)\]}]$/.test(t.text)) break;
      if (t.kind === 'op' && match[to]! > to) to = match[to]!;
      to++;
      if (this.#isLineEnd(to) && !this.#goesOn(to)) break;
    }
    return { from, to };
  }

  /** Whether an expression goes on over the end of the line before the token. */
  #goesOn(i: number): boolean {
    const { tokens } = this.#c.facts;
    const isJoint = (k: number, not: RegExp): boolean => tokens[k]?.kind === 'op' && !not.test(tokens[k].text);
    return isJoint(i, /^(?:[;)\]}*&@]|<-)$/) || isJoint(i - 1, /^[;)\]}]$/);
  }

  /** Whether a line ends before the token. */
  #isLineEnd(i: number): boolean {
    const { tokens } = this.#c.facts;
    const [before, here] = [tokens[i - 1], tokens[i]];
    return !before || !here || this.#c.source.text.slice(before.end, here.start).includes('\n');
  }

  /** The bracket that a token stands in. */
  #opened(i: number): number {
    const { match } = this.#c.facts;
    for (let k = i - 1; k >= 0 && i - k < 400; k--) {
      if (match[k]! > k) return k;
      if (match[k]! >= 0) k = match[k]!;
    }
    return -1;
  }

  #split(from: number, to: number, at: string): Range[] {
    const { tokens, match } = this.#c.facts;
    const found: Range[] = [];
    let start = from;
    for (let i = from; i < to; i++) {
      const t = tokens[i]!;
      if (t.kind !== 'op') continue;
      if (t.text === at) {
        found.push({ from: start, to: i });
        start = i + 1;
      } else if (match[i]! > i) i = match[i]!;
    }
    found.push({ from: start, to });
    return found;
  }
}
