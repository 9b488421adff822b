/**
 * `npm run test:gitVersions [-- [--list] [SUITE…] [FILE…]]`: the tests of `test/git` once more with other gits, taken from
 * Debian's suites through the machine's own apt configuration. Nothing is installed: packages are unpacked into a cache
 * folder, and their git runs from there.
 *
 * Each git stands on PATH as a small script that tells git where its own parts are. The folder of git's parts, which git
 * puts in front of PATH for its hooks, holds the same script, so that hooks run under the same git.
 */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { nodeTests } from './nodeTests.ts';

const call = promisify(execFile);

/** Oldest first. What a suite holds changes with time; what is tested is printed. */
const suites = ['bullseye', 'bookworm', 'trixie', 'forky', 'sid'] as const;
const packages = ['git', 'libc6', 'libpcre2-8-0', 'zlib1g'] as const;
const tables = ['scenarios', 'variants', 'newerGit', 'install', 'configHooks'].map((n) => `test/git/${n}.test.ts`);
const cache = path.join(os.homedir(), '.cache', 'countersign-git-versions');

interface Git {
  readonly suite: string;
  /** `2.47.3` */
  readonly version: string;
  /** The folder to put in front of PATH. */
  readonly bin: string;
}

/** Why a git cannot be had. */
class NotHere extends Error {}

interface Mirror {
  readonly uri: string;
  readonly architecture: string;
  readonly codename: string;
}

/** Where this machine takes Debian from. */
async function mirror(): Promise<Mirror> {
  let text: string;
  try {
    const format = '$(ORIGIN)\t$(CODENAME)\t$(COMPONENT)\t$(ARCHITECTURE)\t$(REPO_URI)';
    text = (await call('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'])).stdout;
  } catch {
    throw new NotHere('no apt on this machine');
  }
  for (const line of text.split('\n')) {
    const [origin, codename, component, architecture, uri] = line.split('\t');
    if (origin === 'Debian' && component === 'main' && !/-(?:updates|security|backports)$/.test(codename ?? ''))
      return { uri: uri as string, architecture: architecture as string, codename: codename as string };
  }
  throw new NotHere("apt's sources name no Debian here ('apt-get update' first)");
}

const exists = (file: string): Promise<boolean> =>
  fs.access(file).then(
    () => true,
    () => false,
  );

