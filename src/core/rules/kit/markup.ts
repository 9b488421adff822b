/** What rules ask about values that are put into markup. */
import type { Source } from '../../languages/source.ts';
import type { Code } from './code.ts';
import { addTo } from '../../multimap.ts';

/** Whether all that `v-html` shows comes out of one call of a sanitiser. */
export const sanitised = (attribute: string): boolean =>
  /^\sv-html\s*=\s*"\s*(?:[\w$]{1,40}\.)?(?:\$?sanitize|\$?purify|escape)(?:Html|HTML)?\((?:[^()"]|\((?:[^()"]|\([^()"]{0,200}\)){0,200}\)){0,400}\)\s*"/.test(
    attribute,
  );

/** A drawing or a text that the bundler reads from a file of the program: `import close from './close.svg'`. */
export function isFileOfBuild(c: Code, range: { readonly from: number; readonly to: number }): boolean {
  const name = c.text(range);
  if (range.to - range.from !== 1 || c.facts.isParam(name, range.from)) return false;
  let names = filesOfBuild.get(c.source);
  if (!names) {
    names = new Set();
    for (const m of c.source.text.matchAll(
      /^[ \t]{0,8}import\s+(?:\*\s+as\s+)?([\w$]{1,81})\s+from\s+["'](?:[.~/@]|[\w-]+\/)[^"'?:\n]{1,300}(?:\.(?:svg|html?|txt|md)|\?raw)["']/gm,
    ))
      names.add(m[1]!);
    filesOfBuild.set(c.source, names);
  }
  return names.has(name);
}
const filesOfBuild = new WeakMap<Source, Set<string>>();

/** Every variable that is put in was given what an escaping function returned, and nothing else; no call is put in. */
export function isEscapedBefore(c: Code, range: { readonly from: number; readonly to: number }): boolean {
  const { tokens, match } = c.facts;
  for (let i = range.from; i < range.to; i++) {
    const t = tokens[i]!;
    if (t.kind === 'str' ? t.dynamic && /\{[^}]*\(/.test(c.facts.stringOf(t)) : t.text === '(' || t.text === '[')
      return false;
  }
  const isEscaped = (v: { readonly from: number; readonly to: number }): boolean => {
    let open = v.from;
    while (open < v.to && tokens[open]!.text !== '(') open++;
    return open > v.from && open < v.to && match[open] === v.to - 1 && escaping.test(tokens[open - 1]!.text);
  };
  const names = new Set(c.names(range));
  return (
    names.size > 0 &&
    [...names].every((name) => {
      const values = c.facts.valuesOf(name, range.from).filter((v) => v.from < range.from || v.from >= range.to);
      return (
        !c.facts.isParam(name, range.from) &&
        values.length > 0 &&
        values.every((v) => v.op !== '+=' && (c.isConstant(v) || isEscaped(v)))
      );
    })
  );
}
/** Where escaping for HTML is not enough: addresses, scripts, styles, and attributes without quotes. */
export const notForMarkup =
  /(?:\s(?:href|src|srcset|srcdoc|action|formaction|data|style|on\w{2,40}|xlink:href)\s*=\s*(?:"[^"<>]*|'[^'<>]*)|=\s*|<(?:script|style)\b[^<]*|<\/?[\w-]*|<[^<>"']*\s)$/i;
export const inAttribute = /=\s*(?:"[^"<>]*|'[^'<>]*)$/;
const maxPieces = 200;

/**
 * A variable that the function puts together, also with `+=`, of texts, numbers and what an escaping function returned, each
 * of which stands where its escaping holds.
 */
