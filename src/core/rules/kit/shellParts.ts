/** A command line taken apart where one command ends and the next begins. */

export interface Part {
  readonly text: string;
  readonly start: number;
}

/** Most parts of one line that are looked at for themselves. */
const maxParts = 60;

/** Commands between `&&`, `||`, `;` and line ends; none where quotes reach over one of these. */
export function shellParts(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const m of [...text.matchAll(/&&|\|\||;|(?<!\\)\n|$/g)].slice(0, maxParts + 1)) {
    const whole = text.slice(from, m.index);
    const part = withoutEnd(whole).replace(/\\$/, '');
    const lead = /^(?:\s|\\\n)*/.exec(part)![0].length;
    if (!isClosed(part)) return [];
    if (part.length > lead) parts.push({ text: part.slice(lead).trimEnd(), start: from + lead });
    from = m.index + m[0].length;
  }
  return parts.length > maxParts ? [] : parts;
}

/** Without the blanks and continued lines at its end. */
function withoutEnd(text: string): string {
  let end = text.length;
  for (;;) {
    if (/\s/.test(text[end - 1] ?? '')) end--;
    else if (text[end - 1] === '\\' && text[end] === '\n') end--;
    else return text.slice(0, end);
  }
}

/** Every quote and bracket that the part opens is closed in it. */
const isClosed = (part: string): boolean =>
  ['"', "'", '`'].every((q) => part.split(q).length % 2 === 1) &&
  part.split('(').length === part.split(')').length &&
  part.split('{').length === part.split('}').length;
