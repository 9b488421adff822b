/** Permission statements wherever they are written: IAM JSON, CloudFormation, `jsonencode`, heredocs, Terraform's policy documents. */
import type { Source } from '../../languages/source.ts';
import { walk, type TreeNode } from '../../languages/treeNode.ts';
import { embeddedJson, plain } from './cloud.ts';

export interface PolicyStatement {
  readonly node: TreeNode;
  /** To add to node offsets. */
  readonly shift: number;
  readonly allow: boolean;
  readonly actions: readonly TreeNode[];
  readonly notActions: readonly TreeNode[];
  readonly resources: readonly TreeNode[];
  readonly principals: readonly TreeNode[];
  readonly notPrincipals: readonly TreeNode[];
  readonly conditioned: boolean;
  readonly isTrust: boolean;
}

const leaves = (n: TreeNode | undefined): TreeNode[] => {
  if (!n) return [];
  const found: TreeNode[] = [];
  for (const x of walk(n)) if (x.kind === 'scalar' && x.value !== '') found.push(x);
  return found;
};

/** Never throws. */
export function policyStatements(source: Source): PolicyStatement[] {
  const found: PolicyStatement[] = [];
  const look = (root: TreeNode, shift: number): void => {
    for (const n of walk(root)) {
      if (n.kind !== 'map') continue;
      const child = (name: string): TreeNode | undefined => n.children.find((c) => plain(c.key) === name);
      const effect = child('effect');
      const actions = child('action') ?? child('actions');
      const notActions = child('notaction') ?? child('notactions');
      const document = n.key === 'statement' && source.language === 'terraform';
      // A resource policy may leave its actions to the place where it is used.
      if (!actions && !notActions && !child('principal')) continue;
      if (!effect && !document) continue;
      const principals = document
        ? n.children
            .filter((c) => c.key === 'principals')
            .flatMap((p) => leaves(p.children.find((c) => c.key === 'identifiers')))
        : leaves(child('principal'));
      const actionLeaves = leaves(actions);
      found.push({
        node: n,
        shift,
        allow: !effect || /allow/i.test(effect.value),
        actions: actionLeaves,
        notActions: leaves(notActions),
        resources: leaves(child('resource') ?? child('resources')),
        principals,
        notPrincipals: leaves(child('notprincipal')),
        conditioned: child('condition') !== undefined,
        isTrust: actionLeaves.some((a) => /^sts:AssumeRole/i.test(a.value)),
      });
    }
  };
  for (const root of source.tree) look(root, 0);
  for (const { tree, shift } of embeddedJson(source)) look(tree, shift);
  return found;
}
