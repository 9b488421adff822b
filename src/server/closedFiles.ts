/**
 * Files that agents changed on disk and that nobody has open: found in the journal, judged, shown in the Problems view and
 * the list of changes, until they are opened, committed or clean again. Failure direction: what was published stays.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { Diagnostic } from 'vscode-languageserver';
import { expandOrigins } from '../core/attribution/origins.ts';
import { splitLines } from '../core/hunks.ts';
import type { PolicyProblem } from '../core/policy/model.ts';
import { toPolicyDiagnostic } from './diagnostics.ts';
import type { Publisher } from './documents.ts';
import { nothing, type Judgement, type JudgedText, type LiveFinding } from './judge.ts';
import { known } from './openDocument.ts';
import { summaryOf } from './summary.ts';
import { decodeText, maxTextBytes, uriOfPath } from './text.ts';
import type { WorkQueue } from './workQueue.ts';
import type { Log } from './log.ts';
import type { Root, Workspace } from './workspace.ts';

/** Files shown at most; the rest is seen at commit and by `countersign check`. */
const maxClosed = 300;
const closedPollMs = 3000;

export interface ClosedFile {
  readonly uri: string;
  readonly root: Root;
  readonly repoPath: string;
  judgement: Judgement;
  stamp: string;
  publishedKey: string;
}

/** What closed files need of the documents they stand beside. */
export interface ClosedFileParts {
  readonly workspace: Workspace;
  readonly publisher: Publisher;
  readonly work: WorkQueue;
  readonly log: Log;
  /** By the URI as the client spells it. */
  isOpenUri(uri: string): boolean;
  /** By URI or, where it is spelled otherwise, by its place in the repository. */
  isOpen(uri: string, root: Root, repoPath: string): boolean;
  judge(root: Root, repoPath: string, text: JudgedText): Promise<Judgement>;
  toDiagnostics(root: Root, findings: readonly LiveFinding[], lines: readonly string[]): Diagnostic[];
  found(root: Root, repoPath: string, findings: readonly LiveFinding[]): void;
  changesSoon(): void;
}

export class ClosedFiles {
  readonly #parts: ClosedFileParts;
  readonly #files = new Map<string, ClosedFile>();
  /** URIs of policy files outside the roots (the managed one) that have problems on show. */
  readonly #managed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isDisposed = false;

  constructor(parts: ClosedFileParts) {
    this.#parts = parts;
  }

  get all(): Iterable<ClosedFile> {
    return this.#files.values();
  }

  /** A file is opened: what was shown of it, which is the open document's business from now on. */
  take(file: string): ClosedFile | undefined {
    const key = uriOfPath(file);
    const closed = this.#files.get(key);
    this.#files.delete(key);
    return closed;
  }

  /** A document was closed: its findings stay on screen until the file is judged. */
  keep(file: string, closed: ClosedFile): void {
    this.#files.set(uriOfPath(file), closed);
    this.judgeSoon(closed.root, closed.repoPath);
  }

  /** Forgets the files of other roots. */
  dropOthers(needed: ReadonlySet<Root>): void {
    for (const [key, closed] of this.#files) {
      if (needed.has(closed.root)) continue;
      this.#files.delete(key);
      if (closed.publishedKey !== '[]') this.#parts.publisher.diagnostics(closed.uri, undefined, []);
    }
  }

