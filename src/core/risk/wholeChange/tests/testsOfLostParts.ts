/** Tests of a part that went, though its name lives on elsewhere: of a field, of a method of one of several types. */
import { diffLines, hunkThatTook, splitLines } from '../../../hunks.ts';
import { detectLanguage } from '../../../languages/detect.ts';
import { isTestPath } from '../../../languages/kinds.ts';
import { hasLexer } from '../../../languages/lexer.ts';
import type { FileChange, Hunk } from '../../../model.ts';
import { backgroundOf } from '../../background.ts';
import { areRead, isRead, keep, type FileClassification } from '../pass.ts';
import { addTo } from '../../../multimap.ts';

const declared =
  /\b(?:def|class|function|func|fn|fun|interface|struct|enum|trait|type|const|let|var|val)\s+([A-Za-z_]\w{4,60})|^\s*(?:readonly\s+)?([A-Za-z_]\w{4,60})\??\s*[=:]\s/;
const word = /[A-Za-z_]\w{4,60}/g;
/** `availableMethods` is `available_methods`. */
const plain = (name: string): string => name.toLowerCase().replaceAll('_', '');
const ofMoreWords = /[a-z][A-Z]|[A-Za-z0-9]_[A-Za-z0-9]/;
/** What guards something goes loudly, with its tests. */
export const guards =
  /auth|permi|admin|factor|secur|csrf|token|limit|audit|guard|login|passw|verif|crypt|protect|ssrf|saniti|escap|valid|check|allow|deny|forbid|block|role|access|owner|secret|policy|lock|redact|mask|idempot|signat|consent|captcha|session|throttl|quota|tenant|isolat|cookie|httponly|samesite|origin|cors|hmac|nonce|duplicate/i;
const asserts = /\b(?:expect|assert\w*|should\w*|verify|require)\b/i;
const startsTest =
  /^\s*(?:(?:it|test|specify|scenario)\b|(?:async\s+)?def\s+test|func\s+Test|@(?:Test|ParameterizedTest)\b)/;

interface Product {
  readonly path: string;
  /** What the change deleted the definition of, and does not name there any more; in plain form. */
  readonly gone: ReadonlyMap<string, string>;
  readonly defined: ReadonlySet<string>;
  /** How much more often than before a name stands there. */
  readonly gains: ReadonlyMap<string, number>;
}

function productOf(file: FileChange): Product | undefined {
  const { path, before, after } = file;
  const text = before ?? after ?? '';
  if (isTestPath(path) || !areRead(file)) return undefined;
  if (!hasLexer(detectLanguage(path, text))) return undefined;
  const gains = new Map<string, number>();
  const left = new Set<string>();
  for (const [name] of (before ?? '').matchAll(word)) gains.set(plain(name), (gains.get(plain(name)) ?? 0) - 1);
  for (const [name] of (after ?? '').matchAll(word)) {
    left.add(plain(name));
    gains.set(plain(name), (gains.get(plain(name)) ?? 0) + 1);
  }
  const lines = splitLines(before ?? '');
  const kept = splitLines(after ?? '');
  const gone = new Map<string, string>();
  for (const h of diffLines(lines, kept))
    if (h.newLines === 0)
      for (const line of removedBy(h, lines)) {
        // What a function keeps for itself nobody asks for.
        const m = /^\s+(?:const|let|var)\b/.test(line) ? null : declared.exec(line);
        const name = m?.[1] ?? m?.[2] ?? '';
        if (name !== '' && !left.has(plain(name)) && !guards.test(name)) gone.set(plain(name), name);
      }
  const defined = new Set(kept.flatMap((l) => declared.exec(l)?.slice(1).filter(Boolean) ?? []).map(plain));
  return { path, gone, defined, gains };
}

const removedBy = (h: Hunk, lines: readonly string[]): string[] =>
  lines.slice(h.oldStart - 1, h.oldStart - 1 + h.oldLines);
const folderOf = (path: string): string => path.split('/').at(-2) ?? '';
/** The file that a test beside it is named after. */
const testedBy = (path: string): string =>
  path.replace(/(?:[._-](?:test|tests|spec)|Tests?|Spec)(?=\.\w+$)|(?<=^|\/)(?:test_|__tests__\/)/g, '');

/**
 * Takes out tests that were deleted whole and asked only for what went from the file that they are named after; and those
 * that speak of what went from one part while another part keeps something of that name, and nothing gained it.
 */
