import { code, type Code } from './kit/code.ts';
import { fromRequest } from './kit/taint.ts';
import type { Rule } from './rule.ts';

const guarded =
  /__proto__|['"`]constructor['"`]|['"`]prototype['"`]|hasOwnProperty|hasOwn\b|Object\.create\(\s*null|new Map\b|isPrototypePolluted|isUnsafeKey|isSafeKey/;

export const prototypePollution: Rule = {
  id: 'prototype-pollution',
  title: 'Key of an object comes from outside',
  tier: 'high',
  category: 'injection',
  languages: ['javascript', 'typescript', 'tsx'],
  references: ['CWE-1321', 'CWE-915'],
  why: 'With the key `__proto__` the write goes to the prototype that all objects share: a flag that is looked up anywhere else is then set for everybody.',
  remedy: 'refuse __proto__, constructor and prototype, or keep the values in a Map',
  keywords: ['for', 'while', 'split', 'body', 'query', 'params', 'reduce', 'foreach', 'req', 'request'],
  check(source, report) {
    const c = code(source);
    const { tokens, match } = c.facts;
    for (let i = 1; i < tokens.length; i++) {
      // … [key] = value
      if (tokens[i]!.text !== '=' || tokens[i - 1]!.text !== ']') continue;
      const open = match[i - 1]!;
      if (open <= 0) continue;
      const key = { from: open + 1, to: i - 1 };
      if (c.isConstant(key) || tokens[key.from]?.kind === 'num') continue;
      const scope = c.facts.scopes[c.facts.scopeAt(i)]!;
      const from = tokens[open - 1]!;
      const nested = from.text === ']';
      const body = scope.to - scope.from < 1500 ? c.text(scope) : '';
      if (body === '' || guarded.test(body)) continue;
      const start = tokens[nested ? Math.max(0, match[open - 1]! - 1) : open - 1]!.start;
      const hit = { start, end: tokens[i]!.end };
      // obj[req.body.a][req.body.b] = …
      if (!nested && from.kind === 'id' && /^\(?(?:req|request|ctx)\b/.test(c.text(key)) && fromRequest(c, key)) {
        report({ ...hit, message: 'The caller names the property that is set: look the name up in a fixed list.' });
        continue;
      }
      if (nested && fromRequest(c, { from: match[open - 1]! + 1, to: open - 1 }) && fromRequest(c, key)) report(hit);
      else if (from.kind === 'id' && (walks(c, from.text, scope) || merges(c, from.text, key, scope, body)))
        report(hit);
    }
  },
};

/** `current = current[part]` in a loop of the function: the path goes wherever its parts say. */
function walks(c: Code, name: string, scope: { from: number; to: number }): boolean {
  for (const a of c.facts.byName.get(name) ?? []) {
    if (a.from < scope.from || a.to > scope.to || c.facts.tokens[a.from - 2]?.text !== name) continue;
    const m = /^\(?\s*(\w+)\[([^\]]{1,60})\]/.exec(c.text(a));
    if (m && m[1] === name && !/^\d+$|^['"]/.test(m[2]!)) return /\b(?:for|while|forEach|reduce)\b/.test(c.text(scope));
  }
  return false;
}

/** `for (const k in from) to[k] = from[k]` in a function that calls itself for the objects inside. */
function merges(
  c: Code,
  target: string,
  key: { from: number; to: number },
  scope: { from: number; to: number },
  body: string,
): boolean {
  const k = c.text(key);
  if (!/^\w+$/.test(k)) return false;
  const loops = [
    ...body.matchAll(new RegExp(`\\bfor\\s*\\(\\s*(?:const|let|var)\\s+${k}\\s+in\\b\\s*([\\w$]*\\s*\\)?)`, 'g')),
  ];
  // The keys of the very object that is written to are there already.
  const own = new RegExp(`^${target.replace(/\$/g, '\\$')}\\s*\\)$`);
  const isSetAnew = (c.facts.byName.get(target) ?? []).some(
    (a) => a.from > scope.from && a.to < scope.to && c.facts.tokens[a.from - 2]?.text === target,
  );
  // Another loop may bring keys under the same name.
  const isOfOthers = new RegExp(
    `\\b(?:const|let|var)\\s+(?:\\[\\s*)?${k}\\b[^;=\\n]{0,40}\\bof\\b|\\.(?:forEach|map)\\(\\s*\\(?\\s*${k}\\b`,
  ).test(body);
  if (loops.every(([, over]) => own.test(over!.trim()) && !isSetAnew && !(loops.length > 0 && isOfOthers)))
    return false;
  const head = c.facts.tokens[scope.from - 1];
  return (
    head?.kind === 'id' &&
    new RegExp(
      `\\b${head.text.replace(/\$/g, '\\$')}\\s*\\(\\s*${target.replace(/\$/g, '\\$')}\\s*\\[\\s*${k}\\s*\\]`,
    ).test(body)
  );
}
