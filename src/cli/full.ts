/** All other commands. One file each; one line here. The order is that of `--help`. */
import type { Command } from './command.ts';
import { origin } from './commands/origin.ts';
import { classifyCommand } from './commands/classify.ts';
import { lsp } from './commands/lsp.ts';

export const fullCommands: readonly Command[] = [origin, classifyCommand, lsp];
