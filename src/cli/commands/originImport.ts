/** `origin import`: other tools' records of an AI's lines become evidence here. Bad records cost themselves only. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import {
  parseAgentTrace,
  parseGitAiNote,
  type ForeignRecord,
  type LineClaim,
} from '../../core/attribution/foreignRecords.ts';
import { splitLines } from '../../core/hunks.ts';
import type { LineOrigin } from '../../core/model.ts';
import { toRepoPath } from '../../core/paths.ts';
import { printable } from '../../core/plainText.ts';
import { openAttribution, type AttributionStore } from '../../platform/attribution.ts';
import { findRepository, git, gitOutput, showFile } from '../../platform/git.ts';
import { realRepoPath } from '../../platform/policyFile.ts';
import type { Repository } from '../../platform/state.ts';
import { readAll, UsageError, type Io } from '../command.ts';
import { addTo } from '../../core/multimap.ts';

const maxBytes = 64 * 1024 * 1024;
const maxNoteBytes = 4 * 1024 * 1024;
const maxProblems = 50;
const notesRef = 'refs/notes/ai';

interface Named {
  /** Where the record stands, for messages. */
  readonly where: string;
  readonly record: ForeignRecord;
}

/** Exit code 0, or 1 when some record was bad. @throws UsageError */
export async function importRecords(args: readonly string[], io: Io): Promise<number> {
  const flags = args.filter((a) => a.startsWith('--'));
  const files = args.filter((a) => !a.startsWith('--'));
  const unknown = flags.find((f) => f !== '--worktree' && f !== '--git-notes');
  if (unknown !== undefined) throw new UsageError(`unknown option ${unknown}; see countersign origin --help`);
  const isNotes = flags.includes('--git-notes');
  const isWorktree = flags.includes('--worktree');
  if (isNotes === files.length > 0)
    throw new UsageError('name files with Agent Trace records, - for standard input, or --git-notes alone');
  if (isNotes && isWorktree) throw new UsageError('notes hang on commits: --worktree has no meaning with --git-notes');
  const repo = await findRepository(io.cwd, io.env);
  if (!repo) throw new UsageError(`${io.cwd}: not in a git work tree; origins are kept per repository`);
  const importer = new Importer(repo, isWorktree, io);
  if (isNotes) for await (const named of gitNotes(repo)) await importer.take(named);
  else for (const file of files) for (const named of await traces(file, io)) await importer.take(named);
  return importer.finish();
}

class Importer {
  readonly #repo: Repository;
  readonly #isWorktree: boolean;
  readonly #io: Io;
  readonly #store: AttributionStore;
  #records = 0;
  #bad = 0;
  #lines = 0;
  #files = 0;
  #withoutAi = 0;
  #said = 0;

  constructor(repo: Repository, isWorktree: boolean, io: Io) {
    this.#repo = repo;
    this.#isWorktree = isWorktree;
    this.#io = io;
    this.#store = openAttribution(repo);
  }

