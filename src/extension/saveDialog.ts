/**
 * Asks a person about saves that are held, and does what they answer: a note first and then the save, the save without
 * the AI's lines, or the text from disk. Failure direction: what can't be recorded is not saved, and the person is told.
 */
import * as vscode from 'vscode';
import { maxTier } from '../core/model.ts';
import { defaultJustification } from '../core/policy/defaults.ts';
import { linearRegex } from '../core/regex.ts';
import * as protocol from '../protocol.ts';
import { digestOf } from './digest.ts';
import type { Grants } from './grants.ts';
import type { HeldSave, HeldSaves } from './heldSaves.ts';
import type { Ledger } from './ledger.ts';
import { describe, type Log } from './log.ts';
import type { Notify } from './notify.ts';
import type { AiKnowledge } from './aiKnowledge.ts';
import type { Announcer } from './announcer.ts';
import type { ServerClient } from './client.ts';
import type { Place, PolicyService } from './policyService.ts';
import { askProhibited, askReason, combine, Reasons, type Answer, type Question } from './savePrompt.ts';
import { wholeOf } from './wholeOf.ts';

/** What the save guard works with. */
export interface SaveGuardParts {
  readonly context: vscode.ExtensionContext;
  readonly log: Log;
  readonly notify: Notify;
  readonly client: ServerClient;
  readonly policies: PolicyService;
  readonly ledger: Ledger;
  readonly knowledge: AiKnowledge;
  readonly announcer: Announcer;
}

/** What the guard does for the dialog. */
export interface SaveDialogGate {
  readonly held: HeldSaves;
  readonly grants: Grants;
  /** Looks at a file again. */
  consider(uri: vscode.Uri): Promise<void>;
  /** Saves what a person agreed to. */
  saveAllowed(held: HeldSave): Promise<boolean>;
  release(key: string): void;
}

export class SaveDialog {
  readonly #parts: SaveGuardParts;
  readonly #gate: SaveDialogGate;
  readonly #reasons: Reasons;
  #asking = false;

  constructor(parts: SaveGuardParts, gate: SaveDialogGate) {
    this.#parts = parts;
    this.#gate = gate;
    this.#reasons = new Reasons(parts.context.workspaceState);
  }

