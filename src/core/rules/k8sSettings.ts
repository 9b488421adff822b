import { at, ownerOf, pathOf, scalars, type TreeNode } from '../languages/treeNode.ts';
import { kubernetes, settings } from './kit/kube.ts';
import { grantForm, isCoveredBy } from './kit/rbac.ts';
import type { Hit, Rule } from './rule.ts';

/** What Kubernetes itself calls safe: such settings stay inside the pod. */
const safeSysctl =
  /^(?:kernel\.shm_rmid_forced|net\.ipv4\.(?:ip_local_port_range|ip_local_reserved_ports|tcp_syncookies|ping_group_range|ip_unprivileged_port_start|tcp_keepalive_\w+|tcp_fin_timeout|tcp_[rw]mem))$/;
const safeSelinux = /^container(?:_init|_kvm|_engine)?_t$/;
/** Capabilities of containers that other rules do not know, or that are harmless. */
const ownCapability =
  /^(?:CAP_)?(?:ALL|SYS_ADMIN|NET_ADMIN|SYS_PTRACE|SYS_MODULE|DAC_READ_SEARCH|DAC_OVERRIDE|SYS_RAWIO|SYS_BOOT|BPF|NET_RAW|MKNOD|SETUID|SETGID|NET_BIND_SERVICE|CHOWN)$|^CAP_|^$/i;
const workload = /^(?:pods|deployments|daemonsets|statefulsets|replicasets|replicationcontrollers|jobs|cronjobs)$/;
const anyAddress = /^(?:0\.0\.0\.0|::)\/0$/;

type Found = Pick<Hit, 'message' | 'tier'> | undefined;
const medium = 'medium' as const;

/** Whether the ports of a service carry something other than TCP. */
const hasDatagrams = (spec: TreeNode): boolean =>
  (at(spec, 'ports')?.children ?? []).some((p) => /^(?:UDP|SCTP)$/.test(at(p, 'protocol')?.value ?? ''));

