/** CODEOWNERS as it is read: the last rule that matches a path names its owners, and any one of them may approve. */

export interface OwnerRule {
  /** 1-based. */
  readonly line: number;
  readonly pattern: string;
  /** In lower case; a rule without any takes the owners of wider ones away. */
  readonly owners: readonly string[];
  /** A pattern with a slash in it stands for one place, else for any folder. */
  readonly isPlaced: boolean;
  /** Without what is the same with and without: the slash in front, two stars at the end. */
  readonly plain: string;
  readonly isAll: boolean;
  readonly isFolder: boolean;
  /** Up to the first wildcard. */
  readonly literal: string;
  /** Of `*.md`. */
  readonly ending: string | undefined;
}

/** A mail address, or a user; `@scope/package` may be a folder. */
const ofMail = /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/;
const ofUser = /^@[\w-]+$/;

/** Names that are surely no folders: the file asks them elsewhere, or it has no line with a pattern at all. */
function usersIn(lines: readonly string[]): (name: string) => boolean {
  const words = lines
    .map((line) =>
      line
        .replace(/(?:^|\s)#.*/, '')
        .trim()
        .split(/\s+/),
    )
    .filter(([w]) => w !== '');
  if (words.every(([first]) => first!.includes('@'))) return () => true;
  const asked = new Set(words.flatMap(([, ...owners]) => owners));
  return (name) => asked.has(name);
}

/** Rules in the order of the text. GitLab's section heads are among them: `[Security][2] @owner`. */
export function ownerRules(lines: readonly string[]): OwnerRule[] {
  const rules: OwnerRule[] = [];
  let isUser: ((name: string) => boolean) | undefined;
  for (const [i, text] of lines.entries()) {
    const [pattern = '', ...words] = text
      .replace(/(?:^|\s)#.*/, '')
      .trim()
      .split(/\s+/);
    // A name in place of the pattern: the line matches no file.
    if (pattern === '' || ofMail.test(pattern) || (ofUser.test(pattern) && (isUser ??= usersIn(lines))(pattern)))
      continue;
    const isPlaced = pattern.slice(0, -1).includes('/');
    const plain = isPlaced ? pattern.replace(/^\//, '').replace(/(?<=\/)\*\*$/, '') : pattern;
    rules.push({
      line: i + 1,
      pattern,
      owners: words.filter((w) => w.includes('@')).map((w) => w.toLowerCase()),
      isPlaced,
      plain,
      isAll: /^(?:\*|\/?\*\*|\/?\*\*\/\*)$/.test(pattern),
      isFolder: isPlaced && /^[^*?[\\]+\/$/.test(plain),
      literal: /^[^*?[\\]*/.exec(plain)![0],
      ending: /^\*\.(\w+)$/.exec(pattern)?.[1],
    });
  }
  return rules;
}

export const isSection = ({ pattern }: OwnerRule): boolean => /^\^?\[/.test(pattern);

/** Whether all that the second rule is about is in the first, as far as can be seen without the files. */
export const covers = (wide: OwnerRule, rule: OwnerRule): boolean =>
  wide.isAll ||
  (wide.isPlaced === rule.isPlaced &&
    (wide.plain === rule.plain || (wide.isFolder && rule.plain.startsWith(wide.plain))));

/** Whether a file may match both. */
export function mayMeet(a: OwnerRule, b: OwnerRule): boolean {
  if (a.ending !== undefined && b.ending !== undefined) return a.ending === b.ending;
  return !a.isPlaced || !b.isPlaced || a.literal.startsWith(b.literal) || b.literal.startsWith(a.literal);
}
