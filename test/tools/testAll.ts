/**
 * `npm test`: everything, in the order in which failures are cheap, and one line of counts at the end.
 *
 *   build → types, lint, format → unit → git → package → contract → host (mocha in VS Code) → e2e (Playwright)
 *
 * A later stage still runs when an earlier one failed, so that one run shows all there is; only a failed build ends it.
 */
import { spawn } from 'node:child_process';
import { installHost, newestVersion, oldestVersion } from '../host/install.ts';
import { hostTests } from '../host/run.ts';
import { chromiumPath } from '../host/vscode.ts';
import { nodeTests, withSecondRun, type Counts } from './nodeTests.ts';
import { packVsix } from './package.ts';

const none: Counts = { passed: 0, failed: 0, skipped: 0 };
const sum = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

/** An npm script as one test: green when it exits 0. */
async function script(name: string): Promise<Counts> {
  const began = Date.now();
  const child = spawn('npm', ['run', '--silent', name], { stdio: 'inherit', shell: process.platform === 'win32' });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  console.log(`  ${code === 0 ? 'ok  ' : 'FAIL'} npm run ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  return code === 0 ? { ...none, passed: 1 } : { ...none, failed: 1 };
}

const stages: readonly { readonly name: string; readonly run: () => Promise<Counts>; readonly needed?: boolean }[] = [
  { name: 'build', run: () => script('build'), needed: true },
  {
    name: 'check',
    run: async () => [await script('typecheck'), await script('lint'), await script('format:check')].reduce(sum),
  },
  { name: 'unit', run: () => nodeTests(['test/unit']) },
  { name: 'git', run: () => nodeTests(['test/git'], 2) },
  {
    name: 'package',
    async run() {
      chromiumPath();
      await installHost(newestVersion);
      await installHost(oldestVersion);
      await packVsix();
      return { ...none, passed: 1 };
    },
    needed: true,
  },
  { name: 'contract', run: () => nodeTests(['test/contract']) },
  { name: 'host', run: () => hostTests() },
  {
    name: 'e2e',
    async run() {
      const first = await nodeTests(['test/e2e'], 2);
      const files = first.failedFiles ?? [];
      return files.length === 0 ? first : withSecondRun(first, files.join(', '), () => nodeTests(files, 1));
    },
  },
];

async function main(): Promise<number> {
  const asked = process.argv.slice(2);
  let total = none;
  const began = Date.now();
  for (const stage of stages) {
    if (asked.length > 0 && !asked.includes(stage.name)) continue;
    console.log(`\n== ${stage.name}`);
    const at = Date.now();
    let counts: Counts;
    try {
      counts = await stage.run();
    } catch (error) {
      console.error(`  FAIL ${stage.name}: ${error instanceof Error ? error.message : String(error)}`);
      counts = { ...none, failed: 1 };
    }
    total = sum(total, counts);
    console.log(`   ${stage.name}: ${((Date.now() - at) / 1000).toFixed(1)} s`);
    if (stage.needed && counts.failed > 0) break;
  }
  console.log(`\n${((Date.now() - began) / 1000).toFixed(0)} s`);
  console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

void main().then((code) => process.exit(code));
