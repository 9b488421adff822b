/**
 * Git's own way to have several hooks for one event, from git 2.54 on: `hook.NAME.event` and `hook.NAME.command` in the
 * configuration. Such hooks run before the one of the hooks folder, and no manager of that folder takes them away. Our
 * entries stand in one block at the end of the repository's configuration, which is added and taken out as text, so that
 * every other byte stays.
 */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { git } from './git.ts';
import { GuardError } from './guardError.ts';
import { sharedDir, type Repository } from './state.ts';

/** The first git that runs hooks from its configuration. */
export const firstWithConfigHooks = '2.54';

export function runsConfigHooks(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 54);
}

const versionIn = (text: string): string => /^git version (\d+(?:\.\d+)*)/.exec(text)?.[1] ?? '0';

/** The version of the git that we call. */
export async function gitVersion(cwd: string): Promise<string> {
  return versionIn((await git(['--version'], { cwd })).stdout.toString('utf8'));
}

/** Gits on PATH that ignore hooks in the configuration: whoever commits with one of them gets no record. */
export async function gitsWithoutConfigHooks(
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ readonly path: string; readonly version: string }[]> {
  const found = new Map<string, string>();
  for (const folder of (env['PATH'] ?? '').split(path.delimiter)) {
    if (!path.isAbsolute(folder)) continue;
    const file = path.join(folder, process.platform === 'win32' ? 'git.exe' : 'git');
    const real = await fs.realpath(file).catch(() => undefined);
    if (real === undefined || found.has(real)) continue;
    const text = await new Promise<string>((resolve) => {
      execFile(file, ['--version'], { timeout: 5000 }, (error, out) => resolve(error ? '' : out));
    });
    // What does not answer like git is none.
    if (text.startsWith('git version ')) found.set(real, versionIn(text));
  }
  return [...found].filter(([, version]) => !runsConfigHooks(version)).map(([p, version]) => ({ path: p, version }));
}

export const configFile = (repo: Repository): string => path.join(repo.commonDir, 'config');
/** Where the scripts are that the entries call. */
export const configHookScript = (repo: Repository, name: string): string =>
  path.join(sharedDir(repo), 'git-hooks', name);

const begin =
  "# countersign git hooks 1: made by 'countersign install --git'; 'countersign uninstall --git' takes them away";
/** The text before had no newline at its end. */
const glued = ' (with the line break before)';
const end = '# countersign git hooks 1: end';

export const configHookName = (name: string): string => `countersign-${name}`;

/**
 * The entries. The script is looked for where the repository is now: it may be moved, and a script that is gone must not
 * stop every commit. `exec`, so that the script's parent is git.
 */
export function configBlock(names: readonly string[]): string {
  const folder = 'countersign/git-hooks';
  const entries = names.map((name) => {
    const command =
      `d=\${GIT_DIR:-.git}/${folder}; [ -d "$d" ] || d=$(git rev-parse --git-common-dir)/${folder}; ` +
      `[ ! -x "$d/${name}" ] || exec "$d/${name}"`;
    return `[hook "${configHookName(name)}"]\n\tevent = ${name}\n\tcommand = "${command.replaceAll('"', '\\"')}"\n`;
  });
  return `${begin}\n${entries.join('')}${end}\n`;
}

export const hasConfigBlock = (text: string): boolean =>
  text.split('\n').some((line) => isBegin(line) || isOurSection(line));

const isBegin = (line: string): boolean => line === begin || line === begin + glued;
const isSection = (line: string): boolean => line.trimStart().startsWith('[');
const isOurSection = (line: string): boolean => line.trimStart().startsWith('[hook "countersign-');

/** The configuration with our block at its end instead of the one that was there; '' takes it out. */
export function withConfigBlock(text: string, block: string): string {
  const rest = withoutBlock(text);
  if (block === '') return rest;
  const [first = '', ...more] = block.split('\n');
  return rest === '' || rest.endsWith('\n') ? rest + block : `${rest}\n${[first + glued, ...more].join('\n')}`;
}

function withoutBlock(text: string): string {
  const lines = text.split(/(?<=\n)/);
  const bare = lines.map((l) => l.replace(/\r?\n$/, ''));
  const from = bare.findIndex(isBegin);
  const to = bare.indexOf(end, from + 1);
  if (from >= 0 && to > from && !bare.slice(from, to).some((l) => isSection(l) && !isOurSection(l))) {
    let before = lines.slice(0, from).join('');
    if (bare[from] === begin + glued && to === lines.length - 1) before = before.replace(/\r?\n$/, '');
    return withoutBlock(before + lines.slice(to + 1).join(''));
  }
  // Somebody edited it: our sections go, and what stands between them stays.
  let ours = false;
  return lines
    .filter((_, i) => {
      const line = bare[i] as string;
      if (isSection(line)) ours = isOurSection(line);
      return !ours && !isBegin(line) && line !== end;
    })
    .join('');
}

/** Puts a block into the configuration, or takes it out ('' ), under git's own lock. */
export async function editConfig(file: string, block: string): Promise<void> {
  const real = await fs.realpath(file).catch(() => file);
  const lock = `${real}.lock`;
  const handle = await lockFile(lock);
  try {
    const mode = (await fs.stat(real)).mode & 0o777;
    await handle.writeFile(withConfigBlock(await fs.readFile(real, 'latin1'), block), 'latin1');
    await handle.chmod(mode);
    await handle.close();
    await fs.rename(lock, real);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await fs.rm(lock, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function lockFile(lock: string): Promise<fs.FileHandle> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await fs.open(lock, 'wx');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (attempt === 20)
        throw new GuardError('not-writable', `${lock} is there: git is changing the configuration, or died doing so`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

export type ConfigHookState = 'active' | 'missing' | 'ignored' | 'disabled';

/** What git would run of ours; `undefined` when there are no entries of ours. */
export async function inspectConfigHooks(
  repo: Repository,
  names: readonly string[],
): Promise<{ readonly version: string; readonly states: ReadonlyMap<string, ConfigHookState> } | undefined> {
  const text = await fs.readFile(configFile(repo), 'latin1').catch(() => '');
  if (!hasConfigBlock(text)) return undefined;
  const version = await gitVersion(repo.root);
  const states = new Map<string, ConfigHookState>();
  for (const name of names) {
    const script = await fs.access(configHookScript(repo, name), fs.constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!runsConfigHooks(version)) {
      states.set(name, 'ignored');
      continue;
    }
    const listed = (await git(['hook', 'list', name], { cwd: repo.root })).stdout.toString('utf8').split(/\r?\n/);
    const own = listed.find((line) => line.split('\t').at(-1) === configHookName(name));
    states.set(name, own === undefined || !script ? 'missing' : own.includes('\t') ? 'disabled' : 'active');
  }
  return { version, states };
}
