/**
 * Editor tests: the packed VSIX, installed as a user would install it, in a real VS Code server that a headless
 * Chromium drives. One server and browser per test file, one window with a fresh sample repository per test.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, before } from 'node:test';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { installHost, newestVersion, type InstalledHost } from '../host/install.ts';
import { installVsix, newContext, startBrowser, startHost, workbenchUrl, type RunningHost } from '../host/vscode.ts';
import { until } from '../host/wait.ts';
import { vsixFile } from '../tools/package.ts';
import { gitEnv, makeSample, type SampleOptions } from '../tools/sample.ts';
import { Workbench } from './workbench.ts';

const run = promisify(execFile);
const root = path.resolve(__dirname, '../..');
export const cli = path.join(root, 'dist/cli.js');
const shots = path.join(root, 'test-results');

/** The other extension as a VSIX, packed with vsce once per run of a test file. */
async function packAgent(host: InstalledHost, out: string): Promise<void> {
  const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
  const args = ['package', '--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', out];
  await run(host.node, [vsce, ...args], { cwd: path.join(__dirname, 'agentExtension') });
}

/** Talks to the other extension in a window's extension host. */
export class Agent {
  readonly #portFile: string;
  #port = 0;
  #pid = 0;

  constructor(portFile: string) {
    this.#portFile = portFile;
  }

  /** Of the extension host. */
  get pid(): number {
    return this.#pid;
  }

