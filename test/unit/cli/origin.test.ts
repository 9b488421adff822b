import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { origin } from '../../../src/cli/commands/origin.ts';

const recording = {
  format: 'countersign/edit-events@1',
  vscode: '1.139.1',
  scenario: 'typing',
  label: 'human_type',
  reps: [
    {
      rep: 1,
      targetFile: 'a.ts',
      initialText: 'let a;\n',
      events: [
        { seq: 1, t: 0, k: 'sel', file: 'a.ts', kind: 3, sel: [[1, 0, 1, 0]] },
        {
          seq: 2,
          t: 100,
          k: 'change',
          file: 'a.ts',
          scheme: 'file',
          version: 2,
          dirty: false,
          active: true,
          sel: [[1, 0, 1, 0]],
          n: 1,
          changes: [{ r: [1, 0, 1, 0], del: 0, len: 1, text: 'x' }],
          expect: 'typed',
        },
        {
          seq: 3,
          t: 100,
          k: 'change',
          file: 'a.ts',
          scheme: 'file',
          version: 2,
          dirty: true,
          active: true,
          sel: [],
          n: 0,
          changes: [],
        },
        { seq: 4, t: 101, k: 'sel', file: 'a.ts', kind: 1, sel: [[1, 1, 1, 1]] },
      ],
    },
  ],
};

async function run(files: Record<string, string>, ...args: string[]): Promise<unknown[]> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'origin-'));
  try {
    for (const [name, text] of Object.entries(files)) await fs.writeFile(path.join(dir, name), text);
    let out = '';
    const code = await origin.run(args, {
      stdin: process.stdin,
      out: (text) => (out += text),
      err: () => undefined,
      cwd: dir,
      env: {},
      verbose: false,
    });
    assert.equal(code, 0);
    return out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown);
  } finally {
    await fs.rm(dir, { recursive: true });
  }
}

void test('one line per change event, of a file and of a directory', async () => {
  const want = [
    { scenario: 'typing', rep: 1, seq: 2, origin: 'human', cause: 'typed', evidence: 'editor', confidence: 0.99 },
    { scenario: 'typing', rep: 1, seq: 3, origin: 'unknown', cause: 'no-change', evidence: 'none', confidence: 0 },
  ];
  const text = JSON.stringify(recording);
  assert.deepEqual(await run({ 'one.json': text }, 'one.json'), want);
  assert.deepEqual(await run({ 'one.json': text, 'notes.txt': 'no recording' }, '.'), want);
});

void test('label and expect change nothing', async () => {
  const text = JSON.stringify(recording);
  const lying = text.replace('"expect":"typed"', '"expect":"agent"').replace('human_type', 'agent_api');
  assert.deepEqual(await run({ 'one.json': lying }, 'one.json'), await run({ 'one.json': text }, 'one.json'));
});

void test('misuse says what and where', async () => {
  await assert.rejects(run({}), /name a recording/);
  await assert.rejects(run({}, 'missing.json'), /missing\.json: no such file/);
  await assert.rejects(run({}, '.'), /no \*\.json/);
  await assert.rejects(run({ 'a.json': '{' }, 'a.json'), /not JSON/);
  await assert.rejects(run({ 'a.json': '{"format":"other"}' }, 'a.json'), /format countersign\/edit-events@1/);
  await assert.rejects(run({ 'a.json': 'null' }, 'a.json'), /format countersign\/edit-events@1/);
  const { reps, ...head } = recording;
  await assert.rejects(run({ 'a.json': JSON.stringify({ ...head, reps: [{ rep: 1 }] }) }, 'a.json'), /without events/);
  const odd = { rep: 1, events: [...(reps[0]?.events ?? []), { seq: 9, k: 'change', n: 1, changes: [{ text: 1 }] }] };
  await assert.rejects(
    run({ 'a.json': JSON.stringify({ ...head, reps: [odd] }) }, 'a.json'),
    /damaged .* after event 9/,
  );
  await assert.rejects(run({}, '--frobnicate'), /unknown option --frobnicate/);
});
