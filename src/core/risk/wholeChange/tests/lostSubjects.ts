/** Tests whose subject the same change takes out of the product: what they lose weighs less than a subject that stays. */
import { diffLines, splitLines } from '../../../hunks.ts';
import { detectLanguage } from '../../../languages/detect.ts';
import { isDocs, isMigrationPath, isTestPath } from '../../../languages/kinds.ts';
import type { FileChange, Finding } from '../../../model.ts';
import type { Policy } from '../../../policy/model.ts';
import type { Source } from '../../../languages/source.ts';
import { testCases, type TestCase } from '../../../rules/kit/testCases.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { areRead, isRead, keep, sourceOf, type FileClassification } from '../pass.ts';
import { guards } from './testsOfLostParts.ts';
import { baseOf, folderOf } from '../../../paths.ts';

const rule = 'tests-removed';
/** Of more than one word, or long enough to mean one thing. */
const name =
  /(?<![\w-])(?:(?=\w{0,60}(?:[a-z\d][A-Z]|[A-Za-z\d]_[A-Za-z\d]))[A-Za-z_]\w{4,80}|[A-Za-z_]\w{8,80})(?![\w-])/g;
const declared =
  /\b(?:def|class|function|func|fn|fun|interface|struct|enum|trait|type|const|let|var|val|module|record)\s+(?:self\.)?(?:\([^)\n]{0,80}\)\s*)?([A-Za-z_]\w{4,80})|^\s*(?:(?:public|private|protected|internal|static|async|readonly)\s[^=;({\n]{0,160}?\b)?([A-Za-z_]\w{4,80})\??\s*(?:[=:](?!=)\s?|\([^()\n]{0,200}\)\s*(?::[^{;\n]{0,80})?\{\s*$)/;
/** A field of Go that settings are read into. */
const taggedField = /^\s+([A-Z]\w{4,80})\s+[\w.*[\]]{1,60}\s+`/;
/** What stands in for something else asks nothing of it. */
const arranges = /\b(?:patch|[mM]ock\w*|stub\w*|spyOn|allow|receive|sinon|import|from|require|use|using)\b/;
const gives =
  /^\s*(?:(?:const|let|var|val|auto|final|my|[A-Z]\w{0,40}(?:<[^>=]{0,60}>)?)\s+)?([A-Za-z_]\w{4,80})(?:\s*:\s*[\w<>[\]|. ]{1,60})?\s*:?=(?![=>])/;
const asks = /\b(?:expect|assert|should|verify|require|refute)\w*/;

interface Lost {
  /** Names whose definition went; `false`: another name came in its place. */
  readonly defined: ReadonlyMap<string, boolean>;
  readonly inWords: readonly (readonly [string, readonly string[]])[];
  /** The same for names of one short word, in plain form: a test must be called after one to be its test. */
  readonly short: ReadonlyMap<string, { readonly written: string; readonly isAlone: boolean; readonly path: string }>;
  /** Files of the product that went and did not move. */
  readonly paths: readonly string[];
  /** Names of the product's files that stay, without their endings. */
  readonly stems: readonly string[];
  /** Whether a new file lies in the folder of one that went, and may do what it did. */
  isReplaced(path: string): boolean;
  /** Runs of two words or more that went with lines of the product, in plain form, and whether a whole part went by it. */
  readonly runs: ReadonlyMap<string, { readonly written: string; readonly isPart: boolean }>;
  /** Arguments and methods, by one word, that a file of Python lost while what takes or has them stays. */
  readonly members: readonly Member[];
  /** Whether the product, as far as the change shows it, still says a run. */
  isSaid(run: string): boolean;
}
interface Member {
  readonly name: string;
  readonly isArgument: boolean;
  /** The classes and functions of the file. */
  readonly owners: ReadonlySet<string>;
}
/** Such tests guard something, whatever part they went with. */
const ofSecurity =
  /auth|permi|admin|factor|secur|csrf|token|limit|audit|login|passw|verif|crypt|protect|ssrf|saniti|escap|valid/i;
const plainOf = (text: string): string => text.toLowerCase().replaceAll(/[-_]/g, '');
/** Two words or more of one name. */
const compound = /[A-Za-z][A-Za-z\d]{0,40}(?:[-_][A-Za-z\d]{1,40}){1,8}/g;
const minRun = 12;
const maxRuns = 2000;

/**
 * Lowers what is said of tests that ask for something the change deleted from the product and names nowhere there any more.
 * What guards something goes loudly, with its tests; so do tests that only pass by what went.
 */
export function weighLostSubjects(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  if (policy.rules.tiers[rule] !== undefined) return;
  const isAbout = (f: Finding): boolean =>
    f.rule === rule && f.tier === 'high' && /^Tests\b/.test(f.message) && backgroundOf(f).removedAt !== undefined;
  if (!judged.some((j) => j.classification.findings.some(isAbout))) return;
  const lost = lostBy(files);
  if (lost.defined.size + lost.short.size + lost.paths.length + lost.runs.size + lost.members.length === 0) return;
  for (const [i, { path, classification }] of judged.entries()) {
    const { before, after } = files[i]!;
    if (!isRead(before) || !areRead(files[i]!) || !classification.findings.some(isAbout)) continue;
    const source = sourceOf(path, before);
    const cases = testCases(source);
    const kept = new Set(namesIn(after ?? ''));
    const removed = removedLines(before, after ?? '');
    const loaded = lost.paths.length > 0 ? loadedAlone(source.lines, lost) : undefined;
    keep(
      judged,
      i,
      classification.findings.map((f) => {
        if (!isAbout(f)) return f;
        const at = backgroundOf(f).removedAt!;
        const test = cases.find((t) => t.from <= at && at <= t.to);
        if (!test) return f;
        const told =
          withPart(path, source, test, loaded, lost) ??
          weigh(source.lines, test.from, test.to, test.title, lost, kept, removed);
        return told ? withOther(f, told) : f;
      }),
    );
  }
}

const went = (what: string): Told => ({
  tier: 'low',
  message: `Tests went with '${what.slice(0, 60)}', which the change takes out: be sure that nobody needs it any more.`,
});
const mayGoOn = (what: string, isNamed = true): Told => ({
  tier: 'medium',
  message: `Tests were taken out, and ${isNamed ? '' : 'by its words '}'${what.slice(0, 60)}'${isNamed ? ' that they name' : ''} with them: be sure that what they asked does not go on under another name.`,
});
interface Told {
  readonly tier: 'low' | 'medium';
  readonly message: string;
}

/** What is said of a test of a file that it loads, of the function it is called after, or of a part that it names. */
function withPart(
  path: string,
  { lines }: Source,
  { from, to, title }: TestCase,
  loaded: string | undefined,
  lost: Lost,
): Told | undefined {
  const own = lines.slice(from - 1, to);
  if (ofSecurity.test(title)) return undefined;
  if (loaded !== undefined) return lost.isReplaced(loaded) ? mayGoOn(loaded) : went(loaded);
  const subject = plainOf(title).replace(/^test|test$/g, '');
  const named = guards.test(subject) ? undefined : lost.short.get(subject);
  if (named && own.some((l) => plainOf(l).includes(`${subject}(`) && !arranges.test(l)))
    return named.isAlone && isBeside(path, lines, named.path) ? went(named.written) : mayGoOn(named.written);
  const member = lost.members.length > 0 ? memberOf(own, title, lost.members) : undefined;
  if (member)
    return guards.test(title + member.name) || asksElse(own, title, member) ? mayGoOn(member.name) : went(member.name);
  const spoken = plainOf(title);
  let body: string | undefined;
  for (const [run, { written, isPart }] of lost.runs) {
    if (!spoken.includes(run) || (!isPart && guards.test(title))) continue;
    body ??= plainOf(own.filter((l) => !l.includes(title)).join('\n'));
    if (body.includes(run) && !lost.isSaid(run)) return isPart ? went(written) : mayGoOn(written);
  }
  return undefined;
}

/** What one of the file's own classes or functions is given by name in the test, or is asked for and the test is called after. */
function memberOf(own: readonly string[], title: string, members: readonly Member[]): Member | undefined {
  const text = own.join('\n');
  const called = new Set([...text.matchAll(/\b([A-Za-z_]\w{1,60})\(/g)].map((m) => m[1]!));
  const given = new Set([...text.matchAll(/[(,]\s{0,200}([a-z_]\w{2,40})=(?!=)/g)].map((m) => m[1]!));
  const asked = new Set([...text.matchAll(/\.([a-z_]\w{2,40})\b/g)].map((m) => m[1]!));
  const words = new Set(title.toLowerCase().split('_'));
  return members.find(
    ({ name, isArgument, owners }) =>
      (isArgument ? given.has(name) : asked.has(name) && words.has(name)) && [...called].some((c) => owners.has(c)),
  );
}

/** Whether a test that is not called after an argument does more than give it. */
const asksElse = (own: readonly string[], title: string, { name, isArgument }: Member): boolean =>
  isArgument &&
  !title.toLowerCase().split('_').includes(name) &&
  own.some((line) => /\b(?!pytest\b|mock\b|monkeypatch\b)[a-z_]\w{0,40}\.[a-z_]\w{0,40}\(/.test(line));

/** What a file of Python takes no more, and has no more: names that it does not say again as one. */
function membersLost(removed: readonly string[], before: string, after: string): Member[] {
  const out: Member[] = [];
  let owners: Set<string> | undefined;
  for (const line of removed) {
    const m =
      /^\s+(?:([a-z_]\w{2,40})\s?:[^=()]{1,160}=[^=,()]{1,60},|(?:async\s+)?def\s+([a-z]\w{2,40})\(self\b.{0,200})\s*$/.exec(
        line,
      );
    const name = m?.[1] ?? m?.[2];
    if (name === undefined || out.length >= maxMembers || out.some((o) => o.name === name)) continue;
    if (new RegExp(`\\b${name}\\s*[:=](?!=)|\\bdef\\s+${name}\\b|["'.]${name}\\b`).test(after)) continue;
    const left = (owners ??= new Set(ownersIn(after)));
    if (left.size > 0) out.push({ name, isArgument: m![1] !== undefined, owners: left });
  }
  return ownersIn(before).length > 0 ? out : [];
}
const maxMembers = 20;
const ownersIn = (text: string): string[] =>
  [...text.matchAll(/^[ \t]*(?:class|(?:async\s+)?def)\s+([A-Za-z]\w{1,60})/gm)].map((m) => m[1]!);
const loads = /\b(?:load|require\w*|import|from|source|include\w*)\b/;
/** A path in quotes to what is no helper of tests. */
const ofFile = /["'][^"'\n]*\/(?![^"'\n]*(?:tests?|spec|helper|support|mock|fixture|factor)\w*\b)[^"'\n]*["']/i;

/** Whether a test file is that of a file of the product, by its folder, its name or what it loads: short names are many. */
function isBeside(test: string, lines: readonly string[], product: string): boolean {
  const stem = baseOf(product).replace(/\..*$/, '');
  return (
    folderOf(test) === folderOf(product) ||
    plainOf(test).includes(plainOf(stem)) ||
    lines.some((l) => loads.test(l) && l.includes(stem))
  );
}

/** The file that went, where a test file loads nothing else of the product: of a test that may ask another nothing is known. */
function loadedAlone(lines: readonly string[], { paths, stems }: Lost): string | undefined {
  const loading = lines.filter((l) => loads.test(l));
  const loaded = paths.find((p) => !ofSecurity.test(p) && loading.some((l) => l.includes(p)));
  if (loaded === undefined) return undefined;
  const others = loading.filter((l) => !paths.some((p) => l.includes(p)));
  return others.some((l) => ofFile.test(l) || stems.some((s) => l.includes(s))) ? undefined : loaded;
}

function weigh(
  lines: readonly string[],
  from: number,
  to: number,
  title: string,
  lost: Lost,
  kept: ReadonlySet<string>,
  removed: ReadonlySet<number>,
): Told | undefined {
  const heads = [title, ...headsAbove(lines, from).flatMap((n) => (removed.has(n) ? [lines[n - 1]!] : []))];
  const spoken = heads.join(' ');
  const [close, far] = namedInWords(spoken, lost);
  let passing = far;
  let asked: string | undefined;
  const own = lines.slice(from - 1, to);
  // What the test names so itself is its own, also where a variable of the product was called the same.
  const given = new Set(own.flatMap((l) => gives.exec(l)?.[1] ?? []));
  for (const line of own) {
    if (asked !== undefined && isAlone(asked, lost)) break;
    for (const n of namesIn(line)) {
      if (!lost.defined.has(n) || kept.has(n) || given.has(n)) continue;
      passing ??= n;
      if (!arranges.test(line) && (asks.test(line) || line.includes(`${n}(`))) asked = n;
    }
  }
  const isNamed = asked !== undefined || (passing !== undefined && passing !== far);
  asked ??= close;
  const what = asked ?? passing;
  if (what === undefined) return undefined;
  const isItsOwn =
    asked !== undefined && isAlone(asked, lost) && !guards.test(spoken) && !guardsAlone(asked, spoken, lost);
  return isItsOwn ? went(what) : mayGoOn(what, isNamed);
}

/** The lines (from 1) that open the blocks a line stands in. */
function headsAbove(lines: readonly string[], line: number): number[] {
  const indent = (text: string): number => text.length - text.trimStart().length;
  const out: number[] = [];
  let depth = indent(lines[line - 1] ?? '');
  for (let n = line - 1; n > 0 && depth > 0; n--) {
    const text = lines[n - 1]!;
    if (text.trim() === '' || indent(text) >= depth) continue;
    depth = indent(text);
    out.push(n);
  }
  return out;
}

const isAlone = (n: string, { defined }: Lost): boolean => defined.get(n) === true;

/** A name that guards something, and is not one of a family that goes with all its settings and that the title names. */
function guardsAlone(n: string, title: string, { inWords }: Lost): boolean {
  if (!guards.test(n)) return false;
  const said = wordsOf(title);
  return !wordsOf(n).some(
    (w) =>
      !guards.test(w) &&
      said.some((x) => w.startsWith(x)) &&
      inWords.filter(([, words]) => words.includes(w)).length >= 3,
  );
}

/** Names of which a title says half the words: at least three, or two. */
function namedInWords(title: string, { inWords }: Lost): [string | undefined, string | undefined] {
  const said = wordsOf(title);
  const found: [string | undefined, string | undefined] = [undefined, undefined];
  for (const [n, words] of inWords) {
    if (words.length < 3) continue;
    const both = words.filter((w) => said.some((s) => s.startsWith(w) || w.startsWith(s))).length;
    if (both * 2 < words.length || both < 2) continue;
    if (both > 2) found[0] ??= n;
    else found[1] ??= n;
  }
  return found;
}
const wordsOf = (text: string): string[] =>
  [...new Set(text.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).map((w) => w.toLowerCase()))].filter((w) => w.length >= 4);

const namesIn = (text: string): string[] => text.match(name) ?? [];

function removedLines(before: string, after: string): Set<number> {
  const out = new Set<number>();
  for (const h of diffLines(splitLines(before), splitLines(after)))
    for (let n = h.oldStart; n < h.oldStart + h.oldLines; n++) out.add(n);
  return out;
}

/** Lines that a file of the product did not have before, by the file. */
function linesThatCame(product: readonly FileChange[]): Map<string, string> {
  const come = new Map<string, string>();
  for (const { path, before, after } of product) {
    if (after === null || before === after) continue;
    const had = new Set(splitLines(before ?? '').map((l) => l.trim()));
    for (const line of splitLines(after)) if (!had.has(line.trim())) come.set(line.trim(), path);
  }
  return come;
}

function lostBy(files: readonly FileChange[]): Lost {
  const defined = new Map<string, boolean>();
  const short = new Map<string, { written: string; isAlone: boolean; path: string }>();
  const paths: string[] = [];
  const runs = new Map<string, { written: string; isPart: boolean }>();
  const members: Member[] = [];
  const product = files.filter(
    (f) =>
      !isTestPath(f.path) &&
      !isMigrationPath(f.path) &&
      areRead(f) &&
      !isDocs(f.path, detectLanguage(f.path, f.after ?? f.before ?? '')),
  );
  const come = linesThatCame(product);
  for (const { path, before, after } of product) {
    if (before === null) continue;
    const old = splitLines(before);
    const now = splitLines(after ?? '');
    let had: Set<string> | undefined;
    const wasThere = (n: string): boolean => (had ??= new Set(before.match(/\w+/g))).has(n);
    const nameOf = (line: string): string | undefined =>
      declared.exec(line)?.slice(1).find(Boolean) ?? (path.endsWith('.go') ? taggedField.exec(line)?.[1] : undefined);
    const removed: string[] = [];
    for (const h of diffLines(old, now)) {
      if (h.oldLines === 0) continue;
      const brought = now.slice(h.newStart - 1, h.newStart - 1 + h.newLines).flatMap((l) => nameOf(l) ?? []);
      const went = old.slice(h.oldStart - 1, h.oldStart - 1 + h.oldLines);
      if (path.endsWith('.py')) removed.push(...went);
      const said = went.map((l) => l.trim()).filter((l) => l.length >= 12);
      const moved = said.filter((l) => come.has(l) && come.get(l) !== path).length;
      // What it did may go on elsewhere, under another name.
      const isElsewhere = moved >= 2 && moved * 3 >= said.length;
      const isAlone = brought.every(wasThere) && !isElsewhere;
      if (after === null && !isElsewhere && path.includes('/')) paths.push(path);
      for (const line of went) {
        const n = nameOf(line);
        if (n === undefined) continue;
        if (namesIn(n).length > 0) defined.set(n, isAlone && defined.get(n) !== false);
        else short.set(plainOf(n), { written: n, isAlone: isAlone && short.get(plainOf(n))?.isAlone !== false, path });
      }
      if (h.newLines > 0 || isElsewhere) continue;
      const isPart = /(?:^|\/)\.gitmodules$/.test(path);
      for (const line of went)
        for (const [written] of line.matchAll(compound))
          if (runs.size < maxRuns)
            for (const run of runsOf(written)) if (!runs.get(run)?.isPart) runs.set(run, { written, isPart });
    }
    if (after !== null && removed.length > 0) members.push(...membersLost(removed, before, after));
  }
  if (defined.size > 0) for (const { after } of product) for (const n of namesIn(after ?? '')) defined.delete(n);
  if (short.size > 0)
    for (const { after } of product)
      // Called, given away, made anew or handed on: it goes on.
      for (const [, used] of (after ?? '').matchAll(/(?<![.\w])([A-Za-z_]\w{1,60})(?=\s?[(=:,;)}\]]|\s+from\b)/g))
        short.delete(plainOf(used!));
  let texts: string[] | undefined;
  const isSaid = cached((run) => (texts ??= product.map((f) => plainOf(f.after ?? ''))).some((t) => t.includes(run)));
  return {
    defined,
    inWords: [...defined.keys()].slice(0, 500).map((n) => [n, wordsOf(n)] as const),
    short,
    paths,
    stems: product.flatMap((f) => (f.after === null ? [] : stemOf(f.path))),
    isReplaced: (path) => product.some((f) => f.before === null && folderOf(f.path) === folderOf(path)),
    runs,
    members,
    isSaid,
  };
}

function stemOf(path: string): string[] {
  const stem = baseOf(path).replace(/\..*$/, '');
  return stem.length >= 4 && stem !== 'index' ? [stem] : [];
}

/** The neighbours in a name, two words or more, that are long enough to mean one thing. */
function runsOf(written: string): string[] {
  const words = written.toLowerCase().split(/[-_]/);
  const out: string[] = [];
  for (let i = 0; i < words.length; i++)
    for (let k = i + 2; k <= words.length; k++) {
      const run = words.slice(i, k).join('');
      if (run.length >= minRun) out.push(run);
    }
  return out;
}

function cached(ask: (text: string) => boolean): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    let answer = known.get(text);
    if (answer === undefined) known.set(text, (answer = ask(text)));
    return answer;
  };
}
