/** What only the whole change explains: findings that moved to another file, tests that went with what they tested. */
import { diffLines, splitLines } from '../hunks.ts';
import { detectLanguage } from '../languages/detect.ts';
import { isTestPath } from '../languages/kinds.ts';
import { hasLexer } from '../languages/lexer.ts';
import { Source } from '../languages/source.ts';
import type { Classification, FileChange, Finding } from '../model.ts';
import { ruleById } from '../rules/index.ts';
import type { Rule } from '../rules/rule.ts';
import { run } from './hits.ts';
import { followers, keys, removedAt } from './judge.ts';
import { maxText, normalise } from './sides.ts';
import { floors, summed } from './verdict.ts';

export type FileClassification = { readonly path: string; readonly classification: Classification };

/** Takes out what only moved from one file of the change to another: the same risk gone there, the same safeguard new there. */
export function withoutMoves(files: readonly FileChange[], judged: FileClassification[]): void {
  const counted = new Map<string, Map<string, number>>();
  /** after − before of every key of a rule in a file. */
  const deltas = (rule: Rule, index: number): Map<string, number> => {
    const id = `${rule.id}:${index}`;
    let delta = counted.get(id);
    if (delta) return delta;
    delta = new Map();
    const file = files[index]!;
    const small = (file.before ?? '').length + (file.after ?? '').length <= maxText;
    for (const [text, sign] of [
      [file.after, 1],
      [file.before, -1],
    ] as const) {
      if (text === null || !small) continue;
      const language = detectLanguage(file.path, text);
      if (rule.languages.length > 0 && !rule.languages.includes(language)) continue;
      for (const f of run(rule, new Source(file.path, normalise(text), language)))
        delta.set(f.key, (delta.get(f.key) ?? 0) + sign);
    }
    counted.set(id, delta);
    return delta;
  };
  for (const [i, { classification }] of judged.entries()) {
    const left = classification.findings.filter((f) => {
      const rule = ruleById(f.rule);
      const key = keys.get(f);
      if (!rule || key === undefined) return true;
      const sign = rule.on === 'removed' ? 1 : -1;
      for (let j = 0; j < files.length; j++) {
        if (j === i) continue;
        const delta = deltas(rule, j);
        const there = (delta.get(key) ?? 0) * sign;
        if (there <= 0) continue;
        delta.set(key, (there - 1) * sign);
        return false;
      }
      return true;
    });
    keep(judged, i, left);
  }
}

/** Which tool keeps a manifest: what it writes along in one of them follows what was asked for in another. */
const keeper = (path: string): string => (/(?:^|\/)go\.mod$/.test(path) ? 'go' : 'python');

/** Takes out what only came along with a finding in another file: modules of one repository are kept in step. */
export function withoutFollowers(judged: FileClassification[]): void {
  const asked = new Set<string>();
  for (const { path, classification } of judged)
    for (const f of classification.findings) if (!followers.has(f)) asked.add(`${f.rule}:${keeper(path)}`);
  for (const [i, { path, classification }] of judged.entries()) {
    const left = classification.findings.filter((f) => !followers.has(f) || !asked.has(`${f.rule}:${keeper(path)}`));
    keep(judged, i, left);
  }
}

/**
 * What a manifest of the change says it is itself, as others ask for it. It must have said so before: else whoever wants
 * a package of the registry unseen would add a manifest of that name beside it.
 */
function declaredPart({ path, before, after }: FileChange): string | undefined {
  const own = nameIn(path, after);
  return own !== undefined && own === nameIn(path, before) ? own : undefined;
}

function nameIn(path: string, text: string | null): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (text === null || text.length > maxText) return undefined;
  if (name === 'package.json')
    try {
      const own = (JSON.parse(text) as { name?: unknown } | null)?.name;
      return typeof own === 'string' ? own : undefined;
    } catch {
      return undefined;
    }
  if (name === 'Cargo.toml' || name === 'pyproject.toml')
    return /^\[(?:package|project)\][ \t]*\n(?:[^[\n][^\n]*\n|\n)*?name[ \t]*=[ \t]*"([^"\n]{1,200})"/m.exec(text)?.[1];
  if (name === 'pom.xml') {
    const [parent = '', ...rest] = text.split('</parent>');
    const own = rest.length > 0 ? rest.join('') : parent;
    const head = own.split(/<(?:dependencies|dependencyManagement|build|profiles)>/)[0]!;
    const group = (/<groupId>\s*([^<\s]+)/.exec(head) ?? /<groupId>\s*([^<\s]+)/.exec(parent))?.[1];
    const artifact = /<artifactId>\s*([^<\s]+)/.exec(head)?.[1];
    return group && artifact ? `${group}:${artifact}` : undefined;
  }
  return undefined;
}

/** Versions that manifests of the change give to packages of their own. */
function ownVersions(files: readonly FileChange[]): Set<string> {
  const versions = new Set<string>();
  for (const { path, before, after } of files) {
    if (!path.endsWith('Cargo.toml') || after === null || after.length > maxText) continue;
    let table = '';
    for (const line of after.split('\n')) {
      table = /^\[([\w.-]{1,60})\]/.exec(line)?.[1] ?? table;
      const own = /^version\s{0,20}=\s{0,20}"([^"]{1,60})"/.exec(line)?.[1];
      if (own && /^(?:workspace\.)?package$/.test(table) && !before?.includes(line)) versions.add(own);
    }
  }
  return versions;
}

/**
 * Dependencies that the whole change explains: parts whose own manifests it edits (a release raises them all), and those
 * that another manifest asks for in the same version. Of these the manifest nearest to the root tells it; and of an
 * action that several workflows take from a repository now, the first.
 */
