/** Our context keys, typed. Set only when the value changed. */
import * as vscode from 'vscode';

export interface ContextKeys {
  /** Activation is over: commands that need the extension can show. */
  'countersign.active': boolean;
  /** The language server answers. */
  'countersign.serverRunning': boolean;
  /** Saves that wait for a justification. */
  'countersign.heldSaves': number;
  /** The workspace has a git repository. */
  'countersign.hasRepository': boolean;
  /** The repository of the first folder has a policy file. */
  'countersign.hasPolicy': boolean;
  /** There are AI changes to show. */
  'countersign.hasChanges': boolean;
}

const values = new Map<string, unknown>();

export function setContext<K extends keyof ContextKeys>(key: K, value: ContextKeys[K]): void {
  if (values.get(key) === value) return;
  values.set(key, value);
  void vscode.commands.executeCommand('setContext', key, value);
}
