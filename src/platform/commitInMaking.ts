/**
 * What a git hook can find out about the commit that git is about to make: its parent, its tree, which earlier commit
 * it re-creates, the message's rules. Facts and measurements: docs/trailers.md.
 */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { git, gitOutput, writeTree } from './git.ts';
import type { Repository } from './state.ts';

export interface Commit {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  /** As stored, a binary string. */
  readonly message: string;
  /** E-mail address. */
  readonly author: string;
  /** When it was committed, in seconds since 1970; 0 where the commit does not say. */
  readonly committed: number;
}

export interface CommitInMaking {
  /** What the commit's content is compared with; `null`: the empty tree. */
  readonly parent: string | null;
  /** The other parents of a merge. */
  readonly mergedParents: readonly string[];
  readonly tree: string;
  /** Commits whose content this one re-creates: the amended one, the picked one. */
  readonly prior: readonly Commit[];
  readonly isAmend: boolean;
}

/** Reads commits; those that are not there are left out. */
export async function readCommits(cwd: string, revs: readonly string[], env?: NodeJS.ProcessEnv): Promise<Commit[]> {
  if (revs.length === 0) return [];
  const stdout = await gitOutput(['cat-file', '--batch'], {
    cwd,
    input: revs.map((r) => `${r}^{commit}`).join('\n') + '\n',
    ...(env && { env }),
  });
  const commits: Commit[] = [];
  let at = 0;
  while (at < stdout.length) {
    const end = stdout.indexOf(0x0a, at);
    const head = /^([0-9a-f]+) commit (\d+)$/.exec(stdout.toString('latin1', at, end));
    at = end + 1;
    if (!head) continue;
    const size = Number(head[2]);
    commits.push(parseCommit(head[1] as string, stdout.toString('latin1', at, at + size)));
    at += size + 1;
  }
  return commits;
}

/** A raw commit object (binary string). */
export function parseCommit(id: string, raw: string): Commit {
  const end = raw.indexOf('\n\n');
  const header = end < 0 ? raw : raw.slice(0, end);
  const parents: string[] = [];
  let tree = '';
  let author = '';
  let committed = 0;
  for (const line of header.split('\n')) {
    if (line.startsWith('tree ')) tree = line.slice(5);
    else if (line.startsWith('parent ')) parents.push(line.slice(7));
    else if (line.startsWith('author ')) author = /<([^<>]*)>[^>]*$/.exec(line)?.[1] ?? '';
    else if (line.startsWith('committer ')) committed = Number(/> (\d{1,12}) [+-]\d+$/.exec(line)?.[1] ?? 0);
  }
  return { id, tree, parents, message: end < 0 ? '' : raw.slice(end + 2), author, committed };
}

/** The commit that the running hook belongs to. `source`, `sha`: arguments of prepare-commit-msg. */
export async function commitInMaking(
  repo: Repository,
  env: NodeJS.ProcessEnv,
  source: string,
  sha: string,
): Promise<CommitInMaking> {
  const read = (name: string): Promise<string> =>
    fs.readFile(path.join(repo.gitDir, name), 'utf8').then(
      (t) => t.trim(),
      () => '',
    );
  const [tree, mergeHead, pickHead, fixups, rebaseAmend, amends] = await Promise.all([
    writeTree(repo.root, env),
    read('MERGE_HEAD'),
    read('CHERRY_PICK_HEAD'),
    read('rebase-merge/current-fixups'),
    read('rebase-merge/amend'),
    isAmending(),
  ]);
  const [head, pick] = await Promise.all([
    readCommits(repo.root, ['HEAD'], env).then((c) => c[0]),
    pickHead === '' ? undefined : readCommits(repo.root, [pickHead], env).then((c) => c[0]),
  ]);
  if (!head) return { parent: null, mergedParents: [], tree, prior: [], isAmend: false };
  // `amends` knows only of `git commit`; a rebase amends by itself for fixups, and after `edit` on --continue.
  const isAmend =
    amends === true ||
    (amends === undefined &&
      (fixups !== '' ||
        (rebaseAmend === head.id && source !== 'merge') ||
        // Where processes cannot be looked at: git passes `commit HEAD` for amend, and nothing to commit is an amend.
        (source === 'commit' && sha === 'HEAD') ||
        (pickHead === '' && mergeHead === '' && head.tree === tree)));
  if (isAmend)
    return {
      parent: head.parents[0] ?? null,
      mergedParents: head.parents.slice(1),
      tree,
      prior: pick ? [head, pick] : [head],
      isAmend,
    };
  return {
    parent: head.id,
    mergedParents: mergeHead === '' ? [] : mergeHead.split('\n'),
    tree,
    prior: pick ? [pick] : [],
    isAmend: false,
  };
}

