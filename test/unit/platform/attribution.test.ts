import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { expandOrigins } from '../../../src/core/attribution/origins.ts';
import type { LineOrigins } from '../../../src/core/attribution/model.ts';
import type { LineOrigin } from '../../../src/core/model.ts';
import { openAttribution, pendingMarker, type AttributionStore } from '../../../src/platform/attribution.ts';

const ai: LineOrigin = { origin: 'ai', evidence: 'hook', agent: 'claude-code', session: 's1' };
const human: LineOrigin = { origin: 'human', evidence: 'editor' };
const unknown: LineOrigin = { origin: 'unknown', evidence: 'none' };
const letter = (o: LineOrigin | null): string =>
  o === null ? '.' : o.origin === 'ai' ? (o.modified ? 'm' : 'a') : (o.origin[0] as string);
const letters = (origins: LineOrigins): string => expandOrigins(origins).map(letter).join('');

async function scratch(t: { after(f: () => Promise<void>): void }): Promise<string> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'attribution-'));
  t.after(() => fs.rm(dir, { recursive: true, force: true }));
  return path.join(dir, 'countersign');
}

const said = async (store: AttributionStore, file: string, text: string, baseline?: string | null): Promise<string> =>
  letters((await store.resolve(file, text, { baseline })).origins);

void test('an AI edit is found again by another process, a person’s edit of it is modified, the rest is old', async (t) => {
  const dir = await scratch(t);
  const head = 'one\ntwo\nthree\n';
  const first = 'one\nconst a = compute(1);\ntwo\nthree\n';
  const second = 'one\nconst a = compute(2);\ntwo\nthree\nmine\n';
  await openAttribution({ dir }).record({ path: 'f.ts', before: head, after: first, origin: ai });
  await openAttribution({ dir }).record({ path: 'f.ts', before: first, after: second, origin: human });
  const store = openAttribution({ dir });
  assert.equal(await said(store, 'f.ts', second, head), '.m..h');
  assert.equal(await said(store, 'f.ts', first, head), '.a..');
  assert.equal(await said(store, 'f.ts', first.replaceAll('\n', '\r\n'), head), '.a..');
  assert.equal(await said(store, 'f.ts', head, head), '...');
  assert.equal(await said(store, 'f.ts', 'one\nconst a = compute(2);\nnew\ntwo\nthree\nmine\n', head), '.mu..h');
  assert.equal((await store.pending()).length, 1);
  await fs.access(pendingMarker(dir));
  await store.settle({ commit: 'c1', files: [{ path: 'f.ts', text: second }] });
  assert.deepEqual(await store.pending(), []);
  await assert.rejects(fs.access(pendingMarker(dir)));
  // Amended, the commit is judged against its parent: its lines are known still.
  assert.equal(await said(store, 'f.ts', second, head), '.m..h');
});

void test('steps noted at once say what they say one by one, the same file twice included', async (t) => {
  const base = await scratch(t);
  let round = 0;
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', '}', ''), { maxLength: 6 })
    .map((l) => l.map((x) => `${x}\n`).join(''));
  const step = fc.record({ path: fc.constantFrom('f', 'g', 'h'), after: text, origin: fc.constantFrom(ai, human) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (plan) => {
      const now = new Map<string, string>();
      const steps = plan.map(({ path: file, after, origin }) => {
        const before = now.get(file) ?? null;
        now.set(file, after);
        return { path: file, before, after, origin: { ...origin, at: '2026-01-01T00:00:00.000Z' } };
      });
      round++;
      const [alone, together] = ['alone', 'together'].map((n) =>
        openAttribution({ dir: path.join(base, `${round}${n}`) }),
      );
      assert.ok(alone && together);
      for (const one of steps) await alone.record(one);
      await together.record(...steps);
      for (const [file, last] of now)
        assert.deepEqual(
          await together.resolve(file, last, { baseline: null }),
          await alone.resolve(file, last, { baseline: null }),
        );
    }),
    { numRuns: 60 },
  );
});

void test('asking writes nothing', async (t) => {
  const dir = await scratch(t);
  const store = openAttribution({ dir });
  assert.equal(await said(store, 'f', 'a\nb\n', 'a\n'), '.u');
  assert.deepEqual(await store.pending(), []);
  await assert.rejects(fs.access(dir));
});

