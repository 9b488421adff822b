/**
 * Every text the server knows: open documents (a live LineMap each) and closed files that agents changed on disk.
 * Takes edits in, judges when typing pauses, publishes. Keeps the last findings, moved along with the text, until new
 * ones are there. Failure direction: what was published stays.
 */
import type { Diagnostic } from 'vscode-languageserver';
import { TextDocument, type TextDocumentContentChangeEvent } from 'vscode-languageserver-textdocument';
import { explainOrigin } from '../core/attribution/explain.ts';
import { LineMap } from '../core/attribution/lineMap.ts';
import { expandOrigins } from '../core/attribution/origins.ts';
import { diffLines } from '../core/hunks.ts';
import type { Grammars } from '../core/ports.ts';
import { explainPath } from '../core/policy/index.ts';
import { oneLine } from '../core/plainText.ts';
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
import { findingKey, shiftFindings, toDiagnostic } from './diagnostics.ts';
import { IgnoredFindings } from './ignored.ts';
import { judge, nothing, type JudgedText, type Judgement, type Labels, type LiveFinding } from './judge.ts';
import { Memory } from './memory.ts';
import { isPolicyFile, policyDiagnostics } from './policyLanguage.ts';
import { maxTextBytes, pathOfUri, uriOfPath } from './text.ts';
import { ClosedFiles } from './closedFiles.ts';
import { askJournal, DocumentJournal, shouldAsk, type JournalTiming } from './documentJournal.ts';
import { describe, type Log } from './log.ts';
import { known, OpenDocument, replay, type LiveState, type Queued } from './openDocument.ts';
import { summaryOf } from './summary.ts';
import { WorkQueue } from './workQueue.ts';
import type { Root, RootChange, Workspace } from './workspace.ts';
import * as path from 'node:path';

export interface Publisher {
  diagnostics(uri: string, version: number | undefined, diagnostics: Diagnostic[]): void;
  summary(params: SummaryParams): void;
  changesChanged(): void;
}

export interface Timing extends JournalTiming {
  /** Pause in typing before findings change. */
  readonly debounceMs: number;
  /** So long before the end of the pause the work begins. */
  readonly leadMs: number;
}
export const defaultTiming: Timing = { debounceMs: 300, leadMs: 100, maxWaitMs: 2000, persistMs: 400 };

