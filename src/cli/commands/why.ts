/** `why`: whose lines these are, how that is known, and which policy applies. Reads only; what it can't read is unknown. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { explainOrigin, originWord } from '../../core/attribution/explain.ts';
import type { LineOrigin } from '../../core/model.ts';
import type { LineOrigins } from '../../core/attribution/model.ts';
import { countOrigins, originAt } from '../../core/attribution/origins.ts';
import { splitLines } from '../../core/hunks.ts';
import { explainPath } from '../../core/policy/index.ts';
import { openAttribution, type ResolvedText } from '../../platform/attribution.ts';
import { findRepository, showFile } from '../../platform/git.ts';
import { loadPolicy, realRepoPath } from '../../platform/policyFile.ts';
import type { Repository } from '../../platform/state.ts';
import { UsageError, type Command, type Io } from '../command.ts';

const maxBytes = 64 * 1024 * 1024;

export const why: Command = {
  name: 'why',
  summary: 'say why a line counts as AI, unknown or human, and which policy applies',
  usage: `usage: countersign why [--json] PATH[:LINE]

Compares the file in the work tree with HEAD and says of each added or changed line who wrote it, how that is known,
and which policy entries apply to the path. With LINE (1-based) it explains that line alone.

examples: countersign why src/login.ts
          countersign why src/login.ts:42
`,
  async run(args, io) {
    const isJson = args.includes('--json');
    const words = args.filter((a) => a !== '--json');
    const unknown = words.find((a) => a.startsWith('-'));
    if (unknown !== undefined) throw new UsageError(`unknown option ${unknown}; see countersign why --help`);
    const [target, more] = words;
    if (target === undefined || more !== undefined) throw new UsageError('name one path, or path:line');
    const { file, line } = await parse(target, io);
    const repo = await findRepository(await nearestFolder(file), io.env);
    if (!repo) throw new UsageError(`${file}: not in a git work tree; origins are kept per repository`);
    const repoPath = await realRepoPath(repo.root, file);
    if (repoPath === undefined) throw new UsageError(`${file}: outside the repository ${repo.root}`);
    const text = await readText(file);
    const resolved: ResolvedText =
      text === undefined ? { origins: [], aiDeleted: 0, deletions: new Map() } : await resolve(repo, repoPath, text);
    const lines = splitLines(text ?? '').length;
    if (line !== undefined && line > lines) throw new UsageError(`${repoPath} has ${lines} lines, not ${line}`);
    const { policy, problems } = await loadPolicy(repo.root, { commonDir: repo.commonDir, paths: [repoPath] });
    if (isJson) {
      const origin = line === undefined ? undefined : originAt(resolved.origins, line - 1);
      const answer =
        line === undefined
          ? {
              path: repoPath,
              counts: countOrigins(resolved.origins),
              aiDeleted: resolved.aiDeleted,
              runs: runs(resolved.origins),
            }
          : { path: repoPath, line, origin, explanation: explainOrigin(origin ?? null) };
      io.out(`${JSON.stringify({ ...answer, policy: explainPath(policy, repoPath) })}\n`);
      return 0;
    }
    if (line === undefined) io.out(overview(repoPath, resolved, text === undefined));
    else {
      io.out(`${printable(repoPath)}:${line}: ${printable(explainOrigin(originAt(resolved.origins, line - 1)))}\n`);
      const then = await committed(repo, repoPath, text ?? '', resolved, line);
      if (then) io.out(`  when it was committed: ${printable(explainOrigin(then))}\n`);
    }
    io.out(`${printable(explainPath(policy, repoPath))}\n`);
    for (const p of problems.slice(0, 3)) io.err(`countersign why: policy: ${printable(p.message)}\n`);
    return 0;
  },
};

async function resolve(repo: Repository, repoPath: string, text: string): Promise<ResolvedText> {
  const head = await showFile(repo, 'HEAD', repoPath, { maxBytes });
  const store = openAttribution(repo);
  return store.resolve(repoPath, text, { baseline: head === null ? null : head.toString('utf8') });
}

/** What is known of a line that is part of HEAD; `undefined` when it is not, or nothing is known. */
async function committed(
  repo: Repository,
  repoPath: string,
  text: string,
  now: ResolvedText,
  line: number,
): Promise<LineOrigin | undefined> {
  if (originAt(now.origins, line - 1) !== null) return undefined;
  const { origins } = await openAttribution(repo).resolve(repoPath, text, { baseline: null });
  const origin = originAt(origins, line - 1);
  return origin === null || origin.origin === 'unknown' ? undefined : origin;
}

function overview(repoPath: string, { origins, aiDeleted }: ResolvedText, isGone: boolean): string {
  if (isGone) return `${printable(repoPath)}: not there, or not a text\n`;
  const c = countOrigins(origins);
  const said = [
    `${c.ai} AI${c.modified > 0 ? ` (${c.modified} modified)` : ''}`,
    `${c.unknown} unknown`,
    `${c.human} by a person`,
    `${c.tool} by tools`,
    `${c.old} unchanged`,
    ...(aiDeleted > 0 ? [`${aiDeleted} deleted by AI`] : []),
  ];
  const rows = runs(origins).map(
    ({ from, to, origin }) =>
      `  ${(from === to ? String(from) : `${from}-${to}`).padEnd(11)} ${originWord(origin).padEnd(12)} ${printable(explainOrigin(origin))}\n`,
  );
  return `${printable(repoPath)}: lines: ${said.join(', ')}\n${rows.join('')}`;
}

/** Runs of changed lines, 1-based and inclusive. */
function runs(
  origins: LineOrigins,
): { from: number; to: number; origin: NonNullable<LineOrigins[number]['origin']> }[] {
  const out = [];
  let at = 1;
  for (const { count, origin } of origins) {
    if (origin !== null) out.push({ from: at, to: at + count - 1, origin });
    at += count;
  }
  return out;
}

/** `path:line`; a file whose own name ends so is meant itself. */
async function parse(target: string, io: Io): Promise<{ file: string; line?: number }> {
  const whole = path.resolve(io.cwd, target);
  const match = /^(.+):(\d{1,9})$/s.exec(target);
  if (!match || (await exists(whole))) return { file: whole };
  const line = Number(match[2]);
  if (line < 1) throw new UsageError('lines are counted from 1');
  return { file: path.resolve(io.cwd, match[1] as string), line };
}

const exists = (file: string): Promise<boolean> =>
  fs.lstat(file).then(
    () => true,
    () => false,
  );

/** The folder of a file, or the nearest one above it that is there. */
async function nearestFolder(file: string): Promise<string> {
  let folder = path.dirname(file);
  while (!(await exists(folder)) && folder !== path.dirname(folder)) folder = path.dirname(folder);
  return folder;
}

/** The text of a file; `undefined` when it is not there or not a text. */
async function readText(file: string): Promise<string | undefined> {
  const stat = await fs.stat(file).catch(() => undefined);
  if (!stat) return undefined;
  if (!stat.isFile()) throw new UsageError(`${file} is not a file`);
  if (stat.size > maxBytes) throw new UsageError(`${file} is larger than ${maxBytes} bytes`);
  const bytes = await fs.readFile(file);
  return bytes.subarray(0, 8000).includes(0) ? undefined : bytes.toString('utf8');
}

/** Control characters out of what a terminal will show; line breaks of our own texts stay. */
const printable = (text: string): string => text.replace(/[^\P{Cc}\n]|\p{Cf}/gu, '?');
