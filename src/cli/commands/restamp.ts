/**
 * `countersign restamp`: one record out of a squash, for a merge queue or a bot. Refuses (exit 1) rather than make
 * something up: the content must be what the squashed commits add up to, and each of them must pass the gate.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { tiers } from '../../core/model.ts';
import { verdictFor } from '../../core/policy/verdict.ts';
import { judgeCommit } from '../../core/provenance/gate.ts';
import type { CommitRecord } from '../../core/provenance/model.ts';
import { formatReview, reviewNeed } from '../../core/provenance/review.ts';
import { combineRecords } from '../../core/provenance/squash.ts';
import { findRecords, mergeTrailers, removeRecords } from '../../core/provenance/trailers.ts';
import { readCommits, type Commit } from '../../platform/commitInMaking.ts';
import { policyAt, resolveCommit, survivingLines, type PolicyAt } from '../../platform/commitRange.ts';
import { sha256 } from '../../platform/crypto.ts';
import { commitDigests, gitOutput } from '../../platform/git.ts';
import { GuardError } from '../../platform/guardError.ts';
import { readAll, UsageError, type Command, type Io } from '../command.ts';
import { judgeRange, policyInput, readParts, type Parts } from '../gate.ts';

export const restamp: Command = {
  name: 'restamp',
  summary: 'make one provenance record out of those of a squash (for merge queues and bots)',
  usage: `usage: countersign restamp COMMIT --parts A..B [--policy-ref REF] [--write [--ref REF]]
       countersign restamp --parts A..B --message FILE [--policy-ref REF]

Prints the message with one record for the whole: sums of the records of the squashed commits, bounded by the lines that
are still there, the highest risk, the weakest evidence, all justifications. Every squashed commit must pass
'countersign verify', and the content must be what they add up to; else nothing is made (exit 1). Twice is once.

  COMMIT             the squash commit
  --parts A..B       the commits that were squashed; B alone, e.g. refs/pull/12/head: from where it parts from
                     COMMIT's parent
  --message FILE     before the merge: a bot's message for the squash of A..B (- for standard input)
  --policy-ref REF   where the policy is read (default: COMMIT's parent, or A)
  --write            replace COMMIT, which must be the tip of HEAD or of --ref REF, by one with the new message
                     (a commit signature is lost; sign again)

exit codes: 0 stamped (or nothing to do), 1 refused, 2 misuse or internal error

examples: countersign restamp HEAD --parts refs/pull/12/head --write
          countersign restamp --parts origin/main..HEAD --message squash.txt
`,
  async run(args, io) {
    const options = parse(args);
    try {
      return await stamp(options, io);
    } catch (error) {
      if (GuardError.is(error)) throw new UsageError(error.message);
      throw error;
    }
  },
};

interface Options {
  readonly commit: string | undefined;
  readonly parts: string;
  readonly policyRef: string | undefined;
  readonly message: string | undefined;
  readonly write: boolean;
  readonly ref: string;
}

function parse(args: readonly string[]): Options {
  const given = new Map<string, string>();
  let commit: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    const equals = arg.startsWith('--') ? arg.indexOf('=') : -1;
    const name = equals < 0 ? arg : arg.slice(0, equals);
    if (name === '--write') given.set(name, '');
    else if (['--parts', '--policy-ref', '--message', '--ref'].includes(name)) {
      const value = equals < 0 ? args[++i] : arg.slice(equals + 1);
      if (value === undefined || value === '') throw new UsageError(`${name} needs a value`);
      given.set(name, value);
    } else if (name.startsWith('-'))
      throw new UsageError(`unknown option '${name}'; 'countersign restamp --help' lists them`);
    else if (commit !== undefined) throw new UsageError('one commit at a time');
    else commit = arg;
  }
  const parts = given.get('--parts');
  if (parts === undefined) throw new UsageError('--parts says what was squashed, e.g. --parts refs/pull/12/head');
  if (parts.includes('...')) throw new UsageError('write A..B with two dots');
  const message = given.get('--message');
  if ((commit === undefined) === (message === undefined))
    throw new UsageError('name the squash commit, or its future message with --message FILE');
  if (given.has('--write') && commit === undefined) throw new UsageError('--write needs a commit to replace');
  return {
    commit,
    parts,
    message,
    policyRef: given.get('--policy-ref'),
    write: given.has('--write'),
    ref: given.get('--ref') ?? 'HEAD',
  };
}

async function stamp(options: Options, io: Io): Promise<number> {
  const { cwd } = io;
  const commit = options.commit === undefined ? undefined : await oneCommit(cwd, options.commit);
  const parent = commit?.parents[0];
  if (commit && (commit.parents.length !== 1 || parent === undefined))
    throw new UsageError(`${commit.id.slice(0, 10)} is no squash: it has ${commit.parents.length} parents`);
  const message = commit ? commit.message : await readMessage(options.message as string, io);
  const target = parent ?? options.parts.split('..')[0] ?? 'HEAD';
  if (parent === undefined && !options.parts.includes('..')) throw new UsageError('before the merge --parts is A..B');
  const base = await resolveCommit(cwd, target === '' ? 'HEAD' : target);
  const policy = await policyAt(
    cwd,
    options.policyRef === undefined ? base : await resolveCommit(cwd, options.policyRef),
  );
  if (policy.broken !== undefined) return refuse(io, `the policy cannot be read: ${policy.broken}`);
  const parts = await readParts(cwd, options.parts, base);

  if (commit) {
    const digest = (await commitDigests(cwd, [commit.id])).get(commit.id);
    if (digest?.patch !== parts.whole.patch)
      return refuse(
        io,
        `the content of ${commit.id.slice(0, 10)} (${digest?.patch}) is not what ${options.parts} adds up to (${parts.whole.patch})`,
      );
    const own = findRecords(message).records.filter((r) => !r.quoted);
    const paths = changedIn(parts);
    const judged = judgeCommit(
      { id: commit.id, parents: commit.parents, message, author: commit.author, digest, paths },
      { ...policyInput(policy), byDigest: new Map() },
    );
    if (own.length === 1 && judged.every((p) => p.level === 'warning'))
      return done(io, options, message, commit.id, 'has its record already');
  }
  const problems = judgeRange(parts.range, policyInput(policy)).filter((p) => p.level === 'error');
  const [first] = problems;
  if (first)
    return refuse(
      io,
      `${first.commit.slice(0, 10)}, a part, does not pass: ${first.rule}: ${first.message}` +
        (problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''),
    );
  const record = await combined(cwd, parts, policy, commit?.author);
  if (!record) return done(io, options, message, commit?.id, 'is made of commits without records: nothing to stamp');
  const stamped = mergeTrailers(removeRecords(message, { indented: true }), record, {
    commentChar: '',
    keepsComments: true,
  });
  if (options.write && commit) {
    const made = await replace(cwd, commit, stamped, options.ref);
    io.out(`${made}\n`);
    return 0;
  }
  writeBinary(io, stamped);
  return 0;
}

async function combined(
  cwd: string,
  parts: Parts,
  policy: PolicyAt,
  author: string | undefined,
): Promise<CommitRecord | undefined> {
  const surviving = await survivingLines(cwd, parts.from, parts.to);
  const verdicts = changedIn(parts).map((p) => verdictFor(policy.policy, p));
  const floor = verdicts.filter((v) => v.entries.length > 0).reduce((n, v) => Math.max(n, tiers.indexOf(v.tier)), -1);
  const record = combineRecords({
    parts: parts.range.commits.map((c) => ({
      record: findRecords(c.message).records.find((r) => !r.quoted),
      surviving: surviving.get(c.id) ?? 0,
    })),
    whole: parts.whole,
    floor: tiers[floor],
    policyDigest: policy.digest,
    sha256,
  });
  if (!record) return undefined;
  const need = reviewNeed(policy.policy, {
    risk: record.provenance.risk,
    entries: verdicts.flatMap((v) => v.entries),
    hasAi: record.provenance.ai + record.provenance.unk > 0,
    author,
  });
  return { ...record, ...(need && { requiredReview: formatReview(need) }) };
}

/** Paths that any part touched: also where a later part took it back, in doubt the stricter rule holds. */
const changedIn = (parts: Parts): string[] => [...new Set([...parts.range.paths.values()].flat())];

