import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import type { CodeAction, CompletionItem, Hover, TextEdit } from 'vscode-languageserver-protocol/node';
import { canonicalNote, type Justification } from '../../../src/core/justification.ts';
import { generateKeys, signText } from '../../../src/platform/crypto.ts';
import { findRepository } from '../../../src/platform/git.ts';
import { addKey } from '../../../src/platform/keys.ts';
import { appendNote, coverageBetween } from '../../../src/platform/notes.ts';
import { openAttribution } from '../../../src/platform/attribution.ts';
import { readAudit } from '../../../src/platform/auditLog.ts';
import * as protocol from '../../../src/protocol.ts';
import { ai, Client, git, human, messageOf, repository, sleep, temporary, writeFiles } from './harness.ts';

const policy = `version: 1
protected:
  - name: production infrastructure
    paths: ["infra/**"]
    ai: justify
    tier: critical
    justification: { minLength: 20, ticket: "[A-Z]+-[0-9]+", expires: 8h }
  - name: keys
    paths: ["keys/**"]
    ai: prohibit
`;
const app = 'export function run(input: string) {\n  return input.trim();\n}\n';
const risky = '  connect(input, { rejectUnauthorized: false });\n';

async function actions(client: Client, uri: string, trigger: 1 | 2 = 1): Promise<CodeAction[]> {
  const diagnostics = [...client.diagnostics(uri)];
  const range = diagnostics[0]?.range ?? { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
  return client.connection.sendRequest<CodeAction[]>('textDocument/codeAction', {
    textDocument: { uri },
    range,
    context: { diagnostics, triggerKind: trigger },
  });
}

const titles = (list: readonly CodeAction[]): string[] => list.map((a) => a.title);

test('an AI edit of a protected path is an error with the policy line, and asks for a reason', async () => {
  const dir = await repository({ 'countersign.yaml': policy, 'infra/main.txt': 'a\nb\n', 'keys/k.txt': 'k\n' });
  const client = await Client.start({ folders: [dir], options: { trusted: true } });
  const uri = await client.open(path.join(dir, 'infra/main.txt'));
  await client.insert(uri, 1, 'x\n', human);
  await client.until('a summary', () => client.summary(uri)?.marks.length === 1);
  assert.deepEqual(client.diagnostics(uri), [], 'a person is not marked');
  await client.insert(uri, 2, 'y\nz\n', ai);
  await client.until('blocked', () => client.diagnostics(uri).length === 1);
  const [d] = client.diagnostics(uri);
  assert.equal(d?.code, 'protected-path');
  assert.equal(d?.severity, 1);
  assert.deepEqual([d?.range.start.line, d?.range.end.line], [2, 2], 'the first line speaks for the block');
  assert.match(d?.relatedInformation?.[0]?.location.uri ?? '', /countersign\.yaml$/);
  assert.equal(d?.relatedInformation?.[0]?.location.range.start.line, 2);
  assert.match(messageOf(d), /production infrastructure/);
  const list = await actions(client, uri);
  assert.deepEqual(titles(list), ['Justify this change…', 'Revert this AI change']);
  const ref = list[0]?.command?.arguments?.[0] as protocol.FindingRef;
  assert.equal(ref.uri, uri);
  assert.equal(ref.line, 2);
  const hover = await client.connection.sendRequest<Hover>('textDocument/hover', {
    textDocument: { uri },
    position: { line: 2, character: 0 },
  });
  assert.match(JSON.stringify(hover), /at least 20 characters that names a ticket/);

  const keys = await client.open(path.join(dir, 'keys/k.txt'));
  await client.insert(keys, 0, 'new\n', ai);
  await client.until('forbidden', () => client.diagnostics(keys).length === 1);
  assert.deepEqual(
    titles(await actions(client, keys)),
    ['Revert this AI change'],
    'what is forbidden can’t be justified',
  );
  assert.equal(client.summary(keys)?.decision, 'deny');
  await client.stop();
});

test('findings leave when a person justifies the change, and only for what the note covers', async () => {
  const dir = await repository({ 'countersign.yaml': policy, 'infra/main.txt': 'a\nb\n' });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'infra/main.txt'));
  await client.insert(uri, 1, 'x\n', ai);
  await client.until('blocked', () => client.diagnostics(uri).length === 1);
  const repo = await findRepository(dir);
  assert.ok(repo);
  const keys = generateKeys();
  const unsigned: Justification = {
    version: 1,
    id: 'note-1',
    text: 'agreed in the review of OPS-142',
    by: 'a@example.com',
    at: new Date().toISOString(),
    expires: new Date(Date.now() + 3_600_000).toISOString(),
    tier: 'critical',
    policy: 'p1:0000000000000000',
    covers: [coverageBetween('infra/main.txt', 'a\nb\n', 'a\nx\nb\n', 1)],
    via: 'editor',
  };
  await appendNote(repo, unsigned);
  await client.connection.sendNotification(protocol.refresh);
  await sleep(300);
  assert.equal(client.diagnostics(uri).length, 1, 'an unsigned note counts as none');
  await addKey(repo, { publicKey: keys.publicKey });
  const note = { ...unsigned, key: keys.id };
  await appendNote(repo, { ...note, sig: signText(keys.privateKey, canonicalNote(note)) });
  await client.until('justified', () => client.diagnostics(uri).length === 0);
  await client.insert(uri, 0, 'y\n', ai);
  await client.until('blocked again', () => client.diagnostics(uri).length === 1);
  await client.stop();
});

