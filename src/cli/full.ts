/** All other commands. One file each; one line here. The order is that of `--help`. */
import type { Command } from './command.ts';

export const fullCommands: readonly Command[] = [];
