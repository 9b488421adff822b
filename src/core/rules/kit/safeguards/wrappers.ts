/** Whether a function that was put in the place of a safeguard makes it, whatever way its body takes. */
import type { Call } from '../../../languages/facts.ts';
import type { Source } from '../../../languages/source.ts';
import { code, type Code } from '../code.ts';
import {
  bodiesOf,
  importOf,
  isGuard,
  kindOf,
  maxRead,
  operand,
  squeezed,
  type Body,
  type Kind,
  type Range,
} from './calls.ts';

/** Where an expression that starts at a token ends: at a `;`, a line's end or the end of its block. */
function endOf(c: Code, from: number, limit: number): number {
  const { tokens, match } = c.facts;
  let i = from;
  while (i < limit && i - from < maxRead) {
    const t = tokens[i]!;
    if (t.kind === 'op' && /^[;})\]]$/.test(t.text)) return i;
    if (t.kind === 'op' && match[i]! > i) i = match[i]!;
    const next = tokens[i + 1];
    if (
      next &&
      c.source.text.slice(tokens[i]!.end, next.start).includes('\n') &&
      (tokens[i]!.kind !== 'op' || /^[)\]}]$/.test(tokens[i]!.text)) &&
      (next.kind !== 'op' || next.text === '}')
    )
      return i + 1;
    i++;
  }
  return i;
}

/**
 * Whether every function of that name in a text makes the safeguard as the old call did, whatever way it takes: all it
 * returns is what the safeguard gave, or a constant that lets nothing through.
 */
