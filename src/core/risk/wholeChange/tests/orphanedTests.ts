/** Tests that went with what they tested, or with the switch that could turn it off. */
import { diffLines, hunkThatTook, splitLines } from '../../../hunks.ts';
import { detectLanguage } from '../../../languages/detect.ts';
import { isDocs, isTestPath } from '../../../languages/kinds.ts';
import type { Source } from '../../../languages/source.ts';
import { hasLexer } from '../../../languages/lexer.ts';
import type { FileChange, Finding } from '../../../model.ts';
import { testCases } from '../../../rules/kit/testCases.ts';
import { backgroundOf } from '../../background.ts';
import { areRead, isRead, keep, sourceOf, type FileClassification } from '../pass.ts';

/** A name long enough to mean one thing. */
const telling = /\b[A-Za-z_]\w{7,60}\b/g;

/** What a line gives a name to: a definition, a method after its modifiers, a constant or field at its start. */
const declared =
  /\b(?:def|class|function|func|fn|fun|interface|struct|enum|trait|type|const|let|var|val|module|record)\s+(?:\([^)\n]{0,80}\)\s*)?([A-Za-z_]\w{7,60})|^\s*(?:public|private|protected|internal|static|async)\b[^=;({\n]{0,160}?\b([A-Za-z_]\w{7,60})\s*\(|^\s*([A-Za-z_]\w{7,60})\s*[=:]\s|^\s*(?!constructor\b)([A-Za-z_]\w{7,60})\([^()\n]{0,200}\)\s*(?::[^{;\n]{0,80})?\{\s*$/g;

/** The name of an option or a field, in quotes on both sides: more than one word, so it is no word of a sentence. */
const quotedName = /["'`](?=\w{0,60}(?:[a-z][A-Z]|[A-Za-z0-9]_[A-Za-z0-9]))[A-Za-z_]\w{7,60}["'`]/g;
const rubySymbol = /(?<![\w:]):(?=\w{0,60}_\w)([a-z]\w{7,60})(?![\w?!=])/g;
const quoted = (name: string): string => `"${name.slice(1, -1)}"`;

/** An option as a program knows it, and as it is called. */
const quotedOption = /"([a-z][a-z\d-]{4,40})"/g;
const option = /["'`\s]--([a-z][a-z\d-]{4,40})(?=["'`\s=])/g;

/** A switch for something that not everybody has yet, by its name; and what the name says without being one. */
const flag =
  /\b(?=\w{8,60}\b)\w{0,60}(?:[eE]nabled|[fF]eature|[fF]lag|[tT]oggle|[eE]xperiment|FEATURE|FLAG|ENABLED)\w{0,60}\b/g;
const letters = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, '');
const core = (name: string): string =>
  letters(name)
    .replace(/^(?:is|has|use|enable)/, '')
    .replace(/(?:enabled|flag|toggle)$/, '');
/** Such a switch is a safeguard, and so are its tests. */
const ofSecurity =
  /auth|permi|admin|factor|secur|csrf|token|limit|audit|guard|login|password|verif|crypt|protect|ssrf|sanit/;
const isOff = /\boff\b|disabled?|\bfalse\b|\bwithout\b/i;

/** What the switches that the product asks less often after the change stand for. */
function switchedForGood(files: readonly FileChange[]): string[] {
  const counts = new Map<string, number>();
  for (const file of files) {
    const { path, before, after } = file;
    if (isTestPath(path) || !areRead(file)) continue;
    if (!hasLexer(detectLanguage(path, before ?? after ?? ''))) continue;
    for (const [text, sign] of [
      [before, -1],
      [after, 1],
    ] as const)
      for (const [name] of (text ?? '').matchAll(flag)) counts.set(name, (counts.get(name) ?? 0) + sign);
  }
  const cores = [...counts].filter(([, n]) => n < 0).map(([name]) => core(name));
  return [...new Set(cores)].filter((c) => c.length >= 6 && !ofSecurity.test(c)).slice(0, 20);
}

/** The options that a test calls a program with. */
function optionsIn(source: Source, line: number): string[] {
  const test = testCases(source).find((t) => t.from <= line && line <= t.to);
  if (!test) return [];
  return [
    ...source.lines
      .slice(test.from - 1, test.to)
      .join('\n')
      .matchAll(option),
  ].map((m) => m[1]!);
}

/** The lines that open the blocks a line stands in, by indentation. */
function around(lines: readonly string[], line: number): string[] {
  const indent = (text: string): number => text.length - text.trimStart().length;
  const out: string[] = [];
  let depth = indent(lines[line - 1] ?? '');
  for (let i = line - 2; i >= 0 && depth > 0; i--) {
    const text = lines[i] ?? '';
    if (text.trim() === '' || indent(text) >= depth) continue;
    depth = indent(text);
    out.push(text);
  }
  return out;
}

/**
 * Takes out tests that went with what they tested: they speak of something that the same change deleted from the product
 * and put back nowhere. Only whole deletions count; code that was written anew may live on under another name.
 */
export function withoutOrphans(files: readonly FileChange[], judged: FileClassification[]): void {
  const isTests = (f: Finding): boolean => f.rule === 'tests-removed';
  if (!judged.some((j) => j.classification.findings.some(isTests))) return;
  const gone = new Set<string>();
  const options = new Set<string>();
  for (const file of files) {
    if (file.before === null || isTestPath(file.path) || !areRead(file)) continue;
    if (!hasLexer(detectLanguage(file.path, file.before))) continue;
    const lines = splitLines(file.before);
    for (const h of diffLines(lines, splitLines(file.after ?? '')))
      if (h.newLines === 0)
        for (const line of lines.slice(h.oldStart - 1, h.oldStart - 1 + h.oldLines)) {
          for (const m of line.matchAll(declared)) gone.add(m[1] ?? m[2] ?? m[3] ?? m[4] ?? '');
          // `String` of `TxLock` is tested by `TestTxLockString`.
          const method = /^func \(\w{0,40} ?\*?(\w{1,40})\) (\w{1,40})\(/.exec(line);
          if (method) gone.add(`Test${method[1]}${method[2]}`).add(`Test${method[1]}_${method[2]}`);
          for (const [name] of line.matchAll(quotedName)) gone.add(quoted(name));
          for (const m of line.matchAll(quotedOption)) if (!ofSecurity.test(m[1]!)) options.add(m[1]!);
          // `config.add(:mail_offset_hours, …)`
          if (file.path.endsWith('.rb')) for (const m of line.matchAll(rubySymbol)) gone.add(m[1]!);
        }
    for (const [name] of (/[^/]+(?=\.\w+$)/.exec(file.path)?.[0] ?? '').matchAll(telling))
      if (file.after === null) gone.add(name);
  }
  // Tests of a file that is gone, by the file's own name beside it.
  const deleted = new Set(files.filter((f) => f.after === null && !isTestPath(f.path)).map((f) => f.path));
  if (deleted.size > 0)
    for (const [i, { path, classification }] of judged.entries()) {
      const tested = path.replace(
        /(?:[._-](?:test|tests|spec)|Tests?|Spec)(?=\.\w+$)|(?<=^|\/)(?:test_|__tests__\/)/g,
        '',
      );
      if (files[i]!.after === null && tested !== path && deleted.has(tested))
        keep(
          judged,
          i,
          classification.findings.filter((f) => !isTests(f)),
        );
    }
  const switches = switchedForGood(files);
  if (gone.size === 0 && options.size === 0 && switches.length === 0) return;
  // What other tests and documents still say of it does not bring it back.
  for (const { path, after } of files)
    if (isRead(after) && !isTestPath(path) && !isDocs(path, detectLanguage(path, after))) {
      for (const [name] of after.matchAll(telling)) gone.delete(name);
      for (const [name] of after.matchAll(quotedName)) gone.delete(quoted(name));
      if (options.size > 0) for (const [name] of after.matchAll(/[a-z][a-z\d-]{4,40}/g)) options.delete(name);
    }
  for (const [i, { classification }] of judged.entries()) {
    const before = files[i]!.before;
    if (!isRead(before) || !classification.findings.some(isTests)) continue;
    const lines = splitLines(before);
    const hunks = diffLines(lines, splitLines(files[i]!.after ?? ''));
    const known = new Map<number, boolean>();
    let source: Source | undefined;
    const left = classification.findings.filter((f) => {
      const old = isTests(f) ? backgroundOf(f).removedAt : undefined;
      const hunk = old === undefined ? undefined : hunkThatTook(hunks, old);
      if (!hunk) return true;
      const text = lines.slice(hunk.oldStart - 1, hunk.oldStart - 1 + hunk.oldLines).join('\n');
      for (const [name] of text.matchAll(telling)) if (gone.has(name)) return false;
      for (const [name] of text.matchAll(quotedName)) if (gone.has(quoted(name))) return false;
      if (
        options.size > 0 &&
        optionsIn((source ??= sourceOf(files[i]!.path, before)), old!).some((o) => options.has(o))
      )
        return false;
      // How it was while a switch was off, when nothing asks the switch any more.
      const isOfSwitch = (line: string): boolean => isOff.test(line) && switches.some((s) => letters(line).includes(s));
      let went = switches.length === 0 ? false : known.get(hunk.oldStart);
      if (went === undefined) known.set(hunk.oldStart, (went = text.split('\n').some(isOfSwitch)));
      return !went && !(switches.length > 0 && around(lines, old!).some(isOfSwitch));
    });
    keep(judged, i, left);
  }
}
