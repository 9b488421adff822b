/** `audit export|verify|tail`. Verifying fails closed: what cannot be read is not proven (exit 1 or 2). */
import { createWriteStream } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { once } from 'node:events';
import { version } from '../../../package.json';
import type { Anchor } from '../../core/audit/chain.ts';
import { isMoment, type AuditFilter } from '../../core/audit/filter.ts';
import type { AuditEvent } from '../../core/audit/model.ts';
import { exporters } from '../../core/exporters/index.ts';
import type { CommitExporter, CommitFacts, ExportMeta } from '../../core/exporters/model.ts';
import { appendAudit, auditHead, readAudit, verifyAudit } from '../../platform/auditLog.ts';
import { listCommits, resolveCommit } from '../../platform/commitRange.ts';
import { findRepository, git, gitOutput } from '../../platform/git.ts';
import { auditDir, type Repository } from '../../platform/state.ts';
import { GuardError } from '../../platform/guardError.ts';
import { factsFor, lines, writeFiles, writeNotes } from '../commitExport.ts';
import { UsageError, type Command, type Io } from '../command.ts';

const formats = exporters.map((e) => e.id).join(' | ');
const commitFormats = exporters
  .filter((e) => e.of === 'commits')
  .map((e) => e.id)
  .join(' and ');

export const audit: Command = {
  name: 'audit',
  summary: 'export, verify and follow the audit log',
  usage: `usage: countersign audit export [--format ${formats.replaceAll(' ', '')}] [-o FILE]
                [--since T] [--until T] [--range A..B] [--agent NAME] [--path PATH] [--notes REF]
       countersign audit verify [--since T] [--no-anchors] [--format text|json] [FILE]
       countersign audit tail [-n COUNT] [--follow] [--agent NAME] [--path PATH]

  export   writes events to FILE, or to standard output; is itself logged
           --since, --until  a date (2026-01-31, that day included) or a moment (2026-01-31T12:00:00Z)
           --range A..B      events of the commits in the range, and of the time in which they were made
           --path            a file, a folder or a glob, relative to the repository
           agent-trace and in-toto are made of commits and their records: with --range of all in it (also in a bare
           clone), else of those that the log names; -o FOLDER writes a file per commit, --notes refs/notes/NAME a
           git note on each
  verify   checks that no event was edited, removed, reordered or cut off, and names the first bad line; compares with
           the heads of the log that commits made here carry (log=l1:…), which shows a log that was cut off or rewritten
           --since T         only commits since then, e.g. because the log was removed with the set-up and begun again
           --no-anchors      the chain alone
           FILE              an export (.jsonl) instead of the log; one without --agent and --path is a whole chain
  tail     the last events, 20 or COUNT; --follow waits for more

exit codes: 0 fine, 1 the log does not verify, 2 misuse or unreadable

examples: countersign audit export --format csv --since 2026-01-01 -o audit.csv
          countersign audit export --format in-toto --range origin/main..HEAD -o statements.jsonl
          countersign audit verify
`,
  async run(args, io) {
    const [verb, ...rest] = args;
    switch (verb) {
      case 'export':
        return await exportLog(rest, io);
      case 'verify':
        return await verify(rest, io);
      case 'tail':
        return await tail(rest, io);
      default:
        throw new UsageError(
          verb === undefined
            ? 'say what: export, verify or tail'
            : `unknown action '${shown(verb)}'; one of export, verify, tail`,
        );
    }
  },
};

const shown = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '?').slice(0, 4096);

//#region Options

interface Options {
  readonly values: ReadonlyMap<string, string>;
  readonly words: readonly string[];
}

/** `--name value` or `--name=value`; a name with `false` takes no value. */
function options(args: readonly string[], known: Readonly<Record<string, boolean>>): Options {
  const values = new Map<string, string>();
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg);
      continue;
    }
    const equals = arg.startsWith('--') ? arg.indexOf('=') : -1;
    const name = equals < 0 ? arg : arg.slice(0, equals);
    const takesValue = Object.hasOwn(known, name) ? known[name] : undefined;
    if (takesValue === undefined)
      throw new UsageError(`unknown option '${shown(name)}'; see 'countersign audit --help'`);
    if (!takesValue) {
      values.set(name, '');
      continue;
    }
    const value = equals < 0 ? args[++i] : arg.slice(equals + 1);
    if (value === undefined || value === '') throw new UsageError(`${name} needs a value`);
    values.set(name, value);
  }
  return { values, words };
}

const filterOptions = { '--since': true, '--until': true, '--range': true, '--agent': true, '--path': true } as const;

