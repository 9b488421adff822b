/**
 * Our hook in an agent's own configuration file: merged in, and only our entry taken out. Where nothing else changed
 * the file meanwhile, it gets its old bytes back.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { applyEdits, modify, parse, type ParseError } from 'jsonc-parser';
import { sha256 } from './crypto.ts';
import type { HookRuntime, PlannedChange } from './gitHooks.ts';
import { GuardError } from './guardError.ts';
import { sharedDir, type Repository } from './state.ts';

export interface AgentInstall {
  readonly agent: string;
  /** The file, relative to the work tree. The project's local one: it names a path of this machine. */
  readonly file: string;
  /** Event → matcher; `undefined`: the event has none. */
  readonly events: readonly {
    readonly event: string;
    readonly matcher?: string;
    readonly blocks: boolean;
    readonly timeout: number;
  }[];
}

/** Agents whose hooks we can install. Facts: docs/agents.md. */
export const agentInstalls: readonly AgentInstall[] = [
  {
    agent: 'claude-code',
    file: '.claude/settings.local.json',
    events: [
      { event: 'PreToolUse', matcher: '*', blocks: true, timeout: 20 },
      { event: 'PostToolUse', matcher: '*', blocks: false, timeout: 20 },
      { event: 'PostToolUseFailure', matcher: '*', blocks: false, timeout: 20 },
      { event: 'SessionStart', blocks: false, timeout: 10 },
      { event: 'UserPromptSubmit', blocks: false, timeout: 10 },
    ],
  },
];

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The command line. A hook that cannot start blocks the tool call: `|| exit 2`. */
function commandLine(agent: string, runtime: HookRuntime, blocks: boolean): string {
  const cli = quote(runtime.cli.replaceAll('\\', '/'));
  const fallback = quote(runtime.fallback.replaceAll('\\', '/'));
  const run = `if command -v node >/dev/null 2>&1; then node ${cli} hook ${agent}; else ELECTRON_RUN_AS_NODE=1 ${fallback} ${cli} hook ${agent}; fi`;
  return blocks ? `${run} || exit 2` : run;
}

const isOurCommand = (agent: string, command: unknown): boolean =>
  typeof command === 'string' && command.includes(`/cli.js' hook ${agent}`);

const backupFile = (repo: Repository, file: string): string =>
  path.join(sharedDir(repo), 'agents', `${sha256(`${repo.root}\0${file}`).slice(0, 16)}.json`);

interface Backup {
  /** SHA-256 of what we wrote. */
  readonly written: string;
  /** The text before, base64; `null`: there was no file. */
  readonly before: string | null;
}

/** What installing the hook would write. Empty: it is there. @throws GuardError `broken` when the file is no JSON. */
export async function planAgentInstall(
  repo: Repository,
  install: AgentInstall,
  runtime: HookRuntime,
): Promise<PlannedChange[]> {
  const file = path.join(repo.root, install.file);
  const before = await readOrNull(file);
  const after = withHook(withoutHook(before ?? '{}\n', install, file), install, runtime, file);
  if (before === after) return [];
  const old = await readBackup(repo, install.file);
  // Installed again over our own text: the text from before us is still what counts.
  const original =
    old && before !== null && sha256(before) === old.written
      ? old.before
      : before === null
        ? null
        : Buffer.from(before).toString('base64');
  const backup: Backup = { written: sha256(after), before: original };
  return [
    {
      kind: 'write',
      path: backupFile(repo, install.file),
      text: JSON.stringify(backup) + '\n',
      mode: 0o600,
      why: 'how to undo it',
    },
    { kind: 'write', path: file, text: after, mode: 0o644, why: `the hook of ${install.agent}` },
  ];
}

