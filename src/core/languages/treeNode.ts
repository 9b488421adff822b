/** The nodes of configuration as a tree, whatever format it was read from, and the ways about in it. */

export interface TreeNode {
  /** '' for items of a sequence and for roots. */
  readonly key: string;
  kind: 'map' | 'seq' | 'scalar';
  /** Scalar's text without quotes; for HCL the expression as written (quotes stripped when it is one plain string). */
  value: string;
  /** Whether the scalar was quoted. */
  quoted: boolean;
  /** YAML tag or CloudFormation short form (`!Ref`), without value. */
  tag: string;
  /** Of the whole entry, key included. */
  readonly start: number;
  end: number;
  readonly children: TreeNode[];
  /** HCL block labels. */
  readonly labels: readonly string[];
  parent: TreeNode | undefined;
}

/** Nesting beyond this is cut: nobody writes it, and recursion must end. */
export const maxDepth = 200;

/** A scalar without a value, not yet in any tree. `start`: of its entry. */
export function node(key: string, start: number, labels: readonly string[] = []): TreeNode {
  return {
    key,
    kind: 'scalar',
    value: '',
    quoted: false,
    tag: '',
    start,
    end: start,
    children: [],
    labels,
    parent: undefined,
  };
}

export function adopt(parent: TreeNode, child: TreeNode): void {
  parent.children.push(child);
  child.parent = parent;
}

/** Child with this key, at any of the given keys' path; case-sensitive. */
export function at(tree: TreeNode | undefined, ...keys: readonly string[]): TreeNode | undefined {
  let here = tree;
  for (const key of keys) {
    if (!here) return undefined;
    here = here.children.find((c) => c.key === key);
  }
  return here;
}

/** Depth-first walk. */
export function* walk(tree: TreeNode): Generator<TreeNode> {
  const stack = [tree];
  while (stack.length > 0) {
    const here = stack.pop()!;
    yield here;
    for (let i = here.children.length - 1; i >= 0; i--) stack.push(here.children[i]!);
  }
}

/** Keys from the root to this node, '' for items left out. */
export function pathOf(n: TreeNode): string[] {
  const keys: string[] = [];
  for (let here: TreeNode | undefined = n; here; here = here.parent) if (here.key !== '') keys.unshift(here.key);
  return keys;
}

/** The scalar's text, or the scalars of a sequence. */
export function scalars(n: TreeNode | undefined): string[] {
  if (!n) return [];
  if (n.kind === 'scalar') return n.value === '' ? [] : [n.value];
  return n.children.filter((c) => c.kind === 'scalar' && c.key === '').map((c) => c.value);
}

/** What a value belongs to: its own key or, for an item of a list, the list's. */
export const ownerOf = (n: TreeNode): string => (n.key === '' ? (n.parent?.key ?? '') : n.key);
