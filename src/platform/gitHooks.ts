/**
 * Our git hooks beside other people's: planned first (so that the user can see every file), then applied; taken away
 * byte for byte. An existing hook is kept next to ours and runs first; its exit code counts.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { patchConfig } from '../core/provenance/digest.ts';
import {
  configBlock,
  configFile,
  configHookScript,
  editConfig,
  firstWithConfigHooks,
  gitsWithoutConfigHooks,
  gitVersion,
  hasConfigBlock,
  inspectConfigHooks,
  runsConfigHooks,
  withConfigBlock,
} from './configHooks.ts';
import { git, indexArguments, treeArguments } from './git.ts';
import { GuardError } from './guardError.ts';
import { sharedDir, type Repository } from './state.ts';

export const hookNames = ['prepare-commit-msg', 'commit-msg', 'post-commit'] as const;
export type HookName = (typeof hookNames)[number];

export interface HookRuntime {
  /** Absolute path of our `cli.js`. */
  readonly cli: string;
  /** Absolute path of a binary that runs as Node when `node` is not on PATH: VS Code's own, or this very Node. */
  readonly fallback: string;
}

/** One step of a plan, in order. Texts are exact. */
export type PlannedChange =
  | {
      readonly kind: 'write';
      readonly path: string;
      readonly text: string;
      readonly mode: number;
      readonly why: string;
    }
  /** Git's configuration gets this block of ours, or loses it (''). All else in it stays as it is by then. */
  | { readonly kind: 'config'; readonly path: string; readonly text: string; readonly why: string }
  | { readonly kind: 'move'; readonly path: string; readonly to: string; readonly why: string }
  | { readonly kind: 'delete'; readonly path: string; readonly why: string };

/** Where git finds our hooks: in its hooks folder, or (git 2.54) in its configuration. */
export type HookPlace = 'folder' | 'config';
export const hookPlaces: readonly HookPlace[] = ['folder', 'config'];

export interface HookPlan {
  readonly hooksDir: string;
  /** Who else manages hooks here, as far as it can be seen. */
  readonly manager?: string;
  readonly changes: readonly PlannedChange[];
  /** Why the hooks cannot be installed as things are, with the way out; then there are no changes. */
  readonly problems: readonly string[];
  /** What the user should know; nothing to decide. */
  readonly remarks: readonly string[];
}

const marker = '# countersign git hook 1';
const savedSuffix = '.countersign-saved';

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The hook script. POSIX sh; decides without Node where it can. */
export function hookScript(name: HookName, runtime: HookRuntime, saved: 'none' | 'run' | 'source'): string {
  if (/[\n\r\0]/.test(runtime.cli + runtime.fallback))
    throw new GuardError('failed', 'the path of the Countersign CLI holds a line break; move it elsewhere');
  const chain =
    saved === 'none'
      ? ''
      : `# The hook that was here before runs first, and its exit code counts.
saved="$0${savedSuffix}"
if [ -x "$saved" ]; then
  ${saved === 'run' ? '"$saved" "$@" || exit $?' : `sh -c '. "$0${savedSuffix}"' "$0" "$@" || exit $?`}
fi
`;
  return `#!/bin/sh
${marker}: ${name}. Made by 'countersign install --git'; 'countersign uninstall --git' takes it away.
${chain}cli=${quote(runtime.cli.replaceAll('\\', '/'))}
fallback=${quote(runtime.fallback.replaceAll('\\', '/'))}
dir=\${GIT_DIR:-.git}
[ -d "$dir" ] || dir=$(git rev-parse --absolute-git-dir) || exit 0
state=$dir/countersign
export COUNTERSIGN_GIT_DIR="$dir"
mode= stale=
run() {
  [ -f "$cli" ] || return 127
  if command -v node >/dev/null 2>&1; then node "$cli" git-hook "$@"
  elif [ -x "$fallback" ]; then ELECTRON_RUN_AS_NODE=1 "$fallback" "$cli" git-hook "$@"
  else return 127; fi
}
${feeds[name] ?? ''}${bodies[name]}`;
}

