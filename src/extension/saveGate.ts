/**
 * The save guard: an unjustified change to a protected path does not reach the disk. The veto only decides, from
 * memory; the person is asked afterwards, outside the save, and the save is done again on their behalf.
 *
 * Failure direction: open. When we fail ourselves the save goes through, with a notice and an audit event; a person's
 * text is never lost and never locked. The commit hook and the server-side gate come after us.
 */
import * as vscode from 'vscode';
import type { LineOrigin } from '../core/model.ts';
import * as protocol from '../protocol.ts';
import type { AiLines } from './aiKnowledge.ts';
import { digestOf } from './digest.ts';
import { Disposables } from './disposables.ts';
import { EmptyFiles } from './emptyFiles.ts';
import { isHarmless, mayBeTheEditors } from './editorSettings.ts';
import { beyond, Grants } from './grants.ts';
import { HeldSaves, type HeldSave } from './heldSaves.ts';
import { deferred } from './loadDeferred.ts';
import { describe } from './log.ts';
import type { Located } from './policyService.ts';
import { SaveDialog, type SaveGuardParts } from './saveDialog.ts';
import { settings } from './settings.ts';
import { UnwatchedSaves } from './unwatchedSaves.ts';
import type { SaveListener } from './veto.ts';
import { wholeOf } from './wholeOf.ts';

/** A look-up inside a save must not take longer; VS Code gives participants about 1.5 s. */
const lookUpMs = 1000;
/** Save All fires one event per file; one prompt is made for all that arrive so close together. */
const gatherMs = 150;
const summaryMs = 2000;
const settleMs = 50;

const aiLine: LineOrigin = { origin: 'ai', evidence: 'editor' };
const humanLine: LineOrigin = { origin: 'human', evidence: 'editor' };

export class SaveGate extends Disposables implements SaveListener {
  readonly #parts: SaveGuardParts;
  readonly #dialog: SaveDialog;
  readonly #held = this.own(new HeldSaves());
  readonly #grants: Grants;
  readonly #unwatched: UnwatchedSaves;
  readonly #emptyFiles: EmptyFiles;
  /** Saves that we do ourselves, after the person agreed: the one-shot allowance. */
  readonly #allowed = new Set<string>();
  /** Saves that passed the guard and have not arrived yet. */
  readonly #passed = new Set<string>();
  readonly #toAsk = new Set<string>();
  /** Held without being told whether a person or auto-save wanted to save. */
  readonly #guessed = new Set<string>();
  /** Texts whose save was turned into one of the old text (see `insteadOfVeto`). */
  readonly #setAside = new Map<string, { readonly text: string; readonly isAsked: boolean }>();
  /** Digest of the text on disk, per protected document: a change that was taken back by hand needs nothing. */
  readonly #onDisk = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  /** What this host lets us do; `probe.ts` finds out. */
  vetoMode: 'veto' | 'restore' = 'veto';

  readonly onDidChange = this.#held.onDidChange;

