/** A real VS Code server (see `install.ts`) and a headless Chromium that looks at it. */
import { execFile, spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { existsSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import type { InstalledHost } from './install.ts';

const run = promisify(execFile);

/** A workbench that asks nothing, opens nothing and calls nobody. */
export const quietSettings: Readonly<Record<string, unknown>> = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.editor.empty.hint': 'hidden',
  'workbench.editor.useModal': 'off',
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'update.showReleaseNotes': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.autofetch': false,
  'git.openRepositoryInParentFolders': 'never',
  'git.enableSmartCommit': true,
  'git.confirmSync': false,
  'window.menuBarVisibility': 'compact',
  'editor.accessibilitySupport': 'off',
  'editor.minimap.enabled': false,
  'files.autoSave': 'off',
  'files.hotExit': 'onExitAndWindowClose',
  'terminal.integrated.gpuAcceleration': 'off',
};

export interface HostOptions {
  readonly host: InstalledHost;
  /** Kept after `stop()` when given; a fresh one, removed by `stop()`, when not. */
  readonly dataDir?: string;
  readonly extensionsDir?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly port?: number;
  /** Workspace trust on, so that Restricted Mode can be tried. Off by default. */
  readonly trust?: boolean;
  /** VS Code obeys `extensionTestsPath` in the address only with its smoke-test driver, which also hides toasts. */
  readonly testDriver?: boolean;
}

export interface RunningHost {
  readonly url: string;
  readonly authority: string;
  readonly pid: number;
  readonly dataDir: string;
  /** What the server has printed so far. */
  output(): string;
  stop(): Promise<void>;
}

/** Variables of a surrounding VS Code or npm would change what the server does. */
const inherited = (): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([k]) => !/^(VSCODE_|ELECTRON_|CODE_SERVER_|npm_|NODE_OPTIONS$|NODE_TEST_)/.test(k),
    ),
  );

/** Starts a server on 127.0.0.1 with a data directory, home and temporary directory of its own. */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const dataDir = options.dataDir ?? (await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-host-')));
  const user = path.join(dataDir, 'data', 'User');
  await fs.mkdir(user, { recursive: true });
  const settings = {
    ...quietSettings,
    'security.workspace.trust.enabled': options.trust ?? false,
    ...options.settings,
  };
  await fs.writeFile(path.join(user, 'settings.json'), JSON.stringify(settings, null, 2));
  const home = path.join(dataDir, 'home');
  const temporary = path.join(dataDir, 'tmp');
  await fs.mkdir(home, { recursive: true, mode: 0o700 });
  await fs.mkdir(temporary, { recursive: true, mode: 0o700 });

  const child = spawn(
    options.host.node,
    [
      options.host.main,
      '--host',
      '127.0.0.1',
      '--port',
      String(options.port ?? 0),
      '--without-connection-token',
      '--accept-server-license-terms',
      '--telemetry-level',
      'off',
      ...(options.trust ? [] : ['--disable-workspace-trust']),
      ...(options.testDriver ? ['--enable-smoke-test-driver'] : []),
      '--server-data-dir',
      dataDir,
      '--extensions-dir',
      options.extensionsDir ?? path.join(dataDir, 'extensions'),
    ],
    {
      // Sockets and temporary files go where stop() removes them; no extension gallery is asked.
      env: {
        ...inherited(),
        HOME: home,
        TMPDIR: temporary,
        XDG_RUNTIME_DIR: temporary,
        XDG_STATE_HOME: path.join(home, '.local', 'state'),
        EXTENSIONS_GALLERY: '{"serviceUrl":""}',
        GIT_CONFIG_NOSYSTEM: '1',
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own: stop() ends the extension hosts and terminals with it.
      detached: true,
    },
  );

  let text = '';
  const port = await new Promise<string>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${why}\n${text}`));
    const timer = setTimeout(() => fail('the server did not start in 120 s'), 120_000);
    const onData = (data: Buffer): void => {
      text = (text + data.toString()).slice(-200_000);
      const bound = /Server bound to [\d.]+:(\d+)/.exec(text)?.[1];
      if (bound !== undefined) {
        clearTimeout(timer);
        resolve(bound);
      }
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.once('error', reject);
    child.once('exit', (code) => fail(`the server ended with ${code}`));
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error('the server has no process id');

  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(-pid, name);
    } catch {
      /* it has ended */
    }
  };
  // A test run that is cut off must not leave a server behind.
  const onExit = (): void => signal('SIGKILL');
  process.once('exit', onExit);
  return {
    url: `http://127.0.0.1:${port}/`,
    authority: `127.0.0.1:${port}`,
    pid,
    dataDir,
    output: () => text,
    async stop() {
      process.off('exit', onExit);
      const gone = new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        else child.once('exit', () => resolve());
      });
      signal('SIGTERM');
      const late = setTimeout(() => signal('SIGKILL'), 3000);
      await gone;
      clearTimeout(late);
      if (options.dataDir === undefined) await fs.rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Installs a VSIX as `code --install-extension` does. */
export async function installVsix(host: InstalledHost, vsix: string, extensionsDir: string): Promise<void> {
  const scratch = await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-cli-'));
  try {
    const args = [
      '--install-extension',
      vsix,
      '--force',
      '--extensions-dir',
      extensionsDir,
      '--server-data-dir',
      scratch,
    ];
    const { stdout, stderr } = await run(host.node, [host.main, ...args], {
      env: { ...inherited(), HOME: scratch, TMPDIR: scratch, EXTENSIONS_GALLERY: '{"serviceUrl":""}' },
    });
    if (!/successfully installed/.test(stdout)) throw new Error(`the VSIX was not installed:\n${stdout}${stderr}`);
  } finally {
    await fs.rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Debian's Chromium, or what `CHROMIUM` names. Error: none is there, with what to do. */
export function chromiumPath(): string {
  const asked = process.env['CHROMIUM'];
  const found = (asked ? [asked] : ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']).find(
    existsSync,
  );
  if (!found) {
    throw new Error(
      'the editor tests need Chromium: `apt-get install chromium` (.ci/run does), or set CHROMIUM to a Chrome',
    );
  }
  return found;
}

export async function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
      // The same with and without a network: nothing but this machine resolves.
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
    ],
  });
}

