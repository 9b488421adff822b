/**
 * The language server as the extension sees it: start off the activation path, restart with back-off, health in a
 * LanguageStatusItem. Failure direction: the editor goes on without it; diagnostics stay as they were, the save guard
 * works from the policy in memory, and the status says so.
 */
import * as vscode from 'vscode';
import * as protocol from '../protocol.ts';
import { Disposables } from './disposables.ts';
import type { LanguageClient } from './languageClient.ts';
import { describe, type Log } from './log.ts';
import { setContext } from './contextKeys.ts';
import { settings } from './settings.ts';

export type Health = 'starting' | 'running' | 'waiting' | 'failed';

/** Pauses before the restarts in a row; after the last the server stays down until a person asks. */
const backOffMs = [500, 2000, 5000, 15_000, 30_000];
/** A new server judges what is open, and what agents changed, well within this time. */
const staleMs = 5000;
/** Having run for so long, the next crash counts as the first. */
const stableMs = 5 * 60_000;
/** `FileChangeType.Changed` of LSP; the server looks for itself what became of the file. */
const changed = 2;
/** For the server to write down what it knows before it goes. */
const stopMs = 5000;

/** What a server has to hear around its start and its end. */
export interface Beside {
  /** Asked when the server is about to be given a document, of whose edits it has not heard until then. */
  handOver(document: vscode.TextDocument): protocol.MissedEditsParams | undefined;
  /** Until the running server has been told how all edits so far came to be. */
  settled(): Promise<void>;
}

export class ServerClient extends Disposables {
  readonly #context: vscode.ExtensionContext;
  readonly #log: Log;
  readonly #diagnostics: vscode.DiagnosticCollection;
  readonly #item: vscode.LanguageStatusItem;
  readonly #summary = this.own(new vscode.EventEmitter<protocol.SummaryParams>());
  readonly #changes = this.own(new vscode.EventEmitter<void>());
  readonly #healthChanged = this.own(new vscode.EventEmitter<Health>());
  #beside: Beside | undefined;
  #client: LanguageClient | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #health: Health = 'starting';
  #crashes = 0;
  #startedAt = 0;
  #wake: (() => void) | undefined;
  readonly #stale = new Set<string>();
  #staleTimer: NodeJS.Timeout | undefined;

  readonly onSummary = this.#summary.event;
  readonly onChangesChanged = this.#changes.event;
  readonly onHealth = this.#healthChanged.event;

  constructor(context: vscode.ExtensionContext, log: Log) {
    super();
    this.#context = context;
    this.#log = log;
    this.#diagnostics = this.own(vscode.languages.createDiagnosticCollection('countersign'));
    this.#item = this.own(vscode.languages.createLanguageStatusItem('countersign.server', { scheme: 'file' }));
    this.#item.name = vscode.l10n.t('Countersign Language Server');
    this.#setHealth('starting');
    // The server runs git only when told at its start that the workspace is trusted.
    this.own(vscode.workspace.onDidGrantWorkspaceTrust(() => void this.restart()));
  }

  get health(): Health {
    return this.#health;
  }

  /** Starts the server; never throws, never blocks the caller. */
  start(beside: Beside): void {
    this.#beside = beside;
    void this.#serially(async () => this.#launch());
  }

