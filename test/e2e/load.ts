/** Loads that a window has to bear, for the tests (small) and the benchmark (large). */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { git } from '../tools/sample.ts';

const body = (file: number, branch: string): string =>
  Array.from({ length: 12 }, (_, i) => `export const value${i} = '${branch} ${file}';\n`).join('');

async function writeAll(folder: string, count: number, branch: string): Promise<void> {
  for (let dir = 0; dir * 100 < count; dir++) {
    await fs.mkdir(path.join(folder, `many/d${dir}`), { recursive: true });
    await Promise.all(
      Array.from({ length: Math.min(100, count - dir * 100) }, (_, i) =>
        fs.writeFile(path.join(folder, `many/d${dir}/f${i}.ts`), body(dir * 100 + i, branch)),
      ),
    );
  }
}

/** Commits `count` files below `many/`. With `branches` all of them are different on the branch `other`. */
export async function manyFiles(folder: string, count: number, branches = false): Promise<void> {
  await writeAll(folder, count, 'main');
  await git(folder, 'add', '--all');
  await git(folder, 'commit', '--quiet', '--message', 'Many files');
  if (!branches) return;
  await git(folder, 'checkout', '--quiet', '-b', 'other');
  await writeAll(folder, count, 'other');
  await git(folder, 'commit', '--quiet', '--all', '--message', 'All of them changed');
  await git(folder, 'checkout', '--quiet', 'main');
}

/** A file of so many lines. */
export const longFile = (lines: number): string =>
  Array.from({ length: lines }, (_, i) => `export const row${i} = [${i}, ${i * 7}];\n`).join('');
