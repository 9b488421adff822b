/** `countersign verify` over a long history: commits per second, and the memory it takes. */
import { execFile, spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { defaultPolicy, policyDigest } from '../../src/core/policy/index.ts';
import { formatRecord } from '../../src/core/provenance/record.ts';
import { sha256 } from '../../src/platform/crypto.ts';
import { commitDigests } from '../../src/platform/git.ts';
import { gitEnv } from '../tools/sample.ts';
import type { Row } from './measure.ts';

const run = promisify(execFile);
const cli = path.resolve(__dirname, '../../dist/cli.js');
const commits = 10_000;
/** Every so many commits a branch comes home. */
const mergeEvery = 20;

/** A history as a stream for `git fast-import`. `message`: of the n-th commit. */
function history(message: (n: number) => string): string {
  const out: string[] = [];
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const commit = (n: number, ref: string, parents: readonly number[], file: string): void => {
    const lines = Array.from({ length: 30 }, (_, i) => `export const v${i} = ${n * 31 + (i % 3 === 0 ? i : 0)};`);
    out.push(
      `commit refs/heads/${ref}\nmark :${n + 1}\ncommitter Ada <ada@example.invalid> ${1_700_000_000 + n} +0000\n`,
      data(message(n)),
      ...parents.map((p, i) => `${i === 0 ? 'from' : 'merge'} :${p + 1}\n`),
      parents.length > 1 ? '' : `M 100644 inline src/${file}.ts\n${data(`${lines.join('\n')}\n`)}`,
    );
    // What a merge takes over from its second parent.
    if (parents.length > 1) out.push(`M 100644 inline src/side.ts\n${data(sideText)}`);
    else if (file === 'side') sideText = `${lines.join('\n')}\n`;
  };
  let sideText = '';
  let tip = 0;
  commit(0, 'main', [], 'f0');
  for (let n = 1; n < commits; n++) {
    if (n % mergeEvery === 0 && n + 2 < commits) {
      commit(n, 'side', [tip], 'side');
      commit(n + 1, 'main', [tip], `f${n % 40}`);
      commit(n + 2, 'main', [n + 1, n], '');
      n += 2;
    } else commit(n, 'main', [tip], `f${n % 40}`);
    tip = n;
  }
  return out.join('');
}

async function bare(dir: string, stream: string): Promise<string[]> {
  await run('git', ['init', '--quiet', '--bare', dir], { env: { ...process.env, ...gitEnv } });
  const marks = path.join(dir, 'marks');
  await new Promise<void>((resolve, reject) => {
    const child = spawn('git', ['fast-import', '--quiet', `--export-marks=${marks}`], {
      cwd: dir,
      stdio: ['pipe', 'ignore', 'inherit'],
      env: { ...process.env, ...gitEnv },
    });
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`git fast-import ended with ${code}`))));
    child.stdin.end(stream);
  });
  const ids: string[] = [];
  for (const line of (await fs.readFile(marks, 'utf8')).trim().split('\n')) {
    const [mark = '', id = ''] = line.split(' ');
    ids[Number(mark.slice(1)) - 1] = id;
  }
  return ids;
}

export async function verifyRows(scratch: string): Promise<Row[]> {
  const drafts = await bare(
    path.join(scratch, 'draft'),
    history((n) => `Commit ${n}`),
  );
  const digests = await commitDigests(path.join(scratch, 'draft'), drafts);
  const policy = policyDigest(defaultPolicy, sha256);
  const repo = path.join(scratch, 'verified');
  const ids = await bare(
    repo,
    history((n) => {
      const d = digests.get(drafts[n] as string);
      const isMerge = !d || (n > 2 && n % mergeEvery === 2);
      const record = formatRecord({
        version: 1,
        ai: 0,
        mod: 0,
        unk: 0,
        aiDeleted: 0,
        added: isMerge ? 0 : d.added,
        deleted: isMerge ? 0 : d.deleted,
        files: isMerge ? 0 : d.files,
        risk: 'medium',
        conf: 'editor',
        patch: isMerge ? '-' : d.patch,
        note: '-',
        policy,
        log: '-',
      });
      return `Commit ${n}\n\nAI-Provenance: ${record}`;
    }),
  );
  const began = performance.now();
  // The most memory it had at once, as the kernel counts it.
  const script = `process.on('exit', () => require('fs').writeSync(2, 'rss ' + process.resourceUsage().maxRSS)); process.argv.splice(1, 1); require(process.argv[1])`;
  const { stdout, stderr } = await run(process.execPath, ['-e', script, 'x', cli, 'verify', `${ids[0]}..main`], {
    cwd: repo,
    env: { ...process.env, ...gitEnv },
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = (performance.now() - began) / 1000;
  if (!stdout.includes(`verified ${commits - 1} commits`)) throw new Error(`verify said: ${stdout.slice(0, 500)}`);
  const rss = Number(/rss (\d+)/.exec(stderr)?.[1] ?? Number.NaN) / 1024;
  const rate = (commits - 1) / seconds;
  return [
    {
      what: `verify ${commits} commits, a merge in ${mergeEvery}`,
      value: `${rate.toFixed(0)} commits/s`,
      beside: `${seconds.toFixed(1)} s`,
      budget: '≥ 200 commits/s',
      ok: rate >= 200,
    },
    {
      what: 'verify, memory at most',
      value: `${rss.toFixed(0)} MB`,
      beside: '',
      budget: '≤ 300 MB',
      ok: rss <= 300,
    },
  ];
}
