/**
 * Whether an edit changes nothing but layout or comments. It *lowers* the tier, so it must not be fooled: a cheap token
 * comparison says "perhaps", and where a grammar is on board the syntax trees have the last word (Python's indentation,
 * JavaScript's semicolon insertion, text in JSX).
 */
import type { Grammars, GrammarId } from '../ports.ts';
import { commonEnd, commonStart } from './commonEnds.ts';
import type { Language } from './detect.ts';
import { hasLexer, type Token } from './lexer.ts';
import { collapse, directive, sameLines, type Same } from './sameLines.ts';
import { sameSyntax } from './sameSyntax.ts';
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
      const same = sameLines(before, after, '#');
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
      // Between three quotes all is text.
      if (language === 'toml' && mayBeInText(before.text, after.text)) return undefined;
      if (language === 'makefile' && !sameRecipes(before.text, after.text)) return undefined;
      // There what stands behind a value is a part of it.
      const behind = language === 'properties' || language === 'ini' ? '' : '#';
      return sameLines(before, after, marks, behind);
    }
    case 'manifest':
    case 'lockfile': {
      const json = after.path.endsWith('.json');
      const marks = json
        ? ''
        : after.path.endsWith('.gradle') || after.path.endsWith('go.mod') || after.path.endsWith('.kts')
          ? ''
          : '#';
      if (after.path.endsWith('.toml') && mayBeInText(before.text, after.text)) return undefined;
      return sameLines(before, after, marks);
    }
    case 'dockerfile': {
      const flat = (s: Source): string => s.docker.map((d) => `${d.name} ${collapse(d.args)}`).join('\n');
      return flat(before) === flat(after) ? sameLines(before, after, '#') : undefined;
    }
    default:
      break;
  }
  if (!hasLexer(language)) return undefined;
  if (!sameCode(before, after)) return undefined;
  const a = outline(before);
  const b = outline(after);
  if (a.directives !== b.directives) return undefined;
  if (a.comments !== b.comments && !areIdle(language, before.text, after.text, a.comments, b.comments))
    return undefined;
  const grammar = grammarOf[language];
  if (grammar === undefined && !sameLayout(before, after)) return undefined;
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

/** Languages without a grammar on board in which a line break is a blank like any other, preprocessors aside. */
const freeOfLines = new Set<Language>(['c', 'sql', 'css']);

/**
 * Without a parser only layout that means nothing is layout: the same punctuation and quotes, and where a line may end a
 * statement or indentation begin one, the same lines.
 */
function sameLayout(before: Source, after: Source): boolean {
  const [a, b] = [outline(before).significant, outline(after).significant];
  const mayBreak =
    freeOfLines.has(after.language) &&
    !(after.language === 'c' && (/^[ \t]*#/m.test(before.text) || /^[ \t]*#/m.test(after.text)));
  if (a.length !== b.length) return false;
  let [o, n] = [0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i]!;
    if (before.slice(x) !== after.slice(y)) return false;
    if (!mayBreak) {
      const [s, t] = [breakBefore(before.text, o, x.start), breakBefore(after.text, n, y.start)];
      if (after.language === 'scala' ? s !== t : s === undefined ? t !== undefined : t === undefined) return false;
    }
    [o, n] = [x.end, y.end];
  }
  return true;
}

/** The indentation of what begins a line at an offset; `undefined`: it goes on with one. */
function breakBefore(text: string, from: number, to: number): number | undefined {
  const line = text.lastIndexOf('\n', to - 1);
  return from > 0 && line < from ? undefined : to - line - 1;
}

/** Whether comments that differ do nothing: in some places code and what tools obey stands in them. */
function areIdle(language: Language, before: string, after: string, a: string, b: string): boolean {
  // The C that Go calls stands in a comment.
  if (language === 'go') return !/^[ \t]*(?:import\s+)?"C"/m.test(before) && !/^[ \t]*(?:import\s+)?"C"/m.test(after);
  // A line that ends so goes on in the next, and takes its code along.
  if (language === 'c') return !/\\[ \t]*$/m.test(a) && !/\\[ \t]*$/m.test(b);
  // MySQL runs them.
  if (language === 'sql') return !/^\/[* ]?M?!/m.test(a) && !/^\/[* ]?M?!/m.test(b);
  // Annotations: `@IsGranted("ROLE_ADMIN")`, `@ORM\Column`.
  if (language === 'php') return annotationsOf(a) === annotationsOf(b);
  return true;
}
const annotationsOf = (comments: string): string => (comments.match(/@[A-Z][\w\\]*(?:\([^()]*\))?/g) ?? []).join('\n');

/** Whether what differs of two texts may lie between three quotes. */
function mayBeInText(before: string, after: string): boolean {
  const marks = /"""|'''/;
  if (!marks.test(before) && !marks.test(after)) return false;
  const from = commonStart(before, after);
  const end = commonEnd(before, after, from);
  const isOdd = (text: string): boolean => (text.match(/"""|'''/g)?.length ?? 0) % 2 === 1;
  return (
    isOdd(before.slice(0, from)) ||
    marks.test(before.slice(Math.max(0, from - 2), before.length - end)) ||
    marks.test(after.slice(Math.max(0, from - 2), after.length - end))
  );
}

/** Whether the same lines of a makefile belong to recipes, and no comment takes the next line along. */
function sameRecipes(before: string, after: string): boolean {
  const code = (text: string): string =>
    text
      .split('\n')
      .flatMap((l) =>
        /^\s*(?:#.*[^\\]|#|)$/.test(l) ? [] : [l.startsWith('\t') ? 't' : l.trim().startsWith('#') ? l : 'o'],
      )
      .join('\n');
  return code(before) === code(after);
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
