/** A folder of the node that a chart mounted before, and mounts now by a value: as long as nobody sets it, the same one. */
import { splitLines } from '../../../hunks.ts';
import { Source } from '../../../languages/source.ts';
import { at, type TreeNode, walk } from '../../../languages/treeNode.ts';
import type { FileChange } from '../../../model.ts';
import { backgroundOf } from '../../background.ts';
import { normalise } from '../../sides.ts';
import { isRead, keep, sourceOf, type FileClassification } from '../pass.ts';

const treeOf = (path: string, text: string): readonly TreeNode[] => (isRead(text) ? sourceOf(path, text).tree : []);

/** Takes out that a value mounts a folder, where its default is the folder mounted before and the chart's values leave it at that. */
export function withoutSameFolders(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const { before, after } = files[i]!;
    const isOfValue = classification.findings.some((f) => backgroundOf(f).key === 'hostPath:value');
    const chart = /^(.*?)templates\//.exec(path)?.[1];
    if (!isOfValue || !before || !after || chart === undefined) continue;
    const values = files.find((f) => f.path === `${chart}values.yaml`)?.after;
    if (!values) continue;
    const set = treeOf('values.yaml', values);
    const old = treeOf(path, before);
    const lines = splitLines(after);
    const roots = treeOf(path, after);
    const starts = new Source(path, normalise(after), 'helm').starts;
    const left = classification.findings.filter((f) => {
      if (backgroundOf(f).key !== 'hostPath:value') return true;
      const value = defaultOf(/\{\{([^{}]+)\}\}/.exec(lines[f.line - 1] ?? '')?.[1] ?? '', after);
      const root = roots.findLast((r) => r.start <= (starts[f.line - 1] ?? 0));
      if (!value || !root || !isLeftAt(set, value) || files.some((o) => saysOther(o.after ?? '', value))) return true;
      return !old.some((r) => idOf(r) === idOf(root) && mounts(r, value.folder));
    });
    keep(judged, i, left);
  }
}

interface Value {
  readonly path: readonly string[];
  readonly folder: string;
}

/** What an expression of a template gives when its value is not set: `default "/data" .Values.dir`, by a variable or not. */
function defaultOf(expression: string, text: string): Value | undefined {
  let e = unbarred(expression)
    .replace(/\|\s*s?quote$/, '')
    .trimEnd();
  if (/^\$\w+$/.test(e)) {
    const given = [...text.matchAll(/\{\{-?\s*(\$\w+)\s*:?=([^{}]+)\}\}/g)].filter((m) => m[1] === e);
    if (given.length !== 1) return undefined;
    e = unbarred(given[0]![2]!);
  }
  const m =
    /^default\s+"([^"]+)"\s+\.Values\.([\w.]+)$/.exec(e) ??
    /^\.Values\.(?<path>[\w.]+)\s*\|\s*default\s+"(?<folder>[^"]+)"$/.exec(e);
  if (!m) return undefined;
  return { folder: m.groups?.['folder'] ?? m[1]!, path: (m.groups?.['path'] ?? m[2]!).split('.') };
}

/** Without the bars that trim what stands around it. */
const unbarred = (expression: string): string => expression.replace(/^-/, '').replace(/-$/, '').trim();

const bare = (folder: string): string => folder.replace(/(?<=.)\/+$/, '');

/** Whether the chart's own values leave a value unset, or say its default. */
function isLeftAt(values: readonly TreeNode[], { path, folder }: Value): boolean {
  if (values.length !== 1) return false;
  const found = at(values[0], ...path);
  return (
    !found || (found.kind === 'scalar' && (/^(?:|~|null)$/.test(found.value) || bare(found.value) === bare(folder)))
  );
}

/** Whether a text of the change sets what has the name of the value to another folder. */
function saysOther(text: string, { path, folder }: Value): boolean {
  const name = path.at(-1)!;
  if (!text.includes(name) || !isRead(text)) return false;
  return [
    ...text.matchAll(new RegExp(`\\b${name}["']?[ \\t]{0,8}[:=][ \\t]{0,8}["']?([^\\s"'#,{}]{1,300})`, 'g')),
  ].some((m) => bare(m[1]!) !== bare(folder) && m[1] !== 'null' && m[1] !== '~');
}

const idOf = (root: TreeNode): string => `${at(root, 'kind')?.value}/${at(root, 'metadata', 'name')?.value}`;

const mounts = (root: TreeNode, folder: string): boolean =>
  [...walk(root)].some((n) => n.key === 'path' && n.parent?.key === 'hostPath' && bare(n.value) === bare(folder));
