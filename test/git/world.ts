/** A throw-away repository with our real hooks in it, and the people and agents who edit its files. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { build } from 'esbuild';
import { settleCommit } from '../../src/cli/settle.ts';
import type { Justification } from '../../src/core/justification.ts';
import { canonicalNote } from '../../src/core/justification.ts';
import type { LineOrigin } from '../../src/core/model.ts';
import type { FoundRecord } from '../../src/core/provenance/trailers.ts';
import { findRecords } from '../../src/core/provenance/trailers.ts';
import { openAttribution } from '../../src/platform/attribution.ts';
import { generateKeys, signText } from '../../src/platform/crypto.ts';
import { findRepository } from '../../src/platform/git.ts';
import { addKey } from '../../src/platform/keys.ts';
import { appendNote, coverageOf } from '../../src/platform/notes.ts';
import type { Repository } from '../../src/platform/state.ts';

const root = path.join(import.meta.dirname, '../..');

/** The CLI as it ships, built once per test process. */
let built: Promise<string> | undefined;
export function buildCli(): Promise<string> {
  built ??= (async () => {
    const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-cli-'));
    const src = (name: string): string =>
      path.join(root, 'src/cli', ['hook', 'guard', 'gitHook'].includes(name) ? 'commands' : '', `${name}.ts`);
    await build({
      entryPoints: ['main', 'hook', 'guard', 'gitHook', 'full', 'record', 'settle'].map((n) => ({
        in: src(n),
        out: n === 'main' ? 'cli' : n,
      })),
      bundle: true,
      outdir: dir,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      alias: { 'jsonc-parser': path.join(root, 'node_modules/jsonc-parser/lib/esm/main.js') },
      external: ['vscode', ...['guard', 'full', 'record', 'settle', 'server'].map((n) => `*/${n}.js`)],
      logLevel: 'error',
    });
    // Grammars are found in node_modules from there.
    await fs.symlink(path.join(root, 'node_modules'), path.join(dir, 'node_modules'));
    process.on('exit', () => void fs.rm(dir, { recursive: true, force: true }));
    return path.join(dir, 'cli.js');
  })();
  return built;
}

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export function run(
  program: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; input?: string },
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: 'pipe',
      detached: true,
      timeout: 180_000,
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('latin1').on('data', (d: string) => (out += d));
    child.stderr.setEncoding('utf8').on('data', (d: string) => (err += d));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, out, err }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

export const defaultTestPolicy = `version: 1
protected:
  - name: production infrastructure
    paths: ["infra/**"]
    ai: justify
    human: justify
    tier: critical
    justification: { minLength: 10, ticket: "OPS-[0-9]+" }
commit: { trailers: record }
`;

export interface Expected {
  readonly ai?: string;
  readonly unk?: number;
  readonly mod?: number;
  readonly del?: string;
  readonly agents?: readonly string[];
  readonly conf?: string;
  readonly subject?: string;
  /** Trailers (`key: value`) that git must parse besides ours. */
  readonly trailers?: readonly string[];
}

export class World {
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cli: string;
  repo!: Repository;
  /** How git is started; random work, which does little else, has its own way. */
  start = run;
  #keys = generateKeys();

  private constructor(dir: string, home: string, cli: string) {
    this.dir = dir;
    this.cli = cli;
    this.env = {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      GIT_CONFIG_NOSYSTEM: '1',
      XDG_CONFIG_HOME: path.join(home, '.config'),
      LC_ALL: 'C.UTF-8',
    };
  }

  static async make(
    options: { policy?: string | null; hooks?: boolean; init?: readonly string[]; in?: string; config?: string } = {},
  ): Promise<World> {
    const cli = await buildCli();
    const base = await fs.realpath(await fs.mkdtemp(path.join(options.in ?? os.tmpdir(), 'countersign-git-')));
    const dir = path.join(base, 'repo');
    const home = path.join(base, 'home');
    await fs.mkdir(dir);
    await fs.mkdir(home);
    const w = new World(dir, home, cli);
    await fs.writeFile(
      path.join(home, '.gitconfig'),
      '[user]\n\tname = Person\n\temail = person@example.com\n[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n[protocol "file"]\n\tallow = always\n[core]\n\teditor = false\n' +
        (options.config ?? ''),
    );
    await w.git('init', '-q', ...(options.init ?? []));
    const policy = options.policy === undefined ? defaultTestPolicy : options.policy;
    if (policy !== null) {
      await w.write('countersign.yaml', policy);
      await w.git('add', 'countersign.yaml');
      await w.git('commit', '-q', '-m', 'policy');
    }
    w.repo = (await findRepository(dir)) as Repository;
    if (options.hooks !== false) assert.equal((await w.countersign('install', '--git')).code, 0);
    return w;
  }