/** Git's answers to what every commit needs, got while Node starts. What is odd (a merge, no HEAD) Node asks for itself. */
const feeds: Partial<Readonly<Record<HookName, string>>> = {
  'prepare-commit-msg': `feed() {
  export GIT_OPTIONAL_LOCKS=0 GIT_NO_REPLACE_OBJECTS=1 GIT_DIFF_OPTS= LC_ALL=C
  git config --list -z
  printf '\\0config %s\\n' $?
  git ${[...patchConfig, ...indexArguments].join(' ')} HEAD
  printf 'end %s\\n' $?
}
`,
  // Without an index, of which the next commit may be making another one.
  'post-commit': `feed() {
  export GIT_OPTIONAL_LOCKS=0 GIT_NO_REPLACE_OBJECTS=1 GIT_DIFF_OPTS= LC_ALL=C GIT_INDEX_FILE="$state/no-index"
  echo "$head" | git cat-file --batch
  git ${[...patchConfig, ...treeArguments].join(' ')} "$head^1" "$head"
  printf 'end %s\\n' $?
}
`,
};

const readState = `if [ -r "$state/hook" ]; then
  while read -r kind value; do
    case $kind in
      mode) mode=$value ;;
      file) if [ ! -f "$value" ] || [ "$value" -nt "$state/hook" ]; then stale=1; fi ;;
    esac
  done <"$state/hook"
else stale=1; fi
`;

const finish = `case $? in
  0) exit 0 ;;
  1) exit 1 ;;
  127) why="neither node nor the editor that installed this hook was found; put node on PATH or run 'countersign install --git' again" ;;
  *) why="see the line above" ;;
esac
if [ "$mode" = required ]; then
  echo "countersign: commit refused, because the policy requires a record and none could be made: $why" >&2
  exit 1
fi
`;

const bodies: Readonly<Record<HookName, string>> = {
  'prepare-commit-msg': `msg=$1 source=$2 sha=$3
${readState}[ ! -s "$state/prepared" ] || : >"$state/prepared"
# Nothing pending, no protected path staged, no record to keep: no need to start Node.
case $mode in off | ai-only) quick=1 ;; *) quick= ;; esac
if [ -n "$quick" ] && [ -z "$stale" ] && [ "$source" != commit ] && [ ! -e "$state/pending" ] &&
  [ ! -f "$dir/MERGE_HEAD" ] && [ ! -f "$dir/CHERRY_PICK_HEAD" ] && [ ! -d "$dir/rebase-merge" ]; then
  while IFS= read -r line; do
    case $line in *AI-Provenance:*) quick= && break ;; esac
  done <"$msg"
  # An amended commit may have a record that -m took out of the message.
  args=
  if [ -r "/proc/$PPID/cmdline" ]; then read -r args <"/proc/$PPID/cmdline" 2>/dev/null
  else args=$(ps -o args= -p "$PPID" 2>/dev/null); fi
  # Behind another command than commit (an alias, a rebase) anything may be.
  case $args in *--am*) quick= ;; '' | *commit*) ;; *) quick= ;; esac
  # A file of arguments, since a shell that reads lines reads them byte by byte.
  if [ -n "$quick" ] && [ -r "$state/specs" ]; then
    . "$state/specs"
    ! git diff-index --cached --quiet --ita-invisible-in-index --no-renames --ignore-submodules=none HEAD -- "$@" 2>/dev/null || exit 0
  fi
fi
case $source in
  commit | merge) run prepare-commit-msg "$msg" "$source" "$sha" ;;
  *) feed 2>/dev/null | run prepare-commit-msg --fed "$msg" "$source" "$sha" ;;
esac
${finish}echo "countersign: this commit gets no provenance record: $why" >&2
exit 0
`,
  'commit-msg': `msg=$1 missing=
# What prepare-commit-msg wrote is still there as it was: done.
if [ -s "$state/prepared" ]; then
  status= first= record=
  { read -r status; IFS= read -r first; IFS= read -r record; } <"$state/prepared"
  if [ "$status" = ok ]; then
    [ -n "$record" ] || exit 0
    while IFS= read -r line; do
      [ "$line" != "$record" ] || exit 0
    done <"$msg"
  elif [ "$status" = shown ] && [ -n "$record" ]; then
    found=
    while IFS= read -r line; do
      if [ -n "$line" ]; then found=$line && break; fi
    done <"$msg"
    if [ "$found" != "$first" ] && git interpret-trailers --parse --no-divider <"$msg" 2>/dev/null | grep -qxF -e "$record"; then exit 0; fi
  fi
else missing=1; fi
[ ! -r "$state/hook" ] || read -r kind mode <"$state/hook"
# prepare-commit-msg failed, unless nothing was to be done.
[ -z "$missing" ] || case $mode in record | required | broken) ;; *) exit 0 ;; esac
run commit-msg "$msg"
${finish}exit 0
`,
  'post-commit': `if [ -s "$state/prepared" ]; then : >"$state/prepared"
else [ -e "$state/pending" ] || exit 0; fi
# The commit's name, without a process where it stands in a file.
head=
read -r head <"$dir/HEAD" 2>/dev/null
case $head in "ref: "*)
  ref=\${head#ref: } head=
  [ ! -f "$dir/$ref" ] || read -r head <"$dir/$ref" ;;
esac
case $head in '' | *[!0-9a-f]*) head=$(git rev-parse -q --verify HEAD) || exit 0 ;; esac
# In the background: nobody waits for the bookkeeping.
(feed | run post-commit --fed "$head" &) </dev/null >/dev/null 2>&1
exit 0
`,
};

