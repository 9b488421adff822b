import { attributes, cloudLanguages, isLiteral, where } from './kit/cloud.ts';
import type { Rule } from './rule.ts';

export const cloudTlsWeak: Rule = {
  id: 'cloud-tls-weak',
  title: 'Outdated TLS version allowed',
  tier: 'critical',
  category: 'encryption-off',
  languages: cloudLanguages,
  references: ['CWE-326', 'RFC 8996'],
  why: 'TLS 1.0 and 1.1 are withdrawn (RFC 8996); a policy that still allows them lets an attacker talk both ends down to broken ciphers.',
  remedy: 'ask for TLS 1.2 or newer',
  keywords: [],
  check(source, report) {
    for (const { r, n, name } of attributes(source)) {
      if (n.kind !== 'scalar' || !isLiteral(n)) continue;
      const v = n.value;
      const weak =
        (/(?:min(?:imum|imal)?(?:tls|ssl|protocol)|tls(?:min(?:imum)?)?version|tlsversion|minimaltls|minimumprotocolversion|protocolversion$)/.test(
          name,
        ) &&
          /^(?:TLS_?v?)?1[._]?[01]$|^TLSv1(?:_2016|\.1_2016)?$|^SSLv?3$|^TLS1_[01]$|^TLS_1_[01]$|^TLSEnforcementDisabled$|^TLSv1\.1_2016$|^1$/i.test(
            v,
          )) ||
        (/(?:tlssecuritypolicy|sslpolicy|securitypolicy|sslnegotiationpolicy)$/.test(name) &&
          /TLS-?1-?[01]-20|TLS13-1-[01]-|Min-TLS-1-0|^TLS_1_[01]$|^ELBSecurityPolicy-(?:2016-08|2015|TLS-1-[01])|SSLv3|^ELBSample|^TLSv1/i.test(
            v,
          )) ||
        (name === 'profile' && /^COMPATIBLE$/.test(v) && /ssl_policy/i.test(r.type));
      if (weak) report({ start: n.start, end: n.end, key: where(r, n) });
    }
  },
};
