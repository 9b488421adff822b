/** The keyword prefilter: which rules may have something to say about a text, found in one pass over it. */
import type { Language } from '../languages/detect.ts';
import type { Source } from '../languages/source.ts';
import { WordIndex } from '../languages/words.ts';
import { rulesFor } from './index.ts';
import type { Rule } from './rule.ts';

/** Rules of a language, in the order of the registry, and how to get to them from the words of a text. */
interface Own {
  readonly rules: readonly Rule[];
  /** Places in `rules` of those without keywords. */
  readonly always: readonly number[];
  /** By keyword id: places in `rules`. */
  readonly byWord: readonly (readonly number[] | undefined)[];
}

/** The keywords of a set of rules, and which of them are those of a rule. */
interface Words {
  readonly index: WordIndex;
  readonly idsByRule: Map<Rule, readonly number[]>;
}

const wordsByRules = new Map<readonly Rule[], Words>();
const byLanguage = new Map<Language, Own>();

function wordsFor(language: Language): Words {
  const rules = rulesFor(language);
  let words = wordsByRules.get(rules);
  if (!words)
    wordsByRules.set(rules, (words = { index: new WordIndex(rules.flatMap((r) => r.keywords)), idsByRule: new Map() }));
  return words;
}

function idsOf(rule: Rule, { index, idsByRule }: Words): readonly number[] {
  let ids = idsByRule.get(rule);
  if (!ids) idsByRule.set(rule, (ids = rule.keywords.map((k) => index.idOf(k))));
  return ids;
}

function rulesOf(language: Language): Own {
  let own = byLanguage.get(language);
  if (!own) {
    const words = wordsFor(language);
    const mine = rulesFor(language).filter((r) => r.languages.length === 0 || r.languages.includes(language));
    const byWord: number[][] = [];
    for (const [place, rule] of mine.entries()) for (const id of idsOf(rule, words)) (byWord[id] ??= []).push(place);
    const always = mine.flatMap((r, place) => (r.keywords.length === 0 ? [place] : []));
    byLanguage.set(language, (own = { rules: mine, always, byWord }));
  }
  return own;
}

/** Rules of the language with a keyword in the text (or, for `removed`, in the text before), in the order of the registry. */
export function candidatesFor(language: Language, after: Source, before: Source | undefined): Rule[] {
  const own = rulesOf(language);
  const wanted = new Uint8Array(own.rules.length);
  for (const place of own.always) wanted[place] = 1;
  const look = (source: Source, mayRun: (rule: Rule) => boolean): void => {
    for (const id of source.wordsOf(wordsFor(language).index))
      for (const place of own.byWord[id] ?? none) if (mayRun(own.rules[place]!)) wanted[place] = 1;
  };
  look(after, () => true);
  if (before && own.rules.some((r) => r.on === 'removed')) look(before, (r) => r.on === 'removed');
  const found: Rule[] = [];
  for (let place = 0; place < wanted.length; place++) if (wanted[place] === 1) found.push(own.rules[place]!);
  return found;
}
const none: readonly number[] = [];

/** Whether the rule reads the language and a keyword of it stands in the text; it may have none. */
export function hasKeyword(rule: Rule, source: Source): boolean {
  if (rule.languages.length > 0 && !rule.languages.includes(source.language)) return false;
  if (rule.keywords.length === 0) return true;
  const words = wordsFor(source.language);
  const found = source.wordsOf(words.index);
  for (const id of idsOf(rule, words)) if (found.has(id)) return true;
  return false;
}
