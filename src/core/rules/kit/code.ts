/** Questions rules ask about code again and again. */
import type { Arg, Call, CodeFacts } from '../../languages/facts.ts';
import type { Source } from '../../languages/source.ts';

type Range = { readonly from: number; readonly to: number };

/** Text that comes from outside: requests, arguments, input, environment. */
const outside =
  /\b(?:flask\.)?request\.(?:args|form|values|json|data|files|cookies|headers|params|GET|POST|body|query\w*|url|path|matchdict|get_json|get_data|get_argument|input|all|only|getParameter\w*|getHeader|getQueryString|QueryString|Form|Query|Cookies|Headers|Path)\b|\breq(?:uest)?\.(?:body|query|params|headers|cookies|param|url|originalUrl|path|hostname|get|FormValue|PostFormValue|URL|Form|Header|Body)\b|\br\.(?:URL|FormValue|PostFormValue|Form|PostForm|Header|Body|Cookie)\b|\bctx\.(?:query|params|request|body|Query|Param|PostForm|FormValue|QueryParam)\b|\bc\.(?:Query|Param|PostForm|FormValue|QueryParam|DefaultQuery)\b|\$_(?:GET|POST|REQUEST|COOKIE|SERVER|FILES)\b|\bparams\s*\[|\bparams\.(?:require|permit|fetch)\b|\bsys\.argv\b|\bprocess\.argv\b|\bos\.Args\b|\bARGV\b|\binput\s*\(|\braw_input\s*\(|\bevent(?:\.|\[)\s*['"]?(?:body|queryStringParameters|pathParameters|headers|Records)|\blocation\.(?:search|hash|href)\b|\bdocument\.(?:URL|referrer|cookie|location)\b|\bgetParameter(?:Values|Map)?\s*\(|\bgetHeader\s*\(|\bos\.environ\b|\bos\.getenv\b|\bos\.Getenv\b|\bSystem\.getenv\b|\bReadString\s*\(|\bScanner\b|\bgets\b(?=\s*\.|\s*$)|\bReadLine\s*\(|\bRequest\s*(?:\.|\[)\s*["']?(?:QueryString|Form|Params|Cookies|Headers|\w+["']\])|\bself\.get_argument\b|\bcookies\s*\[|\bURLSearchParams\b|\.FormValue\(|\.Query\(\)|\.getQueryParam/;

export class Code {
  readonly facts: CodeFacts;
  readonly source: Source;
  constructor(source: Source) {
    this.source = source;
    this.facts = source.code;
  }

  text(range: Range | undefined): string {
    return range ? this.facts.textOf(range) : '';
  }

  /** Whether the range names something from outside, directly or through local variables. */
  isOutside(range: Range, depth = 0): boolean {
    if (outside.test(this.text(range))) return true;
    if (depth > 3) return false;
    for (const name of this.names(range)) {
      for (const a of this.facts.valuesOf(name, range.from))
        if (a.from !== range.from && this.isOutside(a, depth + 1)) return true;
      if (this.params.has(name)) return true;
    }
    return false;
  }

  #params: Set<string> | undefined;
  /** Parameters that carry input by decorator or annotation (`@RequestParam`, route functions). */
  get params(): ReadonlySet<string> {
    if (!this.#params) {
      this.#params = new Set();
      for (const m of this.source.text.matchAll(
        /@(?:RequestParam|PathVariable|RequestBody|RequestHeader|CookieValue|QueryParam|PathParam|FormParam|Query|Param|Body)\b(?:\([^)]{0,400}\))?\s*(?:final\s+)?[\w<>[\], ]{0,80}?\b(\w+)\s*[,)]/g,
      ))
        this.#params.add(m[1]!);
      for (const m of this.source.text.matchAll(
        /<(?:\w+:)?(\w+)>["'][^\n]{0,400}\)\s*\n\s*(?:async\s+)?def\s+\w+\s*\(([^)]{0,400})\)/g,
      ))
        for (const p of m[2]!.split(',')) this.#params.add(p.trim().split(/[:=]/)[0]!.trim());
    }
    return this.#params;
  }

  /** Identifiers in the range that are values (not callees, keys or members' owners). */
  names(range: Range): string[] {
    const found: string[] = [];
    const { tokens } = this.facts;
    for (let i = range.from; i < range.to && found.length < 40; i++) {
      const t = tokens[i]!;
      if (t.kind === 'id' && tokens[i + 1]?.text !== '(') found.push(t.text);
      else if (t.kind === 'str' && t.dynamic)
        for (const m of this.facts.stringOf(t).matchAll(/[$#]?\{\s*([A-Za-z_$][\w.$]*)|\$(\w+)/g))
          found.push(...(m[1] ?? m[2] ?? '').split('.'));
    }
    return found;
  }

  isConstant(range: Range): boolean {
    return this.facts.isConstant(range);
  }

  /** A string put together at run time: concatenation, interpolation or formatting with something that varies. */
  isBuilt(range: Range, depth = 0): boolean {
    const { tokens } = this.facts;
    if (this.isConstant(range)) return false;
    let strings = 0;
    let joins = false;
    for (let i = range.from; i < range.to && i - range.from < 4000; i++) {
      const t = tokens[i]!;
      if (t.kind === 'str') {
        strings++;
        if (t.dynamic) return true;
        const next = tokens[i + 1];
        if (next?.text === '%' && i + 2 < range.to + 0) return true;
        if (next?.text === '.' && /^(?:format|formatted|replace|concat)$/.test(tokens[i + 2]?.text ?? '')) return true;
      } else if (
        t.text === '+' ||
        t.text === '.=' ||
        t.text === '||' ||
        (t.text === '.' && this.source.language === 'php')
      )
        joins = true;
      else if (
        t.kind === 'id' &&
        tokens[i + 1]?.text === '(' &&
        /^(?:sprintf|Sprintf|format|Format|concat|Concat|join|append|fmt)$/.test(t.text)
      )
        joins = true;
    }
    if (strings > 0 && joins) return true;
    if (depth > 2) return false;
    // A variable that was built before.
    if (range.to - range.from <= 12)
      for (const name of this.names(range)) {
        const list = this.facts.valuesOf(name, range.from);
        if (
          list.some(
            (a) =>
              !(a.from >= range.from && a.to <= range.to) &&
              a.from !== range.from &&
              (this.isBuilt(a, depth + 1) || ((a.op === '+=' || a.op === '.=') && !this.isConstant(a))),
          )
        )
          return true;
      }
    return false;
  }

  /** Whether any value in the range is a parameter of a function in this file. */
  isParameter(range: Range): boolean {
    return this.names(range).some((n) => this.facts.isParam(n, range.from));
  }

  arg(call: Call, index: number): Arg | undefined {
    return call.args.filter((a) => a.name === undefined)[index];
  }

  named(call: Call, ...names: readonly string[]): Arg | undefined {
    return call.args.find((a) => a.name !== undefined && names.includes(a.name));
  }

  /** `name: value` / `name = value` anywhere inside the call, nested literals included. */
  option(call: Call, name: RegExp): Range | undefined {
    return (
      this.facts.assignments.find((a) => a.start >= call.start && a.end <= call.end && name.test(a.name)) ??
      call.args.find((a) => a.name !== undefined && name.test(a.name))
    );
  }

  /** Text around an offset: so many lines before and after, but not beyond the function it is in. */
  around(offset: number, before = 25, after = 15): string {
    const line = this.source.lineAt(offset);
    let low = Math.max(0, line - 1 - before);
    let high = Math.min(this.source.lines.length, line + after);
    const { tokens, scopes } = this.facts;
    let i = 0;
    let end = tokens.length - 1;
    while (i < end) {
      const mid = (i + end) >> 1;
      if (tokens[mid]!.end <= offset) i = mid + 1;
      else end = mid;
    }
    const scope = scopes[this.facts.scopeAt(i)]!;
    if (scope.from > 0 && tokens[scope.from]) low = Math.max(low, this.source.lineAt(tokens[scope.from]!.start) - 1);
    const last = tokens[Math.min(scope.to, tokens.length) - 1];
    if (scope.parent !== 0 || scope.from > 0) if (last) high = Math.min(high, this.source.lineAt(last.start));
    return this.source.lines.slice(low, high).join('\n');
  }
}

const cache = new WeakMap<Source, Code>();
export function code(source: Source): Code {
  let found = cache.get(source);
  if (!found) {
    found = new Code(source);
    cache.set(source, found);
  }
  return found;
}
