import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { openAttribution } from '../../../src/platform/attribution.ts';
import { readAudit } from '../../../src/platform/auditLog.ts';
import { findRepository } from '../../../src/platform/git.ts';
import * as protocol from '../../../src/protocol.ts';
import { shiftFindings } from '../../../src/server/diagnostics.ts';
import type { LiveFinding } from '../../../src/server/judge.ts';
import { escapeMarkdown, inlineCode, oneLine } from '../../../src/core/plainText.ts';
import { pathOfUri, rawLines, uriOfPath } from '../../../src/server/text.ts';
import { ai, Client, git, human, repository, sleep, temporary, writeFiles } from './harness.ts';

const app = 'export function run(input: string) {\n  return input.trim();\n}\n';
const risky = '  connect(input, { rejectUnauthorized: false });\n';
const withRisk = app.replace('{\n', `{\n${risky}`);
const hook = { origin: 'ai', evidence: 'hook', agent: 'claude-code' } as const;

async function storeOf(dir: string) {
  const repo = await findRepository(dir);
  assert.ok(repo);
  return openAttribution(repo);
}

test('a finding is logged once, also over restarts', async () => {
  const dir = await repository({ 'a.ts': app });
  await writeFiles(dir, { 'a.ts': withRisk });
  await (await storeOf(dir)).record({ path: 'a.ts', before: app, after: withRisk, origin: hook });
  for (let i = 0; i < 2; i++) {
    const client = await Client.start({ folders: [dir] });
    const uri = await client.open(path.join(dir, 'a.ts'));
    await client.until('a finding', () => client.diagnostics(uri).length === 1);
    await sleep(100);
    await client.stop();
  }
  const events: string[] = [];
  for await (const e of readAudit(path.join(dir, '.git/countersign/audit'))) events.push(e.event);
  assert.deepEqual(
    events.filter((e) => e === 'finding'),
    ['finding'],
  );
});

test('AI edits are logged in one event per pause, with lines and agent, without text', async () => {
  const dir = await repository({ 'a.ts': app });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'a.ts'));
  for (let i = 0; i < 10; i++) await client.insert(uri, 1 + i, `  step${i}();\n`, ai);
  await client.insert(uri, 0, '// mine\n', human);
  await client.until('judged', () => client.summary(uri)?.ai === 10);
  await client.stop();
  const edits = [];
  for await (const e of readAudit(path.join(dir, '.git/countersign/audit'))) if (e.event === 'edit') edits.push(e);
  assert.equal(edits.length, 1);
  assert.deepEqual(edits[0]?.subject?.agent, 'some.extension');
  const covered = new Set(
    edits[0]?.subject?.lines?.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, i) => a + i)),
  );
  for (let line = 3; line <= 12; line++) assert.ok(covered.has(line), `line ${line}`);
  assert.ok(!JSON.stringify(edits).includes('step'));
});

test('a rename takes the origins along', async () => {
  const dir = await repository({ 'a.ts': app });
  await writeFiles(dir, { 'a.ts': withRisk });
  await (await storeOf(dir)).record({ path: 'a.ts', before: app, after: withRisk, origin: hook });
  const client = await Client.start({ folders: [dir] });
  const from = uriOfPath(path.join(dir, 'a.ts'));
  const to = uriOfPath(path.join(dir, 'sub/b.ts'));
  await client.until('a finding', () => client.diagnostics(from).length === 1);
  await fs.mkdir(path.join(dir, 'sub'));
  await fs.rename(path.join(dir, 'a.ts'), path.join(dir, 'sub/b.ts'));
  await client.connection.sendNotification('workspace/didRenameFiles', { files: [{ oldUri: from, newUri: to }] });
  await client.until('the finding at its new place', () => client.diagnostics(to).length === 1);
  await client.stop();
});

test('a hostile journal makes the server read nothing outside the work tree', async () => {
  const dir = await repository({ 'a.ts': app });
  const outside = await temporary();
  await writeFiles(outside, { 'secret.ts': withRisk });
  await fs.symlink(outside, path.join(dir, 'link'));
  const store = await storeOf(dir);
  const relative = path.relative(dir, path.join(outside, 'secret.ts'));
  for (const name of [relative, 'link/secret.ts', path.join(outside, 'secret.ts'), '.', '', 'a.ts/../../x'])
    await store.record({ path: name, before: app, after: withRisk, origin: hook });
  await writeFiles(dir, { 'a.ts': withRisk });
  await store.record({ path: 'a.ts', before: app, after: withRisk, origin: hook });
  const client = await Client.start({ folders: [dir] });
  await client.until('the honest one', () => client.diagnostics(uriOfPath(path.join(dir, 'a.ts'))).length === 1);
  const files = await client.connection.sendRequest<protocol.ChangedFile[]>(protocol.changes);
  assert.deepEqual(
    files.map((f) => f.path),
    ['a.ts'],
  );
  assert.ok(client.published.every((p) => !p.uri.includes('secret')));
  await client.stop();
});

