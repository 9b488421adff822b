/**
 * Commands on a hot path (agent hooks, git hooks, the command guard), in a bundle of their own: an agent calls them
 * hundreds of times in a session, so nothing here may load a parser, the exporters or the server.
 */
import type { Command } from './command.ts';
import { gitHook } from './commands/gitHook.ts';
import { guard } from './commands/guard.ts';
import { hook } from './commands/hook.ts';

export const fastCommands: readonly Command[] = [gitHook, guard, hook];
