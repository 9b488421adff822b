/**
 * Runs node:test files: `tsx test/tools/nodeTests.ts [--concurrency=N] DIRECTORY-or-FILE…`.
 * Node 20's `--test` takes no globs, and TypeScript goes through tsx.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Where a test failed, as far as it is known. */
  readonly failedFiles?: readonly string[];
}

async function testFiles(target: string): Promise<string[]> {
  if ((await fs.stat(target)).isFile()) return [target];
  const entries = await fs.readdir(target, { recursive: true, withFileTypes: true });
  return entries
    .filter((e) => e.isFile() && e.name.endsWith('.test.ts'))
    .map((e) => path.join(e.parentPath, e.name))
    .sort();
}

export async function nodeTests(targets: readonly string[], concurrency = os.availableParallelism()): Promise<Counts> {
  const files = (await Promise.all(targets.map(testFiles))).flat();
  if (files.length === 0) throw new Error(`no *.test.ts in ${targets.join(', ')}`);
  const scratch = await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-counts-'));
  const counts = path.join(scratch, 'counts.json');
  try {
    const reporter = `file://${path.join(__dirname, 'reporter.mjs')}`;
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--test', `--test-concurrency=${concurrency}`, `--test-reporter=${reporter}`, ...files],
      { stdio: 'inherit', env: { ...process.env, TEST_COUNTS: counts } },
    );
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    const result = JSON.parse(
      await fs.readFile(counts, 'utf8').catch(() => '{"passed":0,"failed":1,"skipped":0}'),
    ) as Counts;
    // A runner that dies must not look green.
    return code !== 0 && result.failed === 0 ? { ...result, failed: 1 } : result;
  } finally {
    await fs.rm(scratch, { recursive: true, force: true });
  }
}

/**
 * For suites that drive real editors, which on two busy cores may be too slow for each other: what failed runs once more,
 * alone, and that is said. Only what fails then as well counts as failed.
 */
export async function withSecondRun(first: Counts, what: string, again: () => Promise<Counts>): Promise<Counts> {
  if (first.failed === 0) return first;
  console.log(`  ${first.failed} failed beside another editor; once more, alone: ${what}`);
  const second = await again();
  const failed = second.failed;
  if (failed === 0) console.log(`  passed alone, so it depends on how busy the machine is: ${what}`);
  return { passed: first.passed + Math.max(0, first.failed - failed), failed, skipped: first.skipped };
}

if (require.main === module) {
  const words = process.argv.slice(2);
  const asked = words.find((w) => w.startsWith('--concurrency='))?.split('=')[1];
  nodeTests(
    words.filter((w) => !w.startsWith('--')),
    asked === undefined ? undefined : Number(asked),
  ).then(
    ({ failed }) => void (process.exitCode = failed === 0 ? 0 : 1),
    (error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
}
