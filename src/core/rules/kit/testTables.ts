/** Tests that were folded into the rows of a table. */
import type { Source } from '../../languages/source.ts';
import type { Removal } from '../rule.ts';
import { leftOut, type TestCase } from './testCases.ts';

interface Table {
  /** Rows that no test of before stands for. */
  rows: number;
  /** What its rows ask together, of which tests that are folded in use up. */
  asks: number;
  readonly words: ReadonlySet<string>;
  readonly literals: ReadonlySet<string>;
  readonly calls: ReadonlySet<string>;
}

const maxTables = 40;
const textOf = (source: Source, test: TestCase): string => source.lines.slice(test.from - 1, test.to).join('\n');

/** Words of names and texts: `TestRecordsOnFilteredDomains` speaks of records and domains. */
const wordsOf = (text: string): Set<string> =>
  new Set(
    (
      text
        .replace(/([a-z0-9])(?=[A-Z])/g, '$1 ')
        .toLowerCase()
        .match(/[a-z]{3,40}/g) ?? []
    )
      .filter((w) => !/^(?:tests?|should|the|and|for|with|when|that|not|are|does|returns?|views?)$/.test(w))
      .map((w) => w.replace(/s$/, '')),
  );
const literalsOf = (text: string): Set<string> =>
  new Set(
    text
      .match(/"[^"\n]{2,200}"|'[^'\n]{2,200}'|`[^`\n]{2,200}`|\b\d{2,20}\b/g)
      ?.map((l) => l.replace(/^["'`]|["'`]$/g, '')),
  );
const callsOf = (text: string): Set<string> =>
  new Set(
    [...text.matchAll(/\b([A-Za-z_]\w{3,60})\s*\(/g)]
      .map((m) => m[1]!)
      .filter(
        (c) =>
          !/^(?:expect|assert|require|to[A-Z]|Error|Fatal|Equal|True|False|Empty|func|test|Test|range|String)/.test(c),
      ),
  );

/** Tables with more rows than they, or a test of their title, had before. */
export function tablesOf({ after }: Removal, was: readonly TestCase[], left: readonly TestCase[]): Table[] {
  const cases = new Map<string, number>();
  for (const t of was) cases.set(t.title, (cases.get(t.title) ?? 0) + t.cases);
  return left
    .filter((t) => t.cases > Math.max(1, cases.get(t.title) ?? 1) && t.asserts > 0)
    .slice(0, maxTables)
    .flatMap((t) => {
      const text = textOf(after, t);
      if (leftOut.test(text)) return [];
      const rows = t.cases - (cases.get(t.title) ?? 1);
      return [{ rows, asks: rows * t.asserts, words: wordsOf(text), literals: literalsOf(text), calls: callsOf(text) }];
    });
}

const share = (of: ReadonlySet<string>, there: ReadonlySet<string>): number =>
  of.size === 0 ? 0 : [...of].filter((x) => there.has(x)).length / of.size;

/**
 * Whether one of the tables has a row to spare for a test that is gone, calls what it called, and speaks of what it spoke
 * of: 'less' where it asks fewer things, or of the rest it only calls the same.
 */
export function foldedIn(tables: readonly Table[], test: TestCase, before: Source): 'whole' | 'less' | undefined {
  if (tables.length === 0) return undefined;
  const text = textOf(before, test);
  const [words, literals, calls] = [wordsOf(test.title), literalsOf(text), callsOf(text)];
  let best: Table | undefined;
  let most = 0;
  for (const t of tables) {
    if (t.rows <= 0 || share(calls, t.calls) < 0.5) continue;
    const alike = Math.max(share(words, t.words), share(literals, t.literals));
    if (alike > most) [best, most] = [t, alike];
  }
  if (!best || most < 0.5) return undefined;
  best.rows--;
  best.asks -= test.asserts;
  return best.asks < 0 || most < 0.6 ? 'less' : 'whole';
}
