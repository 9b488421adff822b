/**
 * Notifications, the last resort after log, status and diagnostics. Each has an id and can be turned off for good;
 * that is kept in the setting `countersign.notifications.hidden`, where a user sees it and can undo it.
 */
import * as vscode from 'vscode';
import type { Log } from './log.ts';
import { settings } from './settings.ts';

export interface Action {
  readonly title: string;
  run(): unknown;
}

export class Notify {
  readonly #log: Log;
  readonly #open = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Shows one notification at a time per id; resolves when it is answered. */
  async show(id: string, level: 'info' | 'warning' | 'error', message: string, ...actions: Action[]): Promise<void> {
    this.#log.info(`notice ${id}: ${message}`);
    if (this.#open.has(id) || settings.hiddenNotifications().includes(id)) return;
    this.#open.add(id);
    try {
      const never = vscode.l10n.t("Don't Show Again");
      const titles = [...actions.map((a) => a.title), never];
      const answer = await {
        info: vscode.window.showInformationMessage,
        warning: vscode.window.showWarningMessage,
        error: vscode.window.showErrorMessage,
      }[level](message, ...titles);
      if (answer === never) await settings.hideNotification(id);
      else await actions.find((a) => a.title === answer)?.run();
    } finally {
      this.#open.delete(id);
    }
  }
}
