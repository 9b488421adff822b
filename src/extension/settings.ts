/** Typed getters of our settings, read at use. The only place that calls `getConfiguration`. */
import * as vscode from 'vscode';

const section = 'countersign';

/** What was read since the last change. VS Code copies a whole section for each reading, and some are made at every key. */
let known: Map<string, unknown> | undefined;
const maxKnown = 500;

/** Keeps what was read until some setting changes. */
export function keepSettings(): vscode.Disposable {
  const forget = (): void => {
    known = new Map();
  };
  forget();
  const listeners = [
    vscode.workspace.onDidChangeConfiguration(forget),
    vscode.workspace.onDidChangeWorkspaceFolders(forget),
  ];
  return {
    dispose() {
      known = undefined;
      for (const d of listeners) d.dispose();
    },
  };
}

function get<T>(of: string, key: string, fallback: T, scope: vscode.Uri | undefined): T {
  const name = `${of}.${key} ${scope?.toString() ?? ''}`;
  if (known?.has(name)) return known.get(name) as T;
  const value = vscode.workspace.getConfiguration(of, scope).get<T>(key, fallback);
  if (known && known.size >= maxKnown) known.clear();
  known?.set(name, value);
  return value;
}

/** Defaults live in package.json; a fallback here only serves a host that has lost them. */
const read = <T>(key: string, fallback: T, scope?: vscode.Uri): T => get(section, key, fallback, scope);

export const settings = {
  /** The soft guard of built-in sensitive paths, for repositories without a policy. */
  guardBuiltInPaths: (scope?: vscode.Uri): boolean => read('saveGuard.builtInPaths', true, scope),
  /** Read-only editors for protected paths, on top of what the policy says. */
  strict: (scope?: vscode.Uri): boolean => read('saveGuard.strict', false, scope),
  rememberReasons: (): number => Math.max(0, Math.min(20, read('saveGuard.rememberReasons', 8))),
  marksEnabled: (scope?: vscode.Uri): boolean => read('marks.enabled', true, scope),
  marksInOverviewRuler: (scope?: vscode.Uri): boolean => read('marks.overviewRuler', true, scope),
  /** Whose changes get diagnostics; the server is told of changes by vscode-languageclient. */
  labels: (): 'ai' | 'ai-and-unknown' | 'all' => read('labels', 'ai'),
  /** Compares pasted text with the clipboard, in memory. */
  readClipboard: (): boolean => read('attribution.readClipboard', true),
  hiddenNotifications: (): readonly string[] => read<string[]>('notifications.hidden', []),
  /** Whether git hooks may have commit records signed. */
  signCommits: (): boolean => read('commits.sign', false),
  /** Whether the record stands in the commit box as soon as there is a message. */
  previewCommits: (): boolean => read('commits.preview', false),
  nodePath: (): string => read('hooks.nodePath', ''),

  /** `files.autoSave…` as it holds for a document: whether a save without a keystroke is to be expected. */
  autoSave: (scope: vscode.Uri): string => get('files', 'autoSave', 'off', scope),
  autoSaveWhenNoErrors: (scope: vscode.Uri): boolean => get('files', 'autoSaveWhenNoErrors', false, scope),

  async hideNotification(id: string): Promise<void> {
    const hidden = new Set(settings.hiddenNotifications());
    hidden.add(id);
    await vscode.workspace
      .getConfiguration(section)
      .update('notifications.hidden', [...hidden].sort(), vscode.ConfigurationTarget.Global);
  },

  onDidChange: (listener: (affects: (key: string) => boolean) => void): vscode.Disposable =>
    vscode.workspace.onDidChangeConfiguration((e) => {
      if (e.affectsConfiguration(section)) listener((key) => e.affectsConfiguration(`${section}.${key}`));
    }),
};
