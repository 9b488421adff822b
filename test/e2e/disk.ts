/** Witnesses of the disk: what was written to a file, and whether a tree is the same as before. */
import { createHash } from 'node:crypto';
import { watch } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { pause } from '../host/wait.ts';

export interface DiskWatch {
  /** Every write, truncation, rename or attribute change of the file since the watch began. */
  events(): readonly string[];
  stop(): void;
}

/**
 * Watches a file through its folder (inotify on Linux), so that a replaced file is seen as well. The kernel reports
 * each write, also one of the very same bytes.
 */
export function watchFile(file: string): DiskWatch {
  const name = path.basename(file);
  const seen: string[] = [];
  const began = Date.now();
  const watcher = watch(path.dirname(file), { persistent: false }, (event, changed) => {
    if (changed === name) seen.push(`${event} after ${Date.now() - began} ms`);
  });
  return { events: () => seen, stop: () => watcher.close() };
}

/** A tree as `path → kind, mode and content hash`; `skip` leaves out paths that change by themselves. */
export async function snapshot(root: string, skip: RegExp = /(?!)/): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const walk = async (dir: string): Promise<void> => {
    for (const entry of await fs.readdir(path.join(root, dir), { withFileTypes: true })) {
      const name = dir === '' ? entry.name : `${dir}/${entry.name}`;
      if (skip.test(name)) continue;
      const full = path.join(root, name);
      const mode = ((await fs.lstat(full)).mode & 0o7777).toString(8);
      if (entry.isDirectory()) {
        found[name] = `directory ${mode}`;
        await walk(name);
      } else if (entry.isSymbolicLink()) {
        found[name] = `link ${await fs.readlink(full)}`;
      } else if (entry.isFile()) {
        found[name] = `file ${mode} ${createHash('sha256')
          .update(await fs.readFile(full))
          .digest('hex')}`;
      }
    }
  };
  await walk('');
  return found;
}

/** Waits long enough for a write that was on its way to arrive. */
export const settle = (): Promise<void> => pause(1200);
