/** What a script gives to its variables. */
import type { Standing } from './standing.ts';

/** Every value that a script gives to a variable by an assignment. */
export function gifts(script: string, name: string): string[] {
  return [...script.matchAll(new RegExp(`(?<![\\w$-])${name}[ \\t]*(?::|\\?|\\+)?=[ \\t]*([^\\n]{0,300})`, 'g'))].map(
    (m) => m[1]!.replace(/\s+#[^\n]*$/, ''),
  );
}

/** Whether the script itself gives a value to every variable of the command, and there are some. */
export function isGiven(text: string, { source }: Standing): boolean {
  const names = [...text.matchAll(/\$[({]?(\w{1,80})/g)].slice(0, 6).map((m) => m[1]!);
  return names.length > 0 && names.every((n) => gifts(source.text, n).some((g) => g.replace(/["']/g, '') !== ''));
}

/** Whether it has got its value for sure, and by nothing but assignments. */
export function isSettled(name: string, { source, at }: Standing): boolean {
  if (
    new RegExp(`\\b(?:read|mapfile|readarray|getopts|unset|for|printf\\s+-v)\\b[^\\n;|&]{0,100}\\b${name}\\b`).test(
      source.text,
    )
  )
    return false;
  const set = new RegExp(`(?:^|\\n)(?:export |readonly |declare )?${name}[ \\t]*[:?]?=`);
  return set.test(source.language === 'makefile' ? source.text : source.text.slice(0, at));
}

/** Whether the lines before make sure that the variable names something. */
export function isGuarded(text: string, { source, at }: Standing): boolean {
  const names = [...text.matchAll(/\$\{?(\w{1,80})/g)].slice(0, 6).map((m) => m[1]!);
  const before = source.text.slice(Math.max(0, at - 300), at) + text;
  return names.length > 0 && names.every((n) => new RegExp(`\\[\\s+-[nd]\\s+["']?\\$\\{?${n}\\b`).test(before));
}

/** Whether a script that stops at errors went to the folder, and asked where it is, before it is named: it is not empty. */
export function isFound(text: string, { source, at }: Standing): boolean {
  const names = [...text.matchAll(/\$\{?(\w{1,80})/g)].slice(0, 6).map((m) => m[1]!);
  if (source.language !== 'shell' || names.length === 0) return false;
  const before = source.text.slice(0, at);
  const stops = before.search(/^set -[a-z]*e/m);
  return (
    stops >= 0 &&
    !/^[^#\n]*(?:\bset \+[a-z]*e|\bset \+o errexit)/m.test(before) &&
    names.every((n) => {
      const found = new RegExp(`^${n}="?\\$\\(\\s*cd\\s[^\\n|;]{1,200}&&\\s*pwd(?:\\s-P)?\\s*\\)"?\\s*$`, 'm').exec(
        before,
      );
      // A function above runs later.
      return (
        found !== null &&
        found.index > stops &&
        !new RegExp(
          `(?:^|[^\\w$])${n}\\+?=|\\b(?:(?:read|unset|mapfile|readarray)\\b[^\\n$]{0,100}|for\\s+)\\b${n}\\b`,
        ).test(source.text.slice(found.index + found[0].length))
      );
    })
  );
}

/** Lines that a backslash or a quote continues as one. */
export const continued = (script: string): string => script.replace(/\\\n\s*/g, ' ').replace(/"\s*\n\s+"/g, '" "');