async function filterOf(given: Options, repo: Repository): Promise<AuditFilter> {
  const at = (name: string): string | undefined => {
    const value = given.values.get(name);
    if (value !== undefined && !isMoment(value))
      throw new UsageError(`${name} '${shown(value)}' is no date; write 2026-01-31 or 2026-01-31T12:00:00Z`);
    return value;
  };
  const since = at('--since');
  const until = at('--until');
  const agent = given.values.get('--agent');
  const wanted = given.values.get('--path');
  const range = given.values.get('--range');
  return {
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(agent !== undefined && { agent }),
    ...(wanted !== undefined && { path: wanted.replaceAll('\\', '/').replace(/^\.\//, '') }),
    ...(range !== undefined && { range: await commitRange(repo, range) }),
  };
}

/** Commits of `A..B`, and the time from A's commit to a second after B's (git keeps whole seconds). */
async function commitRange(repo: Repository, range: string): Promise<NonNullable<AuditFilter['range']>> {
  const ends = /^(?!-)(.+?)\.\.(?!\.)(.*)$/.exec(range);
  if (!ends) throw new UsageError(`--range '${shown(range)}' is no range; write A..B`);
  const [from, to] = [ends[1] as string, ends[2] === '' ? 'HEAD' : (ends[2] as string)];
  const time = async (rev: string): Promise<number> => {
    const result = await git(['show', '-s', '--format=%ct', '--end-of-options', `${rev}^{commit}`], { cwd: repo.root });
    const seconds = Number(result.stdout.toString('utf8').trim());
    if (result.code !== 0 || !Number.isSafeInteger(seconds)) throw new UsageError(`'${shown(rev)}' is no commit here`);
    return seconds;
  };
  const [since, until] = [await time(from), await time(to)];
  const listed = await gitOutput(['rev-list', '--end-of-options', `${from}..${to}`], { cwd: repo.root });
  return {
    commits: new Set(listed.toString('utf8').split('\n').filter(Boolean)),
    since: new Date(since * 1000).toISOString(),
    until: new Date((until + 1) * 1000).toISOString(),
  };
}

async function repository(io: Io): Promise<Repository> {
  const repo = await findRepository(io.cwd, io.env);
  if (!repo) throw new UsageError(`${io.cwd}: not in a git repository; the log is kept per repository`);
  return repo;
}

//#endregion

async function exportLog(args: readonly string[], io: Io): Promise<number> {
  const given = options(args, {
    '--format': true,
    '-o': true,
    '--output': true,
    '--notes': true,
    ...filterOptions,
  });
  if (given.words.length > 0)
    throw new UsageError(`unexpected '${shown(given.words[0] as string)}'; the file goes after -o`);
  const target = given.values.get('-o') ?? given.values.get('--output');
  const format =
    given.values.get('--format') ?? exporters.find((e) => target?.endsWith(`.${e.extension}`))?.id ?? 'jsonl';
  const exporter = exporters.find((e) => e.id === format);
  if (!exporter) throw new UsageError(`unknown format '${shown(format)}'; one of ${formats}`);
  if (exporter.of === 'commits') return await exportCommits(exporter, given, target, io);
  if (given.values.has('--notes')) throw new UsageError(`--notes is for ${commitFormats}`);
  const repo = await repository(io);
  const filter = await filterOf(given, repo);
  const dir = auditDir(repo);
  let count = 0;
  async function* counted(): AsyncGenerator<AuditEvent> {
    for await (const event of readAudit(dir, filter)) {
      count++;
      yield event;
    }
  }
  const meta = await metaOf(given, repo.root, dir);
  const pieces = exporter.render(counted(), meta);
  if (target === undefined || target === '-') for await (const piece of pieces) io.out(piece);
  else await writeAll(path.resolve(io.cwd, target), pieces);
  const where = target === undefined || target === '-' ? 'standard output' : path.basename(target);
  await log(repo, io, `${count} events as ${format} to ${where}${meta.selection === '' ? '' : `; ${meta.selection}`}`);
  if (target !== undefined && target !== '-') io.out(`${count} events written to ${shown(target)}\n`);
  if (count === 0) io.err('countersign audit export: no event matches\n');
  return 0;
}

async function metaOf(given: Options, root: string, dir: string | undefined): Promise<ExportMeta> {
  return {
    repository: path.basename(root).replace(/\.git$/, ''),
    generated: new Date().toISOString(),
    version,
    selection: [...given.values]
      .filter(([name]) => name in filterOptions)
      .map(([name, value]) => `${name.slice(2)} ${value}`)
      .join(', '),
    head: dir === undefined ? '' : await auditHead(dir),
  };
}

/** Statements and traces, one per commit. In a bare clone there is no log: none to read, none to write. */
async function exportCommits(
  exporter: CommitExporter,
  given: Options,
  target: string | undefined,
  io: Io,
): Promise<number> {
  const repo = await findRepository(io.cwd, io.env);
  const range = given.values.get('--range');
  if (!repo && range === undefined) throw new UsageError('outside a work tree --range A..B says which commits');
  for (const name of ['--agent', '--path'])
    if (given.values.has(name)) throw new UsageError(`${name} does not go with --format ${exporter.id}`);
  const ref = given.values.get('--notes');
  if (ref !== undefined && target !== undefined) throw new UsageError('-o or --notes, not both');
  const cwd = repo?.root ?? io.cwd;
  const meta = await metaOf(given, cwd, repo && auditDir(repo));
  try {
    let source: Parameters<typeof factsFor>[2];
    if (range !== undefined) {
      const ends = /^(?!-)(.*?)\.\.(?!\.)(.*)$/.exec(range);
      const from = ends?.[1] === undefined || /^0*$/.test(ends[1]) ? undefined : await resolveCommit(cwd, ends[1]);
      const to = await resolveCommit(cwd, ends ? ends[2] || 'HEAD' : range);
      source = { commits: await listCommits(cwd, from, to) };
    } else source = { log: auditDir(repo as Repository), filter: await filterOf(given, repo as Repository) };
    let count = 0;
    const facts = async function* (): AsyncGenerator<CommitFacts> {
      for await (const commit of factsFor(cwd, repo, source)) {
        count++;
        yield commit;
      }
    };
    const file = target === undefined || target === '-' ? undefined : path.resolve(io.cwd, target);
    const isFolder = file !== undefined && (await fs.stat(file).catch(() => undefined))?.isDirectory() === true;
    if (ref !== undefined) await writeNotes(cwd, exporter, facts(), meta, ref);
    else if (isFolder) await writeFiles(exporter, facts(), meta, file);
    else if (file !== undefined) await writeAll(file, lines(exporter, facts(), meta));
    else for await (const line of lines(exporter, facts(), meta)) io.out(line);
    const where = ref ?? (file === undefined ? 'standard output' : path.basename(file));
    if (repo) await log(repo, io, `${count} commits as ${exporter.id} to ${where}`);
    if (ref !== undefined || file !== undefined) io.out(`${count} commits written to ${shown(ref ?? target ?? '')}\n`);
    if (count === 0) io.err('countersign audit export: no commit with a record\n');
    return 0;
  } catch (error) {
    if (GuardError.is(error)) throw new UsageError(error.message);
    throw error;
  }
}

/** Written beside and moved into place, so that a failure leaves no half file. */
async function writeAll(file: string, pieces: AsyncIterable<string>): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  const stream = createWriteStream(temporary, { flags: 'wx', mode: 0o600 });
  try {
    await once(stream, 'open');
    let pending = '';
    for await (const piece of pieces) {
      pending += piece;
      if (pending.length < 64 * 1024) continue;
      if (!stream.write(pending)) await once(stream, 'drain');
      pending = '';
    }
    stream.end(pending);
    await once(stream, 'close');
    await fs.rename(temporary, file);
  } catch (error) {
    stream.destroy();
    await fs.rm(temporary, { force: true });
    const code = (error as NodeJS.ErrnoException).code;
    throw new UsageError(`cannot write ${shown(file)}: ${code ?? String(error)}`);
  }
}

/** An export is an event, too; that it could not be logged is said, not hidden. */
async function log(repo: Repository, io: Io, reason: string): Promise<void> {
  try {
    const email = await git(['config', 'user.email'], { cwd: repo.root });
    await appendAudit(auditDir(repo), [
      {
        event: 'export',
        actor: { kind: 'human', id: email.stdout.toString('utf8').trim() || os.userInfo().username },
        door: 'cli',
        reason,
      },
    ]);
  } catch (error) {
    io.err(`countersign audit: this export could not be logged: ${shown((error as Error).message)}\n`);
  }
}

async function verify(args: readonly string[], io: Io): Promise<number> {
  const given = options(args, { '--since': true, '--no-anchors': false, '--format': true });
  const format = given.values.get('--format') ?? 'text';
  if (format !== 'text' && format !== 'json') throw new UsageError('--format is text or json');
  const since = given.values.get('--since');
  if (since !== undefined && !isMoment(since)) throw new UsageError(`--since '${shown(since)}' is no date`);
  const [file, more] = given.words;
  if (more !== undefined) throw new UsageError('verify takes one file');
  let report: Awaited<ReturnType<typeof verifyAudit>>;
  if (file === undefined) {
    const repo = await repository(io);
    const anchors = given.values.has('--no-anchors') ? [] : await localAnchors(repo, since);
    report = await verifyAudit(auditDir(repo), anchors);
  } else {
    const name = path.resolve(io.cwd, file);
    const stat = await fs.stat(name).catch(() => undefined);
    if (!stat?.isFile()) throw new UsageError(`cannot read ${shown(file)}`);
    report = await verifyAudit(name, [], { partial: true });
  }
  if (format === 'json') io.out(`${JSON.stringify(report)}\n`);
  else {
    for (const p of report.problems) io.out(`${shown(p.file)}:${p.line}: ${p.kind}: ${shown(p.message)}\n`);
    if (report.more > 0) io.out(`… and ${report.more} more\n`);
    for (const note of report.notes) io.out(`note: ${shown(note)}\n`);
    const anchors =
      report.anchors.checked > 0
        ? `, ${report.anchors.checked - report.anchors.missing} of ${report.anchors.checked} commit anchors found`
        : '';
    io.out(
      `${report.ok ? 'verified' : 'NOT verified'}: ${report.events} events${anchors}, head ${report.head.slice(0, 16)}\n`,
    );
  }
  return report.ok ? 0 : 1;
}

/**
 * Anchors of the commits that were made in this repository: those the reflog calls `commit`. Commits that were fetched
 * carry the heads of other people's logs, and picked ones may.
 */
async function localAnchors(repo: Repository, since: string | undefined): Promise<Anchor[]> {
  const format = '--format=%gs%x00%H%x00%ct%x00%(trailers:key=AI-Provenance,valueonly,unfold)%x01';
  const result = await git(['log', '-g', '--all', format], { cwd: repo.root });
  if (result.code !== 0) return [];
  const from = since === undefined ? 0 : Date.parse(since) / 1000;
  const seen = new Set<string>();
  const anchors: Anchor[] = [];
  for (const record of result.stdout.toString('utf8').split('\u0001')) {
    const [subject, commit, time, trailer] = record.replace(/^\n/, '').split('\0');
    const hash = / log=(l1:[0-9a-f]{16})(?: |$)/m.exec(trailer ?? '')?.[1];
    if (!subject?.startsWith('commit') || commit === undefined || hash === undefined) continue;
    if (seen.has(commit) || Number(time) < from) continue;
    seen.add(commit);
    anchors.push({ hash, commit });
  }
  return anchors;
}

async function tail(args: readonly string[], io: Io): Promise<number> {
  const given = options(args, { '-n': true, '--follow': false, '-f': false, ...filterOptions });
  const wanted = Number(given.values.get('-n') ?? '20');
  if (!Number.isSafeInteger(wanted) || wanted < 0) throw new UsageError('-n needs a number');
  const repo = await repository(io);
  const filter = await filterOf(given, repo);
  const dir = auditDir(repo);
  let last: AuditEvent[] = [];
  for await (const event of readAudit(dir, filter)) {
    last.push(event);
    if (last.length > wanted + 1000) last = last.slice(-wanted);
  }
  let seq = last.at(-1)?.seq ?? 0;
  for (const event of wanted === 0 ? [] : last.slice(-wanted)) io.out(formatLine(event));
  if (!given.values.has('--follow') && !given.values.has('-f')) return 0;
  for (let head = await auditHead(dir); ;) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const now = await auditHead(dir);
    if (now === head) continue;
    head = now;
    for await (const event of readAudit(dir, filter, { segments: 2 })) {
      if (event.seq <= seq) continue;
      seq = event.seq;
      io.out(formatLine(event));
    }
  }
}

/** One event on one line, for people. */
function formatLine(e: AuditEvent): string {
  const s = e.subject;
  const parts = [
    e.time,
    e.event.padEnd(15),
    `${e.actor.kind}:${e.actor.id}`,
    e.decision,
    s?.path === undefined ? undefined : `${s.path}${s.lines?.[0] ? `:${s.lines[0][0]}` : ''}`,
    s?.tier,
    s?.rule,
    s?.commit?.slice(0, 12),
    s?.command === undefined ? undefined : `$ ${s.command.slice(0, 100)}`,
    e.reason === undefined ? undefined : `(${e.reason})`,
  ];
  return `${shown(parts.filter((p) => p !== undefined && p !== '').join('  '))}\n`;
}
