import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { origin } from '../../../src/cli/commands/origin.ts';
import { why } from '../../../src/cli/commands/why.ts';
import type { Command } from '../../../src/cli/command.ts';
import { parseAgentTrace, parseGitAiNote } from '../../../src/core/attribution/foreignRecords.ts';
import { openAttribution } from '../../../src/platform/attribution.ts';

const source = 'one\ntwo\nthree\nfour\n';

class World {
  readonly dir: string;
  out = '';
  err = '';
  constructor(dir: string) {
    this.dir = dir;
  }

  git(...args: string[]): string {
    const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'commit.gpgsign=false'];
    return execFileSync('git', [...who, ...args], { cwd: this.dir })
      .toString()
      .trim();
  }

  async run(command: Command, args: readonly string[], input = ''): Promise<number> {
    this.out = this.err = '';
    return command.run(args, {
      stdin: Readable.from([input]),
      out: (text) => (this.out += text),
      err: (text) => (this.err += text),
      cwd: this.dir,
      env: process.env,
      verbose: false,
    });
  }

  /** Runs `origin import` on records as JSON Lines. */
  take(...records: unknown[]): Promise<number> {
    return this.run(origin, ['import', '-'], records.map((r) => JSON.stringify(r)).join('\n'));
  }

  async why(line: number): Promise<string> {
    await this.run(why, [`src/a.ts:${line}`]);
    return this.out;
  }
}

async function world(t: TestContext): Promise<World & { head: string }> {
  const dir = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'import-')));
  t.after(() => fs.rm(dir, { recursive: true, force: true }));
  const w = new World(dir);
  w.git('init', '-q');
  await fs.mkdir(path.join(dir, 'src'));
  await fs.writeFile(path.join(dir, 'src/a.ts'), source);
  w.git('add', '.');
  w.git('commit', '-qm', 'start');
  return Object.assign(w, { head: w.git('rev-parse', 'HEAD') });
}

const trace = (
  revision: string | undefined,
  ranges: [number, number][],
  more: object = {},
  file = 'src/a.ts',
): object => ({
  version: '0.1.0',
  id: '6f1b1b1e-0000-4000-8000-000000000000',
  timestamp: '2026-01-27T10:00:00Z',
  ...(revision !== undefined && { vcs: { type: 'git', revision } }),
  tool: { name: 'other-tool', version: '1' },
  files: [
    {
      path: file,
      conversations: [
        {
          contributor: { type: 'ai', model_id: 'vendor/model-1' },
          ranges: ranges.map(([start_line, end_line]) => ({ start_line, end_line })),
          ...more,
        },
      ],
    },
  ],
});

void test('an Agent Trace record is evidence for the lines of its commit', async (t) => {
  const w = await world(t);
  assert.equal(await w.take(trace(w.head, [[2, 3]])), 0, w.err);
  assert.match(w.out, /1 records: 2 lines in 1 files/);
  assert.match(
    await w.why(2),
    /when it was committed: Written by AI \(other-tool, vendor\/model-1\): the agent itself/,
  );
  assert.doesNotMatch(await w.why(1), /Written by AI/);
  // The commit is taken apart again: its lines are new ones, and known.
  await fs.writeFile(path.join(w.dir, 'src/a.ts'), 'zero\n');
  w.git('commit', '-qam', 'gone');
  await fs.writeFile(path.join(w.dir, 'src/a.ts'), source);
  assert.match(await w.why(3), /:3: Written by AI/);
  assert.match(await w.why(4), /:4: Unknown/);
});

void test('with --worktree lines are counted in the file as it is', async (t) => {
  const w = await world(t);
  await fs.writeFile(path.join(w.dir, 'src/a.ts'), `new\n${source}`);
  await fs.writeFile(path.join(w.dir, 'trace.json'), JSON.stringify(trace(undefined, [[1, 1]])));
  assert.equal(await w.run(origin, ['import', '--worktree', 'trace.json']), 0, w.err);
  assert.match(await w.why(1), /:1: Written by AI/);
  assert.match(await w.why(2), /:2: Not part of the change/);
});

void test('a claim that a person wrote lines changes nothing', async (t) => {
  const w = await world(t);
  await w.take(trace(w.head, [[1, 2]]));
  assert.equal(await w.take(trace(w.head, [[1, 4]], { contributor: { type: 'human' } })), 0);
  assert.match(w.out, /0 lines in 0 files .*1 ranges name no AI/);
  assert.match(await w.why(1), /Written by AI/);
  assert.doesNotMatch(await w.why(4), /Written by/);
});

void test('what was seen here without doubt stays', async (t) => {
  const w = await world(t);
  const after = source.replace('two', 'typed');
  const store = openAttribution({ dir: path.join(w.dir, '.git/countersign') });
  await store.record({ path: 'src/a.ts', before: source, after, origin: { origin: 'human', evidence: 'editor' } });
  await fs.writeFile(path.join(w.dir, 'src/a.ts'), after);
  await fs.writeFile(path.join(w.dir, 'trace.json'), JSON.stringify(trace(undefined, [[1, 4]])));
  await w.run(origin, ['import', '--worktree', 'trace.json']);
  assert.match(await w.why(2), /:2: Written by a person/);
});

