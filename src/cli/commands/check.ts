/** `check`: the findings of a change, for a terminal, a pre-commit hook or code scanning. Fails closed: an error is exit 2. */
import { readFile, readlink } from 'node:fs/promises';
import * as path from 'node:path';
import { version } from '../../../package.json';
import { classify } from '../../core/classify.ts';
import { withoutExcepted } from '../../core/evaluate.ts';
import { maxTier, tiers, type FileChange, type Tier } from '../../core/model.ts';
import { readPatch } from '../../core/patch.ts';
import type { Policy } from '../../core/policy/model.ts';
import { defaultPolicy } from '../../core/policy/index.ts';
import { reports } from '../../core/reports/index.ts';
import { createGrammars } from '../../platform/grammars.ts';
import {
  emptyTree,
  findRepository,
  git,
  gitlinkMode,
  gitOutput,
  hookEnvironment,
  readBlobs,
  symlinkMode,
} from '../../platform/git.ts';
import { loadPolicy } from '../../platform/policyFile.ts';
import type { Repository } from '../../platform/state.ts';
import { readAll, UsageError, type Command, type Io } from '../command.ts';

interface Options {
  readonly source:
    | { readonly kind: 'work-tree' | 'staged' }
    | { readonly kind: 'range'; readonly from: string; readonly to: string }
    | { readonly kind: 'patch'; readonly file: string };
  readonly format: string;
  readonly failOn: Tier;
}

/** Files above this size are named, not read: nobody writes them by hand. */
const maxFile = 64 * 1024 * 1024;

export const check: Command = {
  name: 'check',
  summary: 'findings of a change: staged, a range of commits, or a patch',
  usage: `usage: countersign check [--staged | --range A..B | --patch FILE] [--format text|json|sarif|github] [--fail-on TIER]

Judges what a change adds and takes away. Without an option: the work tree against HEAD.

options:
  --staged         what would be committed
  --range A..B     the difference between two commits (B defaults to HEAD)
  --patch FILE     a unified diff; '-' reads standard input; needs no repository
  --format F       text (default), json, sarif (2.1.0) or github (annotations)
  --fail-on TIER   exit 1 from this tier on: medium, high (default) or critical

exit codes: 0 nothing at or above --fail-on, 1 findings, 2 misuse or internal error
`,
  async run(args, io) {
    const options = parse(args);
    const report = reports.find((r) => r.id === options.format)!;
    const env = hookEnvironment(io.env);
    const repo = await findRepository(io.cwd, env);
    const policy: Policy = repo ? (await loadPolicy(repo.root, { commonDir: repo.commonDir })).policy : defaultPolicy;
    const files = await changesOf(options, repo, env, io);
    const verdict = await classify(files, { grammars: createGrammars(), policy });
    const now = new Date().toISOString();
    let tier: Tier = 'low';
    let worst: Tier = 'low';
    const checked = verdict.files.map(({ path: p, classification }) => {
      const findings = withoutExcepted(classification.findings, policy, p, now);
      tier = maxTier(tier, classification.tier);
      for (const f of findings) worst = maxTier(worst, f.tier);
      return { path: p, classification: { ...classification, findings } };
    });
    io.out(report.render({ files: checked, tier, version }));
    const failing = checked.some((f) =>
      f.classification.findings.some((x) => tiers.indexOf(x.tier) >= tiers.indexOf(options.failOn)),
    );
    return failing ? 1 : 0;
  },
};

function parse(args: readonly string[]): Options {
  let source: Options['source'] | undefined;
  let format = 'text';
  let failOn: Tier = 'high';
  const choose = (s: Options['source']): void => {
    if (source) throw new UsageError('give only one of --staged, --range and --patch');
    source = s;
  };
  for (let i = 0; i < args.length; i++) {
    const [name, inline] = splitOption(args[i]!);
    const value = (): string => {
      const v = inline ?? args[++i];
      if (v === undefined || v === '') throw new UsageError(`${name} needs a value; see 'countersign check --help'`);
      return v;
    };
    if (name === '--staged' || name === '--cached') choose({ kind: 'staged' });
    else if (name === '--range') {
      const v = value();
      const [from, to = ''] = v.split(/\.{2,3}/) as [string, string?];
      if (!v.includes('..') || from === '' || from.startsWith('-') || to.startsWith('-'))
        throw new UsageError(`'${v}' is no range; write A..B`);
      choose({ kind: 'range', from, to: to === '' ? 'HEAD' : to });
    } else if (name === '--patch') choose({ kind: 'patch', file: value() });
    else if (name === '--format') {
      format = value();
      if (!reports.some((r) => r.id === format))
        throw new UsageError(`unknown format '${format}'; known: ${reports.map((r) => r.id).join(', ')}`);
    } else if (name === '--fail-on') {
      const v = value();
      if (!(tiers as readonly string[]).includes(v))
        throw new UsageError(`unknown tier '${v}'; known: ${tiers.join(', ')}`);
      failOn = v as Tier;
    } else throw new UsageError(`unknown option '${args[i]}'; see 'countersign check --help'`);
  }
  return { source: source ?? { kind: 'work-tree' }, format, failOn };
}