test('lines that vanish from a protected path are seen, unless a person took them out', async () => {
  const dir = await repository({ 'countersign.yaml': policy, 'infra/a.txt': 'a\nb\nc\n', 'infra/b.txt': 'a\nb\nc\n' });
  const client = await Client.start({ folders: [dir] });
  const a = await client.open(path.join(dir, 'infra/a.txt'));
  const b = await client.open(path.join(dir, 'infra/b.txt'));
  const cut = [{ range: { start: { line: 1, character: 0 }, end: { line: 2, character: 0 } }, text: '' }];
  await client.edit(a, cut, { origin: 'unknown', evidence: 'none' });
  await client.edit(b, cut, human);
  await client.until('unseen', () => client.diagnostics(a).length === 1);
  assert.equal(client.diagnostics(a)[0]?.severity, 1);
  await client.until('b judged', () => client.summary(b)?.version === 2);
  assert.deepEqual(client.diagnostics(b), []);
  await client.stop();
});

test('reverting an AI hunk and taking out all AI lines give back the text from before, with its line endings', async () => {
  const dir = await repository({ 'infra/a.txt': 'one\r\ntwo\r\nthree', 'countersign.yaml': policy });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'infra/a.txt'));
  await client.edit(
    uri,
    [{ range: { start: { line: 1, character: 0 }, end: { line: 2, character: 5 } }, text: 'TWO\r\nTHREE\r\nFOUR' }],
    ai,
  );
  await client.insert(uri, 0, 'mine\r\n', human);
  await client.until('blocked', () => client.diagnostics(uri).length === 1);
  const [revert] = (await actions(client, uri)).filter((a) => a.title.startsWith('Revert'));
  const change = revert?.edit?.documentChanges?.[0] as { edits: TextEdit[] };
  assert.deepEqual(change.edits, [
    { range: { start: { line: 2, character: 0 }, end: { line: 4, character: 4 } }, newText: 'two\r\nthree' },
  ]);
  const { text } = await client.connection.sendRequest<protocol.WithoutAiResult>(protocol.withoutAi, { uri });
  assert.equal(text, 'mine\r\none\r\ntwo\r\nthree');
  await client.stop();
});

