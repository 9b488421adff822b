import { code } from './kit/code.ts';
import type { Rule } from './rule.ts';

export const massAssignment: Rule = {
  id: 'mass-assignment',
  title: 'All fields of a request are written to a record',
  tier: 'high',
  category: 'authorization',
  languages: ['javascript', 'typescript', 'tsx', 'python', 'ruby', 'php', 'java', 'c-sharp'],
  references: ['CWE-915', 'OWASP A08:2021', 'OWASP API3:2023'],
  why: 'The sender decides which fields are set: a role, an owner or a price is only one more key away.',
  remedy: 'name the fields that may be set',
  keywords: [
    'create',
    'assign',
    'update',
    'fill',
    'forcefill',
    'build',
    'insert',
    'save',
    'insertone',
    'body',
    'post',
    'all',
    'assign_attributes',
    'merge',
    'extend',
    'unguard',
    'guarded',
  ],
  check(source, report) {
    const c = code(source);
    const js = /^(?:javascript|typescript|tsx)$/.test(source.language);
    for (const call of c.facts.calls) {
      const hit = { start: call.start, end: call.end };
      const [first, second] = call.args;
      if (js) {
        const whole = /^(?:\.\.\.)?(?:req|request|ctx\.request)\.body$/;
        if (
          /^(?:Object\.assign|_\.(?:assign|merge|extend|defaultsDeep|mergeWith)|\$\.extend|merge|deepmerge)$/.test(
            call.callee,
          )
        ) {
          // Into a fresh object it is a copy; into a record it is a write.
          if (call.args.slice(1).some((a) => whole.test(c.text(a))) && !c.text(first).startsWith('{')) report(hit);
        } else if (
          /^[A-Z]\w*\.(?:create|build|insertOne|insertMany|update|updateOne|findByIdAndUpdate|findOneAndUpdate|upsert|save)$/.test(
            call.callee,
          )
        ) {
          if (
            [first, second].some(
              (a) =>
                a &&
                (whole.test(c.text(a)) ||
                  /^\{\s*(?:\$set\s*:\s*)?(?:\.\.\.)?(?:req|request)\.body\s*,?\s*\}$/.test(c.text(a))),
            )
          )
            report(hit);
        }
      } else if (source.language === 'python') {
        if (
          call.args.some((a) => /^\*\*\s*request\.(?:POST|GET|data|json|form|args)\b(?!\s*\[|\.get\()/.test(c.text(a)))
        )
          report(hit);
      } else if (source.language === 'php') {
        if (
          /(?:^|\.)(?:create|fill|forceFill|update|insert|updateOrCreate|forceCreate)$/.test(call.callee) &&
          /^\$(?:request|this\.request)(?:->|\.)all\(\)$|^(?:request\(\)(?:->|\.)all\(\)|Request::all\(\)|Input::all\(\)|\$_(?:POST|REQUEST|GET))$/.test(
            c.text(first),
          )
        )
          report(hit);
      }
    }
    if (source.language === 'ruby')
      for (const m of source.text.matchAll(
        /\b[A-Z]\w*\.(?:new|create!?|update!?)\s*\(?\s*params(?:\[:\w+\])?\s*\)?\s*$|\b(?:update|update!|update_attributes|assign_attributes)\s*\(?\s*params(?:\[:\w+\])\s*\)?\s*$/gm,
      ))
        report({ start: m.index, end: m.index + m[0].length });
    if (source.language === 'php')
      for (const m of source.text.matchAll(
        /\bprotected\s+\$guarded\s*=\s*(?:\[\s*\]|array\(\s*\))|\bModel::unguard\s*\(\s*\)/g,
      ))
        report({ start: m.index, end: m.index + m[0].length });
  },
};
