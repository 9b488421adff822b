/**
 * `classify` over ordinary code (this repository's own, as new files, so that all of it is changed text, and the changes of
 * its history), over the rules' own fixtures, in which every other line is a finding, and over inputs made to be slow.
 * Throughput and p95 of ordinary code are what the engine tells of its verdicts, once it has run for a while; the others are
 * processor time of the whole process, start, compiler and collector included. Speed over the corpus: `npm run corpus`.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { median, ms, percentile, ratio, sideBySide, type Row } from './measure.ts';

const root = path.resolve(__dirname, '../..');
const cli = path.join(root, 'dist/cli.js');

/** Texts of all fixture files with what a path says about their language. */
async function corpus(): Promise<{ path: string; text: string }[]> {
  const base = path.join(root, 'test/fixtures');
  const entries = await fs.readdir(base, { recursive: true, withFileTypes: true });
  const found: { path: string; text: string }[] = [];
  for (const e of entries) {
    if (!e.isFile() || !/\.(ts|js|py|tf|sql|ya?ml|json|sh|go|java|rb|cs|php|rs)$|^Dockerfile$/.test(e.name)) continue;
    const file = path.join(e.parentPath, e.name);
    found.push({ path: path.relative(base, file), text: await fs.readFile(file, 'utf8') });
  }
  return found.sort((a, b) => a.path.localeCompare(b.path));
}

interface Ran {
  /** Processor ms of the process, all threads. */
  readonly cpu: number;
  /** Most memory it held, MB. */
  readonly memory: number;
  readonly answers: readonly { readonly ms?: number; readonly note?: string; readonly error?: string }[];
}

/** This repository's own code and texts. */
async function ordinary(): Promise<{ path: string; text: string }[]> {
  const found: { path: string; text: string }[] = [];
  for (const folder of ['src', 'test', 'docs']) {
    for (const e of await fs.readdir(path.join(root, folder), { recursive: true, withFileTypes: true })) {
      const file = path.join(e.parentPath, e.name);
      const name = path.relative(root, file);
      if (!e.isFile() || !/\.(ts|mts|js|json|md|html|css)$/.test(e.name) || /^test[/\\]fixtures/.test(name)) continue;
      const text = await fs.readFile(file, 'utf8');
      // Beside them lie texts that were generated.
      if (text.length < 100_000) found.push({ path: name, text });
    }
  }
  return found.sort((a, b) => a.path.localeCompare(b.path));
}

/** Verdicts on the same inputs again and again in one process: ms of each, of the last passes the fastest. */
async function warm(inputs: readonly string[], passes: number): Promise<readonly number[]> {
  const { answers } = await classify(inputs.join('').repeat(passes));
  const late = answers.slice(Math.floor(passes / 2) * inputs.length);
  return inputs.map((_, i) =>
    Math.min(...late.filter((_a, at) => at % inputs.length === i).map((a) => a.ms ?? Number.POSITIVE_INFINITY)),
  );
}

async function ordinaryRow(): Promise<Row> {
  const files = await ordinary();
  const size = files.reduce((sum, f) => sum + Buffer.byteLength(f.text), 0) / 1e6;
  const times = await warm(
    files.map((f, i) => line(i, f.path, null, f.text)),
    8,
  );
  const speed = size / (times.reduce((a, b) => a + b, 0) / 1000);
  return {
    what: `classify, ${files.length} ordinary files, new`,
    value: `${speed.toFixed(1)} MB/s`,
    beside: `${size.toFixed(1)} MB, warm`,
    budget: '≥ 5 MB/s',
    ok: speed >= 5,
  };
}

const git = promisify(execFile);
const show = async (object: string): Promise<string | null> =>
  git('git', ['show', object], { cwd: root, maxBuffer: 1e9 }).then(
    ({ stdout }) => stdout,
    () => null,
  );

