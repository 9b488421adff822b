/** The composition root: makes the parts, top to bottom, and hands them to each other. Nothing here waits. */
import * as vscode from 'vscode';
import { AiKnowledge } from './aiKnowledge.ts';
import { Announcer } from './announcer.ts';
import { ChangesView } from './changesView.ts';
import { copyCli } from './cliCopy.ts';
import { ServerClient } from './client.ts';
import { registerCommands } from './commands/index.ts';
import { setContext } from './contextKeys.ts';
import { EditWatcher } from './editWatcher.ts';
import { Ledger } from './ledger.ts';
import { createLog, describe } from './log.ts';
import { Marks } from './marks.ts';
import { Notify } from './notify.ts';
import { PolicyService } from './policyService.ts';
import { probeVeto, withProbe } from './probe.ts';
import { SaveGate } from './saveGate.ts';
import { settings } from './settings.ts';
import { SigningKey } from './signingKey.ts';
import { Status } from './status.ts';
import { StrictMode } from './strictMode.ts';
import { registerVeto } from './veto.ts';

/** What is no hurry, in ms after activation: copying the CLI, probing the veto. */
const quietMs = 1500;

export function activate(context: vscode.ExtensionContext): void {
  const started = performance.now();
  const log = createLog();
  const notify = new Notify(log);
  const client = new ServerClient(context, log);
  const policies = new PolicyService(context, log);
  const knowledge = new AiKnowledge();
  const ledger = new Ledger(log, notify, new SigningKey(context));
  const announcer = new Announcer(knowledge, client);
  const watcher = new EditWatcher({
    log,
    send: (edit) => announcer.send(edit),
    mayReadClipboard: () => settings.readClipboard(),
  });
  const gate = new SaveGate({ context, log, notify, client, policies, ledger, knowledge, announcer });
  const strict = new StrictMode(policies, gate, log);
  const services = { context, log, notify, client, policies, ledger, gate, strict, watcher, announcer };
  context.subscriptions.push(
    log,
    client,
    policies,
    knowledge,
    watcher,
    gate,
    strict,
    client.onSummary((summary) => knowledge.onSummary(summary)),
    registerVeto(withProbe(gate)),
    registerCommands(services),
    new Status({ client, gate, knowledge, policies, strict }),
    new Marks(client, knowledge),
    new ChangesView(client, policies),
  );
  setContext('countersign.active', true);
  log.info(`active after ${(performance.now() - started).toFixed(1)} ms`);

  const later = async (): Promise<void> => {
    client.start();
    await policies.open();
    await new Promise((resolve) => setTimeout(resolve, quietMs));
    await copyCli(context, log);
    gate.vetoMode = (await probeVeto(context, log)) ? 'veto' : 'restore';
  };
  // No start-up waits for the rest.
  setImmediate(() => void later().catch((error: unknown) => log.error(`start: ${describe(error)}`)));
}
