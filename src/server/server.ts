/**
 * LSP handlers over `Documents`: capabilities, requests, custom protocol. Each handler has one catch, which logs and
 * gives the empty answer: a broken request never takes the server down (diagnostics stay as they were).
 */
import {
  CodeActionKind,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  TextDocumentSyncKind,
  type Connection,
  type InitializeParams,
  type InitializeResult,
} from 'vscode-languageserver';
import * as path from 'node:path';
import { createGrammars } from './standin/grammars.ts';
import { policyFileName } from '../platform/policyFile.ts';
import * as protocol from '../protocol.ts';
import { describe, Documents } from './documents.ts';
import { pathOfUri } from './text.ts';
import { Workspace, type Log } from './workspace.ts';

/** Attaches the server to a connection that is not yet listening. */
export function attach(connection: Connection): void {
  let workspace: Workspace | undefined;
  let documents: Documents | undefined;
  let params: InitializeParams | undefined;

  const log: Log = (level, message) => connection.console[level === 'debug' ? 'debug' : level](message);
  const safely = async <T>(name: string, empty: T, work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      log('error', `${name}: ${describe(error)}`);
      return empty;
    }
  };

  connection.onInitialize((p): InitializeResult => {
    params = p;
    const options = (p.initializationOptions ?? {}) as protocol.InitOptions;
    workspace = new Workspace(
      { trusted: options.trusted !== false, ...(typeof options.storage === 'string' && { storage: options.storage }) },
      log,
      (root, change) => documents?.rootChanged(root, change),
    );
    documents = new Documents(
      workspace,
      createGrammars(),
      {
        diagnostics: (uri, version, diagnostics) =>
          void connection.sendDiagnostics({ uri, diagnostics, ...(version !== undefined && { version }) }),
        summary: (s) => void connection.sendNotification(protocol.summary, s),
        changesChanged: () => void connection.sendNotification(protocol.changesChanged),
      },
      log,
    );
    documents.labels = labelsOf(options.labels) ?? 'ai';
    return {
      serverInfo: { name: 'countersign' },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: { includeText: false } },
        hoverProvider: true,
        completionProvider: { triggerCharacters: [':', ' ', '-'] },
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
    };
  });

  connection.onInitialized(() => {
    void safely('initialized', undefined, async () => {
      if (params?.capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration)
        await connection.client.register(DidChangeWatchedFilesNotification.type, {
          watchers: [{ globPattern: `**/${policyFileName}` }],
        });
      if (params?.capabilities.workspace?.didChangeConfiguration?.dynamicRegistration)
        await connection.client.register(DidChangeConfigurationNotification.type, { section: 'countersign' });
      if (params?.capabilities.workspace?.workspaceFolders)
        connection.workspace.onDidChangeWorkspaceFolders(() =>
          safely('folders', undefined, async () => setFolders((await connection.workspace.getWorkspaceFolders()) ?? [])),
        );
      await setFolders(params?.workspaceFolders ?? (params?.rootUri ? [{ uri: params.rootUri }] : []));
    });
  });

  async function setFolders(folders: readonly { readonly uri: string }[]): Promise<void> {
    const paths = folders.flatMap((f) => pathOfUri(f.uri) ?? []);
    const roots = await workspace?.setFolders(paths.map((p) => path.resolve(p)));
    if (roots) documents?.scan(roots);
  }

  connection.onDidOpenTextDocument(({ textDocument: d }) =>
    safely('open', undefined, () => documents?.open(d.uri, d.languageId, d.version, d.text)),
  );
  connection.onDidChangeTextDocument(({ textDocument: d, contentChanges }) =>
    safely('change', undefined, () => documents?.change(d.uri, d.version, contentChanges)),
  );
  connection.onDidSaveTextDocument(({ textDocument: d }) => safely('save', undefined, () => documents?.save(d.uri)));
  connection.onDidCloseTextDocument(({ textDocument: d }) => safely('close', undefined, () => documents?.close(d.uri)));
  connection.onNotification(protocol.editOrigin, (p: protocol.EditOriginParams) =>
    safely('editOrigin', undefined, () => documents?.tell(p)),
  );
  connection.onNotification(protocol.markLines, (p: protocol.MarkLinesParams) =>
    safely('markLines', undefined, () => documents?.mark(p)),
  );
  connection.onNotification(protocol.refresh, () => safely('refresh', undefined, () => documents?.refresh()));
  connection.onRequest(protocol.changes, () => safely('changes', [], () => documents?.changes() ?? []));
  connection.onDidChangeConfiguration(({ settings }: { settings?: { countersign?: { labels?: unknown } } }) =>
    safely('configuration', undefined, () => {
      const labels = labelsOf(settings?.countersign?.labels);
      if (labels) documents?.setLabels(labels);
    }),
  );

  connection.onShutdown(() =>
    safely('shutdown', undefined, async () => {
      await documents?.flush();
      documents?.dispose();
      await workspace?.dispose();
    }),
  );
}

const labelsOf = (value: unknown): protocol.InitOptions['labels'] =>
  value === 'ai' || value === 'ai-and-unknown' || value === 'all' ? value : undefined;
