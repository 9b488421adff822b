/**
 * The part of the client that needs vscode-languageclient: a bundle of its own (`dist/languageClient.js`), loaded
 * after activation, because parsing that library takes longer than everything else we do at start-up.
 */
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  DidOpenTextDocumentNotification,
  State,
  TransportKind,
  type DidOpenTextDocumentParams,
  type DiagnosticCollectionProvider,
} from 'vscode-languageclient/node';
import type * as vscode from 'vscode';
import { missedEdits, type MissedEditsParams } from '../protocol.ts';

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
  /** The server is about to be given a document as it is now, and hears of each later change: what comes before it. */
  readonly handOver: (document: vscode.TextDocument) => MissedEditsParams | undefined;
  /** The server said something, or that there is nothing, about a file. */
  readonly published: (uri: vscode.Uri) => void;
}

type Send = (method: string, params: unknown) => Promise<void>;

export type { LanguageClient };

export function createLanguageClient(parts: ClientParts): LanguageClient {
  const run = { module: parts.serverModule, transport: TransportKind.ipc };
  const diagnosticCollectionProvider: DiagnosticCollectionProvider = {
    create: () => parts.diagnostics,
    dispose: () => undefined,
  };
  const missedBefore = new Map<string, MissedEditsParams>();
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
        didOpen(document, next) {
          const missed = parts.handOver(document);
          if (missed) missedBefore.set(missed.uri, missed);
          return next(document);
        },
        // Not in `didOpen`: the client lets it overtake every other notification.
        sendNotification(type, next, params) {
          if (typeof type !== 'string' && type.method === DidOpenTextDocumentNotification.method) {
            const { uri } = (params as DidOpenTextDocumentParams).textDocument;
            const missed = missedBefore.get(uri);
            missedBefore.delete(uri);
            // Handed to the writer in this order; where one fails, so does the other.
            if (missed) void (next as Send)(missedEdits, missed).catch(() => undefined);
          }
          return next(type, params);
        },
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
