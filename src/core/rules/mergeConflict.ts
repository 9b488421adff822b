import { isTestPath } from '../languages/kinds.ts';
import type { Source } from '../languages/source.ts';
import type { Tier } from '../model.ts';
import { breaksFile, conflicts, type Conflict } from './kit/conflicts.ts';
import { codeLanguages, type Rule } from './rule.ts';

export const mergeConflict: Rule = {
  id: 'merge-conflict',
  title: 'A merge conflict is written into the file with its marks',
  tier: 'high',
  category: 'configuration',
  languages: [],
  references: ['CWE-1164', 'git-merge: How conflicts are presented'],
  why: 'Between the marks stand both sides of the conflict: the file is no longer read, or does both; a workflow or a list of owners that is not read guards nothing.',
  remedy: 'keep one side, or what both mean together, and take the marks out',
  // The marks are no words; whether they are there is asked first.
  keywords: [],
  inTests: true,
  once: true,
  movesWithFile: true,
  check(source, report) {
    for (const conflict of conflicts(source)) {
      const tier = tierOf(source, conflict);
      if (!tier) continue;
      const lineEnd = source.text.indexOf('\n', conflict.start);
      report({
        start: conflict.start,
        end: lineEnd < 0 ? conflict.end : lineEnd,
        key: 'conflict',
        tier,
      });
    }
  },
};

/** What is shown in texts and data of tests may be there on purpose. */
function tierOf(source: Source, { start, isQuoted }: Conflict): Tier | undefined {
  const { language, path } = source;
  const isProse =
    /^(?:markdown|text|html)$/.test(language) || /\.(?:adoc|asciidoc|rst|org|tex|diff|patch)$/i.test(path);
  if (language === 'markdown' && isFenced(source.text.slice(0, start))) return undefined;
  if (isTestPath(path))
    if (codeLanguages.includes(language)) return isQuoted ? undefined : 'high';
    else return breaksFile(language) ? 'medium' : undefined;
  return isQuoted || isProse ? 'medium' : 'high';
}

/** Whether a block of code is open at the end of a text of Markdown. */
function isFenced(text: string): boolean {
  let fence: string | undefined;
  for (const [, mark] of text.matchAll(/^ {0,3}(`{3,}|~{3,})/gm))
    if (fence === undefined) fence = mark;
    else if (mark![0] === fence[0] && mark!.length >= fence.length) fence = undefined;
  return fence !== undefined;
}
