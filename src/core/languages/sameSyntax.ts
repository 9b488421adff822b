/** Whether two texts are the same to a parser, for languages with a grammar on board. */
import type { GrammarId, Grammars, SyntaxNode } from '../ports.ts';
import { commonEnd, commonStart } from './commonEnds.ts';

/** Whether the trees are the same, comments, optional punctuation and quote style aside. */
export function sameSyntax(grammar: GrammarId, before: string, after: string, grammars: Grammars): boolean {
  const a = grammars.parse(grammar, before);
  try {
    const b = grammars.parse(grammar, after);
    try {
      const [x, y] = [a.rootNode, b.rootNode];
      const isBroken = x.hasError || y.hasError;
      const [old, now] = isBroken ? [x, y] : closest(x, y, grammar, before, after);
      const start = isBroken ? 0 : commonStart(before, after);
      const tail = isBroken ? 0 : commonEnd(before, after, start);
      return (
        shape(old, grammar, before, start, before.length - tail, isBroken) ===
        shape(now, grammar, after, start, after.length - tail, isBroken)
      );
    } finally {
      b.delete();
    }
  } finally {
    a.delete();
  }
}

/**
 * The smallest node of each tree that all of the change lies in, where all around is the same: nodes of one kind, at one
 * place, with one text, mean the same.
 */
function closest(
  a: SyntaxNode,
  b: SyntaxNode,
  grammar: GrammarId,
  before: string,
  after: string,
): readonly [SyntaxNode, SyntaxNode] {
  const start = commonStart(before, after);
  const grown = after.length - before.length;
  const tailFrom = before.length - commonEnd(before, after, start);
  for (;;) {
    const [old, now] = [a.children, b.children];
    const least = Math.min(old.length, now.length);
    const isSame = (x: SyntaxNode, y: SyntaxNode, moved: number): boolean =>
      x.typeId === y.typeId && x.startIndex + moved === y.startIndex && x.endIndex + moved === y.endIndex;
    let head = 0;
    while (head < least && old[head]!.endIndex <= start && isSame(old[head]!, now[head]!, 0)) head++;
    let tail = 0;
    while (
      tail < least - head &&
      old.at(-1 - tail)!.startIndex >= tailFrom &&
      isSame(old.at(-1 - tail)!, now.at(-1 - tail)!, grown)
    )
      tail++;
    const [x, y] = [old[head], now[head]];
    if (head + tail + 1 !== old.length || old.length !== now.length || x?.typeId !== y?.typeId) return [a, b];
    if (!x || !y || isTold(x.type) || (grammar === 'python' && x.type === 'expression_statement')) return [a, b];
    [a, b] = [x, y];
  }
}

/** Whether a node is compared as a text, not by what it is made of. */
const isTold = (type: string): boolean => isString.test(type) || type === 'jsx_text' || type.includes('comment');
const isString = /^(?:string|interpreted_string_literal|string_literal|raw_string_literal)$/;

/** What a kind of node is to a comparison, by the grammar's number for it. */
interface Kind {
  readonly type: string;
  readonly isNamed: boolean;
  readonly isComment: boolean;
  readonly isString: boolean;
}
const kinds = new Map<GrammarId, Map<number, Kind>>();

/**
 * A node's named nodes with their fields, and the texts of its leaves. Nodes that end before `from` or start after `to`
 * are told by kind and place alone.
 */
function shape(
  root: SyntaxNode,
  grammar: GrammarId,
  source: string,
  from: number,
  to: number,
  isBroken: boolean,
): string {
  const parts: (string | number)[] = [];
  const cursor = root.walk();
  const quoteFree = grammar !== 'php' && grammar !== 'bash' && grammar !== 'ruby' && grammar !== 'powershell';
  let known = kinds.get(grammar);
  if (!known) kinds.set(grammar, (known = new Map<number, Kind>()));
  const kindOf = (id: number): Kind => {
    const type = cursor.nodeType;
    const kind: Kind = {
      type,
      isNamed: cursor.nodeIsNamed,
      isComment: type.includes('comment'),
      isString: quoteFree && isString.test(type),
    };
    known.set(id, kind);
    return kind;
  };
  // Whether each node above is a named one.
  const above: boolean[] = [];
  for (;;) {
    const id = cursor.nodeTypeId;
    const kind = known.get(id) ?? kindOf(id);
    const { type, isNamed } = kind;
    const skip =
      kind.isComment || (grammar === 'python' && type === 'expression_statement' && isOnlyString(cursor.currentNode));
    if (!skip) {
      if (isNamed || (isBroken && cursor.nodeIsMissing)) parts.push('(', cursor.currentFieldId, type);
      const [start, end] = [cursor.startIndex, cursor.endIndex];
      if (end < from) parts.push(start, end);
      else if (start > to) parts.push(start - to, end - to);
      else if (kind.isString) {
        const text = source.slice(start, end);
        parts.push(/^["'][^"'\\]*["']$/.test(text) ? `"${text.slice(1, -1)}"` : text);
      } else if (type === 'jsx_text') parts.push(textOfJsx(source.slice(start, end)));
      else if (cursor.gotoFirstChild()) {
        above.push(isNamed);
        continue;
      } else {
        const text = source.slice(start, end);
        // `a[i,]` asks for a pair, `a[i, j,]` for the one that it asked for without.
        const of = text === ',' && grammar === 'python' ? cursor.currentNode.parent : null;
        const isPair = of?.type === 'subscript' && of.namedChildCount === 2;
        if (isPair || (text !== ',' && text !== ';' && /\S/.test(text))) parts.push(text);
      }
      if (isNamed) parts.push(')');
    }
    while (!cursor.gotoNextSibling()) {
      if (!cursor.gotoParent()) {
        cursor.delete();
        return parts.join(' ');
      }
      if (above.pop()) parts.push(')');
    }
  }
}

/** What a page shows of it: blanks count within a line, not where a line begins or ends. */
const textOfJsx = (text: string): string =>
  text
    .replace(/[ \t]*\r?\n\s*/g, '\n')
    .replace(/^\n|\n$/g, '')
    .replace(/\s+/g, ' ');

/** A docstring: it documents, like a comment. */
const isOnlyString = (node: SyntaxNode): boolean => node.namedChildCount === 1 && node.namedChild(0)?.type === 'string';
