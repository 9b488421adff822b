import { code } from './kit/code.ts';
import { codeLanguages, type Rule } from './rule.ts';

export const nosqlInjection: Rule = {
  id: 'query-injection',
  title: 'Query expression built from variables',
  tier: 'high',
  category: 'injection',
  languages: codeLanguages,
  references: ['CWE-943', 'CWE-90', 'CWE-643', 'OWASP A03:2021'],
  why: '`$where`, LDAP filters and XPath are languages: a value pasted into them can change the question that is asked.',
  remedy: 'use operators and bound values, or escape for that language',
  keywords: [
    'where',
    '_where',
    'xpath',
    'evaluate',
    'compile',
    'search',
    'search_s',
    'search_ext_s',
    'selectnodes',
    'selectsinglenode',
    'find',
    'filter',
    'append',
    'put',
    'add',
    'start',
    'mapreduce',
    'aggregate',
    'parse',
    'select',
    'ldap',
    'basicdbobject',
  ],
  check(source, report) {
    const c = code(source);
    for (const call of c.facts.calls) {
      const first = call.args[0];
      if (!first) continue;
      const key = c.facts.literal({ from: first.from, to: first.to });
      if (key === '$where') {
        const value = call.args[1];
        if (value && !c.isConstant(value)) report({ start: call.start, end: call.end });
      } else if (
        /^(?:xpath|evaluate|compile|SelectNodes|SelectSingleNode|selectNodes|select)$/.test(call.name) &&
        /xpath/i.test(call.callee + source.text.slice(0, 4000)) &&
        c.isBuilt(first) &&
        /\/\/|@\w+\s*=|\[/.test(c.text(first))
      )
        report({ start: call.start, end: call.end });
      else if (
        /^(?:search|search_s|search_ext|search_ext_s|search_st|searchForEntry|ldap_search|ldap_list)$/.test(
          call.name,
        ) &&
        source.has(/ldap|DirContext|LdapTemplate/i)
      ) {
        if (
          call.args.some(
            (a) =>
              (c.isBuilt(a) && /\(\s*[&|!]?\s*\(?\w+\s*=/.test(c.text(a))) || (c.isBuilt(a) && source.has(/\(\w+=/)),
          )
        )
          report({ start: call.start, end: call.end });
      }
    }
    for (const a of c.facts.assignments)
      if (a.name === '$where' && !c.isConstant(a)) report({ start: a.start, end: a.end });
  },
};
