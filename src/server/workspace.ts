/**
 * Folders → roots: a repository (or a plain folder) with its policy, journal, notes and baselines, kept fresh by
 * watching its state. Fails towards "unknown" and the default policy; never throws out of a watcher.
 */
import { watch, type FSWatcher } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { Justification } from '../core/justification.ts';
import { splitLines } from '../core/hunks.ts';
import { toRepoPath } from '../core/paths.ts';
import { verdictFor } from '../core/policy/index.ts';
import { allRules } from '../core/rules/index.ts';
import type { PathVerdict } from '../core/policy/model.ts';
import { openAttribution, type AttributionStore } from '../platform/attribution.ts';
import { sha256 } from '../platform/crypto.ts';
import { findRepository, git, showFile } from '../platform/git.ts';
import { readKeys, type Keys } from '../platform/keys.ts';
import { coveredBy, readNotes } from '../platform/notes.ts';
import { loadPolicy, policyFileName, realRepoPath, type PolicyState } from '../platform/policyFile.ts';
import {
  auditDir,
  keysFile,
  managedPolicyFile,
  notesFile,
  pendingDir,
  sharedDir,
  type Repository,
} from '../platform/state.ts';
import { IgnoredFindings } from './ignored.ts';
import type { Baseline } from './judge.ts';
import type { Log } from './log.ts';
import { decodeText } from './text.ts';

export interface WorkspaceOptions {
  /** Where state of folders without git goes; absent: such state is not kept. */
  readonly storage?: string;
  /** False in Restricted Mode: no git process, nothing of the repository's is run. */
  readonly trusted: boolean;
  readonly managedPolicy?: string;
}

export type RootChange =
  | { readonly kind: 'policy' }
  | { readonly kind: 'head' }
  | { readonly kind: 'notes' }
  | { readonly kind: 'journal'; readonly paths: ReadonlySet<string> };

const nocase = process.platform === 'win32' || process.platform === 'darwin';

/** Baselines kept in memory: texts of HEAD, newest used last. */
const maxBaselineChars = 24 * 1024 * 1024;

export class Root {
  readonly dir: string;
  readonly repo: Repository | undefined;
  readonly store: AttributionStore | undefined;
  readonly ignored: IgnoredFindings;
  /** Folder of the audit log; absent where no state is kept. */
  readonly auditDir: string | undefined;
  /** Our own state of this work tree; absent where no state is kept. */
  readonly stateDir: string | undefined;
  policy: PolicyState;
  readonly #options: WorkspaceOptions;
  readonly #log: Log;
  readonly #changed: (root: Root, change: RootChange) => void;
  readonly #closers: (() => void)[] = [];
  readonly #watched = new Set<string>();
  readonly #folders = new Set<string>(['']);
  readonly #checkedFolders = new Set<string>(['']);
  readonly #baselines = new Map<string, Promise<Baseline>>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #baselineChars = 0;
  #head: string | undefined;
  #notes: readonly Justification[] = [];
  #keys: Keys = {};
  #lastPoll = 0;
  #disposed = false;

  private constructor(
    dir: string,
    repo: Repository | undefined,
    policy: PolicyState,
    options: WorkspaceOptions,
    log: Log,
    changed: (root: Root, change: RootChange) => void,
  ) {
    this.dir = dir;
    this.repo = repo;
    this.policy = policy;
    this.#options = options;
    this.#log = log;
    this.#changed = changed;
    const own = options.storage === undefined ? undefined : path.join(options.storage, sha256(dir).slice(0, 16));
    this.store = repo ? openAttribution(repo) : own === undefined ? undefined : openAttribution({ dir: own });
    this.auditDir = repo ? auditDir(repo) : own === undefined ? undefined : path.join(own, 'audit');
    this.stateDir = repo ? pendingDir(repo) : own;
    this.ignored = new IgnoredFindings(repo ? sharedDir(repo) : own);
  }