  constructor(parts: SaveGuardParts) {
    super();
    this.#parts = parts;
    this.#grants = new Grants(parts.ledger, parts.log);
    this.#dialog = new SaveDialog(parts, {
      held: this.#held,
      grants: this.#grants,
      consider: (uri) => this.#consider(uri),
      saveAllowed: (held) => this.#saveAllowed(held),
      release: (key) => this.#release(key),
    });
    this.#unwatched = new UnwatchedSaves(parts.context.workspaceState);
    this.#emptyFiles = this.own(new EmptyFiles(parts.log));
    this.own(vscode.workspace.onDidSaveTextDocument((d) => void this.#arrived(d)));
    this.own(vscode.workspace.onDidSaveNotebookDocument((d) => void this.#arrived(d)));
    this.own(vscode.workspace.onDidOpenTextDocument((d) => void this.#opened(d)));
    this.own(
      vscode.workspace.onDidCloseTextDocument((d) => {
        this.#release(d.uri.toString());
        this.#onDisk.delete(d.uri.toString());
        this.#unwatched.forget(d.uri);
      }),
    );
    this.own(parts.client.onHealth((health) => health === 'running' && void this.#catchUp()));
    this.own(vscode.workspace.onDidCloseNotebookDocument((d) => this.#release(d.uri.toString())));
    this.own(vscode.workspace.onDidChangeTextDocument((e) => this.#edited(e.document)));
    this.own(
      parts.policies.onDidChange(() => {
        this.#reconsider();
        for (const d of vscode.workspace.textDocuments) void this.#opened(d);
      }),
    );
    this.own({ dispose: () => clearTimeout(this.#timer) });
  }

  get held(): readonly HeldSave[] {
    return this.#held.all;
  }

  holdDocument(
    document: vscode.TextDocument,
    reason: vscode.TextDocumentSaveReason | undefined,
  ): boolean | Promise<boolean> {
    const key = document.uri.toString();
    if (reason !== undefined) {
      // Auto-save on focus change, switched on a moment ago: the guess before it was wrong, and nobody is asked.
      if (this.#guessed.delete(key) && savesOnFocus(document)) this.#toAsk.delete(key);
      return this.#hold(document, reason);
    }
    // The path that does not say why comes first. With auto-save on focus change it leaves the decision to the event
    // that follows, which does: else every click elsewhere would look like a person's save.
    if (savesOnFocus(document)) return false;
    this.#guessed.add(key);
    return this.#hold(document, vscode.TextDocumentSaveReason.Manual);
  }

  holdNotebook(notebook: vscode.NotebookDocument, reason: vscode.TextDocumentSaveReason): boolean | Promise<boolean> {
    return this.#hold(notebook, reason);
  }

  /** Takes the change back during the save, and puts it into the editor again afterwards. */
  insteadOfVeto(document: vscode.TextDocument): Promise<vscode.TextEdit[]> | undefined {
    return this.vetoMode === 'restore' ? this.#takeBack(document) : undefined;
  }

  async #takeBack(document: vscode.TextDocument): Promise<vscode.TextEdit[]> {
    const attempted = document.getText();
    const bytes = await vscode.workspace.fs.readFile(document.uri);
    const onDisk = await vscode.workspace.decode(bytes, { uri: document.uri });
    const key = document.uri.toString();
    this.#setAside.set(key, { text: attempted, isAsked: this.#toAsk.has(key) });
    return [vscode.TextEdit.replace(wholeOf(document), onDisk)];
  }

  /** The save that wrote the old text again is over: the person's text comes back. Its lines keep no better origin. */
  async #bringBack(document: vscode.TextDocument, attempted: string): Promise<void> {
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, wholeOf(document), attempted);
    await vscode.workspace.applyEdit(edit);
    await this.#consider(document.uri);
  }

  /** Asks about these files, or about all that wait; false when none of them needs anything. */
  async justify(uris?: readonly vscode.Uri[]): Promise<boolean> {
    for (const uri of uris ?? []) await this.#consider(uri);
    const keys = (uris ? uris.map((u) => u.toString()) : this.#held.keys).filter((k) => this.#held.get(k));
    if (keys.length > 0) await this.#dialog.ask(keys);
    return keys.length > 0;
  }

  /** A save event: decided now, from memory, wherever possible. */
  #hold(document: HeldSave['document'], reason: vscode.TextDocumentSaveReason): boolean | Promise<boolean> {
    const key = document.uri.toString();
    try {
      if (!document.isDirty || this.#allowed.has(key)) return this.#pass(key);
      const { policies, knowledge } = this.#parts;
      const located = policies.known(document.uri);
      if (!located) return policies.isLocatable(document.uri) ? this.#holdLater(document, reason) : false;
      if (located.verdict.entries.length === 0 || this.#isAsOnDisk(document)) return this.#pass(key);
      if ('lineCount' in document && mayBeTheEditors(document)) return this.#holdLater(document, reason);
      if ('lineCount' in document && !knowledge.isSettled(document) && this.#dependsOnAuthor(document, located))
        return this.#holdLater(document, reason);
      return this.#conclude(document, located, reason);
    } catch (error) {
      return this.#failOpen(document, error);
    }
  }

  /** The path or the latest edit is not known yet: VS Code waits for the promise, up to its own time-out. */
  async #holdLater(document: HeldSave['document'], reason: vscode.TextDocumentSaveReason): Promise<boolean> {
    try {
      const { policies, knowledge } = this.#parts;
      // A host that was blocked for so long sees the time-out before the answer; the name is known all the same.
      const located =
        (await Promise.race([policies.locate(document.uri), later(lookUpMs)])) ?? policies.byName(document.uri);
      if (!located || located.verdict.entries.length === 0) return this.#pass(document.uri.toString());
      if ('lineCount' in document) {
        if (mayBeTheEditors(document) && (await isHarmless(document))) return this.#pass(document.uri.toString());
        await knowledge.settle(document);
      }
      return this.#conclude(document, located, reason);
    } catch (error) {
      return this.#failOpen(document, error);
    }
  }

  /** Where a person has to give a reason as well and has not done so, it does not matter whose the latest edit is. */
  #dependsOnAuthor(document: vscode.TextDocument, located: Located): boolean {
    const { ai, human } = located.verdict;
    return human === 'allow' || ai === 'prohibit' || this.#grants.get(document.uri, located) !== undefined;
  }

  #conclude(document: HeldSave['document'], located: Located, reason: vscode.TextDocumentSaveReason): boolean {
    const key = document.uri.toString();
    const held = this.#judge(document, located, 'held');
    if (!held) return this.#pass(key);
    this.#parts.log.debug(`held ${held.path}, version ${held.version}, save reason ${reason}`);
    const isNew = this.#held.get(key)?.state !== 'held';
    this.#held.keep(key, held);
    if (isNew) {
      void this.#parts.ledger.audit(held.place, {
        event: 'save.blocked',
        subject: { path: held.path, tier: held.tier },
        decision: held.decision,
        reason: held.reason,
      });
    }
    if ('lineCount' in document) this.#emptyFiles.held(document, () => this.#held.get(key)?.state === 'held');
    // Auto-save never nags: the marker stays until the person acts.
    if (reason === vscode.TextDocumentSaveReason.Manual) this.#askSoon(key);
    return true;
  }

  /** What this save needs, `undefined` = nothing. Looks into memory only. */
  #judge(document: HeldSave['document'], located: Located, state: HeldSave['state']): HeldSave | undefined {
    const ai = 'lineCount' in document ? this.#parts.knowledge.of(document) : noAi;
    const grant = this.#grants.get(document.uri, located);
    const fresh = grant ? beyond(grant, ai) : ai;
    const aiCount = fresh.lines.size + (fresh.more ? 1 : 0);
    if (grant && aiCount === 0 && fresh.deleted === 0) return undefined;
    const { decision, tier, reasons } = deferred().evaluate({
      path: located.path,
      verdict: located.verdict,
      // The kind of change is judged by the server and at commit; here the path decides.
      classification: { tier: 'low', changeType: 'feature', findings: [] },
      origins: [{ count: 1, origin: humanLine }, ...(aiCount > 0 ? [{ count: aiCount, origin: aiLine }] : [])],
      aiDeleted: fresh.deleted,
      now: new Date().toISOString(),
      policy: located.place.policy.policy,
    });
    if (decision === 'allow') return undefined;
    return {
      document,
      place: located.place,
      path: located.path,
      located,
      decision,
      tier,
      reason: reasons[0] ?? '',
      aiLines: aiCount,
      version: document.version,
      state,
    };
  }

  /** Remembers what is on disk, of a protected file only. A restored dirty text has no known counterpart. */
  async #opened(document: vscode.TextDocument): Promise<void> {
    const located = await this.#parts.policies.locate(document.uri);
    if (!located || located.verdict.entries.length === 0) return;
    if (document.isDirty) this.#unwatched.remember(document.uri);
    else this.#rememberDisk(document);
    await this.#grants.restore(document, located);
  }

  #rememberDisk(document: HeldSave['document']): void {
    if ('lineCount' in document) this.#onDisk.set(document.uri.toString(), digestOf(document));
  }

  #isAsOnDisk(document: HeldSave['document']): boolean {
    if (!('lineCount' in document)) return false;
    const known = this.#onDisk.get(document.uri.toString());
    return known !== undefined && known === digestOf(document);
  }

  #pass(key: string): false {
    this.#passed.add(key);
    return false;
  }

  #failOpen(document: HeldSave['document'], error: unknown): false {
    const { log, notify, ledger, policies } = this.#parts;
    log.error(`save guard: ${document.uri.path}: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
    const located = policies.known(document.uri);
    if (located) {
      void ledger.audit(located.place, {
        event: 'error',
        subject: { path: located.path },
        reason: `save guard failed open: ${describe(error)}`,
      });
    }
    void notify.show(
      'guard.failed',
      'warning',
      vscode.l10n.t('Countersign could not check a save, so it went through unchecked. The log says why.'),
    );
    return this.#pass(document.uri.toString());
  }

  /** A save reached the disk. */
  async #arrived(document: HeldSave['document']): Promise<void> {
    const key = document.uri.toString();
    this.#unwatched.forget(document.uri);
    const attempted = this.#setAside.get(key);
    if (attempted !== undefined && 'lineCount' in document) {
      this.#setAside.delete(key);
      await this.#bringBack(document, attempted.text);
      if (attempted.isAsked) this.#askSoon(key);
      return;
    }
    const passed = this.#passed.delete(key);
    const before = this.#held.get(key);
    // Ctrl+S once more does not justify what came past us.
    if (before?.state === 'bypassed' && this.#isAsOnDisk(document)) return;
    this.#release(key);
    const located = this.#parts.policies.known(document.uri) ?? (await this.#parts.policies.locate(document.uri));
    if (!located || located.verdict.entries.length === 0) return;
    this.#rememberDisk(document);
    try {
      if (!passed) {
        const bypassed = this.#judge(document, located, 'bypassed');
        const how = before ? 'although the save was stopped' : 'without asking save participants';
        if (bypassed) return await this.#bypassed(key, bypassed, `saved ${how}`);
      }
      await this.#extend(document, located);
    } catch (error) {
      this.#parts.log.error(`after saving ${located.path}: ${describe(error)}`);
    }
  }

  /** Backstop: a save that skipped the participants, or a veto that the host did not honour. */
  async #bypassed(key: string, bypassed: HeldSave, reason: string): Promise<void> {
    this.#held.keep(key, bypassed);
    await this.#parts.ledger.audit(bypassed.place, {
      event: 'save.bypassed',
      subject: { path: bypassed.path, tier: bypassed.tier },
      decision: bypassed.decision,
      reason,
    });
  }

  /** What was written while this host was not there, once the server can say what is in it. */
  async #catchUp(): Promise<void> {
    const isUnsaved = (uri: vscode.Uri): boolean =>
      vscode.workspace.textDocuments.some((d) => d.isDirty && d.uri.toString() === uri.toString());
    try {
      for (const uri of await this.#unwatched.take(isUnsaved)) {
        const found = await this.#onDiskUnjustified(uri);
        if (found) await this.#bypassed(uri.toString(), found, 'written while Countersign was not running');
      }
    } catch (error) {
      this.#parts.log.error(`saves before the start: ${describe(error)}`);
    }
  }

  /** A save by hand inside a note's time: covered silently by a signed note that extends it. */
  async #extend(document: HeldSave['document'], located: Located): Promise<void> {
    const grant = this.#grants.get(document.uri, located);
    if (!grant || !('lineCount' in document)) return;
    const text = document.getText();
    const digest = digestOf(document);
    if (digest === grant.covered) return;
    grant.covered = digest;
    const { ledger, knowledge } = this.#parts;
    const aiLines = knowledge.of(document).lines.size;
    await ledger.justify(located.place, {
      text: grant.note.text,
      ...(grant.note.ticket !== undefined && { ticket: grant.note.ticket }),
      expiresMs: Math.max(0, Date.parse(grant.note.expires) - Date.now()),
      tier: grant.note.tier,
      covers: [await ledger.coverage(located.place, located.path, text, aiLines)],
      extends: grant.note.id,
    });
    this.#parts.client.notify(protocol.refresh, {});
  }

  #edited(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    // Undone, reverted or read again from disk: nothing waits any more. Looked at later, because `isDirty` is still
    // false inside the first change event after a clean state.
    if (this.#onDisk.has(key)) {
      if (document.isDirty) this.#unwatched.remember(document.uri);
      setTimeout(() => {
        if (document.isDirty || document.isClosed) return;
        this.#unwatched.forget(document.uri);
        this.#rememberDisk(document);
        // Asked for now: a save that came past us meanwhile stays on show.
        if (this.#held.get(key)?.state === 'held') this.#release(key);
      }, settleMs);
    }
    if (!this.#held.get(key) && settings.autoSaveWhenNoErrors(document.uri)) this.#markEarly(document);
  }

  /** With `files.autoSaveWhenNoErrors` an error keeps auto-save away even while this host is busy. */
  #markEarly(document: vscode.TextDocument): void {
    const located = this.#parts.policies.known(document.uri);
    if (!located || located.verdict.entries.length === 0) return;
    setTimeout(() => {
      if (!document.isDirty || this.#allowed.has(document.uri.toString())) return;
      const held = this.#judge(document, located, 'held');
      if (held) this.#held.keep(document.uri.toString(), held);
    }, settleMs);
  }

  #release(key: string): void {
    this.#toAsk.delete(key);
    this.#guessed.delete(key);
    this.#held.release(key);
  }

  /** The policy changed: what waits may not have to, and the other way round. */
  #reconsider(): void {
    for (const held of this.#held.all) {
      const key = held.document.uri.toString();
      const located = this.#parts.policies.known(held.document.uri);
      const now = located && this.#judge(held.document, located, held.state);
      if (now) this.#held.keep(key, now);
      else this.#release(key);
    }
  }

  /** Looks at a file that nobody is saving right now: its unsaved change, or what an agent has put on disk. */
  async #consider(uri: vscode.Uri): Promise<void> {
    const { policies, knowledge } = this.#parts;
    const located = await policies.locate(uri);
    if (!located || located.verdict.entries.length === 0) return;
    const document = await vscode.workspace.openTextDocument(uri);
    if (document.isDirty) {
      await knowledge.settle(document);
      const held = this.#judge(document, located, 'held');
      if (held) this.#held.keep(uri.toString(), held);
      return;
    }
    const found = await this.#onDiskUnjustified(uri);
    if (found) this.#held.keep(uri.toString(), found);
  }

  /** What a file on disk still needs, as the server sees it. */
  async #onDiskUnjustified(uri: vscode.Uri): Promise<HeldSave | undefined> {
    const { policies, knowledge, client } = this.#parts;
    const located = await policies.locate(uri);
    if (!located || located.verdict.entries.length === 0) return undefined;
    const document = await vscode.workspace.openTextDocument(uri);
    if (client.health === 'running' && knowledge.summary(uri)?.version !== document.version)
      await knowledge.nextSummary(uri, summaryMs);
    const summary = knowledge.summary(uri);
    if (!summary || summary.decision === 'allow') return undefined;
    return {
      document,
      place: located.place,
      path: located.path,
      located,
      decision: summary.decision,
      tier: summary.tier,
      reason: vscode.l10n.t('{0} is protected', located.verdict.entries[0]?.name ?? located.path),
      aiLines: summary.ai + summary.unknown,
      version: document.version,
      state: 'bypassed',
    };
  }

  #askSoon(key: string): void {
    this.#toAsk.add(key);
    clearTimeout(this.#timer);
    // A busy host runs a timer that is due before the messages that wait; one turn more lets them in.
    this.#timer = setTimeout(() => setImmediate(() => this.#askNow()), gatherMs);
  }

  #askNow(): void {
    // Auto-save that has just been switched on saves everything once, before its setting arrives here.
    const wanted = [...this.#toAsk].filter((k) => {
      const document = this.#held.get(k)?.document;
      return document && !(this.#guessed.has(k) && savesOnFocus(document));
    });
    this.#toAsk.clear();
    if (wanted.length > 0) void this.#dialog.ask(wanted);
  }

  /** Strict mode: a reason before the change; false when there is none. */
  async unlock(document: vscode.TextDocument): Promise<boolean> {
    return this.#dialog.unlock(document);
  }

  /** Whether the person has given a reason for this file that is still good. */
  isGranted(uri: vscode.Uri, located: Located): boolean {
    return this.#grants.get(uri, located) !== undefined;
  }

  async #saveAllowed(held: HeldSave): Promise<boolean> {
    const key = held.document.uri.toString();
    this.#allowed.add(key);
    try {
      return await held.document.save();
    } finally {
      this.#allowed.delete(key);
    }
  }
}

const noAi: AiLines = { lines: new Set(), more: false, lastEdit: 0, deleted: 0 };

function savesOnFocus(document: HeldSave['document']): boolean {
  const mode = settings.autoSave(document.uri);
  return mode === 'onFocusChange' || mode === 'onWindowChange';
}

const later = async (ms: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
