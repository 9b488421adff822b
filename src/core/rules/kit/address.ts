/** Addresses as they are put together: who decides where they lead. */
import type { Code } from './code.ts';
import { textFromRequest } from './taint.ts';

type Range = { readonly from: number; readonly to: number };

/**
 * Who decides the head of an address: a `path` of the program, or a host with one; a text of its `own`; nobody that is known
 * (`unknown`); what it has stored (`kept`); a caller behind a lone slash (`slash`); a caller (`open`). `rest`: no head yet.
 */
export type Head = 'rest' | 'path' | 'own' | 'unknown' | 'kept' | 'slash' | 'open';
const order: readonly Head[] = ['rest', 'path', 'own', 'unknown', 'kept', 'slash', 'open'];
const worst = (heads: readonly Head[]): Head => {
  const most = heads.reduce((a, b) => (order.indexOf(b) > order.indexOf(a) ? b : a), 'rest' as Head);
  // What may be empty does not end the head.
  return most === 'path' && heads.includes('rest') ? 'rest' : most;
};

/** Who decides where an address leads: what stands behind its path or `?` does not. */
export function headOf(c: Code, range: Range): Head {
  let head: Head = 'open';
  c.facts.effort.ask(() => {
    head = ofText(c, c.text(range), range.from, 0);
    return true;
  });
  return head;
}

const maxText = 1200;

function ofText(c: Code, written: string, at: number, depth: number): Head {
  const text = bare(written);
  if (text === '' || /^(?:null|nil|None|undefined)$/.test(text)) return 'rest';
  if (depth > 4 || text.length > maxText || !c.facts.effort.spend(text.length)) return 'open';
  const choice = split(text, '?');
  if (choice.length === 2) {
    const sides = split(choice[1]!, ':');
    if (sides.length === 2) return worst(sides.map((s) => ofText(c, s, at, depth + 1)));
  }
  for (const or of ['||', '??']) {
    const sides = split(text, or);
    if (sides.length > 1) return worst(sides.map((s) => ofText(c, s, at, depth + 1)));
  }
  const parts = partsOf(c, text);
  return parts.length === 1 && !parts[0]!.isText ? ofExpression(c, text, at, depth) : ofParts(c, parts, at, depth);
}

/** Without brackets around it, and what only waits for it or names its type. */
function bare(text: string): string {
  let now = text.trim();
  for (let n = 0; n < 4; n++) {
    const was = now;
    now = now.replace(/^(?:await|return)\s+|\s+as\s+(?:string|any|unknown)$|!$/g, '').trim();
    // A header of CloudFront.
    now = /^\{\s*value:\s*(\w+),?\s*\}$/.exec(now)?.[1] ?? now;
    if (now.startsWith('(') && closing(now, 0) === now.length - 1) now = now.slice(1, -1).trim();
    if (now === was) break;
  }
  return now;
}

interface Part {
  readonly text: string;
  readonly isText: boolean;
}

