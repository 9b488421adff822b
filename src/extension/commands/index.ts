/** The registry of commands. The order is that of the documentation. */
import { acceptInlineSuggestion } from './acceptInlineSuggestion.ts';
import type { Command } from './command.ts';
import { exportAudit } from './exportAudit.ts';
import { ignoreFinding } from './ignoreFinding.ts';
import { installAgentHooks } from './installAgentHooks.ts';
import { justify } from './justify.ts';
import { markAsAi } from './markAsAi.ts';
import { markAsMine } from './markAsMine.ts';
import { openPolicy } from './openPolicy.ts';
import { remove } from './remove.ts';
import { previewRecord } from './previewRecord.ts';
import { replaceKey } from './replaceKey.ts';
import { restartServer } from './restartServer.ts';
import { setUp } from './setUp.ts';
import { showChanges } from './showChanges.ts';
import { showLog } from './showLog.ts';
import { showMenu } from './showMenu.ts';
import { simulate } from './simulate.ts';
import { verifyAudit } from './verifyAudit.ts';
import { why } from './why.ts';

export const commands: readonly Command[] = [
  setUp,
  remove,
  installAgentHooks,
  simulate,
  showChanges,
  why,
  markAsAi,
  markAsMine,
  justify,
  ignoreFinding,
  openPolicy,
  exportAudit,
  verifyAudit,
  previewRecord,
  replaceKey,
  acceptInlineSuggestion,
  showMenu,
  restartServer,
  showLog,
];