void test('a new file of an AI, with and without a final line break', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  await store.record({ path: 'f', before: null, after: 'a\nb', origin: ai });
  assert.equal(await said(store, 'f', 'a\nb', null), 'aa');
  await store.record({ path: 'f', before: 'a\nb', after: 'a\nb\nc\n', origin: human });
  assert.equal(await said(store, 'f', 'a\nb\nc\n', null), 'aah');
});

void test('lines that came between two notes are unknown', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  await store.record({ path: 'f', before: 'a\n', after: 'a\nb\n', origin: ai });
  await store.record({ path: 'f', before: 'a\nb\nsomebody\n', after: 'a\nb\nsomebody\nme\n', origin: human });
  assert.equal(await said(store, 'f', 'a\nb\nsomebody\nme\n', 'a\n'), '.auh');
});

void test('what was changed before we looked is unknown against HEAD', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  await store.record({ path: 'f', before: 'head\nearlier\n', after: 'head\nearlier\nnow\n', origin: human });
  assert.equal(await said(store, 'f', 'head\nearlier\nnow\n', 'head\n'), '.uh');
});

void test('git’s index may hold an older text than the work tree', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  const staged = 'x\nai one();\nai two();\n';
  await store.record({ path: 'f', before: 'x\n', after: staged, origin: ai });
  await store.record({ path: 'f', before: staged, after: 'x\nmine entirely different\n', origin: human });
  assert.equal(await said(store, 'f', staged, 'x\n'), '.aa');
  // Only the first hunk staged: a text that was never in the work tree.
  assert.equal(await said(store, 'f', 'x\nai one();\n', 'x\n'), '.a');
});

void test('two commits by parts: the second does not repeat the first', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  const head = '1\n2\n3\n4\n5\n6\n';
  const whole = '1\nA\nB\nC\n2\n3\n4\n5\nD\nE\nF\n6\n';
  const part = '1\nA\nB\nC\n2\n3\n4\n5\n6\n';
  await store.record({ path: 'f', before: head, after: whole, origin: ai });
  assert.equal(await said(store, 'f', part, head), '.aaa.....');
  await store.settle({ commit: 'c1', files: [{ path: 'f', text: part }] });
  assert.equal(await said(store, 'f', whole, part), '........aaa.');
  const [pending] = await store.pending();
  assert.equal(pending?.counts.ai, 3);
});

void test('another file stays pending when one is committed', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  await store.record({ path: 'f', before: '', after: 'a\n', origin: ai });
  await store.record({ path: 'g', before: '', after: 'b\n', origin: ai });
  await store.settle({ commit: 'c', files: [{ path: 'g', text: 'b\n' }] });
  assert.deepEqual(
    (await store.pending()).map((p) => p.path),
    ['f'],
  );
});

void test('reset, revert of a revert, stash and cherry-pick bring origins back, also with other lines above', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  const base = 'top\nbottom\n';
  const work = 'top\nai wrote this();\nbottom\n';
  await store.record({ path: 'f', before: base, after: work, origin: ai });
  await store.settle({ commit: 'c1', files: [{ path: 'f', text: work }] });
  await store.record({ path: 'f', before: work, after: base, origin: unknown });
  await store.settle({ commit: 'c2', files: [{ path: 'f', text: base }] });
  assert.equal(await said(store, 'f', work, base), '.a.');
  assert.equal(await said(store, 'f', `new first line\n${work}`, `new first line\n${base}`), '..a.');
});

void test('a line that comes back is known after many commits that know nothing of it', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  const texts = ['top\nbottom\n', 'top\nai wrote this();\nbottom\n', 'top\nbottom\n'];
  for (let i = 0; i < 5; i++) texts.push(`${texts.at(-1)}by hand ${i}\n`);
  for (const [i, text] of texts.entries()) {
    if (i === 0) continue;
    await store.record({ path: 'f', before: texts[i - 1]!, after: text, origin: i === 1 ? ai : human });
    await store.settle({ commit: `c${i}`, files: [{ path: 'f', text }] });
  }
  // A revert with a conflict, solved by a program that nobody watched.
  const solved = 'top\nai wrote this();\nwho knows\nbottom\n';
  assert.equal(await said(store, 'f', solved, texts.at(-1)), '.au.');
});

void test('an agent that runs git brings back what people wrote, it does not become its author', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  await store.record({ path: 'f', before: 'x\n', after: 'x\nby hand\n', origin: human });
  await store.record({ path: 'f', before: 'x\nby hand\n', after: 'x\n', origin: ai });
  await store.record({ path: 'f', before: 'x\n', after: 'x\nby hand\n', origin: ai });
  assert.equal(await said(store, 'f', 'x\nby hand\n', 'x\n'), '.h');
});

