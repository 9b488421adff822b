/**
 * Watches how edits come to be and tells the server, by document version. Stable API only; nothing here blocks or
 * touches the disk. Fails towards `unknown`: an edit that is not classified is never called a person's.
 */
import * as vscode from 'vscode';
import type { ChangeEvent, ClipboardMatch, EditorEvent, TextRange } from '../core/attribution/editEvents.ts';
import { EditClassifier } from '../core/attribution/editOrigin.ts';
import type { EditVerdict } from '../core/attribution/editVerdict.ts';
import { ShellPrograms } from '../core/attribution/shellPrograms.ts';
import type { LineOrigin } from '../core/model.ts';
import type { EditOriginParams } from '../protocol.ts';
import type { DiskEvents } from './diskEvents.ts';
import { DocumentCopies } from './documentCopies.ts';

export interface EditWatcherDeps {
  /** Hands a verdict to the server. Called a few times per second at most per person, more for streams. */
  readonly send: (params: EditOriginParams) => void;
  readonly log: Pick<vscode.LogOutputChannel, 'debug' | 'warn'>;
  readonly disk: Pick<DiskEvents, 'onWritten'>;
  /** Whether the clipboard may be read to recognise a paste; default yes. Without it pastes stay unknown. */
  readonly mayReadClipboard?: () => boolean;
}

/** Extensions that take the keys and edit for the person. */
const keyEmulators = [
  'vscodevim.vim',
  'asvetliakov.vscode-neovim',
  'vintharas.learn-vim',
  'jasew.vscode-helix-emulation',
  'silverquark.dancehelix',
  'gregoire.dance',
  'tuttieee.emacs-mcx',
];
const selectionKinds = ['', 'keyboard', 'mouse', 'command'] as const;
const gitState =
  /[\\/]\.git[\\/](?:worktrees[\\/][^\\/]+[\\/])?(?:HEAD|index|ORIG_HEAD|MERGE_HEAD|AUTO_MERGE|refs[\\/].*)$/;

export class EditWatcher implements vscode.Disposable {
  readonly #deps: EditWatcherDeps;
  readonly #disposables: vscode.Disposable[] = [];
  readonly #classifier: EditClassifier;
  readonly #copies = new DocumentCopies();
  #dueTimer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #nextId = 1;
  #toCompare: ChangeEvent[] = [];
  #isReadingClipboard = false;
  readonly #shells = new ShellPrograms();

