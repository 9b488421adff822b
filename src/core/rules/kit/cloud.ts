/** Terraform and CloudFormation resources seen alike: attribute names are compared without case and underscores. */
import type { Language } from '../../languages/detect.ts';
import type { Source } from '../../languages/source.ts';
import { parseTree } from '../../languages/tree.ts';
import { walk, type TreeNode } from '../../languages/treeNode.ts';

export const cloudLanguages: readonly Language[] = ['terraform', 'cloudformation', 'bicep'];

export interface Resource {
  /** `aws_s3_bucket` or `AWS::S3::Bucket`. */
  readonly type: string;
  readonly name: string;
  readonly node: TreeNode;
  /** Where the attributes are; the block itself in HCL, `Properties` in CloudFormation. */
  readonly props: TreeNode | undefined;
  readonly hcl: boolean;
}

const cache = new WeakMap<Source, Resource[]>();

/** Resources (and Terraform data sources, whose type is prefixed `data.`). */
export function resources(source: Source): readonly Resource[] {
  let found = cache.get(source);
  if (found) return found;
  found = [];
  for (const root of source.tree) {
    if (source.language === 'terraform') {
      for (const block of root.children) {
        if ((block.key === 'resource' || block.key === 'data') && block.labels.length >= 1)
          found.push({
            type: block.key === 'data' ? `data.${block.labels[0]}` : block.labels[0]!,
            name: block.labels[1] ?? '',
            node: block,
            props: block,
            hcl: true,
          });
      }
    } else if (source.language === 'bicep') {
      for (const block of root.children)
        if (block.key === 'resource') found.push(azure(block, block.labels[0]!, block.labels[1]!));
      const nested = [...root.children];
      for (let list = nested.pop(); list; list = nested.pop()) {
        if (list.key !== 'resources') continue;
        for (const r of list.children) {
          const type = r.children.find((c) => c.key === 'type')?.value;
          if (type) found.push(azure(r, type, r.children.find((c) => c.key === 'name')?.value ?? ''));
          nested.push(...r.children, ...(r.children.find((c) => c.key === 'properties')?.children ?? []));
        }
      }
    } else {
      for (const list of root.children) {
        if (list.key !== 'Resources') continue;
        for (const r of list.children) {
          const type = r.children.find((c) => c.key === 'Type')?.value;
          if (type)
            found.push({
              type,
              name: r.key,
              node: r,
              props: r.children.find((c) => c.key === 'Properties'),
              hcl: false,
            });
        }
      }
    }
  }
  cache.set(source, found);
  return found;
}

/** What shows how a module is used lies beside it, and is put up and taken down again. */
export const isShowingModule = ({ path, text }: Source): boolean =>
  /(?:^|\/)examples?\//.test(path) && /\bsource\s*=\s*"(?:\.\.\/){1,4}[^"\n]{0,80}"/.test(text);

const azure = (node: TreeNode, type: string, name: string): Resource => ({
  type,
  name,
  node,
  props: node.children.find((c) => c.key === 'properties'),
  hcl: false,
});

/** `storage_encrypted` and `StorageEncrypted` are one name. */
export const plain = (key: string): string => key.replace(/[_-]/g, '').toLowerCase();

/** First node under `tree` at the path of plain names; sequences are looked through. */
export function attr(tree: TreeNode | undefined, ...names: readonly string[]): TreeNode | undefined {
  if (!tree) return undefined;
  const [name, ...rest] = names;
  if (name === undefined) return tree;
  const direct =
    tree.kind === 'seq' || tree.children.some((c) => c.key === '')
      ? tree.children.filter((c) => c.key === '').flatMap((c) => c.children)
      : tree.children;
  for (const child of direct) {
    if (plain(child.key) !== name) continue;
    const found = attr(child, ...rest);
    if (found) return found;
  }
  return undefined;
}

export const isFalse = (n: TreeNode): boolean => /^(?:false|no|off|disabled?|0|none)$/i.test(n.value);
export const isTrue = (n: TreeNode): boolean => /^(?:true|yes|on|enabled?|1)$/i.test(n.value);
/** A value this file decides: no reference, variable or template. */
export const isLiteral = (n: TreeNode): boolean =>
  n.kind === 'scalar' && n.tag === '' && !/[${]|^(?:var|local|module|data|each|count)\./.test(n.value);

/** Dotted plain path of a node inside its resource, for keys. */
export function where(r: Resource, n: TreeNode): string {
  const parts: string[] = [];
  for (let here: TreeNode | undefined = n; here && here !== r.node; here = here.parent)
    if (here.key) parts.unshift(plain(here.key));
  return `${r.type}.${r.name}:${parts.join('.')}`;
}

/** All attributes of all resources, deep. */
export function* attributes(source: Source): Generator<{ r: Resource; n: TreeNode; name: string; parent: string }> {
  for (const r of resources(source)) {
    if (!r.props) continue;
    for (const n of walk(r.props)) {
      if (n === r.props || n.key === '') continue;
      let up = n.parent;
      while (up && up.key === '') up = up.parent;
      yield { r, n, name: plain(n.key), parent: up && up !== r.props ? plain(up.key) : '' };
    }
  }
}

/** Trees of JSON that sits in strings (`policy = <<EOF {…} EOF`), offsets shifted into the source. */
export function embeddedJson(source: Source): { tree: TreeNode; shift: number }[] {
  const found: { tree: TreeNode; shift: number }[] = [];
  for (const root of source.tree)
    for (const n of walk(root)) {
      if (n.kind !== 'scalar' || !n.quoted || !/^\s*\{[\s\S]*"/.test(n.value)) continue;
      const start = source.text.indexOf('{', source.text.indexOf(n.key === '' ? '{' : n.key, n.start) + n.key.length);
      if (start < 0 || start > n.end) continue;
      const tree = parseTree(source.text.slice(start, n.end), 'json')[0];
      if (tree) found.push({ tree, shift: start });
    }
  return found;
}
