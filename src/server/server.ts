/**
 * LSP handlers over `Documents`: capabilities, requests, custom protocol. Each handler has one catch, which logs and
 * gives the empty answer: a broken request never takes the server down (diagnostics stay as they were).
 */
import {
  CodeActionKind,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  ErrorCodes,
  ResponseError,
  TextDocumentSyncKind,
  type Connection,
  type InitializeParams,
  type InitializeResult,
} from 'vscode-languageserver';
import * as path from 'node:path';
import { createGrammars } from '../platform/grammars.ts';
import { policyFileName } from '../platform/policyFile.ts';
import * as protocol from '../protocol.ts';
import { codeActionsFor, openPolicyCommand } from './codeActions.ts';
import { Documents } from './documents.ts';
import { describe, type Log } from './log.ts';
import type { OpenDocument } from './openDocument.ts';
import { hoverFor } from './hover.ts';
import { isPolicyFile, policyCompletions, policyHover } from './policyLanguage.ts';
import { pathOfUri } from './text.ts';
import { withoutAi } from './withoutAi.ts';
import { Workspace } from './workspace.ts';

/** Attaches the server to a connection that is not yet listening. */
export function attach(connection: Connection): void {
  let workspace: Workspace | undefined;
  let documents: Documents | undefined;
  let params: InitializeParams | undefined;
  let commands: ReadonlySet<string> = new Set();

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
    commands = new Set([
      ...(options.commands ?? (options.trusted === undefined ? [] : protocol.clientCommands)),
      ...(p.capabilities.window?.showDocument?.support ? [openPolicyCommand] : []),
    ]);
    return {
      serverInfo: { name: 'countersign' },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: { includeText: false } },
        hoverProvider: true,
        completionProvider: { triggerCharacters: [':', ' ', '-'] },
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
        ...(commands.has(openPolicyCommand) && { executeCommandProvider: { commands: [openPolicyCommand] } }),
        workspace: {
          workspaceFolders: { supported: true, changeNotifications: true },
          fileOperations: { didRename: { filters: [{ scheme: 'file', pattern: { glob: '**' } }] } },
        },
      },
    };
  });

  /** Folders are known and looked at. */
  let ready: Promise<void> = Promise.resolve();

  connection.onInitialized(() => {
    ready = safely('initialized', undefined, async () => {
      const { watchesPolicies } = (params?.initializationOptions ?? {}) as protocol.InitOptions;
      if (watchesPolicies !== true && params?.capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration)
        await connection.client.register(DidChangeWatchedFilesNotification.type, {
          watchers: [{ globPattern: `**/${policyFileName}` }],
        });
      if (params?.capabilities.workspace?.didChangeConfiguration?.dynamicRegistration)
        await connection.client.register(DidChangeConfigurationNotification.type, { section: 'countersign' });
      if (params?.capabilities.workspace?.workspaceFolders)
        connection.workspace.onDidChangeWorkspaceFolders(() =>
          safely('folders', undefined, async () =>
            setFolders((await connection.workspace.getWorkspaceFolders()) ?? []),
          ),
        );
      await setFolders(params?.workspaceFolders ?? (params?.rootUri ? [{ uri: params.rootUri }] : []));
    });
  });

  async function setFolders(folders: readonly { readonly uri: string }[]): Promise<void> {
    const paths = folders.flatMap((f) => pathOfUri(f.uri) ?? []);
    const roots = await workspace?.setFolders(paths.map((p) => path.resolve(p)));
    if (roots) await documents?.setRoots(roots);
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
  connection.onNotification(protocol.missedEdits, (p: protocol.MissedEditsParams) =>
    safely('missedEdits', undefined, () => documents?.missed(p)),
  );
  connection.onNotification(protocol.markLines, (p: protocol.MarkLinesParams) =>
    safely('markLines', undefined, () => documents?.mark(p)),
  );
  connection.onNotification(protocol.refresh, () => safely('refresh', undefined, () => documents?.refresh()));
  connection.onDidChangeWatchedFiles(({ changes }) =>
    safely('watched files', undefined, () =>
      documents?.policyFilesTouched(changes.flatMap((c) => pathOfUri(c.uri) ?? []).filter(isPolicyFile)),
    ),
  );

  connection.workspace.onDidRenameFiles(({ files }) => safely('renamed', undefined, () => documents?.renamed(files)));

  /** The document as soon as its origins are loaded. */
  const loaded = async (uri: string): Promise<OpenDocument | undefined> => {
    const document = documents?.get(uri);
    await document?.ready;
    return document;
  };

  connection.onHover(({ textDocument, position }) =>
    safely('hover', null, async () => {
      const document = await loaded(textDocument.uri);
      if (!document?.live) return null;
      const lines = document.live.map.lines();
      return (
        hoverFor(document.judgement.findings, lines, position) ??
        (isPolicyFile(document.file) ? policyHover(lines, position) : null)
      );
    }),
  );
  connection.onCompletion(({ textDocument, position }) =>
    safely('completion', [], () => {
      const document = documents?.get(textDocument.uri);
      if (!document || !isPolicyFile(document.file)) return [];
      return policyCompletions(document.text.getText().split(/\r\n|\n|\r/), position);
    }),
  );
  connection.onCodeAction(({ textDocument, range, context }) =>
    safely('codeAction', [], async () => {
      const document = await loaded(textDocument.uri);
      if (!documents || !document?.live) return [];
      return codeActionsFor(document, document.live, range, context, documents.labels, commands);
    }),
  );
  connection.onExecuteCommand(({ command, arguments: args }) =>
    safely('executeCommand', null, async () => {
      const [uri, line] = (args ?? []) as unknown[];
      const file = typeof uri === 'string' ? pathOfUri(uri) : undefined;
      if (command !== openPolicyCommand || file === undefined || typeof line !== 'number') return null;
      const at = { line: Math.max(0, Math.trunc(line)), character: 0 };
      await connection.window.showDocument({ uri: uri as string, takeFocus: true, selection: { start: at, end: at } });
      return null;
    }),
  );
  connection.onRequest(protocol.changes, () =>
    safely('changes', [], async () => {
      await ready;
      await documents?.settled();
      return documents?.changes() ?? [];
    }),
  );
  connection.onRequest(protocol.why, (p: protocol.WhyParams) =>
    safely('why', { origin: null, explanation: '' }, async () => {
      await loaded(p.uri);
      return documents?.why(p.uri, p.line) ?? { origin: null, explanation: '' };
    }),
  );
  // Fails rather than answers wrongly: the caller is about to write this text to disk.
  connection.onRequest(
    protocol.withoutAi,
    async ({ uri }: protocol.WithoutAiParams): Promise<protocol.WithoutAiResult> => {
      const document = await loaded(uri);
      if (!document?.live)
        throw new ResponseError(ErrorCodes.InvalidParams, 'this document is not known to the server');
      return { text: withoutAi(document.text.getText(), document.live) };
    },
  );
  // A reason that was not recorded must not look recorded: errors go to the caller.
  connection.onRequest(protocol.ignore, async (p: protocol.IgnoreParams): Promise<protocol.IgnoreResult> => ({
    done: (await documents?.ignore(p)) ?? false,
  }));
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
