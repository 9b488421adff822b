/** Rules of the team's own, from the policy: a linear-time pattern per added line, or a tree-sitter query. */
import { grammarFor } from '../languages/sameMeaning.ts';
import type { Source } from '../languages/source.ts';
import type { Finding } from '../model.ts';
import type { CustomRule, Policy } from '../policy/model.ts';
import type { Grammars } from '../ports.ts';
import { linearRegex } from '../regex.ts';

/** Findings on added lines. A broken pattern was reported when the policy was read; here it finds nothing. */
export async function customHits(
  after: Source,
  before: Source,
  changed: ReadonlySet<number>,
  ctx: { readonly grammars: Grammars; readonly policy: Policy },
): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const rule of ctx.policy.rules.custom) {
    if (ctx.policy.rules.disable.includes(rule.id)) continue;
    if (rule.languages.length > 0 && !rule.languages.includes(after.language)) continue;
    if (rule.pattern !== undefined) byPattern(rule, rule.pattern, after, before, changed, found);
    if (rule.query !== undefined) await byQuery(rule, rule.query, after, changed, ctx.grammars, found);
  }
  return found;
}

function finding(rule: CustomRule, line: number, endLine: number, column: number, endColumn: number): Finding {
  return {
    rule: rule.id,
    category: 'configuration',
    tier: rule.tier,
    line,
    endLine,
    column,
    endColumn,
    message: rule.message,
  };
}

function byPattern(
  rule: CustomRule,
  pattern: string,
  after: Source,
  before: Source,
  changed: ReadonlySet<number>,
  found: Finding[],
): void {
  try {
    const regex = linearRegex(pattern);
    // A line that only moved or was indented anew was there before.
    const old = new Map<string, number>();
    for (const line of before.lines) old.set(line.trim(), (old.get(line.trim()) ?? 0) + 1);
    const { lines } = after;
    for (let i = 0; i < lines.length; i++)
      if (!changed.has(i + 1)) old.set(lines[i]!.trim(), (old.get(lines[i]!.trim()) ?? 0) - 1);
    for (const n of changed) {
      const line = lines[n - 1];
      if (line === undefined) continue;
      const hit = regex.find(line)[0];
      if (!hit) continue;
      const left = old.get(line.trim()) ?? 0;
      if (left > 0) {
        old.set(line.trim(), left - 1);
        continue;
      }
      found.push(finding(rule, n, n, hit.start, hit.end));
    }
  } catch {
    // See above.
  }
}

async function byQuery(
  rule: CustomRule,
  query: string,
  after: Source,
  changed: ReadonlySet<number>,
  grammars: Grammars,
  found: Finding[],
): Promise<void> {
  const grammar = grammarFor(after.language);
  if (!grammar) return;
  try {
    await grammars.load(grammar);
    const tree = grammars.parse(grammar, after.text);
    try {
      for (const capture of grammars.query(grammar, query, tree)) {
        const line = capture.start.line + 1;
        const endLine = capture.end.line + 1;
        let touches = false;
        for (let l = line; l <= endLine && !touches; l++) touches = changed.has(l);
        if (touches) found.push(finding(rule, line, endLine, capture.start.character, capture.end.character));
      }
    } finally {
      tree.delete();
    }
  } catch {
    // See above.
  }
}
