/** Of what pieces a script puts a page together, and which of them are not escaped. */
import type { Code } from './code.ts';
import { escaping, inAttribute, isCount, keepsQuotes, notForMarkup, returnsOf } from './markup.ts';
import { fromRequest } from './taint.ts';

type Range = { readonly from: number; readonly to: number };

/** What a program chooses among words of its own, by its name. */
const chosen =
  /^(?:[\w$]{1,60}\??\.){0,4}(?:\w{0,40}(?:[sS]tatus|[sS]tate|[fF]ilter|[kK]ind|[mM]ode|[lL]evel|[sS]everity|[vV]ariant|[iI]dx|[iI]ndex|[cC]ount)|side|i)$/;
const fromOutside = /location|params|query|search|request|\breq\b|dataset|\.value\b|input|event|cookie|hash|response/i;
const aNumber =
  /^(?:\d{1,15}|(?:[\w$]{1,60}\??\.){1,5}(?:length|size)|Math\.(?:floor|round|ceil|trunc)\([^()]{0,120}\))$/;
const maxSteps = 400;

/**
 * Whether all that varies in a markup is escaped (`all`), or all but what bears the name of a choice (its text). Nothing is
 * said of what is not read to its end, nor where an escaped value may still be code.
 */
export function escapedMarkup(c: Code, range: Range): 'all' | { readonly left: string } | undefined {
  if (range.to - range.from > 4000) return undefined;
  const pieces = new Pieces(c);
  if (!pieces.put(c.text(range), range.from) || fromRequest(c, range)) return undefined;
  if (pieces.left === undefined) return 'all';
  return pieces.escaped > 0 ? { left: pieces.left } : undefined;
}

class Pieces {
  readonly #c: Code;
  readonly #open = new Set<string>();
  #steps = 0;
  #said = '';
  escaped = 0;
  /** The first choice that is put in as it is. */
  left: string | undefined;

  constructor(c: Code) {
    this.#c = c;
  }

