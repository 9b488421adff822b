/**
 * What VS Code calls in its extension host. The same bundle serves the server from npm (`test/host/run.ts`) and a
 * desktop VS Code (`@vscode/test-electron`).
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import Mocha from 'mocha';

export interface HostResult {
  readonly passed: readonly string[];
  readonly failed: readonly { readonly title: string; readonly message: string }[];
  readonly skipped: readonly string[];
}

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 120_000, color: false, grep: process.env['TEST_GREP'] ?? '' });
  const names = (await fs.readdir(__dirname)).filter((name) => name.endsWith('.test.js')).sort();
  for (const name of names) mocha.addFile(path.join(__dirname, name));

  const passed: string[] = [];
  const failed: { title: string; message: string }[] = [];
  const skipped: string[] = [];
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on('pass', (test) => passed.push(test.fullTitle()));
    runner.on('pending', (test) => skipped.push(test.fullTitle()));
    runner.on('fail', (test, error: Error) =>
      failed.push({ title: test.fullTitle(), message: error.stack ?? error.message }),
    );
  });
  // The launcher wants this file: a host that dies in the middle must not count as green.
  const results = process.env['TEST_RESULTS'];
  if (results) await fs.writeFile(results, JSON.stringify({ passed, failed, skipped } satisfies HostResult));
  if (failed.length > 0 || passed.length === 0) throw new Error(`${failed.length} failed, ${passed.length} passed`);
}
