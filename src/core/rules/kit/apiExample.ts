/** What the description of an API (OpenAPI, Swagger, AsyncAPI) shows as an example: by the format's own word a specimen. */
import type { Source } from '../../languages/source.ts';
import { at, type TreeNode } from '../../languages/treeNode.ts';

const describing = /^(?:paths|components|definitions|responses|parameters|channels|operations|webhooks)$/;
/** Sent or checked by clients and gateways, wherever it stands. */
const inForce = /^(?:servers|securitySchemes|securityDefinitions|default|const|enum|variables|x-(?!examples?$).*)$/i;
const isExample = /^(?:x-)?examples?$/;
/** What stands below these has names of the author's: a property may be called `example`. */
const named =
  /^(?:properties|patternProperties|schemas|definitions|\$defs|responses|parameters|requestBodies|headers|links|callbacks|pathItems|paths|webhooks|channels|operations|messages|content|encoding|dependentSchemas)$/;

/** What `components` may hold; below another name is whatever somebody put there. */
const kinds =
  /^(?:schemas|responses|parameters|examples|requestBodies|headers|links|callbacks|pathItems|messages|messageTraits|channels|operations|operationTraits|x-examples?)$/;

const hasNames = (n: TreeNode | undefined): boolean => n !== undefined && named.test(n.key) && !hasNames(n.parent);

interface Span {
  readonly start: number;
  readonly end: number;
}
const spansOf = new WeakMap<Source, readonly Span[]>();

/** The outermost examples, in the order of the text. */
function examples(source: Source): readonly Span[] {
  const spans: Span[] = [];
  for (const root of source.tree) {
    const version = ['openapi', 'swagger', 'asyncapi'].map((k) => at(root, k)?.value).find((v) => v !== undefined);
    if (version === undefined || !/^\d/.test(version) || !at(root, 'info')) continue;
    const open = root.children.filter((c) => describing.test(c.key)).toReversed();
    for (let n = open.pop(); n; n = open.pop()) {
      if (n.parent?.key === 'components' && n.parent.parent === root && !kinds.test(n.key)) continue;
      if (isExample.test(n.key) && !hasNames(n.parent)) spans.push(n);
      else if (!inForce.test(n.key)) for (let i = n.children.length - 1; i >= 0; i--) open.push(n.children[i]!);
    }
  }
  return spans;
}

/** Whether an offset lies in an example of the API that the text describes. */
export function isInApiExample(source: Source, offset: number): boolean {
  if (source.language !== 'yaml' && source.language !== 'json') return false;
  if (!source.has(/\b(?:openapi|swagger|asyncapi)["']?[ \t]*:/)) return false;
  let spans = spansOf.get(source);
  if (!spans) spansOf.set(source, (spans = examples(source)));
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (spans[mid]!.start <= offset) low = mid + 1;
    else high = mid;
  }
  return low > 0 && offset < spans[low - 1]!.end;
}
