/**
 * Configuration as one kind of tree: YAML and its dialects (templated ones, too), JSON, and HCL.
 * Error-tolerant and linear: a Helm template or a half-typed file still yields what can be read. `yaml` and
 * `jsonc-parser` stay the judges where validity itself matters (policy file); rules need positions and tolerance.
 */
import { parseBicep } from './bicepTree.ts';
import type { Language } from './detect.ts';

export interface TreeNode {
  /** '' for items of a sequence and for roots. */
  readonly key: string;
  kind: 'map' | 'seq' | 'scalar';
  /** Scalar's text without quotes; for HCL the expression as written (quotes stripped when it is one plain string). */
  value: string;
  /** Whether the scalar was quoted. */
  quoted: boolean;
  /** YAML tag or CloudFormation short form (`!Ref`), without value. */
  tag: string;
  /** Of the whole entry, key included. */
  readonly start: number;
  end: number;
  readonly children: TreeNode[];
  /** HCL block labels. */
  readonly labels: readonly string[];
  parent: TreeNode | undefined;
}

/** Nesting beyond this is cut: nobody writes it, and recursion must end. */
const maxDepth = 200;

function node(key: string, start: number, labels: readonly string[] = []): TreeNode {
  return {
    key,
    kind: 'scalar',
    value: '',
    quoted: false,
    tag: '',
    start,
    end: start,
    children: [],
    labels,
    parent: undefined,
  };
}

function adopt(parent: TreeNode, child: TreeNode): void {
  parent.children.push(child);
  child.parent = parent;
}

/** Roots of the text's documents. Never throws. */
export function parseTree(text: string, language: Language): TreeNode[] {
  if (language === 'terraform') return [parseHcl(text)];
  if (language === 'bicep' && !/^\s*\{/.test(text.slice(0, 2000))) return [parseBicep(text)];
  const first = /^\s*(?:\/\/[^\n]*\n\s*|\/\*[\s\S]{0,2000}?\*\/\s*)*([[{])/.exec(text.slice(0, 5000));
  if (first && !text.startsWith('{{')) {
    const root = node('', 0);
    new Flow(text).value(text.indexOf(first[1]!, (first.index ?? 0) + first[0].length - 1), root, 0);
    return [root];
  }
  return parseYaml(text);
}

/** Child with this key, at any of the given keys' path; case-sensitive. */
export function at(tree: TreeNode | undefined, ...keys: readonly string[]): TreeNode | undefined {
  let here = tree;
  for (const key of keys) {
    if (!here) return undefined;
    here = here.children.find((c) => c.key === key);
  }
  return here;
}

/** Depth-first walk. */
export function* walk(tree: TreeNode): Generator<TreeNode> {
  const stack = [tree];
  while (stack.length > 0) {
    const here = stack.pop()!;
    yield here;
    for (let i = here.children.length - 1; i >= 0; i--) stack.push(here.children[i]!);
  }
}

/** Keys from the root to this node, '' for items left out. */
export function pathOf(n: TreeNode): string[] {
  const keys: string[] = [];
  for (let here: TreeNode | undefined = n; here; here = here.parent) if (here.key !== '') keys.unshift(here.key);
  return keys;
}

/** The scalar's text, or the scalars of a sequence. */
export function scalars(n: TreeNode | undefined): string[] {
  if (!n) return [];
  if (n.kind === 'scalar') return n.value === '' ? [] : [n.value];
  return n.children.filter((c) => c.kind === 'scalar' && c.key === '').map((c) => c.value);
}

//#region JSON and YAML flow style

class Flow {
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

function eol(t: string, i: number): number {
  const e = t.indexOf('\n', i);
  return e < 0 ? t.length : e;
}

function quotedEnd(t: string, i: number): number {
  const quote = t[i];
  let j = i + 1;
  while (j < t.length) {
    if (quote === '"' && t[j] === '\\') j += 2;
    else if (t[j] === quote) {
      if (quote === "'" && t[j + 1] === "'") j += 2;
      else return j + 1;
    } else j++;
  }
  return t.length;
}

function unquote(s: string): string {
  const quote = s[0];
  const body = s.endsWith(quote!) && s.length > 1 ? s.slice(1, -1) : s.slice(1);
  if (quote === "'") return body.replaceAll("''", "'");
  return body.includes('\\')
    ? body.replace(/\\(["\\/nrt])/g, (_, e: string) => (e === 'n' ? '\n' : e === 'r' ? '\r' : e === 't' ? '\t' : e))
    : body;
}

//#endregion

//#region YAML block style

function parseYaml(text: string): TreeNode[] {
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

//#endregion

//#region HCL

function parseHcl(text: string): TreeNode {
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

//#endregion
