/** What users download. Needs `npm run build` (`npm test` does it first). */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { bundles } from '../tools/build.ts';
import { packVsix } from '../tools/package.ts';
import { root } from './sources.ts';
import { zipEntries, type ZipEntry } from './zip.ts';

const run = promisify(execFile);

describe('VSIX', () => {
  let scratch: string;
  let file: string;
  let entries: ZipEntry[];

  before(async () => {
    scratch = await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-vsix-'));
    file = path.join(scratch, 'x.vsix');
    await packVsix(file); // fails on any warning
    entries = zipEntries(file);
  });
  after(() => fs.rm(scratch, { recursive: true, force: true }));

  it('holds what it should and nothing else', () => {
    const expected = [
      /^extension\.vsixmanifest$/,
      /^\[Content_Types\]\.xml$/,
      /^extension\/package\.json$/,
      /^extension\/(readme\.md|changelog\.md|LICENSE\.txt)$/i,
      /^extension\/dist\/[\w./-]+\.wasm$/,
      /^extension\/media\/(icon\.png|policy\.schema\.json|walkthrough\/[\w.-]+)$/,
    ];
    const names = entries.map((e) => e.name).filter((n) => !n.endsWith('/'));
    const known = (n: string): boolean =>
      expected.some((x) => x.test(n)) || Object.keys(bundles).some((b) => n === `extension/dist/${b}.js`);
    assert.deepEqual(
      names.filter((n) => !known(n)),
      [],
    );
    for (const name of Object.keys(bundles)) {
      assert.ok(names.includes(`extension/dist/${name}.js`), `dist/${name}.js is in it`);
    }
    assert.ok(
      names.some((n) => n.endsWith('.wasm')),
      'the grammars are in it',
    );
  });

  it('stays within 6 MB, extension.js within 500 kB', async () => {
    const { size } = await fs.stat(file);
    assert.ok(size <= 6_000_000, `the VSIX has ${size} bytes`);
    const limits: Readonly<Record<string, number>> = { extension: 500_000, cli: 60_000, hook: 250_000, guard: 500_000 };
    for (const [name, limit] of Object.entries(limits)) {
      const found = entries.find((e) => e.name === `extension/dist/${name}.js`);
      assert.ok(found && found.size <= limit, `${name}.js has ${found?.size} bytes, allowed ${limit}`);
    }
  });

  it('carries no source map, test or secret', () => {
    assert.deepEqual(
      entries.filter((e) => /\.(map|ts|test\.js|pem|env)$|node_modules|\.git/.test(e.name)),
      [],
    );
  });
});

