/**
 * What a git hook can find out about the commit that git is about to make: its parent, its tree, which earlier commit
 * it re-creates, the message's rules. Facts and measurements: docs/trailers.md.
 */
import * as fs from 'node:fs';
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
  /** E-mail address. */
  readonly committer: string;
  /** When it was committed, in seconds since 1970; 0 where the commit does not say. */
  readonly committed: number;
}

export interface CommitInMaking {
  /** What the commit's content is compared with; `null`: the empty tree. */
  readonly parent: string | null;
  /** The other parents of a merge. */
  readonly mergedParents: readonly string[];
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
  let committer = '';
  let committed = 0;
  for (const line of header.split('\n')) {
    if (line.startsWith('tree ')) tree = line.slice(5);
    else if (line.startsWith('parent ')) parents.push(line.slice(7));
    else if (line.startsWith('author ')) author = /<([^<>]*)>[^>]*$/.exec(line)?.[1] ?? '';
    else if (line.startsWith('committer ')) {
      committer = /<([^<>]*)>[^>]*$/.exec(line)?.[1] ?? '';
      committed = Number(/> (\d{1,12}) [+-]\d+$/.exec(line)?.[1] ?? 0);
    }
  }
  return { id, tree, parents, message: end < 0 ? '' : raw.slice(end + 2), author, committer, committed };
}

/**
 * The commit that a running hook belongs to. `source`, `sha`: arguments of prepare-commit-msg; `hook`: the process that
 * runs it; `hasHead`: whether HEAD is known to be there, which saves asking git in the plain case; `aliases`: git's own.
 */
export async function commitInMaking(
  repo: Repository,
  env: NodeJS.ProcessEnv,
  asked: {
    readonly source: string;
    readonly sha: string;
    readonly hook: number;
    readonly hasHead: boolean;
    readonly aliases: ReadonlyMap<string, string>;
  },
): Promise<CommitInMaking> {
  const { source, sha, hasHead } = asked;
  const read = (name: string): string => {
    try {
      return fs.readFileSync(path.join(repo.gitDir, name), 'utf8').trim();
    } catch {
      return '';
    }
  };
  const mergeHead = read('MERGE_HEAD');
  const pickHead = read('CHERRY_PICK_HEAD') || stoppedPick(read);
  const amends = await isAmending(asked.hook, asked.aliases);
  if (hasHead && amends === false && mergeHead === '' && pickHead === '')
    return { parent: 'HEAD', mergedParents: [], prior: [], isAmend: false };
  const found = await readCommits(repo.root, ['HEAD', ...(pickHead === '' ? [] : [pickHead])], env);
  // Those that are not there are left out, and HEAD may not be.
  const headId = found.length > 0 && (pickHead === '' || found.length === 2 || found[0]?.id !== pickHead);
  const head = headId ? found[0] : undefined;
  const pick = pickHead === '' ? undefined : found.find((c) => c.id === pickHead);
  if (!head) return { parent: null, mergedParents: [], prior: [], isAmend: false };
  // `amends` knows only of `git commit`; a rebase amends by itself for fixups, and after `edit` on --continue.
  const isAmend =
    amends === true ||
    (amends === undefined &&
      (read('rebase-merge/current-fixups') !== '' ||
        (read('rebase-merge/amend') === head.id && source !== 'merge') ||
        // Where processes cannot be looked at: git passes `commit HEAD` for amend, and nothing to commit is an amend.
        (source === 'commit' && sha === 'HEAD') ||
        (pickHead === '' && mergeHead === '' && head.tree === (await writeTree(repo.root, env)))));
  if (isAmend)
    return {
      parent: head.parents[0] ?? null,
      mergedParents: head.parents.slice(1),
      prior: pick ? [head, pick] : [head],
      isAmend,
    };
  return {
    parent: head.id,
    mergedParents: mergeHead === '' ? [] : mergeHead.split('\n'),
    prior: pick ? [pick] : [],
    isAmend: false,
  };
}

/**
 * The commit that a rebase stopped at for a conflict, which whoever solves it makes again. Git leaves REBASE_HEAD behind
 * when it goes on: it counts while it is the last thing that the rebase has taken up. Where it stopped to let a person
 * edit, several commits may come of it.
 */