  /** Finds the extension; again after a reload or a crash, when it runs in another process. */
  async connect(): Promise<void> {
    const { port, pid } = await until(
      'the other extension is up',
      async () => {
        const found = JSON.parse(await fs.readFile(this.#portFile, 'utf8')) as { port: number; pid: number };
        return found.pid === this.#pid ? undefined : found;
      },
      30_000,
    );
    [this.#port, this.#pid] = [port, pid];
  }

  /** One of the operations of agentExtension/extension.js; throws with its error. */
  async do<T = unknown>(op: string, args: Readonly<Record<string, unknown>> = {}): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/`, {
      method: 'POST',
      body: JSON.stringify({ op, ...args }),
    });
    const { value, error } = (await response.json()) as { value: T; error?: string };
    if (error !== undefined) throw new Error(`${op}: ${error}`);
    return value;
  }
}

export interface DocumentState {
  readonly text: string;
  readonly dirty: boolean;
  readonly version: number;
  readonly selections?: readonly (readonly number[])[];
}

export interface Window {
  readonly page: Page;
  readonly wb: Workbench;
  /** The (first) workspace folder. */
  readonly folder: string;
  readonly agent: Agent;
  readonly host: RunningHost;
  file(name: string): string;
  disk(name: string): Promise<string>;
  state(name: string): Promise<DocumentState>;
  /** Lets every extension host that starts from now on block for so long before any other extension gets its turn. */
  slowStart(ms: number): Promise<void>;
  /** Ends the extension host as a crash does. */
  killHost(): void;
  /** A picture for test-results/, and for the README when `readme` names it. */
  shot(name: string, readme?: string): Promise<void>;
  /** Runs the CLI as a user or an agent would, in the folder. */
  cli(args: readonly string[], input?: string): Promise<{ code: number; stdout: string; stderr: string }>;
  git(...args: readonly string[]): Promise<string>;
}

export interface WindowOptions extends SampleOptions {
  /** Settings of the folder, e.g. auto-save. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Further folders of a multi-root workspace: name → how the sample is laid out there. */
  readonly more?: Readonly<Record<string, SampleOptions>>;
  /** Called on the folder before the window opens. */
  readonly prepare?: (folder: string) => Promise<void>;
}

export interface Editor {
  /** Opens a window on a fresh sample and closes it after `body`; keeps a picture of a failure. */
  window(name: string, options: WindowOptions, body: (window: Window) => Promise<void>): Promise<void>;
}

export interface EditorOptions {
  readonly trust?: boolean;
  readonly version?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Without Countersign, to measure beside it. */
  readonly bare?: boolean;
  /** Has the other extension time Countersign's listeners. */
  readonly timed?: boolean;
}

/** Registers the server's and browser's life around the tests of a file. */
export function editor(options: EditorOptions = {}): Editor {
  let running: OpenEditor;
  before(async () => {
    running = await openEditor(options);
  });
  after(() => running?.close());
  return { window: (name, windowOptions, body) => running.window(name, windowOptions, body) };
}

export interface OpenEditor extends Editor {
  close(): Promise<void>;
}

/** Starts the server, with the VSIX (unless `bare`) and the other extension installed, and the browser. */
export async function openEditor(options: EditorOptions = {}): Promise<OpenEditor> {
  const scratch = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-e2e-')));
  await fs.mkdir(path.join(scratch, 'ports'));
  await fs.mkdir(shots, { recursive: true });
  const installed = await installHost(options.version ?? newestVersion);
  const extensionsDir = path.join(scratch, 'extensions');
  const agentVsix = path.join(scratch, 'agent.vsix');
  await packAgent(await installHost(newestVersion), agentVsix);
  if (!options.bare) await installVsix(installed, vsixFile, extensionsDir);
  await installVsix(installed, agentVsix, extensionsDir);
  const host = await startHost({
    host: installed,
    dataDir: path.join(scratch, 'data'),
    extensionsDir,
    ...(options.trust === undefined ? {} : { trust: options.trust }),
    settings: options.settings ?? {},
    env: {
      AGENT_PORTS: path.join(scratch, 'ports'),
      ...(options.timed ? { AGENT_LISTENERS: '1' } : {}),
      ...gitEnv,
    },
  });
  const browser = await startBrowser();
  let count = 0;

  return {
    async close() {
      await browser.close();
      await host.stop();
      await fs.rm(scratch, { recursive: true, force: true, maxRetries: 5 });
    },

    async window(name, windowOptions, body) {
      const base = path.join(scratch, `w${++count}`);
      const folder = path.join(base, 'shop');
      await fs.mkdir(folder, { recursive: true });
      const withSettings = (given: SampleOptions): SampleOptions => ({
        ...given,
        files: {
          ...given.files,
          ...(windowOptions.settings
            ? { '.vscode/settings.json': JSON.stringify(windowOptions.settings, null, 2) }
            : {}),
        },
      });
      await makeSample(folder, withSettings(windowOptions));
      let target = folder;
      if (windowOptions.more) {
        for (const [other, more] of Object.entries(windowOptions.more)) {
          await fs.mkdir(path.join(base, other), { recursive: true });
          await makeSample(path.join(base, other), more);
        }
        target = path.join(base, 'two.code-workspace');
        const folders = ['shop', ...Object.keys(windowOptions.more)].map((p) => ({ path: p }));
        await fs.writeFile(target, JSON.stringify({ folders }));
      }
      await windowOptions.prepare?.(folder);

      const context = await newContext(browser);
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      page.setDefaultNavigationTimeout(180_000);
      const shot = (file: string): Promise<unknown> => page.screenshot({ path: path.join(shots, `${file}.png`) });
      try {
        await page.goto(workbenchUrl(host, target));
        const wb = new Workbench(page);
        await wb.ready(options.bare);
        const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
        const agent = new Agent(path.join(scratch, 'ports', `${name}.json`));
        await agent.connect();
        const file = (f: string): string => path.join(folder, f);
        await body({
          page,
          wb,
          folder,
          agent,
          host,
          file,
          disk: (f) => fs.readFile(file(f), 'utf8'),
          slowStart: (time) => fs.writeFile(path.join(scratch, 'ports', 'slow'), String(time)),
          killHost: () => void process.kill(agent.pid, 'SIGKILL'),
          state: (f) => until(`${f} is open`, () => agent.do<DocumentState | null>('state', { file: file(f) })),
          async shot(id, readme) {
            await shot(id);
            if (readme !== undefined && process.env['README_SHOTS']) {
              await fs.mkdir(path.join(root, 'media/readme'), { recursive: true });
              await page.screenshot({ path: path.join(root, 'media/readme', `${readme}.png`) });
            }
          },
          async cli(args, input) {
            const child = run(process.execPath, [cli, ...args], { cwd: folder, env: { ...process.env, ...gitEnv } });
            child.child.stdin?.end(input ?? '');
            return child.then(
              ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
              (error: { code?: number; stdout: string; stderr: string }) => ({
                code: error.code ?? -1,
                stdout: error.stdout,
                stderr: error.stderr,
              }),
            );
          },
          git: async (...args) => (await run('git', args, { cwd: folder, env: { ...process.env, ...gitEnv } })).stdout,
        });
      } catch (error) {
        await shot(`FAILED-${name.replace(/\W+/g, '-')}`).catch(() => {});
        throw error;
      } finally {
        await context.close();
      }
    },
  };
}
