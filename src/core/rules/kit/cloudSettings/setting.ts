/** One attribute of a cloud resource and the values that weaken it; the tables beside are of these. */
import type { TreeNode } from '../../../languages/treeNode.ts';

export interface Setting {
  /** Plain names of the attribute (`kit/cloud.ts`), parted by blanks. */
  readonly names: string;
  readonly bad: (n: TreeNode) => boolean;
  /** Of the resource. */
  readonly type?: RegExp;
  /** Plain name of what the attribute stands in. */
  readonly parent?: RegExp;
  readonly message: string;
  /** Default: that of the rule. */
  readonly tier?: 'critical' | 'medium';
}

export const is =
  (pattern: RegExp) =>
  (n: TreeNode): boolean =>
    pattern.test(n.value);
export const below =
  (limit: number) =>
  (n: TreeNode): boolean =>
    /^\d{1,6}$/.test(n.value) && Number(n.value) < limit;
/** A list that holds such a value. */
export const holds =
  (pattern: RegExp) =>
  (n: TreeNode): boolean =>
    n.children.some((c) => pattern.test(c.value));

export const azureSite = /app_?service|function_?app|web_?app|\/sites/i;
