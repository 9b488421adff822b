/** Text of others (file names, messages, agents' names) in places where some of its characters would mean something. */

/** Text for a terminal or a line-based protocol: one line, nothing invisible; each such character becomes a `?`. */
export const printable = (text: string, limit = Infinity): string =>
  text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?').slice(0, limit);

/** Text for a one-line message: no control or bidi characters, bounded. */
export const oneLine = (text: string, limit = 300): string => {
  const clean = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
  return clean.length > limit ? `${clean.slice(0, limit - 1)}…` : clean;
};

/** Text inside Markdown: nothing in it is markup, a link or HTML. */
export const escapeMarkdown = (text: string): string =>
  oneLine(text, 500).replace(/[\\`*_{}[\]()#+\-.!|~<>&$@:/^=]/g, (c) =>
    c === '<' ? '&lt;' : c === '>' ? '&gt;' : c === '&' ? '&amp;' : `\\${c}`,
  );

/** Text as inline code in Markdown. */
export const inlineCode = (text: string): string => {
  const clean = oneLine(text, 300);
  let fence = '`';
  while (clean.includes(fence)) fence += '`';
  return clean === '' ? '' : `${fence}${clean.startsWith('`') || clean.endsWith('`') ? ` ${clean} ` : clean}${fence}`;
};
