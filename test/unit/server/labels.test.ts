import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';
import { openAttribution } from '../../../src/platform/attribution.ts';
import { findRepository } from '../../../src/platform/git.ts';
import type { Repository } from '../../../src/platform/state.ts';
import * as protocol from '../../../src/protocol.ts';
import { uriOfPath } from '../../../src/server/text.ts';
import { ai, Client, git, human, messageOf, repository, sleep, writeFiles } from './harness.ts';

const app = 'export function run(input: string) {\n  return input.trim();\n}\n';
const risky = '  connect(input, { rejectUnauthorized: false });\n';
const withRisk = app.replace('{\n', `{\n${risky}`);

async function repo(dir: string): Promise<Repository> {
  const found = await findRepository(dir);
  assert.ok(found);
  return found;
}

async function risk(client: Client, uri: string): Promise<void> {
  await client.until('a finding', () => client.diagnostics(uri).length > 0);
}

test('an agent’s edit gets a finding on its lines, with tier, link and source', async () => {
  const dir = await repository({ 'src/app.ts': app });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'src/app.ts'));
  await client.insert(uri, 1, risky, ai);
  await risk(client, uri);
  const [d] = client.diagnostics(uri);
  assert.equal(d?.source, 'Countersign');
  assert.equal(d?.code, 'tls-verify-off');
  assert.equal(d?.severity, 2);
  assert.equal(d?.range.start.line, 1);
  assert.equal(
    risky.slice(d?.range.start.character, d?.range.end.character).trim().startsWith('rejectUnauthorized'),
    true,
  );
  assert.match(messageOf(d), /\(critical risk, AI\)$/);
  assert.match(d?.codeDescription?.href ?? '', /#tls-verify-off$/);
  await client.until('a summary', () => client.summary(uri)?.ai === 1);
  assert.equal(client.summary(uri)?.tier, 'critical');
  assert.deepEqual(client.summary(uri)?.marks, [{ start: 1, end: 1, origin: ai }]);
  await client.stop();
});

test('what was typed before the server was there is a person’s, what an agent wrote then is AI', async () => {
  const dir = await repository({ 'src/app.ts': app });
  const client = await Client.start({ folders: [dir] });
  const uri = uriOfPath(path.join(dir, 'src/app.ts'));
  const at = (line: number, character: number): { line: number; character: number } => ({ line, character });
  const typed = '// mine'.split('').map((text, i) => ({
    version: i + 2,
    changes: [{ range: { start: at(3, i), end: at(3, i) }, text }],
  }));
  const edits = [...typed, { version: 9, changes: [{ range: { start: at(1, 0), end: at(1, 0) }, text: risky }] }];
  const origins = edits.map(({ version }) => ({ uri, version, origin: version === 9 ? ai : human, cause: 'test' }));
  const after = `${withRisk}// mine`;
  // The last verdict comes late, as it does for what was done just before the server's start.
  await client.connection.sendNotification(protocol.missedEdits, {
    uri,
    text: app,
    edits,
    origins: origins.slice(0, -1),
  } satisfies protocol.MissedEditsParams);
  await client.open(path.join(dir, 'src/app.ts'), after, 'typescript', 9);
  await client.connection.sendNotification(protocol.editOrigin, origins.at(-1));
  await risk(client, uri);
  await client.until('a summary', () => client.summary(uri)?.ai === 1);
  assert.deepEqual(
    client.summary(uri)?.marks.map((m) => [m.start, m.end, m.origin.origin]),
    [
      [1, 1, 'ai'],
      [4, 4, 'human'],
    ],
  );
  assert.equal(client.summary(uri)?.unknown, 0);
  await client.stop();
});

test('an agent’s stream that never pauses reaches the journal all the same', async () => {
  const dir = await repository({ 'src/app.ts': app });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'src/app.ts'));
  const journal = openAttribution(await repo(dir));
  let isWritten = false;
  for (let line = 1; line < 60 && !isWritten; line++) {
    await client.insert(uri, line, `  step(${line});\n`, ai);
    await sleep(100);
    isWritten = (await journal.pending()).length > 0;
  }
  assert.ok(isWritten);
  await client.stop();
});

