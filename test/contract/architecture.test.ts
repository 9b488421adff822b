/** The dependency rule: core ← platform ← {server, extension, cli}. Lint says it in the editor, this says it in CI. */
import assert from 'node:assert/strict';
import * as path from 'node:path';
import { describe, it } from 'node:test';
import { importsOf, read, sources } from './sources.ts';

type Room = 'core' | 'platform' | 'server' | 'extension' | 'cli' | 'protocol' | 'outside';

const roomOf = (file: string): Room => {
  const [, second] = file.split('/');
  if (second === 'protocol.ts') return 'protocol';
  return second === 'core' || second === 'platform' || second === 'server' || second === 'extension' || second === 'cli'
    ? second
    : 'outside';
};

/** Who may import whom; nobody imports `extension`, and only `cli` starts the server (for `countersign lsp`). */
const allowed: Readonly<Record<Room, readonly Room[]>> = {
  core: ['core'],
  protocol: ['core'],
  platform: ['core', 'platform'],
  server: ['core', 'platform', 'protocol', 'server'],
  extension: ['core', 'platform', 'protocol', 'extension'],
  cli: ['core', 'platform', 'protocol', 'server', 'cli'],
  outside: [],
};

/** Packages a room may use. An addition here is a decision, not a detail. */
const packages: Readonly<Record<Room, RegExp>> = {
  core: /^(diff|minimatch|yaml|jsonc-parser|re2js)(\/|$)/,
  protocol: /^$/,
  platform: /^(node:[a-z_/]+|@vscode\/tree-sitter-wasm|web-tree-sitter|yaml|jsonc-parser|minimatch)(\/|$)/,
  server: /^(node:[a-z0-9_/]+|vscode-languageserver(-textdocument|-protocol|-types)?)(\/|$)/,
  extension: /^(node:[a-z_/]+|vscode|vscode-languageclient|vscode-languageserver-protocol|jsonc-parser)(\/|$)/,
  cli: /^(node:[a-z0-9_/]+|vscode-languageserver)(\/|$)/,
  outside: /^$/,
};

const files = sources('src');
const edges = files.flatMap((file) =>
  importsOf(file).map(({ specifier, typeOnly }) => ({
    file,
    specifier,
    typeOnly,
    target: specifier.startsWith('.')
      ? path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier))
      : undefined,
  })),
);

describe('architecture', () => {
  it('finds the sources at all', () => {
    assert.ok(files.length > 20);
    assert.ok(edges.length > 50);
  });

  it('keeps the dependency rule', () => {
    const wrong = edges
      .filter((e) => e.target !== undefined && e.target !== 'package.json' && !e.target.endsWith('.json'))
      .filter((e) => !allowed[roomOf(e.file)].includes(roomOf(e.target ?? '')))
      .map((e) => `${e.file} → ${e.specifier}`);
    assert.deepEqual(wrong, []);
  });

  it('lets each room use its own packages only', () => {
    const wrong = edges
      // A type is erased: a port may name the type of what platform hands in.
      .filter((e) => !e.typeOnly && e.target === undefined && !packages[roomOf(e.file)].test(e.specifier))
      .map((e) => `${e.file} → ${e.specifier}`);
    assert.deepEqual(wrong, []);
  });

  it('has no cycles', () => {
    const graph = new Map(files.map((f) => [f, new Set<string>()]));
    for (const e of edges) if (!e.typeOnly && e.target !== undefined) graph.get(e.file)?.add(e.target);
    const done = new Set<string>();
    const cycles: string[] = [];
    const walk = (file: string, above: readonly string[]): void => {
      if (above.includes(file)) cycles.push([...above.slice(above.indexOf(file)), file].join(' → '));
      if (done.has(file) || above.includes(file)) return;
      for (const next of graph.get(file) ?? []) walk(next, [...above, file]);
      done.add(file);
    };
    for (const file of files) walk(file, []);
    assert.deepEqual(cycles, []);
  });

  it('writes imports with their extension, so that Node runs the source as it is', () => {
    const wrong = edges
      .filter((e) => e.target !== undefined && !/\.(ts|json|js)$/.test(e.specifier))
      .map((e) => `${e.file} → ${e.specifier}`);
    assert.deepEqual(wrong, []);
  });

  it('does nothing synchronous on the extension host and in the server', () => {
    const sync =
      /\b(readFileSync|writeFileSync|appendFileSync|existsSync|statSync|readdirSync|mkdirSync|execFileSync|execSync|spawnSync)\b/;
    const wrong = files
      .filter((f) => /^src\/(extension|server)\//.test(f))
      .filter((f) => sync.test(read(f).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')));
    assert.deepEqual(wrong, []);
  });

  it('reads settings through one file and keeps no clock in core', () => {
    const settings = sources('src/extension').filter((f) => /\bgetConfiguration\(/.test(read(f)));
    assert.deepEqual(
      settings.filter((f) => f !== 'src/extension/settings.ts'),
      [],
    );
    const clocks = sources('src/core').filter((f) =>
      /\b(Date\.now\(|new Date\(\)|performance\.now\(|Math\.random\(|process\.)/.test(
        read(f)
          .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
          .replace(/'(?:[^'\\\n]|\\.)*'|\/(?:[^/\\\n]|\\.)+\//g, ''),
      ),
    );
    assert.deepEqual(clocks, []);
  });

  it('never runs a shell and never opens a network connection', () => {
    const machines = files.filter((f) => !f.startsWith('src/core/')); // core can start nothing
    const wrong = machines.filter((f) =>
      /\bshell: true|\bexec\(\s*[`'"]|'node:(http|https|net|tls|dgram|dns)'|\bfetch\(\s*['"`]http/.test(read(f)),
    );
    // Local sockets by path, for signatures; never a host or a port.
    const local = ['src/platform/commitSigner.ts', 'src/platform/signRequest.ts'];
    assert.deepEqual(
      wrong.filter((f) => !local.includes(f)),
      [],
    );
    for (const f of local) {
      assert.ok(wrong.includes(f), `${f} needs no socket: take it off the list`);
      assert.doesNotMatch(read(f), /\b(?:port|host)\s*[:,]|new net\./);
      for (const [, what] of read(f).matchAll(/\.(?:listen|connect)\(([^),]*)/g))
        assert.match(what ?? '', /^(?:socket)?$/, `${f} listens or connects to ${what}`);
    }
  });
});
