/**
 * The CLI that hooks call lives in a folder whose name has no version (`globalStorageUri/cli`), so that a hook's
 * command line survives updates of the extension. Copied after activation, file by file and atomically, because
 * other windows and running hooks read the same folder.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type * as vscode from 'vscode';
import { describe, type Log } from './log.ts';

/** Bundles that only the editor loads. */
const notForHooks: ReadonlySet<string> = new Set(['extension.js', 'deferred.js', 'languageClient.js']);
const stampFile = '.copied';

export const cliFolder = (context: vscode.ExtensionContext): string =>
  path.join(context.globalStorageUri.fsPath, 'cli');
export const cliFile = (context: vscode.ExtensionContext): string => path.join(cliFolder(context), 'cli.js');

let running: Promise<void> | undefined;

/** Brings the copy up to date; resolves when `cliFile` can be used. Never rejects. */
export async function copyCli(context: vscode.ExtensionContext, log: Log): Promise<void> {
  running ??= tryCopy(context, log);
  await running;
}

async function tryCopy(context: vscode.ExtensionContext, log: Log): Promise<void> {
  try {
    const count = await copy(context.asAbsolutePath('dist'), cliFolder(context));
    if (count > 0) log.info(`copied the CLI for hooks: ${count} files to ${cliFolder(context)}`);
  } catch (error) {
    running = undefined;
    log.error(`the CLI for hooks could not be copied: ${describe(error)}`);
  }
}

async function copy(from: string, to: string): Promise<number> {
  const files = await listFiles(from);
  const stamp = files.map((f) => `${f.name}\t${f.size}\t${f.mtime}`).join('\n');
  if ((await fs.readFile(path.join(to, stampFile), 'utf8').catch(() => '')) === stamp) return 0;
  await fs.mkdir(to, { recursive: true, mode: 0o700 });
  for (const { name } of files) {
    const target = path.join(to, name);
    await fs.mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
    await place(target, async (partial) => fs.copyFile(path.join(from, name), partial));
  }
  await place(path.join(to, stampFile), async (partial) => fs.writeFile(partial, stamp));
  return files.length;
}

async function place(target: string, write: (partial: string) => Promise<void>): Promise<void> {
  const partial = `${target}.${process.pid}.partial`;
  try {
    await write(partial);
    await fs.rename(partial, target);
  } catch (error) {
    await fs.rm(partial, { force: true });
    throw error;
  }
}

async function listFiles(
  root: string,
): Promise<readonly { readonly name: string; readonly size: number; readonly mtime: number }[]> {
  const entries = await fs.readdir(root, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((e) => e.isFile() && !e.name.endsWith('.map'))
    .map((e) => path.relative(root, path.join(e.parentPath, e.name)))
    .filter((name) => !notForHooks.has(name))
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs } = await fs.stat(path.join(root, name));
      return { name, size, mtime: Math.round(mtimeMs) };
    }),
  );
}
