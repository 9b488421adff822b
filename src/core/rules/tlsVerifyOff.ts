import { switchBack } from './kit/switchBack.ts';
import { codeLanguages, type Rule } from './rule.ts';

export const tlsVerifyOff: Rule = {
  id: 'tls-verify-off',
  title: 'TLS certificate check switched off',
  tier: 'critical',
  category: 'security-control-disabled',
  languages: codeLanguages,
  references: ['CWE-295', 'OWASP A02:2021'],
  why: 'Without the certificate check anyone on the network can read and change the traffic. There is no harmless use in shipped code: a private CA is trusted by adding it, not by trusting everyone.',
  remedy: 'keep verification on and add the private CA to the trust store',
  keywords: [
    'verify',
    'rejectunauthorized',
    'insecureskipverify',
    'check_hostname',
    '_create_unverified_context',
    'cert_none',
    'node_tls_reject_unauthorized',
    'verify_none',
    'curlopt_ssl_verifypeer',
    'curlopt_ssl_verifyhost',
    'noophostnameverifier',
    'allowallhostnameverifier',
    'allow_all_hostname_verifier',
    'danger_accept_invalid_certs',
    'danger_accept_invalid_hostnames',
    'servercertificatevalidationcallback',
    'servercertificatecustomvalidationcallback',
    'dangerousacceptanyservercertificatevalidator',
    'disable_ssl_certificate_validation',
    'verify_ssl',
    'ssl_verify',
    'verify_certs',
    'strictssl',
    'cert_reqs',
    'verify_peer',
    'assert_hostname',
    'verify_mode',
    'verify_signature',
  ],
  check(source, report) {
    const { code } = source;
    for (const a of code.assignments) {
      const value = code.textOf(a);
      if (
        /^(?:verify|verify_ssl|ssl_verify|verify_certs|verify_peer|verify_peer_name|check_hostname|rejectUnauthorized|strictSSL|strictSsl|assert_hostname|CURLOPT_SSL_VERIFYPEER|CURLOPT_SSL_VERIFYHOST)$/.test(
          a.name,
        ) &&
        /^(?:false|False|0|:?none|nil|None)$/.test(value) &&
        !(a.name === 'verify' && value === 'None')
      )
        report({ ...a, key: a.name });
      else if (
        /^(?:InsecureSkipVerify|disable_ssl_certificate_validation|trustAllCerts)$/.test(a.name) &&
        /^(?:true|True)$/.test(value)
      )
        report({ ...a, key: a.name });
      else if (a.target.endsWith('NODE_TLS_REJECT_UNAUTHORIZED') && /^['"]?0['"]?$/.test(value))
        report({ ...a, key: a.name });
      else if (/(?:^|\.)(?:verify_mode|cert_reqs)$/.test(a.target) && /CERT_NONE|VERIFY_NONE/.test(value))
        report({ ...a, key: a.name });
      else if (a.name.endsWith('_create_default_https_context') && /unverified/.test(value))
        report({ ...a, key: a.name });
      else if (
        /ServerCertificate(?:Custom)?ValidationCallback$/.test(a.name) &&
        /=>\s*true\b|return\s+true|DangerousAcceptAny/.test(value)
      )
        report({ ...a, key: a.name });
    }
    for (const call of code.calls) {
      for (const arg of call.args) {
        if (arg.name === undefined) continue;
        const value = code.textOf(arg);
        if (
          /^(?:verify|verify_ssl|ssl_verify|verify_certs|check_hostname|validate_certs|disable_ssl_certificate_validation)$/.test(
            arg.name,
          ) &&
          (arg.name.startsWith('disable') ? value === 'True' : /^(?:False|false)$/.test(value)) &&
          !/^(?:decode|jwt\.decode|verify)$/.test(call.callee)
        )
          report({ ...code.offsets(arg), start: call.start, key: arg.name });
        else if (arg.name === 'cert_reqs' && /CERT_NONE/.test(value))
          report({ start: call.start, end: code.offsets(arg).end, key: 'cert_reqs' });
      }
      if (
        /^(?:_create_unverified_context|danger_accept_invalid_certs|danger_accept_invalid_hostnames)$/.test(
          call.name,
        ) &&
        code.textOf(call.args[0] ?? { from: 0, to: 0 }) !== 'false'
      )
        report({ start: call.start, end: call.end, key: call.name });
      else if (/(?:Noop|AllowAll|NullHostname)\w*Verifier$/.test(call.name))
        report({ start: call.start, end: call.end, key: call.name });
      else if (
        call.name === 'curl_setopt' &&
        /SSL_VERIFY(?:PEER|HOST)/.test(code.textOf(call.args[1] ?? { from: 0, to: 0 })) &&
        /^(?:false|0)$/i.test(code.textOf(call.args[2] ?? { from: 0, to: 0 }))
      )
        report({ start: call.start, end: call.end, key: code.textOf(call.args[1]!) });
    }
  },
  fix: switchBack('Keep the certificate check on'),
};
