/**
 * The editor's own writes to workspace settings. Its Settings page changes `.vscode/settings.json` (or the workspace
 * file) through a document that no tab shows, and to an extension that looks like any automated edit. Such a save
 * passes unless it touches a setting that runs something or guards something: those stay with the person's own hands.
 */
import * as fs from 'node:fs/promises';
import { deferred } from './loadDeferred.ts';
import * as vscode from 'vscode';

const file = /(?:^|\/)(?:\.vscode\/settings\.json|[^/]+\.code-workspace)$/;

/** What an agent would change to get around a guard, or to have something run. */
const sensitive =
  /^(?:chat|countersign|security|terminal|git|github|task|debug|launch|mcp|remote|extensions|telemetry|http|npm|settings|files\.(?:autoSave|readonly)|editor\.(?:codeActionsOnSave|formatOnSave))|approve|path|command|args|env|exec|hook|shell|script|interpreter|url|proxy|trust|mcp|tasks/i;

/** Whether this save is to be looked at more closely with `isHarmless`. */
export function mayBeTheEditors(document: vscode.TextDocument): boolean {
  if (!file.test(document.uri.path)) return false;
  const shown = vscode.window.tabGroups.all.some((group) =>
    group.tabs.some(
      (tab) => tab.input instanceof vscode.TabInputText && tab.input.uri.toString() === document.uri.toString(),
    ),
  );
  return !shown;
}

/** Whether all that changed against the disk are settings that neither run nor guard anything. */
export async function isHarmless(document: vscode.TextDocument): Promise<boolean> {
  const before = objectOf(await fs.readFile(document.uri.fsPath, 'utf8').catch(() => ''));
  const after = objectOf(document.getText());
  if (!before || !after) return false;
  return !changedKeys(before, after).some((key) => sensitive.test(key));
}

type Json = Readonly<Record<string, unknown>>;

function objectOf(text: string): Json | undefined {
  const value: unknown = text.trim() === '' ? {} : deferred().parseJsonc(text, [], { allowTrailingComma: true });
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** Changed keys, those of `settings` (workspace file) and of `[language]` blocks without their prefix. */
function changedKeys(before: Json, after: Json): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => {
    const [old, next] = [before[key], after[key]];
    if (JSON.stringify(old) === JSON.stringify(next)) return [];
    const isBlock = key === 'settings' || key.startsWith('[');
    return isBlock && isObject(old ?? {}) && isObject(next ?? {})
      ? changedKeys((old ?? {}) as Json, (next ?? {}) as Json)
      : [key];
  });
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