  async take({ where, record }: Named): Promise<void> {
    this.#records++;
    this.#withoutAi += record.withoutAi;
    const problems = [...record.problems];
    const files = new Map<string, LineClaim[]>();
    for (const claim of record.claims) {
      addTo(files, claim.path, claim);
    }
    const commit = this.#isWorktree ? undefined : await this.#commit(record, problems);
    if (this.#isWorktree || commit !== undefined)
      for (const [file, claims] of files) {
        const text = await this.#text(file, commit, problems);
        if (text === undefined) continue;
        const lines = new Map<number, LineOrigin>();
        const count = splitLines(text.content).length;
        for (const { start, end, origin } of claims) {
          if (end > count) {
            problems.push(`${file} has ${count} lines, not ${end}: the record is about another text`);
            lines.clear();
            break;
          }
          for (let i = start - 1; i < end; i++) lines.set(i, origin);
        }
        const adopted = lines.size === 0 ? 0 : await this.#store.adopt(text.path, text.content, lines, commit);
        this.#lines += adopted;
        if (adopted > 0) this.#files++;
      }
    if (problems.length > 0) this.#bad++;
    for (const problem of problems) {
      if (this.#said++ < maxProblems) this.#io.err(`countersign origin: ${printable(`${where}: ${problem}`, 500)}\n`);
    }
  }

  finish(): number {
    const without = this.#withoutAi > 0 ? `; ${this.#withoutAi} ranges name no AI and change nothing` : '';
    this.#io.out(
      `${this.#records} records: ${this.#lines} lines in ${this.#files} files taken over as evidence "hook"${without}\n`,
    );
    if (this.#bad > 0) this.#io.err(`countersign origin: ${this.#bad} of ${this.#records} records have problems\n`);
    return this.#bad > 0 ? 1 : 0;
  }

  async #commit({ revision, claims }: ForeignRecord, problems: string[]): Promise<string | undefined> {
    if (claims.length === 0) return undefined;
    if (revision === undefined) {
      problems.push(
        'no "vcs.revision": without a commit its lines have no place (--worktree counts them in the files)',
      );
      return undefined;
    }
    const { code, stdout } = await git(
      ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`],
      {
        cwd: this.#repo.root,
      },
    );
    if (code === 0) return stdout.toString('utf8').trim();
    problems.push(`commit ${revision} is not in this repository`);
    return undefined;
  }

  async #text(
    file: string,
    commit: string | undefined,
    problems: string[],
  ): Promise<{ path: string; content: string } | undefined> {
    const inside = toRepoPath(this.#repo.root, file);
    if (inside === undefined || inside === '' || inside.includes('\n')) {
      problems.push(`${file} is outside the repository`);
      return undefined;
    }
    let bytes: Buffer | null = null;
    if (commit !== undefined) bytes = await showFile(this.#repo, commit, inside, { maxBytes });
    else {
      const full = path.join(this.#repo.root, inside);
      const stat = await fs.stat(full).catch(() => undefined);
      // A link that leads out of the repository is not followed.
      const isInside = (await realRepoPath(this.#repo.root, full).catch(() => undefined)) !== undefined;
      if (stat?.isFile() && stat.size <= maxBytes && isInside) bytes = await fs.readFile(full);
    }
    if (bytes !== null && !bytes.subarray(0, 8000).includes(0))
      return { path: inside, content: bytes.toString('utf8') };
    problems.push(`${file} is not there${commit === undefined ? '' : ` in ${commit.slice(0, 12)}`}, or not a text`);
    return undefined;
  }
}

/** The records of a file: one JSON value, a list of them, or one per line. */
async function traces(file: string, io: Io): Promise<Named[]> {
  const where = file === '-' ? 'standard input' : file;
  let text: string;
  try {
    if (file === '-') text = await readAll(io.stdin, maxBytes);
    else {
      const full = path.resolve(io.cwd, file);
      if ((await fs.stat(full)).size > maxBytes) throw new UsageError(`${file} is larger than ${maxBytes} bytes`);
      text = await fs.readFile(full, 'utf8');
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file} can't be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  const whole = parse(text);
  if (whole !== undefined) {
    const values = Array.isArray(whole) ? (whole as unknown[]) : [whole];
    return values.map((value, i) => ({
      where: values.length > 1 ? `${where}[${i}]` : where,
      record: parseAgentTrace(value),
    }));
  }
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const value = parse(line);
    const record = value === undefined ? { claims: [], withoutAi: 0, problems: ['not JSON'] } : parseAgentTrace(value);
    return [{ where: `${where}:${i + 1}`, record }];
  });
}

async function* gitNotes(repo: Repository): AsyncGenerator<Named> {
  const { code } = await git(['rev-parse', '--verify', '--quiet', notesRef], { cwd: repo.root });
  if (code !== 0) throw new UsageError(`${notesRef} is not there; git fetch origin ${notesRef}:${notesRef} brings it`);
  const list = (await gitOutput(['notes', `--ref=${notesRef}`, 'list'], { cwd: repo.root })).toString('utf8');
  for (const line of list.split('\n')) {
    const [blob, commit] = line.trim().split(' ');
    if (!blob || !commit) continue;
    const where = `note of ${commit.slice(0, 12)}`;
    try {
      const note = await gitOutput(['cat-file', 'blob', blob], { cwd: repo.root, maxBytes: maxNoteBytes });
      yield { where, record: parseGitAiNote(note.toString('utf8'), commit) };
    } catch (error) {
      yield { where, record: { claims: [], withoutAi: 0, problems: [(error as Error).message] } };
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
