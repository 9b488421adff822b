import type { Source } from '../languages/source.ts';
import { at, ownerOf, pathOf, walk } from '../languages/treeNode.ts';
import { attr, resources } from './kit/cloud.ts';
import { wentWithItsBlock } from './kit/goneAlong.ts';
import { isOnlyCalled } from './kit/workflow.ts';
import type { Hit, Rule } from './rule.ts';

/** Lines that limit a server or a service. What counts is the name, so a value that is changed is left to other rules. */
const lines =
  /^[ \t]*(?:(deny\s+all|internal\s*;|ssl_protocols\s|limit_(?:req|conn)\b|auth_(?:basic|request|jwt)\s+(?!off)|ssl_verify_client\s+on|proxy_ssl_verify\s+on|modsecurity\s+on|add_header\s+(?:Strict-Transport-Security|X-Frame-Options|Content-Security-Policy|X-Content-Type-Options)\b)|(SecRuleEngine\s+On|Require\s+(?:all\s+denied|valid-user|ip\b|group\b|user\b|ldap)|Header\s+(?:always\s+)?set\s+(?:Strict-Transport-Security|X-Frame-Options|Content-Security-Policy|X-Content-Type-Options)|AuthType\s+\w|SSLVerifyClient\s+require|http-request\s+deny|stats\s+auth|tcp-request\s+connection\s+reject)|(NoNewPrivileges|PrivateTmp|PrivateDevices|PrivateNetwork|ProtectHome|ProtectSystem|ProtectKernel\w+|ProtectControlGroups|RestrictSUIDSGID|RestrictAddressFamilies|RestrictNamespaces|MemoryDenyWriteExecute|LockPersonality|SystemCallFilter|CapabilityBoundingSet|DynamicUser|IPAddressDeny)\s*=\s*(?!(?:false|no|off|0)\b)|(requirepass\s+\S|rename-command\s+\w|tls-auth-clients\s+yes|AllowUsers\s+\S|AllowGroups\s+\S|MaxAuthTries\s+\d)|(disable_functions|open_basedir)\s*=\s*\S)/i;

const nameOf = (m: RegExpExecArray): string =>
  (m[1] ?? m[2] ?? m[3] ?? m[4] ?? m[5] ?? '')
    .replace(/\s+\S?$/, '')
    .replace(/\s+/g, ' ')
    .toLowerCase();

export const hardeningRemoved: Rule = {
  id: 'hardening-removed',
  title: 'A limit that kept the damage small is gone',
  tier: 'high',
  category: 'removed-safeguard',
  languages: [
    'github-actions',
    'nginx',
    'ini',
    'kubernetes',
    'helm',
    'docker-compose',
    'kustomize',
    'bicep',
    'terraform',
  ],
  references: ['CWE-693', 'CWE-250', 'Kubernetes Pod Security Standards'],
  why: 'Access rules, request limits, protective headers and sandboxing are missed by nobody until somebody breaks in: everything works without them.',
  remedy: 'put it back, or say what limits it now',
  keywords: [],
  on: 'removed',
  // A rule of a firewall is a block of its own.
  goneAlone: (found, change) => found.key.startsWith('waf:') || !wentWithItsBlock(change, found.line),
  check(source, report) {
    if (source.language === 'terraform') {
      for (const r of resources(source)) {
        if (!webFirewall.test(r.type) || !r.props) continue;
        for (const rule of r.props.children)
          if (/^(?:rule|custom_rules|managed_rules)$/.test(rule.key))
            report({
              start: rule.start,
              end: rule.end,
              key: `waf:${r.type}.${r.name}:${attr(rule, 'name')?.value ?? attr(rule, 'priority')?.value ?? ''}`,
              message:
                'A rule of the web application firewall was taken out: put it back, or say what stops such requests now.',
            });
      }
      return;
    }
    if (source.language === 'github-actions') {
      // Without it the workflow may do whatever its caller may; of others `workflow-permissions` says so.
      const limit = isOnlyCalled(source) ? at(source.tree[0], 'permissions') : undefined;
      if (limit) report(hitOf(limit.start, limit.end - limit.start, 'permissions'));
      return;
    }
    if (source.language === 'nginx' || source.language === 'ini') {
      const allowed = new Set<string>();
      for (const [i, line] of source.lines.entries()) {
        const m = lines.exec(line);
        if (!m) continue;
        // Of several lists of what is allowed each lets in more: they count as one, and one less is stricter.
        if (allows.test(line)) {
          if (allowed.has(nameOf(m))) continue;
          allowed.add(nameOf(m));
        }
        report(hitOf(source.starts[i]!, line.length, nameOf(m)));
      }
      return;
    }
    if (source.language === 'bicep') {
      for (const m of source.text.matchAll(/^[ \t]*@secure\(\)/gm)) report(hitOf(m.index, m[0].length, '@secure()'));
      return;
    }
    inTree(source, report);
  },
};

