import { codeLanguages, type Rule } from './rule.ts';
import { isTestPath } from '../languages/kinds.ts';

export const testsSkipped: Rule = {
  id: 'tests-skipped',
  title: 'A test is switched off',
  tier: 'high',
  category: 'tests',
  languages: codeLanguages,
  references: ['CWE-693', 'OWASP LLM06:2025'],
  why: 'A skipped test looks green and guards nothing; `.only` switches all others off.',
  remedy: 'make it pass, or say in the change who brings it back and when',
  keywords: [
    'skip',
    'only',
    'xit',
    'xdescribe',
    'xtest',
    'disabled',
    'ignore',
    'skipif',
    'fixme',
    'pending',
    'todo',
    'expectedfailure',
    'xfail',
    'fdescribe',
    'fit',
    'skipped',
  ],
  inTests: true,
  check(source, report) {
    if (!isTestPath(source.path)) return;
    const strings = source.tokens.filter((t) => t.kind === 'str' || t.kind === 'comment');
    let k = 0;
    for (const m of source.text.matchAll(
      /^[ \t]*(?:(?:it|test|describe|suite|context)\.(?:skip|only|fixme)\s*\((?!\s*!|\s*[\w.]+(?:\s*[!=]==?|\s+[<>]=?\s|\s*&&|\s*\|\||,\s*(?:["'`]|[A-Z][A-Z0-9_]*\s*\))))|(?:xit|xdescribe|xtest|xcontext|fdescribe|fit)\s*\(\s*['"`]|@(?:pytest\.mark\.(?:skip|xfail)|unittest\.(?:skip|expectedFailure))\b|@(?:Disabled|Ignore)\b|#\[ignore|\[Ignore|\[Fact\(Skip\s*=|t\.Skip\w*\(|pytest\.skip\(|self\.skipTest\()/gm,
    )) {
      while (k < strings.length && strings[k]!.end <= m.index) k++;
      if (k < strings.length && strings[k]!.start <= m.index) continue;
      // Skipped where it can not run (`if driver != "sqlite" {`), not everywhere.
      if (/\bif\b[^\n]{0,300}[{:]\s*$/.test(source.text.slice(Math.max(0, m.index - 320), m.index))) continue;
      if (/[sS]kip\w*\($/.test(m[0]) && isConditional(source.text.slice(Math.max(0, m.index - 2000), m.index), m[0]))
        continue;
      if (m[0].startsWith('[Fact') || /^\s+\[Fact/.test(m[0])) {
        // The reason of a condition, which some machine meets.
        const rest = source.text.slice(m.index, m.index + 400);
        const [, kind = '', condition] =
          /^[^\]\n]{0,300}\bSkip(Unless|When)\s*=\s*nameof\((?:\w{1,80}\.)?(\w{1,80})\)/.exec(rest) ?? [];
        // Skipped where the change is checked, it is as good as off.
        const isOffInBuild = kind === 'When' ? ofBuild.test(condition ?? '') : ofDeveloper.test(condition ?? '');
        if (condition !== undefined && !isOffInBuild && !isFixed(source.text, condition)) continue;
      }
      const isAsked =
        /^[ \t]*(?:pytest\.skip|t\.Skip\w*|self\.skipTest)\(/.test(m[0]) && fallsThrough(source.text, m.index, m[0]);
      const isOnly = /\.only\s*\($|^[ \t]*f(?:it|describe)\b/.test(m[0]);
      report({
        start: m.index,
        end: m.index + m[0].length,
        key: 'skip',
        ...(isAsked && { tier: 'low' as const, message: fallback }),
        ...(isOnly ? { message: 'All other tests of the file are left out: take the `only` away.' } : {}),
      });
    }
  },
};

const ofBuild =
  /(?:^|_|[a-z])C[Ii](?![a-z])|^ci$|GitHub|GitLab|AzureDevOps|TeamCity|Jenkins|BuildServer|BuildAgent|Pipeline/;
const ofDeveloper =
  /(?:Not|No|Outside)[A-Za-z]{0,20}(?:C[Ii](?![a-z])|GitHub|Pipeline|Build)|Local(?!e)|Developer|Debug/;

/** A condition that is the same everywhere. */
const isFixed = (text: string, name: string): boolean =>
  new RegExp(`\\b${name}\\s*(?:=>?|\\{\\s*get\\s*(?:=>|\\{\\s*return|;\\s*\\}\\s*=))\\s*!?(?:true|false)\\b`).test(
    text,
  );

const fallback =
  'Tests that ask for this are skipped where its surroundings are missing: see that they are there where tests have to run.';

/** Names in capitals that a text sets to nothing; of the last text they are kept. */
function withoutValue(text: string): ReadonlySet<string> {
  if (lastText !== text) {
    lastText = text;
    unset = new Set(
      [
        ...text.matchAll(/^([A-Z][A-Z0-9_]{2,60})[ \t]*(?::[^=\n]{0,60})?=[ \t]*(?:None|False|0|""|'')[ \t]*(?:#|$)/gm),
      ].map((m) => m[1]!),
    );
  }
  return unset;
}
let lastText = '';
let unset: ReadonlySet<string> = new Set();

/**
 * Whether a fixture is left before where its surroundings are there: of its lines before this one all are questions of the
 * environment (`if NAME and OTHER:`, names in capitals) that return.
 */
function fallsThrough(text: string, at: number, statement: string): boolean {
  const depth = /^[ \t]*/.exec(statement)![0];
  if (depth === '') return false;
  const lines = text
    .slice(Math.max(0, at - 2000), at)
    .split('\n')
    .slice(0, -1);
  let questions = 0;
  for (let l = lines.length - 1; l > 0; l -= 2) {
    const isHead = lines[l]!.startsWith('def ') && /^@pytest\.fixture\b/.test(lines[l - 1]!);
    if (isHead) return questions > 0;
    const asked = lines[l - 1]!.match(/\b[A-Z][A-Z0-9_]{2,60}\b/g) ?? [];
    // What the file itself gives no value is missing everywhere.
    if (asked.some((name) => withoutValue(text).has(name))) return false;
    if (!/^\s+return [\w.]+\(/.test(lines[l]!) || !asks.test(lines[l - 1]!) || !lines[l - 1]!.startsWith(`${depth}if`))
      return false;
    questions++;
  }
  return false;
}
const asks = /^\s+if (?!CI\b)[A-Z][A-Z0-9_]{2,60}(?: and [A-Z][A-Z0-9_]{2,60}){0,4}:$/;

/** Whether the line that opens the block of this statement is an `if`: the nearest one above with less indentation. */
function isConditional(above: string, statement: string): boolean {
  const depth = /^[ \t]*/.exec(statement)![0].length;
  if (!/^[ \t]*(?:t\.|pytest\.|self\.)/.test(statement)) return false;
  for (const line of above.split('\n').reverse()) {
    if (line.trim() === '' || /^[ \t]*/.exec(line)![0].length >= depth) continue;
    return /^[ \t}]*(?:else\s+|el)?if\b/.test(line);
  }
  return false;
}
