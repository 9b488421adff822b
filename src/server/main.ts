/**
 * The language server's process: wiring only. Transport by argument (`--stdio`, `--node-ipc`, `--socket=PORT`), as
 * clients expect; `countersign lsp --stdio` loads the same bundle.
 */
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { attach } from './server.ts';

/** Serves until the client goes. The transport is read from `process.argv`. */
export function serve(): void {
  const connection = createConnection(ProposedFeatures.all);
  // Logged and survived: the texts we hold are worth more than a clean crash, and every handler is self-contained.
  const survive = (error: unknown): void =>
    connection.console.error(`unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.on('uncaughtException', survive);
  process.on('unhandledRejection', survive);
  attach(connection);
  connection.listen();
}

if (require.main === module) serve();
