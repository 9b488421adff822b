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

/** One key as `keys.json` has it. */
export interface KeyEntry {
  readonly id: string;
  /** SPKI, base64. */
  readonly publicKey: string;
  readonly by?: string;
  /** UTC, ISO 8601. */
  readonly added?: string;
  /** What was signed from then on counts as unsigned. UTC, ISO 8601. */
  readonly revoked?: string;
}

const maxBytes = 1024 * 1024;

/** The keys in force; none when the file is missing or broken, so that nothing is taken for signed by mistake. */
export async function readKeys(repo: Pick<Repository, 'commonDir'>): Promise<Keys> {
  const keys: Record<string, string> = {};
  for (const entry of await readEntries(keysFile(repo as Repository)))
    if (entry.revoked === undefined) keys[entry.id] = entry.publicKey;
  return keys;
}

async function readEntries(file: string): Promise<KeyEntry[]> {
  try {
    if ((await fs.stat(file)).size > maxBytes) return [];
    return parseKeys(await fs.readFile(file, 'utf8'));
  } catch {
    return [];
  }
}

/** The keys that are well-formed in the text of a `keys.json`, revoked ones included; none when it is no such file. */
export function parseKeys(text: string): KeyEntry[] {
  try {
    const value = JSON.parse(text) as { keys?: unknown };
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
 * Takes a key out of force: notes that it signed count as unsigned, commit records those from `since` on (UTC, ISO 8601;
 * default now). An earlier date than a revoked key has moves it, a later one does not. False when no such key is listed.
 */
export async function revokeKey(
  repo: Pick<Repository, 'commonDir'>,
  id: string,
  since = new Date().toISOString(),
): Promise<boolean> {
  let found = false;
  await change(repo, (entries) => {
    found = entries.some((e) => e.id === id);
    return entries.map((e) =>
      e.id === id && (e.revoked === undefined || since < e.revoked) ? { ...e, revoked: since } : e,
    );
  });
  return found;
}

/** All keys of a repository, revoked ones included. */
export const listKeys = async (repo: Pick<Repository, 'commonDir'>): Promise<KeyEntry[]> =>
  readEntries(keysFile(repo as Repository));

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
