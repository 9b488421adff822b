import { code } from './kit/code.ts';
import { fromRequest, wholeText } from './kit/taint.ts';
import { codeLanguages, type Rule } from './rule.ts';

const questions = [
  'find',
  'findOne',
  'findOneAndUpdate',
  'findOneAndDelete',
  'updateOne',
  'updateMany',
  'deleteOne',
  'deleteMany',
  'countDocuments',
];

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
    'findone',
    'findoneandupdate',
    'updateone',
    'deleteone',
    'scan',
    'query',
    'security_authentication',
    'searchcontrols',
    'updatemany',
    'deletemany',
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
    'domxpath',
    'simplexmlelement',
    'simplexml_load_string',
    'simplexml_load_file',
  ],
  check(source, report) {
    const c = code(source);
    const isJvm = /^(?:java|kotlin|scala|groovy)$/.test(source.language);
    for (const call of c.facts.calls) {
      const first = call.args[0];
      if (!first) continue;
      const key = c.facts.literal({ from: first.from, to: first.to });
      if (key === '$where') {
        const value = call.args[1];
        if (value && !c.isConstant(value)) report({ start: call.start, end: call.end });
      } else if (
        /^(?:xpath|evaluate|compile|SelectNodes|SelectSingleNode|selectNodes|select)$/.test(call.name) &&
        !/(?:^re|Pattern)\.compile$/.test(call.callee) &&
        /xpath/i.test(call.callee + source.text.slice(0, 4000)) &&
        c.isBuilt(first) &&
        /\/\/|@\w{1,60}\s{0,4}=|\[|\w\s{0,4}=\s{0,4}'/.test(isJvm ? wholeText(c, first) : c.text(first))
      )
        report({ start: call.start, end: call.end });
      // DOMXPath and SimpleXMLElement.
      else if (
        source.language === 'php' &&
        /^(?:query|evaluate|xpath)$/.test(call.name) &&
        (call.name === 'xpath' || /xpath/i.test(call.callee)) &&
        fromRequest(c, first)
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
    if (/^(?:javascript|typescript|tsx)$/.test(source.language) && source.has(/mongo|\.findOne\(|collection\(/i))
      for (const call of c.facts.callsNamed(...questions)) {
        const first = call.args[0];
        const text = c.text(first);
        // A whole object of the caller's, or a field that may be one (`{ password: { $gt: '' } }`).
        if (
          (/^\w+\.(?:body|query)$/.test(text) ||
            (text.startsWith('{') && /:\s*(?:req|request|ctx\.request)\.(?:body|query)\.\w+\s*[,}]/.test(text))) &&
          !source.has(/mongo-sanitize|sanitizeFilter|\$eq/)
        )
          report({
            start: call.start,
            end: call.end,
            message: 'The caller may send an object with operators of its own: make a string of it, or use $eq.',
          });
      }
    // DynamoDB: the whole question comes from the caller.
    if (source.has(/dynamo/i))
      for (const call of c.facts.callsNamed('scan', 'query'))
        if (call.args.some((a) => !c.text(a).startsWith('{') && fromRequest(c, a)))
          report({ start: call.start, end: call.end });
    if (/^(?:java|kotlin)$/.test(source.language))
      for (const m of source.text.matchAll(
        /\bput\(\s*(?:Context\.)?SECURITY_AUTHENTICATION\s*,\s*"none"|\bnew\s+SearchControls\s*\((?:[^(),]{1,60},){4}\s*true\s*,/g,
      ))
        report({
          start: m.index,
          end: m.index + m[0].length,
          message: m[0].startsWith('put')
            ? 'LDAP without a password: bind with credentials.'
            : 'LDAP search returns Java objects, and an entry can hold a harmful one: pass false for returningObjFlag.',
        });
    for (const a of c.facts.assignments)
      if (a.name === '$where' && source.language !== 'php' && !c.isConstant(a)) report({ start: a.start, end: a.end });
  },
};
