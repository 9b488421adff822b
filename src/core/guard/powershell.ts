/**
 * An error-tolerant parser for PowerShell, to the depth the guard needs: commands and their words, strings, variables,
 * assignments, sub-expressions and script blocks (both are followed), pipes, redirections. Linear; never throws.
 */
import { maxNesting } from './syntax.ts';
import type { Command, List, Parsed, Part, Pipeline, Redirect, Simple, Word } from './syntax.ts';

/** Parses a PowerShell command line or script. */
export function parsePowerShell(text: string): Parsed {
  const parser = new PowerShellParser(text);
  const list: Pipeline[] = [];
  while (!parser.done) list.push(...parser.parseList(''));
  return { list, overflow: parser.overflow };
}

/** Verbs that PowerShell approves of for cmdlets, as far as they do more than look. */
const cmdletVerbs =
  'Add|Backup|Block|Checkpoint|Clear|Complete|Compress|Connect|Convert|ConvertFrom|ConvertTo|Copy|Debug|Deny|Disable|Disconnect|Dismount|Edit|Enable|Enter|Exit|Expand|Export|Find|ForEach|Format|Get|Grant|Import|Initialize|Install|Invoke|Join|Limit|Lock|Measure|Merge|Mount|Move|New|Optimize|Out|Pop|Publish|Push|Read|Receive|Register|Remove|Rename|Repair|Reset|Resize|Resolve|Restart|Restore|Resume|Revoke|Save|Select|Send|Set|Show|Sort|Split|Start|Stop|Submit|Suspend|Switch|Sync|Tee|Test|Trace|Unblock|Undo|Uninstall|Unlock|Unprotect|Unpublish|Unregister|Update|Use|Wait|Where|Write';
const cmdlet = new RegExp(`^(?:${cmdletVerbs})-[A-Z][A-Za-z]+$`);
const lowerCmdlet =
  /^(?:remove-item|invoke-(?:expression|command|webrequest|restmethod)|clear-(?:content|disk)|start-process)$/i;
/** Where a command begins: a cmdlet, an alias that no POSIX system has, or a .NET expression. */
const powerShellStart = new RegExp(
  String.raw`(?:^|[;|&({\n])[ \t]*(?:(?:${cmdletVerbs})-[A-Z][A-Za-z]+\b|(?:iex|irm|iwr|gci|ri|sajb|saps|spps)[ \t]|\$env:\w+[ \t]*=|\$\w+[ \t]*=[ \t]|\[[A-Za-z]+(?:\.[A-Za-z]+)*\]::)|(?:^|[;|&({\n])[ \t]*(?:[Rr]emove-[Ii]tem|[Ii]nvoke-[Ee]xpression)\b|\|[ \t]*iex[ \t]*$`,
  'm',
);

/** Whether a program's name is a cmdlet's. */
export const isCmdlet = (name: string): boolean => cmdlet.test(name) || lowerCmdlet.test(name);

/** Whether a command is likely PowerShell's. A guess, for callers that don't know which shell will run it. Linear. */
export const looksLikePowerShell = (text: string): boolean => powerShellStart.test(text);

const closerOf: Readonly<Record<string, string>> = { '(': ')', '{': '}' };

class PowerShellParser {
  overflow = false;
  private pos = 0;
  private depth = 0;
  private readonly src: string;

  constructor(src: string) {
    this.src = src;
  }

  get done(): boolean {
    return this.pos >= this.src.length;
  }

  parseList(stop: string): Pipeline[] {
    const out: Pipeline[] = [];
    let pipeline: Command[] = [];
    let joined = false;
    const flush = (): void => {
      if (pipeline.length > 0) out.push(pipeline);
      pipeline = [];
      joined = false;
    };
    for (;;) {
      this.skipBlanks();
      const c = this.src[this.pos];
      if (c === undefined) break;
      if (c === ')' || c === '}') {
        this.pos++;
        if (stop === '' || c !== stop) continue;
        flush();
        return out;
      }
      if (c === ';' || c === '\n') {
        this.pos++;
        if (c === ';' || !joined) flush();
      } else if (c === '|') {
        this.pos++;
        if (this.src[this.pos] === '|') {
          this.pos++;
          flush();
        } else joined = true;
      } else if (c === '&' && this.src[this.pos + 1] === '&') {
        this.pos += 2;
        flush();
      } else {
        if (!joined) flush();
        joined = false;
        const command = this.parseSimple();
        if (command) pipeline.push(command);
      }
    }
    flush();
    return out;
  }

