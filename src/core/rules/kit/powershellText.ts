/** What a line of a PowerShell script does with a value besides showing it: it declares it, or keeps it in memory. */
import type { Source } from '../../languages/source.ts';

/** `[Alias("Password")][string]$Credential`, as one element: what is given to it, and attributes, are words that run nothing. */
const element =
  /^(?:\[[\w.]{1,80}(?:\[\])?(?:\([^(){}|;&\]]{0,200}\))?\]\s*){0,8}\$\w{1,80}(?:\s*=\s*(?:'[^'\n]{0,200}'|\$(?:null|true|false)|\d{1,9}))?\s*,?\s*(?:#[^\n]*)?$/;
/** An attribute of something that is kept in memory: what it is written to is said where it is written. */
const keeps =
  /^\$(?!\w*(?:log|out|writer|host|console|client|http|web|request|response)\w*\b)\w{1,80}(?:\.\w{1,80}){0,3}\.(?:SetAttribute|SetAttributeValue)\((?:["'][^"'$]{0,80}["']\s*,\s*)?\$\w{1,80}\)$/i;

/** Whether a line shows its value to nobody: an element of `param (…)` or of a function's head, or a setter. */
export function isDeclared(source: Source, start: number, text: string): boolean {
  if (keeps.test(text)) return true;
  return element.test(text) && heads(source).some((h) => h.from < start && start < h.to && !h.holds(start));
}

interface Head {
  readonly from: number;
  readonly to: number;
  /** Whether a place lies in brackets of its own. */
  holds(at: number): boolean;
}

const known = new WeakMap<Source, Head[]>();

/** Where `param (…)` and `function Name(…)` declare. */
function heads(source: Source): Head[] {
  let found = known.get(source);
  if (found) return found;
  known.set(source, (found = []));
  const tokens = source.tokens.filter((t) => t.kind !== 'comment');
  for (let i = 0; i < tokens.length; i++) {
    const word = tokens[i]!.text.toLowerCase();
    if (tokens[i]!.kind === 'str' || (word !== 'param' && word !== 'function')) continue;
    let open = i + 1;
    if (word === 'function') while (open < i + 8 && /^[\w:.-]+$/.test(tokens[open]?.text ?? '')) open++;
    if (tokens[open]?.text !== '(') continue;
    const inner: [number, number][] = [];
    const stack: number[] = [];
    let k = open;
    for (; k < tokens.length; k++) {
      const { kind, text, start, end } = tokens[k]!;
      if (kind === 'str') continue;
      if (/^[([{]$/.test(text)) stack.push(start);
      else if (/^[)\]}]$/.test(text)) {
        const from = stack.pop() ?? start;
        if (stack.length === 0) break;
        inner.push([from, end]);
      }
    }
    if (k === tokens.length) break;
    found.push({
      from: tokens[open]!.start,
      to: tokens[k]!.start,
      holds: (at) => inner.some(([from, to]) => from < at && at < to),
    });
    i = k;
  }
  return found;
}