  /** The same repository and home again, elsewhere. */
  async copyTo(dir: string): Promise<World> {
    await fs.cp(this.dir, dir, { recursive: true });
    return this.at(dir);
  }

  /** Another repository of the same person; `repo` spares asking git. */
  async at(dir: string, repo?: Repository): Promise<World> {
    const w = new World(dir, this.env['HOME'] as string, this.cli);
    w.repo = repo ?? ((await findRepository(dir)) as Repository);
    w.start = this.start;
    return w;
  }

  async remove(): Promise<void> {
    // A hook may still be settling in the background.
    await fs.rm(path.dirname(this.dir), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  /** Git, which must succeed. */
  async git(...args: string[]): Promise<string> {
    const result = await this.tryGit(args);
    assert.equal(result.code, 0, `git ${args.join(' ')}: ${result.err}`);
    return result.out;
  }

  tryGit(
    args: readonly string[],
    options: { env?: NodeJS.ProcessEnv; cwd?: string; input?: string } = {},
  ): Promise<Run> {
    return this.start('git', args, {
      cwd: options.cwd ?? this.dir,
      env: { ...this.env, ...options.env },
      ...(options.input !== undefined && { input: options.input }),
    });
  }

  /** Git with an editor that runs a shell script over the message; `$1` is the file. */
  edit(script: string, ...args: string[]): Promise<Run> {
    return this.tryGit(args, { env: { GIT_EDITOR: `sh -c '${script.replaceAll("'", "'\\''")}' -` } });
  }

  countersign(...args: string[]): Promise<Run> {
    return run(process.execPath, [this.cli, ...args], { cwd: this.dir, env: this.env });
  }

  /**
   * The CLI as somebody whom permissions bind. Root has to give up the right to pass over them, else the test would test
   * nothing in a container.
   */
  countersignBound(...args: string[]): Promise<Run> {
    const all = [process.execPath, this.cli, ...args];
    const bound = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', ...all] : all;
    return run(bound[0] as string, bound.slice(1), { cwd: this.dir, env: this.env });
  }

  path(file: string): string {
    return path.join(this.dir, file);
  }

  async read(file: string): Promise<string> {
    return fs.readFile(this.path(file), 'utf8').catch(() => '');
  }

  /** An outside edit: nobody saw it. */
  async write(file: string, text: string): Promise<void> {
    await fs.mkdir(path.dirname(this.path(file)), { recursive: true });
    await fs.writeFile(this.path(file), text);
  }

  ai(file: string, text: string, agent = 'claude-code', model = 'claude-test-1'): Promise<void> {
    return this.#step(file, text, { origin: 'ai', evidence: 'hook', agent, model });
  }

  human(file: string, text: string): Promise<void> {
    return this.#step(file, text, { origin: 'human', evidence: 'editor' });
  }

  async #step(file: string, text: string, origin: LineOrigin): Promise<void> {
    const before = await fs.readFile(this.path(file), 'utf8').catch(() => null);
    await this.write(file, text);
    await openAttribution(this.repo).record({ path: file, before, after: text, origin });
  }

  /** Appends lines. */
  async append(who: 'ai' | 'human' | 'write', file: string, ...lines: string[]): Promise<void> {
    await this[who](file, (await this.read(file)) + lines.map((l) => `${l}\n`).join(''));
  }

  /** Waits for what the post-commit hook does in the background. */
  async settle(): Promise<void> {
    await settleCommit(this.repo, 'HEAD', undefined);
  }

  async commit(message: string, ...args: string[]): Promise<void> {
    await this.git('commit', '-q', '-m', message, ...args);
    await this.settle();
  }

  /** A signed note for files as they are on disk now. */
  async justify(
    text: string,
    files: readonly string[],
    change: (note: Justification) => Justification = (n) => n,
  ): Promise<void> {
    await addKey(this.repo, { publicKey: this.#keys.publicKey });
    const now = Date.now();
    const note: Justification = {
      version: 1,
      id: `note-${now}-${Math.random()}`,
      text,
      by: 'person@example.com',
      at: new Date(now).toISOString(),
      expires: new Date(now + 3600_000).toISOString(),
      tier: 'critical',
      policy: 'p1:0000000000000000',
      covers: await Promise.all(files.map(async (f) => coverageOf(this.repo, f, await this.read(f), 0))),
      via: 'editor',
    };
    const signed = { ...note, key: this.#keys.id, sig: signText(this.#keys.privateKey, canonicalNote(note)) };
    await appendNote(this.repo, change(signed));
  }

  message(rev = 'HEAD'): Promise<string> {
    return this.git('log', '-1', '--format=%B', rev);
  }

  /** Trailers as git parses them. */
  async trailers(rev = 'HEAD'): Promise<string[]> {
    return (await this.git('log', '-1', '--format=%(trailers:only,unfold)', rev)).split('\n').filter((l) => l !== '');
  }

  async record(rev = 'HEAD'): Promise<FoundRecord> {
    const { records } = findRecords(await this.message(rev));
    const own = records.filter((r) => !r.quoted);
    assert.equal(own.length, 1, `one record in ${rev}: ${await this.message(rev)}`);
    return own[0] as FoundRecord;
  }

  /** What every scenario asks of a commit: one record that git parses, true to the content, and what is expected. */
  async expect(rev: string, expected: Expected): Promise<void> {
    const found = await this.record(rev);
    const { provenance: p } = found;
    const label = `${rev}: ${await this.message(rev)}`;
    const parsed = await this.trailers(rev);
    assert.equal(
      parsed.filter((t) => t.startsWith('AI-Provenance: v1 ')).length,
      1,
      `git parses the record of ${label}`,
    );
    const numstat = (
      await this.git(
        'show',
        '-m',
        '--first-parent',
        '--format=',
        '--numstat',
        '--no-renames',
        '--text',
        '--no-ext-diff',
        '--no-textconv',
        rev,
      )
    )
      .trim()
      .split('\n')
      .filter((l) => l !== '');
    if (p.patch !== '-') {
      assert.equal(
        p.added,
        numstat.reduce((n, l) => n + Number(l.split('\t')[0]), 0),
        `added lines of ${label}`,
      );
      assert.equal(
        p.deleted,
        numstat.reduce((n, l) => n + Number(l.split('\t')[1]), 0),
        `deleted lines of ${label}`,
      );
      assert.equal(p.files, numstat.length, `files of ${label}`);
    }
    const parents = (await this.git('rev-list', '--parents', '-n1', rev)).trim().split(' ').slice(1);
    const verified = await this.countersign(
      'verify',
      parents.length > 0 ? `${parents[0]}..${rev}` : rev,
      '--policy-ref',
      'HEAD',
      '--allow-policy-edit',
      '--format',
      'json',
    );
    const problems = (
      JSON.parse(verified.out) as { problems: { rule: string; level: string; commit: string; message: string }[] }
    ).problems;
    const id = (await this.git('rev-parse', rev)).trim();
    assert.deepEqual(
      problems.filter((x) => x.commit === id && !['policy-other', 'policy-edited'].includes(x.rule)),
      [],
      `verify of ${label}`,
    );
    if (expected.ai !== undefined) assert.equal(`${p.ai}/${p.added}`, expected.ai, `ai= of ${label}`);
    if (expected.unk !== undefined) assert.equal(p.unk, expected.unk, `unk= of ${label}`);
    if (expected.mod !== undefined) assert.equal(p.mod, expected.mod, `mod= of ${label}`);
    if (expected.del !== undefined) assert.equal(`${p.aiDeleted}/${p.deleted}`, expected.del, `del= of ${label}`);
    if (expected.conf !== undefined) assert.equal(p.conf, expected.conf, `conf= of ${label}`);
    if (expected.agents !== undefined)
      assert.deepEqual(
        found.assistedBy.map((a) => `${a.name}:${a.model}`),
        expected.agents,
        `agents of ${label}`,
      );
    if (expected.subject !== undefined)
      assert.equal((await this.git('log', '-1', '--format=%s', rev)).trim(), expected.subject);
    for (const t of expected.trailers ?? []) assert.ok(parsed.includes(t), `${t} is parsed in ${label}`);
  }
}

/** A repository for as long as `use` takes. */
export async function withWorld(
  options: Parameters<typeof World.make>[0],
  use: (w: World) => Promise<void>,
): Promise<void> {
  const w = await World.make(options);
  try {
    await use(w);
  } finally {
    await w.remove();
  }
}
