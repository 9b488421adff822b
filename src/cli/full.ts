/** All other commands. One file each; one line here. The order is that of `--help`. */
import type { Command } from './command.ts';
import { keys } from './commands/keys.ts';
import { preview } from './commands/preview.ts';
import { restamp } from './commands/restamp.ts';
import { verify } from './commands/verify.ts';
import { doctor } from './commands/doctor.ts';
import { install } from './commands/install.ts';
import { uninstall } from './commands/uninstall.ts';
import { origin } from './commands/origin.ts';
import { check } from './commands/check.ts';
import { lsp } from './commands/lsp.ts';
import { audit } from './commands/audit.ts';
import { policy } from './commands/policy.ts';
import { status } from './commands/status.ts';
import { why } from './commands/why.ts';
import { resume, stop } from './commands/stop.ts';

export const fullCommands: readonly Command[] = [
  policy,
  audit,
  status,
  install,
  uninstall,
  doctor,
  preview,
  verify,
  restamp,
  keys,
  origin,
  why,
  check,
  lsp,
  stop,
  resume,
];
