/** `git commit` with our hooks, beside the same commit without hooks or with one Node hook that does nothing. */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { git, gitEnv, makeSample } from '../tools/sample.ts';
import { inTurn, median, ms, pairRatio, processTime, ratio, type Row } from './measure.ts';

const run = promisify(execFile);
const cli = path.resolve(__dirname, '../../dist/cli.js');

type Kind = 'none' | 'noop' | 'ours';

async function repository(dir: string, kind: Kind, mode: string): Promise<string> {
  await makeSample(dir, { policy: `version: 1\ncommit: { trailers: ${mode} }\n` });
  if (kind === 'noop') {
    const hook = path.join(dir, '.git/hooks/prepare-commit-msg');
    await fs.writeFile(hook, `#!/bin/sh\nexec "${process.execPath}" -e 0\n`, { mode: 0o755 });
  }
  if (kind === 'ours') {
    await run(process.execPath, [cli, 'install', '--git'], { cwd: dir, env: { ...process.env, ...gitEnv } });
  }
  return dir;
}

/** Changes and stages files outside the clock, then times the commit. */
function committing(dir: string, files: number, lines: number): () => Promise<number> {
  let round = 0;
  return async () => {
    round++;
    for (let f = 0; f < files; f++) {
      const text = Array.from({ length: lines }, (_, i) => `export const v${i} = ${round * 7 + i};`).join('\n');
      await fs.writeFile(path.join(dir, `src/generated${f}.ts`), `${text}\n`);
    }
    await git(dir, 'add', '--all');
    return processTime('git', ['commit', '--quiet', '--message', `Round ${round}`], {
      cwd: dir,
      env: { ...process.env, ...gitEnv },
    });
  };
}

export async function commitRows(scratch: string): Promise<Row[]> {
  const make = (name: string, kind: Kind, mode: string): Promise<string> =>
    repository(path.join(scratch, name), kind, mode);
  const bare = await make('bare', 'none', 'off');
  const noop = await make('noop', 'noop', 'off');
  const quiet = await make('quiet', 'ours', 'ai-only');
  const record = await make('record', 'ours', 'record');
  const [tBare = [], tQuiet = [], tNoop = [], tRecord = []] = await inTurn(15, [
    committing(bare, 1, 5),
    committing(quiet, 1, 5),
    committing(noop, 1, 5),
    committing(record, 1, 5),
  ]);
  const [bigNoop = [], bigRecord = []] = await inTurn(9, [committing(noop, 20, 100), committing(record, 20, 100)]);
  const row = (what: string, times: readonly number[], beside: readonly number[], name: string, limit: number): Row => {
    const against = pairRatio(times, beside);
    return {
      what,
      value: ms(median(times)),
      beside: `${ratio(against)} ${name} (${ms(median(beside))})`,
      budget: `≤ ${limit.toFixed(2)} ×`,
      ok: against <= limit,
    };
  };
  return [
    row('commit, ai-only, nothing pending', tQuiet, tBare, 'without hooks', 2),
    row('commit with record, 5 lines', tRecord, tNoop, 'with a no-op Node hook', 1.5),
    row('commit with record, 20 files, 2,000 lines', bigRecord, bigNoop, 'with a no-op Node hook', 2),
  ];
}