  constructor(deps: EditWatcherDeps) {
    this.#deps = deps;
    const hasKeyEmulation = keyEmulators.some((id) => vscode.extensions.getExtension(id)?.isActive);
    this.#classifier = new EditClassifier({ hasKeyEmulation });
    this.#disposables.push(
      deps.disk.onWritten((uri) => this.#onDisk(uri)),
      vscode.workspace.onDidChangeTextDocument((e) => this.#onChange(e)),
      vscode.window.onDidChangeTextEditorSelection((e) => this.#onSelection(e)),
      vscode.window.onDidStartTerminalShellExecution(({ execution }) =>
        this.#shells.start(execution, execution.commandLine.value, performance.now()),
      ),
      vscode.window.onDidEndTerminalShellExecution(({ execution }) => this.#shells.end(execution, performance.now())),
      vscode.workspace.onWillSaveTextDocument(({ document }) => this.#onSave(document, false)),
      vscode.workspace.onDidSaveTextDocument((document) => this.#onSave(document, true)),
      vscode.workspace.onDidOpenTextDocument((document) => this.#onOpen(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.#onClose(document)),
    );
    for (const document of vscode.workspace.textDocuments) this.#copies.copySoon(document);
  }

  /** The next text that comes at the cursor, within a quarter of a second, is an accepted inline suggestion. */
  markNextAsInlineAccept(): void {
    this.#give({ kind: 'inline-accept', at: performance.now() });
  }

  /** Runs one of the editor's commands for accepting inline suggestions, so that what it inserts is known for sure. */
  async acceptInline(command = 'editor.action.inlineSuggest.commit'): Promise<void> {
    this.markNextAsInlineAccept();
    try {
      await vscode.commands.executeCommand(command);
    } finally {
      // Where there was nothing to accept, the next key is the person's.
      this.#give({ kind: 'inline-accept', at: performance.now(), isOver: true });
    }
  }

  /** Until it is known how all edits so far came to be; at most so many milliseconds. */
  async settled(limitMs: number): Promise<void> {
    const now = performance.now();
    while (performance.now() < now + limitMs && (this.#classifier.waitsSince ?? Number.POSITIVE_INFINITY) <= now)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }

  dispose(): void {
    this.#publish(this.#classifier.flush());
    clearTimeout(this.#dueTimer);
    this.#copies.dispose();
    for (const d of this.#disposables.splice(0)) d.dispose();
  }

  //#region Events

  #onChange({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    const at = performance.now();
    const uri = document.uri.toString();
    if (contentChanges.length === 0) {
      this.#give({ kind: 'dirty', at, uri, isDirty: document.isDirty });
      return;
    }
    const plain = contentChanges.map((c) => ({ range: toRange(c.range), text: c.text, rangeLength: c.rangeLength }));
    const { changes, knows } = this.#copies.apply(document, uri, plain);
    const editor = vscode.window.activeTextEditor;
    const id = this.#nextId++;
    const change: ChangeEvent = {
      kind: 'change',
      id,
      at,
      uri,
      path: document.uri.path,
      scheme: document.uri.scheme,
      version: document.version,
      ...(reason === vscode.TextDocumentChangeReason.Undo ? { reason: 'undo' } : {}),
      ...(reason === vscode.TextDocumentChangeReason.Redo ? { reason: 'redo' } : {}),
      isDirty: document.isDirty,
      // The listener runs before the selection moves: these are the cursors at which the person was.
      ...(editor?.document === document ? { selections: editor.selections.map(toRange) } : {}),
      isFocused: vscode.window.state.focused,
      changes,
      isComplete: true,
      ...(knows ? { knows } : {}),
    };
    this.#give(change);
    if (this.#classifier.wantsClipboard(id)) this.#compareWithClipboard(change);
  }

  #onSelection({ textEditor, kind, selections }: vscode.TextEditorSelectionChangeEvent): void {
    const by = selectionKinds[kind ?? 0];
    const event = {
      kind: 'selection' as const,
      at: performance.now(),
      uri: textEditor.document.uri.toString(),
      selections: selections.map(toRange),
    };
    this.#give(by ? { ...event, by } : event);
  }

  #onSave({ uri }: vscode.TextDocument, isOver: boolean): void {
    this.#give({ kind: 'save', at: performance.now(), uri: uri.toString(), isOver });
  }

  #onOpen(document: vscode.TextDocument): void {
    this.#give({ kind: 'open', at: performance.now(), path: document.uri.path, scheme: document.uri.scheme });
    this.#copies.open(document);
  }

  #onClose(document: vscode.TextDocument): void {
    const uri = document.uri.toString();
    this.#copies.close(document);
    this.#publish(this.#classifier.close(uri));
  }

  #onDisk(uri: vscode.Uri): void {
    // A checkout may touch thousands of files: only those that are open can be reloaded.
    if (this.#copies.mayHave(uri.path) && this.#copies.has(uri.toString()))
      this.#give({ kind: 'disk', at: performance.now(), path: uri.path });
    else if (uri.path.includes('.git') && gitState.test(uri.path)) this.#give({ kind: 'git', at: performance.now() });
  }

  //#endregion
  //#region Clipboard

  /** One read at a time, only for text that came at the cursor without a key press. */
  #compareWithClipboard(change: ChangeEvent): void {
    if (this.#deps.mayReadClipboard && !this.#deps.mayReadClipboard()) return;
    this.#toCompare.push(change);
    if (this.#isReadingClipboard) return;
    this.#isReadingClipboard = true;
    const asked = this.#toCompare;
    this.#toCompare = [];
    void this.#readClipboard(asked);
  }

  async #readClipboard(asked: readonly ChangeEvent[]): Promise<void> {
    try {
      const text = unifyBreaks(await vscode.env.clipboard.readText());
      const at = performance.now();
      for (const one of asked) this.#give({ kind: 'clipboard', at, id: one.id, ...compare(one, text) });
    } catch (error) {
      // Pastes stay unknown; nothing else depends on it.
      this.#deps.log.debug(`the clipboard can't be read: ${String(error)}`);
    }
    this.#isReadingClipboard = false;
    const next = this.#toCompare.pop();
    if (next) this.#compareWithClipboard(next);
  }

  //#endregion
  //#region Verdicts

  #give(event: EditorEvent): void {
    this.#publish(this.#classifier.push(event));
    this.#arm();
  }

  #publish(verdicts: readonly EditVerdict[]): void {
    for (const v of verdicts) {
      if (v.cause === 'no-file') continue;
      const origin: LineOrigin = {
        origin: v.origin,
        evidence: v.evidence,
        at: new Date().toISOString(),
        ...(v.evidence === 'heuristic' ? { confidence: v.confidence } : {}),
        ...(v.cause === 'chat' ? { agent: 'vscode-chat' } : {}),
        ...(v.cause === 'external' ? this.#writer() : {}),
      };
      this.#deps.send({ uri: v.uri, version: v.version, origin, cause: v.cause });
    }
  }

  #writer(): { writer?: string } {
    const writer = this.#shells.only(performance.now());
    return writer === undefined ? {} : { writer };
  }

  #arm(): void {
    const due = this.#classifier.nextDue;
    if (due === undefined || due >= this.#dueAt) return;
    clearTimeout(this.#dueTimer);
    this.#dueAt = due;
    this.#dueTimer = setTimeout(
      () => {
        this.#dueAt = Number.POSITIVE_INFINITY;
        this.#publish(this.#classifier.tick(performance.now()));
        this.#arm();
      },
      Math.max(1, due - performance.now() + 1),
    );
  }

  //#endregion
}

const toRange = ({ start, end }: vscode.Range): TextRange => ({
  start: { line: start.line, character: start.character },
  end: { line: end.line, character: end.character },
});

const unifyBreaks = (text: string): string => text.replace(/\r\n?/g, '\n');

/** How the inserted text and the clipboard go together; several cursors may share out the clipboard's lines. */
function compare(change: ChangeEvent, clipboard: string): ClipboardMatch {
  const texts = change.changes.map((c) => unifyBreaks(c.text)).filter((text) => text !== '');
  const [first = ''] = texts;
  const isShared = texts.length > 1 && [...texts].reverse().join('\n') === clipboard.replace(/\n$/, '');
  return {
    equal:
      clipboard !== '' && (texts.every((text) => text === clipboard) || texts.join('\n') === clipboard || isShared),
    contains: clipboard !== '' && first.includes(clipboard),
    within: first !== '' && clipboard.includes(first),
    length: clipboard.length,
  };
}
