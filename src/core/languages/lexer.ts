/**
 * One error-tolerant scanner for all programming languages on board: identifiers, strings, numbers, operators, comments.
 * Linear in the text, never fails; an unclosed string ends with its line. Rules work on its tokens, because an agent's
 * half-written code has no syntax tree worth the name; where a verdict *lowers* risk (formatting), the tree decides.
 */
import type { Language } from './detect.ts';

export type TokenKind = 'id' | 'num' | 'str' | 'op' | 'comment' | 'regex';

export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  /** The operator or identifier; '' for the other kinds (use the source's `slice`). */
  readonly text: string;
  /** A string with interpolation. */
  readonly dynamic?: boolean | undefined;
  /** Length of the opening and closing quotes, prefix included. */
  readonly open?: number;
  readonly close?: number;
}

/** Tokens come in two shapes only, because every rule reads their fields. */
const plain = (kind: TokenKind, start: number, end: number, text: string): Token => ({ kind, start, end, text });
const string = (start: number, end: number, open: number, close: number, dynamic: boolean): Token => ({
  kind: 'str',
  start,
  end,
  text: '',
  open,
  close,
  dynamic: dynamic || undefined,
});

interface Syntax {
  readonly line: readonly string[];
  readonly block?: readonly [string, string];
  readonly quotes: string;
  readonly triple?: boolean;
  /** Quotes that never escape and may span lines. */
  readonly raw?: string;
  /** A template quote with `${…}`. */
  readonly template?: boolean;
  readonly regex?: boolean;
  /** Which strings are built at run time: by prefix letter (f"…"), or by what they contain. */
  readonly interpolation?: 'prefix-f' | 'hash' | 'dollar' | 'prefix-dollar' | 'brace';
  /** Quotes to which `interpolation` applies (default all). */
  readonly interpolated?: string;
  readonly heredoc?: RegExp;
  /** Letters that may stand before a quote. */
  readonly prefixes?: RegExp;
  readonly idExtra?: string;
  /** A quote is doubled to escape it (SQL), backslash is plain. */
  readonly doubled?: boolean;
  /** `'` may also be a lifetime or a character. */
  readonly lifetimes?: boolean;
  readonly multiline?: boolean;
}

