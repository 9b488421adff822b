/**
 * Offers this window's git hooks the person's signature under commit records, while `countersign.commits.sign` is on.
 * Started after activation. Failure direction: without it records are unsigned, and commits go on.
 */
import * as vscode from 'vscode';
import type { CommitSigner } from '../platform/commitSigner.ts';
import { Disposables } from './disposables.ts';
import type { Ledger } from './ledger.ts';
import { deferred } from './loadDeferred.ts';
import { describe, type Log } from './log.ts';
import type { PolicyService } from './policyService.ts';
import { settings } from './settings.ts';
import type { SigningKey } from './signingKey.ts';

export interface CommitSigningParts {
  readonly log: Log;
  readonly key: SigningKey;
  readonly ledger: Ledger;
  readonly policies: PolicyService;
}

export class CommitSigning extends Disposables {
  readonly #parts: CommitSigningParts;
  #signer: CommitSigner | undefined;
  /** Starts and stops follow each other. */
  #queue: Promise<void> = Promise.resolve();

  constructor(parts: CommitSigningParts) {
    super();
    this.#parts = parts;
  }

  /** Begins to watch the setting and the repositories. */
  start(): void {
    this.own(settings.onDidChange((affects) => affects('commits.sign') && this.#update()));
    this.own(vscode.workspace.onDidGrantWorkspaceTrust(() => this.#update()));
    this.own(this.#parts.policies.onDidChange(() => this.#update()));
    this.own({ dispose: () => this.#enqueue(async () => this.#stop()) });
    this.#update();
  }

  #update(): void {
    this.#enqueue(async () => {
      if (!vscode.workspace.isTrusted || !settings.signCommits()) return this.#stop();
      const { key, ledger, log, policies } = this.#parts;
      if (!this.#signer) {
        const signer = new (deferred().CommitSigner)({
          sign: async (text) => key.sign(text),
          log: (line) => log.info(`commits: ${line}`),
        });
        await signer.listen();
        this.#signer = signer;
        log.info(`commits: signing for git hooks at ${signer.socket}`);
      }
      for (const place of policies.places) {
        if (!place.repository) continue;
        await ledger.publishKey(place);
        await this.#signer.add(place.repository);
      }
    });
  }

  async #stop(): Promise<void> {
    const signer = this.#signer;
    this.#signer = undefined;
    await signer?.dispose();
  }

  #enqueue(step: () => Promise<void>): void {
    this.#queue = this.#queue
      .then(step)
      .catch((error: unknown) => this.#parts.log.error(`commits: records stay unsigned: ${describe(error)}`));
  }
}
