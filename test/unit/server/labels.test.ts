import assert from 'node:assert/strict';
import * as path from 'node:path';
import { test } from 'node:test';
import { ai, Client, git, human, repository, sleep, writeFiles } from './harness.ts';

const app = 'export function run(input: string) {\n  return input.trim();\n}\n';

test('an agent’s edit gets a finding on its lines, with tier, link and source', async () => {
  const dir = await repository({ 'src/app.ts': app });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'src/app.ts'));
  await client.insert(uri, 1, '  eval(input);\n', ai);
  await client.until('a finding', () => client.diagnostics(uri).length > 0);
  const [d] = client.diagnostics(uri);
  assert.equal(d?.source, 'Countersign');
  assert.equal(d?.range.start.line, 1);
  assert.equal(d?.range.start.character, 2);
  assert.match(d?.message ?? '', /risk/);
  assert.ok(d?.codeDescription?.href.includes(String(d.code)));
  await client.until('a summary', () => client.summary(uri)?.ai === 1);
  await client.stop();
});

test('a person’s typing stays unmarked', async () => {
  const dir = await repository({ 'src/app.ts': app });
  const client = await Client.start({ folders: [dir] });
  const uri = await client.open(path.join(dir, 'src/app.ts'));
  await client.insert(uri, 1, '  eval(input);\n', human);
  await client.until('a summary', () => (client.summary(uri)?.marks.length ?? 0) > 0);
  await sleep(400);
  assert.deepEqual(client.diagnostics(uri), []);
  assert.equal(client.summary(uri)?.ai, 0);
  await client.stop();
});

test('findings leave when the change is committed', async () => {
  const dir = await repository({ 'src/app.ts': app });
  const client = await Client.start({ folders: [dir] });
  const file = path.join(dir, 'src/app.ts');
  const uri = await client.open(file);
  await client.insert(uri, 1, '  eval(input);\n', ai);
  await client.until('a finding', () => client.diagnostics(uri).length > 0);
  await writeFiles(dir, { 'src/app.ts': app.replace('{\n', '{\n  eval(input);\n') });
  await client.save(uri);
  await git(dir, 'commit', '-qam', 'second');
  await client.until('no finding', () => client.diagnostics(uri).length === 0);
  await client.stop();
});