test('a server that ends right after its start keeps what it was given', async () => {
  const dir = await repository({ 'src/app.ts': app });
  const file = path.join(dir, 'src/app.ts');
  const uri = uriOfPath(file);
  const first = await Client.start({ folders: [dir] });
  const start = { line: 1, character: 0 };
  await first.connection.sendNotification(protocol.missedEdits, {
    uri,
    text: app,
    edits: [{ version: 2, changes: [{ range: { start, end: start }, text: risky }] }],
    origins: [{ uri, version: 2, origin: ai, cause: 'test' }],
  } satisfies protocol.MissedEditsParams);
  await first.open(file, withRisk, 'typescript', 2);
  await first.stop();
  const second = await Client.start({ folders: [dir] });
  await second.open(file, withRisk, 'typescript', 3);
  await second.until('a summary', () => second.summary(uri)?.ai === 1);
  assert.equal(second.summary(uri)?.unknown, 0);
  await second.stop();
});

for (const last of ['save', 'close'] as const)
  test(`a server whose end comes right behind a ${last} has written by then what it knows`, async () => {
    const dir = await repository({ 'src/app.ts': app });
    const client = await Client.start({ folders: [dir] });
    const uri = await client.open(path.join(dir, 'src/app.ts'));
    await client.insert(uri, 1, risky, ai);
    await client.until('a finding', () => client.diagnostics(uri).length === 1);
    await client[last](uri);
    await client.stop();
    // Its process ends with the answer: what is under way then is lost.
    assert.match(readFileSync(path.join(dir, '.git/countersign/attribution.jsonl'), 'utf8'), /"origin":"ai"/);
  });

test('a file that an agent opens, edits, saves and closes before it is loaded has its AI lines', async () => {
  const dir = await repository({ 'src/app.ts': app });
  const file = path.join(dir, 'src/app.ts');
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(file);
  await client.insert(uri, 1, risky, ai);
  await fs.writeFile(file, withRisk);
  await client.save(uri);
  await client.close(uri);
  await client.until('a finding', () => client.diagnostics(uri).length === 1);
  assert.deepEqual([client.summary(uri)?.ai, client.summary(uri)?.unknown], [1, 0]);
  await client.stop();
});

test('missed edits that do not lead to the text say nothing about it', async () => {
  const dir = await repository({ 'src/app.ts': app });
  const client = await Client.start({ folders: [dir] });
  const uri = uriOfPath(path.join(dir, 'src/app.ts'));
  const start = { line: 1, character: 0 };
  await client.connection.sendNotification(protocol.missedEdits, {
    uri,
    text: app,
    edits: [{ version: 2, changes: [{ range: { start, end: start }, text: '  return 1;\n' }] }],
    origins: [{ uri, version: 2, origin: human, cause: 'typed' }],
  } satisfies protocol.MissedEditsParams);
  await client.open(path.join(dir, 'src/app.ts'), withRisk, 'typescript', 2);
  await client.until('a summary', () => client.summary(uri)?.unknown === 1);
  await client.stop();
});

test('a guess is called a guess', async () => {
  const dir = await repository({ 'src/app.ts': app });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'src/app.ts'));
  await client.insert(uri, 1, risky, { origin: 'ai', evidence: 'heuristic', confidence: 0.8 });
  await risk(client, uri);
  assert.match(messageOf(client.diagnostics(uri)[0]), /likely AI/);
  const hover = await client.connection.sendRequest('textDocument/hover', {
    textDocument: { uri },
    position: { line: 1, character: client.diagnostics(uri)[0]?.range.start.character },
  });
  assert.match(JSON.stringify(hover), /Likely AI.*80 % sure/);
  await client.stop();
});

test('a person’s typing stays unmarked, and so does an edit that nobody explained', async () => {
  const dir = await repository({ 'src/app.ts': app });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'src/app.ts'));
  await client.insert(uri, 1, risky, human);
  await client.insert(uri, 2, risky);
  await client.until('a summary', () => client.summary(uri)?.unknown === 1);
  assert.deepEqual(client.diagnostics(uri), []);
  assert.equal(client.summary(uri)?.ai, 0);
  // On demand, unknown lines and a person's own are labelled, too.
  await client.connection.sendNotification('workspace/didChangeConfiguration', {
    settings: { countersign: { labels: 'ai-and-unknown' } },
  });
  await client.until('the unknown line', () => client.diagnostics(uri).length === 1);
  await client.connection.sendNotification('workspace/didChangeConfiguration', {
    settings: { countersign: { labels: 'all' } },
  });
  await client.until('all lines', () => client.diagnostics(uri).length === 2);
  await client.stop();
});