/** The changes of this repository's history that added 150 to 250 lines to a file. */
async function historyRow(): Promise<Row> {
  const log = await git('git', ['log', '--no-merges', '--no-renames', '--format=%H', '--numstat', '-n', '1500'], {
    cwd: root,
    maxBuffer: 1e9,
  }).catch(() => ({ stdout: '' }));
  const inputs: string[] = [];
  let commit = '';
  for (const entry of log.stdout.split('\n')) {
    if (/^[0-9a-f]{40,64}$/.test(entry)) commit = entry;
    const m = /^(\d+)\t\d+\t(.+)$/.exec(entry);
    if (!m || Number(m[1]) < 150 || Number(m[1]) > 250 || inputs.length >= 200) continue;
    const after = await show(`${commit}:${m[2]}`);
    if (after !== null) inputs.push(line(inputs.length, m[2]!, await show(`${commit}~1:${m[2]}`), after));
  }
  const what = 'verdict on a real change of 150-250 lines, p95';
  const budget = '≤ 20 ms';
  if (inputs.length < 20) return { what, value: '', beside: 'no history here', budget, ok: true };
  const times = await warm(inputs, 4);
  const p95 = percentile(times, 0.95);
  const beside = `median ${ms(median(times))}, ${inputs.length} changes of this repository, whole files`;
  return { what, value: ms(p95), beside, budget, ok: p95 <= 20 };
}