test('broken requests are answered and the server lives on', async () => {
  const dir = await repository({ 'a.ts': app });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'a.ts'));
  const junk: unknown[] = [{}, { uri: 5 }, { uri, version: 'x', origin: null }, { uri, start: -5, end: 1e9, as: 'ai' }];
  for (const params of junk) {
    await client.connection.sendNotification(protocol.editOrigin, params);
    await client.connection.sendNotification(protocol.markLines, params);
    await client.connection.sendRequest(protocol.why, params).catch(() => undefined);
    await client.connection.sendRequest(protocol.ignore, params).catch(() => undefined);
  }
  await client.connection.sendNotification('textDocument/didChange', {
    textDocument: { uri, version: 7 },
    contentChanges: [
      { range: { start: { line: 900, character: 900 }, end: { line: 901, character: 0 } }, text: 'x\n' },
    ],
  });
  await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri: 'file:///nowhere' } });
  await client.edit(uri, [{ text: withRisk }], ai);
  await client.connection.sendNotification(protocol.editOrigin, { uri, version: 2, origin: ai, cause: 'test' });
  const answer = await client.connection.sendRequest<protocol.WhyResult>(protocol.why, { uri, line: 0 });
  assert.ok(answer.explanation.length > 0);
  await client.stop();
});

test('five megabytes: loaded, edited and judged; more is left alone with a note', async () => {
  const line = 'export const value = compute("some text that fills the line a little", 1234567890);\n';
  const text = line.repeat(Math.ceil((5 * 1024 * 1024) / line.length));
  const dir = await repository({ 'big.ts': text, 'huge.ts': 'a\n' });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'big.ts'));
  await client.until('loaded', () => client.summary(uri) !== undefined, 20_000);
  await client.insert(uri, 1000, risky, ai);
  await client.until('a finding', () => client.diagnostics(uri).length === 1, 20_000);
  assert.match(client.summary(uri)?.note ?? '', /by lines|too large/);
  const huge = await client.open(path.join(dir, 'huge.ts'), line.repeat(120_000));
  await client.until('a note', () => client.summary(huge)?.note !== undefined);
  assert.match(client.summary(huge)?.note ?? '', /not judged/);
  await client.insert(huge, 0, risky, ai);
  await sleep(400);
  assert.deepEqual(client.diagnostics(huge), []);
  await client.stop();
});

test('two windows on one repository do not lose each other’s lines', async () => {
  const dir = await repository({ 'a.ts': app });
  const file = path.join(dir, 'a.ts');
  const one = await Client.start({ folders: [dir] });
  const two = await Client.start({ folders: [dir] });
  const uri = await one.open(file);
  await two.open(file);
  await one.insert(uri, 1, risky, ai);
  await one.until('a finding', () => one.diagnostics(uri).length === 1);
  await sleep(500);
  await writeFiles(dir, { 'a.ts': withRisk });
  await one.save(uri);
  // The other window reloads the file and can't tell who changed it; the journal can.
  await two.insert(uri, 1, risky, { origin: 'unknown', evidence: 'none' });
  await two.until('the finding there, too', () => two.diagnostics(uri).length === 1);
  assert.equal(two.summary(uri)?.marks[0]?.origin.agent, 'some.extension');
  await one.stop();
  await two.stop();
});

test('a soft reset brings the labels back', async () => {
  const dir = await repository({ 'a.ts': app });
  const client = await Client.start({ folders: [dir] });
  const file = path.join(dir, 'a.ts');
  const uri = await client.open(file);
  await client.insert(uri, 1, risky, ai);
  await client.until('a finding', () => client.diagnostics(uri).length === 1);
  await writeFiles(dir, { 'a.ts': withRisk });
  await client.save(uri);
  await git(dir, 'commit', '-qam', 'second');
  await client.until('no finding', () => client.diagnostics(uri).length === 0);
  await git(dir, 'reset', '-q', '--soft', 'HEAD~1');
  await client.until('the finding again', () => client.diagnostics(uri).length === 1);
  await client.stop();
});

const finding = (line: number, endLine = line): LiveFinding => ({
  rule: 'r',
  category: 'injection',
  tier: 'high',
  line,
  endLine,
  column: 2,
  endColumn: 5,
  message: 'm',
  origin: ai,
  lineText: 'x',
});
const change = (from: number, to: number, text: string) => ({
  range: { start: { line: from, character: 0 }, end: { line: to, character: 0 } },
  text,
});

