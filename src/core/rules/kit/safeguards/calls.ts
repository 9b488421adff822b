/** Calls of safeguards, and the functions around them: what they are made on, where they come from, what is said with them. */
import type { Call } from '../../../languages/facts.ts';
import type { Source } from '../../../languages/source.ts';
import type { Code } from '../code.ts';

export type Range = { readonly from: number; readonly to: number };
export type Kind = 'clean' | 'compare';

/** Safeguards whose result is a harmless value, and those that compare two secrets; of others a body tells too little. */
export function kindOf(guard: string): Kind | undefined {
  if (/^(?:timingsafeequal|compare_digest|constanttimecompare|hmac\.equal)$/.test(guard)) return 'compare';
  return /sanitiz|purify|escape|quote$|clean$|specialchars|basename$|realpath$|secure_filename/.test(guard)
    ? 'clean'
    : undefined;
}

/** Beyond so many tokens a function or a statement is not read. */
export const maxRead = 1500;
const last = (dotted: string): string => dotted.slice(dotted.lastIndexOf('.') + 1);
export const squeezed = (text: string): string => text.replace(/\s+/g, '').replace(/,(?=[)\]}]|$)/g, '');

/** Whether a call is the safeguard (by its lower-case name), under its own name or as one of its module's. */
export function isGuard(c: Code, call: Call, guard: string): boolean {
  const name = call.callee.toLowerCase();
  // Something else by that name.
  if (!name.includes('.') && isOwn(c, call.name)) return false;
  if (name === guard || name.endsWith(`.${guard}`)) return true;
  if (last(name) !== last(guard)) return false;
  const owner = guard.slice(0, guard.lastIndexOf('.'));
  // `import { sanitize } from 'dompurify'`
  return (
    owner !== '' &&
    !name.includes('.') &&
    importOf(c.source, call.name)
      ?.split(/[/-]/)
      .some((part) => part.toLowerCase() === owner) === true
  );
}

/** Whether a name is given to something in the file itself. */
export const isOwn = (c: Code, name: string): boolean =>
  c.facts.params.has(name) || c.facts.byName.has(name) || bodiesOf(c, name).length > 0;

/** The module that a name is imported from, or handed on from, under that very name. */
export function importOf(source: Source, name: string): string | undefined {
  if (!/^[\w$]{1,80}$/.test(name)) return undefined;
  const { text } = source;
  const js =
    /^(?:javascript|typescript|tsx)$/.test(source.language) &&
    new RegExp(
      `^[ \\t]*(?:import|export)\\s+(?:\\w{1,80}\\s*,\\s*)?\\{[^{}'"]{0,2000}?(?<![\\w$])(?<!\\bas\\s)${name.replaceAll('$', '\\$')}(?![\\w$])(?!\\s+as\\b)[^{}'"]{0,2000}\\}\\s*from\\s*["']([^"'\\n]{1,200})["']`,
      'm',
    ).exec(text);
  if (js) return js[1];
  if (source.language !== 'python') return undefined;
  return new RegExp(
    `^[ \\t]*from[ \\t]+([\\w.]{1,200})[ \\t]+import[ \\t]+(?:\\([^()]{0,2000}?|[^\\n]{0,400}?)(?<!\\w)(?<!\\bas )${name}(?!\\w)(?! as\\b)`,
    'm',
  ).exec(text)?.[1];
}

