/**
 * The record in the commit box before the commit: on request, or kept up to date while `countersign.commits.preview` is on
 * and the box has a text of the person's. The hooks write the record anyway; what stands in the box is replaced by theirs.
 * Failure direction: without git's extension, or on an error, the box stays as it is.
 */
import * as vscode from 'vscode';
import { Disposables } from './disposables.ts';
import { deferred } from './loadDeferred.ts';
import { describe, type Log } from './log.ts';
import { runCli } from './runCli.ts';
import { settings } from './settings.ts';

/** The part of the git extension's API (version 1) that is used here. */
interface GitRepository {
  readonly rootUri: vscode.Uri;
  readonly inputBox: { value: string };
  readonly state: { readonly onDidChange: vscode.Event<void> };
}
interface GitApi {
  readonly repositories: readonly GitRepository[];
  readonly onDidOpenRepository: vscode.Event<GitRepository>;
  getRepository(uri: vscode.Uri): GitRepository | null;
}

export type PreviewResult = 'shown' | 'none' | 'nothing staged' | 'no git';

const pauseMs = 400;

export class CommitPreview extends Disposables {
  readonly #context: vscode.ExtensionContext;
  readonly #log: Log;
  readonly #timers = new Map<GitRepository, NodeJS.Timeout>();
  readonly #watched = new WeakSet<GitRepository>();

  constructor(context: vscode.ExtensionContext, log: Log) {
    super();
    this.#context = context;
    this.#log = log;
    this.own({ dispose: () => this.#timers.forEach((t) => clearTimeout(t)) });
  }

  /** Begins to keep boxes up to date, as far as the setting says so. */
  async start(): Promise<void> {
    this.own(settings.onDidChange((affects) => affects('commits.preview') && void this.#watch()));
    await this.#watch();
  }

  async #watch(): Promise<void> {
    if (!settings.previewCommits() || !vscode.workspace.isTrusted) return;
    const api = await gitApi();
    if (!api) return;
    const add = (repository: GitRepository): void => {
      if (this.#watched.has(repository)) return;
      this.#watched.add(repository);
      this.own(repository.state.onDidChange(() => this.#soon(repository)));
    };
    this.own(api.onDidOpenRepository(add));
    api.repositories.forEach(add);
  }

  #soon(repository: GitRepository): void {
    if (!settings.previewCommits()) return;
    clearTimeout(this.#timers.get(repository));
    const show = (): void => {
      if (repository.inputBox.value.trim() === '') return;
      void this.#fill(repository).catch((error: unknown) => this.#log.warn(`commit preview: ${describe(error)}`));
    };
    this.#timers.set(repository, setTimeout(show, pauseMs));
  }

  /** Puts the record of what is staged into the commit box of the repository at `root`. */
  async show(root: string): Promise<PreviewResult> {
    const api = await gitApi();
    const repository = api?.getRepository(vscode.Uri.file(root));
    return repository ? this.#fill(repository) : 'no git';
  }

  async #fill(repository: GitRepository): Promise<PreviewResult> {
    const before = repository.inputBox.value;
    await deferred().copyCli(this.#context, this.#log);
    const cli = deferred().cliFile(this.#context);
    const result = await runCli(cli, ['preview', '--message', '-', '--format', 'json'], {
      cwd: repository.rootUri.fsPath,
      input: before,
    });
    if (result.code === 2) throw new Error(result.stderr.trim());
    const made = JSON.parse(result.stdout) as { staged: boolean; message: string; record?: readonly string[] };
    const text = made.message.replace(/\n$/, '');
    // The person typed on meanwhile: the next change brings the next preview.
    if (repository.inputBox.value === before && text !== before.replace(/\n$/, '')) repository.inputBox.value = text;
    if (!made.staged) return 'nothing staged';
    return (made.record ?? []).length > 0 ? 'shown' : 'none';
  }
}

/** The git extension that ships with the editor; a fork may do without, or have it turned off. */
async function gitApi(): Promise<GitApi | undefined> {
  const extension = vscode.extensions.getExtension<{ readonly enabled: boolean; getAPI(version: 1): GitApi }>(
    'vscode.git',
  );
  if (!extension) return undefined;
  const git = extension.isActive ? extension.exports : await extension.activate();
  return git.enabled ? git.getAPI(1) : undefined;
}
