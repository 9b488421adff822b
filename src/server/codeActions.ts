/** Quick fixes: apply a rule's fix, justify, ignore once, open the policy, take an AI hunk back. */
import {
  CodeActionKind,
  CodeActionTriggerKind,
  type CodeAction,
  type CodeActionContext,
  type Diagnostic,
  type Range,
  type TextEdit,
} from 'vscode-languageserver';
import type { Hunk } from '../core/model.ts';
import type { FindingRef } from '../protocol.ts';
import { findingKey, source } from './diagnostics.ts';
import type { LiveState, OpenDocument } from './openDocument.ts';
import { isLabelled, type Labels, type LiveFinding } from './judge.ts';
import { oneLine } from '../core/plainText.ts';
import { rawLines, terminatorOf, uriOfPath } from './text.ts';
import * as path from 'node:path';

/** Run by the server itself (`window/showDocument`), so that it works in every editor. */
export const openPolicyCommand = 'countersign.server.openPolicy';

export function codeActionsFor(
  document: OpenDocument,
  live: LiveState,
  range: Range,
  context: CodeActionContext,
  labels: Labels,
  commands: ReadonlySet<string>,
): CodeAction[] {
  if (
    context.only &&
    !context.only.some((k) => k === '' || CodeActionKind.QuickFix === k || CodeActionKind.QuickFix.startsWith(`${k}.`))
  )
    return [];
  const ours = context.diagnostics.filter((d) => d.source === source);
  const actions: CodeAction[] = [];
  for (const diagnostic of ours) {
    const finding = find(document.judgement.findings, diagnostic);
    if (finding) actions.push(...actionsOf(document, live, finding, diagnostic, commands));
  }
  const isAsked = ours.length > 0 || context.triggerKind === CodeActionTriggerKind.Invoked;
  const hunk = isAsked ? hunkAt(document, live, range, labels) : undefined;
  if (hunk)
    actions.push({
      title: 'Revert this AI change',
      kind: CodeActionKind.QuickFix,
      ...(ours.length > 0 && { diagnostics: ours }),
      edit: edits(document, [revertHunk(document, live, hunk)]),
    });
  return actions;
}

/** The finding that a diagnostic stands for, also after the text moved. */
export function find(findings: readonly LiveFinding[], diagnostic: Diagnostic): LiveFinding | undefined {
  const { rule, key, line } = (diagnostic.data ?? {}) as { rule?: unknown; key?: unknown; line?: unknown };
  const candidates = findings.filter(
    (f) => f.rule === (rule ?? diagnostic.code) && (typeof key !== 'string' || findingKey(f) === key),
  );
  const near = typeof line === 'number' ? line : diagnostic.range.start.line;
  return candidates.sort((a, b) => Math.abs(a.line - 1 - near) - Math.abs(b.line - 1 - near))[0];
}

function actionsOf(
  document: OpenDocument,
  live: LiveState,
  finding: LiveFinding,
  diagnostic: Diagnostic,
  commands: ReadonlySet<string>,
): CodeAction[] {
  const base = { kind: CodeActionKind.QuickFix, diagnostics: [diagnostic] };
  const ref: FindingRef = {
    uri: document.uri,
    line: finding.line - 1,
    rule: finding.rule,
    key: findingKey(finding),
    message: oneLine(finding.message),
  };
  const actions: CodeAction[] = [];
  if (finding.fix)
    actions.push({
      ...base,
      title: oneLine(finding.fix.title, 100),
      isPreferred: true,
      edit: edits(
        document,
        finding.fix.edits.map((e) => ({ range: { start: e.start, end: e.end }, newText: e.newText })),
      ),
    });
  const isForbidden = finding.decision === 'deny';
  if (commands.has('countersign.justify') && !isForbidden)
    actions.push({
      ...base,
      title: 'Justify this change…',
      command: { title: 'Justify this change…', command: 'countersign.justify', arguments: [ref] },
    });
  // What a protected path asks for can't be waved through; it can only be justified.
  if (commands.has('countersign.ignoreFinding') && finding.entry === undefined)
    actions.push({
      ...base,
      title: 'Ignore once with reason…',
      command: { title: 'Ignore once with reason…', command: 'countersign.ignoreFinding', arguments: [ref] },
    });
  const location = finding.entry?.location;
  if (location && commands.has(openPolicyCommand))
    actions.push({
      ...base,
      title: 'Open the policy rule',
      command: {
        title: 'Open the policy rule',
        command: openPolicyCommand,
        arguments: [uriOfPath(path.resolve(live.root.dir, location.file)), location.line - 1],
      },
    });
  return actions;
}

const edits = (document: OpenDocument, changes: TextEdit[]) => ({
  documentChanges: [{ textDocument: { uri: document.uri, version: document.text.version }, edits: changes }],
});

/** The hunk with labelled lines that the range touches. Only while the judgement is that of the text. */
function hunkAt(document: OpenDocument, live: LiveState, range: Range, labels: Labels): Hunk | undefined {
  if (document.sinceJudged.length > 0) return undefined;
  return document.judgement.hunks.find((h) => {
    const first = h.newLines === 0 ? Math.max(0, h.newStart - 1) : h.newStart - 1;
    const last = h.newLines === 0 ? h.newStart : h.newStart + h.newLines - 2;
    if (range.start.line > last || range.end.line < first) return false;
    for (let i = 0; i < h.newLines; i++) if (isLabelled(live.map.originAt(h.newStart - 1 + i), labels)) return true;
    if (h.newLines > 0) return false;
    const now = live.map.deletions();
    for (let i = 0; i < h.oldLines; i++) {
      const line = live.baseline.lines[h.oldStart - 1 + i] as string;
      if (isLabelled(now.get(line) ?? live.deletedBefore.get(line), labels)) return true;
    }
    return false;
  });
}

/** The edit that puts the baseline's lines back for one hunk. */
export function revertHunk(document: OpenDocument, live: LiveState, hunk: Hunk): TextEdit {
  const text = document.text.getText();
  const eol = terminatorOf(text !== '' ? text : (live.baseline.text ?? ''));
  const old = live.baseline.lines.slice(hunk.oldStart - 1, hunk.oldStart - 1 + hunk.oldLines);
  const lines = rawLines(text);
  const first = hunk.newLines === 0 ? hunk.newStart : hunk.newStart - 1;
  const isLast = first + hunk.newLines >= lines.length;
  let newText = old.map((l) => l + eol).join('');
  const at = { line: first, character: 0 };
  const end = { line: first + hunk.newLines, character: 0 };
  if (isLast && lines.length > 0 && !/[\r\n]$/.test(lines.at(-1) as string)) {
    // The text ends without a terminator: the last line's end is the end of the text.
    const last = lines.length - 1;
    end.line = last;
    end.character = (lines[last] as string).length;
    newText = newText.slice(0, Math.max(0, newText.length - eol.length));
    if (first > last) {
      at.line = last;
      at.character = end.character;
      newText = eol + newText;
    }
  }
  return { range: { start: at, end }, newText };
}
