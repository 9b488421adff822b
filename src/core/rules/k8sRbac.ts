import { at, scalars, type TreeNode, walk } from '../languages/treeNode.ts';
import { isKube, kubernetes } from './kit/kube.ts';
import { grantForm, isCoveredBy } from './kit/rbac.ts';
import type { Hit, Rule } from './rule.ts';

const write = /^(?:\*|create|update|patch|delete|deletecollection|approve|sign|bind|escalate|impersonate)$/;
const sensitive =
  /^(?:\*|secrets|pods\/exec|pods\/attach|pods\/ephemeralcontainers|serviceaccounts\/token|(?:cluster)?roles|(?:cluster)?rolebindings|(?:validating|mutating)webhookconfigurations|certificatesigningrequests(?:\/\w+)?|nodes\/proxy|signers|validatingadmissionpolic\w+|persistentvolumes|customresourcedefinitions|users|groups|serviceaccounts)$/;

/** Groups that a product made for itself: not those of Kubernetes and its distributions. */
const isCustom = (group: string): boolean =>
  /^[\w-]+(?:\.[\w-]+)+$/.test(group) && !/(?:^|\.)(?:k8s\.io|kubernetes\.io|openshift\.io)$/.test(group);

/** Whether a role's own name or labels name the product that a group belongs to. */
function isOwn(metadata: TreeNode | undefined, group: string): boolean {
  if (!metadata || !isCustom(group)) return false;
  const said = [...walk(metadata)].map((n) => (n.kind === 'scalar' ? `-${dashed(n.value)}-` : '')).join(' ');
  return group
    .split('.')
    .slice(0, -1)
    .some((part) => part.length > 3 && !anybody.test(part) && said.includes(`-${dashed(part)}-`));
}
const dashed = (name: string): string => name.toLowerCase().replace(/[^a-z\d]+/g, '-');
/** Parts of a group that name no product. */
const anybody =
  /^(?:management|monitoring|security|config|core|apps?|cluster|operators?|system|network(?:ing)?|storage|policy|auth|data|cloud|infra(?:structure)?|platform|resources?|extensions?|services?)$/i;
/** Kinds by which a product hands out rights, or runs what it is given. */
const powerful =
  /role|binding|token|user|secret|polic|exception|project|application|provider|(?:task|pipeline)run|workflow|issuer|cluster/i;

/** Kinds that run what they are given. */
const runs =
  /^(?:pods|deployments|daemonsets|statefulsets|replicasets|replicationcontrollers|jobs|cronjobs|rollouts|scaledjobs|sparkapplications|podtemplates)$/;

/** Kinds by whose change what runs can be taken over, let out of its limits or reached from inside, and all of a kind. */
const opens =
  /^(?:nodes|namespaces|apiservices|endpoints|endpointslices|volumeattachments|csidrivers|.*\/(?:\*|proxy|portforward)|\*\/.*)$/;

/** What is told of these lets who reads it run code there, or holds the secrets of all kinds. */
const opensRead = /^(?:.*\/(?:\*|proxy|portforward)|\*\/.*)$/;

/**
 * What a rule reaches but for the named kinds that nobody is warned of for themselves: where the role had that before, only
 * more of these are new.
 */
function moreKinds(root: TreeNode, rule: TreeNode): Hit['closer'] {
  const [name, space] = ['name', 'namespace'].map((key) => at(root, 'metadata', key)?.value);
  const [groups, res, v, objects] = ['apiGroups', 'resources', 'verbs', 'resourceNames'].map((key) =>
    scalars(at(rule, key)).toSorted(),
  ) as [string[], string[], string[], string[]];
  if (!name || groups.length === 0 || v.some((x) => /^(?:impersonate|escalate|bind)$/.test(x))) return undefined;
  const hot = res.filter((x) => sensitive.test(x));
  const isAll = v.includes('*');
  // All verbs include those that nobody has thought of: left to kinds that a product brought along.
  if (isAll ? hot.length > 0 || !groups.every(isCustom) : hot.length === 0) return undefined;
  const reach = v.some((x) => write.test(x))
    ? res.filter((x) => hot.includes(x) || powerful.test(x) || runs.test(x) || opens.test(x))
    : res.filter((x) => hot.includes(x) || opensRead.test(x));
  return {
    subject: `more:${[[at(root, 'kind')?.value ?? '', space ?? '', name], groups, v, objects, reach].map((part) => part.join(',')).join(':')}`,
    ...(isAll
      ? { tier: 'high', message: 'The role gets every right on more kinds of a product: name the verbs it needs.' }
      : {
          tier: 'medium',
          message: 'The role gets the rights that it has on more kinds: see that the workload needs them there.',
        }),
  };
}

