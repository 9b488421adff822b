/** `npm run build:js [folder]`: the bundles of `src/` in `dist/`. */
import * as fs from 'node:fs/promises';
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
  rulesOfConfiguration: 'src/core/rules/ofConfiguration.ts',
};

/**
 * In CommonJS an `import` of a foreign module copies its exports, property by property and once for each importing file:
 * of Node's own modules that takes a hook longer than its work. `require` gives the module itself.
 */
const importsAsRequire: Plugin = {
  name: 'imports-as-require',
  setup(plugin) {
    plugin.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path: file }) => ({
      contents: requireForeign(await fs.readFile(file, 'utf8')),
      loader: 'ts',
    }));
  },
};

function requireForeign(source: string): string {
  return source
    .replace(/^import \* as (\w+) from ('(?:node:[\w/]+|vscode)');$/gm, 'const $1 = require($2);')
    .replace(/^import \{([^}]*)\} from ('(?:node:[\w/]+|vscode)');$/gm, (_, names: string, from: string) => {
      const values = names.split(',').filter((n) => n.trim() !== '' && !/^\s*type\s/.test(n));
      return `const {${values.map((n) => n.replace(' as ', ': ')).join(',')}} = require(${from});`;
    });
}

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
    external: ['vscode', ...Object.keys(bundles).map((name) => `*/${name}.js`)],
    plugins: [importsAsRequire, partsApart],
  });
}

if (require.main === module) void buildBundles(process.argv[2]);
