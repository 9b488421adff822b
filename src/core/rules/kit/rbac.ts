/** What a rule of a role grants, to tell whether one grants no more than another. */
import { at, scalars, type TreeNode } from '../../languages/treeNode.ts';
import type { Source } from '../../languages/source.ts';
import type { Form, Found } from '../rule.ts';

const parts = ['apiGroups', 'resources', 'verbs', 'nonResourceURLs', 'resourceNames'] as const;
type Grant = Record<(typeof parts)[number], readonly string[]>;

/** Lists longer than this are compared as they stand. */
const maxListed = 200;

const nameOf = (root: TreeNode): string => at(root, 'metadata', 'name')?.value ?? '';
const roles = new WeakMap<Source, readonly string[]>();

/** The grant as a form: its parts, the role that it is in, and what other roles the file has. */
export function grantForm(source: Source, root: TreeNode, rule: TreeNode): Form {
  const sinks = roles.get(source) ?? source.tree.slice(0, maxListed).map(nameOf);
  roles.set(source, sinks);
  const kind = at(root, 'kind')?.value ?? '';
  const where = kind === 'Role' ? (at(root, 'metadata', 'namespace')?.value ?? '') : '';
  const grant = Object.fromEntries(parts.map((part) => [part, scalars(at(rule, part))]));
  return { text: JSON.stringify(grant), around: [kind, where, nameOf(root)], sinks };
}

/** Whether a grant that is gone held all that the new one gives, in a role of the same kind and reach. */
export function isCoveredBy(old: Found, now: Found): boolean {
  if (!old.form || !now.form) return false;
  const [kind, where, name = ''] = old.form.around;
  const [newKind, newWhere, newName = ''] = now.form.around;
  if (kind !== newKind || where !== newWhere) return false;
  // Another role is held by others, unless it is the same one under a new name.
  if (name !== newName && (old.form.sinks.includes(newName) || now.form.sinks.includes(name))) return false;
  if (old.form.text === now.form.text) return true;
  const [was, is] = [JSON.parse(old.form.text) as Grant, JSON.parse(now.form.text) as Grant];
  if (parts.some((part) => was[part].length > maxListed || is[part].length > maxListed)) return false;
  const holds = (part: keyof Grant): boolean =>
    was[part].includes('*') || is[part].every((value) => was[part].includes(value));
  // Without names it is all objects.
  const areNamed =
    was.resourceNames.length === 0 ||
    (is.resourceNames.length > 0 && is.resourceNames.every((n) => was.resourceNames.includes(n)));
  return areNamed && parts.every((part) => part === 'resourceNames' || holds(part));
}
