/** The fix of a switch that is set the unsafe way: set it the other way. */

const literal = /\b(?:true|false|True|False)\b/g;
const opposite: Readonly<Record<string, string>> = { true: 'false', false: 'true', True: 'False', False: 'True' };

/**
 * A `Rule.fix` that turns the boolean of a hit around, where it is plain which one: the one that ends the hit's text, or
 * the only one, standing after `=`, `:` or `(`. A hit without such a literal has no fix.
 */
export function switchBack(title: string): (text: string) => { title: string; newText: string } | undefined {
  return (text) => {
    const found = [...text.matchAll(literal)];
    const last = found.at(-1);
    if (!last) return undefined;
    const isPlain =
      last.index + last[0].length === text.length ||
      (found.length === 1 && /[=:(]\s*$/.test(text.slice(0, last.index)));
    if (!isPlain) return undefined;
    const newText = text.slice(0, last.index) + opposite[last[0]] + text.slice(last.index + last[0].length);
    return { title, newText };
  };
}
