/** Functions that were put in the place of a safeguard and make it: the call, and what the function's body does. */
import type { Call } from '../../languages/facts.ts';
import type { Source } from '../../languages/source.ts';
import type { Hunk } from '../../model.ts';
import { code, type Code } from './code.ts';

type Range = { readonly from: number; readonly to: number };
type Kind = 'clean' | 'compare';

/** Safeguards whose result is a harmless value, and those that compare two secrets; of others a body tells too little. */
export function kindOf(guard: string): Kind | undefined {
  if (/^(?:timingsafeequal|compare_digest|constanttimecompare|hmac\.equal)$/.test(guard)) return 'compare';
  return /sanitiz|purify|escape|quote$|clean$|specialchars|basename$|realpath$|secure_filename/.test(guard)
    ? 'clean'
    : undefined;
}

/** Beyond so many tokens a function or a statement is not read. */
const maxRead = 1500;
const last = (dotted: string): string => dotted.slice(dotted.lastIndexOf('.') + 1);
const squeezed = (text: string): string => text.replace(/\s+/g, '').replace(/,(?=[)\]}]|$)/g, '');

/** Whether a call is the safeguard (by its lower-case name), under its own name or as one of its module's. */
function isGuard(c: Code, call: Call, guard: string): boolean {
  const name = call.callee.toLowerCase();
  // Something else by that name.
  if (!name.includes('.') && isOwn(c, call.name)) return false;
  if (name === guard || name.endsWith(`.${guard}`)) return true;
  if (last(name) !== last(guard)) return false;
  const owner = guard.slice(0, guard.lastIndexOf('.'));
  // `import { sanitize } from 'dompurify'`
  return (
    owner !== '' &&
    !name.includes('.') &&
    importOf(c.source, call.name)
      ?.split(/[/-]/)
      .some((part) => part.toLowerCase() === owner) === true
  );
}

/** Whether a name is given to something in the file itself. */
export const isOwn = (c: Code, name: string): boolean =>
  c.facts.params.has(name) || c.facts.byName.has(name) || bodiesOf(c, name).length > 0;

/** The module that a name is imported from, or handed on from, under that very name. */
export function importOf(source: Source, name: string): string | undefined {
  if (!/^[\w$]{1,80}$/.test(name)) return undefined;
  const { text } = source;
  const js =
    /^(?:javascript|typescript|tsx)$/.test(source.language) &&
    new RegExp(
      `^[ \\t]*(?:import|export)\\s+(?:\\w{1,80}\\s*,\\s*)?\\{[^{}'"]{0,2000}?(?<![\\w$])(?<!\\bas\\s)${name.replaceAll('$', '\\$')}(?![\\w$])(?!\\s+as\\b)[^{}'"]{0,2000}\\}\\s*from\\s*["']([^"'\\n]{1,200})["']`,
      'm',
    ).exec(text);
  if (js) return js[1];
  if (source.language !== 'python') return undefined;
  return new RegExp(
    `^[ \\t]*from[ \\t]+([\\w.]{1,200})[ \\t]+import[ \\t]+(?:\\([^()]{0,2000}?|[^\\n]{0,400}?)(?<!\\w)(?<!\\bas )${name}(?!\\w)(?! as\\b)`,
    'm',
  ).exec(text)?.[1];
}