const c: Syntax = { line: ['//'], block: ['/*', '*/'], quotes: `"'` };
const syntaxes: Partial<Record<Language, Syntax>> = {
  typescript: { ...c, template: true, regex: true, idExtra: '$#@' },
  tsx: { ...c, template: true, regex: true, idExtra: '$#@' },
  javascript: { ...c, template: true, regex: true, idExtra: '$#@' },
  go: { ...c, raw: '`' },
  java: { ...c, triple: true, idExtra: '@$' },
  kotlin: { ...c, triple: true, interpolation: 'dollar', idExtra: '@' },
  scala: { ...c, triple: true, interpolation: 'prefix-f', prefixes: /^(?:s|f|raw)$/, idExtra: '@' },
  groovy: { ...c, triple: true, interpolation: 'dollar', interpolated: '"', idExtra: '@' },
  jenkinsfile: { ...c, triple: true, interpolation: 'dollar', interpolated: '"' },
  swift: { ...c, triple: true, interpolation: 'hash' },
  c,
  'c-sharp': { ...c, triple: true, interpolation: 'prefix-dollar', prefixes: /^[$@]{1,2}$/, idExtra: '@' },
  rust: { ...c, lifetimes: true, prefixes: /^(?:b|r|br)#{0,3}$/, multiline: true },
  php: {
    line: ['//', '#'],
    block: ['/*', '*/'],
    quotes: `"'`,
    interpolation: 'dollar',
    interpolated: '"',
    idExtra: '$',
    multiline: true,
    heredoc: /<<<\s*(['"]?)(\w+)\1/y,
  },
  python: {
    line: ['#'],
    quotes: `"'`,
    triple: true,
    interpolation: 'prefix-f',
    prefixes: /^(?:[rbfut]|[rb][rbf]|f[rb])$/i,
    idExtra: '@',
  },
  ruby: {
    line: ['#'],
    block: ['=begin', '=end'],
    quotes: `"'\``,
    interpolation: 'hash',
    interpolated: '"`',
    idExtra: '@$',
    multiline: true,
    heredoc: /<<[~-]?(['"]?)([A-Z_]\w*)\1/y,
  },
  shell: {
    line: ['#'],
    quotes: `"'\``,
    interpolation: 'dollar',
    interpolated: '"`',
    idExtra: '$',
    multiline: true,
    heredoc: /<<-?\s*(['"\\]?)(\w+)['"]?/y,
  },
  powershell: {
    line: ['#'],
    block: ['<#', '#>'],
    quotes: `"'`,
    interpolation: 'dollar',
    interpolated: '"',
    idExtra: '$',
    multiline: true,
  },
  sql: { line: ['--'], block: ['/*', '*/'], quotes: `'"\``, doubled: true, multiline: true, idExtra: '@' },
  terraform: {
    line: ['#', '//'],
    block: ['/*', '*/'],
    quotes: '"',
    interpolation: 'dollar',
    heredoc: /<<-?\s*(['"]?)(\w+)\1/y,
  },
  prisma: { ...c, idExtra: '@' },
  css: { line: [], block: ['/*', '*/'], quotes: `"'` },
  bicep: { ...c, interpolation: 'dollar' },
  toml: { line: ['#'], quotes: `"'`, triple: true },
  makefile: { line: ['#'], quotes: '"', idExtra: '$' },
};

/** Whether `scan` knows the language's comments and strings. */
export const hasLexer = (language: Language): boolean => syntaxes[language] !== undefined;

const operators3 = new Set(['===', '!==', '...', '<=>', '>>>', '**=', '??=', '||=', '&&=', '<<=', '>>=']);
const operators2 = new Set([
  '=>',
  '==',
  '->',
  '::',
  ':=',
  '?.',
  '+=',
  '-=',
  '<-',
  '!=',
  '<=',
  '>=',
  '||',
  '&&',
  '??',
  '*=',
  '/=',
  '<<',
  '>>',
  '++',
  '--',
  '=~',
  '.=',
  '|=',
  '&=',
  '?:',
  '|>',
]);

const isDigit = (ch: number): boolean => ch >= 48 && ch <= 57;
const isWord = (ch: number): boolean =>
  (ch >= 97 && ch <= 122) || (ch >= 65 && ch <= 90) || (ch >= 48 && ch <= 57) || ch === 95 || ch > 127;

/** Characters of ASCII as bits, so that the scanner asks a table instead of a list of comparisons. */
const flag = { blank: 1, word: 2, quote: 4, raw: 8, special: 16, opens: 32, joins: 64 } as const;
const operatorStarts = new Set([...operators3, ...operators2].map((o) => o[0]!));
const operatorSeconds = new Set([...operators3, ...operators2].map((o) => o[1]!));
const tables = new Map<Syntax, Uint8Array>();

function tableOf(s: Syntax): Uint8Array {
  const known = tables.get(s);
  if (known) return known;
  const table = new Uint8Array(128);
  const mark = (chars: Iterable<string>, bit: number): void => {
    for (const ch of chars) table[ch.charCodeAt(0)]! |= bit;
  };
  mark(' \t\n\r\f', flag.blank);
  for (let ch = 0; ch < 128; ch++) if (isWord(ch)) table[ch]! |= flag.word;
  mark(s.idExtra ?? '', flag.word);
  mark(s.quotes, flag.quote);
  mark(s.raw ?? '', flag.raw);
  // What needs a closer look before it counts as an operator: comments, here-documents, templates, regular expressions.
  mark(
    s.line.map((l) => l[0]!),
    flag.special,
  );
  if (s.block) mark(s.block[0][0]!, flag.special);
  if (s.heredoc) mark('<', flag.special);
  if (s.template) mark('`', flag.special);
  if (s.regex) mark('/', flag.special);
  mark(operatorStarts, flag.opens);
  mark(operatorSeconds, flag.joins);
  tables.set(s, table);
  return table;
}

/** Tokens of `text`, in order, comments included; white space is what lies between. */
export function scan(text: string, language: Language): Token[] {
  const s = syntaxes[language] ?? c;
  const tokens: Token[] = [];
  const n = text.length;
  const hash = s.line.includes('#');
  const slashes = s.line.includes('//');
  const dashes = s.line.includes('--');
  const shellish = language === 'shell' || language === 'makefile';
  const table = tableOf(s);
  const pending: { end: string; dynamic: boolean }[] = [];
  let lastSignificant: Token | undefined;
  let i = 0;
  const push = (token: Token): void => {
    tokens.push(token);
    if (token.kind !== 'comment') lastSignificant = token;
  };
  const lineEnd = (from: number): number => {
    const at = text.indexOf('\n', from);
    return at < 0 ? n : at;
  };
  while (i < n) {
    const ch = text.charCodeAt(i);
    if (ch === 10 && pending.length > 0) {
      // The bodies of the here-documents that this line opened.
      i++;
      for (const doc of pending.splice(0)) {
        const start = i;
        let end = n;
        let after = n;
        for (let p = i; p < n;) {
          const e = lineEnd(p);
          const body = text.slice(p, e).trim();
          if (body === doc.end || (body.startsWith(doc.end) && !isWord(body.charCodeAt(doc.end.length)))) {
            end = p;
            after = p + text.slice(p, e).indexOf(doc.end) + doc.end.length;
            break;
          }
          p = e + 1;
        }
        if (end > start) push(string(start, end, 0, 0, doc.dynamic && /[$#]\{|\$\w|\$\(/.test(text.slice(start, end))));
        i = after;
      }
      continue;
    }
    const bits = ch < 128 ? table[ch]! : ch === 0xfeff ? flag.blank : flag.word;
    if (bits & flag.blank) {
      i++;
      continue;
    }
    if (bits & flag.special) {
      // comments
      if (
        hash &&
        ch === 35 &&
        (!shellish || i === 0 || /[\s;(&|]/.test(text[i - 1] ?? '')) &&
        !(language === 'php' && text[i + 1] === '[')
      ) {
        const end = lineEnd(i);
        push(plain('comment', i, end, ''));
        i = end;
        continue;
      }
      if (
        (slashes && ch === 47 && text.charCodeAt(i + 1) === 47) ||
        (dashes && ch === 45 && text.charCodeAt(i + 1) === 45)
      ) {
        const end = lineEnd(i);
        push(plain('comment', i, end, ''));
        i = end;
        continue;
      }
      if (s.block && text.startsWith(s.block[0], i) && (language !== 'ruby' || i === 0 || text[i - 1] === '\n')) {
        const at = text.indexOf(s.block[1], i + s.block[0].length);
        const end = at < 0 ? n : at + s.block[1].length;
        push(plain('comment', i, end, ''));
        i = end;
        continue;
      }
      // here-documents
      if (s.heredoc && ch === 60 && text.charCodeAt(i + 1) === 60) {
        s.heredoc.lastIndex = i;
        const m = s.heredoc.exec(text);
        if (m && (language !== 'shell' || text[i + 2] !== '<')) {
          pending.push({ end: m[2] ?? '', dynamic: m[1] === '' || m[1] === '"' });
          push(plain('op', i, i + m[0].length, '<<'));
          i += m[0].length;
          continue;
        }
      }
    }
    // strings
    if (bits & flag.raw) {
      const at = text.indexOf(text[i]!, i + 1);
      const end = at < 0 ? n : at + 1;
      push(string(i, end, 1, at < 0 ? 0 : 1, false));
      i = end;
      continue;
    }
    if (ch === 96 && s.template) {
      const end = templateEnd(text, i);
      push(string(i, end, 1, 1, text.slice(i, end).includes('${')));
      i = end;
      continue;
    }
    if (bits & flag.quote) {
      if (s.lifetimes && ch === 39 && /^'[A-Za-z_]\w*(?!')/.test(text.slice(i, i + 24)) && text[i + 2] !== "'") {
        i++;
        continue;
      }
      i = pushString(i, i, '');
      continue;
    }
    if (ch === 47 && s.regex && regexMayStart(lastSignificant)) {
      const end = regexEnd(text, i);
      if (end > 0) {
        push(plain('regex', i, end, ''));
        i = end;
        continue;
      }
    }
    if (ch >= 48 && ch <= 57) {
      let j = i + 1;
      while (j < n && (isWord(text.charCodeAt(j)) || (text[j] === '.' && isDigit(text.charCodeAt(j + 1))))) j++;
      push(plain('num', i, j, ''));
      i = j;
      continue;
    }
    if (bits & flag.word) {
      let j = i + 1;
      while (j < n) {
        const d = text.charCodeAt(j);
        if (!isWord(d) && !(shellish && d === 45 && isWord(text.charCodeAt(j + 1)))) break;
        j++;
      }
      if (s.prefixes && j < n) {
        let q = j;
        if (language === 'c-sharp') while (text[q] === '$' || text[q] === '@') q++;
        if (language === 'rust') while (text[q] === '#') q++;
        const quote = text.charCodeAt(q);
        if ((quote === 34 || quote === 39) && s.prefixes.test(text.slice(i, q))) {
          i = pushString(q, i, text.slice(i, q));
          continue;
        }
      }
      push(plain('id', i, j, text.slice(i, j)));
      i = j;
      continue;
    }
    if (s.prefixes && (ch === 36 || ch === 64)) {
      let q = i;
      while (text[q] === '$' || text[q] === '@') q++;
      if (text[q] === '"') {
        i = pushString(q, i, text.slice(i, q));
        continue;
      }
    }
    let op = text[i]!;
    if (bits & flag.opens && table[text.charCodeAt(i + 1)]! & flag.joins) {
      const three = text.slice(i, i + 3);
      const two = three.slice(0, 2);
      if (operators3.has(three)) op = three;
      else if (operators2.has(two)) op = two;
    }
    push(plain('op', i, i + op.length, op));
    i += op.length;
  }
  return tokens;

  /** Pushes the string whose quote is at `q` and whose prefix starts at `start`; returns its end. */
  function pushString(q: number, start: number, prefix: string): number {
    const quote = text[q]!;
    const lower = prefix.toLowerCase();
    let open = 1;
    let end: number;
    let close = 1;
    const rawRust = language === 'rust' && lower.includes('r');
    if (s.triple && text[q + 1] === quote && text[q + 2] === quote) {
      open = 3;
      let at = text.indexOf(quote.repeat(3), q + 3);
      while (at > 0 && text[at - 1] === '\\' && text[at - 2] !== '\\') at = text.indexOf(quote.repeat(3), at + 1);
      close = at < 0 ? 0 : 3;
      end = at < 0 ? n : at + 3;
    } else if (rawRust) {
      const closer = `"${'#'.repeat(prefix.length - prefix.replaceAll('#', '').length)}`;
      const at = text.indexOf(closer, q + 1);
      close = at < 0 ? 0 : closer.length;
      end = at < 0 ? n : at + closer.length;
    } else {
      const escapes = !s.doubled && !lower.includes('@');
      const many = s.multiline === true || lower.includes('@');
      const mark = quote.charCodeAt(0);
      let j = q + 1;
      while (j < n) {
        const d = text.charCodeAt(j);
        if (escapes && d === 92) {
          j += 2;
          continue;
        }
        if (d === 10 && !many) break;
        if (d === mark) {
          if (!escapes && text.charCodeAt(j + 1) === mark) {
            j += 2;
            continue;
          }
          break;
        }
        j++;
      }
      close = text.charCodeAt(j) === mark ? 1 : 0;
      end = Math.min(n, j + close);
    }
    const body = text.slice(q + open, end - close);
    let dynamic = false;
    if (s.interpolated === undefined || s.interpolated.includes(quote)) {
      if (s.interpolation === 'prefix-f')
        dynamic = /[fs]/.test(lower) && body.includes(language === 'scala' ? '$' : '{');
      else if (s.interpolation === 'prefix-dollar')
        // `nameof(…)` is a constant of the compiler.
        dynamic = lower.includes('$') && body.replace(/\{nameof\([^(){}]{1,200}\)\}/g, '').includes('{');
      else if (s.interpolation === 'hash')
        dynamic = body.includes('#{') || (language === 'swift' && body.includes('\\('));
      else if (s.interpolation === 'dollar') dynamic = /\$[\w{(]|\{\$/.test(body);
    }
    push(string(start, end, q - start + open, close, dynamic));
    return Math.max(end, q + 1);
  }
}

/** End of a template literal that starts at `i`, nested `${…}` and strings inside included. */
function templateEnd(text: string, i: number): number {
  const n = text.length;
  const stack: string[] = ['`'];
  let j = i + 1;
  while (j < n && stack.length > 0) {
    const ch = text[j];
    const top = stack.at(-1);
    if (ch === '\\') {
      j += 2;
      continue;
    }
    if (top === '`') {
      if (ch === '`') stack.pop();
      else if (ch === '$' && text[j + 1] === '{') {
        stack.push('{');
        j++;
      }
    } else if (ch === '`') stack.push('`');
    else if (ch === '{') stack.push('{');
    else if (ch === '}') stack.pop();
    j++;
  }
  return Math.min(j, n);
}

const beforeRegex = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'delete',
  'void',
  'throw',
  'new',
  'do',
  'else',
  'yield',
  'await',
]);
function regexMayStart(last: Token | undefined): boolean {
  if (last === undefined) return true;
  if (last.kind === 'op') return last.text !== ')' && last.text !== ']' && last.text !== '}';
  return last.kind === 'id' && beforeRegex.has(last.text);
}

function regexEnd(text: string, i: number): number {
  let inClass = false;
  for (let j = i + 1; j < text.length; j++) {
    const ch = text[j];
    if (ch === '\n') return -1;
    if (ch === '\\') j++;
    else if (ch === '[') inClass = true;
    else if (ch === ']') inClass = false;
    else if (ch === '/' && !inClass) {
      j++;
      while (text.charCodeAt(j) >= 97 && text.charCodeAt(j) <= 122) j++;
      return j;
    }
  }
  return -1;
}
