/** Shell-like text → simple commands, without evaluating anything. Good enough to look at flags; the guard has the real parser. */

export interface Word {
  /** Without quotes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}
export interface SimpleCommand {
  readonly argv: readonly Word[];
}

const wrappers = new Set([
  'sudo',
  'env',
  'nice',
  'time',
  'command',
  'exec',
  'then',
  'do',
  'else',
  'if',
  'while',
  'until',
  '!',
  '{',
  '(',
  'nohup',
  'run:',
  '-',
  'script:',
  '&&',
  'doas',
  'RUN',
]);

/** Commands in order; comments are skipped, assignments before a command dropped. Linear. */
export function shellWords(text: string, shift = 0): SimpleCommand[] {
  const found: SimpleCommand[] = [];
  let argv: Word[] = [];
  let word = '';
  let wordStart = -1;
  let quoted = false;
  /** Where quotes end that stand around a substitution alone. */
  const ends: number[] = [];
  const endWord = (i: number): void => {
    if (wordStart >= 0) {
      const skip =
        argv.length === 0 &&
        !quoted &&
        (wrappers.has(word) || /^[A-Za-z_]\w*\+?=/.test(word) || /^-{1,2}[a-zA-Z]/.test(word));
      if (!skip) argv.push({ text: word, start: wordStart + shift, end: i + shift });
    }
    word = '';
    wordStart = -1;
    quoted = false;
  };
  const endCommand = (i: number): void => {
    endWord(i);
    if (argv.length > 0) found.push({ argv });
    argv = [];
  };
  const n = text.length;
  for (let i = 0; i < n; i++) {
    const ch = text[i]!;
    if (ch === '\\') {
      if (text[i + 1] === '\n' || text[i + 1] === '\r') {
        endWord(i);
        i++;
        continue;
      }
      if (wordStart < 0) wordStart = i;
      word += text[i + 1] ?? '';
      i++;
      continue;
    }
    if (i === ends.at(-1)) {
      ends.pop();
      continue;
    }
    if (ch === '"' && text.startsWith('$(', i + 1) && text[i + 3] !== '(') {
      // `"$(…)"`: what it runs is a command for itself.
      const end = endOfSubstitution(text, i + 3);
      if (end !== undefined && text[end] === '"') {
        ends.push(end);
        continue;
      }
    }
    if (ch === "'" || ch === '"') {
      // A quote that never closes on the line is an apostrophe.
      let close = i + 1;
      while (close < n && text[close] !== ch && (ch === "'" || text[close] !== '\n' || close - i < 2000))
        close += ch === '"' && text[close] === '\\' ? 2 : 1;
      if (close >= n) {
        if (wordStart < 0) wordStart = i;
        continue;
      }
      if (wordStart < 0) wordStart = i;
      quoted = true;
      word += text.slice(i + 1, close);
      i = close;
      continue;
    }
    if (ch === '#' && (i === 0 || /\s/.test(text[i - 1]!))) {
      const e = text.indexOf('\n', i);
      endCommand(i);
      i = e < 0 ? n : e;
      continue;
    }
    if (ch === ' ' || ch === '\t' || ch === '\r') {
      endWord(i);
      continue;
    }
    if (ch === '\n' || ch === ';' || ch === '|' || ch === '&' || ch === '(' || ch === ')' || ch === '`') {
      endCommand(i);
      continue;
    }
    if (wordStart < 0) wordStart = i;
    word += ch;
  }
  endCommand(n);
  return found;
}

/** Behind the bracket that closes the one before `from`, not far away. */
function endOfSubstitution(text: string, from: number): number | undefined {
  let depth = 1;
  for (let i = from; i < Math.min(text.length, from + 1000); i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '(') depth++;
    else if (text[i] === ')' && --depth === 0) return i + 1;
  }
  return undefined;
}
