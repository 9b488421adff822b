/**
 * `npm run fuzz -- [--seed N] [--runs N | --seconds N] [--from N] [--corpus DIR]`: mutated changes, commands, policies
 * and patches through the engine in a worker, watched by this thread. Fails on an exception, an answer that makes no
 * sense, or an input that takes longer than its size allows; prints seed and number, which repeat it (`--runs 1 --from N`).
 */
import * as path from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createGrammars } from '../../src/platform/grammars.ts';
import { inputAt, readSeeds, sizeOf, type Input } from './fuzz/inputs.ts';
import { costOf, limitOf } from './fuzz/run.ts';

interface Task {
  readonly seed: number;
  readonly from: number;
  readonly runs: number;
  readonly seconds: number;
  readonly corpus: string | undefined;
  /** [0] = the input in hand, [1] = done so far. */
  readonly progress: Int32Array;
}
interface Failure {
  readonly index: number;
  readonly what: string;
}

/** Real milliseconds after which an input counts as hanging: far above its processor time, because the machine may be busy. */
const hang = (input: Input): number => 20_000 + limitOf(input) * 20;

async function work(task: Task): Promise<void> {
  const seeds = readSeeds(task.corpus);
  const grammars = createGrammars();
  const end = Date.now() + task.seconds * 1000;
  let slowest = 0;
  let slowestIndex = task.from;
  for (let index = task.from; index < task.from + task.runs && Date.now() < end; index++) {
    Atomics.store(task.progress, 0, index);
    const input = inputAt(seeds, task.seed, index);
    try {
      let ms = await costOf(input, grammars, index % 50 === 0);
      // A slow one may have met the compiler or the collector: the best of three counts.
      for (let again = 0; again < 3 && ms > limitOf(input); again++) ms = Math.min(ms, await costOf(input, grammars));
      if (ms > limitOf(input)) throw new Error(`${ms.toFixed(0)} ms for ${sizeOf(input)} characters`);
      if (ms > slowest) [slowest, slowestIndex] = [ms, index];
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const failure: Failure = { index, what: `${what.split('\n').slice(0, 6).join('\n')}\n${shown(input)}` };
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- to a thread, not to a window
      parentPort!.postMessage(failure);
    }
    Atomics.add(task.progress, 1, 1);
  }
  console.log(`slowest: number ${slowestIndex}, ${slowest.toFixed(0)} ms`);
}

const shown = (input: Input): string => JSON.stringify(input).slice(0, 1500);

async function main(args: readonly string[]): Promise<number> {
  const option = (name: string): string | undefined => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? undefined : args[at + 1];
  };
  const number = (name: string, fallback: number): number => {
    const value = Number(option(name) ?? fallback);
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} needs a number`);
    return value;
  };
  const seed = number('seed', Math.floor(Math.random() * 1e9));
  const seconds = number('seconds', 0);
  const task: Task = {
    seed,
    from: number('from', 0),
    runs: number('runs', seconds > 0 ? 1e9 : 20_000),
    seconds: seconds > 0 ? seconds : 1e7,
    corpus: option('corpus') === undefined ? undefined : path.resolve(option('corpus')!),
    progress: new Int32Array(new SharedArrayBuffer(8)),
  };
  console.log(`seed ${seed}`);
  const seeds = readSeeds(task.corpus);
  const failures: Failure[] = [];
  let { from } = task;
  const began = Date.now();
  for (;;) {
    const left = task.runs - (from - task.from);
    const time = task.seconds - (Date.now() - began) / 1000;
    if (left <= 0 || time <= 0) break;
    const stuck = await watch({ ...task, from, runs: left, seconds: time }, seeds, failures);
    if (stuck === undefined) break;
    failures.push({ index: stuck, what: `hangs\n${shown(inputAt(seeds, seed, stuck))}` });
    from = stuck + 1;
  }
  for (const f of failures.slice(0, 20)) console.log(`\nFAIL --seed ${seed} --from ${f.index} --runs 1: ${f.what}`);
  console.log(
    `\n${Atomics.load(task.progress, 1)} inputs, ${failures.length} failures, ${((Date.now() - began) / 1000).toFixed(0)} s`,
  );
  return failures.length === 0 ? 0 : 1;
}

/** Runs one worker to its end; gives the number of the input it hung on, if it did. */
function watch(task: Task, seeds: ReturnType<typeof readSeeds>, failures: Failure[]): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    // A worker knows TypeScript only once it has been told.
    const start = `require('tsx/cjs'); require(${JSON.stringify(__filename)});`;
    const worker = new Worker(start, { eval: true, workerData: task });
    let at = -1;
    let since = Date.now();
    const timer = setInterval(() => {
      const now = Atomics.load(task.progress, 0);
      if (now !== at) [at, since] = [now, Date.now()];
      else if (Date.now() - since > hang(inputAt(seeds, task.seed, now))) {
        clearInterval(timer);
        resolve(now);
        worker.terminate().catch(reject);
      }
    }, 1000);
    worker.on('message', (f: Failure) => failures.push(f));
    worker.once('error', (error) => {
      // A stack that overflowed or memory that ran out takes the worker along: the input in hand is the culprit.
      clearInterval(timer);
      failures.push({ index: Atomics.load(task.progress, 0), what: `ends the worker: ${String(error)}` });
      resolve(undefined);
    });
    worker.once('exit', () => {
      clearInterval(timer);
      resolve(undefined);
    });
  });
}

if (isMainThread)
  main(process.argv.slice(2)).then(
    (code) => void (process.exitCode = code),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 2;
    },
  );
else
  work(workerData as Task).catch((error: unknown) => {
    throw error;
  });
