/**
 * What `core` needs from the machine, as interfaces. `platform` implements them; tests may, too.
 */

/** SHA-256 of UTF-8 text or raw bytes, as 64 lower-case hex digits. */
export type Sha256 = (data: string | Uint8Array) => string;

/** A tree-sitter syntax tree and its nodes, narrowed to what rules use (see web-tree-sitter). */
export type { Tree, Node as SyntaxNode } from '@vscode/tree-sitter-wasm';

/** Languages with a tree-sitter grammar on board. */
export type GrammarId =
  | 'bash'
  | 'c-sharp'
  | 'go'
  | 'hcl'
  | 'java'
  | 'javascript'
  | 'php'
  | 'powershell'
  | 'python'
  | 'ruby'
  | 'rust'
  | 'tsx'
  | 'typescript';

/** Loads grammars lazily and parses. Loading is the only asynchronous part. */
export interface Grammars {
  /** Resolves once `id` can be parsed; rejects when the grammar file is missing or broken. */
  load(id: GrammarId): Promise<void>;
  /** Parses text with a loaded grammar. The tree is the caller's: `delete()` it. Throws if `id` is not loaded. */
  parse(id: GrammarId, text: string): import('@vscode/tree-sitter-wasm').Tree;
  /** What is wrong with a query for a loaded grammar, in one line; `undefined` when it can be used. */
  checkQuery(id: GrammarId, query: string): string | undefined;
  /**
   * Ranges of a tree-sitter query: the capture `@finding`, else each match's first. Throws on a bad query, and on one
   * that takes longer on this tree than a policy may ask for.
   */
  query(
    id: GrammarId,
    query: string,
    tree: import('@vscode/tree-sitter-wasm').Tree,
  ): readonly { readonly start: import('./model.ts').Position; readonly end: import('./model.ts').Position }[];
}

/** Reads a file that a command refers to (a `package.json` script, a Makefile), or `undefined`. Bounded size. */
export type ReadText = (path: string) => string | undefined;