/** The operands of a sum, templates taken apart. */
function partsOf(c: Code, text: string): Part[] {
  const { language } = c.source;
  const parts: Part[] = [];
  for (const operand of split(text, language === 'php' ? '.' : '+')) {
    const t = operand.trim();
    const quote = /^(?:[fFrR$@]{0,2})(["'`])/.exec(t);
    if (!quote || t.length < quote[0].length + 1 || !t.endsWith(quote[1]!)) {
      parts.push({ text: t, isText: false });
      continue;
    }
    const body = t.slice(quote[0].length, -1);
    const isJs = /^(?:javascript|typescript|tsx)$/.test(language);
    const hole = isJs
      ? quote[1] === '`' && /\$\{((?:[^{}]|\{[^{}]*\})*)\}/g
      : language === 'python' || language === 'c-sharp'
        ? /^[fF$]/.test(t) && /\{((?:[^{}]|\{[^{}]*\})*)\}/g
        : quote[1] === '"' && /[#$]?\{([^{}]*)\}|(\$\w+(?:->\w+)?)/g;
    let from = 0;
    if (hole)
      for (const m of body.matchAll(hole)) {
        if (m.index > from) parts.push({ text: body.slice(from, m.index), isText: true });
        parts.push({ text: m[1] ?? m[2] ?? '', isText: false });
        from = m.index + m[0].length;
      }
    if (from < body.length || body === '') parts.push({ text: body.slice(from), isText: true });
  }
  return parts;
}

function ofParts(c: Code, parts: readonly Part[], at: number, depth: number): Head {
  const heads: Head[] = [];
  const so = (): Head => worst(heads.filter((h) => h !== 'rest'));
  let said = '';
  for (const part of parts) {
    if (part.isText) {
      if (heads.some((h) => h !== 'rest')) {
        if (/^[/?#]/.test(part.text)) return so();
        continue;
      }
      said += part.text.replace(/^redirect:/, '');
      if (wholeHead.test(said)) return 'path';
      continue;
    }
    if (said === '' && escaped.test(part.text)) return worst([...heads, 'path']);
    const now = ofText(c, part.text, at, depth + 1);
    // Behind a head that is there, a slash is the path.
    if (now === 'slash' && so() !== 'rest') return so();
    if (now === 'open') return said === '/' ? 'slash' : 'open';
    heads.push(now);
    if (now === 'path' || said === '/') return so();
  }
  return said === '/' ? 'path' : heads.every((h) => h === 'rest') ? (said === '' ? 'rest' : 'own') : so();
}
/** A path, a host with something behind it, a query. */
const wholeHead = /^(?:\/[^/\\]|[?#.]|\w+:\/\/[\w.:-]+[/?#]|\w[\w-]*[/?#])/;
/** Without a slash and a colon. */
const escaped = /^(?:encodeURIComponent|(?:urllib\.parse\.)?quote(?:_plus)?|urlencode|url\.(?:Query|Path)Escape)\(/;

/** They take the whole address from their second part: `new URL('/a', base)`, `urljoin('/a', next)`. */
const resolves =
  /^(?:new\s+)?(?:[\w$]{1,60}\.){0,4}(?:URL|URI|Uri|urljoin|url_join|[uU]rlJoin|resolve\w{0,20}|joinUrl|ResolveReference)\(/;
const pathMaker = /^(?:new\s+)?(?:[\w$]{1,60}(?:\.|::|->|\?\.)){0,4}[\w$]{1,60}\(\s*["'`]\/(?![/\\])[\w-]/;
/** A function of the program's own that names a page of it: `buildUrl('login')`. */
const namesPage =
  /^(?:\w{1,60}\.){0,4}(?:\w{0,40}(?:[uU]rl|[pP]ath|[rR]oute|[hH]ref)(?:For|_for|To)?)\(\s*["'`][\w.:-]{1,80}["'`]\s*\)$/;
/** What an address of the visitor's own has behind its path. */
const queryOnly = /\.(?:search|hash)$/;
/** A parameter of that name is a text like any other. */
const parameters = /(?:^|[.\])])(?:query|body|params?|args|form|cookies|headers|data|input|payload|values|state)\b|\(/i;
/** A record that the program asks its own store for, by a key. */
const lookup =
  /^(?:await\s+)?(?:(?:this|self)\.)?[\w$]{0,40}(?:[sS]ervice|[rR]epo(?:sitory)?|[sS]tore|[sS]torage|[mM]odel|[dD]ao|[dD]b|[mM]anager)\.(?!(?:parse|build|make|create|resolve|decode|format|normali[sz]e|from|to|wrap|join|shorten|append|with|new)(?:[A-Z_]\w*)?\()\w{1,60}\([\w$., ]{0,120}\)$/;
/** Columns that users fill with addresses. */
const writtenByUsers =
  /(?:website|home_?page|return_?(?:to|url|path)|redirect_?(?:uri|url|to)|callback\w*|next|blog|link|target_?url|original_?url|long_?url)s?$/i;

function ofExpression(c: Code, text: string, at: number, depth: number): Head {
  if ((pathMaker.test(text) && !(resolves.test(text) && textFromRequest(c, text, at))) || namesPage.test(text))
    return 'path';
  const name = /^\$?[A-Za-z_]\w*$/.exec(text)?.[0];
  if (name !== undefined && !c.isEntry(name, at)) {
    const values = c.facts.valuesOf(name, at).slice(0, 8);
    if (values.length > 0) {
      if (/^(?:search|hash)$/.test(name) && values.every((v) => c.text(v).startsWith('new URL('))) return 'rest';
      const heads = values.map((v) => ofText(c, c.text(v), v.from, depth + 1));
      const isAdded = values.map((v) => v.op === '+=' || v.op === '.=');
      // What is added to nothing is the head.
      const isEmpty = heads.every((h, i) => isAdded[i] || h === 'rest');
      return worst(heads.map((h, i) => (isAdded[i] && h === 'open' && !isEmpty ? 'rest' : h)));
    }
  }
  const table = /^([A-Za-z_]\w*)(?:\[[^[\]]{1,120}\]|\.get\([^(),]{1,120}\))$/.exec(text)?.[1];
  if (table !== undefined && isTable(c, table, at)) return 'own';
  if (queryOnly.test(text) && !parameters.test(text)) return 'rest';
  const record = /^([A-Za-z_]\w*)\??\.(\w{1,60})$/.exec(text);
  if (record) {
    const values = c.facts.valuesOf(record[1]!, at);
    if (values.length > 0 && values.every((v) => lookup.test(c.text(v))))
      return writtenByUsers.test(record[2]!) ? 'open' : 'kept';
  }
  return textFromRequest(c, text, at) ? 'open' : 'unknown';
}

/** A list or a table that is written out in the file, of which nothing is set elsewhere. */
export function isTable(c: Code, name: string, at: number): boolean {
  const values = c.facts.valuesOf(name, at);
  return (
    values.length > 0 &&
    !c.facts.isParam(name, at) &&
    values.every((v) => /^(?:new Map\(|[[{(]|Object\.freeze\(|map\[|array\()/.test(c.text(v)) && c.facts.isConstant(v))
  );
}

/** A text at a separator, outside of its strings and brackets. */
function split(text: string, at: string): string[] {
  const found: string[] = [];
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const ch = text[i]!;
    if (ch === '"' || ch === "'" || ch === '`') i = endOfString(text, i);
    else if (ch === '(' || ch === '[' || ch === '{') i = closing(text, i);
    else if (text.startsWith(at, i)) {
      // `?` of `?.` and `??` is no choice, `:` of `::` no side.
      if (
        at.length === 1 &&
        (/[.?:]/.test(text[i + 1] ?? '') || (at !== '+' && text[i - 1] === at)) &&
        at !== '+' &&
        at !== '.'
      ) {
        i++;
        continue;
      }
      found.push(text.slice(from, i));
      from = i + at.length;
      i = from - 1;
    }
  }
  found.push(text.slice(from));
  return found;
}

function endOfString(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === text[open]) return i;
  }
  return text.length;
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    const ch = text[i]!;
    if (ch === '"' || ch === "'" || ch === '`') i = endOfString(text, i);
    else if (ch === '(' || ch === '[' || ch === '{') depth++;
    else if ((ch === ')' || ch === ']' || ch === '}') && --depth === 0) return i;
  }
  return text.length;
}
