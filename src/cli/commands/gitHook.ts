/**
 * `countersign git-hook NAME …`: what the installed hooks call. Fails open with a warning, unless the policy says
 * `commit.trailers: required`, then closed with the fix in one line.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ReadStream } from 'node:tty';
import { oneLine } from '../../core/plainText.ts';
import { removeRecords } from '../../core/provenance/trailers.ts';
import type { Refusal } from '../../core/provenance/compose.ts';
import { findRepository, hookEnvironment } from '../../platform/git.ts';
import type { Feed } from '../record.ts';
import type { Repository } from '../../platform/state.ts';
import { keepCode, requireCached } from '../codeCache.ts';
import { UsageError, type Command, type Io } from '../command.ts';
import { commitHead, configHead, readFeed } from '../hookFeed.ts';

// Sibling bundles, loaded when there is something to do: the record brings the risk engine along.
let recordModule: typeof import('../record.ts') | undefined;
const loadRecord = (): typeof import('../record.ts') =>
  (recordModule ??= requireCached('record.js') as typeof import('../record.ts'));
const loadSettle = (): typeof import('../settle.ts') => requireCached('settle.js') as typeof import('../settle.ts');

export const gitHook: Command = {
  name: 'git-hook',
  summary: 'called by the installed git hooks',
  usage: `usage: countersign git-hook prepare-commit-msg FILE [SOURCE [COMMIT]]
       countersign git-hook commit-msg FILE
       countersign git-hook post-commit [COMMIT]
       countersign git-hook post-rewrite amend|rebase

Called by git through the hooks that 'countersign install --git' makes. prepare-commit-msg writes the
provenance record into the message, commit-msg checks it again and refuses what the policy does not
let pass, post-commit settles what is pending.

exit codes: 0 the commit may go on, 1 it is refused, 2 internal error (the hook then lets the commit
pass with a warning, unless the policy says 'commit.trailers: required')
`,
  async run(args, io) {
    const [name, ...rest] = args;
    switch (name) {
      case 'prepare-commit-msg':
      case 'commit-msg': {
        const code = await message(name, rest, io);
        keepCode();
        return code;
      }
      case 'post-commit':
        return postCommit(rest, io);
      case 'post-rewrite':
        return 0;
      default:
        throw new UsageError(
          `unknown hook '${oneLine(name ?? '', 60)}'; one of prepare-commit-msg, commit-msg, post-commit, post-rewrite`,
        );
    }
  },
};

async function message(name: 'prepare-commit-msg' | 'commit-msg', args: readonly string[], io: Io): Promise<number> {
  const isFed = args[0] === '--fed';
  const [file, source = '', sha = ''] = isFed ? args.slice(1) : args;
  if (file === undefined) throw new UsageError(`${name} needs the file that holds the message`);
  const env = hookEnvironment(io.env);
  const repo = hookRepository(io) ?? (await findRepository(io.cwd, env));
  if (!repo) throw new UsageError(`${io.cwd} is not in a git work tree`);
  const messageFile = path.resolve(io.cwd, file);
  const record = loadRecord();
  const isFinal = name === 'commit-msg';
  // Git sets ':' when it will not open an editor.
  const hasEditor = io.env['GIT_EDITOR'] !== ':';
  const text = fs.readFileSync(messageFile, 'latin1');
  const agent = agentInCharge(io.env);
  const made = await record.prepareRecord({
    repo,
    env,
    message: text,
    source: isFinal ? rememberedSource(repo) : source,
    sha,
    hasEditor,
    now: new Date().toISOString(),
    parent: io.parent ?? process.ppid,
    ...(isFed && { feed: preparedFeed(io.feed ?? 0) }),
    ...(agent === undefined && !isFinal && { ask: askAtTerminal }),
  });
  const { policy } = made;
  try {
    record.writeShellState(repo, policy);
  } catch {
    // Costs the shell its short cut.
  }
  if (!isFinal && !made.hasText && !hasEditor) {
    // Nobody will write one, and where all is well the script asks `commit-msg` of nothing more.
    record.writePrepared(repo, { status: 'check', record: undefined, source });
    return 0;
  }
  if (!isFinal) {
    if (made.message !== text) fs.writeFileSync(messageFile, made.message, 'latin1');
    const status = made.refusals.length > 0 || policy.broken ? 'check' : hasEditor ? 'shown' : 'ok';
    record.writePrepared(repo, { status, record: made.record, source });
    return 0;
  }
  if (!made.hasText) {
    // Git aborts on an empty message; our lines alone must not make it one.
    fs.writeFileSync(messageFile, removeRecords(text), 'latin1');
    return 0;
  }
  const [first] = made.refusals;
  if (first || (policy.broken && policy.policy.commit.trailers === 'required')) {
    const line = first
      ? refusalLine(first, made.refusals.length - 1)
      : `the policy is broken: ${policy.problems.find((p) => p.severity === 'error')?.message ?? 'unreadable'}; 'countersign policy validate' shows where`;
    io.err(`countersign: commit refused: ${line}\n`);
    await loadSettle()
      .auditRefusal(repo, policy.digest, line, first, agent)
      .catch(() => undefined);
    return 1;
  }
  if (made.message !== text) fs.writeFileSync(messageFile, made.message, 'latin1');
  return 0;
}

/** What prepare-commit-msg's script sends: `git config --list -z`, and the answer to `indexArguments` against HEAD. */
function preparedFeed(fd: number): Feed | undefined {
  const fed = readFeed(fd, new (loadRecord().ChangeReader)(), configHead);
  return fed && { config: fed.head, change: fed.change };
}

