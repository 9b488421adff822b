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
  /** Names of its cases, and texts that may be. */
  readonly labels: ReadonlySet<string>;
  /** A value goes into something that is no assertion. */
  readonly isFed: boolean;
  /** What each row puts in, of rows that no test has taken yet. */
  readonly inputs: (readonly string[])[];
}

const maxTables = 40;
const textOf = (source: Source, test: TestCase, from = test.from): string =>
  source.lines.slice(from - 1, test.to).join('\n');

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
      return [
        {
          rows,
          asks: rows * t.asserts,
          words: wordsOf(text),
          literals: literalsOf(text),
          calls: callsOf(text),
          labels: labelsIn(text),
          inputs: inputsOf(text),
          isFed: /\b(?!assert|expect|should|case\b|values\b)\w+!?\(\s*[&*$]?[A-Za-z_]/.test(
            textOf(after, t, after.lineAt(t.start)),
          ),
        },
      ];
    });
}

const maxRows = 400;
/** A row that stands on a line of its own, or in an attribute. */
const row =
  /^[ \t]*(?:#\[(?:\w+::)?(?:case\b[\w:#]{0,80}|test_case)\(([\s\S]{2,2000}?)\)\]$|(?:[[({]|pytest\.param\(|\[(?:TestCase|InlineData|DataRow)\b)(.{2,2000})$)/gm;
const collapsed = (text: string): string => text.replace(/\s+/g, ' ');

/** The texts of the rows that hold one long enough to tell them by, the longest first; of rows without texts the numbers. */
const inputsOf = (text: string): string[][] =>
  [...text.matchAll(row)]
    .slice(0, maxRows)
    .map((m) => {
      const put = m[1] ?? m[2]!;
      const texts = [...put.matchAll(/"((?:[^"\\]|\\[\s\S]){1,1000})"|'((?:[^'\\\n]|\\.){1,300})'/g)];
      const literals =
        texts.length > 0 ? texts.map((t) => collapsed(t[1] ?? t[2]!).trim()) : (put.match(/\d{3,20}/g) ?? []);
      return [...literals].sort((x, y) => y.length - x.length);
    })
    .filter(([longest]) => longest !== undefined && longest.length >= 3);

/** Whether what a row puts in stood in the test, which takes the row then. */
function takesRow(table: Table, text: string): boolean {
  const i = table.inputs.findIndex(
    (literals) => text.includes(literals[0]!) && literals.filter((l) => text.includes(l)).length * 2 >= literals.length,
  );
  if (i < 0) return false;
  table.inputs.splice(i, 1);
  return true;
}

/** Names, however a language writes them: `test_of_lists`, `TestOfLists`, `of lists`. */
const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/^test/, '');
const labelsIn = (text: string): Set<string> =>
  new Set(
    [...text.matchAll(/#\[(?:\w+::)?case::(?:r#)?(\w+)|["'`]([^"'`\n]{3,200})["'`]/g)].map((m) => plain(m[1] ?? m[2]!)),
  );

/** Tells whether a test of before is a case now, by its name; a case stands for one test alone. */
export function labelsOf(
  tables: readonly Table[],
  was: readonly TestCase[],
  before: Source,
): (test: TestCase) => 'whole' | 'less' | undefined {
  if (tables.length === 0) return () => undefined;
  const old = new Set(was.flatMap((t) => (t.cases > 1 ? [...labelsIn(textOf(before, t))] : [])));
  const used = new Set<string>();
  return (test) => {
    const name = plain(test.title);
    if (name === '' || old.has(name) || used.has(name)) return undefined;
    const table = tables.find((t) => t.rows > 0 && t.labels.has(name));
    if (!table) return undefined;
    used.add(name);
    table.rows--;
    table.asks -= test.asserts;
    return table.isFed && table.asks >= 0 ? 'whole' : 'less';
  };
}

const share = (of: ReadonlySet<string>, there: ReadonlySet<string>): number =>
  of.size === 0 ? 0 : [...of].filter((x) => there.has(x)).length / of.size;

/** Long enough to be of one test alone. */
const isTelling = (literal: string): boolean => literal.length >= 6;

/**
 * Whether one of the tables has a row to spare for a test that is gone, and calls what it called and speaks of what it spoke
 * of, or holds what it put in: 'less' where it asks fewer things, or of the rest it only calls the same.
 */
export function foldedIn(tables: readonly Table[], test: TestCase, before: Source): 'whole' | 'less' | undefined {
  if (tables.length === 0) return undefined;
  const text = textOf(before, test);
  const [words, literals, calls] = [wordsOf(test.title), literalsOf(text), callsOf(text)];
  const telling = new Set([...literals].filter(isTelling));
  let best: Table | undefined;
  let most = 0;
  for (const t of tables) {
    if (t.rows <= 0) continue;
    if (t.isFed && takesRow(t, collapsed(text))) {
      [best, most] = [t, 1];
      break;
    }
    const put = telling.size > 0 ? Math.min(share(literals, t.literals), share(telling, t.literals)) : 0;
    const isPutIn = put >= 0.6 && t.isFed;
    if (!isPutIn && share(calls, t.calls) < 0.5) continue;
    const alike = Math.max(share(words, t.words), share(literals, t.literals));
    if (alike > most) [best, most] = [t, alike];
  }
  if (!best || most < 0.5) return undefined;
  best.rows--;
  best.asks -= test.asserts;
  return best.asks < 0 || most < 0.6 ? 'less' : 'whole';
}

/** Whether one of the tables has a row to spare whose value is put into something: it may ask for what a test did. */
export function hasSpareRow(tables: readonly Table[]): boolean {
  const table = tables.find((t) => t.rows > 0 && t.isFed);
  if (table) table.rows--;
  return table !== undefined;
}

/** Tests under new names, in which those of before may live on: each of them for one. */
export function renamedTests(
  { before, after }: Removal,
  was: readonly TestCase[],
  left: readonly TestCase[],
): (test: TestCase) => boolean {
  const titles = new Set(was.map((t) => t.title));
  const fresh = left
    .filter((t) => !titles.has(t.title) && !t.isOff && t.asserts > 0)
    .slice(0, maxRenamed)
    .map((t) => literalsOf(textOf(after, t)));
  return (test) => {
    if (fresh.length === 0) return false;
    const literals = literalsOf(textOf(before, test));
    if (![...literals].some(isTelling)) return false;
    const i = fresh.findIndex((l) => share(literals, l) >= 0.6);
    if (i >= 0) fresh.splice(i, 1);
    return i >= 0;
  };
}
const maxRenamed = 60;
