/**
 * What the extension writes down: audit events, and a person's signed notes. Failure direction: a record that cannot
 * be written is logged and said once; the person's work is never held up by it.
 */
import * as os from 'node:os';
import * as vscode from 'vscode';
import type { AuditInput } from '../core/audit/model.ts';
import { canonicalNote, type Coverage, type Justification } from '../core/justification.ts';
import { canonicalMark, type LineMark } from '../core/attribution/mark.ts';
import type { Tier } from '../core/model.ts';
import { auditDir } from '../platform/state.ts';
import { deferred } from './loadDeferred.ts';
import { describe, type Log } from './log.ts';
import type { Notify } from './notify.ts';
import type { Place } from './policyService.ts';
import type { SigningKey } from './signingKey.ts';

export interface NewNote {
  readonly text: string;
  readonly ticket?: string;
  readonly expiresMs: number;
  readonly tier: Tier;
  readonly covers: readonly Coverage[];
  readonly extends?: string;
}

export class Ledger {
  readonly #log: Log;
  readonly #notify: Notify;
  readonly #key: SigningKey;
  readonly #people = new Map<string, Promise<string>>();

  constructor(log: Log, notify: Notify, key: SigningKey) {
    this.#log = log;
    this.#notify = notify;
    this.#key = key;
  }

  /** Appends audit events. Nothing is recorded in Restricted Mode. */
  async audit(place: Place, ...inputs: Omit<AuditInput, 'door' | 'actor' | 'policy'>[]): Promise<void> {
    if (!vscode.workspace.isTrusted) return;
    try {
      const id = (await this.person(place)) || os.userInfo().username;
      await deferred().appendAudit(
        auditDir(place.dirs),
        inputs.map((i) => ({ ...i, door: 'editor', actor: { kind: 'human', id }, policy: place.policy.digest })),
      );
    } catch (error) {
      this.#log.error(`audit log of ${place.root}: ${describe(error)}`);
      void this.#notify.show(
        'audit.failed',
        'warning',
        vscode.l10n.t('Countersign could not write to the audit log: {0}', describe(error)),
      );
    }
  }

  /** Git's e-mail of the person, '' where git has none. */
  async person(place: Place): Promise<string> {
    if (!place.repository) return '';
    let email = this.#people.get(place.root);
    if (!email) {
      email = deferred()
        .git(['config', '--get', 'user.email'], { cwd: place.root })
        .then(
          (r) => (r.code === 0 ? r.stdout.toString().trim() : ''),
          () => '',
        );
      this.#people.set(place.root, email);
    }
    return email;
  }

  /** Signs and appends a note. Rejects when it can't be signed or written: without a note nothing is justified. */
  async justify(place: Place, note: NewNote): Promise<Justification> {
    const now = Date.now();
    const unsigned: Justification = {
      version: 1,
      id: crypto.randomUUID(),
      text: note.text,
      ...(note.ticket !== undefined && { ticket: note.ticket }),
      by: await this.person(place),
      at: new Date(now).toISOString(),
      expires: new Date(now + note.expiresMs).toISOString(),
      tier: note.tier,
      policy: place.policy.digest,
      covers: note.covers,
      via: 'editor',
      ...(note.extends !== undefined && { extends: note.extends }),
    };
    const signed: Justification = { ...unsigned, ...(await this.#key.sign(canonicalNote(unsigned))) };
    await this.publishKey(place);
    await deferred().appendNote(place.dirs, signed);
    await this.audit(place, {
      event: 'justification',
      subject: {
        note: signed.id,
        tier: note.tier,
        ...(note.covers.length === 1 && { path: note.covers[0]?.path ?? '' }),
      },
      decision: 'allow',
      ...(note.extends === undefined && { reason: note.text }),
    });
    return signed;
  }

  /** Signs and appends a person's word on lines; its id. Rejects when it can't be signed or written. */
  async mark(place: Place, path: string, as: LineMark['as'], lines: readonly string[]): Promise<string> {
    const unsigned: LineMark = {
      version: 1,
      id: crypto.randomUUID(),
      path,
      as,
      lines: [...new Set(lines.map(deferred().noteLineHash))],
      by: await this.person(place),
      at: new Date().toISOString(),
    };
    const signed: LineMark = { ...unsigned, ...(await this.#key.sign(canonicalMark(unsigned))) };
    await this.publishKey(place);
    await deferred().appendMark(place.dirs, signed);
    await this.audit(place, {
      event: 'edit',
      subject: { path, origin: as },
      reason: `a person marked ${lines.length} line(s) as ${as === 'ai' ? 'AI' : 'their own'}`,
    });
    return signed.id;
  }

  /** Puts the public half of the signing key where hooks and gates find it. */
  async publishKey(place: Place): Promise<void> {
    const pair = await this.#key.pair();
    if (Object.hasOwn(await deferred().readKeys(place.dirs), pair.id)) return;
    await deferred().addKey(place.dirs, { publicKey: pair.publicKey, by: await this.person(place) });
  }

  /** This person's notes about a path that are still good, newest first. */
  async ownNotes(place: Place, path: string): Promise<readonly Justification[]> {
    const keys = this.#key.own();
    const now = new Date().toISOString();
    const notes = await deferred().readNotes(place.dirs);
    const { isValidNote } = deferred();
    return notes.filter((n) => n.covers.some((c) => c.path === path) && isValidNote(n, keys, now)).reverse();
  }

  /** What a note covers of a text, against HEAD. */
  async coverage(place: Place, path: string, text: string, aiLines: number): Promise<Coverage> {
    return deferred().coverageOf(place.repository, path, text, aiLines);
  }
}