const isOurs = (text: string): boolean => text.includes(marker);

/** pre-commit keeps the hook that it found under this name, and runs it before its own. */
const legacySuffix = '.legacy';
const isRunByPreCommit = async (file: string, text: string): Promise<boolean> =>
  !isOurs(text) &&
  text.includes('pre-commit') &&
  isOurs((await readText(`${file}${legacySuffix}`)) ?? '') &&
  (await isExecutable(`${file}${legacySuffix}`));

/** The folder that git takes hooks from, `core.hooksPath` included. */
export async function hooksFolder(repo: Repository): Promise<string> {
  const result = await git(['rev-parse', '--git-path', 'hooks'], { cwd: repo.root });
  if (result.code !== 0) throw new GuardError('failed', `git cannot say where hooks are: ${result.stderr.trim()}`);
  return path.resolve(repo.root, result.stdout.toString('utf8').replace(/\r?\n$/, ''));
}

/** What `install --git` would do. Changes nothing. `where`: asked for; else what suits the repository. */
export async function planInstall(repo: Repository, runtime: HookRuntime, where?: HookPlace): Promise<HookPlan> {
  const hooksDir = await hooksFolder(repo);
  const { manager, remarks } = await otherManager(repo, hooksDir);
  const plan = { hooksDir, ...(manager !== undefined && { manager }) };
  const tracked = await isTracked(repo, hooksDir);
  const unwritable = tracked ? undefined : await whyNotWritable(hooksDir);
  const problem = tracked
    ? `git takes its hooks from ${hooksDir}, which is under version control; a hook there would be everybody's. ` +
      `Call ours from your own hooks instead, for each of ${hookNames.join(', ')}: ` +
      `node ${quote(runtime.cli)} git-hook <name> "$@"`
    : unwritable?.why;
  const version = await gitVersion(repo.root);
  const older = await gitsWithoutConfigHooks();
  if (where === 'config' && !runsConfigHooks(version))
    return {
      ...plan,
      changes: [],
      problems: [
        `git ${version} takes no hooks from its configuration; git ${firstWithConfigHooks} is the first that does`,
      ],
      remarks,
    };
  // Nobody else's hooks here: the folder serves every git. No folder at all is how git is told to run no hooks.
  const suits =
    runsConfigHooks(version) &&
    (problem !== undefined
      ? unwritable?.isFolder !== false
      : older.length === 0 && (manager !== undefined || !isOwnFolder(repo, hooksDir)));
  const place: HookPlace = where ?? (suits ? 'config' : 'folder');
  if (place === 'config') {
    // A folder outside may serve other repositories.
    const inside = path.relative(repo.root, hooksDir).startsWith('..') ? [] : [hooksDir];
    const removal = await planRemoval([...inside, path.join(repo.commonDir, 'hooks')]);
    return {
      ...plan,
      changes: [...(await planConfig(repo, runtime)), ...removal.changes],
      problems: [],
      remarks: [
        ...remarks,
        `ours are in git's configuration, and run before those of ${hooksDir}`,
        ...removal.remarks,
        ...older.map(ignores),
      ],
    };
  }
  if (problem !== undefined) return { ...plan, changes: [], problems: [problem], remarks };
  return {
    ...plan,
    changes: [...(await planFolder(hooksDir, runtime)), ...(await planConfigRemoval(repo))],
    problems: [],
    remarks,
  };
}

