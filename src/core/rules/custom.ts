/** Rules of the team's own, from the policy: a linear-time pattern per added line, or a tree-sitter query. */
import { grammarFor } from '../languages/sameMeaning.ts';
import type { Source } from '../languages/source.ts';
import type { Finding } from '../model.ts';
import type { CustomRule, Policy } from '../policy/model.ts';
import type { Grammars } from '../ports.ts';
import { linearRegex } from '../regex.ts';

export interface CustomVerdict {
  readonly findings: readonly Finding[];
  /** Rules that could not be asked, and why; one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Findings on added lines. `partial`: the sources hold the changed lines alone, which have no syntax tree.
 * A broken pattern was reported when the policy was read; here it finds nothing.
 */
export async function customHits(
  after: Source,
  before: Source,
  changed: ReadonlySet<number>,
  ctx: { readonly grammars: Grammars; readonly policy: Policy },
  partial = false,
): Promise<CustomVerdict> {
  const findings: Finding[] = [];
  const notes: string[] = [];
  for (const rule of ctx.policy.rules.custom) {
    if (ctx.policy.rules.disable.includes(rule.id)) continue;
    if (rule.languages.length > 0 && !rule.languages.includes(after.language)) continue;
    if (rule.pattern !== undefined) byPattern(rule, rule.pattern, after, before, changed, findings);
    if (rule.query === undefined || grammarFor(after.language) === undefined) continue;
    const trouble = partial
      ? 'the file is too large to parse'
      : await byQuery(rule, rule.query, after, before, changed, ctx.grammars, findings);
    if (trouble !== undefined) notes.push(`rule ${rule.id} was not asked: ${trouble}`);
  }
  return { findings, notes };
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

type Capture = ReturnType<Grammars['query']>[number];

/** Pushes findings; gives what kept the query from being asked. */
async function byQuery(
  rule: CustomRule,
  query: string,
  after: Source,
  before: Source,
  changed: ReadonlySet<number>,
  grammars: Grammars,
  found: Finding[],
): Promise<string | undefined> {
  const grammar = grammarFor(after.language)!;
  const ask = (source: Source): readonly Capture[] => {
    const tree = grammars.parse(grammar, source.text);
    try {
      return grammars.query(grammar, query, tree);
    } finally {
      tree.delete();
    }
  };
  try {
    await grammars.load(grammar);
    const wrong = grammars.checkQuery(grammar, query);
    // Without languages a rule is meant for whichever grammar knows its nodes.
    if (wrong !== undefined) return rule.languages.length > 0 ? wrong : undefined;
    const captures = ask(after);
    const touched = captures.filter((c) => overlaps(c, changed));
    if (touched.length === 0) return undefined;
    // What was there before, wherever it stood, is not new: as many of each text as there were stay silent.
    const surplus = new Map<string, number>();
    for (const c of captures) surplus.set(textOf(c, after), (surplus.get(textOf(c, after)) ?? 0) + 1);
    if (before.text !== '')
      for (const c of ask(before)) surplus.set(textOf(c, before), (surplus.get(textOf(c, before)) ?? 0) - 1);
    for (const c of touched) {
      const left = surplus.get(textOf(c, after)) ?? 0;
      if (left <= 0) continue;
      surplus.set(textOf(c, after), left - 1);
      found.push(finding(rule, c.start.line + 1, c.end.line + 1, c.start.character, c.end.character));
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.split('\n')[0] : String(error);
  }
}

function overlaps(c: Capture, changed: ReadonlySet<number>): boolean {
  for (let line = c.start.line + 1; line <= c.end.line + 1; line++) if (changed.has(line)) return true;
  return false;
}

/** What a capture covers, white space collapsed. */
function textOf(c: Capture, source: Source): string {
  const start = (source.starts[c.start.line] ?? 0) + c.start.character;
  const end = (source.starts[c.end.line] ?? 0) + c.end.character;
  return source.text.slice(start, Math.min(end, start + 5000)).replace(/\s+/g, ' ');
}
