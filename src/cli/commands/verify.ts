/**
 * `countersign verify A..B`: the server-side gate. Works in a bare clone, offline; reads the policy from the target
 * branch, never from the change. Fails closed: what cannot be checked does not pass.
 */
import * as path from 'node:path';
import { defaultPolicy, mergePolicies, parsePolicy, policyDigest } from '../../core/policy/index.ts';
import type { Policy } from '../../core/policy/model.ts';
import {
  gateRules,
  judgeCommit,
  loosened,
  subjectOf,
  type GateCommit,
  type GateProblem,
} from '../../core/provenance/gate.ts';
import { oneLine, signedText } from '../../core/provenance/record.ts';
import { parseCommit, type Commit } from '../../platform/commitInMaking.ts';
import { sha256, verifyText } from '../../platform/crypto.ts';
import { commitDigests, git, gitOutput, readBlobs } from '../../platform/git.ts';
import { GuardError } from '../../platform/guardError.ts';
import { readKeysFile, type Keys } from '../../platform/keys.ts';
import { UsageError, type Command, type Io } from '../command.ts';

const formats = ['text', 'json', 'github', 'sarif'] as const;
type Format = (typeof formats)[number];

interface Options {
  readonly from: string | undefined;
  readonly to: string;
  readonly policyRef: string | undefined;
  readonly format: Format;
  readonly keys: string | undefined;
  readonly allowPolicyEdit: boolean;
}

export const verify: Command = {
  name: 'verify',
  summary: 'check the provenance records of a range of commits (the gate for servers and CI)',
  usage: `usage: countersign verify A..B [--policy-ref REF] [--format ${formats.join('|')}] [--keys FILE] [--allow-policy-edit]

Checks every commit that B has and A has not: the record is there where the policy asks for one, fits the commit's
content, counts and justification, and the change was allowed. Runs in a bare clone, offline.

  --policy-ref REF      where the policy is read (default: A); never from the commits that are judged
  --format FORMAT       text (one line per problem), json, github (annotations), sarif
  --keys FILE           public keys (keys.json) that signed records must be signed with
  --allow-policy-edit   the range may loosen the policy (a reviewed change of the policy itself)

exit codes: 0 all fine (warnings may be printed), 1 refused, 2 misuse or internal error
`,
  async run(args, io) {
    const options = parse(args);
    let result: Result;
    try {
      result = await verifyRange(options, io.cwd);
    } catch (error) {
      if (GuardError.is(error)) throw new UsageError(error.message);
      throw error;
    }
    print(result, options, io);
    return result.problems.some((p) => p.level === 'error') ? 1 : 0;
  },
};

function parse(args: readonly string[]): Options {
  let range: string | undefined;
  let policyRef: string | undefined;
  let format: Format = 'text';
  let keys: string | undefined;
  let allowPolicyEdit = false;
  const value = (i: number, name: string): string => {
    const found = args[i];
    if (found === undefined) throw new UsageError(`${name} needs a value`);
    return found;
  };
  for (let i = 0; i < args.length; i++) {
    const [name, inline] = splitOption(args[i] as string);
    if (name === '--policy-ref') policyRef = inline ?? value(++i, name);
    else if (name === '--keys') keys = inline ?? value(++i, name);
    else if (name === '--allow-policy-edit') allowPolicyEdit = true;
    else if (name === '--format') {
      const wanted = inline ?? value(++i, name);
      if (!(formats as readonly string[]).includes(wanted))
        throw new UsageError(`unknown format '${wanted}'; one of ${formats.join(', ')}`);
      format = wanted as Format;
    } else if (name.startsWith('-'))
      throw new UsageError(`unknown option '${name}'; 'countersign verify --help' lists them`);
    else if (range !== undefined) throw new UsageError('only one range can be verified at a time');
    else range = name;
  }
  if (range === undefined) throw new UsageError('which commits? countersign verify A..B, e.g. origin/main..HEAD');
  const at = range.indexOf('..');
  if (range.includes('...')) throw new UsageError('write A..B with two dots');
  // A new branch is pushed with an all-zero old name.
  const from = at < 0 ? undefined : range.slice(0, at) || 'HEAD';
  const to = at < 0 ? range : range.slice(at + 2) || 'HEAD';
  return {
    from: from !== undefined && /^0+$/.test(from) ? undefined : from,
    to,
    policyRef,
    format,
    keys,
    allowPolicyEdit,
  };
}