void test('typed again by hand after a reset, a text is the person’s', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  await store.record({ path: 'f', before: 'x\n', after: 'x\nline\n', origin: ai });
  await store.record({ path: 'f', before: 'x\nline\n', after: 'x\n', origin: unknown });
  await store.record({ path: 'f', before: 'x\n', after: 'x\nline\n', origin: human });
  assert.equal(await said(store, 'f', 'x\nline\n', 'x\n'), '.h');
});

void test('white space only: an external formatter leaves origins alone', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  const raw = 'if(a){\nrun( a,b );\n}\n';
  const neat = 'if (a) {\n  run(a, b);\n}\n';
  await store.record({ path: 'f', before: '', after: raw, origin: ai });
  assert.equal(await said(store, 'f', neat, ''), 'aaa');
  await store.record({ path: 'f', before: raw, after: neat, origin: unknown });
  assert.equal(await said(store, 'f', neat, ''), 'aaa');
});

void test('an AI’s part of a line that another process takes back leaves no AI line', async (t) => {
  const dir = await scratch(t);
  const head = 'const limit = readLimit(config);\n';
  const own = head.replace('limit', 'upperLimit');
  const both = own.replace('(config)', '(config, fallback)');
  await openAttribution({ dir }).record({ path: 'f', before: head, after: own, origin: human });
  await openAttribution({ dir }).record({ path: 'f', before: own, after: both, origin: ai });
  assert.equal(await said(openAttribution({ dir }), 'f', both, head), 'a');
  // Another window has other lines in it, git's commit came in between, the file has another name.
  const more = `// more\n${both}`;
  await openAttribution({ dir }).record({ path: 'f', before: both, after: more, origin: human });
  await openAttribution({ dir }).settle({ commit: 'c1', files: [{ path: 'f', text: '// more\n' }] });
  await openAttribution({ dir }).move('f', 'g');
  await openAttribution({ dir }).compact();
  const back = more.replace(', fallback', '');
  await openAttribution({ dir }).record({ path: 'g', before: more, after: back, origin: human });
  assert.equal(await said(openAttribution({ dir }), 'g', back, `// more\n${head}`), '.h');
});

void test('a renamed file keeps its origins', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  await store.record({ path: 'old', before: 'x\n', after: 'x\nai\n', origin: ai });
  await store.record({ path: 'old', before: 'x\nai\n', after: 'x\nai\nme\n', origin: human });
  await store.move('old', 'new');
  assert.equal(await said(store, 'new', 'x\nai\nme\n', 'x\n'), '.ah');
});

void test('a file that is moved and mostly rewritten keeps the origins of the lines that are left', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  const first = 'head\nai one();\nai two();\n';
  await store.record({ path: 'old', before: 'head\n', after: first, origin: ai });
  await store.settle({ commit: 'c1', files: [{ path: 'old', text: first }] });
  const now = 'mine\nmine, too\nai two();\n';
  await store.record({ path: 'old', before: first, after: now, origin: human });
  // To git the file is new: too little of it is left.
  const { origins } = await store.resolve('new', now, { baseline: null, alternates: [{ path: 'old' }] });
  assert.equal(letters(origins), 'hha');
});

void test('alternates: lines of another known text, also of another path', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  const picked = 'x\nai picked();\n';
  await store.record({ path: 'other', before: 'x\n', after: picked, origin: ai });
  const { origins } = await store.resolve('f', 'x\nours\nai picked();\nnew\n', {
    baseline: 'x\nours\n',
    alternates: [{ path: 'other', text: picked }],
  });
  assert.equal(letters(origins), '..au');
});

void test('deleted lines by an AI are counted against the baseline', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  await store.record({ path: 'f', before: '1\n2\n3\n4\n', after: '1\n4\n', origin: ai });
  await store.record({ path: 'f', before: '1\n4\n', after: '1\n', origin: human });
  const { aiDeleted } = await store.resolve('f', '1\n', { baseline: '1\n2\n3\n4\n' });
  assert.equal(aiDeleted, 2);
});

void test('a text back and forth, many times', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  for (let i = 0; i < 100; i++) {
    await store.record({ path: 'f', before: 'a\n', after: 'a\nb\n', origin: ai });
    await store.record({ path: 'f', before: 'a\nb\n', after: 'a\n', origin: human });
  }
  assert.equal(await said(store, 'f', 'a\nb\n', 'a\n'), '.a');
  assert.deepEqual(store.problems, []);
});

