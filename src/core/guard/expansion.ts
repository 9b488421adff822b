/** Pieces of word expansion: fields, braces, `${NAME op}`. */
import type { Field, Input } from './model.ts';

export function joinFields(a: Field, b: Field): Field {
  return { text: (a.text + b.text).slice(0, 65536), dynamic: a.dynamic || b.dynamic, quoted: false };
}

/** Collects the fields of one word. */
export class FieldBuilder {
  private readonly done: Field[] = [];
  private current = '';
  private started = false;
  private dynamic = false;
  private quoted = false;
  private readonly splits: boolean;

  constructor(splits: boolean) {
    this.splits = splits;
  }

  text(text: string, quoted: boolean): void {
    this.current += text;
    this.started = true;
    if (quoted) this.quoted = true;
  }

  /** The value of an expansion: split at white space when unquoted. */
  value(text: string, quoted: boolean, dynamic: boolean): void {
    if (dynamic) this.dynamic = true;
    if (quoted || !this.splits) {
      this.text(text, quoted);
      return;
    }
    const pieces = text.split(/[ \t\r\n]+/);
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) this.split(dynamic);
      if (piece !== '') {
        this.current += piece;
        this.started = true;
      }
    }
  }

  unknown(text: string, quoted: boolean, kind?: Input['kind']): void {
    this.current +=
      kind === 'network' ? '$(network)' : kind === 'secret' ? '$(secret)' : kind === 'decoded' ? '$(decoded)' : text;
    this.started = true;
    this.dynamic = true;
    if (quoted) this.quoted = true;
  }

  process(result: Input): void {
    this.current += result.kind === 'network' ? '<(network)' : result.kind === 'decoded' ? '<(decoded)' : '<()';
    if (result.kind === 'known') this.current = `<(known)${result.text ?? ''}`;
    this.started = true;
    this.dynamic = true;
  }

  split(dynamic = false): void {
    if (this.started) this.done.push({ text: this.current, dynamic: this.dynamic, quoted: this.quoted });
    this.current = '';
    this.started = false;
    this.quoted = false;
    this.dynamic = dynamic;
  }

  all(): Field[] {
    this.split();
    return this.done;
  }
}

/** `{a,b}` and `{1..3}` in an unquoted word; undefined when there is nothing to expand or it would get too many. */
export function expandBraces(text: string): string[] | undefined {
  let words = [text];
  for (let round = 0; round < 4; round++) {
    const next: string[] = [];
    let changed = false;
    for (const word of words) {
      const close = word.indexOf('}');
      const open = close < 0 ? -1 : word.lastIndexOf('{', close);
      const body = open < 0 ? '' : word.slice(open + 1, close);
      if (open < 0 || !body.includes(',') || (open > 0 && word[open - 1] === '$')) {
        next.push(word);
        continue;
      }
      changed = true;
      for (const choice of body.split(',')) next.push(word.slice(0, open) + choice + word.slice(close + 1));
      if (next.length > 64) return undefined;
    }
    words = next;
    if (!changed) return round === 0 ? undefined : words.filter((w) => w !== '');
  }
  return words.filter((w) => w !== '');
}

export function applyOperator(value: string, op: string, pattern: string): string | undefined {
  const first = pattern.indexOf('/');
  switch (op) {
    case '/':
    case '//': {
      const from = first < 0 ? pattern : pattern.slice(0, first);
      const to = first < 0 ? '' : pattern.slice(first + 1);
      if (from === '' || /[*?[]/.test(from)) return undefined;
      return op === '//' ? value.split(from).join(to) : value.replace(from, () => to);
    }
    case '^':
    case '^^':
      return value.toUpperCase();
    case ',':
    case ',,':
      return value.toLowerCase();
    case '#':
    case '##':
      return /[*?[]/.test(pattern) ? undefined : value.startsWith(pattern) ? value.slice(pattern.length) : value;
    case '%':
    case '%%':
      return /[*?[]/.test(pattern)
        ? undefined
        : value.endsWith(pattern)
          ? value.slice(0, value.length - pattern.length)
          : value;
    default:
      return undefined;
  }
}