function splitOption(arg: string): [string, string | undefined] {
  const eq = arg.indexOf('=');
  return arg.startsWith('--') && eq > 0 ? [arg.slice(0, eq), arg.slice(eq + 1)] : [arg, undefined];
}

async function changesOf(
  options: Options,
  repo: Repository | undefined,
  env: NodeJS.ProcessEnv,
  io: Io,
): Promise<FileChange[]> {
  const { source } = options;
  if (source.kind === 'patch')
    return readPatch(
      source.file === '-' ? await readAll(io.stdin) : await readFile(path.resolve(io.cwd, source.file), 'utf8'),
    );
  if (!repo) throw new UsageError('not in a git repository; use --patch FILE');
  const flags = [
    '--raw',
    '-z',
    '-M',
    '--no-abbrev',
    '--no-relative',
    '--no-ext-diff',
    '--ignore-submodules=none',
    '--end-of-options',
  ];
  const run = (args: readonly string[]): Promise<Buffer> => gitOutput(args, { cwd: repo.root, env });
  let raw: Buffer;
  if (source.kind === 'range') {
    for (const rev of [source.from, source.to])
      if (
        (
          await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${rev}^{commit}`], {
            cwd: repo.root,
            env,
          })
        ).code !== 0
      )
        throw new UsageError(`'${rev}' is no commit here`);
    raw = await run(['diff-tree', '-r', ...flags, source.from, source.to]);
  } else {
    const born = (await git(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], { cwd: repo.root, env })).code === 0;
    const head = born ? 'HEAD' : await emptyTree(repo.root, env);
    raw = await run(['diff-index', ...(source.kind === 'staged' ? ['--cached'] : []), ...flags, head]);
  }
  const entries = parseRawWithRenames(raw);
  const wanted = [...new Set(entries.flatMap((e) => [e.oldObject, e.newObject]).filter((o) => !/^0+$/.test(o)))];
  const blobs = await readBlobs(repo.root, wanted, { env, maxBytes: 1024 * 1024 * 1024 });
  const byName = new Map(wanted.map((o, i) => [o, blobs[i] ?? null]));
  const changes: FileChange[] = [];
  for (const e of entries) {
    const side = async (object: string, mode: string): Promise<string | null> => {
      if (mode === '000000') return null;
      if (mode === gitlinkMode) return `Subproject commit ${object}\n`;
      const blob = byName.get(object);
      if (blob) return blob.length > maxFile ? '\0' : blob.toString('utf8');
      // A changed file of the work tree has no object yet.
      const file = path.join(repo.root, ...e.path.split('/'));
      try {
        if (mode === symlinkMode) return await readlink(file);
        const bytes = await readFile(file);
        return bytes.length > maxFile ? '\0' : bytes.toString('utf8');
      } catch {
        return null;
      }
    };
    changes.push({
      path: e.path,
      before: await side(e.oldObject, e.oldMode),
      after: await side(e.newObject, e.newMode),
    });
  }
  return changes;
}

interface RawEntry {
  readonly path: string;
  readonly oldMode: string;
  readonly newMode: string;
  readonly oldObject: string;
  readonly newObject: string;
}

/** `--raw -z -M`: a rename has two names; the change is then one of the new name. */
function parseRawWithRenames(bytes: Buffer): RawEntry[] {
  const fields = bytes.toString('utf8').split('\0');
  const entries: RawEntry[] = [];
  for (let i = 0; i + 1 < fields.length;) {
    const m = /^:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])\d*$/.exec(fields[i]!);
    if (!m) throw new Error('git printed something unexpected');
    const renamed = m[5] === 'R' || m[5] === 'C';
    entries.push({
      path: fields[i + (renamed ? 2 : 1)]!,
      oldMode: m[5] === 'C' ? '000000' : m[1]!,
      newMode: m[2]!,
      oldObject: m[3]!,
      newObject: m[4]!,
    });
    i += renamed ? 3 : 2;
  }
  return entries;
}