  rejudge(which: (root: Root) => boolean): void {
    for (const closed of this.#files.values()) if (which(closed.root)) this.judgeSoon(closed.root, closed.repoPath);
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
  }

  /** Files with pending AI lines that are not open. */
  async scan(root: Root): Promise<void> {
    this.showPolicyProblems(root);
    if (!root.store) return;
    const wanted = new Set<string>();
    for (const file of await root.store.pending()) {
      if (file.counts.ai === 0 && file.aiDeleted === 0) continue;
      if (wanted.size < maxClosed) wanted.add(file.path);
      else this.#parts.log('info', `${root.dir}: more than ${maxClosed} changed files; the rest is judged when opened`);
    }
    for (const closed of this.#files.values()) if (closed.root === root) wanted.add(closed.repoPath);
    for (const repoPath of wanted) this.judgeSoon(root, repoPath);
  }

  /** Problems of policy files that nobody has open. */
  showPolicyProblems(root: Root): void {
    const outside = new Map<string, PolicyProblem[]>();
    for (const file of root.policy.files) {
      const name = path.relative(root.dir, file).split(path.sep).join('/');
      if (name.startsWith('../') || path.isAbsolute(name)) outside.set(file, []);
      else this.judgeSoon(root, name);
    }
    for (const problem of root.policy.problems) outside.get(problem.file)?.push(problem);
    for (const [file, problems] of outside) {
      const uri = uriOfPath(file);
      if (this.#parts.isOpenUri(uri) || (problems.length === 0 && !this.#managed.has(uri))) continue;
      if (problems.length > 0) this.#managed.add(uri);
      else this.#managed.delete(uri);
      this.#parts.publisher.diagnostics(uri, undefined, problems.map(toPolicyDiagnostic));
    }
  }

  judgeSoon(root: Root, repoPath: string): void {
    const uri = uriOfPath(this.#parts.workspace.shown(path.join(root.dir, repoPath)));
    if (this.#parts.isOpen(uri, root, repoPath)) return;
    this.#parts.work.add(`closed:${uri}`, () => this.#judge(uri, root, repoPath));
  }

  async #judge(uri: string, root: Root, repoPath: string): Promise<void> {
    if (this.#parts.isOpen(uri, root, repoPath)) return;
    const file = path.join(root.dir, repoPath);
    // A journal is a file like any other: what it names must lie in the work tree, links followed.
    if ((await root.pathOf(file)) !== repoPath) return;
    const { text, stamp, isSkipped } = await readDisk(file);
    let judgement = nothing;
    const lines: readonly string[] = text === null ? [] : splitLines(text);
    if (!isSkipped) {
      const { baseline, origins, deletedBefore } = await known(root, repoPath, text);
      judgement = await this.#parts.judge(root, repoPath, {
        text,
        lines,
        baseline,
        origins: expandOrigins(origins),
        deletedBy: (line) => deletedBefore.get(line),
      });
      // Nobody looks at it and no agent is known to have been there: a person's own tools change files all day.
      if (judgement.ai + judgement.deleted === 0) judgement = { ...judgement, findings: [] };
    }
    if (this.#parts.isOpen(uri, root, repoPath)) return;
    const key = uri;
    const before = this.#files.get(key);
    uri = before?.uri ?? uri;
    const diagnostics = [
      ...this.#parts.toDiagnostics(root, judgement.findings, lines),
      ...root.policy.problems.filter((p) => p.file === repoPath).map(toPolicyDiagnostic),
    ];
    const next = JSON.stringify(diagnostics);
    if (judgement.ai + judgement.deleted === 0 && diagnostics.length === 0) this.#files.delete(key);
    else this.#files.set(key, { uri, root, repoPath, judgement, stamp, publishedKey: next });
    if (before || judgement.ai + judgement.deleted > 0) {
      this.#parts.publisher.summary(
        summaryOf(uri, null, judgement, isSkipped ? 'too large or binary: not judged' : undefined),
      );
      this.#parts.changesSoon();
    }
    if (next !== (before?.publishedKey ?? '[]')) this.#parts.publisher.diagnostics(uri, undefined, diagnostics);
    this.#parts.found(root, repoPath, judgement.findings);
    this.#watch();
  }

  /** Closed files have no watcher of their own: a few `stat`s now and then, only while there are any. */
  #watch(): void {
    if (this.#timer || this.#files.size === 0 || this.#isDisposed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#parts.work.add('poll-closed', async () => {
        for (const closed of this.#files.values()) {
          const stamp = await stampOf(path.join(closed.root.dir, closed.repoPath));
          if (stamp !== closed.stamp) this.judgeSoon(closed.root, closed.repoPath);
        }
        this.#watch();
      });
    }, closedPollMs);
    this.#timer.unref();
  }
}

async function stampOf(file: string): Promise<string> {
  const stat = await fs.stat(file).catch(() => undefined);
  return stat ? `${stat.mtimeMs}:${stat.size}` : 'gone';
}

async function readDisk(file: string): Promise<{ text: string | null; stamp: string; isSkipped: boolean }> {
  const stamp = await stampOf(file);
  if (stamp === 'gone') return { text: null, stamp, isSkipped: false };
  try {
    const stat = await fs.stat(file);
    if (!stat.isFile() || stat.size > maxTextBytes) return { text: null, stamp, isSkipped: true };
    const text = decodeText(await fs.readFile(file));
    return { text: text?.replace(/^\uFEFF/, '') ?? null, stamp, isSkipped: text === undefined };
  } catch {
    return { text: null, stamp, isSkipped: true };
  }
}
