/** `countersign.yaml` → Policy, with every problem at its place. Never throws on any text. */
import { printable } from '../plainText.ts';
import { buildPolicy, buildTests, type PolicyTest } from './build.ts';
import { maxDepth, quoteStar, Walker, type ParseOptions, type Raw, type Yaml } from './check.ts';
import type { Policy, PolicyProblem } from './model.ts';
import { Problems } from './problems.ts';
import { policySchema } from './schema.ts';

/** A policy file larger than this is refused unread: it is loaded on every hook call. */
export const maxPolicyBytes = 1024 * 1024;
const maxItems = 20_000;

export interface ParsedPolicy {
  /** Absent when there is any error: half a policy is none. */
  readonly policy?: Policy;
  readonly problems: readonly PolicyProblem[];
  readonly tests: readonly PolicyTest[];
}

/** Reads a policy's text. Never throws: what goes wrong, whatever it is, is an error and so no policy. */
export function parsePolicy(text: string, file: string, options: ParseOptions = {}): ParsedPolicy {
  try {
    return parse(text, file, options);
  } catch (error) {
    // Not expected, but a parser's surprise (or its missing bundle) must not become "no policy".
    const message = `cannot be read: ${printable(String(error), 500)}`;
    const place = { file, line: 1, column: 0, endLine: 1, endColumn: 0 };
    return { problems: [{ ...place, severity: 'error', message }], tests: [] };
  }
}

function parse(text: string, file: string, options: ParseOptions): ParsedPolicy {
  const yaml = require('yaml') as Yaml;
  const lines = new yaml.LineCounter();
  const report = new Problems(file, lines, text);
  if (text.length > maxPolicyBytes) {
    report.add('error', 0, 0, `the policy is larger than ${maxPolicyBytes / 1024} kB`);
    return { problems: report.problems, tests: [] };
  }
  const bulk = tooMuch(text);
  if (bulk !== undefined) {
    report.add('error', 0, 0, bulk);
    return { problems: report.problems, tests: [] };
  }
  const source = text.replace(/^\ufeff/, '');
  const doc = yaml.parseDocument(source, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    version: '1.2',
  });
  // The parser often marks one character; the word it begins is easier to see.
  const word = (at: number): number => at + (/^[\w-]+/.exec(source.slice(at, at + 200))?.[0].length ?? 0);
  for (const e of doc.errors)
    report.add('error', e.pos[0], Math.max(e.pos[1], word(e.pos[0])), yamlMessage(e.code, e.message, source, e.pos[0]));
  // Warnings are unknown tags: never meant, see `yamlMessage`.
  for (const w of doc.warnings)
    report.add('error', w.pos[0], w.pos[1], yamlMessage(w.code, w.message, source, w.pos[0]));
  if (doc.errors.length > 0) return { problems: report.done(), tests: [] };

  const walker = new Walker(yaml, report, options.now);
  const root = walker.walk(doc.contents, policySchema, 'policy', [0, source.length]) as Raw | undefined;
  if (root) walker.semantics(root, options);
  const problems = report.done();
  if (!root || problems.some((p) => p.severity === 'error')) return { problems, tests: [] };
  return {
    policy: buildPolicy(root, file, options.source ?? 'repository', options.base ?? ''),
    problems,
    tests: buildTests(root),
  };
}

/**
 * Refuses before parsing what a YAML parser would be slow at (some 20 µs for a node) or would overflow its stack with.
 * Counts characters that begin an item or a line, so text in quotes over-counts; a real policy is far below.
 */
function tooMuch(text: string): string | undefined {
  let depth = 0;
  let items = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x5b: // [
      case 0x7b: // {
        items++;
        if (++depth > 100) return `nested deeper than ${maxDepth} levels`;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth = Math.max(0, depth - 1);
        break;
      case 0x0a:
      case 0x0d:
      case 0x2c: // ,
        items++;
    }
    if (items > maxItems) return `the policy has more than ${maxItems} lines and items`;
  }
  return undefined;
}

/** YAML's own messages, with the two mistakes everybody makes in a list of globs explained. */
function yamlMessage(code: string, message: string, text: string, offset: number): string {
  const at = text[offset];
  if (code === 'TAB_AS_INDENT') return 'tabs cannot indent YAML; use spaces';
  if (code === 'DUPLICATE_KEY') return 'this key is here twice';
  if (at === '*') return quoteStar;
  if (at === '!') return 'a value that starts with ! must be quoted: "!**/x" (YAML reads it as a tag)';
  if (code === 'MULTIPLE_DOCS') return 'only one YAML document is allowed in a policy';
  return message.split('\n')[0] ?? 'not valid YAML';
}