void test('no text of the repository and no short line can be read from the journal', async (t) => {
  const dir = await scratch(t);
  const store = openAttribution({ dir });
  await store.record({
    path: 'f',
    before: 'password = hunter2\n',
    after: 'password = hunter2\napi_key = 123\n',
    origin: ai,
  });
  const journal = await fs.readFile(path.join(dir, 'attribution.jsonl'), 'utf8');
  assert.doesNotMatch(journal, /hunter2|api_key/);
  // The same text in another repository has other hashes.
  const other = await scratch(t);
  await openAttribution({ dir: other }).record({ path: 'f', before: 'password = hunter2\n', after: 'x\n', origin: ai });
  const key = /"k":"(\w+)"/.exec(journal)?.[1];
  assert.ok(key && !(await fs.readFile(path.join(other, 'attribution.jsonl'), 'utf8')).includes(key));
});

void test('directories are 0700 and files 0600', { skip: process.platform === 'win32' }, async (t) => {
  const dir = await scratch(t);
  const store = openAttribution({ dir });
  await store.record({ path: 'f', before: '', after: 'a\n', origin: ai });
  await store.settle({ commit: 'c', files: [{ path: 'f', text: 'a\n' }] });
  await store.record({ path: 'f', before: 'a\n', after: 'b\n', origin: ai });
  await store.compact();
  assert.equal((await fs.stat(dir)).mode & 0o777, 0o700);
  for (const name of await fs.readdir(dir))
    assert.equal((await fs.stat(path.join(dir, name))).mode & 0o777, 0o600, name);
});

void test('a torn line costs itself only', async (t) => {
  const dir = await scratch(t);
  const file = path.join(dir, 'attribution.jsonl');
  await openAttribution({ dir }).record({ path: 'f', before: '', after: 'a\n', origin: ai });
  await fs.appendFile(file, '{"p":"f","k":"0123');
  const store = openAttribution({ dir });
  assert.equal(await said(store, 'f', 'a\n', ''), 'a');
  await store.record({ path: 'f', before: 'a\n', after: 'a\nb\n', origin: human });
  assert.equal(await said(openAttribution({ dir }), 'f', 'a\nb\n', ''), 'ah');
});