/** What taking the hook out would write. Empty: there is none. */
export async function planAgentUninstall(repo: Repository, install: AgentInstall): Promise<PlannedChange[]> {
  const file = path.join(repo.root, install.file);
  const now = await readOrNull(file);
  const backup = await readBackup(repo, install.file);
  const changes: PlannedChange[] = backup
    ? [{ kind: 'delete', path: backupFile(repo, install.file), why: 'how to undo it' }]
    : [];
  if (now === null) return changes;
  if (backup && sha256(now) === backup.written) {
    if (backup.before === null)
      return [...changes, { kind: 'delete', path: file, why: 'a file that held nothing but our hook' }];
    const text = Buffer.from(backup.before, 'base64').toString('utf8');
    return [...changes, { kind: 'write', path: file, text, mode: 0o644, why: 'the file as it was' }];
  }
  const after = withoutHook(now, install, file);
  return after === now
    ? changes
    : [...changes, { kind: 'write', path: file, text: after, mode: 0o644, why: 'without our hook' }];
}

/** Whether our hook is in the file, and calls a CLI that exists. */
export async function inspectAgent(repo: Repository, install: AgentInstall): Promise<'active' | 'missing'> {
  const text = await readOrNull(path.join(repo.root, install.file));
  if (text === null) return 'missing';
  return text.includes(`/cli.js' hook ${install.agent}`) ? 'active' : 'missing';
}

type Json = Record<string, unknown>;

function read(text: string, file: string): Json {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  if (errors.length > 0 || typeof value !== 'object' || value === null || Array.isArray(value))
    throw new GuardError('broken', `${file} is not valid JSON; repair it first`);
  return value as Json;
}

function withHook(text: string, install: AgentInstall, runtime: HookRuntime, file: string): string {
  let out = text;
  for (const { event, matcher, blocks, timeout } of install.events) {
    const value = read(out, file);
    const list = (value['hooks'] as Json | undefined)?.[event];
    const entry = {
      ...(matcher !== undefined && { matcher }),
      hooks: [{ type: 'command', command: commandLine(install.agent, runtime, blocks), timeout }],
    };
    const options = { formattingOptions: formatting(out) };
    out = Array.isArray(list)
      ? applyEdits(out, modify(out, ['hooks', event, list.length], entry, { ...options, isArrayInsertion: true }))
      : applyEdits(out, modify(out, ['hooks', event], [entry], options));
  }
  return out;
}

function withoutHook(text: string, install: AgentInstall, file: string): string {
  let out = text;
  const edit = (at: (string | number)[]): void => {
    out = applyEdits(out, modify(out, at, undefined, { formattingOptions: formatting(out) }));
  };
  const hooks = (): Json => {
    const value = read(out, file)['hooks'];
    return typeof value === 'object' && value !== null ? (value as Json) : {};
  };
  let changed = false;
  for (const event of Object.keys(hooks())) {
    const groups = (): unknown[] => (Array.isArray(hooks()[event]) ? (hooks()[event] as unknown[]) : []);
    for (let g = groups().length - 1; g >= 0; g--) {
      const handlers = (group: unknown): unknown[] => {
        const list = (group as { hooks?: unknown } | null)?.hooks;
        return Array.isArray(list) ? list : [];
      };
      const count = handlers(groups()[g]).length;
      for (let h = count - 1; h >= 0; h--) {
        const handler = handlers(groups()[g])[h] as { command?: unknown } | null;
        if (!isOurCommand(install.agent, handler?.command)) continue;
        changed = true;
        if (handlers(groups()[g]).length === 1) edit(['hooks', event, g]);
        else edit(['hooks', event, g, 'hooks', h]);
      }
    }
    if (changed && groups().length === 0 && Array.isArray(hooks()[event])) edit(['hooks', event]);
  }
  if (changed && Object.keys(hooks()).length === 0) edit(['hooks']);
  return out;
}

const formatting = (text: string): { insertSpaces: boolean; tabSize: number; eol: string } => ({
  insertSpaces: !/^\t/m.test(text),
  tabSize: /^ {4}\S/m.test(text) && !/^ {2}\S/m.test(text) ? 4 : 2,
  eol: text.includes('\r\n') ? '\r\n' : '\n',
});

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await fs.readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new GuardError(
      'failed',
      `${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      error,
    );
  }
}

async function readBackup(repo: Repository, file: string): Promise<Backup | undefined> {
  try {
    const value = JSON.parse(await fs.readFile(backupFile(repo, file), 'utf8')) as Partial<Backup>;
    return typeof value.written === 'string' && (value.before === null || typeof value.before === 'string')
      ? (value as Backup)
      : undefined;
  } catch {
    return undefined;
  }
}
