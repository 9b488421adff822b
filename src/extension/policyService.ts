/**
 * The policy in force for every document, in memory, so that a save is decided by a look-up. Works without the
 * server; in Restricted Mode the policy file is read, but git is not run.
 */
import * as os from 'node:os';
import * as path from 'node:path';
import { unwatchFile, watchFile } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as vscode from 'vscode';
import type { PathVerdict, Policy } from '../core/policy/model.ts';
import { toRepoPath } from '../core/paths.ts';
import { sha256 } from '../platform/crypto.ts';
import { ancestors, policyFileName } from '../platform/policyCache.ts';
import type { PolicyState } from '../platform/policyFile.ts';
import { managedPolicyFile, type Repository } from '../platform/state.ts';
import type { DiskEvents } from './diskEvents.ts';
import { Disposables } from './disposables.ts';
import { deferred } from './loadDeferred.ts';
import { describe, type Log } from './log.ts';
import { settings } from './settings.ts';

/** A repository or, outside git, a workspace folder. */
export interface Place {
  readonly root: string;
  /** Absent outside git and in Restricted Mode. */
  readonly repository: Repository | undefined;
  /** Where state lives: the repository's own folders, or the extension's storage for this workspace. */
  readonly dirs: Repository;
  /** Folders in it that were looked into for a policy of their own, which git may not track yet. */
  readonly folders: Set<string>;
  policy: PolicyState;
}

/** A document's place and what the policy says about its path. */
export interface Located {
  readonly place: Place;
  readonly path: string;
  readonly verdict: PathVerdict;
}

interface Entry {
  readonly place: Place;
  /** The path as opened and, where a symbolic link leads elsewhere in the repository, the real one. */
  readonly paths: readonly string[];
  verdict?: { readonly of: PolicyState; readonly soft: boolean; readonly value: PathVerdict };
}

const nocase = process.platform === 'win32' || process.platform === 'darwin';
const reloadPauseMs = 100;
/** Of one place not more folders are remembered. */
const maxFolders = 5000;
/** Whoever manages a machine changes its policy seldom, and mostly there is none; VS Code looks no more often. */
const managedPollMs = 5007;

export class PolicyService extends Disposables {
  readonly #context: vscode.ExtensionContext;
  readonly #log: Log;
  readonly #changed = this.own(new vscode.EventEmitter<Place>());
  readonly #touched = this.own(new vscode.EventEmitter<vscode.Uri>());
  readonly #places = new Map<string, Promise<Place | undefined>>();
  readonly #folders = new Map<string, Promise<Place | undefined>>();
  readonly #entries = new Map<string, Entry>();
  readonly #pending = new Map<string, Promise<Located | undefined>>();
  readonly #loaded: Place[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** A place's policy was read, or read again with another result. */
  readonly onDidChange = this.#changed.event;
  /** A policy file was written or taken away. */
  readonly onFileTouched = this.#touched.event;