/** What a single value says. */
function judged(n: TreeNode, kind: string): Found {
  const v = n.value;
  const on = /^(?:true|yes|on)$/i.test(v);
  switch (n.key) {
    case 'hostPort':
      return /^[1-9]\d*$/.test(v)
        ? {
            tier: medium,
            message: 'The port is open on the node itself, past all network policies: put a service in front.',
          }
        : undefined;
    case 'containerPort':
      return v === '22'
        ? {
            tier: medium,
            message: 'An SSH server in a container is a door nobody needs: use the orchestrator to get in.',
          }
        : undefined;
    case 'runAsGroup':
    case 'fsGroup':
      return v === '0'
        ? { tier: medium, message: `${n.key} 0 is the group of root: give it a group of its own.` }
        : undefined;
    case 'shareProcessNamespace':
      return on
        ? { tier: medium, message: 'Containers of the pod see and stop the processes of each other: leave it off.' }
        : undefined;
    case 'serviceAccountName':
    case 'serviceAccount':
      return v === 'default'
        ? { tier: medium, message: 'Every workload of the namespace shares this account: use one of its own.' }
        : undefined;
    case 'automountServiceAccountToken':
      return on
        ? { tier: medium, message: 'The token of the cluster lies in every container: mount it where it is needed.' }
        : undefined;
    case 'pod-security.kubernetes.io/enforce':
      return v === 'privileged'
        ? { message: 'Pods of the namespace may do anything on their node: enforce baseline or restricted.' }
        : undefined;
    case 'insecure-skip-tls-verify':
      return on
        ? { tier: 'critical', message: 'Any server may say it is the cluster: trust its CA instead.' }
        : undefined;
    case 'nginx.ingress.kubernetes.io/ssl-redirect':
    case 'nginx.ingress.kubernetes.io/force-ssl-redirect':
      return /^false$/i.test(v)
        ? { tier: medium, message: 'Visitors may stay on plain HTTP: redirect them.' }
        : undefined;
    case 'nginx.ingress.kubernetes.io/proxy-ssl-verify':
    case 'nginx.ingress.kubernetes.io/auth-tls-verify-client':
    case 'nginx.ingress.kubernetes.io/enable-modsecurity':
      return /^(?:off|false|optional_no_ca)$/i.test(v)
        ? { message: 'A check of the ingress is switched off: leave it on.' }
        : undefined;
    case 'type':
      if (n.parent?.key === 'seLinuxOptions' && !safeSelinux.test(v))
        return { message: `SELinux type ${v.slice(0, 40)} is not confined as containers are: leave the default.` };
      if (kind !== 'Service' || n.parent?.key !== 'spec') return undefined;
      // An ingress passes on HTTP alone.
      if (v === 'LoadBalancer' && hasDatagrams(n.parent))
        return {
          tier: 'low',
          message:
            'LoadBalancer offers the service outside of the cluster: name its loadBalancerSourceRanges, if they are known.',
        };
      return /^(?:NodePort|LoadBalancer)$/.test(v)
        ? {
            tier: medium,
            message: `${v} offers the service outside of the cluster: ClusterIP behind an ingress will do.`,
          }
        : undefined;
    case 'user':
    case 'role':
      return n.parent?.key === 'seLinuxOptions' && v !== ''
        ? { message: 'SELinux user and role decide what the container may become: leave them out.' }
        : undefined;
    case 'cidr':
      if (kind !== 'NetworkPolicy' || !anyAddress.test(v)) return undefined;
      return pathOf(n).includes('egress')
        ? { tier: medium, message: 'The policy lets the pods reach every address: name the networks.' }
        : { message: 'The policy lets every address in: name the networks or pods.' };
    case 'image':
      return /(?:^|\/)tiller(?::|@|$)/.test(v)
        ? { message: 'Tiller gives whoever reaches it the whole cluster: use Helm 3, which has none.' }
        : undefined;
    case 'name':
      if (ownerOf(n.parent ?? n) === 'sysctls' || n.parent?.parent?.key === 'sysctls')
        return v === '' || safeSysctl.test(v)
          ? undefined
          : { message: `${v.slice(0, 60)} is a setting of the node, which all its pods share: leave it to the node.` };
      if (/^FLASK_(?:ENV|DEBUG)$/.test(v) && /^(?:development|1|true)$/.test(at(n.parent, 'value')?.value ?? ''))
        return {
          tier: medium,
          message: 'The debugger runs code for whoever reaches it: switch it off outside of tests.',
        };
      return undefined;
    default:
      return /^nginx\.ingress\.kubernetes\.io\/[\w-]*snippet$/.test(n.key)
        ? {
            message:
              'A snippet goes unread into the configuration of the shared ingress, which holds all its certificates.',
          }
        : undefined;
  }
}

