/**
 * Notices when something else took our git hooks away (husky, lefthook and others install theirs again), and says so once
 * per loss. Looks after start-up and, now and then, when the window gets the focus.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { Disposables } from './disposables.ts';
import { deferred } from './loadDeferred.ts';
import { describe, type Log } from './log.ts';
import type { Notify } from './notify.ts';
import type { Place, PolicyService } from './policyService.ts';

const pauseMs = 10 * 60_000;

export class HooksWatch extends Disposables {
  readonly #log: Log;
  readonly #notify: Notify;
  readonly #policies: PolicyService;
  #looked = 0;

  constructor(log: Log, notify: Notify, policies: PolicyService) {
    super();
    this.#log = log;
    this.#notify = notify;
    this.#policies = policies;
  }

  async start(): Promise<void> {
    this.own(
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused && Date.now() - this.#looked > pauseMs) void this.look();
      }),
    );
    await this.look();
  }

  /** Looks at all repositories; never rejects. */
  async look(): Promise<void> {
    this.#looked = Date.now();
    if (!vscode.workspace.isTrusted) return;
    for (const place of this.#policies.places)
      await this.#lookAt(place).catch((error: unknown) => this.#log.warn(`hooks of ${place.root}: ${describe(error)}`));
  }

  async #lookAt(place: Place): Promise<void> {
    if (!place.repository) return;
    const found = await deferred().newlyLostHooks(place.repository);
    if (!found) return;
    void this.#notify.show(
      'hooks.lost',
      'warning',
      found.ignoredBy === undefined
        ? vscode.l10n.t(
            "{0} took the place of Countersign's git hooks in {1} ({2}): commits get no provenance record.",
            found.manager ?? vscode.l10n.t('Something else'),
            path.basename(place.root),
            found.lost.join(', '),
          )
        : vscode.l10n.t(
            "git {0} ignores Countersign's git hooks in {1}, which are in git's configuration: commits get no provenance record.",
            found.ignoredBy,
            path.basename(place.root),
          ),
      {
        title: vscode.l10n.t('Put Them Back…'),
        run: () => vscode.commands.executeCommand('countersign.setUp'),
      },
    );
  }
}
