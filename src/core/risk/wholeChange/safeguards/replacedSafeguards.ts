/** Safeguards that moved into a function which stands in their place: the whole change tells what it does. */
import { diffLines, splitLines } from '../../../hunks.ts';
import { isTestPath } from '../../../languages/kinds.ts';
import { hasLexer } from '../../../languages/lexer.ts';
import type { Source } from '../../../languages/source.ts';
import type { FileChange } from '../../../model.ts';
import { code } from '../../../rules/kit/code.ts';
import { bodiesOf, importOf, isOwn, kindOf } from '../../../rules/kit/safeguards/calls.ts';
import { askedInstead, replacementsOf } from '../../../rules/kit/safeguards/replacements.ts';
import { makesGuard } from '../../../rules/kit/safeguards/wrappers.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { changedLines } from '../../sides.ts';
import { keep, sourceOf, type FileClassification } from '../pass.ts';

/** Larger files, and more findings of one change, are not looked into. */
const maxRead = 400_000;
const maxFindings = 40;

/**
 * Takes out that a safeguard is gone where a function took its place, on the same operands and with its result used alike,
 * which makes that very safeguard whatever way it takes. Its body must be in the change, where the name is imported from. A
 * comparison that another function makes now, whose answer is heeded, is worth a look.
 */
export function withoutReplaced(files: readonly FileChange[], judged: FileClassification[]): void {
  const sources = new Map<string, Source>();
  const sideOf = (i: number, side: 'before' | 'after'): Source | undefined => {
    const text = files[i]?.[side];
    if (text === null || text === undefined || text.length > maxRead) return undefined;
    const id = `${side}:${i}`;
    let source = sources.get(id);
    if (!source) {
      const { path } = files[i]!;
      sources.set(id, (source = sourceOf(path, text)));
    }
    return source;
  };
  let asked = 0;
  for (const [i, { classification }] of judged.entries()) {
    const left = classification.findings.flatMap((f) => {
      const guard = f.rule === 'safeguard-removed' ? backgroundOf(f).key : undefined;
      const line = backgroundOf(f).removedAt;
      if (guard === undefined || line === undefined || !kindOf(guard) || ++asked > maxFindings) return [f];
      const before = sideOf(i, 'before');
      const after = sideOf(i, 'after');
      if (!before || !after) return [f];
      const hunks = diffLines(splitLines(before.text), splitLines(after.text));
      const replaced = replacementsOf(guard, line, before, after, hunks);
      const isMade =
        replaced.length > 0 &&
        replaced.every(({ old, now }) => {
          const definers = definersOf(now.callee, i, files, (k) => sideOf(k, 'after'));
          return definers.length > 0 && definers.every((d) => makesGuard(guard, now.name, d, old, before));
        });
      if (isMade) return [];
      const mover = askedInstead(guard, line, before, after, changedLines(hunks, 'new')).find(({ name, makes }) => {
        const definers = [...files.keys()].filter(
          (k) => !isTestPath(files[k]!.path) && hasFunction(sideOf(k, 'after'), name),
        );
        return definers.length === 1 && makes(sideOf(definers[0]!, 'after')!);
      });
      if (!mover) return [f];
      const message = `'${guard}' is made by '${mover.name.slice(0, 40)}' now: be sure that it still stands before all that it guarded.`;
      return [withOther(f, { tier: 'medium', message })];
    });
    keep(judged, i, left);
  }
}

const hasFunction = (source: Source | undefined, name: string): boolean =>
  source?.text.includes(name) === true && hasLexer(source.language) && bodiesOf(code(source), name).length > 0;

/** The files of the change in which the function stands that a file calls by a name, by what it imports. */
function definersOf(
  callee: string,
  importer: number,
  files: readonly FileChange[],
  sideOf: (i: number) => Source | undefined,
  hops = 0,
): Source[] {
  const source = sideOf(importer);
  if (!source || hops > 3) return [];
  if (source.language === 'go') return goDefiners(callee, importer, files, sideOf);
  const name = callee.replace(/^(?:this|self)\./, '');
  if (!/^[\w$]{1,80}$/.test(name)) return [];
  const module = importOf(source, name);
  if (module === undefined) return bodiesOf(code(source), name).length > 0 ? [source] : [];
  // Another function of that name hides what is imported.
  if (isOwn(code(source), name)) return [];
  const found: Source[] = [];
  for (const k of files.keys())
    if (k !== importer && !isTestPath(files[k]!.path) && isModule(module, files[importer]!.path, files[k]!.path)) {
      const definers = definersOf(name, k, files, sideOf, hops + 1);
      // A module that is in the change without the function: it comes from elsewhere.
      if (definers.length === 0) return [];
      found.push(...definers);
    }
  return found;
}

/** A function of the same package, or of the package that the call names. */
function goDefiners(
  callee: string,
  importer: number,
  files: readonly FileChange[],
  sideOf: (i: number) => Source | undefined,
): Source[] {
  const [, owner, name] = /^(?:(\w{1,80})\.)?(\w{1,80})$/.exec(callee) ?? [];
  if (name === undefined) return [];
  const own = folderOf(files[importer]!.path);
  return [...files.keys()]
    .filter((k) => {
      const { path } = files[k]!;
      const folder = folderOf(path);
      return (
        path.endsWith('.go') &&
        !isTestPath(path) &&
        (owner === undefined ? folder === own : folder !== own && folder.slice(folder.lastIndexOf('/') + 1) === owner)
      );
    })
    .map(sideOf)
    .filter((s): s is Source => s !== undefined && bodiesOf(code(s), name).length > 0);
}
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Whether a module, as one file names it, is another file of the repository. */
export function isModule(module: string, from: string, path: string): boolean {
  const bare = path.replace(/(?:\/(?:index|__init__))?\.[cm]?(?:[jt]sx?|pyi?)$/, '');
  if (bare === path) return false;
  if (path.endsWith('.py')) {
    const dots = /^\.*/.exec(module)![0].length;
    const parts = module.slice(dots).split('.').filter(Boolean);
    if (dots === 0) return `/${bare}`.endsWith(`/${parts.join('/')}`);
    const folder = from.split('/').slice(0, -dots);
    return [...folder, ...parts].join('/') === bare;
  }
  const name = module.replace(/\.[cm]?[jt]sx?$/, '');
  if (name.startsWith('.')) {
    const parts = folderOf(from).split('/').filter(Boolean);
    for (const part of name.split('/'))
      if (part === '..') parts.pop();
      else if (part !== '.') parts.push(part);
    return parts.join('/') === bare;
  }
  // `@/lib/html` is below the folder that holds both files; a package of the repository has a folder of its name.
  const alias = /^(?:@|~|#|src)\/(.+)$/.exec(name)?.[1];
  if (alias !== undefined)
    return `/${bare}`.endsWith(`/${alias}`) && from.startsWith(bare.slice(0, bare.length - alias.length));
  const folder = bare.replace(/\/src$/, '');
  return /^@[\w-]+\/[\w-]+$/.test(name) && folder.endsWith(`/${name.slice(name.indexOf('/') + 1)}`);
}
