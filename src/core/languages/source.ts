/** One side of a changed file with everything rules ask about it, computed once and only on demand. */
import type { Language } from './detect.ts';
import { scan, type Token } from './lexer.ts';
import { parseTree } from './tree.ts';
import { type TreeNode } from './treeNode.ts';
import { readCode, type CodeFacts } from './facts.ts';
import { dockerInstructions, type Instruction } from './docker.ts';
import { sqlStatements, type Statement } from './sqlText.ts';
import type { WordIndex } from './words.ts';

export class Source {
  readonly path: string;
  readonly text: string;
  readonly language: Language;
  /** 1-based lines the change touched; rules whose cost or meaning is per line look at these alone. `undefined` = all. */
  changed: ReadonlySet<number> | undefined;
  #starts: number[] | undefined;
  #tokens: Token[] | undefined;
  #facts: CodeFacts | undefined;
  #tree: TreeNode[] | undefined;
  #docker: Instruction[] | undefined;
  #sql: Statement[] | undefined;
  #index: WordIndex | undefined;
  #found: ReadonlySet<number> | undefined;
  #lines: string[] | undefined;

  constructor(path: string, text: string, language: Language, changed?: ReadonlySet<number>) {
    this.changed = changed;
    this.path = path;
    this.text = text;
    this.language = language;
  }

  /** Offsets of line starts. */
  get starts(): readonly number[] {
    if (!this.#starts) {
      const starts = [0];
      for (let i = this.text.indexOf('\n'); i >= 0; i = this.text.indexOf('\n', i + 1)) starts.push(i + 1);
      this.#starts = starts;
    }
    return this.#starts;
  }

  /** Lines without terminators. */
  get lines(): readonly string[] {
    this.#lines ??= this.text.split('\n').map((l) => (l.endsWith('\r') ? l.slice(0, -1) : l));
    return this.#lines;
  }

  /** Places in `lines` of those that the change touched, in order; of all when nobody told which those are. */
  get changedAt(): readonly number[] {
    const { lines, changed } = this;
    if (changed === undefined) return [...lines.keys()];
    const places: number[] = [];
    for (const n of changed) if (n <= lines.length) places.push(n - 1);
    return places;
  }

  /** 1-based line of an offset. */
  lineAt(offset: number): number {
    const starts = this.starts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if (starts[mid]! <= offset) low = mid;
      else high = mid - 1;
    }
    return low + 1;
  }

  /** 0-based column of an offset. */
  columnAt(offset: number): number {
    return offset - this.starts[this.lineAt(offset) - 1]!;
  }

  /** Tokens with comments. */
  get tokens(): readonly Token[] {
    this.#tokens ??= scan(this.text, this.language);
    return this.#tokens;
  }

  /** Calls, assignments and strings of a programming language. */
  get code(): CodeFacts {
    this.#facts ??= readCode(this);
    return this.#facts;
  }

  /** YAML, JSON, TOML-free configuration or HCL as one kind of tree; one root per document. */
  get tree(): readonly TreeNode[] {
    this.#tree ??= parseTree(this.text, this.language);
    return this.#tree;
  }

  get docker(): readonly Instruction[] {
    this.#docker ??= dockerInstructions(this.text);
    return this.#docker;
  }

  get sql(): readonly Statement[] {
    this.#sql ??= sqlStatements(this.text);
    return this.#sql;
  }

  /** Ids of the index's words that stand in the text; kept for the index asked last. */
  wordsOf(index: WordIndex): ReadonlySet<number> {
    if (!this.#found || this.#index !== index) {
      this.#found = new Set(index.find(this.text));
      this.#index = index;
    }
    return this.#found;
  }

  /** By flags, then by source, which V8 has as one string with its hash for all copies of a literal. */
  readonly #has = new Map<string, Map<string, boolean>>();

  /** Whether the whole text matches; asked often with the same pattern, answered once. */
  has(pattern: RegExp): boolean {
    let answers = this.#has.get(pattern.flags);
    if (!answers) this.#has.set(pattern.flags, (answers = new Map()));
    let found = answers.get(pattern.source);
    if (found === undefined) answers.set(pattern.source, (found = pattern.test(this.text)));
    return found;
  }

  slice(token: { readonly start: number; readonly end: number }): string {
    return this.text.slice(token.start, token.end);
  }
}
