/** `policy init|validate|explain|test`. Fails closed: a policy that cannot be read is invalid (exit 1). */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { agents } from '../../core/agents/index.ts';
import { classifyFile } from '../../core/classify.ts';
import { evaluate } from '../../core/evaluate.ts';
import { diffLines, splitLines } from '../../core/hunks.ts';
import { matchGlobs } from '../../core/paths.ts';
import {
  explainPath,
  parsePolicy,
  policyTemplate,
  queryProblems,
  verdictFor,
  type PolicyTest,
} from '../../core/policy/index.ts';
import { originsOf, runExample, type ExampleResult } from '../../core/policy/examples.ts';
import type { Policy, PolicyProblem, TrailerMode } from '../../core/policy/model.ts';
import { allRules } from '../../core/rules/index.ts';
import { findRepository, git } from '../../platform/git.ts';
import { createGrammars } from '../../platform/grammars.ts';
import { openAttribution } from '../../platform/attribution.ts';
import { loadPolicy, policyFileName, realRepoPath, type PolicyState } from '../../platform/policyFile.ts';
import { UsageError, type Command, type Io } from '../command.ts';

const trailerModes: readonly TrailerMode[] = ['off', 'ai-only', 'record', 'required'];

export const policy: Command = {
  name: 'policy',
  summary: 'write, check, explain and test the policy (countersign.yaml)',
  usage: `usage: countersign policy init [--trailers MODE] [--print]
       countersign policy validate [--format text|json] [FILE]
       countersign policy explain PATH...
       countersign policy test

  init       writes a commented ${policyFileName} at the root of the repository; never over an existing one
             --trailers MODE   ${trailerModes.join(' | ')} (default record)
             --print           to standard output instead
  validate   checks the policy in force (managed, root and nested files), or FILE alone; every problem with its place
  explain    which entries match a path, and who may change it
  test       runs the examples in the policy (tests:): a path, or a change of it → the decision expected

exit codes: 0 fine, 1 invalid or a failed example, 2 misuse

examples: countersign policy explain infra/main.tf
          countersign policy validate --format json
`,
  async run(args, io) {
    const [verb, ...rest] = args;
    switch (verb) {
      case 'init':
        return await init(rest, io);
      case 'validate':
        return await validate(rest, io);
      case 'explain':
        return await explain(rest, io);
      case 'test':
        return await runTests(rest, io);
      default:
        throw new UsageError(
          verb === undefined
            ? 'say what: init, validate, explain or test'
            : `unknown action '${shown(verb)}'; one of init, validate, explain, test`,
        );
    }
  },
};

const shown = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '?').slice(0, 4096);
const knownRules = (): string[] => allRules().map((r) => r.id);
const knownAgents = agents.map((a) => a.id);

interface Place {
  readonly root: string;
  readonly commonDir?: string;
}

/** The repository around the current folder; outside git, the folder itself. */
async function here(io: Io): Promise<Place> {
  const repo = await findRepository(io.cwd, io.env);
  return repo ? { root: repo.root, commonDir: repo.commonDir } : { root: io.cwd };
}

async function load(place: Place, paths: readonly string[] = []): Promise<PolicyState> {
  return loadPolicy(place.root, {
    ...(place.commonDir !== undefined && { commonDir: place.commonDir }),
    now: new Date(),
    knownRules: knownRules(),
    knownAgents,
    paths,
  });
}

