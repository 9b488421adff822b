/**
 * Every text the server knows: open documents (a live LineMap each) and closed files that agents changed on disk.
 * Takes edits in, judges when typing pauses, publishes. Keeps the last findings, moved along with the text, until new
 * ones are there. Failure direction: what was published stays.
 */
import * as fs from 'node:fs/promises';
import type { Diagnostic } from 'vscode-languageserver';
import { TextDocument, type TextDocumentContentChangeEvent } from 'vscode-languageserver-textdocument';
import { explainOrigin } from '../core/attribution/explain.ts';
import { LineMap } from '../core/attribution/lineMap.ts';
import { compressOrigins, expandOrigins } from '../core/attribution/origins.ts';
import type { LineOrigins } from '../core/attribution/model.ts';
import { diffLines, splitLines } from '../core/hunks.ts';
import { evidences, type LineOrigin } from '../core/model.ts';
import type { PolicyProblem } from '../core/policy/model.ts';
import type { Grammars } from '../core/ports.ts';
import { policyFileName } from '../platform/policyFile.ts';
import { explainPath } from '../core/policy/index.ts';
import type {
  ChangedFile,
  EditOriginParams,
  IgnoreParams,
  MarkLinesParams,
  MissedEditsParams,
  SummaryParams,
  WhyResult,
} from '../protocol.ts';
import { AuditTrail } from './auditTrail.ts';
import { findingKey, toDiagnostic, toPolicyDiagnostic } from './diagnostics.ts';
import { IgnoredFindings } from './ignored.ts';
import { judge, nothing, type Baseline, type Judgement, type Labels, type LiveFinding } from './judge.ts';
import { Memory } from './memory.ts';
import { policyDiagnostics } from './policyLanguage.ts';
import { countBreaks, decodeText, maxTextBytes, oneLine, pathOfUri, uriOfPath } from './text.ts';
import type { Log, Root, RootChange, Workspace } from './workspace.ts';
import * as path from 'node:path';

export interface Publisher {
  diagnostics(uri: string, version: number | undefined, diagnostics: Diagnostic[]): void;
  summary(params: SummaryParams): void;
  changesChanged(): void;
}

export interface Timing {
  /** Pause in typing before findings change. */
  readonly debounceMs: number;
  /** So long before the end of the pause the work begins. */
  readonly leadMs: number;
  /** A document that never pauses (an agent's stream) is judged this often all the same. */
  readonly maxWaitMs: number;
  /** Pause before origins go to the journal. */
  readonly persistMs: number;
}
export const defaultTiming: Timing = { debounceMs: 300, leadMs: 100, maxWaitMs: 2000, persistMs: 400 };

/** Work on one text that takes longer is logged: the user can see why it felt slow. */
const slowMs = 2000;
/** Documents whose missed edits are kept until they are opened. */
const maxMissed = 200;
/** Closed files shown at most; the rest is seen at commit and by `countersign check`. */
const maxClosed = 300;
const closedPollMs = 3000;

/** One version's changes wait here until the document's origins are loaded. */
interface Queued {
  readonly version: number;
  readonly changes: readonly TextDocumentContentChangeEvent[];
}

/** An open document. */
export class OpenDocument {
  readonly uri: string;
  readonly file: string;
  readonly text: TextDocument;
  /** Set once loaded; until then edits queue up. */
  live: LiveState | undefined;
  /** Judged last; lines are moved along with edits. */
  judgement: Judgement = nothing;
  /** Of the text last judged, when the document is a policy. */
  policyProblems: readonly Diagnostic[] = [];
  /** Lines of the text that `judgement` was published for. */
  publishedVersion: number | undefined;
  publishedKey = '[]';
  isClosed = false;
  /** Why the document is not judged, for the summary. */
  note: string | undefined;
  readonly queued: Queued[] = [];
  /** Origins that arrived before their version. */
  readonly told = new Map<number, EditOriginParams>();
  judgedVersion = -1;
  /** Changes after `judgedVersion`. */
  sinceJudged: Queued[] = [];
  /** When the oldest change came that no published judgement knows. */
  firstUnshown: number | undefined;
  editedAt = 0;
  showAt = 0;
  judgeTimer: NodeJS.Timeout | undefined;
  showTimer: NodeJS.Timeout | undefined;
  persistTimer: NodeJS.Timeout | undefined;
  isDirtyForJournal = false;
  ready: Promise<void> = Promise.resolve();

  constructor(uri: string, file: string, text: TextDocument) {
    this.uri = uri;
    this.file = file;
    this.text = text;
  }
}

/** What a loaded document knows. */
export interface LiveState {
  readonly root: Root;
  readonly repoPath: string;
  baseline: Baseline;
  map: LineMap;
  /** Who took out baseline lines before the document was opened. */
  deletedBefore: ReadonlyMap<string, LineOrigin>;
  /** Text for which the journal was asked last. */
  askedVersion: number;
}

interface ClosedFile {
  readonly uri: string;
  readonly root: Root;
  readonly repoPath: string;
  judgement: Judgement;
  stamp: string;
  publishedKey: string;
}