const ignores = (other: { readonly path: string; readonly version: string }): string =>
  `${other.path} is git ${other.version} and ignores hooks in the configuration: commits made with it get no record`;

const isOwnFolder = (repo: Repository, hooksDir: string): boolean =>
  path.relative(path.join(repo.commonDir, 'hooks'), hooksDir) === '';

async function planConfig(repo: Repository, runtime: HookRuntime): Promise<PlannedChange[]> {
  const changes: PlannedChange[] = [];
  for (const name of hookNames) {
    const file = configHookScript(repo, name);
    const text = hookScript(name, runtime, 'none');
    if ((await readText(file)) !== text || !(await isExecutable(file)))
      changes.push({ kind: 'write', path: file, text, mode: 0o755, why: `the ${name} hook` });
  }
  const block = configBlock(hookNames);
  const text = (await readText(configFile(repo))) ?? '';
  if (withConfigBlock(text, block) !== text)
    changes.push({ kind: 'config', path: configFile(repo), text: block, why: 'names our hooks to git, at the end' });
  return changes;
}

async function planConfigRemoval(repo: Repository): Promise<PlannedChange[]> {
  const changes: PlannedChange[] = [];
  const file = configFile(repo);
  if (hasConfigBlock((await readText(file)) ?? ''))
    changes.push({ kind: 'config', path: file, text: '', why: 'without our hooks' });
  for (const name of hookNames) {
    const script = configHookScript(repo, name);
    if ((await readText(script)) !== undefined)
      changes.push({ kind: 'delete', path: script, why: `our ${name} hook, which the configuration named` });
  }
  return changes;
}

async function planFolder(hooksDir: string, runtime: HookRuntime): Promise<PlannedChange[]> {
  const changes: PlannedChange[] = [];
  for (const name of hookNames) {
    const file = path.join(hooksDir, name);
    const saved = file + savedSuffix;
    const there = await readText(file);
    const kept = await readText(saved);
    if (there !== undefined && (await isRunByPreCommit(file, there))) {
      const moved = `${file}${legacySuffix}`;
      // The hook that ours kept comes along, under the name that ours looks for now.
      if (kept !== undefined)
        changes.push({
          kind: 'move',
          path: saved,
          to: `${moved}${savedSuffix}`,
          why: 'the hook from before, beside ours',
        });
      const before = kept ?? (await readText(`${moved}${savedSuffix}`));
      const text = hookScript(name, runtime, before === undefined ? 'none' : chainOf(before));
      if ((await readText(moved)) !== text || !(await isExecutable(moved)))
        changes.push({ kind: 'write', path: moved, text, mode: 0o755, why: `the ${name} hook, which pre-commit runs` });
      continue;
    }
    if (there !== undefined && !isOurs(there)) {
      // A manager that installed its hooks again left the same one there.
      if (kept === there) changes.push({ kind: 'delete', path: saved, why: 'the same hook, kept before' });
      else if (kept !== undefined)
        changes.push({
          kind: 'move',
          path: saved,
          to: `${saved}.old`,
          why: 'an older hook that something else replaced',
        });
      changes.push({ kind: 'move', path: file, to: saved, why: 'the existing hook, which goes on running first' });
    }
    const before = there !== undefined && !isOurs(there) ? there : kept;
    const text = hookScript(name, runtime, before === undefined ? 'none' : chainOf(before));
    if (there !== text || !(await isExecutable(file)))
      changes.push({ kind: 'write', path: file, text, mode: 0o755, why: `the ${name} hook` });
  }
  return changes;
}

