/**
 * The kill switch: one file in this user's state, looked at by every hook before anything else. Fails closed: a switch
 * that cannot be read counts as thrown.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { userDir } from './state.ts';

export interface Stopped {
  readonly reason: string;
  readonly by: string;
  /** UTC, ISO 8601. */
  readonly at: string;
}

export const stopFile = (env: NodeJS.ProcessEnv = process.env): string => path.join(userDir(env), 'stopped.json');

/** Whether agents are stopped. One stat in the ordinary case. */
export function stoppedNow(env: NodeJS.ProcessEnv = process.env): Stopped | undefined {
  let text: string;
  try {
    text = fs.readFileSync(stopFile(env), 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    return { reason: `the stop switch cannot be read (${code ?? 'unknown error'})`, by: '', at: '' };
  }
  try {
    const value = JSON.parse(text) as Partial<Record<keyof Stopped, unknown>> | null;
    const part = (name: keyof Stopped): string => (typeof value?.[name] === 'string' ? value[name] : '');
    return { reason: part('reason'), by: part('by'), at: part('at') };
  } catch {
    // Being there is what counts.
    return { reason: '', by: '', at: '' };
  }
}

/** Throws the switch. Atomic; a second stop keeps the first one's time. @throws when the state cannot be written. */
export async function stopAgents(stopped: Stopped, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const file = stopFile(env);
  await fs.promises.mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.tmp`;
  await fs.promises.writeFile(temporary, `${JSON.stringify(stopped)}\n`, { mode: 0o600 });
  await fs.promises.rename(temporary, file);
}

/** Takes the switch back; false when it was not thrown. Only for a door that has made sure a person asks for it. */
export async function resumeAgents(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  try {
    await fs.promises.unlink(stopFile(env));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
