/** JSON, with comments, and YAML's flow style. Error-tolerant and linear. */
import { eol, quotedEnd, unquote } from './quoted.ts';
import { adopt, maxDepth, node, type TreeNode } from './treeNode.ts';

export class Flow {
  readonly #t: string;
  constructor(text: string) {
    this.#t = text;
  }

  #space(i: number): number {
    const t = this.#t;
    for (;;) {
      while (i < t.length && (t[i] === ' ' || t[i] === '\n' || t[i] === '\t' || t[i] === '\r')) i++;
      if (t[i] === '/' && t[i + 1] === '/') i = eol(t, i);
      else if (t[i] === '/' && t[i + 1] === '*') {
        const e = t.indexOf('*/', i);
        i = e < 0 ? t.length : e + 2;
      } else if (t[i] === '#' && (i === 0 || /\s/.test(t[i - 1]!))) i = eol(t, i);
      else return i;
    }
  }

  /** Reads the value at `i` into `into`; returns the offset after it. */
  value(i: number, into: TreeNode, depth: number): number {
    const t = this.#t;
    i = this.#space(i);
    if (t[i] === '!') {
      const m = /^![\w!:.]*/.exec(t.slice(i, i + 80))!;
      into.tag = m[0];
      i = this.#space(i + m[0].length);
    }
    if (depth > maxDepth) {
      into.end = t.length;
      return t.length;
    }
    if (t[i] === '{') {
      into.kind = 'map';
      i = this.#space(i + 1);
      while (i < t.length && t[i] !== '}') {
        const before = i;
        const start = i;
        const [key, after] = this.#scalar(i, true);
        const child = node(key, start);
        i = this.#space(after);
        if (t[i] === ':' || t[i] === '=') i = this.value(i + 1, child, depth + 1);
        else child.end = i;
        child.end = Math.max(child.end, after);
        adopt(into, child);
        i = this.#space(i);
        if (t[i] === ',') i = this.#space(i + 1);
        if (t[i] === ']') break;
        if (i === before) i++;
      }
      into.end = Math.min(t.length, i + 1);
      return into.end;
    }
    if (t[i] === '[') {
      into.kind = 'seq';
      i = this.#space(i + 1);
      while (i < t.length && t[i] !== ']') {
        const before = i;
        const child = node('', i);
        i = this.value(i, child, depth + 1);
        // YAML allows a single pair as an item: [a: b]
        const colon = this.#space(i);
        if (t[colon] === ':' && child.kind === 'scalar') {
          const inner = node(child.value, child.start);
          i = this.value(colon + 1, inner, depth + 1);
          inner.end = i;
          child.kind = 'map';
          adopt(child, inner);
        }
        child.end = i;
        adopt(into, child);
        i = this.#space(i);
        if (t[i] === ',') i = this.#space(i + 1);
        if (t[i] === '}') break;
        if (i === before) i++;
      }
      into.end = Math.min(t.length, i + 1);
      return into.end;
    }
    const [value, end, quoted] = this.#scalar(i, false);
    into.value = value;
    into.quoted = quoted;
    into.end = end;
    return end;
  }

  #scalar(i: number, isKey: boolean): [string, number, boolean] {
    const t = this.#t;
    const quote = t[i];
    if (quote === '"' || quote === "'") {
      const end = quotedEnd(t, i);
      return [unquote(t.slice(i, end)), end, true];
    }
    let j = i;
    while (j < t.length) {
      const ch = t[j]!;
      if (ch === ',' || ch === '}' || ch === ']' || ch === '\n') break;
      if (ch === '{' || ch === '[') {
        if (isKey) break;
      }
      if (ch === ':' && (isKey || t[j + 1] === ' ' || t[j + 1] === '\n')) break;
      if (isKey && ch === '=') break;
      j++;
    }
    if (j === i) j++;
    return [t.slice(i, j).trim(), j, false];
  }
}