const splitOption = (arg: string): [string, string | undefined] => {
  const at = arg.startsWith('--') ? arg.indexOf('=') : -1;
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
};

interface Result {
  readonly commits: number;
  readonly policy: string;
  readonly problems: readonly GateProblem[];
}

async function resolve(cwd: string, rev: string): Promise<string> {
  const result = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${rev}^{commit}`], { cwd });
  if (result.code === 128) throw new UsageError(`${cwd} is not a git repository`);
  if (result.code !== 0)
    throw new UsageError(
      `'${oneLine(rev, 80)}' is no commit here; fetch it first (in CI: full history, e.g. fetch-depth: 0)`,
    );
  return result.stdout.toString('utf8').trim();
}

async function verifyRange(options: Options, cwd: string): Promise<Result> {
  const to = await resolve(cwd, options.to);
  const from = options.from === undefined ? undefined : await resolve(cwd, options.from);
  const policyRef = options.policyRef === undefined ? from : await resolve(cwd, options.policyRef);
  const names = (
    await gitOutput(
      ['rev-list', '--reverse', '--topo-order', '--end-of-options', to, ...(from === undefined ? [] : [`^${from}`])],
      { cwd },
    )
  )
    .toString('utf8')
    .split('\n')
    .filter((n) => n !== '');
  const [policy, commits] = await Promise.all([policyAt(cwd, policyRef), readAll(cwd, names)]);
  const problems: GateProblem[] = [];
  const whole = (rule: GateProblem['rule'], level: GateProblem['level'], message: string, fix: string): void => {
    problems.push({ commit: to, subject: subjectOf(commits.at(-1)?.message ?? ''), rule, level, message, fix });
  };
  if (policy.broken !== undefined)
    whole(
      'policy-broken',
      'error',
      `the policy of ${options.policyRef ?? options.from} cannot be read: ${policy.broken}`,
      "repair it on the target branch; 'countersign policy validate' shows where",
    );

  const plain = commits.filter((c) => c.parents.length < 2);
  const [digests, paths, keys, repositoryId] = await Promise.all([
    plain.length > 0
      ? commitDigests(
          cwd,
          plain.map((c) => c.id),
        )
      : new Map<string, never>(),
    plain.length > 0
      ? changedPaths(
          cwd,
          plain.map((c) => c.id),
        )
      : new Map<string, string[]>(),
    options.keys === undefined ? undefined : readKeysFile(path.resolve(cwd, options.keys)),
    options.keys === undefined ? '' : firstRoot(cwd, to),
  ]);
  for (const c of commits) if (c.parents.length > 1) paths.set(c.id, await mergeOwnPaths(cwd, c));
  const byDigest = new Map<string, string>();
  for (const [id, d] of digests) if (!byDigest.has(d.patch)) byDigest.set(d.patch, id);

  for (const c of commits) {
    const digest = digests.get(c.id);
    if (c.parents.length < 2 && !digest) throw new GuardError('failed', `git gave no patch for ${c.id}`);
    const commit: GateCommit = {
      id: c.id,
      parents: c.parents,
      message: c.message,
      digest,
      paths: paths.get(c.id) ?? [],
    };
    problems.push(
      ...judgeCommit(commit, {
        policy: policy.policy,
        policyDigest: policy.digest,
        sha256,
        byDigest,
        ...(keys && { checkSignature: ({ record }) => checkSignature(keys, record, repositoryId) }),
      }),
    );
  }

  const edited = [...paths].filter(([, list]) => list.some((p) => /(?:^|\/)countersign\.yaml$/i.test(p)));
  if (edited.length > 0 && policyRef !== undefined) {
    const after = await policyAt(cwd, to);
    const less = after.broken !== undefined ? ['a policy that cannot be read'] : loosened(policy.policy, after.policy);
    const where = edited.map(([id]) => id.slice(0, 10)).join(', ');
    if (less.length > 0 && !options.allowPolicyEdit)
      whole(
        'policy-loosened',
        'error',
        `${where} asks less than the policy in force: ${oneLine(less.join(', '), 300)}`,
        'propose the policy change on its own and have its owners merge it with --allow-policy-edit',
      );
    else
      whole(
        'policy-edited',
        'warning',
        `${where} edits the policy; everything here was judged by the one in force`,
        'have its owners review it',
      );
  }
  return { commits: commits.length, policy: policy.digest, problems };
}

function checkSignature(
  keys: Keys,
  record: Parameters<typeof signedText>[0],
  repositoryId: string,
): 'valid' | 'invalid' | 'unlisted' {
  const key = record.key !== undefined && Object.hasOwn(keys, record.key) ? keys[record.key] : undefined;
  if (key === undefined) return 'unlisted';
  return verifyText(key, signedText(record, repositoryId), record.sig ?? '') ? 'valid' : 'invalid';
}

/** What names a repository in signatures: SHA-256 of its first root commit. */
async function firstRoot(cwd: string, to: string): Promise<string> {
  const roots = (await gitOutput(['rev-list', '--max-parents=0', '--end-of-options', to], { cwd }))
    .toString('utf8')
    .trim()
    .split('\n');
  return sha256(roots.at(-1) ?? '');
}

async function readAll(cwd: string, names: readonly string[]): Promise<Commit[]> {
  if (names.length === 0) return [];
  const bytes = await gitOutput(['cat-file', '--batch'], {
    cwd,
    input: names.join('\n') + '\n',
    maxBytes: 1024 * 1024 * 1024,
  });
  const commits: Commit[] = [];
  let at = 0;
  while (commits.length < names.length) {
    const end = bytes.indexOf(0x0a, at);
    const head = /^([0-9a-f]+) commit (\d+)$/.exec(bytes.toString('latin1', at, end));
    if (!head) throw new GuardError('failed', `commit ${names[commits.length]} cannot be read`);
    at = end + 1;
    const size = Number(head[2]);
    commits.push(parseCommit(head[1] as string, bytes.toString('latin1', at, at + size)));
    at += size + 1;
  }
  return commits;
}

/** Paths that each commit changes against its parent, in one git process. */
async function changedPaths(cwd: string, ids: readonly string[]): Promise<Map<string, string[]>> {
  const stdout = await gitOutput(
    [
      'diff-tree',
      '--stdin',
      '-r',
      '-z',
      '--root',
      '--always',
      '--raw',
      '--no-renames',
      '--no-abbrev',
      '--ignore-submodules=none',
    ],
    {
      cwd,
      input: ids.join('\n') + '\n',
      maxBytes: 1024 * 1024 * 1024,
    },
  );
  const out = new Map<string, string[]>();
  let current: string[] | undefined;
  const fields = stdout.toString('utf8').split('\0');
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as string;
    if (field.startsWith(':')) current?.push(fields[++i] as string);
    else if (/^[0-9a-f]{40,64}$/.test(field)) out.set(field, (current = []));
  }
  return out;
}

/** Paths where a merge is not what git makes of its parents by itself: conflicts, and what was slipped in or left out. */
async function mergeOwnPaths(cwd: string, commit: Commit): Promise<string[]> {
  const [first, second] = commit.parents;
  const raw = ['-r', '-z', '--name-only', '--no-renames'];
  if (commit.parents.length === 2 && first !== undefined && second !== undefined) {
    const merged = await git(
      [
        '-c',
        'merge.renames=true',
        'merge-tree',
        '--write-tree',
        '-z',
        '--no-messages',
        '--end-of-options',
        first,
        second,
      ],
      { cwd },
    );
    const tree = /^[0-9a-f]{40,64}/.exec(merged.stdout.toString('latin1'))?.[0];
    if (merged.code <= 1 && tree !== undefined) {
      if (tree === commit.tree) return [];
      return split(await gitOutput(['diff-tree', ...raw, '--end-of-options', tree, commit.tree], { cwd }));
    }
  }
  // Several parents, or a git without merge-tree: all that differs from every parent, and all that differs from the first.
  const combined = split(await gitOutput(['diff-tree', '-c', '--no-commit-id', ...raw, commit.id], { cwd }));
  return [...new Set(combined)];
}

const split = (bytes: Buffer): string[] =>
  bytes
    .toString('utf8')
    .split('\0')
    .filter((p) => p !== '');

interface PolicyAt {
  readonly policy: Policy;
  readonly digest: string;
  /** Why it cannot be read. */
  readonly broken?: string;
}

/** The policy in a commit's tree, nested files included. */
async function policyAt(cwd: string, commit: string | undefined): Promise<PolicyAt> {
  const none = { policy: defaultPolicy, digest: policyDigest(defaultPolicy, sha256) };
  if (commit === undefined) return none;
  const tree = await gitOutput(['ls-tree', '-r', '-z', '--name-only', '--full-tree', '--end-of-options', commit], {
    cwd,
    maxBytes: 1024 * 1024 * 1024,
  });
  const files = split(tree)
    .filter((f) => f === 'countersign.yaml' || f.endsWith('/countersign.yaml'))
    .sort();
  const blobs = await readBlobs(
    cwd,
    files.map((f) => `${commit}:${f}`),
  );
  let repository: Policy | undefined;
  const nested: { base: string; policy: Policy }[] = [];
  for (const [i, file] of files.entries()) {
    const blob = blobs[i];
    const base = path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file);
    const parsed = blob ? parsePolicy(blob.toString('utf8'), file, { base }) : undefined;
    if (!parsed?.policy)
      return {
        ...none,
        broken: `${file}: ${parsed?.problems.find((p) => p.severity === 'error')?.message ?? 'it is no file'}`,
      };
    if (base === '') repository = parsed.policy;
    else nested.push({ base, policy: parsed.policy });
  }
  if (!repository && nested.length === 0) return none;
  const policy = mergePolicies({ ...(repository && { repository }), nested });
  return { policy, digest: policyDigest(policy, sha256) };
}

//#region Output

function print(result: Result, options: Options, io: Io): void {
  const errors = result.problems.filter((p) => p.level === 'error');
  const refused = new Set(errors.map((p) => p.commit)).size;
  const total = `${result.commits} commit${result.commits === 1 ? '' : 's'}`;
  const range = `${options.from === undefined ? '' : `${options.from}..`}${options.to}`;
  switch (options.format) {
    case 'json':
      io.out(
        JSON.stringify(
          { range, commits: result.commits, policy: result.policy, ok: errors.length === 0, problems: result.problems },
          undefined,
          2,
        ) + '\n',
      );
      return;
    case 'github':
      for (const p of result.problems)
        io.out(
          `::${p.level} title=${escapeProperty(`Countersign: ${p.rule}`)}::${escapeData(`${p.commit.slice(0, 10)} ${p.subject}: ${p.message}. Fix: ${p.fix}`)}\n`,
        );
      return;
    case 'sarif':
      io.out(JSON.stringify(sarif(result), undefined, 2) + '\n');
      return;
    default:
      for (const p of result.problems)
        io.out(
          `${p.level === 'error' ? 'refused' : 'warning'} ${p.commit.slice(0, 10)} ${p.rule}: ${p.message}; fix: ${p.fix}\n`,
        );
      io.out(
        errors.length === 0
          ? `verified ${total} under ${result.policy}\n`
          : `refused ${refused} of ${total} under ${result.policy}\n`,
      );
  }
}

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

function sarif(result: Result): unknown {
  const used = [...new Set(result.problems.map((p) => p.rule))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Countersign verify',
            informationUri: 'https://github.com/countersign-dev/countersign',
            rules: used.map((id) => ({ id, shortDescription: { text: gateRules[id] } })),
          },
        },
        results: result.problems.map((p) => ({
          ruleId: p.rule,
          level: p.level,
          message: { text: `${p.message}. Fix: ${p.fix}` },
          locations: [
            { logicalLocations: [{ name: p.commit, kind: 'commit', fullyQualifiedName: `${p.commit} ${p.subject}` }] },
          ],
          partialFingerprints: { 'commitRule/v1': `${p.commit}:${p.rule}` },
        })),
      },
    ],
  };
}

//#endregion
