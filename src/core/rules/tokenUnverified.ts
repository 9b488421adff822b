import { code } from './kit/code.ts';
import { codeLanguages, type Rule } from './rule.ts';

export const tokenUnverified: Rule = {
  id: 'token-not-verified',
  title: 'Token accepted without a sound check',
  tier: 'critical',
  category: 'authentication',
  languages: codeLanguages,
  references: ['CWE-347', 'CWE-345', 'OWASP A07:2021'],
  why: 'A token whose signature is not checked, or may be "none", says whatever its sender likes.',
  remedy: 'verify the signature with a fixed list of algorithms',
  keywords: [
    'jwt',
    'decode',
    'verify',
    'jose',
    'none',
    'parser',
    'jsonwebtoken',
    'parseunverified',
    'jws',
    'algorithms',
    'unsafeallownonesignaturetype',
    'setskipsignatureverification',
    'validateissuersigningkey',
    'requiresignedtokens',
    'validatelifetime',
    'ignoreexpiration',
    'hs256',
    'sign',
  ],
  check(source, report) {
    const c = code(source);
    for (const call of c.facts.calls) {
      const body = c.text({ from: call.open, to: call.close + 1 });
      const hit = { start: call.start, end: call.end };
      if (/^(?:jwt|jose|JWT|pyjwt|jose\.jwt|JsonWebToken)\.decode$/.test(call.callee) && source.language === 'python') {
        if (/verify\s*=\s*False|["']verify_signature["']\s*:\s*False|algorithms\s*=\s*\[?\s*["']none["']/i.test(body))
          report({ ...hit, key: 'unverified' });
      } else if (
        /^(?:jwt|jsonwebtoken|JWT)\.(?:verify|sign)$/.test(call.callee) &&
        /algorithms?\s*["']?\s*:\s*\[?[^\]]{0,400}["']none["']/i.test(body)
      )
        report({ ...hit, key: 'none' });
      else if (/ParseUnverified$|setSkipSignatureVerification$|UnsafeAllowNoneSignatureType$/.test(call.callee))
        report({ ...hit, key: call.name });
      else if (
        /^JWT\.decode$/.test(call.callee) &&
        source.language === 'ruby' &&
        /,\s*(?:nil|false)\b[^)]{0,400}false|,\s*nil\s*,\s*false/.test(body)
      )
        report({ ...hit, key: 'unverified' });
      else if (/^Algorithm\.none$|alg\w*\.none$/i.test(call.callee)) report({ ...hit, key: 'none' });
      else if (
        /^(?:jwt|jsonwebtoken|JWT|jose\.JWT|jose|JWK)\.(?:sign|verify|asKey|encode|decode)$/.test(call.callee) ||
        (/^(?:sign|verify|asKey)$/.test(call.callee) && source.has(/jsonwebtoken|jose/))
      ) {
        const keyIndex = call.name.endsWith('asKey') ? 0 : 1;
        const key = c.arg(call, keyIndex);
        const value = key ? c.facts.literal(key) : undefined;
        if (
          value !== undefined &&
          value.length > 0 &&
          !/-----BEGIN (?:PUBLIC|CERT|RSA PUBLIC)|^\$|process\.env/.test(value)
        )
          report({
            ...hit,
            key: `jwt-secret:${call.callee}:${source.lines[source.lineAt(call.start) - 1]?.trim().length ?? 0}`,
            tier: 'high',
            message: 'Key for tokens is written into the code: read it from a secret store and change it.',
          });
      }
    }
    for (const a of c.facts.assignments)
      if (
        /^(?:ValidateIssuerSigningKey|RequireSignedTokens|ValidateLifetime|RequireExpirationTime)$/.test(a.name) &&
        c.text(a) === 'false'
      )
        report({ start: a.start, end: a.end, key: a.name });
      else if (/^(?:ignoreExpiration)$/.test(a.name) && c.text(a) === 'true')
        report({ start: a.start, end: a.end, key: a.name, tier: 'high' });
      else if (a.name === 'secretOrKey' && c.facts.literal(a))
        report({
          start: a.start,
          end: a.end,
          key: a.name,
          tier: 'high',
          message: 'Key for tokens is written into the code: read it from a secret store and change it.',
        });
  },
};
