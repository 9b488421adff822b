/**
 * `npm run test:host [-- --desktop]`: mocha suites inside a real VS Code, in the newest version that is tested and in
 * the oldest that `engines.vscode` claims (or in the one that VSCODE_VERSION names). `--desktop` takes a desktop
 * VS Code through @vscode/test-electron: the one VSCODE_EXECUTABLE names, else a downloaded one.
 */
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { build } from 'esbuild';
import { makeSample } from '../tools/sample.ts';
import { withSecondRun, type Counts } from '../tools/nodeTests.ts';
import { installHost, newestVersion, oldestVersion } from './install.ts';
import type { HostResult } from './suite/index.ts';
import { runTests, startBrowser, startHost } from './vscode.ts';

const root = path.resolve(__dirname, '../..');
const out = path.join(root, '.vscode-test/out');

/** TypeScript → one file per suite; mocha stays outside, the suites must share one. */
async function bundleSuites(): Promise<void> {
  const source = path.join(__dirname, 'suite');
  const names = (await fs.readdir(source)).filter((name) => name.endsWith('.ts'));
  await fs.rm(out, { recursive: true, force: true });
  await build({
    entryPoints: names.map((name) => path.join(source, name)),
    outdir: out,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
}

async function inServer(version: string, folder: string, results: string): Promise<void> {
  const host = await startHost({
    host: await installHost(version),
    testDriver: true,
    env: { TEST_RESULTS: results, TEST_GREP: process.env['TEST_GREP'] ?? '' },
  });
  const lines: string[] = [];
  try {
    const browser = await startBrowser();
    try {
      const code = await runTests({
        host,
        browser,
        folder,
        extensionDevelopmentPath: root,
        extensionTestsPath: path.join(out, 'index'),
        onLog: (line) => lines.push(line),
      });
      if (code !== 0 && process.env['TEST_VERBOSE']) console.log(lines.join('\n'));
    } finally {
      await browser.close();
    }
  } finally {
    await host.stop();
  }
}

async function onDesktop(folder: string, results: string): Promise<void> {
  const { runTests: desktop } = await import('@vscode/test-electron');
  const executable = process.env['VSCODE_EXECUTABLE'];
  await desktop({
    ...(executable ? { vscodeExecutablePath: executable } : {}),
    extensionDevelopmentPath: root,
    extensionTestsPath: path.join(out, 'index'),
    extensionTestsEnv: { TEST_RESULTS: results },
    launchArgs: [folder, '--disable-extensions', '--disable-workspace-trust'],
  });
}

async function inOne(name: string, start: (folder: string, results: string) => Promise<void>): Promise<Counts> {
  const scratch = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-suite-')));
  const began = Date.now();
  try {
    const folder = path.join(scratch, 'shop');
    await makeSample(folder);
    const results = path.join(scratch, 'results.json');
    const problem = await start(folder, results).then(
      () => undefined,
      (error: unknown) => error,
    );
    const text = await fs.readFile(results, 'utf8').catch(() => undefined);
    if (text === undefined) {
      console.log(`FAIL VS Code ${name}: the extension host gave no results`, problem ?? '');
      return { passed: 0, failed: 1, skipped: 0 };
    }
    const { passed, failed, skipped } = JSON.parse(text) as HostResult;
    for (const { title, message } of failed) console.log(`\nFAIL ${name}: ${title}\n${message.replace(/^/gm, '  ')}`);
    if (process.env['TEST_VERBOSE']) for (const title of passed) console.log(`  ok   ${title}`);
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    console.log(
      `  VS Code ${name}: ${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped (${seconds} s)`,
    );
    return { passed: passed.length, failed: failed.length, skipped: skipped.length };
  } finally {
    await fs.rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** All versions, side by side; the counts of all together. */
export async function hostTests(desktop = false): Promise<Counts> {
  await bundleSuites();
  const asked = process.env['VSCODE_VERSION'];
  const total = { passed: 0, failed: 0, skipped: 0 };
  const versions = desktop ? ['desktop'] : asked ? [asked] : [newestVersion, oldestVersion];
  const one = (version: string): Promise<Counts> =>
    desktop ? inOne(version, onDesktop) : inOne(version, (folder, results) => inServer(version, folder, results));
  const firsts = await Promise.all(versions.map(one));
  for (const [i, first] of firsts.entries()) {
    const version = versions[i] as string;
    const counts = await withSecondRun(first, `VS Code ${version}`, () => one(version));
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
  return total;
}

if (require.main === module) {
  void hostTests(process.argv.includes('--desktop')).then(
    ({ failed }) => process.exit(failed === 0 ? 0 : 1),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}