/** What `uninstall --git` would do: hooks as they were before. */
export async function planUninstall(repo: Repository): Promise<HookPlan> {
  const hooksDir = await hooksFolder(repo);
  const { changes, remarks } = await planRemoval([hooksDir, path.join(repo.commonDir, 'hooks')]);
  changes.push(...(await planConfigRemoval(repo)));
  for (const name of ['hook', 'specs', 'prepared', 'source', 'settled', 'hooks-lost'])
    if ((await readText(path.join(repo.gitDir, 'countersign', name))) !== undefined)
      changes.push({
        kind: 'delete',
        path: path.join(repo.gitDir, 'countersign', name),
        why: 'what our hooks remember',
      });
  return { hooksDir, changes, problems: [], remarks };
}

/** Hooks folders as they were before ours. */
async function planRemoval(folders: readonly string[]): Promise<{ changes: PlannedChange[]; remarks: string[] }> {
  const changes: PlannedChange[] = [];
  const remarks: string[] = [];
  for (const folder of new Set(folders))
    for (const name of hookNames) {
      const file = path.join(folder, name);
      const saved = file + savedSuffix;
      const there = await readText(file);
      const kept = await readText(saved);
      if (there !== undefined && isOurs(there)) {
        if (kept === undefined) changes.push({ kind: 'delete', path: file, why: `our ${name} hook` });
        else changes.push({ kind: 'move', path: saved, to: file, why: 'the hook that was there before' });
      } else if (kept !== undefined) {
        if (there === undefined)
          changes.push({ kind: 'move', path: saved, to: file, why: 'the hook that was there before' });
        else if (there === kept) changes.push({ kind: 'delete', path: saved, why: 'the hook that is there again' });
        else remarks.push(`${file} was replaced by something else; the hook from before is still in ${saved}`);
      }
      // Lefthook keeps what it replaces under this name.
      const aside = await readText(`${file}.old`);
      if (aside !== undefined && isOurs(aside))
        changes.push({ kind: 'delete', path: `${file}.old`, why: `our ${name} hook, put aside by something else` });
      const legacy = await readText(`${file}${legacySuffix}`);
      const legacyKept = await readText(`${file}${legacySuffix}${savedSuffix}`);
      if (legacyKept !== undefined)
        changes.push({
          kind: 'move',
          path: `${file}${legacySuffix}${savedSuffix}`,
          to: `${file}${legacySuffix}`,
          why: 'the hook from before, which pre-commit then runs',
        });
      else if (legacy !== undefined && isOurs(legacy))
        changes.push({
          kind: 'delete',
          path: `${file}${legacySuffix}`,
          why: `our ${name} hook, which pre-commit runs`,
        });
      const older = await readText(`${saved}.old`);
      if (older !== undefined && (older === kept || older === there))
        changes.push({ kind: 'delete', path: `${saved}.old`, why: 'the same hook, kept before' });
      else if (older !== undefined) remarks.push(`an older ${name} hook is still in ${saved}.old`);
    }
  return { changes, remarks };
}

/** Carries a plan out. @throws GuardError `not-writable` that names the file. */
export async function applyPlan(plan: Pick<HookPlan, 'changes'>): Promise<void> {
  for (const change of plan.changes) {
    try {
      if (change.kind === 'delete') await fs.rm(change.path, { force: true });
      else if (change.kind === 'move') await fs.rename(change.path, change.to);
      else if (change.kind === 'config') await editConfig(change.path, change.text);
      else {
        await fs.mkdir(path.dirname(change.path), { recursive: true });
        const partial = `${change.path}.${process.pid}.tmp`;
        try {
          await fs.writeFile(partial, change.text, { mode: change.mode });
          await fs.chmod(partial, change.mode);
          await fs.rename(partial, change.path);
        } catch (error) {
          await fs.rm(partial, { force: true }).catch(() => undefined);
          throw error;
        }
      }
    } catch (error) {
      if (GuardError.is(error)) throw error;
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new GuardError('not-writable', `${change.path} cannot be changed: ${code}`, error);
    }
  }
}