/** The statement around a call, with the call taken out of it: as far as it goes on without a new line or a block. */
function statement(c: Code, call: Call): string {
  const { tokens, match } = c.facts;
  const isOp = (i: number): boolean => tokens[i]?.kind === 'op';
  const isBreak = (i: number): boolean =>
    c.source.text.slice(tokens[i]!.end, tokens[i + 1]?.start ?? tokens[i]!.end).includes('\n') &&
    (!isOp(i) || /^[)\]}]$/.test(tokens[i]!.text)) &&
    (!isOp(i + 1) || /^[@{]$/.test(tokens[i + 1]!.text));
  let from = call.first;
  while (from > 0 && call.first - from < maxRead) {
    const t = tokens[from - 1]!;
    if (isOp(from - 1) && /^[{};]$/.test(t.text)) break;
    if (isBreak(from - 1)) break;
    from = isOp(from - 1) && /^[)\]]$/.test(t.text) && match[from - 1]! >= 0 ? match[from - 1]! : from - 1;
  }
  let to = call.close + 1;
  while (to < tokens.length && to - call.close < maxRead) {
    const t = tokens[to]!;
    if (isOp(to) && /^[{};]$/.test(t.text)) break;
    if (isBreak(to - 1)) break;
    to = isOp(to) && /^[([]$/.test(t.text) && match[to]! > to ? match[to]! + 1 : to + 1;
  }
  const words: string[] = [];
  for (let i = from; i < to; i++) {
    if (i === call.first) {
      words.push('●');
      i = call.close;
    } else words.push(c.source.slice(tokens[i]!));
  }
  // What is done where it fails: the block behind a condition begins alike.
  const isCondition = /^(?:if|unless|guard)$/.test(words[0] ?? '');
  const then = isCondition ? tokens.slice(to, to + 4).map((t) => c.source.slice(t)) : [];
  return [...words, '|', ...then].join(' ');
}

/** What a statement says, whatever a comparison is written like, and without the test of two lengths before it. */
const compared = (text: string): string =>
  text
    .replace(/● !==? 1(?= )/g, '! ●')
    .replace(/● ===? 1(?= )/g, '●')
    .replace(
      /[\w.]{1,80}(?: \. \w{1,80}){0,3} \. (?:length|byteLength) !==? [\w.]{1,80}(?: \. \w{1,80}){0,3} \. (?:length|byteLength) \|\| /g,
      '',
    );

/** An operand without what turns a text to bytes, following a name to what it was given. */
function operand(c: Code, range: Range, depth = 0): string {
  const text = c.text(range);
  const bytes =
    /^(?:Buffer\.from|new TextEncoder\(\)\.encode|\[\]byte|bytes|Uint8Array\.from)\(\s*([\w.$[\]]{1,100})\s*(?:,[^()]{0,60})?\)$/.exec(
      text,
    ) ?? /^([\w.$[\]]{1,100})\.encode\([^()]{0,20}\)$/.exec(text);
  const inner = bytes?.[1] ?? text;
  if (depth < 3 && /^[\w$]+$/.test(inner)) {
    const values = c.facts.valuesOf(inner, range.from).filter((v) => v.from !== range.from);
    if (values.length === 1 && !c.facts.isParam(inner, range.from)) {
      const given = operand(c, values[0]!, depth + 1);
      if (/^[\w.$[\]]{1,100}$/.test(given)) return given;
    }
  }
  return inner;
}

const operands = (c: Code, call: Call, kind: Kind): string =>
  kind === 'clean'
    ? squeezed(c.text(call.args[0]))
    : call.args
        .slice(0, 2)
        .map((a) => squeezed(operand(c, a)))
        .sort()
        .join(' ');

/** A call that stands where a safeguard's did: on the same operands, its result used alike. */
export interface Replacement {
  readonly old: Call;
  readonly now: Call;
}

/** The calls that took the place of a safeguard, by its lower-case name and its line (from 1). */
export function replacementsOf(
  guard: string,
  line: number,
  before: Source,
  after: Source,
  hunks: readonly Hunk[],
): Replacement[] {
  const kind = kindOf(guard);
  const hunk = hunks.find((h) => line >= h.oldStart && line < h.oldStart + h.oldLines);
  if (!kind || !hunk || hunk.newLines === 0 || hunk.newLines > 200) return [];
  const b = code(before);
  const a = code(after);
  const olds = b.facts.calls.filter((x) => isGuard(b, x, guard) && holds(before, x, line));
  const news = a.facts.calls.filter((x) => {
    const at = after.lineAt(a.facts.tokens[x.open]!.start);
    return at >= hunk.newStart && at < hunk.newStart + hunk.newLines && !isGuard(a, x, guard);
  });
  if (olds.length === 0 || olds.length * news.length > 400) return [];
  const said = (c: Code, x: Call): string => (kind === 'compare' ? compared(statement(c, x)) : statement(c, x));
  const found: Replacement[] = [];
  for (const old of olds) {
    const wanted = operands(b, old, kind);
    const place = said(b, old);
    // A name that stands on both sides is no new one.
    const now = news.find(
      (x) => operands(a, x, kind) === wanted && said(a, x) === place && x.args.length > 0 && wanted !== '',
    );
    // Two safeguards on one line are not told apart.
    if (!now) return [];
    found.push({ old, now });
  }
  return found;
}
const holds = (source: Source, call: Call, line: number): boolean => {
  const from = source.lineAt(call.start);
  return from <= line && line <= source.lineAt(source.code.tokens[call.open]!.start);
};

/** The name of a function, by its scope; '' for one that has none. */
function nameOf(c: Code, scope: number): string {
  const { tokens, match, scopes } = c.facts;
  const open = scopes[scope]!.from;
  if (tokens[open]?.text === 'def') return tokens[open + 1]?.text ?? '';
  let i = open - 1;
  // Go: the list of results stands between.
  if (tokens[i]?.text === ')' && match[i]! > 0) i = match[i]! - 1;
  if (tokens[i]?.kind === 'id' && !/^(?:async|function|func)$/.test(tokens[i]!.text)) return tokens[i]!.text;
  while (i > 0 && /^(?:async|function|=|:)$/.test(tokens[i]!.text)) i--;
  return i < open - 1 && tokens[i]?.kind === 'id' ? tokens[i]!.text : '';
}

/** The function that is made to compare what a removed comparison did, and whose answer decides. */
export interface Mover {
  readonly name: string;
  readonly makes: (definer: Source) => boolean;
}

/**
 * Calls that the new text of a function makes where the old one compared two secrets itself: their result is asked for, and
 * it ends the function where there is none.
 */
export function askedInstead(
  guard: string,
  line: number,
  before: Source,
  after: Source,
  changed: ReadonlySet<number>,
): Mover[] {
  if (kindOf(guard) !== 'compare') return [];
  const b = code(before);
  const a = code(after);
  const old = b.facts.calls.find((x) => isGuard(b, x, guard) && holds(before, x, line));
  if (!old) return [];
  const wanted = fieldsOf(b, old);
  const around = nameOf(b, b.facts.scopeAt(old.first));
  if (around === '' || wanted === undefined) return [];
  const { tokens, calls, assignments } = a.facts;
  return calls
    .filter((x) => changed.has(after.lineAt(x.start)) && nameOf(a, a.facts.scopeAt(x.first)) === around)
    .slice(0, 60)
    .filter((x) => {
      const given = assignments.find((v) => !v.isKey && v.from === x.first && v.to === x.close + 1);
      if (!given) return false;
      const { to } = a.facts.scopes[a.facts.scopeAt(x.first)]!;
      const rest = after.text.slice(x.end, Math.min(tokens[to - 1]!.end, x.end + 8000));
      const v = given.name.replaceAll('$', '\\$');
      return new RegExp(
        `\\bif\\s*\\(?\\s*(?:!\\s*${v}|not\\s+${v}|${v}\\s*={2,3}\\s*(?:nil|null|undefined|false)|${v}\\s+is\\s+None)\\s*\\)?\\s*(?:[{:]\\s*)?(?:[\\w.]{1,80}\\([^()\\n]{0,200}\\);?\\s*){0,3}(?:return|throw|raise)\\b`,
      ).test(rest);
    })
    .map((x) => ({
      name: x.name,
      makes: (definer) => {
        const c = code(definer);
        const bodies = bodiesOf(c, x.name);
        return (
          bodies.length === 1 &&
          c.facts.calls.some(
            (y) =>
              isGuard(c, y, guard) &&
              c.facts.scopeAt(y.first) === bodies[0]!.scope &&
              fieldsOf(c, y) === wanted &&
              endsWithout(c, y),
          )
        );
      },
    }));
}

/** What two secrets are called where they are kept: `session.Nonce` and `nonce` are `nonce nonce`. */
function fieldsOf(c: Code, call: Call): string | undefined {
  const names = call.args.slice(0, 2).map((a) => /(\w+)$/.exec(operand(c, a))?.[1]?.toLowerCase());
  const [a, b] = names;
  return a === undefined || b === undefined ? undefined : a < b ? `${a} ${b}` : `${b} ${a}`;
}

/** Whether a comparison ends its function where it fails. */
function endsWithout(c: Code, call: Call): boolean {
  const said = compared(statement(c, call));
  if (!/^(?:if|unless) (?:\( )?(?:! |not )●/.test(said) || / (?:&&|and) /.test(said)) return false;
  const { tokens, match } = c.facts;
  let open = call.close;
  while (open < tokens.length && open - call.close < 12 && tokens[open]!.text !== '{') open++;
  if (tokens[open]?.text !== '{') return false;
  return /\breturn\s+(?:(?:nil|null|false|undefined|"")\b[^\n]{0,80}|[^\n]{0,80}\berr(?:or)?\b[^\n]{0,80})?[;\n}]|\bthrow\b/.test(
    c.text({ from: open, to: match[open]! + 1 }),
  );
}

/** Bodies of functions of a name: a block, or the expression behind an arrow. */
export function bodiesOf(
  c: Code,
  name: string,
): { readonly scope: number; readonly range: Range; readonly isExpression: boolean }[] {
  const { tokens, match, scopes } = c.facts;
  const found: { scope: number; range: Range; isExpression: boolean }[] = [];
  // Who asks a promise for yes or no is told yes.
  const isLater = (at: number): boolean =>
    tokens
      .slice(Math.max(0, at - 4), at + 1)
      .some((t, i, all) => t.text === 'async' || (t.text === '*' && i > all.length - 4));
  for (let s = 1; s < scopes.length; s++)
    if (nameOf(c, s) === name)
      found.push({ scope: isLater(scopes[s]!.from) ? -1 : s, range: scopes[s]!, isExpression: false });
  for (const a of c.facts.assignments) {
    if (a.name !== name) continue;
    let i = a.from;
    if (tokens[i]?.text === '(' && match[i]! > i) i = match[i]!;
    // A type behind the parameters.
    while (i < a.to && tokens[i]?.text !== '=>' && i - a.from < 60) i++;
    if (tokens[i]?.text !== '=>') found.push({ scope: -1, range: a, isExpression: true });
    else if (tokens[i + 1]?.text !== '{')
      found.push({ scope: c.facts.scopeAt(i + 1), range: { from: i + 1, to: a.to }, isExpression: true });
  }
  return found;
}

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
  { scope, range, isExpression }: { scope: number; range: Range; isExpression: boolean },
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
