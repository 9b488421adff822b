/**
 * Copies of the open documents' lines, kept in step with their change events, so that it is known what an edit took away.
 * Made one per turn of the event loop. How long a text is, is asked before it is put together: a document that is too
 * large costs a look, once, not a copy at every key press.
 */
import type * as vscode from 'vscode';
import { TextShadow, type TextChange } from '../core/attribution/editEvents.ts';

/** Larger documents are classified without knowing what an edit took away. In UTF-16 units. */
const maxLength = 2_000_000;
const maxLines = 50_000;
const maxCopies = 200;
/** What may be copied inside the event that opens the document. */
const maxAtOnce = 256 * 1024;

interface Copy {
  readonly path: string;
  readonly text: TextShadow;
  /** Document version that the copy stands for. */
  version: number;
}

/** The length of a document's text without putting the text together. */
export const lengthOf = (document: vscode.TextDocument): number =>
  document.offsetAt(document.lineAt(document.lineCount - 1).range.end);

export class DocumentCopies {
  /** By URI, oldest first. */
  readonly #copies = new Map<string, Copy>();
  /** Of all copies; made anew when it is asked for. */
  #paths: ReadonlySet<string> | undefined;
  readonly #waiting = new Set<vscode.TextDocument>();
  /** Too large when last looked at; they seldom shrink, and then count as new when they are opened again. */
  #tooLarge = new WeakSet<vscode.TextDocument>();
  #timer: NodeJS.Timeout | undefined;

  has(uri: string): boolean {
    return this.#copies.has(uri);
  }

  /** Whether a copied document may have this `uri.path`: for thousands of files, whose addresses nobody has put together. */
  mayHave(path: string): boolean {
    this.#paths ??= new Set([...this.#copies.values()].map((copy) => plainPath(copy.path)));
    return this.#paths.has(plainPath(path));
  }

  /** The document was opened. An extension that edits a closed file does so a millisecond later: small ones are copied now. */
  open(document: vscode.TextDocument): void {
    if (!isCopied(document)) return;
    if (document.lineCount <= 5000 && lengthOf(document) <= maxAtOnce) this.#copy(document);
    else this.copySoon(document);
  }

  close(document: vscode.TextDocument): void {
    this.#forget(document.uri.toString());
    this.#waiting.delete(document);
    this.#tooLarge.delete(document);
  }

  copySoon(document: vscode.TextDocument): void {
    if (!isCopied(document) || this.#tooLarge.has(document)) return;
    this.#waiting.add(document);
    this.#timer ??= setTimeout(() => this.#copyOne(), 0);
  }

  /** The changes that led to the document's version, with what they took away where a copy of the text before is there. */
  apply(
    document: vscode.TextDocument,
    uri: string,
    changes: readonly Pick<TextChange, 'range' | 'text' | 'rangeLength'>[],
  ): { readonly changes: readonly TextChange[]; readonly knows?: (word: string) => boolean } {
    const copy = this.#copies.get(uri);
    if (!copy || copy.version >= document.version) {
      this.#forget(uri);
      this.copySoon(document);
      return { changes };
    }
    // Versions may skip: an undo that changes nothing counts, too.
    copy.version = document.version;
    const applied = copy.text.apply(changes);
    return { changes: applied, knows: (word) => copy.text.knows(word, applied) };
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
    this.#copies.clear();
    this.#paths = undefined;
    this.#tooLarge = new WeakSet();
  }

  #copyOne(): void {
    this.#timer = undefined;
    const [document] = this.#waiting;
    if (!document) return;
    this.#waiting.delete(document);
    if (!document.isClosed) this.#copy(document);
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#copyOne(), 0);
  }

  #copy(document: vscode.TextDocument): void {
    if (document.lineCount > maxLines || lengthOf(document) > maxLength) {
      this.#tooLarge.add(document);
      return;
    }
    const { uri, version } = document;
    this.#copies.set(uri.toString(), { path: uri.path, text: new TextShadow(document.getText()), version });
    this.#paths = undefined;
    if (this.#copies.size <= maxCopies) return;
    const [oldest] = this.#copies.keys();
    this.#forget(oldest as string);
  }

  #forget(uri: string): void {
    this.#copies.delete(uri);
    this.#paths = undefined;
  }
}

/** VS Code writes the letter of a Windows drive in either case. */
const plainPath = (path: string): string => (path[2] === ':' ? path.slice(0, 3).toLowerCase() + path.slice(3) : path);

const isCopied = ({ uri }: vscode.TextDocument): boolean => !/^(?:output|git|chat|vscode-scm|comment)/.test(uri.scheme);
