/** Append-only files of JSON Lines that several processes write to. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { GuardError } from './guardError.ts';

/** Appends one line (no terminator) and flushes it to the disk. @throws GuardError `not-writable`. */
export async function appendLine(file: string, line: string): Promise<void> {
  try {
    await fs.mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const handle = await fs.open(file, 'a+', 0o600);
    try {
      const { size } = await handle.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await handle.read(last, 0, 1, size - 1);
      // A torn line of a crash must not swallow this one. One write, so that writers do not mix.
      const glue = size > 0 && last[0] !== 0x0a ? '\n' : '';
      await handle.appendFile(`${glue}${line}\n`);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new GuardError(
      'not-writable',
      `${file} cannot be written: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      error,
    );
  }
}