export const k8sRbac: Rule = {
  id: 'k8s-rbac-wide',
  title: 'Cluster role grants far-reaching rights',
  tier: 'critical',
  category: 'iam-permission',
  languages: kubernetes,
  references: ['CWE-269', 'CWE-732', 'Kubernetes RBAC Good Practices'],
  why: 'Wildcards, secrets, exec, impersonation, webhooks and certificate approval each lead to full control of the cluster (RBAC Good Practices: privilege escalation risks).',
  remedy: 'name the resources and verbs the workload needs, in one namespace',
  keywords: ['rules', 'roleref', 'subjects'],
  isSame: isCoveredBy,
  check(source, report) {
    for (const root of source.tree) {
      const kind = at(root, 'kind')?.value ?? '';
      for (const rules of [at(root, 'rules')]) {
        if (!rules || !/Role$|^$/.test(kind)) continue;
        const known = isKube(source, root);
        for (const rule of rules.children) {
          // Rules of something else have other words.
          if (!known && !at(rule, 'apiGroups') && !at(rule, 'nonResourceURLs')) continue;
          const verbs = at(rule, 'verbs');
          const resources = at(rule, 'resources');
          const groups = scalars(at(rule, 'apiGroups'));
          const v = scalars(verbs);
          const res = scalars(resources);
          const nonUrl = scalars(at(rule, 'nonResourceURLs'));
          const wild = v.includes('*') || res.includes('*') || nonUrl.includes('*');
          const hot = res.filter((x) => sensitive.test(x));
          const reads = hot.some((x) => /^(?:secrets|\*)$/.test(x)) && v.some((x) => /^(?:get|list|watch|\*)$/.test(x));
          const bad =
            wild ||
            (hot.length > 0 &&
              v.some((x) => write.test(x)) &&
              !hot.every((x) => x === 'serviceaccounts' || x === 'persistentvolumes')) ||
            reads ||
            v.some((x) => /^(?:impersonate|escalate|bind)$/.test(x));
          if (!bad) continue;
          // Of named objects alone: that is the narrow form the remedy asks for.
          if (
            !wild &&
            !v.includes('create') &&
            res.every((x) => !/^(?:cluster)?role/.test(x)) &&
            scalars(at(rule, 'resourceNames')).length > 0
          )
            continue;
          // In all namespaces it is another right.
          const parts = [groups, res, v, scalars(at(rule, 'resourceNames'))].map((part) => part.join(','));
          const key = `rbac:${kind === 'Role' ? 'own:' : ''}${parts.join(':')}`;
          // All verbs on named kinds of the product's own: more of the same is no new reach.
          const ofOwn =
            wild &&
            hot.length === 0 &&
            nonUrl.length === 0 &&
            groups.length > 0 &&
            groups.every((g) => isOwn(at(root, 'metadata'), g));
          const span =
            resources && verbs
              ? { start: Math.min(resources.start, verbs.start), end: Math.max(resources.end, verbs.end) }
              : { start: rule.start, end: rule.end };
          const escalates =
            wild ||
            hot.some((x) => !/^secrets$/.test(x)) ||
            v.some((x) => /^(?:impersonate|escalate|bind)$/.test(x)) ||
            (v.includes('create') && kind !== 'Role');
          const form = grantForm(source, root, rule);
          const more = nonUrl.length === 0 ? moreKinds(root, rule) : undefined;
          report({
            ...span,
            key,
            form,
            ...(escalates ? {} : { tier: 'high' as const }),
            ...(kind === 'Role'
              ? {
                  message:
                    'The role grants far-reaching rights in its namespace: name the resources and verbs the workload needs.',
                }
              : {}),
            ...(more && { closer: more }),
            ...(ofOwn && {
              closer: {
                subject: `own:${kind}:${at(root, 'metadata', 'name')?.value}:${groups.join(',')}:${v.join(',')}:${res
                  .filter((x) => powerful.test(x))
                  .toSorted()
                  .join(',')}`,
                message: "The role gets every right on more kinds of the product's own: name the verbs it needs.",
                tier: 'medium' as const,
              },
            }),
          });
          if (ofOwn) continue;
          if (
            verbs &&
            ((v.includes('*') && span.start !== verbs.start) || (hot.length > 0 && v.some((x) => write.test(x))))
          )
            report({
              start: verbs.start,
              end: verbs.end,
              // Said again only where they are others, or reach further.
              key: more ? `${more.subject}#verbs` : `${key}#verbs`,
              form,
            });
        }
      }
      if (kind.endsWith('RoleBinding')) {
        const role = at(root, 'roleRef', 'name');
        if (role && /^(?:cluster-admin|admin|system:masters|system:node|edit)$/.test(role.value))
          report({
            start: role.start,
            end: role.end,
            key: `binding:${role.value}`,
            ...(role.value === 'edit' || role.value === 'admin' ? { tier: 'high' as const } : {}),
            message: 'Binds a built-in administrator role: bind a role with the rights that are needed.',
          });
        for (const s of at(root, 'subjects')?.children ?? []) {
          const name = at(s, 'name');
          if (
            name &&
            /^system:(?:anonymous|unauthenticated|authenticated|serviceaccounts|masters)$|^default$/.test(name.value)
          )
            report({
              start: name.start,
              end: name.end,
              key: `subject:${name.value}`,
              ...(name.value === 'default' ? { tier: 'high' as const } : {}),
              message: 'Binds a role to everyone (or to the shared default account): bind it to one account.',
            });
        }
      }
    }
  },
};
