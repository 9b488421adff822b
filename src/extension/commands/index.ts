/** The registry of commands. The order is that of the documentation. */
import * as vscode from 'vscode';
import { describe } from '../log.ts';
import type { Services } from '../services.ts';
import { acceptInlineSuggestion } from './acceptInlineSuggestion.ts';
import type { Command } from './command.ts';
import { exportAudit } from './exportAudit.ts';
import { ignoreFinding } from './ignoreFinding.ts';
import { installAgentHooks } from './installAgentHooks.ts';
import { justify } from './justify.ts';
import { markAsAi } from './markAsAi.ts';
import { markAsMine } from './markAsMine.ts';
import { openPolicy } from './openPolicy.ts';
import { remove } from './remove.ts';
import { restartServer } from './restartServer.ts';
import { setUp } from './setUp.ts';
import { showChanges } from './showChanges.ts';
import { showLog } from './showLog.ts';
import { showMenu } from './showMenu.ts';
import { simulate } from './simulate.ts';
import { verifyAudit } from './verifyAudit.ts';
import { why } from './why.ts';

export const commands: readonly Command[] = [
  setUp,
  remove,
  installAgentHooks,
  simulate,
  showChanges,
  why,
  markAsAi,
  markAsMine,
  justify,
  ignoreFinding,
  openPolicy,
  exportAudit,
  verifyAudit,
  acceptInlineSuggestion,
  showMenu,
  restartServer,
  showLog,
];

/** Registers all; the one place that catches what a command throws, logs it and tells the user. */
export function registerCommands(services: Services): vscode.Disposable {
  const run = async (command: Command, args: readonly unknown[]): Promise<unknown> => {
    try {
      return await command.run(services, ...args);
    } catch (error) {
      if (error instanceof vscode.CancellationError) return undefined;
      services.log.error(`${command.id}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      void services.notify.show(`command.${command.id}`, 'error', `Countersign: ${describe(error)}`, {
        title: vscode.l10n.t('Show Log'),
        run: () => services.log.show(true),
      });
      return undefined;
    }
  };
  return vscode.Disposable.from(
    ...commands.map((command) =>
      vscode.commands.registerCommand(`countersign.${command.id}`, async (...args: unknown[]) => run(command, args)),
    ),
  );
}
