/** What rules ask about code, from tokens alone and alike for all languages: calls with arguments, assignments, constness. */
import { Effort } from './effort.ts';
import { inlineModule, readImports } from './imports.ts';
import type { Token } from './lexer.ts';
import { addTo } from '../multimap.ts';

export interface Arg {
  /** Keyword argument (`shell=True`, `verify: false`). */
  readonly name?: string;
  /** Token range [from, to) of the value in `CodeFacts.tokens`. */
  readonly from: number;
  readonly to: number;
}

export interface Call {
  /**
   * Dotted callee, `::`, `->`, `?.` as `.`; `new` not included. A call result in the chain is `()`. As written, but what was
   * imported under another name stands under its own: `md5(x)` is `hashlib.md5` where it was imported from there.
   */
  readonly callee: string;
  /** Last segment. */
  readonly name: string;
  readonly isNew: boolean;
  readonly args: readonly Arg[];
  /** Token indexes. */
  readonly first: number;
  readonly open: number;
  readonly close: number;
  /** Offsets of the whole call. */
  readonly start: number;
  readonly end: number;
}

/** A function: tokens [from, to), parameters included. */
export interface Scope {
  readonly from: number;
  readonly to: number;
  readonly parent: number;
  readonly params: Set<string>;
}

export interface Assignment {
  /** Last segment of the target. */
  readonly name: string;
  /** Whole target as written, dotted. */
  readonly target: string;
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
  readonly op: string;
  /** A key of a literal or a keyword argument: no variable of that name gets the value. */
  readonly isKey?: boolean;
}

interface SourceLike {
  readonly text: string;
  readonly language: string;
  readonly tokens: readonly Token[];
  slice(t: { start: number; end: number }): string;
}

/** Bounds that keep every question cheap, whatever the text: nobody writes more by hand. */
const maxText = 20_000;
const maxTokens = 4000;
const maxValues = 60;

const notCallees = new Set([
  'if',
  'for',
  'while',
  'switch',
  'catch',
  'return',
  'function',
  'func',
  'fn',
  'def',
  'and',
  'or',
  'not',
  'in',
  'elif',
  'else',
  'match',
  'typeof',
  'await',
  'async',
  'with',
  'assert',
  'case',
  'yield',
  'throw',
  'sizeof',
  'do',
  'is',
  'lambda',
]);
/** Between a parameter list and its body. */
const inReturnType = new Set([':', '<', '>', ',', '|', '.', '*', '&', '?', '[', ']', '->', '=>', '::']);
const noReturnType = new Set(['else', 'class', 'return', 'struct']);
/** `word (…) {` that is a statement, not a function. */
const blockHeads = new Set([
  'if',
  'for',
  'while',
  'switch',
  'catch',
  'with',
  'match',
  'foreach',
  'using',
  'lock',
  'synchronized',
  'elseif',
  'try',
  'unless',
  'until',
]);
const assignOps = new Set(['=', ':=', '+=', '.=', '||=', '??=', '<<=']);

export class CodeFacts {
  /** Without comments. */
  readonly tokens: readonly Token[];
  /** For each bracket token the index of its partner, else -1. */
  readonly match: Int32Array;
  readonly calls: readonly Call[];
  readonly assignments: readonly Assignment[];
  readonly byName: ReadonlyMap<string, readonly Assignment[]>;
  /** Names of parameters of functions defined in the file. */
  readonly params: ReadonlySet<string>;
  /** Functions, outer before inner; index 0 is the file. */
  readonly scopes: readonly Scope[];
  /** What following values through this file may cost. */
  readonly effort: Effort;
  readonly #scopeOf: Int32Array;
  readonly #source: SourceLike;
  readonly #callsByName = new Map<string, Call[]>();
  readonly #variables = new Map<string, readonly Assignment[]>();

