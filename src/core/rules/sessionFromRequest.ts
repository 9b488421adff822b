import { code } from './kit/code.ts';
import { fromRequest } from './kit/taint.ts';
import type { Rule } from './rule.ts';

export const sessionFromRequest: Rule = {
  id: 'session-from-request',
  title: 'Session takes over what the caller sent',
  tier: 'medium',
  category: 'authentication',
  languages: ['java', 'kotlin'],
  references: ['CWE-501', 'OWASP A04:2021'],
  why: 'What is in the session counts as checked; a value taken over from the request unchecked is trusted from there on.',
  remedy: 'check the value first, and put what was found in it into the session',
  keywords: ['setattribute', 'putvalue'],
  check(source, report) {
    const c = code(source);
    for (const call of c.facts.callsNamed('setAttribute', 'putValue')) {
      if (!/(?:[sS]ession\w{0,60}|getSession\(\))\.\w+$/.test(call.callee) || call.args.length < 2) continue;
      const [name, value] = call.args;
      // What language or look somebody likes decides nothing.
      if (/lang|locale|theme|zone|page|sort|search|filter|query|flash|message|error/i.test(c.text(name))) continue;
      if (fromRequest(c, name) || fromRequest(c, value, checked)) report({ start: call.start, end: call.end });
    }
  },
};

const checked =
  /(?:^|\.)(?:valid\w*|check\w*|verify\w*|authenticate\w*|login\w*|find\w*|load\w*|lookup\w*|sanitize\w*|encode\w*|escape\w*)$/;
