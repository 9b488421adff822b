/** What installed hooks run: our copied CLI, and a Node for machines that have none on the PATH. */
import type * as vscode from 'vscode';
import type { HookRuntime } from '../platform/gitHooks.ts';
import { cliFile, copyCli } from './cliCopy.ts';
import type { Log } from './log.ts';
import { settings } from './settings.ts';

export async function hookRuntime(context: vscode.ExtensionContext, log: Log): Promise<HookRuntime> {
  await copyCli(context, log);
  return { cli: cliFile(context), fallback: settings.nodePath() || process.execPath };
}
