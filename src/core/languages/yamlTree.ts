/** YAML's block style and its dialects, templated ones too. Error-tolerant and linear. */
import { Flow } from './flowTree.ts';
import { eol, quotedEnd, unquote } from './quoted.ts';
import { adopt, maxDepth, node, type TreeNode } from './treeNode.ts';

export function parseYaml(text: string): TreeNode[] {
  const roots: TreeNode[] = [];
  let root = node('', 0);
  /** Open collections: `indent` of their entries. */
  let stack: { indent: number; node: TreeNode }[] = [{ indent: -1, node: root }];
  const flow = new Flow(text);
  let i = 0;
  const n = text.length;
  const closeTo = (indent: number): void => {
    while (stack.length > 1 && stack.at(-1)!.indent > indent) stack.pop();
  };
  const finish = (end: number): void => {
    root.end = end;
    if (root.children.length > 0) roots.push(root);
  };
  while (i < n) {
    const lineStart = i;
    const e = eol(text, i);
    let p = i;
    while (p < e && text[p] === ' ') p++;
    i = e + 1;
    if (p >= e || text[p] === '#' || text[p] === '\r' || text[p] === '%') continue;
    if (text[p] === '\t') while (p < e && (text[p] === ' ' || text[p] === '\t')) p++;
    if (text.startsWith('---', p) && p === lineStart && !/\S/.test(text.slice(p + 3, Math.min(e, p + 4)))) {
      finish(lineStart);
      root = node('', e);
      stack = [{ indent: -1, node: root }];
      continue;
    }
    // Template control lines carry no data.
    if (text.startsWith('{{', p) && !text.slice(p, e).includes(': ')) continue;
    if (text.startsWith('{%', p)) continue;
    let indent = p - lineStart;
    // Items of a sequence, possibly nested on one line: "- - a", "- key: v".
    let more = true;
    while (more) {
      more = false;
      if (text[p] === '-' && (p + 1 >= e || text[p + 1] === ' ' || text[p + 1] === '\r' || text[p + 1] === '\n')) {
        closeTo(indent);
        let top = stack.at(-1)!;
        if (!(top.indent === indent && top.node.kind === 'seq')) {
          // The sequence belongs to the last entry of the collection around it (which may have the same indent).
          if (top.indent === indent && top.node.kind === 'map') {
            const owner = top.node.children.at(-1) ?? top.node;
            if (owner.kind !== 'seq') {
              owner.kind = 'seq';
            }
            stack.push({ indent, node: owner });
          } else {
            const owner = top.indent < 0 && top.node === root ? root : (openOwner(top.node) ?? top.node);
            owner.kind = 'seq';
            stack.push({ indent, node: owner });
          }
          top = stack.at(-1)!;
        }
        const item = node('', p);
        adopt(top.node, item);
        let q = p + 1;
        while (q < e && text[q] === ' ') q++;
        item.end = e;
        if (q >= e || text[q] === '\r' || text[q] === '#') {
          grow(stack, e);
          // nested block follows on deeper lines
          stack.push({ indent: indent + 1, node: item });
          item.kind = 'map';
          break;
        }
        const innerIndent = q - lineStart;
        if (text[q] === '-' && (text[q + 1] === ' ' || q + 1 >= e) && stack.length < maxDepth) {
          item.kind = 'seq';
          stack.push({ indent: innerIndent, node: item });
          p = q;
          indent = innerIndent;
          more = true;
          continue;
        }
        const key = keyAt(text, q, e);
        if (key) {
          item.kind = 'map';
          stack.push({ indent: innerIndent, node: item });
          i = entry(q, key, e, innerIndent, item);
        } else i = scalarInto(q, e, item, indent);
        grow(stack, Math.min(i - 1, n));
        break;
      }
      const key = keyAt(text, p, e);
      if (!key) {
        // A continued plain scalar, or garbage: it belongs to the last entry.
        const top = stack.at(-1)!;
        const last = lastLeaf(top.node);
        if (last && last.kind === 'scalar' && !last.quoted && indent > 0) {
          last.value = last.value === '' ? text.slice(p, e).trim() : `${last.value} ${text.slice(p, e).trim()}`;
          last.end = e;
        }
        if ((text[p] === '{' || text[p] === '[') && top.node === root && root.children.length === 0) {
          i = Math.max(i, flow.value(p, root, 0));
        }
        grow(stack, e);
        break;
      }
      closeTo(indent);
      let top = stack.at(-1)!;
      if (top.indent < indent) {
        const owner = top.node === root && root.children.length === 0 ? root : (openOwner(top.node) ?? top.node);
        if (owner.kind !== 'map' || owner.children.length === 0) owner.kind = 'map';
        stack.push({ indent, node: owner });
        top = stack.at(-1)!;
      } else if (top.node.kind === 'seq' && top.indent === indent) {
        // "key:\n- item\nnext: …" at the same indent: the sequence is over.
        stack.pop();
        top = stack.at(-1)!;
        if (top.indent < indent) {
          stack.push({ indent, node: top.node });
          top = stack.at(-1)!;
        }
      }
      i = entry(p, key, e, indent, top.node);
      grow(stack, Math.min(i - 1, n));
    }
  }
  finish(n);
  return roots;

  /** One `key: value` whose key starts at `p`; returns where to go on. */
  function entry(p: number, key: { name: string; after: number }, e: number, indent: number, parent: TreeNode): number {
    const child = node(key.name, p);
    child.end = e;
    if (parent.kind === 'scalar') parent.kind = 'map';
    adopt(parent, child);
    let q = key.after;
    while (q < e && text[q] === ' ') q++;
    return scalarInto(q, e, child, indent);
  }

  /** A value that starts at `q` on the line that ends at `e`. */
  function scalarInto(q: number, e: number, into: TreeNode, indent: number): number {
    if (text[q] === '&') while (q < e && text[q] !== ' ') q++;
    while (q < e && text[q] === ' ') q++;
    if (text[q] === '!') {
      const m = /^![\w!:.]*/.exec(text.slice(q, Math.min(e, q + 80)))!;
      into.tag = m[0];
      q += m[0].length;
      while (q < e && text[q] === ' ') q++;
    }
    if (q >= e || text[q] === '\r') {
      into.end = e;
      return e + 1;
    }
    const ch = text[q];
    if (ch === '#') return e + 1;
    if (ch === '|' || ch === '>') {
      // Block scalar: all deeper lines.
      let p = e + 1;
      let end = e;
      const body: string[] = [];
      while (p < n) {
        const le = eol(text, p);
        let w = p;
        while (w < le && text[w] === ' ') w++;
        if (w < le && text[w] !== '\r') {
          if (w - p <= indent) break;
          end = le;
        }
        body.push(text.slice(p, le));
        p = le + 1;
      }
      into.value = body.join('\n');
      into.quoted = true;
      into.end = end;
      return p;
    }
    if ((ch === '{' && text[q + 1] !== '{' && text[q + 1] !== '%') || ch === '[') {
      const end = flow.value(q, into, 0);
      return Math.max(e, eol(text, Math.min(n, end))) + 1;
    }
    if (ch === '"' || ch === "'") {
      const end = quotedEnd(text, q);
      into.value = unquote(text.slice(q, end));
      into.quoted = true;
      into.end = end;
      return Math.max(e, eol(text, Math.min(n, end))) + 1;
    }
    let end = e;
    const comment = / #/.exec(text.slice(q, e));
    if (comment) end = q + comment.index;
    into.value = text.slice(q, end).trim();
    into.end = end;
    return e + 1;
  }
}