export class Documents {
  labels: Labels = 'ai';
  readonly #workspace: Workspace;
  readonly #grammars: Grammars;
  readonly #publisher: Publisher;
  readonly #log: Log;
  readonly #timing: Timing;
  readonly #audit: AuditTrail;
  readonly #memory = new Memory();
  readonly #open = new Map<string, OpenDocument>();
  readonly #closed = new Map<string, ClosedFile>();
  readonly #missed = new Map<string, MissedEditsParams>();
  /** URIs of policy files outside the roots (the managed one) that have problems on show. */
  readonly #managed = new Set<string>();
  /** Work that runs one after the other, by key, newest wins. */
  readonly #work = new Map<string, () => Promise<void>>();
  #isWorking = false;
  #changesTimer: NodeJS.Timeout | undefined;
  #closedTimer: NodeJS.Timeout | undefined;
  #isDisposed = false;

  constructor(
    workspace: Workspace,
    grammars: Grammars,
    publisher: Publisher,
    log: Log,
    timing: Timing = defaultTiming,
  ) {
    this.#workspace = workspace;
    this.#grammars = grammars;
    this.#publisher = publisher;
    this.#log = log;
    this.#timing = timing;
    this.#audit = new AuditTrail(log);
  }

  //#region From the client

  open(uri: string, languageId: string, version: number, text: string): void {
    const file = pathOfUri(uri);
    if (file === undefined) return;
    this.#open.get(uri)?.queued.splice(0);
    const document = new OpenDocument(uri, file, TextDocument.create(uri, languageId, version, text));
    const closed = this.#closed.get(uriOfPath(file));
    if (closed) {
      // The closed file's findings stay on screen until the open document has been judged.
      document.judgement = closed.judgement;
      if (closed.uri === uri) document.publishedKey = closed.publishedKey;
      // Another spelling of the same file: the client would show both.
      else if (closed.publishedKey !== '[]') this.#publisher.diagnostics(closed.uri, undefined, []);
      this.#closed.delete(uriOfPath(file));
    }
    this.#open.set(uri, document);
    if (text.length > maxTextBytes) {
      document.note = `larger than ${maxTextBytes / 1024 / 1024} MB: not judged while open`;
      this.#log('info', `${file}: ${document.note}`);
      this.#publisher.summary(summaryOf(uri, version, nothing, document.note));
      return;
    }
    const missed = this.#missed.get(uri);
    this.#missed.delete(uri);
    const known = missed && replay(document, missed);
    document.ready = this.#load(document, known ?? text).catch((error: unknown) =>
      this.#log('error', `${file}: ${describe(error)}`),
    );
  }

  /** What was done to a document while nobody was here to see it. */
  missed(params: MissedEditsParams): void {
    this.#missed.delete(params.uri);
    this.#missed.set(params.uri, params);
    if (this.#missed.size > maxMissed) this.#missed.delete(this.#missed.keys().next().value as string);
    const { uri, text } = this.#open.get(params.uri) ?? {};
    if (uri !== undefined && text) this.open(uri, text.languageId, text.version, text.getText());
  }

  change(uri: string, version: number, changes: readonly TextDocumentContentChangeEvent[]): void {
    const document = this.#open.get(uri);
    if (!document) return;
    this.#audit.shift(uri, changes);
    TextDocument.update(document.text, [...changes], version);
    if (changes.length === 0) return;
    if (document.live) this.#apply(document, document.live, version, changes);
    else document.queued.push({ version, changes });
    document.judgement = { ...document.judgement, findings: shiftFindings(document.judgement.findings, changes) };
    document.sinceJudged.push({ version, changes });
    document.editedAt = Date.now();
    this.#judgeSoon(document);
    this.#persistSoon(document);
  }

  save(uri: string): void {
    const document = this.#open.get(uri);
    if (!document?.live) return;
    const { root } = document.live;
    void this.#persist(document);
    this.#enqueue(`poll:${root.dir}`, async () => {
      await root.poll();
      if (!root.repo) await this.#adoptRepositories();
    });
  }

  close(uri: string): void {
    const document = this.#open.get(uri);
    if (!document) return;
    document.isClosed = true;
    clearTimeout(document.judgeTimer);
    clearTimeout(document.showTimer);
    this.#open.delete(uri);
    this.#audit.forget(uri);
    const { live } = document;
    if (!live) {
      this.#publish(document, undefined, []);
      return;
    }
    const publishedKey = document.publishedKey;
    this.#closed.set(uriOfPath(document.file), {
      uri,
      root: live.root,
      repoPath: live.repoPath,
      judgement: document.judgement,
      stamp: '',
      publishedKey,
    });
    void this.#persist(document);
    this.#judgeClosedSoon(live.root, live.repoPath);
  }

  /** How the change to a version came to be. */
  tell(params: EditOriginParams): void {
    const document = this.#open.get(params.uri);
    if (!document) return;
    const { live } = document;
    if (!live || params.version > document.text.version) {
      document.told.set(params.version, params);
      if (document.told.size > 500) document.told.delete(document.told.keys().next().value as number);
      return;
    }
    this.#resolve(document, live, params);
  }

  /** A person's word on some lines. */
  mark({ uri, start, end, as, mark = 'unsigned' }: MarkLinesParams): void {
    const document = this.#open.get(uri);
    if (!document?.live) return;
    document.live.map.mark(start, end, { origin: as, evidence: 'editor', mark, at: new Date().toISOString() });
    this.#judgeSoon(document, true);
    this.#persistSoon(document);
  }

  /** State on disk may have changed. */
  async refresh(): Promise<void> {
    this.#workspace.forgetRepositories();
    await this.#adoptRepositories();
    for (const root of await this.#workspace.roots()) {
      await root.poll(true);
      await this.#scanClosed(root);
    }
    this.#rejudge(() => true);
  }

  /** A document's repository may have come or gone (`git init`, a removed `.git`): load it again where it differs. */
  async #adoptRepositories(): Promise<void> {
    for (const document of this.#open.values()) {
      const { live } = document;
      if (!live) continue;
      const root = await this.#workspace.rootFor(document.file);
      if (root === live.root || document.isClosed) continue;
      const version = document.text.version;
      document.live = undefined;
      document.queued.splice(0);
      document.ready = this.#load(document, document.text.getText()).catch((error: unknown) =>
        this.#log('error', `${document.file}: ${describe(error)}`),
      );
      this.#log('debug', `${document.file}: moved to ${root.dir} at version ${version}`);
    }
  }

  /** Files got other names: what is known of their lines goes with them. */
  async renamed(files: readonly { readonly oldUri: string; readonly newUri: string }[]): Promise<void> {
    for (const { oldUri, newUri } of files) {
      const [from, to] = [pathOfUri(oldUri), pathOfUri(newUri)];
      if (from === undefined || to === undefined) continue;
      const root = await this.#workspace.rootFor(to);
      const [oldPath, newPath] = await Promise.all([root.pathOf(from), root.pathOf(to)]);
      if (!root.store || oldPath === undefined || newPath === undefined) continue;
      // A folder takes its files along.
      for (const file of await root.store.pending()) {
        if (file.path !== oldPath && !file.path.startsWith(`${oldPath}/`)) continue;
        await root.store.move(file.path, newPath + file.path.slice(oldPath.length));
        this.#judgeClosedSoon(root, file.path);
        this.#judgeClosedSoon(root, newPath + file.path.slice(oldPath.length));
      }
    }
  }

  setLabels(labels: Labels): void {
    if (labels === this.labels) return;
    this.labels = labels;
    this.#rejudge(() => true);
  }

  /** The workspace's roots: shows files that agents changed while nobody had them open, and drops what was closed. */
  async setRoots(roots: readonly Root[]): Promise<void> {
    const needed = new Set(roots);
    for (const document of this.#open.values()) if (document.live) needed.add(document.live.root);
    for (const [key, closed] of this.#closed) {
      if (needed.has(closed.root)) continue;
      this.#closed.delete(key);
      if (closed.publishedKey !== '[]') this.#publisher.diagnostics(closed.uri, undefined, []);
    }
    for (const root of await this.#workspace.roots()) if (!needed.has(root)) await this.#workspace.close(root);
    for (const root of roots) this.#enqueue(`scan:${root.dir}`, () => this.#scanClosed(root));
  }

  rootChanged(root: Root, change: RootChange): void {
    switch (change.kind) {
      case 'journal':
        for (const document of this.#open.values()) {
          const { live } = document;
          if (live?.root !== root || !change.paths.has(live.repoPath)) continue;
          this.#enqueue(`ask:${document.uri}`, async () => {
            if (await this.#askJournal(document)) this.#judgeSoon(document, true);
          });
        }
        for (const repoPath of change.paths) this.#judgeClosedSoon(root, repoPath);
        break;
      case 'head':
        for (const document of this.#open.values())
          if (document.live?.root === root) this.#enqueue(`head:${document.uri}`, () => this.#rebase(document));
        this.#enqueue(`scan:${root.dir}`, () => this.#scanClosed(root));
        break;
      case 'policy':
        this.#showPolicyProblems(root);
        this.#rejudge((r) => r === root);
        break;
      case 'notes':
        this.#rejudge((r) => r === root);
        break;
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#changesTimer);
    clearTimeout(this.#closedTimer);
    for (const document of this.#open.values()) {
      clearTimeout(document.judgeTimer);
      clearTimeout(document.showTimer);
      clearTimeout(document.persistTimer);
    }
    this.#work.clear();
    this.#memory.dispose();
    this.#audit.dispose();
  }

  /** Writes what is not yet written; for an orderly end. */
  async flush(): Promise<void> {
    await Promise.allSettled([...this.#open.values()].map((d) => this.#persist(d)));
    await this.#audit.flush();
  }

  /** Ignores a finding from now on. False when there is no such finding any more. */
  async ignore({ uri, rule, key, reason }: IgnoreParams): Promise<boolean> {
    const document = this.#open.get(uri);
    const live = document?.live;
    const finding = document?.judgement.findings.find((f) => f.rule === rule && findingKey(f) === key);
    // What a protected path asks for can only be justified.
    if (!live || !finding || finding.entry !== undefined || reason.trim() === '') return false;
    const { root, repoPath } = live;
    await root.ignored.add({
      path: repoPath,
      rule,
      line: IgnoredFindings.line(repoPath, rule, finding.lineText),
      reason: oneLine(reason, 400),
      by: await root.user(),
      at: new Date().toISOString(),
    });
    await this.#audit.append(root, [
      {
        event: 'finding.ignored',
        actor: { kind: 'human', id: await root.user() },
        door: 'server',
        subject: {
          path: repoPath,
          lines: [[finding.line, finding.endLine]],
          rule,
          tier: finding.tier,
          note: oneLine(reason, 400),
        },
        policy: root.policy.digest,
      },
    ]);
    this.#judgeSoon(document, true);
    return true;
  }

  /** Policy files came, changed or went. */
  async policyFilesTouched(files: readonly string[]): Promise<void> {
    for (const file of files) await (await this.#workspace.rootFor(file)).policyFileTouched(file);
  }

  //#endregion
  //#region Asked by requests

  /** Why a line (0-based) is marked as it is, and what the policy says about its file. */
  why(uri: string, line: number): WhyResult {
    const document = this.#open.get(uri);
    const live = document?.live;
    if (!live) return { origin: null, explanation: document?.note ?? 'This document is not known to the server yet.' };
    const mark = document.judgement.marks.find((m) => m.start <= line && line <= m.end);
    const origin = document.sinceJudged.length > 0 ? live.map.originAt(line) : (mark?.origin ?? null);
    const policy = explainPath(live.root.policy.policy, live.repoPath);
    return { origin, explanation: `${explainOrigin(origin)}\n${policy}` };
  }

  get(uri: string): OpenDocument | undefined {
    return this.#open.get(uri);
  }

  get audit(): AuditTrail {
    return this.#audit;
  }

  /** Everything pending, for the view. */
  changes(): ChangedFile[] {
    const files: ChangedFile[] = [];
    const add = (uri: string, root: Root, repoPath: string, j: Judgement): void => {
      if (j.ai + j.deleted === 0 && j.findings.length === 0) return;
      files.push({
        uri,
        path: repoPath,
        root: root.dir,
        tier: j.tier,
        changeType: j.changeType,
        ai: j.ai,
        modified: j.modified,
        unknown: j.unknown,
        deleted: j.deleted,
        agents: j.agents,
        decision: j.decision,
        reasons: j.reasons,
        ...(j.note !== undefined && { note: j.note }),
        findings: j.findings.map(({ rule, category, tier, line, message }) => ({
          rule,
          category,
          tier,
          line,
          message,
        })),
      });
    };
    for (const d of this.#open.values()) if (d.live) add(d.uri, d.live.root, d.live.repoPath, d.judgement);
    for (const c of this.#closed.values()) add(c.uri, c.root, c.repoPath, c.judgement);
    return files.sort((a, b) => (a.root === b.root ? (a.path < b.path ? -1 : 1) : a.root < b.root ? -1 : 1));
  }

  /** Waits until all work under way is done; for tests and for `changes` right after a start. */
  async settled(): Promise<void> {
    while (this.#isWorking || this.#work.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  //#endregion
  //#region Loading

  async #load(document: OpenDocument, text: string): Promise<void> {
    const version = document.text.version;
    const root = await this.#workspace.rootFor(document.file);
    const repoPath = await root.pathOf(document.file);
    // Outside every root (a link that leaves it): nothing to attribute, nothing to protect.
    if (repoPath === undefined || document.isClosed) return;
    const { baseline, origins, deletedBefore } = await known(root, repoPath, text);
    if (document.isClosed) return;
    const map = new LineMap(
      text,
      origins.map((origin) => ({ count: 1, origin })),
    );
    const live: LiveState = { root, repoPath, baseline, map, deletedBefore, askedVersion: version };
    document.live = live;
    for (const { version, changes } of document.queued.splice(0)) this.#apply(document, live, version, changes);
    for (const told of document.told.values()) this.#resolve(document, live, told);
    document.told.clear();
    this.#judgeSoon(document, true);
  }

  #apply(document: OpenDocument, live: LiveState, version: number, changes: Queued['changes']): void {
    const contentChanges = changes.map((c) => ('range' in c ? { range: c.range, text: c.text } : { text: c.text }));
    live.map.apply(version, contentChanges);
    this.#audit.changed(document.uri, version, changes, document.text.lineCount);
    const told = document.told.get(version);
    if (!told) return;
    document.told.delete(version);
    this.#resolve(document, live, told);
  }

  #resolve(document: OpenDocument, live: LiveState, { version, origin, cause }: EditOriginParams): void {
    if (!live.map.resolveEdit(version, origin, cause)) return;
    if (origin.origin === 'ai' && live.root.auditDir !== undefined)
      this.#audit.edited(document.uri, version, live.repoPath, live.root, origin);
    this.#judgeSoon(document);
    this.#persistSoon(document);
  }

  /** HEAD moved: what is in it is old now, and lines that left it may be remembered. */
  async #rebase(document: OpenDocument): Promise<void> {
    const { live } = document;
    if (!live || document.isClosed) return;
    const baseline = await live.root.baseline(live.repoPath);
    if (!baseline) return;
    live.baseline = baseline;
    let at = 0;
    const lines = live.map.lines();
    for (const hunk of diffLines(baseline.lines, lines)) {
      const start = hunk.newLines === 0 ? hunk.newStart : hunk.newStart - 1;
      if (start > at) live.map.mark(at, start - 1, null);
      at = start + hunk.newLines;
    }
    if (at < lines.length) live.map.mark(at, lines.length - 1, null);
    live.askedVersion = -1;
    await this.#askJournal(document);
    this.#judgeSoon(document, true);
    this.#persistSoon(document);
  }

  /**
   * Asks the journal about lines that the editor could not tell: an agent's hook may have recorded this very text,
   * before or after the editor saw it. Never weakens what is known. True when something changed.
   */
  async #askJournal(document: OpenDocument): Promise<boolean> {
    const { live } = document;
    if (!live?.root.store || document.isClosed) return false;
    const version = document.text.version;
    const text = document.text.getText();
    const { origins, deletions } = await live.root.store.resolve(
      live.repoPath,
      text,
      live.root.repo ? { baseline: live.baseline.text } : {},
    );
    // Typed on in the meantime: the next pause asks again.
    if (document.text.version !== version || document.live !== live) return false;
    live.askedVersion = version;
    let changed = false;
    if (deletions.size > 0) {
      const before = live.deletedBefore;
      changed = [...deletions].some(([line, o]) => before.get(line)?.origin !== o.origin);
      live.deletedBefore = deletions;
    }
    expandOrigins(origins).forEach((told, i) => {
      if (told?.origin === 'unknown') return;
      const known = live.map.originAt(i);
      if (told === null) {
        // As in HEAD again (a stash, a checkout of the file): whoever had changed the line, it is an old one now.
        if (live.root.repo && known !== null) live.map.mark(i, i, null);
        return;
      }
      if (!isBetter(told, known)) return;
      live.map.mark(i, i, told);
      changed = true;
    });
    return changed;
  }

  //#endregion
  //#region Judging

  #rejudge(which: (root: Root) => boolean): void {
    for (const document of this.#open.values())
      if (document.live && which(document.live.root)) this.#judgeSoon(document, true);
    for (const closed of this.#closed.values())
      if (which(closed.root)) this.#judgeClosedSoon(closed.root, closed.repoPath);
  }

  /** After an edit the text is judged when typing pauses; without one (`now`) as soon as there is time. */
  #judgeSoon(document: OpenDocument, now = false): void {
    if (!document.live || document.isClosed) return;
    const time = Date.now();
    document.firstUnshown ??= time;
    const { debounceMs, maxWaitMs, leadMs } = this.#timing;
    const pause = now ? time : Math.max(time, document.editedAt + debounceMs);
    document.showAt = Math.min(pause, Math.max(time, document.firstUnshown + maxWaitMs));
    clearTimeout(document.judgeTimer);
    // The work begins a little before the pause is over, so that the result is there when it is.
    const delay = Math.max(0, document.showAt - time - (now ? 0 : leadMs));
    document.judgeTimer = setTimeout(
      () => this.#enqueue(`judge:${document.uri}`, () => this.#judgeOpen(document)),
      delay,
    );
  }

  async #judgeOpen(document: OpenDocument): Promise<void> {
    const { live } = document;
    if (!live || document.isClosed) return;
    if (this.#shouldAsk(document, live)) await this.#askJournal(document);
    const version = document.text.version;
    this.#resync(document, live);
    const lines = live.map.lines();
    const taken = live.map.deletions();
    const judgement = await this.#judge(live.root, live.repoPath, {
      text: document.text.getText(),
      lines,
      baseline: live.baseline,
      origins: expandOrigins(live.map.toOrigins()),
      deletedBy: (line) => taken.get(line) ?? live.deletedBefore.get(line),
    });
    if (isPolicyFile(document.file))
      document.policyProblems = await policyDiagnostics(
        document.text.getText(),
        live.repoPath,
        new Date(),
        this.#grammars,
      );
    const left = document.showAt - Date.now();
    if (left <= 0) this.#show(document, live, judgement, version);
    else {
      clearTimeout(document.showTimer);
      document.showTimer = setTimeout(() => {
        try {
          this.#show(document, live, judgement, version);
        } catch (error) {
          this.#log('error', `${document.file}: ${describe(error)}`);
        }
      }, left);
    }
  }

  /** Publishes a judgement of `version`. */
  #show(document: OpenDocument, live: LiveState, judgement: Judgement, version: number): void {
    if (document.isClosed || document.live !== live || version < document.judgedVersion) return;
    const isCurrent = document.text.version === version;
    // Typed on: the judgement after the next pause is the one to show, unless this has gone on for too long.
    if (
      !isCurrent &&
      document.firstUnshown !== undefined &&
      Date.now() < document.firstUnshown + this.#timing.maxWaitMs
    )
      return;
    document.firstUnshown = isCurrent ? undefined : Date.now();
    document.judgedVersion = version;
    document.sinceJudged = document.sinceJudged.filter((s) => s.version > version);
    const since = document.sinceJudged.flatMap((s) => s.changes);
    document.judgement = { ...judgement, findings: shiftFindings(judgement.findings, since) };
    const diagnostics = this.#toDiagnostics(live.root, document.judgement.findings, live.map.lines());
    diagnostics.push(...document.policyProblems);
    this.#publisher.summary(summaryOf(document.uri, version, document.judgement, document.note));
    this.#publish(document, document.text.version, diagnostics);
    this.#changesSoon();
    this.#found(live.root, live.repoPath, judgement.findings);
  }

  #found(root: Root, repoPath: string, findings: readonly LiveFinding[]): void {
    this.#audit
      .found(root, repoPath, findings)
      .catch((error: unknown) => this.#log('warn', `${repoPath}: ${describe(error)}`));
  }

  /**
   * The lines and the text are kept apart and must agree. They do, unless a client tears a line break apart (`\r` and
   * `\n` by two edits, positions past the end): then what differs is unknown.
   */
  #resync(document: OpenDocument, live: LiveState): void {
    const { text } = document;
    const last = text.getText({
      start: { line: text.lineCount - 1, character: 0 },
      end: { line: text.lineCount, character: 0 },
    });
    if (live.map.lineCount === text.lineCount - (last === '' ? 1 : 0)) return;
    this.#log('debug', `${document.file}: lines taken anew at version ${text.version}`);
    live.map.apply(text.version, [{ text: text.getText() }], { origin: 'unknown', evidence: 'none' });
  }

  /** Lines that nobody explained, in a text the journal was not asked about yet. */
  #shouldAsk(document: OpenDocument, live: LiveState): boolean {
    if (!live.root.store || live.askedVersion === document.text.version) return false;
    return live.map.summary().unknown > 0;
  }

  async #judge(
    root: Root,
    repoPath: string,
    text: Pick<Parameters<typeof judge>[0], 'text' | 'lines' | 'baseline' | 'origins' | 'deletedBy'>,
  ): Promise<Judgement> {
    const started = performance.now();
    const verdict = root.verdict(repoPath);
    const judgement = await judge({
      ...text,
      path: repoPath,
      labels: this.labels,
      policy: root.policy.policy,
      verdict,
      grammars: this.#grammars,
      covered: (added, deleted) => root.covered(verdict, added, deleted),
      now: new Date().toISOString(),
    });
    const took = performance.now() - started;
    if (took > slowMs) this.#log('warn', `${repoPath}: judging took ${Math.round(took)} ms`);
    const findings = judgement.findings.filter(
      (f) => f.entry !== undefined || !root.ignored.has(repoPath, f.rule, f.lineText),
    );
    return findings.length === judgement.findings.length ? judgement : { ...judgement, findings };
  }

  #toDiagnostics(root: Root, findings: readonly LiveFinding[], lines: readonly string[]): Diagnostic[] {
    return findings.map((f) =>
      toDiagnostic(f, lines, (file) => uriOfPath(this.#workspace.shown(path.resolve(root.dir, file)))),
    );
  }

  #publish(document: OpenDocument, version: number | undefined, diagnostics: Diagnostic[]): void {
    const key = JSON.stringify(diagnostics);
    // Editors move markers with the text, so the same set is only then no news when the text is the same, too.
    if (key === document.publishedKey && (key === '[]' || document.publishedVersion === version)) return;
    document.publishedKey = key;
    document.publishedVersion = version;
    this.#publisher.diagnostics(document.uri, version, diagnostics);
  }

  //#endregion
  //#region Closed files

  /** Files with pending AI lines that are not open. */
  async #scanClosed(root: Root): Promise<void> {
    this.#showPolicyProblems(root);
    if (!root.store) return;
    const wanted = new Set<string>();
    for (const file of await root.store.pending()) {
      if (file.counts.ai === 0 && file.aiDeleted === 0) continue;
      if (wanted.size < maxClosed) wanted.add(file.path);
      else this.#log('info', `${root.dir}: more than ${maxClosed} changed files; the rest is judged when opened`);
    }
    for (const closed of this.#closed.values()) if (closed.root === root) wanted.add(closed.repoPath);
    for (const repoPath of wanted) this.#judgeClosedSoon(root, repoPath);
  }

  /** Problems of policy files that nobody has open. */
  #showPolicyProblems(root: Root): void {
    const outside = new Map<string, PolicyProblem[]>();
    for (const file of root.policy.files) {
      const name = path.relative(root.dir, file).split(path.sep).join('/');
      if (name.startsWith('../') || path.isAbsolute(name)) outside.set(file, []);
      else this.#judgeClosedSoon(root, name);
    }
    for (const problem of root.policy.problems) outside.get(problem.file)?.push(problem);
    for (const [file, problems] of outside) {
      const uri = uriOfPath(file);
      if (this.#open.has(uri) || (problems.length === 0 && !this.#managed.has(uri))) continue;
      if (problems.length > 0) this.#managed.add(uri);
      else this.#managed.delete(uri);
      this.#publisher.diagnostics(uri, undefined, problems.map(toPolicyDiagnostic));
    }
  }

  #judgeClosedSoon(root: Root, repoPath: string): void {
    const uri = uriOfPath(this.#workspace.shown(path.join(root.dir, repoPath)));
    if (this.#isOpen(uri, root, repoPath)) return;
    this.#enqueue(`closed:${uri}`, () => this.#judgeClosed(uri, root, repoPath));
  }

  #isOpen(uri: string, root: Root, repoPath: string): boolean {
    if (this.#open.has(uri)) return true;
    for (const d of this.#open.values()) if (d.live?.root === root && d.live.repoPath === repoPath) return true;
    return false;
  }

  async #judgeClosed(uri: string, root: Root, repoPath: string): Promise<void> {
    if (this.#isOpen(uri, root, repoPath)) return;
    const file = path.join(root.dir, repoPath);
    // A journal is a file like any other: what it names must lie in the work tree, links followed.
    if ((await root.pathOf(file)) !== repoPath) return;
    const { text, stamp, isSkipped } = await readDisk(file);
    let judgement = nothing;
    const lines: readonly string[] = text === null ? [] : splitLines(text);
    if (!isSkipped) {
      const { baseline, origins, deletedBefore } = await known(root, repoPath, text);
      judgement = await this.#judge(root, repoPath, {
        text,
        lines,
        baseline,
        origins,
        deletedBy: (line) => deletedBefore.get(line),
      });
      // Nobody looks at it and no agent is known to have been there: a person's own tools change files all day.
      if (judgement.ai + judgement.deleted === 0) judgement = { ...judgement, findings: [] };
    }
    if (this.#isOpen(uri, root, repoPath)) return;
    const key = uri;
    const before = this.#closed.get(key);
    uri = before?.uri ?? uri;
    const diagnostics = [
      ...this.#toDiagnostics(root, judgement.findings, lines),
      ...root.policy.problems.filter((p) => p.file === repoPath).map(toPolicyDiagnostic),
    ];
    const next = JSON.stringify(diagnostics);
    if (judgement.ai + judgement.deleted === 0 && diagnostics.length === 0) this.#closed.delete(key);
    else this.#closed.set(key, { uri, root, repoPath, judgement, stamp, publishedKey: next });
    if (before || judgement.ai + judgement.deleted > 0) {
      this.#publisher.summary(
        summaryOf(uri, null, judgement, isSkipped ? 'too large or binary: not judged' : undefined),
      );
      this.#changesSoon();
    }
    if (next !== (before?.publishedKey ?? '[]')) this.#publisher.diagnostics(uri, undefined, diagnostics);
    this.#found(root, repoPath, judgement.findings);
    this.#watchClosed();
  }

  /** Closed files have no watcher of their own: a few `stat`s now and then, only while there are any. */
  #watchClosed(): void {
    if (this.#closedTimer || this.#closed.size === 0 || this.#isDisposed) return;
    this.#closedTimer = setTimeout(() => {
      this.#closedTimer = undefined;
      this.#enqueue('poll-closed', async () => {
        for (const closed of this.#closed.values()) {
          const stamp = await stampOf(path.join(closed.root.dir, closed.repoPath));
          if (stamp !== closed.stamp) this.#judgeClosedSoon(closed.root, closed.repoPath);
        }
        this.#watchClosed();
      });
    }, closedPollMs);
    this.#closedTimer.unref();
  }

  //#endregion
  //#region Journal

  #persistSoon(document: OpenDocument): void {
    document.isDirtyForJournal = true;
    clearTimeout(document.persistTimer);
    // A long text costs a hash per line: less often.
    const delay = document.text.lineCount > 20_000 ? this.#timing.persistMs * 5 : this.#timing.persistMs;
    document.persistTimer = setTimeout(() => {
      this.#enqueue(`persist:${document.uri}`, () => this.#persist(document));
    }, delay);
  }

  async #persist(document: OpenDocument): Promise<void> {
    clearTimeout(document.persistTimer);
    const { live } = document;
    if (!live?.root.store || !document.isDirtyForJournal) return;
    document.isDirtyForJournal = false;
    try {
      // What a hook said must not be overwritten by our not knowing.
      if (this.#shouldAsk(document, live) && (await this.#askJournal(document))) this.#judgeSoon(document);
      await live.root.store.remember(
        live.repoPath,
        document.text.getText(),
        pendingOrigins(live),
        live.map.deletions(),
      );
    } catch (error) {
      this.#log('warn', `${live.repoPath}: origins can't be kept: ${describe(error)}`);
    }
  }

  //#endregion
  //#region Order of work

  /** Runs tasks one after the other with room for requests in between; a newer task of the same key replaces an older. */
  #enqueue(key: string, task: () => Promise<void>): void {
    if (this.#isDisposed) return;
    this.#work.set(key, task);
    if (!this.#isWorking) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#isWorking = true;
    for (;;) {
      // What someone looks at goes before files that nobody has open.
      const key = [...this.#work.keys()].find((k) => k.startsWith('judge:')) ?? this.#work.keys().next().value;
      if (key === undefined) break;
      const task = this.#work.get(key) as () => Promise<void>;
      this.#work.delete(key);
      try {
        await task();
      } catch (error) {
        this.#log('error', `${key}: ${describe(error)}`);
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    this.#isWorking = false;
    this.#memory.rest();
  }

  #changesSoon(): void {
    this.#changesTimer ??= setTimeout(() => {
      this.#changesTimer = undefined;
      this.#publisher.changesChanged();
    }, 150);
  }

  //#endregion
}

