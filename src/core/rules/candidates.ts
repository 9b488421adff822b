/** The keyword prefilter: which rules may have something to say about a text, found in one pass over it. */
import type { Language } from '../languages/detect.ts';
import type { Source } from '../languages/source.ts';
import { WordIndex } from '../languages/words.ts';
import { rules } from './index.ts';
import type { Rule } from './rule.ts';

/** A rule with the ids of its keywords; none = it always runs. */
interface Entry {
  readonly rule: Rule;
  readonly ids: readonly number[];
}

let index: WordIndex | undefined;
const entries = new Map<Rule, Entry>();
const byLanguage = new Map<Language, readonly Entry[]>();

const words = (): WordIndex => (index ??= new WordIndex(rules.flatMap((r) => r.keywords)));

function entryOf(rule: Rule): Entry {
  let entry = entries.get(rule);
  if (!entry) entries.set(rule, (entry = { rule, ids: rule.keywords.map((k) => words().idOf(k)) }));
  return entry;
}

function entriesOf(language: Language): readonly Entry[] {
  let own = byLanguage.get(language);
  if (!own) {
    own = rules.filter((r) => r.languages.length === 0 || r.languages.includes(language)).map(entryOf);
    byLanguage.set(language, own);
  }
  return own;
}

/** Rules of the language with a keyword in the text (or, for `removed`, in the text before), in the order of the registry. */
export function candidatesFor(language: Language, after: Source, before: Source | undefined): Rule[] {
  const found: Rule[] = [];
  for (const entry of entriesOf(language))
    if (
      entry.ids.length === 0 ||
      mayHit(entry, after) ||
      (before !== undefined && entry.rule.on === 'removed' && mayHit(entry, before))
    )
      found.push(entry.rule);
  return found;
}

/** Whether a keyword of the rule stands in the text; always true for a rule without keywords. */
export function hasKeyword(rule: Rule, source: Source): boolean {
  const entry = entryOf(rule);
  return entry.ids.length === 0 || mayHit(entry, source);
}

function mayHit(entry: Entry, source: Source): boolean {
  const present = source.wordsOf(words());
  for (const id of entry.ids) if (present[id] === 1) return true;
  return false;
}
