/**
 * File operations at once instead of on Node's thread pool: for tests that make hundreds of thousands of tiny ones, where
 * the hand-over costs ten times the work. The files are real ones. Holds for this process.
 */
import * as fs from 'node:fs';
import promises from 'node:fs/promises';

export function syncFiles(): void {
  const replaced = {
    access: done(fs.accessSync),
    appendFile: done(fs.appendFileSync),
    copyFile: done(fs.copyFileSync),
    link: done(fs.linkSync),
    mkdir: done(fs.mkdirSync),
    mkdtemp: done(fs.mkdtempSync),
    readFile: done(fs.readFileSync),
    rename: done(fs.renameSync),
    rm: done(fs.rmSync),
    stat: done(fs.statSync),
    truncate: done(fs.truncateSync),
    writeFile: done(fs.writeFileSync),
    open: done((...file: Parameters<typeof fs.openSync>) => handleOf(fs.openSync(...file))),
  };
  Object.assign(promises, replaced);
}

function handleOf(fd: number): object {
  return {
    read: done((buffer: Buffer, offset: number, length: number, position: number) => ({
      bytesRead: fs.readSync(fd, buffer, offset, length, position),
      buffer,
    })),
    write: done((buffer: Buffer) => ({ bytesWritten: fs.writeSync(fd, buffer), buffer })),
    stat: done((options?: fs.StatOptions) => fs.fstatSync(fd, options)),
    close: done(() => fs.closeSync(fd)),
  };
}

/** The answer at once, as a promise; what is thrown rejects it. */
const done =
  <A extends unknown[], R>(job: (...args: A) => R) =>
  async (...args: A): Promise<R> =>
    job(...args);