test('a finding can be ignored once with a reason: recorded, dated, and still gone after a restart', async () => {
  const dir = await repository({ 'src/a.ts': app });
  const client = await Client.start({ folders: [dir], options: { trusted: true } });
  const file = path.join(dir, 'src/a.ts');
  const uri = await client.open(file);
  await client.insert(uri, 1, risky, ai);
  await client.until('a finding', () => client.diagnostics(uri).length === 1);
  const list = await actions(client, uri);
  assert.ok(titles(list).includes('Ignore once with reason…'));
  const ref = list.find((a) => a.title.startsWith('Ignore'))?.command?.arguments?.[0] as protocol.FindingRef;
  const params: protocol.IgnoreParams = { ...ref, reason: 'local test server only' };
  assert.deepEqual(await client.connection.sendRequest(protocol.ignore, params), { done: true });
  await client.until('no finding', () => client.diagnostics(uri).length === 0);
  assert.deepEqual(await client.connection.sendRequest(protocol.ignore, params), { done: false });
  await client.stop();
  const [line] = (await fs.readFile(path.join(dir, '.git/countersign/ignored.jsonl'), 'utf8')).split('\n');
  const entry = JSON.parse(line ?? '') as Record<string, string>;
  assert.equal(entry['by'], 'a@example.com');
  assert.equal(entry['reason'], 'local test server only');
  assert.ok(!(line ?? '').includes('connect'), 'no source text is kept');
  const events: string[] = [];
  for await (const e of readAudit(path.join(dir, '.git/countersign/audit'))) events.push(e.event);
  assert.ok(events.includes('finding.ignored') && events.includes('finding') && events.includes('edit'), events.join());

  const again = await Client.start({ folders: [dir] });
  await again.open(file, app.replace('{\n', `{\n${risky}`));
  await again.until('a summary', () => again.summary(uri)?.ai === 1);
  assert.deepEqual(again.diagnostics(uri), []);
  await again.stop();
});

test('foreign text never becomes markup', async () => {
  const name = 'evil [x](http://e.example) <img src=x> `code`';
  const evil = policy.replace('production infrastructure', JSON.stringify(name));
  const dir = await repository({ 'countersign.yaml': evil, 'infra/a.txt': 'a\n' });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'infra/a.txt'));
  await client.insert(uri, 0, 'x\n', { ...ai, agent: '**[agent](command:x)**' });
  await client.until('blocked', () => client.diagnostics(uri).length === 1);
  const hover = await client.connection.sendRequest<Hover>('textDocument/hover', {
    textDocument: { uri },
    position: { line: 0, character: 0 },
  });
  const { value } = hover.contents as { value: string };
  assert.ok(!/[^\\]\[x\]\(/.test(value) && !value.includes('<img') && !/[^\\]\[agent/.test(value), value);
  await client.stop();
});

test('a broken policy is shown at its line while the last good one stays in force', async () => {
  const dir = await repository({ 'countersign.yaml': policy, 'infra/a.txt': 'a\n' });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'infra/a.txt'));
  await client.insert(uri, 0, 'x\n', ai);
  await client.until('blocked', () => client.diagnostics(uri).length === 1);
  const file = `file://${dir}/countersign.yaml`;
  await writeFiles(dir, { 'countersign.yaml': policy.replace('ai: prohibit', 'ai: sometimes') });
  await client.until('the problem of the closed policy file', () => client.diagnostics(file).length === 1);
  assert.equal(client.diagnostics(file)[0]?.range.start.line, 9);
  assert.equal(client.diagnostics(file)[0]?.severity, 1);
  assert.equal(client.diagnostics(uri).length, 1);
  await writeFiles(dir, { 'countersign.yaml': policy });
  await client.until('mended', () => client.diagnostics(file).length === 0);
  // In the editor the problem shows while typing, unsaved.
  await client.open(path.join(dir, 'countersign.yaml'), undefined, 'yaml');
  await client.edit(
    file,
    [{ range: { start: { line: 0, character: 9 }, end: { line: 0, character: 10 } }, text: '2' }],
    human,
  );
  await client.until('the problem of the open text', () =>
    client.diagnostics(file).some((d) => d.code === 'policy' && d.range.start.line === 0),
  );
  await client.stop();
});