/** Downloads and unpacks packages of one suite, with an apt of its own. */
async function unpack(from: Mirror, suite: string, names: readonly string[], into: string): Promise<void> {
  const work = await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-apt-'));
  try {
    for (const dir of ['etc/apt/apt.conf.d', 'lists/partial', 'archives/partial', 'debs'])
      await fs.mkdir(path.join(work, dir), { recursive: true });
    await fs.writeFile(path.join(work, 'status'), '');
    // Signatures are checked with the keys that apt trusts on this machine.
    const source = `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${from.uri} ${suite} main\n`;
    await fs.writeFile(path.join(work, 'sources.list'), source);
    const options = Object.entries({
      'Dir::Etc::SourceList': path.join(work, 'sources.list'),
      'Dir::Etc::SourceParts': '/dev/null',
      'Dir::State': work,
      'Dir::State::Lists': path.join(work, 'lists'),
      'Dir::State::Status': path.join(work, 'status'),
      'Dir::Cache': work,
      'Dir::Cache::Archives': path.join(work, 'archives'),
      'APT::Architecture': from.architecture,
      'APT::Sandbox::User': '',
      'Acquire::Languages': 'none',
      // A suite that is no longer looked after is as good for this.
      'Acquire::Check-Valid-Until': 'false',
    }).flatMap(([k, v]) => ['-o', `${k}=${v}`]);
    const apt = (...args: string[]) =>
      call('apt-get', [...options, '-q', ...args], { cwd: path.join(work, 'debs'), maxBuffer: 64 * 1024 * 1024 });
    await apt('update', '-o', 'APT::Update::Error-Mode=any');
    await apt('download', ...names);
    for (const deb of await fs.readdir(path.join(work, 'debs')))
      await call('dpkg-deb', ['-x', path.join(work, 'debs', deb), into]);
  } catch (error) {
    const lines = String((error as { stderr?: string }).stderr ?? error).split('\n');
    throw new NotHere(`${suite}: ${(lines.find((l) => l.startsWith('E:')) ?? lines[0] ?? '').slice(0, 200)}`);
  } finally {
    await fs.rm(work, { recursive: true, force: true });
  }
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A git of a suite, from the cache or fetched. @throws NotHere with the reason. */
async function gitOf(suite: string, fresh = false): Promise<Git> {
  const from = await mirror();
  const home = path.join(cache, suite);
  const bin = path.join(home, 'bin');
  if (fresh || !(await exists(path.join(bin, 'git')))) {
    await fs.rm(home, { recursive: true, force: true });
    await fs.mkdir(cache, { recursive: true });
    const partial = await fs.mkdtemp(path.join(cache, 'partial-'));
    try {
      await unpack(from, suite, packages, partial);
      await unpack(from, from.codename, ['patchelf'], path.join(partial, 'tools'));
      await fs.rename(partial, home);
      await ready(home);
    } catch (error) {
      await fs.rm(partial, { recursive: true, force: true });
      await fs.rm(home, { recursive: true, force: true });
      throw error;
    }
  }
  const { stdout } = await call(path.join(bin, 'git'), ['--version']);
  const version = /\d+(?:\.\d+)+/.exec(stdout)?.[0];
  if (version === undefined) throw new NotHere(`${suite}: its git says ${stdout.trim()}`);
  return { suite, version, bin };
}

/** Makes an unpacked git run where it is: with the C library of its own suite, and with its own parts. */
async function ready(home: string): Promise<void> {
  const core = path.join(home, 'usr/lib/git-core');
  const real = path.join(home, 'usr/bin/git');
  const found = await fs.readdir(home, { recursive: true });
  const loader = found.find((f) => /(?:^|\/)lib\/[\w-]+\/ld-linux[\w-]*\.so\.\d$/.test(f));
  if (loader === undefined) throw new NotHere('no dynamic loader in its libc6');
  const libraries = [
    ...new Set(found.filter((f) => /\/(?:libc|libz|libpcre2-8)\.so\.\d+$/.test(f)).map((f) => path.dirname(f))),
  ];
  // Not through the environment: what git starts (sh, node) belongs to this machine.
  await call(path.join(home, 'tools/usr/bin/patchelf'), [
    '--set-interpreter',
    path.join(home, loader),
    '--force-rpath',
    '--set-rpath',
    libraries.map((d) => path.join(home, d)).join(':'),
    real,
  ]);
  const script = `#!/bin/sh
name=\${0##*/}
export GIT_EXEC_PATH=${quote(core)} GIT_TEMPLATE_DIR=${quote(path.join(home, 'usr/share/git-core/templates'))} GITPERLLIB=${quote(path.join(home, 'usr/share/perl5'))}
case $name in git-*) exec ${quote(real)} "\${name#git-}" "$@" ;; esac
exec ${quote(real)} "$@"
`;
  await fs.mkdir(path.join(home, 'bin'));
  for (const file of [path.join(core, 'git'), path.join(home, 'bin/git')]) {
    await fs.rm(file, { force: true });
    await fs.writeFile(file, script, { mode: 0o755 });
  }
  for (const name of ['git-upload-pack', 'git-receive-pack', 'git-upload-archive'])
    await fs.symlink('git', path.join(home, 'bin', name));
}

async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const options = words.filter((w) => w.startsWith('--'));
  const files = words.filter((w) => w.endsWith('.ts'));
  const asked = words.filter((w) => !w.startsWith('--') && !w.endsWith('.ts'));
  const wanted = asked.length > 0 ? asked : suites;
  const gits: Git[] = [];
  for (const suite of wanted)
    try {
      const git = await gitOf(suite, options.includes('--fresh'));
      if (gits.some((g) => g.version === git.version)) console.log(`  skip ${suite}: ${git.version} once more`);
      else gits.push(git);
    } catch (error) {
      if (!(error instanceof NotHere)) throw error;
      console.log(`  skip ${suite}: not to be had here: ${error.message}`);
    }
  if (options.includes('--list')) {
    for (const git of gits) console.log(`  ${git.version.padEnd(10)} ${git.suite.padEnd(14)} ${git.bin}`);
    return gits.length > 0 ? 0 : 1;
  }
  const present = [];
  for (const file of files.length > 0 ? files : tables) if (await exists(file)) present.push(file);
  let failed = 0;
  const summary: string[] = [];
  for (const git of gits) {
    console.log(`\n== git ${git.version} (${git.suite})`);
    process.env['PATH'] = `${git.bin}${path.delimiter}${machinePath}`;
    const counts = await nodeTests(present, 2);
    failed += counts.failed;
    summary.push(
      `git ${git.version}: ${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`,
    );
  }
  console.log(`\n${summary.join('\n')}`);
  return failed === 0 && gits.length > 0 ? 0 : 1;
}

const machinePath = process.env['PATH'] ?? '';

if (require.main === module)
  main().then(
    (code) => void (process.exitCode = code),
    (error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