async function init(args: readonly string[], io: Io): Promise<number> {
  let trailers: TrailerMode = 'record';
  let print = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--print') print = true;
    else if (arg === '--trailers' || arg.startsWith('--trailers=')) {
      const value = arg === '--trailers' ? args[++i] : arg.slice('--trailers='.length);
      const mode = trailerModes.find((m) => m === value);
      if (!mode) throw new UsageError(`--trailers is one of ${trailerModes.join(', ')}`);
      trailers = mode;
    } else throw new UsageError(`unknown option '${shown(arg)}'; see 'countersign policy --help'`);
  }
  const quarter = new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10);
  const text = policyTemplate({ reviewBy: quarter, trailers });
  if (print) {
    io.out(text);
    return 0;
  }
  const { root } = await here(io);
  const file = path.join(root, policyFileName);
  try {
    await fs.writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    io.err(`countersign policy init: ${file} is there already; edit it, or look at 'policy init --print'\n`);
    return 1;
  }
  // Without this nobody saw the lines being written, and the first commit of the policy would be refused as an AI's.
  const repository = await findRepository(root, io.env);
  if (repository) {
    const origin = { origin: 'tool', evidence: 'editor', agent: 'countersign' } as const;
    await openAttribution(repository).record({ path: policyFileName, before: null, after: text, origin });
  }
  io.out(`wrote ${file}\n\nNext: look it over, commit it, then 'countersign install --git' for records in commits.\n`);
  return 0;
}

async function validate(args: readonly string[], io: Io): Promise<number> {
  let json = false;
  let file: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--format' || arg.startsWith('--format=')) {
      const value = arg === '--format' ? args[++i] : arg.slice('--format='.length);
      if (value !== 'text' && value !== 'json') throw new UsageError('--format is text or json');
      json = value === 'json';
    } else if (arg.startsWith('-') && arg !== '-') throw new UsageError(`unknown option '${shown(arg)}'`);
    else if (file !== undefined) throw new UsageError('validate takes one file');
    else file = arg;
  }
  let problems: readonly PolicyProblem[];
  let digest: string | undefined;
  let notes: string[] = [];
  if (file !== undefined) {
    const text = await fs.readFile(path.resolve(io.cwd, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`cannot read ${shown(file)}: ${error.code ?? error.message}`);
    });
    const parsed = parsePolicy(text, file, { now: new Date(), knownRules: knownRules(), knownAgents });
    ({ problems } = parsed);
    if (parsed.policy) problems = [...problems, ...(await queryProblems(parsed.policy, createGrammars()))];
  } else {
    const place = await here(io);
    const state = await load(place);
    ({ problems } = state);
    if (!state.broken) ({ digest } = state);
    // The last good one is in force then, and its lines are not those of the file.
    if (!state.broken) problems = [...problems, ...(await queryProblems(state.policy, createGrammars()))];
    if (state.files.length === 0) notes.push(`there is no ${policyFileName}; 'countersign policy init' writes one`);
    else notes = await deadGlobs(place, state.policy);
  }
  const errors = problems.filter((p) => p.severity === 'error').length;
  if (json) io.out(`${JSON.stringify({ valid: errors === 0, digest, problems, notes })}\n`);
  else {
    for (const p of problems) io.out(`${shown(p.file)}:${p.line}:${p.column + 1}: ${p.severity}: ${p.message}\n`);
    for (const note of notes) io.out(`note: ${note}\n`);
    if (errors === 0) io.out(`valid${digest === undefined ? '' : ` (${digest})`}\n`);
  }
  return errors > 0 ? 1 : 0;
}

/** Entries that match no file that git tracks: often a typing mistake, such as \`infra\` for \`infra/**\`. */
async function deadGlobs(place: Place, merged: Policy): Promise<string[]> {
  const entries = merged.protected.filter((e) => e.source === 'repository');
  if (place.commonDir === undefined || entries.length === 0) return [];
  const listed = await git(['-c', 'core.fsmonitor=false', 'ls-files', '-z'], { cwd: place.root }).catch(
    () => undefined,
  );
  if (listed?.code !== 0) return [];
  const files = listed.stdout.toString('utf8').split('\0').slice(0, 50_000);
  const dead = entries.filter((e) => {
    const prefix = e.base === '' ? '' : `${e.base}/`;
    return !files.some((f) => f.startsWith(prefix) && matchGlobs(e.paths, f.slice(prefix.length)));
  });
  if (dead.length === 0) return [];
  const names = dead.map((e) => `'${shown(e.name)}'${e.location ? ` (line ${e.location.line})` : ''}`);
  return [`no file in git matches ${names.join(', ')}; a folder is name/**, any depth is **/name`];
}