/** A batch form of the CLI as a process that tells what it used when it ends. */
function batch(args: readonly string[], input: string): Promise<Ran> {
  const tell =
    'process.on("exit",()=>{const u=process.resourceUsage();process.stderr.write(JSON.stringify([(u.userCPUTime+u.systemCPUTime)/1000,u.maxRSS/1024]))})';
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(tell)}`, ...args], {
      stdio: 'pipe',
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (d: string) => (out += d));
    child.stderr.setEncoding('utf8').on('data', (d: string) => (err += d));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) return reject(new Error(`${args.join(' ')} ended with ${code}: ${err.slice(0, 500)}`));
      const [cpu = 0, memory = 0] = JSON.parse(err.slice(err.lastIndexOf('['))) as number[];
      const lines = out.split('\n').filter((l) => l !== '');
      resolve({ cpu, memory, answers: lines.map((l) => JSON.parse(l) as Ran['answers'][number]) });
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

const classify = (input: string): Promise<Ran> => batch([cli, 'classify', '--jsonl'], input);

const line = (id: number, file: string, before: string | null, after: string): string =>
  `${JSON.stringify({ id, path: file, before, after })}\n`;
const fill = (unit: string, size: number): string => unit.repeat(Math.ceil(size / unit.length));
const numbered = (count: number, text: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => text(i));

/** Inputs made to be slow, at a size and at twice that size. */
const worst: readonly (readonly [string, (k: 1 | 2) => readonly [string, string | null, string]])[] = [
  [
    '5 MB of minified JavaScript, one edit',
    (k) => {
      const text = fill('function a(b,c){return b?c.d(e,"x"):exec(f+g)}var h=require("i");', 2_500_000 * k);
      return ['a.min.js', text, `${text.slice(0, 1000)}eval(x);${text.slice(1000)}`];
    },
  ],
  [
    '200,000 lines of SQL dump, new',
    (k) => ['dump.sql', null, fill("INSERT INTO a VALUES (1, 'b');\n", 31 * 100_000 * k)],
  ],
  ['50,000 lines of YAML, new', (k) => ['k8s/a.yaml', null, numbered(25_000 * k, (i) => `k${i}: v`).join('\n')]],
  ['a line of 10 MB, new', (k) => ['a.js', null, `var a = "${'x'.repeat(5_000_000 * k)}";`]],
  ['100,000 brackets of JSON, new', (k) => ['a.json', null, fill(`${'['.repeat(100)}\n`, 50_500 * k)]],
  ['100,000 blocks of HCL, new', (k) => ['a.tf', null, fill(`${'a {'.repeat(50)}\n`, 151_000 * k)]],
  [
    '1,000,000 lines, one changed',
    (k) => {
      const text = fill('one line of text\n', 17 * 500_000 * k);
      return ['a.txt', text, text.replace('one line', 'another line')];
    },
  ],
  [
    '100,000 lines in reverse',
    (k) => {
      const lines = numbered(50_000 * k, (i) => `line ${i}`);
      return ['a.txt', lines.join('\n'), lines.toReversed().join('\n')];
    },
  ],
  [
    '100,000 lines, all others',
    (k) => [
      'a.txt',
      numbered(50_000 * k, (i) => `a ${i}`).join('\n'),
      numbered(50_000 * k, (i) => `b ${i}`).join('\n'),
    ],
  ],
];

async function worstRows(idle: Ran): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [what, make] of worst) {
    const [one, two] = [await classify(line(0, ...make(1))), await classify(line(0, ...make(2)))];
    // Below the floor it is the start of the process that varies.
    const grows = Math.max(two.cpu - idle.cpu, 100) / Math.max(one.cpu - idle.cpu, 100);
    const cpu = two.cpu - idle.cpu;
    rows.push({
      what,
      value: ms(Math.max(0, cpu)),
      beside: `${ratio(grows)} for twice; ${two.memory.toFixed(0)} MB${two.answers[0]?.note === undefined ? '' : '; by lines'}`,
      budget: '≤ 1500 ms, ≤ 2.60 ×',
      ok: cpu <= 1500 && grows <= 2.6 && two.answers[0]?.error === undefined,
    });
  }
  return rows;
}

/** Verdicts on changes of 200 lines torn out of fixtures, in files of 1,000 such lines, one after the other in one process: the last 300 count. */
async function changeRow(files: readonly { path: string; text: string }[]): Promise<Row> {
  const byKind = new Map<string, { path: string; lines: string[] }>();
  for (const f of files) {
    const kind = path.extname(f.path);
    const known = byKind.get(kind) ?? { path: f.path, lines: [] };
    known.lines.push(...f.text.split('\n'));
    byKind.set(kind, known);
  }
  const kinds = [...byKind.values()].filter((k) => k.lines.length >= 100);
  const input: string[] = [];
  for (let i = 0; i < 500; i++) {
    const { path: file, lines } = kinds[i % kinds.length]!;
    const whole = numbered(1000, (n) => lines[(n * 7 + i) % lines.length]!);
    const changed = numbered(200, (n) => lines[(n + i * 13) % lines.length]!);
    const at = (i * 37) % 800;
    input.push(
      line(i, file, whole.join('\n'), [...whole.slice(0, at), ...changed, ...whole.slice(at + 200)].join('\n')),
    );
  }
  const { answers } = await classify(input.join(''));
  const times = answers.slice(200).map((a) => a.ms ?? Number.NaN);
  const p95 = percentile(times, 0.95);
  return {
    what: 'the same on 200 lines torn out of fixtures',
    value: ms(p95),
    beside: `median ${ms(median(times))}, ${kinds.length} languages`,
    budget: '(no ordinary text)',
    ok: true,
  };
}

export async function engineRows(): Promise<Row[]> {
  const files = await corpus();
  const lines = (bytes: number): string => {
    const out: string[] = [];
    for (let size = 0, i = 0; size < bytes; i++) {
      const file = files[i % files.length];
      if (!file) break;
      size += Buffer.byteLength(file.text);
      out.push(line(i, file.path, null, `${file.text}\n# ${i}\n`));
    }
    return out.join('');
  };
  const idle = await classify('');
  const one = (await classify(lines(4e6))).cpu - idle.cpu;
  const two = (await classify(lines(8e6))).cpu - idle.cpu;
  const speed = 8 / (two / 1000);
  const used = (args: readonly string[]) => async (): Promise<number> => (await batch(args, '')).cpu;
  const [bare = 0, start = 0, guard = 0] = await sideBySide(7, [
    used(['-e', '0']),
    used([cli, 'classify', '--jsonl']),
    used([cli, 'guard', '--jsonl']),
  ]);
  return [
    await ordinaryRow(),
    {
      what: `classify, ${files.length} fixtures, new`,
      value: `${speed.toFixed(1)} MB/s`,
      beside: `start-up left out; second half ${(4 / ((two - one) / 1000)).toFixed(1)} MB/s`,
      budget: '(no ordinary text)',
      ok: true,
    },
    {
      what: 'classify, twice the text',
      value: ratio(two / one),
      beside: '4 MB',
      budget: '≤ 2.40 ×',
      ok: two / one <= 2.4,
    },
    ...[
      { what: 'classify --jsonl, start-up', time: start },
      { what: 'guard --jsonl, start-up', time: guard },
    ].map(({ what, time }) => ({
      what,
      value: ms(time),
      beside: `node -e 0: ${ms(bare)}`,
      budget: '≤ 150 ms',
      ok: time <= 150,
    })),
    await historyRow(),
    await changeRow(files),
    ...(await worstRows(idle)),
  ];
}
