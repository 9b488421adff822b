/** The registry of commands. The order is that of the documentation. */
import * as vscode from 'vscode';
import { describe } from '../log.ts';
import type { Services } from '../services.ts';
import type { Command } from './command.ts';
import { restartServer } from './restartServer.ts';
import { showLog } from './showLog.ts';

export const commands: readonly Command[] = [restartServer, showLog];

/** Registers all; the one place that catches what a command throws, logs it and tells the user. */
export function registerCommands(services: Services): vscode.Disposable {
  return vscode.Disposable.from(
    ...commands.map((command) =>
      vscode.commands.registerCommand(`countersign.${command.id}`, async (...args: unknown[]) => {
        try {
          return await command.run(services, ...args);
        } catch (error) {
          if (error instanceof vscode.CancellationError) return undefined;
          services.log.error(
            `${command.id}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
          );
          void services.notify.show(`command.${command.id}`, 'error', `Countersign: ${describe(error)}`, {
            title: vscode.l10n.t('Show Log'),
            run: () => services.log.show(true),
          });
          return undefined;
        }
      }),
    ),
  );
}