  static async open(
    dir: string,
    repo: Repository | undefined,
    options: WorkspaceOptions,
    log: Log,
    changed: (root: Root, change: RootChange) => void,
  ): Promise<Root> {
    const root = new Root(
      dir,
      repo,
      await loadPolicy(dir, Root.#loadOptions(repo, options, [])),
      options,
      log,
      changed,
    );
    await Promise.all([root.#readHead(), root.#readNotes(), root.ignored.read()]);
    root.#watchAll();
    return root;
  }

  static #loadOptions(repo: Repository | undefined, options: WorkspaceOptions, folders: readonly string[]) {
    return {
      folders,
      knownRules: allRules().map((r) => r.id),
      ...(repo && { commonDir: repo.commonDir }),
      ...(options.managedPolicy !== undefined && { managedFile: options.managedPolicy }),
    };
  }

  /** The repository path of a file, links followed; `undefined` when it lies elsewhere. */
  async pathOf(file: string): Promise<string | undefined> {
    const real = await realRepoPath(this.dir, file);
    if (real === undefined || real === '') return undefined;
    await this.#noticeFolders(real);
    return real;
  }

  verdict(repoPath: string): PathVerdict {
    return verdictFor(this.policy.policy, repoPath, { nocase });
  }

  /** The note that covers these changed lines (texts) of a file, if a person wrote one. */
  covered(verdict: PathVerdict, added: readonly string[], deleted: readonly string[]): Justification | undefined {
    const file = verdict.path;
    const notes = this.#notes.filter((n) => n.covers.some((c) => c.path === file));
    if (notes.length === 0) return undefined;
    return coveredBy(notes, this.#keys, {
      path: file,
      added,
      deleted,
      now: new Date().toISOString(),
      rule: verdict.justification,
    });
  }

  /** HEAD's text. Outside git: absent, the document brings its own. */
  baseline(repoPath: string): Promise<Baseline | undefined> {
    if (!this.repo) return Promise.resolve(undefined);
    let found = this.#baselines.get(repoPath);
    if (!found) {
      found = this.#readBaseline(this.repo, repoPath);
      this.#baselines.set(repoPath, found);
      found.catch(() => this.#baselines.delete(repoPath));
    }
    return found;
  }

  async #readBaseline(repo: Repository, repoPath: string): Promise<Baseline> {
    const head = this.#head;
    if (head === undefined) return { text: null, lines: [] };
    const bytes = await showFile(repo, head, repoPath);
    const text = bytes === null ? null : (decodeText(bytes) ?? '');
    this.#baselineChars += text?.length ?? 0;
    if (this.#baselineChars > maxBaselineChars) {
      // Cheap and rare: what is still open asks again.
      this.#baselines.clear();
      this.#baselineChars = 0;
    }
    return { text, lines: text === null ? [] : splitLines(text) };
  }

  /** Looks again at what a watcher may have missed; at most every two seconds. */
  async poll(force = false): Promise<void> {
    const now = Date.now();
    if (!force && now - this.#lastPoll < 2000) return;
    this.#lastPoll = now;
    this.#watchAll();
    await this.#headMayHaveChanged();
    if (force) {
      await this.reloadPolicy();
      await this.#notesMayHaveChanged();
    }
  }

  async reloadPolicy(): Promise<void> {
    const next = await loadPolicy(
      this.dir,
      Root.#loadOptions(
        this.repo,
        this.#options,
        [...this.#folders].filter((f) => f !== ''),
      ),
    );
    if (this.#disposed) return;
    const same =
      next.digest === this.policy.digest && JSON.stringify(next.problems) === JSON.stringify(this.policy.problems);
    this.policy = next;
    if (!same) this.#emit({ kind: 'policy' });
  }

  /** A file with the policy's name came, changed or went. */
  async policyFileTouched(file: string): Promise<void> {
    const folder = toRepoPath(this.dir, path.dirname(file), { windows: process.platform === 'win32' });
    if (folder === undefined) return;
    this.#folders.add(folder);
    await this.reloadPolicy();
  }

  /** Who records a person's word: git's user, '' where git has none or may not run. */
  async user(): Promise<string> {
    if (!this.repo) return '';
    const { code, stdout } = await git(['config', '--get', 'user.email'], { cwd: this.dir });
    return code === 0 ? stdout.toString('utf8').trim() : '';
  }

  dispose(): void {
    this.#disposed = true;
    for (const close of this.#closers) close();
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  //#region Keeping fresh

  #emit(change: RootChange): void {
    if (!this.#disposed) this.#changed(this, change);
  }

  async #noticeFolders(repoPath: string): Promise<void> {
    const found: string[] = [];
    for (
      let dir = path.posix.dirname(repoPath);
      dir !== '.' && !this.#checkedFolders.has(dir);
      dir = path.posix.dirname(dir)
    ) {
      this.#checkedFolders.add(dir);
      if (
        await fs.lstat(path.join(this.dir, dir, policyFileName)).then(
          () => true,
          () => false,
        )
      )
        found.push(dir);
    }
    if (found.length === 0) return;
    for (const dir of found) {
      this.#folders.add(dir);
      this.#watchDir(
        path.join(this.dir, dir),
        (name) => name === policyFileName,
        'policy',
        () => this.reloadPolicy(),
      );
    }
    await this.reloadPolicy();
  }

  #watchAll(): void {
    this.#watchDir(
      this.dir,
      (name) => name === policyFileName,
      'policy',
      () => this.reloadPolicy(),
    );
    const managed = this.#options.managedPolicy ?? managedPolicyFile();
    this.#watchDir(
      path.dirname(managed),
      (name) => name === path.basename(managed),
      'policy',
      () => this.reloadPolicy(),
    );
    if (this.store && !this.#watched.has('journal')) {
      this.#watched.add('journal');
      const watching = this.store.watch((paths) => this.#emit({ kind: 'journal', paths }));
      this.#closers.push(() => watching.dispose());
    }
    if (!this.repo) return;
    const { gitDir } = this.repo;
    const moved = /^(?:HEAD|ORIG_HEAD|COMMIT_EDITMSG|index|packed-refs)$/;
    this.#watchDir(
      gitDir,
      (name) => moved.test(name),
      'head',
      () => this.#headMayHaveChanged(),
    );
    const state = new Set([
      path.basename(notesFile(this.repo)),
      path.basename(keysFile(this.repo)),
      this.ignored.fileName,
    ]);
    this.#watchDir(
      sharedDir(this.repo),
      (name) => state.has(name),
      'notes',
      () => this.#notesMayHaveChanged(),
    );
  }

  /** Watches a folder that may not exist yet (then again at the next poll). */
  #watchDir(dir: string, wanted: (name: string) => boolean, topic: string, act: () => Promise<void>): void {
    const key = `${topic}:${dir}`;
    if (this.#watched.has(key) || this.#disposed) return;
    let watcher: FSWatcher;
    try {
      watcher = watch(dir, { persistent: false }, (_, name) => {
        if (name === null || wanted(name)) this.#soon(topic, act);
      });
    } catch {
      return;
    }
    this.#watched.add(key);
    watcher.on('error', () => {
      this.#watched.delete(key);
      watcher.close();
    });
    this.#closers.push(() => watcher.close());
  }

  #soon(topic: string, act: () => Promise<void>): void {
    clearTimeout(this.#timers.get(topic));
    const timer = setTimeout(() => {
      this.#timers.delete(topic);
      act().catch((error: unknown) => this.#log('warn', `${topic} of ${this.dir}: ${String(error)}`));
    }, 60);
    this.#timers.set(topic, timer);
  }

  async #headMayHaveChanged(): Promise<void> {
    const before = this.#head;
    await this.#readHead();
    if (this.#head === before) return;
    this.#baselines.clear();
    this.#baselineChars = 0;
    this.#emit({ kind: 'head' });
  }

  async #readHead(): Promise<void> {
    if (!this.repo) return;
    const { code, stdout } = await git(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], { cwd: this.dir });
    this.#head = code === 0 ? stdout.toString('utf8').trim() : undefined;
  }

  async #notesMayHaveChanged(): Promise<void> {
    await Promise.all([this.#readNotes(), this.ignored.read()]);
    this.#emit({ kind: 'notes' });
  }

  async #readNotes(): Promise<void> {
    if (!this.repo) return;
    try {
      [this.#notes, this.#keys] = await Promise.all([readNotes(this.repo), readKeys(this.repo)]);
      this.#awaitExpiry();
    } catch (error) {
      // No note counts when notes can't be read: the findings stay.
      this.#notes = [];
      this.#log('warn', `justifications of ${this.dir}: ${String(error)}`);
    }
  }

  /** Findings come back when the note that covers them runs out. */
  #awaitExpiry(): void {
    clearTimeout(this.#timers.get('expiry'));
    const now = Date.now();
    const next = Math.min(...this.#notes.map((n) => Date.parse(n.expires)).filter((t) => t > now));
    if (!Number.isFinite(next) || this.#disposed) return;
    // setTimeout takes 24.8 days at most.
    const timer = setTimeout(
      () => {
        this.#emit({ kind: 'notes' });
        this.#awaitExpiry();
      },
      Math.min(next - now + 1000, 2 ** 31 - 1),
    );
    timer.unref();
    this.#timers.set('expiry', timer);
  }

  //#endregion
}

/** All roots by folder; a file belongs to the innermost repository around it. */
export class Workspace {
  readonly #options: WorkspaceOptions;
  readonly #log: Log;
  readonly #changed: (root: Root, change: RootChange) => void;
  readonly #roots = new Map<string, Promise<Root>>();
  readonly #repositories = new Map<string, Promise<Repository | undefined>>();
  #folders: readonly string[] = [];
  /** Real path → the path under which the client has the folder open. */
  readonly #aliases = new Map<string, string>();

  constructor(options: WorkspaceOptions, log: Log, changed: (root: Root, change: RootChange) => void) {
    this.#options = options;
    this.#log = log;
    this.#changed = changed;
  }

  get folders(): readonly string[] {
    return this.#folders;
  }

  /** Sets the workspace folders (absolute paths) and opens their roots, so that closed files are known, too. */
  async setFolders(folders: readonly string[]): Promise<readonly Root[]> {
    this.#folders = folders;
    this.#aliases.clear();
    for (const folder of folders) {
      const real = await fs.realpath(folder).catch(() => folder);
      if (real !== folder) this.#aliases.set(real, folder);
    }
    // A folder that can't be read must not take the others with it.
    const opened = await Promise.allSettled(folders.map((folder) => this.#rootAt(folder)));
    for (const [i, result] of opened.entries())
      if (result.status === 'rejected') this.#log('error', `${folders[i]}: ${String(result.reason)}`);
    return [...new Set(opened.flatMap((r) => (r.status === 'fulfilled' ? [r.value] : [])))];
  }

  /** The path of a file as the client sees it: a workspace folder may be a link. */
  shown(file: string): string {
    for (const [real, folder] of this.#aliases)
      if (file.startsWith(real + path.sep)) return folder + file.slice(real.length);
    return file;
  }

  async rootFor(file: string): Promise<Root> {
    return this.#rootAt(path.dirname(file));
  }

  async roots(): Promise<readonly Root[]> {
    const opened = await Promise.allSettled(this.#roots.values());
    return opened.flatMap((r) => (r.status === 'fulfilled' ? [r.value] : []));
  }

  /** Stops watching a root that no folder and no document needs any more. */
  async close(root: Root): Promise<void> {
    for (const [key, opened] of this.#roots)
      if ((await opened.catch(() => undefined)) === root) this.#roots.delete(key);
    root.dispose();
  }

  /** Forgets which folder belongs to which repository: one may have been made or removed. */
  forgetRepositories(): void {
    this.#repositories.clear();
  }

  async dispose(): Promise<void> {
    for (const root of await this.roots()) root.dispose();
  }

  async #rootAt(dir: string): Promise<Root> {
    const repo = this.#options.trusted ? await this.#repositoryAt(dir) : undefined;
    const top = repo?.root ?? this.#plainFolder(dir);
    const key = `${repo ? 'git' : 'plain'}:${top}`;
    let root = this.#roots.get(key);
    if (!root) {
      root = Root.open(top, repo, this.#options, this.#log, this.#changed);
      this.#roots.set(key, root);
      root.catch(() => this.#roots.delete(key));
    }
    return root;
  }

  #repositoryAt(dir: string): Promise<Repository | undefined> {
    let found = this.#repositories.get(dir);
    if (!found) {
      found = this.#askGit(dir);
      this.#repositories.set(dir, found);
    }
    return found;
  }

  async #askGit(dir: string): Promise<Repository | undefined> {
    let repo: Repository | undefined;
    try {
      repo = await findRepository(dir);
    } catch (error) {
      this.#log('warn', `git in ${dir}: ${String(error)}`);
    }
    // "No repository" is asked again before long: `git init` sends no word.
    if (!repo) setTimeout(() => this.#repositories.delete(dir), 5000).unref();
    return repo;
  }

  #plainFolder(dir: string): string {
    const around = this.#folders.filter((f) => dir === f || dir.startsWith(f.endsWith(path.sep) ? f : f + path.sep));
    return around.sort((a, b) => b.length - a.length)[0] ?? dir;
  }
}
