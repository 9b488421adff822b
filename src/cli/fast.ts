/**
 * Commands on a hot path (agent hooks, the command guard), in a bundle of their own: an agent calls them
 * hundreds of times in a session, so nothing here may load a parser, the exporters or the server. Each command's
 * modules are set up only when it runs.
 */
import type { Command } from './command.ts';

const lazy = (name: string, summary: string, load: () => Command): Command => ({
  name,
  summary,
  get usage() {
    return load().usage;
  },
  run: (args, io) => load().run(args, io),
});

export const fastCommands: readonly Command[] = [
  lazy(
    'guard',
    'judge shell commands: allow, ask or deny',
    () => (require('./commands/guard.ts') as typeof import('./commands/guard.ts')).guard,
  ),
  lazy(
    'hook',
    "answer an agent's hook call (stdin and stdout in the agent's own protocol)",
    () => (require('./commands/hook.ts') as typeof import('./commands/hook.ts')).hook,
  ),
];