/** What is known of a text: what it is judged against, and who wrote its lines. */
async function known(
  root: Root,
  repoPath: string,
  text: string | null,
): Promise<{
  baseline: Baseline;
  origins: readonly (LineOrigin | null)[];
  deletedBefore: ReadonlyMap<string, LineOrigin>;
}> {
  const none: ReadonlyMap<string, LineOrigin> = new Map();
  const baseline = await root.baseline(repoPath);
  if (baseline) {
    if (!root.store || baseline.text === text) return { baseline, origins: [], deletedBefore: none };
    const resolved = await root.store.resolve(repoPath, text ?? '', { baseline: baseline.text });
    return { baseline, origins: expandOrigins(resolved.origins), deletedBefore: resolved.deletions };
  }
  // No git: judged against the text as first seen. After a restart that is what the journal does not know as new.
  const lines = splitLines(text ?? '');
  const isKnown = text !== null && root.store !== undefined && (await root.store.knows(repoPath));
  const origins = isKnown && root.store ? expandOrigins((await root.store.resolve(repoPath, text)).origins) : [];
  const old = lines.filter((_, i) => (origins[i] ?? null) === null);
  return {
    baseline: old.length === lines.length ? { text, lines } : { text: old.map((l) => `${l}\n`).join(''), lines: old },
    origins,
    deletedBefore: none,
  };
}