/** Work on one text that takes longer is logged: the user can see why it felt slow. */
const slowMs = 2000;
/** Documents whose missed edits are kept until they are opened. */
const maxMissed = 200;
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
  readonly #closed: ClosedFiles;
  readonly #missed = new Map<string, MissedEditsParams>();
  readonly #work: WorkQueue;
  readonly #journal: DocumentJournal;
  #changesTimer: NodeJS.Timeout | undefined;

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
    this.#work = new WorkQueue(log, () => this.#memory.rest());
    this.#journal = new DocumentJournal({
      timing,
      work: this.#work,
      log,
      learned: (document) => this.#judgeSoon(document),
    });
    this.#closed = new ClosedFiles({
      workspace,
      publisher,
      log,
      work: this.#work,
      isOpenUri: (uri) => this.#open.has(uri),
      isOpen: (uri, root, repoPath) => this.#isOpen(uri, root, repoPath),
      judge: async (root, repoPath, text) => this.#judge(root, repoPath, text),
      toDiagnostics: (root, findings, lines) => this.#toDiagnostics(root, findings, lines),
      found: (root, repoPath, findings) => this.#found(root, repoPath, findings),
      changesSoon: () => this.#changesSoon(),
    });
  }

  //#region From the client

  open(uri: string, languageId: string, version: number, text: string): void {
    const file = pathOfUri(uri);
    if (file === undefined) return;
    const document = new OpenDocument(uri, file, TextDocument.create(uri, languageId, version, text));
    const closed = this.#closed.take(file);
    if (closed) {
      // The closed file's findings stay on screen until the open document has been judged.
      document.judgement = closed.judgement;
      if (closed.uri === uri) document.publishedKey = closed.publishedKey;
      // Another spelling of the same file: the client would show both.
      else if (closed.publishedKey !== '[]') this.#publisher.diagnostics(closed.uri, undefined, []);
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

  /** What was done to a document, which is about to be opened, while nobody was here to see it. */
  missed(params: MissedEditsParams): void {
    this.#missed.delete(params.uri);
    this.#missed.set(params.uri, params);
    if (this.#missed.size > maxMissed) this.#missed.delete(this.#missed.keys().next().value as string);
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
    this.#journal.soon(document);
  }

  save(uri: string): void {
    const document = this.#open.get(uri);
    if (!document?.live) return;
    const { root } = document.live;
    void this.#journal.write(document);
    this.#work.add(`poll:${root.dir}`, async () => {
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
      void this.#journal.whenLoaded(document).then(() => {
        if (document.live) this.#closed.judgeSoon(document.live.root, document.live.repoPath);
      });
      return;
    }
    const publishedKey = document.publishedKey;
    this.#closed.keep(document.file, {
      uri,
      root: live.root,
      repoPath: live.repoPath,
      judgement: document.judgement,
      stamp: '',
      publishedKey,
    });
    void this.#journal.write(document);
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
    this.#journal.soon(document);
  }

  /** State on disk may have changed. */
  async refresh(): Promise<void> {
    this.#workspace.forgetRepositories();
    await this.#adoptRepositories();
    for (const root of await this.#workspace.roots()) {
      await root.poll(true);
      await this.#closed.scan(root);
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
        this.#closed.judgeSoon(root, file.path);
        this.#closed.judgeSoon(root, newPath + file.path.slice(oldPath.length));
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
    this.#closed.dropOthers(needed);
    for (const root of await this.#workspace.roots()) if (!needed.has(root)) await this.#workspace.close(root);
    for (const root of roots) this.#work.add(`scan:${root.dir}`, () => this.#closed.scan(root));
  }

  rootChanged(root: Root, change: RootChange): void {
    switch (change.kind) {
      case 'journal':
        for (const document of this.#open.values()) {
          const { live } = document;
          if (live?.root !== root || !change.paths.has(live.repoPath)) continue;
          this.#work.add(`ask:${document.uri}`, async () => {
            if (await askJournal(document)) this.#judgeSoon(document, true);
          });
        }
        for (const repoPath of change.paths) this.#closed.judgeSoon(root, repoPath);
        break;
      case 'head':
        for (const document of this.#open.values())
          if (document.live?.root === root) this.#work.add(`head:${document.uri}`, () => this.#rebase(document));
        this.#work.add(`scan:${root.dir}`, () => this.#closed.scan(root));
        break;
      case 'policy':
        this.#closed.showPolicyProblems(root);
        this.#rejudge((r) => r === root);
        break;
      case 'notes':
        this.#rejudge((r) => r === root);
        break;
    }
  }

  dispose(): void {
    clearTimeout(this.#changesTimer);
    this.#closed.dispose();
    for (const document of this.#open.values()) {
      clearTimeout(document.judgeTimer);
      clearTimeout(document.showTimer);
      clearTimeout(document.persistTimer);
    }
    this.#work.dispose();
    this.#memory.dispose();
    this.#audit.dispose();
  }

  /** Writes what is not yet written; for an orderly end. */
  async flush(): Promise<void> {
    await this.#journal.flush(this.#open.values());
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
    for (const c of this.#closed.all) add(c.uri, c.root, c.repoPath, c.judgement);
    return files.sort((a, b) => (a.root === b.root ? (a.path < b.path ? -1 : 1) : a.root < b.root ? -1 : 1));
  }

  /** Waits until all work under way is done; for tests and for `changes` right after a start. */
  async settled(): Promise<void> {
    await this.#work.settled();
  }

  //#endregion
  //#region Loading

  async #load(document: OpenDocument, text: string): Promise<void> {
    const version = document.text.version;
    const root = await this.#workspace.rootFor(document.file);
    const repoPath = await root.pathOf(document.file);
    // Outside every root (a link that leaves it): nothing to attribute, nothing to protect.
    if (repoPath === undefined || isDone(document)) return;
    const { baseline, origins, deletedBefore } = await known(root, repoPath, text);
    if (isDone(document)) return;
    const map = new LineMap(text, origins);
    const live: LiveState = { root, repoPath, baseline, map, deletedBefore, askedVersion: version };
    document.live = live;
    for (const { version, changes } of document.queued.splice(0)) this.#apply(document, live, version, changes);
    for (const told of document.told.values()) {
      // Of a change that is still on its way: it finds its origin here when it comes.
      if (told.version > document.text.version) continue;
      document.told.delete(told.version);
      this.#resolve(document, live, told);
    }
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
    this.#journal.soon(document);
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
    await askJournal(document);
    this.#judgeSoon(document, true);
    this.#journal.soon(document);
  }

  //#endregion
  //#region Judging

  #rejudge(which: (root: Root) => boolean): void {
    for (const document of this.#open.values())
      if (document.live && which(document.live.root)) this.#judgeSoon(document, true);
    this.#closed.rejudge(which);
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
      () => this.#work.add(`judge:${document.uri}`, () => this.#judgeOpen(document)),
      delay,
    );
  }

  async #judgeOpen(document: OpenDocument): Promise<void> {
    const { live } = document;
    if (!live || document.isClosed) return;
    if (shouldAsk(document, live)) await askJournal(document);
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

  async #judge(root: Root, repoPath: string, text: JudgedText): Promise<Judgement> {
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
  #isOpen(uri: string, root: Root, repoPath: string): boolean {
    if (this.#open.has(uri)) return true;
    for (const d of this.#open.values()) if (d.live?.root === root && d.live.repoPath === repoPath) return true;
    return false;
  }

  #changesSoon(): void {
    this.#changesTimer ??= setTimeout(() => {
      this.#changesTimer = undefined;
      this.#publisher.changesChanged();
    }, 150);
  }

  //#endregion
}

/** Closed, and nothing was done to it that is not known yet. */
const isDone = (document: OpenDocument): boolean => document.isClosed && document.queued.length === 0;