void test('damaged lines are set aside and said so, and what they spoke of is unknown', async (t) => {
  const dir = await scratch(t);
  const file = path.join(dir, 'attribution.jsonl');
  const store = openAttribution({ dir });
  await store.record({ path: 'f', before: '', after: 'a\n', origin: ai });
  await store.record({ path: 'g', before: '', after: 'b\n', origin: human });
  const lines = (await fs.readFile(file, 'utf8')).split('\n');
  for (const spoil of [
    (l: string) => l.replace('"human"', '"hooman"'),
    (l: string) => l.replace(/\[\[1,/, '[[7,'),
    (l: string) => l.slice(0, 60),
    (l: string) => l.replace(/"k":"./, '"k":"z'),
    (l: string) => l.replace('"evidence":"editor"', '"evidence":"editor","agent":{"x":1}'),
  ]) {
    await fs.writeFile(file, lines.map((l) => (l.startsWith('{"p":"g"') ? spoil(l) : l)).join('\n'));
    const other = openAttribution({ dir });
    assert.equal(await said(other, 'g', 'b\n', ''), 'u');
    assert.equal(await said(other, 'f', 'a\n', ''), 'a');
    assert.ok(other.problems.some((p) => /set aside/.test(p)));
  }
  const last = openAttribution({ dir });
  await last.resolve('g', 'b\n');
  await last.compact();
  assert.match(await fs.readFile(`${file}.rejected`, 'utf8'), /"g"/);
});

void test('a journal of another version is set aside, whole', async (t) => {
  const dir = await scratch(t);
  const file = path.join(dir, 'attribution.jsonl');
  await fs.mkdir(dir, { recursive: true });
  await fs.writeFile(file, '{"format":"countersign/attribution@9"}\n{"p":"f"}\n');
  const store = openAttribution({ dir });
  assert.equal(await said(store, 'f', 'a\n', ''), 'u');
  assert.equal(store.problems.length, 1);
  assert.ok(!(await fs.readdir(dir)).some((name) => name.includes('.aside-')), 'reading moves nothing');
  await store.record({ path: 'f', before: '', after: 'a\n', origin: ai });
  assert.ok((await fs.readdir(dir)).some((name) => name.includes('.aside-')));
  assert.equal(await said(openAttribution({ dir }), 'f', 'a\n', ''), 'a');
});

void test('hostile names and origins stay data', async (t) => {
  const store = openAttribution({ dir: await scratch(t) });
  for (const name of [
    '__proto__',
    'constructor',
    'a\nb',
    '"k":"',
    '","k":"0',
    'ünï ☃',
    '\u2028',
    'x'.repeat(5000),
    '\\',
    '\\"',
    '\u202e',
  ]) {
    await store.record({ path: name, before: '', after: 'a\n', origin: { ...ai, session: '\u202e"\n' } });
    assert.equal(await said(store, name, 'a\n', ''), 'a', JSON.stringify(name));
  }
  assert.equal((await store.pending()).length, 11);
  assert.deepEqual(store.problems, []);
});

void test('compaction keeps what commits may need, and a journal stays small', async (t) => {
  const dir = await scratch(t);
  const store = openAttribution({ dir });
  let text = 'base\n';
  for (let i = 0; i < 300; i++) {
    const after = `${text}line ${i}\n`;
    await store.record({ path: 'f', before: text, after, origin: i % 2 ? ai : human });
    text = after;
  }
  const before = (await fs.stat(path.join(dir, 'attribution.jsonl'))).size;
  await store.compact();
  assert.ok((await fs.stat(path.join(dir, 'attribution.jsonl'))).size < before / 2);
  const other = openAttribution({ dir });
  const expected = `.${Array.from({ length: 300 }, (_, i) => (i % 2 ? 'a' : 'h')).join('')}`;
  assert.equal(await said(other, 'f', text, 'base\n'), expected);
  assert.equal(await said(store, 'f', text, 'base\n'), expected);
  // A text of 20 edits ago, still in the index.
  assert.equal(await said(other, 'f', text.split('\n').slice(0, 281).join('\n'), 'base\n'), expected.slice(0, 281));
});

void test('other processes are noticed', async (t) => {
  const dir = await scratch(t);
  await openAttribution({ dir }).record({ path: 'f', before: '', after: 'a\n', origin: ai });
  const store = openAttribution({ dir });
  const seen = new Promise<ReadonlySet<string>>((resolve) => {
    const watcher = store.watch((paths) => {
      watcher.dispose();
      resolve(paths);
    });
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  await openAttribution({ dir }).record({ path: 'g', before: '', after: 'b\n', origin: ai });
  assert.ok((await seen).has('g'));
});

void test('what another process noted is heard of, also when it was read along with something else; own notes are not', async (t) => {
  const dir = await scratch(t);
  await openAttribution({ dir }).record({ path: 'f', before: '', after: 'a\n', origin: ai });
  const store = openAttribution({ dir });
  const heard: string[] = [];
  const watcher = store.watch((paths) => heard.push(...paths));
  t.after(() => watcher.dispose());
  await new Promise((resolve) => setTimeout(resolve, 100));
  await openAttribution({ dir }).record({ path: 'g', before: '', after: 'b\n', origin: ai });
  // Both read the journal before the watcher's look does.
  await store.resolve('f', 'a\n');
  await store.record({ path: 'own', before: '', after: 'c\n', origin: ai });
  for (let waited = 0; waited < 2000 && heard.length === 0; waited += 20)
    await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(heard, ['g']);
});

void test('many processes write and compact at once: no record is lost', { timeout: 120_000 }, async (t) => {
  const dir = await scratch(t);
  const count = 30;
  const names = ['one', 'two', 'three', 'four'];
  const script = path.join(import.meta.dirname ?? __dirname, 'attributionWriter.ts');
  await Promise.all(
    names.map(
      (name) =>
        new Promise<void>((resolve, reject) => {
          const child = spawn(process.execPath, ['--import', 'tsx', script, dir, name, String(count)], {
            stdio: ['ignore', 'inherit', 'inherit'],
          });
          child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${name} ended with ${code}`))));
        }),
    ),
  );
  const store = openAttribution({ dir });
  for (const name of names) {
    const text = `start\n${Array.from({ length: count }, (_, i) => `${name} ${i}\n`).join('')}`;
    assert.equal(await said(store, `${name}.ts`, text, 'start\n'), `.${'a'.repeat(count)}`);
  }
  assert.deepEqual(store.problems, []);
  assert.deepEqual(
    (await fs.readdir(dir)).filter((name) => /tmp|new|lock|aside|rejected/.test(name)),
    [],
  );
});

//#region Against a model

interface Step {
  readonly kind: 'ai' | 'human' | 'unseen' | 'back' | 'commit' | 'reopen' | 'compact' | 'delete' | 'indent';
  readonly at: number;
  readonly size: number;
}
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Step['kind']>(
    'ai',
    'human',
    'ai',
    'human',
    'unseen',
    'back',
    'commit',
    'reopen',
    'compact',
    'delete',
    'indent',
  ),
  at: fc.nat(1e6),
  size: fc.integer({ min: 1, max: 4 }),
});

void test(
  'property: every line is whose its text says it is, whatever happens to the file',
  { timeout: 300_000 },
  async () => {
    const runs = Number(process.env['FC_RUNS'] ?? 300);
    const seed = Number(process.env['FC_SEED'] ?? 20_250_101);
    const root = await fs.mkdtemp(path.join(os.tmpdir(), 'attribution-'));
    let serial = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const dir = path.join(root, String(serial++));
        let store = openAttribution({ dir });
        let head = ['old a', 'old b', 'old c'];
        let lines = head;
        const past = [lines];
        let number = 0;
        const text = (l: readonly string[]): string => l.map((line) => `${line}\n`).join('');
        const edit = async (after: string[], origin: LineOrigin | undefined): Promise<void> => {
          if (origin) await store.record({ path: 'f', before: text(lines), after: text(after), origin });
          lines = after;
          past.push(lines);
        };
        for (const s of steps) {
          const at = s.at % (lines.length + 1);
          const fresh = (who: string): string[] =>
            Array.from({ length: s.size }, () => `${who} wrote line number ${number++}`);
          if (s.kind === 'ai') await edit([...lines.slice(0, at), ...fresh('ai'), ...lines.slice(at + (s.at % 2))], ai);
          else if (s.kind === 'human')
            await edit([...lines.slice(0, at), ...fresh('human'), ...lines.slice(at + (s.at % 2))], human);
          else if (s.kind === 'unseen')
            await edit([...lines.slice(0, at), ...fresh('unknown'), ...lines.slice(at)], undefined);
          else if (s.kind === 'delete')
            await edit([...lines.slice(0, at), ...lines.slice(at + s.size)], s.at % 2 ? ai : human);
          else if (s.kind === 'indent')
            await edit(
              lines.map((l, i) => (i % 2 ? `  ${l.trim()}` : l.trim())),
              s.at % 2 ? ai : unknown,
            );
          else if (s.kind === 'back')
            await edit([...(past[Math.max(0, past.length - 1 - s.size)] as string[])], s.at % 2 ? unknown : undefined);
          else if (s.kind === 'commit') {
            head = lines;
            await store.settle({ commit: String(number), files: [{ path: 'f', text: text(lines) }] });
          } else if (s.kind === 'compact') await store.compact();
          else store = openAttribution({ dir });
          const { origins } = await store.resolve('f', text(lines), { baseline: text(head) });
          const told = expandOrigins(origins);
          assert.equal(told.length, lines.length);
          const old = new Set(head);
          lines.forEach((line, i) => {
            const o = told[i] ?? null;
            const [who] = line.trim().split(' ') as [string];
            if (o === null) assert.ok(old.has(line), `${line} is called old`);
            // Never the other way round; what a gap swallowed may be unknown.
            if (who === 'ai') assert.ok(o === null || /[amu]/.test(letter(o)), `${line} is ${letter(o)}`);
            if (who === 'human') assert.ok(o === null || /[hu]/.test(letter(o)), `${line} is ${letter(o)}`);
            if (who === 'unknown') assert.ok(o === null || letter(o) === 'u', `${line} is ${letter(o)}`);
          });
          assert.deepEqual(store.problems, []);
        }
      }),
      { numRuns: runs, seed },
    );
    await fs.rm(root, { recursive: true, force: true });
  },
);

//#endregion

void test('an editor that does not know a text takes nothing from what an agent’s hook has just said of it', async (t) => {
  const dir = await scratch(t);
  const head = 'one\ntwo\n';
  const text = `${head}\nconst a = compute(1);\n`;
  const editor = openAttribution({ dir });
  assert.equal(await said(editor, 'f.ts', text, head), '..uu');
  // The editor has asked, and is about to note what it knows.
  await openAttribution({ dir }).record({ path: 'f.ts', before: head, after: text, origin: ai });
  await editor.remember('f.ts', text, [
    { count: 2, origin: null },
    { count: 2, origin: unknown },
  ]);
  assert.equal(await said(openAttribution({ dir }), 'f.ts', text, head), '..aa');
});