test('findings move with edits above, stay with edits below, lose columns where touched', () => {
  const lines = (f: readonly LiveFinding[]): number[] => f.map((x) => x.line);
  const two = [finding(3), finding(10)];
  assert.deepEqual(lines(shiftFindings(two, [change(5, 5, 'a\nb\n')])), [3, 12]);
  assert.deepEqual(lines(shiftFindings(two, [change(0, 2, '')])), [1, 8]);
  assert.deepEqual(lines(shiftFindings(two, [change(0, 20, '')])), [1, 1]);
  assert.equal(shiftFindings(two, [change(2, 2, 'x')])[0]?.column, undefined);
  assert.equal(shiftFindings(two, [change(5, 5, 'a\n')])[1]?.column, 2);
});

test('texts and names survive the way to URIs and Markdown', () => {
  for (const name of ['/a b/c#d.ts', '/ä/%41.ts', "/it's (1)!*.ts", '/a:b@c+d,e.ts', '/x?y[z].ts'])
    assert.equal(pathOfUri(uriOfPath(name)), name);
  assert.equal(pathOfUri('vscode-remote://ssh/x'), undefined);
  assert.equal(pathOfUri('file://%zz'), undefined);
  assert.equal(rawLines('a\r\nb\rc\n\nd').join('|'), 'a\r\n|b\r|c\n|\n|d');
  assert.equal(oneLine('a\u202eb\nc\u0000'), 'a b c');
  assert.equal(inlineCode('a`b'), '``a`b``');
  assert.equal(escapeMarkdown('<b>[x](y)'), '&lt;b&gt;\\[x\\]\\(y\\)');
});

test('a client that tears a line break apart costs lines their origin, nothing else', async () => {
  const dir = await repository({ 'a.ts': app });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'a.ts'));
  await client.insert(uri, 1, '  one();\r  two();\n', ai);
  await client.edit(
    uri,
    [{ range: { start: { line: 2, character: 0 }, end: { line: 2, character: 0 } }, text: '\n' }],
    human,
  );
  await client.until('judged', () => client.summary(uri)?.version === 3);
  const { text } = await client.connection.sendRequest<protocol.WithoutAiResult>(protocol.withoutAi, { uri });
  assert.ok(
    text.startsWith('export function run(input: string) {\n') && text.endsWith('  return input.trim();\n}\n'),
    text,
  );
  await client.insert(uri, 1, risky, ai);
  await client.until('a finding at its line', () => client.diagnostics(uri)[0]?.range.start.line === 1);
  await client.stop();
});

test('a workspace opened through a link shows its files under the link', async () => {
  const dir = await repository({ 'a.ts': app });
  await writeFiles(dir, { 'a.ts': withRisk });
  await (await storeOf(dir)).record({ path: 'a.ts', before: app, after: withRisk, origin: hook });
  const link = path.join(await temporary(), 'link');
  await fs.symlink(dir, link);
  const client = await Client.start({ folders: [link] });
  const uri = uriOfPath(path.join(link, 'a.ts'));
  await client.until('a finding', () => client.diagnostics(uri).length === 1);
  await client.open(path.join(link, 'a.ts'));
  await client.until('the open document judged', () => client.summary(uri)?.version === 1);
  assert.equal(client.diagnostics(uri).length, 1);
  assert.deepEqual([...new Set(client.published.map((p) => p.uri))], [uri]);
  await client.stop();
});

test('a linked worktree has its own pending lines and shares the policy’s notes folder', async () => {
  const dir = await repository({ 'a.ts': app });
  const tree = path.join(await temporary(), 'tree');
  await git(dir, 'worktree', 'add', '-q', tree);
  const client = await Client.start({ folders: [dir, tree] });
  const [main, other] = [await client.open(path.join(dir, 'a.ts')), await client.open(path.join(tree, 'a.ts'))];
  await client.insert(other, 1, risky, ai);
  await client.until('a finding in the worktree', () => client.diagnostics(other).length === 1);
  await client.until('the main tree judged', () => client.summary(main) !== undefined);
  assert.deepEqual(client.diagnostics(main), []);
  await writeFiles(tree, { 'a.ts': withRisk });
  await client.save(other);
  await git(tree, 'commit', '-qam', 'in the worktree');
  await client.until('committed there', () => client.diagnostics(other).length === 0);
  await client.stop();
  await fs.stat(path.join(dir, '.git/countersign/audit'));
});