/** One line: which path, which rule, how to go on. */
function refusalLine(refusal: Refusal, more: number): string {
  const entry = refusal.verdict.entries[0];
  const where = entry?.location
    ? ` (${path.basename(entry.location.file)}:${entry.location.line})`
    : entry?.source === 'builtin'
      ? ' (built in)'
      : '';
  const fix =
    refusal.decision === 'justify'
      ? "give the reason in VS Code with 'Countersign: Justify Changes', or commit from a terminal and type it there"
      : "let a person make the change in the editor, or mark the lines as theirs there; 'countersign why' tells whose they are";
  const others = more > 0 ? ` (and ${more} more ${more === 1 ? 'file' : 'files'})` : '';
  return oneLine(`${refusal.path}: ${refusal.evaluation.reasons[0] ?? 'not allowed'}${where}${others}; ${fix}`, 600);
}

/** Environment variables by which agents tell the programs they start. Such a program talks to no person. */
function agentInCharge(env: NodeJS.ProcessEnv): string | undefined {
  const marks: readonly (readonly [string, string])[] = [
    ['CLAUDECODE', 'claude-code'],
    ['CURSOR_AGENT', 'cursor'],
    ['CODEX_SANDBOX', 'codex'],
    ['CODEX_THREAD_ID', 'codex'],
    ['GEMINI_CLI', 'gemini-cli'],
    ['OPENCODE', 'opencode'],
    ['AI_AGENT', 'unknown'],
  ];
  return marks.find(([name]) => (env[name] ?? '') !== '')?.[1];
}

/** The source that prepare-commit-msg was told; commit-msg is told nothing. */
function rememberedSource(repo: Repository): string {
  try {
    return fs.readFileSync(path.join(repo.gitDir, 'countersign', 'prepared'), 'latin1').split('\n')[3] ?? '';
  } catch {
    return '';
  }
}

/** Nobody waits longer than this for an answer, also where a program holds the terminal. */
const promptMs = 120_000;

