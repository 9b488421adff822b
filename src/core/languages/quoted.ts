/** Lines and quoted texts, as YAML, JSON and HCL have them alike. */

/** Where the line of `i` ends. */
export function eol(t: string, i: number): number {
  const e = t.indexOf('\n', i);
  return e < 0 ? t.length : e;
}

/** Behind the text that is quoted from `i` on. */
export function quotedEnd(t: string, i: number): number {
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

/** A quoted text without its quotes and escapes. */
export function unquote(s: string): string {
  const quote = s[0];
  const body = s.endsWith(quote!) && s.length > 1 ? s.slice(1, -1) : s.slice(1);
  if (quote === "'") return body.replaceAll("''", "'");
  return body.includes('\\')
    ? body.replace(/\\(["\\/nrt])/g, (_, e: string) => (e === 'n' ? '\n' : e === 'r' ? '\r' : e === 't' ? '\t' : e))
    : body;
}