export function withoutTestsOfLostParts(files: readonly FileChange[], judged: FileClassification[]): void {
  if (!judged.some((j) => j.classification.findings.some((f) => f.rule === 'tests-removed'))) return;
  const products = files.flatMap((f) => productOf(f) ?? []);
  if (products.every((p) => p.gone.size === 0)) return;
  const losers = new Map<string, Product[]>();
  for (const p of products)
    for (const [name, written] of p.gone) {
      if (!ofMoreWords.test(written)) continue;
      addTo(losers, name, p);
    }
  const isMoved = (name: string): boolean => products.some((p) => (p.gains.get(name) ?? 0) > 0);
  for (const [i, { path, classification }] of judged.entries()) {
    const { before, after } = files[i]!;
    if (!isRead(before) || !classification.findings.some((f) => backgroundOf(f).removedAt !== undefined)) continue;
    const lines = splitLines(before);
    const hunks = diffLines(lines, splitLines(after ?? '')).filter((h) => h.newLines === 0);
    const helpers = helpersOf(hunks, lines);
    const beside = products.find((p) => p.path === testedBy(path) && p.path !== path);
    const folders = new Set(path.split('/').slice(0, -1));
    const isGone = (name: string): boolean => {
      return (
        losers.get(name)?.some((p) => folders.has(folderOf(p.path))) === true &&
        !isMoved(name) &&
        !products.some((p) => p.defined.has(name) && folders.has(folderOf(p.path)))
      );
    };
    const left = classification.findings.filter((f) => {
      const old = f.rule === 'tests-removed' ? backgroundOf(f).removedAt : undefined;
      const hunk = old === undefined ? undefined : hunkThatTook(hunks, old);
      if (!hunk) return true;
      const test = testAt(lines, old!, hunk);
      const asked = test.filter((l) => asserts.test(l) && !startsTest.test(l));
      if (
        beside &&
        asked.length > 0 &&
        asked.every((l) =>
          [...l.matchAll(/(?:\.|\[["'])([A-Za-z_]\w{4,60})/g)].some((m) => beside.gone.has(plain(m[1]!))),
        )
      )
        return false;
      return ![...named(speaking(test), helpers)].some((n) => n.length >= 8 && isGone(n));
    });
    keep(judged, i, left);
  }
}

const words = (lines: readonly string[]): Set<string> =>
  new Set(lines.flatMap((l) => [...l.matchAll(word)].map(([name]) => plain(name))));

/** Lines of a test that assert something or call a method, without what is a variable of the test; and texts that they use. */
function speaking(test: readonly string[]): string[] {
  const own = new Set<string>();
  const texts: [string, string][] = [];
  const lines: string[] = [];
  for (const [i, line] of test.entries()) {
    const [, name, value] =
      /^\s*(?:const|let|var|val|final|auto)?\s*([A-Za-z_]\w*)\s*:?=\s*(\S.{0,2})/.exec(line) ?? [];
    if (name !== undefined) own.add(plain(name));
    if (name !== undefined && /^[rfb]?["'`]/.test(value!)) texts.push([plain(name), test.slice(i, i + 40).join('\n')]);
    else if (asserts.test(line) || /[\w)\]](?:\?\.|->|::|\.)\w+[!?]?\s*\(/.test(line)) lines.push(line);
  }
  const used = words(lines);
  lines.push(...texts.flatMap(([name, text]) => (used.has(name) ? [text] : [])));
  return lines.map((l) => l.replace(word, (w) => (own.has(plain(w)) && !texts.some(([n]) => n === plain(w)) ? '' : w)));
}

/** The removed lines of one test, up to the next. */
function testAt(lines: readonly string[], line: number, hunk: Hunk): string[] {
  const end = hunk.oldStart - 1 + hunk.oldLines;
  let to = line;
  while (to < end && !startsTest.test(lines[to] ?? '')) to++;
  return lines.slice(line - 1, to);
}

interface Helper {
  readonly names: readonly string[];
  readonly lines: readonly string[];
}

/** Fixtures and texts of the file that went along. */
function helpersOf(hunks: readonly Hunk[], lines: readonly string[]): Helper[] {
  return hunks.slice(0, 200).flatMap((h) => {
    const removed = removedBy(h, lines);
    if (removed.some((l) => startsTest.test(l))) return [];
    const names = removed.flatMap(
      (l) => /^(?:async\s+)?(?:def|const|function|let|var)?\s*([A-Za-z_]\w{4,60})\s*[=(]/.exec(l)?.[1] ?? [],
    );
    return names.length > 0 ? [{ names: names.map(plain), lines: removed }] : [];
  });
}

/** What a test names, with what the helpers name that it uses. */
function named(test: readonly string[], helpers: readonly Helper[]): Set<string> {
  const all = words(test);
  for (let round = 0; round < 2; round++)
    for (const h of helpers) if (h.names.some((n) => all.has(n))) for (const n of words(h.lines)) all.add(n);
  return all;
}
