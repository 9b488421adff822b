/** Finding → LSP diagnostic. Quiet by design: `Error` only where something is truly blocked (design §10). */
import { DiagnosticSeverity, type Diagnostic, type Range } from 'vscode-languageserver';
import type { TextDocumentContentChangeEvent } from 'vscode-languageserver-textdocument';
import { ruleById } from '../core/rules/index.ts';
import { ruleLink } from '../core/rules/rule.ts';
import type { LiveFinding } from './judge.ts';
import type { PolicyProblem } from '../core/policy/model.ts';
import { oneLine } from '../core/plainText.ts';
import { countBreaks } from './text.ts';

export const source = 'Countersign';

/** What a diagnostic carries to the code actions; plain data, survives a round trip through any client. */
export interface DiagnosticData {
  readonly rule: string;
  readonly line: number;
  /** The finding's key, by which it is found again. */
  readonly key: string;
}

/** The smallest range of a finding in the text. Lines past the end (a file that is gone) fall back to the first. */
export function rangeOf(finding: LiveFinding, lines: readonly string[]): Range {
  const last = Math.max(0, lines.length - 1);
  const start = Math.min(Math.max(0, finding.line - 1), last);
  const end = Math.min(Math.max(start, finding.endLine - 1), last);
  const first = lines[start] ?? '';
  const indent = first.length - first.trimStart().length;
  // Columns are taken on trust only where they fit the line.
  const from = finding.column !== undefined && finding.column <= first.length ? finding.column : indent;
  const endText = lines[end] ?? '';
  const to = Math.min(finding.endColumn ?? endText.trimEnd().length, endText.length);
  return {
    start: { line: start, character: from },
    end: { line: end, character: end === start ? Math.max(from, to) : to },
  };
}

/** The first line with text: a protected block is one fact, and red waves under all of it would hide what it says. */
function headlineOf(finding: LiveFinding, lines: readonly string[]): LiveFinding {
  let line = finding.line;
  while (line < finding.endLine && (lines[line - 1] ?? '').trim() === '') line++;
  return { ...finding, line, endLine: line };
}

/** Key of a finding within its file: rule and line text, so that it survives moves. */
export const findingKey = (finding: LiveFinding): string => `${finding.rule}\n${finding.lineText.trim()}`;

export function toDiagnostic(
  finding: LiveFinding,
  lines: readonly string[],
  policyUri: (file: string) => string,
): Diagnostic {
  const isBlocked = finding.entry !== undefined && finding.decision !== 'allow' && finding.entry.source !== 'default';
  // Rules of the policy's own have no page.
  const link = finding.entry !== undefined || ruleById(finding.rule) ? ruleLink(finding.rule) : undefined;
  const location = finding.entry?.location;
  const data: DiagnosticData = { rule: finding.rule, line: finding.line - 1, key: findingKey(finding) };
  return {
    range: rangeOf(finding.entry ? headlineOf(finding, lines) : finding, lines),
    severity: isBlocked
      ? DiagnosticSeverity.Error
      : finding.tier === 'high' || finding.tier === 'critical'
        ? DiagnosticSeverity.Warning
        : DiagnosticSeverity.Information,
    source,
    code: finding.rule,
    ...(link !== undefined && { codeDescription: { href: link } }),
    message: `${oneLine(finding.message, 400)} (${finding.tier} risk, ${whose(finding)})`,
    data,
    ...(location && {
      relatedInformation: [
        {
          location: {
            uri: policyUri(location.file),
            range: {
              start: { line: location.line - 1, character: 0 },
              end: { line: location.line - 1, character: 200 },
            },
          },
          message: oneLine(`policy: ${finding.entry?.name ?? 'protected path'}`),
        },
      ],
    }),
  };
}

/** Who wrote it, in as many words as the evidence allows. */
function whose(finding: LiveFinding): string {
  const { origin } = finding;
  if (origin.origin === 'ai') {
    if (origin.evidence === 'heuristic') return 'likely AI';
    return origin.modified ? 'AI, modified' : 'AI';
  }
  return origin.origin === 'unknown' ? 'nobody saw who wrote it' : origin.origin;
}

/** A problem of the policy file. */
export const toPolicyDiagnostic = (problem: PolicyProblem): Diagnostic => ({
  range: {
    start: { line: problem.line - 1, character: problem.column },
    end: { line: problem.endLine - 1, character: problem.endColumn },
  },
  severity: problem.severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
  source,
  code: 'policy',
  message: oneLine(problem.message, 500),
});

/** Findings moved along with an edit, so that hovers and fixes stay right until the next judgement. */
export function shiftFindings(
  findings: readonly LiveFinding[],
  changes: readonly TextDocumentContentChangeEvent[],
): readonly LiveFinding[] {
  let out = findings;
  for (const change of changes) {
    if (!('range' in change) || out.length === 0) continue;
    const { start, end } = change.range;
    const added = countBreaks(change.text);
    const delta = added - (end.line - start.line);
    const move = (line: number): number => {
      const at = line - 1;
      if (at > end.line) return line + delta;
      return at > start.line ? Math.min(at, start.line + added) + 1 : line;
    };
    out = out.map((f) => {
      const touched = f.line - 1 <= end.line && f.endLine - 1 >= start.line;
      if (!touched && delta === 0) return f;
      const { column, endColumn, fix, ...rest } = f;
      const moved = { ...rest, line: move(f.line), endLine: move(f.endLine) };
      // Columns and fixes are only right where the text did not change.
      if (touched) return moved;
      const isSame = moved.line === f.line;
      return {
        ...moved,
        ...(column !== undefined && { column }),
        ...(endColumn !== undefined && { endColumn }),
        ...(fix && isSame && { fix }),
      };
    });
  }
  return out;
}
