/** Timing side by side: what counts is the ratio to something simple that ran in the same seconds on the same machine. */
import { spawn } from 'node:child_process';

export interface Row {
  readonly what: string;
  readonly value: string;
  readonly beside: string;
  readonly budget: string;
  readonly ok: boolean;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Nearest rank. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

/** Wall time of a whole process in ms; throws when it does not end as expected. */
export function processTime(
  command: string,
  args: readonly string[],
  options: { cwd?: string; input?: string; env?: NodeJS.ProcessEnv; codes?: readonly number[] } = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = process.hrtime.bigint();
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (d: Buffer) => (errors += d.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      const ms = Number(process.hrtime.bigint() - began) / 1e6;
      if ((options.codes ?? [0]).includes(code ?? -1)) resolve(ms);
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}: ${errors.slice(0, 500)}`));
    });
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/**
 * Runs the variants in turn, `rounds` times, so that a slow moment of the machine hits all of them; after one round to
 * warm up. Gives the times of each, in the same order.
 */
export async function inTurn(rounds: number, variants: readonly (() => Promise<number>)[]): Promise<number[][]> {
  const times: number[][] = variants.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [i, variant] of variants.entries()) {
      const ms = await variant();
      if (round >= 0) times[i]?.push(ms);
    }
  }
  return times;
}

/** The medians of `inTurn`. */
export const sideBySide = async (rounds: number, variants: readonly (() => Promise<number>)[]): Promise<number[]> =>
  (await inTurn(rounds, variants)).map(median);

/** How many times `b` a variant takes, round by round: what two runs of the same seconds have in common cancels out. */
export const pairRatio = (a: readonly number[], b: readonly number[]): number =>
  median(a.map((t, i) => t / (b[i] ?? Number.NaN)));

export const ms = (n: number): string => `${n < 10 ? n.toFixed(1) : n.toFixed(0)} ms`;
export const ratio = (n: number): string => `${n.toFixed(2)} ×`;

export function printTable(rows: readonly Row[]): void {
  const head = { what: 'What', value: 'Measured', beside: 'Beside it', budget: 'Budget', ok: '' };
  const cells = [head, ...rows.map((r) => ({ ...r, ok: r.ok ? 'ok' : 'OVER' }))];
  const keys = ['what', 'value', 'beside', 'budget', 'ok'] as const;
  const widths = keys.map((k) => Math.max(...cells.map((c) => c[k].length)));
  for (const [i, c] of cells.entries()) {
    console.log(`| ${keys.map((k, j) => c[k].padEnd(widths[j] ?? 0)).join(' | ')} |`);
    if (i === 0) console.log(`|${widths.map((w) => '-'.repeat(w + 2)).join('|')}|`);
  }
}
