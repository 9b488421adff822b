/** `countersign uninstall`: takes our hooks away, byte for byte. */
import { agentInstalls, planAgentUninstall } from '../../platform/agentConfig.ts';
import { planUninstall, purgeState, type PlannedChange } from '../../platform/gitHooks.ts';
import { UsageError, type Command } from '../command.ts';
import { apply, parseTargets, repositoryAt, show } from './install.ts';

export const uninstall: Command = {
  name: 'uninstall',
  summary: 'take our hooks away again; other hooks stay as they were',
  usage: `usage: countersign uninstall [--git] [--agent NAME]... [--purge] [--dry-run]

  --git          git hooks only
  --agent NAME   the hook of one agent only: ${agentInstalls.map((a) => a.agent).join(', ')}
  --purge        also delete our state in the git folder: audit log, notes, keys, attribution
  --dry-run      show what would be done, and do nothing

Without --git and --agent everything is taken away.
`,
  async run(args, io) {
    const { git, agents, dryRun, purge } = parseTargets(args, 'uninstall');
    const repo = await repositoryAt(io);
    const all = !git && agents.length === 0;
    const changes: PlannedChange[] = [];
    if (git || all) {
      const plan = await planUninstall(repo);
      for (const text of plan.remarks) io.out(`note: ${text}\n`);
      changes.push(...plan.changes);
    }
    for (const agent of all ? agentInstalls.map((a) => a.agent) : agents) {
      const found = agentInstalls.find((a) => a.agent === agent);
      if (!found)
        throw new UsageError(
          `no hook is known for the agent '${agent}'; one of ${agentInstalls.map((a) => a.agent).join(', ')}`,
        );
      changes.push(...(await planAgentUninstall(repo, found)));
    }
    show(changes, repo, io, dryRun);
    if (!dryRun) {
      await apply(changes);
      if (purge) await purgeState(repo);
    }
    if (changes.length === 0) io.out('nothing of ours is installed\n');
    return 0;
  },
};
