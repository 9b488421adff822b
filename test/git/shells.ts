/**
 * Programs without a fork of Node each: small shells stay and start them. A fork copies the page tables of its parent,
 * and those of a Node that has TypeScript loaded cost more than all that a `git rev-parse` does.
 */
import childProcess, { type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { EventEmitter } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { PassThrough, Writable } from 'node:stream';

export interface Ended {
  readonly code: number;
  readonly out: Buffer;
  readonly err: Buffer;
}

export interface Start {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string | Uint8Array;
}

/** As it is before `takeOver`. */
const { spawn } = childProcess;
/** What git, its hooks and editors look at; the rest of an environment is left out. */
const matters = /^(?:GIT_\w+|LC_\w+|LANG|HOME|PATH|TMPDIR|XDG_\w+|COUNTERSIGN_\w+)$/;
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
/** Nothing that is started here takes as long. */
const timeoutMs = 60_000;

/** One shell, which runs one program at a time. */
class Shell {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #files: readonly [string, string, string];
  #done: ((code: number | undefined) => void) | undefined;

  constructor(folder: string, number: number) {
    this.#files = [`${folder}/in${number}`, `${folder}/out${number}`, `${folder}/err${number}`];
    // A group of its own, so that what hangs can be ended with all that it started.
    this.#child = spawn('sh', [], { cwd: folder, env: { PATH: process.env['PATH'] }, detached: true, stdio: 'pipe' });
    let text = '';
    this.#child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (!text.endsWith('\n')) return;
      const code = Number(text);
      text = '';
      this.#end(code);
    });
    this.#child.stderr.pipe(process.stderr);
    this.#child.stdin.on('error', () => undefined);
    this.#child.on('close', () => this.#end(undefined));
    // Waits for nothing, and ends when its standard input does.
    this.#child.unref();
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr])
      (stream as unknown as { unref(): void }).unref();
  }

  #end(code: number | undefined): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(code);
  }

  async run(program: string, args: readonly string[], { cwd, env, input }: Start): Promise<Ended> {
    const [from, out, err] = this.#files;
    const sets = Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && matters.test(name) ? [`${name}=${quote(value)}`] : [],
    );
    if (input !== undefined) fs.writeFileSync(from, input);
    const words = [program, ...args].map(quote).join(' ');
    const to = `<${input === undefined ? '/dev/null' : quote(from)} >${quote(out)} 2>${quote(err)}`;
    const line = `(cd ${quote(cwd)} && ${sets.length > 0 ? `export ${sets.join(' ')} && ` : ''}exec ${words}) ${to}\necho $?\n`;
    let timer: NodeJS.Timeout | undefined;
    const code = await new Promise<number | undefined>((resolve) => {
      this.#done = resolve;
      timer = setTimeout(() => this.close(), timeoutMs);
      this.#child.stdin.write(line);
    });
    clearTimeout(timer);
    if (code === undefined) throw new Error(`${words.slice(0, 200)}: no end after ${timeoutMs} ms, or its shell died`);
    return { code, out: fs.readFileSync(out), err: fs.readFileSync(err) };
  }

  close(): void {
    try {
      process.kill(-(this.#child.pid as number), 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
}

/** As many shells as there are programs at one time. */
export class Shells {
  readonly #folder: string;
  readonly #idle: Shell[] = [];
  #all: Shell[] = [];

  /** `folder`: for what programs read and print; made here. */
  constructor(folder: string) {
    this.#folder = folder;
    fs.mkdirSync(folder);
  }

  async run(program: string, args: readonly string[], start: Start): Promise<Ended> {
    let shell = this.#idle.pop();
    if (!shell) this.#all.push((shell = new Shell(this.#folder, this.#all.length)));
    const ended = await shell.run(program, args, start);
    this.#idle.push(shell);
    return ended;
  }

  /** From now on all that this process asks `spawn` for, by `node:child_process`, is started by a shell. */
  takeOver(): void {
    childProcess.spawn = ((program: string, args: readonly string[], options: childProcess.SpawnOptions) =>
      this.#child(program, args, options)) as unknown as typeof childProcess.spawn;
  }

  #child(program: string, args: readonly string[], options: childProcess.SpawnOptions): ChildProcess {
    const child = new EventEmitter();
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const chunks: Buffer[] = [];
    const stdin = new Writable({
      write(chunk: Buffer, _, done) {
        chunks.push(chunk);
        done();
      },
    });
    const start = { cwd: String(options.cwd), env: options.env ?? {} };
    stdin.on('finish', () => {
      this.run(program, args, { ...start, ...(chunks.length > 0 && { input: Buffer.concat(chunks) }) }).then(
        ({ code, out, err }) => {
          let open = 2;
          for (const stream of [stdout, stderr])
            stream.on('end', () => void (--open === 0 && child.emit('close', code, null)));
          stderr.end(err);
          stdout.end(out);
        },
        (error: unknown) => child.emit('error', error),
      );
    });
    return Object.assign(child, { stdin, stdout, stderr, pid: 0, kill: () => true }) as unknown as ChildProcess;
  }

  close(): void {
    childProcess.spawn = spawn;
    for (const shell of this.#all) shell.close();
    this.#all = [];
  }
}

/** A folder in memory where there is one that programs can be started from, else one on disk. */
export function fastFolder(otherwise: string): string {
  const memory = '/dev/shm';
  try {
    const probe = fs.mkdtempSync(path.join(memory, 'countersign-probe-'));
    try {
      const file = path.join(probe, 'x');
      fs.writeFileSync(file, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
      // Hooks are programs; such folders are often mounted without the right to start any.
      return childProcess.spawnSync(file).status === 0 ? memory : otherwise;
    } finally {
      fs.rmSync(probe, { recursive: true, force: true });
    }
  } catch {
    return otherwise;
  }
}
