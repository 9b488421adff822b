import type { Source } from '../languages/source.ts';
import { codeLanguages, type Rule } from './rule.ts';

export const bidiText: Rule = {
  id: 'hidden-text',
  title: 'Text that reads differently from what it is',
  tier: 'critical',
  category: 'security-control-disabled',
  languages: [],
  references: ['CWE-1007', 'CVE-2021-42574', 'OWASP LLM01:2025'],
  why: 'Direction overrides and invisible characters make a reviewer see other code, or an agent read instructions, than what is there (Trojan Source).',
  remedy: 'remove the characters, or write them as escapes',
  keywords: [],
  inTests: false,
  check(source, report) {
    if (!source.has(/[\u202A-\u202E\u2066-\u2069\u{E0020}-\u{E007F}]/u)) return;
    for (const m of source.text.matchAll(/[\u202A-\u202E\u2066-\u2069]+|[\u{E0020}-\u{E007F}]{3,}/gu))
      if (!isWritten(source, m.index, m[0])) {
        const softer = isOfTranslation(source, m.index, m[0]) ? inText : isIsolated(source, m.index) ? isolated : {};
        report({ start: m.index, end: m.index + m[0].length, key: `bidi:${m[0].codePointAt(0)}`, ...softer });
      }
  },
};

/** Texts for people in a script that runs from right to left, as translators write them: the mark stands at such a letter. */
function isWritten(source: Source, at: number, mark: string): boolean {
  if (codeLanguages.includes(source.language) || !/^[\u202B\u202C\u2067\u2069]+$/.test(mark)) return false;
  const { text: line, at: from } = lineAt(source, at);
  const rightToLeft = /[\u0590-\u08ff]/;
  return (
    rightToLeft.test(line.slice(Math.max(0, from - 2), from)) ||
    rightToLeft.test(line.slice(from, from + mark.length + 2))
  );
}

const inText = {
  tier: 'medium',
  message:
    'An invisible mark of direction stands in a translation, where its letters need none: see that the text is shown as it should be, or take it out.',
} as const;
const isolated = {
  tier: 'medium',
  message:
    'Invisible marks of direction stand around a part of the line: write them as escapes, so that they are seen.',
} as const;

/** Catalogues of translations; what else is in the folders of a product may be read by programs. */
const catalogue = /\.(?:po|arb|xliff|xlf)$|(?:^|\/)values-[\w-]{2,20}\/strings\.xml$/;

/** A mark at the words of a translator that run from right to left; never one that turns the order of letters round. */
function isOfTranslation(source: Source, at: number, mark: string): boolean {
  if (!catalogue.test(source.path) || !/^[\u202A-\u202C\u2066-\u2069]+$/.test(mark)) return false;
  const line = lineAt(source, at);
  // What a program looks up, and what is said to translators, is none.
  if (source.path.endsWith('.po') && !/^\s*(?:msgstr(?:\[\d\])?\s+)?"/.test(line.text)) return false;
  return /[\u0590-\u08ff]/.test(line.text.slice(Math.max(0, line.at - 2), line.at + mark.length + 2));
}

/** Letters and marks that run from right to left, in whatever block they lie, and all other marks that turn. */
const movesOthers =
  /[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}\u202A-\u202E\u2067\u2068\u{E0020}-\u{E007F}]/u;

/** Between a mark that opens from left to right and the one that closes it, in a line of such letters: nothing moves. */
function isIsolated(source: Source, at: number): boolean {
  const { text } = lineAt(source, at);
  return !movesOthers.test(text) && /^[^\u2066\u2069]*(?:\u2066[^\u2066\u2069]+\u2069[^\u2066\u2069]*)+$/.test(text);
}

function lineAt(source: Source, at: number): { readonly text: string; readonly at: number } {
  const line = source.lineAt(at) - 1;
  return { text: source.lines[line] ?? '', at: at - source.starts[line]! };
}
