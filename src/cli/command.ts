/** The shape of one CLI command: one file in `commands/`, one line in `full.ts`, or in `main.ts` if hooks call it. */
export interface Io {
  readonly stdin: NodeJS.ReadableStream;
  /** The whole standard input without a stream, where that is possible (hot paths). */
  readonly readNow?: () => string | undefined;
  /** Standard input as it comes, without a stream where that is possible (batch forms). */
  readonly pieces?: () => AsyncIterable<Buffer>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly verbose: boolean;
  /** Process id of who started us; default: the parent of this process. */
  readonly parent?: number;
  /** File descriptor of what the git hook's script sends along; default: standard input. */
  readonly feed?: number;
}

export interface Command {
  readonly name: string;
  /** One line for `countersign --help`. */
  readonly summary: string;
  /** The whole `--help` text: synopsis, options, examples. */
  readonly usage: string;
  run(args: readonly string[], io: Io): Promise<number>;
}

/** Misuse of the command line: printed as one line (what, where, what to do), exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** All of standard input, the fast way where there is one. */
export async function readInput(io: Pick<Io, 'stdin' | 'readNow'>, limit = 64 * 1024 * 1024): Promise<string> {
  const text = io.readNow?.();
  if (text === undefined) return readAll(io.stdin, limit);
  if (text.length > limit) throw new UsageError(`standard input is larger than ${limit} bytes`);
  return text;
}

/** Reads a stream to its end as UTF-8; refuses more than `limit` bytes. */
export async function readAll(stream: NodeJS.ReadableStream, limit = 64 * 1024 * 1024): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > limit) throw new UsageError(`standard input is larger than ${limit} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
