/** Statements as they are put together: their text, and what is put into it where. */
import { isTable } from './address.ts';
import type { Code } from './code.ts';

type Range = { readonly from: number; readonly to: number };

/** Something that is put into a statement: the words that name it, and the token where it stands. */
interface Hole {
  readonly text: string;
  readonly at: number;
  /** How much of the statement stands before it. */
  readonly behind: number;
}

/**
 * What can get into a statement by its holes, from nothing (`fixed`: the program's own words, numbers) over a name or clause
 * that the program makes itself (`own`) and one that is handed in (`name`), to a value, which a placeholder could take: one
 * that an object or a configuration holds (`held`), or any other.
 */
export type Filling = 'fixed' | 'own' | 'name' | 'held' | 'value';
const order: readonly Filling[] = ['fixed', 'own', 'name', 'held', 'value'];

const maxSql = 8000;
const maxHoles = 60;
const formatters = /^(?:[sS]printf|[fF]ormat|formatted|vsprintf|printf)$/;

/** A statement's text, every hole a `?`-like mark, and its holes. */
export class Statement {
  text = '';
  readonly holes: Hole[] = [];
  readonly #c: Code;
  readonly #seen = new Set<string>();

  constructor(c: Code, range: Range) {
    this.#c = c;
    c.facts.effort.ask(() => (this.#read(range, 0), true));
  }

  /** The most that can get in; undefined when nothing was seen to. */
  filling(): Filling | undefined {
    let most: Filling | undefined;
    for (const hole of this.holes) {
      const now = this.#fillingOf(hole);
      if (most === undefined || order.indexOf(now) > order.indexOf(most)) most = now;
    }
    return most;
  }

  /** Whether some hole stands where a value does. */
  get hasValue(): boolean {
    return this.holes.some((h) => this.#isValue(h));
  }

  #put(text: string, at: number): void {
    const expression = text.trim();
    if (expression === '' || this.holes.length >= maxHoles) return;
    this.holes.push({ text: expression, at, behind: this.text.length });
    this.text += '\0';
  }

  #say(text: string): void {
    if (this.text.length < maxSql) this.text += text;
  }

  /** Strings are text, what stands between them is put in. */
  #read({ from, to }: Range, depth: number): void {
    const { facts } = this.#c;
    const { tokens, match } = facts;
    if (!facts.effort.spend(to - from + 10)) return;
    if (to - from === 1 && tokens[from]!.kind === 'id' && this.#variable(tokens[from]!.text, from, depth)) return;
    let start = -1;
    const flush = (end: number): void => {
      if (start >= 0 && end > start) this.#operand({ from: start, to: end }, depth);
      start = -1;
    };
    for (let i = this.#behindCondition(from, to); i < to; i++) {
      const t = tokens[i]!;
      if (t.kind === 'str') {
        flush(i);
        i = this.#string(i, to, depth);
      } else if (t.kind === 'op' && t.text === '?') start = -1;
      else if (t.kind === 'op' && t.text === ':') flush(i);
      else if (t.text === 'if' && this.#c.source.language === 'python') {
        flush(i);
        while (i < to && tokens[i]!.text !== 'else') i++;
      } else if (t.kind === 'op' && (this.#joins(t.text) || t.text === ',')) flush(i);
      else if (t.text === '[' && start >= 0 && match[i]! > i) i = Math.min(match[i]!, to - 1);
      else if (t.kind === 'op' && match[i]! > i && this.#hasString(i, Math.min(match[i]!, to))) {
        const callee = tokens[i - 1];
        start = -1;
        if (callee?.kind === 'id' && formatters.test(callee.text))
          this.#formatted({ from: i + 1, to: match[i]! }, depth);
        else this.#read({ from: i + 1, to: match[i]! }, depth);
        i = match[i]!;
      } else {
        if (start < 0) start = i;
        if (t.kind === 'op' && match[i]! > i) i = Math.min(match[i]!, to - 1);
      }
    }
    flush(to);
  }

  /** What decides between two texts is put into neither. */
  #behindCondition(from: number, to: number): number {
    const { tokens, match } = this.#c.facts;
    for (let i = from; i < to; i++) {
      const t = tokens[i]!;
      if (t.kind === 'op' && t.text === '?') return i + 1;
      if (t.kind === 'op' && (this.#joins(t.text) || t.text === ',')) return from;
      if (match[i]! > i) i = match[i]!;
    }
    return from;
  }

  #joins = (op: string): boolean => op === '+' || (op === '.' && this.#c.source.language === 'php') || op === '||';

  #hasString(from: number, to: number): boolean {
    for (let i = from; i < to; i++) if (this.#c.facts.tokens[i]!.kind === 'str') return true;
    return false;
  }

  #operand(range: Range, depth: number): void {
    const text = this.#c.text(range).replace(/^[\s.)\]]+/, '');
    if (!/[A-Za-z_$]/.test(text) || /^(?:await|return|new)$/.test(text)) return;
    const { tokens } = this.#c.facts;
    if (range.to - range.from === 1 && tokens[range.from]!.kind === 'id') {
      if (this.#variable(text, range.from, depth)) return;
    }
    this.#put(text, range.from);
  }

  /** What a variable of the function or file was given, if it is text that is put together here. */
  #variable(name: string, at: number, depth: number): boolean {
    const { facts } = this.#c;
    const { tokens } = facts;
    const key = `${name} ${facts.scopeAt(at)}`;
    if (depth > 3 || facts.isParam(name, at) || this.#seen.has(key)) return false;
    const values = facts.valuesOf(name, at).slice(0, 8);
    if (!values.some((v) => this.#hasString(v.from, v.to))) return false;
    this.#seen.add(key);
    for (const v of values) {
      if (v.op === '=' || v.op === ':=') this.#say('\n');
      if (!facts.isConstant(v)) this.#read(v, depth + 1);
      else for (let i = v.from; i < v.to; i++) if (tokens[i]!.kind === 'str') this.#say(facts.stringOf(tokens[i]!));
    }
    return true;
  }

  /** A string with what is formatted into it; the index of the last token that it took. */
  #string(i: number, to: number, depth: number): number {
    const { facts } = this.#c;
    const { tokens, match } = facts;
    const t = tokens[i]!;
    const next = tokens[i + 1];
    const text = facts.stringOf(t);
    if (i + 1 < to && next?.text === '%' && i + 2 < to) {
      const open = i + 2;
      const isList = tokens[open]!.text === '(' && match[open]! > open;
      const end = isList ? match[open]! : Math.max(open, this.#endOfOperand(open, to) - 1);
      this.#format(text, isList ? this.#split(open + 1, end) : [{ from: open, to: end + 1 }], depth);
      return end;
    }
    if (next?.text === '.' && /^(?:format|formatted)$/.test(tokens[i + 2]?.text ?? '') && tokens[i + 3]?.text === '(') {
      const end = match[i + 3]!;
      if (end > 0) {
        this.#format(text, this.#split(i + 4, end), depth);
        return end;
      }
    }
    if (t.dynamic) this.#interpolated(text, i, depth);
    else this.#say(text);
    return i;
  }

  #endOfOperand(from: number, to: number): number {
    const { tokens, match } = this.#c.facts;
    let i = from;
    while (i < to && !/^[+,)]$/.test(tokens[i]!.text)) i = match[i]! > i ? match[i]! + 1 : i + 1;
    return i;
  }

  #split(from: number, to: number): Range[] {
    const { tokens, match } = this.#c.facts;
    const found: Range[] = [];
    let start = from;
    for (let i = from; i < to; i++) {
      if (tokens[i]!.text === ',' && tokens[i]!.kind === 'op') {
        found.push({ from: start, to: i });
        start = i + 1;
      } else if (match[i]! > i) i = match[i]!;
    }
    if (start < to) found.push({ from: start, to });
    return found;
  }

  #formatted(range: Range, depth: number): void {
    const args = this.#split(range.from, range.to);
    const at = args.findIndex((a) => this.#hasString(a.from, a.to));
    const format = args[at];
    if (!format || format.to - format.from !== 1) return this.#read(range, depth);
    this.#format(this.#c.facts.stringOf(this.#c.facts.tokens[format.from]!), args.slice(at + 1), depth);
  }

  #format(text: string, args: readonly Range[], depth: number): void {
    let from = 0;
    let n = 0;
    for (const m of text.matchAll(
      /%(?:\(\w+\)|\d+\$)?[-+#0]{0,3}[\d.]{0,6}(?:\[(\d{1,2})\])?[a-zA-Z]|\{[\w.:!]{0,40}\}/g,
    )) {
      this.#say(text.slice(from, m.index));
      from = m.index + m[0].length;
      // Go's `%[2]s` says which one, and those behind it follow.
      if (m[1] !== undefined) n = Number(m[1]) - 1;
      const arg = args[Math.min(n++, args.length - 1)];
      // Digits alone come out of `%d`.
      if (/^%[^a-zA-Z]*[dixfFu]$/.test(m[0])) this.#put('0', args[0]?.from ?? 0);
      else if (arg) this.#operand(arg, depth);
    }
    this.#say(text.slice(from));
  }

  #interpolated(text: string, at: number, depth: number): void {
    let from = 0;
    for (const m of text.matchAll(/[$#]?\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}|\$(\w+(?:->\w+)?)/g)) {
      const { language } = this.#c.source;
      const isJs = /^(?:javascript|typescript|tsx)$/.test(language);
      if (isJs && !m[0].startsWith('${')) continue;
      this.#say(text.slice(from, m.index));
      from = m.index + m[0].length;
      const expression = (m[1] ?? m[2] ?? '').replace(/![rsa]$|:[^:()'"?]{0,20}$/, '').trim();
      if (!/^\w+$/.test(expression) || !this.#variable(expression, at, depth)) this.#put(expression, at);
    }
    this.#say(text.slice(from));
  }

  #isValue({ behind }: Hole): boolean {
    const before = this.text
      .slice(Math.max(0, behind - 600), behind)
      .split('\n\n')
      .at(-1)!;
    if ((before.split("'").length - 1) % 2 === 1) return true;
    const after = this.text.slice(behind + 1, behind + 20);
    if (/^\w{0,18}\.[\w"`]/.test(after)) return false;
    if (/(?:[=<>]|\blike|\bbetween|\bvalues\s*\(|\bin\s*\()\s*["(%]{0,3}$/i.test(before)) return true;
    return /\b(?:values|in)\s*\([^()]{0,200},\s*["%]?$/i.test(before);
  }

  #fillingOf(hole: Hole): Filling {
    const isValue = this.#isValue(hole);
    const origin = originOf(this.#c, hole.text, hole.at, 0);
    if (origin === 'fixed') return 'fixed';
    if (origin === 'own') return isValue ? 'held' : 'own';
    return isValue ? 'value' : origin === 'made' ? 'own' : 'name';
  }
}

const literal = /^(?:["'`][^"'`$#{}]{0,200}["'`]|-?\d[\w.]{0,20}|true|false|null|None|nil|True|False)$/;
/** Nothing but a number: what stands beside the call, `parseInt(id) || id`, is asked about on its own. */
const counts =
  /^(?:(?:len|int|float|Number|parseInt|parseFloat|intval|count|sizeof|abs|round|Math\.\w{1,20}|strconv\.(?:Itoa|FormatInt)|\(int\))\s*\((?:[^()]|\((?:[^()]|\([^()]*\)){0,20}\)){0,200}\)|\(int\)\s*[\w.$\->[\]'"]{1,100}|[\w.$?]{1,80}\.(?:length|size\(\)|size|Count|count|to_i))$/;
/** The same text in another form: who sent it is who sent the first. */
const sameText =
  /^(?:(?:String|str|strval|trim|strtolower|strtoupper)\(\s*([$\w.?]{1,80}|(?:\$\w{1,60}->\w{1,60}))\s*\)|([$\w.]{1,80}?|\$\w{1,60}->\w{1,60})\??(?:\.|->)(?:trim|toString|toLowerCase|toUpperCase|ToLower|ToUpper|ToString|Trim|strip|lower|upper|to_s|downcase|upcase|replace(?:All)?(?!\(\s*\/\[\^)|join|slice|substring|concat|split)\([^]{0,200}\)|(["'][^"']{0,8}["'])\.join\(\s*(\w{1,80})\s*\)|([$\w]{1,80})\.to_s)$/;
const constantName = /^(?:\w{1,40}(?:\.|::))*(?:[A-Z][A-Z0-9_]{2,60}|[A-Z]\w{0,40}\.[A-Z][A-Z0-9_]{1,60})$/;
const ownField =
  /^(?:(?:this|self|cls|\$this|super|static)(?:\.|->|::)|@{1,2}[a-z_]|(?:\w{1,40}\.)?(?:settings|config|conf|cfg|options|env)(?:\.|->))/i;
/** A name that says that others write it. */
export const saysOutside =
  /(?:^|_|\b)(?:user_?(?:input|data|supplied|provided|controlled|query)|input|untrusted|tainted)s?$/i;

/** Where what is put in comes from, as far as the file tells. Requests are asked about before. */
function originOf(c: Code, text: string, at: number, depth: number): 'fixed' | 'own' | 'made' | 'unknown' {
  if (literal.test(text) || counts.test(text)) return 'fixed';
  const choice =
    /^[^]{1,200}?\?\s*([^?:]{1,120}):\s*([^?:]{1,120})$/.exec(text) ??
    /^(["'][^"']{0,120}["'])\s+if\s+[^]{1,200}\s+else\s+(["'][^"']{0,120}["'])$/.exec(text);
  if (choice) {
    const sides = [choice[1]!, choice[2]!].map((s) => originOf(c, s.trim(), at, depth + 1));
    if (sides.every((s) => s === 'fixed')) return 'fixed';
    return sides.includes('unknown') ? 'unknown' : 'made';
  }
  const name = /^\$?[A-Za-z_]\w*$/.exec(text)?.[0];
  if (name !== undefined) return depth > 3 ? 'unknown' : originOfName(c, name, at, depth);
  if (constantName.test(text)) return 'fixed';
  // One of the texts of a table that is written out.
  const table = /^([A-Za-z_]\w*)(?:\[[^[\]]{1,120}\]|\.get\([^(),]{1,120}\))$/.exec(text)?.[1];
  if (table !== undefined && isTable(c, table, at)) return 'fixed';
  const same = sameText.exec(text);
  const first = same?.[1] ?? same?.[2] ?? same?.[4] ?? same?.[5];
  if (first !== undefined && depth <= 3) {
    const origin = originOf(c, first, at, depth + 1);
    // What was put into a list is not seen where it was made.
    return origin === 'fixed' && /\.join\(/.test(text) ? 'made' : origin;
  }
  if (ownField.test(text) && isOwn(c, /^\$?\w+/.exec(text)?.[0] ?? '', at)) return 'own';
  // `columns.get(sort, sort)`: what is taken where nothing is found gets in, too.
  const fallback = /^\w{1,80}\.get\([^(),]{1,120},\s*([^(),]{1,120})\)$/.exec(text)?.[1];
  if (fallback !== undefined && depth <= 3) return originOf(c, fallback.trim(), at, depth + 1);
  return /\(/.test(text) ? 'made' : 'unknown';
}

/** What a caller hands in is no setting, whatever it is called. */
function isOwn(c: Code, name: string, at: number): boolean {
  if (name === '' || /^(?:this|self|cls|super|static|\$this|process|import)$/.test(name)) return true;
  return (
    !c.facts.isParam(name, at) &&
    (c.facts.valuesOf(name, at).length > 0 ||
      c.source.has(new RegExp(`\\b(?:import|require|use|using)\\b[^;\\n]{0,200}\\b${name.replace(/\W/g, '')}\\b`)))
  );
}

function originOfName(c: Code, name: string, at: number, depth: number): 'fixed' | 'own' | 'made' | 'unknown' {
  const { facts } = c;
  if (saysOutside.test(name)) return 'unknown';
  // What an installation puts before the names of all its tables.
  if (/^\$?(?:table|db)_?prefix$/i.test(name) && !facts.isParam(name, at)) return 'fixed';
  if (facts.isParam(name, at)) {
    if (isNumber(c, name, at)) return 'fixed';
    return onlyLiteralCallers(c, name, at) ? 'fixed' : 'unknown';
  }
  if (isNumberHere(c, name, at)) return 'fixed';
  const values = facts.valuesOf(name, at).slice(0, 8);
  if (values.length === 0) return constantName.test(name) ? 'fixed' : 'unknown';
  const origins = new Set(
    values.map((v) =>
      facts.isConstant(v) ? 'fixed' : originOf(c, c.text(v).replace(/^await\s+/, ''), v.from, depth + 1),
    ),
  );
  for (const o of ['unknown', 'made', 'own'] as const) if (origins.has(o)) return o;
  return 'fixed';
}

/** Whether the head of the function says of its parameter that it is a number or an identifier of fixed form. */
function isNumber(c: Code, name: string, at: number): boolean {
  const n = name.replace(/\W/g, '');
  if (n === '') return false;
  const says = new RegExp(
    `\\b(?:u?int(?:8|16|32|64)?|long|Long|Integer|short|float|double|bool(?:ean)?|UUID|Guid)\\??\\s+\\$?${n}\\b|\\b${n}\\??\\s*:\\s*(?:number|bigint|boolean|int|float|bool|Int|Long|u?i(?:8|16|32|64)|usize)\\b(?!\\s*[|[])|\\b${n}\\s+u?(?:int|float)(?:8|16|32|64)?\\b`,
  );
  const head = headOf(c, name, at);
  if (says.test(head)) return true;
  // `({ limit }: Options)`
  const type = /\}\s*:\s*([A-Z]\w{0,80})/.exec(head)?.[1];
  const body =
    type && new RegExp(`\\b(?:interface|type)\\s+${type}\\b[^{}]{0,80}\\{([^{}]*)\\}`).exec(c.source.text)?.[1];
  return body !== undefined && body !== '' && says.test(body);
}

const ofNumbers =
  /^(?:s?byte|u?short|u?int|u?long|n?u?int|float|double|decimal|bool|boolean|Guid|Byte|Short|Integer|Long|Float|Double|Boolean|BigInteger|UUID|Int|U(?:Byte|Short|Int|Long)|[iu](?:8|16|32|64|128|size)|f(?:32|64)|u?int(?:8|16|32|64)|float(?:32|64))$/;
/** Languages whose compiler keeps a variable to its type, and whether the type stands behind the name. */
const typed: Readonly<Record<string, 'before' | 'behind'>> = {
  'c-sharp': 'before',
  java: 'before',
  kotlin: 'behind',
  rust: 'behind',
  go: 'behind',
};

/** Whether the function declares its variable as a number or an identifier of fixed form, and no other of that name. */
function isNumberHere(c: Code, name: string, at: number): boolean {
  const side = typed[c.source.language];
  if (side === undefined) return false;
  const { tokens, scopes } = c.facts;
  const s = c.facts.scopeAt(at);
  if (s === 0) return false;
  const { from, to } = scopes[s]!;
  if (!c.facts.effort.spend((to - from) / 10)) return false;
  let declared = 0;
  for (let i = from; i < to; i++) {
    if (tokens[i]!.text !== name || tokens[i]!.kind !== 'id') continue;
    const type = side === 'before' ? typeBefore(c, i) : typeBehind(c, i);
    if (type === undefined) continue;
    if (!ofNumbers.test(type)) return false;
    declared++;
  }
  return declared > 0;
}

/** `int x`, `int? x`: the word before a name that is not read there; of what is no plain type a mark. */
function typeBefore(c: Code, i: number): string | undefined {
  const { tokens } = c.facts;
  const before = tokens[i - 1];
  const isMaybe = before?.text === '?' && tokens[i - 2]?.kind === 'id' && /^[;=,)]$/.test(tokens[i + 1]?.text ?? '');
  const type = isMaybe ? tokens[i - 2]! : before;
  if (type === undefined || notTypes.test(type.text)) return undefined;
  if (type.kind === 'id') return tokens[i - (isMaybe ? 3 : 2)]?.text === '.' ? '.' : type.text;
  return /^[\]>]$/.test(type.text) && /^[;=]$/.test(tokens[i + 1]?.text ?? '') ? type.text : undefined;
}
const notTypes = /^(?:return|await|in|is|as|not|and|or|new|case|when|throw|yield|else|do|instanceof|ref|assert)$/;

/** `x: Int`, `var x int`; of what is no plain type, or is told by its value, a mark. */
function typeBehind(c: Code, i: number): string | undefined {
  const { tokens } = c.facts;
  const [next, second, third] = [tokens[i + 1], tokens[i + 2], tokens[i + 3]];
  const isMade = /^(?:val|var|let|mut|const|for)$/.test(tokens[i - 1]?.text ?? '');
  if (c.source.language === 'go')
    return next?.text === ':=' ? ':=' : !isMade ? undefined : next?.kind === 'id' ? next.text : '.';
  if (!isMade) return undefined;
  return next?.text === ':' && second?.kind === 'id' && /^(?:[;=?]|\w+)$/.test(third?.text ?? '') ? second.text : '.';
}

/** The head of the function that has the parameter, as far as its body. */
function headOf(c: Code, name: string, at: number): string {
  const { facts } = c;
  let s = facts.scopeAt(at);
  while (s > 0 && !facts.scopes[s]!.params.has(name)) s = facts.scopes[s]!.parent;
  if (s === 0) return '';
  const { from, to } = facts.scopes[s]!;
  const { tokens, match } = facts;
  let open = from;
  while (open < to && tokens[open]!.text !== '(') open++;
  // Go names the receiver in brackets of its own.
  let end = match[open] ?? -1;
  for (let k = 0; k < 2 && end > 0; k++) {
    const next =
      tokens[end + 1]?.text === '('
        ? end + 1
        : tokens[end + 1]?.kind === 'id' && tokens[end + 2]?.text === '('
          ? end + 2
          : -1;
    if (c.source.language !== 'go' || next < 0 || match[next]! < 0) break;
    end = match[next]!;
  }
  return end > open ? c.text({ from: open, to: end + 1 }) : '';
}

/** A parameter of a function that the file keeps to itself, all of whose callers there pass texts of their own. */
function onlyLiteralCallers(c: Code, name: string, at: number): boolean {
  const { facts } = c;
  const { tokens, match } = facts;
  let s = facts.scopeAt(at);
  while (s > 0 && !facts.scopes[s]!.params.has(name)) s = facts.scopes[s]!.parent;
  if (s === 0) return false;
  let open = facts.scopes[s]!.from;
  while (open < facts.scopes[s]!.to && tokens[open]!.text !== '(') open++;
  let head = open - 1;
  if (/^(?:=|function|async)$/.test(tokens[head]?.text ?? '')) {
    while (/^(?:=|function|async)$/.test(tokens[head]?.text ?? '')) head--;
  }
  const callee = tokens[head];
  if (callee?.kind !== 'id' || match[open]! < 0) return false;
  const { language } = c.source;
  const line = c.source.text.slice(c.source.text.lastIndexOf('\n', callee.start) + 1, callee.start);
  const isOwn = /^(?:javascript|typescript|tsx)$/.test(language)
    ? !/\bexport\b/.test(line) &&
      !c.source.has(new RegExp(`\\bexport\\b[^;\\n]{0,200}\\b${callee.text.replaceAll('$', '\\$')}\\b`))
    : language === 'python'
      ? callee.text.startsWith('_')
      : language === 'go'
        ? /^[a-z]/.test(callee.text)
        : /\bprivate\b|\bstatic\b/.test(line) && !/\bpublic\b/.test(line);
  if (!isOwn || /module\.exports/.test(c.source.text)) return false;
  // Who hands the function on calls it from elsewhere.
  if (tokens.some((t, i) => t.kind === 'id' && t.text === callee.text && i !== head && tokens[i + 1]?.text !== '('))
    return false;
  const params = c.text({ from: open + 1, to: match[open]! }).split(',');
  let index = params.findIndex((p) => new RegExp(`(?:^|\\W)\\$?${name.replace(/\W/g, '')}(?:\\W|$)`).test(p));
  if (/^\s*(?:self|cls)\s*$/.test(params[0] ?? '')) index--;
  if (index < 0) return false;
  const calls = [...facts.callsNamed(callee.text)].filter((x) => x.open !== open);
  return (
    calls.length > 0 &&
    calls.every((x) => {
      const arg = x.args.find((a) => a.name === name) ?? x.args[index];
      return arg !== undefined && (facts.literal(arg) !== undefined || isOfWrittenRows(c, c.text(arg)));
    })
  );
}

/** `row.table` of a loop over a list of Go that the file writes out once, in each row of which a text stands there. */
function isOfWrittenRows(c: Code, text: string): boolean {
  const [, row, field] = /^([a-z]\w{0,40})\.([a-z]\w{0,40})$/.exec(text) ?? [];
  if (row === undefined || c.source.language !== 'go') return false;
  const written = c.source.text;
  const loops = [
    ...written.matchAll(
      new RegExp(`\\b${row}\\b[ \\t]{0,9}(?:,[ \\t]{0,9}\\w{1,40}[ \\t]{0,9})?:?=(?!=)[ \\t]{0,9}([^\\n]{0,200})`, 'g'),
    ),
  ];
  const lists = new Set(loops.map((m) => /^range ([a-z]\w{0,60}) \{$/.exec(m[1]!.trim())?.[1]));
  // But for the heads of the loops it is only read: nobody fills it, hands it on, or calls a parameter the same.
  const { tokens } = c.facts;
  const heads = tokens.filter((t, i) => t.text === row && t.kind === 'id' && tokens[i + 1]?.text !== '.').length;
  const isFilled = tokens.some(
    (t, i) =>
      t.text === row &&
      tokens[i + 1]?.text === '.' &&
      (/^[-+]?=$|^:=$/.test(tokens[i + 3]?.text ?? '') || tokens[i - 1]?.text === '&'),
  );
  if (heads !== loops.length || isFilled) return false;
  return lists.size > 0 && [...lists].every((list) => list !== undefined && hasTexts(c, list, field!));
}

function hasTexts(c: Code, list: string, field: string): boolean {
  const { text } = c.source;
  const head = new RegExp(`^var ${list} = \\[\\]struct ?\\{([^{}]{1,400})\\}\\{\\n([^]{1,20000}?)^\\}`, 'm').exec(text);
  // Nobody else writes into it.
  const named = c.facts.tokens.filter((t) => t.kind === 'id' && t.text === list).length;
  const read = text.match(new RegExp(`\\brange ${list} \\{`, 'g'))?.length ?? 0;
  if (!head || named !== read + 1) return false;
  const fields = head[1]!.split(/[,;\n]/).flatMap((f) => /^\s*(\w+)/.exec(f)?.[1] ?? []);
  const at = fields.indexOf(field);
  const rows = [...head[2]!.matchAll(/\{([^{}\n]{1,400})\}/g)].map((m) => m[1]!.split(','));
  const rest = head[2]!.replace(/\{[^{}\n]{1,400}\}|\/\/[^\n]*|[\s,]/g, '');
  return at >= 0 && rest === '' && rows.length > 0 && rows.every((r) => /^\s*"[\w.]{1,80}"\s*$/.test(r[at] ?? ''));
}
