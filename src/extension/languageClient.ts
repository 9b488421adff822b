/**
 * The part of the client that needs vscode-languageclient: a bundle of its own (`dist/languageClient.js`), loaded
 * after activation, because parsing that library takes longer than everything else we do at start-up.
 */
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  State,
  TransportKind,
  type DiagnosticCollectionProvider,
} from 'vscode-languageclient/node';
import type * as vscode from 'vscode';

export interface ClientParts {
  readonly serverModule: string;
  readonly log: vscode.LogOutputChannel;
  readonly initializationOptions: unknown;
  /** Outlives restarts, so that a dead server's diagnostics stay as they were. */
  readonly diagnostics: vscode.DiagnosticCollection;
  /** The process ended by itself; resolves to whether to start another one. */
  readonly closed: () => Promise<boolean>;
  /** The server answers. */
  readonly running: () => void;
  /** The server said something, or that there is nothing, about a file. */
  readonly published: (uri: vscode.Uri) => void;
}

export type { LanguageClient };

export function createLanguageClient(parts: ClientParts): LanguageClient {
  const run = { module: parts.serverModule, transport: TransportKind.ipc };
  const diagnosticCollectionProvider: DiagnosticCollectionProvider = {
    create: () => parts.diagnostics,
    dispose: () => undefined,
  };
  const client = new LanguageClient(
    'countersign',
    'Countersign',
    { run, debug: { ...run, options: { execArgv: ['--nolazy', '--inspect=6019'] } } },
    {
      documentSelector: [{ scheme: 'file' }],
      outputChannel: parts.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: parts.initializationOptions,
      diagnosticCollectionName: 'countersign',
      diagnosticCollectionProvider,
      middleware: {
        handleDiagnostics(uri, diagnostics, next) {
          parts.published(uri);
          next(uri, diagnostics);
        },
      },
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: async () => ({
          action: (await parts.closed()) ? CloseAction.Restart : CloseAction.DoNotRestart,
          handled: true,
        }),
      },
    },
  );
  client.onDidChangeState(({ newState }) => {
    if (newState === State.Running) parts.running();
  });
  return client;
}
