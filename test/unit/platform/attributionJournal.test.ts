/** The journal's index, which is read from bytes: as a plain reader that parses each line would make it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { journalFormat } from '../../../src/core/attribution/journal.ts';
import { Journal } from '../../../src/platform/attributionJournal.ts';

const hex = (text: string, length: number): string => createHash('sha256').update(text).digest('hex').slice(0, length);
const t = '2026-01-01T09:00:00.000Z';
const header = JSON.stringify({ format: journalFormat, id: hex('journal', 16) });

interface Written {
  readonly name: string;
  /** Lines of the text. */
  readonly lines: number;
  readonly isDelta: boolean;
}

const names = fc.oneof(
  fc.constantFrom('a', 'b', 'é', 'Ã©', 'a"b', 'a\\b', 'a\bb', '","k":"', 'a\u2028', '\ud800', 'src/a.ts', 'src/b.ts'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
);
const written = fc.record({ name: names, lines: fc.integer({ min: 1, max: 40 }), isDelta: fc.boolean() });

/** The journal, and for each path its keys with their number of lines, newest first. */
function journalOf(all: readonly Written[]): { text: string; expected: Map<string, [string, number][]> } {
  const rows = [header];
  const expected = new Map<string, [string, number][]>();
  for (const [i, { name, lines, isDelta }] of all.entries()) {
    // A lone surrogate can't be in UTF-8; a path never has one.
    const p = Buffer.from(name).toString();
    const k = hex(String(i), 32);
    const [base] = expected.get(p) ?? [];
    const count = isDelta && base ? base[1] + 1 : lines;
    const what = isDelta && base ? { b: base[0], d: [[0, 0, hex(`${i}`, 28)]] } : { l: hex(`${i}`, 28).repeat(count) };
    rows.push(JSON.stringify({ p, k, ...what, o: [[count, -1]], s: [], t }));
    expected.set(p, [[k, count], ...(expected.get(p) ?? [])]);
  }
  return { text: `${rows.join('\n')}\n`, expected };
}

async function withFile(use: (file: string) => Promise<void>): Promise<void> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-journal-'));
  try {
    await use(path.join(dir, 'attribution.jsonl'));
  } finally {
    await fs.rm(dir, { recursive: true, force: true });
  }
}

async function isRead(journal: Journal, expected: ReadonlyMap<string, [string, number][]>): Promise<void> {
  for (const [name, keys] of expected) {
    assert.deepEqual(
      journal.keys(name),
      keys.map(([key]) => key),
    );
    const found = await journal.snapshots(name, keys.length);
    assert.deepEqual(
      found.map((s) => [s.key, s.lines.length]),
      keys,
    );
  }
  assert.deepEqual(journal.problems, []);
}

test('records of any names, one among the other, are found under their own name', async () => {
  await withFile(async (file) => {
    await fc.assert(
      fc.asyncProperty(fc.array(written, { minLength: 1, maxLength: 40 }), async (all) => {
        const { text, expected } = journalOf(all);
        await fs.writeFile(file, text);
        const journal = new Journal(file);
        await journal.refresh();
        await isRead(journal, expected);
      }),
      { numRuns: 150 },
    );
  });
});

test('a name in bytes that are no UTF-8 is not the name that they would be in Latin-1', async () => {
  await withFile(async (file) => {
    const { text } = journalOf([{ name: 'é', lines: 1, isDelta: false }]);
    const row = (name: string, key: string): string =>
      JSON.stringify({ p: name, k: hex(key, 32), l: hex(key, 28), o: [[1, -1]], s: [], t });
    await fs.writeFile(file, Buffer.concat([Buffer.from(text), Buffer.from(`${row('é', 'x')}\n`, 'latin1')]));
    const journal = new Journal(file);
    await journal.refresh();
    assert.deepEqual(journal.keys('é'), [hex('0', 32)]);
  });
});

test('lines longer than what is read at once, and a journal that grows between two looks', async () => {
  await withFile(async (file) => {
    const long = Array.from({ length: 6 }, (_, i) => ({ name: 'big', lines: i % 2 ? 90_000 : 3, isDelta: false }));
    const { text, expected } = journalOf([...long, { name: 'small', lines: 1, isDelta: false }]);
    const journal = new Journal(file);
    for (const end of [100, 300, 2_000_000, 2_000_001, text.length]) {
      await fs.writeFile(file, text.slice(0, end));
      await journal.refresh();
    }
    await isRead(journal, expected);
  });
});

test('a record torn at any byte is set aside, and what is written after it builds on the one before', async () => {
  await withFile(async (file) => {
    const origin = { origin: 'ai', evidence: 'hook', agent: 'claude-code' };
    const row = (name: string, more: object): string =>
      JSON.stringify({ p: 'a', k: hex(name, 32), ...more, o: [[1, 0]], s: [origin], t });
    const first = row('1', { l: hex('1', 28) });
    const torn = row('1', { b: hex('1', 32), d: [], x: [[hex('x', 28), 0]], h: [[[0], [[0]]]], m: [[0, 0, 1]] });
    const after = row('2', { b: hex('1', 32), d: [[1, 0, '']] });
    for (let end = 1; end < torn.length; end++) {
      await fs.writeFile(file, `${[header, first, torn.slice(0, end), after].join('\n')}\n`);
      const journal = new Journal(file);
      await journal.refresh();
      const found = await journal.snapshots('a', 3);
      assert.deepEqual(
        found.map((s) => s.key),
        [hex('2', 32), hex('1', 32)],
        `torn after ${end} bytes: ${torn.slice(0, end)}`,
      );
      assert.equal(journal.problems.length, 1);
    }
  });
});
