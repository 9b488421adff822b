/** The language server as another editor starts it: ready, memory, and an AI edit in a long file → diagnostics. */
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { processTree } from '../host/processes.ts';
import { makeSample } from '../tools/sample.ts';
import { median, ms, percentile, processTime, ratio, type Row } from './measure.ts';

const cli = path.resolve(__dirname, '../../dist/cli.js');
/** What the server waits after the last change before it judges (`defaultTiming` in src/server/documents.ts). */
const debounceMs = 300;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly uri?: string; readonly version?: number; readonly diagnostics?: readonly unknown[] };
  readonly result?: unknown;
}

/** As much of the base protocol as a benchmark needs. */
class Client {
  readonly child: ChildProcess;
  #id = 0;
  #waiting: ((m: Message) => boolean)[] = [];

  constructor(cwd: string, home: string) {
    this.child = spawn(process.execPath, [cli, 'lsp', '--stdio'], {
      cwd,
      env: { ...process.env, HOME: home },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let buffer = Buffer.alloc(0);
    this.child.stdout?.on('data', (data: Buffer) => {
      buffer = Buffer.concat([buffer, data]);
      for (;;) {
        const head = buffer.indexOf('\r\n\r\n');
        if (head < 0) return;
        const length = Number(/Content-Length: (\d+)/i.exec(buffer.toString('latin1', 0, head))?.[1]);
        if (buffer.length < head + 4 + length) return;
        const message = JSON.parse(buffer.toString('utf8', head + 4, head + 4 + length)) as Message;
        buffer = buffer.subarray(head + 4 + length);
        // Requests of the server (registrations) get an empty answer.
        if (message.id !== undefined && message.method !== undefined) this.#send({ id: message.id, result: null });
        this.#waiting = this.#waiting.filter((w) => !w(message));
      }
    });
  }

  #send(message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.child.stdin?.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }
  notify(method: string, params: object): void {
    this.#send({ method, params });
  }
  wait(what: string, wanted: (m: Message) => boolean, limit = 20_000): Promise<Message> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the server did not send ${what} in ${limit} ms`)), limit);
      this.#waiting.push((m) => {
        if (!wanted(m)) return false;
        clearTimeout(timer);
        resolve(m);
        return true;
      });
    });
  }
  request(method: string, params: object): Promise<Message> {
    const id = ++this.#id;
    const answer = this.wait(`the answer to ${method}`, (m) => m.id === id && m.method === undefined);
    this.#send({ id, method, params });
    return answer;
  }
  async stop(): Promise<void> {
    await this.request('shutdown', {});
    this.notify('exit', {});
  }
}

async function start(folder: string, home: string): Promise<{ client: Client; ms: number }> {
  const began = performance.now();
  const client = new Client(folder, home);
  const uri = pathToFileURL(folder).toString();
  await client.request('initialize', {
    processId: process.pid,
    rootUri: uri,
    workspaceFolders: [{ uri, name: 'shop' }],
    capabilities: { workspace: { workspaceFolders: true } },
  });
  const took = performance.now() - began;
  client.notify('initialized', {});
  return { client, ms: took };
}

export async function serverRows(scratch: string): Promise<Row[]> {
  const folder = path.join(scratch, 'shop');
  const long = Array.from({ length: 5000 }, (_, i) => `export const value${i} = ${i};`).join('\n');
  await makeSample(folder, { files: { 'src/long.ts': `${long}\n` } });

  const starts: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i < 7; i++) {
    const { client, ms: took } = await start(folder, scratch);
    starts.push(took);
    await client.stop();
    bare.push(await processTime(process.execPath, ['-e', '0']));
  }

  const { client } = await start(folder, scratch);
  const file = path.join(folder, 'src/long.ts');
  const uri = pathToFileURL(file).toString();
  let version = 1;
  const text = await fs.readFile(file, 'utf8');
  client.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'typescript', version, text } });
  const times: number[] = [];
  for (let round = 0; round < 20; round++) {
    version++;
    const block = Array.from(
      { length: 100 },
      (_, i) => `export const r${round}x${i} = { rejectUnauthorized: false };`,
    ).join('\n');
    const at = { line: 2500, character: 0 };
    const published = client.wait(
      'diagnostics',
      (m) =>
        m.method === 'textDocument/publishDiagnostics' &&
        m.params?.uri === uri &&
        m.params.version === version &&
        (m.params.diagnostics?.length ?? 0) > 0,
    );
    client.notify('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: [{ range: { start: at, end: at }, text: `${block}\n` }],
    });
    const origin = { origin: 'ai', evidence: 'editor', agent: 'bench' };
    client.notify('countersign/editOrigin', { uri, version, origin, cause: 'workspace-edit' });
    const began = performance.now();
    await published;
    times.push(performance.now() - began - debounceMs);
    // Back to the committed text, so that each round inserts 100 lines into 5,000.
    version++;
    const end = { line: 2600, character: 0 };
    client.notify('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: [{ range: { start: at, end }, text: '' }],
    });
    await new Promise((resolve) => setTimeout(resolve, debounceMs + 150));
  }
  const memory = processTree(client.child.pid ?? -1)[0]?.residentMb ?? Number.NaN;
  await client.stop();

  const ready = median(starts);
  const p95 = percentile(times, 0.95);
  return [
    {
      what: 'language server ready',
      value: ms(ready),
      beside: `${ratio(ready / median(bare))} node -e 0 (${ms(median(bare))})`,
      budget: '≤ 400 ms',
      ok: ready <= 400,
    },
    {
      what: 'language server, memory after 20 edits',
      value: `${memory.toFixed(0)} MB`,
      beside: '',
      budget: '≤ 150 MB',
      ok: memory <= 150,
    },
    {
      what: '100 AI lines into 5,000 → diagnostics, p95',
      value: ms(p95),
      beside: `after the debounce of ${debounceMs} ms; median ${ms(median(times))}`,
      budget: '≤ 50 ms',
      ok: p95 <= 50,
    },
  ];
}
