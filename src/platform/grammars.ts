/** tree-sitter with its grammars, loaded on first use and off disk asynchronously. */
// Its `promises` are loaded when they are used: a batch without code to parse reads no file.
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Language, Parser, Query, Tree } from '@vscode/tree-sitter-wasm';
import type { GrammarId, Grammars } from '../core/ports.ts';
import type { Position } from '../core/model.ts';

/** Grammar id → wasm file, in the package it comes from. The bundle has them all in `grammars/` beside it. */
export const grammarFiles: Readonly<Record<GrammarId, { readonly package: string; readonly file: string }>> = {
  bash: wasm('bash'),
  'c-sharp': wasm('c-sharp'),
  go: wasm('go'),
  hcl: { package: '@tree-sitter-grammars/tree-sitter-hcl', file: 'tree-sitter-hcl.wasm' },
  java: wasm('java'),
  javascript: wasm('javascript'),
  php: wasm('php'),
  powershell: wasm('powershell'),
  python: wasm('python'),
  ruby: wasm('ruby'),
  rust: wasm('rust'),
  tsx: wasm('tsx'),
  typescript: wasm('typescript'),
};
export const runtimeFile = { package: '@vscode/tree-sitter-wasm', file: 'wasm/tree-sitter.wasm' } as const;

function wasm(id: string): { package: string; file: string } {
  return { package: '@vscode/tree-sitter-wasm', file: `wasm/tree-sitter-${id}.wasm` };
}

/** From `dist/grammars` beside the bundle, else from the package in node_modules (development, tests). */
async function bytesOf(entry: { readonly package: string; readonly file: string }): Promise<Buffer> {
  const here = __dirname;
  try {
    return await fs.promises.readFile(path.join(here, 'grammars', path.basename(entry.file)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const { createRequire } = require('node:module') as typeof import('node:module');
  const resolve = createRequire(path.join(here, 'grammars.js')).resolve;
  return fs.promises.readFile(path.join(path.dirname(resolve(`${entry.package}/package.json`)), entry.file));
}

/** A policy comes with the repository, so its queries are bounded: states in flight, matches, and time. */
const matchLimit = 1024;
const maxMatches = 20_000;
const queryMs = 500;

// Loaded when a text is parsed: most commits and most hooks parse none.
const library = (): typeof import('@vscode/tree-sitter-wasm') =>
  require('@vscode/tree-sitter-wasm') as typeof import('@vscode/tree-sitter-wasm');

let runtime: Promise<void> | undefined;

/** The WASM runtime is one per process, whoever asks first. */
function start(): Promise<void> {
  runtime ??= bytesOf(runtimeFile).then(
    // The typings know only locateFile; Emscripten's wasmBinary spares it a synchronous read of its own.
    (bytes) => library().Parser.init({ wasmBinary: bytes } as unknown as Parameters<typeof Parser.init>[0]),
  );
  return runtime;
}

/** Grammars for one owner. `load` rejects when a file is missing or broken; the next call tries again. */
export function createGrammars(): Grammars {
  const loading = new Map<GrammarId, Promise<void>>();
  const parsers = new Map<GrammarId, { parser: Parser; language: Language; queries: Map<string, Query> }>();
  const loadOne = async (id: GrammarId): Promise<void> => {
    await start();
    const { Language: Loader, Parser: Maker } = library();
    const language = await Loader.load(await bytesOf(grammarFiles[id]));
    const parser = new Maker();
    parser.setLanguage(language);
    parsers.set(id, { parser, language, queries: new Map() });
  };
  const loaded = (id: GrammarId): NonNullable<ReturnType<typeof parsers.get>> => {
    const found = parsers.get(id);
    if (!found) throw new Error(`grammar '${id}' is not loaded`);
    return found;
  };
  const compiled = (id: GrammarId, text: string): Query => {
    const { language, queries } = loaded(id);
    let query = queries.get(text);
    if (!query) {
      query = new (library().Query)(language, text);
      queries.set(text, query);
    }
    return query;
  };
  return {
    load(id) {
      let promise = loading.get(id);
      if (!promise) {
        promise = loadOne(id);
        loading.set(id, promise);
        promise.catch(() => loading.delete(id));
      }
      return promise;
    },
    parse(id, text): Tree {
      const tree = loaded(id).parser.parse(text);
      if (!tree) throw new Error(`grammar '${id}' gave no tree`);
      return tree;
    },
    checkQuery(id, text) {
      try {
        compiled(id, text);
        return undefined;
      } catch (error) {
        return error instanceof Error ? (error.message.split('\n')[0] ?? 'unusable') : String(error);
      }
    },
    query(id, text, tree) {
      const query = compiled(id, text);
      const began = performance.now();
      const matches = query.matches(tree.rootNode, { matchLimit, timeoutMicros: queryMs * 1000 });
      if (performance.now() - began >= queryMs || matches.length > maxMatches)
        throw new Error('the query takes too long or finds too much here');
      const named = query.captureNames.includes('finding');
      const ranges: { start: Position; end: Position }[] = [];
      for (const match of matches) {
        const captures = named ? match.captures.filter((x) => x.name === 'finding') : match.captures.slice(0, 1);
        for (const { node } of captures)
          ranges.push({
            start: { line: node.startPosition.row, character: node.startPosition.column },
            end: { line: node.endPosition.row, character: node.endPosition.column },
          });
      }
      return ranges;
    },
  };
}