/** Firewalls of web applications, at the three large providers. */
const webFirewall =
  /^(?:aws_wafv2_(?:web_acl|rule_group)|aws_waf(?:regional)?_web_acl|azurerm_(?:web_application_firewall_policy|frontdoor_firewall_policy|cdn_frontdoor_firewall_policy)|google_compute_(?:region_)?security_policy)$/;

const allows = /^\s*(?:SystemCallFilter|RestrictAddressFamilies)\s*=\s*[\w@]/;

const hitOf = (start: number, length: number, name: string): Hit => ({
  start,
  end: start + length,
  key: `hard:${name}`,
  message: `'${name}' was taken out, which kept the damage small: put it back, or say what limits it now.`,
});

/** Flags of the control plane without which it asks, checks or records less. */
const controlPlane =
  /^--(?:(?:anonymous-auth|profiling)=false|(?:client-cert-auth|peer-client-cert-auth|protect-kernel-defaults|rotate-certificates|service-account-lookup|use-service-account-credentials)=true|read-only-port=0$|(?:authorization-mode|audit-log-path|audit-policy-file|encryption-provider-config|client-ca-file|kubelet-certificate-authority|etcd-cafile|trusted-ca-file|peer-trusted-ca-file|tls-cert-file|tls-cipher-suites|tls-min-version|enable-admission-plugins|root-ca-file)=\S)/;

function inTree(source: Source, report: (hit: Hit) => void): void {
  for (const root of source.tree)
    for (const n of walk(root)) {
      if (
        n.key === 'tls' &&
        n.parent?.key === 'spec' &&
        n.parent.parent === root &&
        at(root, 'kind')?.value === 'Ingress'
      )
        report(hitOf(n.start, n.end - n.start, 'tls'));
      if (n.kind !== 'scalar') continue;
      const owner = ownerOf(n);
      const isLimit =
        (n.value === 'true' && /^(?:runAsNonRoot|readOnlyRootFilesystem|read_only)$/.test(n.key)) ||
        (n.value === 'false' && /^(?:allowPrivilegeEscalation|automountServiceAccountToken)$/.test(n.key)) ||
        (/^(?:drop|cap_drop)$/.test(owner) && /^all$/i.test(n.value)) ||
        (owner === 'security_opt' && /^no-new-privileges(?:[:=]true)?$/.test(n.value)) ||
        (n.key === 'type' && /^(?:RuntimeDefault|Localhost)$/.test(n.value) && pathOf(n).includes('seccompProfile')) ||
        (n.key === 'kind' && n.value === 'NetworkPolicy') ||
        /^pod-security\.kubernetes\.io\/enforce$/.test(n.key) ||
        controlPlane.test(n.value);
      if (isLimit)
        report(
          hitOf(
            n.start,
            n.end - n.start,
            n.key === 'kind'
              ? n.value
              : controlPlane.test(n.value)
                ? n.value.split('=', 1)[0]!
                : owner === 'type'
                  ? 'seccompProfile'
                  : owner,
          ),
        );
    }
}
