/** The composition root: makes the parts, top to bottom, and hands them to each other. Nothing here waits. */
import * as vscode from 'vscode';
import type { EditOriginParams } from '../protocol.ts';
import * as protocol from '../protocol.ts';
import { AiKnowledge } from './aiKnowledge.ts';
import { ServerClient } from './client.ts';
import { registerCommands } from './commands/index.ts';
import { setContext } from './contextKeys.ts';
import { Ledger } from './ledger.ts';
import { createLog, describe } from './log.ts';
import { Notify } from './notify.ts';
import { PolicyService } from './policyService.ts';
import { SaveGate } from './saveGate.ts';
import { SigningKey } from './signingKey.ts';
import { Status } from './status.ts';
import { registerVeto } from './veto.ts';

export function activate(context: vscode.ExtensionContext): void {
  const started = performance.now();
  const log = createLog();
  const notify = new Notify(log);
  const client = new ServerClient(context, log);
  const policies = new PolicyService(context, log);
  const knowledge = new AiKnowledge();
  const ledger = new Ledger(log, notify, new SigningKey(context));
  const gate = new SaveGate({ context, log, notify, client, policies, ledger, knowledge });
  const services = { context, log, notify, client, policies, ledger, gate };
  const announce = (edit: EditOriginParams): void => {
    knowledge.onEdit(edit);
    client.notify(protocol.editOrigin, edit);
  };
  context.subscriptions.push(
    ...[log, client, policies, knowledge, gate],
    client.onSummary((summary) => knowledge.onSummary(summary)),
    registerVeto(gate),
    registerCommands(services),
    new Status({ client, gate, knowledge, policies }),
  );
  setContext('countersign.active', true);
  log.info(`active after ${(performance.now() - started).toFixed(1)} ms`);
  // The rest is for later: no start-up waits for it.
  setImmediate(() => {
    client.start();
    policies.open().catch((error: unknown) => log.error(`policies: ${describe(error)}`));
  });
  void announce;
}
