/** Where shell commands stand in a file: the script itself, `RUN`, `run:`, `script:` items, recipes, package scripts. */
import type { Source } from '../../languages/source.ts';
import { at, walk, type TreeNode } from '../../languages/treeNode.ts';

export interface Chunk {
  readonly text: string;
  readonly start: number;
  /** An action runs it on another machine. */
  readonly isElsewhere?: boolean;
}

/** Never throws. */
export function shellChunks(source: Source): Chunk[] {
  const chunks: Chunk[] = [];
  const value = (n: TreeNode): void => {
    if (n.kind === 'seq' || n.kind === 'map') {
      for (const c of n.children) if (c.kind === 'scalar') value(c);
      return;
    }
    const whole = source.text.slice(n.start, n.end);
    const block = /[:-][ \t]*[|>][+\-\d]*[ \t]*(?:#[^\n]{0,400})?\n/.exec(whole.slice(0, 300));
    const elsewhere = isSentOut(n) ? { isElsewhere: true } : {};
    if (block) {
      const from = block.index + block[0].length;
      chunks.push({ text: whole.slice(from), start: n.start + from, ...elsewhere });
      return;
    }
    const from = n.key === '' ? whole.length - whole.replace(/^-\s*/, '').length : whole.indexOf(':') + 1;
    if (n.quoted)
      chunks.push({ text: n.value, start: n.start + Math.max(0, whole.indexOf(n.value.slice(0, 10))), ...elsewhere });
    else chunks.push({ text: whole.slice(from), start: n.start + from, ...elsewhere });
  };
  switch (source.language) {
    case 'shell':
    case 'powershell':
    case 'batch':
      return [{ text: source.text, start: 0 }];
    case 'dockerfile':
      for (const d of source.docker) {
        if (d.name !== 'RUN') continue;
        const skip = /^(?:--\w+(?:=\S+)?\s+)*/.exec(d.args)![0].length;
        chunks.push({ text: d.args.slice(skip), start: d.argsStart + skip });
      }
      return chunks;
    case 'makefile':
      for (const m of source.text.matchAll(/^\t[@+-]*((?:[^\n]*\\\n)*[^\n]*)/gm))
        chunks.push({
          // make's own `$(NAME)` and `$$` in the shell's words, at the same length.
          text: m[1]!.replace(/\$\((\w{1,80})\)/g, '${$1}').replaceAll('$$', ' $'),
          start: m.index + m[0].length - m[1]!.length,
        });
      return chunks;
    case 'jenkinsfile':
      for (const m of source.text.matchAll(/\b(?:sh|bat)\b[\s(]*(?:script\s*:\s*)?('''|"""|'|")([\s\S]{0,4000}?)\1/g))
        chunks.push({ text: m[2]!, start: m.index + m[0].length - m[2]!.length - m[1]!.length });
      return chunks;
    case 'manifest':
      if (source.path.endsWith('package.json'))
        for (const root of source.tree) for (const s of at(root, 'scripts')?.children ?? []) value(s);
      return chunks;
    default: {
      const keys =
        /^(?:(?:ansible\.(?:builtin|legacy)\.)?(?:shell|command|raw)|run|script|before_script|after_script|bash|sh|pwsh|powershell|entrypoint|cmd|inlineScript)$/;
      for (const root of source.tree) for (const n of walk(root)) if (keys.test(n.key) && n.kind !== 'map') value(n);
      return chunks;
    }
  }
}

/** Whether a value is what an action is given to run by SSH. */
const isSentOut = (n: TreeNode): boolean =>
  n.parent?.key === 'with' && /ssh|remote/i.test(at(n.parent.parent, 'uses')?.value ?? '');

/** Commands of a script: continuation lines joined, here-documents kept with the line that opens them, quotes closed. */
export function logicalLines(text: string): { text: string; start: number; length: number }[] {
  const found: { text: string; start: number; length: number }[] = [];
  const n = text.length;
  let i = 0;
  while (i < n) {
    const start = i;
    let e = eol(text, i);
    let lines = 1;
    for (;;) {
      const piece = text.slice(start, e);
      if (lines < 60 && e < n && (/\\[ \t]*$/.test(piece) || openQuote(piece))) {
        e = eol(text, e + 1);
        lines++;
        continue;
      }
      break;
    }
    const line = text.slice(start, e);
    let looks = 20;
    for (const doc of line.matchAll(/(?<!<)<<-?\s*(["'\\]?)([A-Za-z_]\w*)\1/g)) {
      if (looks-- > 0 && isQuoted(line.slice(0, doc.index))) continue;
      for (let p = e + 1; p < n;) {
        const le = eol(text, p);
        e = le;
        if (text.slice(p, le).trim() === doc[2]) break;
        p = le + 1;
      }
    }
    const raw = text.slice(start, e);
    const body = raw.trim();
    if (body !== '' && !body.startsWith('#')) {
      const lead = raw.length - raw.trimStart().length;
      found.push({ text: body, start: start + lead, length: body.length });
    }
    i = e + 1;
  }
  return found;
}

/** In quotes it is text, as in `echo "name<<EOF"`; not in a command that stands in them. */
function isQuoted(before: string): boolean {
  const inner = before.slice(before.lastIndexOf('$(') + 1);
  return openQuote(before) && (inner === before || inner.includes(')') || openQuote(inner));
}

function openQuote(text: string): boolean {
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const ch = text[i]!;
    if (ch === '\\' && quote !== "'") i++;
    else if (quote) {
      if (ch === quote) quote = '';
    } else if (ch === '#' && (i === 0 || /\s/.test(text[i - 1]!))) {
      const e = text.indexOf('\n', i);
      if (e < 0) return false;
      i = e;
    } else if (ch === '"' || ch === "'") quote = ch;
  }
  return quote !== '';
}

function eol(t: string, i: number): number {
  const e = t.indexOf('\n', i);
  return e < 0 ? t.length : e;
}