  constructor(context: vscode.ExtensionContext, log: Log, disk: DiskEvents) {
    super();
    this.#context = context;
    this.#log = log;
    const look = (uri: vscode.Uri): void => {
      if ((nocase ? uri.path.toLowerCase() : uri.path).endsWith(`/${policyFileName}`)) this.#fileTouched(uri);
    };
    this.own(disk.onWritten(look));
    this.own(disk.onGone(look));
    const managed = managedPolicyFile();
    const reload = (): void => this.#reloadSoon();
    watchFile(managed, { interval: managedPollMs, persistent: false }, reload);
    this.own({ dispose: () => unwatchFile(managed, reload) });
    this.own(vscode.workspace.onDidOpenTextDocument((d) => void this.locate(d.uri)));
    this.own(vscode.workspace.onDidOpenNotebookDocument((d) => void this.locate(d.uri)));
    this.own(vscode.workspace.onDidCloseTextDocument((d) => this.#entries.delete(d.uri.toString())));
    this.own(vscode.workspace.onDidRenameFiles(() => this.#forgetPaths()));
    this.own(vscode.workspace.onDidChangeWorkspaceFolders(() => this.#forgetAll()));
    // With trust, git may be asked: repositories become known as such.
    this.own(vscode.workspace.onDidGrantWorkspaceTrust(() => this.#forgetAll()));
    this.own({ dispose: () => clearTimeout(this.#timer) });
  }

  /** Reads the policies of the workspace folders and of what is open. Not awaited by activation. */
  async open(): Promise<void> {
    const uris = [
      ...(vscode.workspace.workspaceFolders ?? []).map((f) => f.uri),
      ...vscode.workspace.textDocuments.map((d) => d.uri),
      ...vscode.workspace.notebookDocuments.map((d) => d.uri),
    ];
    await Promise.all(uris.map(async (uri) => this.locate(uri)));
  }

  get places(): readonly Place[] {
    return this.#loaded;
  }

  /** From memory; `undefined` = not looked up yet, or no file of a folder we know. */
  known(uri: vscode.Uri): Located | undefined {
    const entry = this.#entries.get(uri.toString());
    return entry && this.#judge(entry, uri);
  }

  /** Whether a look-up could tell more than `known`. */
  isLocatable(uri: vscode.Uri): boolean {
    return uri.scheme === 'file' || uri.scheme === 'vscode-vfs' || uri.scheme === 'vscode-remote';
  }

  /** Looks a document up; never throws, `undefined` outside every repository and workspace folder. */
  async locate(uri: vscode.Uri): Promise<Located | undefined> {
    if (!this.isLocatable(uri)) return undefined;
    const key = uri.toString();
    const known = this.known(uri);
    if (known) return known;
    let pending = this.#pending.get(key);
    if (!pending) {
      pending = this.#locate(uri)
        .catch((error: unknown) => {
          this.#log.error(`policy of ${uri.path}: ${describe(error)}`);
          return undefined;
        })
        .finally(() => this.#pending.delete(key));
      this.#pending.set(key, pending);
    }
    return pending;
  }

  /**
   * From memory and by its name alone, for a file whose look-up takes too long. `locate` judges this name, too, and is
   * never milder. `undefined` outside all folders whose policy is loaded.
   */
  byName(uri: vscode.Uri): Located | undefined {
    if (uri.scheme !== 'file') return undefined;
    const windows = process.platform === 'win32';
    let found: Entry | undefined;
    for (const place of this.#loaded) {
      const name = toRepoPath(place.root, uri.fsPath, { windows });
      const isNearer = found === undefined || place.root.length > found.place.root.length;
      if (name !== undefined && isNearer) found = { place, paths: [name] };
    }
    return found && this.#judge(found, uri);
  }

  /** Reads all policies again, e.g. after set-up. */
  async reload(): Promise<void> {
    await Promise.all(this.#loaded.map(async (place) => this.#readAgain(place)));
  }

  async #readAgain(place: Place): Promise<void> {
    const before = place.policy.digest;
    const { root, dirs, folders } = place;
    place.policy = await deferred().loadPolicy(root, { commonDir: dirs.commonDir, folders: [...folders] });
    if (place.policy.digest !== before) this.#log.info(`policy of ${root}: ${place.policy.digest}`);
    this.#changed.fire(place);
  }

  /** Reads the place's policy again where a folder above these paths has one that it does not know. */
  async #lookAbove(place: Place, paths: Iterable<string>): Promise<void> {
    const news = ancestors([...paths]).filter((folder) => !place.folders.has(folder));
    if (news.length === 0 || place.folders.size > maxFolders) return;
    let isMissing = false;
    for (const folder of news) {
      place.folders.add(folder);
      const file = path.join(place.root, folder, policyFileName);
      isMissing ||= !place.policy.files.includes(file) && (await fs.lstat(file).catch(() => undefined)) !== undefined;
    }
    if (isMissing) await this.#readAgain(place);
  }

  #watch(pattern: vscode.GlobPattern): void {
    const watcher = this.own(vscode.workspace.createFileSystemWatcher(pattern));
    for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete])
      this.own(event((uri) => this.#fileTouched(uri)));
  }

  #fileTouched(uri: vscode.Uri): void {
    for (const { root, folders } of this.#loaded) {
      const name = toRepoPath(root, uri.fsPath, { windows: process.platform === 'win32' });
      if (name !== undefined) folders.add(path.posix.dirname(name));
    }
    this.#touched.fire(uri);
    this.#reloadSoon();
  }

  #reloadSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.reload(), reloadPauseMs);
  }

  #forgetPaths(): void {
    this.#entries.clear();
    void this.open();
  }

  #forgetAll(): void {
    this.#places.clear();
    this.#folders.clear();
    this.#loaded.length = 0;
    this.#forgetPaths();
  }

  async #locate(uri: vscode.Uri): Promise<Located | undefined> {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    if (uri.scheme !== 'file') return folder && this.#virtual(uri, folder);
    const isFolder = folder?.uri.toString() === uri.toString();
    const place = await this.#placeOf(isFolder ? uri.fsPath : path.dirname(uri.fsPath), folder);
    if (!place) return undefined;
    const windows = process.platform === 'win32';
    const paths = new Set<string>();
    const literal = toRepoPath(place.root, uri.fsPath, { windows });
    if (literal !== undefined) paths.add(literal);
    const real = await deferred()
      .realRepoPath(place.root, uri.fsPath)
      .catch(() => undefined);
    if (real !== undefined) paths.add(real);
    if (paths.size === 0) return undefined;
    await this.#lookAbove(place, paths);
    const entry: Entry = { place, paths: [...paths] };
    this.#entries.set(uri.toString(), entry);
    return this.#judge(entry, uri);
  }

  /** Virtual file systems have no policy we can read: the default holds. */
  #virtual(uri: vscode.Uri, folder: vscode.WorkspaceFolder): Located {
    const root = folder.uri.path;
    const dirs = this.#storage(root);
    const { defaultPolicy, policyDigest } = deferred();
    const policy: PolicyState = {
      policy: defaultPolicy,
      digest: policyDigest(defaultPolicy, sha256),
      problems: [],
      files: [],
      usingLastGood: false,
      broken: false,
    };
    const entry: Entry = {
      place: { root, repository: undefined, dirs, folders: new Set(), policy },
      paths: [vscode.workspace.asRelativePath(uri, false)],
    };
    this.#entries.set(uri.toString(), entry);
    return this.#judge(entry, uri);
  }

  #judge(entry: Entry, uri: vscode.Uri): Located {
    const { place } = entry;
    const soft = settings.guardBuiltInPaths(uri);
    if (entry.verdict?.of !== place.policy || entry.verdict.soft !== soft) {
      const policy = soft ? place.policy.policy : withoutSoft(place.policy.policy);
      const { verdictFor } = deferred();
      const verdicts = entry.paths.map((p) => verdictFor(policy, p, { nocase }));
      entry.verdict = { of: place.policy, soft, value: strictest(verdicts) };
    }
    return { place, path: entry.verdict.value.path, verdict: entry.verdict.value };
  }

  async #placeOf(dir: string, folder: vscode.WorkspaceFolder | undefined): Promise<Place | undefined> {
    const key = `${dir}\0${folder?.uri.fsPath ?? ''}`;
    let found = this.#folders.get(key);
    if (!found) {
      found = this.#find(dir, folder);
      this.#folders.set(key, found);
    }
    return found;
  }

  async #find(dir: string, folder: vscode.WorkspaceFolder | undefined): Promise<Place | undefined> {
    const top = await gitRootAbove(dir);
    const root = top ?? folder?.uri.fsPath;
    if (root === undefined) return undefined;
    let place = this.#places.get(root);
    if (!place) {
      place = this.#load(root, top !== undefined);
      this.#places.set(root, place);
    }
    return place;
  }

  async #load(root: string, isGit: boolean): Promise<Place> {
    const repository = isGit && vscode.workspace.isTrusted ? await deferred().findRepository(root) : undefined;
    const dirs = repository ?? this.#storage(root);
    // Restricted Mode: nothing is written next to the repository, so there is no last good policy either.
    const policy = await deferred().loadPolicy(root, { commonDir: dirs.commonDir });
    const place: Place = { root, repository, dirs, folders: new Set(), policy };
    this.#loaded.push(place);
    // A repository above the workspace folder is not covered by the workspace's own watcher.
    const inside = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(path.join(root, policyFileName)));
    if (!inside) this.#watch(new vscode.RelativePattern(vscode.Uri.file(root), policyFileName));
    this.#log.info(`${root}: policy ${policy.digest} (${policy.policy.origin}${policy.broken ? ', file broken' : ''})`);
    this.#changed.fire(place);
    return place;
  }

  #storage(root: string): Repository {
    const base = this.#context.storageUri ?? this.#context.globalStorageUri;
    const dir = path.join(base.scheme === 'file' ? base.fsPath : os.tmpdir(), 'folders', sha256(root).slice(0, 16));
    return { root, gitDir: dir, commonDir: dir };
  }
}

/** Without the entries that only guard softly while there is no policy. */
const withoutSoft = (policy: Policy): Policy => ({
  ...policy,
  protected: policy.protected.filter((e) => e.source !== 'default'),
});

/** Of the verdicts on one file's names, the one that asks more. */
function strictest(verdicts: readonly PathVerdict[]): PathVerdict {
  const weight = (v: PathVerdict): number =>
    ({ allow: 0, justify: 2, prohibit: 4 })[v.ai] + (v.human === 'justify' ? 1 : 0);
  return verdicts.reduce((a, b) => (weight(b) > weight(a) ? b : a));
}

/** The nearest folder upwards that has a `.git`; asks the file system only, so it is safe in Restricted Mode. */
async function gitRootAbove(dir: string): Promise<string | undefined> {
  for (let at = dir; ; at = path.dirname(at)) {
    const found = await fs.stat(path.join(at, '.git')).then(
      () => true,
      () => false,
    );
    if (found) return at;
    if (path.dirname(at) === at) return undefined;
  }
}