export const newContext = (browser: Browser, width = 1280, height = 800): Promise<BrowserContext> =>
  browser.newContext({ viewport: { width, height }, permissions: ['clipboard-read', 'clipboard-write'] });

/** The address of a folder or `.code-workspace` in the workbench. */
export function workbenchUrl(
  host: RunningHost,
  folder: string,
  payload: readonly (readonly [string, string])[] = [],
): string {
  const query = new URLSearchParams({ [folder.endsWith('.code-workspace') ? 'workspace' : 'folder']: folder });
  if (payload.length > 0) query.set('payload', JSON.stringify(payload));
  return `${host.url}?${query.toString()}`;
}

export interface TestRun {
  readonly host: RunningHost;
  readonly browser: Browser;
  readonly folder: string;
  readonly extensionDevelopmentPath: string;
  readonly extensionTestsPath: string;
  readonly timeoutMs?: number;
  readonly onLog?: (line: string) => void;
}

/** Runs the `run()` of `extensionTestsPath` in the real extension host; resolves to its exit code. */
export async function runTests(options: TestRun): Promise<number> {
  const remote = (file: string): string => `vscode-remote://${options.host.authority}${file}`;
  const context = await newContext(options.browser);
  const page: Page = await context.newPage();
  const ms = options.timeoutMs ?? 1_200_000;
  let timer: NodeJS.Timeout | undefined;
  try {
    const done = new Promise<number>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`the tests did not end in ${ms} ms`)), ms);
      page.once('crash', () => reject(new Error('the browser page crashed')));
      page.once('close', () => reject(new Error('the browser page closed')));
      // The two functions through which the workbench reports to whoever automates it.
      page.exposeFunction('codeAutomationExit', (code: number) => resolve(code)).catch(reject);
      page
        .exposeFunction('codeAutomationLog', (type: string, args: unknown[]) =>
          options.onLog?.(`[${type}] ${args.join(' ')}`),
        )
        .catch(reject);
    });
    done.catch(() => {});
    await page.goto(
      workbenchUrl(options.host, options.folder, [
        ['extensionDevelopmentPath', remote(options.extensionDevelopmentPath)],
        ['extensionTestsPath', remote(options.extensionTestsPath)],
      ]),
    );
    return await done;
  } finally {
    clearTimeout(timer);
    await context.close();
  }
}
