/** What rules ask about values that are put into markup. */
import type { Source } from '../../languages/source.ts';
import type { Code } from './code.ts';

/** Whether all that `v-html` shows comes out of one call of a sanitiser. */
export const sanitised = (attribute: string): boolean =>
  /^\sv-html\s*=\s*"\s*(?:[\w$]{1,40}\.)?(?:\$?sanitize|\$?purify|escape)(?:Html|HTML)?\((?:[^()"]|\((?:[^()"]|\([^()"]{0,200}\)){0,200}\)){0,400}\)\s*"/.test(
    attribute,
  );

/** A drawing or a text that the bundler reads from a file of the program: `import close from './close.svg'`. */
export function isFileOfBuild(c: Code, range: { readonly from: number; readonly to: number }): boolean {
  const name = c.text(range);
  if (range.to - range.from !== 1 || c.facts.isParam(name, range.from)) return false;
  let names = filesOfBuild.get(c.source);
  if (!names) {
    names = new Set();
    for (const m of c.source.text.matchAll(
      /^[ \t]{0,8}import\s+(?:\*\s+as\s+)?([\w$]{1,81})\s+from\s+["'](?:[.~/@]|[\w-]+\/)[^"'?:\n]{1,300}(?:\.(?:svg|html?|txt|md)|\?raw)["']/gm,
    ))
      names.add(m[1]!);
    filesOfBuild.set(c.source, names);
  }
  return names.has(name);
}
const filesOfBuild = new WeakMap<Source, Set<string>>();

/** Every variable that is put in was given what an escaping function returned, and nothing else; no call is put in. */
export function isEscapedBefore(c: Code, range: { readonly from: number; readonly to: number }): boolean {
  const { tokens, match } = c.facts;
  for (let i = range.from; i < range.to; i++) {
    const t = tokens[i]!;
    if (t.kind === 'str' ? t.dynamic && /\{[^}]*\(/.test(c.facts.stringOf(t)) : t.text === '(' || t.text === '[')
      return false;
  }
  const isEscaped = (v: { readonly from: number; readonly to: number }): boolean => {
    let open = v.from;
    while (open < v.to && tokens[open]!.text !== '(') open++;
    return open > v.from && open < v.to && match[open] === v.to - 1 && escaping.test(tokens[open - 1]!.text);
  };
  const names = new Set(c.names(range));
  return (
    names.size > 0 &&
    [...names].every((name) => {
      const values = c.facts.valuesOf(name, range.from).filter((v) => v.from < range.from || v.from >= range.to);
      return (
        !c.facts.isParam(name, range.from) &&
        values.length > 0 &&
        values.every((v) => v.op !== '+=' && (c.isConstant(v) || isEscaped(v)))
      );
    })
  );
}
/** Functions that return text without markup. `encodeURI` lets quotes and `javascript:` through. */
const escaping =
  /^(?:escape_?html\w*|html_?escape\w*|escapeAttr\w*|escape|sanitize(?:_?html)?|encodeURIComponent|encode_?html\w*)$/i;
