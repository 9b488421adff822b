/** `npm run build:js [folder]`: the bundles of `src/` in `dist/`. */
import * as path from 'node:path';
import { build, type Plugin } from 'esbuild';

const root = path.resolve(__dirname, '../..');

/** Bundles by name. They load each other as siblings, on demand, so that each process parses as little as it can. */
const ours = {
  extension: 'src/extension/main.ts',
  deferred: 'src/extension/deferred.ts',
  languageClient: 'src/extension/languageClient.ts',
  server: 'src/server/main.ts',
  cli: 'src/cli/main.ts',
  hook: 'src/cli/commands/hook.ts',
  guard: 'src/cli/commands/guard.ts',
  gitHook: 'src/cli/commands/gitHook.ts',
  classify: 'src/cli/commands/classify.ts',
  full: 'src/cli/full.ts',
  record: 'src/cli/record.ts',
  settle: 'src/cli/settle.ts',
};
/** Libraries that only some inputs need, or that several bundles share. */
const libraries = {
  yaml: 'node_modules/yaml/dist/index.js',
  re2js: 'node_modules/re2js/build/index.js',
  treeSitter: 'node_modules/@vscode/tree-sitter-wasm/wasm/tree-sitter.js',
};
/** Parts of ours of the same kind: asked for by `require`, they are a file of their own. */
const parts = {
  commandGuard: 'src/core/guard/index.ts',
};

/**
 * `import * as vscode` in CommonJS copies the whole API object, once for each importing file: some twenty times the
 * cost of all else at start-up. Through one module it is copied once.
 */
const vscodeOnce: Plugin = {
  name: 'vscode-once',
  setup(plugin) {
    plugin.onResolve({ filter: /^vscode$/ }, ({ namespace }) =>
      namespace === 'vscode' ? { path: 'vscode', external: true } : { path: 'vscode', namespace: 'vscode' },
    );
    plugin.onLoad({ filter: /^vscode$/, namespace: 'vscode' }, () => ({ contents: "export * from 'vscode'" }));
  },
};

const partsApart: Plugin = {
  name: 'parts-apart',
  setup(plugin) {
    plugin.onResolve({ filter: /^\./ }, ({ path: wanted, resolveDir, kind }) => {
      if (kind !== 'require-call') return undefined;
      const file = path.relative(root, path.resolve(resolveDir, wanted)).replaceAll('\\', '/');
      const part = Object.entries(parts).find(([, source]) => source === file);
      return part && { path: `./${part[0]}.js`, external: true };
    });
  },
};

/** All bundles: file name in `dist/` without `.js` → source. */
export const bundles: Readonly<Record<string, string>> = { ...ours, ...libraries, ...parts };

/** Builds all bundles into a folder, whose earlier content stays. */
export async function buildBundles(outdir = path.join(root, 'dist')): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: bundles,
    outdir,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    alias: {
      // Its main entry loads its parts at run time.
      'jsonc-parser': './node_modules/jsonc-parser/lib/esm/main.js',
      yaml: './yaml.js',
      re2js: './re2js.js',
      '@vscode/tree-sitter-wasm': './treeSitter.js',
    },
    external: Object.keys(bundles).map((name) => `*/${name}.js`),
    plugins: [vscodeOnce, partsApart],
  });
}

if (require.main === module) void buildBundles(process.argv[2]);