describe('bundles', () => {
  const cli = path.join(root, 'dist/cli.js');

  it('the CLI runs alone in an empty directory with an empty environment', async () => {
    const scratch = await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-cli-'));
    try {
      const names = (await fs.readdir(path.join(root, 'dist'))).filter(
        (n) => n.endsWith('.js') && n !== 'extension.js',
      );
      for (const name of names) await fs.copyFile(path.join(root, 'dist', name), path.join(scratch, name));
      const { stdout } = await run(process.execPath, [path.join(scratch, 'cli.js'), '--help'], {
        cwd: scratch,
        env: {},
      });
      assert.match(stdout, /countersign: guardrails/);
    } finally {
      await fs.rm(scratch, { recursive: true, force: true });
    }
  });

  it('says misuse in one line and exits 2', async () => {
    for (const args of [
      ['frobnicate'],
      ['check', '--frobnicate'],
      ['verify'],
      ['hook', 'no-such-agent'],
      ['policy', 'frobnicate'],
    ]) {
      const error = (await run(process.execPath, [cli, ...args], { cwd: os.tmpdir() }).then(
        () => assert.fail(`${args.join(' ')} succeeded`),
        (e: unknown) => e,
      )) as { code: number; stderr: string };
      assert.equal(error.code, 2, `${args.join(' ')}: ${error.stderr}`);
      assert.equal(error.stderr.trimEnd().split('\n').length, 1, error.stderr);
      assert.match(error.stderr, /^countersign/);
    }
  });

  it('the grammars load in a bundle that comes from the code cache, too', async () => {
    const before = 'def f():\n    # one\n    return 1\n';
    const change = JSON.stringify({ id: 1, path: 'a.py', before, after: before.replace('one', 'two') });
    for (let i = 0; i < 2; i++) {
      const child = run(process.execPath, [cli, 'classify', '--jsonl'], { cwd: os.tmpdir() });
      child.child.stdin?.end(`${change}\n`);
      const { stdout } = await child;
      assert.equal((JSON.parse(stdout) as { changeType: string }).changeType, 'comments');
    }
  });

  it('a batch starts without modules of Node that only other commands need', async () => {
    const list = path.join(await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-start-')), 'list.js');
    await fs.writeFile(list, 'process.on("exit", () => console.error(JSON.stringify(process.moduleLoadList)))');
    const child = run(process.execPath, ['--require', list, cli, 'classify', '--jsonl'], { cwd: os.tmpdir() });
    child.child.stdin?.end('');
    const { stderr } = await child;
    const loaded = JSON.parse(stderr) as string[];
    assert.ok(loaded.includes('NativeModule fs'));
    for (const heavy of ['v8', 'net', 'readline', 'child_process', 'crypto', 'internal/fs/promises'])
      assert.ok(!loaded.includes(`NativeModule ${heavy}`), heavy);
    await fs.rm(path.dirname(list), { recursive: true });
  });

  it('a batch says when there is no input to be read, and answers as lines come', async () => {
    const folder = await fs.open(os.tmpdir());
    try {
      const child = spawn(process.execPath, [cli, 'classify', '--jsonl'], { stdio: [folder.fd, 'pipe', 'pipe'] });
      let said = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
      const [code] = (await once(child, 'close')) as [number];
      assert.equal(code, 2);
      assert.match(said, /^countersign classify: standard input is a folder/);
    } finally {
      await folder.close();
    }
    const child = spawn(process.execPath, [cli, 'classify', '--jsonl'], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdout.setEncoding('utf8');
    for (const id of [1, 2, 3]) {
      child.stdin.write(`${JSON.stringify({ id, path: 'a.md', before: null, after: 'text\n' })}\n`);
      const [answer] = (await once(child.stdout, 'data')) as [string];
      assert.equal((JSON.parse(answer) as { id: number }).id, id);
    }
    child.stdin.end();
    assert.deepEqual(await once(child, 'close'), [0, null]);
  });

  it('nothing is imported in bundles that come from the code cache, where only require works', async () => {
    for (const name of ['hook', 'guard', 'gitHook', 'record', 'classify'])
      assert.doesNotMatch(await fs.readFile(path.join(root, `dist/${name}.js`), 'utf8'), /\bimport\(/, name);
  });

  it('activation parses little: what can wait is in deferred.js', async () => {
    const { size } = await fs.stat(path.join(root, 'dist/extension.js'));
    assert.ok(size <= 100_000, `extension.js has ${size} bytes`);
  });

  it('neither the API object nor a module of Node is copied', async () => {
    for (const name of ['extension', 'deferred', 'cli', 'hook', 'guard', 'gitHook', 'record', 'settle']) {
      const text = await fs.readFile(path.join(root, `dist/${name}.js`), 'utf8');
      assert.match(text, /=require\("node:/);
      assert.doesNotMatch(text, /\w(?<!\bnew)\(require\("(?:node:|vscode")/, name);
    }
  });

  it('extension.js needs nothing but vscode, Node and its own bundles', async () => {
    const text = await fs.readFile(path.join(root, 'dist/extension.js'), 'utf8');
    const wanted = new Set([...text.matchAll(/\brequire\("([^"]+)"\)/g)].map((m) => m[1] ?? ''));
    const { builtinModules } = await import('node:module');
    const foreign = [...wanted].filter(
      (w) => w !== 'vscode' && !/^node:|^\.\/\w+\.js$/.test(w) && !builtinModules.includes(w),
    );
    assert.deepEqual(foreign, []);
  });
});