test('the policy completes keys where they belong, values and rule ids', async () => {
  const dir = await repository({});
  const client = await Client.start({ folders: [dir] });
  const complete = async (text: string): Promise<CompletionItem[]> => {
    const at = text.indexOf('|');
    const file = path.join(dir, 'countersign.yaml');
    const uri = await client.open(file, text.replace('|', ''), 'yaml');
    const before = text.slice(0, at).split('\n');
    const items = await client.connection.sendRequest<CompletionItem[]>('textDocument/completion', {
      textDocument: { uri },
      position: { line: before.length - 1, character: before.at(-1)?.length },
    });
    await client.close(uri);
    return items;
  };
  const labels = async (text: string): Promise<string[]> => (await complete(text)).map((i) => i.label);

  const top = await labels('version: 1\n|');
  assert.ok(top.includes('protected') && top.includes('commit') && !top.includes('version'), top.join());
  assert.deepEqual(await labels('version: 1\ncommit:\n  tr|'), ['trailers']);
  assert.deepEqual(await labels('commit:\n  trailers: |'), ['off', 'ai-only', 'record', 'required']);
  const entry = await labels('protected:\n  - name: x\n    |');
  assert.ok(
    entry.includes('paths') && entry.includes('ai') && !entry.includes('name') && !entry.includes('protected'),
    entry.join(),
  );
  assert.ok((await labels('protected:\n- |')).includes('paths'), 'a list at the indentation of its key');
  assert.deepEqual(await labels('protected:\n  - paths: ["a"]\n    ai: pro|'), ['allow', 'justify', 'prohibit']);
  assert.deepEqual((await labels('protected:\n  - justification: { minLength: 3, | }')).sort(), ['expires', 'ticket']);
  assert.ok((await labels('rules:\n  disable: [|]')).includes('tls-verify-off'));
  assert.ok((await labels('rules:\n  disable:\n    - |')).includes('tls-verify-off'));
  assert.ok((await labels('rules:\n  tiers:\n    |')).includes('tls-verify-off'));
  assert.deepEqual(await labels('rules:\n  tiers:\n    tls-verify-off: |'), ['low', 'medium', 'high', 'critical']);
  assert.ok((await labels('version: 1\n# x\nreview:\n  high:\n    reviewers: 1\n    |')).includes('seniority'));
  assert.deepEqual(await labels('guard:\n  strict: |'), ['true', 'false']);
  assert.ok((await labels('protected:\n  - paths: ["a"]\n|')).includes('rules'), 'back at the top');
  assert.deepEqual(await labels('nonsense:\n  deeper: |'), []);
  const [item] = (await complete('protec|')).filter((i) => i.label === 'protected');
  assert.match(JSON.stringify(item?.textEdit), /paths/);

  const uri = await client.open(path.join(dir, 'countersign.yaml'), 'commit:\n  trailers: off\n', 'yaml');
  const hover = await client.connection.sendRequest<Hover>('textDocument/hover', {
    textDocument: { uri },
    position: { line: 1, character: 4 },
  });
  assert.match(JSON.stringify(hover), /ai-only/);
  await client.stop();
});

test('two roots keep two policies', async () => {
  const strict = await repository({ 'countersign.yaml': policy, 'infra/a.txt': 'a\n' });
  const free = await repository({ 'countersign.yaml': 'version: 1\n', 'infra/a.txt': 'a\n' });
  const client = await Client.start({ folders: [strict, free] });
  const one = await client.open(path.join(strict, 'infra/a.txt'));
  const two = await client.open(path.join(free, 'infra/a.txt'));
  await client.insert(one, 0, 'x\n', ai);
  await client.insert(two, 0, 'x\n', ai);
  await client.until('blocked in one', () => client.diagnostics(one).length === 1);
  await client.until('judged in two', () => client.summary(two)?.ai === 1);
  assert.deepEqual(client.diagnostics(two), []);
  const files = await client.connection.sendRequest<protocol.ChangedFile[]>(protocol.changes);
  assert.deepEqual(new Set(files.map((f) => f.root)), new Set([strict, free]));
  // A nested policy that comes later tightens its folder.
  await writeFiles(free, { 'infra/countersign.yaml': 'version: 1\nprotected:\n  - paths: ["**"]\n    ai: prohibit\n' });
  await client.connection.sendNotification('workspace/didChangeWatchedFiles', {
    changes: [{ uri: `file://${free}/infra/countersign.yaml`, type: 1 }],
  });
  await client.until('blocked in two', () => client.diagnostics(two).length === 1);
  await client.stop();
});