test('origins may arrive before the change they explain', async () => {
  const dir = await repository({ 'src/app.ts': app });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'src/app.ts'));
  await client.connection.sendNotification(protocol.editOrigin, { uri, version: 2, origin: ai, cause: 'test' });
  await client.insert(uri, 1, risky);
  await risk(client, uri);
  await client.stop();
});

test('nor is an origin lost that comes while the document is loaded, and its change after that', async () => {
  const dir = await repository({ 'src/app.ts': app });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'src/app.ts'));
  await client.connection.sendNotification(protocol.editOrigin, { uri, version: 2, origin: ai, cause: 'test' });
  await client.until('it is loaded', () => client.summary(uri) !== undefined);
  await client.insert(uri, 1, risky);
  await client.until('a summary', () => client.summary(uri)?.version === 2);
  assert.deepEqual([client.summary(uri)?.ai, client.summary(uri)?.unknown], [1, 0]);
  await client.stop();
});

test('findings leave when the change is committed', async () => {
  const dir = await repository({ 'src/app.ts': app });
  const client = await Client.start({ folders: [dir] });
  const file = path.join(dir, 'src/app.ts');
  const uri = await client.open(file);
  await client.insert(uri, 1, risky, ai);
  await risk(client, uri);
  await writeFiles(dir, { 'src/app.ts': withRisk });
  await client.save(uri);
  await git(dir, 'commit', '-qam', 'second');
  await client.until('no finding', () => client.diagnostics(uri).length === 0);
  await client.until('no marks', () => client.summary(uri)?.marks.length === 0);
  // A person's edit of the committed line is a person's.
  await client.insert(uri, 1, '  // why\n', human);
  await client.until('a human mark', () => client.summary(uri)?.marks[0]?.origin.origin === 'human');
  await client.stop();
});

test('findings leave when the change is taken back, and follow edits above them without flicker', async () => {
  const dir = await repository({ 'src/app.ts': app });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'src/app.ts'));
  await client.insert(uri, 1, risky, ai);
  await risk(client, uri);
  const before = client.published.length;
  for (let i = 0; i < 5; i++) await client.insert(uri, 0, `// ${i}\n`, human);
  await client.until('the finding moved', () => client.diagnostics(uri)[0]?.range.start.line === 6);
  const published = client.published.slice(before).filter((p) => p.uri === uri);
  assert.ok(
    published.every((p) => p.diagnostics.length === 1),
    'the finding never disappeared in between',
  );
  await client.edit(
    uri,
    [{ range: { start: { line: 6, character: 0 }, end: { line: 7, character: 0 } }, text: '' }],
    human,
  );
  await client.until('no finding', () => client.diagnostics(uri).length === 0);
  await client.stop();
});

test('a reload with the text that a hook recorded is AI by hook; a record that comes later still counts', async () => {
  const dir = await repository({ 'src/a.ts': app, 'src/b.ts': app });
  const client = await Client.start({ folders: [dir] });
  const store = openAttribution(await repo(dir));
  const hook = { origin: 'ai', evidence: 'hook', agent: 'claude-code' } as const;
  const reload = [{ range: { start: { line: 1, character: 0 }, end: { line: 1, character: 0 } }, text: risky }];

  const a = await client.open(path.join(dir, 'src/a.ts'));
  await store.record({ path: 'src/a.ts', before: app, after: withRisk, origin: hook });
  await writeFiles(dir, { 'src/a.ts': withRisk });
  await client.edit(a, reload, { origin: 'unknown', evidence: 'none' }, 'external');
  await risk(client, a);
  await client.until('hook evidence', () => client.summary(a)?.marks[0]?.origin.evidence === 'hook');
  assert.equal(client.summary(a)?.marks[0]?.origin.agent, 'claude-code');

  const b = await client.open(path.join(dir, 'src/b.ts'));
  await client.edit(b, reload, { origin: 'unknown', evidence: 'none' }, 'external');
  await client.until('unknown for now', () => client.summary(b)?.unknown === 1);
  await sleep(600); // long enough that "unknown" went to the journal
  assert.deepEqual(client.diagnostics(b), []);
  await store.record({ path: 'src/b.ts', before: app, after: withRisk, origin: hook });
  await risk(client, b);
  await client.stop();
});