/** Asks the person at the terminal; `undefined` when there is none, or no answer. */
async function askAtTerminal(refusals: readonly Refusal[]): Promise<string | undefined> {
  if (process.platform === 'win32' || !isInForeground()) return undefined;
  let fd: number;
  try {
    fd = fs.openSync('/dev/tty', fs.constants.O_RDWR | fs.constants.O_NOCTTY);
  } catch {
    return undefined;
  }
  const input = new (require('node:tty') as typeof import('node:tty')).ReadStream(fd);
  try {
    const rule = refusals[0]?.verdict.justification;
    const asked = refusals.map((r) => oneLine(r.path, 100)).slice(0, 5);
    const question =
      `countersign: ${oneLine(refusals[0]?.evaluation.reasons[0] ?? '', 200)}\n` +
      `  ${asked.join('\n  ')}${refusals.length > asked.length ? `\n  and ${refusals.length - asked.length} more` : ''}\n` +
      `Reason${rule ? ` (at least ${rule.minLength} characters${rule.ticket === undefined ? '' : `, with a ticket ${rule.ticket}`})` : ''}, empty to stop: `;
    fs.writeSync(fd, question);
    for (let attempt = 0; attempt < 3; attempt++) {
      const answer = await readLine(input);
      if (answer === undefined || answer.trim() === '') return undefined;
      const problem = rule && loadRecord().checkReason(answer, rule);
      if (!problem) return answer.trim();
      fs.writeSync(
        fd,
        problem.kind === 'too-short'
          ? `  ${problem.have} of ${problem.need} characters; again: `
          : `  a ticket like ${problem.pattern} is missing; again: `,
      );
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    input.destroy();
  }
}

function readLine(input: ReadStream): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const done = (value: string | undefined): void => {
      clearTimeout(timer);
      input.removeAllListeners('data');
      input.pause();
      resolve(value);
    };
    const timer = setTimeout(() => done(undefined), promptMs);
    input.setEncoding('utf8');
    input.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) done(text.slice(0, end));
      else if (text.length > 10_000) done(undefined);
    });
    input.once('error', () => done(undefined));
    input.once('end', () => done(undefined));
    input.resume();
  });
}

/** A background job that reads from its terminal is stopped by the kernel; then nobody is asked. */
function isInForeground(): boolean {
  if (process.platform !== 'linux') return true;
  try {
    const stat = fs.readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[2] === fields[5];
  } catch {
    return false;
  }
}

/** Git runs hooks at the top of the work tree, and our script has found its folder: no need to ask git again. */
function hookRepository(io: Io): Repository | undefined {
  const given = io.env['COUNTERSIGN_GIT_DIR'];
  if (given === undefined || io.env['GIT_WORK_TREE'] !== undefined) return undefined;
  try {
    const root = fs.realpathSync.native(io.cwd);
    const gitDir = fs.realpathSync.native(path.resolve(root, given));
    // Only the plain case: the work tree's own `.git`, as a folder. Links (worktrees, submodules) are for git to read.
    if (gitDir !== path.join(root, '.git')) return undefined;
    fs.accessSync(path.join(gitDir, 'HEAD'));
    return { root, gitDir, commonDir: gitDir };
  } catch {
    return undefined;
  }
}

async function postCommit(args: readonly string[], io: Io): Promise<number> {
  const isFed = args[0] === '--fed';
  const commit = args[isFed ? 1 : 0] ?? 'HEAD';
  const settle = loadSettle();
  // Read to its end in any case, so that git is not stopped in the middle.
  const feed = isFed ? readFeed(io.feed ?? 0, settle.changeReader(), commitHead) : undefined;
  const repo = hookRepository(io) ?? (await findRepository(io.cwd, pathsOnly(hookEnvironment(io.env))));
  if (!repo) return 0;
  await settle.settleCommit(repo, commit, agentInCharge(io.env), feed);
  keepCode();
  return 0;
}

/** The index that the commit was made from is gone by now. */
function pathsOnly(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { GIT_INDEX_FILE: _index, ...rest } = env;
  return rest;
}
