/** HCL: attributes, blocks with labels, and objects and lists in them. Error-tolerant and linear. */
import { eol } from './quoted.ts';
import { adopt, maxDepth, node, type TreeNode } from './treeNode.ts';

export function parseHcl(text: string): TreeNode {
  const root = node('', 0);
  root.kind = 'map';
  const n = text.length;
  let i = 0;

  const space = (lines: boolean): void => {
    for (;;) {
      while (i < n && (text[i] === ' ' || text[i] === '\t' || text[i] === '\r' || (lines && text[i] === '\n'))) i++;
      if (text[i] === '#' || (text[i] === '/' && text[i + 1] === '/')) i = eol(text, i);
      else if (text[i] === '/' && text[i + 1] === '*') {
        const e = text.indexOf('*/', i);
        i = e < 0 ? n : e + 2;
      } else return;
    }
  };

  /** Skips a string that starts at `i`, template parts included; returns its inner text. */
  const string = (): string => {
    const start = i;
    i++;
    let depth = 0;
    while (i < n) {
      const ch = text[i];
      if (ch === '\\') i += 2;
      else if (ch === '$' && text[i + 1] === '{') {
        depth++;
        i += 2;
      } else if (depth > 0 && ch === '}') {
        depth--;
        i++;
      } else if (depth > 0 && ch === '{') {
        depth++;
        i++;
      } else if (ch === '"' && depth === 0) {
        i++;
        return text.slice(start + 1, i - 1);
      } else if (ch === '\n' && depth === 0) return text.slice(start + 1, i);
      else i++;
    }
    return text.slice(start + 1, n);
  };

  const heredoc = (): string | undefined => {
    const m = /^<<-?\s*"?(\w+)"?[^\n]*\n/.exec(text.slice(i, i + 200));
    if (!m) return undefined;
    const start = i + m[0].length;
    let p = start;
    while (p < n) {
      const e = eol(text, p);
      if (text.slice(p, e).trim() === m[1]) {
        i = e;
        return text.slice(start, p);
      }
      p = e + 1;
    }
    i = n;
    return text.slice(start);
  };

  /** An expression up to the end of its line (or `,`, or the closing bracket) into `into`. */
  const expression = (into: TreeNode, depth: number, inList: boolean): void => {
    space(false);
    const start = i;
    if (text[i] === '{' && depth < maxDepth) {
      i++;
      into.kind = 'map';
      body(into, depth + 1, true);
      into.end = i;
      return;
    }
    if (text[i] === '[' && depth < maxDepth) {
      i++;
      into.kind = 'seq';
      for (;;) {
        space(true);
        if (i >= n) break;
        if (text[i] === ']') {
          i++;
          break;
        }
        if (text[i] === ',') {
          i++;
          continue;
        }
        const before = i;
        const item = node('', i);
        expression(item, depth + 1, true);
        adopt(into, item);
        if (i === before) i++;
      }
      into.end = i;
      return;
    }
    const doc = text[i] === '<' && text[i + 1] === '<' ? heredoc() : undefined;
    if (doc !== undefined) {
      into.value = doc;
      into.quoted = true;
      into.end = i;
      return;
    }
    let round = 0;
    let single: string | undefined;
    while (i < n) {
      const ch = text[i]!;
      if (ch === '"') {
        const at0 = i === start;
        const inner = string();
        if (at0) single = inner;
        continue;
      }
      if (ch === '(' || ch === '[' || ch === '{') {
        // Structured arguments (jsonencode({...})) become children, so that rules see inside.
        if (
          ch === '(' &&
          /(?:jsonencode|yamlencode|merge|tolist|toset|concat)\s*$/.test(text.slice(Math.max(start, i - 16), i)) &&
          depth < maxDepth
        ) {
          i++;
          space(true);
          const inner = text[i] === '{' || text[i] === '[' ? node(into.key, i) : undefined;
          if (inner) {
            expression(inner, depth + 1, true);
            into.kind = inner.kind;
            for (const child of inner.children) adopt(into, child);
            round++;
            continue;
          }
          round++;
          continue;
        }
        round++;
      } else if (ch === ')' || ch === ']' || ch === '}') {
        if (round === 0) break;
        round--;
      } else if (round === 0 && (ch === '\n' || ch === ',')) break;
      else if ((ch === '#' || (ch === '/' && (text[i + 1] === '/' || text[i + 1] === '*'))) && round === 0) break;
      i++;
      if (inList && round < 0) break;
    }
    const raw = text.slice(start, i).trim();
    into.quoted = single !== undefined && raw.length === single.length + 2;
    into.value = into.quoted ? single! : raw;
    into.end = i;
  };

  /** Attributes and blocks up to the closing brace. */
  function body(parent: TreeNode, depth: number, braced: boolean): void {
    while (i < n) {
      space(true);
      if (i >= n) return;
      const ch = text[i]!;
      if (ch === '}') {
        i++;
        if (braced) return;
        continue;
      }
      if (ch === ',') {
        i++;
        continue;
      }
      const start = i;
      let key: string;
      if (ch === '"') key = string();
      else if (ch === '(') {
        const close = text.indexOf(')', i);
        i = close < 0 ? n : close + 1;
        key = text.slice(start, i);
      } else {
        while (i < n && /[\w.-]/.test(text[i]!)) i++;
        key = text.slice(start, i);
      }
      if (i === start) {
        i++;
        continue;
      }
      space(false);
      if ((text[i] === '=' && text[i + 1] !== '=') || text[i] === ':') {
        i++;
        if (text[i] === '>') i++;
        const child = node(key, start);
        expression(child, depth, false);
        adopt(parent, child);
        continue;
      }
      const labels: string[] = [];
      while (text[i] === '"' || /[A-Za-z_]/.test(text[i] ?? '')) {
        if (text[i] === '"') labels.push(string());
        else {
          const s = i;
          while (i < n && /[\w-]/.test(text[i]!)) i++;
          labels.push(text.slice(s, i));
        }
        space(false);
      }
      if (text[i] === '{') {
        i++;
        const block = node(key, start, labels);
        block.kind = 'map';
        if (depth < maxDepth) body(block, depth + 1, true);
        block.end = i;
        adopt(parent, block);
      } else if (labels.length === 0) i = Math.max(i, start + 1);
    }
  }
  body(root, 0, false);
  root.end = n;
  return root;
}