test('a file that an agent changed while nobody had it open shows its findings until it is reverted', async () => {
  const dir = await repository({ 'src/a.ts': app });
  const store = openAttribution(await repo(dir));
  const hook = { origin: 'ai', evidence: 'hook', agent: 'claude-code' } as const;
  await writeFiles(dir, { 'src/a.ts': withRisk });
  await store.record({ path: 'src/a.ts', before: app, after: withRisk, origin: hook });
  const client = await Client.start({ folders: [dir] });
  const uri = `file://${dir}/src/a.ts`;
  await risk(client, uri);
  const files = await client.connection.sendRequest<protocol.ChangedFile[]>(protocol.changes);
  assert.equal(files.length, 1);
  assert.equal(files[0]?.path, 'src/a.ts');
  assert.equal(files[0]?.ai, 1);
  assert.deepEqual(files[0]?.agents, ['claude-code']);
  assert.equal(files[0]?.findings[0]?.rule, 'tls-verify-off');
  // Opened and closed again: still there, not twice.
  await client.open(path.join(dir, 'src/a.ts'));
  await client.until('a summary of the open document', () => client.summary(uri)?.version === 1);
  assert.equal(client.diagnostics(uri).length, 1);
  await client.close(uri);
  await client.until('a summary of the closed file', () => client.summary(uri)?.version === null);
  assert.equal(client.diagnostics(uri).length, 1);
  await git(dir, 'checkout', '-q', '--', 'src/a.ts');
  await client.until('no finding', () => client.diagnostics(uri).length === 0);
  await client.stop();
});

test('state comes back after a restart, also for unsaved text', async () => {
  const dir = await repository({ 'src/a.ts': app });
  const first = await Client.start({ folders: [dir] });
  const file = path.join(dir, 'src/a.ts');
  const uri = await first.open(file);
  await first.insert(uri, 1, risky, ai);
  await first.insert(uri, 0, '// mine\n', human);
  await risk(first, uri);
  await first.stop();
  const second = await Client.start({ folders: [dir] });
  await second.open(file, `// mine\n${withRisk}`);
  await risk(second, uri);
  await second.until('a summary', () => second.summary(uri)?.ai === 1);
  assert.deepEqual(
    second.summary(uri)?.marks.map((m) => [m.start, m.end, m.origin.origin]),
    [
      [0, 0, 'human'],
      [2, 2, 'ai'],
    ],
  );
  await second.stop();
});

test('CRLF, UTF-16 and a link to the file change nothing', async () => {
  const crlf = app.replaceAll('\n', '\r\n');
  const dir = await repository({ 'src/crlf.ts': crlf });
  await fs.symlink('crlf.ts', path.join(dir, 'src/link.ts'));
  await fs.writeFile(path.join(dir, 'src/wide.ts'), Buffer.from(`\uFEFF${app}`, 'utf16le'));
  await git(dir, 'add', '-A');
  await git(dir, 'commit', '-qm', 'more');
  const client = await Client.start({ folders: [dir] });
  for (const [name, text] of [
    ['crlf.ts', crlf],
    ['wide.ts', app],
    ['link.ts', crlf],
  ] as const) {
    const uri = await client.open(path.join(dir, 'src', name), text);
    await client.until(`${name} without marks`, () => client.summary(uri)?.marks.length === 0);
    await client.insert(uri, 1, risky.replace('\n', text === crlf ? '\r\n' : '\n'), ai);
    await risk(client, uri);
    assert.equal(client.diagnostics(uri)[0]?.range.start.line, 1);
    await client.close(uri);
  }
  await client.stop();
});

