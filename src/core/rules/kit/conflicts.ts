/** Conflicts of a merge that nobody resolved: both sides of a place, with git's marks between them. */
import type { Language } from '../../languages/detect.ts';
import { hasLexer, type Token } from '../../languages/lexer.ts';
import type { Source } from '../../languages/source.ts';

export interface Conflict {
  /** Offset of the first mark, and behind the last one. */
  readonly start: number;
  readonly end: number;
  /** 1-based lines of the two. */
  readonly from: number;
  readonly to: number;
  /** The first mark stands in no string or comment. */
  readonly isBare: boolean;
  /** All of it stands in one string or comment. */
  readonly isQuoted: boolean;
}

/** The conflicts of a text, outermost alone. Underlines of headings are none: all three marks must stand there, in order. */
export function conflicts(source: Source): readonly Conflict[] {
  let found = known.get(source);
  if (!found) known.set(source, (found = conflictsOf(source)));
  return found;
}
const known = new WeakMap<Source, readonly Conflict[]>();

function conflictsOf(source: Source): readonly Conflict[] {
  const { text } = source;
  if (!text.includes('<<<<<<<') || !text.includes('>>>>>>>')) return none;
  const open: { readonly start: number; isDivided: boolean }[] = [];
  const found: { readonly start: number; readonly end: number }[] = [];
  for (const mark of text.matchAll(/^(?:<{7}|={7}|>{7})(?: [^\n]*)?\r?$/gm)) {
    const last = open.at(-1);
    if (mark[0].startsWith('<')) open.push({ start: mark.index, isDivided: false });
    else if (mark[0].startsWith('=')) {
      if (last) last.isDivided = true;
    } else if (last?.isDivided) {
      while ((found.at(-1)?.start ?? -1) > last.start) found.pop();
      found.push({ start: last.start, end: mark.index + mark[0].length });
      open.pop();
    } else if (open.length > 1) open.pop();
  }
  return found.map(({ start, end }) => {
    const around = hasLexer(source.language) ? textAround(source, start) : undefined;
    return {
      start,
      end,
      from: source.lineAt(start),
      to: source.lineAt(end),
      isBare: !around && !isOpen(source, start) && !divides.test(text.slice(start, end)),
      isQuoted: around !== undefined && around.end > end,
    };
  });
}
const none: readonly Conflict[] = [];

/** Documents of YAML are read one by one: between the marks there may be whole ones. */
const divides = /^---(?:\s|$)/m;

/** Whether a text begun on a line above is open at a place, one that the lexers do not know: in quotes, or up to a word. */
function isOpen({ language, text }: Source, offset: number): boolean {
  const opening =
    language === 'ruby'
      ? /<<[~-]?["'`]?([A-Za-z_]\w{0,80})/
      : !hasLexer(language) || language === 'toml'
        ? /(?:^|[:=,[{(-])[ \t]*("""|'''|"|')(?![^\n]*\1)/
        : undefined;
  if (!opening) return false;
  let end: string | undefined;
  for (const line of text.slice(0, offset).split('\n'))
    if (end === undefined) end = opening.exec(line.replace(closed, '0'))?.[1];
    else if (language === 'ruby' ? line.trim() === end : line.includes(end)) end = undefined;
  return end !== undefined;
}
const closed = /"""[^\n]*?"""|'''[^\n]*?'''|"(?!"")(?:[^"\\\n]|\\.)*"|'(?!'')[^'\n]*'/g;

/** The string or comment that a place stands in. */
function textAround({ tokens }: Source, offset: number): Token | undefined {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (tokens[mid]!.end <= offset) low = mid + 1;
    else high = mid;
  }
  const token = tokens[low];
  return token && token.start < offset && /^(?:str|comment)$/.test(token.kind) ? token : undefined;
}

/**
 * Languages of which no file with a mark in it is read any more. A shell runs what stands before the mark, PHP and HTML
 * show it as text, a preprocessor or a macro may skip it, and lists of patterns take it for one.
 */
const strict: ReadonlySet<Language> = new Set<Language>([
  'typescript',
  'tsx',
  'javascript',
  'python',
  'go',
  'java',
  'kotlin',
  'scala',
  'groovy',
  'ruby',
  'terraform',
  'prisma',
  'bicep',
  'yaml',
  'kubernetes',
  'kustomize',
  'github-actions',
  'gitlab-ci',
  'azure-pipelines',
  'circleci',
  'cloudformation',
  'docker-compose',
  'ansible',
  'json',
  'iam-policy',
  'toml',
]);

/** Whether a mark in the text keeps the whole file from being read. */
export const breaksFile = (language: Language): boolean => strict.has(language);