async function explain(args: readonly string[], io: Io): Promise<number> {
  if (args.length === 0) throw new UsageError('name one or more paths');
  const option = args.find((a) => a.startsWith('-') && a !== '--');
  if (option !== undefined && !args.includes('--')) throw new UsageError(`unknown option '${shown(option)}'`);
  const place = await here(io);
  const nocase = process.platform === 'win32' || process.platform === 'darwin';
  const paths: { given: string; real: string | undefined }[] = [];
  for (const given of args.filter((a) => a !== '--'))
    paths.push({ given, real: await realRepoPath(place.root, path.resolve(io.cwd, given)) });
  const state = await load(
    place,
    paths.flatMap((p) => p.real ?? []),
  );
  if (state.broken)
    io.err(
      `countersign policy: the policy file has errors ('countersign policy validate'); ${state.usingLastGood ? 'its last good version' : 'the built-in default'} is in force\n`,
    );
  for (const { given, real } of paths) {
    if (real === undefined) io.out(`${shown(given)}: outside the repository; no policy applies\n`);
    else {
      const link = path.resolve(io.cwd, given) === path.join(place.root, real) ? '' : `${shown(given)} → `;
      io.out(`${link}${shownLines(explainPath(state.policy, real, { nocase }))}\n`);
    }
  }
  return 0;
}

const shownLines = (text: string): string => text.split('\n').map(shown).join('\n');

async function runTests(args: readonly string[], io: Io): Promise<number> {
  if (args.length > 0) throw new UsageError('policy test takes no arguments');
  const place = await here(io);
  const state = await load(place);
  const errors = state.problems.filter((p) => p.severity === 'error');
  for (const p of errors) io.out(`${shown(p.file)}:${p.line}:${p.column + 1}: error: ${p.message}\n`);
  if (errors.length > 0) return 1;
  let run = 0;
  let failed = 0;
  for (const file of state.files) {
    const base = path.relative(place.root, path.dirname(file)).split(path.sep).join('/');
    // The managed file's examples are its owner's.
    if (base.startsWith('..') || path.isAbsolute(base)) continue;
    const name = base === '' ? policyFileName : `${base}/${policyFileName}`;
    const { tests } = parsePolicy(await fs.readFile(file, 'utf8'), name, { base });
    for (const example of tests) {
      const inRepo = base === '' ? example : { ...example, path: `${base}/${example.path}` };
      const result = await runOne(inRepo, state.policy);
      run++;
      if (!result.ok) failed++;
      io.out(line(name, result));
    }
  }
  if (run === 0)
    io.out(`no examples: add 'tests:' to ${policyFileName}, such as  - { path: infra/main.tf, expect: justify }\n`);
  else io.out(`${run - failed} of ${run} examples hold\n`);
  return failed > 0 ? 1 : 0;
}

function line(file: string, r: ExampleResult): string {
  const what = r.example.name ?? `${r.example.path} by ${r.example.by}`;
  if (r.ok) return `ok    ${shown(what)}: ${r.decision}\n`;
  return `WRONG ${shown(file)}:${r.example.line}: ${shown(what)}: ${r.failures.map(shown).join('; ')}\n`;
}

async function runOne(example: PolicyTest, merged: Policy): Promise<ExampleResult> {
  const verdict = verdictFor(merged, example.path);
  return runExample(example, {
    verdict,
    judge: async (change, by) => {
      const classification = await classifyFile(change, { grammars: createGrammars(), policy: merged });
      const before = splitLines(change.before ?? '');
      const after = splitLines(change.after ?? '');
      const hunks = diffLines(before, after);
      const deleted = hunks.reduce((n, h) => n + h.oldLines, 0);
      const { decision, tier } = evaluate({
        path: change.path,
        verdict,
        classification,
        origins: originsOf(hunks, after.length, by),
        aiDeleted: by.origin === 'ai' ? deleted : 0,
        now: new Date().toISOString(),
        policy: merged,
      });
      return { decision, tier, classification };
    },
  });
}
