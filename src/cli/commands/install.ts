/** `countersign install`: git hooks and agent hooks, merged with what is there. */
import * as path from 'node:path';
import { agentInstalls, planAgentInstall } from '../../platform/agentConfig.ts';
import { findRepository } from '../../platform/git.ts';
import {
  applyPlan,
  hookPlaces,
  planInstall,
  type HookPlace,
  type HookRuntime,
  type PlannedChange,
} from '../../platform/gitHooks.ts';
import { GuardError } from '../../platform/guardError.ts';
import { loadPolicy } from '../../platform/policyFile.ts';
import type { Repository } from '../../platform/state.ts';
import { UsageError, type Command, type Io } from '../command.ts';

export const install: Command = {
  name: 'install',
  summary: 'install the git hooks and the hooks of agents, beside existing ones',
  usage: `usage: countersign install [--git] [--hooks folder|config] [--agent NAME]... [--dry-run]

  --git          hooks for git commits (default when no --agent is given)
  --hooks WHERE  folder: in git's hooks folder, after the hooks that are there. config: in git's configuration,
                 before them (git 2.54 or newer). Without it: config where the folder is another manager's, under
                 version control or not writable, and no older git is on PATH; else folder
  --agent NAME   the hook of an agent: ${agentInstalls.map((a) => a.agent).join(', ')}
  --dry-run      show what would be written, and write nothing

Existing hooks go on running, and their exit codes count. An agent's hook goes into its local
project settings (${agentInstalls.map((a) => a.file).join(', ')}). Installing twice is installing once;
'countersign uninstall' gives back every byte.
`,
  async run(args, io) {
    const { git, agents, dryRun, where } = parseTargets(args, 'install');
    const repo = await repositoryAt(io);
    const runtime: HookRuntime = { cli: ownCli(), fallback: process.execPath };
    const changes: PlannedChange[] = [];
    let problems = 0;
    if (git || agents.length === 0) {
      const plan = await planInstall(repo, runtime, where);
      for (const text of plan.remarks) io.out(`note: ${text}\n`);
      for (const text of plan.problems) {
        io.err(`countersign install: ${text}\n`);
        problems++;
      }
      changes.push(...plan.changes);
    }
    for (const agent of agents) {
      const found = agentInstalls.find((a) => a.agent === agent);
      if (!found)
        throw new UsageError(
          `no hook is known for the agent '${agent}'; one of ${agentInstalls.map((a) => a.agent).join(', ')}`,
        );
      changes.push(...(await planAgentInstall(repo, found, runtime)));
    }
    show(changes, repo, io, dryRun);
    if (dryRun) return problems > 0 ? 1 : 0;
    await apply(changes);
    if ((git || agents.length === 0) && problems === 0) {
      const { policy } = await loadPolicy(repo.root, { commonDir: repo.commonDir });
      if (policy.origin === 'none')
        io.out(
          "note: there is no countersign.yaml yet, so commits get no record; 'countersign policy init' makes one\n",
        );
      else if (policy.commit.trailers === 'off')
        io.out('note: the policy says commit.trailers: off, so commits get no record\n');
    }
    if (changes.length === 0 && problems === 0) io.out('already installed\n');
    return problems > 0 ? 1 : 0;
  },
};

/** The bundle that hooks will call: the very file that runs now. */
const ownCli = (): string => path.resolve(process.argv[1] ?? 'cli.js');

export async function repositoryAt(io: Io): Promise<Repository> {
  const repo = await findRepository(io.cwd);
  if (!repo) throw new UsageError(`${io.cwd} is not in a git work tree; run this inside one`);
  return repo;
}

export function parseTargets(
  args: readonly string[],
  command: string,
): { git: boolean; agents: string[]; dryRun: boolean; purge: boolean; where: HookPlace | undefined } {
  const targets = {
    git: false,
    agents: [] as string[],
    dryRun: false,
    purge: false,
    where: undefined as HookPlace | undefined,
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--git') targets.git = true;
    else if (arg === '--dry-run') targets.dryRun = true;
    else if (arg === '--purge' && command === 'uninstall') targets.purge = true;
    else if (command === 'install' && /^--hooks(?:=|$)/.test(arg)) {
      const given = arg === '--hooks' ? args[++i] : arg.slice('--hooks='.length);
      targets.where = hookPlaces.find((p) => p === given);
      if (targets.where === undefined) throw new UsageError(`--hooks needs one of ${hookPlaces.join(', ')}`);
      targets.git = true;
    } else if (arg === '--agent') {
      const name = args[++i];
      if (name === undefined) throw new UsageError('--agent needs a name');
      targets.agents.push(name);
    } else if (arg.startsWith('--agent=')) targets.agents.push(arg.slice(8));
    else throw new UsageError(`unknown option '${arg}'; 'countersign ${command} --help' lists them`);
  }
  return targets;
}

export function show(changes: readonly PlannedChange[], repo: Repository, io: Io, dryRun: boolean): void {
  const name = (file: string): string => {
    const relative = path.relative(repo.root, file);
    return relative.startsWith('..') ? file : relative;
  };
  const verb = { write: 'write', config: 'change', move: 'move', delete: 'delete' } as const;
  for (const c of changes) {
    io.out(
      `${dryRun ? 'would ' : ''}${verb[c.kind]} ${name(c.path)}${c.kind === 'move' ? ` to ${name(c.to)}` : ''}: ${c.why}\n`,
    );
    if (dryRun && (c.kind === 'write' || (c.kind === 'config' && c.text !== '')))
      io.out(c.text.replace(/^/gm, '  | ').trimEnd() + '\n');
  }
}

export async function apply(changes: readonly PlannedChange[]): Promise<void> {
  try {
    await applyPlan({ changes });
  } catch (error) {
    if (GuardError.is(error)) throw new UsageError(`${error.message}; make it writable and try again`);
    throw error;
  }
}