test('policy files are watched for the server, unless its client watches them anyway', async () => {
  const dir = await repository({ 'countersign.yaml': policy });
  const asked = async (options?: protocol.InitOptions): Promise<readonly string[]> => {
    const client = await Client.start({ folders: [dir], ...(options && { options }) });
    // Answered after the registration.
    await client.connection.sendRequest(protocol.changes);
    await client.stop();
    return client.registered;
  };
  assert.deepEqual(await asked(), ['workspace/didChangeWatchedFiles']);
  assert.deepEqual(await asked({ watchesPolicies: true }), []);
});

test('Restricted Mode runs no git and labels against the text as first seen', async () => {
  const dir = await repository({ 'src/a.ts': app });
  const storage = await temporary();
  const trap = await temporary();
  await fs.writeFile(path.join(trap, 'git'), `#!/bin/sh\ntouch ${trap}/ran\n`, { mode: 0o755 });
  const before = process.env['PATH'];
  process.env['PATH'] = `${trap}:${before}`;
  try {
    const client = await Client.start({ folders: [dir], options: { trusted: false, storage } });
    const uri = await client.open(path.join(dir, 'src/a.ts'), `${app}// not committed\n`);
    await client.insert(uri, 1, risky, ai);
    await client.until('a finding', () => client.diagnostics(uri).length === 1);
    await client.until('one mark: what was there at first sight is old', () => client.summary(uri)?.marks.length === 1);
    await client.save(uri);
    await client.stop();
    await assert.rejects(fs.stat(path.join(trap, 'ran')), 'git ran');
    await assert.rejects(fs.stat(path.join(dir, '.git/countersign')), 'state in the repository');
    // State is in the storage folder: the label is back after a restart.
    const again = await Client.start({ folders: [dir], options: { trusted: false, storage } });
    await again.open(path.join(dir, 'src/a.ts'), `${app.replace('{\n', `{\n${risky}`)}// not committed\n`);
    await again.until('the finding again', () => again.diagnostics(uri).length === 1);
    await again.stop();
  } finally {
    process.env['PATH'] = before;
  }
});

test('a folder without git works; git init is noticed on refresh', async () => {
  const dir = await temporary();
  await writeFiles(dir, { 'a.ts': app });
  const client = await Client.start({ folders: [dir], options: { trusted: true, storage: await temporary() } });
  const uri = await client.open(path.join(dir, 'a.ts'));
  await client.insert(uri, 1, risky, ai);
  await client.until('a finding', () => client.diagnostics(uri).length === 1);
  await git(dir, 'init', '-q');
  await client.connection.sendNotification(protocol.refresh);
  await client.until(
    'everything is new in git',
    () => (client.summary(uri)?.marks.length ?? 0) > 0 && client.summary(uri)?.marks[0]?.start === 0,
  );
  await client.stop();
});

test('a folder that leaves the workspace takes its findings along', async () => {
  const one = await repository({ 'src/a.ts': app });
  const two = await repository({ 'src/a.ts': app });
  for (const dir of [one, two]) {
    const repo = await findRepository(dir);
    assert.ok(repo);
    const after = app.replace('{\n', `{\n${risky}`);
    await writeFiles(dir, { 'src/a.ts': after });
    const origin = { origin: 'ai', evidence: 'hook', agent: 'claude-code' } as const;
    await openAttribution(repo).record({ path: 'src/a.ts', before: app, after, origin });
  }
  const client = await Client.start({ folders: [one, two] });
  const [a, b] = [one, two].map((dir) => `file://${dir}/src/a.ts`) as [string, string];
  await client.until('findings in both', () => client.rules(a).length === 1 && client.rules(b).length === 1);
  client.folders = [one];
  await client.connection.sendNotification('workspace/didChangeWorkspaceFolders', {
    event: { added: [], removed: [{ uri: `file://${two}`, name: 'two' }] },
  });
  await client.until('gone with the folder', () => client.rules(b).length === 0);
  assert.equal(client.rules(a).length, 1);
  await client.stop();
});
