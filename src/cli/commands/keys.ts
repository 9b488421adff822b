import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { oneLine } from '../../core/plainText.ts';
import { isMoment } from '../../core/audit/filter.ts';
import { findRepository } from '../../platform/git.ts';
import { GuardError } from '../../platform/guardError.ts';
import { listKeys, revokeKey } from '../../platform/keys.ts';
import { UsageError, type Command, type Io } from '../command.ts';

/** Public keys only: private ones live in the editor's secret storage, and no command here makes or reads one. */
export const keys: Command = {
  name: 'keys',
  summary: 'list, publish and revoke the public keys that sign notes and records',
  usage: `usage: countersign keys
       countersign keys export [-o FILE]
       countersign keys revoke ID [--since T]

  (none)   lists the keys of this repository
  export   the list as a file for reviewers to pin: 'countersign verify A..B --keys FILE'; keep it where the change under
           review can't edit it, e.g. on the target branch (--keys main:keys.json) or with the gate
  revoke   records that ID signed from T on (a date or moment; default now) count as unsigned, and all its notes. Dates of
           commits can be set back by who has the key: if it was stolen, choose T before the theft, or take it off the list.
           In the editor 'Countersign: Replace Signing Key…' revokes the old key and makes a new one

exit codes: 0 fine, 1 no such key, 2 misuse or unreadable
`,
  async run(args, io) {
    const [verb, ...rest] = args;
    try {
      if (verb === undefined) return await list(io);
      if (verb === 'export') return await publish(rest, io);
      if (verb === 'revoke') return await revoke(rest, io);
    } catch (error) {
      if (GuardError.is(error)) throw new UsageError(error.message);
      throw error;
    }
    throw new UsageError(`unknown action '${oneLine(verb, 60)}'; one of export, revoke`);
  },
};

async function repository(io: Io) {
  const repo = await findRepository(io.cwd, io.env);
  if (!repo) throw new UsageError(`${io.cwd}: not in a git repository; keys are kept per repository`);
  return repo;
}

async function list(io: Io): Promise<number> {
  const found = await listKeys(await repository(io));
  for (const k of found)
    io.out(
      `${k.id}  ${k.revoked === undefined ? 'in force' : `revoked ${oneLine(k.revoked, 40)}`}` +
        `${k.added === undefined ? '' : `  since ${oneLine(k.added, 40)}`}${k.by === undefined ? '' : `  ${oneLine(k.by, 100)}`}\n`,
    );
  if (found.length === 0) io.err('countersign keys: none yet; setting the repository up in VS Code makes one\n');
  return 0;
}

async function publish(args: readonly string[], io: Io): Promise<number> {
  const [option, file, more] = args;
  if (option !== undefined && (option !== '-o' || file === undefined || more !== undefined))
    throw new UsageError('countersign keys export [-o FILE]');
  const text = `${JSON.stringify({ version: 1, keys: await listKeys(await repository(io)) }, undefined, 2)}\n`;
  if (file === undefined || file === '-') io.out(text);
  else
    try {
      await fs.writeFile(path.resolve(io.cwd, file), text);
    } catch (error) {
      throw new UsageError(
        `${oneLine(file, 200)} cannot be written: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      );
    }
  return 0;
}

async function revoke(args: readonly string[], io: Io): Promise<number> {
  const [id, option, since, more] = args;
  if (id === undefined || !/^ed:[0-9a-f]{16}$/.test(id))
    throw new UsageError("which key? 'countersign keys' lists them");
  if (more !== undefined || (option !== undefined && (option !== '--since' || since === undefined)))
    throw new UsageError('countersign keys revoke ID [--since T]');
  if (since !== undefined && !isMoment(since))
    throw new UsageError(`--since '${oneLine(since, 60)}' is no date; write 2026-01-31 or 2026-01-31T12:00:00Z`);
  const at = since === undefined ? undefined : new Date(Date.parse(since)).toISOString();
  if (!(await revokeKey(await repository(io), id, at))) {
    io.err(`countersign keys: ${id} is not listed here\n`);
    return 1;
  }
  io.out(`${id} is revoked; hand the new list to whoever pins it (countersign keys export)\n`);
  return 0;
}