test('virtual documents are left alone, requests about unknown ones answer empty', async () => {
  const dir = await repository({});
  const client = await Client.start({ folders: [dir] });
  const uri = 'untitled:Untitled-1';
  await client.connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'typescript', version: 1, text: risky },
  });
  const at = { textDocument: { uri }, position: { line: 0, character: 0 } };
  assert.equal(await client.connection.sendRequest('textDocument/hover', at), null);
  assert.deepEqual(await client.connection.sendRequest('textDocument/completion', at), []);
  await assert.rejects(client.connection.sendRequest(protocol.withoutAi, { uri }));
  assert.deepEqual(client.published, []);
  await client.stop();
});

test('a person’s word on lines counts', async () => {
  const dir = await repository({ 'src/a.ts': app });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'src/a.ts'));
  await client.insert(uri, 1, risky, ai);
  await risk(client, uri);
  await client.connection.sendNotification(protocol.markLines, { uri, start: 1, end: 1, as: 'human' });
  await client.until('no finding', () => client.diagnostics(uri).length === 0);
  const why = await client.connection.sendRequest<protocol.WhyResult>(protocol.why, { uri, line: 1 });
  assert.equal(why.origin?.origin, 'human');
  assert.match(why.explanation, /Written by a person/);
  assert.match(why.explanation, /not protected/);
  // Nobody signed it: for whoever reads the journal the word counts as none.
  await client.connection.sendNotification('textDocument/didSave', { textDocument: { uri } });
  await sleep(300);
  await client.stop();
  const repo = (await findRepository(dir)) as Repository;
  const kept = await openAttribution(repo).resolve('src/a.ts', withRisk, { baseline: app });
  assert.deepEqual(
    kept.origins.map((run) => run.origin?.origin ?? 'old'),
    ['old', 'unknown', 'old'],
  );
});

const guarded = `export function remove(user: User, id: string) {
  if (!user.isAdmin) throw new ForbiddenError();
  store.remove(id);
}
`;
const guardLine = [{ range: { start: { line: 1, character: 0 }, end: { line: 2, character: 0 } }, text: '' }];

test('a safeguard that an AI took out is a finding, also after a restart; one that a person took out is not', async () => {
  const dir = await repository({ 'src/a.ts': guarded, 'src/b.ts': guarded });
  const client = await Client.start({ folders: [dir] });
  const a = await client.open(path.join(dir, 'src/a.ts'));
  const b = await client.open(path.join(dir, 'src/b.ts'));
  await client.edit(b, guardLine, human);
  await client.edit(a, guardLine, ai);
  await risk(client, a);
  assert.deepEqual(client.rules(a), ['safeguard-removed']);
  assert.equal(client.summary(a)?.deleted, 1);
  await client.until('b judged', () => client.summary(b)?.version === 2);
  assert.deepEqual(client.diagnostics(b), []);
  await sleep(600);
  const without = guarded.replace(/.*Forbidden.*\n/, '');
  await writeFiles(dir, { 'src/a.ts': without, 'src/b.ts': without });
  await client.stop();
  const again = await Client.start({ folders: [dir] });
  await risk(again, a);
  await again.open(path.join(dir, 'src/a.ts'));
  await again.open(path.join(dir, 'src/b.ts'));
  await again.until('both judged', () => [a, b].every((uri) => again.summary(uri)?.version === 1));
  assert.deepEqual(again.rules(a), ['safeguard-removed']);
  assert.deepEqual(again.diagnostics(b), []);
  const { text } = await again.connection.sendRequest<protocol.WithoutAiResult>(protocol.withoutAi, { uri: a });
  assert.equal(text, guarded);
  await again.stop();
});

test('the editor says what classify says', async () => {
  const before = 'export const a = 1;\n';
  const after = `${before}import { createHash } from 'node:crypto';
export const hash = createHash('md5').update(password).digest('hex');
db.query("SELECT * FROM users WHERE id = " + request.query.id);
`;
  const dir = await repository({ 'src/a.ts': before });
  const { findings } = await classify([{ path: 'src/a.ts', before, after }], {
    grammars: createGrammars(),
    policy: defaultPolicy,
  });
  assert.ok(findings.length > 0);
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'src/a.ts'));
  await client.edit(uri, [{ text: after }], ai);
  await risk(client, uri);
  assert.deepEqual(
    client.diagnostics(uri).map((d) => [d.code, d.range.start.line + 1]),
    findings.map((f) => [f.rule, f.line]),
  );
  await client.stop();
});
