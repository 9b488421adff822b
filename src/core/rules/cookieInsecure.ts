import type { Source } from '../languages/source.ts';
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
    'session',
    'sessions',
    'cookiesession',
    'httpcookie',
    'cookieoptions',
    'setrawcookie',
    'session_set_cookie_params',
    'samesitenonemode',
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
      // What a condition gives else: `given ? cookie.secure : false`.
      if (codeLanguages.includes(source.language) && /\?[^\n?]{1,200}\.\w+\s{0,9}:\s{0,9}false$/i.test(line)) continue;
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
          const cookie = c.facts.literal(c.arg(call, 0)) ?? c.text(c.arg(call, 0));
          report({ start: call.start, end: call.end, key: `nosecure:${cookie}` });
        }
      }
    }
    if (source.language === 'go')
      for (const m of text.matchAll(/&?http\.Cookie\s*\{([^}]{0,400})\}|&?sessions\.Options\s*\{([^}]{0,400})\}/g)) {
        // A client sends back what it was given.
        if (/AddCookie\(\s*&?$/.test(text.slice(Math.max(0, m.index - 40), m.index))) continue;
        // A flag may be set in a statement of its own.
        const body =
          (m[1] ?? m[2] ?? '') +
          [
            ...text
              .slice(m.index + m[0].length, m.index + m[0].length + 400)
              .matchAll(/\.(Secure|HttpOnly)\s*=\s*(\w+)/g),
          ]
            .map((f) => `,${f[1]}: ${f[2]}`)
            .join('');
        // A variable or a call decides it where the scheme is known; `false` is said above.
        if (!/\bSecure\s*:\s*(?!false)\w/.test(body) || !/\bHttpOnly\s*:\s*(?!false)\w/.test(body))
          report({
            start: m.index,
            end: m.index + m[0].length,
            key: `cookie:${/Name:\s*"([^"]{0,400})"/.exec(body)?.[1] ?? ''}`,
          });
      }
    if (source.language === 'go')
      for (const m of text.matchAll(/\bSameSite\s*:\s*http\.SameSiteNoneMode\b/g))
        report({ start: m.index, end: m.index + m[0].length, key: 'samesite' });
    if (/^(?:javascript|typescript)$/.test(source.language)) javascript(source, report);
    if (source.language === 'php') php(source, report);
    if (source.language === 'c-sharp') {
      const c = code(source);
      for (const call of c.facts.callsNamed('HttpCookie', 'CookieOptions')) {
        const body = c.around(call.start, 0, 10);
        if (call.isNew && (!/Secure\s*=\s*(?!false)/.test(body) || !/HttpOnly\s*=\s*(?!false)/.test(body)))
          report({ start: call.start, end: call.end });
      }
    }
    if (source.language === 'java' || source.language === 'kotlin') {
      const c = code(source);
      for (const call of c.facts.callsNamed('secure', 'httpOnly'))
        if (/(?:Response|New)Cookie\b/.test(call.callee) && c.text(call.args[0]) === 'false')
          report({
            start: call.start,
            end: call.end,
            key: `${call.name}:${c.text({ from: call.first, to: call.open })}`,
          });
      for (const call of c.facts.callsNamed('Cookie')) {
        if (!call.isNew || call.args.length < 2 || !source.has(/addCookie|Cookie\s+\w+\s*=/)) continue;
        const body = c.around(call.start, 0, 10);
        if (!/setSecure\s*\(\s*true/.test(body) || !/setHttpOnly\s*\(\s*true/.test(body))
          report({ start: call.start, end: call.end });
      }
    }
  },
  fix(text) {
    // A call that names some of the flags gets the missing ones; nothing that is on is ever switched off.
    if (/\bset_(?:signed_)?cookie\(/.test(text) && text.endsWith(')')) {
      const on = text.replace(/\b(secure|httponly)(\s*=\s*)(?:False|None)\b/g, '$1$2True');
      const missing = ['secure', 'httponly'].filter((f) => !new RegExp(`\\b${f}\\s*=`).test(on));
      const inside = on.slice(0, -1).trimEnd().replace(/,$/, '');
      return { title: 'Set the flags', newText: `${inside}${missing.map((f) => `, ${f}=True`).join('')})` };
    }
    return /\b(?:false|False)$/.test(text) ? switchBack('Set the flag')(text) : undefined;
  },
};

type Report = Parameters<Rule['check']>[1];

function javascript(source: Source, report: Report): void {
  const c = code(source);
  for (const call of c.facts.callsNamed('cookie', 'setCookie', 'session', 'cookieSession', 'expressSession')) {
    if (/^(?:res|response|reply)\.(?:cookie|setCookie)$/.test(call.callee)) {
      const name = c.facts.literal(call.args[0]);
      const options = c.text(call.args[2]);
      const unknown = options !== '' && (!options.startsWith('{') || options.includes('...'));
      if (name !== undefined && /sess|token|auth|jwt|sid\b|remember|refresh/i.test(name) && !unknown)
        if (!/secure/.test(options) || !/httpOnly/.test(options))
          report({ start: call.start, end: call.end, key: `cookie:${name}` });
    } else if (
      /^(?:session|cookieSession|expressSession)$/.test(call.callee) &&
      source.has(/express-session|cookie-session/)
    ) {
      const all = c.text({ from: call.open, to: call.close + 1 });
      if (
        /^\(\s*\{/.test(all) &&
        !/\bsecure\s*:/.test(all) &&
        !/\.\.\.|cookie\s*[,}]|cookie\s*:\s*\w+\b(?!\s*\{)/.test(all)
      )
        report({ start: call.start, end: call.end, key: 'session' });
    }
  }
}

function php(source: Source, report: Report): void {
  const c = code(source);
  const on = /^(?:true|1|\$)/i;
  for (const call of c.facts.callsNamed('setcookie', 'setrawcookie', 'session_set_cookie_params')) {
    const given = call.args.map((a) => c.text(a));
    const flag = (name: string): boolean => on.test(c.text(c.named(call, name)));
    const array = given.find((o) => /^\[|^array\(/.test(o));
    const at = call.name.startsWith('session') ? 3 : 5;
    const isSafe = array
      ? /['"]secure['"]\s*=>\s*(?!false)/i.test(array) && /['"]httponly['"]\s*=>\s*(?!false)/i.test(array)
      : (on.test(given[at] ?? '') || flag('secure')) && (on.test(given[at + 1] ?? '') || flag('httponly'));
    if (!isSafe && given.length > 0) report({ start: call.start, end: call.end });
  }
}