  /** One prompt at a time; saves held meanwhile wait for the next explicit save. */
  async ask(keys: readonly string[]): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const asked = keys.flatMap((k) => this.#gate.held.get(k) ?? []);
      const prohibited = asked.filter((h) => h.decision === 'deny');
      const justifiable = asked.filter((h) => h.decision === 'justify');
      if (prohibited.length > 0) await this.#act(await askProhibited(question(prohibited)), prohibited);
      if (justifiable.length > 0) await this.#askForReason(justifiable);
    } catch (error) {
      this.#parts.log.error(`save prompt: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
      void this.#parts.notify.show(
        'guard.prompt',
        'error',
        vscode.l10n.t('Countersign could not record the justification: {0}', describe(error)),
      );
    } finally {
      this.#asking = false;
    }
  }

  async #askForReason(asked: readonly HeldSave[]): Promise<void> {
    let value = '';
    for (let warning: string | undefined; ;) {
      const now = asked.flatMap((h) => this.#gate.held.get(h.document.uri.toString()) ?? []);
      if (now.length === 0) return;
      const about = question(now);
      const versions = new Map(now.map((h) => [h, versionOf(h)]));
      const answer = await askReason({ ...about, value, ...(warning !== undefined && { warning }) }, this.#reasons);
      if (answer.kind === 'justify') {
        // A reason covers what the person saw. AI lines that came while they wrote ask again.
        for (const h of now) if ('lineCount' in h.document) await this.#parts.knowledge.settle(h.document);
        const changed = now.filter((h) => versions.get(h) !== versionOf(h));
        for (const h of changed) await this.#gate.consider(h.document.uri);
        const grown = changed.some((h) => (this.#gate.held.get(h.document.uri.toString())?.aiLines ?? 0) > h.aiLines);
        if (grown) {
          value = answer.text;
          warning = vscode.l10n.t('More AI lines came in while you wrote. Look again, then press Enter.');
          continue;
        }
      }
      await this.#act(answer, now);
      return;
    }
  }

  async #act(answer: Answer, asked: readonly HeldSave[]): Promise<void> {
    if (answer.kind === 'justify') await this.#accept(answer.text, asked);
    else if (answer.kind === 'without-ai') for (const h of asked) await this.#withoutAi(h);
    else if (answer.kind === 'discard') for (const h of asked) if (h.state === 'held') await this.#discard(h);
  }

  /** The note first, then the save: what reaches the disk is covered. */
  async #accept(text: string, asked: readonly HeldSave[]): Promise<void> {
    const { ledger, client } = this.#parts;
    await this.#reasons.remember(text);
    const places = new Map<Place, HeldSave[]>();
    for (const h of asked) places.set(h.place, [...(places.get(h.place) ?? []), h]);
    for (const [place, files] of places) {
      const about = question(files);
      const ticket = about.rule.ticket === undefined ? undefined : ticketIn(text, about.rule.ticket);
      const texts = files.map((h) => ('lineCount' in h.document ? h.document.getText() : undefined));
      const digests = files.map((h) => ('lineCount' in h.document ? digestOf(h.document) : ''));
      const versions = files.map(versionOf);
      const covers = await Promise.all(
        files.map(async (h, i) => {
          // A notebook's bytes are made by its serializer; they are read back once they are saved.
          const saved = texts[i] ?? (await this.#saveNotebook(h));
          return ledger.coverage(place, h.path, saved, h.aiLines);
        }),
      );
      const note = await ledger.justify(place, {
        text,
        ...(ticket !== undefined && { ticket }),
        expiresMs: about.rule.expiresMs,
        tier: about.tier,
        covers,
      });
      for (const [i, h] of files.entries()) {
        if (!('lineCount' in h.document)) continue;
        this.#gate.grants.give(h.document.uri, {
          note,
          lines: new Set(covers[i]?.added),
          deleted: this.#parts.knowledge.of(h.document).deleted,
          version: versions[i] ?? 0,
          covered: digests[i] ?? '',
        });
      }
    }
    client.notify(protocol.refresh, {});
    for (const h of asked) {
      this.#gate.release(h.document.uri.toString());
      if (h.document.isDirty) await this.#gate.saveAllowed(h);
    }
  }

  /** Strict mode: a reason before the change. The note covers nothing yet; what is saved in its time extends it. */
  async unlock(document: vscode.TextDocument): Promise<boolean> {
    const located = await this.#parts.policies.locate(document.uri);
    if (!located || located.verdict.entries.length === 0) return true;
    if (this.#gate.grants.get(document.uri, located)) return true;
    const rule = located.verdict.justification ?? defaultJustification;
    const about: Question = {
      paths: [located.path],
      entries: located.verdict.entries.map((e) => e.name),
      tier: located.verdict.tier,
      aiLines: 0,
      rule,
      isUnsaved: false,
    };
    const answer = await askReason(about, this.#reasons);
    if (answer.kind !== 'justify') return false;
    await this.#reasons.remember(answer.text);
    const ticket = rule.ticket === undefined ? undefined : ticketIn(answer.text, rule.ticket);
    const covers = await this.#parts.ledger.coverage(located.place, located.path, document.getText(), 0);
    const note = await this.#parts.ledger.justify(located.place, {
      text: answer.text,
      ...(ticket !== undefined && { ticket }),
      expiresMs: rule.expiresMs,
      tier: located.verdict.tier,
      covers: [covers],
    });
    const lines = new Set(covers.added);
    const { version } = document;
    this.#gate.grants.give(document.uri, { note, lines, deleted: 0, version, covered: digestOf(document) });
    return true;
  }

  async #saveNotebook(held: HeldSave): Promise<string> {
    await this.#gate.saveAllowed(held);
    return Buffer.from(await vscode.workspace.fs.readFile(held.document.uri)).toString('utf8');
  }

  async #withoutAi(held: HeldSave): Promise<void> {
    const { document } = held;
    if (!('lineCount' in document)) return;
    const uri = document.uri.toString();
    const answer = await this.#parts.client.request<protocol.WithoutAiResult>(protocol.withoutAi, { uri });
    if (!answer) {
      void vscode.window.showWarningMessage(
        vscode.l10n.t(
          'Which lines are AI lines is known to the language server, which is not running. Nothing was changed.',
        ),
      );
      return;
    }
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, wholeOf(document), answer.text);
    this.#parts.announcer.expectOwn(document);
    await vscode.workspace.applyEdit(edit);
    this.#gate.release(uri);
    // Through the front door: what is left may need a reason of its own.
    await document.save();
  }

  async #discard(held: HeldSave): Promise<void> {
    const { document } = held;
    if ('lineCount' in document) await vscode.window.showTextDocument(document);
    else await vscode.window.showNotebookDocument(document);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    this.#gate.release(document.uri.toString());
  }
}

function question(files: readonly HeldSave[]): Question {
  const rules = files.map((h) => h.located.verdict.justification ?? defaultJustification);
  const entries = new Set(files.flatMap((h) => h.located.verdict.entries.map((e) => e.name)));
  return {
    paths: files.map((h) => h.path),
    entries: [...entries],
    tier: files.map((h) => h.tier).reduce(maxTier),
    aiLines: files.reduce((n, h) => n + h.aiLines, 0),
    rule: combine(rules),
    isUnsaved: files.some((h) => h.state === 'held'),
  };
}

function ticketIn(text: string, pattern: string): string | undefined {
  const [hit] = linearRegex(pattern).find(text);
  return hit && text.slice(hit.start, hit.end);
}

const versionOf = (held: HeldSave): number => held.document.version;
