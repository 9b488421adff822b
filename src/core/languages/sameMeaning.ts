/**
 * Whether an edit changes nothing but layout or comments. It *lowers* the tier, so it must not be fooled: a cheap token
 * comparison says "perhaps", and where a grammar is on board the syntax trees have the last word (Python's indentation,
 * JavaScript's semicolon insertion, text in JSX).
 */
import type { Grammars, GrammarId, SyntaxNode } from '../ports.ts';
import type { Language } from './detect.ts';
import { hasLexer, type Token } from './lexer.ts';
import type { Source } from './source.ts';
import type { TreeNode } from './treeNode.ts';

const grammarOf: Partial<Record<Language, GrammarId>> = {
  typescript: 'typescript',
  tsx: 'tsx',
  javascript: 'javascript',
  python: 'python',
  go: 'go',
  java: 'java',
  'c-sharp': 'c-sharp',
  ruby: 'ruby',
  php: 'php',
  rust: 'rust',
  shell: 'bash',
  powershell: 'powershell',
  terraform: 'hcl',
};
/** The grammar that parses a language, if one is on board. */
export const grammarFor = (language: Language): GrammarId | undefined => grammarOf[language];

/** Comments that tools obey: to change one is to change what runs. */
const directive =
  /^(?:#!|\/\/go:|\/\/\s*\+build|#\s*-\*-|#\s*(?:syntax|escape)\s*=|\/\/\/\s*<reference|\/[/*][*!]?\s*(?:@ts-(?:ignore|nocheck|expect-error)|@flow|eslint-|istanbul|c8 |prettier-ignore|webpack|@vite|nolint|#nosec|nosemgrep|NOSONAR)|#\s*(?:noqa|nosec|type:|pylint:|pragma:|fmt:|isort:|mypy:|ruff:|nosemgrep|rubocop:|frozen_string_literal|shellcheck|checkov:|tfsec:|trivy:|kics-|hadolint|zizmor:|gitleaks:|yamllint|dbt|cspell)|--\s*(?:squawk-ignore|\+goose|\+migrate|migrate:|liquibase|sqlfluff|atlas:)|\/\*\s*(?:\+|!\d))/i;

export type Same = 'formatting' | 'comments';

/** `undefined`: the meaning may have changed. */
export async function sameMeaning(before: Source, after: Source, grammars: Grammars): Promise<Same | undefined> {
  const language = after.language;
  if (before.language !== language) return undefined;
  switch (language) {
    case 'yaml':
    case 'kubernetes':
    case 'helm':
    case 'kustomize':
    case 'github-actions':
    case 'gitlab-ci':
    case 'azure-pipelines':
    case 'circleci':
    case 'cloudformation':
    case 'docker-compose':
    case 'ansible':
    case 'json':
    case 'iam-policy':
    case 'agent-config': {
      // The tolerant tree must account for all text: what it does not see must not have changed.
      const same = sameSqueezed(before, after, '#');
      return same && sameTrees(before.tree, after.tree) ? same : undefined;
    }
    case 'ini':
    case 'dotenv':
    case 'properties':
    case 'toml':
    case 'nginx':
    case 'codeowners':
    case 'makefile': {
      const marks = language === 'ini' ? '#;' : language === 'properties' ? '#!' : '#';
      return sameSqueezed(before, after, marks);
    }
    case 'manifest':
    case 'lockfile': {
      const json = after.path.endsWith('.json');
      const marks = json
        ? ''
        : after.path.endsWith('.gradle') || after.path.endsWith('go.mod') || after.path.endsWith('.kts')
          ? ''
          : '#';
      return sameSqueezed(before, after, marks);
    }
    case 'dockerfile': {
      const flat = (s: Source): string => s.docker.map((d) => `${d.name} ${collapse(d.args)}`).join('\n');
      return flat(before) === flat(after) ? sameSqueezed(before, after, '#') : undefined;
    }
    default:
      break;
  }
  if (!hasLexer(language)) return undefined;
  if (!sameCode(before, after)) return undefined;
  const a = outline(before);
  const b = outline(after);
  if (a.directives !== b.directives) return undefined;
  const grammar = grammarOf[language];
  if (grammar !== undefined && language !== 'terraform') {
    try {
      await grammars.load(grammar);
      if (!onlyComments(grammar, before, after, grammars) && !sameSyntax(grammar, before.text, after.text, grammars))
        return undefined;
    } catch {
      // Without the grammar the tokens alone would have to decide, and they can't see indentation.
      if (language === 'python' || language === 'shell') return undefined;
    }
  }
  return a.comments === b.comments ? 'formatting' : 'comments';
}

/** Whether two texts are the same but for comments, layout and punctuation that may be there or not. */
function sameCode(before: Source, after: Source): boolean {
  const first = firstToCompare(before, after);
  const a = new CodeTexts(before, first);
  const b = new CodeTexts(after, first);
  for (;;) {
    const text = a.next();
    if (text !== b.next()) return false;
    if (text === undefined) return true;
  }
}

/** Characters that a token may look ahead, with some to spare. */
const lookAhead = 200;

/** The place among the tokens of both from which on they may differ: before it the texts are the same. */
function firstToCompare(before: Source, after: Source): number {
  const known = commonStart(before.text, after.text) - lookAhead;
  let low = 0;
  let high = before.tokens.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (before.tokens[mid]!.end < known) low = mid + 1;
    else high = mid;
  }
  const [a, b] = [before.tokens[low - 1], after.tokens[low - 1]];
  return a && b && a.start === b.start && a.end === b.end ? low - 1 : 0;
}

