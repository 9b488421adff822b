/** Makes the sample repository that `npm start` serves and that the editor tests work in. */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const source = path.resolve(__dirname, '../fixtures/sample');

/** A person with an identity of their own, deaf to this machine's git settings. */
export const gitEnv = {
  GIT_AUTHOR_NAME: 'Ada Sample',
  GIT_AUTHOR_EMAIL: 'ada@example.invalid',
  GIT_COMMITTER_NAME: 'Ada Sample',
  GIT_COMMITTER_EMAIL: 'ada@example.invalid',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
};

/** Runs git in `cwd` and gives its output; throws with git's own words. */
export async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd, env: { ...process.env, ...gitEnv }, maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

export interface SampleOptions {
  /** The sample's own policy (default), another one, or none. */
  readonly policy?: string | null;
  /** Further files, by path. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
}

/** Lays the sample out in `dir` (made, must be empty) as a git repository with one commit. */
export async function makeSample(dir: string, options: SampleOptions = {}): Promise<void> {
  await fs.cp(source, dir, { recursive: true });
  const policy = path.join(dir, 'countersign.yaml');
  if (options.policy === null) await fs.rm(policy);
  else if (options.policy !== undefined) await fs.writeFile(policy, options.policy);
  for (const [name, content] of Object.entries(options.files ?? {})) {
    const file = path.join(dir, name);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, content);
  }
  await git(dir, 'init', '--quiet', '--initial-branch=main');
  await git(dir, 'config', 'user.name', gitEnv.GIT_AUTHOR_NAME);
  await git(dir, 'config', 'user.email', gitEnv.GIT_AUTHOR_EMAIL);
  await git(dir, 'config', 'commit.gpgSign', 'false');
  await git(dir, 'add', '--all');
  await git(dir, 'commit', '--quiet', '--message', 'Open the shop');
}
