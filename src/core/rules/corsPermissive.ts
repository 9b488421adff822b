import { code } from './kit/code.ts';
import { fromRequest } from './kit/taint.ts';
import { codeLanguages, type Rule } from './rule.ts';

export const corsPermissive: Rule = {
  id: 'cors-any-origin',
  title: 'Any site may read the answers',
  tier: 'high',
  category: 'security-control-disabled',
  languages: [...codeLanguages, 'nginx', 'yaml', 'json', 'xml', 'properties'],
  references: ['CWE-942', 'CWE-346', 'OWASP A05:2021'],
  why: "With `*`, `null` or a reflected origin, a page anywhere can call this service from the visitor's browser and read what comes back.",
  remedy: 'list the origins that need it',
  keywords: [
    'checkorigin',
    'postmessage',
    'addeventlistener',
    'corsorigin',
    'corsorigins',
    'corsoptions',
    'corslayer',
    'allow_any_origin',
    'allowedorigin',
    'corswhitelist',
    'originwhitelist',
    'corsallowlist',
    'cors_origins',
    'corspolicy',
    'setallowedoriginpatterns',
    'access',
    'cors',
    'allow_origins',
    'allowanyorigin',
    'crossorigin',
    'cors_allow_all_origins',
    'cors_origin_allow_all',
    'allowedorigins',
    'addallowedorigin',
    'origins',
    'origin',
    'setisoriginallowed',
    'alloworigins',
    'allowcredentials',
    'cross_origin',
    'allowallorigins',
    'setaccesscontrolalloworigin',
    'allowedoriginpatterns',
    'cors_allowed_origins',
    'allow_origin',
    'alloworigin',
  ],
  check(source, report) {
    const { text } = source;
    for (const m of text.matchAll(
      /["']?Access-Control-Allow-Origin["']?\s*(?:,|:|=|\]\s*=|\s)\s*["']?(?:\*|null)(?=["'\s;,)}]|$)|\b(?:CORS_ALLOW_ALL_ORIGINS|CORS_ORIGIN_ALLOW_ALL)\s*=\s*True|\ballow_origins\s*=\s*\[?\s*["']\*["']|\ballow_origin_regex\s*=\s*r?["']\.\*["']|\bAllowAnyOrigin\s*\(|\b(?:AllowAllOrigins|AllowAnyOrigin)\s*[:=]\s*true|\bAllowOrigins?\s*[:=]\s*(?:\[\]string\s*\{)?\s*["']\*["']|\.WithOrigins\s*\(\s*["']\*["']|@CrossOrigin\s*(?:\(\s*(?:origins\s*=\s*)?\{?\s*["']\*["'][^)]{0,400}\)|(?=\s*(?:\n|@|public|class)))|\b(?:addAllowedOrigin|addAllowedOriginPattern|setAccessControlAllowOrigin)\s*\(\s*["'](?:\*|null)["']|\b(?:allowedOrigins|allowedOriginPatterns)\s*\(\s*["']\*["']|\bsetAllowedOrigins\s*\([^)\n]{0,400}["']\*["']|\borigins?\s*[:=]\s*(?:\[\s*)?["']\*["']|\bSetIsOriginAllowed\s*\(\s*_?\w*\s*=>\s*true|\bcors_allowed_origins\s*=\s*["']\*["']|\bcors\s*\(\s*\)|\bCheckOrigin\s*[:=]\s*func\s*\([^)\n]{0,60}\)\s*bool\s*\{\s*return\s+true\b|\b(?:CORS_ORIGINS|CORS_ALLOWED_ORIGINS)\s*=\s*\[?\s*["']\*["']|\bsetAllowedOriginPatterns\s*\([^)\n]{0,200}["']\*["']|\.allow_any_origin\s*\(\)|\bCors::permissive\s*\(\)|\bCorsLayer::(?:permissive|very_permissive)\s*\(\)/g,
    )) {
      const lineStart = text.lastIndexOf('\n', m.index) + 1;
      const line = text.slice(lineStart, text.indexOf('\n', m.index) < 0 ? text.length : text.indexOf('\n', m.index));
      if (/^\s*(?:#|\/\/|\*)/.test(line)) continue;
      if (/^origins?\s*[:=]/.test(m[0]) && !source.has(/cors/i)) continue;
      // Discovery documents are for everybody (RFC 8615; OpenID Connect Discovery and RFC 8414 ask for it).
      const above = text.slice(Math.max(0, m.index - 400), m.index);
      if (/["'`]\/\.well-known\//.test(above) && !/credentials/i.test(text.slice(m.index, m.index + 400))) continue;
      const isDiscovery =
        /\*["']?$/.test(m[0]) &&
        isMetadata(text.slice(Math.max(0, m.index - 4000), m.index)) &&
        !/credentials/i.test(text);
      report({
        start: m.index,
        end: m.index + m[0].length,
        ...(isDiscovery && {
          tier: 'low',
          message: 'Any site may read this: right for a discovery document and public keys, and for nothing else.',
        }),
      });
    }
    // The same by the method of the answer, whose names of headers mean the same in any case; or the origin that asks.
    if (/^(?:java|kotlin|scala|php|ruby|go)$/.test(source.language)) {
      const c = code(source);
      for (const call of c.facts.callsNamed('setHeader', 'addHeader', 'header', 'set', 'Set', 'Add', 'putHeader')) {
        const [name, value] = call.args;
        if (!name || !/access-control-allow-origin/i.test(c.text(name))) continue;
        const whole = value ? c.facts.literal(value) : undefined;
        const known = c.facts.literal(name)?.startsWith('Access-Control') === true;
        if (whole === '*' || whole === 'null') {
          if (!known) report({ start: call.start, end: call.end });
        } else if (
          (value ?? !known) &&
          fromRequest(c, value ?? name) &&
          !/contains|indexOf|allow|whitelist|trusted|valid|equals|in_array|include\?|match|==|startsWith|HasSuffix/i.test(
            c.around(call.start, 8, 0).replace(/Access-Control-[\w-]{1,40}/gi, ''),
          )
        )
          report({
            start: call.start,
            end: call.end,
            message: 'Whatever origin asks is allowed: compare it with a list first.',
          });
      }
    }
    if (/^(?:javascript|typescript|tsx)$/.test(source.language)) {
      const c = code(source);
      // Messages between windows.
      for (const call of c.facts.callsNamed('postMessage'))
        if (
          c.facts.literal(call.args[1]) === '*' &&
          /(?:parent|opener|top|window|frame|Window|popup|target)\.postMessage$/.test(call.callee)
        )
          report({
            start: call.start,
            end: call.end,
            message: 'Message goes to whatever page is there: name the origin it is for.',
          });
      for (const call of c.facts.callsNamed('addEventListener')) {
        if (c.facts.literal(call.args[0]) !== 'message' || !/^(?:window\.|self\.)?addEventListener$/.test(call.callee))
          continue;
        const handler = c.text(call.args[1]);
        if (
          /=>|^(?:async\s+)?function/.test(handler) &&
          !/origin|source\s*[!=]==?|isTrusted/.test(handler) &&
          /innerHTML|eval\(|location|localStorage|document\./.test(handler)
        )
          report({
            start: call.start,
            end: call.end,
            message: 'Messages of any page are obeyed: compare event.origin with the one that may send.',
          });
      }
      for (const call of c.facts.callsNamed('set', 'writeHead', 'header', 'setHeaders')) {
        const head = c.text({ from: call.open, to: call.close });
        if (
          call.args.length < 3 &&
          /["']access-control-allow-origin["']\s*:\s*(?:req|request)\b[.[]/i.test(head) &&
          !/\b(?:includes|has|test)\(/.test(c.around(call.start, 10, 0))
        )
          report({ start: call.start, end: call.end });
      }
      for (const call of c.facts.callsNamed('setHeader', 'header', 'set', 'writeHead')) {
        const [name, value] = call.args;
        if (
          name &&
          value &&
          /access-control-allow-origin/i.test(c.text(name)) &&
          /\breq(?:uest)?\b[.[]/.test(c.text(value))
        )
          report({ start: call.start, end: call.end });
      }
      // A pattern for origins whose dots are wild: /^https://x.example.com/
      for (const t of c.facts.tokens) {
        if (t.kind !== 'regex') continue;
        const body = source.slice(t);
        const near = c.around(t.start, 3, 0);
        // Only a pattern of hosts can be one for origins.
        if (
          !/cors|origins?\b|allow_?list|white_?list/i.test(near) ||
          !/\.[a-z]{2,6}(?:\$|\\?\/|:|\)|\/[a-z]*$)/i.test(body)
        )
          continue;
        if (/[a-z0-9]\.(?![*+?{\\])[a-z]{2,}/i.test(body.replace(/\\\./g, '')) || !/\$\/[a-z]*$/.test(body))
          report({
            start: t.start,
            end: t.end,
            message: 'Pattern for origins also matches other hosts: escape the dots and anchor both ends.',
          });
      }
    }
  },
};

/** Whether the function above puts together what a provider of logins says of itself to everybody. */
function isMetadata(above: string): boolean {
  const own = above.slice(Math.max(above.lastIndexOf('\nfunc '), 0));
  const told = own.match(/\b(?:ResponseTypes|SubjectTypes|IDTokenSigningAlgValues|ClaimTypes|GrantTypes)Supported\b/g);
  return own.startsWith('\nfunc ') && new Set(told).size > 1;
}
