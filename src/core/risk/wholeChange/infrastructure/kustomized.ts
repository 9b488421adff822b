/** What the kustomizations of a change make of its manifests: an image gets its version there, or an object is taken out. */
import { escapeRegExp } from '../../../rules/kit/escapeRegExp.ts';
import { parseTree } from '../../../languages/tree.ts';
import { at, scalars, type TreeNode, walk } from '../../../languages/treeNode.ts';
import type { FileChange, Finding } from '../../../model.ts';
import type { Policy } from '../../../policy/model.ts';
import { ruleById } from '../../../rules/index.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { isRead, keep, sourceOf, type FileClassification } from '../pass.ts';
import { folderOf } from '../../../paths.ts';

/** Most kustomizations that are followed. */
const maxFollowed = 200;
const isKustomization = (path: string): boolean => /(?:^|\/)(?:kustomization\.ya?ml|Kustomization)$/.test(path);

interface Kustomization {
  readonly path: string;
  readonly folder: string;
  readonly tree: TreeNode;
  /** It was there before: what the change does not show may list it, too. */
  readonly isOld: boolean;
  /** Paths of what it lists: files, and folders with kustomizations. */
  readonly lists: readonly string[];
}

/**
 * Takes out that an image has no version where every kustomization that leads to it gives it one, and lowers what is said of
 * objects that every one of them deletes. Only what the change itself shows is followed.
 */
export function asKustomized(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  if (!files.some((f) => isKustomization(f.path))) return;
  let all: readonly Kustomization[] | undefined;
  const taken = new Map<Kustomization, readonly Takes[]>();
  const takenBy = (k: Kustomization): readonly Takes[] => {
    let known = taken.get(k);
    if (!known) taken.set(k, (known = deletionsOf(k, files)));
    return known;
  };
  for (const [i, { path, classification }] of judged.entries()) {
    const { after } = files[i]!;
    if (!classification.findings.some((f) => f.rule.startsWith('k8s-')) || !isRead(after)) continue;
    all ??= files.filter((f) => isKustomization(f.path) && isRead(f.after)).map((f) => read(f));
    const ways = waysTo(path, all);
    if (ways.length === 0 || isTakenElsewhere(path, ways, files)) continue;
    const source = sourceOf(path, after);
    const images = ways.map((way) => new Set(way.flatMap(versioned)));
    const deletes = ways.map((way) => way.flatMap(takenBy));
    const left = classification.findings.flatMap((f): Finding[] => {
      if (f.rule === 'k8s-image-unpinned') {
        const name = (backgroundOf(f).key ?? '').replace(/^image:/, '').replace(/:[^/]*$/, '');
        const isPinned = images.every((known) => known.has(name));
        // The transformer looks at containers alone.
        if (isPinned && source.tree.some((r) => hasContainer(r, (n) => source.lineAt(n.start) === f.line))) return [];
      }
      if (!f.rule.startsWith('k8s-') || policy.rules.tiers[f.rule] !== undefined) return [f];
      const root = source.tree.findLast((r) => source.lineAt(firstOf(r)) <= f.line);
      if (!root || !deletes.every((way) => way.some((d) => d(root)))) return [f];
      const title = ruleById(f.rule)?.title ?? f.rule;
      const message = `${title}, in an object that the kustomization of this change deletes: keep that patch.`;
      return [withOther(f, { tier: 'low', message })];
    });
    keep(judged, i, left);
  }
}

function read({ path, before, after }: FileChange): Kustomization {
  const folder = folderOf(path);
  const tree = sourceOf(path, after!).tree[0]!;
  const lists = ['resources', 'bases', 'components'].flatMap((key) => scalars(at(tree, key)));
  return { path, folder, tree, isOld: before !== null, lists: lists.flatMap((l) => resolved(folder, l) ?? []) };
}

