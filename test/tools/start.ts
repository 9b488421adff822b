/**
 * `npm start`: builds, packs and installs the VSIX into a VS Code with a throw-away profile, opens it on a fresh sample
 * repository and prints the address. Ctrl+C ends it and leaves nothing behind.
 *
 *   npm start                     the server from npm on 127.0.0.1, port 3000 or a free one (PORT=… asks for one)
 *   npm start -- --desktop        an installed VS Code (`code` on PATH, or VSCODE_EXECUTABLE)
 *   npm start -- --folder DIR     another folder instead of the sample; it is not touched at the end
 */
import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { createServer } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { installHost } from '../host/install.ts';
import { installVsix, startHost } from '../host/vscode.ts';
import { packVsix, vsixFile } from './package.ts';
import { gitEnv, makeSample } from './sample.ts';

const root = path.resolve(__dirname, '../..');

/** Whether nothing listens there yet. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });

/** A `countersign` for the terminal, so that the sample's scripted agent and the reader need no path. */
async function shim(dir: string): Promise<string> {
  await fs.mkdir(dir, { recursive: true });
  const cli = path.join(root, 'dist/cli.js');
  await fs.writeFile(path.join(dir, 'countersign'), `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`, {
    mode: 0o755,
  });
  await fs.writeFile(path.join(dir, 'countersign.cmd'), `@"${process.execPath}" "${cli}" %*\r\n`);
  return dir;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { desktop: { type: 'boolean' }, folder: { type: 'string' } } });
  const build = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (build.status !== 0) throw new Error('the build failed');
  await packVsix();

  const scratch = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-start-')));
  const clear = (): Promise<void> => fs.rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  try {
    const folder = values.folder === undefined ? path.join(scratch, 'sample-shop') : path.resolve(values.folder);
    if (values.folder === undefined) await makeSample(folder);
    const bin = await shim(path.join(scratch, 'bin'));
    const env = { PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`, ...(values.folder ? {} : gitEnv) };
    await (values.desktop ? onDesktop(folder, scratch, env) : onServer(folder, scratch, env));
  } finally {
    await clear();
  }
}

/** Resolves at Ctrl+C or when the parent asks us to end. */
const asked = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });

async function onServer(folder: string, scratch: string, env: Record<string, string>): Promise<void> {
  const host = await installHost();
  const extensionsDir = path.join(scratch, 'extensions');
  await installVsix(host, vsixFile, extensionsDir);
  const wanted = Number(process.env['PORT'] || 3000);
  const port = (await isFree(wanted)) ? wanted : 0;
  const server = await startHost({
    host,
    extensionsDir,
    dataDir: path.join(scratch, 'profile'),
    port,
    env,
    settings: { 'workbench.startupEditor': 'readme' },
  });
  const end = asked();
  try {
    console.log(`\nVS Code ${host.version} with Countersign and a sample repository is ready:\n`);
    console.log(`  ${server.url}?folder=${encodeURIComponent(folder)}\n`);
    console.log('Open it in a browser; README.md of the sample says what to try. Ctrl+C ends it.');
    await end;
    console.log('\nending …');
  } finally {
    await server.stop();
  }
}

async function onDesktop(folder: string, scratch: string, env: Record<string, string>): Promise<void> {
  const code = process.env['VSCODE_EXECUTABLE'] || 'code';
  const dirs = ['--user-data-dir', path.join(scratch, 'profile'), '--extensions-dir', path.join(scratch, 'extensions')];
  const options = { stdio: 'inherit', env: { ...process.env, ...env }, shell: process.platform === 'win32' } as const;
  const installed = spawnSync(code, [...dirs, '--install-extension', vsixFile, '--force'], options);
  if (installed.error) throw new Error(`'${code}' does not start; install VS Code, or set VSCODE_EXECUTABLE`);
  if (installed.status !== 0) throw new Error('VS Code did not install the VSIX');
  const window = spawn(code, [...dirs, '--wait', '--new-window', folder], options);
  const end = asked();
  await Promise.race([end.then(() => window.kill()), new Promise((resolve) => window.once('exit', resolve))]);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`npm start: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
