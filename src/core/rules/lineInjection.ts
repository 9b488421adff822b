import { code, type Code } from './kit/code.ts';
import { fromRequest } from './kit/taint.ts';
import type { Rule } from './rule.ts';

export const lineInjection: Rule = {
  id: 'line-injection',
  title: 'Lines of a log or header can be made up by the caller',
  tier: 'medium',
  category: 'injection',
  languages: ['java', 'kotlin', 'scala', 'groovy'],
  references: ['CWE-93', 'CWE-113', 'CWE-117', 'OWASP A03:2021'],
  why: 'A line break in the value starts a new line: a log entry that never happened, or one more header of the answer.',
  remedy: 'take line breaks out of the value, or encode it',
  keywords: [
    'setheader',
    'addheader',
    'addcookie',
    'info',
    'warn',
    'error',
    'debug',
    'trace',
    'warning',
    'severe',
    'fine',
    'log',
  ],
  check(source, report) {
    // Only what answers requests has something of theirs at hand.
    if (!source.has(/Servlet|@(?:Get|Post|Put|Delete|Request)Mapping|@(?:Path|Query|Form)Param|@RequestParam/)) return;
    const c = code(source);
    const isClean = source.has(/decode\w*\s*\(|URI\.create|unescape/) ? cleaners : cleanersOrRaw;
    for (const call of c.facts.callsNamed('setHeader', 'addHeader')) {
      const value = call.args[1];
      // Addresses and origins have rules of their own.
      if (!value || /location|allow-origin/i.test(c.text(call.args[0])) || !fromRequest(c, value, isClean)) continue;
      if (isCleaned(c, call.start)) continue;
      report({ start: call.start, end: call.end, message: inHeader });
    }
    for (const call of c.facts.callsNamed('Cookie')) {
      const value = call.args[1];
      if (!call.isNew || !value || !source.has(/addCookie/) || !fromRequest(c, value, isClean)) continue;
      if (!isCleaned(c, call.start)) report({ start: call.start, end: call.end, message: inHeader });
    }
    for (const call of c.facts.callsNamed(
      'info',
      'warn',
      'error',
      'debug',
      'trace',
      'warning',
      'severe',
      'fine',
      'log',
    )) {
      if (!/^(?:\w+\.)?(?:log|logger|LOG|LOGGER|_log|_logger)\.\w+$/.test(call.callee)) continue;
      if (!call.args.some((a) => fromRequest(c, a, isClean)) || isCleaned(c, call.start)) continue;
      report({ start: call.start, end: call.end, message: inLog });
    }
  },
};

const inHeader =
  'The caller can add headers to the answer with a line break: take line breaks out of the value, or encode it.';
const inLog =
  'The caller can make up log entries with a line break: take line breaks out of the value, or log as JSON.';
const cleaners =
  /(?:^|\.)(?:encode\w*|escape\w*|sanitize\w*|strip\w*|clean\w*|forJava\w*|forUri\w*|hash\w*|mask\w*|URLEncoder\.encode|stripControlChars|deleteWhitespace|normalizeSpace|getSession|getUserPrincipal|equals\w*|contains|isEmpty|size|length|getMethod|getContentLength\w*)$/;
/** Also what comes as it was sent: a line break in it would have ended the request's own line. */
const cleanersOrRaw = new RegExp(`${cleaners.source}|(?:^|\\.)(?:getRequestURI|getRequestURL|getQueryString)$`);

/** Line breaks are taken out nearby. */
const isCleaned = (c: Code, offset: number): boolean =>
  /replace(?:All)?\([^;\n]{0,20}\\[rn]|\bR\b|\\p\{Cntrl\}/.test(c.around(offset, 8, 0));