async function oneCommit(cwd: string, rev: string): Promise<Commit> {
  const [commit] = await readCommits(cwd, [await resolveCommit(cwd, rev)]);
  if (!commit) throw new UsageError(`${rev} cannot be read`);
  return commit;
}

async function readMessage(file: string, io: Io): Promise<string> {
  if (file === '-') return Buffer.from(await readAll(io.stdin)).toString('latin1');
  try {
    return await fs.readFile(path.resolve(io.cwd, file), 'latin1');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
}

/** The same commit with another message, byte for byte, and the reference moved to it if it still is at the old one. */
async function replace(cwd: string, commit: Commit, message: string, ref: string): Promise<string> {
  const tip = await resolveCommit(cwd, ref);
  if (tip !== commit.id)
    throw new UsageError(`${commit.id.slice(0, 10)} is not the tip of ${ref}; only the tip can be replaced`);
  const raw = (await gitOutput(['cat-file', 'commit', commit.id], { cwd })).toString('latin1');
  const header = raw.slice(0, raw.indexOf('\n\n'));
  // A signature is over the old message.
  const unsigned = header.replace(/\n(?:gpgsig|gpgsig-sha256) [^\n]*(?:\n [^\n]*)*/g, '');
  const made = (
    await gitOutput(['hash-object', '-t', 'commit', '-w', '--stdin'], {
      cwd,
      input: Buffer.from(`${unsigned}\n\n${message}`, 'latin1'),
    })
  )
    .toString('utf8')
    .trim();
  await gitOutput(['update-ref', '-m', 'countersign restamp', ref, made, commit.id], { cwd });
  return made;
}

function done(io: Io, options: Options, message: string, commit: string | undefined, why: string): number {
  io.err(`countersign restamp: ${options.commit ?? 'the message'} ${why}\n`);
  if (options.write) io.out(`${commit}\n`);
  else writeBinary(io, message);
  return 0;
}

function refuse(io: Io, why: string): number {
  io.err(`countersign restamp: refused: ${why}; fix: have the parts verified, or merge without squashing\n`);
  return 1;
}

/** Messages are bytes; standard output takes text. UTF-8 comes out as it was, other encodings as UTF-8 of Latin-1. */
function writeBinary(io: Io, message: string): void {
  const bytes = Buffer.from(message, 'latin1');
  const text = bytes.toString('utf8');
  io.out(Buffer.from(text).equals(bytes) ? text : message);
}
