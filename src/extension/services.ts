/** What commands and parts of the extension are given; made once in `main.ts`, passed on as an argument. */
import type * as vscode from 'vscode';
import type { Announcer } from './announcer.ts';
import type { ServerClient } from './client.ts';
import type { CommitPreview } from './commitPreview.ts';
import type { EditWatcher } from './editWatcher.ts';
import type { Ledger } from './ledger.ts';
import type { Log } from './log.ts';
import type { Notify } from './notify.ts';
import type { PolicyService } from './policyService.ts';
import type { SaveGate } from './saveGate.ts';
import type { SigningKey } from './signingKey.ts';
import type { StrictMode } from './strictMode.ts';

export interface Services {
  readonly context: vscode.ExtensionContext;
  readonly log: Log;
  readonly notify: Notify;
  readonly client: ServerClient;
  readonly policies: PolicyService;
  readonly preview: CommitPreview;
  readonly ledger: Ledger;
  readonly key: SigningKey;
  readonly gate: SaveGate;
  readonly strict: StrictMode;
  readonly watcher: EditWatcher;
  readonly announcer: Announcer;
}