  private nested(close: string): List {
    if (this.depth >= maxNesting) {
      this.overflow = true;
      return [];
    }
    this.depth++;
    const list = this.parseList(close);
    this.depth--;
    return list;
  }

  private parseSimple(): Simple | undefined {
    const simple: Simple = { kind: 'simple', assigns: [], words: [], redirects: [] };
    const start = this.pos;
    // `& program`, `. script`: the call operators.
    const called =
      (this.src[this.pos] === '&' || this.src[this.pos] === '.') && /[\s"'$({]/.test(this.src[this.pos + 1] ?? '');
    if (called) this.pos++;
    const assign = /^\$(?:(?:global|script|local|private|env):)?(\w{1,128})\s{0,8}(\+?=)(?!=)/i.exec(
      this.src.slice(this.pos, this.pos + 160),
    );
    if (assign) this.pos += assign[0].length;
    for (;;) {
      this.skipBlanks();
      const c = this.src[this.pos];
      if (c === undefined || c === '\n' || c === ';' || c === '|' || c === ')' || c === '}') break;
      if (c === '&') {
        if (this.src[this.pos + 1] === '&') break;
        this.pos++;
        continue;
      }
      const redirect = this.readRedirect();
      if (redirect) {
        simple.redirects.push(redirect);
        continue;
      }
      const word = this.readWord();
      if (word) simple.words.push(word);
      else this.pos++;
    }
    if (assign) {
      const parts: Part[] = [];
      for (const word of simple.words) {
        if (parts.length > 0) parts.push({ kind: 'text', text: ' ', quoted: true });
        parts.push(...word.parts);
      }
      // `$x = command` runs the command as well.
      const runs =
        simple.words.length > 0 && simple.words[0]!.parts[0]?.kind === 'text' && !simple.words[0]!.parts[0].quoted;
      return {
        ...simple,
        assigns: [{ name: assign[1]!, value: { parts }, append: assign[2] === '+=' }],
        words: runs ? simple.words : [],
      };
    }
    // A string where a command is expected is a value: it goes down the pipe, or to the screen.
    const first = simple.words[0]?.parts[0];
    if (!called && first?.kind === 'text' && first.quoted && this.src[start] !== '`')
      simple.words.unshift(text('write-output'));
    if (this.pos === start) this.pos++;
    return simple.words.length + simple.redirects.length > 0 ? simple : undefined;
  }

  private readRedirect(): Redirect | undefined {
    const match = /^([1-6*]?)(>>|>)(&[1-6])?/.exec(this.src.slice(this.pos, this.pos + 8));
    if (!match) return undefined;
    this.pos += match[0].length;
    if (match[3] !== undefined) return { op: '>&', fd: undefined, target: text(match[3].slice(1)) };
    this.skipBlanks();
    const fd = match[1] === '2' ? 2 : undefined;
    return { op: match[2]!, fd, target: this.readWord() ?? { parts: [] } };
  }

  private skipBlanks(): void {
    for (;;) {
      const c = this.src[this.pos];
      if (c === ' ' || c === '\t' || c === '\r') this.pos++;
      else if (c === '`' && (this.src[this.pos + 1] === '\n' || this.src.startsWith('\r\n', this.pos + 1)))
        this.pos += this.src[this.pos + 1] === '\n' ? 2 : 3;
      else if (c === '#') {
        const end = this.src.indexOf('\n', this.pos);
        this.pos = end < 0 ? this.src.length : end;
      } else if (c === '<' && this.src[this.pos + 1] === '#') {
        const end = this.src.indexOf('#>', this.pos + 2);
        this.pos = end < 0 ? this.src.length : end + 2;
      } else return;
    }
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
        case '|':
        case '&':
        case ')':
        case '}':
        case '>':
          break loop;
        case '`':
          flush();
          parts.push({ kind: 'text', text: this.src[this.pos + 1] ?? '', quoted: true });
          this.pos += 2;
          from = Math.min(this.pos, this.src.length);
          break;
        case "'": {
          flush();
          this.pos++;
          let value = '';
          for (;;) {
            const end = this.src.indexOf("'", this.pos);
            value += this.src.slice(this.pos, end < 0 ? this.src.length : end);
            this.pos = end < 0 ? this.src.length : end + 1;
            if (end < 0 || this.src[this.pos] !== "'") break;
            value += "'";
            this.pos++;
          }
          parts.push({ kind: 'text', text: value, quoted: true });
          from = this.pos;
          break;
        }
        case '"':
          flush();
          this.pos++;
          parts.push({ kind: 'text', text: '', quoted: true });
          this.readQuoted(parts);
          from = this.pos;
          break;
        case '@': {
          const quote = this.src[this.pos + 1];
          if (quote === '"' || quote === "'") {
            flush();
            const end = this.src.indexOf(`\n${quote}@`, this.pos + 2);
            const to = end < 0 ? this.src.length : end;
            parts.push({ kind: 'text', text: this.src.slice(this.pos + 2, to).replace(/^\r?\n/, ''), quoted: true });
            this.pos = end < 0 ? to : end + 3;
            from = this.pos;
          } else this.pos++;
          break;
        }
        case '(':
        case '{':
          flush();
          this.pos++;
          parts.push({
            kind: 'sub',
            form: c === '(' ? 'command' : 'process',
            list: this.nested(closerOf[c]!),
            quoted: true,
          });
          from = this.pos;
          break;
        case '$':
          flush();
          if (!this.readDollar(parts, false)) parts.push({ kind: 'text', text: '$', quoted: false });
          from = this.pos;
          break;
        default:
          this.pos++;
      }
    }
    flush();
    return this.pos === start ? undefined : { parts };
  }

  private readQuoted(parts: Part[]): void {
    let from = this.pos;
    const flush = (): void => {
      if (this.pos > from) parts.push({ kind: 'text', text: this.src.slice(from, this.pos), quoted: true });
    };
    while (this.pos < this.src.length) {
      const c = this.src[this.pos]!;
      if (c === '"') {
        flush();
        if (this.src[this.pos + 1] !== '"') {
          this.pos++;
          return;
        }
        this.pos++;
        from = this.pos;
        this.pos++;
      } else if (c === '`') {
        flush();
        parts.push({ kind: 'text', text: this.src[this.pos + 1] ?? '', quoted: true });
        this.pos = Math.min(this.pos + 2, this.src.length);
        from = this.pos;
      } else if (c === '$') {
        flush();
        if (!this.readDollar(parts, true)) parts.push({ kind: 'text', text: '$', quoted: true });
        from = this.pos;
      } else this.pos++;
    }
    flush();
  }

  private readDollar(parts: Part[], quoted: boolean): boolean {
    const next = this.src[this.pos + 1] ?? '';
    if (next === '(') {
      this.pos += 2;
      parts.push({ kind: 'sub', form: 'command', list: this.nested(')'), quoted });
      return true;
    }
    const name =
      /^\$(?:\{([^}]{1,128})\}|((?:env|global|script|local|private|using):\w{1,128}|\w{1,128}|[?$^_]))/i.exec(
        this.src.slice(this.pos, this.pos + 140),
      );
    if (!name) {
      this.pos++;
      return false;
    }
    this.pos += name[0].length;
    parts.push({ kind: 'var', name: name[1] ?? name[2]!, op: '', arg: [], quoted });
    return true;
  }
}

const text = (value: string): Word => ({ parts: [{ kind: 'text', text: value, quoted: false }] });