export interface HookState {
  readonly hooksDir: string;
  readonly manager?: string;
  readonly hooks: readonly {
    readonly name: HookName;
    /** `ignored`: in the configuration, for a git that takes none from there. `disabled`: switched off there. */
    readonly state: 'active' | 'missing' | 'replaced' | 'not executable' | 'ignored' | 'disabled';
    readonly chained: boolean;
    /** Where the one is that runs. */
    readonly places: readonly HookPlace[];
  }[];
  /** The git that was asked. */
  readonly version: string;
  /** Absolute path named in the hooks, and whether it is there. */
  readonly cli?: string;
  readonly cliExists: boolean;
  readonly remarks: readonly string[];
}

/** What is active. */
export async function inspectHooks(repo: Repository): Promise<HookState> {
  const hooksDir = await hooksFolder(repo);
  const { manager, remarks } = await otherManager(repo, hooksDir);
  const hooks: HookState['hooks'][number][] = [];
  const configured = await inspectConfigHooks(repo, hookNames);
  let cli: string | undefined;
  for (const name of hookNames) {
    const file = path.join(hooksDir, name);
    const text = await readText(file);
    const chained = (await readText(file + savedSuffix)) !== undefined;
    const state =
      text === undefined
        ? 'missing'
        : !isOurs(text)
          ? (await isRunByPreCommit(file, text))
            ? 'active'
            : 'replaced'
          : (await isExecutable(file))
            ? 'active'
            : 'not executable';
    const inFolder = state === 'replaced' && !chained ? 'missing' : state;
    const inConfig = configured?.states.get(name);
    const places = hookPlaces.filter((p) => (p === 'folder' ? inFolder : inConfig) === 'active');
    hooks.push({
      name,
      state: places.length > 0 ? 'active' : inFolder === 'missing' && inConfig !== undefined ? inConfig : inFolder,
      chained: chained && inFolder === 'active',
      places,
    });
    const own =
      inConfig !== undefined && places[0] !== 'folder'
        ? await readText(configHookScript(repo, name))
        : text !== undefined && isOurs(text)
          ? text
          : await readText(`${file}${legacySuffix}`);
    const match = own === undefined || !isOurs(own) ? null : /^cli='(.*)'$/m.exec(own);
    if (match) cli = (match[1] as string).replaceAll("'\\''", "'");
  }
  const cliExists = cli !== undefined && (await readText(cli)) !== undefined;
  if (configured) {
    const older = runsConfigHooks(configured.version) ? await gitsWithoutConfigHooks() : [];
    if (hooks.some((h) => !h.places.includes('folder'))) remarks.push(...older.map(ignores));
  }
  return {
    hooksDir,
    version: configured?.version ?? (await gitVersion(repo.root)),
    ...(manager !== undefined && { manager }),
    hooks,
    ...(cli !== undefined && { cli }),
    cliExists,
    remarks,
  };
}

/**
 * Hooks of ours that something else took away since they last ran here, if that was not said before (by any window):
 * what is returned counts as said. `undefined`: nothing new.
 */
export async function newlyLostHooks(repo: Repository): Promise<
  | {
      readonly lost: readonly HookName[];
      readonly manager?: string;
      /** They are there, for a newer git than this version. */
      readonly ignoredBy?: string;
    }
  | undefined
> {
  const state = path.join(repo.gitDir, 'countersign');
  // What our hooks remember: they ran, and were not uninstalled.
  if ((await readText(path.join(state, 'hook'))) === undefined) return undefined;
  const { hooks, manager, version } = await inspectHooks(repo);
  const inactive = hooks.filter((h) => h.state !== 'active');
  const lost = inactive.map((h) => h.name);
  const file = path.join(state, 'hooks-lost');
  const now = lost.join('\n');
  if (((await readText(file)) ?? '') === now) return undefined;
  if (now === '') await fs.rm(file, { force: true });
  else await fs.writeFile(file, now, { mode: 0o600 });
  if (lost.length === 0) return undefined;
  const isIgnored = inactive.every((h) => h.state === 'ignored');
  return { lost, ...(manager !== undefined && { manager }), ...(isIgnored && { ignoredBy: version }) };
}