function stoppedPick(read: (name: string) => string): string {
  const id = read('REBASE_HEAD');
  if (id === '') return '';
  const [command, picked = ''] = read('rebase-merge/done').split('\n').at(-1)?.split(' ') ?? [];
  return /^(?:p|pick|r|reword|f|fixup|s|squash)$/.test(command ?? '') &&
    picked !== '-C' &&
    id.startsWith(picked) &&
    picked !== ''
    ? id
    : '';
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

const noAliases: ReadonlyMap<string, string> = new Map();

/** Whether a `git commit` command line amends; `undefined` for another command. */
export function amendsOnCommandLine(
  argv: readonly string[],
  aliases: ReadonlyMap<string, string> = noAliases,
): boolean | undefined {
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
    // Git expands an alias in the same process. An alias of an alias is one, too; a shell's starts another git.
    for (let depth = 0; argv[i] !== 'commit'; depth++) {
      const alias = aliases.get((argv[i] ?? '').toLowerCase());
      if (alias === undefined || alias.startsWith('!') || depth > 10) return undefined;
      const words = aliasWords(alias);
      while (words[0]?.startsWith('-')) words.splice(0, words[0] === '-c' || words[0] === '-C' ? 2 : 1);
      argv = [...argv.slice(0, i), ...words, ...argv.slice(i + 1)];
    }
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

/** Words of an alias as git splits them: blanks, quotes, backslashes. */
function aliasWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quote === '' && /\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (quote === '' ? c === "'" || c === '"' : c === quote) {
      quote = quote === '' ? c : '';
      word ??= '';
    } else {
      const escaped = c === '\\' && quote !== "'";
      word = (word ?? '') + (escaped ? (text[++i] ?? '') : c);
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** Looks at the hook's process and those above for the `git commit` that runs it; `undefined` when there is none to see. */
async function isAmending(hook: number, aliases: ReadonlyMap<string, string>): Promise<boolean | undefined> {
  let pid = hook;
  for (let depth = 0; depth < 8 && pid > 1; depth++) {
    const found = await processInfo(pid);
    if (!found) return undefined;
    const amends = amendsOnCommandLine(found.argv, aliases);
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
      const cmdline = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return { argv: cmdline.replace(/\0$/, '').split('\0'), parent };
    } catch {
      return undefined;
    }
  }
  if (process.platform === 'win32') return undefined;
  const { execFile } = require('node:child_process') as typeof import('node:child_process');
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
  /** `alias.<name>`, lower case. */
  readonly aliases: ReadonlyMap<string, string>;
}

export async function messageConfig(repo: Repository, env: NodeJS.ProcessEnv): Promise<MessageConfig> {
  const result = await git(['config', '--list', '-z'], { cwd: repo.root, env });
  return readConfig(result.code === 0 ? result.stdout : Buffer.alloc(0), env);
}

/** From what `git config --list -z` printed. */
export function readConfig(list: Buffer, env: NodeJS.ProcessEnv): MessageConfig {
  let commentChar = '#';
  let cleanup = 'default';
  let email = '';
  const knownKeys: string[] = [];
  const aliases = new Map<string, string>();
  for (const entry of list.toString('utf8').split('\0')) {
    const at = entry.indexOf('\n');
    const name = at < 0 ? entry : entry.slice(0, at);
    const value = at < 0 ? '' : entry.slice(at + 1);
    if (name === 'core.commentchar' || name === 'core.commentstring') commentChar = value;
    else if (name === 'commit.cleanup') cleanup = value;
    else if (name === 'user.email') email = value;
    else if (name.startsWith('alias.')) aliases.set(name.slice(6), value);
    else if (name.startsWith('trailer.') && name.lastIndexOf('.') > 8) {
      knownKeys.push(name.slice(8, name.lastIndexOf('.')));
      if (name.endsWith('.key')) knownKeys.push(value.replace(/[:= ]+$/, ''));
    }
  }
  return { commentChar, cleanup, knownKeys, email: env['GIT_AUTHOR_EMAIL'] ?? email, aliases };
}

/** `core.commentChar=auto` as git decided it for this message. */
export function commentCharOf(message: string, configured: string): string {
  if (configured !== 'auto') return configured === '' ? '#' : configured;
  const line = message
    .split('\n')
    .find((l) => / (?:-{10,} >8 -{10,}|Please enter the commit message)/.test(l.slice(1, 60)));
  return line?.[0] ?? '#';
}
