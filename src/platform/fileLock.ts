/**
 * A lock between processes: a file made with O_EXCL that names its holder. It is held for milliseconds. A dead holder's
 * lock is taken over at once, one that seems alive after 10 s (process ids come again, in containers soon); a holder that
 * slept that long, as a laptop does, asks `held` before it writes.
 */
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import { GuardError } from './guardError.ts';

const waitMs = 15_000;
/** A lock without readable content (its holder died between create and write) is stale after this. */
const emptyStaleMs = 2000;
/** Nobody holds a lock this long. */
const aliveStaleMs = 10_000;
/** A foreign host's lock (network drive) cannot be probed, and its clock may differ. */
const foreignStaleMs = 60_000;
/** Within this time a lock cannot have been taken over. */
const sureMs = 2000;

/**
 * Runs `work` while holding `file`; `held` says whether that is still so, to be asked before something is written.
 * @throws GuardError `busy` after 15 s, `not-writable`, or what `work` throws.
 */
export async function withLock<T>(file: string, work: (held: () => Promise<boolean>) => Promise<T>): Promise<T> {
  // Tells one holder from another, no secret: a git hook is done before `node:crypto` is loaded.
  const token = `${process.pid} ${os.hostname().replaceAll(' ', '_')} ${Math.random().toString(16).slice(2)}`;
  const until = Date.now() + waitMs;
  for (let attempt = 0; !(await acquire(file, token)); attempt++) {
    if (await isStale(file)) await takeAway(file, token);
    else if (Date.now() > until) throw new GuardError('busy', `${file} is held by another process`);
    else await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * Math.min(25, 2 + attempt)));
  }
  // Not a monotonic clock: that one stands still while the machine sleeps.
  const since = Date.now();
  const held = async (): Promise<boolean> =>
    Math.abs(Date.now() - since) < sureMs || (await fs.readFile(file, 'utf8').catch(() => '')) === token;
  try {
    return await work(held);
  } finally {
    if (await held()) await fs.rm(file, { force: true }).catch(() => undefined);
  }
}

async function acquire(file: string, token: string): Promise<boolean> {
  try {
    await fs.writeFile(file, token, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // Windows reports a lock that is just being deleted as EPERM or EBUSY.
    if (code === 'EEXIST' || (process.platform === 'win32' && (code === 'EPERM' || code === 'EBUSY'))) return false;
    throw new GuardError('not-writable', `cannot write ${file}: ${code ?? String(error)}`, error);
  }
}

async function isStale(file: string): Promise<boolean> {
  try {
    const text = await fs.readFile(file, 'utf8');
    const age = Date.now() - (await fs.stat(file)).mtimeMs;
    const [pid, host] = text.split(' ');
    if (!pid || !host || !/^\d+$/.test(pid)) return age > emptyStaleMs;
    if (host !== os.hostname().replaceAll(' ', '_')) return age > foreignStaleMs;
    return age > aliveStaleMs || !isAlive(Number(pid));
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes a stale lock; a second lock makes sure that only one waiter does, and that it is still the stale one. */
async function takeAway(file: string, token: string): Promise<void> {
  const second = `${file}.steal`;
  if (!(await acquire(second, token))) {
    const age = await fs.stat(second).then(
      (s) => Date.now() - s.mtimeMs,
      () => 0,
    );
    if (age > emptyStaleMs) await fs.rm(second, { force: true }).catch(() => undefined);
    return;
  }
  try {
    if (await isStale(file)) await fs.rm(file, { force: true });
  } finally {
    await fs.rm(second, { force: true }).catch(() => undefined);
  }
}
