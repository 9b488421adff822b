/** Formats that hold Kubernetes objects, and what of such a text sets something. */
import type { Language } from '../../languages/detect.ts';
import type { Source } from '../../languages/source.ts';
import { at, type TreeNode } from '../../languages/treeNode.ts';

/** Plain YAML is in: values files and fragments of manifests have no kind. */
export const kubernetes: readonly Language[] = ['kubernetes', 'helm', 'kustomize', 'yaml'];

/** By its place, the values or a template of a chart. */
const ofChart =
  /(?:^|\/)(?:charts?|helm|templates|helmfile(?:\.d)?)\/|(?:^|[/._-])values(?:[._-][\w.-]{0,80})?\.(?:ya?ml|tpl)$|(?:^|\/)values\/[^\n]{0,200}\.ya?ml$|\.tpl$/i;
/** Keys that a fragment of an object begins with. */
const ofObject = /^(?:spec|metadata|template|containers|initContainers|(?:pod|container)?securityContext)$/i;

/**
 * Whether a document holds Kubernetes objects, values of a chart, or a part of an object. Plain YAML may be anything: there
 * a container of another tool has keys of the same names.
 */
export function isKube(source: Source, root: TreeNode): boolean {
  if (source.language !== 'yaml') return true;
  if (at(root, 'apiVersion') && at(root, 'kind')) return true;
  if (isConcourse(root) || isPipeline(root)) return false;
  return (
    ofChart.test(source.path) ||
    root.children.some((c) => ofObject.test(c.key) || (at(c, 'op') !== undefined && at(c, 'path') !== undefined))
  );
}

/** A pipeline of Concourse: there an image is a name that another step of the plan fetched. */
export const isConcourse = (root: TreeNode): boolean =>
  at(root, 'jobs')?.children.some((job) => at(job, 'plan')?.kind === 'seq') ?? false;

/** A pipeline of Drone, Woodpecker or Bitbucket, whose steps run in images of a registry. */
export const isPipeline = (root: TreeNode): boolean =>
  at(root, 'kind')?.value === 'pipeline' || at(root, 'steps') !== undefined || at(root, 'pipelines') !== undefined;

/**
 * What a document sets, depth first. Definitions of fields (JSON Schema, as in a CustomResourceDefinition) set nothing but
 * their defaults, which are seen as if they stood at the field.
 */
export function* settings(root: TreeNode): Generator<TreeNode> {
  const stack: { readonly n: TreeNode; readonly isSchema: boolean }[] = [{ n: root, isSchema: false }];
  while (stack.length > 0) {
    const { n, isSchema } = stack.pop()!;
    const defines = isSchema || n.key === 'openAPIV3Schema' ? n.kind === 'map' : isDefinition(n);
    if (!defines) {
      yield n;
      for (let i = n.children.length - 1; i >= 0; i--) stack.push({ n: n.children[i]!, isSchema: false });
      continue;
    }
    for (let i = n.children.length - 1; i >= 0; i--) {
      const c = n.children[i]!;
      if (/^(?:properties|patternProperties|definitions|\$defs|allOf|anyOf|oneOf)$/.test(c.key) && c.kind !== 'scalar')
        // What is no definition there is looked at as it stands.
        for (let k = c.children.length - 1; k >= 0; k--)
          stack.push({ n: c.children[k]!, isSchema: c.kind === 'seq' || isField(c.children[k]!) });
      else if (c.key === 'default') stack.push({ n: { ...c, key: n.key, parent: holderOf(n) }, isSchema: false });
      else if (/^(?:items|additionalProperties|not)$/.test(c.key)) stack.push({ n: c, isSchema: c.kind === 'map' });
      else if (!words.test(c.key)) stack.push({ n: c, isSchema: false });
    }
  }
}

/** Of a field's definition, the definition of what has the field. */
function holderOf(n: TreeNode): TreeNode | undefined {
  const list = n.parent;
  return /^(?:properties|patternProperties)$/.test(list?.key ?? '') ? list?.parent : list;
}

const types = /^(?:object|string|array|integer|boolean|number|null)$/;
/** Words of JSON Schema that say something of a field, without a value for it. */
const words =
  /^(?:type|description|title|format|enum|example|examples|required|nullable|pattern|minimum|maximum|exclusive\w+|min\w+|max\w+|multipleOf|uniqueItems|externalDocs|deprecated|readOnly|writeOnly|const|x-[\w-]+|\$(?:ref|schema|id|comment))$/;

const isField = (n: TreeNode): boolean =>
  n.kind === 'map' &&
  n.children.some(
    (c) =>
      (c.key === 'type' && (c.kind === 'seq' || types.test(c.value))) ||
      /^(?:\$ref|properties|items|(?:all|any|one)Of|x-(?:kubernetes|intellij)-[\w-]+)$/.test(c.key),
  );

/** A definition of several fields, wherever it stands. */
function isDefinition(n: TreeNode): boolean {
  if (n.kind !== 'map') return false;
  const fields = at(n, 'properties');
  return (
    fields?.kind === 'map' &&
    fields.children.length > 0 &&
    (at(n, 'type')?.value === 'object' || at(n, '$schema') !== undefined) &&
    fields.children.every((c) => isField(c))
  );
}
