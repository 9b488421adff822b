/** Registers the commands that the manifest names; their bodies are loaded with the first one that is run. */
import * as vscode from 'vscode';
import { deferred } from '../loadDeferred.ts';
import { describe } from '../log.ts';
import type { Services } from '../services.ts';

const prefix = 'countersign.';

/** Registers all; the one place that catches what a command throws, logs it and tells the user. */
export function registerCommands(services: Services): vscode.Disposable {
  const run = async (name: string, args: readonly unknown[]): Promise<unknown> => {
    try {
      const command = deferred().commands.find((c) => c.id === name);
      return await command?.run(services, ...args);
    } catch (error) {
      if (error instanceof vscode.CancellationError) return undefined;
      services.log.error(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      void services.notify.show(`command.${name}`, 'error', `Countersign: ${describe(error)}`, {
        title: vscode.l10n.t('Show Log'),
        run: () => services.log.show(true),
      });
      return undefined;
    }
  };
  const manifest = services.context.extension.packageJSON as {
    readonly contributes: { readonly commands: readonly { readonly command: string }[] };
  };
  return vscode.Disposable.from(
    ...manifest.contributes.commands.map(({ command }) =>
      vscode.commands.registerCommand(command, async (...args: unknown[]) => run(command.slice(prefix.length), args)),
    ),
  );
}
