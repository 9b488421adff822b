/**
 * `countersign`: argv → one command. Exit codes: 0 fine, 1 findings / blocked / invalid, 2 misuse or internal error,
 * said in one line on stderr; a stack only with --verbose.
 */
import * as fs from 'node:fs';
import { version } from '../../package.json';
import { printable } from '../core/plainText.ts';
import { compileCacheOfNode, keepCode, requireCached } from './codeCache.ts';
import type { Command, Io } from './command.ts';

// Halves the start of a hook.
compileCacheOfNode()?.();

// The bundles are siblings on disk and loaded on demand; a static import would parse them all. What hooks call hundreds
// of times in a session has a bundle for each command, so that none loads what only others need.
const ownBundle: Readonly<Record<string, () => Command>> = {
  hook: () => (requireCached('hook.js') as typeof import('./commands/hook.ts')).hook,
  guard: () => (requireCached('guard.js') as typeof import('./commands/guard.ts')).guard,
  'git-hook': () => (requireCached('gitHook.js') as typeof import('./commands/gitHook.ts')).gitHook,
  classify: () => (requireCached('classify.js') as typeof import('./commands/classify.ts')).classifyCommand,
};
const loadFull = (): readonly Command[] => (require('./full.js') as typeof import('./full.ts')).fullCommands;

async function main(argv: readonly string[]): Promise<number> {
  const verbose = argv.includes('--verbose');
  const words = argv.filter((a) => a !== '--verbose');
  const io: Io = {
    // Made only when asked for: the stream alone costs a hook a tenth of its time.
    get stdin() {
      return process.stdin;
    },
    readNow: readStandardInput,
    pieces: standardInput,
    out: (text) => void (writeNow(1, text) || standardOutput().write(text)),
    err: (text) => void (writeNow(2, text) || process.stderr.write(text)),
    cwd: process.cwd(),
    env: process.env,
    verbose,
  };
  const [word, ...rest] = words;
  try {
    if (word === '--version' || word === '-V') {
      io.out(`${version}\n`);
      return 0;
    }
    if (word === undefined || word === '--help' || word === '-h' || word === 'help')
      return help(rest[0], io, word !== undefined);
    const command = Object.hasOwn(ownBundle, word) ? ownBundle[word]?.() : loadFull().find((c) => c.name === word);
    if (!command) {
      io.err(`countersign: unknown command '${printable(word, 80)}'; 'countersign --help' lists them\n`);
      return 2;
    }
    if (rest.includes('--help') || rest.includes('-h')) {
      io.out(command.usage.trimEnd() + '\n');
      return 0;
    }
    return await command.run(rest, io);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    io.err(`countersign${word ? ` ${printable(word, 80)}` : ''}: ${text.split('\n')[0]}\n`);
    if (verbose && error instanceof Error && error.stack) io.err(error.stack + '\n');
    return 2;
  }
}

function help(topic: string | undefined, io: Io, asked: boolean): number {
  const commands = [...loadFull(), ...Object.values(ownBundle).map((load) => load())].sort((a, b) =>
    a.name.localeCompare(b.name),
  );
  const one = topic === undefined ? undefined : commands.find((c) => c.name === topic);
  if (topic !== undefined && !one) {
    io.err(`countersign: no help for '${printable(topic, 80)}'; 'countersign --help' lists the commands\n`);
    return 2;
  }
  const width = Math.max(0, ...commands.map((c) => c.name.length));
  const text = one
    ? one.usage.trimEnd()
    : [
        'countersign: guardrails for AI coding agents',
        '',
        'usage: countersign COMMAND [options]        countersign COMMAND --help',
        '',
        ...commands.map((c) => `  ${c.name.padEnd(width)}  ${c.summary}`),
        '',
        'exit codes: 0 fine, 1 findings or blocked or invalid, 2 misuse or internal error (--verbose shows the stack)',
      ].join('\n');
  (asked ? io.out : io.err)(text + '\n');
  return asked ? 0 : 2;
}

const streamed: Record<1 | 2, boolean> = { 1: process.platform === 'win32', 2: process.platform === 'win32' };

/**
 * Writes without a stream, which takes longer to set up than the answer takes to find. `false`: the stream has to write
 * it, and all that follows: on Windows, and where nothing was taken yet because a pipe is full or closed.
 */
function writeNow(fd: 1 | 2, text: string): boolean {
  if (streamed[fd]) return false;
  const bytes = Buffer.from(text);
  let done = 0;
  try {
    while (done < bytes.length) done += fs.writeSync(fd, bytes, done);
  } catch {
    streamed[fd] = true;
    if (done === 0) return false;
    (fd === 1 ? standardOutput() : process.stderr).write(bytes.subarray(done));
  }
  return true;
}

let watched = false;
/** Made when it is needed, like standard input. */
function standardOutput(): NodeJS.WriteStream {
  if (!watched)
    // A reader that has seen enough (`| head`) is no error of ours.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(0);
    });
  watched = true;
  return process.stdout;
}

/** Everything on standard input at once; `undefined` where it can't be read that way (a terminal, a pipe in use). */
function readStandardInput(): string | undefined {
  try {
    return fs.readFileSync(0, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EOF' ? '' : undefined;
  }
}

/** Standard input piece by piece, without a stream where it can be read that way. */
async function* standardInput(): AsyncGenerator<Buffer> {
  for (;;) {
    const bytes = Buffer.allocUnsafeSlow(pieceSize);
    const read = process.platform === 'win32' ? undefined : await readPiece(bytes);
    // A console, a pipe that somebody opened not to be waited for: the stream can, or says what is wrong.
    if (read === undefined) yield* process.stdin as AsyncIterable<Buffer>;
    if (read === undefined || read === 0) return;
    yield bytes.subarray(0, read);
  }
}
const pieceSize = 1 << 17;

/** `undefined`: not this way. */
const readPiece = (bytes: Buffer): Promise<number | undefined> =>
  new Promise((resolve, reject) =>
    fs.read(0, bytes, 0, bytes.length, null, (error, count) => {
      if (error?.code === 'EISDIR') reject(new Error('standard input is a folder; give a file or a pipe'));
      else resolve(error ? undefined : count);
    }),
  );

process.once('exit', keepCode);
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  // With nothing left to wait for, exiting saves taking the heap down. Else it would cut off what goes to a pipe.
  if (process.getActiveResourcesInfo().length === 0) process.exit();
});
