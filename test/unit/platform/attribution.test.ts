import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { expandOrigins } from '../../../src/core/attribution/origins.ts';
import type { LineOrigins } from '../../../src/core/attribution/model.ts';
import type { LineOrigin } from '../../../src/core/model.ts';
import { openAttribution, pendingMarker } from '../../../src/platform/attribution.ts';

const ai: LineOrigin = { origin: 'ai', evidence: 'hook', agent: 'claude-code', session: 's1' };
const human: LineOrigin = { origin: 'human', evidence: 'editor' };
const letters = (origins: LineOrigins): string =>
  expandOrigins(origins)
    .map((o) => (o === null ? '.' : o.origin === 'ai' ? (o.modified ? 'm' : 'a') : (o.origin[0] as string)))
    .join('');

async function scratch(t: { after(f: () => Promise<void>): void }): Promise<string> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'attribution-'));
  t.after(() => fs.rm(dir, { recursive: true, force: true }));
  return path.join(dir, 'countersign');
}

void test('an AI edit is found again by another process, a person’s edit of it is modified, the rest is old', async (t) => {
  const dir = await scratch(t);
  const head = 'one\ntwo\nthree\n';
  const first = 'one\nconst a = compute(1);\ntwo\nthree\n';
  const second = 'one\nconst a = compute(2);\ntwo\nthree\nmine\n';
  await openAttribution({ dir }).record({ path: 'f.ts', before: head, after: first, origin: ai });
  await openAttribution({ dir }).record({ path: 'f.ts', before: first, after: second, origin: human });
  const store = openAttribution({ dir });
  const text = async (t: string) => letters((await store.resolve('f.ts', t, { baseline: head })).origins);
  assert.equal(await text(second), '.m..h');
  assert.equal(await text(first), '.a..');
  assert.equal(await text(first.replaceAll('\n', '\r\n')), '.a..');
  assert.equal(await text(head), '...');
  assert.equal(await text('one\nconst a = compute(2);\nnew\ntwo\nthree\nmine\n'), '.mu..h');
  assert.equal((await store.pending()).length, 1);
  await fs.access(pendingMarker(dir));
  await store.settle({ commit: 'c1', files: [{ path: 'f.ts', text: second }] });
  assert.deepEqual(await store.pending(), []);
  await assert.rejects(fs.access(pendingMarker(dir)));
  // amend: judged against the commit's parent the lines are known still
  assert.equal(await text(second), '.m..h');
});

void test('a text back and forth, many times', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  for (let i = 0; i < 100; i++) {
    await store.record({ path: 'f', before: 'a\n', after: 'a\nb\n', origin: ai });
    await store.record({ path: 'f', before: 'a\nb\n', after: 'a\n', origin: human });
  }
  assert.equal(letters((await store.resolve('f', 'a\nb\n', { baseline: 'a\n' })).origins), '.a');
  assert.deepEqual(store.problems, []);
});

void test('deleted lines by an AI are counted against the baseline', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  await store.record({ path: 'f', before: '1\n2\n3\n4\n', after: '1\n4\n', origin: ai });
  await store.record({ path: 'f', before: '1\n4\n', after: '1\n', origin: human });
  const { aiDeleted } = await store.resolve('f', '1\n', { baseline: '1\n2\n3\n4\n' });
  assert.equal(aiDeleted, 2);
});
