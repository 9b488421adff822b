/** SQL text → statements, for all dialects: comments out, strings and dollar quotes respected. */
import { scan, type Token } from './lexer.ts';

export interface Statement {
  readonly start: number;
  readonly end: number;
  /** Upper-case words and operators joined by one space; strings are `'…'`, quoted identifiers are in lower case, or as written if a plain one could not be the same. */
  readonly text: string;
  readonly tokens: readonly Token[];
}

/** Words of a statement that patterns get to see. */
const maxWords = 1500;

/**
 * Never throws. A body in dollar quotes is part of its statement; where it runs at once (`DO`, a routine that the same text
 * calls) its statements follow as statements of their own.
 */
export function sqlStatements(text: string): Statement[] {
  const own = split(text);
  const called = new Set(
    own.flatMap(
      (s) => /^(?:CALL|EXEC|EXECUTE|SELECT|PERFORM) (?:\S+ \. )?(\S+)/.exec(s.text)?.[1]?.toUpperCase() ?? [],
    ),
  );
  const found: Statement[] = [];
  let runs = false;
  for (const s of own) {
    found.push(s);
    const routine =
      /^(?:DELIMITER .{1,20}? )?CREATE (?:OR REPLACE )?(?:DEFINER = .{1,80}? )?(?:FUNCTION|PROCEDURE) (?:IF NOT EXISTS )?(?:\S+ \. )?(\S+)/.exec(
        s.text,
      )?.[1];
    if (routine !== undefined) runs = called.has(routine.toUpperCase());
    const isBlock = /^DO\b/.test(s.text);
    if (!isBlock && !runs) continue;
    const body = s.tokens.find((t) => t.kind === 'str' && text[t.start] === '$');
    if (body) {
      const [from, to] = [body.start + (body.open ?? 0), body.end - (body.close ?? 0)];
      for (const inner of split(text.slice(from, to))) {
        const part = step(text, {
          ...inner,
          tokens: inner.tokens.map((t) => ({ ...t, start: t.start + from, end: t.end + from })),
        });
        if (part) found.push(part);
      }
    } else if (!isBlock && s.tokens.some(isStep)) {
      const part = step(text, s);
      if (part) found.push(part);
    }
    if (body || /^END\b(?! (?:IF|LOOP|CASE|WHILE|REPEAT)\b)/.test(s.text)) runs = false;
  }
  return found;
}

const isStep = (t: Token): boolean => t.kind === 'id' && /^(?:BEGIN|THEN|ELSE|LOOP)$/i.test(t.text);

/** What a statement of a block does: what follows the last word of control. */
function step(text: string, { tokens }: Statement): Statement | undefined {
  const rest = tokens.slice(tokens.findLastIndex(isStep) + 1);
  const [first, last] = [rest[0], rest.at(-1)];
  if (!first || !last) return undefined;
  const words = rest.slice(0, maxWords).map((t) => wordOf(text, t));
  return { start: first.start, end: last.end, text: words.join(' '), tokens: rest };
}

/** Upper case; strings as `'…'`, other quoted names in lower case; one of both cases as it is. */
function wordOf(text: string, token: Token): string {
  if (token.kind === 'id') return token.text.toUpperCase();
  if (token.kind !== 'str') return text.slice(token.start, token.end);
  const quote = text[token.start];
  if (quote === "'" || quote === '$') return "'…'";
  const name = text.slice(token.start + 1, token.end - 1);
  return quote === '"' && /[a-z]/.test(name) ? name : name.toLowerCase();
}

function split(text: string): Statement[] {
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
    words.push(wordOf(text, token));
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
