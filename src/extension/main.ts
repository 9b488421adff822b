/** The composition root: makes the parts, top to bottom, and hands them to each other. Nothing here waits. */
import * as vscode from 'vscode';
import { AiKnowledge } from './aiKnowledge.ts';
import { Announcer } from './announcer.ts';
import { ChangesView } from './changesView.ts';
import { ServerClient } from './client.ts';
import { CommitPreview } from './commitPreview.ts';
import { CommitSigning } from './commitSigning.ts';
import { registerCommands } from './commands/register.ts';
import { setContext } from './contextKeys.ts';
import { DiskEvents } from './diskEvents.ts';
import { EditWatcher } from './editWatcher.ts';
import { HooksWatch } from './hooksWatch.ts';
import { Ledger } from './ledger.ts';
import { deferred } from './loadDeferred.ts';
import { createLog, describe } from './log.ts';
import { Marks } from './marks.ts';
import { MissedEdits } from './missedEdits.ts';
import { Notify } from './notify.ts';
import { PolicyService } from './policyService.ts';
import { probeVeto, withProbe } from './probe.ts';
import { SaveGate } from './saveGate.ts';
import { keepSettings, settings } from './settings.ts';
import { SigningKey } from './signingKey.ts';
import { Status } from './status.ts';
import { StrictMode } from './strictMode.ts';
import { registerVeto } from './veto.ts';

/** What is no hurry, in ms after activation: copying the CLI, probing the veto. */
const quietMs = 1500;
/** A restart waits no longer for the verdicts on the last edits. */
const settleMs = 3000;

export function activate(context: vscode.ExtensionContext): void {
  const started = performance.now();
  // First, so that whoever hears of a changed setting reads the new one.
  const kept = keepSettings();
  const log = createLog();
  const notify = new Notify(log);
  const disk = new DiskEvents();
  const client = new ServerClient(context, log);
  const policies = new PolicyService(context, log, disk);
  const missed = new MissedEdits(client);
  const knowledge = new AiKnowledge();
  const hooks = new HooksWatch(log, notify, policies);
  const preview = new CommitPreview(context, log);
  const key = new SigningKey(context);
  const ledger = new Ledger(log, notify, key);
  const signing = new CommitSigning({ log, key, ledger, policies });
  const announcer = new Announcer(knowledge, client, missed);
  const watcher = new EditWatcher({
    log,
    disk,
    send: (edit) => announcer.send(edit),
    mayReadClipboard: () => settings.readClipboard(),
  });
  const gate = new SaveGate({ context, log, notify, client, policies, ledger, knowledge, announcer });
  const strict = new StrictMode(policies, gate, log);
  const services = { context, log, notify, client, policies, preview, ledger, key, gate, strict, watcher, announcer };
  context.subscriptions.push(
    kept,
    log,
    disk,
    client,
    policies,
    missed,
    knowledge,
    watcher,
    gate,
    strict,
    signing,
    preview,
    hooks,
    client.onSummary((summary) => knowledge.onSummary(summary)),
    policies.onFileTouched((uri) => client.policyTouched(uri)),
    registerVeto(withProbe(gate)),
    registerCommands(services),
    new Status({ client, gate, knowledge, policies, strict }),
    new Marks(client, knowledge),
    new ChangesView(client, policies),
  );
  setContext('countersign.active', true);
  log.info(`active after ${(performance.now() - started).toFixed(1)} ms`);

  const later = async (): Promise<void> => {
    client.start({ handOver: (document) => missed.handOver(document), settled: () => watcher.settled(settleMs) });
    await policies.open();
    signing.start();
    await new Promise((resolve) => setTimeout(resolve, quietMs));
    await deferred().copyCli(context, log);
    await preview.start();
    await hooks.start();
    gate.vetoMode = (await probeVeto(context, log)) ? 'veto' : 'restore';
  };
  // No start-up waits for the rest.
  setImmediate(() => void later().catch((error: unknown) => log.error(`start: ${describe(error)}`)));
}
