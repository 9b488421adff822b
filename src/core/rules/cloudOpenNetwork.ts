import { attr, cloudLanguages, plain, resources, where, type Resource } from './kit/cloud.ts';
import type { TreeNode } from '../languages/treeNode.ts';
import { walk } from '../languages/treeNode.ts';
import type { Rule } from './rule.ts';

const world = /^(?:0\.0\.0\.0\/0|[0:]{0,40}::[0:]{0,40}\/0|\*|Internet|Any|0\.0\.0\.0)$/i;
const source_ =
  /^(?:cidrblocks?|ipv6cidrblocks?|cidripv?4?|cidripv6|cidrip|sourceranges|destinationranges|sourceaddressprefix(?:es)?|sourceaddresses|sourceips|remoteipprefix|sourceipaddress|destinationips|destinationaddresses|source|cidrlist|sourcecidrblock|inboundcidrs|cidripv4|cidr)$/;

export const cloudOpenNetwork: Rule = {
  id: 'cloud-open-network',
  title: 'Firewall opened to every address',
  tier: 'critical',
  category: 'network-exposure',
  languages: cloudLanguages,
  references: ['CWE-284', 'CIS AWS 5.2', 'OWASP A05:2021'],
  why: 'A rule for 0.0.0.0/0 (or ::/0, *, Internet) has no source restriction at all; inbound it offers the port to every scanner, outbound it gives malware a way to send data home.',
  remedy: 'name the networks or security groups that need it',
  keywords: [],
  check(source, report) {
    for (const r of resources(source)) {
      if (
        !/secur|secgroup|firewall|network_?acl|_fw_rule|nsg|fw_rule|lightsail_instance_public|cidr/i.test(r.type) ||
        r.type.startsWith('data.') ||
        !r.props
      )
        continue;
      if (
        !/security_?group|sec_?group|security_?list|firewall|network_?acl|fw_rule|security_?rule|network_?security/i.test(
          r.type,
        )
      )
        continue;
      const acl = /network_?acl/i.test(r.type);
      for (const n of walk(r.props)) {
        const name = plain(n.key);
        if (!source_.test(name)) continue;
        const direction = directionOf(r, n);
        if (acl && direction === 'egress') continue;
        if (denies(r, n)) continue;
        const port = portOf(n, r);
        for (const leaf of n.kind === 'seq' ? n.children : [n]) {
          if (!world.test(leaf.value)) continue;
          if (/^(?:\*|any|internet)$/i.test(leaf.value) && !/^(?:sourceaddress|remote|source)/.test(name)) continue;
          // A web front is public on purpose.
          if (direction === 'ingress' && /^(?:80|443)$/.test(port) && !acl) {
            report({
              start: leaf.start,
              end: leaf.end,
              key: `${where(r, n)}:${port}`,
              tier: 'high',
              message: `Port ${port} opened to every address: put a load balancer or a content network in front, or name the networks.`,
            });
            continue;
          }
          // To go out by one port is far less than what a group may do that says nothing; to say that, is as much.
          const isOut = direction === 'egress';
          const isNarrow = isOut && /^[1-9]\d*$/.test(port);
          report({
            start: leaf.start,
            end: leaf.end,
            key: `${where(r, n)}:${leaf.value}`,
            ...((isNarrow || (isOut && !acl && isDefault(n, r))) && {
              tier: 'medium' as const,
              message: `${isNarrow ? `Port ${port}` : 'Everything'} may be reached at every address from here: name the networks, where they are known.`,
            }),
          });
        }
      }
      // No source at all where the default is "anyone".
      if (
        /openstack_fw_rule|openstack_networking_secgroup_rule/.test(r.type) &&
        !attr(r.props, 'sourceipaddress') &&
        !attr(r.props, 'remoteipprefix') &&
        !attr(r.props, 'remotegroupid') &&
        !denies(r, r.props)
      )
        report({ start: r.node.start, end: r.node.end, key: where(r, r.node), tier: 'high' });
      // All ports and protocols in an allow rule of an ACL.
      if (acl) {
        for (const n of walk(r.props)) {
          if (plain(n.key) !== 'protocol' || !/^(?:-1|all)$/i.test(n.value) || denies(r, n)) continue;
          report({
            start: n.start,
            end: n.end,
            key: where(r, n),
            tier: 'high',
            message: 'Network ACL allows all ports and protocols: list those that are needed.',
          });
        }
      }
    }
  },
};

function directionOf(r: Resource, n: TreeNode): 'ingress' | 'egress' {
  for (let here: TreeNode | undefined = n; here && here !== r.node; here = here.parent)
    if (/egress|outbound/i.test(here.key)) return 'egress';
  const type = attr(r.props, 'type') ?? attr(r.props, 'direction') ?? attr(r.props, 'egress');
  if (/egress|outbound|^true$/i.test(type?.kind === 'scalar' ? type.value : '') || /egress/i.test(r.type))
    return 'egress';
  return 'ingress';
}

/** All protocols to everywhere is what a security group of AWS may do that says nothing. */
const isDefault = (n: TreeNode, r: Resource): boolean =>
  /^aws_|^AWS::/.test(r.type) &&
  [n.parent, n.parent?.parent, r.props].some((t) =>
    /^(?:-1|all)$/i.test((attr(t, 'protocol') ?? attr(t, 'ipprotocol'))?.value ?? ''),
  );

function denies(r: Resource, n: TreeNode): boolean {
  const near = [n.parent, n.parent?.parent, r.props];
  for (const t of near) {
    const action = t?.children.find((c) => /^(?:action|ruleaction|access)$/.test(plain(c.key)));
    if (action && /deny|drop|reject/i.test(action.value)) return true;
    if (action) return false;
    if (t?.children.some((c) => c.key === 'deny')) return true;
  }
  return false;
}

function portOf(n: TreeNode, r: Resource): string {
  for (const t of [n.parent, n.parent?.parent, r.props]) {
    const from =
      attr(t, 'fromport') ?? attr(t, 'destinationportrange') ?? attr(t, 'ports') ?? attr(t, 'destinationport');
    const to = attr(t, 'toport') ?? from;
    if (!from) {
      const ports = t ? attr(t, 'allow', 'ports') : undefined;
      if (ports && ports.children.length === 1) return ports.children[0]!.value;
      continue;
    }
    if (from.kind === 'seq') return from.children.length === 1 ? from.children[0]!.value : '';
    return from.value === to?.value ? from.value : '';
  }
  return '';
}