  /** Works in every state, also when the server never came up. */
  async restart(): Promise<void> {
    this.#crashes = 0;
    this.#wake?.();
    await this.#serially(async () => {
      this.#setHealth('starting');
      // What the last edits were is found out a moment later; the next server could not tell which ones are meant.
      if (this.#client?.isRunning()) await this.#beside?.settled();
      await this.#end();
      await this.#launch();
    });
  }

  /** The server's answer, or `undefined` while it is not running or when it fails; the failure is logged. */
  async request<R>(method: string, params?: unknown, token?: vscode.CancellationToken): Promise<R | undefined> {
    const client = this.#client;
    if (!client?.isRunning()) return undefined;
    try {
      return await client.sendRequest<R>(method, params, token);
    } catch (error) {
      this.#log.warn(`${method}: ${describe(error)}`);
      return undefined;
    }
  }

  /** Sends when the server runs. What it must not miss while it is down is kept by `missedEdits.ts`. */
  notify(method: string, params: unknown): void {
    const client = this.#client;
    if (!client?.isRunning()) return;
    client.sendNotification(method, params).catch((error: unknown) => this.#log.warn(`${method}: ${describe(error)}`));
  }

  /** For the server, which asks for no watcher of its own: each costs the extension host. */
  policyTouched(uri: vscode.Uri): void {
    this.notify('workspace/didChangeWatchedFiles', { changes: [{ uri: uri.toString(), type: changed }] });
  }

  override dispose(): void {
    this.#wake?.();
    clearTimeout(this.#staleTimer);
    void this.#client?.dispose().catch(() => undefined);
    super.dispose();
  }

  /** One start or stop at a time, in order. */
  async #serially(work: () => Promise<void>): Promise<void> {
    const next = this.#queue.then(work).catch((error: unknown) => this.#failed(error));
    this.#queue = next;
    await next;
  }

  async #launch(): Promise<void> {
    if (this.isDisposed) return;
    this.#setHealth('starting');
    this.#client ??= this.#create();
    await this.#client.start();
  }

  async #end(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.dispose(stopMs).catch((error: unknown) => this.#log.warn(`server stop: ${describe(error)}`));
  }

  #create(): LanguageClient {
    // A sibling bundle, loaded on demand (see languageClient.ts).
    const { createLanguageClient } = require('./languageClient.js') as typeof import('./languageClient.ts');
    const client = createLanguageClient({
      serverModule: this.#context.asAbsolutePath('dist/server.js'),
      log: this.#log,
      diagnostics: this.#diagnostics,
      // Asked for again at each start.
      initializationOptions: (): protocol.InitOptions => ({
        ...(this.#context.storageUri && { storage: this.#context.storageUri.fsPath }),
        trusted: vscode.workspace.isTrusted,
        labels: settings.labels(),
        commands: protocol.clientCommands,
        watchesPolicies: true,
      }),
      closed: async () => this.#closed(),
      handOver: (document) => this.#beside?.handOver(document),
      published: (uri) => this.#stale.delete(uri.toString()),
      running: () => {
        this.#startedAt = Date.now();
        this.#dropStaleLater();
        this.#setHealth('running');
        this.#changes.fire();
      },
    });
    client.onNotification(protocol.summary, (p: protocol.SummaryParams) => this.#summary.fire(p));
    client.onNotification(protocol.changesChanged, () => this.#changes.fire());
    return client;
  }

  async #closed(): Promise<boolean> {
    if (this.isDisposed) return false;
    if (Date.now() - this.#startedAt > stableMs) this.#crashes = 0;
    const pause = backOffMs[this.#crashes++];
    if (pause === undefined) {
      this.#failed(new Error(`ended ${this.#crashes} times in a row`));
      return false;
    }
    this.#log.warn(`the language server ended; starting it again in ${pause} ms`);
    this.#setHealth('waiting');
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, pause);
    });
    this.#wake = undefined;
    return !this.isDisposed;
  }

  /** What an earlier server said holds until the new one had time to say it again. */
  #dropStaleLater(): void {
    this.#diagnostics.forEach((uri) => this.#stale.add(uri.toString()));
    clearTimeout(this.#staleTimer);
    if (this.#stale.size === 0) return;
    this.#staleTimer = setTimeout(() => {
      for (const uri of this.#stale) this.#diagnostics.delete(vscode.Uri.parse(uri));
      this.#stale.clear();
    }, staleMs);
  }

  #failed(error: unknown): void {
    this.#log.error(`language server: ${describe(error)}`);
    this.#setHealth('failed');
  }

  #setHealth(health: Health): void {
    this.#health = health;
    const item = this.#item;
    item.busy = health === 'starting' || health === 'waiting';
    item.severity =
      health === 'failed' ? vscode.LanguageStatusSeverity.Error : vscode.LanguageStatusSeverity.Information;
    item.text = {
      starting: vscode.l10n.t('Countersign is starting'),
      running: vscode.l10n.t('Countersign is watching'),
      waiting: vscode.l10n.t('Countersign is restarting'),
      failed: vscode.l10n.t('Countersign stopped; saves stay guarded, marks are out of date'),
    }[health];
    item.command =
      health === 'failed'
        ? { command: 'countersign.restartServer', title: vscode.l10n.t('Restart Server') }
        : { command: 'countersign.showLog', title: vscode.l10n.t('Show Log') };
    setContext('countersign.serverRunning', health === 'running');
    this.#healthChanged.fire(health);
  }
}
