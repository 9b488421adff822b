/** The hover of a finding: why, what to do, references, who wrote the line and how we know. All foreign text is escaped. */
import { MarkupKind, type Hover, type Position } from 'vscode-languageserver';
import { explainOrigin } from '../core/attribution/explain.ts';
import { formatDuration } from '../core/policy/index.ts';
import { ruleById } from '../core/rules/index.ts';
import { ruleLink } from '../core/rules/rule.ts';
import { rangeOf } from './diagnostics.ts';
import type { LiveFinding } from './judge.ts';
import { escapeMarkdown, inlineCode } from '../core/plainText.ts';

/** Findings whose range holds the position (a finding without text to point at: its whole line). */
export function findingsAt(findings: readonly LiveFinding[], lines: readonly string[], at: Position): LiveFinding[] {
  return findings.filter((f) => {
    const { start, end } = rangeOf(f, lines);
    if (at.line < start.line || at.line > end.line) return false;
    if (start.line === end.line && start.character === end.character) return true;
    return (
      (at.line > start.line || at.character >= start.character) && (at.line < end.line || at.character <= end.character)
    );
  });
}

export function hoverFor(findings: readonly LiveFinding[], lines: readonly string[], at: Position): Hover | null {
  const here = findingsAt(findings, lines, at);
  const [first] = here;
  if (!first) return null;
  return {
    range: rangeOf(first, lines),
    contents: { kind: MarkupKind.Markdown, value: here.map(findingMarkdown).join('\n\n---\n\n') },
  };
}

function findingMarkdown(finding: LiveFinding): string {
  const rule = ruleById(finding.rule);
  const parts: string[] = [];
  parts.push(
    `**${escapeMarkdown(rule?.title ?? (finding.entry ? `Protected: ${finding.entry.name}` : finding.rule))}** (${finding.tier} risk)`,
  );
  parts.push(escapeMarkdown(finding.message));
  if (rule) {
    parts.push(`**Why:** ${escapeMarkdown(rule.why)}`);
    parts.push(`**What to do:** ${escapeMarkdown(rule.remedy)}.`);
  }
  if (finding.entry) {
    const j = finding.entry.justification;
    parts.push(
      finding.decision === 'deny'
        ? `**What to do:** take the AI lines back, or make the change by hand. AI may not change this path.`
        : `**What to do:** give a reason of at least ${j.minLength} characters${j.ticket === undefined ? '' : ` that names a ticket (${inlineCode(j.ticket)})`}; it holds for ${formatDuration(j.expiresMs)}.`,
    );
    const where = finding.entry.location;
    if (where) parts.push(`Asked for by ${inlineCode(`${where.file}:${where.line}`)}.`);
  }
  if (rule && rule.references.length > 0)
    parts.push(
      `**References:** ${rule.references.map(reference).join(', ')} · [${inlineCode(rule.id)}](${ruleLink(rule.id)})`,
    );
  parts.push(`*${escapeMarkdown(explainOrigin(finding.origin))}*`);
  return parts.join('\n\n');
}

/** `CWE-295` becomes a link; anything else stays text. */
function reference(text: string): string {
  const cwe = /^CWE-(\d{1,5})$/.exec(text);
  return cwe ? `[${text}](https://cwe.mitre.org/data/definitions/${cwe[1]}.html)` : escapeMarkdown(text);
}