/** `../base` seen from a folder; `undefined` outside of the repository or elsewhere. */
function resolved(folder: string, to: string): string | undefined {
  if (/^[\w+.-]+:|^\/|\?/.test(to)) return undefined;
  const parts = folder.split('/').filter((p) => p !== '');
  for (const part of to.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

/** For each kustomization that none of the others lists: those under it, itself included, that lead to the file. */
function waysTo(path: string, all: readonly Kustomization[]): Kustomization[][] {
  if (all.length > maxFollowed) return [];
  const byFolder = new Map(all.map((k) => [k.folder.replace(/\/$/, ''), k]));
  const leads = new Map<Kustomization, boolean>();
  const leadsTo = (k: Kustomization): boolean => {
    const known = leads.get(k);
    if (known !== undefined) return known;
    leads.set(k, false);
    const found = k.lists.some((l) => l === path || (byFolder.has(l) && leadsTo(byFolder.get(l)!)));
    leads.set(k, found);
    return found;
  };
  const listed = new Set(all.flatMap((k) => k.lists));
  const tops = all.filter((k) => leadsTo(k) && !listed.has(k.folder.replace(/\/$/, '')));
  return tops.map((top) => {
    const way = new Set([top]);
    for (const k of way)
      for (const l of k.lists) {
        const next = byFolder.get(l);
        if (next && leads.get(next)) way.add(next);
      }
    // A second way around what the first one treats is not told apart from it here.
    const doors = all.filter((k) => k.lists.includes(path));
    // Below one that others may list, what it does itself holds for them alone.
    const old = [...way].findLastIndex((k) => k.isOld);
    return doors.length === 1 ? [...way].slice(Math.max(0, old)) : old > 0 ? [] : [top];
  });
}

/** Whether another file of the change takes the file, or the folder of a kustomization below the first, as it stands. */
function isTakenElsewhere(path: string, ways: readonly Kustomization[][], files: readonly FileChange[]): boolean {
  const folders = ways.flatMap((way) => way.slice(1).map((k) => k.folder.replace(/\/$/, '')));
  const names = [path, ...folders].filter((name) => name !== '');
  const taken = new RegExp(
    `(?:\\bpath["']?[ \\t]*:[ \\t]*|\\s-[fk][ \\t]+|\\bbuild[ \\t]+|--(?:filename|kustomize)[= ])["']?(?:\\./)?(?:${names.map(escapeRegExp).join('|')})/?(?=["'\\s]|$)`,
  );
  return files.some((f) => f.path !== path && isRead(f.after) && taken.test(f.after));
}

/** Names of images that a kustomization gives a version. */
const versioned = (k: Kustomization): string[] =>
  (at(k.tree, 'images')?.children ?? []).flatMap((image) => {
    const tag = at(image, 'newTag')?.value ?? '';
    const isFixed =
      (at(image, 'digest')?.value ?? '').startsWith('sha256:') || !/^(?:|latest|master|main|edge|nightly)$/.test(tag);
    const name = at(image, 'name')?.value;
    return isFixed && name !== undefined ? [name] : [];
  });

function hasContainer(root: TreeNode, test: (image: TreeNode) => boolean): boolean {
  for (const n of walk(root))
    if (n.key === 'image' && /^(?:initC|c)ontainers$/.test(n.parent?.parent?.key ?? '') && test(n)) return true;
  return false;
}

const firstOf = (root: TreeNode): number => root.children[0]?.start ?? root.start;

type Takes = (object: TreeNode) => boolean;

/** Which objects the patches of a kustomization delete. */
function deletionsOf(k: Kustomization, files: readonly FileChange[]): Takes[] {
  const textOf = (said: string): string => {
    if (said.includes('\n')) return said;
    const path = resolved(k.folder, said);
    const text = files.find((f) => f.path === path)?.after;
    return isRead(text) ? text : '';
  };
  const merged = scalars(at(k.tree, 'patchesStrategicMerge')).map((said) => ({
    target: undefined,
    text: textOf(said),
  }));
  const patches = (at(k.tree, 'patches')?.children ?? []).map((p) => ({
    target: at(p, 'target'),
    text: at(p, 'patch')?.value ?? textOf(at(p, 'path')?.value ?? ''),
  }));
  return [...merged, ...patches].flatMap(({ target, text }): Takes[] => {
    if (!/\$patch["']?\s*:\s*["']?delete/.test(text)) return [];
    const roots = parseTree(text, 'yaml').filter((r) => at(r, '$patch')?.value === 'delete');
    return roots.map((patch) => (target ? (object) => isTarget(object, target) : (object) => isSame(object, patch)));
  });
}

const said = (n: TreeNode | undefined, ...path: readonly string[]): string => at(n, ...path)?.value ?? '';

const isSame = (object: TreeNode, patch: TreeNode): boolean =>
  said(patch, 'kind') !== '' &&
  said(patch, 'metadata', 'name') !== '' &&
  ['apiVersion', 'kind'].every((key) => said(object, key) === said(patch, key)) &&
  ['name', 'namespace'].every((key) => ['', said(object, 'metadata', key)].includes(said(patch, 'metadata', key)));

/** A target names a kind; patterns and labels are not followed. */
function isTarget(object: TreeNode, target: TreeNode): boolean {
  if (!target.children.every((c) => /^(?:group|version|kind|name|namespace)$/.test(c.key))) return false;
  const [version = '', group = ''] = said(object, 'apiVersion').split('/').toReversed();
  return (
    said(target, 'kind') === said(object, 'kind') &&
    said(target, 'kind') !== '' &&
    ['', version].includes(said(target, 'version')) &&
    ['', group].includes(said(target, 'group')) &&
    ['name', 'namespace'].every((key) => ['', said(object, 'metadata', key)].includes(said(target, key)))
  );
}