/** The texts of what is neither comment nor docstring, one after the other: most edits differ long before the end. */
class CodeTexts {
  readonly #source: Source;
  readonly #mayLackPunctuation: boolean;
  #at: number;

  constructor(source: Source, first: number) {
    this.#source = source;
    this.#at = first;
    this.#mayLackPunctuation = source.language !== 'sql' && source.language !== 'c' && source.language !== 'shell';
  }

  next(): string | undefined {
    const { tokens, language } = this.#source;
    for (;;) {
      const t = tokens[(this.#at = this.#significant(this.#at))];
      if (!t) return undefined;
      this.#at++;
      if (this.#mayLackPunctuation && t.kind === 'op') {
        if (t.text === ';' && language !== 'rust') continue;
        if (t.text === ',' && /^[)\]}]$/.test(tokens[this.#significant(this.#at)]?.text ?? '')) continue;
      }
      if (t.kind === 'str' && (t.open ?? 0) > 0) return normalString(this.#source.slice(t), t);
      return t.text || this.#source.slice(t);
    }
  }

  #significant(from: number): number {
    const { tokens } = this.#source;
    let at = from;
    while (at < tokens.length && isComment(this.#source, tokens[at]!)) at++;
    return at;
  }
}

const isComment = (source: Source, t: Token): boolean =>
  t.kind === 'comment' || (source.language === 'python' && isDocstring(source, t));

/** Comments and what else a text has. */
interface Outline {
  readonly comments: string;
  readonly directives: string;
  /** Tokens that are neither comments nor docstrings. */
  readonly significant: readonly Token[];
}
/** By source, because `classify` keeps the text before a change while somebody edits the text after it. */
const outlines = new WeakMap<Source, Outline>();

function outline(source: Source): Outline {
  let known = outlines.get(source);
  if (!known) outlines.set(source, (known = outlineOf(source)));
  return known;
}

function outlineOf(source: Source): Outline {
  let comments = '';
  let directives = '';
  const significant: Token[] = [];
  for (const t of source.tokens) {
    if (!isComment(source, t)) significant.push(t);
    else {
      const text = source.slice(t);
      if (t.kind === 'comment' && directive.test(text)) directives += `${text.trim()}\n`;
      comments += `${text.replace(t.kind === 'comment' ? /[\s*]+/g : /\s+/g, ' ')}\n`;
    }
  }
  return { comments, directives, significant };
}

/** A string that is a statement of its own, as far as its lines tell; the syntax tree confirms it. */
function isDocstring(source: Source, t: Token): boolean {
  if (t.kind !== 'str' || t.dynamic || (t.open ?? 0) < 3) return false;
  const lineStart = source.text.lastIndexOf('\n', t.start - 1) + 1;
  const lineEnd = source.text.indexOf('\n', t.end);
  return (
    source.text.slice(lineStart, t.start).trim() === '' &&
    source.text.slice(t.end, lineEnd < 0 ? source.text.length : lineEnd).trim() === ''
  );
}

function normalString(text: string, t: Token): string {
  const body = text.slice(t.open, text.length - (t.close ?? 0));
  const opening = text.slice(0, t.open);
  if (/^["']$/.test(opening) && !body.includes('"') && !body.includes("'") && !body.includes('\\')) return `"${body}"`;
  return text;
}

/**
 * A cheap yes for the usual edit of comments, where the code keeps its lines and indentation: then it is enough that the
 * parser, too, takes what came, went or changed for comments, on the sides that have any. Trees need not be compared:
 * between two tokens, one comment is to the parser like another, or like none.
 */
function onlyComments(grammar: GrammarId, before: Source, after: Source, grammars: Grammars): boolean {
  const old = outline(before).significant;
  const now = outline(after).significant;
  if (old.length !== now.length) return false;
  const gone: Token[] = [];
  const come: Token[] = [];
  const oldComments = before.tokens.filter((t) => t.kind === 'comment');
  const newComments = after.tokens.filter((t) => t.kind === 'comment');
  let o = 0;
  let n = 0;
  for (let i = 0; i <= old.length; i++) {
    const [a, b] = [old[i], now[i]];
    const [oldFrom, newFrom] = [i === 0 ? 0 : old[i - 1]!.end, i === 0 ? 0 : now[i - 1]!.end];
    const [oldTo, newTo] = [a?.start ?? before.text.length, b?.start ?? after.text.length];
    const [firstOld, firstNew] = [o, n];
    while (o < oldComments.length && oldComments[o]!.start < oldTo) o++;
    while (n < newComments.length && newComments[n]!.start < newTo) n++;
    if (a && b && before.slice(a) !== after.slice(b)) return false;
    if (before.text.slice(oldFrom, oldTo) === after.text.slice(newFrom, newTo)) continue;
    // White space alone may stand in what only looks like code; behind a backslash it is part of it.
    if ((o === firstOld && n === firstNew) || old[i - 1]?.text === '\\') return false;
    const [x, y] = [
      blanks(before.text, oldFrom, oldTo, oldComments.slice(firstOld, o)),
      blanks(after.text, newFrom, newTo, newComments.slice(firstNew, n)),
    ];
    if (x === undefined || x !== y) return false;
    for (let k = firstOld; k < o; k++) gone.push(oldComments[k]!);
    for (let k = firstNew; k < n; k++) come.push(newComments[k]!);
  }
  return areComments(grammar, before.text, gone, grammars) && areComments(grammar, after.text, come, grammars);
}

/** What of the white space between two tokens can matter: that there is some, a line break, the indentation behind it. */
function blanks(text: string, from: number, to: number, comments: readonly Token[]): string | undefined {
  let rest = '';
  let at = from;
  for (const c of comments) {
    rest += `${text.slice(at, c.start)}${text.slice(c.start, c.end).includes('\n') ? '\n' : ' '}`;
    at = c.end;
  }
  rest += text.slice(at, to);
  if (/\S/.test(rest)) return undefined;
  const line = rest.lastIndexOf('\n');
  // Nothing follows at the end of the text.
  return to === text.length ? '' : line < 0 ? rest.slice(0, 1) : rest.slice(line);
}

/** Whether the parser takes all of these for comments, in a text without errors. */
function areComments(grammar: GrammarId, text: string, comments: readonly Token[], grammars: Grammars): boolean {
  if (comments.length === 0) return true;
  const tree = grammars.parse(grammar, text);
  try {
    const root = tree.rootNode;
    return (
      !root.hasError &&
      comments.every(({ start, end }) => {
        const found = root.descendantForIndex(start, end - 1);
        // Some grammars count the line's end in.
        return (
          found !== null && found.type.includes('comment') && found.startIndex === start && found.endIndex - end <= 1
        );
      })
    );
  } finally {
    tree.delete();
  }
}

/** Whether the trees are the same, comments, optional punctuation and quote style aside. */
function sameSyntax(grammar: GrammarId, before: string, after: string, grammars: Grammars): boolean {
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
  const quoteFree = grammar !== 'php' && grammar !== 'bash' && grammar !== 'ruby';
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
      } else if (type === 'jsx_text') parts.push(source.slice(start, end).replace(/\s+/g, ' ').trim());
      else if (cursor.gotoFirstChild()) {
        above.push(isNamed);
        continue;
      } else {
        const text = source.slice(start, end);
        if (text !== ',' && text !== ';' && /\S/.test(text)) parts.push(text);
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

/** A docstring: it documents, like a comment. */
const isOnlyString = (node: SyntaxNode): boolean => node.namedChildCount === 1 && node.namedChild(0)?.type === 'string';

function sameTrees(a: readonly TreeNode[], b: readonly TreeNode[]): boolean {
  if (a.length !== b.length) return false;
  const stack: [TreeNode, TreeNode][] = a.map((x, i) => [x, b[i]!]);
  while (stack.length > 0) {
    const [x, y] = stack.pop()!;
    if (x.key !== y.key || x.kind !== y.kind || x.tag !== y.tag || x.children.length !== y.children.length)
      return false;
    if (
      x.kind === 'scalar' &&
      (x.value !== y.value ||
        (x.quoted !== y.quoted && /^(?:true|false|yes|no|on|off|null|~|[\d.+-]+|)$/i.test(x.value)))
    )
      return false;
    for (let i = 0; i < x.children.length; i++) stack.push([x.children[i]!, y.children[i]!]);
  }
  return true;
}

function sameSqueezed(before: Source, after: Source, marks: string): Same | undefined {
  const [a, b] = changedParts(before, after, marks);
  for (;;) {
    const code = a.next();
    if (code !== b.next()) return undefined;
    if (code === undefined) break;
  }
  return a.comments === b.comments ? 'formatting' : a.directives === b.directives ? 'comments' : undefined;
}

/** What differs of both texts, in whole lines: the lines around are squeezed to the same. */
function changedParts(before: Source, after: Source, marks: string): readonly [SqueezedLines, SqueezedLines] {
  const [a, b] = [before.text, after.text];
  const from = a.lastIndexOf('\n', commonStart(a, b) - 1) + 1;
  const tail = commonEnd(a, b, from);
  // From the first line that begins in what both end with.
  const isAll = tail === Math.min(a.length, b.length) - from;
  const line = isAll ? a.length - tail : a.indexOf('\n', a.length - tail) + 1;
  const kept = line > 0 ? a.length - line : 0;
  return [
    new SqueezedLines(a.slice(from, a.length - kept), marks),
    new SqueezedLines(b.slice(from, b.length - kept), marks),
  ];
}

/** How many characters both texts begin with. */
function commonStart(a: string, b: string): number {
  const least = Math.min(a.length, b.length);
  let at = 0;
  while (at < least && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}

/** How many characters both texts end with, those before `from` left out. */
function commonEnd(a: string, b: string, from: number): number {
  const most = Math.min(a.length, b.length) - from;
  let tail = 0;
  while (tail < most && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)) tail++;
  return tail;
}

/**
 * Lines of code one after the other, without blank ones, indentation and comments, which are kept apart: most edits
 * differ long before the end.
 */
class SqueezedLines {
  readonly #lines: readonly string[];
  readonly #marks: string;
  #at = 0;
  /** Comments so far, and those of them that tools obey. */
  comments = '';
  directives = '';

  constructor(text: string, marks: string) {
    this.#lines = text.split('\n');
    this.#marks = marks;
  }

  next(): string | undefined {
    while (this.#at < this.#lines.length) {
      const line = this.#lines[this.#at++]!.trim();
      if (line === '') continue;
      if (this.#marks !== '' && this.#marks.includes(line[0]!)) {
        this.#note(line);
        continue;
      }
      const at = this.#marks.includes('#') ? trailingComment(line) : -1;
      if (at < 0) return collapse(line);
      this.#note(line.slice(at));
      return collapse(line.slice(0, at).trim());
    }
    return undefined;
  }

  #note(comment: string): void {
    this.comments += `${comment}\n`;
    if (directive.test(comment)) this.directives += `${comment}\n`;
  }
}

function trailingComment(line: string): number {
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const ch = line[i]!;
    if (quote) {
      if (ch === quote) quote = '';
    } else if (ch === '"' || ch === "'") quote = ch;
    else if (ch === '#' && i > 0 && /\s/.test(line[i - 1]!)) return i;
  }
  return -1;
}

/** Runs of blanks outside quotes as one blank. */
function collapse(text: string): string {
  if (!/\s\s|\t|\n/.test(text)) return text.trim();
  let out = '';
  let quote = '';
  for (const ch of text) {
    if (quote) {
      if (ch === quote) quote = '';
      out += ch;
    } else if (ch === '"' || ch === "'") {
      quote = ch;
      out += ch;
    } else if (/\s/.test(ch)) {
      if (!out.endsWith(' ')) out += ' ';
    } else out += ch;
  }
  return out.trim();
}
