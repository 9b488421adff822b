/** The bundles as processes: `server.js` over IPC and stdio, `cli.js lsp --stdio`; start, speed and memory. */
import assert from 'node:assert/strict';
import { fork, spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import {
  createProtocolConnection,
  IPCMessageReader,
  IPCMessageWriter,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';
import { buildBundles } from '../../tools/build.ts';
import { ai, Client, repository } from './harness.ts';

const top = path.resolve(__dirname, '../../..');
const out = path.join(top, 'node_modules/.cache/countersign-server-test');

// The build of the product, into a folder of our own.
before(async () => buildBundles(out));

// A failed test must not leave a process behind that keeps this one alive.
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
});
const kept = <T extends ChildProcess>(child: T): T => {
  children.push(child);
  return child;
};

const stdio = (child: ChildProcess): Client => {
  assert.ok(child.stdout && child.stdin);
  return new Client(
    createProtocolConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin)),
  );
};

const ended = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once('exit', resolve));

const app = 'export function run(input: string) {\n  return input.trim();\n}\n';
const risky = '  connect(input, { rejectUnauthorized: false });\n';

test('countersign lsp --stdio serves any editor and ends with it', async () => {
  const dir = await repository({ 'a.ts': app });
  const child = kept(spawn(process.execPath, [path.join(out, 'cli.js'), 'lsp', '--stdio'], { stdio: 'pipe' }));
  const end = ended(child);
  const client = stdio(child);
  await client.initialize([dir]);
  const uri = await client.open(path.join(dir, 'a.ts'));
  await client.insert(uri, 1, risky, ai);
  await client.until('a finding', () => client.diagnostics(uri).length === 1);
  // Commands of the VS Code extension are not offered to an editor that does not have them.
  const actions = await client.connection.sendRequest<{ title: string }[]>('textDocument/codeAction', {
    textDocument: { uri },
    range: client.diagnostics(uri)[0]?.range,
    context: { diagnostics: client.diagnostics(uri) },
  });
  assert.ok(actions.every((a) => !a.title.endsWith('…')));
  await client.connection.sendRequest('shutdown');
  await client.connection.sendNotification('exit');
  assert.equal(await end, 0);
});

test('a client that dies takes the server with it', async () => {
  const child = kept(spawn(process.execPath, [path.join(out, 'server.js'), '--stdio'], { stdio: 'pipe' }));
  const end = ended(child);
  const client = stdio(child);
  await client.initialize([]);
  child.stdin?.end();
  await end;
});

test('wrong arguments are one line and exit code 2', async () => {
  for (const args of [['lsp'], ['lsp', '--pipe']]) {
    const child = kept(spawn(process.execPath, [path.join(out, 'cli.js'), ...args], { stdio: 'pipe' }));
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    assert.equal(await ended(child), 2);
    assert.match(err, /^countersign lsp: .*\n$/);
  }
});

test('ready, fast and small', async () => {
  const lines = Array.from({ length: 5000 }, (_, i) =>
    i % 10 === 9 ? `// part ${i}` : `export const value${i} = compute(${i}, "text ${i % 7}", { verify: true });`,
  );
  const text = `${lines.join('\n')}\n`;
  const dir = await repository({ 'big.ts': text });
  const begun = performance.now();
  await ended(kept(spawn(process.execPath, ['-e', '0'])));
  const bare = performance.now() - begun;
  const started = performance.now();
  const child = kept(
    fork(path.join(out, 'server.js'), ['--node-ipc'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
  );
  const client = new Client(createProtocolConnection(new IPCMessageReader(child), new IPCMessageWriter(child)));
  await client.initialize([dir], { trusted: true });
  const ready = performance.now() - started;
  const uri = await client.open(path.join(dir, 'big.ts'));
  await client.until('loaded', () => client.summary(uri) !== undefined);
  const took: number[] = [];
  for (let round = 0; round < 20; round++) {
    const block = Array.from({ length: 100 }, (_, i) =>
      i === 50
        ? `const c${round} = connect({ rejectUnauthorized: false, round: ${round} });\n`
        : `const r${round}x${i} = ${i};\n`,
    ).join('');
    const seen = client.published.length;
    await client.insert(uri, 100 + round * 40, block, ai);
    const sent = performance.now();
    await client.until('diagnostics', () => client.published.length > seen);
    assert.equal(client.diagnostics(uri).length, round + 1);
    took.push(performance.now() - sent - 300);
  }
  const sorted = took.toSorted((a, b) => a - b);
  const p95 = sorted[Math.floor(sorted.length * 0.95)] ?? 0;
  const status = await fs.readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
  const rss = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  const peak = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  console.log(
    `bare Node ${bare.toFixed(0)} ms, ready ${ready.toFixed(0)} ms, AI edit → diagnostics after the debounce: median ${sorted[10]?.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, max ${sorted.at(-1)?.toFixed(1)} ms, RSS ${rss.toFixed(0)} MB (peak ${peak.toFixed(0)})`,
  );
  // Against a bare Node started beside it, so that a busy machine fails nothing; the bench holds the budgets.
  assert.ok(ready < 12 * bare, `ready after ${ready} ms, bare Node takes ${bare} ms`);
  assert.ok((sorted[10] ?? 0) < 8 * bare, `median ${sorted[10]} ms, bare Node takes ${bare} ms`);
  assert.ok(rss < 350, `RSS ${rss} MB`);
  const end = ended(child);
  await client.connection.sendRequest('shutdown');
  await client.connection.sendNotification('exit');
  assert.equal(await end, 0);
});