/** The statement around a call, with the call taken out of it: as far as it goes on without a new line or a block. */
export function statement(c: Code, call: Call): string {
  const { tokens, match } = c.facts;
  const isOp = (i: number): boolean => tokens[i]?.kind === 'op';
  const isBreak = (i: number): boolean =>
    c.source.text.slice(tokens[i]!.end, tokens[i + 1]?.start ?? tokens[i]!.end).includes('\n') &&
    (!isOp(i) || /^[)\]}]$/.test(tokens[i]!.text)) &&
    (!isOp(i + 1) || /^[@{]$/.test(tokens[i + 1]!.text));
  let from = call.first;
  while (from > 0 && call.first - from < maxRead) {
    const t = tokens[from - 1]!;
    if (isOp(from - 1) && /^[{};]$/.test(t.text)) break;
    if (isBreak(from - 1)) break;
    from = isOp(from - 1) && /^[)\]]$/.test(t.text) && match[from - 1]! >= 0 ? match[from - 1]! : from - 1;
  }
  let to = call.close + 1;
  while (to < tokens.length && to - call.close < maxRead) {
    const t = tokens[to]!;
    if (isOp(to) && /^[{};]$/.test(t.text)) break;
    if (isBreak(to - 1)) break;
    to = isOp(to) && /^[([]$/.test(t.text) && match[to]! > to ? match[to]! + 1 : to + 1;
  }
  const words: string[] = [];
  for (let i = from; i < to; i++) {
    if (i === call.first) {
      words.push('●');
      i = call.close;
    } else words.push(c.source.slice(tokens[i]!));
  }
  // What is done where it fails: the block behind a condition begins alike.
  const isCondition = /^(?:if|unless|guard)$/.test(words[0] ?? '');
  const then = isCondition ? tokens.slice(to, to + 4).map((t) => c.source.slice(t)) : [];
  return [...words, '|', ...then].join(' ');
}

/** What a statement says, whatever a comparison is written like, and without the test of two lengths before it. */
export const compared = (text: string): string =>
  text
    .replace(/● !==? 1(?= )/g, '! ●')
    .replace(/● ===? 1(?= )/g, '●')
    .replace(
      /[\w.]{1,80}(?: \. \w{1,80}){0,3} \. (?:length|byteLength) !==? [\w.]{1,80}(?: \. \w{1,80}){0,3} \. (?:length|byteLength) \|\| /g,
      '',
    );

/** An operand without what turns a text to bytes, following a name to what it was given. */
export function operand(c: Code, range: Range, depth = 0): string {
  const text = c.text(range);
  const bytes =
    /^(?:Buffer\.from|new TextEncoder\(\)\.encode|\[\]byte|bytes|Uint8Array\.from)\(\s*([\w.$[\]]{1,100})\s*(?:,[^()]{0,60})?\)$/.exec(
      text,
    ) ?? /^([\w.$[\]]{1,100})\.encode\([^()]{0,20}\)$/.exec(text);
  const inner = bytes?.[1] ?? text;
  if (depth < 3 && /^[\w$]+$/.test(inner)) {
    const values = c.facts.valuesOf(inner, range.from).filter((v) => v.from !== range.from);
    if (values.length === 1 && !c.facts.isParam(inner, range.from)) {
      const given = operand(c, values[0]!, depth + 1);
      if (/^[\w.$[\]]{1,100}$/.test(given)) return given;
    }
  }
  return inner;
}

/** The name of a function, by its scope; '' for one that has none. */
export function nameOf(c: Code, scope: number): string {
  const { tokens, match, scopes } = c.facts;
  const open = scopes[scope]!.from;
  if (tokens[open]?.text === 'def') return tokens[open + 1]?.text ?? '';
  let i = open - 1;
  // Go: the list of results stands between.
  if (tokens[i]?.text === ')' && match[i]! > 0) i = match[i]! - 1;
  if (tokens[i]?.kind === 'id' && !/^(?:async|function|func)$/.test(tokens[i]!.text)) return tokens[i]!.text;
  while (i > 0 && /^(?:async|function|=|:)$/.test(tokens[i]!.text)) i--;
  return i < open - 1 && tokens[i]?.kind === 'id' ? tokens[i]!.text : '';
}

/** What a function does. */
export interface Body {
  /** Its scope; -1: whose answer comes later. */
  readonly scope: number;
  readonly range: Range;
  readonly isExpression: boolean;
}

/** Bodies of functions of a name: a block, or the expression behind an arrow. */
export function bodiesOf(c: Code, name: string): Body[] {
  const { tokens, match, scopes } = c.facts;
  const found: Body[] = [];
  // Who asks a promise for yes or no is told yes.
  const isLater = (at: number): boolean =>
    tokens
      .slice(Math.max(0, at - 4), at + 1)
      .some((t, i, all) => t.text === 'async' || (t.text === '*' && i > all.length - 4));
  for (let s = 1; s < scopes.length; s++)
    if (nameOf(c, s) === name)
      found.push({ scope: isLater(scopes[s]!.from) ? -1 : s, range: scopes[s]!, isExpression: false });
  for (const a of c.facts.assignments) {
    if (a.name !== name) continue;
    let i = a.from;
    if (tokens[i]?.text === '(' && match[i]! > i) i = match[i]!;
    // A type behind the parameters.
    while (i < a.to && tokens[i]?.text !== '=>' && i - a.from < 60) i++;
    if (tokens[i]?.text !== '=>') found.push({ scope: -1, range: a, isExpression: true });
    else if (tokens[i + 1]?.text !== '{')
      found.push({ scope: c.facts.scopeAt(i + 1), range: { from: i + 1, to: a.to }, isExpression: true });
  }
  return found;
}
