/**
 * `npx tsx test/tools/gitFuzz.ts [--from=1] [--runs=100] [--log]`: random work over many seeds, one after the other (start
 * several with other ranges for several cores). Prints each failing seed with what was done; exits 1 when there is one.
 */
import { play, Template } from '../git/randomWork.ts';

async function main(): Promise<number> {
  const option = (name: string, value: number): number =>
    Number(process.argv.find((a) => a.startsWith(`--${name}=`))?.split('=')[1] ?? value);
  const from = option('from', 1);
  const runs = option('runs', 100);
  const w = await Template.make();
  const failed: number[] = [];
  let commits = 0;
  const began = Date.now();
  for (let seed = from; seed < from + runs; seed++) {
    const log: string[] = [];
    try {
      commits += await play(seed, w, log);
      if (process.argv.includes('--log')) console.log(log.join('\n'));
    } catch (error) {
      failed.push(seed);
      console.log(
        `\n=== seed ${seed}\n${log.join('\n')}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
    }
    if ((seed - from + 1) % 100 === 0)
      console.log(
        `${seed - from + 1} sequences, ${commits} commits, ${failed.length} failed, ${Math.round((Date.now() - began) / 1000)} s`,
      );
  }
  await w.remove();
  console.log(
    `${runs} sequences, ${commits} commits, ${failed.length} failed${failed.length > 0 ? `: ${failed.join(' ')}` : ''}`,
  );
  return failed.length > 0 ? 1 : 0;
}

void main().then((code) => process.exit(code));
