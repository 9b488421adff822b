/** Copies the tree-sitter runtime and grammars to `dist/grammars`, where the bundle looks for them. Part of `npm run build`. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { grammarFiles, runtimeFile } from '../../src/platform/grammars.ts';

const root = path.resolve(__dirname, '../..');
const target = path.join(root, 'dist', 'grammars');
const resolve = createRequire(path.join(root, 'package.json')).resolve;
mkdirSync(target, { recursive: true });
for (const { package: name, file } of [runtimeFile, ...Object.values(grammarFiles)])
  copyFileSync(path.join(path.dirname(resolve(`${name}/package.json`)), file), path.join(target, path.basename(file)));
