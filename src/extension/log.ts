/** The one log channel. Levels mean something: `info` is what a user would care about; never file contents or prompts. */
import * as vscode from 'vscode';

export type Log = vscode.LogOutputChannel;

export const createLog = (): Log => vscode.window.createOutputChannel('Countersign', { log: true });

/** One line for an error of any kind. */
export const describe = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