export function isOfEscapedPieces(c: Code, range: { readonly from: number; readonly to: number }): boolean {
  const { facts } = c;
  const { tokens, match } = facts;
  const name = range.to - range.from === 1 && tokens[range.from]!.kind === 'id' ? tokens[range.from]!.text : '';
  const scope = facts.scopeAt(range.from);
  if (name === '' || scope === 0 || facts.isParam(name, range.from)) return false;
  const values = facts.valuesOf(name, range.from);
  if (values.length === 0 || values.some((v) => facts.scopeAt(v.from) !== scope)) return false;
  let said = '';
  let pieces = 0;
  for (const v of values) {
    if (v.op === '=') said = '';
    else if (v.op !== '+=') return false;
    let isPiece = true;
    for (let i = v.from; i < v.to; i++) {
      const t = tokens[i]!;
      if (++pieces > maxPieces) return false;
      if (!isPiece) {
        if (t.text !== '+') return false;
        isPiece = true;
        continue;
      }
      isPiece = false;
      if (t.kind === 'str') {
        if (t.dynamic) return false;
        said = `${said}${facts.stringOf(t).replace(/\\(["'])/g, '$1')}`.slice(-2000);
      } else if (t.kind === 'id' && tokens[i + 1]?.text === '(' && match[i + 1]! < v.to && escaping.test(t.text)) {
        if (notForMarkup.test(said.slice(-400)) || (inAttribute.test(said.slice(-400)) && !keepsQuotes(c, t.text)))
          return false;
        i = match[i + 1]!;
        said += 'x';
      } else if (t.kind === 'num' || (t.kind === 'id' && isCount(c, t.text, i))) said += '0';
      else return false;
    }
    if (isPiece) return false;
  }
  return true;
}

/** What the file says of a function that is to escape: the quote as well. */
export function keepsQuotes({ source }: Code, name: string): boolean {
  if (!/escape|encode/i.test(name)) return false;
  const own = name.replaceAll('$', '\\$');
  return (
    !new RegExp(`\\bfunction\\s+${own}\\b|\\b${own}\\s*=(?!=)`).test(source.text) ||
    /&quot;|&#0?3[49];|&#x2[27];/i.test(source.text)
  );
}

/** A variable of the function that is given nothing but numbers. */
export function isCount(c: Code, name: string, at: number): boolean {
  const { facts } = c;
  const values = facts.isParam(name, at) ? [] : facts.valuesOf(name, at);
  return (
    values.length > 0 &&
    values.every(
      (v) =>
        v.op === '=' &&
        /^(?:\d{1,15}|Math\.(?:floor|round|ceil|random|trunc)\([\w\s.*()+-]{0,80}\)|parseInt\([^()]{1,80}\)|Date\.now\(\))$/.test(
          c.text(v),
        ),
    )
  );
}

/**
 * Whether a value is what a function of the file returns which escapes `&` and `<` in all of its input first, and then puts
 * nothing but its own markup around pieces of that: an element can hold it.
 */
export function isMarkedUp(c: Code, range: { readonly from: number; readonly to: number }): boolean {
  const { tokens, match } = c.facts;
  const name = tokens[range.from]?.text ?? '';
  if (tokens[range.from + 1]?.text !== '(' || match[range.from + 1] !== range.to - 1) return false;
  const body = onlyFunction(c, name);
  if (!body || body.params.length !== 1) return false;
  const [input] = body.params;
  const [value] = body.returns;
  if (body.returns.length !== 1 || !value) return false;
  // escapeHTML(text).replace(/pattern/g, function (match) { … })
  const first = tokens[value.from]?.text ?? '';
  const open = value.from + 1;
  const close = tokens[open]?.text === '(' ? match[open]! : -1;
  if (close < 0 || c.text({ from: open + 1, to: close }) !== input || !escapesAll(c, first)) return false;
  let i = close + 1;
  while (i < value.to) {
    const isReplace =
      tokens[i]?.text === '.' && /^replace(?:All)?$/.test(tokens[i + 1]?.text ?? '') && tokens[i + 2]?.text === '(';
    const end = isReplace ? match[i + 2]! : -1;
    if (end < 0 || !addsMarkupAlone(c, { from: i + 3, to: end })) return false;
    i = end + 1;
  }
  return i === value.to;
}

/**
 * How much weighs a value that is what one call returns of a function from elsewhere whose name says that it escapes. What
 * the product has itself may be made in the same breath, and one letter says little.
 */
