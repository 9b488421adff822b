/** Typed getters of our settings, read at use. The only place that calls `getConfiguration`. */
import * as vscode from 'vscode';

const section = 'countersign';

/** Defaults live in package.json; a fallback here only serves a host that has lost them. */
function read<T>(key: string, fallback: T, scope?: vscode.ConfigurationScope): T {
  return vscode.workspace.getConfiguration(section, scope).get<T>(key, fallback);
}

export const settings = {
  /** The soft guard of built-in sensitive paths, for repositories without a policy. */
  guardBuiltInPaths: (scope?: vscode.ConfigurationScope): boolean => read('saveGuard.builtInPaths', true, scope),
  /** Read-only editors for protected paths, on top of what the policy says. */
  strict: (scope?: vscode.ConfigurationScope): boolean => read('saveGuard.strict', false, scope),
  rememberReasons: (): number => Math.max(0, Math.min(20, read('saveGuard.rememberReasons', 8))),
  marksEnabled: (scope?: vscode.ConfigurationScope): boolean => read('marks.enabled', true, scope),
  marksInOverviewRuler: (scope?: vscode.ConfigurationScope): boolean => read('marks.overviewRuler', true, scope),
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
  autoSave: (scope: vscode.ConfigurationScope): string =>
    vscode.workspace.getConfiguration('files', scope).get('autoSave', 'off'),
  autoSaveWhenNoErrors: (scope: vscode.ConfigurationScope): boolean =>
    vscode.workspace.getConfiguration('files', scope).get('autoSaveWhenNoErrors', false),

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
