import type { Call } from '../languages/facts.ts';
import { code, type Code } from './kit/code.ts';
import { codeLanguages, type Rule } from './rule.ts';

const hardcoded = 'Key for tokens or sessions is written into the code: read it from a secret store and change it.';

/** The key of a signing call or of a session, where it is a constant of the code. */
function writtenKey(c: Code, call: Call): string | undefined {
  if (/^Algorithm\.HMAC\d+$/.test(call.callee)) return c.facts.literal(call.args[0]);
  if (call.name === 'SignedString') {
    const written = /^\[\]byte\(\s*["`]([^"`]+)["`]\s*\)$/;
    const key = c.text(call.args[0]);
    if (!/^\w+$/.test(key)) return written.exec(key)?.[1];
    const values = c.facts.valuesOf(key, call.open).map((a) => written.exec(c.text(a))?.[1]);
    return values.length === 1 ? values[0] : undefined;
  }
  // The key of jose: new TextEncoder().encode('…')
  if (call.name === 'encode' && /^TextEncoder\(\)\.encode$/.test(call.callee) && c.source.has(/['"]jose['"]/)) {
    const value = c.facts.literal(call.args[0]);
    const { tokens } = c.facts;
    const before = tokens
      .slice(Math.max(0, call.first - 4), call.first)
      .map((t) => t.text)
      .join(' ');
    return value && value.length > 7 && /(?:secret|key)\w{0,40}\s{0,4}=/i.test(before) ? value : undefined;
  }
  if (call.name === 'createHmac' && call.args[1] && !/KEY|EXAMPLE/.test(c.text(call.args[1])))
    return c.facts.literal(call.args[1]) || undefined;
  if (
    /^(?:javascript|typescript|tsx)$/.test(c.source.language) &&
    /^(?:session|cookieSession|expressSession|jwt|expressjwt|expressJwt|cookieParser)$/.test(call.callee)
  ) {
    const secret = c.option(call, /^secret$/) ?? (call.callee === 'cookieParser' ? call.args[0] : undefined);
    return (secret && c.facts.literal(secret)) || undefined;
  }
  return undefined;
}

/** A token that carries the password of the one it is for. */
function tellsPassword(c: Code, call: Call): boolean {
  if (!/^(?:jwt|jsonwebtoken|JWT|jose\.JWT)\.(?:sign|encode)$/.test(call.callee)) return false;
  const payload = call.args[0];
  if (!payload) return false;
  const name = /^\w+$/.exec(c.text(payload))?.[0];
  const texts = name === undefined ? [payload] : c.facts.valuesOf(name, payload.from);
  return texts.some(
    (a) => /["'{,\s](?:password|passwd)["']?\s*[:,}]/i.test(c.text(a)) && /^\{|^dict\(/.test(c.text(a)),
  );
}

const unsound = /verify\s*=\s*False|["']verify_signature["']\s*:\s*False|algorithms\s*=\s*\[?\s*["']none["']/i;

/** Whether the same token is decoded once more further down, with its signature: the first look only finds the key for it. */
function decodedAgain(c: Code, first: Call): boolean {
  const token = c.text(first.args[0]);
  return c.facts.calls.some((call) => {
    if (call.name !== 'decode' || call.start <= first.start || c.text(call.args[0]) !== token) return false;
    const body = c.text({ from: call.open, to: call.close + 1 });
    return /\balgorithms\s*=/.test(body) && !unsound.test(body);
  });
}

/**
 * Whether a token comes straight from who issued it, as the answer to the program's own request over TLS: then OpenID
 * Connect lets the connection stand for the signature (Core 3.1.3.7).
 */
function isFromIssuer(c: Code, token: Call['args'][number] | undefined): boolean {
  if (!token) return false;
  const only = (range: { readonly from: number; readonly to: number }): typeof range | undefined => {
    const name = c.text(range);
    if (!/^\w+$/.test(name)) return range;
    const values = c.facts.valuesOf(name, range.from);
    return values.length === 1 && values[0]!.op !== '+=' ? values[0] : undefined;
  };
  const given = only(token);
  const text = given ? c.text(given) : '';
  const owner =
    /^(\w+)\.Extra\("id_token"\)(?:\.\(string\))?$/.exec(text)?.[1] ??
    /^(\w+)(?:\.id_token|\[["']id_token["']\]|\.get\(["']id_token["']\))$/.exec(text)?.[1];
  if (owner === undefined || !given) return false;
  if (c.source.language === 'go') {
    // An answer that the program makes up itself may hold anything.
    if (!c.source.has(/"golang\.org\/x\/oauth2"/) || c.source.has(/\bWithExtra\b|\boauth2\.Token\s*\{/)) return false;
    if (c.source.has(/["`]http:\/\/|\bInsecureSkipVerify\s*[:=]\s*true/)) return false;
    if (c.source.has(new RegExp(`\\(\\s*(?:[^(){}]{0,400},\\s*)?${owner}\\s+\\*oauth2\\.Token\\b`)))
      return c.facts.valuesOf(owner, given.from).length === 0;
    const values = c.facts.valuesOf(owner, given.from);
    const by = values.length === 1 ? /^(\w[\w.]{0,80})\.Exchange\(/.exec(c.text(values[0]))?.[1] : undefined;
    // Whatever else exchanges something may hand out what it was given.
    const name = by?.slice(by.lastIndexOf('.') + 1);
    return (
      name !== undefined &&
      c.source.has(new RegExp(`\\b${name}(?:\\s*:?=\\s*|\\s*:\\s*|\\s+(?:=\\s*)?)[&*]?oauth2\\.Config\\b`))
    );
  }
  // `requests.post("https://…/token", …).json()`, by way of the answer's name or not.
  let values = c.facts.valuesOf(owner, given.from);
  for (let hops = 0; hops < 3; hops++) {
    if (values.length !== 1) return false;
    const value = c.text(values[0]);
    if (/\bverify\s*=\s*False\b|rejectUnauthorized\s*:\s*false/.test(value)) return false;
    if (
      /^(?:await\s+)?(?:requests|httpx|session|axios)\.post\(\s*f?["'`]https:\/\/[^"'`{$\s]{1,200}\/token["'`]|^(?:await\s+)?fetch\(\s*["'`]https:\/\/[^"'`$\s]{1,200}\/token["'`]/.test(
        value,
      )
    )
      return true;
    const next = /^(?:await\s+)?\(?(?:await\s+)?(\w{1,60})\.(?:json\(\)|data)\)?$/.exec(value)?.[1];
    if (next === undefined) return false;
    values = c.facts.valuesOf(next, values[0]!.from);
  }
  return false;
}
const fromIssuer = {
  tier: 'medium',
  message:
    'Token is read without its signature, which holds only while it comes straight from the issuer over TLS: check iss, aud, exp and nonce, and take it from nowhere else.',
} as const;

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
    'algorithm',
    'decodejwt',
    'textencoder',
    'signedstring',
    'jwts',
    'createhmac',
    'session',
    'cookiesession',
    'expressjwt',
    'secret_key',
    'secret',
    'jwt_secret_key',
    'signingmethodnone',
    'cookieparser',
    'signaturealgorithm',
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
    'secretorkey',
    'get_unverified_claims',
    'signaturevalidator',
    'requirehttpsmetadata',
    'validateissuer',
    'validateaudience',
    'encode',
    'simple_bind_s',
    'simple_bind',
    'ldap',
    'password',
  ],
  check(source, report) {
    const c = code(source);
    for (const m of source.text.matchAll(
      /\bjwt\.(?:SigningMethodNone|UnsafeAllowNoneSignatureType)\b|\bSignatureAlgorithm\.NONE\b|\bJwtAlgorithm\.None\b/g,
    ))
      report({ start: m.index, end: m.index + m[0].length, key: 'none' });
    // Flask signs its sessions with this key.
    if (source.language === 'python')
      for (const a of c.facts.assignments)
        if (
          /^(?:app|application)\.(?:secret_key|config\.(?:SECRET_KEY|JWT_SECRET_KEY))$/.test(a.target) &&
          c.facts.literal(a)
        )
          report({ start: a.start, end: a.end, key: 'flask-secret', tier: 'high', message: hardcoded });
    for (const call of c.facts.calls) {
      const body = c.text({ from: call.open, to: call.close + 1 });
      const hit = { start: call.start, end: call.end };
      if (/^(?:jwt|jose|JWT|pyjwt|jose\.jwt|JsonWebToken)\.decode$/.test(call.callee) && source.language === 'python') {
        if (unsound.test(body) && !decodedAgain(c, call))
          report({ ...hit, key: 'unverified', ...(isFromIssuer(c, call.args[0]) && fromIssuer) });
      } else if (
        call.callee === 'jwt.encode' &&
        source.language === 'python' &&
        /algorithm\s*=\s*["']none["']/i.test(body)
      )
        report({ ...hit, key: 'none' });
      else if (
        /^(?:jwt|jsonwebtoken|JWT)\.(?:verify|sign)$/.test(call.callee) &&
        /algorithms?\s*["']?\s*:\s*\[?[^\]]{0,400}["']none["']/i.test(body)
      )
        report({ ...hit, key: 'none' });
      else if (call.name === 'get_unverified_claims' && !source.has(/\bjwt\.decode\s*\(|\.verify\s*\(/))
        report({ ...hit, key: 'unverified', tier: 'high' });
      else if (call.name === 'ParseUnverified')
        report({ ...hit, key: call.name, ...(isFromIssuer(c, call.args[0]) && fromIssuer) });
      else if (/ParseUnverified$|setSkipSignatureVerification$|UnsafeAllowNoneSignatureType$/.test(call.callee))
        report({ ...hit, key: call.name });
      else if (
        /^JWT\.decode$/.test(call.callee) &&
        source.language === 'ruby' &&
        /,\s*(?:nil|false)\b[^)]{0,400}false|,\s*nil\s*,\s*false/.test(body)
      )
        report({ ...hit, key: 'unverified' });
      else if (
        /^JWT\.encode$/.test(call.callee) &&
        source.language === 'ruby' &&
        /,\s*nil\b|,\s*["']none["']/.test(body)
      )
        report({ ...hit, key: 'none' });
      else if (
        source.language === 'php' &&
        /(?:^|\.)JWT\.decode$|^JWT::decode$/.test(call.callee) &&
        (/^(?:null|''|"")$/.test(c.text(call.args[1])) || /["']none["']/i.test(body))
      )
        report({ ...hit, key: 'unverified' });
      else if (
        /^(?:java|kotlin|scala|groovy)$/.test(source.language) &&
        source.has(/\bJwts\b/) &&
        (/^parse(?:ClaimsJwt|PlaintextJwt|UnsecuredClaims|UnsecuredContent)$/.test(call.name) ||
          // Whatever key the parser has, this method takes tokens without a signature, too.
          /^Jwts\.parser(?:Builder)?\(\)(?:\.\w+\(\))*\.parse$/.test(call.callee))
      )
        report({ ...hit, key: 'unsigned' });
      else if (
        /^(?:simple_bind(?:_s)?|bind(?:_s)?)$/.test(call.name) &&
        source.has(/ldap/i) &&
        call.args.length >= 2 &&
        c.facts.literal(call.args[1]) === ''
      )
        report({
          ...hit,
          key: 'bind',
          message: 'A directory takes a login without a password as anonymous: ask for one.',
        });
      else if (
        /^(?:jose\.)?(?:decodeJwt)$/.test(call.callee) &&
        source.has(/['"]jose['"]/) &&
        // To read a token is fine where it is verified, too.
        !source.has(/\bjwtVerify\b|\bcompactVerify\b|\bjwtDecrypt\b/)
      )
        report({ ...hit, key: 'decode', tier: 'high' });
      else if (/^(?:jose\.)?JWT\.(?:verify|sign)$/.test(call.callee) && /\bJWK\.None\b/.test(body))
        report({ ...hit, key: 'none' });
      else if (tellsPassword(c, call))
        report({
          ...hit,
          key: 'password in token',
          tier: 'medium',
          message: 'Anybody can read what is in a token: leave the password out.',
        });
      else if (/^Algorithm\.none$|alg\w*\.none$/i.test(call.callee)) report({ ...hit, key: 'none' });
      else if (call.name === 'decode' && source.has(/['"]jwt-simple['"]/) && /^true$/.test(c.text(call.args[2])))
        report({ ...hit, key: 'unverified' });
      else if (
        /^(?:jwt|jsonwebtoken|JWT)\.decode$/.test(call.callee) &&
        source.has(/['"]jsonwebtoken['"]|com\.auth0\.jwt|\bDecodedJWT\b/) &&
        // To read a token is fine where it is verified, too.
        !source.has(/\.verify\s*\(|JWTVerifier|\.require\s*\(/)
      )
        report({ ...hit, key: 'decode', tier: 'high' });
      else if (/^Jwts\.builder\(\)\.(?:\w+\(\)\.)*compact$/.test(call.callee) && !call.callee.includes('signWith'))
        report({ ...hit, key: 'unsigned' });
      else if (writtenKey(c, call) !== undefined) report({ ...hit, key: 'key', tier: 'high', message: hardcoded });
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
            message: hardcoded,
          });
      }
    }
    // Passwords that can be compared as they are, are stored as they are.
    if (/pass/i.test(source.text))
      for (const m of source.text.matchAll(
        /(?<![\w.])(?:user|account|row|u|found|doc|result|admin|member)\.(?:password|passwd)\s*(?:===?|!==?)\s*(?:req(?:uest)?\b|body\.|form\.|params\[|input|data\[|password\b)|\breq(?:uest)?\.[\w.[\]"']{1,60}passw(?:or)?d["'\]]{0,2}\s*(?:===?|!==?)\s*(?:user|account|row|u|found|doc|result|admin|member)\.passw/g,
      ))
        report({
          start: m.index,
          end: m.index + m[0].length,
          key: 'plain-password',
          tier: 'high',
          message: 'Passwords are compared, so stored, in clear: store a password hash and let its library compare.',
        });
    for (const a of c.facts.assignments)
      if (
        a.name === 'SignatureValidator' &&
        /new\s+(?:Jwt|Json)\w*Token\s*\(/.test(c.text(a)) &&
        !/Validate/.test(c.text(a))
      )
        report({ start: a.start, end: a.end, key: a.name });
      else if (
        /^(?:RequireHttpsMetadata|ValidateIssuer|ValidateAudience)$/.test(a.name) &&
        c.text(a) === 'false' &&
        source.language === 'c-sharp'
      )
        report({ start: a.start, end: a.end, key: a.name, tier: 'high' });
      else if (
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
          message: hardcoded,
        });
  },
  fix(text) {
    const m =
      /^((?:ValidateIssuerSigningKey|RequireSignedTokens|ValidateLifetime|RequireExpirationTime|RequireHttpsMetadata)\s*=\s*)false$/.exec(
        text,
      );
    if (m) return { title: 'Keep the check on', newText: `${m[1]}true` };
    const expiry = /^(ignoreExpiration\s*:\s*)true$/.exec(text);
    return expiry ? { title: 'Keep the check on', newText: `${expiry[1]}false` } : undefined;
  },
};