const bad: Record<string, readonly [(head: string) => unknown, RegExp]> = {
  'another version': [(head) => ({ ...trace(head, [[1, 1]]), version: '7' }), /version "7" is not known/],
  'no files': [(head) => ({ ...trace(head, [[1, 1]]), files: 3 }), /"files" is missing/],
  'no commit': [() => trace(undefined, [[1, 1]]), /no "vcs.revision"/],
  'a commit that is not here': [() => trace('0123456789abcdef', [[1, 1]]), /is not in this repository/],
  'an option for a commit': [() => trace('--upload-pack=x', [[1, 1]]), /is no git commit/],
  'a range beyond the file': [(head) => trace(head, [[1, 99]]), /has 4 lines, not 99/],
  'a range backwards': [(head) => trace(head, [[3, 1]]), /a range 3-1 is none/],
  'a path that leads out': [(head) => trace(head, [[1, 1]], {}, '../../etc/passwd'), /is outside the repository/],
  'a file that is not there': [(head) => trace(head, [[1, 1]], {}, 'src/b.ts'), /is not there/],
  'no record at all': [() => [1], /not a record/],
};
for (const [name, [make, said]] of Object.entries(bad)) {
  void test(`a bad record (${name}) is named and costs no other`, async (t) => {
    const w = await world(t);
    assert.equal(await w.take(make(w.head), trace(w.head, [[4, 4]])), 1);
    assert.match(w.err, said);
    assert.match(w.err, /standard input:1: /);
    assert.match(await w.why(4), /Written by AI/);
  });
}

const note = `src/a.ts
  s_0a1b2c3d4e5f60::t_11223344556677 1-2,4
  h_99aabbccddeeff 3
"src/with \\u0022quotes\\u0022.ts"
  0123456789abcdef 1
---
{"schema_version":"authorship/3.0.0","git_ai_version":"1.6.0","base_commit_sha":"x","prompts":{},
 "humans":{"h_99aabbccddeeff":{}},
 "sessions":{"s_0a1b2c3d4e5f60":{"agent_id":{"tool":"claude","id":"c-1","model":"m-2"},"human_author":"A <a@b>"}}}
`;

void test('notes of git-ai', async (t) => {
  const w = await world(t);
  await assert.rejects(w.run(origin, ['import', '--git-notes']), /refs\/notes\/ai is not there/);
  w.git(
    'notes',
    '--ref=ai',
    'add',
    '-m',
    note.split('\n').slice(0, 3).concat(note.split('\n').slice(5)).join('\n'),
    'HEAD',
  );
  assert.equal(await w.run(origin, ['import', '--git-notes']), 0, w.err);
  assert.match(w.out, /1 records: 3 lines in 1 files .*1 ranges name no AI/);
  assert.match(await w.why(4), /Written by AI \(claude, m-2, session c-1\)/);
  assert.doesNotMatch(await w.why(3), /Written by AI/);
  w.git('notes', '--ref=ai', 'add', '-f', '-m', 'nonsense', 'HEAD');
  assert.equal(await w.run(origin, ['import', '--git-notes']), 1);
  assert.match(w.err, /no note of git-ai/);
});

void test('a note’s file names and authors', () => {
  const record = parseGitAiNote(note, 'abc');
  assert.deepEqual(record.problems, []);
  assert.deepEqual([...new Set(record.claims.map((c) => c.path))], ['src/a.ts', 'src/with "quotes".ts']);
  assert.equal(record.claims.at(-1)?.origin.session, '0123456789abcdef');
});

void test('no input makes the readers throw, or claim anything but an AI’s lines', () => {
  const check = (r: ReturnType<typeof parseAgentTrace>): void => {
    for (const c of r.claims) assert.ok(c.origin.origin === 'ai' && c.start >= 1 && c.end >= c.start);
  };
  const range = fc.record({ start_line: fc.anything(), end_line: fc.oneof(fc.integer(), fc.anything()) });
  const conversation = fc.record({ contributor: fc.anything(), ranges: fc.oneof(fc.array(range), fc.anything()) });
  const file = fc.record({ path: fc.oneof(fc.string(), fc.anything()), conversations: fc.array(conversation) });
  const record = fc.record({ version: fc.constant('0.1.0'), vcs: fc.anything(), files: fc.array(file) });
  fc.assert(fc.property(fc.oneof(record, fc.anything()), (value) => check(parseAgentTrace(value))));
  const meta = '{"schema_version":"authorship/3.0.0","sessions":{"a":1,"__proto__":{"agent_id":4}}}';
  fc.assert(fc.property(fc.string(), (head) => check(parseGitAiNote(`f\n  ${head}\n a 1-2,x\n---\n${meta}`, 'x'))));
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => check(parseGitAiNote(text, 'x'))));
});