export const k8sSettings: Rule = {
  id: 'k8s-setting-weak',
  title: 'Workload configured without a limit',
  tier: 'high',
  category: 'security-control-disabled',
  languages: kubernetes,
  references: ['CWE-1188', 'Kubernetes Pod Security Standards', 'CIS Kubernetes 5'],
  why: 'Ports of the node, settings of its kernel, groups of root, shared accounts and open network policies each take away a part of what keeps workloads apart.',
  remedy: 'leave it out, or name what is needed',
  isSame: (old, now) => old.key.split(':')[0] === now.key.split(':')[0] && isCoveredBy(old, now),
  keywords: [
    'hostport',
    'containerport',
    'runasgroup',
    'fsgroup',
    'supplementalgroups',
    'shareprocessnamespace',
    'serviceaccountname',
    'serviceaccount',
    'automountserviceaccounttoken',
    'enforce',
    'insecure',
    'ingress',
    'nginx',
    'selinuxoptions',
    'nodeport',
    'loadbalancer',
    'externalips',
    'networkpolicy',
    'tiller',
    'sysctls',
    'flask_env',
    'flask_debug',
    'capabilities',
    'rules',
  ],
  check(source, report) {
    for (const root of source.tree) {
      const kind = at(root, 'kind')?.value ?? '';
      // Plain YAML may be anything.
      if (source.language === 'yaml' && (kind === '' || !at(root, 'apiVersion'))) continue;
      for (const n of settings(root)) {
        const hit = { start: n.start, end: n.end, key: `${n.key}=${n.value}` };
        if (n.kind === 'scalar') {
          const found = n.value === '' || n.value.includes('{{') ? undefined : judged(n, kind);
          if (found) report({ ...hit, ...found });
        } else if (n.key === 'supplementalGroups' && n.children.some((c) => c.value === '0'))
          report({ ...hit, tier: medium, message: 'Group 0 is the group of root: give it a group of its own.' });
        else if (n.key === 'externalIPs' && kind === 'Service' && n.children.length > 0)
          report({
            ...hit,
            tier: medium,
            message: 'Whoever may set addresses can take the traffic of others: use an ingress.',
          });
        else if (n.key === 'add' && n.parent?.key === 'capabilities') {
          for (const c of n.children)
            if (!ownCapability.test(c.value))
              report({
                start: c.start,
                end: c.end,
                key: `cap:${c.value}`,
                tier: medium,
                message: `${c.value.slice(0, 40)} is more than containers get by default: leave it out unless the program needs it.`,
              });
        } else if (/^(?:ingress|egress)$/.test(n.key) && kind === 'NetworkPolicy') {
          for (const rule of n.children)
            if (rule.kind === 'map' && rule.children.length === 0)
              report({
                start: rule.start,
                end: rule.end,
                key: `${n.key}:all`,
                ...(n.key === 'egress' ? { tier: medium } : {}),
                message: 'An empty rule allows everything: name pods and ports.',
              });
        }
      }
      if (!kind.endsWith('Role')) continue;
      let starts = false;
      for (const rule of at(root, 'rules')?.children ?? []) {
        const verbs = scalars(at(rule, 'verbs'));
        const resources = scalars(at(rule, 'resources'));
        // With a wildcard there it is for the rule on wildcards.
        if (verbs.includes('*') || resources.includes('*')) continue;
        const from = at(rule, 'verbs') ?? rule;
        const key = `${resources.join(',')}:${verbs.join(',')}`;
        const form = grantForm(source, root, rule);
        // Once for the role: who starts pods in one way needs no second one. Named objects are fewer than all.
        const isFull =
          at(rule, 'resourceNames') === undefined &&
          resources.some((r) => workload.test(r) && (r !== 'pods' || verbs.includes('create')));
        if (
          verbs.some((v) => /^(?:create|update|patch)$/.test(v)) &&
          resources.some((r) => workload.test(r)) &&
          !(isFull && starts)
        ) {
          starts ||= isFull;
          const role = `${kind}:${at(root, 'metadata', 'namespace')?.value}:${at(root, 'metadata', 'name')?.value}`;
          report({
            start: from.start,
            end: from.end,
            key: `workload:${role}${isFull ? '' : `:${key}`}`,
            form,
            tier: medium,
            message: `Who starts pods may use every secret and account of ${kind === 'ClusterRole' ? 'every' : 'the'} namespace: grant it to deployers alone.`,
          });
        }
        const proxy = resources.includes('nodes/proxy') && verbs.includes('get') ? at(rule, 'resources') : undefined;
        if (proxy)
          report({
            start: proxy.start,
            end: proxy.end,
            key: `proxy:${key}`,
            form,
            message: 'Reading through the kubelet runs commands in every pod of the node: leave nodes/proxy out.',
          });
        const groups = at(rule, 'apiGroups');
        if (groups && scalars(groups).includes('*'))
          report({
            start: groups.start,
            end: groups.end,
            key: `group:${key}`,
            form,
            tier: medium,
            message: 'The rights hold for groups that are not there yet, too: name the API groups.',
          });
      }
    }
  },
};
