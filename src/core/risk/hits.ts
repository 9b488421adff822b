/** What rules find in one text. Pure: equal text, equal answer. */
import type { Language } from '../languages/detect.ts';
import { hasLexer } from '../languages/lexer.ts';
import { isInTestModule } from '../languages/testCode.ts';
import { Source } from '../languages/source.ts';
import { hasKeyword } from '../rules/candidates.ts';
import type { Found, Hit, Rule } from '../rules/rule.ts';

/**
 * While somebody edits a large file, its text before the change is judged again and again: the last ones are kept, with
 * what they were asked. Pure all the same: equal text, equal answer.
 */
const keptSources: Source[] = [];
const keptHits = new WeakMap<Source, Map<Rule, Found[]>>();

export function beforeSource(path: string, text: string, language: Language): Source {
  if (text.length < 20_000) return new Source(path, text, language);
  const at = keptSources.findIndex((s) => s.path === path && s.language === language && s.text === text);
  const source = at >= 0 ? keptSources.splice(at, 1)[0]! : new Source(path, text, language);
  if (at < 0) keptHits.set(source, new Map());
  keptSources.push(source);
  if (keptSources.length > 2) keptSources.shift();
  return source;
}

/**
 * A rule's hits in a text, those of texts that are asked again and again from memory. Words that a rule goes by on one side
 * of a change may be missing on the other, where the same hit stands all the same: there it is asked `always`.
 */
export function run(rule: Rule, source: Source, always = false): Found[] {
  // Of the text before, rules ask in one way alone.
  const kept = rule.perLine || (rule.on === 'removed') === always ? undefined : keptHits.get(source);
  let found = kept?.get(rule);
  if (!found) {
    found = hits(rule, source, always);
    kept?.set(rule, found);
  }
  return found;
}

const collapsed = (source: Source, hit: Hit): string => source.text.slice(hit.start, hit.end).replace(/\s+/g, ' ');

/**
 * What flows where, without the constant text around it: who adds a column to a statement that was put together from
 * variables before has not touched that risk.
 */
function skeleton(source: Source, hit: Hit): string {
  if (!hasLexer(source.language)) return collapsed(source, hit);
  const { tokens } = source;
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (tokens[mid]!.end <= hit.start) low = mid + 1;
    else high = mid;
  }
  // On what object a call is made is no part of what flows into it.
  let last = low;
  while (last < tokens.length && tokens[last]!.start < hit.end) last++;
  low = calleeOf(source, low, last - 1);
  let key = '';
  for (let i = low; i < tokens.length && tokens[i]!.start < hit.end; i++) {
    const t = tokens[i]!;
    if (t.kind === 'comment') continue;
    const text = source.text.slice(Math.max(t.start, hit.start), Math.min(t.end, hit.end));
    if (t.kind !== 'str') key += `${text} `;
    else if (t.dynamic) key += `"${(text.match(/[$#]?\{[^{}]*\}|\$\w+/g) ?? []).join(' ').replace(/\s+/g, ' ')}" `;
    else key += '"" ';
  }
  return key;
}

/** Of `a.b().c(…)`, given by its first and last token, the token of `c`; of anything else the first token. */
function calleeOf(source: Source, first: number, last: number): number {
  const { tokens } = source;
  if (tokens[last]?.text !== ')') return first;
  let depth = 0;
  for (let i = last; i > first; i--) {
    const { text, kind } = tokens[i]!;
    if (kind !== 'op') continue;
    if (text === ')') depth++;
    else if (text === '(' && --depth === 0)
      return tokens[i - 1]!.kind === 'id' && /^(?:\.|->|::|\?\.)$/.test(tokens[i - 2]?.text ?? '') ? i - 1 : first;
  }
  return first;
}

const nothing: Found[] = [];

export function hits(rule: Rule, source: Source, always = false): Found[] {
  if (!always && !hasKeyword(rule, source)) return nothing;
  // Most rules that are asked find nothing.
  let found: Found[] | undefined;
  let seen: Set<string> | undefined;
  rule.check(source, (hit) => {
    if (!rule.inTests && isInTestModule(source, hit.start)) return;
    const line = source.lineAt(hit.start);
    const endLine = source.lineAt(Math.max(hit.start, hit.end - 1));
    const key = hit.key ?? (rule.category === 'injection' ? skeleton(source, hit) : collapsed(source, hit));
    const id = `${hit.start}:${key}`;
    if (seen?.has(id)) return;
    (seen ??= new Set()).add(id);
    (found ??= []).push({ ...hit, key, line, endLine });
  });
  return found ?? nothing;
}