  /** Whether the expression, which stands at a token, is made of nothing else. */
  put(expression: string, at: number): boolean {
    if (++this.#steps > maxSteps || expression.length > 20_000) return false;
    let text = expression.trim();
    while (text.startsWith('(') && closes(text, 0) === text.length - 1) text = text.slice(1, -1).trim();
    if (/^(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')$/.test(text)) return this.#say(text.slice(1, -1));
    if (text.startsWith('`') && closes(text, 0) === text.length - 1) return this.#template(text.slice(1, -1), at);
    const [test, yes] = split(text, '?', 2);
    if (test !== undefined && yes !== undefined) {
      const sides = split(yes, ':', 2);
      return sides.length === 2 && sides.every((side) => this.put(side, at));
    }
    const sum = split(text, '+');
    if (sum.length > 1) return sum.every((part) => this.put(part, at));
    if (aNumber.test(text) || (/^[\w$]{1,60}$/.test(text) && isCount(this.#c, text, at))) return this.#say('0');
    return this.#call(text, at) ?? (this.#name(text, at) || this.#choice(text));
  }

  #say(text: string): boolean {
    this.#said = `${this.#said}${text.replace(/\\(["'`])/g, '$1')}`.slice(-400);
    return true;
  }

  #template(body: string, at: number): boolean {
    let from = 0;
    for (let i = body.indexOf('${'); i >= 0; i = body.indexOf('${', from)) {
      const end = closes(body, i + 1);
      if (end < 0 || body[i - 1] === '\\') return false;
      this.#say(body.slice(from, i));
      if (!this.put(body.slice(i + 2, end), at)) return false;
      from = end + 1;
    }
    return this.#say(body.slice(from));
  }

  /** What an escaping function, a function of the file, or a list that is joined returns; undefined for anything else. */
  #call(text: string, at: number): boolean | undefined {
    const name = /^([A-Za-z_$][\w$]{0,60})\(/.exec(text)?.[1];
    if (name !== undefined && closes(text, name.length) === text.length - 1) {
      if (escaping.test(name)) {
        if (
          !this.#escapes(name) ||
          notForMarkup.test(this.#said) ||
          (inAttribute.test(this.#said) && !keepsQuotes(this.#c, name))
        )
          return false;
        this.escaped++;
        return this.#say('x');
      }
      const returns = returnsOf(this.#c, name);
      if (returns.length === 0 || returns.length > 8 || this.#open.has(name)) return false;
      this.#open.add(name);
      const isMade = returns.every((r) => this.put(this.#c.text(r), r.from));
      this.#open.delete(name);
      return isMade;
    }
    const joined = /^([^]{1,20000})\.join\(\s*(?:""|''|``|'\\n'|"\\n")\s*\)$/.exec(text)?.[1];
    if (joined === undefined) return undefined;
    if (/^[\w$]{1,60}$/.test(joined)) return this.#list(joined, at);
    const map = /^[\w$.?]{1,120}\.map\(\s*(\(?[\w$,\s]{1,80}\)?)\s*=>\s*(?!\{)/.exec(joined);
    if (map === null || !joined.endsWith(')')) return false;
    // Its parameters hide what is called alike.
    const hidden = (map[1]!.match(/[\w$]+/g) ?? []).filter((p) => !this.#open.has(p));
    for (const p of hidden) this.#open.add(p);
    const isMade = this.put(joined.slice(map[0].length, -1), at);
    for (const p of hidden) this.#open.delete(p);
    return isMade;
  }

  /** A function of the file's own must be seen to escape; of others, the name is believed. */
  #escapes(name: string): boolean {
    const { source } = this.#c;
    const own = escaped(name);
    return (
      !source.has(new RegExp(`\\bfunction\\s+${own}\\b|(?<![\\w$.])${own}\\s*=(?!=)`)) ||
      source.has(/&lt;|&#(?:60|x3c);|\.textContent\s*=|createTextNode\(/i)
    );
  }

  /** A variable of the file by all that it is ever given. */
  #name(text: string, at: number): boolean {
    const values = this.#values(text, at);
    if (values === undefined) return false;
    this.#open.add(text);
    const isMade = values.every((v) => {
      if (v.op === '=') this.#said = '';
      return /^\+?=$/.test(v.op) && this.put(this.#c.text(v), v.from);
    });
    this.#open.delete(text);
    return isMade;
  }

  #list(name: string, at: number): boolean {
    const values = this.#values(name, at);
    const elements = values?.flatMap((v) => {
      const text = this.#c.text(v).trim();
      return v.op === '=' && text.startsWith('[') && closes(text, 0) === text.length - 1
        ? split(text.slice(1, -1), ',').map((one) => ({ one, from: v.from }))
        : [{ one: '\0', from: v.from }];
    });
    if (elements === undefined) return false;
    // Handed to anybody else, it may be given more.
    const uses = this.#c.source.text.match(
      new RegExp(`(?<![\\w$.])${escaped(name)}(?![\\w$])(?!\\.(?:push|join|length)\\b)`, 'g'),
    );
    if (uses?.length !== values!.length) return false;
    const pushed = [...this.#c.facts.callsNamed('push')].filter((call) => call.callee === `${name}.push`);
    for (const call of pushed) for (const a of call.args) elements.push({ one: this.#c.text(a), from: a.from });
    return elements.every(({ one, from }) => one.trim() === '' || this.put(one, from));
  }

  #values(name: string, at: number): readonly { from: number; to: number; op: string }[] | undefined {
    const { facts, source } = this.#c;
    if (!/^[A-Za-z_$][\w$]{0,60}$/.test(name) || this.#open.has(name) || facts.isParam(name, at)) return undefined;
    const values = facts.valuesOf(name, at);
    // Without its declaration, what is known of it may not be all.
    const isDeclared = values.some((v) => /^(?:const|let|var)$/.test(facts.tokens[v.from - 3]?.text ?? ''));
    if (!isDeclared || values.some((v) => v.isKey === true || v.target !== name)) return undefined;
    const own = escaped(name);
    // One of a list, or part of a thing that is taken apart.
    const isBound = new RegExp(
      `\\b(?:const|let|var)\\s+${own}\\s+(?:of|in)\\b|(?:const|let|var)\\s*[{[][^}\\]=;]{0,300}(?<![\\w$])${own}(?![\\w$])`,
    );
    return values.length === 0 || values.length > 60 || isBound.test(source.text) ? undefined : values;
  }

  #choice(text: string): boolean {
    if (!chosen.test(text) || fromOutside.test(text) || notForMarkup.test(this.#said)) return false;
    this.left ??= text;
    return this.#say('x');
  }
}

const escaped = (name: string): string => name.replaceAll('$', '\\$');

/** Index of what closes a bracket or a quote, or -1. */
function closes(text: string, open: number): number {
  const stack: string[] = [];
  for (let i = open; i < text.length; i++) {
    const ch = text[i]!;
    const top = stack.at(-1);
    if (ch === '\\') i++;
    else if (top === '"' || top === "'" || top === '`') {
      if (ch === top) stack.pop();
      else if (top === '`' && ch === '$' && text[i + 1] === '{') {
        stack.push('}');
        i++;
      }
    } else if ('"\'`'.includes(ch)) stack.push(ch);
    else if ('([{'.includes(ch)) stack.push(ch === '(' ? ')' : ch === '[' ? ']' : '}');
    else if (')]}'.includes(ch) && stack.pop() !== ch) return -1;
    if (stack.length === 0) return i;
  }
  return -1;
}

/** The parts of an expression between an operator outside of brackets and texts, at most so many. */
function split(text: string, by: string, most = 200): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let i = 0; i < text.length && parts.length + 1 < most; i++) {
    const ch = text[i]!;
    if ('"\'`([{'.includes(ch)) {
      const end = closes(text, i);
      if (end < 0) return [text];
      i = end;
    } else if (ch === by) {
      if (by === '?' && /[?.]/.test(text[i + 1] ?? '')) i++;
      else {
        parts.push(text.slice(from, i));
        from = i + 1;
      }
    }
  }
  parts.push(text.slice(from));
  return parts;
}