const optionsWithValue: ReadonlySet<string> = new Set([
  '--message',
  '--file',
  '--author',
  '--date',
  '--template',
  '--cleanup',
  '--fixup',
  '--squash',
  '--reuse-message',
  '--reedit-message',
  '--trailer',
  '--pathspec-from-file',
]);

/** Whether a `git commit` command line amends; `undefined` for another command. */
export function amendsOnCommandLine(argv: readonly string[]): boolean | undefined {
  const program = (argv[0] ?? '').replaceAll('\\', '/').split('/').at(-1) ?? '';
  if (!/^git(?:-commit)?(?:\.exe)?$/i.test(program)) return undefined;
  let i = 1;
  if (!program.startsWith('git-commit')) {
    for (; i < argv.length; i++) {
      const word = argv[i] as string;
      if (word === '-c' || word === '-C' || word === '--git-dir' || word === '--work-tree' || word === '--namespace')
        i++;
      else if (!word.startsWith('-')) break;
    }
    if (argv[i] !== 'commit') return undefined;
    i++;
  }
  for (; i < argv.length; i++) {
    const word = argv[i] as string;
    if (word === '--') return false;
    if (/^--am(?:e(?:n(?:d)?)?)?$/.test(word)) return true;
    if (optionsWithValue.has(word)) i++;
    else if (/^-[A-Za-z]/.test(word)) {
      const at = word.slice(1).search(/[mFcCt]/);
      if (at >= 0 && at === word.length - 2) i++;
    }
  }
  return false;
}

/** Looks at the processes above us for the `git commit` that runs the hook; `undefined` when there is none to see. */
async function isAmending(): Promise<boolean | undefined> {
  let pid = process.ppid;
  for (let depth = 0; depth < 8 && pid > 1; depth++) {
    const found = await processInfo(pid);
    if (!found) return undefined;
    const amends = amendsOnCommandLine(found.argv);
    if (amends !== undefined) return amends;
    // The first git above us is the one; beyond it are the user's own programs.
    if (/(?:^|[\\/])git(?:\.exe)?$/i.test(found.argv[0] ?? '')) return undefined;
    pid = found.parent;
  }
  return undefined;
}

async function processInfo(pid: number): Promise<{ argv: string[]; parent: number } | undefined> {
  if (process.platform === 'linux') {
    try {
      const [cmdline, stat] = await Promise.all([
        fs.readFile(`/proc/${pid}/cmdline`, 'utf8'),
        fs.readFile(`/proc/${pid}/stat`, 'utf8'),
      ]);
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return { argv: cmdline.replace(/\0$/, '').split('\0'), parent };
    } catch {
      return undefined;
    }
  }
  if (process.platform === 'win32') return undefined;
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'ppid=,args=', '-p', String(pid)], { timeout: 2000 }, (error, stdout) => {
      const match = /^\s*(\d+)\s+(.*)$/s.exec(stdout);
      // `ps` does not keep arguments apart; a message that says "--amend" would fool us, so its value is not looked at.
      if (error || !match) resolve(undefined);
      else resolve({ parent: Number(match[1]), argv: (match[2] as string).trim().split(/\s+/) });
    });
  });
}

/** Configuration that decides how a message is read and written. */
export interface MessageConfig {
  readonly commentChar: string;
  readonly cleanup: string;
  readonly knownKeys: readonly string[];
  readonly email: string;
}

export async function messageConfig(repo: Repository, env: NodeJS.ProcessEnv): Promise<MessageConfig> {
  const result = await git(['config', '--list', '-z'], { cwd: repo.root, env });
  let commentChar = '#';
  let cleanup = 'default';
  let email = '';
  const knownKeys: string[] = [];
  for (const entry of result.code === 0 ? result.stdout.toString('utf8').split('\0') : []) {
    const at = entry.indexOf('\n');
    const name = at < 0 ? entry : entry.slice(0, at);
    const value = at < 0 ? '' : entry.slice(at + 1);
    if (name === 'core.commentchar' || name === 'core.commentstring') commentChar = value;
    else if (name === 'commit.cleanup') cleanup = value;
    else if (name === 'user.email') email = value;
    else if (name.startsWith('trailer.') && name.lastIndexOf('.') > 8) {
      knownKeys.push(name.slice(8, name.lastIndexOf('.')));
      if (name.endsWith('.key')) knownKeys.push(value.replace(/[:= ]+$/, ''));
    }
  }
  return { commentChar, cleanup, knownKeys, email: env['GIT_AUTHOR_EMAIL'] ?? email };
}

/** `core.commentChar=auto` as git decided it for this message. */
export function commentCharOf(message: string, configured: string): string {
  if (configured !== 'auto') return configured === '' ? '#' : configured;
  const line = message
    .split('\n')
    .find((l) => / (?:-{10,} >8 -{10,}|Please enter the commit message)/.test(l.slice(1, 60)));
  return line?.[0] ?? '#';
}
