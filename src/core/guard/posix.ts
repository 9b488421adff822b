/**
 * An error-tolerant parser for POSIX shell and the bash extensions agents use. It never throws, reads every character
 * a bounded number of times (no backtracking) and bounds its own recursion, so 100,000 open `$(` cost what 100,000
 * letters cost. Unterminated quotes and brackets end with the text.
 *
 * Written from the POSIX Shell Command Language, chapter 2, and bash(1).
 */
import { maxNesting } from './syntax.ts';
import type { Assignment, Command, Compound, List, Parsed, Part, Pipeline, Redirect, Simple, Word } from './syntax.ts';

const loopWords: ReadonlySet<string> = new Set(['if', 'while', 'until', 'for', 'select', 'case']);
const closers: Readonly<Record<string, string>> = {
  if: 'fi',
  while: 'done',
  until: 'done',
  for: 'done',
  select: 'done',
  case: 'esac',
  '{': '}',
};
/** Words that only separate at command position. */
const glue: ReadonlySet<string> = new Set(['then', 'else', 'elif', 'do', '!', 'coproc', 'fi', 'done', 'esac', '}']);

/** Parses a command line or a script. */
export function parsePosix(text: string): Parsed {
  const parser = new PosixParser(text);
  const list = parser.parse();
  return { list, overflow: parser.overflow };
}

/** Parses the inside of a here-document or of double quotes: text with `$`, backticks and backslashes. */
function parseExpandable(text: string, depth = 0): { readonly word: Word; readonly overflow: boolean } {
  if (depth >= maxNesting) return { word: { parts: [{ kind: 'text', text, quoted: true }] }, overflow: true };
  const parser = new PosixParser(text, depth);
  const parts: Part[] = [];
  parser.readQuoted(parts, '');
  return { word: { parts }, overflow: parser.overflow };
}

