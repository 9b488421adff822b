/** Questions rules ask about code again and again. */
import type { Arg, Call, CodeFacts } from '../../languages/facts.ts';
import type { Source } from '../../languages/source.ts';

type Range = { readonly from: number; readonly to: number };

/** Text that comes from outside: requests, arguments, input, environment. */
const outside =
  /\b(?:flask\.)?request\.(?:args|form|values|json|data|files|cookies|headers|params|GET|POST|body|query\w*|url|path|matchdict|get_json|get_data|get_argument|input|all|only|getParameter\w*|getHeader|getQueryString|QueryString|Form|Query|Cookies|Headers|Path)\b|\breq(?:uest)?\.(?:body|query|params|headers|cookies|param|url|originalUrl|path|hostname|get|FormValue|PostFormValue|URL|Form|Header|Body)\b|\br\.(?:URL|FormValue|PostFormValue|Form|PostForm|Header|Body|Cookie)\b|\bctx\.(?:query|params|request|body|Query|Param|PostForm|FormValue|QueryParam)\b|\bc\.(?:Query|Param|PostForm|FormValue|QueryParam|DefaultQuery)\b|\$_(?:GET|POST|REQUEST|COOKIE|SERVER|FILES)\b|\bparams\s*\[|\bparams\.(?:require|permit|fetch)\b|\bsys\.argv\b|\bprocess\.argv\b|\bos\.Args\b|\bARGV\b|\binput\s*\(|\braw_input\s*\(|\bevent(?:\.|\[)\s*['"]?(?:body|queryStringParameters|pathParameters|headers|Records)|\blocation\.(?:search|hash|href)\b|\bdocument\.(?:URL|referrer|cookie|location)\b|\bgetParameter(?:Values|Map)?\s*\(|\bgetHeader\s*\(|\bos\.environ\b|\bos\.getenv\b|\bos\.Getenv\b|\bSystem\.getenv\b|\bReadString\s*\(|\bScanner\b|\bgets\b(?=\s*\.|\s*$)|\bReadLine\s*\(|\bRequest\s*(?:\.|\[)\s*["']?(?:QueryString|Form|Params|Cookies|Headers|\w+["']\])|\bself\.get_argument\b|\bcookies\s*\[|\bURLSearchParams\b|\.FormValue\(|\.Query\(\)|\.getQueryParam/g;

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
  isOutside(range: Range): boolean {
    return this.facts.effort.ask(() => this.#isOutside(range, 0));
  }

  #isOutside(range: Range, depth: number): boolean {
    if (this.#namesOutside(range)) return true;
    if (depth > 3 || !this.facts.effort.spend(range.to - range.from + 20)) return false;
    for (const name of this.names(range)) {
      for (const a of this.facts.valuesOf(name, range.from))
        if (a.from !== range.from && this.#isOutside(a, depth + 1)) return true;
      if (this.isEntry(name, range.from)) return true;
    }
    return false;
  }

  /** Where the text names something from outside: start and end in turn. Found once, because ranges overlap. */
  #marks: number[] | undefined;
  #namesOutside(range: Range): boolean {
    this.#marks ??= [...this.source.text.matchAll(outside)].flatMap((m) => [m.index, m.index + m[0].length]);
    const marks = this.#marks;
    if (marks.length === 0 || range.to <= range.from) return false;
    const { start, end } = this.facts.offsets(range);
    let low = 0;
    let high = marks.length >> 1;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (marks[mid * 2]! < start) low = mid + 1;
      else high = mid;
    }
    return low * 2 < marks.length && marks[low * 2 + 1]! <= end;
  }

  #entries: Map<string, Set<number>> | undefined;
  /** Whether the name is, at this token, a parameter that a framework fills from the request (`@RequestParam`, route functions, actions). */
  isEntry(name: string, token: number): boolean {
    this.#entries ??= this.#readEntries();
    const scopes = this.#entries.get(name);
    if (!scopes) return false;
    for (let s = this.facts.scopeAt(token); ; s = this.facts.scopes[s]!.parent) {
      if (scopes.has(s)) return true;
      if (s === 0) return false;
    }
  }

  #readEntries(): Map<string, Set<number>> {
    const entries = new Map<string, Set<number>>();
    const { text, language } = this.source;
    const add = (name: string, offset: number): void => {
      if (!/^[A-Za-z_$]\w*$/.test(name)) return;
      let scopes = entries.get(name);
      if (!scopes) entries.set(name, (scopes = new Set()));
      scopes.add(this.facts.scopeAt(this.#tokenAt(offset)));
    };
    // Spring, JAX-RS, Nest: the annotation stands before the parameter.
    if (text.includes('@'))
      for (const m of text.matchAll(
        /@(?:RequestParam|PathVariable|RequestBody|RequestHeader|CookieValue|ModelAttribute|MatrixVariable|QueryParam|PathParam|FormParam|HeaderParam|CookieParam|MatrixParam|Query|Param|Body|Headers|UploadedFile)\b(?:\([^()]{0,200}\))?\s*(?:(?:final\s+|@\w+(?:\([^()]{0,200}\))?\s*){0,4})([^\n,(){};=]{1,120}?)(?=\s*[,)=])/g,
      )) {
        const words = m[1]!.split(':');
        const name = words.length > 1 ? words[0]! : m[1]!;
        const at = /(\w+)\??\s*$/.exec(name.trim())?.[1];
        if (at) add(at, m.index + m[0].length - 1);
      }
    // Flask, FastAPI, Bottle: `<name>` or `{name}` in the route of the function below.
    if (language === 'python')
      for (const m of text.matchAll(
        /^[ \t]*@[\w.]+\(\s*r?["'][^"'\n]{0,200}[<{][^\n]{0,300}\n(?:[ \t]*@[^\n]{0,300}\n){0,4}[ \t]*(?:async\s+)?def\s+\w+\s*\(([^)]{0,600})\)/gm,
      )) {
        const route = m[0].slice(0, m[0].indexOf('\n'));
        for (const p of m[1]!.split(',')) {
          const name = p.trim().split(/[:=\s]/)[0]!;
          const held = new RegExp(`[<{](?:(\\w+)(?:\\([^)]*\\))?:)?${name.replace(/\W/g, '')}(?::(\\w+))?[>}]`).exec(
            route,
          );
          if (name && held && !/^(?:int|float|uuid)$/.test(held[1] ?? held[2] ?? ''))
            add(name, m.index + m[0].lastIndexOf(m[1]!) + m[1]!.indexOf(p) + (p.length - p.trimStart().length));
        }
      }
    // Express: the parts of a request, taken out of it in the handler's head.
    if (/^(?:javascript|typescript|tsx)$/.test(language))
      for (const m of text.matchAll(
        /\(\s*\{([^{}()]{1,120})\}\s*(?::\s*[\w.]*Request[^,(){}]{0,60})?,\s*(?:res|response|reply)\b/g,
      ))
        for (const p of m[1]!.split(','))
          if (/^\s*(?:body|query|params|headers|cookies)\s*$/.test(p)) add(p.trim(), m.index + m[0].indexOf(p.trim()));
    // ASP.NET: the arguments of a controller's actions.
    if (language === 'c-sharp' && /:\s*(?:\w+\.)*\w*(?:Controller|ControllerBase|PageModel|ApiController)\b/.test(text))
      for (const m of text.matchAll(
        /\bpublic\s+(?:async\s+|virtual\s+|override\s+){0,3}[\w<>[\]?.]{2,80}\s+\w+\s*\(([^(){};]{1,400})\)\s*(?:\{|=>)/g,
      ))
        for (const p of m[1]!.split(',')) {
          const found = /\bstring\??(?:\[\])?\s+(\w+)\s*(?:=.*)?$/i.exec(p.trim());
          if (found) add(found[1]!, m.index + m[0].indexOf(m[1]!) + 1);
        }
    return entries;
  }

  /** Index of the first token that ends after an offset. */
  #tokenAt(offset: number): number {
    const { tokens } = this.facts;
    let low = 0;
    let high = tokens.length - 1;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (tokens[mid]!.end <= offset) low = mid + 1;
      else high = mid;
    }
    return low;
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
  isBuilt(range: Range): boolean {
    return this.facts.effort.ask(() => this.#isBuilt(range, 0));
  }

  #isBuilt(range: Range, depth: number): boolean {
    const { tokens } = this.facts;
    if (this.isConstant(range) || !this.facts.effort.spend(range.to - range.from + 20)) return false;
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
              (this.#isBuilt(a, depth + 1) || ((a.op === '+=' || a.op === '.=') && !this.isConstant(a))),
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
    const i = this.#tokenAt(offset);
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