export function withoutOwnAndRepeated(files: readonly FileChange[], judged: FileClassification[]): void {
  const isFromOthers = (f: Finding): boolean => f.rule === 'dependency-changed' || f.rule === 'workflow-unpinned';
  const order = [...judged.keys()]
    .filter((i) => judged[i]!.classification.findings.some(isFromOthers))
    .sort((a, b) => depth(judged[a]!.path) - depth(judged[b]!.path) || a - b);
  if (order.length === 0) return;
  const parts = new Set(files.map(declaredPart));
  const versions = ownVersions(files);
  const told = new Map<string, number>();
  for (const i of order) {
    const { path, classification } = judged[i]!;
    const left = classification.findings.filter((f) => {
      if (!isFromOthers(f)) return true;
      const [, name = '', version = '', local] = (keys.get(f) ?? '').split('\n');
      if (parts.has(name)) return false;
      if (
        local !== undefined &&
        versions.has(/"([^"]{1,60})"/.exec(version.slice(version.search(/\bversion\s*=/)))?.[1] ?? '')
      )
        return false;
      const key = name === '' ? (keys.get(f) ?? '') : `${extension(path)} ${name} ${version}`;
      const teller = told.get(key) ?? i;
      told.set(key, teller);
      return teller === i;
    });
    keep(judged, i, left);
  }
}
const depth = (path: string): number => path.split('/').length;
const extension = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

/** A file's verdict with fewer findings. */
function keep(judged: FileClassification[], i: number, left: readonly Finding[]): void {
  const { path, classification } = judged[i]!;
  const floor = floors.get(classification);
  if (left.length === classification.findings.length || !floor) return;
  judged[i] = { path, classification: { ...classification, ...summed(floor, left), findings: left } };
  floors.set(judged[i].classification, floor);
}

/** A name long enough to mean one thing. */
const telling = /\b[A-Za-z_]\w{7,60}\b/g;

/** What a line gives a name to: a definition, a method after its modifiers, a constant or field at its start. */
const declared =
  /\b(?:def|class|function|func|fn|fun|interface|struct|enum|trait|type|const|let|var|val|module|record)\s+(?:\([^)\n]{0,80}\)\s*)?([A-Za-z_]\w{7,60})|^\s*(?:public|private|protected|internal|static|async)\b[^=;({\n]{0,160}?\b([A-Za-z_]\w{7,60})\s*\(|^\s*([A-Za-z_]\w{7,60})\s*[=:]\s|^\s*(?!constructor\b)([A-Za-z_]\w{7,60})\([^()\n]{0,200}\)\s*(?::[^{;\n]{0,80})?\{\s*$/g;

/** The name of an option or a field, in quotes on both sides: more than one word, so it is no word of a sentence. */
const quotedName = /["'`](?=\w{0,60}(?:[a-z][A-Z]|[A-Za-z0-9]_[A-Za-z0-9]))[A-Za-z_]\w{7,60}["'`]/g;
const quoted = (name: string): string => `"${name.slice(1, -1)}"`;

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
  for (const { path, before, after } of files) {
    if (isTestPath(path) || (before ?? '').length + (after ?? '').length > maxText) continue;
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

/**
 * Takes out tests that went with what they tested: they speak of something that the same change deleted from the product
 * and put back nowhere. Only whole deletions count; code that was written anew may live on under another name.
 */
export function withoutOrphans(files: readonly FileChange[], judged: FileClassification[]): void {
  const isTests = (f: Finding): boolean => f.rule === 'tests-removed';
  if (!judged.some((j) => j.classification.findings.some(isTests))) return;
  const gone = new Set<string>();
  for (const file of files) {
    if (file.before === null || isTestPath(file.path) || file.before.length + (file.after ?? '').length > maxText)
      continue;
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
  if (gone.size === 0 && switches.length === 0) return;
  // What other tests still say of it does not bring it back.
  for (const { path, after } of files)
    if (after !== null && after.length <= maxText && !isTestPath(path)) {
      for (const [name] of after.matchAll(telling)) gone.delete(name);
      for (const [name] of after.matchAll(quotedName)) gone.delete(quoted(name));
    }
  for (const [i, { classification }] of judged.entries()) {
    const before = files[i]!.before;
    if (before === null || before.length > maxText || !classification.findings.some(isTests)) continue;
    const lines = splitLines(before);
    const hunks = diffLines(lines, splitLines(files[i]!.after ?? ''));
    const known = new Map<number, boolean>();
    const left = classification.findings.filter((f) => {
      const old = isTests(f) ? removedAt.get(f) : undefined;
      const hunk =
        old === undefined ? undefined : hunks.find((h) => old >= h.oldStart && old < h.oldStart + h.oldLines);
      if (!hunk) return true;
      const text = lines.slice(hunk.oldStart - 1, hunk.oldStart - 1 + hunk.oldLines).join('\n');
      for (const [name] of text.matchAll(telling)) if (gone.has(name)) return false;
      for (const [name] of text.matchAll(quotedName)) if (gone.has(quoted(name))) return false;
      // How it was while a switch was off, when nothing asks the switch any more.
      const isOfSwitch = (line: string): boolean => isOff.test(line) && switches.some((s) => letters(line).includes(s));
      let went = switches.length === 0 ? false : known.get(hunk.oldStart);
      if (went === undefined) known.set(hunk.oldStart, (went = text.split('\n').some(isOfSwitch)));
      return !went;
    });
    keep(judged, i, left);
  }
}
