import { walk } from '../languages/treeNode.ts';
import { kubernetes } from './kit/kube.ts';
import type { Rule } from './rule.ts';

/** Command-line flags of control plane programs that switch a control off: flag, bad value, tier. */
const flags: readonly [RegExp, RegExp, 'critical' | 'high'][] = [
  [
    /^--(?:client-cert-auth|peer-client-cert-auth|authorization|kubelet-https|tls|auth|authentication|enable-admission)$/,
    /^false$/,
    'critical',
  ],
  [
    /^--(?:anonymous-auth|insecure-skip-tls-verify|auto-tls|peer-auto-tls|enable-skip-login|insecure|disable-auth|allow-privileged|profiling|enable-insecure-login|skip-tls-verify|kubelet-insecure-tls|tls-insecure|no-auth|insecure-registry|enable-debugging-handlers)$/,
    /^(?:true|)$/,
    'high',
  ],
  [/^--(?:authorization-mode)$/, /AlwaysAllow/, 'critical'],
  [/^--(?:insecure-port|read-only-port)$/, /^[1-9]/, 'critical'],
  [/^--(?:insecure-bind-address|insecure-allow-any-token)$/, /./, 'critical'],
  [/^--(?:enable-admission-plugins)$/, /AlwaysAdmit/, 'critical'],
  [
    /^--(?:disable-admission-plugins)$/,
    /PodSecurity|NodeRestriction|ServiceAccount|NamespaceLifecycle|EventRateLimit/,
    'critical',
  ],
  [/^--(?:basic-auth-file|token-auth-file)$/, /./, 'critical'],
  [
    /^--(?:service-account-lookup|protect-kernel-defaults|make-iptables-util-chains|rotate-certificates|use-service-account-credentials)$/,
    /^false$/,
    'high',
  ],
  [/^--(?:bind-address|address)$/, /^0\.0\.0\.0$/, 'high'],
  [/^--(?:audit-log-maxage|streaming-connection-idle-timeout)$/, /^0s?$/, 'high'],
  [/^--tls-cipher-suites$/, /RC4|3DES|TLS_RSA_WITH|_CBC_SHA(?:,|$)/, 'high'],
];

export const k8sFlags: Rule = {
  id: 'k8s-control-plane-flag',
  title: 'Control plane started without a safeguard',
  tier: 'critical',
  category: 'security-control-disabled',
  languages: kubernetes,
  references: ['CIS Kubernetes 1.2, 2.1, 4.2', 'CWE-306'],
  why: 'The flag turns off authentication, authorisation or TLS of a program that holds the whole cluster (CIS Kubernetes Benchmark).',
  remedy: 'remove the flag and configure certificates',
  keywords: [
    'client',
    'anonymous',
    'insecure',
    'tls',
    'auth',
    'authorization',
    'admission',
    'read',
    'basic',
    'token',
    'bind',
    'profiling',
    'kubelet',
    'service',
    'protect',
    'skip',
    'debugging',
    'address',
    'rotate',
    'audit',
    'streaming',
  ],
  check(source, report) {
    for (const root of source.tree)
      for (const n of walk(root)) {
        if (n.kind !== 'scalar' || !n.value.startsWith('--')) continue;
        const eq = n.value.indexOf('=');
        const name = eq < 0 ? n.value : n.value.slice(0, eq);
        const value = eq < 0 ? '' : n.value.slice(eq + 1);
        for (const [flag, bad, tier] of flags)
          if (flag.test(name) && (eq >= 0 || bad.test('')) && bad.test(value))
            report({ start: n.start, end: n.end, key: `${name}=${value}`, tier });
      }
  },
};