/** Origins for the journal: a line that is as it was at HEAD waits for no commit. */
function pendingOrigins(live: LiveState): LineOrigins {
  const origins = live.map.toOrigins();
  if (!live.root.repo) return origins;
  const all = expandOrigins(origins);
  const lines: (LineOrigin | null)[] = all.map(() => null);
  for (const h of diffLines(live.baseline.lines, live.map.lines()))
    for (let at = h.newStart - 1; at < h.newStart - 1 + h.newLines; at++) lines[at] = all[at] ?? null;
  return compressOrigins(lines);
}

export const isPolicyFile = (file: string): boolean => path.basename(file) === policyFileName;

export const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

/** Whether the journal's answer replaces what the editor knows about a line. A person's own typing always stands. */
/**
 * Queues the missed edits of a document that was just opened. Gives the text before them, `undefined` when they do not
 * lead to the text that was opened.
 */
function replay(document: OpenDocument, { text, edits, origins }: MissedEditsParams): string | undefined {
  const { uri, version, languageId } = document.text;
  const queued = edits.filter((e) => e.version <= version).map((e) => ({ ...e, changes: [...e.changes] }));
  const before = TextDocument.create(uri, languageId, 0, text);
  for (const e of queued) TextDocument.update(before, e.changes, e.version);
  if (before.getText() !== document.text.getText()) return undefined;
  document.queued.push(...queued);
  for (const told of origins) if (told.version <= version) document.told.set(told.version, told);
  return text;
}