const isBlank = (c: string): boolean => c === ' ' || c === '\t' || c === '\r';
const isNameStart = (c: string): boolean => (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c === '_';
const isDigit = (c: string): boolean => c >= '0' && c <= '9';
const isName = (c: string): boolean => isNameStart(c) || isDigit(c);
const meta = ' \t\r\n;&|<>()';

class PosixParser {
  overflow = false;
  private pos = 0;
  private depth: number;
  private readonly src: string;
  /** Here-documents whose body starts at the next line. */
  private pending: { redirect: Redirect; delimiter: string; quoted: boolean; tabs: boolean }[] = [];
  private noHeredoc = false;
  private afterPipe = false;

  constructor(src: string, depth = 0) {
    this.src = src;
    this.depth = depth;
  }

  parse(): List {
    const all: Pipeline[] = [];
    // A stray closer ends a list; what comes after it still runs in some shells, so go on.
    while (this.pos < this.src.length) all.push(...this.parseList(''));
    return all;
  }

  /** Reads pipelines until `stop` (`)`, or a keyword at command position), or the end. */
  private parseList(stop: string): Pipeline[] {
    const out: Pipeline[] = [];
    let pipeline: Command[] = [];
    const flush = (): void => {
      if (pipeline.length > 0) out.push(pipeline);
      pipeline = [];
    };
    for (;;) {
      this.skipBlanks();
      const c = this.src[this.pos];
      if (c === undefined) break;
      if (c === '#') {
        this.skipComment();
        continue;
      }
      if (c === '\n') {
        this.pos++;
        this.readBodies();
        // `a |` newline `b` is one pipeline, but so seldom that a new one does no harm except losing the input.
        if (!this.afterPipe) flush();
        continue;
      }
      if (c === ';') {
        this.pos++;
        flush();
        this.afterPipe = false;
        continue;
      }
      if (c === '&' && this.src[this.pos + 1] !== '>') {
        this.pos += this.src[this.pos + 1] === '&' ? 2 : 1;
        flush();
        this.afterPipe = false;
        continue;
      }
      if (c === '|') {
        if (this.src[this.pos + 1] === '|') {
          this.pos += 2;
          flush();
          this.afterPipe = false;
        } else {
          this.pos += this.src[this.pos + 1] === '&' ? 2 : 1;
          this.afterPipe = true;
        }
        continue;
      }
      if (c === ')') {
        this.pos++;
        if (stop === ')') {
          flush();
          return out;
        }
        // The end of a `case` pattern: what was read as a command was the pattern.
        if (stop === 'esac') pipeline = [];
        else flush();
        continue;
      }
      if (!this.afterPipe) flush();
      this.afterPipe = false;
      const keyword = this.peekKeyword();
      if (keyword !== '' && keyword === stop) {
        this.pos += keyword.length;
        flush();
        return out;
      }
      if (glue.has(keyword)) {
        this.pos += keyword.length;
        continue;
      }
      const command = this.parseCommand(keyword);
      if (command) pipeline.push(command);
    }
    flush();
    return out;
  }

  private parseCommand(keyword: string): Command | undefined {
    const c = this.src[this.pos];
    if (c === '(') {
      const arith = this.src[this.pos + 1] === '(';
      this.pos++;
      if (arith) {
        this.pos++;
        const list = this.parseArith();
        return this.withRedirects({ kind: 'compound', word: list.word, list: list.list, redirects: [] });
      }
      const list = this.nested(')');
      return this.withRedirects({ kind: 'compound', word: '(', list, redirects: [] });
    }
    if (keyword === '{' || loopWords.has(keyword)) return this.parseCompound(keyword);
    if (keyword === 'function') {
      this.pos += 8;
      this.skipBlanks();
      const name = this.readWord();
      this.skipBlanks();
      if (this.src.startsWith('()', this.pos)) this.pos += 2;
      return this.parseFunction(name ? literal(name) : '');
    }
    if (keyword === '[[') return this.parseTest();
    return this.parseSimple();
  }

  private parseCompound(keyword: string): Compound {
    this.pos += keyword.length;
    let name: string | undefined;
    let items: Word[] | undefined;
    if (keyword === 'for' || keyword === 'select' || keyword === 'case') {
      this.skipBlanks();
      if (this.src.startsWith('((', this.pos)) {
        this.pos += 2;
        this.parseArith();
      } else {
        const first = this.readWord();
        this.skipBlanks();
        items = [];
        if (keyword === 'case' && first) items.push(first);
        if (keyword !== 'case' && first) name = literal(first);
        if (this.peekKeyword() === 'in') {
          this.pos += 2;
          if (keyword !== 'case')
            for (;;) {
              this.skipBlanks();
              const word = this.readWord();
              if (!word) break;
              items.push(word);
            }
        }
      }
    }
    const list = this.nested(closers[keyword] ?? '');
    return this.withRedirects({
      kind: 'compound',
      word: keyword as Compound['word'],
      list,
      redirects: [],
      ...(name === undefined ? {} : { name }),
      ...(items === undefined ? {} : { items }),
    });
  }

  private parseFunction(name: string): Compound | undefined {
    while (isBlank(this.src[this.pos] ?? '') || this.src[this.pos] === '\n') this.pos++;
    const keyword = this.peekKeyword();
    const body =
      keyword === '{' || this.src[this.pos] === '(' || loopWords.has(keyword) ? this.parseCommand(keyword) : undefined;
    if (!body) return undefined;
    return { kind: 'compound', word: 'function', name, list: [[body]], redirects: [] };
  }

  /** `[[ … ]]`: operators inside are plain characters. */
  private parseTest(): Simple {
    const simple: Simple = { kind: 'simple', assigns: [], words: [], redirects: [] };
    for (;;) {
      this.skipBlanks();
      const c = this.src[this.pos];
      if (c === undefined || c === '\n' || c === ';') break;
      const word = this.readWord();
      if (!word) {
        this.pos++;
        continue;
      }
      simple.words.push(word);
      if (literal(word) === ']]') break;
    }
    return simple;
  }

  private nested(stop: string): List {
    if (this.depth >= maxNesting) {
      // Too deep to follow. Read on at this level, so that every character is still read only once.
      this.overflow = true;
      return [];
    }
    this.depth++;
    const saved = this.afterPipe;
    const heredoc = this.noHeredoc;
    this.afterPipe = false;
    this.noHeredoc = false;
    const list = this.parseList(stop);
    this.noHeredoc = heredoc;
    this.afterPipe = saved;
    this.depth--;
    return list;
  }

  /**
   * After `((`. Read as commands with `<<` switched off, since a `(( 1 << 2 ))` taken for a here-document would hide
   * the lines after it. When the two closing brackets do not touch it was `((a); b)` after all: real commands.
   */
  private parseArith(): { word: 'arith' | '('; list: List } {
    if (this.depth + 2 > maxNesting) {
      this.overflow = true;
      return { word: 'arith', list: [] };
    }
    this.depth += 2;
    const saved = [this.afterPipe, this.noHeredoc] as const;
    this.afterPipe = false;
    this.noHeredoc = true;
    const inner = this.parseList(')');
    let word: 'arith' | '(' = 'arith';
    let list: Pipeline[] = inner;
    if (this.src[this.pos] === ')') this.pos++;
    else {
      word = '(';
      this.noHeredoc = false;
      list = [...inner, ...this.parseList(')')];
    }
    [this.afterPipe, this.noHeredoc] = saved;
    this.depth -= 2;
    return { word, list };
  }

  private withRedirects(compound: Compound): Compound {
    for (;;) {
      this.skipBlanks();
      const redirect = this.readRedirect();
      if (!redirect) return compound;
      compound.redirects.push(redirect);
    }
  }

  private parseSimple(): Command | undefined {
    const simple: Simple = { kind: 'simple', assigns: [], words: [], redirects: [] };
    const start = this.pos;
    for (;;) {
      this.skipBlanks();
      const c = this.src[this.pos];
      if (c === undefined || c === '\n' || c === ';' || c === '|' || c === ')') break;
      if (c === '#') {
        this.skipComment();
        break;
      }
      const redirect = this.readRedirect();
      if (redirect) {
        simple.redirects.push(redirect);
        continue;
      }
      if (c === '&') break;
      if (c === '(') {
        if (simple.words.length === 1 && simple.assigns.length === 0 && this.isEmptyBrackets()) {
          const name = literal(simple.words[0]!);
          return this.parseFunction(name) ?? undefined;
        }
        break;
      }
      if (simple.words.length === 0) {
        const assign = this.readAssignment();
        if (assign) {
          simple.assigns.push(assign);
          continue;
        }
      }
      const word = this.readWord();
      if (!word) break;
      simple.words.push(word);
    }
    if (this.pos === start) this.pos++;
    return simple.words.length + simple.assigns.length + simple.redirects.length > 0 ? simple : undefined;
  }

  private isEmptyBrackets(): boolean {
    let i = this.pos + 1;
    while (isBlank(this.src[i] ?? '')) i++;
    if (this.src[i] !== ')') return false;
    this.pos = i + 1;
    return true;
  }

  private readAssignment(): Assignment | undefined {
    let i = this.pos;
    if (!isNameStart(this.src[i] ?? '')) return undefined;
    while (isName(this.src[i] ?? '')) i++;
    const name = this.src.slice(this.pos, i);
    if (this.src[i] === '[') {
      // a[1]=x: an index is short; anything longer is a glob
      const close = this.src.slice(i, i + 64).indexOf(']');
      if (close < 0) return undefined;
      i += close + 1;
    }
    const append = this.src[i] === '+' && this.src[i + 1] === '=';
    if (append) i++;
    if (this.src[i] !== '=') return undefined;
    this.pos = i + 1;
    if (this.src[this.pos] === '(') {
      // An array: its elements joined by spaces is what "${a[@]}" gives, unquoted.
      this.pos++;
      const parts: Part[] = [];
      for (;;) {
        while (isBlank(this.src[this.pos] ?? '') || this.src[this.pos] === '\n') this.pos++;
        const word = this.readWord();
        if (!word) break;
        if (parts.length > 0) parts.push({ kind: 'text', text: ' ', quoted: false });
        for (const part of word.parts) parts.push(part);
      }
      if (this.src[this.pos] === ')') this.pos++;
      return { name, value: { parts }, append };
    }
    return { name, value: this.readWord() ?? { parts: [] }, append };
  }

  private readRedirect(): Redirect | undefined {
    let i = this.pos;
    while (isDigit(this.src[i] ?? '') && i - this.pos < 4) i++;
    const fdText = this.src.slice(this.pos, i);
    const c = this.src[i];
    let op = '';
    if (c === '&' && fdText === '' && this.src[i + 1] === '>') {
      op = this.src[i + 2] === '>' ? '&>>' : '&>';
    } else if (c === '>' || c === '<') {
      if (this.src[i + 1] === '(') return undefined; // process substitution
      for (const candidate of c === '>' ? ['>>', '>|', '>&', '>'] : ['<<<', '<<-', '<<', '<>', '<&', '<'])
        if (this.src.startsWith(candidate, i)) {
          op = candidate;
          break;
        }
      if (op.startsWith('<<') && op !== '<<<' && this.noHeredoc) return undefined;
    }
    if (op === '') return undefined;
    this.pos = i + op.length;
    this.skipBlanks();
    const from = this.pos;
    const target = this.readWord() ?? { parts: [] };
    const fd = fdText === '' ? undefined : Number(fdText);
    if (op === '<<' || op === '<<-') {
      const redirect: Redirect = { op: '<<', fd, target };
      const quoted = /["'\\]/.test(this.src.slice(from, this.pos));
      this.pending.push({ redirect, delimiter: literal(target), quoted, tabs: op === '<<-' });
      return redirect;
    }
    return { op, fd, target };
  }

  /** Reads the bodies of the here-documents that were announced on the line just ended. */
  private readBodies(): void {
    const pending = this.pending;
    this.pending = [];
    for (const { redirect, delimiter, quoted, tabs } of pending) {
      const from = this.pos;
      let to = this.src.length;
      let next = this.src.length;
      while (this.pos < this.src.length) {
        const end = this.src.indexOf('\n', this.pos);
        const lineEnd = end < 0 ? this.src.length : end;
        let line = this.src.slice(this.pos, Math.min(lineEnd, this.pos + delimiter.length + 64));
        if (tabs) line = line.replace(/^\t+/, '');
        if (line.replace(/\r$/, '') === delimiter) {
          to = this.pos;
          next = Math.min(this.src.length, lineEnd + 1);
          break;
        }
        this.pos = lineEnd + 1;
      }
      this.pos = next;
      const body = this.src.slice(from, to);
      if (quoted) redirect.body = { parts: [{ kind: 'text', text: body, quoted: true }] };
      else {
        const expandable = parseExpandable(body, this.depth + 1);
        redirect.body = expandable.word;
        if (expandable.overflow) this.overflow = true;
      }
    }
  }

  private skipBlanks(): void {
    for (;;) {
      const c = this.src[this.pos];
      if (c === undefined) return;
      if (isBlank(c)) this.pos++;
      else if (c === '\\' && this.src[this.pos + 1] === '\n') this.pos += 2;
      else if (c === '\\' && this.src[this.pos + 1] === '\r' && this.src[this.pos + 2] === '\n') this.pos += 3;
      else return;
    }
  }

  private skipComment(): void {
    const end = this.src.indexOf('\n', this.pos);
    this.pos = end < 0 ? this.src.length : end;
  }

  /** The bare word at the cursor when it could be a keyword; '' otherwise. */
  private peekKeyword(): string {
    let i = this.pos;
    const limit = this.pos + 9;
    while (i < limit && i < this.src.length && !meta.includes(this.src[i]!)) i++;
    if (i === limit) return '';
    const word = this.src.slice(this.pos, i);
    if (word === '{' || word === '}' || word === '!' || word === '[[') return word;
    if (word === 'in' || word === 'function' || glue.has(word) || loopWords.has(word)) return word;
    return '';
  }

  private readWord(): Word | undefined {
    const parts: Part[] = [];
    const start = this.pos;
    let from = this.pos;
    const flush = (): void => {
      if (this.pos > from) parts.push({ kind: 'text', text: this.src.slice(from, this.pos), quoted: false });
    };
    loop: for (;;) {
      const c = this.src[this.pos];
      switch (c) {
        case undefined:
        case ' ':
        case '\t':
        case '\r':
        case '\n':
        case ';':
        case '&':
        case '|':
        case ')':
          break loop;
        case '<':
        case '>':
          if (this.src[this.pos + 1] !== '(') break loop;
          flush();
          this.pos += 2;
          parts.push({ kind: 'sub', form: 'process', list: this.nested(')'), quoted: false });
          from = this.pos;
          break;
        case '(': {
          const previous = this.pos > start ? this.src[this.pos - 1]! : '';
          if (!'?*+@!'.includes(previous) || previous === '') break loop;
          this.skipExtglob();
          break;
        }
        case '\\': {
          flush();
          const next = this.src[this.pos + 1];
          if (next === '\n') this.pos += 2;
          else if (next === '\r' && this.src[this.pos + 2] === '\n') this.pos += 3;
          else {
            parts.push({ kind: 'text', text: next ?? '\\', quoted: true });
            this.pos += next === undefined ? 1 : 2;
          }
          from = this.pos;
          break;
        }
        case "'": {
          flush();
          const end = this.src.indexOf("'", this.pos + 1);
          const to = end < 0 ? this.src.length : end;
          parts.push({ kind: 'text', text: this.src.slice(this.pos + 1, to), quoted: true });
          this.pos = end < 0 ? to : to + 1;
          from = this.pos;
          break;
        }
        case '"':
          flush();
          this.pos++;
          parts.push({ kind: 'text', text: '', quoted: true });
          this.readQuoted(parts, '"');
          from = this.pos;
          break;
        case '`':
          flush();
          parts.push(this.readBackticks(false));
          from = this.pos;
          break;
        case '$': {
          flush();
          if (!this.readDollar(parts, false)) parts.push({ kind: 'text', text: '$', quoted: false });
          from = this.pos;
          break;
        }
        default:
          this.pos++;
      }
    }
    flush();
    return this.pos === start ? undefined : { parts };
  }

  /** `@(a|b)`: kept as plain characters of the word. */
  private skipExtglob(): void {
    let depth = 0;
    for (; this.pos < this.src.length; this.pos++) {
      const c = this.src[this.pos]!;
      if (c === '\n' || c === ' ') return;
      if (c === '(') depth++;
      else if (c === ')' && --depth === 0) {
        this.pos++;
        return;
      } else if (c === '$' || c === '`' || c === '"' || c === "'") return;
    }
  }

  /** Reads up to the closing quote (or the end when `close` is ''), as inside double quotes. */
  readQuoted(parts: Part[], close: string): void {
    let from = this.pos;
    const flush = (): void => {
      if (this.pos > from) parts.push({ kind: 'text', text: this.src.slice(from, this.pos), quoted: true });
    };
    for (;;) {
      const c = this.src[this.pos];
      if (c === undefined) {
        flush();
        return;
      }
      if (c === close) {
        flush();
        this.pos++;
        return;
      }
      if (c === '\\') {
        const next = this.src[this.pos + 1];
        if (next !== undefined && '$`"\\\n'.includes(next)) {
          flush();
          if (next !== '\n') parts.push({ kind: 'text', text: next, quoted: true });
          this.pos += 2;
          from = this.pos;
        } else this.pos += next === undefined ? 1 : 2;
      } else if (c === '`') {
        flush();
        parts.push(this.readBackticks(true));
        from = this.pos;
      } else if (c === '$') {
        flush();
        if (!this.readDollar(parts, true)) parts.push({ kind: 'text', text: '$', quoted: true });
        from = this.pos;
      } else this.pos++;
    }
  }

  private readBackticks(quoted: boolean): Part {
    this.pos++;
    let text = '';
    let from = this.pos;
    for (; this.pos < this.src.length; this.pos++) {
      const c = this.src[this.pos]!;
      if (c === '`') break;
      if (c === '\\') {
        const next = this.src[this.pos + 1];
        if (next !== undefined && ('$`\\'.includes(next) || (quoted && next === '"'))) {
          text += this.src.slice(from, this.pos);
          from = this.pos + 1;
        }
        this.pos++;
      }
    }
    text += this.src.slice(from, this.pos);
    if (this.pos < this.src.length) this.pos++;
    if (this.depth >= maxNesting) {
      this.overflow = true;
      return { kind: 'sub', form: 'command', list: [], quoted };
    }
    // Each level of nested backticks needs more backslashes than the one before: the sum of the texts stays small.
    const inner = new PosixParser(text, this.depth + 1);
    const list = inner.parse();
    if (inner.overflow) this.overflow = true;
    return { kind: 'sub', form: 'command', list, quoted };
  }

  /** At a `$`. Pushes what it expands to; false when it is just a dollar sign (consumed either way). */
  private readDollar(parts: Part[], quoted: boolean): boolean {
    const next = this.src[this.pos + 1] ?? '';
    if (next === '(') {
      if (this.src[this.pos + 2] === '(') {
        this.pos += 3;
        const arith = this.parseArith();
        parts.push({ kind: 'sub', form: arith.word === 'arith' ? 'arith' : 'command', list: arith.list, quoted });
        return true;
      }
      this.pos += 2;
      const pending = this.pending;
      this.pending = [];
      const list = this.nested(')');
      this.pending = [...pending, ...this.pending];
      parts.push({ kind: 'sub', form: 'command', list, quoted });
      return true;
    }
    if (next === '{') {
      this.pos += 2;
      this.readBraces(parts, quoted);
      return true;
    }
    if (next === "'" && !quoted) {
      this.pos += 2;
      parts.push({ kind: 'text', text: this.readAnsi(), quoted: true });
      return true;
    }
    if (next === '"' && !quoted) {
      this.pos += 2;
      parts.push({ kind: 'text', text: '', quoted: true });
      this.readQuoted(parts, '"');
      return true;
    }
    if (isNameStart(next)) {
      let i = this.pos + 1;
      while (isName(this.src[i] ?? '')) i++;
      parts.push({ kind: 'var', name: this.src.slice(this.pos + 1, i), op: '', arg: [], quoted });
      this.pos = i;
      return true;
    }
    if (next !== '' && '0123456789@*#?$!-'.includes(next)) {
      parts.push({ kind: 'var', name: next, op: '', arg: [], quoted });
      this.pos += 2;
      return true;
    }
    this.pos++;
    return false;
  }

  /** After `${`. */
  private readBraces(parts: Part[], quoted: boolean): void {
    let op = '';
    let every = false;
    if (this.src[this.pos] === '#' && this.src[this.pos + 1] !== '}') {
      op = '#len';
      this.pos++;
    } else if (this.src[this.pos] === '!') {
      op = '!';
      this.pos++;
    }
    const from = this.pos;
    if (isNameStart(this.src[this.pos] ?? '')) while (isName(this.src[this.pos] ?? '')) this.pos++;
    else if (isDigit(this.src[this.pos] ?? '')) while (isDigit(this.src[this.pos] ?? '')) this.pos++;
    else if (this.pos < this.src.length && this.src[this.pos] !== '}') this.pos++;
    const name = this.src.slice(from, this.pos);
    if (this.src[this.pos] === '[') {
      const close = this.src.slice(this.pos, this.pos + 64).indexOf(']');
      every = this.src.startsWith('[@]', this.pos);
      if (close > 0) this.pos += close + 1;
    }
    const opFrom = this.pos;
    while (this.pos < this.src.length && this.pos - opFrom < 2 && ':-=+?#%/^,@'.includes(this.src[this.pos]!))
      this.pos++;
    if (op === '') op = this.src.slice(opFrom, this.pos);
    const arg: Part[] = [];
    if (this.depth >= maxNesting) {
      this.overflow = true;
    } else {
      this.depth++;
      this.readBraceWord(arg, quoted);
      this.depth--;
    }
    // Each element of "${a[@]}" is a word of its own.
    parts.push({ kind: 'var', name, op, arg, quoted: quoted && !every });
  }

  /** The word inside `${name-…}`, up to the closing brace. */
  private readBraceWord(parts: Part[], quoted: boolean): void {
    let from = this.pos;
    const flush = (): void => {
      if (this.pos > from) parts.push({ kind: 'text', text: this.src.slice(from, this.pos), quoted });
    };
    for (;;) {
      const c = this.src[this.pos];
      if (c === undefined || c === '}') {
        flush();
        if (c === '}') this.pos++;
        return;
      }
      if (c === '\\') {
        flush();
        parts.push({ kind: 'text', text: this.src[this.pos + 1] ?? '', quoted: true });
        this.pos += 2;
        from = this.pos;
      } else if (c === "'" && !quoted) {
        flush();
        const end = this.src.indexOf("'", this.pos + 1);
        const to = end < 0 ? this.src.length : end;
        parts.push({ kind: 'text', text: this.src.slice(this.pos + 1, to), quoted: true });
        this.pos = end < 0 ? to : to + 1;
        from = this.pos;
      } else if (c === '"') {
        flush();
        this.pos++;
        this.readQuoted(parts, '"');
        from = this.pos;
      } else if (c === '`') {
        flush();
        parts.push(this.readBackticks(quoted));
        from = this.pos;
      } else if (c === '$') {
        flush();
        if (!this.readDollar(parts, quoted)) parts.push({ kind: 'text', text: '$', quoted });
        from = this.pos;
      } else this.pos++;
    }
  }

  /** After `$'`: ANSI-C quoting. */
  private readAnsi(): string {
    const from = this.pos;
    while (this.pos < this.src.length && this.src[this.pos] !== "'") this.pos += this.src[this.pos] === '\\' ? 2 : 1;
    this.pos = Math.min(this.pos, this.src.length);
    const text = unescapeAnsi(this.src.slice(from, this.pos));
    if (this.pos < this.src.length) this.pos++;
    return text;
  }
}

const simpleEscapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  E: '\u001b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '?': '?',
};

/** Backslash escapes as in `$'…'`, `echo -e`, `printf` and the string literals of awk, C, Python, Ruby, JavaScript. */
export function unescapeAnsi(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(
    /\\(?:x\{?([0-9a-fA-F]{1,8})\}?|u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|0?([0-7]{1,3})|(c.)|([\s\S]))/g,
    (whole, x: string, ub: string, u: string, U: string, octal: string, control: string, other: string) => {
      const code = x ?? ub ?? u ?? U;
      if (code !== undefined) {
        const value = parseInt(x === undefined ? code : code.slice(0, 2), 16);
        const rest = x !== undefined && x.length > 2 ? x.slice(2) : '';
        return value <= 0x10ffff ? String.fromCodePoint(value) + rest : whole;
      }
      if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8) & 0xff);
      if (control !== undefined) return String.fromCharCode(control.charCodeAt(1) & 0x1f);
      return simpleEscapes[other] ?? (other === '\n' ? '' : `\\${other}`);
    },
  );
}

/** The text of a word as far as it is literal; expansions are left out. */
export function literal(word: Word): string {
  let out = '';
  for (const part of word.parts) if (part.kind === 'text') out += part.text;
  return out;
}
