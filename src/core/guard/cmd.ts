/**
 * An error-tolerant parser for cmd.exe command lines and batch files: `&`, `&&`, `||`, `|`, brackets, `^`, quotes,
 * `%NAME%`, redirections, `if … command`, `for … do command`. Linear; never throws.
 */
import type { Command, Parsed, Part, Pipeline, Simple, Word } from './syntax.ts';

/** Parses a cmd command line or batch file. */
export function parseCmd(source: string): Parsed {
  const list: Pipeline[] = [];
  let pipeline: Command[] = [];
  let simple: Simple = { kind: 'simple', assigns: [], words: [], redirects: [] };
  let pos = 0;
  const endSimple = (): void => {
    const command = shorten(simple);
    if (command.words.length + command.redirects.length > 0) pipeline.push(command);
    simple = { kind: 'simple', assigns: [], words: [], redirects: [] };
  };
  const endPipeline = (): void => {
    endSimple();
    if (pipeline.length > 0) list.push(pipeline);
    pipeline = [];
  };
  const blanks = (): void => {
    while (pos < source.length && ' \t\r,;='.includes(source[pos]!)) pos++;
  };
  while (pos < source.length) {
    blanks();
    const c = source[pos];
    if (c === undefined) break;
    if (c === '\n' || c === '&' || c === '(' || c === ')') {
      pos++;
      endPipeline();
    } else if (c === '|') {
      pos++;
      if (source[pos] === '|') {
        pos++;
        endPipeline();
      } else endSimple();
    } else if (c === '>' || c === '<' || (c === '2' && source[pos + 1] === '>')) {
      const error = c === '2';
      if (error) pos++;
      let op = source[pos]!;
      pos++;
      if (source[pos] === '>') {
        op = '>>';
        pos++;
      }
      blanks();
      if (source[pos] === '&') {
        pos += 2;
        continue;
      }
      simple.redirects.push({ op, fd: error ? 2 : undefined, target: readWord() ?? { parts: [] } });
    } else {
      const word = readWord();
      if (!word) {
        pos++;
        continue;
      }
      simple.words.push(word);
      const first = simple.words.length === 1 ? plain(word).toLowerCase() : '';
      if (first === 'rem' || first.startsWith('::')) {
        const end = source.indexOf('\n', pos);
        pos = end < 0 ? source.length : end;
        simple = { kind: 'simple', assigns: [], words: [], redirects: [] };
      }
    }
  }
  endPipeline();
  return { list, overflow: false };

  function readWord(): Word | undefined {
    const parts: Part[] = [];
    const start = pos;
    let value = '';
    let quoted = false;
    const flush = (): void => {
      if (value !== '' || quoted) parts.push({ kind: 'text', text: value, quoted });
      value = '';
      quoted = false;
    };
    while (pos < source.length) {
      const c = source[pos]!;
      if (' \t\r\n&|<>()'.includes(c) || ((c === ',' || c === ';' || c === '=') && parts.length === 0 && value === ''))
        break;
      if (c === '^') {
        // At the end of a line it joins the next one.
        if (source[pos + 1] === '\r' && source[pos + 2] === '\n') pos += 3;
        else {
          if (source[pos + 1] !== '\n') value += source[pos + 1] ?? '';
          pos += 2;
        }
      } else if (c === '"') {
        flush();
        const end = source.indexOf('"', pos + 1);
        const to = end < 0 ? source.length : end;
        readPercent(source.slice(pos + 1, to), parts, true);
        pos = end < 0 ? to : to + 1;
      } else if (c === '%') {
        const name = /^%(\w{1,64})%/.exec(source.slice(pos, pos + 70));
        if (name) {
          flush();
          parts.push({ kind: 'var', name: name[1]!, op: '', arg: [], quoted: false });
          pos += name[0].length;
        } else {
          value += c;
          pos++;
        }
      } else {
        value += c;
        pos++;
      }
    }
    flush();
    return pos === start ? undefined : { parts };
  }
}

function readPercent(text: string, parts: Part[], quoted: boolean): void {
  let from = 0;
  for (const m of text.matchAll(/%(\w{1,64})%/g)) {
    if (m.index > from) parts.push({ kind: 'text', text: text.slice(from, m.index), quoted });
    parts.push({ kind: 'var', name: m[1]!, op: '', arg: [], quoted });
    from = m.index + m[0].length;
  }
  if (from < text.length || from === 0) parts.push({ kind: 'text', text: text.slice(from), quoted });
}

const plain = (word: Word): string =>
  word.parts.map((p) => (p.kind === 'text' ? p.text : p.kind === 'var' ? `%${p.name}%` : '')).join('');

/** Takes `@`, `if … `, `for … in … do ` off the front, so that the command itself comes first. */
function shorten(simple: Simple): Simple {
  const words = simple.words;
  let at = 0;
  for (let guard = 0; guard < 16 && at < words.length; guard++) {
    const word = plain(words[at]!).toLowerCase();
    if (word === '@' || word === 'else' || word === 'do' || word === 'call') at++;
    else if (word === 'if') {
      at++;
      while (at < words.length && /^(?:\/i|not)$/i.test(plain(words[at]!))) at++;
      const kind = plain(words[at] ?? { parts: [] }).toLowerCase();
      // `exist X`, `errorlevel N`, `defined V`, or `A==B`, `A EQU B`.
      at += /^(?:exist|errorlevel|defined)$/.test(kind) ? 2 : /==/.test(kind) ? 1 : 3;
    } else if (word === 'for') {
      const end = words.findIndex((w, i) => i > at && plain(w).toLowerCase() === 'do');
      at = end < 0 ? words.length : end + 1;
    } else break;
  }
  const rest = words.slice(at);
  const first = rest[0];
  const part = first?.parts[0];
  if (first && part?.kind === 'text' && part.text.startsWith('@') && part.text.length > 1)
    rest[0] = { parts: [{ ...part, text: part.text.slice(1) }, ...first.parts.slice(1)] };
  return { ...simple, words: rest };
}