function isBetter(told: LineOrigin, known: LineOrigin | null): boolean {
  if (known === null || known.origin === 'unknown') return true;
  if (known.origin === 'human') return false;
  return evidences.indexOf(told.evidence) < evidences.indexOf(known.evidence);
}

function summaryOf(uri: string, version: number | null, j: Judgement, note: string | undefined): SummaryParams {
  const why = note ?? j.note;
  return {
    uri,
    version,
    tier: j.tier,
    decision: j.decision,
    marks: j.marks.map(({ start, end, origin }) => ({ start, end, origin })),
    ai: j.ai,
    modified: j.modified,
    unknown: j.unknown,
    deleted: j.deleted,
    findings: j.findings.length,
    ...(why !== undefined && { note: why }),
  };
}

/** Findings moved along with an edit, so that hovers and fixes stay right until the next judgement. */
export function shiftFindings(
  findings: readonly LiveFinding[],
  changes: readonly TextDocumentContentChangeEvent[],
): readonly LiveFinding[] {
  let out = findings;
  for (const change of changes) {
    if (!('range' in change) || out.length === 0) continue;
    const { start, end } = change.range;
    const added = countBreaks(change.text);
    const delta = added - (end.line - start.line);
    const move = (line: number): number => {
      const at = line - 1;
      if (at > end.line) return line + delta;
      return at > start.line ? Math.min(at, start.line + added) + 1 : line;
    };
    out = out.map((f) => {
      const touched = f.line - 1 <= end.line && f.endLine - 1 >= start.line;
      if (!touched && delta === 0) return f;
      const { column, endColumn, fix, ...rest } = f;
      const moved = { ...rest, line: move(f.line), endLine: move(f.endLine) };
      // Columns and fixes are only right where the text did not change.
      if (touched) return moved;
      const isSame = moved.line === f.line;
      return {
        ...moved,
        ...(column !== undefined && { column }),
        ...(endColumn !== undefined && { endColumn }),
        ...(fix && isSame && { fix }),
      };
    });
  }
  return out;
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
