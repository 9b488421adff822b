/** Bicep as the tree other configuration is: `resource`, `param` and `var` at the root, objects and lists below. Never throws. */
import { adopt, node, type TreeNode } from './treeNode.ts';

const maxDepth = 60;

const make = (key: string, start: number, parent: TreeNode, labels: readonly string[] = []): TreeNode => {
  const n = node(key, start, labels);
  adopt(parent, n);
  return n;
};

export function parseBicep(text: string): TreeNode {
  const root = node('', 0);
  root.kind = 'map';
  root.end = text.length;
  let i = 0;

  const space = (lines: boolean): void => {
    for (;;) {
      const ch = text[i];
      if (ch === ' ' || ch === '\t' || ch === '\r' || (lines && (ch === '\n' || ch === ','))) i++;
      else if (ch === '/' && text[i + 1] === '/') while (i < text.length && text[i] !== '\n') i++;
      else if (ch === '/' && text[i + 1] === '*') {
        const end = text.indexOf('*/', i + 2);
        i = end < 0 ? text.length : end + 2;
      } else return;
    }
  };
  const string = (): string => {
    const long = text.startsWith("'''", i);
    const start = i + (long ? 3 : 1);
    i = start;
    if (long) {
      const end = text.indexOf("'''", i);
      i = end < 0 ? text.length : end + 3;
      return text.slice(start, Math.max(start, i - 3));
    }
    while (i < text.length && text[i] !== "'" && text[i] !== '\n') i += text[i] === '\\' ? 2 : 1;
    const value = text.slice(start, i);
    i = Math.min(text.length, i + 1);
    return value;
  };
  /** An expression: up to the end of its line, over brackets. */
  const expression = (): string => {
    const start = i;
    let open = 0;
    while (i < text.length) {
      const ch = text[i]!;
      if (ch === "'") {
        string();
        continue;
      }
      if (ch === '(' || ch === '[' || ch === '{') open++;
      else if (ch === ')' || ch === ']' || ch === '}') {
        if (open === 0) break;
        open--;
      } else if (open === 0 && (ch === '\n' || ch === ',' || (ch === '/' && text[i + 1] === '/'))) break;
      i++;
    }
    return text.slice(start, i).trimEnd();
  };
  const value = (into: TreeNode, depth: number): void => {
    space(false);
    // `if (condition) {` and `[for x in y: {` stand before an object.
    const before = /^(?:if\s*\([^{\n]{0,300}\)\s*|\[\s*for\s[^{\n]{0,300}:\s*)(?=\{)/.exec(text.slice(i, i + 640));
    if (before) i += before[0].length;
    if (depth < maxDepth && text[i] === '{') {
      into.kind = 'map';
      i++;
      object(into, depth + 1);
    } else if (depth < maxDepth && text[i] === '[') {
      into.kind = 'seq';
      i++;
      for (space(true); i < text.length && text[i] !== ']'; space(true)) {
        const at = i;
        const item = make('', i, into);
        value(item, depth + 1);
        if (i === at) i++;
      }
      i++;
    } else if (text[i] === "'") {
      const start = i;
      const read = string();
      space(false);
      if (i >= text.length || text[i] === '\n' || text[i] === ',' || text[i] === '}' || text[i] === ']') {
        into.value = read;
        into.quoted = true;
      } else {
        i = start;
        into.value = expression();
      }
    } else into.value = expression();
    into.end = i;
  };
  const object = (into: TreeNode, depth: number): void => {
    for (space(true); i < text.length && text[i] !== '}'; space(true)) {
      const at = i;
      const key = text[i] === "'" ? string() : (/^[\w-]+/.exec(text.slice(i, i + 200))?.[0] ?? '');
      if (key !== '' && text[at] !== "'") i += key.length;
      space(false);
      if (text[i] === ':') {
        i++;
        value(make(key, at, into), depth);
      } else while (i < text.length && text[i] !== '\n' && text[i] !== '}') i++;
      if (i === at) i++;
    }
    i = Math.min(text.length, i + 1);
  };

  for (const m of text.matchAll(
    /^[ \t]*(resource|module)[ \t]+(\w+)[ \t]+'([^'\n]{1,200})'[ \t]*(?:existing[ \t]*)?=[ \t]*/gm,
  )) {
    if (m.index < i) continue;
    i = m.index + m[0].length;
    const n = make(m[1]!, m.index + (m[0].length - m[0].trimStart().length), root, [m[3]!.split('@')[0]!, m[2]!]);
    value(n, 0);
  }
  return root;
}