  constructor(source: SourceLike) {
    this.#source = source;
    this.tokens = source.tokens.some((t) => t.kind === 'comment')
      ? source.tokens.filter((t) => t.kind !== 'comment')
      : source.tokens;
    this.effort = new Effort(this.tokens.length);
    this.match = matchBrackets(this.tokens);
    this.params = new Set();
    [this.scopes, this.#scopeOf] = this.#readScopes();
    this.calls = this.#readCalls();
    for (const call of this.calls) {
      addTo(this.#callsByName, call.name, call);
    }
    this.assignments = this.#readAssignments();
    const byName = new Map<string, Assignment[]>();
    for (const a of this.assignments) {
      addTo(byName, a.name, a);
    }
    this.byName = byName;
    for (const [name, list] of byName) {
      const own = list.some((a) => a.isKey) ? list.filter((a) => !a.isKey) : list;
      if (own.length > 0) this.#variables.set(name, own);
    }
  }

  /** Index of the innermost function around a token. */
  scopeAt(token: number): number {
    return this.#scopeOf[Math.max(0, Math.min(token, this.#scopeOf.length - 1))] ?? 0;
  }

  /** What a name may hold at a token: the assignments of the innermost scope that has any, unless a parameter hides them. */
  valuesOf(name: string, token: number): readonly Assignment[] {
    const all = this.#variables.get(name);
    if (!all) return [];
    if (all.length > maxValues) return all.slice(0, maxValues);
    for (let scope = this.scopeAt(token); ; scope = this.scopes[scope]!.parent) {
      const { from, to, params } = this.scopes[scope]!;
      const here =
        scope === 0
          ? all.filter((a) => this.scopeAt(a.from) === 0 || this.scopes.length < 2)
          : all.filter((a) => a.from >= from && a.to <= to);
      if (here.length > 0) return here;
      if (params.has(name)) return [];
      if (scope === 0) return all;
    }
  }

  /** Whether the name is a parameter of a function around the token (and not set anew there). */
  isParam(name: string, token: number): boolean {
    for (let scope = this.scopeAt(token); scope > 0; scope = this.scopes[scope]!.parent)
      if (this.scopes[scope]!.params.has(name)) return true;
    return false;
  }

  #readScopes(): [Scope[], Int32Array] {
    const { tokens, match } = this;
    const text = this.#source.text;
    const found: { from: number; to: number }[] = [];
    const indented = this.#source.language === 'python';
    if (indented || this.#source.language === 'ruby') {
      const column = (i: number): number => tokens[i]!.start - (text.lastIndexOf('\n', tokens[i]!.start - 1) + 1);
      const first: number[] = [];
      for (let i = 0; i < tokens.length; i++)
        if (i === 0 || text.slice(tokens[i - 1]!.end, tokens[i]!.start).includes('\n')) first.push(i);
      // Open functions by column; a line that starts at or left of one closes it.
      const open: { column: number; from: number }[] = [];
      let depth = 0;
      let upTo = 0;
      for (const i of first) {
        for (; upTo < i; upTo++) {
          const t = tokens[upTo]!;
          if (t.kind === 'op' && match[upTo]! > upTo) depth = Math.max(depth, match[upTo]!);
        }
        if (i < depth) continue;
        const col = column(i);
        while (open.length > 0 && open.at(-1)!.column >= col) {
          if (!indented && tokens[i]!.text === 'end' && open.at(-1)!.column === col) {
            found.push({ from: open.pop()!.from, to: i + 1 });
            continue;
          }
          found.push({ from: open.pop()!.from, to: i });
        }
        let d = i;
        while (tokens[d]?.text === 'async') d++;
        if (tokens[d]?.text === 'def') open.push({ column: col, from: i });
      }
      while (open.length > 0) found.push({ from: open.pop()!.from, to: tokens.length });
    } else {
      for (let i = 0; i < tokens.length; i++) {
        const t = tokens[i]!;
        if (t.kind !== 'op' || t.text !== '{' || match[i]! < 0) continue;
        // Back over a return type or `throws` list to the parameter list.
        let k = i - 1;
        if (tokens[k]?.text === '=>') k--;
        for (let steps = 0; steps < 16 && k > 0 && tokens[k]!.text !== ')'; steps++) {
          const b = tokens[k]!;
          if (
            b.kind === 'op'
              ? !inReturnType.has(b.text)
              : b.kind === 'str' || b.kind === 'num' || noReturnType.has(b.text)
          ) {
            k = -1;
            break;
          }
          k--;
        }
        if (k <= 0 || tokens[k]?.text !== ')') continue;
        const open = match[k]!;
        const head = tokens[open - 1];
        if (open < 0 || (head?.kind === 'id' && blockHeads.has(head.text))) continue;
        found.push({ from: open, to: match[i]! + 1 });
      }
    }
    found.sort((a, b) => a.from - b.from || b.to - a.to);
    const scopes: Scope[] = [{ from: 0, to: tokens.length, parent: 0, params: new Set() }];
    const of = new Int32Array(tokens.length);
    const stack = [0];
    let next = 0;
    for (let i = 0; i < tokens.length; i++) {
      while (stack.length > 1 && scopes[stack.at(-1)!]!.to <= i) stack.pop();
      while (next < found.length && found[next]!.from === i) {
        const f = found[next++]!;
        scopes.push({ ...f, parent: stack.at(-1)!, params: new Set() });
        stack.push(scopes.length - 1);
      }
      of[i] = stack.at(-1)!;
    }
    return [scopes, of];
  }

  /** Calls whose last segment is one of `names`. */
  *callsNamed(...names: readonly string[]): Generator<Call> {
    for (const name of names) yield* this.#callsByName.get(name) ?? [];
  }

  /** Source text of a token range. */
  textOf(range: { readonly from: number; readonly to: number }): string {
    const a = this.tokens[range.from];
    const b = this.tokens[range.to - 1];
    return a && b && range.to > range.from ? this.#source.text.slice(a.start, Math.min(b.end, a.start + maxText)) : '';
  }

  offsets(range: { readonly from: number; readonly to: number }): { start: number; end: number } {
    const a = this.tokens[range.from];
    const b = this.tokens[range.to - 1];
    return { start: a?.start ?? 0, end: b?.end ?? 0 };
  }

  /** Inner text of a string token. */
  stringOf(token: Token): string {
    return this.#source.text.slice(token.start + (token.open ?? 1), token.end - (token.close ?? 1));
  }

  /** The value when the range is exactly one plain string (adjacent ones are joined), resolving a local constant. */
  literal(range: { readonly from: number; readonly to: number } | undefined, depth = 0): string | undefined {
    if (!range || range.to <= range.from) return undefined;
    let text = '';
    for (let i = range.from; i < range.to; i++) {
      const t = this.tokens[i]!;
      if (t.kind === 'str' && !t.dynamic) text += this.stringOf(t);
      else if (t.kind === 'op' && (t.text === '+' || t.text === '.' || t.text === '(' || t.text === ')')) continue;
      else if (t.kind === 'id' && depth < 3 && range.to - range.from === 1) {
        const values = this.valuesOf(t.text, i);
        return values.length === 1 && !this.isOnlyParam(t.text, i) ? this.literal(values[0], depth + 1) : undefined;
      } else return undefined;
    }
    return text;
  }

  /** Whether nothing in the range can vary at run time, as far as this file tells. */
  isConstant(range: { readonly from: number; readonly to: number }): boolean {
    return this.effort.ask(() => this.#isConstant(range, 0));
  }

  #isConstant(range: { readonly from: number; readonly to: number }, depth: number): boolean {
    if (depth > 4 || range.to - range.from > maxTokens) return false;
    if (!this.effort.spend(range.to - range.from + 4)) return false;
    for (let i = this.#behindCondition(range); i < range.to; i++) {
      const t = this.tokens[i]!;
      if (t.kind === 'str') {
        if (t.dynamic && !this.#interpolatedConstant(t, depth, i)) return false;
        continue;
      }
      if (t.kind !== 'id') continue;
      if (this.#plainWord(t.text)) continue;
      // A prefix of a string (`b'…'`), not a variable of that name.
      if (/^[bru]$/.test(t.text) && this.tokens[i + 1]?.kind === 'str' && this.tokens[i + 1]!.start === t.end) continue;
      const next = this.tokens[i + 1];
      if (next?.text === '(') {
        if (
          /^(?:String|str|Str|sql|format|sprintf|Sprintf|join|concat|f|_|gettext|gettext_lazy|text|raw|list|tuple|dict|array|Array|of|asList|strip|trim|dedent|encode|lower|upper|toLowerCase|toUpperCase|SafeString|byte|bytes|of|freeze)$/.test(
            t.text,
          )
        )
          continue;
        return false;
      }
      if (next?.text === ':' && i + 1 < range.to && this.tokens[i - 1]?.text !== '?') continue; // key of a literal
      if (next && next.text === '=' && i + 1 < range.to) continue; // keyword argument
      if (next?.text === '.' && i + 1 < range.to) {
        const after = this.tokens[i + 2];
        if (after?.kind === 'id' && this.tokens[i + 3]?.text === '(') continue; // judged at the method's name
        if (after?.kind === 'id' && i + 2 < range.to) continue; // judged at the member
      }
      if (!this.#constantName(t.text, depth, i)) return false;
    }
    return true;
  }

  /** Of `test ? a : b` only what it can give counts: the first token behind the `?`. */
  #behindCondition(range: { readonly from: number; readonly to: number }): number {
    if (/^(?:rust|kotlin|swift)$/.test(this.#source.language)) return range.from;
    for (let i = range.from; i < range.to && i - range.from < 40; i++) {
      const t = this.tokens[i]!;
      if (t.kind !== 'op') continue;
      if (t.text === '?' && i + 1 < range.to) return i + 1;
      if (this.match[i]! > i) i = this.match[i]!;
    }
    return range.from;
  }

  #constantName(name: string, depth: number, at: number): boolean {
    // Named like a constant, but `request.GET` is what a visitor sent.
    if (/^[A-Z][A-Z0-9_]+$/.test(name)) return !/^(?:GET|POST|PUT|FILES|COOKIES|META|REQUEST|ARGV)$/.test(name);
    if (this.isParam(name, at)) return false;
    const values = this.valuesOf(name, at);
    if (values.length === 0) return false;
    const here = this.tokens[at]?.start ?? 0;
    return values.every(
      (v) =>
        (v.start <= here && here <= v.end ? true : v.op === '=' || v.op === ':=' || v.op === '+=' || v.op === '.=') &&
        !(v.start <= here && here <= v.end && values.length === 1) &&
        this.#isConstant(v, depth + 1),
    );
  }

  /** A parameter that is never set anew. */
  isOnlyParam(name: string, token: number): boolean {
    return (
      this.isParam(name, token) && !this.valuesOf(name, token).some((a) => this.scopeAt(a.from) === this.scopeAt(token))
    );
  }

  #interpolatedConstant(t: Token, depth: number, at: number): boolean {
    const body = this.stringOf(t);
    const names = new Set<string>();
    for (const m of body.matchAll(/[$#%]?\{\s*([^{}]*)\}|\$(\w+)/g)) {
      const inner = m[1] ?? m[2] ?? '';
      if (/^\d*$/.test(inner)) return false;
      if (/\(/.test(inner)) return false;
      if (!/^[\w.$]/.test(inner)) return false;
      // What is chosen by an index is part of the list; every other name is part of what is put in.
      const said = (/\?/.test(inner) ? `${inner} ` : inner).replace(
        /"[^"]*"|'[^']*'|`[^`]*`|\[[^[\]]*\]|(?:![rsa])?:[\w.<>^,%+#-]*$|![rsa]$/g,
        ' ',
      );
      for (const word of said.slice(said.search(/(?<!\?)\?(?![.?])/) + 1).matchAll(/(?<![\w.$])[A-Za-z_$][\w.$]*/g))
        if (!this.#plainWord(word[0])) names.add(word[0].split('.').at(-1)!.replace(/^\$/, ''));
    }
    if (names.size === 0) return false;
    for (const n of names)
      if (!this.#constantName(n, depth + 1, at) && !this.#constantName(`$${n}`, depth + 1, at)) return false;
    return true;
  }

  #plainWord(word: string): boolean {
    return /^(?:true|false|True|False|null|None|nil|undefined|new|const|final|let|var|val|String|string|byte|int|mut|as|and|or|not|return|TRUE|FALSE|NULL|NaN|Infinity)$/.test(
      word,
    );
  }

  #readCalls(): Call[] {
    const calls: Call[] = [];
    const { tokens, match } = this;
    const ruby = this.#source.language === 'ruby';
    for (let i = 0; i < tokens.length; i++) {
      const t = tokens[i]!;
      if (t.kind === 'op' && t.text === '(' && i > 0) {
        let last = i - 1;
        // generics: foo<Bar>(
        if (tokens[last]?.text === '>') {
          let d = 0;
          let k = last;
          for (; k >= 0 && last - k < 20; k--) {
            if (tokens[k]!.text === '>') d++;
            else if (tokens[k]!.text === '<' && --d === 0) break;
            else if (tokens[k]!.kind === 'op' && !/^[.,?:&[\]]$|^::$/.test(tokens[k]!.text)) break;
          }
          if (tokens[k]?.text === '<') last = k - 1;
          if (tokens[last]?.text === '::') last--;
        }
        if (tokens[last]?.text === '!' && this.#source.language === 'rust') last--;
        const nameToken = tokens[last];
        if (nameToken?.text === '?.') continue;
        if (nameToken?.kind !== 'id' || notCallees.has(nameToken.text)) continue;
        const close = match[i] ?? -1;
        const to = close < 0 ? Math.min(tokens.length, i + 400) : close;
        const [callee, first] = this.#callee(last);
        const prev = tokens[first - 1];
        if (prev?.kind === 'id' && /^(?:function|func|def|fn|fun|sub)$/.test(prev.text)) {
          this.#addParams(i, to);
          continue;
        }
        // Go methods: func (r T) Name(params)
        if (prev?.text === ')' && this.#source.language === 'go') {
          const o = match[first - 1] ?? -1;
          if (o > 0 && tokens[o - 1]?.text === 'func') {
            this.#addParams(i, to);
            continue;
          }
        }
        // Java / C# / TS method definitions: name(params) {
        const after = tokens[close + 1];
        if (
          close > 0 &&
          (after?.text === '{' || after?.text === 'throws') &&
          (prev?.kind === 'id' || prev?.text === '>' || prev?.text === ']') &&
          prev.text !== 'new' &&
          prev.text !== 'return' &&
          prev.text !== 'await'
        ) {
          this.#addParams(i, to);
          continue;
        }
        const known = this.#imported(callee, first);
        calls.push({
          callee: known,
          name: known === callee ? nameToken.text : known.slice(known.lastIndexOf('.') + 1),
          isNew: prev?.text === 'new' || (prev?.text === '\\' && this.#isNewOf(first)),
          args: this.#args(i + 1, to),
          first,
          open: i,
          close: to,
          start: tokens[first]!.start,
          end: tokens[Math.min(to, tokens.length - 1)]!.end,
        });
        continue;
      }
      // arrow functions: (a, b) => …
      if (t.text === '=>' && tokens[i - 1]?.text === ')') {
        const o = match[i - 1] ?? -1;
        if (o >= 0) this.#addParams(o, i - 1);
      } else if (t.text === '=>' && tokens[i - 1]?.kind === 'id') (this.params as Set<string>).add(tokens[i - 1]!.text);
      // anonymous functions: function (a, b)
      if ((t.text === 'function' || t.text === 'func' || t.text === 'fn') && tokens[i + 1]?.text === '(')
        this.#addParams(i + 1, match[i + 1] ?? i + 1);
      // commands without parentheses: Ruby's `system "…"`, PHP's `echo $x`
      if (
        t.kind === 'id' &&
        (ruby ||
          this.#source.language === 'php' ||
          this.#source.language === 'jenkinsfile' ||
          this.#source.language === 'groovy')
      ) {
        const next = tokens[i + 1];
        if (!next || notCallees.has(t.text) || next.text === '(') continue;
        const startsValue =
          next.kind === 'str' ||
          (next.kind === 'id' &&
            /^(?:echo|print|include|include_once|require|require_once|system|exec|eval|render|redirect_to|send|puts|sh|html_safe|raw)$/.test(
              t.text,
            )) ||
          (next.text === ':' && ruby && tokens[i + 2]?.kind === 'id' && tokens[i + 2]!.start === next.end);
        const gap = next ? this.#source.text.slice(t.end, next.start) : '';
        if (startsValue && /^[ \t]+$/.test(gap) && tokens[i - 1]?.text !== '=>' && tokens[i - 1]?.kind !== 'str') {
          let to = i + 1;
          while (to < tokens.length) {
            const here = tokens[to]!;
            if (here.text === ';' || here.text === '}' || here.text === ')' || here.text === ']' || here.text === '?>')
              break;
            if (to > i + 1 && this.#newLineBetween(to - 1, to) && tokens[to - 1]!.text !== ',') break;
            if (here.kind === 'op' && match[to]! > to) to = match[to]!;
            to++;
          }
          const [callee, first] = this.#callee(i);
          calls.push({
            callee,
            name: t.text,
            isNew: false,
            args: this.#args(i + 1, to),
            first,
            open: i,
            close: to - 1,
            start: tokens[first]!.start,
            end: tokens[to - 1]!.end,
          });
        }
      }
    }
    return calls;
  }

  #imports: ReadonlyMap<string, string> | undefined;
  /** A callee by the names of what was imported, unless a parameter of the same name hides the import. */
  #imported(callee: string, first: number): string {
    const { language } = this.#source;
    if (!/^(?:python|javascript|typescript|tsx|go)$/.test(language)) return callee;
    this.#imports ??= readImports({ language, tokens: this.tokens, stringOf: (t) => this.stringOf(t) });
    const inline = /^(require|__import__|(?:importlib\.)?import_module)\(\)\./.exec(callee);
    if (inline) {
      let open = first + 1;
      while (open < first + 4 && this.tokens[open]?.text !== '(') open++;
      const named = this.tokens[open + 1];
      if (named?.kind !== 'str' || named.dynamic) return callee;
      const module = inlineModule(language, inline[1]!.replace('importlib.', ''), this.stringOf(named));
      return module === undefined ? callee : module + callee.slice(inline[0].length - 1);
    }
    const dot = callee.indexOf('.');
    const head = dot < 0 ? callee : callee.slice(0, dot);
    const call = head.endsWith('()') || head.endsWith('[]') ? head.slice(-2) : '';
    const local = call ? head.slice(0, -2) : head;
    const name = this.#imports.get(local);
    return name === undefined || this.isParam(local, first) ? callee : name + call + (dot < 0 ? '' : callee.slice(dot));
  }

  #addParams(open: number, close: number): void {
    const { tokens } = this;
    let depth = 0;
    let candidate = '';
    const scope = this.scopes[this.scopeAt(open + 1 < close ? open + 1 : open)];
    const add = (): void => {
      if (candidate) {
        (this.params as Set<string>).add(candidate);
        scope?.params.add(candidate);
      }
      candidate = '';
    };
    let frozen = false;
    for (let i = open + 1; i < close && i < open + 400; i++) {
      const t = tokens[i]!;
      if (t.text === '(' || t.text === '[' || t.text === '<') depth++;
      else if (t.text === ')' || t.text === ']' || t.text === '>') depth--;
      if (t.text === ',' && depth <= 0) {
        add();
        frozen = false;
      } else if (t.text === ':' || t.text === '=') frozen = true;
      else if (t.kind === 'id' && !frozen) {
        if (this.#source.language === 'go') {
          if (!candidate) candidate = t.text;
        } else candidate = t.text;
      }
    }
    add();
  }

  /** PHP: `new \Name\Of\Class(`. */
  #isNewOf(first: number): boolean {
    let i = first;
    while (i > 0 && first - i < 40 && this.tokens[i - 1]!.text === '\\')
      i -= this.tokens[i - 2]?.kind === 'id' && this.tokens[i - 2]!.text !== 'new' ? 2 : 1;
    return this.tokens[i - 1]?.text === 'new';
  }

  /** The dotted callee that ends at token `last`, as written, and its first token. */
  #callee(last: number): [string, number] {
    const { tokens, match } = this;
    let text = tokens[last]!.text;
    let i = last;
    while (i > 0) {
      const dot = tokens[i - 1]!.text;
      if (dot !== '.' && dot !== '::' && dot !== '->' && dot !== '?.') break;
      const before = tokens[i - 2];
      if (!before) break;
      const unknown = (): void => {
        text = `?.${text}`;
      };
      if (before.kind === 'id') {
        text = `${before.text}.${text}`;
        i -= 2;
      } else if (before.text === ')' || before.text === ']') {
        const o = match[i - 2] ?? -1;
        if (o < 0) {
          unknown();
          break;
        }
        text = `${before.text === ')' ? '()' : '[]'}.${text}`;
        i = o;
        if (tokens[i - 1]?.kind === 'id') {
          text = `${tokens[i - 1]!.text}${text}`;
          i -= 1;
        }
      } else if (before.kind === 'str') {
        text = `''.${text}`;
        i -= 2;
      } else {
        unknown();
        break;
      }
      if (last - i > 200) break;
    }
    return [text, i];
  }

  #args(from: number, to: number): Arg[] {
    const { tokens, match } = this;
    const args: Arg[] = [];
    let start = from;
    const push = (end: number): void => {
      if (end <= start) return;
      const a = tokens[start]!;
      const b = tokens[start + 1];
      if (a.kind === 'id' && b && (b.text === '=' || b.text === ':') && end > start + 2)
        args.push({ name: a.text, from: start + 2, to: end });
      else if (
        (a.kind === 'id' || a.kind === 'str' || a.text === ':') &&
        b?.text === '=>' &&
        end > start + 2 &&
        this.#source.language !== 'javascript' &&
        this.#source.language !== 'typescript'
      )
        args.push({ name: a.kind === 'str' ? this.stringOf(a) : a.text, from: start + 2, to: end });
      else args.push({ from: start, to: end });
    };
    for (let i = from; i < to; i++) {
      const t = tokens[i]!;
      if (t.kind !== 'op') continue;
      if (t.text === ',') {
        push(i);
        start = i + 1;
      } else if (match[i]! > i) i = Math.min(match[i]!, to);
    }
    push(to);
    return args;
  }

  #newLineBetween(a: number, b: number): boolean {
    return this.#source.text.slice(this.tokens[a]!.end, this.tokens[b]!.start).includes('\n');
  }

  #readAssignments(): Assignment[] {
    const { tokens, match } = this;
    const found: Assignment[] = [];
    const keywords = this.#source.language === 'python' || this.#source.language === 'kotlin';
    const brackets: string[] = [];
    if (tokens[0]?.kind === 'op' && match[0]! > 0) brackets.push(tokens[0].text);
    for (let i = 1; i < tokens.length; i++) {
      const t = tokens[i]!;
      if (t.kind !== 'op') continue;
      if (match[i]! > i) brackets.push(t.text);
      else if (match[i]! >= 0) brackets.pop();
      const colonPair =
        t.text === ':' &&
        i > 0 &&
        (tokens[i - 1]!.kind === 'id' || tokens[i - 1]!.kind === 'str') &&
        this.#isObjectKey(i);
      const arrowPair = t.text === '=>' && tokens[i - 1]!.kind === 'str' && this.#source.language !== 'javascript';
      if (!assignOps.has(t.text) && !colonPair && !arrowPair) continue;
      let nameAt = i - 1;
      let nameToken = tokens[nameAt]!;
      // name: Type = value
      if (t.text === '=') {
        for (let k = i - 1; k > 0 && i - k < 14; k--) {
          const kt = tokens[k]!;
          // `with open(x) as f:` on the line above is no type of what follows.
          if (kt.text === ':' && this.#newLineBetween(k, k + 1)) break;
          if (kt.text === ':' && tokens[k - 1]?.kind === 'id') {
            nameAt = k - 1;
            nameToken = tokens[nameAt]!;
            break;
          }
          if (kt.kind === 'op' && !/^[<>,|.?[\]&]$/.test(kt.text)) break;
        }
      }
      let name: string;
      let target: string;
      let first = nameAt;
      if (nameToken.kind === 'id') {
        [target, first] = this.#callee(nameAt);
        name = nameToken.text;
      } else if (nameToken.kind === 'str') {
        name = this.stringOf(nameToken);
        target = name;
      } else if (nameToken.text === '}' && t.text === '=') {
        const o = match[nameAt] ?? -1;
        if (o < 0 || nameAt - o > 60) continue;
        let to = i + 1;
        while (
          to < tokens.length &&
          to - i < 60 &&
          !(tokens[to]!.text === ';') &&
          !(to > i + 1 && this.#newLineBetween(to - 1, to))
        ) {
          if (tokens[to]!.kind === 'op' && match[to]! > to) to = match[to]!;
          to++;
        }
        for (let k = o + 1; k < nameAt; k++) {
          const k0 = tokens[k]!;
          if (
            k0.kind === 'id' &&
            (tokens[k + 1]?.text === ',' || tokens[k + 1]?.text === '}' || tokens[k + 1]?.text === '=') &&
            to > i + 1
          )
            found.push({
              name: k0.text,
              target: k0.text,
              from: i + 1,
              to: Math.min(to, tokens.length),
              start: k0.start,
              end: tokens[Math.min(to, tokens.length) - 1]!.end,
              op: '=',
            });
        }
        continue;
      } else if (nameToken.text === ']') {
        const o = match[nameAt] ?? -1;
        const key = o >= 0 && nameAt - o === 2 ? tokens[o + 1] : undefined;
        if (o <= 0 || tokens[o - 1]?.kind !== 'id') continue;
        name = key?.kind === 'str' ? this.stringOf(key) : tokens[o - 1]!.text;
        [target, first] = this.#callee(o - 1);
        target = `${target}.${name}`;
      } else continue;
      const from = i + 1;
      if (from >= tokens.length) continue;
      let to = from;
      while (to < tokens.length && to - from < maxTokens) {
        const here = tokens[to]!;
        if (here.kind === 'op') {
          if (here.text === ';' || here.text === ',' || here.text === ')' || here.text === ']' || here.text === '}')
            break;
          if (match[to]! > to) {
            to = match[to]! + 1;
            continue;
          }
        }
        if (to > from && this.#newLineBetween(to - 1, to)) {
          const prev = tokens[to - 1]!;
          const joins =
            (prev.kind === 'op' && !/^[)\]}]$/.test(prev.text)) ||
            (here.kind === 'op' && /^(?:\.|\?\.|->|\+|\?|:|\|\||&&|\?\?|\|)$/.test(here.text)) ||
            (prev.kind === 'str' && here.kind === 'str');
          if (!joins) break;
        }
        to++;
      }
      if (to <= from) continue;
      const isKey = t.text === ':' || t.text === '=>' || (keywords && t.text === '=' && brackets.at(-1) === '(');
      found.push({
        name,
        target,
        from,
        to,
        start: tokens[first]!.start,
        end: tokens[to - 1]!.end,
        op: t.text,
        ...(isKey ? { isKey } : {}),
      });
      // a, b := f(): every name on the left may hold what the right side gives.
      if ((t.text === ':=' || t.text === '=') && brackets.at(-1) !== '(') {
        for (let k = first - 1; k > 0 && tokens[k]!.text === ',' && tokens[k - 1]!.kind === 'id'; k -= 2) {
          if (/^[([{]$/.test(tokens[k - 2]?.text ?? '') && tokens[k - 2]!.text === '(') break;
          found.push({
            name: tokens[k - 1]!.text,
            target: tokens[k - 1]!.text,
            from,
            to,
            start: tokens[k - 1]!.start,
            end: tokens[to - 1]!.end,
            op: t.text,
          });
        }
        // const { a, b } = request.body
        if (nameToken.text === '}' || nameToken.text === ']') void 0;
      }
    }
    // for (const x of list), for x in list: x holds what the list holds.
    for (let i = 1; i + 1 < tokens.length; i++) {
      const t = tokens[i]!;
      if (t.kind !== 'id' || (t.text !== 'of' && t.text !== 'in') || tokens[i - 1]!.kind !== 'id') continue;
      const head = [tokens[i - 2]?.text, tokens[i - 3]?.text, tokens[i - 4]?.text];
      if (!head.includes('for') && !head.includes('foreach')) continue;
      let to = i + 1;
      while (to < tokens.length && to - i < 60 && !this.#newLineBetween(to - 1, to)) {
        const here = tokens[to]!;
        if (here.kind === 'op' && (here.text === ')' || here.text === ':' || here.text === '{')) break;
        if (here.kind === 'op' && match[to]! > to) to = match[to]!;
        to++;
      }
      if (to > i + 1)
        found.push({
          name: tokens[i - 1]!.text,
          target: tokens[i - 1]!.text,
          from: i + 1,
          to,
          start: tokens[i - 1]!.start,
          end: tokens[to - 1]!.end,
          op: '=',
        });
    }
    return found;
  }

  /** Whether the `:` at `i` separates a key and a value of a literal (and is no ternary, type or label). */
  #isObjectKey(i: number): boolean {
    const before = this.tokens[i - 2];
    return before === undefined || before.text === '{' || before.text === ',' || before.text === '(';
  }
}

export function readCode(source: SourceLike): CodeFacts {
  return new CodeFacts(source);
}

function matchBrackets(tokens: readonly Token[]): Int32Array {
  const match = new Int32Array(tokens.length).fill(-1);
  const stack: number[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const t = tokens[i]!;
    if (t.kind !== 'op' || t.text.length !== 1) continue;
    const ch = t.text.charCodeAt(0);
    if (ch === 40 || ch === 91 || ch === 123) stack.push(i);
    else if (ch === 41 || ch === 93 || ch === 125) {
      const want = ch === 41 ? '(' : ch === 93 ? '[' : '{';
      // An unclosed inner bracket must not swallow the rest: look a few levels up.
      for (let k = stack.length - 1; k >= 0 && stack.length - k <= 4; k--) {
        if (tokens[stack[k]!]!.text === want) {
          match[stack[k]!] = i;
          match[i] = stack[k]!;
          stack.length = k;
          break;
        }
      }
    }
  }
  return match;
}