export function makesGuard(guard: string, name: string, definer: Source, old: Call, before: Source): boolean {
  const kind = kindOf(guard);
  if (!kind || definer.text.length > 400_000) return false;
  const c = code(definer);
  const bodies = bodiesOf(c, name);
  return (
    bodies.length > 0 &&
    bodies.length < 3 &&
    // A hook can take back what a sanitiser took out.
    !(
      kind === 'clean' &&
      definer.has(/\baddHook\b|\bforceKeepAttr\b|\ballowed(?:Tags|Attributes)\b|\.setConfig\s*\(|\.innerHTML\b/)
    ) &&
    bodies.every((body) => body.scope >= 0 && isSound(c, body, kind, guard, old, code(before)))
  );
}

/** A safeguard of the same name from elsewhere may be none. */
function isSameModule(before: Code, old: Call, c: Code, call: Call): boolean {
  const was = moduleOf(before, old);
  const now = moduleOf(c, call);
  if (was === undefined || now === undefined) return was === now && !isMadeHere(c, call);
  return was === now && !/^(?:[.~#/]|@\/|src\/)/.test(now) && !isMadeHere(c, call);
}

const rootOf = (call: Call): string => /^[\w$]+(?=\.)/.exec(call.callee)?.[0] ?? '';

/** The module that a safeguard comes from: of `a.b()` that of `a`. */
function moduleOf(c: Code, call: Call): string | undefined {
  const root = rootOf(call);
  if (root === '') return importOf(c.source, call.name)?.replace(/^node:/, '');
  const name = root.replaceAll('$', '\\$');
  const { text, language } = c.source;
  const found =
    language === 'python'
      ? new RegExp(`^[ \\t]*import[ \\t]+(?:[\\w.]{1,100}[ \\t]+as[ \\t]+)?${name}[ \\t]*$`, 'm').exec(text) && root
      : (new RegExp(
          `^[ \\t]*import\\s+(?:\\*\\s+as\\s+)?${name}(?:\\s*,\\s*\\{[^{}'"]{0,2000}\\})?\\s+from\\s*["']([^"'\\n]{1,200})["']`,
          'm',
        ).exec(text)?.[1] ??
        new RegExp(`\\b(?:const|let|var)\\s+${name}\\s*=\\s*require\\(\\s*["']([^"'\\n]{1,200})["']`).exec(text)?.[1]);
  return (found ?? importOf(c.source, root))?.replace(/^node:/, '');
}

/** Whether the file itself makes what a dotted call is made on: a class, a value, a parameter by that name. */
function isMadeHere(c: Code, call: Call): boolean {
  const root = rootOf(call);
  if (root === '' || /^(?:this|self)$/.test(root)) return root !== '';
  const name = root.replaceAll('$', '\\$');
  if (
    new RegExp(`\\b(?:class|function|def|struct|module|object|enum|namespace)\\s+${name}(?![\\w$])`).test(c.source.text)
  )
    return true;
  const given = c.facts.byName.get(root) ?? [];
  return c.facts.params.has(root) || given.length > 1 || given.some((v) => !c.text(v).startsWith('require('));
}

function isSound(
  c: Code,
  { scope, range, isExpression }: Body,
  kind: Kind,
  guard: string,
  old: Call,
  before: Code,
): boolean {
  const { tokens, scopes, calls } = c.facts;
  if (range.to - range.from > maxRead * 2) return false;
  const params = paramsOf(c, range, isExpression);
  const own = calls.filter(
    (x) =>
      x.first >= range.from &&
      x.close < range.to &&
      (isExpression || c.facts.scopeAt(x.first) === scope) &&
      isGuard(c, x, guard) &&
      isSameModule(before, old, c, x) &&
      fits(c, x, kind, params, old, before),
  );
  if (own.length === 0 || scopes.length === 0) return false;
  const returns: Range[] = [];
  if (isExpression) returns.push(range);
  else
    for (let i = range.from; i < range.to; i++)
      if (tokens[i]!.kind === 'id' && tokens[i]!.text === 'return' && c.facts.scopeAt(i) === scope)
        returns.push({ from: i + 1, to: endOf(c, i + 1, range.to) });
  let isMade = false;
  for (const r of returns) {
    if (r.to <= r.from) continue;
    if (kind === 'clean' ? givesResult(c, r, own) : comparesWith(c, r, own)) {
      isMade = true;
      continue;
    }
    const text = c.text(r);
    const isNothing =
      kind === 'compare'
        ? /^(?:false|False|0)$/.test(text)
        : /^(?:''|""|``|null|undefined|None|nil)$/.test(text) || isEmptyOne(c, r, params);
    if (!isNothing) return false;
  }
  return isMade;
}

/** The parameters that a function's head names, which a later assignment does not change. */
function paramsOf(c: Code, range: Range, isExpression: boolean): string[] {
  const { tokens, match } = c.facts;
  let open = range.from;
  if (isExpression) {
    // Back from the arrow.
    let i = range.from - 1;
    while (i > 0 && tokens[i]!.text !== ')' && range.from - i < 20) i--;
    if (tokens[i]?.text !== ')') return tokens[range.from - 2]?.kind === 'id' ? [tokens[range.from - 2]!.text] : [];
    open = match[i]!;
  } else while (open < range.to && tokens[open]!.text !== '(') open++;
  const names: string[] = [];
  const close = match[open] ?? -1;
  for (let i = open + 1; i < close; i++) {
    const t = tokens[i]!;
    if (t.kind === 'op' && match[i]! > i) i = match[i]!;
    else if (
      t.kind === 'id' &&
      (i === open + 1 || /^(?:,|\$)$/.test(tokens[i - 1]!.text) || c.facts.isParam(t.text, range.from))
    )
      names.push(t.text);
  }
  return names;
}

/** Whether a safeguard's call is made on the parameters, and as strictly as the old one. */
function fits(c: Code, call: Call, kind: Kind, params: readonly string[], old: Call, before: Code): boolean {
  const of = (text: string): string | undefined =>
    params.find((p) => new RegExp(`(?<![\\w.$])${p.replaceAll('$', '\\$')}(?![\\w$])`).test(text));
  if (kind === 'compare') {
    // A part of a parameter, or its length, is soon the same.
    const [a, b] = call.args.slice(0, 2).map((x) => params.slice(0, 2).indexOf(wholeOf(c, x)));
    // A parameter that is set anew is not what the caller gave.
    const isKept = params
      .slice(0, 2)
      .every((p) => !c.facts.valuesOf(p, call.first).some((v) => c.facts.isParam(p, v.from)));
    return isKept && (a === 0 ? b === 1 : a === 1 && b === 0);
  }
  return call.args[0] !== undefined && of(c.text(call.args[0])) !== undefined && isAsStrict(c, call, before, old);
}

/** What an operand is all of: without a digest around it. */
function wholeOf(c: Code, range: Range): string {
  const name = operand(c, range);
  const values = /^[\w$]+$/.test(name) && !c.facts.isParam(name, range.from) ? c.facts.valuesOf(name, range.from) : [];
  const text = values.length === 1 ? c.text(values[0]) : name;
  return (
    /^(?:\w{1,40}\.)?createHash\(\s*["']sha\d{1,3}["']\s*\)\.update\(\s*([\w$]{1,80})\s*\)\.digest\([^()]{0,20}\)$/.exec(
      text,
    )?.[1] ??
    /^hashlib\.sha\d{1,3}\(\s*(\w{1,80})(?:\.encode\([^()]{0,20}\))?\s*\)\.(?:hex)?digest\(\)$/.exec(text)?.[1] ??
    name
  );
}

/** Options that let less through, or nothing more, with their values. */
const tightening =
  /^(?:FORBID_(?:TAGS|ATTR):\[.*|(?:SAFE_FOR_(?:TEMPLATES|XML)|SANITIZE_(?:DOM|NAMED_PROPS)):true|ALLOW_(?:DATA_ATTR|ARIA_ATTR|UNKNOWN_PROTOCOLS|SELF_CLOSE_IN_ATTR):false)$/;
const constant = String.raw`(?:"[^"\\]*"|true|false|True|False|null|None|-?\d+)`;
const value = String.raw`(?:${constant}|\[(?:${constant}(?:,${constant})*)?\])`;
const keyed = new RegExp(String.raw`(\w+):(${value})(?=[,}])`, 'g');
const object = new RegExp(String.raw`^\{(?:\w+:${value}(?:,\w+:${value})*)?\}$`);
const plainArguments = new RegExp(String.raw`^(?:(?:\w+=)?${value}(?:,(?:\w+=)?${value})*)?$`);

function isAsStrict(c: Code, call: Call, before: Code, old: Call): boolean {
  const given = (x: Code, y: Call): string | undefined => {
    const said = (r: Range): string =>
      x.facts.tokens
        .slice(r.from, r.to)
        .map((t) => x.source.slice(t).replace(/^'([^'"\\]*)'$/, '"$1"'))
        .join('');
    const texts = y.args.slice(1).map((a) => {
      const text = said(a);
      const head = 'name' in a && typeof a.name === 'string' && !text.startsWith(`${a.name}=`) ? `${a.name}=` : '';
      if (!/^[A-Za-z_$][\w$]*$/.test(text)) return head + text;
      const values = x.facts.valuesOf(text, a.from);
      return values.length === 1 ? head + said(values[0]!) : head === '' ? undefined : head + text;
    });
    return texts.some((t) => t === undefined) ? undefined : squeezed(texts.join(','));
  };
  const was = given(before, old);
  const now = given(c, call);
  if (was === undefined || now === undefined) return false;
  // The same names may be other values elsewhere.
  if (was === now && plainArguments.test(now)) return true;
  // Keys that are spread, computed or quoted, or stand for a variable, are not told apart.
  const options = (text: string): Map<string, string> | undefined =>
    text === ''
      ? new Map()
      : object.test(text)
        ? new Map([...text.matchAll(keyed)].map((m) => [m[1]!, m[2]!]))
        : undefined;
  const a = options(was);
  const b = options(now);
  if (!a || !b) return false;
  return [...a].every(([k, v]) => b.get(k) === v) && [...b].every(([k, v]) => a.has(k) || tightening.test(`${k}:${v}`));
}

/** `return sanitize(x)`, or a name that was given nothing else. */
function givesResult(c: Code, range: Range, own: readonly Call[]): boolean {
  const from = c.facts.tokens[range.from]?.text === 'await' ? range.from + 1 : range.from;
  if (own.some((x) => x.first === from && x.close === range.to - 1)) return true;
  const name = range.to - range.from === 1 ? c.text(range) : '';
  if (!/^[A-Za-z_$][\w$]*$/.test(name) || c.facts.isParam(name, range.from)) return false;
  const values = c.facts.valuesOf(name, range.from);
  return (
    values.length > 0 &&
    values.every((v) => /^:?=$/.test(v.op) && own.some((x) => x.first === v.from && x.close === v.to - 1))
  );
}

/** `return a.length === b.length && timingSafeEqual(a, b)`: nothing that makes it true without the safeguard. */
function comparesWith(c: Code, range: Range, own: readonly Call[]): boolean {
  const call = own.find((x) => x.first >= range.from && x.close < range.to);
  if (!call) return false;
  const { tokens, match } = c.facts;
  for (let i = range.from; i < range.to; i++) {
    if (i === call.first) i = call.close + 1;
    if (i >= range.to) break;
    const t = tokens[i]!;
    if (t.kind === 'op' && /^(?:\|\||!|\?|\?\?|;|,)$/.test(t.text)) return false;
    if (t.kind === 'id' && /^(?:or|not|if|else)$/.test(t.text)) return false;
    if (t.kind === 'op' && match[i]! > i && i > call.close) i = match[i]!;
  }
  const ahead = tokens.slice(range.from, call.first).at(-1);
  if (ahead && !/^(?:&&|and)$/.test(ahead.text)) return false;
  const behind = tokens
    .slice(call.close + 1, range.to)
    .map((t) => c.source.slice(t))
    .join('');
  return /^(?:(?:===?1)?(?:&&.*)?)$/.test(behind);
}

/** `if (!html) return html`: what is empty stays so. */
function isEmptyOne(c: Code, range: Range, params: readonly string[]): boolean {
  const name = c.text(range);
  if (!params.includes(name)) return false;
  const before = c.facts.tokens
    .slice(Math.max(0, range.from - 8), range.from - 1)
    .map((t) => c.source.slice(t))
    .join(' ');
  return new RegExp(
    `(?:^|[;{}] ?)if \\( ! ${name.replaceAll('$', '\\$')} \\)(?: \\{)?$|\\bif not ${name.replaceAll('$', '\\$')} :$`,
  ).test(before);
}
