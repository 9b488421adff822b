/** The project's own files, for the contract tests. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

export const root = path.resolve(__dirname, '../..');
export const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');

/** Files in the work tree that git tracks or would track, with `/`. */
export const projectFiles: readonly string[] = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
  { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
)
  .split('\0')
  .filter((f) => f !== '' && fs.existsSync(path.join(root, f)));

export const sources = (folder: string): readonly string[] =>
  projectFiles.filter((f) => f.startsWith(`${folder}/`) && f.endsWith('.ts'));

export interface Import {
  readonly specifier: string;
  /** `import type`, erased: decides nothing at run time. */
  readonly typeOnly: boolean;
}

/** Imports of a TypeScript source. Good enough for this code base, whose formatter fixes how imports look. */
export function importsOf(file: string): Import[] {
  const text = read(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
  const found: Import[] = [];
  const fromClause = /^\s*(?:import|export)\s+(type\s)?[^'";]*?\bfrom\s+'([^']+)'/gm;
  for (const m of text.matchAll(fromClause)) found.push({ specifier: m[2] ?? '', typeOnly: m[1] !== undefined });
  for (const m of text.matchAll(/^\s*import\s+'([^']+)'/gm)) found.push({ specifier: m[1] ?? '', typeOnly: false });
  for (const m of text.matchAll(/((?:await|return|=>|void)\s+)?\bimport\(\s*'([^']+)'\s*\)/g)) {
    found.push({ specifier: m[2] ?? '', typeOnly: m[1] === undefined });
  }
  for (const m of text.matchAll(/\brequire\(\s*'([^']+)'\s*\)/g))
    found.push({ specifier: m[1] ?? '', typeOnly: false });
  return found;
}