export function saidEscaped(
  c: Code,
  range: { readonly from: number; readonly to: number },
): 'low' | 'medium' | undefined {
  const { tokens, match } = c.facts;
  const name = tokens[range.from]?.text ?? '';
  if (!/^(?:enc|esc|e|htmlEnc|enc(?:ode)?Html|encodeEntities|toText)$/i.test(name)) return undefined;
  if (tokens[range.from + 1]?.text !== '(' || match[range.from + 1] !== range.to - 1) return undefined;
  if (c.facts.valuesOf(name, range.from).length > 0) return undefined;
  const from = [
    ...c.source.text.matchAll(
      /^[ \t]*import\s+(?:[\w$]{1,60}\s*,\s*)?\{([^{}]{1,2000})\}\s*from\s*["']([^"'\n]{1,200})/gm,
    ),
  ].find((m) => m[1]!.split(',').some((one) => one.trim() === name))?.[2];
  return from === undefined ? undefined : /^(?:[./~#]|@\/)/.test(from) || name.length === 1 ? 'medium' : 'low';
}

/**
 * Whether a value is a parameter of a function that only this file can call, and it does so with its own texts alone. Other
 * scripts of a page see what stands at the top of one that is no module.
 */
export function isOwnText(c: Code, range: { readonly from: number; readonly to: number }): boolean {
  const { tokens, match, scopes } = c.facts;
  const value = tokens[range.from]?.text ?? '';
  // A component's template calls what its script declares.
  if (/\.(?:vue|svelte|astro|riot|marko|html?)$/i.test(c.source.path)) return false;
  if (range.to - range.from !== 1 || c.facts.valuesOf(value, range.from).length > 0) return false;
  let scope = c.facts.scopeAt(range.from);
  while (scope > 0 && !scopes[scope]!.params.has(value)) scope = scopes[scope]!.parent;
  const open = scopes[scope]!.from;
  if (scope === 0 || tokens[open]?.text !== '(') return false;
  const isArrow = tokens[open - 1]?.text === '=' && tokens[open - 3]?.text === 'const';
  const at = isArrow ? open - 2 : tokens[open - 2]?.text === 'function' ? open - 1 : -1;
  const name = tokens[at];
  const head = tokens[tokens[at - 2]?.text === 'async' ? at - 3 : at - 2]?.text;
  if (name?.kind !== 'id' || head === 'export' || head === 'default' || tokens[at - 2]?.text === '=') return false;
  const isModule = /^(?:import|export)\b/m.test(c.source.text);
  if (c.facts.scopeAt(at) === 0 && !isModule) return false;
  const params = c.text({ from: open + 1, to: match[open]! });
  // Within brackets a comma parts no parameters.
  if (/[<({[]/.test(params)) return false;
  const place = params.split(',').findIndex((p) => p.split(':')[0]!.trim() === value);
  const calls = [...c.facts.callsNamed(name.text)].filter((call) => call.callee === name.text && call.open !== open);
  return (
    place >= 0 &&
    calls.length > 0 &&
    wordsOf(c).get(name.text) === calls.length + 1 &&
    calls.every((call) => call.args.length > place && c.facts.literal(call.args[place]) !== undefined) &&
    !isGivenWithin(c, value)
  );
}

/** Whether a name is given something as one of a list, or as what was thrown. */
function isGivenWithin(c: Code, name: string): boolean {
  const { tokens, match } = c.facts;
  return tokens.some((t, i) => {
    if (t.text !== name || t.kind !== 'id') return false;
    if (tokens[i - 1]?.text === '(' && tokens[i - 2]?.text === 'catch') return true;
    for (let open = i - 1; open > i - 40 && open >= 0; open--)
      if (tokens[open]!.text === '[' && match[open]! > i && tokens[match[open]! + 1]?.text === '=') return true;
    return false;
  });
}

const words = new WeakMap<Code, Map<string, number>>();

/** How often each name stands in a file, in what is put into texts as well. */
function wordsOf(c: Code): ReadonlyMap<string, number> {
  let counts = words.get(c);
  if (counts) return counts;
  words.set(c, (counts = new Map()));
  for (const t of c.facts.tokens) {
    const said = t.kind === 'id' ? [t.text] : t.kind === 'str' && t.dynamic ? c.source.slice(t).match(/[\w$]+/g) : [];
    for (const word of said ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/** Whether a variable holds one element that is made here from a constant tag; what is put in later is asked about there. */
export function isElement(c: Code, range: { readonly from: number; readonly to: number }): boolean {
  const name = c.text(range);
  if (range.to - range.from !== 1 || c.facts.isParam(name, range.from)) return false;
  const values = c.facts.valuesOf(name, range.from);
  return values.length > 0 && values.every((v) => v.op === '=' && madeHere.test(c.text(v))) && !isFilled(c, name);
}
/** Whether an element is given markup under its name, which is not asked about where it stands. */
const isFilled = (c: Code, name: string): boolean =>
  [...c.facts.callsNamed('html')].some(
    (call) => call.callee === `${name}.html` && call.args[0] !== undefined && !c.isConstant(call.args[0]),
  );
const tag = '(?!script|style|iframe|object|embed|link|base|meta)[\\w-]{1,40}';
/** A chain of one tag: a link of it that takes markup, or a handler, is for others to judge. */
const madeHere = new RegExp(
  String.raw`^(?:(?:\$|jQuery)\(\s*(["'])<${tag}\s*\/?>\1\s*\)(?:\s*\.(?:${[
    String.raw`(?:text|addClass|removeClass|toggleClass|css|val)\(`,
    String.raw`(?:attr|data)\(\s*["'](?!on|src|href|action|formaction|style|xlink)[\w-]{1,60}["']\s*,`,
    String.raw`attr\(\s*["']href["']\s*,\s*(?:["'\u0060][#/]|["'\u0060]https?:)`,
  ].join('|')})(?:[^()]|\([^()]{0,200}\)){0,300}\)){0,20}|document\.createElement\(\s*(["'])${tag}\2\s*\))$`,
  'i',
);

interface Body {
  readonly params: string[];
  readonly returns: { readonly from: number; readonly to: number }[];
}

/** By file and name: where `function name` stands. */
const headsOf = new WeakMap<Code, Map<string, number[]>>();

function headsIn(c: Code): ReadonlyMap<string, readonly number[]> {
  let heads = headsOf.get(c);
  if (heads) return heads;
  headsOf.set(c, (heads = new Map()));
  const { tokens } = c.facts;
  for (let i = 0; i + 1 < tokens.length; i++) {
    if (tokens[i]!.text !== 'function') continue;
    const name = tokens[i + 1]!.text;
    addTo(heads, name, i);
  }
  return heads;
}

/** The one function of that name in a file: its parameters, and what it returns by itself. */
function onlyFunction(c: Code, name: string): Body | undefined {
  const { tokens, match, scopes } = c.facts;
  if (!/^[A-Za-z_$][\w$]*$/.test(name) || c.facts.byName.has(name)) return undefined;
  const heads = headsIn(c).get(name) ?? [];
  const open = heads.length === 1 ? heads[0]! + 2 : -1;
  const scope = scopes.findIndex((s) => s.from === open);
  if (open < 0 || scope < 0 || tokens[open - 3]?.text === 'async') return undefined;
  const params = c
    .text({ from: open + 1, to: match[open]! })
    .split(',')
    .map((p) => p.trim().split(/[:=]/)[0]!.trim());
  const returns: { from: number; to: number }[] = [];
  for (let i = open; i < scopes[scope]!.to; i++) {
    if (tokens[i]!.kind !== 'id' || c.facts.scopeAt(i) !== scope) continue;
    // A parameter that is set anew, a value by another way.
    if (tokens[i]!.text === params[0] && /^(?:[+]?=)$/.test(tokens[i + 1]?.text ?? '')) return undefined;
    if (tokens[i]!.text !== 'return') continue;
    let to = i + 1;
    while (to < scopes[scope]!.to && tokens[to]!.text !== ';' && tokens[to]!.text !== '}')
      to = match[to]! > to ? match[to]! + 1 : to + 1;
    returns.push({ from: i + 1, to });
  }
  return { params, returns };
}

/** What the one function of that name in a file returns; nothing where it is not known. */
export const returnsOf = (c: Code, name: string): Body['returns'] => onlyFunction(c, name)?.returns ?? [];

/** `return text.replace(/&/g, '&amp;').replace(/</g, '&lt;')…` in a function of the file that does nothing else. */
function escapesAll(c: Code, name: string): boolean {
  const body = onlyFunction(c, name);
  const text = body?.returns.length === 1 ? c.text(body.returns[0]).replace(/\s+/g, '') : '';
  const input = body?.params[0] ?? '';
  const all =
    /^(?:String\()?([\w$]+)\)?\.replace(?:All)?\((?:\/&\/g|["']&["']),["']&amp;["']\)((?:\.replace(?:All)?\((?:\/[<>"'`]\/g|["'][<>"'`]["']),["']&[#\w]{2,6};["']\))+)$/.exec(
      text,
    );
  return (
    all?.[1] === input &&
    /\((?:\/<\/g|["']<["']),["']&lt;/.test(all[2]!) &&
    (text.includes('replaceAll') || !/\.replace\(["']/.test(text))
  );
}

/** A pattern, and what takes its place: text of the program around the match or its groups. */
function addsMarkupAlone(c: Code, args: { readonly from: number; readonly to: number }): boolean {
  const text = c.text(args);
  if (/&(?:lt|amp|gt|#)|unescape|decode|fromCharCode|innerHTML|\.(?:textContent|value)\b/i.test(text)) return false;
  const { tokens, match } = c.facts;
  let comma = args.from;
  while (comma < args.to && tokens[comma]!.text !== ',') comma = match[comma]! > comma ? match[comma]! + 1 : comma + 1;
  const given = { from: comma + 1, to: args.to };
  const by = c.text(given).replace(/,\s*$/, '');
  if (/^(?:"[^"\\\n]*"|'[^'\\\n]*')$/.test(by)) return isWholeTags(by.slice(1, -1).replace(/\$(?:\d{1,2}|&)/g, '\0'));
  const head = /^(?:function\s*\(\s*([\w$]+)\s*\)|\(?\s*([\w$]+)\s*\)?\s*=>)\s*\{/.exec(by);
  const match1 = head?.[1] ?? head?.[2];
  if (match1 === undefined || new RegExp(`(?<![\\w$])${match1.replaceAll('$', '\\$')}\\s*[+]?=[^=]`).test(by))
    return false;
  const returns = [...by.matchAll(/\breturn\s+([^;]{1,400});/g)];
  // Beside the match itself only names that were given constant text.
  return (
    returns.length > 0 &&
    returns.length === by.match(/\breturn\b/g)?.length &&
    returns.every((r) => {
      const parts = r[1]!
        .trim()
        .split(/\s*\+\s*/)
        .map((part) => {
          if (/^(?:"[^"\\\n]*"|'[^'\\\n]*')$/.test(part)) return part.slice(1, -1);
          if (part === match1) return '\0';
          const values = /^[\w$]+$/.test(part) ? c.facts.valuesOf(part, given.to - 1) : [];
          const own = values.length > 0 ? values : (c.facts.byName.get(part) ?? []);
          return own.length > 0 && own.every((v) => !v.isKey && isChoice(c.text(v))) ? 'x' : '<';
        });
      return isWholeTags(parts.join(''));
    })
  );
}
/**
 * Whether a text is made of whole tags, with what is put in (`\0`) beside them: in a tag a blank or a quote of it would begin
 * an attribute, and in a script or a style it would be code.
 */
const isWholeTags = (text: string): boolean =>
  !/<\/?(?:script|style|iframe|object|embed|svg|math|template|textarea|title|xmp|noscript)\b/i.test(text) &&
  !/[<>$]/.test(
    text.replace(
      /<(?:\/[a-z][\w-]{0,40}|[a-z][\w-]{0,40}(?:\s{1,4}[\w-]{1,40}(?:="[^"<>\0$]{0,400}"|='[^'<>\0$]{0,400}')?){0,20}\s{0,4}\/?)>/gi,
      '',
    ),
  );

/** A text, or one of two by a test. */
const isChoice = (text: string): boolean => /^(?:[^"'?]{0,200}\?\s*["'][\w -]*["']\s*:\s*)?["'][\w -]*["']$/.test(text);

/** Functions that return text without markup. `encodeURI` lets quotes and `javascript:` through. */
export const escaping =
  /^(?:escape_?html\w*|html_?(?:escape|encode)\w*|escapeAttr\w*|escape|sanitize(?:_?html)?|encodeURIComponent|encode_?html\w*)$/i;