/** Who else manages hooks, and what that means for ours. */
async function otherManager(repo: Repository, hooksDir: string): Promise<{ manager?: string; remarks: string[] }> {
  const relative = path.relative(repo.root, hooksDir).replaceAll('\\', '/');
  const has = async (name: string): Promise<boolean> => (await readText(path.join(repo.root, name))) !== undefined;
  const remarks: string[] = [];
  let manager: string | undefined;
  if (relative === '.husky/_' || relative === '.husky') manager = 'husky';
  else if (
    (
      await Promise.all(
        ['lefthook.yml', 'lefthook.yaml', '.lefthook.yml', '.lefthook.yaml', 'lefthook.toml', 'lefthook.json'].map(has),
      )
    ).some(Boolean)
  )
    manager = 'lefthook';
  else if (await has('.pre-commit-config.yaml')) manager = 'pre-commit';
  else if ((await readText(path.join(repo.root, 'package.json')))?.includes('"simple-git-hooks"'))
    manager = 'simple-git-hooks';
  if (manager !== undefined)
    remarks.push(`${manager} manages hooks here. When it installs its hooks again, run 'countersign doctor'`);
  if (!isOwnFolder(repo, hooksDir)) remarks.push(`core.hooksPath is set: hooks come from ${hooksDir}`);
  return { ...(manager !== undefined && { manager }), remarks };
}

async function isTracked(repo: Repository, folder: string): Promise<boolean> {
  const relative = path.relative(repo.root, folder);
  if (relative.startsWith('..') || path.isAbsolute(relative) || relative.split(path.sep)[0] === '.git') return false;
  const result = await git(['ls-files', '-z', '--', `:(top,literal)${relative.replaceAll('\\', '/')}`], {
    cwd: repo.root,
    maxBytes: 8 * 1024 * 1024,
  });
  return result.code === 0 && result.stdout.length > 0;
}

/** A sh script that asks for its own name (husky does) must find it; everything else is run as the program it is. */
function chainOf(text: string): 'run' | 'source' {
  const first = text.split('\n', 1)[0] ?? '';
  const isSh = /^#!\s*(?:\/usr)?\/bin\/(?:env\s+)?sh\b/.test(first);
  return isSh && /\$\{?0/.test(text) ? 'source' : 'run';
}

async function whyNotWritable(folder: string): Promise<{ why: string; isFolder: boolean } | undefined> {
  for (let dir = folder; ; dir = path.dirname(dir)) {
    try {
      const stat = await fs.stat(dir);
      if (!stat.isDirectory()) return { why: `${dir} is no folder; git hooks cannot be put there`, isFolder: false };
      await fs.access(dir, fs.constants.W_OK);
      return undefined;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'ENOENT')
        return {
          why: `${dir} cannot be written (${code ?? String(error)}); make it writable, or set core.hooksPath to a folder that is`,
          isFolder: code !== 'ENOTDIR',
        };
      if (path.dirname(dir) === dir) return { why: `${folder} does not exist`, isFolder: true };
    }
  }
}

async function readText(file: string): Promise<string | undefined> {
  try {
    const stat = await fs.stat(file);
    // Only its presence and its marker matter for a large binary.
    if (stat.isFile()) return await fs.readFile(file, 'latin1');
    return undefined;
  } catch {
    return undefined;
  }
}

async function isExecutable(file: string): Promise<boolean> {
  if (process.platform === 'win32') return true;
  return fs.access(file, fs.constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Takes away all of our state in this repository: log, notes, keys, attribution. */
export async function purgeState(repo: Repository): Promise<void> {
  for (const dir of new Set([path.join(repo.gitDir, 'countersign'), sharedDir(repo)]))
    await fs.rm(dir, { recursive: true, force: true });
}
