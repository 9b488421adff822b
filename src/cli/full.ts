/** All other commands. One file each; one line here. The order is that of `--help`. */
import type { Command } from './command.ts';
import { doctor } from './commands/doctor.ts';
import { install } from './commands/install.ts';
import { uninstall } from './commands/uninstall.ts';
import { origin } from './commands/origin.ts';
import { classifyCommand } from './commands/classify.ts';
import { lsp } from './commands/lsp.ts';
import { why } from './commands/why.ts';
import { resume, stop } from './commands/stop.ts';

export const fullCommands: readonly Command[] = [install, uninstall, doctor, origin, why, classifyCommand, lsp, stop, resume];
