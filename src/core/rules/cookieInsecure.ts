import { code } from './kit/code.ts';
import { switchBack } from './kit/switchBack.ts';
import { codeLanguages, type Rule } from './rule.ts';

export const cookieInsecure: Rule = {
  id: 'cookie-insecure',
  title: 'Cookie without its protections',
  tier: 'high',
  category: 'security-control-disabled',
  languages: [...codeLanguages, 'properties', 'yaml', 'xml', 'ini'],
  references: ['CWE-614', 'CWE-1004', 'CWE-1275', 'OWASP A05:2021'],
  why: 'Without Secure the cookie travels in clear, without HttpOnly scripts can read it, with SameSite=None other sites can send it along: each is a way to take over a session.',
  remedy: 'set Secure, HttpOnly and SameSite=Lax or Strict',
  keywords: [
    'secure',
    'httponly',
    'set_cookie',
    'samesite',
    'session_cookie_secure',
    'csrf_cookie_secure',
    'session_cookie_httponly',
    'cookie',
    'setsecure',
    'sethttponly',
    'session_cookie_samesite',
    'csrf_cookie_httponly',
    'remember_cookie_secure',
    'cookies',
    'usehttponly',
    'requiressl',
    'setcookie',
    'cookiehttponly',
  ],
  check(source, report) {
    const { text } = source;
    for (const m of text.matchAll(
      /\b(?:SESSION|CSRF|LANGUAGE|REMEMBER)_COOKIE_(?:SECURE|HTTPONLY)\s*["'\]]*\s*[=:]\s*(?:False|false)|\bSESSION_COOKIE_SAMESITE\s*["'\]]*\s*=\s*(?:None|False|["']None["'])|\.set(?:Secure|HttpOnly)\s*\(\s*false\s*\)|\bserver\.servlet\.session\.cookie\.(?:secure|http-only)\s*[=:]\s*false|<(?:http-only|secure)>\s*false|\bsession\.cookie_(?:secure|httponly)\s*=\s*(?:0|off|false)|\b(?:Secure|HttpOnly)\s*[=:]\s*false\b|\bcookies?\b[^\n]{0,120}\b(?:secure|httpOnly)\s*:\s*false\b|\b(?:httpOnly|secure)\s*:\s*false\b/gi,
    )) {
      const lineStart = text.lastIndexOf('\n', m.index) + 1;
      const line = text.slice(lineStart, m.index + m[0].length);
      if (/^\s*(?:#|\/\/|\*)/.test(line)) continue;
      const short = /^(?:secure|httponly)\s*[:=]/i.test(m[0]);
      if (short && !/cookie|session/i.test(text.slice(Math.max(0, m.index - 400), m.index + 200))) continue;
      report({ start: m.index, end: m.index + m[0].length, key: m[0].replace(/\s+/g, '').toLowerCase().slice(-40) });
    }
    if (source.language === 'python') {
      const c = code(source);
      for (const call of c.facts.callsNamed(
        'set_cookie',
        'set_signed_cookie',
        'SignedCookieSessionFactory',
        'AuthTktCookieHelper',
        'AuthTktAuthenticationPolicy',
      )) {
        for (const name of ['secure', 'httponly', 'http_only', 'samesite']) {
          const arg = c.named(call, name);
          if (arg && /^(?:False|None|["']None["'])$/i.test(c.text(arg)))
            report({
              start: call.start,
              end: call.end,
              key: `${name}:${source.text.slice(call.start, call.end).replace(/\s+/g, ' ')}`,
            });
        }
        if (
          /^(?:set_cookie)$/.test(call.name) &&
          !c.named(call, 'secure') &&
          !call.args.some((a) => c.text(a).startsWith('**'))
        ) {
          const cookie = c.facts.literal(c.arg(call, 0));
          if (cookie !== undefined && /sess|token|auth|jwt|sid|remember|csrf|user/i.test(cookie))
            report({ start: call.start, end: call.end, key: `nosecure:${cookie}` });
        }
      }
    }
    if (source.language === 'go')
      for (const m of text.matchAll(/&?http\.Cookie\s*\{([^}]{0,400})\}|&?sessions\.Options\s*\{([^}]{0,400})\}/g)) {
        const body = m[1] ?? m[2] ?? '';
        if (!/\bSecure\s*:\s*true/.test(body) || !/\bHttpOnly\s*:\s*true/.test(body))
          report({
            start: m.index,
            end: m.index + m[0].length,
            key: `cookie:${/Name:\s*"([^"]{0,400})"/.exec(body)?.[1] ?? ''}`,
          });
      }
    if (source.language === 'java') {
      const c = code(source);
      for (const call of c.facts.callsNamed('Cookie')) {
        if (!call.isNew || call.args.length < 2) continue;
        const body = c.around(call.start, 0, 10);
        if (!/setSecure\s*\(\s*true/.test(body) || !/setHttpOnly\s*\(\s*true/.test(body))
          report({ start: call.start, end: call.end });
      }
    }
  },
  fix: switchBack('Set the flag'),
};
