/** SQL text → statements, for all dialects: comments out, strings and dollar quotes respected. */
import { scan, type Token } from './lexer.ts';

export interface Statement {
  readonly start: number;
  readonly end: number;
  /** Upper-case words and operators joined by one space; strings are `'…'`, quoted identifiers keep their name in lower case. */
  readonly text: string;
  readonly tokens: readonly Token[];
}

/** Words of a statement that patterns get to see. */
const maxWords = 1500;

/** Never throws. A body in dollar quotes is part of its statement. */
export function sqlStatements(text: string): Statement[] {
  const found: Statement[] = [];
  let current: Token[] = [];
  let words: string[] = [];
  const flush = (end: number): void => {
    const first = current[0];
    if (first) found.push({ start: first.start, end, text: words.join(' '), tokens: current });
    current = [];
    words = [];
  };
  const tokens = scan(text, 'sql');
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.kind === 'comment') continue;
    if (token.kind === 'op' && token.text === '$') {
      // $tag$ … $tag$
      const open = /^\$\w*\$/.exec(text.slice(token.start, token.start + 66));
      if (open) {
        const close = text.indexOf(open[0], token.start + open[0].length);
        const end = close < 0 ? text.length : close + open[0].length;
        current.push({ kind: 'str', start: token.start, end, text: '', open: open[0].length, close: open[0].length });
        words.push("'…'");
        while (i + 1 < tokens.length && tokens[i + 1]!.start < end) i++;
        continue;
      }
    }
    if (token.kind === 'op' && token.text === ';') {
      flush(token.start);
      continue;
    }
    current.push(token);
    // What a statement does stands at its beginning; patterns over its text must stay cheap.
    if (words.length >= maxWords) continue;
    if (token.kind === 'id') words.push(token.text.toUpperCase());
    else if (token.kind === 'str')
      words.push(text[token.start] === "'" ? "'…'" : text.slice(token.start + 1, token.end - 1).toLowerCase());
    else words.push(text.slice(token.start, token.end));
    // MSSQL's GO ends a batch.
    if (
      token.kind === 'id' &&
      /^go$/i.test(token.text) &&
      /^\s*(?:\r?\n|$)/.test(text.slice(token.end, token.end + 4)) &&
      current.length === 1
    ) {
      current = [];
      words = [];
    }
  }
  flush(text.length);
  return found;
}