function grow(stack: { node: TreeNode }[], end: number): void {
  for (const s of stack) if (s.node.end < end) s.node.end = end;
}

/** The last entry when it still has no value: the block that follows is its. */
function openOwner(n: TreeNode): TreeNode | undefined {
  const last = n.children.at(-1);
  return last && last.kind === 'scalar' && last.value === '' && !last.quoted ? last : undefined;
}

function lastLeaf(n: TreeNode): TreeNode | undefined {
  return n.children.at(-1);
}

function keyAt(text: string, p: number, e: number): { name: string; after: number } | undefined {
  const ch = text[p];
  if (ch === '"' || ch === "'") {
    const end = quotedEnd(text, p);
    if (end > e || text[end] !== ':') return undefined;
    return { name: unquote(text.slice(p, end)), after: end + 1 };
  }
  if (ch === '{' && text[p + 1] !== '{') return undefined;
  if (ch === '[' || ch === '|' || ch === '>') return undefined;
  for (let j = p; j < e; j++) {
    if (text[j] === '{' && text[j + 1] === '{') {
      let close = j + 2;
      while (close < e && !(text[close] === '}' && text[close + 1] === '}')) close++;
      if (close >= e) return undefined;
      j = close + 1;
      continue;
    }
    if (text[j] === ':' && (j + 1 >= e || text[j + 1] === ' ' || text[j + 1] === '\r' || text[j + 1] === '\t')) {
      let name = text.slice(p, j).trim();
      if (name.startsWith('? ')) name = name.slice(2);
      return { name, after: j + 1 };
    }
    if (text[j] === '#' && j > p && text[j - 1] === ' ') return undefined;
  }
  return undefined;
}
