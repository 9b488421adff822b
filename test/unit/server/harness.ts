/** A real server on an in-memory connection, and real repositories in temporary folders. */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type Diagnostic,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  type TextDocumentContentChangeEvent,
} from 'vscode-languageserver-protocol/node';
import { createConnection } from 'vscode-languageserver/node';
import type { LineOrigin } from '../../../src/core/model.ts';
import * as protocol from '../../../src/protocol.ts';
import { attach } from '../../../src/server/server.ts';
import { uriOfPath } from '../../../src/server/text.ts';

const run = promisify(execFile);

export const ai: LineOrigin = { origin: 'ai', evidence: 'editor', agent: 'some.extension' };
export const human: LineOrigin = { origin: 'human', evidence: 'editor' };

export async function git(cwd: string, ...args: string[]): Promise<string> {
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@example.com',
    GIT_COMMITTER_NAME: 'A',
    GIT_COMMITTER_EMAIL: 'a@example.com',
  };
  const { stdout } = await run('git', args, { cwd, env });
  return stdout;
}

export async function temporary(): Promise<string> {
  return fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-server-')));
}

/** A repository with one commit of these files. */
export async function repository(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await temporary();
  await git(dir, 'init', '-q', '-b', 'main');
  await git(dir, 'config', 'user.email', 'a@example.com');
  await git(dir, 'config', 'user.name', 'A');
  await writeFiles(dir, files);
  await git(dir, 'add', '-A');
  await git(dir, 'commit', '-q', '--allow-empty', '-m', 'first');
  return dir;
}

export async function writeFiles(dir: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await fs.mkdir(path.dirname(path.join(dir, name)), { recursive: true });
    await fs.writeFile(path.join(dir, name), text);
  }
}

export interface StartOptions {
  readonly folders: readonly string[];
  readonly options?: protocol.InitOptions;
}

export class Client {
  readonly connection: ProtocolConnection;
  readonly published: PublishDiagnosticsParams[] = [];
  /** Methods that the server asked to hear of. */
  readonly registered: string[] = [];
  readonly summaries: protocol.SummaryParams[] = [];
  readonly log: string[] = [];
  folders: readonly string[] = [];
  readonly #latest = new Map<string, Diagnostic[]>();
  readonly #versions = new Map<string, number>();
  #waiters: (() => void)[] = [];

  constructor(connection: ProtocolConnection) {
    this.connection = connection;
    connection.onNotification('textDocument/publishDiagnostics', (p: PublishDiagnosticsParams) => {
      this.published.push(p);
      this.#latest.set(p.uri, p.diagnostics);
      this.#wake();
    });
    connection.onNotification(protocol.summary, (p: protocol.SummaryParams) => {
      this.summaries.push(p);
      this.#wake();
    });
    connection.onNotification('window/logMessage', (p: { message: string; type: number }) => {
      this.log.push(`${p.type} ${p.message}`);
    });
    connection.onRequest('client/registerCapability', (p: { registrations: { method: string }[] }) => {
      this.registered.push(...p.registrations.map((r) => r.method));
      return null;
    });
    connection.onRequest('workspace/workspaceFolders', () => this.folders.map((f) => ({ uri: uriOfPath(f), name: f })));
    connection.listen();
  }

  static async start({ folders, options }: StartOptions): Promise<Client> {
    const up = new PassThrough();
    const down = new PassThrough();
    const server = createConnection(new StreamMessageReader(up), new StreamMessageWriter(down));
    attach(server);
    server.listen();
    const client = new Client(createProtocolConnection(new StreamMessageReader(down), new StreamMessageWriter(up)));
    await client.initialize(folders, options);
    return client;
  }

  async initialize(folders: readonly string[], options?: protocol.InitOptions): Promise<void> {
    this.folders = folders;
    await this.connection.sendRequest('initialize', {
      processId: null,
      rootUri: null,
      capabilities: {
        workspace: { workspaceFolders: true, didChangeWatchedFiles: { dynamicRegistration: true } },
      },
      clientInfo: { name: 'Visual Studio Code' },
      workspaceFolders: folders.map((f) => ({ uri: uriOfPath(f), name: path.basename(f) })),
      initializationOptions: options,
    });
    await this.connection.sendNotification('initialized', {});
  }

  async stop(): Promise<void> {
    await this.connection.sendRequest('shutdown');
    this.connection.dispose();
  }

  async open(file: string, text?: string, languageId = 'typescript', version = 1): Promise<string> {
    const uri = uriOfPath(file);
    this.#versions.set(uri, version);
    await this.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId, version, text: text ?? (await fs.readFile(file, 'utf8')) },
    });
    return uri;
  }

  /** One change; with an origin it is announced as the extension does. */
  async edit(
    uri: string,
    changes: readonly TextDocumentContentChangeEvent[],
    origin?: LineOrigin,
    cause = 'test',
  ): Promise<void> {
    const version = (this.#versions.get(uri) ?? 0) + 1;
    this.#versions.set(uri, version);
    await this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: changes,
    });
    if (origin) await this.connection.sendNotification(protocol.editOrigin, { uri, version, origin, cause });
  }

  async insert(uri: string, line: number, text: string, origin?: LineOrigin): Promise<void> {
    await this.edit(uri, [{ range: { start: { line, character: 0 }, end: { line, character: 0 } }, text }], origin);
  }

  async save(uri: string): Promise<void> {
    await this.connection.sendNotification('textDocument/didSave', { textDocument: { uri } });
  }

  async close(uri: string): Promise<void> {
    await this.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
  }

  diagnostics(uri: string): readonly Diagnostic[] {
    return this.#latest.get(uri) ?? [];
  }

  rules(uri: string): string[] {
    return this.diagnostics(uri).map((d) => String(d.code));
  }

  summary(uri: string): protocol.SummaryParams | undefined {
    return this.summaries.findLast((s) => s.uri === uri);
  }

  /** Waits for a condition over what arrived; fails with what is there. */
  async until(what: string, condition: () => boolean, timeoutMs = 40_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!condition()) {
      const left = end - Date.now();
      if (left <= 0)
        throw new Error(`timed out: ${what}\n${JSON.stringify([...this.#latest], null, 1)}\n${this.log.join('\n')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 200));
        this.#waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The protocol allows Markdown messages; ours are text. */
export function messageOf(diagnostic: Diagnostic | undefined): string {
  return typeof diagnostic?.message === 'string' ? diagnostic.message : '';
}
