/**
 * Public halves of the keys that sign notes and records: `keys.json` in our shared state, written at set-up and
 * readable by a reviewer. A key that is not listed, or is revoked, signs nothing.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { keyId } from './crypto.ts';
import { withLock } from './fileLock.ts';
import { GuardError } from './guardError.ts';
import { keysFile, type Repository } from './state.ts';

/** Key id (`ed:<16 hex>`) → public key (SPKI, base64). Revoked keys are left out. */
export type Keys = Readonly<Record<string, string>>;

interface KeyEntry {
  readonly id: string;
  readonly publicKey: string;
  readonly by?: string;
  readonly added?: string;
  readonly revoked?: string;
}

const maxBytes = 1024 * 1024;

/** The keys in force; none when the file is missing or broken, so that nothing is taken for signed by mistake. */
export async function readKeys(repo: Pick<Repository, 'commonDir'>): Promise<Keys> {
  return readKeysFile(keysFile(repo as Repository));
}

/** The same from any file, e.g. one that a reviewer pinned. */
export async function readKeysFile(file: string): Promise<Keys> {
  const keys: Record<string, string> = {};
  for (const entry of await readEntries(file)) if (entry.revoked === undefined) keys[entry.id] = entry.publicKey;
  return keys;
}

async function readEntries(file: string): Promise<KeyEntry[]> {
  try {
    if ((await fs.stat(file)).size > maxBytes) return [];
    const value = JSON.parse(await fs.readFile(file, 'utf8')) as { keys?: unknown };
    if (!Array.isArray(value.keys)) return [];
    // An id is the key's own hash; an entry that claims another one is forged.
    return (value.keys as Partial<KeyEntry>[]).filter(
      (k): k is KeyEntry =>
        typeof k === 'object' &&
        k !== null &&
        typeof k.publicKey === 'string' &&
        typeof k.id === 'string' &&
        keyId(k.publicKey) === k.id,
    );
  } catch {
    return [];
  }
}

/** Lists a public key. Twice is once; a revoked key stays revoked. @throws GuardError `not-writable` or `busy`. */
export async function addKey(
  repo: Pick<Repository, 'commonDir'>,
  key: { readonly publicKey: string; readonly by?: string },
): Promise<void> {
  const id = keyId(key.publicKey);
  await change(repo, (entries) =>
    entries.some((e) => e.id === id)
      ? entries
      : [
          ...entries,
          {
            id,
            publicKey: key.publicKey,
            ...(key.by !== undefined && { by: key.by }),
            added: new Date().toISOString(),
          },
        ],
  );
}

/**
 * Takes a key out of force; what it signed counts as unsigned from now on.
 * @public
 */
export async function revokeKey(repo: Pick<Repository, 'commonDir'>, id: string): Promise<void> {
  await change(repo, (entries) =>
    entries.map((e) => (e.id === id && e.revoked === undefined ? { ...e, revoked: new Date().toISOString() } : e)),
  );
}

async function change(repo: Pick<Repository, 'commonDir'>, edit: (entries: KeyEntry[]) => KeyEntry[]): Promise<void> {
  const file = keysFile(repo as Repository);
  try {
    await fs.mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await withLock(`${file}.lock`, async () => {
      const before = await readEntries(file);
      const after = edit(before);
      if (after === before) return;
      const partial = `${file}.${process.pid}.tmp`;
      await fs.writeFile(partial, JSON.stringify({ version: 1, keys: after }, undefined, 2) + '\n', { mode: 0o600 });
      await fs.rename(partial, file);
    });
  } catch (error) {
    if (GuardError.is(error)) throw error;
    throw new GuardError(
      'not-writable',
      `${file} cannot be written: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      error,
    );
  }
}
